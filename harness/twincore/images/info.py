"""What an image is, in tables that a command line can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from twincore.images.app import SPI_FREQUENCIES, SPI_MODES, AppImage, Segment
from twincore.images.load import Image, Kind
from twincore.images.mcuboot import McubootApp
from twincore.images.simple_boot import zephyr_version

_SEGMENT_COLUMNS = ("no", "address", "bytes", "in flash at", "memory")
_KINDS = {
    Kind.FLASH: "flash image",
    Kind.APP: "application image",
    Kind.ELF: "ELF file",
    Kind.BUILD: "build directory",
}


@dataclass(frozen=True, slots=True)
class Block:
    """One table: `columns` is empty when the rows are pairs of a name and a value."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def describe(image: Image) -> list[Block]:
    """Explains an image: what it is, how it boots, its parts, its partitions, its names, what is odd about it."""
    blocks = [_overview(image)]
    if image.flash.first is not None and image.flash.first is not image.app:
        blocks += _image_blocks("Bootloader at 0x0", image.flash.first, 0)
    blocks += _image_blocks(f"Application at {image.app_offset:#x}", image.app, image.app_offset)
    if image.flash.mapped:
        blocks.append(
            Block("Mapped by the program itself: segments", _SEGMENT_COLUMNS, _segment_rows(image.flash.mapped))
        )
    blocks += [_mcuboot(app) for app in image.flash.mcuboot]
    if image.flash.table is not None:
        blocks.append(_partitions(image))
    if image.elfs:
        rows = [
            (
                elf.who,
                "both" if elf.core is None else str(elf.core),
                f"{elf.entry:#010x}",
                str(len(elf.symbols)),
                str(len(elf.symbols.functions())),
                str(len(elf.symbols.variables())),
            )
            for elf in image.elfs
        ]
        blocks.append(Block("ELF files", ("file", "core", "entry", "symbols", "functions", "variables"), tuple(rows)))
    if image.warnings:
        blocks.append(Block("Warnings", (), tuple(("warning", warning) for warning in image.warnings)))
    return blocks


def text_of(blocks: Sequence[Block]) -> str:
    """Writes tables as plain text, columns aligned."""
    return "\n\n".join(_block_text(block) for block in blocks) + "\n"


def _overview(image: Image) -> Block:
    if image.flash.mapped:
        boots = "from reset: the ROM loads the image at flash offset 0, which maps its own code (simple boot)"
    elif not image.needs_second_stage:
        boots = "from reset: the ROM loads the image at flash offset 0"
    else:
        boots = f"the open ROM's second stage loads the application at {image.app_offset:#x}"
    size = image.flash.declared_size
    rows = [
        ("kind", _KINDS[image.kind]),
        ("path", str(image.path)),
        ("chip", image.app.header.chip),
        ("boots", boots),
        ("flash content", _bytes(len(image.flash.data))),
        ("flash declared", "unknown" if size is None else _bytes(size)),
    ]
    if zephyr := zephyr_version(image.flash.data):
        rows.append(("Zephyr", zephyr))
    if image.elfs:
        at = image.symbols.describe(image.entry)
        rows.append(("entry", f"{image.entry:#010x} ({at})" if not at.startswith("0x") else at))
    return Block("Image", (), tuple(rows))


def _image_blocks(title: str, app: AppImage, offset: int) -> list[Block]:
    header = app.header
    mode = SPI_MODES.get(header.spi_mode, f"mode {header.spi_mode}")
    frequency = SPI_FREQUENCIES.get(header.spi_frequency, f"frequency {header.spi_frequency:#x}")
    rows = [
        ("entry", f"{header.entry:#010x}"),
        ("size", _bytes(app.size)),
        ("flash mode", f"{mode}, {frequency}"),
        ("chip revision", _revisions(header.min_revision, header.max_revision)),
        ("checksum", f"{app.checksum:#04x}, right"),
        ("SHA-256", _hash(app)),
    ]
    if app.descriptor is not None:
        d = app.descriptor
        rows += [
            ("project", d.project),
            ("version", d.version),
            ("built", f"{d.date} {d.time}".strip()),
            ("ESP-IDF", d.idf_version),
            ("ELF SHA-256", d.elf_sha256.hex() if any(d.elf_sha256) else "not given"),
        ]
    return [
        Block(title, (), tuple((name, value) for name, value in rows if value)),
        Block(f"{title}: segments", _SEGMENT_COLUMNS, _segment_rows(app.segments, offset)),
    ]


def _segment_rows(segments: Sequence[Segment], offset: int = 0) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            str(index),
            f"{s.address:#010x}" if s.address else "-",
            str(s.size),
            f"{offset + s.offset:#x}",
            str(s.memory),
        )
        for index, s in enumerate(segments)
    )


def _mcuboot(app: McubootApp) -> Block:
    rows = [("version", app.version), ("size", _bytes(app.size))]
    if app.entry is not None:
        rows.append(("entry", f"{app.entry:#010x}"))
    rows += [(str(p.memory), f"{p.address:#010x}, {p.size} bytes, in flash at {p.offset:#x}") for p in app.parts]
    return Block(f"Application for MCUboot at {app.offset:#x}", (), tuple(rows))


def _hash(app: AppImage) -> str:
    if app.sha256 is None:
        return "not appended"
    return f"{app.sha256.hex()}, {'for other flash parameters' if app.notes else 'right'}"


def _revisions(low: int, high: int) -> str:
    least = f"v{low // 100}.{low % 100}"
    return f"{least} or later" if high in (0, 0xFFFF) else f"{least} to v{high // 100}.{high % 100}"


def _partitions(image: Image) -> Block:
    table = image.flash.table
    assert table is not None
    slots = {slot.partition: slot for slot in image.flash.slots}
    rows = []
    for p in table.partitions:
        slot = slots.get(p)
        content = ""
        if slot is not None:
            content = "damaged" if slot.problem else "empty" if slot.image is None else "application"
            content += ", boots" if slot is image.flash.boot else ""
        elif len(image.flash.data) <= p.offset:
            content = "empty"
        rows.append((p.name, p.type_name, p.subtype_name, f"{p.offset:#x}", _bytes(p.size), content))
    checksum = "with MD5" if table.md5 else "without MD5"
    return Block(
        f"Partition table at {table.offset:#x}, {checksum}",
        ("name", "type", "subtype", "offset", "size", "content"),
        tuple(rows),
    )


def _bytes(count: int) -> str:
    """Writes a number of bytes, in KiB or MiB when that is exact."""
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if count and count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count} bytes"


def _block_text(block: Block) -> str:
    rows = ([block.columns] if block.columns else []) + list(block.rows)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    lines = [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([block.title, *lines])
