"""`twincore bench`: the kernels end with the check sum that the same work has in Python; figures are only shown."""

import functools
import json

import pytest

from twincore import bench
from twincore.bench import KERNELS, Speed, Start, figures_text
from twincore.images import open_image

WORD = 0xFFFF_FFFF


def fold(total):
    return (total ^ total >> 8 ^ total >> 16 ^ total >> 24) & 0xFF


def data():
    values, random = bytearray(), 12345
    for _ in range(65536):
        random = (random * 1664525 + 1013904223) & WORD
        values.append(random >> 24)
    return bytes(values)


def crc_of(rounds):
    import zlib

    return zlib.crc32(data() * rounds)


def list_of(rounds):
    return functools.reduce(lambda total, i: (total * 3 + i * 7) & WORD, list(range(4096)) * rounds, 0)


@pytest.mark.parametrize(("kernel", "expected"), [(0, crc_of), (1, list_of)])
@pytest.mark.parametrize("cores", [1, 2])
def test_check_sums(bench_elf, kernel, expected, cores):
    status, instructions, _ = bench._run(open_image(bench_elf), kernel, 2, cores)
    assert status == fold(expected(2))
    assert instructions > 0


def test_both_cores_do_the_work(bench_elf):
    image = open_image(bench_elf)
    one, two = (bench._run(image, 2, 1, cores) for cores in (1, 2))
    assert one[0] == two[0]
    assert 1.9 < two[1] / one[1] < 2.1


def test_text_and_json_name_every_kernel(twincore, monkeypatch):
    monkeypatch.setattr(bench, "measure_start", lambda repeat: Start(0.3, 0.2, 100.0))
    monkeypatch.setattr(bench.shutil, "which", lambda name: None)
    text = twincore("bench", "--repeat", "1", "--scale", "0.001")
    record = json.loads(twincore("bench", "--repeat", "1", "--scale", "0.001", "--json").out)
    assert text.status == 0
    assert "qemu-system-xtensa is not on the PATH" in text.err
    for kernel, row in zip(KERNELS, record["kernels"], strict=True):
        assert kernel.name in text.text
        assert row["kernel"] == kernel.name
        assert row["mips"] > 0


def test_ratios_are_shown_beside_qemu():
    text = figures_text(Start(0.3, 0.2, 100.0), [Speed("CRC", 1, 600.0, 700.0, 1200.0)], "QEMU 7")
    assert text.splitlines()[1].split() == ["CRC", "600", "700", "1200", "0.50"]
