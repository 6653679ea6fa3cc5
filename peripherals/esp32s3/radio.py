"""Power switches of the radio's parts (FE2, FE, NRX, BB): every ESP-IDF application writes them at its start.

Source: ESP-IDF's register headers of the esp32s3 (soc/fe_reg.h, soc/nrx_reg.h, soc/bb_reg.h). The radio itself is not
modelled: everything else in these blocks is reported as unmodelled.
"""

from __future__ import annotations

from twincore.model import Peripheral, Registers


class FE2(Peripheral):
    """The second part of the radio front end."""

    size = 0x100
    others = Registers("0x0f0 TX_INTERP_CTRL 0x0 TX_INTERP_CTRL[31:0]")


class FE(Peripheral):
    """The radio front end."""

    size = 0x100
    others = Registers("0x090 GEN_CTRL 0x0 GEN_CTRL[31:0]")


class NRX(Peripheral):
    """The receiver."""

    size = 0x100
    others = Registers("0x0d4 NRXPD_CTRL 0x0 NRXPD_CTRL[31:0]")


class BB(Peripheral):
    """The base band."""

    size = 0x100
    others = Registers("""
        0x054 BBPD_CTRL 0x0 DC_EST_FORCE_PD[0] DC_EST_FORCE_PU[1] FFT_FORCE_PD[2] FFT_FORCE_PU[3]
    """)
