"""Keywords that boot firmware, let simulated time pass, and reset the chip."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from robot.api import SkipExecution, logger
from robot.libraries.BuiltIn import BuiltIn

from twincore.engines.protocol import Capability, ResetHappens, ResetRecord, UnmodelledUse
from twincore.errors import UsageError
from twincore.images import Kind
from twincore.images.same_build import foreign_elfs
from twincore.keywords import report
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.values import TENTH, Core, Duration, ResetPart, format_moment
from twincore.machine.resets import ResetReason

SUITE_FILE = "firmware/amp/suite.yaml"


class Running(Keywords, topic="run"):
    """Boot, time, resets."""

    @keyword("Boot Firmware")
    def boot_firmware(self, image: str, *elfs: str, kind: Kind | None = None, **partitions: str) -> None:
        """Puts firmware into a new machine and gives it power. Nothing runs yet: time passes in later keywords.

        ``image`` is a flash image, an application image, an ELF file or a build directory (ESP-IDF, Zephyr); ``kind``
        says which where the guess is wrong. ``kind=encrypted`` is never guessed: a flash image as it was read out of a
        chip, or as espsecure wrote it, encrypted by the key in the fuses (``efuse`` of the library). ``elfs`` are ELF
        files whose names the keywords shall know, ``PATH@core1`` for a program of core 1 alone. Without any, the file
        of the same name with the ending .elf beside the image is taken, if there is one. Empty names are left out.
        ``partitions`` are files to put into partitions of the image first, ``NAME=FILE``; a partition may be named by
        its offset, ``0x9000=FILE``.

        An ELF file that is not of the same build as the image brings a warning. A machine that this suite booted
        before is closed.

        Example:
        | `Boot Firmware`    build/
        | `Boot Firmware`    flash.bin    build/app.elf    core1.elf@core1
        | `Boot Firmware`    flash.bin    nvs=settings.bin
        | `Boot Firmware`    read_out.bin    kind=encrypted
        """
        opened = self.session.boot(image, elfs, kind.value if kind else None, partitions)
        names = ", ".join(elf.who for elf in opened.elfs) or "no ELF file: addresses only"
        logger.info(f"{image}: {opened.kind.value} image, names from {names}, ROM {self.session.rom}.")
        for warning in opened.warnings:
            logger.warn(f"{image}: {warning}")
        for warning in foreign_elfs(opened):
            logger.warn(f"{warning}. Give the ELF file of this very build.")

    @keyword("Power Cycle")
    def power_cycle(self) -> None:
        """Takes power away and gives it again: as `Boot Firmware` with the same image, but flash and fuses stay.

        Where the firmware has changed neither flash nor its lasting status bits nor fuses, the run is the same to the
        cycle, and so is its digest. Simulated time, memories, serial output, edges of pins, resets and the reading
        position begin anew. What keywords watch, record and guard they go on with; injections that were planned are
        forgotten. `Reset Chip` leaves more.

        Example:
        | `Power Cycle`
        | `Serial Should Print`    core 0 up
        """
        self.session.power_cycle()

    @keyword("Stop Firmware")
    def stop_firmware(self) -> None:
        """Ends the run and gives the machine back. Not needed: the end of the suite does it.

        Example:
        | `Stop Firmware`
        """
        self.session.close()

    @keyword("Run For")
    def run_for(self, duration: Duration) -> None:
        """Lets simulated time pass.

        Example:
        | `Run For`    100 ms
        """
        self.session.run_for(duration.ns)

    @keyword("Run Until")
    def run_until(self, moment: Duration) -> None:
        """Lets simulated time pass up to a moment, counted from `Boot Firmware` or `Power Cycle` as in the log.

        Example:
        | `Run Until`    1.5 s
        """
        left = moment.ns - self.engine.time_ns
        if left < 0:
            raise UsageError(
                "Run Until", f"expected a time that is to come, got {moment}; it is {self.simulated_time()}"
            )
        self.session.run_for(left)

    @keyword("Simulated Time")
    def simulated_time(self) -> Duration:
        """Returns the simulated time since `Boot Firmware` or `Power Cycle`. Its ``ns`` are whole nanoseconds.

        Example:
        | ${before} =    `Simulated Time`
        | `Serial Should Print`    ready
        | ${after} =    `Simulated Time`
        | Should Be True    ${after.ns} - ${before.ns} < 50_000_000
        """
        return Duration(self.engine.time_ns)

    @keyword("Reset Chip")
    def reset_chip(self, part: ResetPart = ResetPart.system) -> None:
        """Resets a part of the chip from outside. Time goes on, and so does the output.

        ``system`` resets both cores and the digital system; RTC goes on, with its timer, watchdogs, held pads and
        registers that firmware keeps values in. ``rtc`` resets RTC too, but for its timer and what is remembered of
        resets.

        Both leave memories as they are (SRAM, RTC memory, PSRAM, flash), fuses, and the board's devices. `Power Cycle`
        gives memories new content, `Reset Core ${core}` leaves all but one core.

        Example:
        | `Reset Chip`
        | `Core 1 Should Be Held`
        """
        self.session.need(Capability.RESET)
        self.engine.reset(part.value)

    @keyword("Reset Core ${core}")
    def reset_core(self, core: Core) -> None:
        """Resets one core from outside; the other one and the rest of the chip go on.

        Example:
        | `Reset Core 0`
        | `Serial Should Print`    core 0 up
        """
        self.session.need(Capability.RESET)
        self.engine.reset(f"core{core}")

    @keyword("Reset Reason Should Be")
    def reset_reason_should_be(self, reason: str) -> None:
        """Checks why the chip or a core was reset last, by the name that the chip's manual uses, or by its number.

        Names are POWERON, RTC_SW_SYS_RST, RTC_SW_CPU, TG0WDT_SYS, TG1WDT_SYS, RTCWDT_RTC and so on.

        Example:
        | `Send Serial Line`    reset
        | `Chip Should Be Reset`    within=100 ms
        | `Reset Reason Should Be`    RTC_SW_SYS_RST
        """
        self.session.need(Capability.RESET_REASONS)
        name = reason.strip().upper()
        known = list(ResetReason.__members__)
        if name not in known and not re.fullmatch(r"0X[0-9A-F]+|[0-9]+", name):
            close = difflib.get_close_matches(name, known, 1)
            raise UsageError(
                "reset reason",
                f"expected a reason of the ESP32-S3 or its number, got {reason!r}",
                next_step=f"did you mean {close[0]}?" if close else f"one of {', '.join(known)}",
            )
        last = self.engine.resets()[-1]
        if name not in (last.reason_name.upper(), str(last.reason), f"{last.reason:#x}".upper()):
            self.session.unmet(
                "reset reason",
                f"{reason} for the last reset",
                f"{_reset_text(last)}",
                "compare with the reset reasons in the log" if len(self.engine.resets()) > 1 else "was there a reset?",
            )

    @keyword("Chip Should Be Reset")
    def chip_should_be_reset(self, within: Duration = TENTH) -> str:
        """Runs until the chip or a core is reset; returns the reason's name.

        Example:
        | `Chip Should Be Reset`    within=2 s
        """
        self.session.need(Capability.RESET_REASONS)
        if self.session.wait([ResetHappens()], within.ns) is None:
            self.session.unmet(
                "chip", f"a reset within {within}", "none", "is the watchdog on, or the command understood?"
            )
        last = self.engine.resets()[-1]
        logger.info(f"Reset: {_reset_text(last)}.")
        return last.reason_name

    @keyword("Chip Should Not Be Reset")
    def chip_should_not_be_reset(self, during: Duration) -> None:
        """Runs for a time and fails at once when the chip or a core is reset.

        Example:
        | `Chip Should Not Be Reset`    during=1 s
        """
        self.session.need(Capability.RESET_REASONS)
        if self.session.watch([ResetHappens()], during.ns) is not None:
            self.session.unmet(
                "chip",
                f"no reset during {during}",
                _reset_text(self.engine.resets()[-1]),
                "look for a watchdog that is not fed, or a panic, in the serial output",
            )

    @keyword("No Unmodelled Register Should Have Been Used")
    def no_unmodelled_register_should_have_been_used(self, *besides: str) -> None:
        """Checks that the firmware has not touched a register that twincore does not model.

        What such a register would do, the run cannot show. ``besides`` are registers that may have been used
        nevertheless, ``*`` in a name stands for anything. The log has a table of all with their counts.

        Example:
        | `Run For`    1 s
        | `No Unmodelled Register Should Have Been Used`    RMT.*    LCD_CAM.LCD_USER
        """
        used = [use for use in self._unmodelled() if not any(fnmatchcase(use.name, name) for name in besides)]
        if used:
            most = sorted(used, key=lambda use: (-use.count, use.name))
            text = ", ".join(f"{use.name} ({use.count} times)" for use in most[:5])
            more = f" and {len(most) - 5} more" if len(most) > 5 else ""
            self.session.unmet(
                "firmware",
                "only registers that are modelled",
                f"accesses to {text}{more}",
                "name those that do not matter to this test as arguments",
            )

    @keyword("Unmodelled Registers")
    def unmodelled_registers(self) -> dict[str, int]:
        """Returns how often the firmware accessed each register that twincore does not model, by the register's name.

        The names are in the order of the first accesses; the log has them as a table.

        Example:
        | ${used} =    `Unmodelled Registers`
        | Should Not Contain    ${used}    I2S0.TX_CONF
        """
        return {use.name: use.count for use in self._unmodelled()}

    def _unmodelled(self) -> Sequence[UnmodelledUse]:
        """Return what was used and is not modelled; the log gets a table of it."""
        self.session.need(Capability.DIAGNOSTICS)
        uses = self.engine.unmodelled()
        if uses:
            logger.info(report.unmodelled_block(self.session, uses), html=True)
        return uses

    @keyword("Run Digest")
    def run_digest(self) -> str:
        """Returns ``sha256:...`` over all output, all memory and the state of all cores and peripherals.

        The same firmware with the same options, run the same simulated time, has the same digest on every machine.

        Example:
        | `Run For`    100 ms
        | ${digest} =    `Run Digest`
        """
        self.session.need(Capability.DIGEST)
        return self.engine.digest()

    @keyword("Log State")
    def log_state(self) -> None:
        """Writes into the log what both cores do, the last serial output, resets and diagnostics.

        A failing test does this by itself.

        Example:
        | `Log State`
        """
        logger.info(report.state_block(self.session), html=True)

    @keyword("Test Needs")
    def test_needs(self, *variables: str) -> None:
        """Skips the test unless each of ``variables`` is given (names without ``${}``) and not empty.

        So a suite serves firmware that lacks some of what it can check.

        Example:
        | `Test Needs`    LOOP_SYMBOL    LOOP_PERIOD
        """
        missing = [name for name in variables if BuiltIn().get_variable_value(f"${{{name}}}") in (None, "")]
        if missing:
            names = ", ".join(missing)
            raise SkipExecution(
                f"{names} not given: name {'it' if len(missing) == 1 else 'them'} in a variable file "
                f"(--variablefile; {SUITE_FILE} shows how) or with --variable {missing[0]}:VALUE."
            )


def _reset_text(reset: ResetRecord) -> str:
    return f"{reset.reason_name} ({reset.domain}, reason {reset.reason:#x}) at {format_moment(reset.time_ns)}"
