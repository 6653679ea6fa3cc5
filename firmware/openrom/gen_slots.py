#!/usr/bin/env python3
"""Generate the ROM's table of API slots: the addresses by which firmware calls the mask ROM.

    gen_slots.py api.csv SYMBOLS OUTPUT.S

A slot is 12 bytes and carries the function's name. When SYMBOLS (the output of nm -g over the ROM's objects) defines
`openrom_<name>`, the slot jumps there; otherwise it reports by name that the function is not written yet. A slot has to
leave the caller's registers alone until the callee's entry, so it cannot load anything before it jumps.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

SLOT_BASE = 0x4000057C
SLOT_SIZE = 12
PREFIX = "openrom_"


def read_slots(path: Path) -> dict[int, list[str]]:
    """Return slot index -> names; a slot may have several."""
    slots: dict[int, list[str]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            index, rest = divmod(int(row["address"], 16) - SLOT_BASE, SLOT_SIZE)
            if rest:
                raise SystemExit(f"{path}: {row['name']} at {row['address']} is not at a slot's start")
            slots.setdefault(index, []).append(row["name"])
    if missing := set(range(max(slots) + 1)) - set(slots):
        raise SystemExit(f"{path}: no name for the slots {', '.join(hex(SLOT_BASE + SLOT_SIZE * i) for i in missing)}")
    return slots


def read_defined(path: Path) -> set[str]:
    """Return the API names that the objects define, from lines `00000000 T openrom_name`."""
    defined = set()
    for line in path.read_text().splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[1] in "TWV" and fields[2].startswith(PREFIX):
            defined.add(fields[2].removeprefix(PREFIX))
    return defined


def shared_length(a: str, b: str) -> int:
    """Return how many characters two names begin with in common."""
    return next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def pack(names: list[str]) -> list[str]:
    """Return the name table in assembler: length of the shared prefix, the rest, NUL; empty for a written slot."""
    lines, previous = [], ""
    for name in names:
        shared = shared_length(name, previous) if name else 0
        lines.append(f'\t.byte\t{shared}\n\t.asciz\t"{name[shared:]}"')
        previous = name or previous
    return lines


def generate(slots: dict[int, list[str]], defined: set[str]) -> str:
    """Return the assembler source of slots and names."""
    lines = ['\t.section .slots.text, "ax"', "\t.begin\tno-transform"]
    table = []
    for index, names in sorted(slots.items()):
        written = next((name for name in names if name in defined), None)
        lines.append(f"\t.org\t{index * SLOT_SIZE}")
        for name in names:
            lines += [f"\t.global\t{name}", f"\t.type\t{name}, @function", f"{name}:"]
        if written:
            lines.append(f"\tj\t{PREFIX}{written}")
        else:
            lines += ["\tentry\ta1, 32", "\tmov.n\ta10, a0", f"\tcall8\t{PREFIX}unwritten"]
        table.append("" if written else "/".join(names))
    lines += ["\t.end\tno-transform", "\t.section .rodata.slot_names"]
    lines += ["\t.global\topenrom_slot_names", "openrom_slot_names:"]
    return "\n".join(lines + pack(table)) + "\n"


def main() -> None:
    api, symbols, output = map(Path, sys.argv[1:])
    output.write_text(generate(read_slots(api), read_defined(symbols)))


if __name__ == "__main__":
    main()
