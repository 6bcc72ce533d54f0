"""What the Currents API knows of tests over many runs: their results, and how flaky they are."""

from typing import Final, NamedTuple

from runs_mcp.api.client import ApiClient
from runs_mcp.api.request import Params
from runs_mcp.errors import MalformedResponse
from runs_mcp.providers.currents.envelopes import data_of
from runs_mcp.providers.currents.references import CurrentsProjectId
from runs_mcp.providers.currents.wire.runs import Envelope
from runs_mcp.providers.currents.wire.statistics import (
    SignatureQuery,
    WireExecution,
    WireMeasuredTests,
    WireSignature,
)
from runs_mcp.providers.field_values import present

_LISTED: Final = 50
"""The most items of a page, in all operations."""


class Window(NamedTuple):
    """Which executions count.

    Args:
        date_start: From when on, in ISO 8601.
        date_end: Until when.
        branches: On which branches; empty for all.
    """

    date_start: str
    date_end: str
    branches: tuple[str, ...] = ()

    def params(self) -> list[tuple[str, str]]:
        """Returns the window as query parameters."""
        dates = [("date_start", self.date_start), ("date_end", self.date_end)]
        return [*dates, *(("branches[]", branch) for branch in self.branches)]


class ResultsPage(NamedTuple):
    """Executions of a test, and the API's cursor to what follows; empty at the end."""

    executions: tuple[WireExecution, ...]
    after: str


class CurrentsStatistics:
    """What the API knows of the tests of a project, with one caller's key.

    Every method raises a `RunsError` where that cannot be read: it is not part of every plan, and
    needs scopes of its own.
    """

    def __init__(self, api: ApiClient, project: CurrentsProjectId) -> None:
        self._api = api
        self._project = project

    async def signature(self, spec: str, titles: tuple[str, ...]) -> str:
        """Returns the API's name of a test, whether it has seen such a test or not."""
        body = SignatureQuery(self._project, spec, titles)
        answer = await self._api.post_query(Envelope[WireSignature], "/signature/test", body)
        signature = data_of(answer.data).signature
        if not signature:
            raise MalformedResponse("The Currents API gave no signature of a test.")
        return signature

    async def last_flaky(
        self, signature: str, window: Window, group: str = ""
    ) -> WireExecution | None:
        """Returns the last execution of a test that failed before it passed, if there is one."""
        filters = [("flaky", "true"), *([("groups[]", group)] if group else [])]
        page = await self._results(signature, [*window.params(), *filters, ("limit", "1")])
        return page.executions[0] if page.executions else None

    async def results(self, signature: str, window: Window, *, after: str = "") -> ResultsPage:
        """Returns the executions of a test, newest first, after the API's cursor `after`."""
        params = [*window.params(), ("limit", str(_LISTED))]
        return await self._results(
            signature, [*params, *([("starting_after", after)] if after else [])]
        )

    async def _results(self, signature: str, params: Params) -> ResultsPage:
        answer = await self._api.get(
            Envelope[list[WireExecution | None]],
            "/test-results/{signature}",
            params,
            signature=signature,
        )
        sent = present(data_of(answer.data))
        more = sent[-1].cursor if sent and answer.data.has_more else None
        return ResultsPage(tuple(sent), more or "")

    async def flakiest(self, window: Window, page: int, group: str = "") -> WireMeasuredTests:
        """Returns a page of the tests that ran, those that were flaky most often first."""
        answer = await self._api.get(
            Envelope[WireMeasuredTests],
            "/tests/{project_id}",
            [
                *window.params(),
                *([("groups[]", group)] if group else []),
                ("order", "flakinessXSamples"),
                ("dir", "desc"),
                ("limit", str(_LISTED)),
                ("page", str(page)),
            ],
            project_id=self._project,
        )
        return data_of(answer.data)
