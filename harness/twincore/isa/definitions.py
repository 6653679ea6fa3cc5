"""All definitions of the LX7: importing this module fills `spec.INSTRUCTIONS` and `spec.ROUTINES`.

The modules are the options of the ESP32-S3's configuration. Its PIE vector instructions (ee.*) are known by name only.
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
)

__all__ = ["INSTRUCTIONS", "MODULES", "ROUTINES"]
