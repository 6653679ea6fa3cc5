"""XTS_AES: encryption of data that software writes to flash itself, decryption of what the caches read.

Source: ESP32-S3 Technical Reference Manual, "External Memory Encryption and Decryption".

Software writes 16, 32 or 64 bytes to PLAIN, at the place in 64 bytes that their address has, and triggers; after
RELEASE, SPI1 asks for the result and its place (`released`) in place of its own address and buffer, until DESTROY. (The
mask ROM sets neither for a write that is encrypted.)

A block of 16 bytes takes two of AES, for itself and for its tweak; decryption for the caches takes no time.

Leaves out: encryption of PSRAM (software sees no difference), the protection against power analysis, decryption in
download mode.
"""

from __future__ import annotations

from esp32s3.efuse import EFUSE
from esp32s3.system import SYSTEM
from esp32s3.xts import Xts, key_of
from twincore.model import RO, WT, Context, Field, Peripheral, Register, Registers, state

LINE = 64
"""Bytes of PLAIN."""
BLOCK_CYCLES = 2 * 15

IDLE, BUSY, COMPLETE, RELEASED = range(4)
"""STATE."""


class XTS_AES(Peripheral):
    """For SPI1: `released`; for the caches: `flash_cipher`."""

    size = 0x1000

    class PLAIN(Register, offset=0x000, count=LINE // 4, names="PLAIN_{}"):
        PLAIN = Field(31, 0)

    class LINESIZE(Register, offset=0x040):
        LINESIZE = Field(0, doc="0: 16 bytes, 1: 32, 2 (which does not read back): 64")

    class DESTINATION(Register, offset=0x044):
        DESTINATION = Field(0, doc="0: flash")

    class TRIGGER(Register, offset=0x04C, access=WT):
        TRIGGER = Field(0)

    class RELEASE(Register, offset=0x050, access=WT):
        RELEASE = Field(0)

    class DESTROY(Register, offset=0x054, access=WT):
        DESTROY = Field(0)

    class STATE(Register, offset=0x058, access=RO):
        STATE = Field(1, 0)

    others = Registers("""
        0x048 PHYSICAL_ADDRESS 0x0 PHYSICAL_ADDRESS[29:0]
        0x05c DATE 0x20200111 DATE[29:0]
    """)
    PHYSICAL_ADDRESS = others.registers["PHYSICAL_ADDRESS"]

    line_size: int = state(16)
    encrypted: bytes = state(b"")
    place: int = state(0)
    """Address of what is encrypted."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._efuse: EFUSE | None = None
        self._cipher: tuple[bytes, Xts] | None = None
        self._system: SYSTEM | None = None

    def connect(self) -> None:
        efuse, system = self.context.block("EFUSE"), self.context.block("SYSTEM")
        self._efuse = efuse if isinstance(efuse, EFUSE) else None
        self._system = system if isinstance(system, SYSTEM) else None

    def after_reset(self) -> None:
        self.context.cancel("done")

    def released(self) -> tuple[int, bytes] | None:
        """Return where and what SPI1 writes to flash in place of its own, None when it keeps to that."""
        return (self.place, self.encrypted) if self.get(self.STATE) == RELEASED else None

    def flash_cipher(self) -> Xts | None:
        """Return how the flash is encrypted, the same object while the key is the same; None while it is not."""
        if self._efuse is None or not self._efuse.flash_is_encrypted():
            return None
        key = key_of(self._efuse)
        if self._cipher is None or self._cipher[0] != key:
            self._cipher = key, Xts(key)
        return self._cipher[1]

    def write_LINESIZE(self, value: int) -> None:
        self.line_size = 16 << min(value & 3, 2)

    def write_DESTINATION(self, value: int) -> None:
        if value & 1:
            self.context.unmodelled(f"{self.context.name}.DESTINATION 1")

    def write_TRIGGER(self, value: int) -> None:
        if value & 1 and self._is_enabled():
            self.put(self.STATE, BUSY)
            ticks = self.line_size // 16 * BLOCK_CYCLES * self.context.clock("crypto").period_ticks
            self.context.schedule(self.context.now_ticks() + ticks, "done")

    def _is_enabled(self) -> bool:
        if self._system is None:
            return False
        control = self._system.registers["EXTERNAL_DEVICE_ENCRYPT_DECRYPT_CONTROL"]
        return bool(self._system.get(control) & 1)  # ENABLE_SPI_MANUAL_ENCRYPT

    def on_done(self) -> None:
        self.place = self.get(self.PHYSICAL_ADDRESS) & -self.line_size
        first = self.PLAIN.index + self.place % LINE // 4
        plain = self.words[first : first + self.line_size // 4].tobytes()
        if self._efuse is not None:
            self.encrypted = Xts(key_of(self._efuse)).encrypt(self.place, plain)
        self.put(self.STATE, COMPLETE)

    def write_RELEASE(self, value: int) -> None:
        if value & 1 and self.get(self.STATE) == COMPLETE:
            self.put(self.STATE, RELEASED)

    def write_DESTROY(self, value: int) -> None:
        if value & 1:
            self.context.cancel("done")
            self.encrypted = b""
            self.put(self.STATE, IDLE)
