"""One image of a corpus on the real engine: how far it gets, and what ends it."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

import msgspec
import pytest

from twincore.corpus.boot import Outcome, boot
from twincore.corpus.manifest import Job, Keys
from twincore.isa.asm import assemble_program

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
PREBUILT = FIRMWARE / "prebuilt"
AMP = PREBUILT / "amp.bin"
ALIVE = "amp: core 1 alive"


def run(image: Path = AMP, **options: Any) -> Outcome:
    return boot(Job(name="amp", image=str(image), **({"for_ns": 200_000_000} | options)))


def typed(after: str, text: str) -> Keys:
    """Type on UART0: firmware/amp prints on USB, too, and sooner, but listens to UART0 only."""
    return Keys(after=after, text=text, port="UART0")


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
    keys = [typed(ALIVE, "ping\n"), typed("pong\r?\n", "ping\n")]
    outcome = run(expect=[r"(?ms)^pong\r?\n.*^pong\r?\n"], keys=keys, for_ns=300_000_000)
    assert outcome.result == "reached"


def test_keys_for_a_port_that_the_board_lacks() -> None:
    outcome = run(expect=["never"], keys=[Keys(after=ALIVE, text="ping\n", port="UART9")])
    assert (outcome.result, outcome.missing) == ("failed", ["never"])
    assert "UART9" in outcome.why
    assert "UART0" in outcome.why


def test_two_runs_are_equal() -> None:
    first, second = (msgspec.structs.replace(run(expect=[ALIVE]), host_s=0) for _ in range(2))
    assert first == second


def test_the_hosts_time_is_over() -> None:
    outcome = run(expect=["never"], for_ns=10**12, host_timeout_ns=1)
    assert (outcome.result, outcome.why) == ("missing", "host time is over")


def test_a_dead_firmware() -> None:
    outcome = run(expect=["never"], keys=[typed(ALIVE, "crash0\n")], for_ns=10**12)
    assert (outcome.result, outcome.why) == ("missing", "the firmware is dead")


CODE, VECTORS = 0x40378000, 0x40378400
WATCHDOGS_OFF = {0x6001F064: 0x50D83AA1, 0x6001F048: 0, 0x600080B0: 0x50D83AA1, 0x60008098: 0}
SUPER_WATCHDOG_OFF = {0x600080B8: 0x8F1D312A, 0x600080B4: 1 << 31}
UART0_INTERRUPTS = {0x600C206C: 23, 0x60000024: 1, 0x6000000C: 1}
"""Source 27 is interrupt 23, of level 3; one byte received asks for it."""
LATER = 32_000_000
"""Rounds until the moments have passed at which the watchdogs would have acted: the machine is dead after that."""
STORES = WATCHDOGS_OFF | SUPER_WATCHDOG_OFF | UART0_INTERRUPTS
SHELL = "\n".join(
    [
        *[f".literal at{n}, {at}\n.literal word{n}, {word}" for n, (at, word) in enumerate(STORES.items())],
        f".literal fifo, 0x60000000\n.literal vectors, {VECTORS}",
        f".literal interrupt_23, {1 << 23}\n.literal later, {LATER}\nstart:",
        *[f"l32r a2, at{n}\nl32r a3, word{n}\ns32i a3, a2, 0" for n in range(len(STORES))],
        "l32r a2, vectors\nwsr.vecbase a2\nl32r a2, interrupt_23\nwsr.intenable a2\nrsync",
        "l32r a2, later\nspend: addi a2, a2, -1\nbnez a2, spend",
        "l32r a2, fifo\nmovi a3, 62\ns32i a3, a2, 0\nsleep: waiti 0\nj sleep",
        f".org {VECTORS + 0x1C0}",
        "l32r a2, fifo\nl32i a3, a2, 0\naddi a3, a3, 1\ns32i a3, a2, 0\nmovi a3, 1\ns32i a3, a2, 16\nrfi 3",
    ]
)
"""Prints >, sleeps, and answers each byte with the next one: nothing but the serial port can wake it."""


def test_keys_wake_a_firmware_that_waits_for_them_alone(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("pack_image", FIRMWARE / "toolchain/pack_image.py")
    assert spec is not None
    assert spec.loader is not None
    pack_image = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pack_image)
    shell = assemble_program(SHELL, CODE)
    content = shell.content + bytes(-len(shell.content) % 4)
    image = tmp_path / "shell.bin"
    image.write_bytes(pack_image.pack(shell.symbols["start"], [(CODE, content)]))
    keys = [Keys(after=">$", text="A"), Keys(after="B$", text="M")]
    outcome = run(image, expect=["never"], keys=keys, for_ns=10**12)
    assert (outcome.why, outcome.output["UART0"][-3:]) == ("the firmware is dead", ">BN")


def test_a_firmware_that_resets() -> None:
    outcome = run(expect=["(?s)alive.*alive"], keys=[typed(ALIVE, "reset\n")], for_ns=400_000_000)
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
