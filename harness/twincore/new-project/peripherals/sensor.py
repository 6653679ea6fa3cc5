"""A thermometer on the chip's bus: measures at an interval, raises its interrupt above a limit."""

from twincore.model import RO, TICKS_PER_SECOND, W1C, Context, Field, Peripheral, Register, state

MICROSECOND_TICKS = TICKS_PER_SECOND // 1_000_000


class Sensor(Peripheral):
    """Registers first, what they do below."""

    size = 0x100

    class CONTROL(Register, offset=0x00, reset=1000):
        INTERVAL_US = Field(23, 0, doc="0: the sensor rests")

    class TEMPERATURE(Register, offset=0x04, access=RO):
        CELSIUS = Field(15, 0)

    class LIMIT(Register, offset=0x08, reset=60):
        CELSIUS = Field(15, 0)

    class INT_RAW(Register, offset=0x0C, access=W1C):
        TOO_WARM = Field(0)

    celsius: int = state(20, domain="power_on")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")

    def warm_to(self, celsius: int) -> None:
        """Be as warm as a test wants."""
        self.celsius = celsius

    def after_reset(self) -> None:
        self.interrupt.set(0)
        self.measure_later()

    def write_CONTROL(self, value: int) -> None:
        self.measure_later()

    def measure_later(self) -> None:
        interval = self.get(self.CONTROL.INTERVAL_US) * MICROSECOND_TICKS
        if interval:
            self.context.schedule(self.context.now_ticks() + interval, "measure")
        else:
            self.context.cancel("measure")

    def on_measure(self) -> None:
        self.put(self.TEMPERATURE.CELSIUS, self.celsius)
        if self.celsius > self.get(self.LIMIT.CELSIUS):
            self.put(self.INT_RAW.TOO_WARM, 1)
            self.interrupt.set(1)
        self.measure_later()

    def write_INT_RAW(self, value: int) -> None:
        self.interrupt.set(self.get(self.INT_RAW.TOO_WARM))
