"""The suites in robot/: all pass on the amp firmware, the timing cases fail on the image with a planted delay.

Nothing here is a mock: `robot` boots the prebuilt images on the embedded engine.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PREBUILT = ROOT / "firmware" / "prebuilt"
NAMES = ROOT / "firmware" / "amp" / "suite.yaml"

WITHOUT_NAMES = {
    "The Firmware Prints On Its Console",
    "Nothing Crashes And Nothing Is Reset",
    "Core 1 Is Held At Power-On",
    "Core 1 Starts At The Boot Address That Core 0 Gave",
    "A Reset Of The Chip Holds Core 1 Until The Next Release",
}
ESP_IDF = {
    "The Scheduler Starts On Core 0",
    "The Scheduler Starts On Core 1",
    "The Application Is Called",
    "The Task Watchdog Stays Quiet",
    "Nothing Panics And Nothing Is Reset",
}
AMP_ALONE = ("04 Broken Firmware", "05 Core1 Program", "06 Torn Message", "07 Variables")
"""Suites that know the firmware they test, and are skipped for any other."""
LATE = {
    "The Loop Runs Once A Period",
    "The Loop's Pin Toggles Once A Period",
    "The Loop Keeps Its Period While Core 0 Works And Interrupts Core 1",
}


def skipped(outcome: Any) -> set[str]:
    """Return the cases that an image of the user's own cannot run."""
    return ESP_IDF | {name for name, test in outcome.tests.items() if test.parent.name in AMP_ALONE}


