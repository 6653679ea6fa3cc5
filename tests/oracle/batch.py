"""Many cases in one guest program that runs alike on QEMU's machine `sim` and on an executor of ours.

A case is code and a record: all registers that a user sees, and a scratch buffer. The driver, the same bytes at the
same addresses on both sides, loads the registers from the record, jumps to the case's code, and writes the registers
back to the record when the code has ended, by its last instruction or by an exception. At the end it writes all records
to standard output with a simcall. Code and data lie in one piece of memory from BASE on, which needs QEMU to have a
little more than 1 GiB of (untouched) RAM.

Privileged registers that the driver needs: MISC0 (the record), MISC1 (a0 at the end of a case).
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from twincore.errors import TwincoreError
from twincore.isa.asm import assemble_program
from twincore.machine.executor import Access, BusKind, CoreOptions, Executor, ExecutorOptions
from twincore.machine.memory import Memory
from twincore.native.executor import NativeExecutor

QEMU = "qemu-system-xtensa"
OPTIONS = ("-M", "sim", "-cpu", "de233_fpu", "-nographic", "-semihosting", "-monitor", "none")
RAM_MB = 1048
"""QEMU's RAM starts at 0: so much reaches past BASE."""

BASE, SIZE = 0x40100000, 0x600000
VECTORS, DRIVER, CODE = BASE, BASE + 0x400, BASE + 0x1000
STACK, RECORDS = BASE + 0x1F0000, BASE + 0x200000
"""Code goes up to half a stack below STACK, records from RECORDS up to the end."""
CODE_END = STACK - 0x10000
RESET = 0xFE000000

_SCALARS = (
    *("sar", "br", "acclo", "acchi", "m0", "m1", "m2", "m3", "scompare1", "fcr", "fsr", "threadptr"),
    *("lbeg", "lend", "lcount", "ps", "exccause", "epc1", "excvaddr", "windowbase", "windowstart"),
)
FIELDS = (*(f"a{k}" for k in range(16)), *(f"f{k}" for k in range(16)), *_SCALARS)
"""What a record's words are; before the case, a0 is the address of its code, and those from lbeg on are not used."""
_USER = ("fcr", "fsr", "threadptr")
WORD = {name: 4 * k for k, name in enumerate(FIELDS)}
SCRATCH_OFFSET, SCRATCH_SIZE = 256, 256
RECORD_SIZE = SCRATCH_OFFSET + SCRATCH_SIZE
CAPACITY = (BASE + SIZE - RECORDS) // RECORD_SIZE

PS = 0x4002F
"""User vectors, windows on, interrupts masked."""


class OracleError(TwincoreError):
    """A side did not run the batch to its end."""


@dataclass
class Case:
    """Code at its address, and a record's content."""

    code: bytes
    registers: dict[str, int]
    scratch: bytes

    def record(self, address: int) -> bytes:
        """Return the record before the case, whose code is at `address`."""
        words = [self.registers.get(name, 0) for name in FIELDS]
        words[0] = address
        return struct.pack(f"<{len(words)}I", *words).ljust(SCRATCH_OFFSET, b"\0") + self.scratch


