"""`twincore info`: an image explained, as tables on a terminal, as plain text in a pipe, as JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from twincore.cli.status import OK
from twincore.images import Block, Image, describe, open_image
from twincore.images.find_rom import chip_rom, open_rom
from twincore.images.info import text_of


def show_info(path: str, elfs: Sequence[str] = (), *, as_json: bool = False) -> int:
    """Print what `path` is and return the exit status."""
    image = open_image(path, elfs=elfs)
    blocks = [*describe(image), _roms(image)]
    if as_json:
        import json

        json.dump([_record(block) for block in blocks], sys.stdout, indent=2)
        sys.stdout.write("\n")
    elif sys.stdout.isatty():
        _print_tables(blocks)
    else:
        sys.stdout.write(text_of(blocks))
    return OK


def _roms(image: Image) -> Block:
    """Say which ROM each choice of `twincore run --rom` would take for this image."""
    chip = chip_rom()
    auto = f"the chip's own, {chip}" if chip else "the open ROM: no ESP-IDF installation with the chip's own was found"
    if image.needs_second_stage:
        auto = "the open ROM: only that can start an image without a bootloader"
    return Block("ROM", (), (("--rom open", f"the open ROM, {open_rom()}"), ("--rom auto", auto)))


def _record(block: Block) -> dict[str, object]:
    """Return a block as data: pairs of a name and a value, or rows with their columns' names."""
    if not block.columns:
        return {"title": block.title, "values": [{"name": row[0], "value": row[1]} for row in block.rows]}
    return {"title": block.title, "rows": [dict(zip(block.columns, row, strict=True)) for row in block.rows]}


def _print_tables(blocks: Sequence[Block]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    for block in blocks:
        table = Table(
            title=Text(block.title, style="bold"),
            title_justify="left",
            show_header=bool(block.columns),
            box=box.SIMPLE_HEAD if block.columns else None,
            pad_edge=False,
        )
        for column in block.columns or ("", ""):
            table.add_column(Text(column), overflow="fold", style="" if block.columns or table.columns else "cyan")
        for row in block.rows:
            table.add_row(*(Text(cell) for cell in row))
        console.print(table)
        console.print()
