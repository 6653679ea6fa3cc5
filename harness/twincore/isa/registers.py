"""A core's registers by the names that people use, over the state that an executor keeps.

pc, a0..a15 (of the window), ar0..ar63, ps, f0..f15, m0..m3, q0..q7 (128 bits), and the special and user registers by
their names in the manuals (epc1, excsave2, interrupt, windowstart, qacc_h_0...).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable

from twincore.errors import UsageError
from twincore.isa import config, state

_PS_FIELDS = (("intlevel", 0, 15), ("excm", 4, 1), ("um", 5, 1), ("owb", 8, 15), ("callinc", 16, 3), ("woe", 18, 1))

_INDEXED = {
    **{f"epc{k}": ("epc", k) for k in range(1, 8)},
    **{f"eps{k}": ("eps", k) for k in range(2, 8)},
    **{f"excsave{k}": ("excsave", k) for k in range(1, 8)},
    **{f"{name}{k}": (name, k) for name in ("ibreaka", "dbreaka", "dbreakc") for k in range(2)},
    **{f"ccompare{k}": ("ccompare", k) for k in range(3)},
    **{f"{name}{k}": (name, k) for name in ("misc", "m") for k in range(4)},
    **{f"f{k}": ("f", k) for k in range(16)},
    **{f"accx_{k}": ("accx", k) for k in range(2)},
    **{f"{name}_{k}": (name, k) for name in ("qacc_h", "qacc_l") for k in range(5)},
    **{f"ua_state_{k}": ("ua_state", k) for k in range(4)},
    **{f"ar{k}": ("ar", k) for k in range(config.AR_COUNT)},
}
_PLAIN = tuple(
    r.name
    for r in state.REGISTERS
    if r.count == 1 and not r.name.startswith("ps_") and r.name not in ("windowstart", "interrupt", "waiting")
)
#: 128-bit registers: their first word in the array
_VECTORS = {f"q{k}": 4 * k for k in range(8)}
_NAMES: tuple[str, ...] = (
    "pc",
    *(f"a{k}" for k in range(16)),
    "ps",
    "windowstart",
    "interrupt",
    *(name for name in _PLAIN if name != "pc"),
    *_INDEXED,
    *_VECTORS,
)


class RegisterNames:
    """Adds access by name to a class that has `get` and `set` for the registers of isa.state."""

    get: Callable[..., int]
    set: Callable[..., None]

    def names(self) -> tuple[str, ...]:
        """Return all register names in a fixed order."""
        return _NAMES

    @property
    def lost(self) -> bool:
        """Return whether the double exception vector raised an exception itself, which leaves little but a reset."""
        pc = self.get("pc")
        at_vector = pc == self.get("vecbase") + config.VECTOR_DOUBLE & 0xFFFFFFFF
        return at_vector and self.get("ps_excm") == 1 and self.get("depc") == pc

    def read(self, name: str) -> int:
        """Return the unsigned value of a register."""
        if name in _INDEXED:
            return self.get(*_INDEXED[name])
        if name in _VECTORS:
            return sum(self.get("q", _VECTORS[name] + k) << 32 * k for k in range(4))
        if name == "ps":
            return sum(self.get(f"ps_{field}") << low for field, low, _ in _PS_FIELDS)
        if name == "windowstart":
            return self.get(name) & 0xFFFF
        if name == "interrupt":
            return self.get(name) | self.get("lines") & config.LEVEL_LINES
        if name[0] == "a" and name in _NAMES and name[1:].isdigit():
            return self.get("ar", self._physical(name))
        self._known(name)
        return self.get(name)

    def write(self, name: str, value: int) -> None:
        """Set a register to `value`, cut to its 32 (q0..q7: 128) bits."""
        if name in _VECTORS:
            for k in range(4):
                self.set("q", value >> 32 * k & 0xFFFFFFFF, _VECTORS[name] + k)
            return
        value &= 0xFFFFFFFF
        if name in _INDEXED:
            register, index = _INDEXED[name]
            self.set(register, value, index)
        elif name == "ps":
            for field, low, mask in _PS_FIELDS:
                self.set(f"ps_{field}", value >> low & mask)
        elif name == "windowstart":
            self.set(name, (value & 0xFFFF) * 0x10001)
        elif name == "interrupt":
            self.set(name, value & ~config.LEVEL_LINES)  # the others follow their lines
        elif name[0] == "a" and name in _NAMES and name[1:].isdigit():
            self.set("ar", value, self._physical(name))
        else:
            self._known(name)
            self.set(name, value)

    def _physical(self, name: str) -> int:
        return (self.get("windowbase") * 4 + int(name[1:])) % config.AR_COUNT

    def _known(self, name: str) -> None:
        if name in _PLAIN:
            return
        near = difflib.get_close_matches(name, _NAMES, 1)
        hint = f"did you mean {near[0]}?" if near else "names() lists them"
        raise UsageError("register", f"expected a register of the LX7, got {name!r}", next_step=hint)
