"""The command line of `twincore run` is read alike with typer and without it."""

import inspect
from pathlib import Path

import pytest

from twincore.cli.app import _run
from twincore.cli.options import RUN_OPTIONS, Kind, RunOptions, parse_plain
from twincore.errors import UsageError
from twincore.images import Assignment


def read(*words: str) -> RunOptions:
    plain = parse_plain(RUN_OPTIONS, words)
    assert plain is not None
    return RunOptions.of(*plain)


def test_defaults():
    assert read("x.bin") == RunOptions("x.bin")


def test_typer_has_the_same_defaults():
    given = {name: parameter.default for name, parameter in inspect.signature(_run).parameters.items()}
    del given["image"]
    assert RunOptions.of("x.bin", given) == RunOptions("x.bin")


def test_every_option():
    assert read(
        *("--for", "2s", "--until", "a b", "--fail", "c", "--timeout=1 min", "--board", "b.toml", "--rom", "auto"),
        *("--flash-size", "4MB", "--psram=none", "--efuse", "e.bin", "--mac", "7c:df:a1:00:00:01", "--straps", "0"),
        *("--peripheral", "s.py:S@0x600D0000,irq=98", "--peripheral=s.py:S@0x600D1000,name=B"),
        *("--partition", "nvs=n.bin", "--partition=0xe000=o.bin", "--save-partition", "nvs=s.bin"),
        *("--save-flash", "f.bin", "--save-efuse=b.bin"),
        *("--uart", "uart1", "--elf", "a.elf", "--elf=b.elf@core1", "--input", "keys", "--input-after", "x"),
        *("--interactive", "--digest", "--seed", "5", "--sram", "zero", "--quantum", "1"),
        *("--semihosting", "--unmodelled", "error", "--panic-loop", "0", "--host-timeout", "500ms", "image"),
    ) == RunOptions(
        image="image",
        for_ns=2_000_000_000,
        until="a b",
        fail="c",
        timeout_ns=60_000_000_000,
        board="b.toml",
        flash_size="4MB",
        psram="none",
        efuse=Path("e.bin"),
        mac="7c:df:a1:00:00:01",
        straps="0",
        peripherals=("s.py:S@0x600D0000,irq=98", "s.py:S@0x600D1000,name=B"),
        partitions=(Assignment("nvs", Path("n.bin")), Assignment("0xe000", Path("o.bin"))),
        save_partitions=(Assignment("nvs", Path("s.bin")),),
        save_flash=Path("f.bin"),
        save_efuse=Path("b.bin"),
        rom="auto",
        uart="uart1",
        elfs=("a.elf", "b.elf@core1"),
        input=Path("keys"),
        input_after="x",
        is_interactive=True,
        wants_digest=True,
        seed=5,
        sram="zero",
        quantum_cycles=1,
        semihosting=True,
        unmodelled="error",
        panic_loop=0,
        host_timeout_ns=500_000_000,
    )


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ("2s", 2 * 10**9),
        ("500ms", 5 * 10**8),
        ("1.5s", 15 * 10**8),
        ("20us", 20000),
        ("2 seconds", 2 * 10**9),
        ("1 s 200 ms", 12 * 10**8),
        ("0s", 0),
        ("7ns", 7),
        ("1 min", 60 * 10**9),
    ],
)
def test_times(text, time_ns):
    assert read("x", "--for", text).for_ns == time_ns


@pytest.mark.parametrize("text", ["2", "", "s", "-1s", "2 parsecs", "0.1ns", "1e3s", "2s5"])
def test_wrong_times_name_the_units(text):
    with pytest.raises(UsageError, match=r"--for: expected a time with a unit \(ns, us, ms, s, min, h\)"):
        read("x", f"--for={text}")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["a", "b"],
        ["--foo", "a"],
        ["a", "--for"],
        ["a", "--for", "--until"],
        ["a", "--digest=1"],
        ["a", "-h"],
        ["a", "--"],
        ["--help"],
    ],
)
def test_what_is_not_plain_is_left_to_typer(words):
    assert parse_plain(RUN_OPTIONS, words) is None


def test_every_option_is_in_the_help(twincore):
    result = twincore("run", "--help")
    assert result.status == 0
    for option in RUN_OPTIONS:
        assert f"{option.flag} " in result.text
        assert option.kind is Kind.FLAG or option.metavar in result.text


@pytest.mark.parametrize("command", ["run", "info", "disasm", "bench"])
def test_every_command_has_examples(twincore, command):
    result = twincore(command, "--help")
    assert result.status == 0
    assert f"\n    twincore {command}" in result.text


def test_version(twincore):
    result = twincore("--version")
    assert result.status == 0
    assert result.text.startswith("twincore ")


def test_no_arguments_show_the_help(twincore):
    result = twincore()
    assert result.status == 2
    assert "twincore run flash.bin" in result.text + result.err
