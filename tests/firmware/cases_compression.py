"""Calls of the ROM's inflate (miniz)."""

from __future__ import annotations

import hashlib
import zlib

from rom_machine import Buffer, Call, call, words

CASES: dict[str, list[Call]] = {}

PARSE_ZLIB_HEADER, HAS_MORE_INPUT, NON_WRAPPING_OUTPUT, COMPUTE_ADLER32 = 1, 2, 4, 8
WORDS = b"".join(b"line %d of a text that repeats itself\n" % (n % 17) for n in range(40))
TEXTS = {"nothing": b"", "words": WORDS, "zeros": bytes(1500), "noise": hashlib.shake_128(b"noise").digest(700)}


def raw(text: bytes, level: int) -> bytes:
    """Return a stream without a header; inflate of the chip may take more of what follows, so nothing does."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    return packer.compress(text) + packer.flush()


for name, text in TEXTS.items():
    for level in (0, 1, 9):
        content = zlib.compress(text, level)
        out = Buffer(bytes(len(text) + 16))
        CASES[f"mem_to_mem-{name}-{level}"] = [
            call("tinfl_decompress_mem_to_mem", out, len(text) + room, Buffer(content), len(content), 1)
            for room in (-1, 0, 16)
            if len(text) + room >= 0
        ]
        CASES[f"raw-{name}-{level}"] = [
            call("tinfl_decompress_mem_to_mem", out, len(text) + 16, Buffer(raw(text, level)), len(raw(text, level)), 0)
        ]
        if text:
            state = Buffer(bytes(10992), watched=False)
            half = len(content) // 2
            ring = Buffer(bytes(2048))
            CASES[f"pieces-{name}-{level}"] = [
                call("tinfl_decompress", state, Buffer(content[:half]), words(half), ring, ring, words(2048), 5 | 2),
            ]

GOOD = zlib.compress(WORDS)
for place in (0, 1, 2, 3, 10, 40, len(GOOD) - 1):
    damaged = bytearray(GOOD)
    damaged[place] ^= 0x15
    CASES[f"damaged-{place}"] = [
        call(
            "tinfl_decompress_mem_to_mem",
            Buffer(bytes(4096), watched=False),
            4096,
            Buffer(bytes(damaged)),
            len(GOOD),
            1,
        )
    ]
for length in (0, 1, 2, 3, 30, len(GOOD) - 4, len(GOOD) - 1):
    CASES[f"cut-{length}"] = [
        call("tinfl_decompress_mem_to_mem", Buffer(bytes(4096), watched=False), 4096, Buffer(GOOD[:length]), length, 1)
    ]
ODD = Buffer(bytes(64))
CASES["bad-window"] = [
    call(
        "tinfl_decompress",
        Buffer(bytes(10992), watched=False),
        Buffer(GOOD),
        words(len(GOOD)),
        ODD,
        ODD,
        words(48),
        PARSE_ZLIB_HEADER,
    ),
    call(
        "tinfl_decompress",
        Buffer(bytes(10992), watched=False),
        Buffer(GOOD),
        words(len(GOOD)),
        ODD,
        ODD,
        words(64),
        PARSE_ZLIB_HEADER,
    ),
]
