"""Baseline JPEG (ITU-T T.81) made from coefficients, and the pixels that they stand for by the formulas."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ZIGZAG = [
    *(0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21),
    *(28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61),
    *(54, 47, 55, 62, 63),
]
DC_VALUES = bytes(range(12))
AC_VALUES = bytes([0x00, 0x01, 0xF0, 0x11])
AC_VALUES += bytes(run << 4 | size for run in range(16) for size in range(1, 11) if (run << 4 | size) not in AC_VALUES)
DC_COUNTS = [0, 1, 1, 0, 10, *[0] * 11]
AC_COUNTS = [0, 0, 4, 0, 0, 0, 0, 100, 0, 0, 0, len(AC_VALUES) - 104, *[0] * 4]
COSINES = np.array([[np.cos((2 * n + 1) * k * np.pi / 16) / 2 for n in range(8)] for k in range(8)])
COSINES[0] /= np.sqrt(2)


def codes(counts: list[int], values: bytes) -> dict[int, str]:
    """Return the code of each value (T.81 C.2) as a text of bits."""
    result, code, at = {}, 0, 0
    for length, count in enumerate(counts, 1):
        for value in values[at : at + count]:
            result[value] = f"{code:0{length}b}"
            code += 1
        at += count
        code <<= 1
    return result


DC_CODES, AC_CODES = codes(DC_COUNTS, DC_VALUES), codes(AC_COUNTS, AC_VALUES)


def amplitude(value: int) -> tuple[int, str]:
    """Return how many bits a value takes, and them (T.81 F.1.2.1)."""
    size = abs(value).bit_length()
    return size, f"{value if value > 0 else value + (1 << size) - 1:0{size}b}" if size else ""


def coded_block(block: list[int], previous_dc: int) -> str:
    """Return the bits of a block of quantised coefficients in zigzag order."""
    size, bits = amplitude(block[0] - previous_dc)
    out, run = DC_CODES[size] + bits, 0
    for value in block[1:]:
        if value == 0:
            run += 1
            continue
        out += AC_CODES[0xF0] * (run // 16)
        size, bits = amplitude(value)
        out += AC_CODES[run % 16 << 4 | size] + bits
        run = 0
    return out + (AC_CODES[0] if run else "")


def packed(bits: str) -> bytes:
    bits += "1" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


@dataclass(frozen=True)
class Picture:
    """A JPEG and its pixels (height x width x 3, not rounded)."""

    content: bytes
    pixels: NDArray[np.float64]


def picture(width: int, height: int, sampling: int = 0x11, restart: int = 0, seed: int = 0, detail: int = 6) -> Picture:
    """Make a picture of arbitrary coefficients. sampling: that of Y, 0x21 for one of Cb to two of Y beside each other.

    restart: units between restart markers. detail: coefficients of a block besides its mean.
    """
    blocks_x, blocks_y = sampling >> 4, sampling & 15
    noise = iter(hashlib.shake_128(b"%d" % seed).digest(400_000))
    quantisation = [[1 + (7 * i + 3 * table) % 30 for i in range(64)] for table in range(2)]
    units_x, units_y = -(-width // (8 * blocks_x)), -(-height // (8 * blocks_y))
    planes = [np.zeros((units_y * 8 * blocks_y, units_x * 8 * blocks_x))]
    planes += [np.zeros((units_y * 8, units_x * 8)) for _ in range(2)]
    stream, bits, dc = b"", "", [0, 0, 0]

    def block(component: int, top: int, left: int) -> str:
        table = quantisation[component > 0]
        values = [0] * 64
        values[0] = (next(noise) - 128) * 6 // table[0]
        for _ in range(detail):
            place = next(noise) % 63 + 1
            values[place] = (next(noise) - 128) // (4 * table[place])
        coefficients = np.zeros(64)
        coefficients[ZIGZAG] = np.array(values) * np.array(table)
        planes[component][top : top + 8, left : left + 8] = COSINES.T @ coefficients.reshape(8, 8) @ COSINES + 128
        previous, dc[component] = dc[component], values[0]
        return coded_block(values, previous)

    for unit in range(units_x * units_y):
        if restart and unit and unit % restart == 0:
            stream += packed(bits) + bytes([0xFF, 0xD0 + (unit // restart - 1) % 8])
            bits, dc = "", [0, 0, 0]
        y, x = divmod(unit, units_x)
        for n in range(blocks_x * blocks_y):
            bits += block(0, 8 * (y * blocks_y + n // blocks_x), 8 * (x * blocks_x + n % blocks_x))
        bits += block(1, 8 * y, 8 * x) + block(2, 8 * y, 8 * x)
    stream += packed(bits)

    tables = b"".join(bytes([n, *table]) for n, table in enumerate(quantisation))
    huffman = b"".join(
        bytes([kind << 4 | n, *counts]) + values
        for n in range(2)
        for kind, counts, values in ((0, DC_COUNTS, DC_VALUES), (1, AC_COUNTS, AC_VALUES))
    )
    frame = struct.pack(">BHHB", 8, height, width, 3) + bytes([1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1])
    content = b"\xff\xd8" + segment(0xE0, b"JFIF\0" + bytes(9)) + segment(0xDB, tables) + segment(0xC0, frame)
    content += segment(0xC4, huffman) + (segment(0xDD, struct.pack(">H", restart)) if restart else b"")
    content += segment(0xDA, bytes([3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0])) + stream + b"\xff\xd9"

    luma, cb, cr = (np.clip(np.rint(plane), 0, 255) for plane in planes)
    cb, cr = (np.kron(plane, np.ones((blocks_y, blocks_x))) - 128 for plane in (cb, cr))
    rgb = np.stack([luma + 1.402 * cr, luma - 0.344136 * cb - 0.714136 * cr, luma + 1.772 * cb], axis=2)
    return Picture(content, np.clip(rgb, 0, 255)[:height, :width])


def smaller(pixels: NDArray[np.float64], scale: int) -> NDArray[np.float64]:
    """Return the picture at 1 / 2**scale of its size: means of squares; what makes no whole one falls away."""
    side = 1 << scale
    height, width = (size // side for size in pixels.shape[:2])
    cut = pixels[: height * side, : width * side]
    return cut.reshape(height, side, width, side, 3).mean(axis=(1, 3))
