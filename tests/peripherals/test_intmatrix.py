"""Interrupt matrix: sources to lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.intmatrix import INTERNAL_LINES, INTERRUPT_CORE0, INTERRUPT_CORE1


@pytest.fixture(params=[INTERRUPT_CORE0, INTERRUPT_CORE1])
def matrix(bench: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    return bench(request.param)


def test_a_source_raises_its_line(matrix: Any) -> None:
    matrix.write("UART_INTR_MAP", 5)
    matrix.block.set_source(27, 1)
    assert matrix.level("lines") == 1 << 5


def test_a_source_lowers_its_line(matrix: Any) -> None:
    matrix.write("UART_INTR_MAP", 5)
    matrix.block.set_source(27, 1)
    matrix.block.set_source(27, 0)
    assert matrix.level("lines") == 0


def test_several_sources_share_a_line(matrix: Any) -> None:
    matrix.write(27 * 4, 3)
    matrix.write(98 * 4, 3)
    matrix.block.set_source(27, 1)
    matrix.block.set_source(98, 1)
    matrix.block.set_source(27, 0)
    assert matrix.level("lines") == 1 << 3


def test_mapping_an_active_source_raises_the_line_at_once(matrix: Any) -> None:
    matrix.block.set_source(79, 1)
    assert matrix.level("lines") == 0
    matrix.write("CPU_INTR_FROM_CPU_0_MAP", 31)
    assert matrix.level("lines") == 1 << 31


def test_mapping_an_active_source_elsewhere_moves_the_line(matrix: Any) -> None:
    matrix.write(79 * 4, 12)
    matrix.block.set_source(79, 1)
    matrix.write(79 * 4, 13)
    assert matrix.level("lines") == 1 << 13


@pytest.mark.parametrize("line", [6, 7, 11, 15, 16, 29])
def test_internal_lines_are_out_of_reach(matrix: Any, line: int) -> None:
    assert INTERNAL_LINES >> line & 1
    matrix.write(0, line)
    matrix.block.set_source(0, 1)
    assert matrix.level("lines") == 0


@pytest.mark.parametrize("source", [0, 31, 32, 64, 98])
def test_status_shows_the_source_whatever_its_map(matrix: Any, source: int) -> None:
    matrix.block.set_source(source, 1)
    assert [matrix.read(0x18C + 4 * n) for n in range(4)] == [
        1 << source % 32 if n == source // 32 else 0 for n in range(4)
    ]


def test_status_is_served_natively(matrix: Any) -> None:
    assert not matrix.block.word_access()[0x18C // 4].python_read


def test_only_five_bits_of_a_map_are_kept(matrix: Any) -> None:
    matrix.write(0, 0xFFFF_FFE3)
    assert matrix.read(0) == 3


def test_a_change_of_lines_ends_the_slice(matrix: Any) -> None:
    matrix.write(0, 1)
    before = matrix.context.slices_ended
    matrix.block.set_source(0, 1)
    assert matrix.context.slices_ended == before + 1


def test_a_reset_disconnects_but_keeps_the_sources(matrix: Any) -> None:
    matrix.write(0, 1)
    matrix.block.set_source(0, 1)
    matrix.block.reset("system", 3)
    assert (matrix.read(0), matrix.level("lines"), matrix.read(0x18C)) == (16, 0, 1)
