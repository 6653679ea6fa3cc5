"""Converters: Robot Framework learns of them what it would learn of the functions that they stand for."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from robot.running.arguments.customconverters import ConverterInfo

from twincore.keywords.converters import CONVERTERS
from twincore.keywords.values import Duration


@pytest.mark.parametrize("kind", CONVERTERS, ids=lambda kind: kind.__name__)
def test_robot_framework_accepts_the_same_of_it_as_of_the_function(kind: Any) -> None:
    for _ in range(2):  # Robot Framework takes the types apart each time
        converter = ConverterInfo.for_converter(kind, CONVERTERS[kind], None)
        plain = ConverterInfo.for_converter(kind, kind.of, None)
        assert (converter.value_types, converter.library) == (plain.value_types, plain.library)


@pytest.mark.parametrize("kind", CONVERTERS, ids=lambda kind: kind.__name__)
def test_libdoc_shows_what_the_type_says_of_itself(kind: Any) -> None:
    assert ConverterInfo.for_converter(kind, CONVERTERS[kind], None).doc == inspect.getdoc(kind)


def test_it_reads_a_value() -> None:
    assert CONVERTERS[Duration]("2.5 us") == Duration(2500)
    with pytest.raises(ValueError, match="unit"):
        CONVERTERS[Duration]("7")
