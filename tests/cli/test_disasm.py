"""`twincore disasm`: ELF files by function, images from end to end."""

import itertools

import pytest


def code_of(text):
    return [line for line in text.splitlines() if "\t" in line]


def test_a_function_by_name(twincore, amp_elf):
    result = twincore("disasm", amp_elf, "--symbol", "amp_core0_main")
    assert result.status == 0
    lines = code_of(result.text)
    assert lines[0].split("\t")[2:] == ["entry", "a1, 80"]
    assert "<amp_core0_main>:" in result.text


def test_calls_and_literals_have_names(twincore, amp_elf):
    text = twincore("disasm", amp_elf, "--symbol", "amp_core0_main").text
    assert "<core1_release>" in text
    assert "<ets_printf>)" in text


def test_everything_without_gaps(twincore, amp_elf):
    lines = code_of(twincore("disasm", amp_elf).text)
    spans = [(int(line.split(":")[0], 16), len(line.split("\t")[1].strip()) // 2) for line in lines]
    breaks = [at for (at, size), (following, _) in itertools.pairwise(spans) if at + size != following]
    assert len(spans) > 1000
    assert not breaks  # vectors and text follow each other


def test_an_image_has_the_same_code(twincore, amp, amp_elf):
    options = ("--start", "amp_core0_main", "--stop", "amp_core0_main+32")
    of_elf = code_of(twincore("disasm", amp_elf, *options).text)
    of_image = code_of(twincore("disasm", amp, "--elf", amp_elf, *options).text)
    assert of_elf == of_image
    assert of_elf


def test_an_image_without_names(twincore, amp, amp_elf):
    result = twincore("disasm", amp)
    assert result.status == 0
    assert result.text.startswith("application, IRAM:\n40378000:\t49c500  \ts32e\ta0, a5, -16\n")
    named = {line.split(":")[0]: line.split("\t")[1:3] for line in code_of(twincore("disasm", amp_elf).text)}
    nameless = {line.split(":")[0]: line.split("\t")[1:3] for line in code_of(result.text)}
    assert nameless == named  # the same instructions, the same literals
    assert sum(kind == ".word" for _, kind in named.values()) > 50


def test_an_address_that_is_asked_for_is_code(twincore, amp):
    text = twincore("disasm", amp, "--start", "0x40378014", "--stop", "0x4037801a").text
    assert [line.split("\t")[2] for line in code_of(text)] == ["ill", ".byte", ".byte", ".byte"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--symbol", "amp_core0_maim"], "close names: amp_core0_main"),
        (["--start", "0", "--stop", "16"], "expected an address in its code (0x40378000-"),
        (["--start", "16", "--stop", "0x10"], "--stop: expected an address above --start 0x10, got 0x10"),
        (["--symbol", "amp_core0_main", "--start", "0"], "--symbol: expected it alone"),
        (["--elf", "none.elf"], "none.elf: the file cannot be read"),
    ],
)
def test_bad_use_is_status_2(twincore, amp_elf, options, message):
    result = twincore("disasm", amp_elf, *options)
    assert result.status == 2
    assert message in result.err
    assert "Traceback" not in result.err
