"""TWAI frames on the wire: their bits, how stuffing makes them longer, and which a controller's filters let in.

Source: ISO 11898-1 (Bosch, "CAN Specification 2.0"); ESP32-S3 Technical Reference Manual, "Two-wire Automotive
Interface", "Acceptance Filter".
"""

from __future__ import annotations

from twincore.devices import TwaiFrame

CRC_POLYNOMIAL = 0x4599
TAIL = 1 + 1 + 1 + 7
"""Bits behind the checksum, which are not stuffed: its delimiter, the acknowledge slot, its delimiter, end of frame."""


def crc15(bits: list[int]) -> int:
    """Return a frame's checksum over its bits."""
    crc = 0
    for bit in bits:
        crc = (crc << 1 ^ (CRC_POLYNOMIAL if bit ^ crc >> 14 else 0)) & 0x7FFF
    return crc


def _bits(number: int, count: int) -> list[int]:
    return [number >> n & 1 for n in reversed(range(count))]


def frame_bits(frame: TwaiFrame) -> list[int]:
    """Return the bits from start of frame to checksum, before stuffing; 0 is dominant."""
    bits = [0]
    if frame.is_extended:
        bits += [*_bits(frame.identifier >> 18, 11), 1, 1, *_bits(frame.identifier, 18), int(frame.is_remote), 0, 0]
    else:
        bits += [*_bits(frame.identifier, 11), int(frame.is_remote), 0, 0]
    bits += _bits(frame.length, 4)
    for byte in frame.data:
        bits += _bits(byte, 8)
    return bits + _bits(crc15(bits), 15)


def data_start(frame: TwaiFrame) -> int:
    """Return the number of the first bit behind the data length code."""
    return 39 if frame.is_extended else 19


def wire_length(bits: list[int]) -> int:
    """Return how many bits `bits` are on the wire: after five equal ones comes one of the other kind."""
    count, run, last = 0, 0, -1
    for bit in bits:
        count += 1
        run = run + 1 if bit == last else 1
        last = bit
        if run == 5:
            count, run, last = count + 1, 1, 1 - bit
    return count


def accepts(frame: TwaiFrame, code: bytes, mask: bytes, *, is_single: bool) -> bool:
    """Return whether a frame passes the filter: four bytes of code, of which `mask` has the bits that are ignored."""
    wanted, ignored = int.from_bytes(code, "big"), int.from_bytes(mask, "big")
    first, second = frame.data[:1], frame.data[1:2]

    def passes(content: int, compared: int) -> bool:
        return (content ^ wanted) & compared & ~ignored == 0

    if frame.is_extended:
        content = frame.identifier << 3 | frame.is_remote << 2
        if is_single:
            return passes(content, 0xFFFF_FFFC)
        high = content >> 16
        return passes(high << 16, 0xFFFF_0000) or passes(high, 0x0000_FFFF)
    content = frame.identifier << 5 | frame.is_remote << 4
    if is_single:
        data = int.from_bytes(frame.data[:2].ljust(2, b"\0"), "big")
        compared = 0xFFF0_0000 | (0xFF00 if first else 0) | (0x00FF if second else 0)
        return passes(content << 16 | data, compared)
    with_data = content << 16
    compared = 0xFFF0_0000
    if first:
        with_data |= (first[0] >> 4) << 16 | first[0] & 15
        compared |= 0x000F_000F
    return passes(with_data, compared) or passes(content, 0x0000_FFF0)
