"""The pages' examples do what the pages say."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path


def test_the_peripheral_of_the_page_works(root: Path, tmp_path: Path) -> None:
    text = (root / "docs" / "peripherals.md").read_text(encoding="utf-8")
    files = re.findall(r"^```(?:python|toml)\n# (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in files] == ["alarm.py", "myboard.toml", "test_alarm.py"]
    for name, content in files:
        (tmp_path / name).write_text(content)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_alarm.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout


def test_the_devices_of_the_page_work(root: Path, tmp_path: Path) -> None:
    text = (root / "docs" / "devices.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:python|toml|robotframework)\n# (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    files = [name for name, _ in blocks]
    assert files == [
        *("thermometer.py", "thermometer.toml", "test_thermometer.py"),
        *("button.py", "button.toml", "button.robot"),
        *("modem.py", "modem.toml", "modem.robot"),
    ]
    for name, content in blocks:
        (tmp_path / name).write_text(content)
    (tmp_path / "firmware").symlink_to(root / "firmware")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_thermometer.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout
    command = [sys.executable, "-m", "robot", "button.robot", "modem.robot"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 tests, 2 passed, 0 failed" in run.stdout


def test_the_suite_of_the_page_passes(root: Path, tmp_path: Path) -> None:
    text = (root / "docs" / "keywords.md").read_text(encoding="utf-8")
    (suite,) = re.findall(r"^```robotframework\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "suite.robot").write_text(suite)
    command = [sys.executable, "-m", "robot", "--outputdir", str(tmp_path), str(tmp_path / "suite.robot")]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "3 tests, 3 passed, 0 failed" in run.stdout


def test_the_page_on_peripherals_lists_every_block_of_the_platform(root: Path) -> None:
    text = (root / "docs" / "peripherals.md").read_text(encoding="utf-8")
    listed = {word.upper() for word in re.findall(r"\w+", text.partition("## What is there")[2])}
    platform = tomllib.loads((root / "platforms" / "esp32s3.toml").read_text(encoding="utf-8"))
    names = [block["name"] for block in platform["peripheral"]]
    # "UART0 to 2" lists UART1 too.
    makes = {re.sub(r"\d+$", "", word) for word in listed}
    assert [name for name in names if name not in listed and re.sub(r"\d+$", "", name) not in makes] == []
