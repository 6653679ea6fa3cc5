"""DS: RSA signatures with a private key that software only holds encrypted.

Source: ESP32-S3 Technical Reference Manual, "Digital Signature".

C_MEM is what AES-256-CBC makes of exponent, modulus and helping numbers with their digest; its key comes from HMAC in
downstream mode. SET_ME decrypts and checks it, and raises X_MEM to the exponent.

Time: that of the decryption and of an exponentiation of RSA that multiplies for every bit; the result is there at its
end.

Leaves out: that C_MEM, IV and X_MEM cannot be read, the use that it makes of AES, SHA and RSA.
"""

from __future__ import annotations

import hashlib

from esp32s3.aes import CBC, carry_out
from esp32s3.aes_cipher import Aes
from esp32s3.hmac import CONFIGURED, HMAC
from esp32s3.rsa import multiplication_cycles
from twincore.model import RO, WT, Context, Field, Peripheral, Register, Registers, state

NUMBER = 512
"""Bytes of the exponent, of the modulus and of 2^(64 n) mod M in what is encrypted."""
PADDING = b"\x08" * 8
KEY_CYCLES, BLOCK_CYCLES = 64, 16

MD_ERROR, PADDING_BAD = 1, 2
"""QUERY_CHECK."""


class DS(Peripheral):
    """The signer."""

    size = 0x1000

    class C_MEM(Register, offset=0x000, count=396, names="C_MEM[{}]"):
        """Exponent, modulus, 2^(64 n) mod M, digest, -1 / M mod 2^32, words - 1, padding; encrypted."""

    class IV(Register, offset=0x630, count=4, names="IV_{}"):
        IV = Field(31, 0)

    class X_MEM(Register, offset=0x800, count=128, names="X_MEM[{}]"):
        """The message."""

    class Z_MEM(Register, offset=0xA00, count=128, names="Z_MEM[{}]"):
        """The signature."""

    class SET_START(Register, offset=0xE00, access=WT):
        SET_START = Field(0, doc="write 1: take the key from HMAC")

    class SET_ME(Register, offset=0xE04, access=WT):
        SET_ME = Field(0, doc="write 1: sign")

    class SET_FINISH(Register, offset=0xE08, access=WT):
        SET_FINISH = Field(0)

    class QUERY_BUSY(Register, offset=0xE0C, access=RO):
        QUERY_BUSY = Field(0, doc="1: at work, or waiting for a key")

    class QUERY_KEY_WRONG(Register, offset=0xE10, access=RO):
        QUERY_KEY_WRONG = Field(3, 0, doc="while it waits: 0 when HMAC was not asked for a key")

    class QUERY_CHECK(Register, offset=0xE14, access=RO):
        MD_ERROR = Field(0)
        PADDING_BAD = Field(1)

    others = Registers("0xe20 DATE 0x20191217 DATE[29:0]")

    key: bytes = state(b"")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._hmac: HMAC | None = None

    def connect(self) -> None:
        hmac = self.context.block("HMAC")
        self._hmac = hmac if isinstance(hmac, HMAC) else None

    def after_reset(self) -> None:
        for name in ("idle", "signed"):
            self.context.cancel(name)

    def _bytes(self, memory: type[Register], length: int) -> bytes:
        return self.words[memory.index : memory.index + length // 4].tobytes()

    def _be_busy(self, cycles: int, then: str) -> None:
        self.put(self.QUERY_BUSY, 1)
        ticks = cycles * self.context.clock("crypto").period_ticks
        self.context.schedule(self.context.now_ticks() + ticks, then)

    def on_idle(self) -> None:
        self.put(self.QUERY_BUSY, 0)

    def write_SET_START(self, value: int) -> None:
        if not value & 1:
            return
        self.key = b"" if self._hmac is None else self._hmac.ds_key
        was_asked = self._hmac is not None and self._hmac.phase == CONFIGURED
        self.put(self.QUERY_KEY_WRONG, int(was_asked and not self.key))
        if self.key:
            self._be_busy(KEY_CYCLES, "idle")
        else:
            self.put(self.QUERY_BUSY, 1)

    def write_SET_ME(self, value: int) -> None:
        if value & 1 and self.key:
            words, cycles = self._opened()[-1], 4 * self.C_MEM.count // 16 * BLOCK_CYCLES
            self._be_busy(cycles + (64 * words + 2) * multiplication_cycles(words), "signed")

    def write_SET_FINISH(self, value: int) -> None:
        if value & 1:
            self.context.cancel("signed")
            self.key = b""
            self.on_idle()

    def _opened(self) -> tuple[int, int, int, int]:
        """Return what C_MEM holds: the result of the checks, exponent, modulus, words of the numbers."""
        vector = self._bytes(self.IV, 16)
        plain, _ = carry_out(Aes(self.key), CBC, self._bytes(self.C_MEM, 1584), vector, decrypts=True)
        numbers, digest, rest = plain[: 3 * NUMBER], plain[3 * NUMBER :][:32], plain[3 * NUMBER + 32 :]
        helpers, padding = rest[:8], rest[8:]
        is_genuine = hashlib.sha256(numbers + helpers + vector).digest() == digest
        check = (0 if is_genuine else MD_ERROR) | (0 if padding == PADDING else PADDING_BAD)
        words = int.from_bytes(helpers[4:], "little") % 128 + 1
        exponent, modulus = (int.from_bytes(numbers[at : at + 4 * words], "little") for at in (0, NUMBER))
        return check, exponent, modulus, words

    def on_signed(self) -> None:
        """The time is over: sign, or say why not."""
        check, exponent, modulus, words = self._opened()
        self.put(self.QUERY_CHECK, check)
        result = 0
        if not check & MD_ERROR and modulus:
            message = int.from_bytes(self._bytes(self.X_MEM, 4 * words), "little")
            result = pow(message, exponent, modulus)
        content = result.to_bytes(NUMBER, "little")
        self.words[self.Z_MEM.index : self.Z_MEM.index + NUMBER // 4] = memoryview(content).cast("I")
        self.put(self.QUERY_BUSY, 0)
