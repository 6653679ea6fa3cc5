"""The pages' examples do what the pages say."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

from robot.libdocpkg import LibraryDocumentation


def test_the_peripheral_of_the_page_works(root: Path, tmp_path: Path) -> None:
    text = (root / "docs" / "peripherals.md").read_text(encoding="utf-8")
    files = re.findall(r"^```(?:python|toml|robotframework)\n# (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in files] == ["sensor.py", "test_sensor.py", "myboard.toml", "sensor.robot"]
    for name, content in files:
        (tmp_path / name).write_text(content)
    (tmp_path / "firmware").symlink_to(root / "firmware")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_sensor.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "3 passed" in run.stdout
    run = subprocess.run(
        [sys.executable, "-m", "robot", "sensor.robot"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (line,) = re.findall(r"^    (twincore run .*)$", text, re.MULTILINE)
    table = re.search(r"^    \[\[peripheral\]\]\n(?:    .*\n)+", text, re.MULTILINE)
    assert table is not None
    (tmp_path / "tables.toml").write_text('extends = "./myboard.toml"\n' + textwrap.dedent(table[0]))
    for words in (shlex.split(line)[1:], ["run", "firmware/prebuilt/amp.bin", "--board=tables.toml", "--for=20ms"]):
        run = subprocess.run(
            [sys.executable, "-m", "twincore", *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (run.returncode, "core 0 up" in run.stdout) == (0, True), run.stderr


def test_the_devices_of_the_page_work(root: Path, tmp_path: Path) -> None:
    text = (root / "docs" / "devices.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:python|toml|robotframework)\n# (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    files = [name for name, _ in blocks]
    assert files == [
        *("thermometer.py", "thermometer.toml", "test_thermometer.py"),
        *("button.py", "button.toml", "button.robot", "test_button.py"),
        *("modem.py", "modem.toml", "modem.robot"),
    ]
    for name, content in blocks:
        (tmp_path / name).write_text(content)
    (tmp_path / "firmware").symlink_to(root / "firmware")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_thermometer.py", "test_button.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 passed" in run.stdout
    command = [sys.executable, "-m", "robot", "button.robot", "modem.robot"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 tests, 2 passed, 0 failed" in run.stdout


def test_the_protocols_of_the_page_work(root: Path, tmp_path: Path) -> None:
    text = (root / "docs" / "messages.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:python|robotframework)\n# (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in blocks] == ["rings.robot", "checked.py", "checked.robot", "test_checked.py"]
    for name, content in blocks:
        (tmp_path / name).write_text(content)
    (tmp_path / "firmware").symlink_to(root / "firmware")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_checked.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    command = [sys.executable, "-m", "robot", "rings.robot", "checked.robot"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "3 tests, 3 passed, 0 failed" in run.stdout


def test_the_suite_of_the_page_passes(root: Path, tmp_path: Path) -> None:
    text = (root / "docs" / "keywords.md").read_text(encoding="utf-8")
    (suite,) = re.findall(r"^```robotframework\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "suite.robot").write_text(suite)
    command = [sys.executable, "-m", "robot", "--outputdir", str(tmp_path), str(tmp_path / "suite.robot")]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "3 tests, 3 passed, 0 failed" in run.stdout


def test_the_page_on_keywords_names_every_one(root: Path) -> None:
    text = (root / "docs" / "keywords.md").read_text(encoding="utf-8")
    listed = {
        re.sub(r" \(.*|:.*", "", name)
        for row in re.findall(r"^\| [^|]+ \| ([^|]+) \|$", text, re.MULTILINE)
        for name in row.split(", ")
    }
    keywords = LibraryDocumentation("twincore.TwinCore").keywords
    names = [keyword.name.replace("${core}", "1") for keyword in keywords]
    assert len(names) > 100
    assert [name for name in names if name not in listed] == []


def test_the_page_on_peripherals_lists_every_block_of_the_platform(root: Path) -> None:
    text = (root / "docs" / "peripherals.md").read_text(encoding="utf-8")
    listed = {word.upper() for word in re.findall(r"\w+", text.partition("## What is there")[2])}
    platform = tomllib.loads((root / "platforms" / "esp32s3.toml").read_text(encoding="utf-8"))
    names = [block["name"] for block in platform["peripheral"]]
    # "UART0 to 2" lists UART1 too.
    makes = {re.sub(r"\d+$", "", word) for word in listed}
    assert [name for name in names if name not in listed and re.sub(r"\d+$", "", name) not in makes] == []
