"""The command line as a process: signals, pipes, terminals, what a start imports."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from twincore.cli import main

COMMAND = [sys.executable, "-m", "twincore.cli"]


def test_ctrl_c_is_status_130_and_tells_where(amp, amp_elf):
    process = subprocess.Popen(
        [*COMMAND, "run", str(amp), "--elf", str(amp_elf)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    while b"heartbeat 49" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"s] interrupted\n" in err
    for core in (0, 1):
        assert re.search(rb"core %d: (waiting|running), pc 0x40[0-9a-f]{6} \(\w+" % core, err)
    assert b"Traceback" not in err


def test_a_reader_that_goes_away_is_handled_quietly(amp):
    process = subprocess.Popen(
        [*COMMAND, "run", str(amp), "--for", "60s"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(timeout=60) == 141
    assert err == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_status_2_in_one_line(amp):
    with Path("/dev/full").open("wb") as full:
        command = [*COMMAND, "run", str(amp), "--for", "20ms"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert result.returncode == 2
    assert result.stderr == b"twincore: No space left on device\n"


@pytest.mark.skipif(sys.platform == "win32", reason="closes a descriptor of the child")
def test_closed_output_is_no_failure(amp):
    command = [*COMMAND, "run", str(amp), "--for", "5ms"]
    assert subprocess.run(command, check=False, preexec_fn=lambda: (os.close(1), os.close(2))).returncode == 0


def test_host_timeout_is_status_3(capfd, amp):
    assert main(["run", str(amp), "--host-timeout", "1ms"]) == 3
    assert "gave up: --host-timeout of 1 ms is over" in capfd.readouterr().err


def test_a_start_imports_neither_typer_nor_numpy_nor_rich(amp):
    code = (
        f"import sys; from twincore.cli import main; main(['run', {str(amp)!r}, '--for', '1us']); print(*sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(result.stdout.split())
    assert not modules & {"typer", "rich", "numpy", "click", "pydantic", "robot", "elftools", "twincore.native.module"}


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_interactive_types_to_the_firmware_and_restores_the_terminal(amp):
    import pty
    import termios

    controller, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    process = subprocess.Popen(
        [*COMMAND, "run", str(amp), "--interactive"], stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    while b"core 1 alive" not in process.stdout.readline():
        pass
    assert not termios.tcgetattr(terminal)[3] & (termios.ICANON | termios.ECHO | termios.ISIG)
    os.write(controller, b"ping\n")
    while process.stdout.readline() != b"pong\r\n":
        pass
    os.write(controller, b"\x1d")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"] left" in err
    assert termios.tcgetattr(terminal) == before
    os.close(controller)
    os.close(terminal)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_killed_interactive_run_restores_the_terminal(amp):
    import pty
    import termios

    controller, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    process = subprocess.Popen(
        [*COMMAND, "run", str(amp), "--interactive"], stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 143
    assert termios.tcgetattr(terminal) == before
    os.close(controller)
    os.close(terminal)


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_progress_is_on_a_terminal_only(amp):
    import pty

    controller, terminal = pty.openpty()
    process = subprocess.Popen([*COMMAND, "run", str(amp)], stdout=subprocess.DEVNULL, stderr=terminal)
    seen = b""
    while b"s simulated" not in seen:
        seen += os.read(controller, 1000)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    os.close(terminal)
    os.close(controller)


@pytest.mark.parametrize("module", ["twincore", "twincore.cli"])
def test_the_exit_status_reaches_the_shell_however_it_is_called(module: str) -> None:
    process = subprocess.run([sys.executable, "-m", module, "run", "nothing.bin"], capture_output=True, check=False)
    assert process.returncode == 2
    assert process.stderr.startswith(b"twincore: nothing.bin: ")
