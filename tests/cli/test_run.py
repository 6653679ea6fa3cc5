"""`twincore run` with real firmware on the real engine: output, exit statuses, words."""

import hashlib
import re

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import SerialText
from twincore.images import open_image
from twincore.isa.asm import assemble

BANNER = "ESP-ROM:esp32s3-20210327\nBuild:open ROM\n"


def test_streams_the_output_until_the_pattern_comes(twincore, amp):
    result = twincore("run", amp, "--until", "heartbeat 49")
    assert result.status == 0
    assert result.text.startswith(BANNER)
    assert result.text.endswith("amp: heartbeat 49")
    assert re.fullmatch(r"twincore: \[0\.0\d+ s\] 'heartbeat 49' came\n", result.err)


def test_output_is_unchanged_byte_for_byte(twincore, amp):
    engine = EmbeddedEngine()
    engine.load(open_image(amp))
    engine.run_for(60_000_000)
    assert twincore("run", amp, "--for", "60ms").out == bytes(engine.serial_output("UART0").data)


@pytest.mark.parametrize("how", ["for", "until"])
def test_digest_is_the_engines_own(twincore, amp, how):
    engine = EmbeddedEngine()
    engine.load(open_image(amp))
    if how == "for":
        engine.run_for(45_000_000)
        result = twincore("run", amp, "--for", "45ms", "--digest")
    else:
        engine.run_until([SerialText("UART0", re.compile(b"core 1 alive"))], 10**9)
        result = twincore("run", amp, "--until", "core 1 alive", "--digest")
    assert result.text.splitlines()[-1] == f"digest {engine.digest()}"


