"""Keywords for boot, time, resets and pins; skips; the library as a whole."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from robot.api import SkipExecution
from robot.libdoc import libdoc
from robot.libdocpkg import LibraryDocumentation

from twincore import TwinCore
from twincore.engines.protocol import Capability, UnmodelledUse
from twincore.images import open_image
from twincore.images.same_build import foreign_elfs
from twincore.keywords.library import KeywordError
from twincore.keywords.values import Duration, Gpio, Level, Voltage

MS = 1_000_000
FIRMWARE = Path(__file__).parents[2] / "firmware" / "prebuilt"
WHEN = "core 0 running at core0_main (0x40378000); core 1 held"


def test_before_firmware_is_booted_keywords_say_what_to_do() -> None:
    with pytest.raises(KeywordError) as caught:
        TwinCore().run_keyword("Run For", [Duration(MS)])
    assert str(caught.value) == (
        "keyword: expected firmware that runs, none has been booted\n"
        "  next step: use 'Boot Firmware    my.bin' first, for example as the Suite Setup"
    )


def test_a_missing_image_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeywordError, match=r"^[^\n]*/none\.bin: "):
        TwinCore().run_keyword("Boot Firmware", [str(tmp_path / "none.bin")])


def test_the_elf_beside_the_image_gives_the_names(library: TwinCore) -> None:
    assert [Path(elf.who).name for elf in library.session.image.elfs] == ["drivers.elf"]


def test_an_elf_of_another_build_is_told(tmp_path: Path) -> None:
    assert foreign_elfs(open_image(FIRMWARE / "amp.bin", elfs=[str(FIRMWARE / "amp.elf")])) == []
    warnings = foreign_elfs(open_image(FIRMWARE / "amp.bin", elfs=[str(FIRMWARE / "amp_late.elf")]))
    assert len(warnings) == 1
    assert "amp_late.elf is not of the same build as" in warnings[0]


def test_simulated_time_passes(engine: Any, call: Any) -> None:
    call("Run For", Duration(3 * MS))
    assert call("Simulated Time") == Duration(3 * MS)


def test_the_reset_reason_is_known_by_name_and_number(engine: Any, call: Any, failure: Any) -> None:
    for reason in ("POWERON", "poweron", "1", "0x1"):
        call("Reset Reason Should Be", reason)
    engine.resets_at(2 * MS, "system", 3, "RTC_SW_SYS_RST")
    assert call("Chip Should Be Reset", within=Duration(5 * MS)) == "RTC_SW_SYS_RST"
    assert failure("Reset Reason Should Be", "TG0WDT_SYS") == (
        "reset reason did not do what was expected.\n"
        "  expected:  TG0WDT_SYS for the last reset\n"
        "  got:       RTC_SW_SYS_RST (system, reason 0x3) at 0.002000000 s\n"
        f"  when:      0.002000000 s, {WHEN}\n"
        "  next step: compare with the reset reasons in the log"
    )


def test_a_misspelt_reset_reason_is_a_mistake_of_the_suite(engine: Any, failure: Any) -> None:
    assert "did you mean POWERON?" in failure("Reset Reason Should Be", "POWRON")


def test_a_reset_is_expected_or_not(engine: Any, failure: Any) -> None:
    assert "expected:  a reset within 1 ms\n  got:       none\n" in failure("Chip Should Be Reset", Duration(MS))
    engine.resets_at(2 * MS, "system", 7, "TG0WDT_SYS")
    assert "expected:  no reset during 5 ms\n  got:       TG0WDT_SYS (system, reason 0x7)" in failure(
        "Chip Should Not Be Reset", Duration(5 * MS)
    )


def test_unmodelled_registers_are_listed(engine: Any, call: Any, failure: Any) -> None:
    call("No Unmodelled Register Should Have Been Used")
    assert call("Unmodelled Registers") == {}
    engine.uses = [UnmodelledUse("SENS.SAR_1", 2, "", 5 * MS, 0, 0x4037_8004), UnmodelledUse("RMT.CONF", 30)]
    assert call("Unmodelled Registers") == {"SENS.SAR_1": 2, "RMT.CONF": 30}
    assert "got:       accesses to RMT.CONF (30 times), SENS.SAR_1 (2 times)" in failure(
        "No Unmodelled Register Should Have Been Used"
    )


def test_unmodelled_registers_that_do_not_matter_are_named(engine: Any, call: Any, failure: Any) -> None:
    engine.uses = [UnmodelledUse("SENS.SAR_1", 2), UnmodelledUse("RMT.CONF", 30)]
    call("No Unmodelled Register Should Have Been Used", "RMT.*", "SENS.SAR_1")
    assert "got:       accesses to SENS.SAR_1 (2 times)\n" in failure(
        "No Unmodelled Register Should Have Been Used", "RMT.*"
    )


def test_unmodelled_registers_are_a_table_in_the_log(engine: Any, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr("twincore.keywords.running.logger.info", lambda text, html=False: logged.append(text))
    engine.uses = [UnmodelledUse("SENS.SAR_1", 2, "", 5 * MS, 0, 0x4037_8004), UnmodelledUse("others", 30)]
    call("Unmodelled Registers")
    text = " ".join(re.sub(r"<style>.*?</style>|<[^>]*>", " ", logged[0]).split())
    assert text == (
        "Registers that are not modelled register accesses first access core at "
        "SENS.SAR_1 2 0.005000000 s 0 core0_main+0x4 others 30 - - -"
    )


def test_pins(engine: Any, call: Any, failure: Any) -> None:
    call("Pin Should Be", Gpio(4), Level.low)
    assert failure("Pin Should Become", Gpio(4), Level.high, within=Duration(MS)) == (
        "GPIO4 did not do what was expected.\n"
        "  expected:  high within 1 ms\n"
        "  got:       low\n"
        f"  when:      0.001000000 s, {WHEN}\n"
        "  next step: it has not changed since power-on: has the firmware enabled the output?"
    )
    engine.edge(2 * MS, 4, 1)
    assert call("Pin Should Become", Gpio(4), Level.high, within=Duration(5 * MS)) == Duration(2 * MS)
    assert call("Pin Level", Gpio(4)) is Level.high
    assert "expected:  low\n  got:       high\n" in failure("Pin Should Be", Gpio(4), Level.low)
    engine.edge(3 * MS, 4, 0)
    assert "got:       a change to low at 0.003000000 s\n" in failure("Pin Should Stay", Gpio(4), Duration(5 * MS))
    call("Drive Pin", Gpio(0), Level.low)
    call("Let Go Of Pin", Gpio(0))
    assert engine.driven == [(0, 0), (0, None)]


def test_a_voltage_reaches_the_pin(engine: Any, call: Any) -> None:
    call("Apply Voltage", Gpio(4), Voltage(1200))
    assert engine.voltages == [(4, 1200)]


@pytest.mark.parametrize(
    ("keyword", "args", "capability"),
    [
        ("Pin Level", [Gpio(4)], Capability.PINS),
        ("Serial Output", [], Capability.SERIAL_OUTPUT),
        ("Send Serial Line", ["x"], Capability.SERIAL_INPUT),
        ("Reset Chip", [], Capability.RESET),
        ("Run Digest", [], Capability.DIGEST),
    ],
)
def test_what_the_engine_cannot_do_skips_the_test(
    engine: Any, call: Any, keyword: str, args: list[Any], capability: Capability
) -> None:
    engine.capabilities = frozenset(Capability) - {capability}
    with pytest.raises(SkipExecution) as caught:
        call(keyword, *args)
    assert str(caught.value).startswith(f"The engine 'fake' cannot {capability.value}.")


def test_the_machine_is_closed_at_the_end(engine: Any, library: TwinCore) -> None:
    library.close()
    library.close()
    assert engine.is_closed


def test_a_failed_boot_leaves_no_machine(engine: Any, library: TwinCore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "load", lambda image, rom: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        library.session.boot(str(FIRMWARE / "amp.bin"), [])
    assert engine.is_closed
    assert not library.session.is_booted


def test_a_power_cycle_keeps_the_output_so_far_for_the_log(engine: Any, call: Any, library: TwinCore) -> None:
    engine.prints(1 * MS, "one\n")
    call("Run For", Duration(2 * MS))
    call("Power Cycle")
    engine.prints(3 * MS, "two\nthr")
    call("Run For", Duration(2 * MS))
    lines = [(line.text, line.time_ns, line.is_whole) for line in library.session.take_lines()]
    assert lines == [("one", 1 * MS, True), ("two", 2_970_000, True), ("thr", 3 * MS, False)]
    assert library.session.take_lines() == []


def test_a_line_that_two_tests_share_is_whole_in_the_log_of_the_second(
    engine: Any, call: Any, library: TwinCore
) -> None:
    engine.prints(1 * MS, "hal")
    call("Run For", Duration(2 * MS))
    assert [line.text for line in library.session.take_lines()] == ["hal"]
    engine.prints(3 * MS, "ves\n")
    call("Run For", Duration(2 * MS))
    assert [line.text for line in library.session.take_lines()] == ["halves"]
    assert library.session.take_lines() == []


def test_the_log_of_a_test_ends_with_its_serial_output(
    engine: Any, call: Any, library: TwinCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr("twincore.keywords.library.logger.info", lambda text, html=False: logged.append(text))
    engine.prints(1 * MS, "<b>bold</b>\x1b\n")
    call("Run For", Duration(2 * MS))
    library.start_test(SimpleNamespace(full_name="Suite.Test"), None)
    library.end_test(None, SimpleNamespace(failed=False))
    assert len(logged) == 1
    assert "&lt;b&gt;bold&lt;/b&gt;\\x1b" in logged[0]
    library.end_test(None, SimpleNamespace(failed=True))
    assert "State at 0.002000000 s" in logged[1]


def test_every_keyword_is_documented_with_an_example() -> None:
    library = LibraryDocumentation("twincore.TwinCore")
    assert len(library.keywords) > 50
    for keyword in library.keywords:
        doc, name = keyword.doc, keyword.name.replace("${core}", "1")
        assert doc.splitlines()[0].endswith("."), name
        assert doc.count("Example:\n| ") == 1, name
        calls = name.replace("Core 1", "Core [01]")
        assert any(f"`{option}`" in doc for option in (name, calls, name.replace("1", "0", 1))), name
        for argument in keyword.args:
            assert argument.type is not None, f"{name}: {argument.name}"
    assert {"Duration", "Place", "Gpio", "Level"} <= {doc.name for doc in library.type_docs}


def test_the_documentation_is_made_without_complaint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    libdoc("twincore.TwinCore", str(tmp_path / "twincore.html"))
    assert (tmp_path / "twincore.html").stat().st_size > 100_000


def test_importing_the_package_costs_next_to_nothing() -> None:
    code = "import sys, twincore; print(sorted(m for m in sys.modules if m.startswith(('robot', 'twincore.', 'llvm'))))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            {"engine": "fast"},
            "option engine of the library: expected embedded, got 'fast'\n"
            "  next step: write engine=embedded where the library is imported",
        ),
        (
            {"sram": "ones"},
            "option sram of the library: expected pattern or zero, got 'ones'\n"
            "  next step: write sram=pattern where the library is imported",
        ),
        (
            {"seed": "seven"},
            "option seed of the library: expected a whole number, got 'seven'\n"
            "  next step: write seed=7 where the library is imported",
        ),
        ({"quantum": "0"}, "quantum: expected 1 to 1000000 cycles, got 0"),
        (
            {"flash_size": "5MB"},
            "option flash_size of the library: expected one of 1MB, 2MB, 4MB, 8MB, 16MB, 32MB; got '5MB'",
        ),
        ({"rom": ""}, "option rom of the library: expected open, auto or the path of a ROM file, got an empty text"),
        (
            {"mac": "x"},
            "option mac of the library: expected a MAC address such as 7c:df:a1:00:00:01, got 'x'",
        ),
        (
            {"straps": "usb"},
            "option straps of the library: expected flash, download or GPIO_STRAP (0 to 0xffff), got 'usb'",
        ),
        ({"board": "x.toml"}, "option board of the library: expected a platform file, got 'x.toml', which is no file"),
    ],
)
def test_a_wrong_option_is_told_at_boot(option: dict[str, str], message: str) -> None:
    with pytest.raises(KeywordError) as caught:
        TwinCore(**option).run_keyword("Boot Firmware", [str(FIRMWARE / "amp.bin")])
    assert str(caught.value) == message


def test_options_reach_the_engine(engine: Any, tmp_path: Path) -> None:
    rom = tmp_path / "my.rom"
    rom.touch()
    seen: list[Any] = []
    library = TwinCore(engine="Embedded", board="mine.toml", seed="0x10", quantum="1", rom=str(rom), sram="zero")
    library.session.factory = lambda options: seen.append(options) or engine
    library.session.boot(str(FIRMWARE / "amp.bin"), [])
    options = seen[0]
    assert (options.board, options.seed, options.quantum, options.rom) == ("mine.toml", 16, 1, str(rom))
    assert (options.engine.name, options.sram.name, options.unmodelled.name) == ("embedded", "zero", "report")


def test_files_go_into_partitions(library: TwinCore, tmp_path: Path) -> None:
    (tmp_path / "nvs.bin").write_bytes(b"settings")
    library.run_keyword("Boot Firmware", [str(FIRMWARE / "amp.elf")], {"nvs": str(tmp_path / "nvs.bin")})
    assert library.session.image.flash.data[0x9000:0x9009] == b"settings\xff"
    with pytest.raises(KeywordError, match=r"^Boot Firmware: expected one of the partitions nvs .* got 'nsv'"):
        library.run_keyword("Boot Firmware", [str(FIRMWARE / "amp.elf")], {"nsv": "nvs.bin"})
