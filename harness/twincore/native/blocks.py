"""Native code from a Python function that works a block of words into a state, as hash functions do.

The function is written for numbers: with `+ ^ & | ~ << >>` and masks to the words' width, and no decision that hangs on
a word. Called with numbers it is the reference; called once with symbols it yields LLVM text, compiled once per host.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import llvmlite.binding as llvm

from twincore.native.code_cache import CompiledModule
from twincore.native.text import Function

Step = Callable[[Sequence[Any], Sequence[Any]], Sequence[Any]]
"""Returns the state after a block, from the state before it and the block's words."""


class Word:
    """An unsigned word whose value is known only when the native code runs; results are cut to its width."""

    def __init__(self, function: Function, bits: int, name: str) -> None:
        self._function, self._bits, self.name = function, bits, name

    def _with(self, operation: str, other: Word | int) -> Word:
        operand = other if isinstance(other, int) else other.name
        return Word(
            self._function, self._bits, self._function.value(f"{operation} i{self._bits} {self.name}, {operand}")
        )

    def __add__(self, other: Word | int) -> Word:
        return self._with("add", other)

    def __xor__(self, other: Word | int) -> Word:
        return self._with("xor", other)

    def __and__(self, other: Word | int) -> Word:
        return self._with("and", other)

    def __or__(self, other: Word | int) -> Word:
        return self._with("or", other)

    def __lshift__(self, count: int) -> Word:
        return self._with("shl", count)

    def __rshift__(self, count: int) -> Word:
        return self._with("lshr", count)

    def __invert__(self) -> Word:
        return self._with("xor", -1)


class NativeBlocks:
    """Works blocks into a state in native code; both are big-endian words in bytes.

    bits: of a word, 32 or 64; state_words, block_words: how many words they have.
    """

    def __init__(self, name: str, step: Step, *, bits: int, state_words: int, block_words: int) -> None:
        self._block_bytes = block_words * bits // 8
        self._module = CompiledModule(name, blocks_text(name, step, bits, state_words, block_words))
        self._call = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint64)(self._module.address)

    def __call__(self, state: bytes, content: bytes) -> bytes:
        """Return the state after all whole blocks of `content`."""
        result = ctypes.create_string_buffer(state, len(state))
        self._call(ctypes.cast(result, ctypes.c_char_p), content, len(content) // self._block_bytes)
        return result.raw


def blocks_text(name: str, step: Step, bits: int, state_words: int, block_words: int) -> str:
    """Return the LLVM text of `void name(state, blocks, count)`."""
    kind, size = f"i{bits}", bits // 8
    function = Function(f"define void @{name}(ptr %state, ptr %blocks, i64 %count) nounwind")

    def load(base: str, index: int) -> Word:
        value = function.value(f"load {kind}, ptr {function.at(base, index * size)}, align 1")
        return Word(function, bits, function.value(f"call {kind} @llvm.bswap.{kind}({kind} {value})"))

    function.label("entry")
    function.line("br label %next")
    function.label("next")
    function.line("%done = phi i64 [ 0, %entry ], [ %more, %block ]")
    function.line("%is_over = icmp eq i64 %done, %count")
    function.line("br i1 %is_over, label %end, label %block")
    function.label("block")
    function.line("%more = add i64 %done, 1")
    function.line(f"%offset = mul i64 %done, {block_words * size}")
    function.line("%content = getelementptr i8, ptr %blocks, i64 %offset")
    before = [load("%state", k) for k in range(state_words)]
    after = step(before, [load("%content", k) for k in range(block_words)])
    for k, word in enumerate(after):
        swapped = function.value(f"call {kind} @llvm.bswap.{kind}({kind} {word.name})")
        function.line(f"store {kind} {swapped}, ptr {function.at('%state', k * size)}, align 1")
    function.line("br label %next")
    function.label("end")
    function.line("ret void")
    triple = llvm.get_default_triple()
    return f'target triple = "{triple}"\ndeclare {kind} @llvm.bswap.{kind}({kind})\n{function}'
