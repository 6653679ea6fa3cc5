"""twincore: test dual-core ESP32-S3 firmware without a board."""
