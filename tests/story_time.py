"""The time at which the sandbox's story ends in tests: one for a whole process.

Sandboxes of the same time share the runs that never change, which are costly to make.
"""

from datetime import UTC, datetime
from typing import Final

STORY_END: Final = datetime.now(UTC).replace(second=0, microsecond=0)
