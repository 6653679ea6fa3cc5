"""What a suite imports the library with, and the engine that this makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from twincore.engines.protocol import Engine
from twincore.errors import UsageError
from twincore.keywords.values import EngineName, PowerOnContent, Unmodelled

if TYPE_CHECKING:
    from twincore.machine.platform_file import Platform

_Choice = TypeVar("_Choice", EngineName, PowerOnContent, Unmodelled)


@dataclass(frozen=True)
class Options:
    """What the library was imported with."""

    engine: EngineName = EngineName.embedded
    board: str = "generic"
    seed: int = 0
    quantum: int = 64
    rom: str = "open"
    sram: PowerOnContent = PowerOnContent.pattern
    unmodelled: Unmodelled = Unmodelled.report
    console: str = "UART0"
    flash_size: str = ""
    psram: str = ""
    efuse: str = ""
    mac: str = ""
    straps: str = ""
    peripherals: tuple[str, ...] = ()
    """Lines of peripherals that a suite adds to the board (`twincore.machine.peripheral_line`)."""

    @classmethod
    def of(cls, **given: object) -> Options:
        """Read options as a suite gives them, as text or as values. Raises UsageError."""
        given = vars(cls()) | given
        read: dict[str, Any] = dict(given)
        read["engine"] = _choice("engine", EngineName, given["engine"])
        read["sram"] = _choice("sram", PowerOnContent, given["sram"])
        read["unmodelled"] = _choice("unmodelled", Unmodelled, given["unmodelled"])
        for name in ("seed", "quantum"):
            read[name] = _whole(name, given[name])
        return cls(**read)


def called(name: str) -> str:
    """Return what an error calls an option."""
    return f"option {name} of the library"


def _choice(name: str, kind: type[_Choice], value: object) -> _Choice:
    for member in kind:
        if value is member or str(value).strip().lower() == member.name:
            return member
    names = [member.name for member in kind]
    raise UsageError(
        called(name),
        f"expected {' or '.join(names)}, got {str(value)!r}",
        next_step=f"write {name}={names[0]} where the library is imported",
    )


def _whole(name: str, value: object) -> int:
    try:
        return value if isinstance(value, int) else int(str(value).replace(" ", ""), 0)
    except ValueError as error:
        raise UsageError(
            called(name),
            f"expected a whole number, got {str(value)!r}",
            next_step=f"write {name}=7 where the library is imported",
        ) from error


def board_of(options: Options) -> Platform:
    """Read the board that the options name."""
    from twincore.machine.board_options import load_board

    return load_board(
        options.board,
        flash_size=options.flash_size or None,
        psram=options.psram or None,
        efuse=options.efuse or None,
        mac=options.mac or None,
        straps=options.straps or None,
        peripherals=options.peripherals,
        called=called,
    )


def make_engine(options: Options) -> Engine:
    """Build the engine that the options name."""
    from twincore.engines.embedded import EmbeddedEngine

    return EmbeddedEngine(
        board_of(options),
        seed=options.seed,
        sram=options.sram.value,
        quantum_cycles=options.quantum,
        unmodelled=options.unmodelled.value,
    )
