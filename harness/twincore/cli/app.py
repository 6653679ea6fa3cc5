"""The commands, their options and help. What they do is imported when they run, so that a start stays short."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated

import typer

from twincore.cli.options import RUN_OPTIONS, Kind, Option, RunOptions
from twincore.cli.status import command

app = typer.Typer(
    name="twincore",
    help="Run dual-core ESP32-S3 firmware without a board, deterministically.",
    epilog="""\b
Examples:
  twincore run flash.bin --until "Calling app_main"
  twincore run build/ --for 2s --digest
  twincore info flash.bin
\b
`twincore COMMAND --help` tells more about a command.""",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


_Image = Annotated[
    str,
    typer.Argument(
        metavar="IMAGE", help="Flash image, application image, ELF file or build directory (ESP-IDF, Zephyr)."
    ),
]
_Elf = Annotated[
    list[str] | None,
    typer.Option("--elf", metavar="PATH[@core1]", help="Add the names of an ELF file; may be given several times."),
]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"twincore {version('twincore')}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@command
def _run(image: str, **values: str | bool | list[str] | None) -> int:
    """Boot firmware and show what it prints.

    Without --for and --until it runs until Ctrl-C or the firmware's end.
    """
    from twincore.cli.run import run_image

    return run_image(RunOptions.of(image, values))


def _parameter(option: Option) -> inspect.Parameter:
    """Return what typer has to know of an option."""
    kind: object = {Kind.FLAG: bool, Kind.TEXT: str if option.default else str | None, Kind.LIST: list[str] | None}
    shown = option.default is not None
    info = typer.Option(option.flag, metavar=option.metavar or None, help=option.help, show_default=shown)
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=False if option.kind is Kind.FLAG else option.default,
        annotation=Annotated[kind[option.kind], info],  # type: ignore[index]
    )


_run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [
        inspect.Parameter("image", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=_Image),
        *map(_parameter, RUN_OPTIONS),
    ]
)
_run.__annotations__ = {}
app.command(
    "run",
    epilog="""\b
Examples:
  twincore run flash.bin --until "heartbeat 50" --fail "panic|abort" --timeout 3s
  twincore run app.elf --for 500ms --digest
  twincore run flash.bin --elf app.elf --elf core1.elf@core1 --for 2s
  twincore run flash.bin --interactive
\b
Times are simulated and have a unit: 2s, 500ms, 20us, "1 s 200 ms".
\b
Exit status: 0 the pattern came, or the time is over and no pattern was given;
1 it did not come, --fail matched, or the firmware is dead or in a panic loop;
2 bad use or bad input; 3 --host-timeout is over; 130 Ctrl-C.""",
)(_run)


@app.command(
    epilog="""\b
Examples:
  twincore info flash.bin
  twincore info build/ --json"""
)
@command
def info(
    image: _Image,
    elf: _Elf = None,
    json: Annotated[bool, typer.Option("--json", help="Print the tables as JSON.")] = False,
) -> int:
    """Explain an image: what it is, how it boots, its segments, partitions and names."""
    from twincore.cli.info import show_info

    return show_info(image, tuple(elf or ()), as_json=json)


@app.command(
    epilog="""\b
Examples:
  twincore disasm app.elf --symbol app_main
  twincore disasm flash.bin --start 0x40378000 --stop 0x40378100
  twincore disasm flash.bin --elf core1.elf@core1 --core 1"""
)
@command
def disasm(
    file: Annotated[str, typer.Argument(metavar="FILE", help="ELF file, image or build directory (ESP-IDF, Zephyr).")],
    symbol: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="This function only; may be given several times.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="From this address or name on.", show_default=False)
    ] = None,
    stop: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Up to this address or name.", show_default=False)
    ] = None,
    elf: _Elf = None,
    core: Annotated[
        int | None, typer.Option(metavar="N", help="Whose names count, 0 or 1.", min=0, max=1, show_default=False)
    ] = None,
) -> int:
    """Disassemble the code of an image, function by function."""
    from twincore.cli.disasm import show_code

    return show_code(file, tuple(elf or ()), tuple(symbol or ()), start, stop, core)


@app.command(
    epilog="""\b
