"""Core instructions: arithmetic, logic, shifts, moves, branches, jumps, loads and stores, memory ordering.

Source: Xtensa ISA Reference Manual, Core Architecture. The encodings are those of the ESP32-S3's configuration. Its
core has no caches (EXTMEM's are outside), so that the cache instructions (dhwb, ihi, ipf...) do not exist and are
illegal.
"""

from __future__ import annotations

from typing import Any

from twincore.isa.ir import Value, select
from twincore.isa.spec import (
    MASK32,
    Cause,
    Cpu,
    Immediate,
    Relative,
    Signed,
    Symbol,
    Table,
    Unsigned,
    insn,
)

B4CONST = (-1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256)
B4CONSTU = (32768, 65536, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256)


class LeftShift(Immediate):
    """32 - raw: the amount of slli (1..31; raw 0 would be 32 and shifts everything out)."""

    def decode(self, raw: Any, pc: Any) -> Any:
        return 32 - raw


class LiteralAddress(Immediate):
    """The address of a literal of l32r: words before the instruction, as the distance from pc."""

    relative = True

    def decode(self, raw: Any, pc: Any) -> Any:
        return (((pc + 3) & ~3 & MASK32) + (raw << 2) - 0x40000 - pc) & MASK32

    def encode(self, value: int, pc: int) -> int:
        distance = (pc + value - ((pc + 3) & ~3) + 0x40000) & MASK32
        raw, rest = divmod(distance, 4)
        if rest or raw >= 1 << self.bits:
            raise ValueError(f"a literal lies on a multiple of 4 within 4..262144 bytes before {pc:#x}")
        return raw


# --- arithmetic and logic -----------------------------------------------------------------------------------------


