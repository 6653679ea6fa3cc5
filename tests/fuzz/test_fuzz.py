"""Every reader answers any input with a result or an error in words: a bounded number here, many by `long_run.py`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("twincore_fuzz_targets", Path(__file__).with_name("targets.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


TARGETS: dict[str, Any] = _load().TARGETS


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_input_is_too_bad(name: str, data: st.DataObject, tmp_path_factory: Any, monkeypatch_module: None) -> None:
    target = TARGETS[name]
    target.use(data.draw(target.inputs))


@pytest.fixture(scope="module")
def monkeypatch_module(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Keywords that write files write them into a folder of the test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("fuzz"))
        yield
