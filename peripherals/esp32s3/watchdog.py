"""What the main watchdogs of TIMG and the RTC's watchdog have in common: four stages, each with a time and an action.

Source: ESP32-S3 Technical Reference Manual, "Watchdog Timers". Feeding goes back to stage 0; a stage that is over
takes its action and gives way to the next one, the last to the first.
"""

from __future__ import annotations

from twincore.model import NEVER, Peripheral, state

STAGES = 4


class Watchdog(Peripheral):
    """A peripheral with a watchdog; the subclass says when it runs, how long stages are and what they do.

    Feeding is frequent and costs no event: the pending event may come early, and then waits for the rest.
    """

    wdt_stage: int = state(0)
    wdt_since: int = state(0)
    """When the stage began, in ticks."""
    wdt_running: int = state(0)
    wdt_event: int = state(NEVER)
    """When the pending event is due."""

    def wdt_enabled(self) -> bool:
        """Return whether the watchdog counts."""
        raise NotImplementedError

    def wdt_stage_ticks(self, stage: int) -> int:
        """Return the time of a stage in ticks."""
        raise NotImplementedError

    def wdt_expired(self, stage: int) -> None:
        """Take the action of a stage whose time is over."""
        raise NotImplementedError

    def wdt_feed(self) -> None:
        """Start over with stage 0."""
        self.wdt_stage, self.wdt_since = 0, self.context.now_ticks()
        self._wdt_schedule()

    def wdt_changed(self) -> None:
        """Follow a change of what enables the watchdog or of a stage's time; enabling starts with stage 0."""
        enabled = self.wdt_enabled()
        if enabled and not self.wdt_running:
            self.wdt_stage, self.wdt_since = 0, self.context.now_ticks()
        self.wdt_running = int(enabled)
        self._wdt_schedule()

    def _wdt_due(self) -> int:
        return self.wdt_since + max(self.wdt_stage_ticks(self.wdt_stage), 1) if self.wdt_running else NEVER

    def _wdt_schedule(self) -> None:
        due = self._wdt_due()
        if due < self.wdt_event:
            self.wdt_event = due
            self.context.schedule(due, "wdt")

    def on_wdt(self) -> None:
        self.wdt_event = NEVER
        due = self._wdt_due()
        if due <= self.context.now_ticks():
            stage = self.wdt_stage
            self.wdt_stage, self.wdt_since = (stage + 1) % STAGES, due
            self.wdt_expired(stage)
        self._wdt_schedule()