@insn("1000 0000 rrrr ssss tttt 0000", "add a{r}, a{s}, a{t}")
def add(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- AR[s] + AR[t]."""
    cpu.ar[r] = cpu.ar[s] + cpu.ar[t]


@insn("1001 0000 rrrr ssss tttt 0000", "addx2 a{r}, a{s}, a{t}")
def addx2(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- (AR[s] << 1) + AR[t]."""
    cpu.ar[r] = (cpu.ar[s] << 1) + cpu.ar[t]


@insn("1010 0000 rrrr ssss tttt 0000", "addx4 a{r}, a{s}, a{t}")
def addx4(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- (AR[s] << 2) + AR[t]."""
    cpu.ar[r] = (cpu.ar[s] << 2) + cpu.ar[t]


@insn("1011 0000 rrrr ssss tttt 0000", "addx8 a{r}, a{s}, a{t}")
def addx8(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- (AR[s] << 3) + AR[t]."""
    cpu.ar[r] = (cpu.ar[s] << 3) + cpu.ar[t]


@insn("1100 0000 rrrr ssss tttt 0000", "sub a{r}, a{s}, a{t}")
def sub(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- AR[s] - AR[t]."""
    cpu.ar[r] = cpu.ar[s] - cpu.ar[t]


@insn("1101 0000 rrrr ssss tttt 0000", "subx2 a{r}, a{s}, a{t}")
def subx2(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- (AR[s] << 1) - AR[t]."""
    cpu.ar[r] = (cpu.ar[s] << 1) - cpu.ar[t]


@insn("1110 0000 rrrr ssss tttt 0000", "subx4 a{r}, a{s}, a{t}")
def subx4(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- (AR[s] << 2) - AR[t]."""
    cpu.ar[r] = (cpu.ar[s] << 2) - cpu.ar[t]


@insn("1111 0000 rrrr ssss tttt 0000", "subx8 a{r}, a{s}, a{t}")
def subx8(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- (AR[s] << 3) - AR[t]."""
    cpu.ar[r] = (cpu.ar[s] << 3) - cpu.ar[t]


@insn("iiii iiii 1100 ssss tttt 0010", "addi a{t}, a{s}, {i}", i=Signed(8))
def addi(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """AR[t] <- AR[s] + i."""
    cpu.ar[t] = cpu.ar[s] + i


@insn("iiii iiii 1101 ssss tttt 0010", "addmi a{t}, a{s}, {i}", i=Signed(8, shift=8))
def addmi(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """AR[t] <- AR[s] + i, i a multiple of 256."""
    cpu.ar[t] = cpu.ar[s] + i


@insn("0110 0000 rrrr 0000 tttt 0000", "neg a{r}, a{t}")
def neg(cpu: Cpu, r: Symbol, t: Symbol) -> None:
    """AR[r] <- -AR[t]."""
    cpu.ar[r] = -cpu.ar[t]


@insn("0110 0000 rrrr 0001 tttt 0000", "abs a{r}, a{t}")
def abs_(cpu: Cpu, r: Symbol, t: Symbol) -> None:
    """AR[r] <- the magnitude of AR[t]; the minimum stays what it is."""
    value = cpu.ar[t]
    cpu.ar[r] = select(value.slt(0), -value, value)


@insn("0001 0000 rrrr ssss tttt 0000", "and a{r}, a{s}, a{t}")
def and_(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- AR[s] and AR[t]."""
    cpu.ar[r] = cpu.ar[s] & cpu.ar[t]


@insn("0010 0000 rrrr ssss tttt 0000", "or a{r}, a{s}, a{t}")
def or_(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- AR[s] or AR[t]."""
    cpu.ar[r] = cpu.ar[s] | cpu.ar[t]


@insn("0011 0000 rrrr ssss tttt 0000", "xor a{r}, a{s}, a{t}")
def xor(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- AR[s] xor AR[t]."""
    cpu.ar[r] = cpu.ar[s] ^ cpu.ar[t]


# --- moves --------------------------------------------------------------------------------------------------------


@insn("iiii iiii 1010 IIII tttt 0010", "movi a{t}, {i}", i=Signed(12))
def movi(cpu: Cpu, t: Symbol, i: Value) -> None:
    """AR[t] <- i."""
    cpu.ar[t] = i


@insn("1000 0011 rrrr ssss tttt 0000", "moveqz a{r}, a{s}, a{t}")
def moveqz(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """If AR[t] = 0, AR[r] <- AR[s]."""
    cpu.ar[r] = select(cpu.ar[t] == 0, cpu.ar[s], cpu.ar[r])


@insn("1001 0011 rrrr ssss tttt 0000", "movnez a{r}, a{s}, a{t}")
def movnez(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """If AR[t] is not 0, AR[r] <- AR[s]."""
    cpu.ar[r] = select(cpu.ar[t] != 0, cpu.ar[s], cpu.ar[r])


@insn("1010 0011 rrrr ssss tttt 0000", "movltz a{r}, a{s}, a{t}")
def movltz(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """If AR[t] < 0, AR[r] <- AR[s]."""
    cpu.ar[r] = select(cpu.ar[t].slt(0), cpu.ar[s], cpu.ar[r])


@insn("1011 0011 rrrr ssss tttt 0000", "movgez a{r}, a{s}, a{t}")
def movgez(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """If AR[t] >= 0, AR[r] <- AR[s]."""
    cpu.ar[r] = select(cpu.ar[t].sge(0), cpu.ar[s], cpu.ar[r])


# --- shifts -------------------------------------------------------------------------------------------------------


@insn("0100 0000 0000 ssss 0000 0000", "ssr a{s}")
def ssr(cpu: Cpu, s: Symbol) -> None:
    """SAR <- low five bits of AR[s]."""
    cpu.sar = cpu.ar[s] & 31


@insn("0100 0000 0001 ssss 0000 0000", "ssl a{s}")
def ssl(cpu: Cpu, s: Symbol) -> None:
    """SAR <- 32 - low five bits of AR[s]."""
    cpu.sar = 32 - (cpu.ar[s] & 31)


@insn("0100 0000 0010 ssss 0000 0000", "ssa8l a{s}")
def ssa8l(cpu: Cpu, s: Symbol) -> None:
    """SAR <- 8 times the low two bits of AR[s]."""
    cpu.sar = (cpu.ar[s] & 3) << 3


@insn("0100 0000 0011 ssss 0000 0000", "ssa8b a{s}")
def ssa8b(cpu: Cpu, s: Symbol) -> None:
    """SAR <- 32 - 8 times the low two bits of AR[s]."""
    cpu.sar = 32 - ((cpu.ar[s] & 3) << 3)


@insn("0100 0000 0100 iiii 000I 0000", "ssai {i}")
def ssai(cpu: Cpu, i: Value) -> None:
    """SAR <- i."""
    cpu.sar = i


@insn("000i 0001 rrrr ssss iiii 0000", "slli a{r}, a{s}, {i}", i=LeftShift(5))
def slli(cpu: Cpu, r: Symbol, s: Symbol, i: Value) -> None:
    """AR[r] <- AR[s] << i; in two steps, because the encoding can say 32."""
    cpu.ar[r] = (cpu.ar[s] << (i - 1)) << 1


@insn("001i 0001 rrrr iiii tttt 0000", "srai a{r}, a{t}, {i}")
def srai(cpu: Cpu, r: Symbol, t: Symbol, i: Value) -> None:
    """AR[r] <- AR[t] >> i, the sign coming in."""
    cpu.ar[r] = cpu.ar[t].sra(i)


@insn("0100 0001 rrrr iiii tttt 0000", "srli a{r}, a{t}, {i}")
def srli(cpu: Cpu, r: Symbol, t: Symbol, i: Value) -> None:
    """AR[r] <- AR[t] >> i, zeros coming in."""
    cpu.ar[r] = cpu.ar[t] >> i


@insn("1000 0001 rrrr ssss tttt 0000", "src a{r}, a{s}, a{t}")
def src(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- low word of (AR[s], AR[t]) >> SAR."""
    pair = (cpu.ar[s].zext(64) << 32) | cpu.ar[t].zext(64)
    cpu.ar[r] = (pair >> cpu.sar.zext(64)).trunc(32)


@insn("1010 0001 rrrr ssss 0000 0000", "sll a{r}, a{s}")
def sll(cpu: Cpu, r: Symbol, s: Symbol) -> None:
    """AR[r] <- low word of (AR[s], 0) >> SAR: a left shift by 32 - SAR."""
    cpu.ar[r] = ((cpu.ar[s].zext(64) << 32) >> cpu.sar.zext(64)).trunc(32)


@insn("1001 0001 rrrr 0000 tttt 0000", "srl a{r}, a{t}")
def srl(cpu: Cpu, r: Symbol, t: Symbol) -> None:
    """AR[r] <- AR[t] >> SAR, zeros coming in."""
    cpu.ar[r] = (cpu.ar[t].zext(64) >> cpu.sar.zext(64)).trunc(32)


@insn("1011 0001 rrrr 0000 tttt 0000", "sra a{r}, a{t}")
def sra(cpu: Cpu, r: Symbol, t: Symbol) -> None:
    """AR[r] <- AR[t] >> SAR, the sign coming in."""
    cpu.ar[r] = cpu.ar[t].sext(64).sra(cpu.sar.zext(64)).trunc(32)


@insn("mmmm 010i rrrr iiii tttt 0000", "extui a{r}, a{t}, {i}, {m}", m=Unsigned(4, add=1))
def extui(cpu: Cpu, r: Symbol, t: Symbol, i: Value, m: Value) -> None:
    """AR[r] <- the m bits of AR[t] from bit i on."""
    cpu.ar[r] = (cpu.ar[t] >> i) & ((cpu.const(1) << m) - 1)


# --- branches -----------------------------------------------------------------------------------------------------


@insn("iiii iiii 0000 ssss tttt 0111", "bnone a{s}, a{t}, {i}", i=Relative(8))
def bnone(cpu: Cpu, s: Symbol, t: Symbol, i: Symbol) -> None:
    """If AR[s] and AR[t] have no bit in common, jump."""
    with cpu.when((cpu.ar[s] & cpu.ar[t]) == 0):
        cpu.jump(i)


@insn("iiii iiii 0001 ssss tttt 0111", "beq a{s}, a{t}, {i}", i=Relative(8))
def beq(cpu: Cpu, s: Symbol, t: Symbol, i: Symbol) -> None:
    """If AR[s] = AR[t], jump."""
    with cpu.when(cpu.ar[s] == cpu.ar[t]):
        cpu.jump(i)


@insn("iiii iiii 0010 ssss tttt 0111", "blt a{s}, a{t}, {i}", i=Relative(8))
def blt(cpu: Cpu, s: Symbol, t: Symbol, i: Symbol) -> None:
    """If AR[s] < AR[t], signed, jump."""
    with cpu.when(cpu.ar[s].slt(cpu.ar[t])):
        cpu.jump(i)


@insn("iiii iiii 0011 ssss tttt 0111", "bltu a{s}, a{t}, {i}", i=Relative(8))
def bltu(cpu: Cpu, s: Symbol, t: Symbol, i: Symbol) -> None:
    """If AR[s] < AR[t], unsigned, jump."""
    with cpu.when(cpu.ar[s].ult(cpu.ar[t])):
        cpu.jump(i)


@insn("iiii iiii 0100 ssss tttt 0111", "ball a{s}, a{t}, {i}", i=Relative(8))
def ball(cpu: Cpu, s: Symbol, t: Symbol, i: Symbol) -> None:
    """If AR[s] has all bits of AR[t], jump."""
    with cpu.when((~cpu.ar[s] & cpu.ar[t]) == 0):
        cpu.jump(i)


@insn("iiii iiii 0101 ssss tttt 0111", "bbc a{s}, a{t}, {i}", i=Relative(8))
def bbc(cpu: Cpu, s: Symbol, t: Symbol, i: Symbol) -> None:
    """If the bit of AR[s] that the low five bits of AR[t] number is clear, jump."""
    with cpu.when(((cpu.ar[s] >> (cpu.ar[t] & 31)) & 1) == 0):
        cpu.jump(i)


@insn("iiii iiii 011b ssss bbbb 0111", "bbci a{s}, {b}, {i}", i=Relative(8))
def bbci(cpu: Cpu, s: Symbol, b: Value, i: Symbol) -> None:
    """If bit b of AR[s] is clear, jump."""
    with cpu.when(((cpu.ar[s] >> b) & 1) == 0):
        cpu.jump(i)


@insn("iiii iiii 1000 ssss tttt 0111", "bany a{s}, a{t}, {i}", i=Relative(8))
def bany(cpu: Cpu, s: Symbol, t: Symbol, i: Symbol) -> None:
    """If AR[s] and AR[t] have a bit in common, jump."""
    with cpu.when((cpu.ar[s] & cpu.ar[t]) != 0):
        cpu.jump(i)


@insn("iiii iiii 1001 ssss tttt 0111", "bne a{s}, a{t}, {i}", i=Relative(8))
def bne(cpu: Cpu, s: Symbol, t: Symbol, i: Symbol) -> None:
    """If AR[s] differs from AR[t], jump."""
    with cpu.when(cpu.ar[s] != cpu.ar[t]):
        cpu.jump(i)


@insn("iiii iiii 1010 ssss tttt 0111", "bge a{s}, a{t}, {i}", i=Relative(8))
def bge(cpu: Cpu, s: Symbol, t: Symbol, i: Symbol) -> None:
    """If AR[s] >= AR[t], signed, jump."""
    with cpu.when(cpu.ar[s].sge(cpu.ar[t])):
        cpu.jump(i)


@insn("iiii iiii 1011 ssss tttt 0111", "bgeu a{s}, a{t}, {i}", i=Relative(8))
def bgeu(cpu: Cpu, s: Symbol, t: Symbol, i: Symbol) -> None:
    """If AR[s] >= AR[t], unsigned, jump."""
    with cpu.when(cpu.ar[s].uge(cpu.ar[t])):
        cpu.jump(i)


@insn("iiii iiii 1100 ssss tttt 0111", "bnall a{s}, a{t}, {i}", i=Relative(8))
def bnall(cpu: Cpu, s: Symbol, t: Symbol, i: Symbol) -> None:
    """If AR[s] lacks a bit of AR[t], jump."""
    with cpu.when((~cpu.ar[s] & cpu.ar[t]) != 0):
        cpu.jump(i)


@insn("iiii iiii 1101 ssss tttt 0111", "bbs a{s}, a{t}, {i}", i=Relative(8))
def bbs(cpu: Cpu, s: Symbol, t: Symbol, i: Symbol) -> None:
    """If the bit of AR[s] that the low five bits of AR[t] number is set, jump."""
    with cpu.when(((cpu.ar[s] >> (cpu.ar[t] & 31)) & 1) != 0):
        cpu.jump(i)


@insn("iiii iiii 111b ssss bbbb 0111", "bbsi a{s}, {b}, {i}", i=Relative(8))
def bbsi(cpu: Cpu, s: Symbol, b: Value, i: Symbol) -> None:
    """If bit b of AR[s] is set, jump."""
    with cpu.when(((cpu.ar[s] >> b) & 1) != 0):
        cpu.jump(i)


@insn("iiii iiii iiii ssss 0001 0110", "beqz a{s}, {i}", i=Relative(12))
def beqz(cpu: Cpu, s: Symbol, i: Symbol) -> None:
    """If AR[s] = 0, jump."""
    with cpu.when(cpu.ar[s] == 0):
        cpu.jump(i)


@insn("iiii iiii iiii ssss 0101 0110", "bnez a{s}, {i}", i=Relative(12))
def bnez(cpu: Cpu, s: Symbol, i: Symbol) -> None:
    """If AR[s] is not 0, jump."""
    with cpu.when(cpu.ar[s] != 0):
        cpu.jump(i)


@insn("iiii iiii iiii ssss 1001 0110", "bltz a{s}, {i}", i=Relative(12))
def bltz(cpu: Cpu, s: Symbol, i: Symbol) -> None:
    """If AR[s] < 0, jump."""
    with cpu.when(cpu.ar[s].slt(0)):
        cpu.jump(i)


@insn("iiii iiii iiii ssss 1101 0110", "bgez a{s}, {i}", i=Relative(12))
def bgez(cpu: Cpu, s: Symbol, i: Symbol) -> None:
    """If AR[s] >= 0, jump."""
    with cpu.when(cpu.ar[s].sge(0)):
        cpu.jump(i)


@insn("iiii iiii cccc ssss 0010 0110", "beqi a{s}, {c}, {i}", c=Table(B4CONST), i=Relative(8))
def beqi(cpu: Cpu, s: Symbol, c: Value, i: Symbol) -> None:
    """If AR[s] = c, jump."""
    with cpu.when(cpu.ar[s] == c):
        cpu.jump(i)


@insn("iiii iiii cccc ssss 0110 0110", "bnei a{s}, {c}, {i}", c=Table(B4CONST), i=Relative(8))
def bnei(cpu: Cpu, s: Symbol, c: Value, i: Symbol) -> None:
    """If AR[s] differs from c, jump."""
    with cpu.when(cpu.ar[s] != c):
        cpu.jump(i)


@insn("iiii iiii cccc ssss 1010 0110", "blti a{s}, {c}, {i}", c=Table(B4CONST), i=Relative(8))
def blti(cpu: Cpu, s: Symbol, c: Value, i: Symbol) -> None:
    """If AR[s] < c, signed, jump."""
    with cpu.when(cpu.ar[s].slt(c)):
        cpu.jump(i)


@insn("iiii iiii cccc ssss 1110 0110", "bgei a{s}, {c}, {i}", c=Table(B4CONST), i=Relative(8))
def bgei(cpu: Cpu, s: Symbol, c: Value, i: Symbol) -> None:
    """If AR[s] >= c, signed, jump."""
    with cpu.when(cpu.ar[s].sge(c)):
        cpu.jump(i)


@insn("iiii iiii cccc ssss 1011 0110", "bltui a{s}, {c}, {i}", c=Table(B4CONSTU), i=Relative(8))
def bltui(cpu: Cpu, s: Symbol, c: Value, i: Symbol) -> None:
    """If AR[s] < c, unsigned, jump."""
    with cpu.when(cpu.ar[s].ult(c)):
        cpu.jump(i)


@insn("iiii iiii cccc ssss 1111 0110", "bgeui a{s}, {c}, {i}", c=Table(B4CONSTU), i=Relative(8))
def bgeui(cpu: Cpu, s: Symbol, c: Value, i: Symbol) -> None:
    """If AR[s] >= c, unsigned, jump."""
    with cpu.when(cpu.ar[s].uge(c)):
        cpu.jump(i)


# --- jumps and calls ----------------------------------------------------------------------------------------------


@insn("iiii iiii iiii iiii ii00 0110", "j {i}", i=Relative(18))
def j(cpu: Cpu, i: Symbol) -> None:
    """Jump."""
    cpu.jump(i)


@insn("0000 0000 0000 ssss 1010 0000", "jx a{s}")
def jx(cpu: Cpu, s: Symbol) -> None:
    """Jump to the address in AR[s]."""
    cpu.jump(cpu.ar[s])


@insn("iiii iiii iiii iiii ii00 0101", "call0 {i}", i=Relative(18, shift=2))
def call0(cpu: Cpu, i: Symbol) -> None:
    """AR[0] <- address of the next instruction; jump."""
    cpu.ar[0] = cpu.next_pc
    cpu.jump(i)


@insn("0000 0000 0000 ssss 1100 0000", "callx0 a{s}")
def callx0(cpu: Cpu, s: Symbol) -> None:
    """AR[0] <- address of the next instruction; jump to the old AR[s]."""
    target = cpu.ar[s]
    cpu.ar[0] = cpu.next_pc
    cpu.jump(target)


@insn("0000 0000 0000 .... 1000 0000", "ret")
def ret(cpu: Cpu) -> None:
    """Jump to the address in AR[0]."""
    cpu.jump(cpu.ar[0])


# --- loads and stores ---------------------------------------------------------------------------------------------


@insn("iiii iiii 0000 ssss tttt 0010", "l8ui a{t}, a{s}, {i}")
def l8ui(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """AR[t] <- the byte at AR[s] + i."""
    cpu.ar[t] = cpu.load(cpu.ar[s] + i, 8)


@insn("iiii iiii 0001 ssss tttt 0010", "l16ui a{t}, a{s}, {i}", i=Unsigned(8, shift=1))
def l16ui(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """AR[t] <- the halfword at AR[s] + i."""
    cpu.ar[t] = cpu.load(cpu.ar[s] + i, 16)


@insn("iiii iiii 1001 ssss tttt 0010", "l16si a{t}, a{s}, {i}", i=Unsigned(8, shift=1))
def l16si(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """AR[t] <- the halfword at AR[s] + i, sign-extended."""
    cpu.ar[t] = cpu.load(cpu.ar[s] + i, 16).trunc(16).sext(32)


@insn("iiii iiii 0010 ssss tttt 0010", "l32i a{t}, a{s}, {i}", i=Unsigned(8, shift=2))
def l32i(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """AR[t] <- the word at AR[s] + i."""
    cpu.ar[t] = cpu.load(cpu.ar[s] + i, 32)


@insn("iiii iiii iiii iiii tttt 0001", "l32r a{t}, {i}", i=LiteralAddress(16))
def l32r(cpu: Cpu, t: Symbol, i: Symbol) -> None:
    """AR[t] <- the word at the literal's address."""
    cpu.ar[t] = cpu.load(cpu.address(i), 32)


@insn("iiii iiii 0100 ssss tttt 0010", "s8i a{t}, a{s}, {i}")
def s8i(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """Store the low byte of AR[t] at AR[s] + i."""
    cpu.store(cpu.ar[s] + i, 8, cpu.ar[t])


@insn("iiii iiii 0101 ssss tttt 0010", "s16i a{t}, a{s}, {i}", i=Unsigned(8, shift=1))
def s16i(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """Store the low halfword of AR[t] at AR[s] + i."""
    cpu.store(cpu.ar[s] + i, 16, cpu.ar[t])


@insn("iiii iiii 0110 ssss tttt 0010", "s32i a{t}, a{s}, {i}", i=Unsigned(8, shift=2))
def s32i(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """Store AR[t] at AR[s] + i."""
    cpu.store(cpu.ar[s] + i, 32, cpu.ar[t])


@insn("0101 1001 iiii ssss tttt 0000", "s32nb a{t}, a{s}, {i}", i=Unsigned(4, shift=2))
def s32nb(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """Store AR[t] at AR[s] + i without buffering; there is no write buffer here."""
    cpu.store(cpu.ar[s] + i, 32, cpu.ar[t])


# --- ordering and waiting: nothing is reordered here --------------------------------------------------------------


@insn("0000 0000 0010 0000 0000 0000", "isync")
def isync(cpu: Cpu) -> None:
    """Wait until fetches see all that was done before."""


@insn("0000 0000 0010 0000 0001 0000", "rsync")
def rsync(cpu: Cpu) -> None:
    """Wait until register reads see all that was done before."""


@insn("0000 0000 0010 0000 0010 0000", "esync")
def esync(cpu: Cpu) -> None:
    """Wait until execution sees all that was done before."""


@insn("0000 0000 0010 0000 0011 0000", "dsync")
def dsync(cpu: Cpu) -> None:
    """Wait until loads and stores see all that was done before."""


@insn("0000 0000 0010 0000 1000 0000", "excw")
def excw(cpu: Cpu) -> None:
    """Wait for exceptions of the instructions before."""


@insn("0000 0000 0010 0000 1100 0000", "memw")
def memw(cpu: Cpu) -> None:
    """Put loads and stores before and after in order."""


@insn("0000 0000 0010 0000 1101 0000", "extw")
def extw(cpu: Cpu) -> None:
    """Put external effects before and after in order."""


@insn("0000 0000 0010 0000 1111 0000", "nop")
def nop(cpu: Cpu) -> None:
    """Do nothing."""


# --- traps --------------------------------------------------------------------------------------------------------


@insn("0000 0000 0000 0000 0000 0000", "ill")
def ill(cpu: Cpu) -> None:
    """Raise IllegalInstruction."""
    cpu.raise_(Cause.ILLEGAL_INSTRUCTION)


@insn("0000 0000 0101 0000 0000 0000", "syscall")
def syscall(cpu: Cpu) -> None:
    """Raise Syscall."""
    cpu.raise_(Cause.SYSCALL)


@insn("0000 0000 0101 0001 0000 0000", "simcall")
def simcall(cpu: Cpu) -> None:
    """Ask the host for a service, where semihosting is on; raise IllegalInstruction where it is not.

    The host operation returns 1 if it did something, 0 if semihosting is off.
    """
    done = cpu.host("simcall", result=True)
    with cpu.when(done == 0):
        cpu.raise_(Cause.ILLEGAL_INSTRUCTION)
