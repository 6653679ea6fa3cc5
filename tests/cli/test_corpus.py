"""`twincore corpus`: tables, JSON, exit statuses."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys

import pytest

from twincore.images.find_rom import open_rom
from twincore.isa.asm import assemble

UNKNOWN = """
        movi    a2, 0x600
        slli    a2, a2, 20
        movi    a3, 5
        slli    a3, a3, 16
        add     a2, a2, a3
        l32i    a3, a2, 4
        l32i    a3, a2, 4
        s32i    a3, a2, 8
forever:
        j       forever
"""


@pytest.fixture
def corpus(tmp_path, amp, ram_image):
    """Three images: amp, amp without a bootloader, and code that uses what is not modelled."""
    folder = tmp_path / "corpus"
    for name, source in (
        ("amp", amp),
        ("elf", amp.with_suffix(".elf")),
        ("lost", ram_image(assemble(UNKNOWN, 0x40378000))),
    ):
        (folder / name).mkdir(parents=True)
        shutil.copy(source, folder / name / "image")
    entries = [
        {"name": "amp", "flash": "image", "expect": ["core 0 up", "core 1 alive"]},
        {"name": "elf", "elf": "image", "flash_size": "4MB"},
        {"name": "lost", "flash": "image", "expect": ["hello"]},
    ]
    (folder / "manifest.json").write_text(json.dumps(entries))
    return folder


def rows_of(text):
    """Return the rows of the first table by their first words, up to the column of the simulated time."""
    return {line.split()[0]: line.split()[1:3] for line in text.splitlines()[1:4]}


def test_the_table(twincore, corpus):
    result = twincore("corpus", corpus, "--for", "60ms")
    assert result.status == 1
    assert result.text.splitlines()[0].split() == [
        *("image", "lines", "simulated", "host", "instr.", "resets", "first", "unmodelled")
    ]
    assert rows_of(result.text) == {"amp": ["reached", "2/2"], "elf": ["ran", "0/0"], "lost": ["MISSING", "0/1"]}
    assert re.search(r"^  lost +MISSING +0/1 +0\.060 s .*  0x60050004$", result.text, re.M)
    assert "3 images: came to their lines: 1; have no lines to come to: 1; lack lines: 1\n" in result.text


def test_what_is_missing_is_told(twincore, corpus):
    text = twincore("corpus", corpus, "lost", "--for", "60ms").text
    assert re.search(
        r"\nlost: simulated time is over\n  not printed: hello\n  last line: entry 0x40378000\n"
        r"  core 0 running, pc 0x40378018\n  core 1 held, pc 0x40000400 \(\w+\)\n",
        text,
    ), text


def test_what_cannot_be_started_is_told(twincore, corpus, tmp_path):
    (corpus / "lost" / "image").write_bytes(b"none")
    rom = tmp_path / "rom.elf"
    shutil.copy(open_rom(), rom)
    result = twincore("corpus", corpus, "--for", "60ms", "--rom", rom)
    assert result.status == 1
    assert rows_of(result.text) == {"amp": ["reached", "2/2"], "elf": ["skipped", "0/0"], "lost": ["FAILED", "0/1"]}
    assert "\nelf: needs the open ROM: it has no bootloader\n" in result.text
    assert re.search(r"\nlost: .*/lost/image: the format is unknown", result.text)


def test_blocks_that_are_not_modelled(twincore, corpus):
    text = twincore("corpus", corpus, "--for", "60ms").text
    _, _, table = text.partition("What is not modelled, by the images that it blocks\n")
    assert [line.split() for line in table.splitlines()[:3]] == [
        ["block", "blocks", "used", "by", "registers", "accesses", "images"],
        ["0x60050004", "1", "1", "1", "2", "lost"],
        ["0x60050008", "1", "1", "1", "1", "lost"],
    ]


def test_progress_is_a_line_for_each_image(twincore, corpus):
    err = twincore("corpus", corpus, "--for", "60ms", "--jobs", "1").err
    assert err.splitlines() == [
        "twincore: 1/3 reached amp: 2 of 2 lines, all lines came",
        "twincore: 2/3 ran     elf: 0 of 0 lines, simulated time is over",
        "twincore: 3/3 missing lost: 0 of 1 lines, simulated time is over",
    ]


def test_all_good_is_status_0(twincore, corpus):
    assert twincore("corpus", corpus, "amp", "elf", "--for", "60ms").status == 0


def test_limits_give_lines_up(twincore, corpus, tmp_path):
    limits = tmp_path / "limits.toml"
    limits.write_text('[lost]\nwithout = ["hello"]\nlimit = "of this test"\nfor = "10 ms"\n')
    result = twincore("corpus", corpus, "lost", "--limits", limits)
    assert result.status == 0
    assert re.search(r"^  lost +limited +0/0 ", result.text, re.M)
    assert "Known limits\n  lost  of this test\n" in result.text


def test_equal_digests(twincore, corpus):
    result = twincore("corpus", corpus, "amp", "--digest")
    assert result.status == 0
    assert "Two runs of each image had equal digests." in result.text


def test_different_digests_are_status_1(twincore, corpus, monkeypatch):
    monkeypatch.setattr("twincore.cli.corpus.different_digests", lambda first, second: ["amp"])
    result = twincore("corpus", corpus, "amp", "--digest")
    assert result.status == 1
    assert "Digests of two runs differ: amp" in result.text


def test_json(twincore, corpus, tmp_path):
    file = tmp_path / "corpus.json"
    file.write_text("old")
    twincore("corpus", corpus, "amp", "lost", "--for", "60ms", "--digest", "--json", file)
    record = json.loads(file.read_text())
    amp, lost = record["images"]
    assert (amp["name"], amp["result"], amp["missing"]) == ("amp", "reached", [])
    assert amp["digest"] == record["second_runs"][0]["digest"]
    assert lost["unmodelled"][0] == {"name": "0x60050004", "block": "0x60050004", "count": 2} | {
        "time_ns": lost["unmodelled"][0]["time_ns"]
    }
    assert record["blocks"][0]["blocked"] == ["lost"]
    assert sorted(path.name for path in tmp_path.iterdir() if "json" in path.name) == ["corpus.json"]


def test_text(twincore, corpus):
    text = twincore("corpus", corpus, "amp", "--text").text
    assert text.startswith("=== amp, UART0\nESP-ROM:esp32s3-20210327\nBuild:open ROM\n")
    assert "amp: core 1 alive\n" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["amq"], "NAME: expected the name of an image, got 'amq'"),
        (["--for", "5"], "--for: expected a time with a unit"),
        (["--limits", "/nowhere.toml"], "/nowhere.toml: expected a file of limits (TOML), got: No such file"),
        (["--json", "/nowhere/x.json"], "--json: expected a file in a folder that is there, got /nowhere/x.json"),
        (["--rom", ""], "--rom: expected open, auto or the path of a ROM file, got an empty text"),
        (["--board", "nano"], "--board: expected one of devkitc-1"),
        (["--flash-size", "5MB"], "--flash-size: expected one of 1MB"),
    ],
)
def test_bad_use_is_status_2(twincore, corpus, options, message):
    result = twincore("corpus", corpus, *options)
    assert result.status == 2
    assert result.err.startswith("twincore: ")
    assert message in result.err
    assert result.err.count("\n") == 1


def test_a_folder_without_a_manifest_is_status_2(twincore, tmp_path):
    result = twincore("corpus", tmp_path)
    assert (result.status, result.err) == (
        2,
        f"twincore: {tmp_path}: expected a folder with a manifest.json, found none there\n",
    )


def test_bars_on_a_terminal(corpus):
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "twincore.cli", "corpus", str(corpus), "amp", "--for", "60ms"]
    process = subprocess.Popen(command, stdout=terminal, stderr=terminal, env={**os.environ, "TERM": "xterm"})
    os.close(terminal)
    seen = b""
    while True:
        try:
            seen += os.read(controller, 10000)
        except OSError:
            break
    assert process.wait() == 0
    assert b"all images" in seen
    assert b"reached" in seen
    os.close(controller)


def test_ctrl_c_ends_everything(corpus):
    command = [sys.executable, "-m", "twincore.cli", "corpus", str(corpus), "--for", "100h", "--jobs", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stderr is not None
    assert b"amp" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.endswith(b"twincore: interrupted\n")
    assert b"Traceback" not in err
