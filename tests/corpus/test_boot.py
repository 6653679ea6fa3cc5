"""One image of a corpus on the real engine: how far it gets, and what ends it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from twincore.corpus.boot import Outcome, boot
from twincore.corpus.manifest import Job, Keys

PREBUILT = Path(__file__).resolve().parents[2] / "firmware" / "prebuilt"
AMP = PREBUILT / "amp.bin"
ALIVE = "amp: core 1 alive"


def run(image: Path = AMP, **options: Any) -> Outcome:
    return boot(Job(name="amp", image=str(image), **({"for_ns": 200_000_000} | options)))


def test_all_lines_end_the_run() -> None:
    outcome = run(expect=[ALIVE, r"heartbeat \d+"])
    assert (outcome.result, outcome.why, outcome.missing) == ("reached", "all lines came", [])
    assert outcome.reached == [ALIVE, r"heartbeat \d+"]
    assert 0 < outcome.time_ns < 200_000_000
    assert outcome.time_ns % 20_000_000 == 0
    assert outcome.instructions > 1_000_000
    assert outcome.last_line.startswith("amp: ")
    assert [core[:7] for core in outcome.cores] == ["core 0 ", "core 1 "]
    assert outcome.digest.startswith("sha256:")


def test_the_whole_time_if_wanted() -> None:
    assert run(expect=[ALIVE], is_whole=True).time_ns == 200_000_000


def test_a_line_that_does_not_come() -> None:
    outcome = run(expect=[ALIVE, "never"])
    assert (outcome.result, outcome.why) == ("missing", "simulated time is over")
    assert (outcome.reached, outcome.missing, outcome.time_ns) == ([ALIVE], ["never"], 200_000_000)


def test_nothing_expected() -> None:
    outcome = run()
    assert (outcome.result, outcome.why) == ("ran", "simulated time is over")


def test_lines_that_the_limits_except() -> None:
    limited = run(expect=[ALIVE], without=["never"], limit="why")
    assert (limited.result, limited.limit, limited.unexpected) == ("limited", "why", [])
    surprise = run(expect=["heartbeat"], without=[ALIVE], limit="why")
    assert (surprise.result, surprise.unexpected) == ("reached", [ALIVE])


def test_limits_of_the_open_rom_do_not_hold_with_another(tmp_path: Path) -> None:
    other = tmp_path / "rom.elf"
    other.write_bytes((PREBUILT / "openrom.elf").read_bytes())
    options: dict[str, Any] = {"expect": ["heartbeat"], "without": ["never"], "limit": "why", "of_open_rom": True}
    with_open = run(**options)
    assert (with_open.result, with_open.limit) == ("limited", "why")
    with_other = run(rom=str(other), **options)
    assert (with_other.result, with_other.missing, with_other.limit) == ("missing", ["never"], None)


def test_keys_are_typed_when_their_patterns_have_come() -> None:
    keys = [Keys(after=ALIVE, text="ping\n"), Keys(after="pong\r?\n", text="ping\n")]
    outcome = run(expect=[r"(?ms)^pong\r?\n.*^pong\r?\n"], keys=keys, for_ns=300_000_000)
    assert outcome.result == "reached"


def test_two_runs_are_equal() -> None:
    first, second = (msgspec.structs.replace(run(expect=[ALIVE]), host_s=0) for _ in range(2))
    assert first == second


def test_the_hosts_time_is_over() -> None:
    outcome = run(expect=["never"], for_ns=10**12, host_timeout_ns=1)
    assert (outcome.result, outcome.why) == ("missing", "host time is over")


def test_a_dead_firmware() -> None:
    outcome = run(expect=["never"], keys=[Keys(after=ALIVE, text="crash0\n")], for_ns=10**12)
    assert (outcome.result, outcome.why) == ("missing", "the firmware is dead")


def test_a_firmware_that_resets() -> None:
    outcome = run(expect=["(?s)alive.*alive"], keys=[Keys(after=ALIVE, text="reset\n")], for_ns=400_000_000)
    assert (outcome.result, outcome.resets) == ("reached", ["RTC_SW_SYS_RST"])


def test_another_file_than_the_manifests() -> None:
    digest = hashlib.sha256(AMP.read_bytes()).hexdigest()
    assert run(sha256=digest.upper()).result == "ran"
    outcome = run(sha256="0" * 64, expect=[ALIVE])
    assert (outcome.result, outcome.missing) == ("failed", [ALIVE])
    assert outcome.why == f"{AMP}: expected the SHA-256 that the manifest gives, {'0' * 64}, got {digest}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image": Path("/nowhere/flash.bin")}, "/nowhere/flash.bin: the file cannot be read"),
        ({"board": "nano"}, "board: expected one of devkitc-1"),
        ({"flash_size": "5MB"}, "flash_size: expected one of 1MB"),
        ({"psram": "5MB"}, "psram: expected one of none"),
        ({"rom": "/nowhere/rom.elf"}, "got '/nowhere/rom.elf'"),
    ],
)
def test_what_cannot_be_started_is_told(options: dict[str, Any], message: str) -> None:
    outcome = run(**options)
    assert outcome.result == "failed"
    assert message in outcome.why


def test_an_image_without_a_bootloader_needs_the_open_rom(tmp_path: Path) -> None:
    other = tmp_path / "rom.elf"
    other.write_bytes((PREBUILT / "openrom.elf").read_bytes())
    outcome = run(PREBUILT / "amp.elf", rom=str(other))
    assert (outcome.result, outcome.why) == ("skipped", "needs the open ROM: it has no bootloader")
    assert run(PREBUILT / "amp.elf", rom="auto").result == "ran"
