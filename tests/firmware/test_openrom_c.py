"""The open ROM's portable C against Python's own implementations."""

from __future__ import annotations

import ctypes
import hashlib
import zlib

import pytest

LENGTHS = [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 1000]


def pattern(length: int) -> bytes:
    return bytes(i * 37 & 0xFF for i in range(length))


@pytest.mark.parametrize("length", LENGTHS)
def test_md5(rom_c, length):
    context, digest = ctypes.create_string_buffer(88), ctypes.create_string_buffer(16)
    rom_c.openrom_MD5Init(context)
    rom_c.openrom_MD5Update(context, pattern(length)[: length // 2], length // 2)
    rom_c.openrom_MD5Update(context, pattern(length)[length // 2 :], length - length // 2)
    rom_c.openrom_MD5Final(digest, context)
    assert digest.raw == hashlib.md5(pattern(length)).digest()


@pytest.mark.parametrize("start", [0, 0x12345678, 0xFFFFFFFF])
def test_crc32_le(rom_c, start):
    rom_c.openrom_crc32_le.restype = ctypes.c_uint32
    assert rom_c.openrom_crc32_le(ctypes.c_uint32(start), pattern(99), 99) == zlib.crc32(pattern(99), start)


@pytest.mark.parametrize(
    ("format_", "arguments", "text"),
    [
        (b"plain", (), "plain"),
        (b"%d %d %u", (5, -5, ctypes.c_uint(0xFFFFFFFF)), "5 -5 4294967295"),
        (b"0x%08x|%4x|%-4x|%X", (0xBEEF, 0xA, 0xA, 0xAB), "0x0000beef|   a|a   |AB"),
        (b"%05d|%5d|%-5d|%05d", (-42, -42, -42, 42), "-0042|  -42|-42  |00042"),
        (b"%s|%5s|%-5s|%6.2s", (b"abc", b"abc", b"abc", b"abc"), "abc|  abc|abc  |000abc"),
        (b"%c", (ctypes.c_int(ord("q")),), "q"),
        (b"%lld %llx", (ctypes.c_int64(-(2**40)), ctypes.c_uint64(0x1234567890)), "-1099511627776 34567890"),
        (b"%ld %lu", (ctypes.c_int(-7), ctypes.c_uint(7)), "-7 7"),
        (b"%q", (), "%q"),
        (b"%+d", (5,), "%+d"),
    ],
)
def test_printf(rom_c, format_, arguments, text):
    written = bytearray()
    putc = ctypes.CFUNCTYPE(None, ctypes.c_char)(lambda c: written.extend(c))
    rom_c.openrom_ets_install_putc1(putc)
    assert rom_c.openrom_ets_printf(format_, *arguments) == len(text)
    assert written.decode() == text


@pytest.mark.parametrize(
    ("text", "base", "value", "rest"),
    [
        (b"42abc", 10, 42, b"abc"),
        (b"  -17", 10, -17, b""),
        (b"0x1fz", 0, 0x1F, b"z"),
        (b"0x", 16, 0, b"0x"),
        (b"077", 0, 0o77, b""),
        (b"99999999999", 10, 0x7FFFFFFF, b""),
        (b"-99999999999", 10, -0x80000000, b""),
        (b"none", 10, 0, b"none"),
    ],
)
def test_strtol(rom_c, text, base, value, rest):
    rom_c.openrom_strtol.restype = ctypes.c_int32
    end = ctypes.c_char_p()
    assert rom_c.openrom_strtol(text, ctypes.byref(end), base) == value
    assert end.value == rest


@pytest.mark.parametrize(
    ("value", "base", "text"),
    [(0, 10, b"0"), (-15, 10, b"-15"), (255, 16, b"ff"), (-1, 16, b"ffffffff"), (5, 2, b"101")],
)
def test_itoa(rom_c, value, base, text):
    buffer = ctypes.create_string_buffer(40)
    rom_c.openrom_itoa(value, buffer, base)
    assert buffer.value == text


@pytest.mark.parametrize("count", [0, 1, 2, 3, 10, 257])
def test_qsort(rom_c, count):
    values = [i * 7919 % 263 for i in range(count)]
    array = (ctypes.c_int32 * count)(*values)
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int32), ctypes.POINTER(ctypes.c_int32))(
        lambda a, b: a[0] - b[0]
    )
    rom_c.openrom_qsort(array, count, 4, compare)
    assert list(array) == sorted(values)


def test_memory_functions(rom_c):
    data = ctypes.create_string_buffer(b"0123456789", 16)
    rom_c.openrom_memmove(ctypes.byref(data, 2), data, 6)
    assert data.value == b"0101234589"
    rom_c.openrom_memset(ctypes.byref(data, 1), ord("x"), 5)
    assert data.value == b"0xxxxx4589"
    rom_c.openrom_memcpy(ctypes.byref(data, 8), b"ab", 2)
    assert data.value == b"0xxxxx45ab"


def test_string_functions(rom_c):
    assert rom_c.openrom_strlen(b"four") == 4
    assert rom_c.openrom_strcmp(b"abc", b"abc") == 0
    assert rom_c.openrom_strcmp(b"abc", b"abd") < 0
    assert rom_c.openrom_strncmp(b"abc", b"abd", 2) == 0
    rom_c.openrom_strstr.restype = ctypes.c_char_p
    assert rom_c.openrom_strstr(b"find the word", b"the") == b"the word"
    assert rom_c.openrom_strstr(b"find", b"word") is None
    rom_c.openrom_strrchr.restype = ctypes.c_char_p
    assert rom_c.openrom_strrchr(b"a/b/c", ord("/")) == b"/c"


@pytest.mark.parametrize(
    ("a", "b", "limit", "sign"),
    [(b"aBc", b"AbC", 3, 0), (b"abc", b"ABD", 3, -1), (b"abc", b"ABD", 2, 0), (b"", b"a", 1, -1)],
)
def test_comparison_of_any_case(rom_c, a, b, limit, sign):
    result = rom_c.openrom_strncasecmp(a, b, ctypes.c_size_t(limit))
    assert (result > 0) - (result < 0) == sign


def test_spans_and_searches(rom_c):
    assert rom_c.openrom_strspn(b"aabbc", b"ab") == 4
    assert rom_c.openrom_strcspn(b"aabbc", b"cb") == 2
    assert rom_c.openrom_strspn(b"", b"ab") == 0
    rom_c.openrom_strcasestr.restype = ctypes.c_char_p
    assert rom_c.openrom_strcasestr(b"Find The Word", b"the") == b"The Word"
    assert rom_c.openrom_strcasestr(b"find", b"word") is None


@pytest.mark.parametrize(
    ("text", "words"), [(b" a, bb ,,c", [b"a", b"bb", b"c"]), (b"", []), (b" ,", []), (b"x", [b"x"])]
)
def test_words_of_a_text(rom_c, text, words):
    rom_c.openrom_strtok_r.restype = ctypes.c_char_p
    buffer, rest = ctypes.create_string_buffer(text), ctypes.c_void_p()
    found = [rom_c.openrom_strtok_r(buffer, b" ,", ctypes.byref(rest))]
    while found[-1] is not None:
        found.append(rom_c.openrom_strtok_r(None, b" ,", ctypes.byref(rest)))
    assert found[:-1] == words


def test_fields_of_a_text(rom_c):
    rom_c.openrom_strsep.restype = ctypes.c_char_p
    buffer = ctypes.create_string_buffer(b"a,,b")
    rest = ctypes.c_void_p(ctypes.addressof(buffer))
    fields = []
    while rest:
        fields.append(rom_c.openrom_strsep(ctypes.byref(rest), b","))
    assert fields == [b"a", b"", b"b"]


@pytest.mark.parametrize(("size", "added", "text"), [(16, b"cd", b"abcd"), (4, b"cd", b"abc"), (3, b"cd", b"ab")])
def test_appending_within_a_size(rom_c, size, added, text):
    rom_c.openrom_strlcat.restype = ctypes.c_size_t
    buffer = ctypes.create_string_buffer(b"ab", 32)
    assert rom_c.openrom_strlcat(buffer, added, ctypes.c_size_t(size)) == 4
    assert buffer.value == text


def test_memory_searches(rom_c):
    rom_c.openrom_memrchr.restype = ctypes.c_void_p
    data = ctypes.create_string_buffer(b"abcabc")
    assert rom_c.openrom_memrchr(data, ord("b"), 6) == ctypes.addressof(data) + 4
    assert rom_c.openrom_memrchr(data, ord("x"), 6) is None
    rom_c.openrom_memccpy.restype = ctypes.c_void_p
    copy = ctypes.create_string_buffer(8)
    assert rom_c.openrom_memccpy(copy, b"ab:cd", ord(":"), 5) == ctypes.addressof(copy) + 3
    assert copy.value == b"ab:"


@pytest.mark.parametrize("length", LENGTHS)
def test_checksums_of_miniz(rom_c, length):
    rom_c.openrom_mz_crc32.restype = rom_c.openrom_mz_adler32.restype = ctypes.c_ulong
    data = pattern(length)
    assert rom_c.openrom_mz_crc32(ctypes.c_ulong(0), data, ctypes.c_size_t(length)) == zlib.crc32(data)
    assert rom_c.openrom_mz_adler32(ctypes.c_ulong(1), data, ctypes.c_size_t(length)) == zlib.adler32(data)


PARSE_ZLIB_HEADER, HAS_MORE_INPUT, NON_WRAPPING_OUTPUT, COMPUTE_ADLER32 = 1, 2, 4, 8
ADLER32_MISMATCH, FAILED, DONE, NEEDS_MORE_INPUT, HAS_MORE_OUTPUT = -2, -1, 0, 1, 2
TEXTS = {
    "nothing": b"",
    "a byte": b"x",
    "words": b"".join(b"line %d of a text that repeats itself\n" % (n % 77) for n in range(700)),
    "zeros": bytes(70000),
    "noise": hashlib.shake_128(b"noise").digest(40000),
}


def packed(text, level, strategy, window=15):
    packer = zlib.compressobj(level, zlib.DEFLATED, window, 8, strategy)
    return (
        packer.compress(text[:1000]) + packer.flush(zlib.Z_FULL_FLUSH) + packer.compress(text[1000:]) + packer.flush()
    )


def inflate(rom_c, content, flags, in_step, out_step, window=32768):
    """Decompress through a window, in pieces; return status, text and bytes taken."""
    state = ctypes.create_string_buffer(10992)
    buffer, text, taken, position = ctypes.create_string_buffer(window), b"", 0, 0
    address = ctypes.addressof(buffer)
    while True:
        piece = content[taken : taken + in_step]
        left = window - position if not flags & NON_WRAPPING_OUTPUT else out_step
        in_size, out_size = ctypes.c_uint32(len(piece)), ctypes.c_uint32(left)
        more = HAS_MORE_INPUT if taken + len(piece) < len(content) else 0
        status = rom_c.openrom_tinfl_decompress(
            state,
            piece,
            ctypes.byref(in_size),
            ctypes.c_void_p(address),
            ctypes.c_void_p(address + position),
            ctypes.byref(out_size),
            flags | more,
        )
        taken += in_size.value
        text += buffer.raw[position : position + out_size.value]
        position = (position + out_size.value) % window
        if status <= DONE:
            return status, text, taken


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize("strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED])
def test_inflate(rom_c, name, level, strategy):
    text = TEXTS[name]
    content = packed(text, level, strategy)
    for step in (len(content), 1 if len(content) < 4000 else 97):
        assert inflate(rom_c, content, PARSE_ZLIB_HEADER, step, 0) == (DONE, text, len(content))
    raw = packed(text, level, strategy, -15)
    assert inflate(rom_c, raw, 0, 7, 0) == (DONE, text, len(raw))


@pytest.mark.parametrize("room", [-1, 0, 1])
def test_inflate_into_memory(rom_c, room):
    text = TEXTS["words"]
    content, out = zlib.compress(text), ctypes.create_string_buffer(len(text) + 1)
    size = rom_c.openrom_tinfl_decompress_mem_to_mem(out, len(text) + room, content, len(content), PARSE_ZLIB_HEADER)
    assert size == (-1 if room < 0 else len(text))
    assert out.raw[: len(text) + min(room, 0)] == text[: len(text) + min(room, 0)]


def test_inflate_never_leaves_its_buffers(rom_c):
    """Damaged streams end by themselves; what they wrote lies within the room that they had."""
    text, room = TEXTS["words"][:3000], 4000
    good = zlib.compress(text)
    for place in range(len(good)):
        for bit in range(8):
            content = bytearray(good)
            content[place] ^= 1 << bit
            out = ctypes.create_string_buffer(b"\xa5" * (room + 64), room + 64)
            size = rom_c.openrom_tinfl_decompress_mem_to_mem(out, room, bytes(content), len(content), 1)
            assert size == -1 or out.raw[:size] == text  # the bits that fill the last byte of the blocks say nothing
            assert out.raw[room:] == b"\xa5" * 64


NO_FLUSH, SYNC_FLUSH, FULL_FLUSH, FINISH = 0, 2, 3, 4
WRITE_ZLIB_HEADER, GREEDY, RLE, FILTER, STATIC, RAW = 0x1000, 0x4000, 0x10000, 0x20000, 0x40000, 0x80000
COMPRESSORS = {
    "default": 128,
    "fastest": 1,
    "slowest": 4095,
    "no matches": 0,
    "greedy": GREEDY | 128,
    "runs": RLE | 128,
    "long matches": FILTER | 128,
    "static": STATIC | 128,
    "raw": RAW | 128,
}
BLOCK_TYPES = {"static": 1, "raw": 0}


class Deflate:
    """A compressor that gives its output into memory."""

    def __init__(self, rom_c, flags):
        self.rom_c, self.state = rom_c, ctypes.create_string_buffer(200_000)
        assert rom_c.openrom_tdefl_init(self.state, None, None, flags) == 0

    def step(self, data, room, how):
        """Return the status, how much was taken, and what came out."""
        size, out, out_size = ctypes.c_size_t(len(data)), ctypes.create_string_buffer(room), ctypes.c_size_t(room)
        status = self.rom_c.openrom_tdefl_compress(
            self.state, data, ctypes.byref(size), out, ctypes.byref(out_size), how
        )
        return status, size.value, out.raw[: out_size.value]

    def whole(self, text, in_step=10**9, out_step=10**6):
        out, at, status = b"", 0, 0
        while status == 0:
            piece = text[at : at + in_step]
            last = at + len(piece) == len(text)
            status, taken, came = self.step(piece, out_step, FINISH if last else NO_FLUSH)
            at += taken
            out += came
        assert status == 1
        return out


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("kind", COMPRESSORS)
def test_deflate(rom_c, name, kind):
    text = TEXTS[name]
    for in_step, out_step in ((10**9, 10**6), (1000, 97)):
        packed_text = Deflate(rom_c, COMPRESSORS[kind] | WRITE_ZLIB_HEADER).whole(text, in_step, out_step)
        assert zlib.decompress(packed_text) == text
    bare = Deflate(rom_c, COMPRESSORS[kind]).whole(text)
    assert zlib.decompress(bare, -15) == text
    if kind in BLOCK_TYPES:
        assert bare[0] >> 1 & 3 == BLOCK_TYPES[kind]


@pytest.mark.parametrize(("name", "ratio"), [("words", 0.15), ("zeros", 0.01), ("noise", 1.002)])
def test_deflate_is_about_as_small_as_zlib(rom_c, name, ratio):
    text = TEXTS[name]
    size = len(Deflate(rom_c, 128).whole(text))
    assert size <= ratio * len(text)
    assert size <= 1.2 * len(zlib.compress(text)) + 20


@pytest.mark.parametrize("seed", range(12))
def test_deflate_of_mixed_text(rom_c, seed):
    """Text of many kinds of symbols, over the length of the dictionary, in uneven pieces."""
    noise = hashlib.shake_128(b"%d" % seed).digest(90000)
    text = b"".join(noise[n : n + 1 + noise[n] % 90] * (1 + noise[n + 1] % 3) for n in range(0, 40000, 50 + seed))
    text = text + text[-33000:] + bytes(noise[n] % (2 + seed) for n in range(50000))
    kinds = list(COMPRESSORS.values())
    deflate = Deflate(rom_c, kinds[seed % len(kinds)] | WRITE_ZLIB_HEADER)
    assert zlib.decompress(deflate.whole(text, 700 + 977 * seed, 333)) == text
    assert rom_c.openrom_tdefl_get_adler32(deflate.state) & 0xFFFFFFFF == zlib.adler32(text)


@pytest.mark.parametrize("how", [SYNC_FLUSH, FULL_FLUSH])
def test_deflate_flushed(rom_c, how):
    """After a flush all that was given can be read; after a full one nothing refers to what was before."""
    deflate, reader, text = Deflate(rom_c, 128), zlib.decompressobj(-15), TEXTS["words"]
    for at in range(0, len(text), 5000):
        status, taken, out = deflate.step(text[at : at + 5000], 50000, how)
        assert (status, taken) == (0, len(text[at : at + 5000]))
        assert out.endswith(b"\0\0\xff\xff")
        assert reader.decompress(out) == text[at : at + 5000]
        if how == FULL_FLUSH:
            assert zlib.decompressobj(-15).decompress(out) == text[at : at + 5000]
    assert reader.decompress(deflate.step(b"", 100, FINISH)[2]) == b""
    assert reader.eof


def test_deflate_to_a_function(rom_c):
    came = bytearray()

    def put(data, length, _user):
        came.extend(ctypes.string_at(data, length))
        return len(came) < 20000

    function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(put)
    state, text = ctypes.create_string_buffer(200_000), TEXTS["words"]
    rom_c.openrom_tdefl_init(state, function, None, 128)
    assert rom_c.openrom_tdefl_compress_buffer(state, text, len(text), FINISH) == 1
    assert zlib.decompress(bytes(came), -15) == text
    assert rom_c.openrom_tdefl_compress_buffer(state, text, len(text), FINISH) == -2
    rom_c.openrom_tdefl_init(state, function, None, 128)
    assert rom_c.openrom_tdefl_compress_buffer(state, TEXTS["noise"], len(TEXTS["noise"]), FINISH) == -1
