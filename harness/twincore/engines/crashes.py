"""Where a run's core dumps are: what the serial ports have printed, what partitions hold."""

from __future__ import annotations

from dataclasses import dataclass

from twincore.engines.protocol import Capability, Engine
from twincore.images import Image
from twincore.images.core_dump import SUBTYPE, printed_dumps, stored_dump
from twincore.images.partitions import TYPE_DATA


@dataclass(frozen=True)
class CoreDump:
    """A raw core dump, and where it was found: a serial port's or partition's name."""

    content: bytes
    found: str


def last_core_dump(engine: Engine, image: Image | None) -> CoreDump | None:
    """Return the core dump that was printed last, else the one in a coredump partition, None without one.

    Raises ImageError for one that is damaged.
    """
    if Capability.SERIAL_OUTPUT in engine.capabilities:
        for port in engine.serial_ports():
            dumps = printed_dumps(bytes(engine.serial_output(port).data), who=port)
            if dumps:
                return CoreDump(dumps[-1], port)
    table = image.flash.table if image is not None else None
    for partition in table.partitions if table is not None else ():
        if (partition.type, partition.subtype) == (TYPE_DATA, SUBTYPE):
            content = stored_dump(engine.partition_content(partition.name), who=f"partition {partition.name}")
            if content is not None:
                return CoreDump(content, f"partition {partition.name}")
    return None
