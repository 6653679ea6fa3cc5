"""Holds the decoder and the disassembler against Ghidra's Xtensa (pypcode), over all 2^24 words when run as a script.

    python tests/isa/full_decode_sweep.py > tests/isa/decode_differences.tsv

takes some minutes and writes the table of all pairs (Ghidra's mnemonic, ours) that differ, how many words each has,
one of them, and why. test_against_pypcode.py tells on a sample that there are no others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pypcode

from twincore.isa.decode import find, length
from twincore.isa.disasm import disassemble

PC = 0x40000000
NONE = "-"
"""Stands for: no such instruction."""
UNEXPLAINED = "NOT EXPLAINED"

_NUMBER = re.compile(r"-?0x[0-9a-f]+|-?\d+")
#: mnemonics that are written differently for the same encoding
_SAME = {"lsiu": "lsip", "lsxu": "lsxp", "ssiu": "ssip", "ssxu": "ssxp"}
#: cache instructions of other configurations
_CACHE = re.compile(
    r"(dpf(r|w|ro|wo|l)|dhwbi?|dhi|dii|diwbi?|dhu|diu|ipfl?|ihi|iii|ihu|iiu|sict|sicw|lict|licw|sdct|ldct)"
)
_LX7_ONLY = re.compile(
    r"salt|saltu|s32nb|divn\.s|maddn\.s|(mkdadj|mksadj|sqrt0|recip0|rsqrt0|div0|addexpm?|nexp01|const)\.s|[ls]ddr32\.p|"
    r"ldinc|lddec"
)


@cache
def context() -> Any:
    """Return Ghidra's disassembler."""
    return pypcode.Context("Xtensa:LE:32:default")


def theirs(word: int) -> tuple[str, list[str]]:
    """Return Ghidra's mnemonic and operands."""
    try:
        found = context().disassemble(word.to_bytes(4, "little"), PC, max_instructions=1).instructions
    except pypcode.BadDataError:
        return NONE, []
    if not found or found[0].length != length(word):
        return NONE, []
    return found[0].mnem, _operands(found[0].body)


def ours(word: int) -> tuple[str, list[str]]:
    """Return our mnemonic and operands."""
    if find(word) is None:
        return NONE, []
    mnemonic, _, rest = disassemble(word, PC).partition("\t")
    if mnemonic in ("any4", "all4", "any8", "all8"):
        rest = rest.split(":")[0]
    return mnemonic, _operands(rest, address=find(word) is not None and "relative" in _kinds(word))


def _kinds(word: int) -> set[str]:
    instruction = find(word)
    assert instruction is not None
    return {"relative" for o in instruction.operands.values() if o.immediate is not None and o.immediate.relative}


def _operands(body: str, *, address: bool = False) -> list[str]:
    """Return the operands in a form that does not depend on order, case and base."""
    operands = [part.strip().lower() for part in body.split(",") if part.strip()]
    if address and operands:
        operands[-1] = "0x" + operands[-1]
    return sorted(str(int(o, 0) & 0xFFFFFFFF) if _NUMBER.fullmatch(o) else o for o in operands)


def reason(word: int, their: tuple[str, list[str]], our: tuple[str, list[str]]) -> str | None:
    """Return why the two differ, "" where they do not, None where nothing explains it."""
    a, b = their[0], our[0]
    if a == b:
        return "" if their[1] == our[1] else _operand_reason(b, word)
    if b == NONE:
        return _unknown_to_us(a, word)
    instruction = find(word)
    if instruction is not None and instruction.module.rpartition(".")[2].startswith("pie"):
        return "PIE, which Ghidra does not know"
    if a == NONE:
        return _unknown_to_them(b, word)
    if _SAME.get(a) == b:
        return "LX7's name of the same encoding and meaning"
    if b.split(".")[0] == a and a in ("rsr", "wsr", "xsr", "rur", "wur"):
        return "we write the register into the mnemonic, as GNU does"
    if (a, b) == ("mov", "or"):
        return "the assembler's name for or with twice the same register"
    if (a, b) == ("ret", "jx"):
        return "Ghidra's name for jx a0"
    if a == "licw" and b == "rems":
        return "op1 = 2: rems by the manual and GNU; licw has op1 = 1"
    if a.replace(".da.", ".dd.") == b:
        return "op2 = 0, 1 without address register: .dd by the manual and GNU"
    return None


def _unknown_to_us(a: str, word: int) -> str | None:
    if a in ("cust0", "cust1"):
        return "designer-defined space: nothing on the ESP32-S3"
    if a in ("rsr", "wsr", "xsr", "rur", "wur"):
        return "a register that the ESP32-S3 does not have"
    if _CACHE.fullmatch(a):
        return "the ESP32-S3's core has no cache instructions"
    if a.startswith(("mul.", "mula.", "muls.", "umul.")) or a in ("ldinc", "lddec"):
        return "bits that MAC16 has as 0 are set"
    if a in ("rfue", "rfme", "rfdo", "rfdd", "idtlb", "iitlb", "wait", "waiti", "nop", "hwwdtlba", "hwwitlba", "ldpte"):
        return "an instruction of other configurations, or with bits set that the manual has as 0"
    return None


def _unknown_to_them(b: str, word: int) -> str | None:
    if b in ("ret", "retw", "ret.n", "retw.n", "rfdo", "rfdd"):
        return "the field s means nothing: GNU's table ignores it"
    if b.startswith("muls."):
        return "Ghidra lacks some subtractions"
    if b.startswith(("mul.dd.", "mula.dd.")):
        return "Ghidra lacks m1 as the first factor here"
    if _LX7_ONLY.search(b):
        return "newer than Ghidra's description"
    if b.startswith(("rsr.", "wsr.", "xsr.", "rur.", "wur.")):
        return "a register that Ghidra does not know"
    return None


def _operand_reason(b: str, word: int) -> str | None:
    if b in ("bgeui", "bltui"):
        return "Ghidra's table of b4constu has 4096 for 65536"
    if b in ("any4", "all4", "any8", "all8"):
        return "the group's first register is a multiple of its size: lower bits mean nothing"
    if b == "l32r":
        return "Ghidra prints the address without wrapping it at 32 bits"
    if b == "rotw":
        return "Ghidra prints -8..-1 as 8..15"
    if b == "movi.n":
        return "Ghidra prints -32..-1 as 224..255"
    if b in ("ldinc", "lddec"):
        return "Ghidra prints the MAC16 register in words"
    return None


def sweep(words: Iterable[int]) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Return (number of words, one of them) by (their mnemonic, ours, reason)."""
    counts: Counter[tuple[str, str, str]] = Counter()
    examples: dict[tuple[str, str, str], int] = {}
    for word in words:
        their, our = theirs(word), ours(word)
        why = reason(word, their, our)
        if why != "":
            key = (their[0], our[0], UNEXPLAINED if why is None else why)
            counts[key] += 1
            examples.setdefault(key, word)
    return {key: (counts[key], examples[key]) for key in counts}


def main() -> None:
    """Sweep all words of 24 and of 16 bits; print the table."""
    found = sweep(word for word in range(1 << 24) if word & 15 < 8 or (word < 1 << 16 and word & 15 < 14))
    print("ghidra\ttwincore\twords\texample\twhy")
    for (a, b, why), (count, example) in sorted(found.items()):
        print(f"{a}\t{b}\t{count}\t{example:06x}\t{why}")


TABLE = Path(__file__).with_name("decode_differences.tsv")

if __name__ == "__main__":
    main()