@dataclass
class Batch:
    """Cases with the addresses of their code, which is placed as they are added."""

    cases: list[tuple[int, Case]] = field(default_factory=list)
    at: int = CODE
    #: where the bytes of each case are
    code_places: list[int] = field(default_factory=list)
    #: have the code come out, too, with the tables in it
    whole: bool = False

    @property
    def scratch(self) -> int:
        """Return the address of the scratch buffer of the case that is added next."""
        return RECORDS + len(self.cases) * RECORD_SIZE + SCRATCH_OFFSET

    @property
    def full(self) -> bool:
        """Tell whether there may be no place for another case (of 4 KiB of code at most)."""
        return len(self.cases) >= CAPACITY or self.at + 0x1000 > CODE_END

    def add(self, case: Case, entry: int, size: int) -> None:
        """Add a case whose bytes (`size` of them, at `at`) start to run at `entry`."""
        self.cases.append((entry, case))
        self.code_places.append(self.at)
        self.at = (self.at + size + 3) & ~3

    def content(self) -> bytes:
        """Return the memory from BASE on before the run."""
        memory = bytearray(RECORDS - BASE + len(self.cases) * RECORD_SIZE)
        driver = _driver_program(RECORDS + len(self.cases) * RECORD_SIZE, self.output)[0]
        memory[: len(driver)] = driver
        for k, (place, (entry, case)) in enumerate(zip(self.code_places, self.cases, strict=True)):
            memory[place - BASE : place - BASE + len(case.code)] = case.code
            start = RECORDS - BASE + k * RECORD_SIZE
            memory[start : start + RECORD_SIZE] = case.record(entry)
        return bytes(memory)

    @property
    def output(self) -> tuple[int, int]:
        """Return address and size of what comes out: the records, or all from BASE on."""
        end = RECORDS + len(self.cases) * RECORD_SIZE
        return (BASE, end - BASE) if self.whole else (RECORDS, end - RECORDS)


# --- the driver ------------------------------------------------------------------------------------------------------


def _spill(callee_sp: int, top: int) -> list[str]:
    """Return the overflow handler of a frame of `top` registers (4, 8 or 12) whose callee's a1 is a{callee_sp}."""
    lines = [f"s32e a0, a{callee_sp}, -16"]
    if top > 4:
        lines.append("l32e a0, a1, -12")
    lines += [f"s32e a{k}, a{callee_sp}, {4 * k - 16}" for k in range(1, 4)]
    lines += [f"s32e a{k}, a0, {4 * k - 16 - 4 * top}" for k in range(4, top)]
    return [*lines, "rfwo"]


def _fill(callee_sp: int, top: int) -> list[str]:
    """Return the underflow handler of such a frame."""
    if top == 4:
        return [*(f"l32e a{k}, a{callee_sp}, {4 * k - 16}" for k in range(4)), "rfwu"]
    last = top - 1
    lines = [f"l32e a1, a{callee_sp}, -12", f"l32e a0, a{callee_sp}, -16", f"l32e a{last}, a1, -12"]
    lines += [f"l32e a{k}, a{callee_sp}, {4 * k - 16}" for k in (2, 3)]
    lines += [f"l32e a{k}, a{last}, {4 * k - 16 - 4 * top}" for k in range(4, top)]
    return [*lines, "rfwu"]


