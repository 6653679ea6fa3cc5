"""The files that `twincore run` writes at its end: the flash, partitions of it, the eFuses, a core dump."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twincore.cli.options import RunOptions
from twincore.errors import UsageError

if TYPE_CHECKING:
    from twincore.engines.embedded import EmbeddedEngine
    from twincore.images import Image

Content = Callable[["EmbeddedEngine"], bytes]


@dataclass(frozen=True)
class Output:
    """One file to write: the option that asked for it, and where its content comes from."""

    option: str
    path: Path
    content: Content


def outputs_of(options: RunOptions, image: Image) -> list[Output]:
    """Lists what the options ask for.

    Raises UsageError before anything runs: for a partition that the image does not have, a file that could not be
    written, or one file for two contents.
    """
    outputs = []
    if options.save_flash is not None:
        outputs.append(Output("--save-flash", options.save_flash, lambda engine: engine.flash_content()))
    if options.save_partitions:
        from twincore.images.fill import find_partition

        for wanted in options.save_partitions:
            find_partition(image.flash.table, wanted.name, who="--save-partition")
            outputs.append(Output("--save-partition", wanted.file, _partition(wanted.name)))
    if options.save_efuse is not None:
        outputs.append(Output("--save-efuse", options.save_efuse, lambda engine: engine.efuse_content()))
    if options.save_core_dump is not None:
        outputs.append(Output("--save-core-dump", options.save_core_dump, _core_dump(image)))
    if outputs:
        _check(outputs)
    return outputs


def _partition(name: str) -> Content:
    return lambda engine: engine.partition_content(name)


def _core_dump(image: Image) -> Content:
    def content(engine: EmbeddedEngine) -> bytes:
        from twincore.engines.crashes import last_core_dump

        dump = last_core_dump(engine, image)
        if dump is None:
            raise UsageError(
                "--save-core-dump",
                "expected a core dump, none was printed whole and no partition holds one",
                next_step="run longer: a dump takes seconds at 115200 baud",
            )
        return dump.content

    return content


def _check(outputs: list[Output]) -> None:
    from twincore.images.output import check_writable

    taken: dict[Path, str] = {}
    for output in outputs:
        check_writable(output.path, who=output.option)
        path = output.path.absolute()
        if path in taken:
            raise UsageError(output.option, f"expected a file of its own, got {output.path}, which {taken[path]} takes")
        taken[path] = output.option


def write_outputs(outputs: list[Output], engine: EmbeddedEngine) -> None:
    """Writes all files; UsageError for one that cannot be written."""
    if outputs:
        from twincore.images.output import write_file

        for output in outputs:
            write_file(output.path, output.content(engine), who=output.option)
