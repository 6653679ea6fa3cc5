"""What the outcomes of a corpus say together: whose digests differ, which blocks stand in the way of most images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from twincore.corpus.boot import HOST_TIME_OVER, Outcome


@dataclass
class Block:
    """A block that is not modelled, and the images that use it."""

    name: str
    blocked: list[str] = field(default_factory=list)
    """Images that did not come to all of their lines."""
    images: list[str] = field(default_factory=list)
    registers: list[str] = field(default_factory=list)
    accesses: int = 0


def blocks(outcomes: Iterable[Outcome]) -> list[Block]:
    """Return the blocks that images use and nobody models: what blocks most images first.

    Those that an image uses which does not come to its lines are before those that are only used.
    """
    found: dict[str, Block] = {}
    for outcome in outcomes:
        for use in outcome.unmodelled:
            block = found.setdefault(use.block, Block(use.block))
            block.accesses += use.count
            if outcome.name not in block.images:
                block.images.append(outcome.name)
                if outcome.result in ("missing", "failed", "limited"):
                    block.blocked.append(outcome.name)
            if use.name not in block.registers:
                block.registers.append(use.name)
    return sorted(found.values(), key=lambda block: (-len(block.blocked), -len(block.images), block.name))


def different_digests(first: Sequence[Outcome], second: Sequence[Outcome]) -> list[str]:
    """Return the images whose two runs were not equal, of those that did not end by the host's clock."""
    return [
        one.name
        for one, other in zip(first, second, strict=True)
        if one.why != HOST_TIME_OVER != other.why and (one.digest, one.output) != (other.digest, other.output)
    ]
