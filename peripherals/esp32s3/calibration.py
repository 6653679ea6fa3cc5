"""What the fuses of a chip as delivered say about its analog parts: version 1.3 of blocks 1 and 2.

Source: ESP-IDF, esp_efuse_table.csv and esp_efuse_rtc_calib.c (what the fields mean); the values are ours. They are
those of the converters (`adc`) and of a temperature sensor without error. The codes that firmware writes to the analog
block (OCODE, ADC*_INIT_CODE_*) are of a plausible size.

Leaves out: the unique ID and the words about voltage regulators, which are zero: firmware then uses its own defaults.
"""

from __future__ import annotations

from collections.abc import Mapping

from esp32s3.adc import REFERENCE

FIELDS: Mapping[str, tuple[int, int, int]] = {
    "BLK_VERSION_MINOR": (1, 120, 3),
    "ADC2_CAL_VOL_ATTEN3": (1, 186, 6),
    "BLK_VERSION_MAJOR": (2, 128, 2),
    "TEMP_CALIB": (2, 132, 9),
    "OCODE": (2, 141, 8),
    "ADC1_INIT_CODE_ATTEN0": (2, 149, 8),
    "ADC1_INIT_CODE_ATTEN1": (2, 157, 6),
    "ADC1_INIT_CODE_ATTEN2": (2, 163, 6),
    "ADC1_INIT_CODE_ATTEN3": (2, 169, 6),
    "ADC2_INIT_CODE_ATTEN0": (2, 175, 8),
    "ADC2_INIT_CODE_ATTEN1": (2, 183, 6),
    "ADC2_INIT_CODE_ATTEN2": (2, 189, 6),
    "ADC2_INIT_CODE_ATTEN3": (2, 195, 6),
    "ADC1_CAL_VOL_ATTEN0": (2, 201, 8),
    "ADC1_CAL_VOL_ATTEN1": (2, 209, 8),
    "ADC1_CAL_VOL_ATTEN2": (2, 217, 8),
    "ADC1_CAL_VOL_ATTEN3": (2, 225, 8),
    "ADC2_CAL_VOL_ATTEN0": (2, 233, 8),
    "ADC2_CAL_VOL_ATTEN1": (2, 241, 7),
    "ADC2_CAL_VOL_ATTEN2": (2, 248, 7),
}
"""Where a field is: block, lowest bit, width."""

VALUES: Mapping[str, int] = {
    "BLK_VERSION_MAJOR": 1,
    "BLK_VERSION_MINOR": 3,
    "TEMP_CALIB": 0,
    "OCODE": 100,
    "ADC1_INIT_CODE_ATTEN0": 100,
    "ADC1_INIT_CODE_ATTEN1": 20,
    "ADC1_INIT_CODE_ATTEN2": 10,
    "ADC1_INIT_CODE_ATTEN3": 20,
    "ADC2_INIT_CODE_ATTEN0": 100,
    "ADC2_INIT_CODE_ATTEN1": 10,
    "ADC2_INIT_CODE_ATTEN2": 10,
    "ADC2_INIT_CODE_ATTEN3": 10,
    # The results of 850 mV, as differences from one attenuation to the next.
    "ADC1_CAL_VOL_ATTEN0": REFERENCE[0] - REFERENCE[1] - 800,
    "ADC1_CAL_VOL_ATTEN1": REFERENCE[1] - REFERENCE[2] - 700,
    "ADC1_CAL_VOL_ATTEN2": REFERENCE[2] - REFERENCE[3] - 800,
    "ADC1_CAL_VOL_ATTEN3": REFERENCE[3] - 900,
    # ADC2's, as differences from those of ADC1.
    "ADC2_CAL_VOL_ATTEN0": 40,
    "ADC2_CAL_VOL_ATTEN1": 10,
    "ADC2_CAL_VOL_ATTEN2": 20,
    "ADC2_CAL_VOL_ATTEN3": 15,
}


def calibration(block: int) -> int:
    """Return what is burnt into block 1 or 2, as one number."""
    return sum(VALUES[name] << bit for name, (where, bit, _) in FIELDS.items() if where == block)