@pytest.fixture(scope="module")
def good(robot: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A run without options, from a folder that has nothing to do with the project."""
    return robot(cwd=tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture(scope="module")
def late(robot: Any) -> Any:
    """A run on the image that loses 3 us before every fourth period; its ELF lies beside it."""
    return robot("--variable", f"IMAGE:{PREBUILT / 'amp_late.bin'}", "--variablefile", str(NAMES))


@pytest.fixture(scope="module")
def nameless(robot: Any) -> Any:
    """A run on an image of which no name is given, not even the ELF's."""
    return robot("--variable", "IMAGE:firmware/prebuilt/amp.bin", "--variable", "ANSWER_LIMIT:50 ms")


def test_without_options_all_cases_pass_from_anywhere(good: Any) -> None:
    assert good.names("FAIL") == set(), good.console
    assert good.names("SKIP") == ESP_IDF
    assert len(good.names("PASS")) >= 30
    assert good.status == 0


def test_a_run_leaves_nothing_but_its_result(good: Any) -> None:
    left = {file.name for file in Path(good.result.source).parent.iterdir()}
    assert left == {"output.xml", "log.html", "report.html"}


def test_the_result_names_firmware_and_engine(good: Any) -> None:
    assert good.result.suite.metadata["Firmware"].endswith("amp.bin")
    assert good.result.suite.metadata["Engine"] == "embedded, board generic, seed 0, quantum 64 cycles, ROM open"
    assert [suite.name for suite in good.result.suite.suites] == [
        "01 Core1 Release",
        "02 Messages",
        "03 Loop Timing",
        "04 Broken Firmware",
        "05 Core1 Program",
        "06 Torn Message",
        "07 Variables",
        "10 Esp Idf Image",
    ]


def test_the_log_holds_the_serial_output_of_a_test_in_one_block(good: Any) -> None:
    logged = good.messages("Core 1 Reports In After Its Release")
    blocks = [text for text in logged if text.startswith("<b>UART0</b> during this test")]
    assert blocks == logged[-1:]
    text = re.sub(r"<[^>]*>", "", blocks[0])
    assert re.search(r"^ +\d+\.\d{6} s  amp: core 0 up at 240 MHz\n +\d+\.\d{6} s  amp: core 1 released\n", text, re.M)


def test_the_log_holds_the_figures_of_a_period_as_a_table(good: Any) -> None:
    table = next(text for text in good.messages("The Loop Runs Once A Period") if "<svg" in text)
    text = re.sub(r"<[^>]*>", " ", table)
    assert "amp_control_loop on core 1" in text
    assert "1 ms +- 2 us" in text.replace("&plusmn;", "+-").replace("±", "+-")
    assert "<svg" in table


def test_a_planted_delay_fails_the_timing_cases_and_no_other(late: Any) -> None:
    assert late.names("FAIL") == LATE, late.console
    assert late.names("SKIP") == skipped(late)
    assert late.status == len(LATE)


@pytest.mark.parametrize(
    ("case", "who", "what"),
    [
        ("The Loop Runs Once A Period", "amp_control_loop on core 1", "hits"),
        ("The Loop's Pin Toggles Once A Period", "GPIO4", "edges"),
        (
            "The Loop Keeps Its Period While Core 0 Works And Interrupts Core 1",
            "amp_control_loop on core 1",
            "hits",
        ),
    ],
)
def test_the_failure_says_how_late_when_and_where(late: Any, case: str, who: str, what: str) -> None:
    place = r"at \S+ \(0x[0-9a-f]{8}\)"
    assert re.fullmatch(
        f"{who} did not do what was expected.\n"
        f"  expected:  {what} every 1 ms ± 2 us during 250 ms\n"
        r"  got:       12\d of 249 periods off, the worst by 3\.\d\d\d us too (long|short) "
        r"\((1\.003|0\.996)\d{3} ms, ended at 0\.\d{9} s\); "
        r"shortest 0\.996\d{3} ms, mean (0\.9999|1\.0000)\d\d ms, longest 1\.003\d{3} ms"
        "\n"
        rf"  when:      \d\.\d{{9}} s, core 0 (waiting|running) {place}; core 1 (waiting|running) {place}"
        "\n"
        r"  next step: the picture in the log shows which periods are off: what delays them\?",
        late.tests[case].message,
    ), late.tests[case].message


def test_a_failure_attaches_state_and_last_output(late: Any) -> None:
    logged = late.messages("The Loop Runs Once A Period")
    state = [re.sub(r"<[^>]*>", " ", text) for text in logged if "<b>State at " in text]
    assert len(state) == 1
    assert "amp_core0_main" in state[0]
    assert "amp_wait" in state[0]
    assert "amp: heartbeat" in state[0]
    assert "POWERON" in state[0]


def test_without_names_only_what_needs_none_runs(nameless: Any) -> None:
    assert nameless.names("PASS") == WITHOUT_NAMES, nameless.console
    assert nameless.names("FAIL") == set()
    assert nameless.tests["The Loop's Pin Toggles Once A Period"].message == (
        "LOOP_PIN, LOOP_PERIOD, LOOP_JITTER_LIMIT not given: name them in a variable file "
        "(--variablefile; firmware/amp/suite.yaml shows how) or with --variable LOOP_PIN:VALUE."
    )
    assert nameless.tests["No Period Is Overrun"].message == (
        "LOOP_OVERRUNS not given: name it in a variable file "
        "(--variablefile; firmware/amp/suite.yaml shows how) or with --variable LOOP_OVERRUNS:VALUE."
    )


def test_only_the_names_of_the_users_own_file_count(robot: Any, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("COUNTER: amp_heartbeat\nCOUNTER_PERIOD: 1 ms\nCONSOLE_COMMAND: ping\nCONSOLE_ANSWER: pong\n")
    outcome = robot(
        "--variable",
        f"IMAGE:{PREBUILT / 'amp.bin'}",
        "--variable",
        f"ELF:{PREBUILT / 'amp.elf'}",
        "--variablefile",
        str(mine),
        suites=(ROOT / "robot" / "02_messages.robot",),
    )
    assert outcome.names("PASS") == {
        "The Firmware Prints On Its Console",
        "Nothing Crashes And Nothing Is Reset",
        "Core 1's Heartbeat Grows",
        "The Console Answers",
    }, outcome.console
    assert outcome.names("FAIL") == set()


def test_a_name_that_the_elf_lacks_fails_with_close_ones(robot: Any) -> None:
    outcome = robot("--variable", "COUNTER:amp_hartbeat", "--test", "Core 1's Heartbeat Grows")
    assert outcome.tests["Core 1's Heartbeat Grows"].message == (
        "symbols: no symbol has the name 'amp_hartbeat'\n"
        "  next step: close names: amp_heartbeat, amp_shared_start, amp_shared_end"
    )


def test_a_wrong_name_of_the_loop_fails_what_needs_it_and_no_other(robot: Any) -> None:
    outcome = robot("--variable", "LOOP_SYMBOL:amp_controll_loop", suites=(ROOT / "robot" / "03_loop_timing.robot",))
    assert outcome.names("PASS") == {"The Loop's Pin Toggles Once A Period", "No Period Is Overrun"}, outcome.console
    for name in outcome.names("FAIL"):
        assert outcome.tests[name].message == (
            "symbols: no symbol has the name 'amp_controll_loop'\n  next step: close names: amp_control_loop"
        ), outcome.tests[name].message


def test_an_image_that_is_none_fails_in_the_setup_with_the_reason(robot: Any, tmp_path: Path) -> None:
    image = tmp_path / "no.bin"
    image.write_bytes(b"hello")
    outcome = robot("--variable", f"IMAGE:{image}", "--test", "Core 1 Is Held At Power-On")
    message = outcome.tests["Core 1 Is Held At Power-On"].message
    assert message.startswith(f"Parent suite setup failed:\n{image}: ")
    assert "next step: " in message


def test_the_example_file_has_every_variable_that_the_suites_need_and_no_other() -> None:
    known = set(yaml.safe_load(NAMES.read_text(encoding="utf-8")))
    needed = set()
    for suite in (ROOT / "robot").glob("*.robot"):
        for line in suite.read_text(encoding="utf-8").splitlines():
            if "Test Needs" in line:
                needed |= set(line.split("Test Needs")[1].split())
    assert needed == known


def _mutant(robot: Any, image: Path, *suites: str) -> Any:
    chosen = tuple(ROOT / "robot" / suite for suite in suites) or (ROOT / "robot",)
    options = ("--variable", f"IMAGE:{image}", "--variable", "BOOT_LIMIT:200 ms", "--variablefile", str(NAMES))
    return robot(*options, suites=chosen)


def test_firmware_that_never_releases_core_1_fails_every_release_case(robot: Any, without: Any) -> None:
    outcome = _mutant(robot, without("core1_release"), "01_core1_release.robot")
    assert outcome.names("FAIL") == set(outcome.tests), outcome.console
    message = outcome.tests["Core 1 Starts At The Boot Address That Core 0 Gave"].message
    assert message.startswith(
        "core 1 did not do what was expected.\n"
        "  expected:  released within 200 ms, to start in the ROM\n"
        "  got:       held: its clock is off (SYSTEM_CONTROL_CORE_1_CLKGATE_EN is 0), "
        "it is in reset (SYSTEM_CONTROL_CORE_1_RESETING is 1), it is stalled (SYSTEM_CONTROL_CORE_1_RUNSTALL is 1)\n"
    ), message


def test_a_core_1_that_ignores_messages_fails_what_needs_them(robot: Any, without: Any) -> None:
    outcome = _mutant(robot, without("amp_core1_interrupt"))
    assert outcome.names("FAIL") == {
        "A Crash Of Core 1 Is Reported With Its Number",
        "Messages Reach Core 1",
        "Messages Reach Core 0",
        "No Message Is Torn Or Refused",
        "Every Message Is Answered In Time",
        "Interrupts From Core 0 Arrive On Core 1",
        "Interrupts From Core 1 Arrive On Core 0",
        "The Loop Keeps Its Period While Core 0 Works And Interrupts Core 1",
    }, outcome.console


def test_a_stack_that_nobody_prepares_is_noticed(robot: Any, without: Any) -> None:
    outcome = _mutant(robot, without("memset"), "01_core1_release.robot")
    assert outcome.names("FAIL") == {"Core 1's Stack Is Ready Before Core 1 Starts"}, outcome.console


def test_the_suites_hold_for_a_program_in_its_partition_too(robot: Any) -> None:
    """But for core 1's stack before its start, which is the program's own to prepare."""
    options = {"IMAGE": "amp_partition.bin", "ELF": "amp_partition.elf", "CORE1_ELF": "amp_core1.elf@core1"}
    variables = [f"--variable={name}:{PREBUILT / file}" for name, file in options.items()]
    cases = ("01_core1_release", "02_messages", "03_loop_timing")
    outcome = robot(
        *variables,
        "--variablefile",
        str(NAMES),
        "--skip",
        "stack-before-start",
        suites=tuple(ROOT / "robot" / f"{case}.robot" for case in cases),
    )
    assert outcome.names("FAIL") == set(), outcome.console
    assert outcome.names("SKIP") == {"Core 1's Stack Is Ready Before Core 1 Starts"}
    assert len(outcome.names("PASS")) >= 30


def test_the_order_of_the_cases_does_not_matter(robot: Any) -> None:
    outcome = robot("--randomize", "all:7", "--variable", "SEED:7", "--variable", "BOARD:esp32s3-devkitc-1")
    assert outcome.names("PASS") == set(outcome.tests) - ESP_IDF, outcome.console
