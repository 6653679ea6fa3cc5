"""The ESP32-S3's hardware blocks, one module each."""
