"""What the log holds after a failure."""

from __future__ import annotations

import html
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from twincore import TwinCore
from twincore.cli import main
from twincore.engines.protocol import MemoryAccess
from twincore.keywords import report
from twincore.keywords.repeat import robot_command
from twincore.keywords.values import Duration

MS = 1_000_000
FIRMWARE = Path(__file__).parents[2] / "firmware" / "prebuilt"


def _text(block: str) -> str:
    return " ".join(html.unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", block)).split())


@pytest.fixture(scope="module")
def firmware() -> Any:
    library = TwinCore(seed=7, quantum=1)
    library.run_keyword("Boot Firmware", [str(FIRMWARE / "amp.bin")], {})
    library.run_keyword("Run For", [Duration(60 * MS)], {})
    yield library
    library.close()


def test_the_last_accesses_of_registers_are_named_with_function(firmware: TwinCore) -> None:
    text = _text(report.state_block(firmware.session))
    assert re.search(
        r"Core 0's last accesses of registers \d\.\d{9} s (wrote|read) 0x\w+ (\d+ times )?[A-Z]\w+\.\w+ \w+", text
    )
    source = r"amp_control_loop\+\w+, firmware/amp/core1/lib\.rs:\d+"
    assert re.search(rf"Core 1's last accesses of registers .*wrote 0x10 GPIO\.OUT_W1T[CS] {source}", text)


def test_the_command_repeats_the_run(firmware: TwinCore, capsys: pytest.CaptureFixture[str]) -> None:
    found = re.search(
        r"(twincore run \S+ --seed 7 --quantum 1 --for \d+ns)", _text(report.state_block(firmware.session))
    )
    assert found is not None
    assert main([*shlex.split(found[1])[1:], "--digest"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"digest {firmware.run_keyword('Run Digest', [], {})}"


def test_the_same_access_again_and_again_is_one_line(engine: Any, library: TwinCore) -> None:
    engine.accessed = [MemoryAccess(at, 0, 0x4037_8004, 0x6000_001C, 4, 3, False) for at in range(40)]
    engine.accessed.append(MemoryAccess(50, 0, 0x4037_8008, 0x6000_0000, 4, 65, True))
    text = _text(report.state_block(library.session))
    assert "read 0x3 40 times 0x6000001c core0_main+0x4" in text
    assert "wrote 0x41 0x60000000 core0_main+0x8" in text


def test_no_command_is_given_for_a_run_with_power_cycles(library: TwinCore, call: Any) -> None:
    assert "Repeat the run" in report.state_block(library.session)
    call("Power Cycle")
    assert "Repeat the run" not in report.state_block(library.session)


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["/venv/bin/robot", "--variable", "A:b c", "robot/"], "robot --test 'My Suite.One' --variable 'A:b c' robot/"),
        (["/x/robot/run.py", "robot/"], "robot --test 'My Suite.One' robot/"),
        (["/venv/bin/pytest", "tests"], ""),
    ],
)
def test_the_command_repeats_the_test(arguments: list[str], command: str) -> None:
    assert robot_command("My Suite.One", arguments) == command


def test_on_a_narrow_page_a_cell_says_its_column() -> None:
    text = report.table([["core", "pc"], ["0", "0x40000400"]], numbers=[1])
    assert text.count("data-of=") == 2
    assert 'data-of="pc">0x40000400</td>' in text
    assert "data-of=" not in report.table([["1 s", "wrote 0x1"]], header=False)
