"""RMT: four transmitters and four receivers of pulse trains.

Source: ESP32-S3 Technical Reference Manual, "Remote Control Peripheral (RMT)"; DMA_ACCESS_EN by ESP-IDF's
soc/rmt_struct.h. Pulses are exact to the tick of the channel's clock; a transmission begins when TX_START is written.

Where the manual is silent: a carrier counts from the beginning of its transmission; continuous mode that stops by
itself raises TX_LOOP and not TX_END (ESP-IDF's driver relies on it); DMA brings half a block at a time.

Leaves out: waiting for CONF_UPDATE (a configuration counts when it is written, TX_STOP with CONF_UPDATE), threshold
events in continuous mode, the ownership of memory, error flags of the FIFO access, memory that is powered down,
REF_CNT_RST (dividers begin with their channel).
"""

from __future__ import annotations

from esp32s3.rmt_rx import Receiver
from esp32s3.rmt_tx import Transmitter


class RMT(Transmitter, Receiver):
    """Interrupt: interrupt. Lines: out0 to out3."""

    def after_reset(self) -> None:
        self.tx_reset()
        self.rx_reset()
        self._update_interrupts()

    def _clock_changed(self) -> None:
        self._tx_clock_changed()
        self._rx_clock_changed()