def _driver_text(end: int, output: tuple[int, int]) -> str:
    lines = []
    for number, (callee_sp, top) in enumerate(((5, 4), (9, 8), (13, 12))):
        lines += [f".org {VECTORS + 0x80 * number}", *_spill(callee_sp, top)]
        lines += [f".org {VECTORS + 0x80 * number + 0x40}", *_fill(callee_sp, top)]
    for offset in (0x180, 0x1C0, 0x200, 0x240, 0x280, 0x2C0, 0x300, 0x340, 0x3C0):
        lines += [f".org {VECTORS + offset}", "wsr.misc1 a0", "j finish"]
    special = [name for name in _SCALARS[: _SCALARS.index("ps")] if name not in _USER]
    lines += [
        f".org {DRIVER}",
        *(f".literal literal_{name}, {value}" for name, value in (("records", RECORDS), ("end", end), ("ps", PS))),
        *(f".literal literal_{name}, {value}" for name, value in zip(("output", "size"), output, strict=True)),
        f".literal literal_vectors, {VECTORS}",
        ".align 4",
        "start:",
        "movi a0, 0",
        "wsr.intenable a0",
        "wsr.windowbase a0",
        "rsync",
        "movi a0, 1",
        "wsr.cpenable a0",
        "movi a0, 0x2A",  # s32c1i by the cache or the core itself, whatever the memory is like
        "wsr.atomctl a0",
        "l32r a0, literal_vectors",
        "wsr.vecbase a0",
        "l32r a0, literal_records",
        "wsr.misc0 a0",
        "next:",
        "movi a0, 0",
        "wsr.lcount a0",
        "wsr.windowbase a0",
        "rsync",
        "movi a1, 1",
        "wsr.windowstart a1",
        "rsync",
        "l32r a1, literal_ps",
        "wsr.ps a1",
        "rsync",
        "movi a1, 0",
        *(f"wsr.{name} a1" for name in ("exccause", "epc1", "excvaddr", "lbeg", "lend")),
        "rsr.misc0 a0",
        *(f"lsi f{k}, a0, {WORD[f'f{k}']}" for k in range(16)),
    ]
    for name in special:
        if name not in ("lbeg", "lend", "lcount"):
            lines += [f"l32i a1, a0, {WORD[name]}", f"wsr.{name} a1"]
    for name in _USER:
        lines += [f"l32i a1, a0, {WORD[name]}", f"wur.{name} a1"]
    lines += [
        *(f"l32i a{k}, a0, {4 * k}" for k in range(1, 16)),
        "l32i a0, a0, 0",
        "jx a0",
        "finish:",  # a0 is in MISC1
        "rsr.misc0 a0",
        *(f"s32i a{k}, a0, {4 * k}" for k in range(1, 16)),
        "rsr.misc1 a1",
        "s32i a1, a0, 0",
        *(f"ssi f{k}, a0, {WORD[f'f{k}']}" for k in range(16)),
    ]
    for name in _SCALARS:
        lines += [f"rur.{name} a1" if name in _USER else f"rsr.{name} a1", f"s32i a1, a0, {WORD[name]}"]
    lines += [
        "movi a1, 0",
        "wsr.lcount a1",
        f"addmi a0, a0, {RECORD_SIZE}",
        "wsr.misc0 a0",
        "l32r a1, literal_end",
        "beq a0, a1, done",
        "j next",
        "done:",
        "movi a2, 0",
        "wsr.windowbase a2",
        "rsync",
        "movi a2, 4",
        "movi a3, 1",
        "l32r a4, literal_output",
        "l32r a5, literal_size",
        "simcall",
        "movi a2, 1",
        "movi a3, 0",
        "simcall",
    ]
    return "\n".join(lines)


@cache
def _driver_program(end: int, output: tuple[int, int]) -> tuple[bytes, int, int]:
    program = assemble_program(_driver_text(end, output), VECTORS)
    assert len(program.content) <= CODE - BASE
    return program.content, program.symbols["start"], program.symbols["finish"]


START, FINISH = _driver_program(RECORDS, (0, 0))[1:]
"""Where the driver starts, and where a case goes to with a0 in MISC1."""


# --- the two sides ---------------------------------------------------------------------------------------------------


def elf(content: bytes) -> bytes:
    """Return an ELF file with `content` at BASE and a jump to the driver at QEMU's reset vector."""
    reset = assemble_program(f"j reset\n.literal target, {START}\nreset: l32r a0, target\njx a0", RESET)
    pieces = [(RESET, reset.content), (BASE, content)]
    at = 52 + 32 * len(pieces)
    header = b"\x7fELF\1\1\1" + bytes(9)
    header += struct.pack("<HHIIIIIHHHHHH", 2, 94, 1, RESET, 52, 0, 0, 52, 32, len(pieces), 40, 0, 0)
    for address, piece in pieces:
        header += struct.pack("<8I", 1, at, address, address, len(piece), len(piece), 7, 4)
        at += len(piece)
    return header + b"".join(piece for _, piece in pieces)


def qemu_path() -> str | None:
    """Return where QEMU is, or None."""
    return shutil.which(QEMU)


