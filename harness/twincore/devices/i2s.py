"""Devices on an I2S bus: loudspeakers, microphones, codecs; and sound files in their place."""

from __future__ import annotations

import os
import struct
import wave
from pathlib import Path
from typing import NamedTuple

from twincore.devices.base import Device, DeviceContext
from twincore.errors import UsageError
from twincore.model import state


class I2sFormat(NamedTuple):
    """How sound lies in bytes: `slots` samples a frame, each `sample_bytes` long, signed, little-endian."""

    slots: int
    sample_bytes: int
    rate_hz: int
    """Frames a second, rounded; the bus itself keeps the exact rate."""

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame."""
        return self.slots * self.sample_bytes


class I2sDevice(Device):
    """Something that the chip's I2S controller sends sound to or gets it from.

    rate_hz: frames a second when this device, and not the chip, makes the clocks; 0: it makes none.
    """

    def __init__(self, context: DeviceContext, *, rate_hz: int = 0) -> None:
        super().__init__(context)
        self.rate_hz = rate_hz

    def play(self, content: bytes, form: I2sFormat) -> None:
        """Take whole frames that the chip has sent, the last of which ends now."""

    def record(self, frames: int, form: I2sFormat) -> bytes:
        """Return the frames that the chip has received up to now; what is missing at the end is silence."""
        return b""


class WavFile(I2sDevice):
    """A sound file in place of a microphone, of a loudspeaker, or of both.

    record: what the chip hears; it has to have the samples' width and the slots that firmware sets. play: the file that
    is written with what the chip sends. Paths are relative to the working directory.
    """

    position: int = state(0)
    """Bytes of the recording that the chip has heard."""

    def __init__(self, context: DeviceContext, *, record: str = "", play: str = "", rate_hz: int = 0) -> None:
        super().__init__(context, rate_hz=rate_hz)
        self._who = f"device {context.name}"
        self._sound: tuple[bytes, I2sFormat] | None = self._load(record) if record else None
        self._path = Path(play) if play else None
        self._written: I2sFormat | None = None
        self._size = 0

    def _load(self, path: str) -> tuple[bytes, I2sFormat]:
        try:
            with wave.open(path, "rb") as file:
                form = I2sFormat(file.getnchannels(), file.getsampwidth(), file.getframerate())
                return file.readframes(file.getnframes()), form
        except (OSError, EOFError, wave.Error) as error:
            raise UsageError(self._who, f"record: expected a WAV file, got {path!r} ({error})") from error

    def after_power_on(self) -> None:
        """A new run writes the file anew."""
        self._written, self._size = None, 0

    def record(self, frames: int, form: I2sFormat) -> bytes:
        """Return the next frames of the file, silence after its end."""
        if self._sound is None:
            return b""
        content, own = self._sound
        if own[:2] != form[:2]:
            expected, got = (f"{f.slots} slots of {f.sample_bytes} bytes" for f in (own, form))
            raise UsageError(self._who, f"record: expected firmware to use the file's {expected}, got {got}")
        start = self.position
        self.position += frames * form.frame_bytes
        return content[start : self.position]

    def play(self, content: bytes, form: I2sFormat) -> None:
        """Write the frames to the file, which is whole after each call."""
        if self._path is None:
            return
        if self._written not in (None, form):
            raise UsageError(self._who, f"play: expected one format in the whole file, {self._written}, got {form}")
        try:
            with self._path.open("r+b" if self._written else "wb") as file:
                self._size += len(content)
                file.write(self._header(form))
                file.seek(0, os.SEEK_END)
                file.write(content)
        except OSError as error:
            raise UsageError(
                self._who, f"play: expected a file to write, got {str(self._path)!r} ({error.strerror})"
            ) from error
        self._written = form

    def _header(self, form: I2sFormat) -> bytes:
        """Return the beginning of a WAV file with `_size` bytes of sound (Microsoft, "Multimedia Programming")."""
        return struct.pack(
            "<4sI8sIHHIIHH4sI",
            b"RIFF",
            36 + self._size,
            b"WAVEfmt ",
            16,
            1,
            form.slots,
            form.rate_hz,
            form.rate_hz * form.frame_bytes,
            form.frame_bytes,
            8 * form.sample_bytes,
            b"data",
            self._size,
        )
