"""Compiles the interpreter once per version, host CPU and LLVM, and keeps the object file for the next start.

The same for other LLVM modules, by their text (`CompiledModule`).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

_HARNESS = Path(__file__).resolve().parent.parent
_SOURCES = ("isa", "native")


def cache_directory() -> Path:
    """Return where compiled code is kept: $TWINCORE_CACHE, or twincore in the user's cache directory."""
    chosen = os.environ.get("TWINCORE_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "twincore"


def _target_machine(level: int) -> Any:
    features = llvm.get_host_cpu_features().flatten()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=level, reloc="pic", codemodel="small"
    )


def _host() -> bytes:
    features = llvm.get_host_cpu_features().flatten()
    return f"{llvmlite.__version__} {llvm.get_host_cpu_name()} {features}".encode()


def _key() -> str:
    digest = hashlib.sha256()
    for folder in _SOURCES:
        for path in sorted((_HARNESS / folder).glob("*.py")):
            digest.update(path.read_bytes())
    digest.update(_host())
    return digest.hexdigest()[:24]


def _initialize() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


class NativeCode:
    """The loaded interpreter; its functions stay valid as long as this object lives."""

    def __init__(self) -> None:
        _initialize()
        self._jit = llvm.create_lljit_compiler(_target_machine(2))
        builder = llvm.JITLibraryBuilder().add_object_img(_object())
        self._library = builder.export_symbol("run").export_symbol("run_core").link(self._jit, "interpreter")
        self.run_address: int = self._library["run"]
        self.run_core_address: int = self._library["run_core"]


def _object() -> bytes:
    """Return the compiled interpreter."""
    key = _key()
    # a source that was edited meanwhile: what was compiled is nobody's later
    return _kept(f"interpreter-{key}", compile_interpreter, lambda: _key() == key)


class CompiledModule:
    """A loaded LLVM module of one function; its address stays valid as long as this object lives."""

    def __init__(self, name: str, text: str) -> None:
        _initialize()
        key = hashlib.sha256(text.encode() + _host()).hexdigest()[:24]
        self._jit = llvm.create_lljit_compiler(_target_machine(2))
        builder = llvm.JITLibraryBuilder().add_object_img(_kept(f"{name}-{key}", lambda: _compile(text, 2)))
        self._library = builder.export_symbol(name).link(self._jit, name)
        self.address: int = self._library[name]


def _kept(name: str, compile_object: Callable[[], bytes], is_current: Callable[[], bool] = lambda: True) -> bytes:
    """Return object code from the cache where it is there and whole, else compiled."""
    directory = cache_directory()
    path = directory / f"{name}.o"
    try:
        stored = path.read_bytes()
        if hashlib.sha256(stored[32:]).digest() == stored[:32]:
            return stored[32:]
    except OSError:
        pass  # not there, or not readable: compile
    compiled = compile_object()
    if not is_current():
        return compiled
    try:
        directory.mkdir(parents=True, exist_ok=True)
        # beside and renamed, so that two processes that start at once never see half a file
        handle, temporary = tempfile.mkstemp(dir=directory)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(compiled).digest() + compiled)
        Path(temporary).replace(path)
    except OSError:
        pass  # a read-only home only costs the next start the compilation
    return compiled


def compile_interpreter(level: int = 2) -> bytes:
    """Return the object code of the whole interpreter for this host."""
    from twincore.native.module import module_text

    return _compile(module_text(llvm.get_default_triple()), level)


def _compile(text: str, level: int) -> bytes:
    module = llvm.parse_assembly(text)
    machine = _target_machine(level)
    options = llvm.create_pipeline_tuning_options(speed_level=level)
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    code: bytes = machine.emit_object(module)
    return code
