"""The open ROM's JPEG decoder against the formulas of T.81, and against the chip's."""

from __future__ import annotations

import ctypes
import importlib.util
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from jpeg_stream import picture, smaller
from rom_machine import FIRMWARE, PIXELS, Buffer, Guest, RomMachine, call

MASK_ROM = Path(__file__).parents[3] / "shared" / "rom" / "esp32s3_rev0_rom.bin"


class Decoder(ctypes.Structure):
    """JDEC (rom/tjpgd.h)."""

    _fields_ = [
        *[("dctr", ctypes.c_uint32), ("dptr", ctypes.c_void_p), ("inbuf", ctypes.c_void_p)],
        *[(name, ctypes.c_uint8) for name in ("dmsk", "scale", "msx", "msy")],
        *[("qtid", ctypes.c_uint8 * 3), ("dcv", ctypes.c_int16 * 3), ("nrst", ctypes.c_uint16)],
        *[("width", ctypes.c_uint32), ("height", ctypes.c_uint32), ("tables", ctypes.c_void_p * 32)],
    ]


JDR_OK, JDR_INTR, JDR_INP, JDR_MEM1, JDR_MEM2, JDR_PAR, JDR_FMT1, JDR_FMT2, JDR_FMT3 = range(9)
IN_FUNCTION = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32)
OUT_FUNCTION = ctypes.CFUNCTYPE(
    ctypes.c_uint32, ctypes.c_void_p, ctypes.POINTER(ctypes.c_uint8), ctypes.POINTER(ctypes.c_uint16)
)


def decode_jpeg(rom_c, content, scale=0, pool_size=3100, outputs=10**9):
    """Return the result, and the picture where it was decoded, not given pixels as -1."""
    at, decoder, pool = 0, Decoder(), ctypes.create_string_buffer(pool_size + 16)

    def read(_decoder, to, length):
        nonlocal at
        piece = content[at : at + length]
        at += len(piece)
        if to:
            ctypes.memmove(to, piece, len(piece))
        return len(piece)

    function = IN_FUNCTION(read)
    result = rom_c.openrom_jd_prepare(ctypes.byref(decoder), function, pool, pool_size, None)
    if result != JDR_OK:
        return result, None
    picture = np.full((decoder.height >> scale, decoder.width >> scale, 3), -1)

    def write(_decoder, pixels, where):
        nonlocal outputs
        left, right, top, bottom = where[:4]
        size = (bottom - top + 1) * (right - left + 1) * 3
        block = np.array(pixels[:size]).reshape(bottom - top + 1, right - left + 1, 3)
        picture[top : bottom + 1, left : right + 1] = block
        outputs -= 1
        return outputs > 0

    return rom_c.openrom_jd_decomp(ctypes.byref(decoder), OUT_FUNCTION(write), scale), picture


@pytest.mark.parametrize("sampling", [0x11, 0x21, 0x22])
@pytest.mark.parametrize(("width", "height"), [(16, 16), (37, 21), (1, 1), (50, 8)])
@pytest.mark.parametrize("scale", range(4))
def test_jpeg(rom_c, sampling, width, height, scale):
    if width >> scale == 0 or height >> scale == 0:
        pytest.skip("nothing is left of it at this scale")
    made = picture(width, height, sampling, restart=2 if width == 37 else 0, seed=width + sampling)
    result, pixels = decode_jpeg(rom_c, made.content, scale)
    assert result == JDR_OK
    assert np.abs(pixels - smaller(made.pixels, scale)).max() <= 3


def test_jpeg_with_much_detail(rom_c):
    made = picture(64, 64, 0x22, restart=5, detail=50)
    result, pixels = decode_jpeg(rom_c, made.content)
    assert result == JDR_OK
    error = np.abs(pixels - made.pixels)
    assert error.max() <= 3
    assert error.mean() < 0.5


