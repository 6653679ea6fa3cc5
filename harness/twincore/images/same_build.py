"""Whether ELF files are of the same build as an image: names of another build would mislead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twincore.images import Image, Segment


def foreign_elfs(image: Image) -> list[str]:
    """Say of each ELF file whose code is not that of the image where they differ: its names would mislead."""
    found = []
    for elf in image.elfs:
        for piece in elf.pieces:
            if not piece.memory.is_executable:
                continue
            at = _difference(piece.address, piece.data, image.segments)
            if at is not None:
                found.append(f"{elf.who} is not of the same build as {image.path}: their code differs at {at:#010x}")
                break
    return found


def _difference(address: int, data: bytes, segments: Sequence[Segment]) -> int | None:
    """Find the first address at which `data` and a segment differ."""
    for segment in segments:
        start = max(address, segment.address)
        end = min(address + len(data), segment.address + segment.size)
        if start >= end:
            continue
        ours = data[start - address : end - address]
        theirs = segment.data[start - segment.address : end - segment.address]
        if ours != theirs:
            return start + next(at for at, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b)
    return None
