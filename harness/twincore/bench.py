"""`twincore bench`: guest instructions a second, start-up time and memory, beside QEMU where it is installed.

Figures are of CPU time, the best of several runs. Nothing here is part of a test: they belong to the computer.
"""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from twincore.cli.status import OK, say
from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import AddressReached, StopKind
from twincore.errors import GuestError, UsageError
from twincore.images import Image, open_elf, open_image
from twincore.images.find_rom import open_rom

QUANTUM_CYCLES = 64
QEMU = "qemu-system-xtensa"
_QEMU_OPTIONS = ("-cpu", "de233_fpu", "-M", "sim", "-nographic", "-semihosting", "-monitor", "none", "-serial", "null")


@dataclass(frozen=True)
class Kernel:
    """A guest program: its number in firmware/benchmarks, and how many rounds take about a quarter of a second."""

    name: str
    number: int
    rounds: int


KERNELS = (Kernel("CRC", 0, 250), Kernel("linked list", 1, 6000), Kernel("state machine", 2, 200))


@dataclass(frozen=True)
class Speed:
    """A kernel's speed in million instructions a second of CPU time; `qemu_mips` counts the same instructions."""

    kernel: str
    instructions: int
    mips: float
    two_cores_mips: float
    qemu_mips: float | None

    @property
    def ratio(self) -> float | None:
        """How fast one core is by QEMU's measure."""
        return None if self.qemu_mips is None else self.mips / self.qemu_mips


@dataclass(frozen=True)
class Start:
    """A whole process from the shell's side: until it has run the first instructions, and its greatest memory."""

    seconds: float
    cpu_seconds: float
    resident_mb: float


def show_figures(*, repeat: int, scale: float, as_json: bool) -> int:
    """Measure, print and return the exit status."""
    qemu = shutil.which(QEMU)
    start = measure_start(repeat)
    speeds = [measure_kernel(kernel, repeat, scale, qemu) for kernel in KERNELS]
    if as_json:
        record = {
            "cpu": _cpu_name(),
            "python": platform.python_version(),
            "quantum_cycles": QUANTUM_CYCLES,
            "second_start_seconds": round(start.seconds, 4),
            "second_start_cpu_seconds": round(start.cpu_seconds, 4),
            "resident_mb": round(start.resident_mb, 1),
            "qemu": _qemu_version(qemu) if qemu else None,
            "kernels": [dataclasses.asdict(speed) | {"ratio": speed.ratio} for speed in speeds],
        }
        print(json.dumps(record, indent=2))
    else:
        print(figures_text(start, speeds, _qemu_version(qemu) if qemu else None))
    if qemu is None:
        say(f"{QEMU} is not on the PATH, so there is nothing to compare with (Debian: qemu-system-misc)")
    return OK


def figures_text(start: Start, speeds: list[Speed], qemu: str | None) -> str:
    """Write the figures as a table for people."""
    head = ["million instructions/s", "one core", f"two cores, quantum {QUANTUM_CYCLES}"]
    rows = [head + (["QEMU", "one core / QEMU"] if qemu else [])]
    for speed in speeds:
        row = [speed.kernel, f"{speed.mips:.0f}", f"{speed.two_cores_mips:.0f}"]
        if qemu:
            row += ["-", "-"] if speed.qemu_mips is None else [f"{speed.qemu_mips:.0f}", f"{speed.ratio:.2f}"]
        rows.append(row)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]
    notes = [
        f"start to first instructions  {start.seconds:.3f} s, {start.cpu_seconds:.3f} s of CPU time "
        "(second start; start and end of the process included)",
        f"resident memory              {start.resident_mb:.0f} MB (amp firmware, 1 s)",
        f"computer                     {_cpu_name()}, Python {platform.python_version()}",
    ]
    return "\n".join([*lines, "", *notes, *([f"QEMU                         {qemu}"] if qemu else [])])


# twincore.


def measure_kernel(kernel: Kernel, repeat: int, scale: float, qemu: str | None) -> Speed:
    """Run a kernel on one core, on two, and on QEMU; raises GuestError when their check sums differ."""
    rounds = max(round(kernel.rounds * scale), 1)
    image = open_image(firmware_path("bench.elf"))
    one = [_run(image, kernel.number, rounds, 1) for _ in range(repeat)]
    two = [_run(image, kernel.number, rounds, 2) for _ in range(repeat)]
    statuses = {status for status, _, _ in one + two}
    if len(statuses) != 1:
        raise GuestError("bench", f"expected one check sum of the kernel {kernel.name}, got {sorted(statuses)}")
    instructions = one[0][1]
    return Speed(
        kernel.name,
        instructions,
        max(count / seconds for _, count, seconds in one) / 1e6,
        max(count / seconds for _, count, seconds in two) / 1e6,
        None if qemu is None else _qemu_mips(qemu, kernel, rounds, repeat, instructions, statuses.pop()),
    )


