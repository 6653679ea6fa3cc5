"""Following one channel of messages on an engine: each access of its memory, told to the protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twincore.engines.protocol import AccessKind, Area, Engine, MemoryAccess
from twincore.machine.user_code import construct, in_words, is_foreign
from twincore.messages.base import MemoryArea, MessageContext, MessageProtocol
from twincore.messages.record import Record


class Follower:
    """One protocol at work. What its code raises ends the run as a PeripheralError with that access.

    kind, path: the protocol, and how the test named it. name: what the channel is called. describe: an access in words.
    """

    def __init__(
        self,
        engine: Engine,
        kind: type[MessageProtocol],
        areas: Sequence[MemoryArea],
        options: Mapping[str, Any],
        *,
        name: str,
        path: str,
        describe: Callable[[MemoryAccess], str],
    ) -> None:
        self.engine, self.name, self.path = engine, name, path
        self._describe = describe
        self._resets = len(engine.resets())
        self.context = MessageContext(tuple(areas), engine.read_memory)
        self.protocol = construct(kind, self.context, options, who=name, where=f"protocol {path}", path=path)
        self._call(self.protocol.start, "beginning to follow")
        self.areas = [Area(area.address, area.size, AccessKind.WRITE) for area in self.protocol.watched_for_writes]
        """The memory whose stores are followed."""
        self._watched = [(area, self._wrote) for area in self.areas]
        self._watched += [
            (Area(area.address, area.size, AccessKind.READ), self._read) for area in self.protocol.watched_for_reads
        ]
        for at, (area, listener) in enumerate(self._watched):
            try:
                engine.watch_memory(area, listener)
            except BaseException:
                for known, heard in self._watched[:at]:
                    engine.unwatch_memory(known, heard)
                raise

    @property
    def watched(self) -> list[Area]:
        """Gives all memory that is followed, with the accesses that count."""
        return [area for area, _ in self._watched]

    @property
    def record(self) -> Record:
        """Gives what became of the messages."""
        return self.context.record

    def forget(self) -> None:
        """Begin anew: with an empty record, and with what memory holds now."""
        self.context.record = Record()
        self._start_again()

    def _start_again(self) -> None:
        self.context.access = None
        self._resets = len(self.engine.resets())
        self._call(self.protocol.start, "beginning to follow")

    def stop(self) -> None:
        """Follow no more."""
        for area, listener in self._watched:
            self.engine.unwatch_memory(area, listener)

    def _wrote(self, access: MemoryAccess) -> None:
        self._tell(self.protocol.on_write, access)

    def _read(self, access: MemoryAccess) -> None:
        self._tell(self.protocol.on_read, access)

    def _tell(self, hook: Callable[[MemoryAccess], None], access: MemoryAccess) -> None:
        if len(self.engine.resets()) != self._resets:  # firmware sets up its memory again: what waited waits no more
            self.record.waiting.clear()
            self._start_again()  # with this access: memory has it already
            return
        self.context.access = access
        try:
            hook(access)
        except Exception as error:
            if not is_foreign(error):
                raise
            raise in_words(error, f"messages of {self.name} ({self.path}): {self._describe(access)}") from error

    def _call(self, start: Callable[[], None], doing: str) -> None:
        try:
            start()
        except Exception as error:
            if not is_foreign(error):
                raise
            raise in_words(error, f"messages of {self.name} ({self.path}): {doing}") from error
