"""What is kept of what was read: bounded in bytes and seconds, and each caller's own."""

from hypothesis import given
from hypothesis import strategies as st

from runs_mcp.api.record_cache import KEPT_S, RecordCache


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_record_is_given_to_the_caller_that_read_it_alone() -> None:
    cache = RecordCache(1000)
    cache.of("ida").put("run", "r1", "a run", 10, "r1")
    assert cache.of("ida").get("run", "r1", str) == "a run"
    assert cache.of("ola").get("run", "r1", str) is None
    assert not cache.of("ola").has("run", "r1")
    assert cache.of("ida").get("instance", "r1", str) is None
    assert cache.of("ida").get("run", "r1", bytes) is None


def test_a_record_is_kept_for_five_minutes() -> None:
    clock = Clock()
    cache = RecordCache(1000, clock)
    cache.of("ida").put("run", "r1", "a run", 10, "r1")
    clock.now = KEPT_S - 1
    assert cache.of("ida").has("run", "r1")
    clock.now = KEPT_S
    assert cache.of("ida").get("run", "r1", str) is None
    assert cache.bytes == 0


def test_where_there_is_no_room_what_was_not_used_for_longest_goes() -> None:
    records = RecordCache(30).of("ida")
    for name in ("r1", "r2", "r3"):
        records.put("run", name, name, 10, name)
    records.get("run", "r1", str)
    records.put("run", "r4", "r4", 10, "r4")
    assert [name for name in ("r1", "r2", "r3", "r4") if records.has("run", name)] == [
        "r1",
        "r3",
        "r4",
    ]


def test_what_is_larger_than_all_room_is_not_kept_and_costs_nothing_that_is() -> None:
    records = RecordCache(30).of("ida")
    records.put("run", "r1", "r1", 10, "r1")
    records.put("run", "r2", "r2", 31, "r2")
    assert records.has("run", "r1")
    assert not records.has("run", "r2")
    RecordCache(0).of("ida").put("run", "r1", "r1", 1, "r1")


def test_a_run_is_forgotten_with_all_that_belongs_to_it_for_every_caller() -> None:
    cache = RecordCache(1000)
    for caller in ("ida", "ola"):
        cache.of(caller).put("run", "r1", "r1", 1, "r1")
        cache.of(caller).put("instance", "i1", "i1", 1, "r1")
        cache.of(caller).put("run", "r2", "r2", 1, "r2")
    cache.of("ida").drop("r1")
    for caller in ("ida", "ola"):
        assert not cache.of(caller).has("run", "r1")
        assert not cache.of(caller).has("instance", "i1")
        assert cache.of(caller).has("run", "r2")
    cache.of("ida").drop()
    assert cache.bytes == 0


def test_who_needs_what_is_true_now_is_given_nothing_and_leaves_nothing() -> None:
    cache = RecordCache(1000)
    cache.of("ida").put("run", "r1", "r1", 1, "r1")
    fresh = cache.of("ida", fresh=True)
    assert fresh.get("run", "r1", str) is None
    assert not fresh.has("run", "r1")
    fresh.put("run", "r2", "r2", 1, "r2")
    assert not cache.of("ida").has("run", "r2")


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("123456"), st.integers(0, 40)),
        max_size=60,
    )
)
def test_it_never_has_more_bytes_than_it_may(puts: list[tuple[str, str, int]]) -> None:
    cache = RecordCache(100)
    kept: dict[tuple[str, str], int] = {}
    for caller, name, size in puts:
        cache.of(caller).put("run", name, name, size, name)
        kept[caller, name] = size
        there = [place for place in kept if cache.of(place[0]).has("run", place[1])]
        assert cache.bytes == sum(kept[place] for place in there) <= 100
