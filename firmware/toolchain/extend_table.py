#!/usr/bin/env python3
"""Turn the instruction table of another LX7 core into one for the ESP32-S3's cores.

    extend_table.py xtensa-modules.c.inc OUTPUT.c

The table is that of the de233_fpu core in QEMU's source package: an LX7 with nearly the ESP32-S3's options. What it
lacks is cloned from a neighbour inside the table, so that the C code keeps the shape its own generator gave it:

* mulsh, muluh     like mull, with another op2 field
* misc2, misc3     like misc1, with other special register numbers
* 64 address registers instead of 32
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

MISC1 = 245  # special register number; misc2 and misc3 follow it
MUL_OP2 = {"muluh": 0xA, "mulsh": 0xB}  # op2, bits 23:20 of the instruction; mull has 0x8


class TableError(ValueError):
    """The input is not the table this script knows."""


def replace(text: str, pattern: str, new: Callable[[re.Match[str]], str], expected: int) -> str:
    """Replace every match of `pattern`; the number of matches tells a table of another shape from the known one."""
    text, count = re.subn(pattern, new, text, flags=re.S | re.M)
    if count != expected:
        raise TableError(f"expected {expected} matches of {pattern!r}, found {count}: is it de233_fpu of QEMU 10?")
    return text


def clone(text: str, pattern: str, copies: list[Callable[[str], str]], expected: int) -> str:
    """Behind every match of `pattern`, add one changed copy of it for each function in `copies`."""
    return replace(text, pattern, lambda m: m[0] + "".join(copy(m[0]) for copy in copies), expected)


def add_multiplies(text: str) -> str:
    """Add muluh and mulsh, whose operands are those of mull."""

    def copy(name: str) -> Callable[[str], str]:
        def rename(part: str) -> str:
            part = part.replace("mull", name).replace("OPCODE_MULL", f"OPCODE_{name.upper()}")
            part = part.replace("== 8", f"== {MUL_OP2[name]}")
            return part.replace("0x820000", f"{MUL_OP2[name] << 20 | 0x20000:#x}")

        return rename

    copies = [copy(name) for name in MUL_OP2]
    for pattern in (
        r"^static void\nOpcode_mull_Slot_inst_encode.*?^}\n",
        r"^static xtensa_opcode_encode_fn Opcode_mull_encode_fns.*?^};\n",
        r'^  { "mull", .*?},\n',
        r"^  OPCODE_MULL,\n",
        r"^[ \t]+if \(Field_op2_Slot_inst_get \(insn\) == 8\)\n[ \t]+return OPCODE_MULL;\n",
    ):
        text = clone(text, pattern, copies, 1)
    return text


def add_misc_registers(text: str) -> str:
    """Add the special registers misc2 and misc3 with their rsr, wsr and xsr."""

    def copy(index: int) -> Callable[[str], str]:
        number = MISC1 - 1 + index

        def rename(part: str) -> str:
            part = part.replace("misc1", f"misc{index}").replace("MISC1", f"MISC{index}")
            part = re.sub(rf"(?<=[ ]){MISC1}\b", str(number), part)
            # the encoder's template word carries the register number in bits 15:8
            return re.sub(r"0x[0-9a-f]+", lambda m: f"{int(m[0], 16) & ~0xFF00 | number << 8:#x}", part)

        return rename

    copies = [copy(2), copy(3)]
    per_access = (
        r"^static xtensa_arg_internal Iclass_xt_iclass_[rwx]sr_misc1_args.*?^};\n",
        r"^static xtensa_arg_internal Iclass_xt_iclass_[rwx]sr_misc1_stateArgs.*?^};\n",
        r"^  { 1, Iclass_xt_iclass_[rwx]sr_misc1_args,.*?},\n",
        r"^  ICLASS_xt_iclass_[rwx]sr_misc1,\n",
        r"^static void\nOpcode_[rwx]sr_misc1_Slot_inst_encode.*?^}\n",
        r"^static xtensa_opcode_encode_fn Opcode_[rwx]sr_misc1_encode_fns.*?^};\n",
        r'^  { "[rwx]sr\.misc1", .*?},\n',
        r"^  OPCODE_[RWX]SR_MISC1,\n",
        rf"^[ \t]+if \(Field_sr_Slot_inst_get \(insn\) == {MISC1}\)\n[ \t]+return OPCODE_[RWX]SR_MISC1;\n",
    )
    for pattern in per_access:
        text = clone(text, pattern, copies, 3)
    for pattern in (rf'^  {{ "MISC1", {MISC1}, 0 }},\n', r'^  { "MISC1", 32, 0 },\n', r"^  STATE_MISC1,\n"):
        text = clone(text, pattern, copies, 1)
    return text


def fix_counts(text: str) -> str:
    """Enlarge the counts that the table repeats as numbers, and the register file."""

    def add(amount: int) -> Callable[[re.Match[str]], str]:
        return lambda m: f"{m[1]}{int(m[2]) + amount}"

    text = replace(text, r"^(  )(\d+)(?=, iclasses,$)", add(6), 1)
    text = replace(text, r"^(  )(\d+)(?=, opcodes, 0,$)", add(6 + len(MUL_OP2)), 1)
    text = replace(text, r"^(#define NUM_SYSREGS )(\d+)", add(2), 1)
    text = replace(text, r"^(#define NUM_STATES )(\d+)", add(2), 1)
    text = replace(text, rf"^(#define MAX_SPECIAL_REG )({MISC1})", add(2), 1)
    return replace(text, r'(  { "AR", "a", REGFILE_AR, 32, )(32)', lambda m: f"{m[1]}64", 1)


def main() -> None:
    source, output = map(Path, sys.argv[1:])
    output.write_text(fix_counts(add_misc_registers(add_multiplies(source.read_text()))))


if __name__ == "__main__":
    main()
