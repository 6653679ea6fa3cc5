"""What keywords write into Robot's log: serial output, the state at a failure, figures of a measured period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby

from twincore.engines.protocol import Capability, MemoryAccess, UnmodelledUse
from twincore.images.backtrace import Frame
from twincore.keywords.histogram import BLUE, GREY, RED, picture
from twincore.keywords.periods import Figures
from twincore.keywords.repeat import robot_command, run_command
from twincore.keywords.serial_record import SerialLine
from twincore.keywords.session import Session
from twincore.keywords.turns import Limits
from twincore.keywords.values import format_alike, format_moment, unit_of

MAX_LINES = 400
"""At most so many lines of serial output go into the log of one test."""

_LAST_LINES = 8
_LAST_ACCESSES = 10

_CELL = "padding:1px 14px 1px 0;border:0;vertical-align:top;text-align:left;white-space:nowrap"
_NUMBER = f"{_CELL};text-align:right;font-variant-numeric:tabular-nums"
_BLOCK = f"margin:2px 0 6px 0;padding:4px 8px;border-left:3px solid {BLUE};overflow-x:auto"
_FACTS = "display:flex;flex-wrap:wrap;gap:4px 20px;margin:2px 0 4px 0;white-space:normal"
_FACT = "font-variant-numeric:tabular-nums"
_NARROW = (
    "<style>@media (max-width:700px){"
    ".twincore-wide{margin-left:-154px;padding-top:1.6em;max-width:74vw}"
    ".twincore-wide pre{white-space:pre-wrap!important;overflow-wrap:anywhere}"
    "}</style>"
)
"""On a narrow page Robot's columns for time and level leave no room: a block goes below them, over the whole width."""
_ROWS = (
    "<style>@media (max-width:700px){"
    ".twincore-rows tr{display:block;margin-bottom:5px}"
    ".twincore-rows th{display:none!important}"
    ".twincore-rows td{display:inline-block!important;white-space:normal!important;overflow-wrap:anywhere}"
    f".twincore-rows td[data-of]::before{{content:attr(data-of) ' ';color:{GREY}}}"
    "}</style>"
)
"""On a narrow page a table's cells follow each other like words, each behind the name of its column."""


