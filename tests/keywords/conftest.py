"""The library around an engine that plays a script."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from twincore import TwinCore
from twincore.keywords.library import KeywordError

FIRMWARE = Path(__file__).parents[2] / "firmware" / "prebuilt"


def _load_fake() -> ModuleType:
    """Import fake.py beside this file (tests are no packages)."""
    spec = importlib.util.spec_from_file_location("twincore_keywords_fake", Path(__file__).with_name("fake.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


fake = sys.modules.get("twincore_keywords_fake") or _load_fake()

Call = Callable[..., Any]


@pytest.fixture
def engine() -> Any:
    """The scripted engine with a few names: a counter, a mailbox, code of both cores."""
    return fake.FakeEngine(
        fake.symbols(
            counter=0x3FC9_0000,
            mailbox=0x3FC9_0010,
            core0_main=0x4037_8000,
            loop=0x4037_9000,
            core1_start=0x4037_A000,
        )
    )


@pytest.fixture
def library(engine: Any) -> TwinCore:
    """The library with the scripted engine booted."""
    library = TwinCore()
    library.session.factory = lambda options: engine
    library.session.boot(str(FIRMWARE / "drivers.bin"), [])
    return library


@pytest.fixture
def call(library: TwinCore) -> Call:
    """Runs a keyword by its name with arguments as Robot Framework has converted them."""

    def run(name: str, *args: Any, **named: Any) -> Any:
        return library.run_keyword(name, list(args), named)

    return run


@pytest.fixture
def failure(call: Call) -> Callable[..., str]:
    """Runs a keyword that must fail; returns the whole message."""

    def run(name: str, *args: Any, **named: Any) -> str:
        with pytest.raises(KeywordError) as caught:
            call(name, *args, **named)
        return str(caught.value)

    return run
