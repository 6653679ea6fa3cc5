"""The committed results: their hashes, the ROM's layout, the images; and that the sources still build them."""

from __future__ import annotations

import csv
import hashlib
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
import yaml
from elftools.elf.elffile import ELFFile

from twincore.images import open_image

DEBIAN_TOOLS = ("xtensa-lx106-elf-gcc", "xtensa-lx106-elf-ld", "rustc", "make", "awk")


def symbols(path: Path) -> dict[str, int]:
    with path.open("rb") as file:
        return {s.name: s["st_value"] for s in ELFFile(file).get_section_by_name(".symtab").iter_symbols() if s.name}


def word_at(path: Path, address: int) -> int:
    with path.open("rb") as file:
        for segment in ELFFile(file).iter_segments("PT_LOAD"):
            offset = address - segment["p_vaddr"]
            if 0 <= offset < segment["p_filesz"]:
                return struct.unpack_from("<I", segment.data(), offset)[0]
    raise AssertionError(f"nothing at {address:#x} in {path}")


def test_sha256sums(firmware):
    prebuilt = firmware / "prebuilt"
    lines = (prebuilt / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split() for line in lines)}
    files = [path for path in prebuilt.iterdir() if path.name != "SHA256SUMS"]
    assert sums == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_no_build_path_in_results(firmware):
    for path in (firmware / "prebuilt").iterdir():
        for foreign in (b"/work", b"/tmp", b"/home", b"/usr/src", b"/firmware/"):
            assert foreign not in path.read_bytes(), f"{path.name} names {foreign.decode()}"


class TestRom:
    def test_vectors(self, firmware):
        names = symbols(firmware / "prebuilt/openrom.elf")
        assert names["reset_vector"] == 0x40000400
        assert names["_WindowOverflow4"] == 0x40000000
        assert names["_WindowUnderflow12"] == 0x40000140

    def test_api_list_is_the_published_one(self, firmware, rom_symbols_csv):
        def read(path: Path) -> set[tuple[str, str]]:
            with path.open(newline="") as file:
                return {(row["name"], row["address"].lower()) for row in csv.DictReader(file)}

        ours, published = read(firmware / "openrom/api.csv"), read(rom_symbols_csv)
        # what is ours alone are names that ESP-IDF links by other files, for slots that the list lacks
        assert not {address for _, address in ours - published} & {address for _, address in published}
        assert len(ours - published) < 40
        assert len(ours) > 1900

    def test_slots_are_at_the_published_addresses(self, firmware, rom_symbols_csv):
        names = symbols(firmware / "prebuilt/openrom.elf")
        with rom_symbols_csv.open(newline="") as file:
            published = {(row["name"], int(row["address"], 16)) for row in csv.DictReader(file)}
        # address 0x40000000 stands for functions that this revision of the chip has elsewhere
        shared = {name: address for name, address in published if name in names and address != 0x40000000}
        assert len(shared) > 1900
        assert {name: names[name] for name in shared} == shared

    def test_layout_pointer(self, firmware):
        rom = firmware / "prebuilt/openrom.elf"
        layout = word_at(rom, 0x3FF1FFFC)
        assert [word_at(rom, layout + 4 * i) for i in range(6)] == [
            0x3FCE9704, 0x3FCEEE34, 0x3FCE9710, 0x3FCEB710, 0x3FCEB710, 0x3FCED710,
        ]  # fmt: skip

    def test_boots_normally_as_built(self, firmware):
        rom = firmware / "prebuilt/openrom.elf"
        assert symbols(rom)["openrom_host_boot"] == 0x3FF00000
        assert word_at(rom, 0x3FF00000) == 0


