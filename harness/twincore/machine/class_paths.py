"""Where classes of peripherals, devices and protocols come from: a Python file, a module, an installed package."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from twincore.devices import Device
from twincore.errors import PlatformError
from twincore.messages.base import MessageProtocol
from twincore.model import Peripheral
from twincore.schema import did_you_mean

_Base = TypeVar("_Base", Peripheral, Device, MessageProtocol)

ENTRY_POINTS: Mapping[type, str] = {
    Peripheral: "twincore.peripherals",
    Device: "twincore.devices",
    MessageProtocol: "twincore.messages",
}
"""The groups of entry points in which installed packages offer classes by a name of their own."""


def load_class(path: str, base: type[_Base], *, who: str, where: str, name: str, folder: Path) -> type[_Base]:
    """Return the class that `path` names: "file.py:Class", "module:Class", or the name of an entry point.

    folder: what a file is relative to. who, where, name: whose mistake an error tells of. Raises PlatformError unless
    it is a subclass of `base`.
    """
    module_name, colon, class_name = path.partition(":")
    try:
        if not colon:
            kind = _from_entry_point(path, base, who=who, where=where, name=name)
            module_name, class_name = getattr(kind, "__module__", path), getattr(kind, "__name__", path)
        else:
            is_file = module_name.endswith(".py")
            module = _module_from_file(folder / module_name) if is_file else importlib.import_module(module_name)
            kind = getattr(module, class_name, None)
    except PlatformError:
        raise
    except Exception as error:
        raise PlatformError(
            who,
            f"{where}: expected a module that can be imported for {name}, got {module_name!r}: "
            f"{type(error).__name__}: {error}",
        ) from error
    if kind is None:
        names = [key for key, value in vars(module).items() if isinstance(value, type) and issubclass(value, base)]
        raise PlatformError(
            who,
            f"{where}: expected a class of module {module_name} for {name}, got {class_name!r}, which it lacks",
            next_step=did_you_mean(class_name, names),
        )
    if not (isinstance(kind, type) and issubclass(kind, base)):
        raise PlatformError(
            who,
            f"{where}: expected a subclass of {base.__module__.removesuffix('.base')}.{base.__name__} "
            f"for {name}, got {class_name}",
        )
    return kind


def _from_entry_point(path: str, base: type, *, who: str, where: str, name: str) -> object:
    from importlib.metadata import entry_points  # it takes longer to import than a board to load

    group = ENTRY_POINTS[base]
    found = {point.name: point for point in entry_points(group=group)}
    if path not in found:
        known = f"one of {', '.join(sorted(found))}" if found else "none is installed"
        raise PlatformError(
            who,
            f"{where}: expected file.py:Class, module:Class or an entry point of the group {group} ({known}) "
            f"for {name}, got {path!r}",
            next_step=did_you_mean(path, list(found)),
        )
    return found[path].load()


def _module_from_file(path: Path) -> ModuleType:
    name = f"twincore_user_{path.stem}"
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == str(path):
        return loaded
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no Python file at {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
