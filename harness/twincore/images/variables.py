"""Finds a variable, or a part of one, by the path that its source would write: `mailbox.slots[2].sequence`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from twincore.errors import UsageError
from twincore.images.symbols import Symbol, Symbols
from twincore.images.types import Array, Float, Integer, Pointer, Struct, Type

if TYPE_CHECKING:
    from twincore.images.elf import ElfFile

Read = Callable[[int, int], bytes]
"""Gives bytes of memory: address, size. A pointer in a path is followed to where it points now."""

_STEP = re.compile(r"\.(?P<member>\w+)|->(?P<arrow>\w+)|\[(?P<index>0[xX][0-9a-fA-F]+|\d+)\]")

PLAIN = {
    **{f"u{bits}": Integer(f"u{bits}", bits // 8) for bits in (8, 16, 32, 64)},
    **{f"i{bits}": Integer(f"i{bits}", bits // 8, is_signed=True) for bits in (8, 16, 32, 64)},
    "f32": Float("f32", 4),
    "f64": Float("f64", 8),
}
"""Types by their names, for memory that no debug information describes."""


class Variable(NamedTuple):
    """A variable or a part of one: how it was called, where it is, what its bytes mean."""

    path: str
    address: int
    type: Type


def find_variable(
    path: str, symbols: Symbols, elfs: Sequence[ElfFile], read: Read, core: int | None = None
) -> Variable:
    """Finds what a path means. Raises UsageError that names close ones, ImageError for damaged debug information.

    The path begins with a symbol (or FILE:NAME); `.member`, `[index]` and `->member` may follow. A symbol without
    debug information is an unsigned number of its size, a word where it has none.
    """
    root = _root(path, symbols, core)
    symbol = symbols.find(root, core)
    kind = _type_of(symbol, elfs)
    found = Variable(root, symbol.address, kind or _by_size(symbol))
    rest = path[len(root) :]
    if rest and kind is None:
        raise UsageError(
            path,
            f"expected debug information that describes '{root}', the ELF file has none",
            next_step=f"build with -g and keep the debug information, or write '{root}+OFFSET'",
        )
    at = 0
    while at < len(rest):
        step = _STEP.match(rest, at)
        if step is None:
            raise UsageError(path, f"expected .member, [index] or ->member behind '{found.path}', got '{rest[at:]}'")
        at = step.end()
        found = _follow(found, step, read, path)
    return found


def _root(path: str, symbols: Symbols, core: int | None) -> str:
    """Finds the longest beginning of a path that is a symbol: names of the compiler's own may have dots."""
    ends = [match.start() for match in re.finditer(r"\.|\[|->", path)]
    for end in [len(path), *reversed(ends)]:
        if symbols.all(path[:end], core):
            return path[:end]
    return path[: ends[0]] if ends else path


def _type_of(symbol: Symbol, elfs: Sequence[ElfFile]) -> Type | None:
    for elf in elfs:
        if elf.who == symbol.source and symbol.kind != "function":
            kind = elf.types.variable(symbol.address)
            if isinstance(kind, Array) and not kind.count and kind.element.size:  # declared without its length
                count = symbol.size // kind.element.size
                return replace(kind, name=f"{kind.element.name}[{count}]", count=count, size=symbol.size)
            return kind
    return None


def _by_size(symbol: Symbol) -> Type:
    size = symbol.size or 4
    return PLAIN.get(f"u{8 * size}") or Type(f"{size} bytes", size)


def _follow(found: Variable, step: re.Match[str], read: Read, path: str) -> Variable:
    """Goes one step on."""
    member = step["member"] or step["arrow"]
    if isinstance(found.type, Pointer) and (step["arrow"] or step["index"] is not None):
        found = _pointed_to(found, read, path)
        if step["index"] is not None:
            count = Array(f"{found.type.name}[]", 0, found.type, 1 << 32)
            found = Variable(found.path.removeprefix("*"), found.address, count)
    elif step["arrow"]:
        raise UsageError(path, f"expected a pointer before '->', '{found.path}' is {_describe(found.type)}")
    name = f"{found.path.removeprefix('*')}{step[0]}"
    if member:
        return _member(found, member, name, path)
    if not isinstance(found.type, Array):
        raise UsageError(path, f"expected an array before '[', '{found.path}' is {_describe(found.type)}")
    index = int(step["index"], 0)
    if index >= found.type.count:
        raise UsageError(path, f"expected an index from 0 to {found.type.count - 1} of '{found.path}', got {index}")
    element = found.type.element
    return Variable(name, found.address + index * element.size & 0xFFFF_FFFF, element)


def _member(found: Variable, member: str, name: str, path: str) -> Variable:
    if not isinstance(found.type, Struct):
        raise UsageError(path, f"expected a struct before '.{member}', '{found.path}' is {_describe(found.type)}")
    for part in found.type.members:
        if part.name in (member, f"__{member}"):  # Rust's tuples
            return Variable(name, found.address + part.offset & 0xFFFF_FFFF, part.type)
    names = [part.name for part in found.type.members]
    close = difflib.get_close_matches(member, names, 3)
    raise UsageError(
        path,
        f"{_describe(found.type)} has no member '{member}'",
        next_step=f"close names: {', '.join(close)}" if close else f"its members: {', '.join(names[:12]) or 'none'}",
    )


def _pointed_to(found: Variable, read: Read, path: str) -> Variable:
    assert isinstance(found.type, Pointer)
    address = int.from_bytes(read(found.address, found.type.size), "little")
    if found.type.target is None:
        raise UsageError(path, f"expected a pointer to something, '{found.path}' points to void")
    if not address:
        raise UsageError(path, f"expected a pointer to something, '{found.path}' is null")
    return Variable(f"*{found.path}", address, found.type.target())


def _describe(kind: Type) -> str:
    return f"{'struct ' if isinstance(kind, Struct) and kind.name != 'struct' else ''}{kind.name}"
