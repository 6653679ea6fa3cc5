"""The ESP-IDF project, as far as it can be checked without ESP-IDF: its files agree with each other and with amp's."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import pairwise

import pytest
import yaml

PAGE = 0x10000


@pytest.fixture(scope="module")
def project(request):
    """The project's folder."""
    return request.config.rootpath / "firmware" / "esp_idf_amp"


def linker_symbols(text: str) -> dict[str, int]:
    return {name: int(value, 16) for name, value in re.findall(r"^(\w+) = (0x[0-9A-F]+);", text, re.MULTILINE)}


def test_every_source_that_is_named_is_there(project):
    text = (project / "main" / "CMakeLists.txt").read_text()
    text = text.replace("${amp}", str(project.parent / "amp")).replace("${CMAKE_CURRENT_LIST_DIR}", ".")
    text = text.replace("-T", "").replace("${crate}", "../core1")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    names = set(re.findall(r"[\w./-]+\.(?:c|S|lf|ld|rs)\b", text))
    assert len(names) >= 11
    missing = [name for name in names if not (project / "main" / name).is_file()]
    assert not missing
    library = re.search(r'^path = "(.*)"', (project / "core1" / "Cargo.toml").read_text(), re.MULTILINE)[1]
    assert (project / "core1" / library).is_file()


def test_what_is_reserved_holds_core_1_s_region_and_the_shared_words(project):
    source = (project / "main" / "app_main.c").read_text()
    low, high = (int(n, 16) for n in re.search(r"REGION\((0x\w+), (0x\w+),", source).groups())
    region = linker_symbols((project / "main" / "region.ld").read_text())
    shared = linker_symbols((project.parent / "amp" / "shared.ld").read_text())
    assert {name: shared[name] for name in region} == region
    assert low == shared["amp_shared_start"] < shared["amp_shared_end"] <= region["amp_core1_region_start"]
    assert region["amp_core1_region_end"] <= high


def test_the_program_s_partition_is_a_page_behind_the_application(project):
    rows = [line.split(",") for line in (project / "partitions.csv").read_text().splitlines() if line[0] != "#"]
    places = {row[0]: (int(row[3], 16), int(row[4], 16)) for row in rows}
    offset, size = places["core1"]
    assert offset % PAGE == 0
    assert size == PAGE
    program = (project.parent / "prebuilt" / "amp_core1.bin").read_bytes()
    assert len(program) <= size
    ends = sorted((start, start + length) for start, length in places.values())
    assert all(end <= start for (_, end), (start, _) in pairwise(ends))
    # ESP-IDF maps the application from entry 0 on, code and constants apart
    entry = (0x42100000 - 0x42000000) // PAGE
    assert places["factory"][1] // PAGE + 2 < entry


def test_the_suite_names_what_the_suites_know_and_the_program_has(project):
    ours = yaml.safe_load((project / "suite.yaml").read_text())
    known = yaml.safe_load((project.parent / "amp" / "suite.yaml").read_text())
    assert set(ours) <= set(known)
    assert {key for key in ours if ours[key] != known[key]} == {"RESET_REASON", "PANIC_LINE"}
    printed = (project / "main" / "app_main.c").read_text()
    for key in ("RELEASED_LINE", "ALIVE_LINE"):
        assert ours[key] in printed
    obeyed = set(re.findall(r'strcmp\(command, "(\w+)"', (project / "main" / "console.c").read_text()))
    assert {ours[key] for key in ours if key.endswith("_COMMAND")} <= obeyed


@pytest.mark.parametrize(
    ("line", "core"),
    [
        ("Guru Meditation Error: Core  0 panic'ed (StoreProhibited). Exception was unhandled.", "0"),
        ("amp: panic on core 1: Rust panic at lib.rs:1", "1"),
    ],
)
def test_either_panic_names_its_core(project, line, core):
    pattern = yaml.safe_load((project / "suite.yaml").read_text())["PANIC_LINE"]
    assert re.search(pattern, line)[1] == core


def test_the_script_and_the_job_parse(project):
    subprocess.run(["bash", "-n", project / "build_and_test.sh"], check=True)
    assert (project / "build_and_test.sh").stat().st_mode & 0o111
    job = yaml.safe_load((project / "ci.yml").read_text())["jobs"]["esp_idf_amp"]
    assert any("docker build" in step.get("run", "") for step in job["steps"])


@pytest.mark.parametrize("source", ["main/registers.c", "main/static_core1.c", "../amp/start.S"])
def test_what_needs_no_esp_idf_compiles(project, tmp_path, source):
    compiler = shutil.which("xtensa-lx106-elf-gcc")
    plugin = project.parent / "build" / "toolchain" / "xtensa-esp32s3.so"
    if compiler is None or not plugin.exists():
        pytest.skip("needs Debian trixie's toolchain and firmware/build/toolchain")
    flags = ["-std=gnu17", "-O2", "-mabi=windowed", "-mlongcalls", "-mtext-section-literals", "-ffreestanding", "-Wall"]
    folders = [f"-I{project.parent / name}" for name in ("amp", "amp/core0", "include")]
    (tmp_path / "string.h").write_text("void *memset(void *to, int value, __SIZE_TYPE__ length);\n")
    subprocess.run(
        [
            compiler,
            *flags,
            "-DAMP_CORE1_ALONE",
            *folders,
            f"-I{tmp_path}",
            "-c",
            "-o",
            tmp_path / "x.o",
            project / source,
        ],
        env={"PATH": "/usr/bin:/bin", "XTENSA_GNU_CONFIG": str(plugin)},
        check=True,
    )
