"""All definitions of the LX7: importing this module fills `spec.INSTRUCTIONS` and `spec.ROUTINES`.

The modules are the options of the ESP32-S3's configuration. Its PIE vector instructions (ee.*) are not defined yet.
"""

from __future__ import annotations

import importlib
import importlib.util

from twincore.isa import (
    booleans,
    core,
    debug,
    density,
    exceptions,
    external,
    loops,
    mac16,
    miscops,
    multiply,
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
)

if importlib.util.find_spec("twincore.isa.fpu"):
    importlib.import_module("twincore.isa.fpu")

__all__ = ["INSTRUCTIONS", "MODULES", "ROUTINES"]
