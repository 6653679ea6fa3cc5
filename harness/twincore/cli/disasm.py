"""`twincore disasm`: the code of an ELF file or image as text, as GNU objdump writes it.

What execution cannot reach (literals, padding) is written as words and bytes; `code_map` finds it out, with names or
without.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from twincore.cli.code_map import CodeMap, Piece
from twincore.cli.status import OK
from twincore.errors import UsageError
from twincore.images import Image, Symbols, open_elf, open_image
from twincore.images.elf import MAGIC as ELF_MAGIC
from twincore.images.elf import ElfFile
from twincore.images.files import is_folder, read_file
from twincore.images.load import split_core
from twincore.isa.disasm import Names, lines

_SHF_EXECINSTR = 4
_L32R = re.compile(r"(\tl32r\ta\d+, )([0-9a-f]+)( <.*)?$")


@dataclass(frozen=True)
class Code:
    """Bytes that cores execute at `address`; `name` says where they come from."""

    name: str
    address: int
    content: bytes

    @property
    def end(self) -> int:
        """The address behind the last byte."""
        return self.address + len(self.content)

    def cut(self, start: int, stop: int) -> Code | None:
        """Return the part from `start` to `stop`, None when it is empty."""
        begin, end = max(start, self.address), min(stop, self.end)
        if begin >= end:
            return None
        return Code(self.name, begin, self.content[begin - self.address : end - self.address])


@dataclass(frozen=True)
class Program:
    """Code that belongs together, with the data around it and where it begins."""

    code: Sequence[Code]
    data: Sequence[Piece]
    entry: int

    def code_map(self, *entries: int) -> CodeMap:
        """Tell where its instructions are; `entries` are known ones beside its own."""
        return CodeMap([Piece(code.address, code.content) for code in self.code], self.data, (self.entry, *entries))


def show_code(
    file: str, elfs: Sequence[str], wanted: Sequence[str], start: str | None, stop: str | None, core: int | None
) -> int:
    """Print the code of `file` and return the exit status."""
    programs, symbols = _read(file, elfs)
    ranges = [_symbol_range(symbols, name, core) for name in wanted]
    if start is not None or stop is not None:
        if ranges:
            raise UsageError("--symbol", "expected it alone, got --start or --stop with it")
        first = 0 if start is None else _address("--start", symbols, start, core)
        last = 1 << 32 if stop is None else _address("--stop", symbols, stop, core)
        if first >= last:
            raise UsageError("--stop", f"expected an address above --start {first:#x}, got {last:#x}")
        ranges = [(first, last)]
    shown = 0
    functions = [symbol.address for symbol in symbols.functions() if core is None or symbol.core in (core, None)]
    maps = [program.code_map(*functions, *(begin for begin, _ in ranges)) for program in programs]
    for begin, end in ranges or [(0, 1 << 32)]:
        for program, code_map in zip(programs, maps, strict=True):
            for code in program.code:
                part = code.cut(begin, end)
                if part is not None:
                    shown += 1
                    print(f"{part.name}:" if shown == 1 else f"\n{part.name}:")
                    sys.stdout.writelines(f"{line}\n" for line in listing(part, symbols, core, code, code_map))
    if not shown:
        spans = ", ".join(f"{code.address:#x}-{code.end:#x}" for program in programs for code in program.code)
        raise UsageError(file, f"expected an address in its code ({spans or 'it has none'})")
    return OK


def listing(code: Code, symbols: Symbols, core: int | None, literals: Code, code_map: CodeMap) -> Iterator[str]:
    """Return the lines of a piece of code: functions with their names, literals between them as words.

    literals: where the literals are that its l32r load. code_map: tells code from literals.
    """

    def names(address: int) -> str | None:
        place = symbols.at(address, core)
        return None if place is None else str(place)

    for address, end, heading, is_code in _parts(code, symbols, core, code_map):
        if heading:
            yield f"\n{address:08x} <{heading}>:"
        content = code.content[address - code.address : end - code.address]
        if is_code:
            for line in lines(content, address, names):
                yield _with_literal(str(line), literals, names)
        else:
            yield from _data(content, address)


def _with_literal(text: str, code: Code, names: Names) -> str:
    """Tell in the text of an l32r the literal that it loads instead of the name nearest to it."""
    match = _L32R.search(text)
    if match is None:
        return text
    at = int(match[2], 16) - code.address
    if not 0 <= at <= len(code.content) - 4:
        return text
    value = int.from_bytes(code.content[at : at + 4], "little")
    name = names(value)
    return f"{text[: match.start()]}{match[1]}{match[2]} ({value:#x}{f' <{name}>' if name else ''})"


def _parts(code: Code, symbols: Symbols, core: int | None, code_map: CodeMap) -> Iterator[tuple[int, int, str, bool]]:
    """Divide code into (address, end, name, whether it is code), in order and without gaps."""
    names: dict[int, tuple[int, str]] = {}
    for symbol in symbols:
        if symbol.kind == "variable" or (core is not None and symbol.core not in (core, None)):
            continue
        begin = max(symbol.address, code.address)
        if begin < max(symbol.end, symbol.address + 1) and begin < code.end:
            left, name = names.get(begin, (0, ""))
            if not name or symbol.end - begin > left:
                offset = begin - symbol.address
                names[begin] = (symbol.end - begin, f"{symbol.name}+{offset:#x}" if offset else symbol.name)
    for begin, end in pairwise(sorted({code.address, *names, code.end})):
        for start, stop, is_code in code_map.spans(begin, end):
            yield start, stop, names[begin][1] if start == begin and begin in names else "", is_code


def _data(content: bytes, address: int) -> Iterator[str]:
    """Write literals as words and what is not aligned as bytes."""
    at = 0
    while at < len(content):
        size = 4 if (address + at) % 4 == 0 and at + 4 <= len(content) else 1
        piece = content[at : at + size]
        kind = ".word" if size == 4 else ".byte"
        yield f"{address + at:8x}:\t{piece[::-1].hex():8}\t{kind}\t0x{piece[::-1].hex()}"
        at += size


def _read(file: str, elfs: Sequence[str]) -> tuple[list[Program], Symbols]:
    path, core = split_core(file)
    if not is_folder(Path(path)) and read_file(Path(path))[:4] == ELF_MAGIC:
        elf = open_elf(file)
        symbols = elf.symbols.merged(*(open_elf(spec).symbols for spec in elfs))
        return [_elf_program(elf)], symbols
    if core is not None:
        raise UsageError(file, f"expected an ELF file before @core{core}", next_step="choose the names by --core")
    image = open_image(path, elfs=elfs)
    return _image_programs(image), image.symbols


def _elf_program(elf: ElfFile) -> Program:
    sections = [s for s in elf.sections if s.is_loaded and s.flags & _SHF_EXECINSTR]
    code = [Code(s.name, s.address, elf.section_bytes(s)) for s in sections]
    if not code:
        code = [Code(piece.name, piece.address, piece.data) for piece in elf.pieces if piece.memory.is_executable]
    known = {part.address for part in code}
    data = [Piece(piece.address, piece.data) for piece in elf.pieces if piece.address not in known]
    return Program(code, data, elf.entry)


def _image_programs(image: Image) -> list[Program]:
    apps = [(image.entry, image.segments, "application")]
    first = image.flash.first
    if first is not None and first is not image.app:
        apps.insert(0, (first.entry, first.segments, "bootloader"))
    programs = []
    for entry, segments, name in apps:
        code = [Code(f"{name}, {s.memory}", s.address, s.data) for s in segments if s.memory.is_executable]
        data = [Piece(s.address, s.data) for s in segments if not s.memory.is_executable]
        programs.append(Program(code, data, entry))
    return programs


def _symbol_range(symbols: Symbols, name: str, core: int | None) -> tuple[int, int]:
    symbol = symbols.find(name, core)
    if symbol.size:
        return symbol.address, symbol.end
    later = [s.address for s in symbols if s.kind != "variable" and s.address > symbol.address]
    return symbol.address, min(later, default=symbol.address + 64)


def _address(option: str, symbols: Symbols, text: str, core: int | None) -> int:
    """Read an address: a number, a name, or a name and an offset."""
    if re.fullmatch(r"0[xX][0-9a-fA-F_]+|\d+", text):
        return int(text, 0) if not re.fullmatch(r"0\d+", text) else int(text)
    match = re.fullmatch(r"(.+?)(?:\+(0[xX][0-9a-fA-F]+|\d+))?", text)
    if match is None:
        raise UsageError(option, f"expected an address or a name, got {text!r}")
    return symbols.find(match[1], core).address + int(match[2] or "0", 0)
