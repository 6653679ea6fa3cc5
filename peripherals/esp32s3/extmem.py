"""EXTMEM: control of the instruction cache and the data cache.

Source: ESP32-S3 Technical Reference Manual, "System and Memory", Cache; ESP-IDF's register header of the block, and its
cache_err_int.c for what firmware makes of errors. There are no cached copies here: every access sees memory at once,
so each operation is done as soon as it is asked for.

A cache that is disabled, or a bus that is shut for a core, answers nothing: what the core reads is arbitrary, and the
interrupt CORE0_ACS or CORE1_ACS comes. A frozen cache makes the core wait (MODE 0) or gives arbitrary data (MODE 1). An
access through an MMU entry that is not valid brings CACHE_IA with address and entry, a store to flash the same.

Leaves out: hit and miss counters (0), locking's effect, the faults of operations on unmapped addresses, and that a
store to flash is an error only when its line is written back, not at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from twincore.machine.executor import Access
from twincore.model import RO, Context, Field, Peripheral, Register, Registers, Signal, Value, state

IDLE = 1
"""What ICACHE_STATE and DCACHE_STATE read while nothing is under way."""
DCACHE_WRITE_FLASH, MMU_ENTRY_FAULT = 1 << 4, 1 << 5
"""Bits of the CACHE_ILG interrupt registers."""
IBUS_ACS_MSK, IBUS_WR, DBUS_ACS_MSK, DBUS_REJECT = 1, 1 << 1, 1 << 3, 1 << 4
"""Bits of the CORE0_ACS and CORE1_ACS interrupt registers."""
CPU_MISS = 1
"""CACHE_MMU_FAULT_CODE of an access by a core."""
ICACHE, DCACHE = 0, 3
"""First bits of a cache in CACHE_SYNC_INT_CTRL and CACHE_PRELOAD_INT_CTRL: status, enable, clear."""


class EXTMEM(Peripheral):
    """Registers of both caches; `listen` tells the machine which cores they are shut for."""

    size = 0x400

    class DCACHE_LOCK_CTRL(Register, offset=0x01C, reset=0x4):
        DCACHE_LOCK_ENA = Field(0)
        DCACHE_UNLOCK_ENA = Field(1)
        DCACHE_LOCK_DONE = Field(2, access=RO)

    class DCACHE_SYNC_CTRL(Register, offset=0x028, reset=0x1):
        DCACHE_INVALIDATE_ENA = Field(0)
        DCACHE_WRITEBACK_ENA = Field(1)
        DCACHE_CLEAN_ENA = Field(2)
        DCACHE_SYNC_DONE = Field(3, access=RO)

    class DCACHE_OCCUPY_CTRL(Register, offset=0x034, reset=0x2):
        DCACHE_OCCUPY_ENA = Field(0)
        DCACHE_OCCUPY_DONE = Field(1, access=RO)

    class DCACHE_PRELOAD_CTRL(Register, offset=0x040, reset=0x2):
        DCACHE_PRELOAD_ENA = Field(0)
        DCACHE_PRELOAD_DONE = Field(1, access=RO)
        DCACHE_PRELOAD_ORDER = Field(2)

    class ICACHE_LOCK_CTRL(Register, offset=0x07C, reset=0x4):
        ICACHE_LOCK_ENA = Field(0)
        ICACHE_UNLOCK_ENA = Field(1)
        ICACHE_LOCK_DONE = Field(2, access=RO)

    class ICACHE_SYNC_CTRL(Register, offset=0x088, reset=0x1):
        ICACHE_INVALIDATE_ENA = Field(0)
        ICACHE_SYNC_DONE = Field(1, access=RO)

    class ICACHE_PRELOAD_CTRL(Register, offset=0x094, reset=0x2):
        ICACHE_PRELOAD_ENA = Field(0)
        ICACHE_PRELOAD_DONE = Field(1, access=RO)
        ICACHE_PRELOAD_ORDER = Field(2)

    class CACHE_STATE(Register, offset=0x130):
        ICACHE_STATE = Field(11, 0, access=RO)
        DCACHE_STATE = Field(23, 12, access=RO)

    class DCACHE_FREEZE(Register, offset=0x150, reset=0x4):
        ENA = Field(0)
        MODE = Field(1)
        DONE = Field(2, access=RO, doc="follows ENA")

    class ICACHE_FREEZE(Register, offset=0x154, reset=0x4):
        ENA = Field(0)
        MODE = Field(1)
        DONE = Field(2, access=RO, doc="follows ENA")

    others = Registers("""
        0x000 DCACHE_CTRL 0x0 DCACHE_ENABLE[0] DCACHE_SIZE_MODE[2] DCACHE_BLOCKSIZE_MODE[4:3]
        0x004 DCACHE_CTRL1 0x3 DCACHE_SHUT_CORE0_BUS[0] DCACHE_SHUT_CORE1_BUS[1]
        0x008 DCACHE_TAG_POWER_CTRL 0x5 DCACHE_TAG_MEM_FORCE_ON[0] DCACHE_TAG_MEM_FORCE_PD[1]
          + DCACHE_TAG_MEM_FORCE_PU[2]
        0x00c DCACHE_PRELOCK_CTRL 0x0 DCACHE_PRELOCK_SCT0_EN[0] DCACHE_PRELOCK_SCT1_EN[1]
        0x010 DCACHE_PRELOCK_SCT0_ADDR 0x0 DCACHE_PRELOCK_SCT0_ADDR[31:0]
        0x014 DCACHE_PRELOCK_SCT1_ADDR 0x0 DCACHE_PRELOCK_SCT1_ADDR[31:0]
        0x018 DCACHE_PRELOCK_SCT_SIZE 0x0 DCACHE_PRELOCK_SCT1_SIZE[15:0] DCACHE_PRELOCK_SCT0_SIZE[31:16]
        0x020 DCACHE_LOCK_ADDR 0x0 DCACHE_LOCK_ADDR[31:0]
        0x024 DCACHE_LOCK_SIZE 0x0 DCACHE_LOCK_SIZE[15:0]
        0x02c DCACHE_SYNC_ADDR 0x0 DCACHE_SYNC_ADDR[31:0]
        0x030 DCACHE_SYNC_SIZE 0x0 DCACHE_SYNC_SIZE[22:0]
        0x038 DCACHE_OCCUPY_ADDR 0x0 DCACHE_OCCUPY_ADDR[31:0]
        0x03c DCACHE_OCCUPY_SIZE 0x0 DCACHE_OCCUPY_SIZE[15:0]
        0x044 DCACHE_PRELOAD_ADDR 0x0 DCACHE_PRELOAD_ADDR[31:0]
        0x048 DCACHE_PRELOAD_SIZE 0x0 DCACHE_PRELOAD_SIZE[15:0]
        0x04c DCACHE_AUTOLOAD_CTRL 0x8 DCACHE_AUTOLOAD_SCT0_ENA[0] DCACHE_AUTOLOAD_SCT1_ENA[1] DCACHE_AUTOLOAD_ENA[2]
          + DCACHE_AUTOLOAD_DONE[3]:RO DCACHE_AUTOLOAD_ORDER[4] DCACHE_AUTOLOAD_RQST[6:5] DCACHE_AUTOLOAD_SIZE[8:7]
          + DCACHE_AUTOLOAD_BUFFER_CLEAR[9]
        0x050 DCACHE_AUTOLOAD_SCT0_ADDR 0x0 DCACHE_AUTOLOAD_SCT0_ADDR[31:0]
        0x054 DCACHE_AUTOLOAD_SCT0_SIZE 0x0 DCACHE_AUTOLOAD_SCT0_SIZE[26:0]
        0x058 DCACHE_AUTOLOAD_SCT1_ADDR 0x0 DCACHE_AUTOLOAD_SCT1_ADDR[31:0]
        0x05c DCACHE_AUTOLOAD_SCT1_SIZE 0x0 DCACHE_AUTOLOAD_SCT1_SIZE[26:0]
        0x060 ICACHE_CTRL 0x0 ICACHE_ENABLE[0] ICACHE_WAY_MODE[1] ICACHE_SIZE_MODE[2] ICACHE_BLOCKSIZE_MODE[3]
        0x064 ICACHE_CTRL1 0x3 ICACHE_SHUT_CORE0_BUS[0] ICACHE_SHUT_CORE1_BUS[1]
        0x068 ICACHE_TAG_POWER_CTRL 0x5 ICACHE_TAG_MEM_FORCE_ON[0] ICACHE_TAG_MEM_FORCE_PD[1]
          + ICACHE_TAG_MEM_FORCE_PU[2]
        0x06c ICACHE_PRELOCK_CTRL 0x0 ICACHE_PRELOCK_SCT0_EN[0] ICACHE_PRELOCK_SCT1_EN[1]
        0x070 ICACHE_PRELOCK_SCT0_ADDR 0x0 ICACHE_PRELOCK_SCT0_ADDR[31:0]
        0x074 ICACHE_PRELOCK_SCT1_ADDR 0x0 ICACHE_PRELOCK_SCT1_ADDR[31:0]
        0x078 ICACHE_PRELOCK_SCT_SIZE 0x0 ICACHE_PRELOCK_SCT1_SIZE[15:0] ICACHE_PRELOCK_SCT0_SIZE[31:16]
        0x080 ICACHE_LOCK_ADDR 0x0 ICACHE_LOCK_ADDR[31:0]
        0x084 ICACHE_LOCK_SIZE 0x0 ICACHE_LOCK_SIZE[15:0]
        0x08c ICACHE_SYNC_ADDR 0x0 ICACHE_SYNC_ADDR[31:0]
        0x090 ICACHE_SYNC_SIZE 0x0 ICACHE_SYNC_SIZE[22:0]
        0x098 ICACHE_PRELOAD_ADDR 0x0 ICACHE_PRELOAD_ADDR[31:0]
        0x09c ICACHE_PRELOAD_SIZE 0x0 ICACHE_PRELOAD_SIZE[15:0]
        0x0a0 ICACHE_AUTOLOAD_CTRL 0x8 ICACHE_AUTOLOAD_SCT0_ENA[0] ICACHE_AUTOLOAD_SCT1_ENA[1] ICACHE_AUTOLOAD_ENA[2]
          + ICACHE_AUTOLOAD_DONE[3]:RO ICACHE_AUTOLOAD_ORDER[4] ICACHE_AUTOLOAD_RQST[6:5] ICACHE_AUTOLOAD_SIZE[8:7]
          + ICACHE_AUTOLOAD_BUFFER_CLEAR[9]
        0x0a4 ICACHE_AUTOLOAD_SCT0_ADDR 0x0 ICACHE_AUTOLOAD_SCT0_ADDR[31:0]
        0x0a8 ICACHE_AUTOLOAD_SCT0_SIZE 0x0 ICACHE_AUTOLOAD_SCT0_SIZE[26:0]
        0x0ac ICACHE_AUTOLOAD_SCT1_ADDR 0x0 ICACHE_AUTOLOAD_SCT1_ADDR[31:0]
        0x0b0 ICACHE_AUTOLOAD_SCT1_SIZE 0x0 ICACHE_AUTOLOAD_SCT1_SIZE[26:0]
        0x0b4 IBUS_TO_FLASH_START_VADDR 0x44000000 IBUS_TO_FLASH_START_VADDR[31:0]
        0x0b8 IBUS_TO_FLASH_END_VADDR 0x47ffffff IBUS_TO_FLASH_END_VADDR[31:0]
        0x0bc DBUS_TO_FLASH_START_VADDR 0x0 DBUS_TO_FLASH_START_VADDR[31:0]
        0x0c0 DBUS_TO_FLASH_END_VADDR 0x0 DBUS_TO_FLASH_END_VADDR[31:0]
        0x0c4 CACHE_ACS_CNT_CLR 0x0 DCACHE_ACS_CNT_CLR[0]:WT ICACHE_ACS_CNT_CLR[1]:WT
        0x0c8 IBUS_ACS_MISS_CNT 0x0 IBUS_ACS_MISS_CNT[31:0]:RO
        0x0cc IBUS_ACS_CNT 0x0 IBUS_ACS_CNT[31:0]:RO
        0x0d0 DBUS_ACS_FLASH_MISS_CNT 0x0 DBUS_ACS_FLASH_MISS_CNT[31:0]:RO
        0x0d4 DBUS_ACS_SPIRAM_MISS_CNT 0x0 DBUS_ACS_SPIRAM_MISS_CNT[31:0]:RO
        0x0d8 DBUS_ACS_CNT 0x0 DBUS_ACS_CNT[31:0]:RO
        0x0dc CACHE_ILG_INT_ENA 0x0 ICACHE_SYNC_OP_FAULT_INT_ENA[0] ICACHE_PRELOAD_OP_FAULT_INT_ENA[1]
          + DCACHE_SYNC_OP_FAULT_INT_ENA[2] DCACHE_PRELOAD_OP_FAULT_INT_ENA[3] DCACHE_WRITE_FLASH_INT_ENA[4]
          + MMU_ENTRY_FAULT_INT_ENA[5] DCACHE_OCCUPY_EXC_INT_ENA[6] IBUS_CNT_OVF_INT_ENA[7] DBUS_CNT_OVF_INT_ENA[8]
        0x0e0 CACHE_ILG_INT_CLR 0x0 ICACHE_SYNC_OP_FAULT_INT_CLR[0]:WT ICACHE_PRELOAD_OP_FAULT_INT_CLR[1]:WT
          + DCACHE_SYNC_OP_FAULT_INT_CLR[2]:WT DCACHE_PRELOAD_OP_FAULT_INT_CLR[3]:WT DCACHE_WRITE_FLASH_INT_CLR[4]:WT
          + MMU_ENTRY_FAULT_INT_CLR[5]:WT DCACHE_OCCUPY_EXC_INT_CLR[6]:WT IBUS_CNT_OVF_INT_CLR[7]:WT
          + DBUS_CNT_OVF_INT_CLR[8]:WT
        0x0e4 CACHE_ILG_INT_ST 0x0 ICACHE_SYNC_OP_FAULT_ST[0]:RO ICACHE_PRELOAD_OP_FAULT_ST[1]:RO
          + DCACHE_SYNC_OP_FAULT_ST[2]:RO DCACHE_PRELOAD_OP_FAULT_ST[3]:RO DCACHE_WRITE_FLASH_ST[4]:RO
          + MMU_ENTRY_FAULT_ST[5]:RO DCACHE_OCCUPY_EXC_ST[6]:RO IBUS_ACS_CNT_OVF_ST[7]:RO
          + IBUS_ACS_MISS_CNT_OVF_ST[8]:RO DBUS_ACS_CNT_OVF_ST[9]:RO DBUS_ACS_FLASH_MISS_CNT_OVF_ST[10]:RO
          + DBUS_ACS_SPIRAM_MISS_CNT_OVF_ST[11]:RO
        0x0e8 CORE0_ACS_CACHE_INT_ENA 0x0 CORE0_IBUS_ACS_MSK_IC_INT_ENA[0] CORE0_IBUS_WR_IC_INT_ENA[1]
          + CORE0_IBUS_REJECT_INT_ENA[2] CORE0_DBUS_ACS_MSK_DC_INT_ENA[3] CORE0_DBUS_REJECT_INT_ENA[4]
        0x0ec CORE0_ACS_CACHE_INT_CLR 0x0 CORE0_IBUS_ACS_MSK_IC_INT_CLR[0]:WT CORE0_IBUS_WR_IC_INT_CLR[1]:WT
          + CORE0_IBUS_REJECT_INT_CLR[2]:WT CORE0_DBUS_ACS_MSK_DC_INT_CLR[3]:WT CORE0_DBUS_REJECT_INT_CLR[4]:WT
        0x0f0 CORE0_ACS_CACHE_INT_ST 0x0 CORE0_IBUS_ACS_MSK_ICACHE_ST[0]:RO CORE0_IBUS_WR_ICACHE_ST[1]:RO
          + CORE0_IBUS_REJECT_ST[2]:RO CORE0_DBUS_ACS_MSK_DCACHE_ST[3]:RO CORE0_DBUS_REJECT_ST[4]:RO
        0x0f4 CORE1_ACS_CACHE_INT_ENA 0x0 CORE1_IBUS_ACS_MSK_IC_INT_ENA[0] CORE1_IBUS_WR_IC_INT_ENA[1]
          + CORE1_IBUS_REJECT_INT_ENA[2] CORE1_DBUS_ACS_MSK_DC_INT_ENA[3] CORE1_DBUS_REJECT_INT_ENA[4]
        0x0f8 CORE1_ACS_CACHE_INT_CLR 0x0 CORE1_IBUS_ACS_MSK_IC_INT_CLR[0]:WT CORE1_IBUS_WR_IC_INT_CLR[1]:WT
          + CORE1_IBUS_REJECT_INT_CLR[2]:WT CORE1_DBUS_ACS_MSK_DC_INT_CLR[3]:WT CORE1_DBUS_REJECT_INT_CLR[4]:WT
        0x0fc CORE1_ACS_CACHE_INT_ST 0x0 CORE1_IBUS_ACS_MSK_ICACHE_ST[0]:RO CORE1_IBUS_WR_ICACHE_ST[1]:RO
          + CORE1_IBUS_REJECT_ST[2]:RO CORE1_DBUS_ACS_MSK_DCACHE_ST[3]:RO CORE1_DBUS_REJECT_ST[4]:RO
        0x100 CORE0_DBUS_REJECT_ST 0x0 CORE0_DBUS_TAG_ATTR[2:0]:RO CORE0_DBUS_ATTR[5:3]:RO CORE0_DBUS_WORLD[6]:RO
        0x104 CORE0_DBUS_REJECT_VADDR 0xffffffff CORE0_DBUS_VADDR[31:0]:RO
        0x108 CORE0_IBUS_REJECT_ST 0x0 CORE0_IBUS_TAG_ATTR[2:0]:RO CORE0_IBUS_ATTR[5:3]:RO CORE0_IBUS_WORLD[6]:RO
        0x10c CORE0_IBUS_REJECT_VADDR 0xffffffff CORE0_IBUS_VADDR[31:0]:RO
        0x110 CORE1_DBUS_REJECT_ST 0x0 CORE1_DBUS_TAG_ATTR[2:0]:RO CORE1_DBUS_ATTR[5:3]:RO CORE1_DBUS_WORLD[6]:RO
        0x114 CORE1_DBUS_REJECT_VADDR 0xffffffff CORE1_DBUS_VADDR[31:0]:RO
        0x118 CORE1_IBUS_REJECT_ST 0x0 CORE1_IBUS_TAG_ATTR[2:0]:RO CORE1_IBUS_ATTR[5:3]:RO CORE1_IBUS_WORLD[6]:RO
        0x11c CORE1_IBUS_REJECT_VADDR 0xffffffff CORE1_IBUS_VADDR[31:0]:RO
        0x120 CACHE_MMU_FAULT_CONTENT 0x0 CACHE_MMU_FAULT_CONTENT[15:0]:RO CACHE_MMU_FAULT_CODE[19:16]:RO
        0x124 CACHE_MMU_FAULT_VADDR 0x0 CACHE_MMU_FAULT_VADDR[31:0]:RO
        0x128 CACHE_WRAP_AROUND_CTRL 0x0 CACHE_FLASH_WRAP_AROUND[0] CACHE_SRAM_RD_WRAP_AROUND[1]
        0x12c CACHE_MMU_POWER_CTRL 0x5 CACHE_MMU_MEM_FORCE_ON[0] CACHE_MMU_MEM_FORCE_PD[1] CACHE_MMU_MEM_FORCE_PU[2]
        0x134 CACHE_ENCRYPT_DECRYPT_RECORD_DISABLE 0x0 RECORD_DISABLE_DB_ENCRYPT[0] RECORD_DISABLE_G0CB_DECRYPT[1]
        0x138 CACHE_ENCRYPT_DECRYPT_CLK_FORCE_ON 0x7 CLK_FORCE_ON_MANUAL_CRYPT[0] CLK_FORCE_ON_AUTO_CRYPT[1]
          + CLK_FORCE_ON_CRYPT[2]
        0x13c CACHE_BRIDGE_ARBITER_CTRL 0x0 ALLOC_WB_HOLD_ARBITER[0]
        0x140 CACHE_PRELOAD_INT_CTRL 0x0 ICACHE_PRELOAD_INT_ST[0]:RO ICACHE_PRELOAD_INT_ENA[1]
          + ICACHE_PRELOAD_INT_CLR[2]:WT DCACHE_PRELOAD_INT_ST[3]:RO DCACHE_PRELOAD_INT_ENA[4]
          + DCACHE_PRELOAD_INT_CLR[5]:WT
        0x144 CACHE_SYNC_INT_CTRL 0x0 ICACHE_SYNC_INT_ST[0]:RO ICACHE_SYNC_INT_ENA[1] ICACHE_SYNC_INT_CLR[2]:WT
          + DCACHE_SYNC_INT_ST[3]:RO DCACHE_SYNC_INT_ENA[4] DCACHE_SYNC_INT_CLR[5]:WT
        0x148 CACHE_MMU_OWNER 0x0 CACHE_MMU_OWNER[23:0]
        0x14c CACHE_CONF_MISC 0x7 CACHE_IGNORE_PRELOAD_MMU_ENTRY_FAULT[0] CACHE_IGNORE_SYNC_MMU_ENTRY_FAULT[1]
          + CACHE_TRACE_ENA[2]
        0x158 ICACHE_ATOMIC_OPERATE_ENA 0x1 ICACHE_ATOMIC_OPERATE_ENA[0]
        0x15c DCACHE_ATOMIC_OPERATE_ENA 0x1 DCACHE_ATOMIC_OPERATE_ENA[0]
        0x160 CACHE_REQUEST 0x0 BYPASS[0]
        0x164 CLOCK_GATE 0x1 CLK_EN[0]
        0x180 CACHE_TAG_OBJECT_CTRL 0x0 ICACHE_TAG_OBJECT[0] DCACHE_TAG_OBJECT[1]
        0x184 CACHE_TAG_WAY_OBJECT 0x0 CACHE_TAG_WAY_OBJECT[2:0]
        0x188 CACHE_VADDR 0x0 CACHE_VADDR[31:0]
        0x18c CACHE_TAG_CONTENT 0x0 CACHE_TAG_CONTENT[31:0]
        0x3fc DATE 0x2012310 DATE[27:0]
    """)

    illegal: int = state(0)
    """What has happened of CACHE_ILG's interrupts, enabled or not."""
    access: list[int] = state([0, 0])
    """Likewise of CORE0_ACS's and CORE1_ACS's."""
    done: list[int] = state([0, 0])
    """Likewise of the ends of sync and preload operations: bits ICACHE and DCACHE."""

    derived = frozenset({"_shown"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._cache_ia = self.signal("cache_ia")
        self._core_acs = (self.signal("core0_acs"), self.signal("core1_acs"))
        sync = {ICACHE: self.signal("icache_sync"), DCACHE: self.signal("dcache_sync")}
        preload = {ICACHE: self.signal("icache_preload"), DCACHE: self.signal("dcache_preload")}
        self._ends: tuple[tuple[str, dict[int, Signal]], ...] = (
            ("CACHE_SYNC_INT_CTRL", sync),
            ("CACHE_PRELOAD_INT_CTRL", preload),
        )
        self._listeners: list[Callable[[int, bool, bool], None]] = []
        self._invalidation_listeners: list[Callable[[int, int], None]] = []
        self._shown: list[tuple[bool, bool]] = []

    def listen(self, listener: Callable[[int, bool, bool], None]) -> None:
        """Have `listener(core, icache_is_shut, dcache_is_shut)` called whenever that changes for a core."""
        self._listeners.append(listener)

    def listen_invalidation(self, listener: Callable[[int, int], None]) -> None:
        """Have `listener(address, size)` called whenever the instruction cache loses what it has of a range."""
        self._invalidation_listeners.append(listener)

    def _invalidate(self, address: int, size: int) -> None:
        """Lose a range of the instruction cache, everything if size is 0."""
        for listener in self._invalidation_listeners:
            listener(address if size else 0, size or 1 << 32)

    def unanswered(
        self, core: int, address: int, access: Access, *, instruction_bus: bool, entry: int | None, writable: bool
    ) -> bool:
        """Note an access of a core that a cache does not answer; return whether the core waits until it does.

        entry: the MMU's word for the address where that maps nothing, else None.
        """
        is_on, is_shut, is_frozen = self._condition(core, "ICACHE" if instruction_bus else "DCACHE")
        if not is_on or is_shut:
            self._access_error(core, IBUS_ACS_MSK if instruction_bus else DBUS_ACS_MSK)
        elif is_frozen:
            return not self.get((self.ICACHE_FREEZE if instruction_bus else self.DCACHE_FREEZE).MODE)
        elif entry is not None:
            self.put(self.registers["CACHE_MMU_FAULT_CONTENT"], CPU_MISS << 16 | entry & 0xFFFF)
            self.put(self.registers["CACHE_MMU_FAULT_VADDR"], address)
            self._illegal(MMU_ENTRY_FAULT)
        elif access is not Access.STORE or writable:
            return True  # the other core, whose time is ahead, has opened the cache already
        elif instruction_bus:
            self._access_error(core, IBUS_WR)
        else:
            self._illegal(DCACHE_WRITE_FLASH)
        return False

    def after_reset(self) -> None:
        self.put(self.CACHE_STATE.ICACHE_STATE, IDLE)
        self.put(self.CACHE_STATE.DCACHE_STATE, IDLE)
        self._shown = []
        self._follow()
        self._show_interrupts()
        self._invalidate(0, 0)

    def restore(self, saved: Mapping[str, Value]) -> None:
        """Take on a state, and tell which caches are shut in it."""
        super().restore(saved)
        self._shown = []
        self._follow()

    # Caches on and off.

    def _condition(self, core: int, cache: str) -> tuple[bool, bool, bool]:
        """Return whether a cache is on, its bus shut for a core, and it is frozen."""
        freeze = self.ICACHE_FREEZE if cache == "ICACHE" else self.DCACHE_FREEZE
        is_on = bool(self.get(self.registers[f"{cache}_CTRL"]) & 1)
        return is_on, bool(self.get(self.registers[f"{cache}_CTRL1"]) >> core & 1), bool(self.get(freeze.ENA))

    def _is_closed(self, core: int, cache: str) -> bool:
        is_on, is_shut, is_frozen = self._condition(core, cache)
        return not is_on or is_shut or is_frozen

    def _follow(self) -> None:
        """Tell the listeners what has changed."""
        closed = [(self._is_closed(core, "ICACHE"), self._is_closed(core, "DCACHE")) for core in range(2)]
        for core in range(2):
            if closed[core : core + 1] != self._shown[core : core + 1]:
                for listener in self._listeners:
                    listener(core, *closed[core])
        if closed != self._shown:
            self._shown = closed
            self.context.end_slice()

    def write_DCACHE_CTRL(self, value: int) -> None:
        self._follow()

    def write_DCACHE_CTRL1(self, value: int) -> None:
        self._follow()

    def write_ICACHE_CTRL(self, value: int) -> None:
        self._follow()

    def write_ICACHE_CTRL1(self, value: int) -> None:
        self._follow()

    def write_DCACHE_FREEZE(self, value: int) -> None:
        self.put(self.DCACHE_FREEZE.DONE, self.get(self.DCACHE_FREEZE.ENA))
        self._follow()

    def write_ICACHE_FREEZE(self, value: int) -> None:
        self.put(self.ICACHE_FREEZE.DONE, self.get(self.ICACHE_FREEZE.ENA))
        self._follow()

    # Interrupts.

    def _access_error(self, core: int, bit: int) -> None:
        self.access = [bits | bit if n == core else bits for n, bits in enumerate(self.access)]
        self._show_interrupts()

    def _illegal(self, bit: int) -> None:
        self.illegal |= bit
        self._show_interrupts()

    def _show_interrupts(self) -> None:
        """Bring status registers and lines in line with what has happened and is enabled."""
        registers = self.registers
        enabled = self.illegal & self.get(registers["CACHE_ILG_INT_ENA"])
        self.put(registers["CACHE_ILG_INT_ST"], enabled)
        self._cache_ia.set(int(enabled != 0))
        for core, line in enumerate(self._core_acs):
            enabled = self.access[core] & self.get(registers[f"CORE{core}_ACS_CACHE_INT_ENA"])
            self.put(registers[f"CORE{core}_ACS_CACHE_INT_ST"], enabled)
            line.set(int(enabled != 0))
        for done, (name, lines) in zip(self.done, self._ends, strict=True):
            word = self.get(registers[name])
            for cache, line in lines.items():
                status = done & word >> 1 & 1 << cache
                word = word & ~(1 << cache) | status
                line.set(int(status != 0))
            self.put(registers[name], word)

    def write_CACHE_ILG_INT_ENA(self, value: int) -> None:
        self._show_interrupts()

    def write_CACHE_ILG_INT_CLR(self, value: int) -> None:
        self.illegal &= ~value
        self._show_interrupts()
        self.context.tell_again()

    def write_CORE0_ACS_CACHE_INT_ENA(self, value: int) -> None:
        self._show_interrupts()

    def write_CORE1_ACS_CACHE_INT_ENA(self, value: int) -> None:
        self._show_interrupts()

    def write_CORE0_ACS_CACHE_INT_CLR(self, value: int) -> None:
        self.access = [self.access[0] & ~value, self.access[1]]
        self._show_interrupts()
        self.context.tell_again()

    def write_CORE1_ACS_CACHE_INT_CLR(self, value: int) -> None:
        self.access = [self.access[0], self.access[1] & ~value]
        self._show_interrupts()
        self.context.tell_again()

    def write_CACHE_SYNC_INT_CTRL(self, value: int) -> None:
        self._clear_ends(0, value)

    def write_CACHE_PRELOAD_INT_CTRL(self, value: int) -> None:
        self._clear_ends(1, value)

    def _clear_ends(self, kind: int, value: int) -> None:
        self.done = [bits & ~(value >> 2) if n == kind else bits for n, bits in enumerate(self.done)]
        self._show_interrupts()

    # Operations on cached copies.

    def _finish(self, register: type[Register], done: Field, *, kind: int | None = None, cache: int = 0) -> None:
        """Clear the request bits below `done` and say that it is done, by an interrupt of `kind` as well.

        kind: 0 for CACHE_SYNC_INT_CTRL, 1 for CACHE_PRELOAD_INT_CTRL.
        """
        requested = self.get(register) & ((1 << done.lo) - 1)
        self.put(register, self.get(register) & ~((1 << done.lo) - 1) | done.bits)
        if kind is not None and requested:
            self.done = [bits | 1 << cache if n == kind else bits for n, bits in enumerate(self.done)]
            self._show_interrupts()

    def write_DCACHE_LOCK_CTRL(self, value: int) -> None:
        self._finish(self.DCACHE_LOCK_CTRL, self.DCACHE_LOCK_CTRL.DCACHE_LOCK_DONE)

    def write_DCACHE_SYNC_CTRL(self, value: int) -> None:
        self._finish(self.DCACHE_SYNC_CTRL, self.DCACHE_SYNC_CTRL.DCACHE_SYNC_DONE, kind=0, cache=DCACHE)

    def write_DCACHE_OCCUPY_CTRL(self, value: int) -> None:
        self._finish(self.DCACHE_OCCUPY_CTRL, self.DCACHE_OCCUPY_CTRL.DCACHE_OCCUPY_DONE)

    def write_DCACHE_PRELOAD_CTRL(self, value: int) -> None:
        self._finish(self.DCACHE_PRELOAD_CTRL, self.DCACHE_PRELOAD_CTRL.DCACHE_PRELOAD_DONE, kind=1, cache=DCACHE)

    def write_ICACHE_LOCK_CTRL(self, value: int) -> None:
        self._finish(self.ICACHE_LOCK_CTRL, self.ICACHE_LOCK_CTRL.ICACHE_LOCK_DONE)

    def write_ICACHE_SYNC_CTRL(self, value: int) -> None:
        if self.ICACHE_SYNC_CTRL.ICACHE_INVALIDATE_ENA.of(value):
            size = self.get(self.registers["ICACHE_SYNC_SIZE"])
            self._invalidate(self.get(self.registers["ICACHE_SYNC_ADDR"]), size)
        self._finish(self.ICACHE_SYNC_CTRL, self.ICACHE_SYNC_CTRL.ICACHE_SYNC_DONE, kind=0, cache=ICACHE)

    def write_ICACHE_PRELOAD_CTRL(self, value: int) -> None:
        self._finish(self.ICACHE_PRELOAD_CTRL, self.ICACHE_PRELOAD_CTRL.ICACHE_PRELOAD_DONE, kind=1, cache=ICACHE)
