"""Calls of the ROM's checksums, hashes and ciphers."""

from __future__ import annotations

from typing import Any

from rom_machine import Buffer, Call, call, text, words

CASES: dict[str, list[Call]] = {}
EXTRA: dict[str, dict[str, Any]] = {}

SYSTEM = (0x600C0000, 0x90)


def case(name: str, *calls: Call, **extra: Any) -> None:
    assert name not in CASES
    CASES[name] = list(calls)
    EXTRA[name] = extra


def message(length: int) -> Buffer:
    return Buffer(bytes(i * 37 & 0xFF for i in range(length)))


LENGTHS = [0, 1, 3, 55, 56, 63, 64, 65, 111, 112, 119, 120, 127, 128, 129, 300]
for name in ("crc32_le", "crc32_be", "crc16_le", "crc16_be", "crc8_le", "crc8_be"):
    case(
        name,
        *(
            call(name, start, message(n), n, result=int(name[3:-3]))
            for n in (0, 1, 9, 300)
            for start in (0, 0x12345678 & (1 << int(name[3:-3])) - 1, (1 << int(name[3:-3])) - 1)
        ),
    )
case("esp_crc8", *(call("esp_crc8", message(n), n, result=8) for n in (0, 1, 6, 100)))
case(
    "mz_crc32",
    *(call("mz_crc32", start, message(n), n) for n in (0, 1, 300) for start in (0, 0x12345678)),
    call("mz_crc32", 5, 0, 7),
)
case(
    "mz_adler32",
    *(call("mz_adler32", start, message(n), n) for n in (0, 1, 300, 6000) for start in (1, 0x12345678)),
    call("mz_adler32", 5, 0, 7),
)

for n in LENGTHS:
    data, context, digest = message(n), Buffer(bytes(88), watched=False), Buffer(bytes(16))
    case(
        f"MD5-{n}",
        call("MD5Init", context, result=0),
        call("MD5Update", context, data, n, result=0),
        call("MD5Final", digest, context, result=0),
    )
one, two = message(70), message(9)
case("md5_vector", call("md5_vector", 2, words(one, two), words(70, 9), Buffer(bytes(16))))
for key in (b"key", bytes(range(64)), bytes(range(100))):
    case(
        f"hmac_md5-{len(key)}",
        call("hmac_md5", Buffer(key), len(key), one, 70, Buffer(bytes(16))),
        call("hmac_md5_vector", Buffer(key), len(key), 2, words(one, two), words(70, 9), Buffer(bytes(16))),
    )

case("ets_sha_enable", call("ets_sha_disable", result=0), call("ets_sha_enable", result=0), watch=[SYSTEM])
case(
    "ets_sha_disable",
    call("ets_sha_enable", result=0),
    call("ets_sha_disable", result=0),
    call("ets_sha_enable", result=0),
    watch=[SYSTEM],
)
SIZES = {0: 20, 1: 28, 2: 32, 3: 48, 4: 64, 5: 64, 6: 64}
for kind in range(8):
    case(f"ets_sha_init-{kind}", call("ets_sha_init", Buffer(bytes(range(216))), kind))
for kind, size in SIZES.items():
    for n in LENGTHS:
        context = Buffer(bytes(216), watched=False)
        case(
            f"ets_sha-{kind}-{n}",
            call("ets_sha_enable", result=0),
            call("ets_sha_init", context, kind),
            call("ets_sha_update", context, message(n), n, 0, result=0),
            call("ets_sha_finish", context, Buffer(bytes(size))),
        )
    for update in (0, 1):
        context, other = Buffer(bytes(216)), Buffer(bytes(216))
        case(
            f"ets_sha-pieces-{kind}-{update}",
            call("ets_sha_init", context, kind),
            call("ets_sha_update", context, message(300), 300, update, result=0),
            call("ets_sha_get_state", context, result=0),
            call("ets_sha_update", context, message(200), 200, update, result=0),
        )
    first, second = Buffer(bytes(216)), Buffer(bytes(216))
    case(
        f"ets_sha-two-{kind}",
        call("ets_sha_init", first, kind),
        call("ets_sha_init", second, 2),
        call("ets_sha_update", first, message(130), 130, 1, result=0),
        call("ets_sha_update", second, message(70), 70, 1, result=0),
        call("ets_sha_update", first, message(130), 130, 1, result=0),
        call("ets_sha_finish", first, Buffer(bytes(size))),
        call("ets_sha_finish", second, Buffer(bytes(32))),
    )
    context, copy = Buffer(bytes(216)), Buffer(bytes(216))
    case(
        f"ets_sha_clone-{kind}",
        call("ets_sha_init", context, kind),
        call("ets_sha_update", context, message(130), 130, 1, result=0),
        call("ets_sha_clone", copy, context, result=0),
        call("ets_sha_finish", copy, Buffer(bytes(size))),
    )
    context = Buffer(bytes(216))
    case(
        f"ets_sha_process-{kind}",
        call("ets_sha_init", context, kind),
        call("ets_sha_process", context, message(128), result=0),
        call("ets_sha_get_state", context, result=0),
    )
    case(
        f"ets_sha_starts-{kind}",
        call("ets_sha_init", context, kind),
        call("ets_sha_starts", context, 256),
        look=[(0x6003B000, 0xC)],
    )
for bits in (224, 256, 384, 100):
    context = Buffer(bytes(216))
    case(
        f"ets_sha_starts-t-{bits}",
        call("ets_sha_init", context, 7),
        call("ets_sha_starts", context, bits),
        look=[(0x6003B000, 0xC)],
    )
for length in (1, 32, 33, 100, 351):
    case(
        f"ets_mgf1_sha256-{length}", call("ets_mgf1_sha256", text("some seed"), 9, length, Buffer(bytes(360)), result=0)
    )
