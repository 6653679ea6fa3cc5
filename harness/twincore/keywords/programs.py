"""Keywords for programs that are replaced while the firmware runs, and for the flash they are in."""

from __future__ import annotations

from robot.api import logger

from twincore.engines.protocol import Capability
from twincore.errors import UsageError
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.names import Spot
from twincore.keywords.values import Core, Region


class Programs(Keywords, topic="programs"):
    """A core's program, its names and its memory; flash."""

    @keyword("Region Should Hold Only")
    def region_should_hold_only(self, region: Region, byte: int) -> None:
        """Checks that each byte of a region has one value: a cleared ``.bss``, an erased buffer, a filled stack.

        Example:
        | `Core 1 Should Reach`    core1_main
        | `Region Should Hold Only`    core1_bss_start..core1_bss_end    0
        """
        self.session.need(Capability.MEMORY)
        address, size = self.session.names.find_region(region)
        content = self.engine.read_memory(address, size)
        wrong = [at for at, value in enumerate(content) if value != byte]
        if wrong:
            first = Spot(address + wrong[0], self.session.names.label(address + wrong[0]))
            self.session.unmet(
                f"memory {region}",
                f"{size} bytes of {byte:#04x}",
                f"{len(wrong)} others, the first {content[wrong[0]]:#04x} at {first}",
                "who should have cleared it, and has that code run?",
            )
        logger.info(f"All {size} bytes of {region} are {byte:#04x}.")

    @keyword("Read Flash")
    def read_flash(self, offset: int, size: int) -> bytes:
        """Returns ``size`` bytes of the flash chip from an offset on, as they are now, whether mapped or not.

        Example:
        | ${application before} =    `Read Flash`    0x10000    0x40000
        """
        self.session.need(Capability.MEMORY)
        content = self.engine.flash_content()
        if not 0 <= offset <= offset + size <= len(content):
            raise UsageError(
                "flash", f"expected bytes between 0 and {len(content):#x}, got {size:#x} from {offset:#x} on"
            )
        return content[offset : offset + size]

    @keyword("Take Names Of Core ${core} From")
    def take_names_of_core_from(self, core: Core, elf: str) -> None:
        """Forgets the names of a core's program and takes those of another ELF file: of its new version.

        For a program that has been replaced in its partition (hot swap). Names of the other core's program stay; those
        that were given to `Boot Firmware` without a core stay too. `Boot Firmware` begins anew.

        Example:
        | `Boot Firmware`    flash.bin    app.elf    core1_v1.elf@core1
        | `Send Serial Line`    update
        | `Serial Should Print`    core 1 version 2
        | `Take Names Of Core 1 From`    core1_v2.elf
        """
        self.session.names.rename_core(core, elf)
        logger.info(f"Names of core {core} come from {elf} now.")
