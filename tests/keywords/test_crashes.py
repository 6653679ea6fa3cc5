"""Keywords for firmware's last words, on a scripted engine and on real firmware that crashes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from twincore import TwinCore
from twincore.keywords import report
from twincore.keywords.values import Duration

MS = 1_000_000
FIRMWARE = Path(__file__).parents[2] / "firmware" / "prebuilt"
CRASHING = Path(__file__).parents[3] / "shared" / "corpus" / "coredump-s3-elf"
"""An ESP-IDF application whose sort function aborts and prints its core dump."""


def test_a_backtrace_is_waited_for(engine: Any, call: Any) -> None:
    engine.prints(5 * MS, "Backtrace: 0x40378004:0x3fc97020 0x40379010:0x3fc97140\r\n")
    frames = call("Crash Should Come From", "loop", within=Duration(20 * MS))
    assert [frame.function for frame in frames] == ["core0_main+0x4", "loop+0x10"]


def test_a_backtrace_elsewhere_fails(engine: Any, failure: Any) -> None:
    engine.prints(5 * MS, "Backtrace: 0x40378004:0x3fc97020\r\n")
    message = failure("Crash Should Come From", "loop", within=Duration(20 * MS))
    assert "expected:  a backtrace through loop within 20 ms\n  got:       frames in core0_main+0x4\n" in message


def test_no_backtrace_fails(failure: Any) -> None:
    message = failure("Crash Should Come From", "loop", within=Duration(20 * MS))
    assert "got:       no backtrace; UART0 has sent nothing yet\n" in message


def test_the_log_has_functions_below_the_line(engine: Any, library: TwinCore, call: Any) -> None:
    engine.prints(5 * MS, "Saved PC:0x40379010\nnext\n")
    call("Run For", Duration(10 * MS))
    html = report.serial_block(library.session.take_lines(), "", library.session)
    line, frame, following = html.partition("<pre")[2].splitlines()
    assert "Saved PC" in line
    assert "PC 0x40379010 loop+0x10" in frame
    assert "next" in following


def test_a_core_dump_that_does_not_come_fails(failure: Any, tmp_path: Path) -> None:
    message = failure("Save Core Dump", str(tmp_path / "core.bin"), within=Duration(MS))
    assert message.startswith("Save Core Dump: expected a core dump within 1 ms, none was printed whole")


def test_a_rust_panic_of_real_firmware_is_told_by_its_address() -> None:
    library = TwinCore()
    library.run_keyword("Boot Firmware", [str(FIRMWARE / "amp.bin")], {})
    library.run_keyword("Run For", [Duration(100 * MS)], {})
    library.run_keyword("Send Serial Line", ["crash0"], {})
    frames = library.run_keyword("Crash Should Come From", ["amp_core0_main"], {"within": Duration(50 * MS)})
    assert frames[0].name == "PC"
    library.close()


@pytest.fixture(scope="module")
def crashed() -> Iterator[TwinCore]:
    if not CRASHING.is_dir():
        pytest.skip("needs ../shared/corpus")
    library = TwinCore()
    library.run_keyword("Boot Firmware", [str(CRASHING / "flash.bin"), str(CRASHING / "app.elf")], {})
    yield library
    library.close()


def test_a_backtrace_of_esp_idf_has_functions_and_lines(crashed: TwinCore) -> None:
    frames = crashed.run_keyword("Crash Should Come From", ["app_main"], {"within": Duration(1000 * MS)})
    known = {frame.function.partition("+")[0]: frame for frame in frames}
    assert {"panic_abort", "abort", "fail_once", "app_main", "main_task", "vPortTaskWrapper"} <= set(known)
    assert str(known["fail_once"].line).endswith("main/test_core_dump.c:36")


def test_a_core_dump_of_esp_idf_is_saved(crashed: TwinCore, tmp_path: Path) -> None:
    file = tmp_path / "core.bin"
    assert crashed.run_keyword("Save Core Dump", [str(file)], {"within": Duration(3000 * MS)}) == "UART0"
    size, version, tasks, tcb_size = struct.unpack_from("<4I", file.read_bytes())
    assert (size, version >> 16, tasks, tcb_size) == (file.stat().st_size, 9, 8, 340)  # 9: the ESP32-S3