Examples:
  twincore corpus ../corpus
  twincore corpus ../corpus hopejar-blink microlight --rom auto --text
  twincore corpus ../corpus --limits tests/corpus/reached.toml --digest --json corpus.json
\b
Exit status: 0 every image came to its lines, 1 a line is missing or two runs
differ, 2 bad use or bad input, 130 Ctrl-C. docs/corpus.md explains the files."""
)
@command
def corpus(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with manifest.json and the images.")],
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Only these images.")] = None,
    limits: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What is known beside the manifest (TOML).")
    ] = None,
    rom: Annotated[str, typer.Option(metavar="open|auto|PATH", help="The mask ROM, as in `twincore run`.")] = "open",
    board: Annotated[
        str | None, typer.Option(metavar="BOARD", help="For all images; else what the limits say, else generic.")
    ] = None,
    flash_size: Annotated[
        str | None, typer.Option(metavar="SIZE", help="For all images; else what the manifest says.")
    ] = None,
    psram: Annotated[
        str | None, typer.Option(metavar="SIZE|none", help="PSRAM of another size for all images.")
    ] = None,
    for_: Annotated[
        str | None,
        typer.Option("--for", metavar="TIME", help="Simulated time for each; else as in the limits, else 3s."),
    ] = None,
    host_timeout: Annotated[
        str, typer.Option(metavar="TIME", help="Give up an image after this time of your clock.")
    ] = "120s",
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="So many images at a time.  [default: the number of CPUs]", show_default=False
        ),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Go on to the end of the time when all lines have come.")
    ] = False,
    digest: Annotated[bool, typer.Option("--digest", help="Run each image twice; the digests must be equal.")] = False,
    text: Annotated[bool, typer.Option("--text", help="Show what each image printed.")] = False,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write everything as JSON.")] = None,
) -> int:
    """Boot all images of a corpus in parallel: which print the lines that they must, and what stands in the way.

    Blocks that are not modelled are listed by the number of images that they block.
    """
    from twincore.cli.corpus import CorpusOptions, show_corpus
    from twincore.cli.options import parse_time
    from twincore.corpus.manifest import DEFAULT_HOST_TIMEOUT_NS, Choices

    choices = Choices(
        rom=rom,
        board=board,
        flash_size=flash_size,
        psram=psram,
        for_ns=parse_time("--for", for_),
        host_timeout_ns=parse_time("--host-timeout", host_timeout) or DEFAULT_HOST_TIMEOUT_NS,
        is_whole=whole,
    )
    return show_corpus(
        CorpusOptions(folder, tuple(names or ()), limits, choices, jobs, text, json, checks_digests=digest)
    )


@app.command(
    epilog="""\b
Example:
  twincore new my-tests && cd my-tests && robot suites"""
)
@command
def new(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to; a new or an empty folder.")],
) -> int:
    """Write a project of tests that runs at once: suites, a board, a peripheral, a Dockerfile, a CI file."""
    from twincore.cli.new import show_new_project

    return show_new_project(folder)


@app.command(
    epilog="""\b
Examples:
  twincore bench
  twincore bench --json --repeat 1"""
)
@command
def bench(
    json: Annotated[bool, typer.Option("--json", help="Print figures as JSON.")] = False,
    repeat: Annotated[int, typer.Option(metavar="N", help="Take the best of so many runs.", min=1)] = 3,
    scale: Annotated[float, typer.Option(metavar="F", help="Do F times the work.", min=0.001)] = 1.0,
) -> int:
    """Measure the speed of this computer: guest instructions a second, start-up, memory.

    With qemu-system-xtensa (Debian: qemu-system-misc) on the PATH it runs the same kernels and the ratios are shown.
    """
    from twincore.bench import show_figures

    return show_figures(repeat=repeat, scale=scale, as_json=json)
