"""All definitions of the LX7: importing this module fills `spec.INSTRUCTIONS` and `spec.ROUTINES`.

The modules are the options of the ESP32-S3's configuration and Espressif's own vector instructions (pie).
"""

from __future__ import annotations

from twincore.isa import (
    booleans,
    core,
    debug,
    density,
    exceptions,
    external,
    fpu,
    loops,
    mac16,
    miscops,
    multiply,
    pie,
    pie_accumulate,
    pie_fft,
    pie_lanes,
    pie_memory,
    special,
    sync,
    tlb,
    windowed,
)
from twincore.isa.spec import INSTRUCTIONS, ROUTINES

MODULES = (
    core,
    density,
    windowed,
    loops,
    multiply,
    mac16,
    booleans,
    miscops,
    sync,
    special,
    exceptions,
    tlb,
    debug,
    external,
    fpu,
    pie,
    pie_memory,
    pie_lanes,
    pie_accumulate,
    pie_fft,
)

__all__ = ["INSTRUCTIONS", "MODULES", "ROUTINES"]
