"""PIE, the ESP32-S3's vector instructions: known by name and length, not modelled yet.

Each raises the coprocessor's exception while CPENABLE has it off, and IllegalInstruction otherwise, so that a program
that needs PIE stops at the first such instruction, which the disassembly then names. Operands are not decoded. Source:
the instruction table of Espressif's toolchain for the ESP32-S3; coprocessors by tie.h of ESP-IDF: 3 owns the Q
registers and accumulators, 0 the float registers; the GPIO instructions belong to none.
"""

from __future__ import annotations

from twincore.isa.spec import Cause, Cpu, insn

_PATTERNS = """
ee.andq                           11.. 1101 .011 ..00 .... 0100
ee.bitrev                         11.. 1101 .111 1011 .... 0100
ee.clr_bit_gpio_out               0111 0110 0100 .... .... 0100
ee.cmul.s16                       10.. 1110 ..0. .... 00.. 0100
ee.fft.r2bf.s16                   11.. 1100 .... ..0. .... 0100
ee.fft.vst.r32.decp               11.. 1101 .011 0.11 .... 0100
ee.get_gpio_in                    0110 0101 0000 1000 .... 0100
ee.ld.128.usar.ip                 1... 0001 .... .... .... 0100
ee.ld.128.usar.xp                 10.. 1101 .000 .... .... 0100
ee.ld.accx.ip                     0.00 1110 0... .... .... 0100
ee.ld.qacc_h.h.32.ip              0.01 1110 0... .... .... 0100
ee.ld.qacc_h.l.128.ip             0.00 0110 0... .... .... 0100
ee.ld.qacc_l.h.32.ip              0.01 0110 0... .... .... 0100
ee.ld.qacc_l.l.128.ip             0.00 0000 0... .... .... 0100
ee.ld.ua_state.ip                 0.01 0000 0... .... .... 0100
ee.ldf.64.xp                      .... 0110 .... .... .... 0000
ee.ldqa.s16.128.ip                0.00 0001 0... .... .... 0100
ee.ldqa.s16.128.xp                0111 1110 0100 .... .... 0100
ee.ldqa.s8.128.ip                 0.01 0001 0... .... .... 0100
ee.ldqa.s8.128.xp                 0111 0001 0100 .... .... 0100
ee.ldqa.u16.128.ip                0.00 0101 0... .... .... 0100
ee.ldqa.u16.128.xp                0111 1010 0100 .... .... 0100
ee.ldqa.u8.128.ip                 0.01 0101 0... .... .... 0100
ee.ldqa.u8.128.xp                 0111 0000 0100 .... .... 0100
ee.mov.s16.qacc                   11.. 1101 .111 1111 0010 0100
ee.mov.s8.qacc                    11.. 1101 .111 1111 0011 0100
ee.mov.u16.qacc                   11.. 1101 .111 1111 0110 0100
ee.mov.u8.qacc                    11.. 1101 .111 1111 0111 0100
ee.movi.32.a                      11.. 1101 .111 ..01 .... 0100
ee.movi.32.q                      11.. 1101 .011 ..10 .... 0100
ee.notq                           11.. 1101 .111 1111 ..0. 0100
ee.orq                            11.. 1101 .111 ..00 .... 0100
ee.set_bit_gpio_out               0111 0101 0100 .... .... 0100
ee.slci.2q                        11.. 1100 .... 0110 .... 0100
ee.slcxxp.2q                      10.. 0110 .... .... .... 0100
ee.src.q                          11.. 1100 .... 0011 0... 0100
ee.src.q.qup                      11.. 1100 .... 0111 0... 0100
ee.srci.2q                        11.. 1100 .... 1010 .... 0100
ee.srcmb.s16.qacc                 11.. 1101 .111 0.10 .... 0100
ee.srcmb.s8.qacc                  11.. 1101 .111 1.10 .... 0100
ee.srcq.128.st.incp               11.. 1100 .... 1110 .... 0100
ee.srcxxp.2q                      11.. 0110 .... .... .... 0100
ee.srs.accx                       0111 1110 0.01 .... .... 0100
ee.st.accx.ip                     0.00 0010 0... .... .... 0100
ee.st.qacc_h.h.32.ip              0.01 0010 0... .... .... 0100
ee.st.qacc_h.l.128.ip             0.00 1101 0... .... .... 0100
ee.st.qacc_l.h.32.ip              0.01 1101 0... .... .... 0100
ee.st.qacc_l.l.128.ip             0.00 1100 0... .... .... 0100
ee.st.ua_state.ip                 0.01 1100 0... .... .... 0100
ee.stf.64.xp                      .... 0111 .... .... .... 0000
ee.vadds.s16                      10.. 1110 ..0. .... 0110 0100
ee.vadds.s32                      10.. 1110 ..0. .... 0111 0100
ee.vadds.s8                       10.. 1110 ..0. .... 1000 0100
ee.vcmp.eq.s16                    10.. 1110 ..0. .... 1001 0100
ee.vcmp.eq.s32                    10.. 1110 ..0. .... 1010 0100
ee.vcmp.eq.s8                     10.. 1110 ..0. .... 1011 0100
ee.vcmp.gt.s16                    10.. 1110 ..0. .... 1100 0100
ee.vcmp.gt.s32                    10.. 1110 ..0. .... 1101 0100
ee.vcmp.gt.s8                     10.. 1110 ..0. .... 1110 0100
ee.vcmp.lt.s16                    10.. 1110 ..0. .... 1111 0100
ee.vcmp.lt.s32                    10.. 1110 ..1. .... 0000 0100
ee.vcmp.lt.s8                     10.. 1110 ..1. .... 0001 0100
ee.vld.128.ip                     1... 0011 .... .... .... 0100
ee.vld.128.xp                     10.. 1101 .010 .... .... 0100
ee.vld.h.64.ip                    1... 1000 .... .... .... 0100
ee.vld.h.64.xp                    10.. 1101 .110 .... .... 0100
ee.vld.l.64.ip                    1... 1001 .... .... .... 0100
ee.vld.l.64.xp                    10.. 1101 .011 .... .... 0100
ee.vldbc.16                       11.. 1101 .111 0011 .... 0100
ee.vldbc.16.ip                    10.. 0101 .... .... .... 0100
ee.vldbc.16.xp                    10.. 1101 .100 .... .... 0100
ee.vldbc.32                       11.. 1101 .111 0111 .... 0100
ee.vldbc.32.ip                    1... 0010 .... .... .... 0100
ee.vldbc.32.xp                    10.. 1101 .001 .... .... 0100
ee.vldbc.8                        11.. 1101 .011 1011 .... 0100
ee.vldbc.8.ip                     11.. 0101 .... .... .... 0100
ee.vldbc.8.xp                     10.. 1101 .101 .... .... 0100
ee.vldhbc.16.incp                 11.. 1100 .... 0010 .... 0100
ee.vmax.s16                       10.. 1110 ..1. .... 0010 0100
ee.vmax.s32                       10.. 1110 ..1. .... 0011 0100
ee.vmax.s8                        10.. 1110 ..1. .... 0100 0100
ee.vmin.s16                       10.. 1110 ..1. .... 0101 0100
ee.vmin.s32                       10.. 1110 ..1. .... 0110 0100
ee.vmin.s8                        10.. 1110 ..1. .... 0111 0100
ee.vmul.s16                       10.. 1110 ..1. .... 1000 0100
ee.vmul.s8                        10.. 1110 ..1. .... 1001 0100
ee.vmul.u16                       10.. 1110 ..1. .... 1010 0100
ee.vmul.u8                        10.. 1110 ..1. .... 1011 0100
ee.vmulas.s16.accx                0001 1010 0.0. .... 1000 0100
ee.vmulas.s16.qacc                0001 1010 0.1. .... 1000 0100
ee.vmulas.s16.qacc.ldbc.incp      100. 0111 .... .... .... 0100
ee.vmulas.s8.accx                 0001 1010 0.0. .... 1100 0100
ee.vmulas.s8.qacc                 0001 1010 0.1. .... 1100 0100
ee.vmulas.s8.qacc.ldbc.incp       101. 0111 .... .... .... 0100
ee.vmulas.u16.accx                0000 1010 0.0. .... 1000 0100
ee.vmulas.u16.qacc                0000 1010 0.1. .... 1000 0100
ee.vmulas.u16.qacc.ldbc.incp      110. 0111 .... .... .... 0100
ee.vmulas.u8.accx                 0000 1010 0.0. .... 1100 0100
ee.vmulas.u8.qacc                 0000 1010 0.1. .... 1100 0100
ee.vmulas.u8.qacc.ldbc.incp       111. 0111 .... .... .... 0100
ee.vprelu.s16                     10.. 1100 ..0. .... .... 0100
ee.vprelu.s8                      10.. 1100 ..1. .... .... 0100
ee.vrelu.s16                      11.. 1101 .001 .... .... 0100
ee.vrelu.s8                       11.. 1101 .101 .... .... 0100
ee.vsl.32                         11.. 1101 .011 1111 0... 0100
ee.vsmulas.s16.qacc               10.. 1110 ..1. .... 1100 0100
ee.vsmulas.s8.qacc                10.. 1110 ..0. .... 010. 0100
ee.vsr.32                         11.. 1101 .011 1111 1... 0100
ee.vst.128.ip                     1... 1010 .... .... .... 0100
ee.vst.128.xp                     10.. 1101 .111 .... .... 0100
ee.vst.h.64.ip                    1... 1011 .... .... .... 0100
ee.vst.h.64.xp                    11.. 1101 .000 .... .... 0100
ee.vst.l.64.ip                    1... 0100 .... .... .... 0100
ee.vst.l.64.xp                    11.. 1101 .100 .... .... 0100
ee.vsubs.s16                      10.. 1110 ..1. .... 1101 0100
ee.vsubs.s32                      10.. 1110 ..1. .... 1110 0100
ee.vsubs.s8                       10.. 1110 ..1. .... 1111 0100
ee.vunzip.16                      11.. 1100 .... 0011 1000 0100
ee.vunzip.32                      11.. 1100 .... 0011 1001 0100
ee.vunzip.8                       11.. 1100 .... 0011 1010 0100
ee.vzip.16                        11.. 1100 .... 0011 1011 0100
ee.vzip.32                        11.. 1100 .... 0011 1100 0100
ee.vzip.8                         11.. 1100 .... 0011 1101 0100
ee.wr_mask_gpio_out               0111 0010 0100 .... .... 0100
ee.xorq                           11.. 1101 .011 ..01 .... 0100
ee.zero.accx                      0010 0101 0000 1000 0000 0100
ee.zero.q                         11.. 1101 .111 1111 1010 0100
ee.zero.qacc                      0010 0101 0000 1000 0100 0100
ld.qr                             11.. 1101 .010 .... .... 0100
mv.qr                             10.. 1111 .000 ..00 00.0 0100
st.qr                             11.. 1101 .110 .... .... 0100
ee.cmul.s16.ld.incp               1110 00.. .000 .... .... 11.. .... 111.
ee.cmul.s16.st.incp               1110 0100 .... 0... .... 00.. .... 111.
ee.fft.ams.s16.ld.incp            1101 00.. .... .... .... .... .... 111.
ee.fft.ams.s16.ld.incp.uaup       1101 01.. .... .... .... .... .... 111.
ee.fft.ams.s16.ld.r32.decp        1101 10.. .... .... .... .... .... 111.
ee.fft.ams.s16.st.incp            1010 0... .... .... .... .... .... 111.
ee.fft.cmul.s16.ld.xp             1101 11.. .... .... .... .... .... 111.
ee.fft.cmul.s16.st.xp             1010 1... .... .... .... .... .... 111.
ee.fft.r2bf.s16.st.incp           1110 1000 .... 1... ..0. 0100 .... 111.
ee.ldf.128.ip                     1000 0... .... .... .... .... .... 111.
ee.ldf.128.xp                     1000 1... .... .... .... .... .... 111.
ee.ldf.64.ip                      1110 00.. .... .... .... 010. .... 111.
ee.ldxq.32                        1110 000. .111 .... .... 1101 .... 111.
ee.src.q.ld.ip                    1110 00.. .... .... .... 00.. .... 111.
ee.src.q.ld.xp                    1110 1000 0... 0... ..00 .... .... 111.
ee.stf.128.ip                     1001 0... .... .... .... .... .... 111.
ee.stf.128.xp                     1001 1... .... .... .... .... .... 111.
ee.stf.64.ip                      1110 00.. .... .... .... 011. .... 111.
ee.stxq.32                        1110 011. .... .000 .... 0000 .... 111.
ee.vadds.s16.ld.incp              1110 00.. .010 .... .... 1101 .... 111.
ee.vadds.s16.st.incp              1110 0100 .... 1... .... 0000 .... 111.
ee.vadds.s32.ld.incp              1110 00.. .011 .... .... 1101 .... 111.
ee.vadds.s32.st.incp              1110 0100 .... 1... .... 0001 .... 111.
ee.vadds.s8.ld.incp               1110 00.. .001 .... .... 1100 .... 111.
ee.vadds.s8.st.incp               1110 0100 .... 1... .... 0010 .... 111.
ee.vmax.s16.ld.incp               1110 00.. .001 .... .... 1101 .... 111.
ee.vmax.s16.st.incp               1110 0100 .... 1... .... 0011 .... 111.
ee.vmax.s32.ld.incp               1110 00.. .001 .... .... 1110 .... 111.
ee.vmax.s32.st.incp               1110 0101 .... 0... .... 0000 .... 111.
ee.vmax.s8.ld.incp                1110 00.. .001 .... .... 1111 .... 111.
ee.vmax.s8.st.incp                1110 0101 .... 1... .... 0000 .... 111.
ee.vmin.s16.ld.incp               1110 00.. .010 .... .... 1110 .... 111.
ee.vmin.s16.st.incp               1110 0101 .... 0... .... 0001 .... 111.
ee.vmin.s32.ld.incp               1110 00.. .011 .... .... 1110 .... 111.
ee.vmin.s32.st.incp               1110 0101 .... 1... .... 0001 .... 111.
ee.vmin.s8.ld.incp                1110 00.. .010 .... .... 1111 .... 111.
ee.vmin.s8.st.incp                1110 0101 .... 0... .... 0010 .... 111.
ee.vmul.s16.ld.incp               1110 00.. .011 .... .... 1111 .... 111.
ee.vmul.s16.st.incp               1110 0101 .... 1... .... 0010 .... 111.
ee.vmul.s8.ld.incp                1110 00.. .100 .... .... 1100 .... 111.
ee.vmul.s8.st.incp                1110 0101 .... 0... .... 0011 .... 111.
ee.vmul.u16.ld.incp               1110 00.. .101 .... .... 1100 .... 111.
ee.vmul.u16.st.incp               1110 0101 .... 1... .... 0011 .... 111.
ee.vmul.u8.ld.incp                1110 00.. .110 .... .... 1100 .... 111.
ee.vmul.u8.st.incp                1110 1000 .... 1... .... 0000 .... 111.
ee.vmulas.s16.accx.ld.ip          1111 .... .000 .000 .... .... .... 111.
ee.vmulas.s16.accx.ld.ip.qup      0000 .... .... .... .... .... .... 111.
ee.vmulas.s16.accx.ld.xp          1111 00.. .001 .000 .... .... .... 111.
ee.vmulas.s16.accx.ld.xp.qup      1011 00.. .... .... .... .... .... 111.
ee.vmulas.s16.qacc.ld.ip          1111 .... .000 .001 .... .... .... 111.
ee.vmulas.s16.qacc.ld.ip.qup      0001 .... .... .... .... .... .... 111.
ee.vmulas.s16.qacc.ld.xp          1111 00.. .001 .001 .... .... .... 111.
ee.vmulas.s16.qacc.ld.xp.qup      1011 01.. .... .... .... .... .... 111.
ee.vmulas.s16.qacc.ldbc.incp.qup  1110 00.. .... .... .... 1000 .... 111.
ee.vmulas.s8.accx.ld.ip           1111 .... .000 .010 .... .... .... 111.
ee.vmulas.s8.accx.ld.ip.qup       0010 .... .... .... .... .... .... 111.
ee.vmulas.s8.accx.ld.xp           1111 00.. .001 .010 .... .... .... 111.
ee.vmulas.s8.accx.ld.xp.qup       1011 10.. .... .... .... .... .... 111.
ee.vmulas.s8.qacc.ld.ip           1111 .... .000 .011 .... .... .... 111.
ee.vmulas.s8.qacc.ld.ip.qup       0011 .... .... .... .... .... .... 111.
ee.vmulas.s8.qacc.ld.xp           1111 00.. .001 .011 .... .... .... 111.
ee.vmulas.s8.qacc.ld.xp.qup       1011 11.. .... .... .... .... .... 111.
ee.vmulas.s8.qacc.ldbc.incp.qup   1110 00.. .... .... .... 1001 .... 111.
ee.vmulas.u16.accx.ld.ip          1111 .... .000 .100 .... .... .... 111.
ee.vmulas.u16.accx.ld.ip.qup      0100 .... .... .... .... .... .... 111.
ee.vmulas.u16.accx.ld.xp          1111 00.. .001 .100 .... .... .... 111.
ee.vmulas.u16.accx.ld.xp.qup      1100 00.. .... .... .... .... .... 111.
ee.vmulas.u16.qacc.ld.ip          1111 .... .000 .101 .... .... .... 111.
ee.vmulas.u16.qacc.ld.ip.qup      0101 .... .... .... .... .... .... 111.
ee.vmulas.u16.qacc.ld.xp          1111 00.. .001 .101 .... .... .... 111.
ee.vmulas.u16.qacc.ld.xp.qup      1100 01.. .... .... .... .... .... 111.
ee.vmulas.u16.qacc.ldbc.incp.qup  1110 00.. .... .... .... 1010 .... 111.
ee.vmulas.u8.accx.ld.ip           1111 .... .000 .110 .... .... .... 111.
ee.vmulas.u8.accx.ld.ip.qup       0110 .... .... .... .... .... .... 111.
ee.vmulas.u8.accx.ld.xp           1111 00.. .001 .110 .... .... .... 111.
ee.vmulas.u8.accx.ld.xp.qup       1100 10.. .... .... .... .... .... 111.
ee.vmulas.u8.qacc.ld.ip           1111 .... .000 .111 .... .... .... 111.
ee.vmulas.u8.qacc.ld.ip.qup       0111 .... .... .... .... .... .... 111.
ee.vmulas.u8.qacc.ld.xp           1111 00.. .001 .111 .... .... .... 111.
ee.vmulas.u8.qacc.ld.xp.qup       1100 11.. .... .... .... .... .... 111.
ee.vmulas.u8.qacc.ldbc.incp.qup   1110 00.. .... .... .... 1011 .... 111.
ee.vsmulas.s16.qacc.ld.incp       1110 00.. .111 .... .... 1100 .... 111.
ee.vsmulas.s8.qacc.ld.incp        1110 00.. .01. .... .... 1100 .... 111.
ee.vsubs.s16.ld.incp              1110 00.. .100 .... .... 1101 .... 111.
ee.vsubs.s16.st.incp              1110 1000 .... 1... .... 0001 .... 111.
ee.vsubs.s32.ld.incp              1110 00.. .101 .... .... 1101 .... 111.
ee.vsubs.s32.st.incp              1110 1000 .... 1... .... 0010 .... 111.
ee.vsubs.s8.ld.incp               1110 00.. .110 .... .... 1101 .... 111.
ee.vsubs.s8.st.incp               1110 1000 .... 1... .... 0011 .... 111.
"""