def test_auto_tells_which_rom_it_takes(twincore, amp, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("IDF_TOOLS_PATH", str(tmp_path))
    monkeypatch.delenv("ESP_ROM_ELF_DIR", raising=False)
    result = twincore("run", amp, "--rom", "auto", "--for", "20ms")
    assert result.text.startswith(BANNER)
    assert re.match(r"twincore: ROM: .*openrom\.elf\n", result.err)


def test_auto_boots_with_the_chips_own_rom(twincore, amp, amp_elf, mask_rom, monkeypatch):
    monkeypatch.setenv("ESP_ROM_ELF_DIR", str(mask_rom.parent))
    result = twincore("run", amp, "--rom", "auto", "--for", "20ms")
    assert result.text.startswith("ESP-ROM:esp32s3-20210327\n")
    assert result.err.startswith(f"twincore: ROM: {mask_rom}\n")
    assert twincore("run", amp, "--for", "20ms").text.startswith(BANNER)
    without_bootloader = twincore("run", amp_elf, "--rom", "auto", "--for", "20ms")
    assert without_bootloader.text.startswith(BANNER)


def test_boards_and_their_memories(twincore, amp):
    digests = {
        twincore("run", amp, "--for", "1ms", "--digest", *options).text.splitlines()[-1]
        for options in (["--psram", "none"], ["--flash-size", "1MB"], ["--board", "devkitc-1-n16r8"], [])
    }
    assert len(digests) == 4


def test_an_image_that_the_flash_cannot_hold(twincore, amp, tmp_path):
    large = tmp_path / "large.bin"
    large.write_bytes(amp.read_bytes().ljust(2 << 20, b"\0"))
    result = twincore("run", large, "--flash-size", "1MB")
    assert result.status == 2
    assert "the image has 2097152 bytes, the flash has 1048576" in result.err


def test_seed_sram_and_quantum_are_part_of_the_digest(twincore, amp):
    runs = ([], ["--seed", "1"], ["--sram", "zero"], ["--quantum", "1"])
    digests = {twincore("run", amp, "--for", "1ms", "--digest", *run).out.splitlines()[-1] for run in runs}
    assert len(digests) == len(runs)


def test_a_pattern_that_does_not_come_is_status_1(twincore, amp):
    result = twincore("run", amp, "--until", "never", "--timeout", "2 milliseconds")
    assert result.status == 1
    assert "'never' did not come within 2 ms (simulated)" in result.err
    assert "core 0: running, pc 0x" in result.err
    assert "core 1: held, pc 0x40000400" in result.err


def test_for_limits_until(twincore, amp):
    assert twincore("run", amp, "--until", "never", "--for", "5ms").status == 1


def test_time_over_without_a_pattern_is_status_0(twincore, amp):
    result = twincore("run", amp, "--for", "5ms")
    assert result.status == 0
    assert "s] the time is over" in result.err


def test_fail_ends_the_run_at_once(twincore, amp, amp_elf):
    result = twincore("run", amp, "--until", "never", "--fail", "core 1 (released|dead)", "--elf", amp_elf)
    assert result.status == 1
    assert result.text.endswith("amp: core 1 released")
    assert "--fail: 'core 1 released' came" in result.err


def test_pattern_anchors_match_at_lines(twincore, amp):
    assert twincore("run", amp, "--until", "^amp: core 0 up", "--timeout", "100ms").status == 0
    assert twincore("run", amp, "--until", "^core 0 up", "--timeout", "60ms").status == 1


def test_input_reaches_the_firmware(twincore, amp, tmp_path):
    keys = tmp_path / "keys"
    keys.write_bytes(b"ping\n")
    result = twincore(
        "run", amp, "--input", keys, "--input-after", "core 1 alive", "--until", "^pong", "--timeout", "1s"
    )
    assert result.status == 0


def test_a_panic_in_waiti_is_the_end(twincore, amp, amp_elf, tmp_path):
    keys = tmp_path / "keys"
    keys.write_bytes(b"crash0\n")
    options = ("--elf", amp_elf, "--input", keys, "--input-after", "core 1 alive")
    for limit in ([], ["--for", "100ms"]):
        result = twincore("run", amp, *options, *limit)
        assert result.status == 1
        assert "the firmware is dead" in result.err
        assert re.search(
            r"core 0: waiting, pc 0x40\w+ \(amp_panic\+0x\w+, firmware/amp/core0/panic\.c:\d+\)", result.err
        )
        assert "core 1: held, pc 0x40" in result.err


def test_a_core_without_vectors_is_the_end(twincore, ram_image):
    """VECBASE lies where nothing is: the exception's vector raises one, and the double exception vector the same."""
    base = 0x4037_8000
    program = assemble("movi a2, 0\nmovi a3, 0x403\nslli a3, a3, 20\nwsr.vecbase a3\nl32i a4, a2, 0", base)
    result = twincore("run", ram_image(program), "--for", "50ms")
    assert result.status == 1
    assert "the firmware is dead" in result.err
    assert "core 0: lost, pc 0x403003c0; its double exception vector raises an exception itself" in result.err


def test_a_panic_loop_is_the_end(twincore, crashing_image):
    result = twincore("run", crashing_image)
    assert result.status == 1
    assert "a panic loop: 5 boots in a row sent the same" in result.err
    assert "core 0: pc 0x40" in result.err
    assert result.text.count(BANNER) in (5, 6)  # the next boot may have begun


def test_panic_loop_limit(twincore, crashing_image):
    assert twincore("run", crashing_image, "--panic-loop", 2).text.count(BANNER) in (2, 3)
    assert twincore("run", crashing_image, "--panic-loop", 0, "--for", "4s").status == 0


RESETS_ITSELF = """
        movi    a2, 0x600
        slli    a2, a2, 20
        movi    a3, 8
        slli    a3, a3, 12
        add     a2, a2, a3
        movi    a3, 1
        slli    a3, a3, 31
        s32i    a3, a2, 0
forever:
        j       forever
"""


def test_a_reset_loop_without_a_word_is_the_end(twincore, ram_image):
    image = ram_image(assemble(RESETS_ITSELF, 0x40378000))
    result = twincore("run", image)
    assert result.status == 1
    assert (
        "a reset loop: 5 boots in a row sent nothing but the boot messages and ended by RTC_SW_SYS_RST; "
        "before the last reset:\n"
    ) in result.err
    assert "core 0: pc 0x40" in result.err
    assert twincore("run", image, "--panic-loop", 0, "--for", "1s").status == 0


# usb_dc_attach's place in the ROM, by the linker script
CALLS_WHAT_THE_ROM_LACKS = """
        movi    a2, 0x400
        slli    a2, a2, 20
        addmi   a2, a2, {high}
        addi    a2, a2, {low}
        callx8  a2
"""


def test_a_function_that_the_open_rom_lacks_is_the_end(twincore, ram_image, amp):
    table = (amp.parents[1] / "openrom" / "api.csv").read_text()
    found = re.search(r"^(0x\w+),usb_dc_attach$", table, re.M)
    offset = int(found[1], 16) - 0x40000000
    code = CALLS_WHAT_THE_ROM_LACKS.format(high=offset & ~0xFF, low=offset & 0xFF)
    result = twincore("run", ram_image(assemble(code, 0x40378000)), "--until", "never")
    assert result.status == 1
    assert "openrom: usb_dc_attach is not written yet" in result.text
    assert "the open ROM ended the run: it lacks usb_dc_attach; the chip's own has it: --rom auto" in result.err


SPEAKS_OVER_USB = """
        movi    a2, 0x600
        slli    a2, a2, 20
        movi    a3, 0x380
        slli    a3, a3, 8
        add     a2, a2, a3
not_yet_fetched:
        l32i    a3, a2, 4
        bbci    a3, 1, not_yet_fetched
        movi    a3, 104
        s32i    a3, a2, 0
        movi    a3, 105
        s32i    a3, a2, 0
        movi    a3, 10
        s32i    a3, a2, 0
        movi    a3, 1
        s32i    a3, a2, 4
forever:
        j       forever
"""


@pytest.fixture
def usb_image(ram_image):
    """Firmware that says "hi" over USB alone, once the host has fetched what the ROM said."""
    return ram_image(assemble(SPEAKS_OVER_USB, 0x40378000))


def test_a_console_over_usb_is_shown_and_searched(twincore, usb_image):
    result = twincore("run", usb_image, "--until", "^hi$", "--timeout", "300ms")
    assert result.status == 0
    assert result.text.startswith(BANNER)
    assert result.text.endswith("entry 0x40378000\nhi\n")
    assert re.search(r"twincore: \[0\.\d+ s\] 'hi' came on USB_DEVICE\n", result.err)
    assert twincore("run", usb_image, "--fail", "^hi$", "--for", "300ms").status == 1


def test_one_port_alone_if_wanted(twincore, usb_image):
    assert twincore("run", usb_image, "--until", "^hi$", "--uart", "uart0", "--timeout", "300ms").status == 1
    result = twincore("run", usb_image, "--until", "^hi$", "--uart", "usb_device", "--timeout", "300ms")
    assert result.status == 0
    assert result.text.startswith(BANNER)
    assert result.text.endswith("entry 0x40378000\nhi\n")
    assert "'hi' came\n" in result.err


USES_WHAT_IS_NOT_MODELLED = """
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


def test_unmodelled_registers_are_a_table_at_the_end(twincore, ram_image):
    image = ram_image(assemble(USES_WHAT_IS_NOT_MODELLED, 0x40378000))
    for how in ((), ("--unmodelled", "report")):
        result = twincore("run", image, "--for", "100ms", *how)
        assert result.status == 0
        assert re.fullmatch(
            r"twincore: used, though not modelled:\n"
            r"twincore:   register    accesses  first access\n"
            r"twincore:   0x60050004         2  0\.0\d+ s  core 0  pc 0x4037800f\n"
            r"twincore:   0x60050008         1  0\.0\d+ s  core 0  pc 0x40378015\n"
            r"twincore: \[0\.100000000 s\] the time is over\n",
            result.err,
        ), result.err


def test_an_unmodelled_register_as_an_error_ends_the_run(twincore, ram_image):
    image = ram_image(assemble(USES_WHAT_IS_NOT_MODELLED, 0x40378000))
    result = twincore("run", image, "--for", "100ms", "--unmodelled", "error")
    assert result.status == 1
    assert result.text.startswith(BANNER)
    assert re.fullmatch(
        r"twincore: 0x60050004: expected something that twincore models, got an access to this; "
        r"at 0\.0\d+ s, core 0, pc 0x4037800f; .*\n",
        result.err,
    ), result.err


@pytest.mark.parametrize(("guest", "status"), [(0, 0), (7, 1)])
def test_semihosting_ends_the_run(twincore, ram_image, guest, status):
    # movi a3, guest; movi a2, 1; simcall
    image = ram_image(bytes((0x32, 0xA0, guest, 0x22, 0xA0, 1, 0x00, 0x51, 0x00)))
    result = twincore("run", image, "--semihosting")
    assert result.status == status
    assert f"the firmware ended the run with status {guest}" in result.err
    assert twincore("run", image, "--semihosting", "--until", "never").status == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--for", "2"], "--for: expected a time with a unit (ns, us, ms, s, min, h), got '2'; write 2s"),
        (["--for", "2 parsecs"], "--for: expected a time with a unit"),
        (["--timeout", "2s"], "--timeout: expected --until with it; use --for TIME"),
        (["--until", "("], "--until: expected a regular expression, got '('"),
        (["--uart", "uart9"], "--uart: expected one of uart0, uart1, uart2, usb_device; got 'uart9'"),
        (["--board", "nano"], "twincore: --board: expected one of devkitc-1, "),
        (["--flash-size", "5MB"], "twincore: --flash-size: expected one of 1MB, 2MB, 4MB, 8MB, 16MB, 32MB; got '5MB'"),
        (["--psram", "1MB"], "twincore: --psram: expected one of none, 2MB-quad, "),
        (["--rom="], "twincore: --rom: expected open, auto or the path of a ROM file, got an empty text"),
        (["--seed", "x"], "--seed: expected a whole number, got 'x'"),
        (["--quantum", "0"], "--quantum: expected 1 or more, got 0"),
        (["--sram", "ones"], "--sram: expected pattern or zero, got 'ones'"),
        (["--rom", "/nowhere/rom.bin"], "got '/nowhere/rom.bin': no such file"),
        (["--elf", "/nowhere/x.elf@core1"], "/nowhere/x.elf: the file cannot be read"),
        (["--input", "/nowhere/keys"], "--input: cannot read /nowhere/keys: No such file"),
        (["--input-after", "x"], "--input-after: expected --input FILE with it"),
        (["--interactive"], "--interactive: expected a terminal as standard input"),
    ],
)
def test_bad_use_is_status_2_in_one_line(twincore, amp, options, message):
    result = twincore("run", amp, *options)
    assert result.status == 2
    assert result.out == b""
    assert result.err.startswith("twincore: ")
    assert message in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the file cannot be read"),
        (b"", "image"),
        (b":10000000" + b"0" * 32, "Intel HEX"),
        (b"UF2\n" + bytes(508), "UF2"),
        (b"\x7fELF\x02\x01\x01" + bytes(11) + b"\x3e\x00" + bytes(44), "x86-64"),
    ],
)
def test_bad_input_is_status_2_and_left_alone(twincore, tmp_path, content, message):
    path = tmp_path / "image"
    if content is not None:
        path.write_bytes(content)
    result = twincore("run", path)
    assert result.status == 2
    assert message in result.err
    assert content is None or path.read_bytes() == content


def test_a_cut_image_is_status_2(twincore, amp, tmp_path):
    path = tmp_path / "cut.bin"
    path.write_bytes(amp.read_bytes()[:3000])
    assert twincore("run", path).status == 2


def test_a_directory_without_a_build_is_status_2(twincore, tmp_path):
    result = twincore("run", tmp_path)
    assert result.status == 2
    assert "flasher_args.json" in result.err


@pytest.mark.parametrize("words", [["--foo"], ["{amp}", "--for"], ["{amp}", "{amp}"], [], ["{amp}", "--digest=1"]])
def test_usage_errors_are_status_2_and_point_to_the_help(twincore, amp, words):
    result = twincore("run", *(word.format(amp=amp) for word in words))
    assert result.status == 2
    assert result.out == b""
    assert "Usage: twincore run" in result.err or "Error:" in result.err


def test_images_are_not_written_to(twincore, amp):
    before = hashlib.sha256(amp.read_bytes()).hexdigest()
    twincore("run", amp, "--for", "20ms")
    assert hashlib.sha256(amp.read_bytes()).hexdigest() == before
