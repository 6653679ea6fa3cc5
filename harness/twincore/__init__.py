"""twincore: test dual-core ESP32-S3 firmware without a board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twincore.keywords.library import TwinCore

__all__ = ["TwinCore"]


def __getattr__(name: str) -> Any:
    """Imports the Robot Framework library when it is asked for, so that importing the package costs next to nothing."""
    if name != "TwinCore":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from twincore.keywords.library import TwinCore

    return TwinCore
