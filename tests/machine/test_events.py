"""The event queue: order, moving, cancelling, state."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from twincore.machine.events import EventQueue
from twincore.model import NEVER


def drain(queue: EventQueue, now: int = NEVER - 1) -> list[tuple[int, str, str, tuple[int, ...]]]:
    result = []
    while (event := queue.pop_due(now)) is not None:
        result.append((event.time_ticks, event.owner, event.name, event.args))
    return result


def test_events_come_in_the_order_of_time_then_of_scheduling() -> None:
    queue = EventQueue()
    queue.schedule(20, "A", "x")
    queue.schedule(10, "B", "x")
    queue.schedule(10, "A", "y", (1,))
    assert drain(queue) == [(10, "B", "x", ()), (10, "A", "y", (1,)), (20, "A", "x", ())]


def test_only_due_events_come() -> None:
    queue = EventQueue()
    queue.schedule(10, "A", "x")
    assert (drain(queue, 9), queue.next_ticks()) == ([], 10)
    assert drain(queue, 10) == [(10, "A", "x", ())]
    assert queue.next_ticks() == NEVER


def test_scheduling_again_moves() -> None:
    queue = EventQueue()
    queue.schedule(10, "A", "x", (1,))
    queue.schedule(10, "A", "x", (2,))
    queue.schedule(5, "A", "x", (2,))
    assert drain(queue) == [(5, "A", "x", (2,)), (10, "A", "x", (1,))]


def test_never_cancels() -> None:
    queue = EventQueue()
    queue.schedule(10, "A", "x")
    queue.schedule(NEVER, "A", "x")
    queue.cancel("A", "unknown")
    assert (len(queue), queue.next_ticks()) == (0, NEVER)


def test_state_is_all_there_is() -> None:
    queue, other = EventQueue(), EventQueue()
    for time in (30, 10, 20):
        queue.schedule(time, "A", "x", (time,))
    queue.cancel("A", "x", (20,))
    other.restore(queue.state())
    assert other.state() == queue.state()
    other.schedule(10, "B", "y")
    queue.schedule(10, "B", "y")
    assert drain(other) == drain(queue)


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from("AB"), st.integers(0, 3), st.booleans())))
def test_queue_is_a_sorted_dictionary(steps: list[tuple[int, str, int, bool]]) -> None:
    """The queue against the plain meaning: a dictionary from what to when, sorted by time and last scheduling."""
    queue, model = EventQueue(), dict[tuple[str, int], tuple[int, int]]()
    for order, (time, peripheral, argument, add) in enumerate(steps):
        if add:
            queue.schedule(time, peripheral, "x", (argument,))
            model[peripheral, argument] = (time, order)
        else:
            queue.cancel(peripheral, "x", (argument,))
            model.pop((peripheral, argument), None)
    expected = [(time, what[0], "x", (what[1],)) for what, (time, _) in sorted(model.items(), key=lambda item: item[1])]
    assert drain(queue) == expected
