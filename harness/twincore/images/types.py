"""What a variable's bytes mean: integers, enums, structs, arrays, pointers, as DWARF tells of them.

A Rust newtype (`AtomicU32`, `UnsafeCell`, a struct with one field that fills it) is what it wraps, and so is C's
`_Atomic`. Leaves out: Rust enums that carry data (they are structs with their raw discriminant), members of C++ base
classes, arrays whose length is not constant.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from twincore.errors import UsageError
from twincore.images import dwarf
from twincore.images.dwarf import Dwarf, Entry

Value = int | float | bool | str | bytes | list["Value"] | dict[str, "Value"]
"""What a variable holds: a number, a truth, an enumerator's name, text, a list of elements, members by name."""

MAX_ELEMENTS = 65_536
"""More elements of an array are not read at once."""
_MAX_DEPTH = 64


@dataclass(frozen=True)
class Type:
    """A type by its name and size in bytes; also what is known only by its size."""

    name: str
    size: int

    def decode(self, content: bytes) -> Value:
        """Gives what `size` bytes mean."""
        return int.from_bytes(content, "little") if self.size in (1, 2, 4, 8) else content

    def encode(self, value: object) -> bytes:
        """Gives the bytes of a value. Raises UsageError where the type has no such value."""
        raise UsageError(self.name, f"expected a number, a member or an element to write, got all of {self.name}")

    def same(self, value: Value, expected: object) -> bool:
        """Tells whether a value is what a test expects, as it may write it."""
        return value == expected or str(value) == str(expected)


@dataclass(frozen=True)
class Integer(Type):
    """A whole number; also a pointer's number, a character, C's _Bool and Rust's bool (`is_bool`)."""

    is_signed: bool = False
    is_bool: bool = False

    def decode(self, content: bytes) -> Value:
        """Gives the number."""
        number = int.from_bytes(content, "little", signed=self.is_signed)
        return bool(number) if self.is_bool and number < 2 else number

    def encode(self, value: object) -> bytes:
        """Gives the bytes of a number; -1 is also the largest of an unsigned type."""
        number = _whole(self.name, value)
        if not -(1 << 8 * self.size - 1) <= number < 1 << 8 * self.size:
            raise UsageError(self.name, f"expected a number of {8 * self.size} bits, got {value}")
        return (number & (1 << 8 * self.size) - 1).to_bytes(self.size, "little")

    def same(self, value: Value, expected: object) -> bool:
        """Tells whether both are the same bits."""
        return self.encode(value) == self.encode(expected)


@dataclass(frozen=True)
class Float(Type):
    """A float or double."""

    def decode(self, content: bytes) -> Value:
        """Gives the number."""
        number: float = struct.unpack("<f" if self.size == 4 else "<d", content)[0]
        return number

    def encode(self, value: object) -> bytes:
        """Gives the bytes of the nearest number."""
        try:
            return struct.pack("<f" if self.size == 4 else "<d", float(str(value)))
        except (ValueError, OverflowError) as error:
            raise UsageError(self.name, f"expected a number, got {value!r}") from error

    def same(self, value: Value, expected: object) -> bool:
        """Tells whether both are the same number in this type."""
        return self.encode(value) == self.encode(expected)


@dataclass(frozen=True)
class Enumeration(Type):
    """Names for numbers: a C enum, or a Rust enum without data."""

    members: tuple[tuple[str, int], ...] = ()
    is_signed: bool = False

    def decode(self, content: bytes) -> Value:
        """Gives the name, or the number where none is meant."""
        number = int.from_bytes(content, "little", signed=self.is_signed)
        return next((name for name, value in self.members if value == number), number)

    def encode(self, value: object) -> bytes:
        """Gives the bytes of a name or number."""
        text = str(value).rpartition("::")[2]
        number = next((number for name, number in self.members if text == name), None)
        if number is None:
            try:
                number = _whole(self.name, value)
            except UsageError:
                names = ", ".join(name for name, _ in self.members[:12])
                raise UsageError(f"enum {self.name}", f"expected one of {names}; got {value!r}") from None
        return (number & (1 << 8 * self.size) - 1).to_bytes(self.size, "little")

    def same(self, value: Value, expected: object) -> bool:
        """Tells whether both are the same number."""
        return self.encode(value) == self.encode(expected)


@dataclass(frozen=True)
class Pointer(Type):
    """An address of something: `target` reads the type of that, None for void."""

    target: Callable[[], Type] | None = field(default=None, compare=False)

    def encode(self, value: object) -> bytes:
        """Gives the bytes of an address."""
        return Integer(self.name, self.size).encode(value)

    def same(self, value: Value, expected: object) -> bool:
        """Tells whether both are the same address."""
        return self.encode(value) == self.encode(expected)


