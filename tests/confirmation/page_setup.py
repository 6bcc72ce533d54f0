"""A guard whose pages a test can see, and the person at them."""

from dataclasses import dataclass, field
from typing import Final

from confirmation.fake_action import RUN_ID, FakeAction
from confirmation.guard_setup import (
    KEYS,
    FakeBrowser,
    MemoryAudit,
    guard,
    pages_with,
    report_of,
)

from runs_mcp.confirmation.guard import Guard
from runs_mcp.confirmation.pages import ConfirmationPage
from runs_mcp.confirmation.report import ActionReport
from runs_mcp.confirmation.store import SqliteStore, Store
from runs_mcp.settings import ConfirmPolicy

RIGHT: Final = RUN_ID[-6:]


@dataclass
class Pages:
    """A guard whose pages a test can see, and the person at them."""

    store: Store = field(default_factory=SqliteStore)
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    browser: FakeBrowser = field(default_factory=FakeBrowser)

    def __post_init__(self) -> None:
        self.pages = pages_with([KEYS["ours"]], self.store)

    def guard(self, policy: ConfirmPolicy = "page", key: str = "key") -> Guard:
        return guard(policy=policy, key=key, audit=self.audit, store=self.store, pages=self.pages)

    async def call(self, action: FakeAction, key: str = "key") -> ActionReport:
        return await report_of(self.guard(key=key), action, page=self.browser)

    @property
    def last(self) -> ConfirmationPage:
        return self.browser.shown[-1]
