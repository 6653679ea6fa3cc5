"""The chip's registers and their fields by the names of its manual."""

from __future__ import annotations

import difflib
from functools import cached_property

from twincore.engines.protocol import ChipRegister
from twincore.errors import UsageError
from twincore.machine.machine import Machine
from twincore.model import Field


class ChipRegisters:
    """Implements `twincore.engines.protocol.ChipRegisters` for a machine."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    @cached_property
    def _addresses(self) -> dict[str, int]:
        return self._machine.registers()

    def get(self, name: str) -> ChipRegister | None:
        """Return a register, "GPIO.OUT_W1TS", or a field, "GPIO.PIN4.PAD_DRIVER"; None where none is called so."""
        address = self._addresses.get(name)
        if address is not None:
            return ChipRegister(name, address)
        register, _, wanted = name.rpartition(".")
        address = self._addresses.get(register)
        field = None if address is None else next((f for f in self._fields(register) if f.name == wanted), None)
        if address is None or field is None:
            return None
        return ChipRegister(name, address, field.lo, field.hi - field.lo + 1)

    def find(self, name: str) -> ChipRegister:
        """Return a register or a field, however its letters are written; UsageError that names close ones."""
        wanted = name.strip().upper()
        found = self.get(wanted)
        if found is not None:
            return found
        register, _, field = wanted.rpartition(".")
        if register in self._addresses:
            self._refuse_field(name, register, field)
        close = difflib.get_close_matches(wanted, self._addresses, 3)
        raise UsageError(
            "register",
            f"expected the name of a register of the chip, got {name!r}",
            next_step=f"did you mean {' or '.join(close)}?" if close else "write BLOCK.REGISTER, GPIO.OUT_W1TS",
        )

    def describe(self, address: int) -> str:
        """Return the name of the register at an address, "GPIO.OUT_W1TS"; the address where it has none."""
        return self._machine.register_name(address)

    def _fields(self, register: str) -> tuple[Field, ...]:
        block, _, _ = register.partition(".")
        peripheral = self._machine.peripherals.get(block)
        if peripheral is None:
            return ()
        return peripheral.fields_at(peripheral.register_offsets().get(register.removeprefix(f"{block}."), -1))

    def _refuse_field(self, name: str, register: str, field: str) -> None:
        names = [known.name for known in self._fields(register)]
        if not names:
            raise UsageError(
                "register",
                f"expected {register} without a field, got {name!r}: twincore knows no fields of it",
                next_step="compare its bits with a mask: 'Memory Word Should Be' has one",
            )
        close = difflib.get_close_matches(field, names, 3)
        raise UsageError(
            "register",
            f"expected a field of {register}, got {name!r}",
            next_step=f"did you mean {' or '.join(close)}?" if close else f"it has {', '.join(names)}",
        )
