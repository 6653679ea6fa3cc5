"""A flash image: the bytes of the flash chip from offset 0, and what a chip finds in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from twincore.errors import ImageError
from twincore.images.app import MAGIC, AppImage, Segment, parse_app
from twincore.images.mcuboot import McubootApp, find_apps
from twincore.images.partitions import (
    DEFAULT_OFFSET,
    SECTOR,
    Partition,
    PartitionTable,
    boot_order,
    find_table,
    parse_table,
)
from twincore.images.simple_boot import mapped_segments

TABLE_OFFSETS = (DEFAULT_OFFSET, *(o for o in range(0x4000, 0x2_1000, SECTOR) if o != DEFAULT_OFFSET))
"""Offsets where a partition table is looked for, the usual one first."""


@dataclass(frozen=True, slots=True)
class AppSlot:
    """An application partition: its verified image, or None and the problem ("" when the slot is erased)."""

    partition: Partition
    image: AppImage | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FlashImage:
    """The content of the flash from offset 0; bytes behind `data` are erased (0xFF).

    `first` is the image at offset 0 that the chip's ROM starts (a bootloader or a RAM-only program), None when offset 0
    is erased; `boot` is the application that ESP-IDF's bootloader starts. `mapped` are the parts in flash that the
    program at offset 0 maps itself (simple boot), `mcuboot` the applications for MCUboot where that is at offset 0.
    """

    data: bytes
    first: AppImage | None = None
    table: PartitionTable | None = None
    slots: tuple[AppSlot, ...] = ()
    boot: AppSlot | None = None
    warnings: tuple[str, ...] = ()
    mapped: tuple[Segment, ...] = ()
    mcuboot: tuple[McubootApp, ...] = ()

    @property
    def declared_size(self) -> int | None:
        """Gives the bytes of flash that the header of the first image declares, or None."""
        image = self.first or (self.boot.image if self.boot else None)
        return image.header.flash_size if image else None

    def padded(self, size: int | None = None) -> bytes:
        """Gives the whole chip's bytes, erased ones as 0xFF; `size` in bytes, by default the declared one.

        Raises ImageError when the content does not fit.
        """
        size = self.declared_size or _next_size(len(self.data)) if size is None else size
        if len(self.data) > size and self.data.count(0xFF, size) != len(self.data) - size:
            raise ImageError(
                "flash",
                f"the image has {len(self.data)} bytes, the flash has {size}",
                next_step="choose a board with a larger flash",
            )
        return self.data[:size].ljust(size, b"\xff")


def _next_size(size: int) -> int:
    return max(1 << (size - 1).bit_length(), 1 << 20)


def parse_flash(data: bytes, *, who: str, table_offsets: Sequence[int] = TABLE_OFFSETS) -> FlashImage:
    """Reads a flash image: the image at offset 0, the partition table, the applications.

    Raises ImageError when the chip would not boot it: nothing at offset 0 and no application, damage in the first
    image, in the table or in every application.
    """
    warnings: list[str] = []
    first = _first_image(data, who)
    at = find_table(data, [offset for offset in table_offsets if first is None or offset >= first.size])
    if at is None:
        if first is None:
            raise ImageError(
                who,
                f"a flash image begins with {MAGIC:#04x} at offset 0 or has a partition table; neither is here",
                next_step="merge bootloader, partition table and application: esptool --chip esp32s3 merge-bin ...",
            )
        if not first.ram_only:
            raise ImageError(
                who,
                "the image at offset 0 has segments in flash, which the chip's ROM does not map, "
                "and no partition table follows",
                next_step="this is an application image: open it as one (kind 'app')",
            )
        mapped = mapped_segments(data, first)
        apps = () if mapped else find_apps(data)
        rest = data[first.size :]
        if not mapped and not apps and rest.count(0xFF) + rest.count(0) != len(rest):
            warnings.append(f"no partition table was found behind the image at offset 0 ({len(rest)} bytes follow it)")
        return FlashImage(data, first, warnings=tuple(warnings) + first.notes, mapped=mapped, mcuboot=apps)
    size = first.header.flash_size if first else None
    table = parse_table(data, at, who=who, flash_size=size)
    if size is not None and len(data) > size:
        warnings.append(f"the file has {len(data)} bytes, the flash that it declares has {size}")
    slots = {p: _slot(data, p, who) for p in table.partitions if p.is_app}
    boot = _bootable([slots[p] for p in boot_order(table, data)], warnings, who)
    if boot is None and first is None:
        raise ImageError(who, "neither a bootloader at offset 0 nor an application in a partition is here")
    if boot is None and slots:
        warnings.append("no application partition holds an image")
    warnings += first.notes if first else ()
    return FlashImage(data, first, table, tuple(slots.values()), boot, tuple(warnings))


def _first_image(data: bytes, who: str) -> AppImage | None:
    head = data[:0x1000]
    if head.count(0xFF) == len(head):
        return None
    if head[0] != MAGIC:
        raise ImageError(
            who,
            f"a flash image begins with {MAGIC:#04x} at offset 0, this one with {head[0]:#04x}",
            next_step="merge it from offset 0 on: esptool --chip esp32s3 merge-bin ...",
        )
    return parse_app(data, who=who, patched=True)


def _slot(data: bytes, partition: Partition, who: str) -> AppSlot:
    head = data[partition.offset : min(partition.offset + 32, partition.end)]
    if head.count(0xFF) == len(head):
        return AppSlot(partition, None)
    try:
        image = parse_app(data, who=who, offset=partition.offset, end=partition.end)
    except ImageError as error:
        return AppSlot(partition, None, error.problem)
    return AppSlot(partition, image)


def _bootable(order: Sequence[AppSlot], warnings: list[str], who: str) -> AppSlot | None:
    """Chooses the first slot with a good image; raises ImageError when there is none but a damaged one."""
    boot = next((slot for slot in order if slot.image is not None), None)
    damaged = next((slot for slot in order if slot.problem), None)
    if boot is None and damaged is not None:
        raise ImageError(
            who,
            f"the application in partition '{damaged.partition.name}' at {damaged.partition.offset:#x}: "
            f"{damaged.problem}",
            next_step="write the application again",
        )
    warnings += [f"partition '{slot.partition.name}': {slot.problem}" for slot in order if slot.problem]
    return boot
