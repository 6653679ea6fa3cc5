"""Registers, interrupts, formats and clock dividers of an I2S controller."""

from __future__ import annotations

from esp32s3.i2s_wires import Layout
from twincore.model import Context, Field, Peripheral, Registers

RX, TX = 0, 1
"""Directions: their bits in the interrupt registers, their places in lists."""
NAMES = "RX", "TX"
DONE, HUNG = 0, 2
"""Bits of the interrupt registers, for RX; TX has the ones above."""

XTAL, PLL_240M, PLL_160M, EXTERNAL = range(4)
"""CLK_SEL."""

PDM_BITS = 64
"""Bits of PDM that make a sample, times the oversampling."""


class I2sRegisters(Peripheral):
    """What registers say, by direction.

    RX_* and TX_* are alike: what both directions have in common is looked up by its name behind the prefix.
    """

    size = 0x1000

    table = Registers("""
        0x00c INT_RAW 0x0 RX_DONE_INT_RAW[0]:W1C TX_DONE_INT_RAW[1]:W1C RX_HUNG_INT_RAW[2]:W1C
          + TX_HUNG_INT_RAW[3]:W1C
        0x010 INT_ST 0x0 RX_DONE_INT_ST[0]:RO TX_DONE_INT_ST[1]:RO RX_HUNG_INT_ST[2]:RO TX_HUNG_INT_ST[3]:RO
        0x014 INT_ENA 0x0 RX_DONE_INT_ENA[0] TX_DONE_INT_ENA[1] RX_HUNG_INT_ENA[2] TX_HUNG_INT_ENA[3]
        0x018 INT_CLR 0x0 RX_DONE_INT_CLR[0]:WT TX_DONE_INT_CLR[1]:WT RX_HUNG_INT_CLR[2]:WT TX_HUNG_INT_CLR[3]:WT
        0x020 RX_CONF 0x9600 RX_RESET[0]:WT RX_FIFO_RESET[1]:WT RX_START[2] RX_SLAVE_MOD[3] RX_MONO[5]
          + RX_BIG_ENDIAN[7] RX_UPDATE[8] RX_MONO_FST_VLD[9] RX_PCM_CONF[11:10] RX_PCM_BYPASS[12]
          + RX_STOP_MODE[14:13] RX_LEFT_ALIGN[15] RX_24_FILL_EN[16] RX_WS_IDLE_POL[17] RX_BIT_ORDER[18]
          + RX_TDM_EN[19] RX_PDM_EN[20]
        0x024 TX_CONF 0xb200 TX_RESET[0]:WT TX_FIFO_RESET[1]:WT TX_START[2] TX_SLAVE_MOD[3] TX_MONO[5]
          + TX_CHAN_EQUAL[6] TX_BIG_ENDIAN[7] TX_UPDATE[8] TX_MONO_FST_VLD[9] TX_PCM_CONF[11:10] TX_PCM_BYPASS[12]
          + TX_STOP_EN[13] TX_LEFT_ALIGN[15] TX_24_FILL_EN[16] TX_WS_IDLE_POL[17] TX_BIT_ORDER[18] TX_TDM_EN[19]
          + TX_PDM_EN[20] TX_CHAN_MOD[26:24] SIG_LOOPBACK[27]
        0x028 RX_CONF1 0x2f3de300 RX_TDM_WS_WIDTH[6:0] RX_BCK_DIV_NUM[12:7] RX_BITS_MOD[17:13]
          + RX_HALF_SAMPLE_BITS[23:18] RX_TDM_CHAN_BITS[28:24] RX_MSB_SHIFT[29]
        0x02c TX_CONF1 0x6f3de300 TX_TDM_WS_WIDTH[6:0] TX_BCK_DIV_NUM[12:7] TX_BITS_MOD[17:13]
          + TX_HALF_SAMPLE_BITS[23:18] TX_TDM_CHAN_BITS[28:24] TX_MSB_SHIFT[29] TX_BCK_NO_DLY[30]
        0x030 RX_CLKM_CONF 0x2 RX_CLKM_DIV_NUM[7:0] RX_CLK_ACTIVE[26] RX_CLK_SEL[28:27] MCLK_SEL[29]
        0x034 TX_CLKM_CONF 0x2 TX_CLKM_DIV_NUM[7:0] TX_CLK_ACTIVE[26] TX_CLK_SEL[28:27] CLK_EN[29]
        0x038 RX_CLKM_DIV_CONF 0x200 RX_CLKM_DIV_Z[8:0] RX_CLKM_DIV_Y[17:9] RX_CLKM_DIV_X[26:18] RX_CLKM_DIV_YN1[27]
        0x03c TX_CLKM_DIV_CONF 0x200 TX_CLKM_DIV_Z[8:0] TX_CLKM_DIV_Y[17:9] TX_CLKM_DIV_X[26:18] TX_CLKM_DIV_YN1[27]
        0x050 RX_TDM_CTRL 0xffff RX_TDM_PDM_CHAN0_EN[0] RX_TDM_PDM_CHAN1_EN[1] RX_TDM_PDM_CHAN2_EN[2]
          + RX_TDM_PDM_CHAN3_EN[3] RX_TDM_PDM_CHAN4_EN[4] RX_TDM_PDM_CHAN5_EN[5] RX_TDM_PDM_CHAN6_EN[6]
          + RX_TDM_PDM_CHAN7_EN[7] RX_TDM_CHAN8_EN[8] RX_TDM_CHAN9_EN[9] RX_TDM_CHAN10_EN[10] RX_TDM_CHAN11_EN[11]
          + RX_TDM_CHAN12_EN[12] RX_TDM_CHAN13_EN[13] RX_TDM_CHAN14_EN[14] RX_TDM_CHAN15_EN[15]
          + RX_TDM_TOT_CHAN_NUM[19:16]
        0x054 TX_TDM_CTRL 0xffff TX_TDM_CHAN0_EN[0] TX_TDM_CHAN1_EN[1] TX_TDM_CHAN2_EN[2] TX_TDM_CHAN3_EN[3]
          + TX_TDM_CHAN4_EN[4] TX_TDM_CHAN5_EN[5] TX_TDM_CHAN6_EN[6] TX_TDM_CHAN7_EN[7] TX_TDM_CHAN8_EN[8]
          + TX_TDM_CHAN9_EN[9] TX_TDM_CHAN10_EN[10] TX_TDM_CHAN11_EN[11] TX_TDM_CHAN12_EN[12] TX_TDM_CHAN13_EN[13]
          + TX_TDM_CHAN14_EN[14] TX_TDM_CHAN15_EN[15] TX_TDM_TOT_CHAN_NUM[19:16] TX_TDM_SKIP_MSK_EN[20]
        0x058 RX_TIMING 0x0 RX_SD_IN_DM[1:0] RX_WS_OUT_DM[17:16] RX_BCK_OUT_DM[21:20] RX_WS_IN_DM[25:24]
          + RX_BCK_IN_DM[29:28]
        0x05c TX_TIMING 0x0 TX_SD_OUT_DM[1:0] TX_SD1_OUT_DM[5:4] TX_WS_OUT_DM[17:16] TX_BCK_OUT_DM[21:20]
          + TX_WS_IN_DM[25:24] TX_BCK_IN_DM[29:28]
        0x060 LC_HUNG_CONF 0x810 LC_FIFO_TIMEOUT[7:0] LC_FIFO_TIMEOUT_SHIFT[10:8] LC_FIFO_TIMEOUT_ENA[11]
        0x064 RXEOF_NUM 0x40 RX_EOF_NUM[11:0]
        0x068 CONF_SIGLE_DATA 0x0 SINGLE_DATA[31:0]
        0x06c STATE 0x1 TX_IDLE[0]:RO
        0x080 DATE 0x2009070 DATE[27:0]
    """)
    INT_RAW = table.registers["INT_RAW"]
    INT_ENA = table.registers["INT_ENA"]
    INT_ST = table.registers["INT_ST"]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")

    def _field(self, register: str, name: str) -> Field:
        field: Field = getattr(self.registers[register], name)
        return field

    def _of(self, direction: int, register: str, name: str) -> int:
        """Return the value of a field by its names without the direction's prefix."""
        prefix = NAMES[direction]
        return self.get(self._field(f"{prefix}_{register}", f"{prefix}_{name}"))

    # Format

    def _is_pdm(self, direction: int) -> bool:
        return bool(self._of(direction, "CONF", "PDM_EN"))

    def _sample_bytes(self, direction: int) -> int:
        return -(-(self._of(direction, "CONF1", "BITS_MOD") + 1) // 8)

    def _channels(self, direction: int) -> list[int]:
        """Return the slots whose samples are in memory, in their order."""
        enabled = self.get(self.registers[f"{NAMES[direction]}_TDM_CTRL"])
        if self._is_pdm(direction):
            return [0] if direction == TX else [n for n in range(8) if enabled >> n & 1]
        slots = range(self._frame_layout(direction).slots)
        if direction == TX and self._of(TX, "TDM_CTRL", "TDM_SKIP_MSK_EN"):
            return list(slots)
        channels = [n for n in slots if enabled >> n & 1]
        if self._of(direction, "CONF", "MONO") and len(channels) > 1:
            return channels[:1] if self._of(direction, "CONF", "MONO_FST_VLD") else channels[1:2]
        return channels

    def _frame_layout(self, direction: int) -> Layout:
        """Return how a frame lies on the wire."""
        slots, slot_bits, bits = (
            self._of(direction, register, name) + 1
            for register, name in (("TDM_CTRL", "TDM_TOT_CHAN_NUM"), ("CONF1", "TDM_CHAN_BITS"), ("CONF1", "BITS_MOD"))
        )
        return Layout(slots, slot_bits, bits)

    def _memory_bytes(self, direction: int) -> int:
        """Return how many bytes of memory a frame takes."""
        return len(self._channels(direction)) * self._sample_bytes(direction)

    def _has_converter(self, direction: int) -> bool:
        """Tell whether samples are turned into PDM, or PDM into samples, on their way."""
        return False

    def _report_unmodelled(self, direction: int) -> None:
        name, prefix = self.context.name, NAMES[direction]
        if self._is_pdm(direction) and not self._has_converter(direction):
            self.context.unmodelled(f"{name}.{prefix}_CONF.{prefix}_PDM_EN without a converter")
        if not self._of(direction, "CONF", "PCM_BYPASS"):
            self.context.unmodelled(f"{name}.{prefix}_CONF.{prefix}_PCM_CONF")
        if not self._of(direction, "CONF", "SLAVE_MOD") and self._of(direction, "CLKM_CONF", "CLK_SEL") == EXTERNAL:
            self.context.unmodelled(f"{name}.{prefix}_CLKM_CONF.{prefix}_CLK_SEL {EXTERNAL}: an external clock")

    # Clocks

    def _shares_clocks(self) -> int:
        return self.get(self._field("TX_CONF", "SIG_LOOPBACK"))

    def _master_clock(self, direction: int) -> tuple[int, int]:
        """Return the ticks of the clock before BCK's divider: a numerator, 0 when it stands, and a denominator."""
        source = self._of(direction, "CLKM_CONF", "CLK_SEL")
        pll = self.context.clock("pll").period_ticks
        period = (self.context.clock("xtal").period_ticks, 2 * pll, 3 * pll, 0)[source]
        x, y, z = (self._of(direction, "CLKM_DIV_CONF", f"CLKM_DIV_{name}") for name in "XYZ")
        whole = self._of(direction, "CLKM_CONF", "CLKM_DIV_NUM") or 256
        a = (x + 1) * z + y or 1
        b = a - z if self._of(direction, "CLKM_DIV_CONF", "CLKM_DIV_YN1") else z
        return period * (whole * a + b), a

    def _frame_bits(self, direction: int) -> int:
        """Return how many periods of BCK a frame takes."""
        if self._is_pdm(direction):
            return PDM_BITS * self._oversampling(direction)
        layout = self._frame_layout(direction)
        return layout.slots * layout.slot_bits

    def _oversampling(self, direction: int) -> int:
        """Return how many times 64 bits of PDM a sample takes."""
        return 1

    # Interrupts

    def _raise(self, number: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) | 1 << number)
        self._update_interrupts()

    def _update_interrupts(self) -> None:
        active = self.get(self.INT_RAW) & self.get(self.INT_ENA)
        self.put(self.INT_ST, active)
        self.interrupt.set(int(active != 0))

    def write_INT_RAW(self, value: int) -> None:
        self._update_interrupts()

    def write_INT_ENA(self, value: int) -> None:
        self._update_interrupts()

    def write_INT_CLR(self, value: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) & ~value)
        self._update_interrupts()
