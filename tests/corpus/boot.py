#!/usr/bin/env python3
"""Boot the images of a corpus and tell how far each gets.

    boot.py CORPUS [NAME ...] [--rom PATH] [--board NAME] [--seconds 3] [--host 60] [--text]

CORPUS is a folder with manifest.json: a list of {name, flash or elf, flash_size, expect: [regular expressions]}.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import StopKind
from twincore.images import open_image

CHUNK_NS = 20_000_000


@dataclass
class Outcome:
    """How far one image got."""

    name: str
    reached: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    why: str = ""
    simulated_s: float = 0.0
    host_s: float = 0.0
    instructions: int = 0
    resets: list[str] = field(default_factory=list)
    text: dict[str, str] = field(default_factory=dict)
    diagnostics: list[str] = field(default_factory=list)
    pcs: list[str] = field(default_factory=list)
    digest: str = ""

    @property
    def last_line(self) -> str:
        """The last line that the firmware printed on any console."""
        lines = [line.strip() for text in self.text.values() for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else ""


def load_manifest(corpus: Path) -> dict[str, dict[str, Any]]:
    """Return the corpus's entries by name."""
    return {entry["name"]: entry for entry in json.loads((corpus / "manifest.json").read_text())}


def image_path(corpus: Path, entry: dict[str, Any]) -> Path:
    """Return the file to boot: the flash image where there is one."""
    return corpus / entry["name"] / (entry["flash"] or entry["elf"])


def boot(
    corpus: Path,
    entry: dict[str, Any],
    *,
    rom: str = "open",
    board: str | Path = "generic",
    seconds: float = 3.0,
    host_seconds: float = 60.0,
    go_on: bool = False,
    keys: tuple[str, str] | None = None,
) -> Outcome:
    """Boot one image until all its lines have come, or a limit is met; `go_on` runs to the limit in any case.

    keys: (pattern, text): the text is typed once the pattern has come, on the port that it came on.
    """
    outcome = Outcome(entry["name"])
    image = open_image(image_path(corpus, entry))
    if image.needs_second_stage and rom not in ("auto", "open"):
        outcome.why, outcome.missing = "not started: without a bootloader it needs the open ROM", entry["expect"]
        return outcome
    start = time.perf_counter()
    with closing(EmbeddedEngine(board)) as engine:
        engine.load(image, rom=rom)
        machine = engine.machine
        texts: dict[str, bytearray] = {name: bytearray() for name in machine.wiring.serial_ports}
        engine.listen_serial(lambda port, data: texts[port].extend(data))
        while True:
            stop = engine.run_until((), CHUNK_NS)
            outcome.text = {port: data.decode(errors="replace") for port, data in texts.items() if data}
            found = {p: any(re.search(p, text) for text in outcome.text.values()) for p in entry["expect"]}
            if keys is not None:
                for port, text in outcome.text.items():
                    if re.search(keys[0], text):
                        engine.serial_send(port, keys[1].encode())
                        keys = None
                        break
            host = time.perf_counter() - start
            if entry["expect"] and all(found.values()) and not go_on:
                outcome.why = "all lines came"
            elif stop.kind is StopKind.DEAD:
                outcome.why = "dead"
            elif engine.time_ns >= seconds * 1e9:
                outcome.why = "simulated time is over"
            elif host > host_seconds:
                outcome.why = "host time is over"
            else:
                continue
            break
        outcome.reached = [p for p, is_found in found.items() if is_found]
        outcome.missing = [p for p, is_found in found.items() if not is_found]
        outcome.simulated_s = engine.time_ns / 1e9
        outcome.host_s = time.perf_counter() - start
        outcome.instructions = sum(machine.executor.instructions(n) for n in range(engine.core_count))
        outcome.resets = [str(reset) for reset in machine.resets[1:]]
        outcome.diagnostics = [str(d) for d in machine.diagnostics]
        for n, core in enumerate(machine.executor.cores):
            if machine.wiring.is_running(n):
                pc = core.read("pc")
                outcome.pcs.append(f"core {n} {pc:#010x} {engine.symbols.describe(pc)}")
        outcome.digest = machine.digest()
    return outcome


def main() -> int:
    """Boot what was asked for and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--rom", default="open")
    parser.add_argument("--board", default="generic", help="name or platform file")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--host", type=float, default=60.0)
    parser.add_argument("--text", action="store_true", help="show what each image printed, and all diagnostics")
    parser.add_argument("--go-on", action="store_true", help="go on after the last expected line")
    options = parser.parse_args()
    manifest = load_manifest(options.corpus)
    failed = 0
    for name in options.names or manifest:
        outcome = boot(
            options.corpus,
            manifest[name],
            rom=options.rom,
            board=options.board,
            seconds=options.seconds,
            host_seconds=options.host,
            go_on=options.go_on,
        )
        failed += bool(outcome.missing)
        first = next((d for d in outcome.diagnostics if "unmodelled:" in d), "")
        print(
            f"{'reached' if not outcome.missing else 'NOT    '} {name:20} {len(outcome.reached)}/"
            f"{len(manifest[name]['expect'])} {outcome.simulated_s:6.3f} s  host {outcome.host_s:6.2f} s  "
            f"{outcome.instructions / 1e6:8.1f} M  resets {len(outcome.resets)}  {outcome.why}"
        )
        print(f"        last: {outcome.last_line[:150]}")
        print(f"        first unmodelled: {first}")
        if options.text:
            for port, text in outcome.text.items():
                print(f"--- {port}\n{text}")
            for diagnostic in outcome.diagnostics:
                print(f"    {diagnostic}")
            for pc in outcome.pcs:
                print(f"    {pc}")
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
