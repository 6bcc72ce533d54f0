"""Arguments that tools of every provider take."""

from typing import Annotated

from pydantic import Field

Cursor = Annotated[
    str, Field(description="next_cursor of the page before, same arguments.", max_length=4000)
]
