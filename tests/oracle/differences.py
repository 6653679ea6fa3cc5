"""Where QEMU 7.2 to 10.0 with -cpu de233_fpu is known to differ from us, and what exactly it then gives.

Results and flags of floating point (`qemu_instead` computes QEMU's from ours, so that nothing else passes):

1. round.s, trunc.s, floor.s, ceil.s and utrunc.s whose scale takes the operand out of single precision: QEMU raises V,
   O and I, because it scales first and that overflows. Here V. The instruction is one conversion of fs * 2^scale, out
   of the integers' range: invalid and nothing else.
2. utrunc.s of a negative number with a result other than 0: QEMU sets FSR to V alone. Here V is added: flags are
   sticky.
   (The result, and that it is V, agree with what was measured on the chip: isa/fpu.py.)
3. A NaN as divisor or under the root, whole sequence: QEMU keeps its sign, because mkdadj.s and mksadj.s compute the
   whole result and the other steps do nothing. Here it is inverted, as nexp01.s does on the chip (isa/fpu_divide.py).
4. Dividend and divisor both NaNs, whole sequence: QEMU gives the divisor's, as one operation would. Here the
   dividend's, which the steps pass on to divn.s by the rule for NaNs that was measured for each of them; this very case
   was not measured.

What QEMU leaves out, and is therefore not compared instruction by instruction: recip0.s, rsqrt0.s, div0.s, sqrt0.s,
nexp01.s, addexp.s, addexpm.s, maddn.s and divn.s do nothing or copy. Division and root are compared as whole
sequences, the two
inverses with exact results. de233_fpu has no muluh, mulsh, salt, saltu, s32nb and ee.*.

Mistakes of QEMU that programs steer round (programs.Builder says how):

5. Within one translated block, an instruction that reads BR or MR after one that wrote it may take an old value: each
   boolean, each group of booleans, BR and both views of MR are variables of their own over the same memory.
6. In the block of an ssl or ssa8b that leaves 32 in SAR, srl and sra shift by 0. The manual has them shift by 32.

Where the cores are configured differently:

7. de233_fpu raises LoadStoreAlignment for any unaligned access; the LX7 of the ESP32-S3 carries loads and stores out.
   l32ai, s32ri and s32c1i raise it on both, which is compared.
8. de233_fpu has 32 address registers, so frames are spilled earlier. Programs that spill (kind recursion) are compared
   without WINDOWBASE, WINDOWSTART, PS.OWB, and EPC1 unless an exception ended them; movsp is in those of kind calls
   only.

What is in no line above agrees, NaNs included: add.s, sub.s and mul.s give the last NaN of fs and ft, madd.s and msub.s
fr's first, then ft's, then fs's; made quiet; 0 * infinity plus a NaN is that NaN, with V; 0x7FC00000 otherwise.
"""

from __future__ import annotations

from dataclasses import replace

from batch import FIELDS, WORD, words
from rows import Operands, Result

_V, _OVERFLOW_AND_INEXACT = 0x800, 0x280
_SIGN, _INFINITY, _QUIET = 0x80000000, 0x7F800000, 0x00400000
_EXCM, _OWB = 0x10, 0xF00
TO_INTEGER = ("round.s", "trunc.s", "floor.s", "ceil.s", "utrunc.s")


def _is_nan(bits: int) -> bool:
    return bits & ~_SIGN > _INFINITY


def qemu_instead(operation: str, operands: Operands, ours: Result) -> Result:
    """Return what QEMU gives where our result is right, by points 1 to 4."""
    _, f2, f3, _, _, _ = operands
    name, _, scale = operation.partition(" ")
    fsr, f1 = ours.fsr, ours.f1
    if name in TO_INTEGER:
        exponent = f2 >> 23 & 0xFF
        if exponent < 255 and exponent + int(scale) >= 255:
            fsr |= _OVERFLOW_AND_INEXACT
        if name == "utrunc.s" and f2 & _SIGN and not _is_nan(f2) and ours.a5:
            fsr = _V
    elif name == "divide" and _is_nan(f3) and _is_nan(f2):
        f1 = f3 | _QUIET if f1 == f2 | _QUIET else f1
    elif (name == "divide" and _is_nan(f3)) or (name == "root" and _is_nan(f2)):
        f1 ^= _SIGN
    return replace(ours, f1=f1, fsr=fsr)


def comparable(record: bytes, kind: str) -> bytes:
    """Return a record without what may differ between cores of 32 and 64 registers, for programs that spill frames."""
    if kind != "recursion":
        return record
    content, values = bytearray(record), words(record)
    for name in FIELDS:
        value = values[name]
        if name in ("windowbase", "windowstart") or (name == "epc1" and not values["ps"] & _EXCM):
            value = 0
        elif name == "ps":
            value &= ~_OWB
        content[WORD[name] : WORD[name] + 4] = value.to_bytes(4, "little")
    return bytes(content)
