"""External registers: RER and WER, by which the cores reach their debug module. (ISA Reference Manual, RER and WER.)

ERACCESS limits them outside ring 0 only, and the ESP32-S3 has no other ring.
"""

from __future__ import annotations

from twincore.isa.spec import Cpu, Symbol, insn


@insn("0100 0000 0110 ssss tttt 0000", "rer a{t}, a{s}", privileged=True)
def rer(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """AR[t] <- the external register at AR[s]."""
    cpu.ar[t] = cpu.host("rer", cpu.ar[s], result=True)


@insn("0100 0000 0111 ssss tttt 0000", "wer a{t}, a{s}", privileged=True)
def wer(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """Write AR[t] to the external register at AR[s]."""
    cpu.host("wer", cpu.ar[s], cpu.ar[t])