def on_qemu(batch: Batch, timeout_s: float = 120) -> bytes:
    """Return the records after QEMU ran the batch."""
    path = qemu_path()
    assert path is not None
    with tempfile.TemporaryDirectory() as folder:
        file, console = Path(folder) / "batch.elf", Path(folder) / "console"
        file.write_bytes(elf(batch.content()))
        command = [path, *OPTIONS, "-m", str(RAM_MB), "-serial", f"file:{console}", "-kernel", str(file)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_s, check=False)
        output = console.read_bytes() if console.exists() else b""
    wanted = batch.output[1]
    if done.returncode or len(output) != wanted:
        raise OracleError(
            QEMU, f"expected {wanted} bytes and status 0, got {len(output)} and {done.returncode}: {done.stderr!r}"
        )
    return output


class _Host:
    """Ends the run at the last simcall; nothing else may be asked."""

    executor: Executor
    ended = False

    def simcall(self, core: int) -> None:
        if self.executor.cores[core].read("a2") == 1:
            self.ended = True
            self.executor.request_stop()

    def event(self) -> None:
        self.executor.set_next_event((1 << 63) - 1)

    def unmapped(self, core: int, address: int, size: int, access: Access) -> bool:
        """The core takes an exception, which ends the case."""
        return False

    def breakpoint(self, core: int, address: int) -> None:
        raise AssertionError

    def io_read(self, core: int, address: int, size: int) -> int:
        raise AssertionError

    def io_write(self, core: int, address: int, size: int, value: int) -> None:
        raise AssertionError

    def rer(self, core: int, address: int) -> int:
        raise AssertionError

    def wer(self, core: int, address: int, value: int) -> None:
        raise AssertionError

    def gpio_out(self, core: int, levels: int) -> None:
        raise AssertionError

    def gpio_in(self, core: int) -> int:
        raise AssertionError


def on_executor(batch: Batch, factory: Callable[..., Executor] = NativeExecutor, cycles: int = 100_000_000) -> bytes:
    """Return the records after an executor of ours ran the batch on core 0."""
    host = _Host()
    options = ExecutorOptions(
        cores=(CoreOptions(0xCDCD, START), CoreOptions(0xABAB, START)),
        io_base=0x60000000,
        io_size=0x1000,
        quantum_cycles=1 << 20,
        semihosting=True,
    )
    executor = factory(host, options)
    try:
        host.executor = executor
        memory = Memory("ram", SIZE)
        executor.map(BASE, SIZE, memory, 0, bus=BusKind.BOTH, writable=True)
        executor.set_ticks_per_cycle(1)
        memory.write(0, batch.content())
        executor.host_wrote(memory, 0, SIZE)
        core = executor.cores[0]
        core.write("pc", START)
        executor.set_running(0, True)
        executor.run(cycles)
        if not host.ended:
            raise OracleError("executor", f"expected the batch to end in {cycles} cycles, pc is {core.read('pc'):#x}")
        address, size = batch.output
        return bytes(memory.data[address - BASE : address - BASE + size])
    finally:
        executor.close()


def words(record: bytes) -> dict[str, int]:
    """Return a record's registers by name."""
    return dict(zip(FIELDS, struct.unpack_from(f"<{len(FIELDS)}I", record), strict=True))


def differences(ours: bytes, qemu: bytes) -> dict[str, tuple[int, int]]:
    """Return what differs in a record: registers by name, scratch words by address in the buffer."""
    result = {
        name: (a, b) for name, a, b in zip(FIELDS, words(ours).values(), words(qemu).values(), strict=True) if a != b
    }
    for at in range(SCRATCH_OFFSET, RECORD_SIZE, 4):
        first, second = (int.from_bytes(side[at : at + 4], "little") for side in (ours, qemu))
        if first != second:
            result[f"scratch+{at - SCRATCH_OFFSET:#x}"] = (first, second)
    return result


def records(output: bytes) -> Sequence[bytes]:
    """Return the single records of an output."""
    return [output[k : k + RECORD_SIZE] for k in range(0, len(output), RECORD_SIZE)]
