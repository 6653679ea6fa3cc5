"""Files that go into partitions of an image before it starts, and partitions that are named in options."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from twincore.errors import ImageError, UsageError
from twincore.images.files import read_file
from twincore.images.flash import FlashImage, parse_flash
from twincore.images.load import Image
from twincore.images.partitions import Partition, PartitionTable


@dataclass(frozen=True)
class Assignment:
    """NAME=FILE, as an option gives it."""

    name: str
    file: Path

    @classmethod
    def of(cls, text: str, *, who: str) -> Assignment:
        """Reads NAME=FILE; UsageError names `who`."""
        name, equals, file = text.partition("=")
        if not (name and equals and file):
            raise UsageError(who, f"expected NAME=FILE, got {text!r}", next_step="write nvs=nvs.bin or 0x9000=nvs.bin")
        return cls(name, Path(file))


def find_partition(table: PartitionTable | None, name: str, *, who: str) -> Partition:
    """Finds a partition by its name, or by its offset in flash (0x...); UsageError lists those there are."""
    if table is None:
        raise UsageError(who, f"expected an image with a partition table to find {name!r} in, this one has none")
    found = table.find(name)
    if found is not None:
        return found
    known = ", ".join(f"{p.name} ({p.offset:#x})" for p in table.partitions)
    try:
        offset = int(name, 0)
    except ValueError:
        close = difflib.get_close_matches(name, [p.name for p in table.partitions], 1)
        raise UsageError(
            who,
            f"expected one of the partitions {known}; got {name!r}",
            next_step=f"did you mean {close[0]!r}?" if close else "",
        ) from None
    for partition in table.partitions:
        if partition.offset == offset:
            return partition
        if partition.offset < offset < partition.end:
            raise UsageError(
                who,
                f"expected the offset of a partition's first byte, got {offset:#x}, which lies within "
                f"'{partition.name}' ({partition.offset:#x} to {partition.end - 1:#x})",
            )
    raise UsageError(who, f"expected the offset of one of the partitions {known}; got {offset:#x}")


def fill_partitions(image: Image, assignments: Sequence[Assignment], *, who: str) -> Image:
    """Puts files into partitions, each of which is erased first; who: what errors call the option.

    Raises UsageError for a partition that the table does not have, or has twice in the list, and ImageError for a file
    that is missing or larger than its partition, or an image that does not boot with it.
    """
    data = bytearray(image.flash.data)
    taken: dict[str, Path] = {}
    for assignment in assignments:
        partition = find_partition(image.flash.table, assignment.name, who=who)
        if partition.name in taken:
            raise UsageError(
                who,
                f"expected one file for partition '{partition.name}', "
                f"got {taken[partition.name]} and {assignment.file}",
            )
        taken[partition.name] = assignment.file
        content = read_file(assignment.file)
        if len(content) > partition.size:
            raise ImageError(
                str(assignment.file),
                f"expected at most {partition.size} bytes, which partition '{partition.name}' has, got {len(content)}",
            )
        data.extend(b"\xff" * (partition.end - len(data)))
        data[partition.offset : partition.end] = content.ljust(partition.size, b"\xff")
    return with_flash(image, bytes(data)) if assignments else image


def with_flash(image: Image, data: bytes) -> Image:
    """Gives the same firmware with other bytes in flash; ImageError when that does not boot."""
    table = image.flash.table
    offsets = () if table is None else (table.offset,)
    flash: FlashImage = parse_flash(data, who=str(image.path), table_offsets=offsets)
    return replace(image, flash=flash)
