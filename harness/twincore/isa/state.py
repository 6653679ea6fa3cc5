"""The architectural state of one core: what there is, how wide, and its value after reset.

PS is kept as its fields and WINDOWSTART doubled (bits 31..16 repeat 15..0, so that a rotated view is one shift); both
are composed where the guest or the user reads them. (Xtensa ISA Reference Manual, Processor Control and Windowed
Registers.)
"""

from __future__ import annotations

from dataclasses import dataclass

from twincore.isa import config


@dataclass(frozen=True, slots=True)
class StateRegister:
    """One register (count 1) or array of registers of the state, 32 bits each."""

    name: str
    reset: int = 0
    count: int = 1
    doc: str = ""


REGISTERS: tuple[StateRegister, ...] = (
    StateRegister("ar", count=config.AR_COUNT, doc="the 64 address registers; a0..a15 are seen through WINDOWBASE"),
    StateRegister("pc", config.RESET_VECTOR),
    StateRegister("windowbase", doc="first of the visible registers, in units of four"),
    StateRegister("windowstart", 0x00010001, doc="a bit for each frame's first four registers, doubled"),
    StateRegister("ps_intlevel", 15),
    StateRegister("ps_excm", 1),
    StateRegister("ps_um", 0),
    StateRegister("ps_owb", 0),
    StateRegister("ps_callinc", 0),
    StateRegister("ps_woe", 0),
    StateRegister("sar"),
    StateRegister("lbeg"),
    StateRegister("lend"),
    StateRegister("lcount"),
    StateRegister("br", doc="16 booleans"),
    StateRegister("scompare1"),
    StateRegister("acclo", doc="low 32 bits of the 40-bit MAC16 accumulator"),
    StateRegister("acchi", doc="high 8 bits of the accumulator"),
    StateRegister("m", count=4),
    StateRegister("f", count=16, doc="single-precision registers, as bit patterns"),
    StateRegister("fcr"),
    StateRegister("fsr"),
    StateRegister("q", count=32, doc="the vector registers q0..q7, four words each, the lowest first"),
    StateRegister("accx", count=2, doc="40-bit accumulator of vector products"),
    StateRegister("qacc_h", count=5, doc="160 bits: accumulators of the upper lanes, 4 of 40 or 8 of 20 bits"),
    StateRegister("qacc_l", count=5, doc="160 bits: accumulators of the lower lanes"),
    StateRegister("ua_state", count=4, doc="128 bits that EE.FFT.AMS.S16.LD.INCP.UAUP keeps for the next one"),
    StateRegister("sar_byte", doc="0..15: where unaligned data starts in two vector registers"),
    StateRegister("fft_bit_width", doc="0..7: EE.BITREV reverses 3..10 bits"),
    StateRegister("gpio_out", doc="the core's own eight GPIO outputs"),
    StateRegister("threadptr"),
    StateRegister("cpenable", 0xFF, doc="undefined after reset by the ISA; firmware of this chip relies on all ones"),
    StateRegister("vecbase", config.VECBASE_RESET),
    StateRegister("epc", count=8, doc="epc[1]..epc[7]; epc[0] is not used"),
    StateRegister("eps", count=8, doc="eps[2]..eps[7]"),
    StateRegister("excsave", count=8, doc="excsave[1]..excsave[7]"),
    StateRegister("depc"),
    StateRegister("exccause"),
    StateRegister("excvaddr"),
    StateRegister("debugcause"),
    StateRegister("icount"),
    StateRegister("icountlevel"),
    StateRegister("ibreakenable"),
    StateRegister("ibreaka", count=2),
    StateRegister("dbreaka", count=2),
    StateRegister("dbreakc", count=2),
    StateRegister("ddr"),
    StateRegister("interrupt", doc="latched requests: edge, software and timer interrupts; levels are in `lines`"),
    StateRegister("intenable"),
    StateRegister("lines", doc="levels of the external interrupt inputs"),
    StateRegister("ccompare", count=3),
    StateRegister("misc", count=4),
    StateRegister("atomctl", 0x28),
    StateRegister("memctl"),
    StateRegister("eraccess"),
    StateRegister("itlb", 2, count=8, doc="attribute of each 512 MB region for fetches"),
    StateRegister("dtlb", 2, count=8, doc="attribute of each 512 MB region for loads and stores"),
    StateRegister("ccount", doc="cycles; the executor keeps it current where it is read"),
    StateRegister("waiting", doc="1 between WAITI and the interrupt that ends it"),
    StateRegister("prid", doc="which core this is, set by the executor"),
)

BY_NAME = {register.name: register for register in REGISTERS}
