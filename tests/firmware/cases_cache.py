"""Calls of the ROM's cache and MMU functions."""

from __future__ import annotations

import struct
from typing import Any

from rom_machine import Buffer, Call, Guest, call

CASES: dict[str, list[Call]] = {}
EXTRA: dict[str, dict[str, Any]] = {}
FRESH: set[str] = set()
"""Cases that have to begin with the caches as the ROM leaves them."""

DROM, IROM, WINDOW = 0x3C000000, 0x42000000, 0x2000000
EXTMEM, SENSITIVE, CACHE_CONTROL, MMU = (0x600C4000, 0x158), (0x600C1004, 0x14), (0x600C0048, 4), (0x600C5000, 0x800)
OP_CALLBACKS = 0x3FCEFFC8
REGISTERS = [EXTMEM, SENSITIVE, CACHE_CONTROL]


def case(name: str, *calls: Call, fresh: bool = False, **extra: Any) -> None:
    assert name not in CASES
    CASES[name] = list(calls)
    EXTRA[name] = extra
    if fresh:
        FRESH.add(name)


case("defaults", call("Cache_Get_ICache_Line_Size"), call("Cache_Get_DCache_Line_Size"), fresh=True, look=REGISTERS)
for name in ("Cache_Set_Default_Mode", "Cache_Enable_Default_ICache_Mode", "ROM_Boot_Cache_Init", "Cache_Owner_Init"):
    case(name, call(name, result=0), fresh=True, look=[*REGISTERS, MMU])
case("Cache_MMU_Init", call("Cache_MMU_Init", result=0), look=[MMU])
for size in (0, 1):
    for ways in (0, 1):
        for line in (0, 1, 2):
            for cache in "ID":
                mode = Buffer(bytes(7) + bytes([cache == "I"]))
                case(
                    f"Cache_Set_{cache}Cache_Mode-{size}-{ways}-{line}",
                    call(f"Cache_Set_{cache}Cache_Mode", size, ways, line, result=0),
                    call(f"Cache_Get_{cache}Cache_Line_Size"),
                    call("Cache_Get_Mode", mode, result=0),
                    look=REGISTERS,
                )
for bytes_, ways, line in ((0x4000, 4, 16), (0x8000, 8, 32), (0x8000, 4, 64), (0x10000, 8, 64), (0x10000, 8, 32)):
    for name in ("rom_config_instruction_cache_mode", "rom_config_data_cache_mode"):
        case(f"{name}-{bytes_:#x}-{ways}-{line}", call(name, bytes_, ways, line, result=0), fresh=True, look=REGISTERS)
for low, high in ((1, 0), (1, 2), (4, 8), (2, 1)):
    for cache in "ID":
        name = f"Cache_Occupy_{cache}Cache_MEMORY"
        case(f"{name}-{low}-{high}", call(name, low, high, result=0), look=[SENSITIVE])

ADDRESSES = (DROM, DROM + WINDOW - 1, IROM, IROM + WINDOW - 1, 0x3FC90000, 0x40378000, IROM + WINDOW, DROM - 1, 0)
for cache in "ID":
    name = f"Cache_Address_Through_{cache}Cache"
    case(name, *(call(name, address) for address in ADDRESSES))

ITEMS = """Cache_Invalidate_ICache_Items Cache_Invalidate_DCache_Items Cache_Clean_Items Cache_WriteBack_Items
    Cache_Lock_ICache_Items Cache_Unlock_ICache_Items Cache_Lock_DCache_Items Cache_Unlock_DCache_Items
    Cache_Occupy_Items"""
for name in ITEMS.split():
    case(name, call(name, DROM + 0x1000, 3, result=0), look=[EXTMEM], fresh=True)
RANGES = (
    *((DROM + 0x1234, 100), (DROM + 0x1000, 0x10000), (DROM, 0), (IROM + 0x40, 64), (0x3FC90000, 64)),
    *((DROM + WINDOW - 16, 64), (DROM + WINDOW - 16, 16), (DROM, WINDOW)),
)
for name in ["Invalidate_Addr", "Clean_Addr", "WriteBack_Addr", "Lock_Addr", "Unlock_Addr", "Occupy_Addr"]:
    full = f"rom_Cache_{name}" if name == "WriteBack_Addr" else f"Cache_{name}"
    for address, size in RANGES:
        case(f"{full}-{address:#x}-{size:#x}", call(full, address, size), look=[EXTMEM], fresh=True)
    callbacks = {OP_CALLBACKS: Guest("log"), OP_CALLBACKS + 4: Guest("log")}
    case(f"{full}-callbacks", call(full, DROM, 64), call(full, 0x3FC90000, 64), poke=callbacks)
for name in [
    "Invalidate_ICache_All",
    "Invalidate_DCache_All",
    "Clean_All",
    "WriteBack_All",
    "Mask_All",
    "UnMask_Dram0",
]:
    case(f"Cache_{name}", call(f"Cache_{name}", result=0), look=REGISTERS, fresh=True)

