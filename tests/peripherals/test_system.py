"""SYSTEM: control of core 1, interrupts between cores, clocks, resets of blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.system import SYSTEM


@pytest.fixture
def system(bench: Callable[..., Any]) -> Any:
    return bench(SYSTEM, resets={"UART1_RST": "UART1", "DMA_RST": "DMA"})


def test_core_1_is_held_in_reset_after_power_on(system: Any) -> None:
    assert (system.level("core1_reset"), system.level("core1_clkgate"), system.level("core1_runstall")) == (1, 0, 0)


def test_release_of_core_1(system: Any) -> None:
    system.write("CORE_1_CONTROL_0", 0b010)
    assert (system.level("core1_reset"), system.level("core1_clkgate"), system.level("core1_runstall")) == (0, 1, 0)


def test_control_of_core_1_ends_the_slice(system: Any) -> None:
    before = system.context.slices_ended
    system.write("CORE_1_CONTROL_0", 0b010)
    assert system.context.slices_ended > before


def test_boot_address_is_a_plain_word(system: Any) -> None:
    access = system.block.word_access()[1]
    assert (access.python_read, access.python_write, access.write_mask) == (False, False, 0xFFFF_FFFF)


@pytest.mark.parametrize("n", range(4))
def test_interrupt_between_cores(system: Any, n: int) -> None:
    system.write(f"CPU_INTR_FROM_CPU_{n}", 1)
    assert [system.level(f"from_cpu_{i}") for i in range(4)] == [int(i == n) for i in range(4)]
    system.write(f"CPU_INTR_FROM_CPU_{n}", 0)
    assert system.level(f"from_cpu_{n}") == 0


def test_interrupt_between_cores_ends_the_slice(system: Any) -> None:
    before = system.context.slices_ended
    system.write("CPU_INTR_FROM_CPU_0", 1)
    assert system.context.slices_ended == before + 1


@pytest.mark.parametrize(
    ("sysclk", "per_conf", "cpu_mhz", "apb_mhz"),
    [
        (0x000, 0xC, 40, 40),
        (0x001, 0xC, 20, 20),
        (0x003, 0xC, 10, 10),
        (0x401, 0xC, 80, 80),
        (0x401, 0xD, 160, 80),
        (0x401, 0xE, 240, 80),
        (0x800, 0xC, 17.5, 17.5),
    ],
)
def test_clocks(system: Any, sysclk: int, per_conf: int, cpu_mhz: float, apb_mhz: float) -> None:
    system.write("CPU_PER_CONF", per_conf)
    system.write("SYSCLK_CONF", sysclk)
    periods = [system.context.clocks[name].period_ticks for name in ("cpu", "apb")]
    assert periods == [round(913_920 / cpu_mhz), round(913_920 / apb_mhz)]


def test_the_crystal_is_measured_at_40_mhz(system: Any) -> None:
    system.write("SYSCLK_CONF", 0x401)
    assert system.read("SYSCLK_CONF") == 0x401 | 40 << 12


def test_reset_bit_resets_the_block(system: Any) -> None:
    system.write("PERIP_RST_EN0", 1 << 5)
    assert system.context.blocks_reset == ["UART1"]


def test_reset_bit_of_the_second_register(system: Any) -> None:
    system.write("PERIP_RST_EN1", 1 << 6)
    assert system.context.blocks_reset == ["DMA"]


def test_core_reset_holds_core_1_again(system: Any) -> None:
    system.write("CORE_1_CONTROL_0", 0b010)
    system.block.reset("system", 3)
    assert system.level("core1_reset") == 1


def test_cpu_reset_of_core_0_leaves_core_1_alone(system: Any) -> None:
    system.write("CORE_1_CONTROL_0", 0b010)
    system.block.reset("core0", 12)
    assert system.level("core1_reset") == 0
