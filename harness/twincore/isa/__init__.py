"""The Xtensa LX7 of the ESP32-S3: one Python definition an instruction, from which everything else derives."""