JPEG = picture(40, 40, 0x22, restart=2).content
FRAME, SCAN = JPEG.index(b"\xff\xc0"), JPEG.index(b"\xff\xda")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", JDR_INP),
        (b"\xff\xd8", JDR_INP),
        (b"\x89PNG", JDR_FMT1),
        (JPEG[:FRAME] + b"\xff\xc2" + JPEG[FRAME + 2 :], JDR_FMT3),
        (JPEG[: FRAME + 9] + b"\1" + JPEG[FRAME + 10 :], JDR_FMT3),
        (JPEG[: FRAME + 11] + b"\x41" + JPEG[FRAME + 12 :], JDR_FMT3),
        (JPEG[:FRAME] + JPEG[SCAN:], JDR_FMT1),
        (JPEG[: SCAN + 40], JDR_INP),
        (JPEG.replace(b"\xff\xd1", b"\xff\xd2"), JDR_FMT1),
    ],
)
def test_bad_jpeg(rom_c, content, expected):
    assert decode_jpeg(rom_c, content)[0] == expected


def test_jpeg_limits(rom_c):
    assert decode_jpeg(rom_c, JPEG, pool_size=2000)[0] == JDR_MEM1
    assert decode_jpeg(rom_c, JPEG, scale=4)[0] == JDR_PAR
    assert decode_jpeg(rom_c, JPEG, outputs=2)[0] == JDR_INTR


def test_damaged_jpegs_end(rom_c):
    """Whatever is wrong with a stream, decoding ends with one of the results."""
    for at in range(2, len(JPEG), 3):
        content = bytearray(JPEG)
        content[at] ^= 0x55
        if not FRAME + 5 <= at < FRAME + 9:  # the size
            assert decode_jpeg(rom_c, bytes(content))[0] in range(9)


@pytest.fixture(scope="module")
def roms() -> Iterator[tuple[RomMachine, RomMachine]]:
    if not MASK_ROM.is_file():
        pytest.skip(f"no mask ROM at {MASK_ROM}")
    spec = importlib.util.spec_from_file_location("pack_image", FIRMWARE / "toolchain/pack_image.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    machines = RomMachine(str(MASK_ROM), module.pack), RomMachine("open", module.pack)
    yield machines
    for machine in machines:
        machine.close()


def decoded_by(rom, content, scale, pool_size=3100):
    """Return the results, the rectangles in their order, and all their pixels."""
    rom.word(PIXELS, 0)
    decoder, pool, stream = Buffer(bytes(124)), Buffer(bytes(pool_size)), Buffer(content + bytes(600))
    prepare = call("jd_prepare", decoder, Guest("stream_in"), pool, pool_size, stream)
    results = rom.run_case([prepare]).results
    if results == [JDR_OK]:
        results = rom.run_case([prepare, call("jd_decomp", decoder, Guest("pixels_out"), scale)]).results
    given = rom.engine.read_memory(PIXELS + 4, rom.word(PIXELS))
    at, rectangles, pixels = 0, [], []
    while at < len(given):
        left, right, top, bottom = struct.unpack_from("<4H", given, at)
        size = (right - left + 1) * (bottom - top + 1) * 3
        rectangles.append((left, right, top, bottom))
        pixels += list(given[at + 8 : at + 8 + size])
        at += (size + 11) // 4 * 4
    return results, rectangles, np.array(pixels)


@pytest.mark.parametrize("sampling", [0x11, 0x21, 0x22])
@pytest.mark.parametrize("scale", range(4))
def test_jpeg_like_the_chip(roms, sampling, scale):
    made = picture(37, 21, sampling, restart=2, seed=sampling)
    chip, ours = (decoded_by(rom, made.content, scale) for rom in roms)
    assert ours[:2] == chip[:2]
    assert np.abs(ours[2] - chip[2]).max() <= 5
    assert np.abs(ours[2] - chip[2]).mean() < 1.5


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG",
        JPEG[:FRAME] + b"\xff\xc2" + JPEG[FRAME + 2 :],
        JPEG[: FRAME + 9] + b"\1" + JPEG[FRAME + 10 :],
        JPEG[: FRAME + 11] + b"\x41" + JPEG[FRAME + 12 :],
        JPEG[:FRAME] + JPEG[SCAN:],
        JPEG[: SCAN + 40],
        JPEG.replace(b"\xff\xd1", b"\xff\xd2"),
    ],
)
def test_bad_jpeg_like_the_chip(roms, content):
    chip, ours = (decoded_by(rom, content, 0)[0] for rom in roms)
    assert ours == chip
