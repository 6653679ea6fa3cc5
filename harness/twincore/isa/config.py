"""The choices that make an LX7 the one of the ESP32-S3: sizes, vectors, interrupt lines.

Source: the core configuration that ESP-IDF's components/xtensa/esp32s3/include/xtensa/config/core-isa.h documents, and
the Xtensa ISA Reference Manual for the meaning of each option.
"""

from __future__ import annotations

AR_COUNT = 64
WINDOWS = AR_COUNT // 4

RESET_VECTOR = 0x40000400
VECBASE_RESET = 0x40000000
VECTOR_OF4, VECTOR_UF4, VECTOR_OF8, VECTOR_UF8, VECTOR_OF12, VECTOR_UF12 = 0x000, 0x040, 0x080, 0x0C0, 0x100, 0x140
#: offset from VECBASE of the vector of interrupt level 2..7 (6 is debug, 7 is NMI)
LEVEL_VECTORS = {2: 0x180, 3: 0x1C0, 4: 0x200, 5: 0x240, 6: 0x280, 7: 0x2C0}
VECTOR_KERNEL, VECTOR_USER, VECTOR_DOUBLE = 0x300, 0x340, 0x3C0

EXCM_LEVEL = 3
DEBUG_LEVEL = 6
NMI_LEVEL = 7

#: interrupt numbers by level
LEVEL_INTERRUPTS = {
    1: (*range(0, 11), 12, 13, 17, 18),
    2: (19, 20, 21),
    3: (11, 15, 22, 23, 27, 29),
    4: (24, 25, 28, 30),
    5: (16, 26, 31),
    7: (14,),
}
LEVEL_MASKS = {level: sum(1 << n for n in numbers) for level, numbers in LEVEL_INTERRUPTS.items()}
EDGE_INTERRUPTS = 1 << 10 | 1 << 22 | 1 << 28 | 1 << 30
SOFTWARE_INTERRUPTS = 1 << 7 | 1 << 29
PROFILING_INTERRUPT = 1 << 11
TIMER_INTERRUPTS = (6, 15, 16)
NMI_INTERRUPT = 14
#: lines that the interrupt matrix cannot reach, because the core drives them itself
INTERNAL_INTERRUPTS = SOFTWARE_INTERRUPTS | PROFILING_INTERRUPT | sum(1 << n for n in TIMER_INTERRUPTS)
EXTERNAL_INTERRUPTS = 0xFFFFFFFF & ~INTERNAL_INTERRUPTS
#: inputs whose rising edge is latched as a request, and those whose level is the request
EDGE_LINES = EDGE_INTERRUPTS | 1 << NMI_INTERRUPT
LEVEL_LINES = EXTERNAL_INTERRUPTS & ~EDGE_LINES

PRID = (0xCDCD, 0xABAB)
#: /proc/cpuinfo of Linux on the ESP32-S3
CONFIGID0, CONFIGID1 = 0xC2F0FFFE, 0x23090F1F
