"""One floating-point instruction, or a compiler's whole sequence, on many rows of operands in one case.

A block of rows is one case of a batch: its code goes through a table of operands behind it (f1, f2, f3, an integer a4,
FCR, FSR) and writes to each row what came out (f1, an integer a5, BR, FSR). So rounding modes, and flags that were set
before, are part of the operands.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass

from batch import BASE, FINISH, Batch, Case
from programs import random_float, random_integer
from sequences import DIVIDE, ROOT

from twincore.isa.asm import assemble_program

ROW = 40
"""Bytes: five operands (f1, f2, f3, a4, FCR), FSR, then f1, a5, BR, FSR after."""

SCALES = tuple(range(16))
OPERATIONS: dict[str, str] = {
    **{name: f"{name} f1, f2, f3" for name in ("add.s", "sub.s", "mul.s", "madd.s", "msub.s")},
    **{name: f"{name} f1, f2" for name in ("abs.s", "neg.s", "mov.s")},
    **{f"{name}.s": f"{name}.s b6, f2, f3" for name in ("un", "oeq", "ueq", "olt", "ult", "ole", "ule")},
    **{
        f"{name} {scale}": f"{name} a5, f2, {scale}"
        for name in ("round.s", "trunc.s", "floor.s", "ceil.s", "utrunc.s")
        for scale in SCALES
    },
    **{f"{name} {scale}": f"{name} f1, a4, {scale}" for name in ("float.s", "ufloat.s") for scale in SCALES},
    "divide": DIVIDE,
    "root": ROOT,
}
"""What is compared with QEMU, by name; __recipsf2 and __rsqrtsf2 are not, because QEMU leaves out their seeds."""

Operands = tuple[int, int, int, int, int, int]


@dataclass(frozen=True)
class Result:
    """What an operation left: f1, a5, BR, FSR."""

    f1: int
    a5: int
    br: int
    fsr: int

    def __str__(self) -> str:
        return f"f1 {self.f1:08x}, a5 {self.a5:08x}, br {self.br:04x}, fsr {self.fsr:03x}"


def random_operands(rng: random.Random) -> Operands:
    """Return f1, f2, f3, a4, FCR and FSR; sums that cancel and products that come back are among them."""
    f1, f2, f3 = (random_float(rng) for _ in range(3))
    way = rng.random()
    if way < 0.15:
        f3 = (f2 ^ rng.getrandbits(1) << 31) + rng.randrange(-2, 3) & 0xFFFFFFFF
    elif way < 0.2:
        f1 = (f3 ^ rng.getrandbits(1) << 31) & 0xFFFFFFFF
        f2 = 0x3F800000 + rng.randrange(-2, 3)
    fsr = rng.choice((0, rng.getrandbits(5) << 7))
    return f1, f2, f3, random_integer(rng), rng.getrandbits(2) | rng.choice((0, 0x7C)), fsr


def add_rows(batch: Batch, operation: str, rows: list[Operands], text: str | None = None) -> int:
    """Add a case that does the operation on all rows; return the address of the table."""
    body = text or OPERATIONS[operation]
    source = f"""
        .literal finish, {FINISH}
        .literal count, {len(rows)}
        .literal where, table
    start:
        l32r a2, where
        l32r a3, count
    again:
        lsi f1, a2, 0
        lsi f2, a2, 4
        lsi f3, a2, 8
        l32i a4, a2, 12
        movi a5, 0
        wsr.br a5
        l32i a6, a2, 16
        wur.fcr a6
        l32i a6, a2, 20
        wur.fsr a6
        {body}
        ssi f1, a2, 24
        s32i a5, a2, 28
        rsr.br a6
        s32i a6, a2, 32
        rur.fsr a6
        s32i a6, a2, 36
        addi a2, a2, {ROW}
        addi a3, a3, -1
        bnez a3, again
        wsr.misc1 a0
        l32r a0, finish
        jx a0
        .align 4
    table:
    """
    program = assemble_program(source, batch.at)
    table = b"".join(struct.pack("<6I16x", *row) for row in rows)
    content = program.content + table
    batch.add(Case(content, {}, bytes(256)), program.symbols["start"], len(content))
    return program.symbols["table"] - BASE


def results(memory: bytes, table: int, count: int) -> list[Result]:
    """Return what stands in the table at an offset of the memory."""
    return [Result(*struct.unpack_from("<4I", memory, table + ROW * k + 24)) for k in range(count)]
