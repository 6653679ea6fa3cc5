"""Whether a reader has got what was sent: each load of a message's bytes against what they were."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twincore.engines.protocol import MemoryAccess


@dataclass
class Contents:
    """The bytes of one message when it was sent, at `address`, and the last load of each place since then.

    The last load counts: a reader that finds a message torn and reads it again has it whole.
    """

    address: int
    sent: bytes
    _loads: dict[tuple[int | None, int, int], MemoryAccess] = field(default_factory=dict)

    def was_loaded(self, access: MemoryAccess) -> None:
        """Note a load."""
        self._loads[access.core, access.address, access.size] = access

    def is_read_by(self, core: int | None) -> bool:
        """Tell whether a core, or DMA for it, has loaded any of the message."""
        return any(load.core in (core, None) for load in self._loads.values())

    def difference(self, core: int | None) -> str:
        """Return in words what a core has read that is not what was sent; empty where all is."""
        for load in self._loads.values():
            at = load.address - self.address
            if load.core not in (core, None) or at < 0 or at + load.size > len(self.sent):
                continue
            expected = int.from_bytes(self.sent[at : at + load.size], "little")
            if load.value != expected:
                return f"byte {at} was {expected:#x} when sent, {load.value:#x} read"
        return ""
