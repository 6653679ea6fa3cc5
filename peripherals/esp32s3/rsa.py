"""RSA: the accelerator for big numbers: modular exponentiation, modular multiplication, multiplication.

Source: ESP32-S3 Technical Reference Manual, "RSA Accelerator".

Operands are little-endian words. The engine multiplies in Montgomery's way, for which software brings two numbers that
belong to the modulus; when they do not, that is reported, and the result is that of the right ones.

Time: a Montgomery multiplication of n words takes 2n^2 + 7n cycles of the crypto clock. That fits the one published
measurement (a modular multiplication of 64 words, which is two of them, in 108 us at 160 MHz: forum of the vendor,
topic 23830). An exponentiation squares for each bit of the exponent that it looks at, and multiplies for each, or with
CONSTANT_TIME 0 for each that is set. Results appear at the end of the time.

Leaves out: the time in which memory is cleared after a reset, its power (SYSTEM.RSA_PD_CTRL), that M_MEM, X_MEM and
Y_MEM cannot be read, what an operation leaves in them.
"""

from __future__ import annotations

from twincore.model import RO, WT, Context, Field, Peripheral, Register, Registers, state

WORDS = 128


def multiplication_cycles(words: int) -> int:
    """Return how long a Montgomery multiplication of as many words takes."""
    return 2 * words * words + 7 * words


class RSA(Peripheral):
    """Interrupt: interrupt."""

    size = 0x1000

    class M_MEM(Register, offset=0x000, count=WORDS, names="M_MEM[{}]"):
        """The modulus."""

    class Z_MEM(Register, offset=0x200, count=WORDS, names="Z_MEM[{}]"):
        """Before: 2^(64 n) mod M, or the second factor of a multiplication in the upper half. After: the result."""

    class Y_MEM(Register, offset=0x400, count=WORDS, names="Y_MEM[{}]"):
        """The exponent, or the second factor."""

    class X_MEM(Register, offset=0x600, count=WORDS, names="X_MEM[{}]"):
        """The base, or the first factor."""

    class M_PRIME(Register, offset=0x800):
        M_PRIME = Field(31, 0, doc="-1 / M mod 2^32")

    class MODE(Register, offset=0x804):
        MODE = Field(6, 0, doc="words of the operands - 1; of a multiplication: of the product")

    class CLEAN(Register, offset=0x808, access=RO):
        CLEAN = Field(0, doc="1: memory has been cleared after the reset")

    class MODEXP_START(Register, offset=0x80C, access=WT):
        MODEXP_START = Field(0)

    class MODMULT_START(Register, offset=0x810, access=WT):
        MODMULT_START = Field(0)

    class MULT_START(Register, offset=0x814, access=WT):
        MULT_START = Field(0)

    class IDLE(Register, offset=0x818, access=RO):
        IDLE = Field(0)

    class CLEAR_INTERRUPT(Register, offset=0x81C, access=WT):
        CLEAR_INTERRUPT = Field(0)

    class CONSTANT_TIME(Register, offset=0x820, reset=1):
        CONSTANT_TIME = Field(0, doc="1: multiply for every bit of the exponent")

    class SEARCH_ENABLE(Register, offset=0x824):
        SEARCH_ENABLE = Field(0, doc="1: begin at the exponent's bit SEARCH_POS")

    class SEARCH_POS(Register, offset=0x828):
        SEARCH_POS = Field(11, 0)

    class INTERRUPT_ENA(Register, offset=0x82C):
        INTERRUPT_ENA = Field(0)

    others = Registers("0x830 DATE 0x20191231 DATE[29:0]")

    is_done: int = state(0)
    """The interrupt before INTERRUPT_ENA."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")

    def after_reset(self) -> None:
        for name in ("modexp", "modmult", "mult"):
            self.context.cancel(name)
        self.put(self.CLEAN.CLEAN, 1)
        self.put(self.IDLE.IDLE, 1)
        self._update_interrupt()

    # Operands

    def _number(self, memory: type[Register], words: int, first: int = 0) -> int:
        start = memory.index + first
        return int.from_bytes(self.words[start : start + words].tobytes(), "little")

    def _finish(self, result: int, words: int) -> None:
        content = result.to_bytes(4 * words, "little")
        self.words[self.Z_MEM.index : self.Z_MEM.index + words] = memoryview(content).cast("I")
        self.put(self.IDLE.IDLE, 1)
        self.is_done = 1
        self._update_interrupt()

    @property
    def _size(self) -> int:
        return self.get(self.MODE.MODE) + 1

    def _modulus(self) -> int:
        """Return the modulus; report where what software has worked out for it is wrong."""
        size = self._size
        modulus = self._number(self.M_MEM, size)
        if modulus % 2 == 0 or modulus * self.get(self.M_PRIME) & 0xFFFF_FFFF != 0xFFFF_FFFF:
            self.context.unmodelled(f"{self.context.name}.M_PRIME that is not -1 / M")
        elif self._number(self.Z_MEM, size) != (1 << 64 * size) % modulus:
            self.context.unmodelled(f"{self.context.name}.Z_MEM that is not 2^{64 * size} mod M")
        return modulus

    def _exponent(self) -> tuple[int, int]:
        """Return the exponent as far as it is looked at, and how many bits that are."""
        bits = 32 * self._size
        if self.get(self.SEARCH_ENABLE):
            bits = min(self.get(self.SEARCH_POS) + 1, bits)
        return self._number(self.Y_MEM, self._size) & (1 << bits) - 1, bits

    # Operations

    def _start(self, value: int, name: str, cycles: int) -> None:
        if value & 1 and self.get(self.IDLE.IDLE):
            self.put(self.IDLE.IDLE, 0)
            ticks = cycles * self.context.clock("crypto").period_ticks
            self.context.schedule(self.context.now_ticks() + ticks, name)

    def write_MODEXP_START(self, value: int) -> None:
        exponent, bits = self._exponent()
        multiplications = bits + (bits if self.get(self.CONSTANT_TIME) else exponent.bit_count())
        conversions = 2  # into Montgomery's form and out of it
        self._start(value, "modexp", (multiplications + conversions) * multiplication_cycles(self._size))

    def write_MODMULT_START(self, value: int) -> None:
        self._start(value, "modmult", 2 * multiplication_cycles(self._size))

    def write_MULT_START(self, value: int) -> None:
        self._start(value, "mult", multiplication_cycles((self._size + 1) // 2) // 2)

    def on_modexp(self) -> None:
        modulus = self._modulus()
        exponent, _ = self._exponent()
        self._finish(pow(self._number(self.X_MEM, self._size), exponent, modulus) if modulus else 0, self._size)

    def on_modmult(self) -> None:
        modulus, size = self._modulus(), self._size
        product = self._number(self.X_MEM, size) * self._number(self.Y_MEM, size)
        self._finish(product % modulus if modulus else 0, size)

    def on_mult(self) -> None:
        half = self._size // 2
        self._finish(self._number(self.X_MEM, half) * self._number(self.Z_MEM, half, first=half), 2 * half)

    # Interrupt

    def _update_interrupt(self) -> None:
        self.interrupt.set(self.is_done & self.get(self.INTERRUPT_ENA))

    def write_CLEAR_INTERRUPT(self, value: int) -> None:
        if value & 1:
            self.is_done = 0
        self._update_interrupt()

    def write_INTERRUPT_ENA(self, value: int) -> None:
        self._update_interrupt()
