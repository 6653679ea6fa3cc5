"""`twincore info`: an image explained, as tables on a terminal, as plain text in a pipe, as JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from twincore.cli.status import OK
from twincore.cli.tables import show_table
from twincore.images import Block, Image, describe, open_image
from twincore.images.find_rom import chip_rom, open_rom


def show_info(path: str, elfs: Sequence[str] = (), *, as_json: bool = False) -> int:
    """Print what `path` is and return the exit status."""
    image = open_image(path, elfs=elfs)
    blocks = [*describe(image), _roms(image)]
    if as_json:
        import json

        json.dump([_record(block) for block in blocks], sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        for index, block in enumerate(blocks):
            if index:
                print()
            show_table(block.title, block.columns, block.rows)
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
