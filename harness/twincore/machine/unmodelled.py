"""Accesses to what is not modelled or not there: counted by name, told once, or an error if the user likes.

A word of the I/O window that no block has keeps what is written; after its first access the executor counts it itself.
"""

from __future__ import annotations

import re
from collections import Counter

from twincore.errors import UnmodelledError
from twincore.machine.diagnostics import MAX_DIAGNOSTICS, Diagnostic, Diagnostics
from twincore.machine.executor import IoWindow, Served
from twincore.machine.register_names import RegisterNames


class Unmodelled:
    """What the firmware of one machine used without its being modelled. is_error: the first use ends the run."""

    def __init__(self, io: IoWindow, names: RegisterNames, diagnostics: Diagnostics, *, is_error: bool) -> None:
        self._io = io
        self._names = names
        self._diagnostics = diagnostics
        self._is_error = is_error
        self._counts: Counter[str] = Counter()
        self._counted_words: dict[int, str] = {}
        self._parts_told: set[str] = set()
        self.firsts: dict[str, Diagnostic] = {}
        """The first access to each thing that is not modelled, by its name."""

    def counts(self) -> Counter[str]:
        """Return how often something was accessed that is not modelled or not mapped, by what it was."""
        counts = self._counts.copy()
        for index, what in self._counted_words.items():
            counts[what] += self._io.counts[index]
        return counts

    def parts(self) -> dict[str, str]:
        """Return the titles of parts that are not there at all (the radio), by the registers that were accessed."""
        titles = {what: self._title(what, self._io.base + 4 * index) for index, what in self._counted_words.items()}
        return {what: title for what, title in titles.items() if title}

    def note(self, what: str, address: int | None = None) -> None:
        """Count an access to something unmodelled; log its first; make it an error where the user asked for that.

        address: of a word in the I/O window that only keeps what is written: the chip's list may have its name, and the
        executor counts its later accesses.
        """
        if address is not None:
            listed = self._names.register_at(address)
            what = listed if _is_same_block(listed, what) else what
        count = self.count(what)
        if self._is_error:
            raise UnmodelledError(
                what,
                "expected something that twincore models, got an access to this",
                when=self._diagnostics.moment(),
                next_step="run without the option that makes this an error, or add a model of the register",
            )
        if count == 1:
            self.firsts[what] = self._diagnostics.make("unmodelled", what)
            self._tell(what, "" if address is None else self._title(what, address))
        if address is not None:
            index = (address - self._io.base) // 4
            self._io.python_read[index] = self._io.python_write[index] = Served.COUNTED
            self._counted_words[index] = self._counted_as(what)

    def count(self, what: str) -> int:
        """Count an access by name; return the new count."""
        name = self._counted_as(what)
        self._counts[name] += 1
        return self._counts[name]

    def read(self, offset: int, size: int) -> int:
        """Return what a load reads in the I/O window at `offset`, where no block is."""
        self._note_word(offset)
        return self._io.words[offset >> 2] >> (offset & 3) * 8 & (1 << size * 8) - 1

    def look(self, offset: int) -> int:
        """Return the word in the I/O window at `offset`, where no block is; nothing is counted."""
        return self._io.words[offset >> 2]

    def write(self, offset: int, size: int, value: int) -> None:
        """Carry out a store in the I/O window at `offset`, where no block is."""
        self._note_word(offset)
        words = self._io.words
        shift, mask = (offset & 3) * 8, (1 << size * 8) - 1
        words[offset >> 2] = words[offset >> 2] & ~(mask << shift) | (value & mask) << shift

    def _note_word(self, offset: int) -> None:
        address = self._io.base + offset
        self._io.write_mask[offset >> 2] = 0xFFFF_FFFF
        self.note(self._names.name_of(address), address)

    def _tell(self, what: str, title: str) -> None:
        """Name something unmodelled to the user; what belongs to a part that is not there at all, once for the part."""
        if not title:
            self._diagnostics.tell("unmodelled", what)
        elif title not in self._parts_told:
            self._parts_told.add(title)
            self._diagnostics.tell(
                "unmodelled", f"{title} is not modelled: registers only keep what is written; first used: {what}"
            )

    def _title(self, what: str, address: int) -> str:
        """Return the title of the part that a register belongs to, "" where its name is not of the chip's list."""
        return self._names.title_of(address) if _is_same_block(self._names.name_of(address), what) else ""

    def _counted_as(self, what: str) -> str:
        """Return the name that something is counted by: its own, or one for the rest when there are too many."""
        return what if what in self._counts or len(self._counts) < MAX_DIAGNOSTICS else "others"


def _is_same_block(listed: str, what: str) -> bool:
    """Tell whether two names are of registers of one block; a user's own may lie where the chip's list has another."""
    return re.split("[.+]", listed)[0] == re.split("[.+]", what)[0]