def _run(image: Image, kernel: int, rounds: int, cores: int) -> tuple[int, int, float]:
    """Run the kernel once; return its check sum, how many instructions it took and the CPU time in seconds."""
    with closing(EmbeddedEngine(quantum_cycles=QUANTUM_CYCLES, semihosting=True)) as engine:
        engine.load(image)
        engine.write_memory(engine.symbols.find("bench_parameters").address, _parameters(kernel, rounds, cores))
        begin = AddressReached(engine.symbols.find("bench_kernel").address, 0)
        if engine.run_until([begin], 10**9).kind is not StopKind.CONDITION:
            raise GuestError("bench", "expected the kernel to start within 1 s of simulated time")
        before = sum(map(engine.instructions, range(cores)))
        cpu = time.process_time()
        stop = engine.run_until([], None)
        seconds = time.process_time() - cpu
        if stop.kind is not StopKind.EXIT or stop.exit_status is None:
            raise GuestError("bench", f"expected the kernel to end by itself, got: {stop.kind.value}")
        return stop.exit_status, sum(map(engine.instructions, range(cores))) - before, seconds


def _parameters(kernel: int, rounds: int, cores: int) -> bytes:
    return b"".join(word.to_bytes(4, "little") for word in (kernel, rounds, cores))


def measure_start(repeat: int) -> Start:
    """Start the command line anew: the first start may compile the interpreter, only later ones count."""
    program = [sys.executable, "-m", "twincore.cli", "run", str(firmware_path("amp.bin"))]
    _wait([*program, "--for", "1us"])
    starts = [_wait([*program, "--for", "1us"]) for _ in range(max(repeat, 2))]
    seconds, cpu_seconds = min(s.seconds for s in starts), min(s.cpu_seconds for s in starts)
    return Start(seconds, cpu_seconds, _wait([*program, "--for", "1s"]).resident_mb)


def _wait(command: list[str]) -> Start:
    """Run a command; return the seconds it took, of which CPU time, and its greatest resident memory."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    with process.stderr:
        message = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise GuestError("bench", f"expected {command[-3]} to run, got: {message.decode('utf-8', 'replace').strip()}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Start(seconds, usage.ru_utime + usage.ru_stime, kilobytes * 1024 / 1e6)


def firmware_path(name: str) -> Path:
    """Return the path of a prebuilt firmware file; UsageError when this installation has none."""
    path = open_rom().with_name(name)
    if not path.is_file():
        raise UsageError("bench", f"expected {path}, there is no such file", next_step="run it from a checkout")
    return path


# QEMU.


def _qemu_mips(qemu: str, kernel: Kernel, rounds: int, repeat: int, instructions: int, check_sum: int) -> float | None:
    """Return QEMU's speed with the same work; its own start is measured with no work and taken off."""
    run = _qemu_runner(qemu)
    if run(kernel.number, rounds)[0] != check_sum:
        say(f"QEMU has another check sum for the kernel {kernel.name}, or did not run it")
        return None
    idle = min(run(kernel.number, 0)[1] for _ in range(repeat))
    # QEMU is fast: more work, so that its start matters less
    busy = min(run(kernel.number, 4 * rounds)[1] for _ in range(repeat))
    return 4 * instructions / max(busy - idle, 1e-6) / 1e6


def _qemu_runner(qemu: str) -> Callable[[int, int], tuple[int, float]]:
    path = firmware_path("bench_sim.elf")
    address = open_elf(str(path)).symbols.find("bench_parameters").address

    def run(kernel: int, rounds: int) -> tuple[int, float]:
        command = [qemu, *_QEMU_OPTIONS, "-kernel", str(path)]
        for at, word in enumerate((kernel, rounds, 1)):
            command += ["-device", f"loader,addr={address + 4 * at:#x},data={word},data-len=4"]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, usage.ru_utime + usage.ru_stime

    return run


def _qemu_version(qemu: str) -> str:
    result = subprocess.run([qemu, "--version"], capture_output=True, text=True, check=False)
    return result.stdout.partition("\n")[0] or qemu


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # no Linux
    return platform.processor() or platform.machine()
