"""The wheel: what is in it, and that firmware boots from it where there is no checkout."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="hatchling is not installed")

FIRMWARE = ("openrom.elf", "amp.bin", "amp.elf", "bench.elf", "bench_sim.elf")

BOOT = """
import sys, pathlib, twincore, esp32s3
from twincore.engines.embedded import EmbeddedEngine
from twincore.images import open_image
folder = pathlib.Path(twincore.__file__).parent / "firmware"
engine = EmbeddedEngine("esp32s3-devkitc-1")
engine.load(open_image(folder / "amp.bin", elfs=[str(folder / "amp.elf")]))
engine.run_for(50_000_000)
print(engine.serial_output("UART0").text)
print(twincore.__file__)
print(esp32s3.__file__)
"""


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built without the network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_wheel_holds_two_packages_and_their_data(wheel: Path, root: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"twincore", "esp32s3"}
    assert {"twincore/py.typed", "esp32s3/py.typed", "twincore/isa/core.py", "esp32s3/uart.py"} <= names
    assert {f"twincore/platforms/{path.name}" for path in (root / "platforms").glob("*.toml")} <= names
    assert {f"twincore/firmware/{name}" for name in FIRMWARE} <= names
    template = root / "harness" / "twincore" / "new-project"
    assert {
        f"twincore/new-project/{path.relative_to(template)}"
        for path in template.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    } <= names
    assert any(name.endswith("licenses/NOTICE") for name in names)


def test_firmware_boots_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    program = f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n{BOOT}"
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "amp: core 1 alive" in run.stdout
    assert run.stdout.count(str(tmp_path / "site")) == 2


def test_an_editable_install_is_a_plain_path_file(root: Path, tmp_path: Path) -> None:
    code = f"from hatchling.build import build_editable; print(build_editable({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        assert names == ["_twincore.pth"]
        paths = archive.read(names[0]).decode().splitlines()
    assert [Path(path) for path in paths] == [root / "harness", root / "peripherals"]


def test_project_names(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["name"] == "twincore"
    assert project["license"] == "Apache-2.0"
    assert project["scripts"] == {"twincore": "twincore.cli:main"}
