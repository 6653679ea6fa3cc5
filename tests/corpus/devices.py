"""What the boards of some images have on their buses."""

from __future__ import annotations

from twincore.devices import DeviceContext, I2cDevice, I2sDevice, I2sFormat, SpiDevice
from twincore.model import state


class RegisterMap(I2cDevice):
    """Registers of a byte that read back what was written; their numbers have `number_bytes` and go up by themselves.

    content: what they hold when power comes, {number: value}.
    """

    written: list[int] = state([])
    """Numbers and values, alternating."""
    number: int = state(0)
    missing: int = state(0)
    """Bytes of the number that are still to come."""

    def __init__(
        self, context: DeviceContext, address: int, *, number_bytes: int = 1, content: dict[str, int] | None = None
    ) -> None:
        super().__init__(context, address)
        self.number_bytes = number_bytes
        self.content = {int(number, 0): value for number, value in (content or {}).items()}

    def start(self, *, is_read: bool) -> bool:
        if not is_read:
            self.number, self.missing = 0, self.number_bytes
        return True

    def write(self, byte: int) -> bool:
        if self.missing:
            self.number = self.number << 8 | byte
            self.missing -= 1
        else:
            self.written += [self.number, byte]
            self.number += 1
        return True

    def read(self, *, is_last: bool) -> int:
        number, self.number = self.number, self.number + 1
        written = dict(zip(self.written[::2], self.written[1::2], strict=True))
        return written.get(number, self.content.get(number, 0))


class Sx1276(SpiDevice):
    """A LoRa transceiver that knows its version: a byte with the register's number, then its content."""

    VERSION = 0x42
    number: int = state(-1)

    def selected(self) -> None:
        self.number = -1

    def exchange(self, value: int, bits: int) -> int:
        if self.number < 0:
            self.number = value
            return 0
        return 0x12 if self.number == self.VERSION else 0


class Codec(I2sDevice):
    """Counts what is played, and hears a tone."""

    frames_played: int = state(0)
    frames_heard: int = state(0)
    rate_hz_of_chip: int = state(0)

    def play(self, content: bytes, form: I2sFormat) -> None:
        self.frames_played += len(content) // form.frame_bytes
        self.rate_hz_of_chip = form.rate_hz

    def record(self, frames: int, form: I2sFormat) -> bytes:
        self.frames_heard += frames
        return b"\x00\x10" * (frames * form.slots)
