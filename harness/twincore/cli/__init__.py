"""The command line: `twincore run`, `new`, `corpus`, `info`, `disasm`, `bench`."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out a command line (`sys.argv` by default) and return its exit status."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - for good
    try:
        return _carry_out(list(sys.argv[1:] if argv is None else argv), is_own_process=argv is None)
    except KeyboardInterrupt:  # while modules were still being imported
        print("twincore: interrupted", file=sys.stderr)
        return 130


def _carry_out(words: list[str], *, is_own_process: bool) -> int:
    if words[:1] == ["run"]:
        from twincore.cli.options import RUN_OPTIONS, RunOptions, parse_plain
        from twincore.cli.status import guarded

        plain = parse_plain(RUN_OPTIONS, words[1:])
        if plain is not None:
            if is_own_process:
                gc.disable()  # the process is ours: what a start makes stays, looking for garbage in it only costs time
            from twincore.cli.run import run_image

            return guarded(lambda: run_image(RunOptions.of(*plain)))
    from twincore.cli.app import app

    try:
        app(args=words, prog_name="twincore")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