@pytest.mark.parametrize("name", ["amp", "amp_late"])
class TestAmp:
    def test_image(self, firmware, name):
        image = (firmware / f"prebuilt/{name}.bin").read_bytes()
        names = symbols(firmware / f"prebuilt/{name}.elf")
        magic, count, _, _, entry = struct.unpack_from("<BBBBI", image)
        assert (magic, struct.unpack_from("<H", image, 12)[0], image[23]) == (0xE9, 9, 1)
        assert entry == names["amp_core0_start"]
        offset, checksum = 24, 0xEF
        for _ in range(count):
            address, length = struct.unpack_from("<II", image, offset)
            data = image[offset + 8 : offset + 8 + length]
            words = struct.unpack(f"<{length // 4}I", data)
            assert [word_at(firmware / f"prebuilt/{name}.elf", address + 4 * i) for i in (0, len(words) - 1)] == [
                words[0],
                words[-1],
            ]
            for byte in data:
                checksum ^= byte
            offset += 8 + length
        assert image[-33] == checksum
        assert image[-32:] == hashlib.sha256(image[:-32]).digest()

    def test_suite_variables_name_symbols(self, firmware, name):
        names = symbols(firmware / f"prebuilt/{name}.elf")
        variables = yaml.safe_load((firmware / "amp/suite.yaml").read_text())
        words = [value for value in variables.values() if isinstance(value, str) and value.startswith("amp_")]
        used = {name for value in words for name in value.split("..")}
        assert len(used) >= 10
        assert used <= set(names)

    def test_core1_region(self, firmware, name):
        names = symbols(firmware / f"prebuilt/{name}.elf")
        assert names["amp_core1_region_start"] < names["amp_core1_stack_bottom"] < names["amp_core1_stack_top"]
        assert names["amp_core1_stack_top"] == names["amp_core1_region_end"] <= 0x3FCD7E00


@pytest.mark.parametrize("name", ["amp_core1", "amp_core1_v2", "amp_core1_flash_loop", "amp_core1_no_bss"])
class TestProgram:
    """Core 1's program for a partition."""

    def test_header(self, firmware, name):
        program = (firmware / f"prebuilt/{name}.bin").read_bytes()
        names = symbols(firmware / f"prebuilt/{name}.elf")
        magic, version, size, entry, crc = struct.unpack_from("<5I", program)
        assert (magic, version, size) == (0x31504D41, 2 if name.endswith("v2") else 1, len(program))
        assert entry == names["amp_core1_start"]
        assert crc == zlib.crc32(program[32:])

    def test_what_it_copies_lies_in_its_file(self, firmware, name):
        program = (firmware / f"prebuilt/{name}.bin").read_bytes()
        names = symbols(firmware / f"prebuilt/{name}.elf")
        for part in ("code", "data"):
            offset = names[f"amp_core1_{part}_in_flash"] - 0x3C100000
            size = names[f"amp_core1_{part}_end"] - names[f"amp_core1_{part}_start"]
            address = names[f"amp_core1_{part}_start"] + (0x6F0000 if part == "code" else 0)
            copied = struct.unpack_from(f"<{size // 4}I", program, offset)
            assert copied[0] == word_at(firmware / f"prebuilt/{name}.elf", address)
            assert copied[-1] == word_at(firmware / f"prebuilt/{name}.elf", address + size - 4)

    def test_core_0_and_the_program_agree_on_what_they_share(self, firmware, name):
        core0, core1 = symbols(firmware / "prebuilt/amp_partition.elf"), symbols(firmware / f"prebuilt/{name}.elf")
        shared = {
            symbol: address
            for symbol, address in core1.items()
            if core1["amp_shared_start"] <= address < core1["amp_shared_end"]
        }
        assert {"amp_mailbox_to_core0", "amp_mailbox_to_core1", "amp_heartbeat"} <= set(shared)
        assert {symbol: core0[symbol] for symbol in shared if symbol in core0} == {
            symbol: address for symbol, address in shared.items() if symbol in core0
        }
        assert core0["amp_core0_stack_top"] <= core1["amp_core1_region_start"]


def test_the_partition_holds_the_first_program(firmware):
    flash = (firmware / "prebuilt/amp_partition.bin").read_bytes()
    image = open_image(firmware / "prebuilt/amp_partition.bin")
    assert [(p.name, p.offset, p.size) for p in image.flash.table.partitions] == [
        ("core1", 0x10000, 0x10000),
        ("storage", 0x20000, 0x10000),
    ]
    assert image.warnings == ()
    assert flash[0x10000:] == (firmware / "prebuilt/amp_core1.bin").read_bytes()


def test_rebuild_gives_the_same_bytes(firmware, tmp_path):
    missing = [tool for tool in DEBIAN_TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"needs Debian trixie's toolchain: {', '.join(missing)} not found")
    version = subprocess.check_output(["xtensa-lx106-elf-gcc", "-dumpversion"], text=True)
    if not version.startswith("13.3"):
        pytest.skip(f"needs Debian trixie's toolchain: xtensa-lx106-elf-gcc 13.3, here is {version.strip()}")
    # elsewhere, so that the folder's name is proven not to matter and a developer's build is left alone
    copy = tmp_path / "firmware"
    shutil.copytree(firmware, copy, ignore=shutil.ignore_patterns("build"))
    run = subprocess.run(["make", "-C", copy, "check"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
