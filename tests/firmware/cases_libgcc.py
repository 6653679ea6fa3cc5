"""Calls of the ROM's copy of libgcc: arithmetic that the compiler calls."""

from __future__ import annotations

import math
import struct

from rom_machine import Call, call

CASES: dict[str, list[Call]] = {}


def pair(value: int) -> tuple[int, int]:
    """Return a 64-bit argument's words."""
    return value & 0xFFFFFFFF, value >> 32 & 0xFFFFFFFF


def single(value: float) -> int:
    """Return the bits of a float."""
    return int(struct.unpack("<I", struct.pack("<f", value))[0])


INFINITY, NAN = math.inf, math.nan
FINITE = [0.0, -0.0, 1.0, -1.0, 0.5, 1 / 3, 1e-310, 5e-324, 1.7e308, 123456789.25, -4294967296.5, 2147483648.0]
DOUBLES = [*FINITE, INFINITY, -INFINITY, NAN]
SINGLES = [0.0, -0.0, 1.0, -1.5, 1 / 3, 1e-40, 3e38, 16777217.0, -2147483648.0]
WORDS = [0, 1, 2, 7, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xF0F0F0F0, 0x12345678]
LONGS = [0, 1, 3, 10**10, 2**32, 2**63 - 1, 2**63, 2**64 - 1, 0x123456789ABCDEF0, 0xFFFFFFFF00000000]

for name in ("__adddf3", "__subdf3", "__muldf3"):
    CASES[name] = [call(name, a, b, result=64) for a in FINITE for b in FINITE]
CASES["__divdf3"] = [call("__divdf3", a, b, result=64) for a in FINITE for b in FINITE if b]
for name in ("__addsf3", "__subsf3", "__mulsf3"):
    CASES[name] = [call(name, single(a), single(b)) for a in SINGLES for b in SINGLES]
CASES["__divsf3"] = [call("__divsf3", single(a), single(b)) for a in SINGLES for b in SINGLES if b]
for relation in ["eq", "ne", "lt", "le", "gt", "ge", "unord"]:
    CASES[f"__{relation}df2"] = [call(f"__{relation}df2", a, b) for a in DOUBLES for b in DOUBLES]
    CASES[f"__{relation}sf2"] = [call(f"__{relation}sf2", single(a), single(b)) for a in SINGLES for b in SINGLES]
CASES["__negdf2"] = [call("__negdf2", a, result=64) for a in FINITE]
CASES["__negsf2"] = [call("__negsf2", single(a)) for a in SINGLES]
CASES["__powidf2"] = [call("__powidf2", a, n, result=64) for a in (1.5, -2.0, 1e10) for n in (0, 1, 5, -3, 100)]
CASES["__powisf2"] = [call("__powisf2", single(a), n) for a in (1.5, -2.0, 1e10) for n in (0, 1, 5, -3)]

CASES["__extendsfdf2"] = [call("__extendsfdf2", single(a), result=64) for a in SINGLES]
CASES["__truncdfsf2"] = [call("__truncdfsf2", a) for a in FINITE]
IN_RANGE = [0.0, -0.0, 0.99, 1.0, 1.5, 2147483647.0, 4294967295.0, 1e15]
for name, bits in (("__fixdfsi", 32), ("__fixunsdfsi", 32), ("__fixdfdi", 64)):
    CASES[name] = [call(name, a, result=bits) for a in (*IN_RANGE, -1.5, -1e9, 1e30, -1e30)]
for name, bits in (("__fixsfsi", 32), ("__fixunssfsi", 32), ("__fixsfdi", 64), ("__fixunssfdi", 64)):
    CASES[name] = [call(name, single(a), result=bits) for a in (*IN_RANGE, -1.5, -1e9, 1e30, -1e30)]
for name, bits in (("__floatsidf", 64), ("__floatunsidf", 64), ("__floatsisf", 32), ("__floatunsisf", 32)):
    CASES[name] = [call(name, n, result=bits) for n in (*WORDS, 16777217, 33554435)]
for name, bits in (("__floatdidf", 64), ("__floatundidf", 64), ("__floatdisf", 32), ("__floatundisf", 32)):
    CASES[name] = [call(name, *pair(n), result=bits) for n in (*LONGS, 2**53 + 1, 2**54 + 3, 2**63 + 1025)]

for name in ("__mulsi3", "__ucmpdi2", "__cmpdi2"):
    if name == "__mulsi3":
        CASES[name] = [call(name, a, b) for a in WORDS for b in WORDS]
    else:
        CASES[name] = [call(name, *pair(a), *pair(b)) for a in LONGS for b in LONGS]
for name in ("__divsi3", "__modsi3", "__udivsi3", "__umodsi3"):
    CASES[name] = [call(name, a, b) for a in WORDS for b in WORDS if b and (a, b) != (0x80000000, 0xFFFFFFFF)]
for name in ("__divdi3", "__moddi3", "__udivdi3", "__umoddi3"):
    CASES[name] = [call(name, *pair(a), *pair(b), result=64) for a in LONGS for b in LONGS if b]
for name in ("__muldi3",):
    CASES[name] = [call(name, *pair(a), *pair(b), result=64) for a in LONGS for b in LONGS]
for name in ("__ashldi3", "__ashrdi3", "__lshrdi3"):
    CASES[name] = [call(name, *pair(a), n, result=64) for a in LONGS for n in (0, 1, 31, 32, 33, 63)]
for name in ("__negdi2", "__bswapdi2", "__absvdi2"):
    CASES[name] = [call(name, *pair(a), result=64) for a in LONGS if (name, a) != ("__absvdi2", 2**63)]
for name in ("__clzdi2", "__ctzdi2", "__ffsdi2", "__clrsbdi2", "__popcountdi2"):
    CASES[name] = [call(name, *pair(a)) for a in LONGS if a or name in ("__ffsdi2", "__popcountdi2")]
for name in (
    "__clzsi2",
    "__ctzsi2",
    "__ffssi2",
    "__clrsbsi2",
    "__popcountsi2",
    "__paritysi2",
    "__bswapsi2",
    "__absvsi2",
):
    CASES[name] = [call(name, a) for a in WORDS if a not in (0, 0x80000000)]
for name, a, b in (("__addvsi3", 5, -7), ("__subvsi3", 5, -7), ("__mulvsi3", 5, -7)):
    CASES[name] = [call(name, a, b)]
for name in ("__addvdi3", "__subvdi3", "__mulvdi3"):
    CASES[name] = [call(name, *pair(5), *pair(-7), result=64), call(name, *pair(2**40), *pair(-3), result=64)]
CASES["__negvsi2"] = [call("__negvsi2", 5)]
CASES["__negvdi2"] = [call("__negvdi2", *pair(2**40), result=64)]
for name in ("__mulsc3", "__divsc3"):
    CASES[name] = [call(name, *(single(x) for x in (1.5, -2.0, 0.5, 3.0)), result=64)]
for name in ("__muldc3", "__divdc3"):
    CASES[name] = [call(name, 1.5, -2.0, 0.5, 3.0, result=128)]
CASES["__clear_cache"] = [call("__clear_cache", 0x40378000, 0x40378100, result=0)]