@dataclass(frozen=True)
class Array(Type):
    """Elements one behind the other; those of type char are text."""

    element: Type = Type("?", 1)
    count: int = 0

    @property
    def is_text(self) -> bool:
        """Tells whether this is a C string's place."""
        return self.element.name == "char"

    def decode(self, content: bytes) -> Value:
        """Gives the elements, or text up to its end."""
        if self.is_text:
            return content.partition(b"\0")[0].decode("utf-8", "replace")
        size = self.element.size
        return [self.element.decode(content[k * size : (k + 1) * size]) for k in range(min(self.count, MAX_ELEMENTS))]

    def encode(self, value: object) -> bytes:
        """Gives the bytes of a text; other arrays are written element by element."""
        if not self.is_text or not isinstance(value, str):
            return super().encode(value)
        content = value.encode()
        if len(content) >= self.size:
            raise UsageError(self.name, f"expected a text of at most {self.size - 1} bytes, got {len(content)}")
        return content.ljust(self.size, b"\0")


@dataclass(frozen=True)
class Member:
    """A part of a struct: at `offset` bytes."""

    name: str
    offset: int
    type: Type


@dataclass(frozen=True)
class Bits(Type):
    """A bit field: `bits` bits from `bit` on in bytes of its own type."""

    base: Type = Type("?", 1)
    bit: int = 0
    bits: int = 1

    def decode(self, content: bytes) -> Value:
        """Gives the number, or the enumerator."""
        raw = int.from_bytes(content, "little") >> self.bit & (1 << self.bits) - 1
        if getattr(self.base, "is_signed", False) and raw >> self.bits - 1:
            raw -= 1 << self.bits
        return self.base.decode((raw & (1 << 8 * self.base.size) - 1).to_bytes(self.base.size, "little"))

    def same(self, value: Value, expected: object) -> bool:
        """Tells whether both are the same bits."""
        return self.base.same(value, expected)

    def within(self, content: bytes, value: object) -> bytes:
        """Gives `content` with the field's bits set to a value."""
        raw = int.from_bytes(self.base.encode(value), "little", signed=True)
        mask = (1 << self.bits) - 1
        if not -(1 << self.bits - 1) <= raw <= mask:
            raise UsageError(self.name, f"expected a number of {self.bits} bits, got {value}")
        whole = int.from_bytes(content, "little") & ~(mask << self.bit) | (raw & mask) << self.bit
        return whole.to_bytes(self.size, "little")


@dataclass(frozen=True)
class Struct(Type):
    """Members by name: a struct, a union, a Rust struct or tuple."""

    members: tuple[Member, ...] = ()

    def decode(self, content: bytes) -> Value:
        """Gives all members."""
        values: dict[str, Value] = {}
        for member in self.members:
            values[member.name] = member.type.decode(content[member.offset : member.offset + member.type.size])
        return values