for cache, address in (("ICache", IROM), ("DCache", DROM)):
    for group in (0, 1):
        lock = Buffer(struct.pack("<IHH", address + 0x2000, 0x100, group))
        case(
            f"{cache}_PreLock-{group}",
            call(f"Cache_Enable_{cache}_PreLock", lock, result=0),
            look=[EXTMEM],
            fresh=True,
        )
        case(
            f"Cache_Disable_{cache}_PreLock-{group}",
            call(f"Cache_Disable_{cache}_PreLock", lock, result=0),
            look=[EXTMEM],
        )
        for place in (address, 0x3FC90000):
            region = Buffer(struct.pack("<BBxxII", group, 1, place, 0x1000))
            name = f"Cache_Config_{cache}_Region_Autoload"
            case(f"{name}-{group}-{place:#x}", call(name, region), look=[EXTMEM], fresh=True)
    for order, trigger, size in ((0, 2, 3), (1, 0, 0), (1, 1, 1)):
        name = f"Cache_Config_{cache}_Autoload"
        autoload = Buffer(bytes([1, order, trigger, size]))
        case(f"{name}-{order}-{trigger}", call(name, autoload, result=0), look=[EXTMEM], fresh=True)
    case(
        f"{cache}-autoload",
        call(f"Cache_Enable_{cache}_Autoload", result=0),
        call(f"Cache_Suspend_{cache}_Autoload"),
        call(f"Cache_Suspend_{cache}_Autoload"),
        call(f"Cache_Resume_{cache}_Autoload", 4, result=0),
        call(f"Cache_Disable_{cache}_Autoload", result=0),
        call(f"Cache_Suspend_{cache}_Autoload"),
        look=[EXTMEM],
    )
    case(
        f"{cache}-preload",
        call(f"Cache_Start_{cache}_Preload", address, 0x1000, 1),
        call(f"Cache_{cache}_Preload_Done"),
        call(f"Cache_End_{cache}_Preload", 4, result=0),
        look=[EXTMEM],
        fresh=True,
    )
    for name, argument in (("Enable", 0), ("Enable", 4), ("Disable", None)):
        given = () if argument is None else (argument,)
        result = 32 if argument is None else 0
        case(
            f"{name}_{cache}-{argument}",
            call(f"Cache_{name}_{cache}", *given, result=result),
            look=[EXTMEM],
            fresh=True,
        )
    case(
        f"{cache}-suspended",
        call(f"Cache_Enable_{cache}", 4, result=0),
        call(f"rom_Cache_Suspend_{cache}"),
        look=[EXTMEM],
        fresh=True,
    )
    case(
        f"{cache}-resumed",
        call(f"rom_Cache_Suspend_{cache}"),
        call(f"Cache_Resume_{cache}", 4, result=0),
        look=[EXTMEM],
    )
    for mode in (0, 1):
        freeze = call(f"rom_Cache_Freeze_{cache}_Enable", mode, result=0)
        case(f"{cache}-frozen-{mode}", freeze, look=[EXTMEM])
        case(f"{cache}-unfrozen-{mode}", freeze, call(f"Cache_Freeze_{cache}_Disable", result=0), look=[EXTMEM])

for name, window, other in (("Cache_Ibus_MMU_Set", IROM, DROM), ("Cache_Dbus_MMU_Set", DROM, IROM)):
    for number, arguments in enumerate(
        [
            *((0, window, 0, 64, 2, 0), (0x8000, window + 0x30000, 0x50000, 64, 3, 1), (0, window + 1, 0, 64, 1, 0)),
            *((0, window, 0x100, 64, 1, 0), (0, window, 0, 32, 1, 0), (0, window + WINDOW, 0, 64, 1, 0)),
            *(
                (0, window + WINDOW - 0x10000, 0, 64, 2, 0),
                (0, other, 0x10000, 64, 1, 0),
                (0, window, 0x40000, 64, 0, 0),
            ),
        ]
    ):
        case(f"{name}-{number}", call(name, *arguments), look=[MMU], fresh=True)

TABLE = {0x600C5000 + 4 * entry: page for entry, page in {0: 5, 1: 6, 2: 0x8007, 16: 9, 17: 0, 18: 0}.items()}
PAGES = [call(f"flash_instr_rodata_{which}_page", bus) for which in ("start", "end") for bus in (0, 1)]
case(
    "Cache_Set_IDROM_MMU",
    call("Cache_Set_IDROM_MMU_Size", 0x40, 0x20, result=0),
    call("Cache_Get_IROM_MMU_End"),
    call("Cache_Get_DROM_MMU_End"),
    *PAGES,
    call("Cache_Set_IDROM_MMU_Info", 2, 3, 0x3C100000, 0x3C130000, 4, -8, result=0),
    *PAGES,
    call("flash2spiram_instruction_offset"),
    call("flash2spiram_rodata_offset"),
    poke=TABLE,
    fresh=True,
)
