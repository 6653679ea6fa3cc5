"""The command line in this process, and the firmware that it is tried on."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from twincore.cli import main

PREBUILT = Path(__file__).resolve().parents[2] / "firmware" / "prebuilt"
SHARED = Path(os.environ.get("TWINCORE_SHARED", Path(__file__).resolve().parents[3] / "shared"))
AMP = PREBUILT / "amp.bin"
AMP_ELF = PREBUILT / "amp.elf"


class Result(NamedTuple):
    """What a command left behind."""

    status: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text, lines ended alike."""
        return self.out.decode().replace("\r\n", "\n")


Twincore = Callable[..., Result]


@pytest.fixture
def twincore(capsysbinary: pytest.CaptureFixture[bytes]) -> Twincore:
    """Carry out a command line in this process."""

    def call(*words: object) -> Result:
        status = main([str(word) for word in words])
        out, err = capsysbinary.readouterr()
        return Result(status, out, err.decode())

    return call


@pytest.fixture
def amp() -> Path:
    """The dual-core firmware as a flash image."""
    return AMP


@pytest.fixture
def amp_elf() -> Path:
    """The same firmware's ELF file."""
    return AMP_ELF


@pytest.fixture
def mask_rom() -> Path:
    """The chip's own ROM; skips where it is not."""
    path = SHARED / "rom" / "esp32s3_rev0_rom.elf"
    if not path.is_file():
        pytest.skip(f"no mask ROM at {path}; set TWINCORE_SHARED")
    return path


@pytest.fixture
def shared_image() -> Callable[[str], Path]:
    """Find a published image's flash by its name in the corpus; skips where it is not."""

    def find(name: str) -> Path:
        path = SHARED / "corpus" / name / "flash.bin"
        if not path.is_file():
            pytest.skip(f"no image at {path}; set TWINCORE_SHARED")
        return path

    return find


@pytest.fixture
def bench_elf() -> Path:
    """The benchmark's kernels."""
    return PREBUILT / "bench.elf"


@pytest.fixture
def ram_image(tmp_path: Path) -> Callable[[bytes], Path]:
    """Make a flash image of code for 0x40378000, where it begins."""
    path = PREBUILT.parent / "toolchain" / "pack_image.py"
    spec = importlib.util.spec_from_file_location("pack_image", path)
    assert spec is not None
    assert spec.loader is not None
    pack_image = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pack_image)

    def make(code: bytes) -> Path:
        image = tmp_path / "image.bin"
        image.write_bytes(pack_image.pack(0x40378000, [(0x40378000, code.ljust(64, b"\0"))]))
        return image

    return make


@pytest.fixture
def crashing_image(ram_image: Callable[[bytes], Path]) -> Path:
    """An image whose first instruction is none: the ROM reports it and a watchdog resets the chip, for ever."""
    return ram_image(bytes(64))
