"""Call a ROM's functions by their published names, on a machine that has booted with that ROM.

A case is a list of calls with their memory. It gives the same answers with the open ROM and with the chip's own where
the open ROM keeps the interface; `run_case` returns all that a caller can see, so that the two can be compared.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from esp32s3.efuse import EFUSE
from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import AddressReached, StopKind
from twincore.images import open_image
from twincore.isa.asm import assemble_program
from twincore.machine.platform_file import load_platform

FIRMWARE = Path(__file__).parents[2] / "firmware"
CODE, TABLE, STACK, MEMORY, HEAP = 0x40378000, 0x3FC90000, 0x3FC98000, 0x3FCA0000, 0x3FCB8000
LOG, LOG_SIZE = 0x3FC94000, 0x2000
REENT, REENT_SIZE = 0x3FC91000, 0x400
STATUS = 0x3FC91800
EVENTS = 0x3FC91900
SYSCALLS, SYSCALL_COUNT = 0x3FC92000, 39
SYSCALL_TABLE_PTR = 0x3FCEFFD4
MS = 1_000_000
ARGUMENT_REGISTERS = 6
REGISTERS = range(0x60000000, 0x600FE000)
CANARY = 0xC0DE0000
PIXELS = 0x3FCB0000  # what `pixels_out` was given: length of all, then each rectangle and its pixels

SYSCALL_STUBS = "\n".join(f"sys{n}: entry a1, 32\nmovi a8, {n}\nj note" for n in range(SYSCALL_COUNT))
SYSCALL_ARGUMENTS = {15: 2, 21: 4, 22: 4, 23: 4, **dict.fromkeys(range(24, 34), 1), 34: 4, 36: 4, 37: 1, 38: 1}
SYSCALL_FUNCTIONS = {
    **{0: "getreent", 1: "malloc_r", 2: "free", 3: "realloc_r", 4: "calloc_r"},
    **{14: "fstat", 21: "write_r"},
}

# The guest's side: `again` calls the function at TABLE with the arguments behind it, and keeps all registers that a
# caller sees afterwards. The others are functions to hand over: `log` notes its arguments and returns a set value, so
# do the system calls that are not served; `putc` notes a character, `stream_in` and `pixels_out` serve a JPEG decoder,
# `malloc` takes memory and never gives it back, `event` gives the case's events one by one.
GUEST = f"""
    .literal table, {TABLE:#x}
    .literal log_at, {LOG:#x}
    start:  entry   a1, 32
    done:   j       done
    again:  l32r    a0, table
            l32i    a8, a0, 0
            l32i    a10, a0, 4
            l32i    a11, a0, 8
            l32i    a12, a0, 12
            l32i    a13, a0, 16
            l32i    a14, a0, 20
            l32i    a15, a0, 24
            callx8  a8
    back:   l32r    a0, table
            s32i    a1, a0, 68
            s32i    a2, a0, 72
            s32i    a3, a0, 76
            s32i    a4, a0, 80
            s32i    a5, a0, 84
            s32i    a6, a0, 88
            s32i    a7, a0, 92
            s32i    a10, a0, 104
            s32i    a11, a0, 108
            s32i    a12, a0, 112
            s32i    a13, a0, 116
            j       done
    log:    entry   a1, 32
            movi    a8, -1
            j       note
    {SYSCALL_STUBS}
    write_r: entry  a1, 32
            mov.n   a7, a5
            movi    a8, 21
            j       note_7
    note:   l32r    a7, log_at
            l32i    a7, a7, 4
    note_7: l32r    a9, log_at
            l32i    a10, a9, 0
            add     a11, a9, a10
            s32i    a8, a11, 8
            s32i    a2, a11, 12
            s32i    a3, a11, 16
            s32i    a4, a11, 20
            s32i    a5, a11, 24
            addi    a10, a10, 20
            s32i    a10, a9, 0
            mov.n   a2, a7
            retw
    .literal status_at, {STATUS:#x}
    fstat:  entry   a1, 32
            mov.n   a6, a4
            l32r    a7, status_at
            movi    a8, 15
    fill:   l32i    a9, a7, 0
            s32i    a9, a6, 0
            addi    a7, a7, 4
            addi    a6, a6, 4
            addi    a8, a8, -1
            bnez    a8, fill
            movi    a8, 14
            j       note
    .literal reent_at, {REENT:#x}
    getreent: entry a1, 32
            l32r    a2, reent_at
            retw
    putc:   entry   a1, 32
            l32r    a8, log_at
            l32i    a9, a8, 0
            add     a10, a8, a9
            s8i     a2, a10, 8
            addi    a9, a9, 1
            s32i    a9, a8, 0
            movi    a2, 0
            retw
    .literal heap_at, {TABLE + 0x100:#x}
    calloc_r: entry a1, 32
            mull    a3, a3, a4
            j       take
    realloc_r: entry a1, 32
            mov.n   a3, a4
            j       take
    malloc_r: entry a1, 32
    take:   l32r    a8, heap_at
            l32i    a2, a8, 0
            addi    a9, a3, 15
            srli    a9, a9, 3
            slli    a9, a9, 3
            add     a9, a9, a2
            s32i    a9, a8, 0
            retw
    malloc: entry   a1, 32
            mov.n   a3, a2
            j       take
    free:   entry   a1, 32
            retw
    none:   entry   a1, 32
            movi    a2, 0
            retw
    stream_in: entry a1, 32
            l32i    a8, a2, 120
            add     a9, a8, a4
            s32i    a9, a2, 120
            mov.n   a9, a4
            beqz    a3, taken
            beqz    a4, taken
    take_byte: l8ui a10, a8, 0
            s8i     a10, a3, 0
            addi    a8, a8, 1
            addi    a3, a3, 1
            addi    a4, a4, -1
            bnez    a4, take_byte
    taken:  mov.n   a2, a9
            retw
    .literal pixels_at, {PIXELS:#x}
    pixels_out: entry a1, 32
            l32r    a8, pixels_at
            l32i    a9, a8, 0
            add     a10, a8, a9
            l16ui   a11, a4, 0
            s16i    a11, a10, 4
            l16ui   a12, a4, 2
            s16i    a12, a10, 6
            sub     a12, a12, a11
            addi    a12, a12, 1
            l16ui   a11, a4, 4
            s16i    a11, a10, 8
            l16ui   a13, a4, 6
            s16i    a13, a10, 10
            sub     a13, a13, a11
            addi    a13, a13, 1
            mull    a12, a12, a13
            addx2   a12, a12, a12
            addi    a13, a12, 11
            srli    a13, a13, 2
            slli    a13, a13, 2
            add     a9, a9, a13
            s32i    a9, a8, 0
    put_byte: l8ui  a11, a3, 0
            s8i     a11, a10, 12
            addi    a3, a3, 1
            addi    a10, a10, 1
            addi    a12, a12, -1
            bnez    a12, put_byte
            movi    a2, 1
            retw
    one:    entry   a1, 32
            movi    a2, 1
            retw
    .literal events_at, {EVENTS:#x}
    event:  entry   a1, 32
            l32r    a8, events_at
            l32i    a9, a8, 0
            l32i    a10, a9, 0
            s32i    a10, a3, 0
            l32i    a10, a9, 4
            s32i    a10, a3, 4
            addi    a9, a9, 8
            s32i    a9, a8, 0
            movi    a2, 1
            retw
"""


@dataclass(frozen=True)
class Buffer:
    """Memory that a call is given: what it holds before; what it holds afterwards is part of the result.

    size: bytes of it that are looked at, `align`ed; `watched` is false for what is the ROM's own affair.
    words: what follows `content`: numbers, and the addresses of other buffers and of the guest's functions.
    """

    content: bytes = b""
    size: int | None = None
    align: int = 8
    watched: bool = True
    words: tuple[Any, ...] = ()

    @property
    def length(self) -> int:
        return max(len(self.content) + 4 * len(self.words), self.size or 0)


def words(*items: Any, size: int | None = None, watched: bool = True) -> Buffer:
    """Return memory of words: numbers, addresses of buffers and of the guest's functions."""
    return Buffer(words=items, size=size, watched=watched)


def text(value: str, size: int | None = None) -> Buffer:
    """Return a NUL-terminated string."""
    return Buffer(value.encode("latin-1") + b"\0", size)


@dataclass(frozen=True)
class Guest:
    """The address of one of the guest's functions, by its label."""

    label: str


@dataclass(frozen=True)
class Within:
    """The address of a byte of a buffer; comes back as an offset."""

    buffer: Buffer
    offset: int = 0


@dataclass(frozen=True)
class Call:
    """One call.

    result: how many bits the function returns (0, 8, 16, 32, 64, 128), or "pointer" into a buffer. ignored: bits of
    the result that are the ROM's own affair.
    """

    name: str
    arguments: tuple[Any, ...] = ()
    result: int | str = 32
    ignored: int = 0


def call(name: str, *arguments: Any, result: int | str = 32, ignored: int = 0) -> Call:
    return Call(name, arguments, result, ignored)


@dataclass
class Seen:
    """What a case left: results of the calls, buffers, what the guest's functions noted, watched memory."""

    results: list[Any] = field(default_factory=list)
    buffers: list[bytes] = field(default_factory=list)
    log: list[tuple[Any, ...]] = field(default_factory=list)
    printed: bytes = b""
    reent: bytes = field(default=b"", repr=False)
    changed: dict[int, int] = field(default_factory=dict)
    looked_at: dict[int, int] = field(default_factory=dict)


def published_addresses() -> dict[str, int]:
    """Return the ROM's functions and their addresses."""
    lines = (FIRMWARE / "openrom/api.csv").read_text().splitlines()[1:]
    return {name: int(address, 16) for address, name in (line.split(",") for line in lines)}


class RomMachine:
    """A machine whose ROM has booted an empty program; its functions can be called one after the other."""

    def __init__(self, rom: str, pack: Any, platform: str = "generic") -> None:
        self.engine = EmbeddedEngine(load_platform(platform))
        guest = assemble_program(GUEST, CODE)
        self.labels = dict(guest.symbols)
        content = guest.content + bytes(-len(guest.content) % 4)
        self.image = pack(self.labels["start"], [(CODE, content)])
        self.addresses = published_addresses()
        self.engine.load(open_image(FIRMWARE / "prebuilt/amp.bin"), rom=rom)
        self.restart()

    def power_on(self, image: bytes) -> None:
        """Take power away and give it again, with `image` in flash and nothing else."""
        memory = self.engine.machine.memories["flash"]
        memory.fill(b"\xff")
        memory.write(0, image)
        self.engine.machine.executor.host_wrote(memory, 0, memory.size)
        self.engine.power_on()

    def restart(self) -> None:
        """Be a new chip and boot: what earlier calls left in the ROM's memory and in the fuses is gone."""
        efuse = self.engine.machine.peripherals["EFUSE"]
        assert isinstance(efuse, EFUSE)
        efuse.as_delivered()
        self.power_on(self.image)
        stop = self.engine.run_until([AddressReached(self.labels["done"], 0)], 500 * MS)
        assert stop.kind is StopKind.CONDITION, self.engine.serial_output("UART0").text
        for protect, config in ((0x6001F064, 0x6001F048), (0x600080B0, 0x60008098)):
            self.word(protect, 0x50D83AA1)
            self.word(config, 0)
        self.word(0x600080B8, 0x8F1D312A)
        self.word(0x600080B4, self.word(0x600080B4) | 1 << 31)
        self._placed: dict[int, tuple[Buffer, int]] = {}
        self._next = MEMORY
        functions = [self.labels[SYSCALL_FUNCTIONS.get(n, f"sys{n}")] for n in range(SYSCALL_COUNT)]
        self.engine.write_memory(SYSCALLS, struct.pack(f"<{SYSCALL_COUNT}I", *functions))
        self.word(SYSCALL_TABLE_PTR, SYSCALLS)

    def close(self) -> None:
        self.engine.close()

    def word(self, address: int, value: int | None = None) -> int:
        """Return the word at an address, after writing it when a value is given: registers as a core would."""
        if value is not None:
            if address in REGISTERS:
                self.engine.machine.io_write(0, address, 4, value & 0xFFFFFFFF)
            else:
                self.engine.write_memory(address, struct.pack("<I", value & 0xFFFFFFFF))
        return int(struct.unpack("<I", self.engine.read_memory(address, 4))[0])

    def place(self, buffer: Buffer) -> int:
        """Return where a buffer lies; the same object is placed once."""
        if id(buffer) not in self._placed:
            at = -(-self._next // buffer.align) * buffer.align
            self._next = at + buffer.length + 32
            assert self._next <= HEAP
            self._placed[id(buffer)] = (buffer, at)
            words = [word & 0xFFFFFFFF for item in buffer.words for word in self._value(item)]
            content = buffer.content + struct.pack(f"<{len(words)}I", *words)
            content += bytes([0xA5]) * (buffer.length - len(content))
            self.engine.write_memory(at, content + b"\x5a" * 16)
        return self._placed[id(buffer)][1]

    def _value(self, argument: Any) -> list[int]:
        if isinstance(argument, Buffer):
            return [self.place(argument)]
        if isinstance(argument, Within):
            return [self.place(argument.buffer) + argument.offset]
        if isinstance(argument, Guest):
            return [self.labels[argument.label]]
        if isinstance(argument, float):
            return list(struct.unpack("<II", struct.pack("<d", argument)))
        return [int(argument)]

    def call(self, address: int, *words: int, timeout_ms: int = 5000) -> list[int]:
        """Call the function at an address with words for arguments; return a10 to a13 as the caller finds them."""
        in_registers, on_stack = words[:ARGUMENT_REGISTERS], words[ARGUMENT_REGISTERS:]
        engine, labels = self.engine, self.labels
        block = [address, *in_registers, *[0] * (ARGUMENT_REGISTERS - len(in_registers))]
        engine.write_memory(TABLE, struct.pack("<7I", *(word & 0xFFFFFFFF for word in block)))
        if on_stack:
            engine.write_memory(STACK, struct.pack(f"<{len(on_stack)}I", *(word & 0xFFFFFFFF for word in on_stack)))
        engine.write_register(0, "pc", labels["again"])
        engine.write_register(0, "a1", STACK)
        for n in range(2, 8):
            engine.write_register(0, f"a{n}", CANARY + n)
        resets = len(engine.resets())
        stop = engine.run_until([AddressReached(labels["done"], 0)], timeout_ms * MS)
        where = f"{stop}; pc {engine.read_register(0, 'pc'):#x}\n{engine.serial_output('UART0').text[-900:]}"
        assert stop.kind is StopKind.CONDITION, where
        assert len(engine.resets()) == resets, where
        after = struct.unpack("<16I", engine.read_memory(TABLE + 64, 64))
        kept = list(after[1:8])
        assert kept == [STACK, *(CANARY + n for n in range(2, 8))], "the caller's registers changed"
        return list(after[10:14])

    def run_case(
        self,
        calls: Sequence[Call],
        watch: Sequence[tuple[int, int]] = (),
        look: Sequence[tuple[int, int]] = (),
        poke: dict[int, Any] | None = None,
        log_result: int = 0,
        log_arguments: int = 0,
        status: tuple[int, int] = (0o100644, 0),
        events: Sequence[tuple[int, int]] = (),
    ) -> Seen:
        """Run a case's calls in their order and return what they left.

        watch: registers or memory of which the changed words are of interest, as address and size. look: the same, of
        which all words are. poke: words that are
        written first, and set back afterwards. log_result: what the guest's `log` returns.
        log_arguments: how many of its arguments count. status: mode and block size that `fstat` gives.
        events: pairs of words that `event` gives.
        """
        self.log_arguments = log_arguments
        self._placed.clear()
        self._next = MEMORY
        self.engine.write_memory(REENT, bytes(REENT_SIZE))
        self.engine.write_memory(STATUS, struct.pack("<15I", 0, status[0], *[0] * 9, status[1], 0, 0, 0))
        given = [word for event in events for word in event]
        self.engine.write_memory(EVENTS, struct.pack(f"<{1 + len(given)}I", EVENTS + 4, *given))
        self.word(TABLE + 0x100, HEAP)
        self.engine.write_memory(LOG, struct.pack("<II", 0, log_result & 0xFFFFFFFF) + bytes(LOG_SIZE))
        kept = {address: self.word(address) for address in poke or {}}
        for address, value in (poke or {}).items():
            self.word(address, self._value(value)[0])
        before = self._words(watch)
        seen = Seen()
        for one in calls:
            words: list[int] = []
            for argument in one.arguments:
                value = self._value(argument)
                # a pair of words begins with an even register, and so in an even place
                if len(value) == 2 and len(words) % 2:
                    words.append(0)
                words += value
            result = self.call(self.addresses[one.name], *words)
            seen.results.append(self._result(one, result))
        seen.buffers = [
            self.engine.read_memory(at, buffer.length + 16) for buffer, at in self._placed.values() if buffer.watched
        ]
        seen.reent = self._reent()
        length = self.word(LOG)
        if any(isinstance(argument, Guest) and argument.label == "putc" for one in calls for argument in one.arguments):
            seen.printed = self.engine.read_memory(LOG + 8, min(length, LOG_SIZE - 8))
        else:
            seen.log = self._log(length)
        seen.changed = {at: word for at, word in self._words(watch).items() if before[at] != word}
        seen.looked_at = self._words(look)
        for address, value in kept.items():
            self.word(address, value)
        return seen

    @staticmethod
    def _address(word: int) -> int | str:
        if STACK - 0x1000 <= word < STACK:
            return "stack"
        return "rom" if 0x40000000 <= word < 0x40060000 else word

    def _reent(self) -> bytes:
        """Return the reentrancy structure; functions of the ROM in it are all the same."""
        fields = struct.unpack(f"<{REENT_SIZE // 4}I", self.engine.read_memory(REENT, REENT_SIZE))
        return struct.pack(f"<{len(fields)}I", *(0x40000000 if 0x40000000 <= f < 0x40060000 else f for f in fields))

    def _words(self, watch: Sequence[tuple[int, int]]) -> dict[int, int]:
        found: dict[int, int] = {}
        for address, size in watch:
            words = struct.unpack(f"<{size // 4}I", self.engine.read_memory(address, size))
            found |= {address + 4 * n: word for n, word in enumerate(words)}
        return found

    def _log(self, length: int) -> list[tuple[Any, ...]]:
        """Return the calls that were noted: which, and with what; places on the stack and in ROM are all the same."""
        content = self.engine.read_memory(LOG + 8, min(length, LOG_SIZE - 8))
        noted: list[tuple[Any, ...]] = []
        for which, *arguments in struct.iter_unpack("<5I", content[: len(content) // 20 * 20]):
            count = SYSCALL_ARGUMENTS.get(which, 3 if which < SYSCALL_COUNT else self.log_arguments)
            noted.append((which, *(self._address(word) for word in arguments[:count])))
        return noted

    def _result(self, one: Call, words: list[int]) -> Any:
        if one.result == "pointer":
            for number, (buffer, at) in enumerate(self._placed.values()):
                if at <= words[0] <= at + buffer.length:
                    return ("in", number, words[0] - at)
            return self._address(words[0])
        assert isinstance(one.result, int)
        bits = sum(word << 32 * n for n, word in enumerate(words))
        return bits & ((1 << one.result) - 1) & ~one.ignored
