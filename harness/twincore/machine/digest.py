"""What a run came to, as one hash: equal digests are equal runs."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from twincore.model import canonical

if TYPE_CHECKING:
    from twincore.machine.machine import Machine


def fingerprint(machine: Machine) -> str:
    """Return what a run depends on besides its images: platform, quantum, seed, power-on content."""
    chip, board = machine.platform.chip.name, machine.platform.board.name
    return f"{chip} {board} quantum={machine.quantum_cycles} seed={machine.seed} sram={machine.sram}"


def digest(machine: Machine) -> str:
    """Return "sha256:<hex>" over the fingerprint, all output, all memory, all core and peripheral state."""
    machine.wiring.settle()
    total = hashlib.sha256()

    def add(label: str, content: bytes | memoryview) -> None:
        total.update(f"{label} {len(content)}\n".encode())
        total.update(content)

    add("fingerprint", fingerprint(machine).encode())
    add("time", str(machine.time_ticks).encode())
    for name, output in sorted(machine.output.items()):
        add(f"output {name}", output.digest())
    add("semihosting", machine.semihosting.digest())
    for name, memory in sorted(machine.memories.items()):
        add(f"memory {name}", memory.data)
    executor = machine.executor
    for index, core in enumerate(executor.cores):
        add(f"core {index}", core.state_bytes())
        add(f"instructions {index}", str(executor.instructions(index)).encode())
    add("fills", executor.fills())
    for name, peripheral in sorted(machine.peripherals.items()):
        add(f"peripheral {name}", canonical(peripheral.state()))
    for name, device in sorted(machine.devices.items()):
        add(f"device {name}", canonical(device.state()))
    if machine.injector.count:
        add("injection", canonical(machine.injector.state()))
    add("clocks", repr(sorted(machine.clocks.state().items())).encode())
    add("events", repr([tuple(event[:1] + event[2:]) for event in machine.events.pending()]).encode())
    return f"sha256:{total.hexdigest()}"