#: user registers 0, 1...: RUR and WUR of each
_USER_REGISTERS = (
    *("accx_0", "accx_1"),
    *(f"qacc_h_{k}" for k in range(5)),
    *(f"qacc_l_{k}" for k in range(5)),
    *("gpio_out", "sar_byte", "fft_bit_width"),
    *(f"ua_state_{k}" for k in range(4)),
)


def not_modelled(cpu: Cpu) -> None:
    """Raise IllegalInstruction: PIE is not modelled yet."""
    cpu.raise_(Cause.ILLEGAL_INSTRUCTION)


def coprocessor(name: str) -> int | None:
    """Return which coprocessor an instruction of this name needs."""
    if name.endswith(("gpio_out", "gpio_in", "sar_byte")):
        return None
    return 0 if name.startswith(("ee.ldf.", "ee.stf.")) else 3


for _line in _PATTERNS.strip().splitlines():
    _name, _bits = _line.split(None, 1)
    insn(_bits, _name, coprocessor=coprocessor(_name))(not_modelled)
for _number, _register in enumerate(_USER_REGISTERS):
    _high, _low = f"{_number >> 4:04b}", f"{_number & 15:04b}"
    for _name, _bits in (
        (f"rur.{_register}", f"1110 0011 .... {_high} {_low} 0000"),
        (f"wur.{_register}", f"1111 0011 {_high} {_low} .... 0000"),
    ):
        insn(_bits, _name, coprocessor=coprocessor(_name))(not_modelled)
