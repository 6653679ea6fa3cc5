"""Native code made from a Python function on words: each operation against the same function on numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from twincore.native import code_cache
from twincore.native.blocks import NativeBlocks

STEPS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda s, w: s + w,
    "add_number": lambda s, w: s + w + 0xFFFF_FFF0,
    "exclusive": lambda s, w: s ^ w ^ 0x8000_0001,
    "both": lambda s, w: s & w | w & 0xFF00,
    "complement": lambda s, w: ~s & w,
    "turn": lambda s, w: (s << 5 | s >> 27) ^ w,
}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINCORE_CACHE", str(tmp_path))


def made(operation: Callable[[Any, Any], Any], name: str) -> tuple[Callable[..., Any], NativeBlocks]:
    def step(state: Sequence[Any], block: Sequence[Any]) -> Sequence[Any]:
        mask = 0xFFFF_FFFF
        return [operation(state[k], block[k]) & mask for k in range(2)]

    return step, NativeBlocks(name, step, bits=32, state_words=2, block_words=2)


@pytest.mark.parametrize("name", STEPS)
def test_operation(name: str) -> None:
    step, native = made(STEPS[name], name)
    state, blocks = (0x8123_4567, 0xFFFF_FFFF), ((0x89AB_CDEF, 1), (0x7FFF_FFFF, 0xFEDC_BA98), (0, 0xFF00_FF00))
    content = b"".join(word.to_bytes(4, "big") for block in blocks for word in block)
    result = native(b"".join(word.to_bytes(4, "big") for word in state), content)
    words: Sequence[int] = state
    for block in blocks:
        words = step(words, block)
    assert [int.from_bytes(result[at : at + 4], "big") for at in (0, 4)] == list(words)


def test_what_is_kept_is_used_and_a_broken_copy_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(STEPS["add"], "kept")
    (kept,) = tmp_path.glob("kept-*.o")
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1])
    made(STEPS["add"], "kept")
    assert kept.read_bytes() == whole
    monkeypatch.setattr(code_cache, "_compile", lambda text, level: pytest.fail("compiled again"))
    _, native = made(STEPS["add"], "kept")
    assert native(bytes(8), bytes(7) + b"\5") == bytes(7) + b"\5"