class Types:
    """The types of one ELF file's variables; damaged information raises ImageError."""

    def __init__(self, information: Dwarf) -> None:
        self._dwarf = information
        self._known: dict[int, Type] = {}
        self._variables: dict[int, Type | None] = {}

    def variable(self, address: int) -> Type | None:
        """Finds the type of the variable at an address; None where nothing is said of it."""
        if address not in self._variables:
            self._variables[address] = self._variable(address)
        return self._variables[address]

    def _variable(self, address: int) -> Type | None:
        entry = self._dwarf.variable(address)
        for _ in range(_MAX_DEPTH):
            if entry is None:
                return None
            reference = entry.number(dwarf.AT_TYPE)
            if reference is not None:
                return self.at(reference)
            origin = entry.number(dwarf.AT_SPECIFICATION) or entry.number(dwarf.AT_ABSTRACT_ORIGIN)
            entry = None if origin is None else self._dwarf.entry(origin)
        raise self._dwarf.damaged("a variable is declared in a circle")

    def at(self, offset: int, depth: int = 0) -> Type:
        """Reads the type whose entry is at an offset."""
        known = self._known.get(offset)
        if known is None:
            if depth > _MAX_DEPTH:
                raise self._dwarf.damaged("types lie in each other without end")
            known = self._known[offset] = self._read(self._dwarf.entry(offset), depth)
        return known

    def _read(self, entry: Entry, depth: int) -> Type:
        name, size, target = entry.name, entry.number(dwarf.AT_BYTE_SIZE) or 0, entry.number(dwarf.AT_TYPE)
        if entry.tag in (dwarf.TYPEDEF, dwarf.CONST, dwarf.VOLATILE, dwarf.ATOMIC):
            return Type("void", 0) if target is None else self.at(target, depth + 1)
        if entry.tag == dwarf.BASE:
            return _base(name, size, entry.number(dwarf.AT_ENCODING) or 0)
        if entry.tag == dwarf.POINTER:
            # read when it is followed: a list's element points to its like
            return Pointer(name or "a pointer", size or 4, None if target is None else partial(self.at, target))
        if entry.tag == dwarf.ENUMERATION:
            return self._enumeration(entry, name, size, depth)
        if entry.tag == dwarf.ARRAY:
            return self._array(entry, target, depth)
        if entry.tag in (dwarf.STRUCTURE, dwarf.UNION, dwarf.CLASS):
            return self._struct(entry, name, size, depth)
        return Type(name or f"type {entry.tag:#x}", size)

    def _enumeration(self, entry: Entry, name: str, size: int, depth: int) -> Type:
        members = tuple(
            (child.name, child.number(dwarf.AT_CONST_VALUE) or 0)
            for child in self._dwarf.children(entry)
            if child.tag == dwarf.ENUMERATOR
        )
        base = entry.number(dwarf.AT_TYPE)
        signed = base is not None and getattr(self.at(base, depth + 1), "is_signed", False)
        if not signed:
            members = tuple((text, number & (1 << 8 * size) - 1) for text, number in members)
        return Enumeration(name or "enum", size, members, signed)

    def _array(self, entry: Entry, target: int | None, depth: int) -> Type:
        if target is None:
            raise self._dwarf.damaged("an array has no elements' type")
        counts = []
        for child in self._dwarf.children(entry):
            if child.tag == dwarf.SUBRANGE:
                last = child.number(dwarf.AT_UPPER_BOUND)
                count = child.number(dwarf.AT_COUNT)
                counts.append(count if count is not None else 0 if last is None else last + 1 & 0xFFFF_FFFF)
        part = self.at(target, depth + 1)
        name, lengths = part.name, ""
        for count in reversed(counts or [0]):
            lengths = f"[{count}]{lengths}"
            part = Array(name + lengths, part.size * count, part, count)
        return part

    def _struct(self, entry: Entry, name: str, size: int, depth: int) -> Type:
        members = []
        for child in self._dwarf.children(entry):
            target = child.number(dwarf.AT_TYPE)
            if child.tag == dwarf.MEMBER and target is not None:
                members.append(self._member(child, self.at(target, depth + 1)))
        full = [member for member in members if member.type.size]
        is_rust = self._dwarf.language(entry.unit) == dwarf.LANGUAGE_RUST
        if is_rust and len(full) == 1 and full[0].type.size == size and entry.tag != dwarf.UNION:
            return full[0].type
        if entry.tag == dwarf.UNION and is_rust and len(full) == 1:  # MaybeUninit
            return full[0].type
        return Struct(name or "struct", size, tuple(self._flat(members)))

    @staticmethod
    def _flat(members: list[Member]) -> list[Member]:
        """Puts the members of unnamed structs and unions in their place."""
        flat = []
        for member in members:
            if member.name or not isinstance(member.type, Struct):
                flat.append(member)
            else:
                flat += [Member(inner.name, member.offset + inner.offset, inner.type) for inner in member.type.members]
        return flat

    @staticmethod
    def _member(child: Entry, part: Type) -> Member:
        offset = child.number(dwarf.AT_MEMBER_LOCATION) or 0
        bits = child.number(dwarf.AT_BIT_SIZE)
        if bits is None or not part.size:
            return Member(child.name, offset, part)
        first = child.number(dwarf.AT_DATA_BIT_OFFSET)
        if first is None:  # DWARF 2 and 3: counted from the other end of its bytes
            size = child.number(dwarf.AT_BYTE_SIZE) or part.size
            first = 8 * (offset + size) - (child.number(dwarf.AT_BIT_OFFSET) or 0) - bits
        start = first // (8 * part.size) * part.size
        return Member(child.name, start, Bits(f"{part.name}:{bits}", part.size, part, first - 8 * start, bits))


def _base(name: str, size: int, encoding: int) -> Type:
    """Gives a base type by its encoding (DWARF 5, section 7.8)."""
    if encoding == 4 and size in (4, 8):
        return Float(name, size)
    if encoding in (2, 5, 6, 7, 8, 0x10) and size:
        return Integer(name, size, encoding in (5, 6), encoding == 2)
    return Type(name, size)


def _whole(name: str, value: object) -> int:
    if isinstance(value, int):
        return int(value)
    text = str(value).strip().replace("_", "")
    if text.lower() in ("true", "false"):
        return int(text.lower() == "true")
    try:
        return int(text, 0)
    except ValueError as error:
        raise UsageError(name, f"expected a whole number, got {value!r}") from error
