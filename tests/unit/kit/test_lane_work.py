"""A page is applied in steps: whatever their sizes and whatever fails, each entry once, in order, the cursor behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.lane_work import LaneWork, Step
from pathloom_kit.feeds.page import FeedPage, PageHeader, Watermark

START = Cursor("e", 0, Lane.LIVE, 0)
MARK = Watermark("events", START.at(7))


@dataclass(frozen=True)
class Entry:
    n: int


class OnePage:
    """A pump that holds a page until it is taken."""

    def __init__(self, page: FeedPage[Entry]) -> None:
        self.slot: FeedPage[Entry] | None = page

    def begin(self) -> None:
        pass

    def take(self) -> None:
        self.slot = None


def applied(
    numbers: list[int], sizes: list[int], bad: set[int], work_of: Callable[[Any, Cursor], LaneWork[Entry]]
) -> tuple[list[int], list[int], list[Step[Entry]]]:
    """What was applied and what was set aside, in order, and the steps that were committed."""
    head = numbers[-1] if numbers else 9
    page = FeedPage(PageHeader(START.at(head), head, True, (MARK,)), [Entry(n) for n in numbers])
    pump = OnePage(page)
    work = work_of(pump, START)
    done, parked, steps = list[int](), list[int](), list[Step[Entry]]()
    for turn in range(10_000):
        if pump.slot is None:
            return done, parked, steps
        step = work.next_step(page, sizes[turn % len(sizes)])
        assert step is not None
        if bad & {e.n for e in step.entries} and len(step.entries) > 1:
            work.single_out(step)
            continue
        (parked if bad & {e.n for e in step.entries} else done).extend(e.n for e in step.entries)
        steps.append(step)
        work.stepped(step, page)
    raise AssertionError("never done")


def plain(pump: Any, start: Cursor) -> LaneWork[Entry]:
    return LaneWork(pump, start)


gaps = st.lists(st.integers(1, 5), max_size=40)
sizes = st.lists(st.integers(1, 12), min_size=1, max_size=5)


@given(gaps, sizes, st.sets(st.integers(1, 200)))
def test_each_entry_once_in_order_with_the_cursor_behind_it(
    gaps: list[int], sizes: list[int], bad: set[int]
) -> None:
    numbers = [sum(gaps[: i + 1]) for i in range(len(gaps))]
    done, parked, steps = applied(numbers, sizes, bad, plain)
    assert sorted(done + parked) == numbers
    assert done == sorted(done)
    assert parked == [n for n in numbers if n in bad]
    place = START
    for step in steps:
        assert step.expected == place
        place = step.new
        assert not step.entries or step.last or place.n == step.entries[-1].n
        assert step.watermarks == ((MARK,) if step.last else ())
    assert place.n == (numbers[-1] if numbers else 9)


def test_only_the_step_that_failed_is_taken_one_by_one() -> None:
    _, parked, steps = applied(list(range(1, 101)), [10], {15}, plain)
    assert parked == [15]
    assert [len(s.entries) for s in steps] == [10, *[1] * 10, *[10] * 8]


class Forgets(LaneWork[Entry]):
    """The planted fault: the cursor of a part is that of the whole page."""

    def next_step(self, page: FeedPage[Entry], most: int) -> Step[Entry] | None:
        step = super().next_step(page, most)
        return step and Step(step.entries, step.expected, page.header.cursor, step.watermarks, step.last)


def test_planted_fault_a_cursor_before_its_entries_is_caught() -> None:
    _, _, steps = applied(
        [1, 2, 3], [2], set(), lambda pump, start: cast("LaneWork[Entry]", Forgets(pump, start))
    )
    assert steps[0].new.n != steps[0].entries[-1].n
