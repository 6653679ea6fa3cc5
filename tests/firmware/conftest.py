"""Where the firmware folder is, and the ROM's portable C compiled for this machine."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # tests here import their helpers

FIRMWARE = Path(__file__).parents[2] / "firmware"
SHARED = Path(__file__).parents[3] / "shared"
PORTABLE = (
    "system/printf.c",
    "crypto/md5.c",
    "crypto/crc.c",
    "libc/string.c",
    "libc/stdlib.c",
    "compression/inflate.c",
    "compression/deflate.c",
    "compression/jpeg.c",
)


@pytest.fixture(scope="session")
def firmware() -> Path:
    """The repository's firmware folder."""
    return FIRMWARE


@pytest.fixture(scope="session")
def mask_rom() -> Callable[[], Path]:
    """Find the chip's own ROM; skips where it is not."""

    def find() -> Path:
        path = SHARED / "rom" / "esp32s3_rev0_rom.elf"
        if not path.is_file():
            pytest.skip(f"no mask ROM at {path}")
        return path

    return find


@pytest.fixture(scope="session")
def rom_symbols_csv() -> Path:
    """The published symbols of the mask ROM."""
    path = SHARED / "facts" / "rom-symbols.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    return path


@pytest.fixture(scope="session")
def rom_c(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The ROM's C functions that touch no hardware, as a library of the host."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler here")
    folder = tmp_path_factory.mktemp("rom_c")
    # The slots, which give the bare names on the chip, are not there: names that libc lacks mean the functions.
    names = [f"-D{name}=openrom_{name}" for name in ("ets_install_putc1", "ets_write_char_uart")]
    sources = [str(FIRMWARE / "openrom" / name) for name in PORTABLE]
    stub = folder / "stub.c"
    stub.write_text("void ets_write_char_uart(char c) { (void)c; }\nvoid *syscall_table_ptr;\n")
    library = folder / "rom_c.so"
    flags = ["-std=gnu17", "-O1", "-w", "-shared", "-fPIC", "-fno-builtin", *names]
    flags += [f"-I{FIRMWARE / 'include'}", f"-I{FIRMWARE / 'openrom'}"]
    subprocess.run([compiler, *flags, "-o", str(library), str(stub), *sources], check=True)
    return ctypes.CDLL(str(library))
