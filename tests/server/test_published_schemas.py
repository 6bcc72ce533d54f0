"""Every answer fits the schema that its tool publishes."""

import jsonschema
from calls_of_every_tool import calls_of_every_tool
from hosts import structured_of
from in_process import connect

from runs_mcp.answers.encoding import Json
from runs_mcp.sandbox import Sandbox


async def test_every_answer_fits_the_schema_that_its_tool_publishes(sandbox: Sandbox) -> None:
    calls = calls_of_every_tool(sandbox)
    async with connect(sandbox) as client:
        for tool in (await client.list_tools()).tools:
            answer = structured_of(await client.call_tool(tool.name, calls[tool.name]))
            assert tool.output_schema is not None
            closed = closed_schema(tool.output_schema)
            assert isinstance(closed, dict)
            jsonschema.validate(answer, closed)


def closed_schema(schema: Json) -> Json:
    """Returns the schema with every object closed, so that no field goes unpublished."""
    if isinstance(schema, dict):
        closed = {name: closed_schema(value) for name, value in schema.items()}
        return {**closed, "additionalProperties": False} if "properties" in closed else closed
    return [closed_schema(item) for item in schema] if isinstance(schema, list) else schema
