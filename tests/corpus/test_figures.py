"""What several outcomes say together."""

from __future__ import annotations

from typing import Any

import pytest

from twincore.corpus.boot import HOST_TIME_OVER, Outcome, Unmodelled
from twincore.corpus.figures import blocks, different_digests


def outcome(name: str, result: Any, *registers: str) -> Outcome:
    uses = [Unmodelled(name=r, block=r.partition(".")[0], count=10, time_ns=None) for r in registers]
    return Outcome(name=name, result=result, unmodelled=uses)


def test_blocks_are_ordered_by_the_images_that_they_block() -> None:
    found = blocks(
        [
            outcome("a", "reached", "USED.X", "RMT.X"),
            outcome("b", "reached", "USED.X"),
            outcome("c", "ran", "USED.X"),
            outcome("d", "missing", "RMT.X", "RMT.Y", "LEDC.Z"),
            outcome("e", "limited", "RMT.X"),
            outcome("f", "failed", "LEDC.Z"),
            outcome("g", "skipped"),
        ]
    )
    assert [(block.name, block.blocked) for block in found] == [("RMT", ["d", "e"]), ("LEDC", ["d", "f"]), ("USED", [])]
    assert found[0].images == ["a", "d", "e"]
    assert (found[0].registers, found[0].accesses) == (["RMT.X", "RMT.Y"], 40)


def test_blocks_of_equal_weight_are_ordered_by_name() -> None:
    assert [block.name for block in blocks([outcome("a", "missing", "Z.X", "A.X")])] == ["A", "Z"]


@pytest.mark.parametrize(
    ("second", "different"),
    [
        ({"digest": "1"}, []),
        ({"digest": "2"}, ["a"]),
        ({"digest": "1", "output": {"UART0": "other"}}, ["a"]),
        ({"digest": "2", "why": HOST_TIME_OVER}, []),
    ],
)
def test_digests(second: dict[str, Any], different: list[str]) -> None:
    first = Outcome(name="a", digest="1")
    assert different_digests([first], [Outcome(name="a", **second)]) == different
    assert different_digests([Outcome(name="a", **second)], [first]) == different
