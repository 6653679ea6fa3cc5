"""Files with the content of eFuses, as espefuse.py reads and writes them.

Two kinds, told apart by their sizes. 512 bytes: the file of espefuse.py's virtual mode (--virt --path-efuse-file), the
controller's registers from the last byte to the first. 336 bytes: what `espefuse.py dump --format joint` writes, blocks
0 to 10 one after another as 32-bit little-endian words. twincore writes the first kind.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

from twincore.errors import ImageError
from twincore.images.files import read_file

WORDS = 84
"""Words of all blocks: six each of blocks 0 and 1, eight each of the other nine."""
_FIRST = 0x2C
_VIRTUAL_SIZE, _DUMP_SIZE = 0x200, WORDS * 4
_PACKED = struct.Struct(f"<{WORDS}I")


def read_efuses(path: Path) -> list[int]:
    """Reads the words of all blocks; ImageError when the file is of neither kind."""
    content = read_file(path)
    if len(content) == _VIRTUAL_SIZE:
        return list(_PACKED.unpack_from(content[::-1], _FIRST))
    if len(content) == _DUMP_SIZE:
        return list(_PACKED.unpack(content))
    raise ImageError(
        str(path),
        f"expected eFuses in {_VIRTUAL_SIZE} bytes (espefuse.py --virt) or {_DUMP_SIZE} bytes (espefuse.py dump "
        f"--format joint), got {len(content)} bytes",
        next_step=f"make one: espefuse.py --chip esp32s3 --virt --path-efuse-file {path.name} summary",
    )


def efuse_file(words: Sequence[int]) -> bytes:
    """Gives the content of a file for espefuse.py's virtual mode."""
    registers = bytearray(_VIRTUAL_SIZE)
    _PACKED.pack_into(registers, _FIRST, *words)
    return bytes(registers[::-1])
