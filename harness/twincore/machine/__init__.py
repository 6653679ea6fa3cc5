"""The machine: memories, peripherals, events, clocks and resets around an executor that runs the cores."""