def table(rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = (), header: bool = True) -> str:
    """Write rows of HTML cells as a small table; `numbers` are the columns that are aligned to the right.

    header: whether the first row has the names of the columns.
    """
    lines = []
    names: Sequence[str] = ()
    for at, row in enumerate(rows):
        tag = "th" if header and at == 0 else "td"
        names = row if tag == "th" else names
        cells = (
            f'<{tag} style="{_NUMBER if column in numbers else _CELL}"{_of(names, column, tag)}>{cell}</{tag}>'
            for column, cell in enumerate(row)
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f'{_ROWS}<table class="twincore-rows" style="border-collapse:collapse;border:0">{"".join(lines)}</table>'


def _of(names: Sequence[str], column: int, tag: str) -> str:
    name = names[column] if tag == "td" and column < len(names) else ""
    return f' data-of="{name}"' if name else ""


def serial_block(lines: Sequence[SerialLine], title: str, session: Session) -> str:
    """Write serial output as one block, a port after the other, each line with its simulated time.

    Below a line with addresses of a crash stand their functions and source lines.
    """
    parts = []
    for port, of_port in groupby(sorted(lines, key=lambda line: line.port), key=lambda line: line.port):
        known = list(of_port)
        shown = known[-MAX_LINES:]
        left_out = f", the last {MAX_LINES} of {len(known)} lines" if len(known) > MAX_LINES else ""
        reader = session.names.backtraces()
        text = "\n".join(_line(line, reader.read(line.text)) for line in shown)
        parts.append(f'<b>{escape(port)}</b> {escape(title)}{left_out}<pre style="{_BLOCK}">{text}</pre>')
    return "".join(parts)


def _line(line: SerialLine, frames: Sequence[Frame]) -> str:
    end = "" if line.is_whole else f' <span style="color:{GREY}" title="the line has not ended yet">&hellip;</span>'
    moment = f"{line.time_ns / 1e9:12.6f} s"
    resolved = "".join(
        f'\n{"":14}  <span style="color:{RED}">{escape(str(frame))}</span>' for frame in frames if frame.function
    )
    return f'<span style="color:{GREY}">{moment}</span>  {escape(line.text)}{end}{resolved}'


def state_block(session: Session) -> str:
    """Write what both cores do, the last serial output, resets and diagnostics."""
    engine = session.engine
    rows = [["core", "state", "pc", "function", "instructions", "source"]]
    rows += [_core_row(session, core) for core in range(engine.core_count)]
    if not any(row[-1] for row in rows[1:]):
        rows = [row[:-1] for row in rows]
    parts = [f"<b>State at {format_moment(engine.time_ns)}</b>{table(rows, numbers=[4])}"]
    if Capability.SERIAL_OUTPUT in engine.capabilities:
        lines = [line for port in engine.serial_ports() for line in session.serial.lines(port, 0)[-_LAST_LINES:]]
        parts.append(serial_block(lines, "the last lines", session))
    if Capability.RESET_REASONS in engine.capabilities:
        resets = "; ".join(
            f"{escape(reset.reason_name)} ({escape(reset.domain)}) at {format_moment(reset.time_ns)}"
            for reset in engine.resets()[-4:]
        )
        parts.append(f"<b>Resets</b> {resets or 'none'}<br>")
    if Capability.DIAGNOSTICS in engine.capabilities and engine.diagnostics():
        latest = "\n".join(escape(text) for text in engine.diagnostics()[-8:])
        parts.append(f'<b>Diagnostics</b><pre style="margin:2px 0">{latest}</pre>')
    parts += _accesses(session)
    parts += _repeating(session)
    return f'{_NARROW}<div class="twincore-wide" style="overflow-x:auto">{"".join(parts)}</div>'


def _accesses(session: Session) -> Iterator[str]:
    """Write each core's last accesses of registers; the same one again and again (polling) as one line."""
    engine = session.engine
    for core in range(engine.core_count):
        groups = [
            (access, 1 + sum(1 for _ in same))
            for _, same in groupby(engine.register_accesses(core), key=_without_time)
            if (access := next(same))
        ]
        if not groups:
            continue
        rows = []
        for access, count in groups[-_LAST_ACCESSES:]:
            verb = "wrote" if access.is_write else "read"
            times = f" {count} times" if count > 1 else ""
            where = "" if access.pc is None else session.names.where(access.pc, core)
            cells = (f"{verb} {access.value:#x}{times}", engine.chip_registers.describe(access.address), where)
            rows.append([format_moment(access.time_ns), *map(escape, cells)])
        yield f"<b>Core {core}'s last accesses of registers</b>{table(rows, header=False)}"


def _without_time(access: MemoryAccess) -> tuple[int | None, int, int, bool]:
    return access.pc, access.address, access.value, access.is_write


def _repeating(session: Session) -> Iterator[str]:
    """Write the commands that repeat the test and the run."""
    of_test = robot_command(session.test_name)
    if of_test:
        yield f"<b>Repeat this test</b>{_command(of_test)}"
    if session.run is not None and not session.run.power_cycles:
        of_run = run_command(session.run, session.options, session.engine.time_ns)
        yield f"<b>Repeat the run</b> without what keywords sent, drove or wrote{_command(of_run)}"


def _command(text: str) -> str:
    return f'<pre style="{_BLOCK};white-space:pre-wrap">{escape(text)}</pre>'


def unmodelled_block(session: Session, uses: Sequence[UnmodelledUse]) -> str:
    """Write as a table what was used and is not modelled, with the first access of each."""
    rows = [["register", "accesses", "first access", "core", "at"]]
    for use in uses:
        moment = "-" if use.time_ns is None else format_moment(use.time_ns)
        place = "-" if use.pc is None else session.names.label(use.pc, use.core)
        core = "-" if use.core is None else str(use.core)
        rows.append([f"<code>{escape(use.name)}</code>", str(use.count), moment, core, f"<code>{escape(place)}</code>"])
    return f"<b>Registers that are not modelled</b>{table(rows, numbers=[1, 2])}"


def _core_row(session: Session, core: int) -> list[str]:
    engine = session.engine
    pc = engine.read_register(core, "pc") if Capability.REGISTERS in engine.capabilities else None
    state = engine.core_state(core)
    where, source = "-", ""
    if pc is not None and state != "held":
        where, source = escape(session.names.label(pc, core)), _source(session, core, pc)
    number = "-" if pc is None else f"{pc:#010x}"
    count = f"{engine.instructions(core):,}"
    return [str(core), state, f"<code>{number}</code>", f"<code>{where}</code>", count, source]


def _source(session: Session, core: int, pc: int) -> str:
    """Write the source lines of an instruction, one below the other: the innermost inlined function's first."""
    frames = [frame for frame in session.names.source_frames(pc, core) if frame.line]
    inlined = [f"{frame.line} in {frame.function}, inlined into" for frame in frames[:-1]]
    return "<br>".join(f"<code>{escape(text)}</code>" for text in [*inlined, *(str(f.line) for f in frames[-1:])])


def facts(title: str, rows: Iterable[tuple[str, str]]) -> str:
    """Write names with their values (HTML), side by side and over as many lines as the page needs."""
    cells = "".join(
        f'<span style="{_FACT}"><span style="color:{GREY};display:block">{escape(name)}</span>{value}</span>'
        for name, value in rows
    )
    return f'<b>{escape(title)}</b><div style="{_FACTS}">{cells}</div>'


def wide(block: str) -> str:
    """Give a block of HTML the page's whole width where that is narrow."""
    return f'{_NARROW}<div class="twincore-wide">{block}</div>'


def period_block(who: str, figures: Figures, limits: Limits | None = None, *, what: str = "periods") -> str:
    """Write the figures of a period, with picture, as a block of the log."""
    return wide(period_figures(who, figures, limits, what=what))


def period_figures(who: str, figures: Figures, limits: Limits | None = None, *, what: str = "periods") -> str:
    """Write the figures of a period, with the picture of how often each length came.

    what: what the times are called where they are no periods but responses.
    """
    unit = unit_of(figures.median.ns if limits is None else limits.nominal_ns)
    percentiles = [figures.percentile(percent) for percent in (90, 99)]
    times = [figures.shortest, figures.median, figures.mean, *percentiles, figures.longest]
    names = ("shortest", "median", "mean", "90 % at most", "99 % at most", "longest")
    rows = [(what, f"{figures.count:,}")]
    rows += zip(names, format_alike([time.ns for time in times], unit), strict=True)
    rows += [("spread", str(figures.spread)), ("standard deviation", str(figures.deviation))]
    if limits is not None:
        over = figures.count_beyond(limits)
        off = figures.worst_off(limits)
        rows += [
            ("expected", escape(str(limits))),
            ("beyond the limits", f'<b style="color:{RED}">{over:,}</b>' if over else "0"),
        ]
        if not limits.is_bound:
            rows.append(("furthest off", f"{off.deviation_ns:+,} ns at {format_moment(off.end_ns)}"))
    shortest, longest = (None, None) if limits is None else (limits.shortest_ns, limits.longest_ns)
    drawn = picture(figures.periods_ns, what=what, shortest_ns=shortest, longest_ns=longest)
    return f"{facts(who, rows)}{drawn}"
