"""A motor on a half bridge, with an encoder: the longer the high side is on, the faster it turns."""

from __future__ import annotations

from twincore.devices import Device, DeviceContext
from twincore.model import TICKS_PER_SECOND, state

TOP_HZ = 1000
"""So often does a phase of the encoder rise each second when the high side is always on."""
STALL_TICKS = TICKS_PER_SECOND // 1000
PHASES = ((0, 0), (1, 0), (1, 1), (0, 1))


class Motor(Device):
    """Pins: high, low, the bridge; a, b, the encoder, whose a leads; overload, which is high from `block` to `free`."""

    rose: int = state(-1)
    """When the high side was switched on, in ticks, -1 before that and after a stall."""
    fell: int = state(-1)
    step_ticks: int = state(0)
    """From one step to the next, 0 while it stands."""
    steps: int = state(0)
    shorts: int = state(0)
    """So often were both sides on."""

    def __init__(self, context: DeviceContext) -> None:
        super().__init__(context)
        self.high, self.low = context.pin("high"), context.pin("low")
        self.phases = context.pin("a"), context.pin("b")
        self.overload = context.pin("overload")
        self.high.listen(self._high_changed)
        self.low.listen(self._check)

    def block(self) -> None:
        """Be held fast from outside."""
        self.overload.drive(1)

    def free(self) -> None:
        """Be let go of."""
        self.overload.drive(0)

    def _check(self, _level: int = 0) -> None:
        self.shorts += self.high.level & self.low.level

    def _high_changed(self, level: int) -> None:
        self._check()
        now = self.context.now_ticks()
        if not level:
            self.fell = now
            return
        if self.rose >= 0:
            period, on = now - self.rose, self.fell - self.rose
            stood = self.step_ticks == 0
            self.step_ticks = TICKS_PER_SECOND * period // (TOP_HZ * len(PHASES) * on)
            if stood:
                self.context.schedule(now + self.step_ticks, "step")
        self.rose = now
        self.context.schedule(now + STALL_TICKS, "stall")

    def on_step(self) -> None:
        """Turn by one step."""
        self.steps += 1
        for pin, level in zip(self.phases, PHASES[self.steps % len(PHASES)], strict=True):
            pin.drive(level)
        self.context.schedule(self.context.now_ticks() + self.step_ticks, "step")

    def on_stall(self) -> None:
        """Stand: the high side stays off."""
        self.rose, self.step_ticks = -1, 0
        self.context.cancel("step")
