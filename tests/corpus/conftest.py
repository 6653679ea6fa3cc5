"""A small corpus made of the project's own firmware, and the one of others' images where it is."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PREBUILT = Path(__file__).resolve().parents[2] / "firmware" / "prebuilt"
SHARED = Path(os.environ.get("TWINCORE_SHARED", Path(__file__).resolve().parents[3] / "shared"))


@pytest.fixture
def corpus(tmp_path: Path) -> Callable[..., Path]:
    """Makes a corpus of entries; each gets a copy of amp.bin, or of the prebuilt file in its key `file`."""

    def make(*entries: dict[str, Any]) -> Path:
        manifest = []
        for entry in entries:
            entry = dict(entry)
            source = PREBUILT / entry.pop("file", "amp.bin")
            folder = tmp_path / str(entry["name"])
            folder.mkdir(exist_ok=True)
            kind = "elf" if source.suffix == ".elf" else "flash"
            shutil.copy(source, folder / source.name)
            manifest.append({kind: source.name, **entry})
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
        return tmp_path

    return make


@pytest.fixture(scope="session")
def shared_corpus() -> Path:
    """The folder of others' images; skips where it is not."""
    path = SHARED / "corpus"
    if not (path / "manifest.json").is_file():
        pytest.skip(f"no corpus at {path}; set TWINCORE_SHARED")
    return path


@pytest.fixture(scope="session")
def mask_rom() -> Path:
    """The chip's own ROM; skips where it is not."""
    path = SHARED / "rom" / "esp32s3_rev0_rom.elf"
    if not path.is_file():
        pytest.skip(f"no mask ROM at {path}; set TWINCORE_SHARED")
    return path
