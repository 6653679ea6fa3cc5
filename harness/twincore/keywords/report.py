"""What keywords write into Robot's log: serial output, the state at a failure, figures of a measured period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from twincore.engines.protocol import Capability, UnmodelledUse
from twincore.errors import ImageError
from twincore.keywords.periods import Figures
from twincore.keywords.session import SerialLine, Session
from twincore.keywords.values import format_alike, format_moment, format_ns, unit_of

MAX_LINES = 400
"""At most so many lines of serial output go into the log of one test."""

_LAST_LINES = 8

_CELL = "padding:1px 14px 1px 0;border:0;vertical-align:top;text-align:left;white-space:nowrap"
_NUMBER = f"{_CELL};text-align:right;font-variant-numeric:tabular-nums"
_GREY = "#888"
_RED = "#d32f2f"
_BLUE = "#4f81bd"
_BLOCK = f"margin:2px 0 6px 0;padding:4px 8px;border-left:3px solid {_BLUE};overflow-x:auto"


def table(rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = (), header: bool = True) -> str:
    """Write rows of HTML cells as a small table; `numbers` are the columns that are aligned to the right."""
    lines = []
    for at, row in enumerate(rows):
        tag = "th" if header and at == 0 else "td"
        cells = (
            f'<{tag} style="{_NUMBER if column in numbers else _CELL}">{cell}</{tag}>'
            for column, cell in enumerate(row)
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f'<table style="border-collapse:collapse;border:0">{"".join(lines)}</table>'


def serial_block(lines: Sequence[SerialLine], title: str) -> str:
    """Write serial output as one block, a port after the other, each line with its simulated time."""
    parts = []
    for port, of_port in groupby(sorted(lines, key=lambda line: line.port), key=lambda line: line.port):
        known = list(of_port)
        shown = known[-MAX_LINES:]
        left_out = f", the last {MAX_LINES} of {len(known)} lines" if len(known) > MAX_LINES else ""
        text = "\n".join(_line(line) for line in shown)
        parts.append(f'<b>{escape(port)}</b> {escape(title)}{left_out}<pre style="{_BLOCK}">{text}</pre>')
    return "".join(parts)


def _line(line: SerialLine) -> str:
    end = "" if line.is_whole else f' <span style="color:{_GREY}" title="the line has not ended yet">&hellip;</span>'
    moment = f"{line.time_ns / 1e9:12.6f} s"
    return f'<span style="color:{_GREY}">{moment}</span>  {escape(line.text)}{end}'


def state_block(session: Session) -> str:
    """Write what both cores do, the last serial output, resets and diagnostics."""
    engine = session.engine
    rows = [["core", "state", "pc", "function", "instructions", "source"]]
    rows += [_core_row(session, core) for core in range(engine.core_count)]
    if not any(row[-1] for row in rows[1:]):
        rows = [row[:-1] for row in rows]
    parts = [f"<b>State at {format_moment(engine.time_ns)}</b>{table(rows, numbers=[4])}"]
    if Capability.SERIAL_OUTPUT in engine.capabilities:
        lines = [line for port in engine.serial_ports() for line in session.serial_lines(port, 0)[-_LAST_LINES:]]
        parts.append(serial_block(lines, "the last lines"))
    if Capability.RESET_REASONS in engine.capabilities:
        resets = "; ".join(
            f"{escape(reset.reason_name)} ({escape(reset.domain)}) at {format_moment(reset.time_ns)}"
            for reset in engine.resets()[-4:]
        )
        parts.append(f"<b>Resets</b> {resets or 'none'}<br>")
    if Capability.DIAGNOSTICS in engine.capabilities and engine.diagnostics():
        latest = "\n".join(escape(text) for text in engine.diagnostics()[-8:])
        parts.append(f'<b>Diagnostics</b><pre style="margin:2px 0">{latest}</pre>')
    return "".join(parts)


def unmodelled_block(session: Session, uses: Sequence[UnmodelledUse]) -> str:
    """Write as a table what was used and is not modelled, with the first access of each."""
    rows = [["register", "accesses", "first access", "core", "at"]]
    for use in uses:
        moment = "-" if use.time_ns is None else format_moment(use.time_ns)
        place = "-" if use.pc is None else session.label(use.pc, use.core)
        core = "-" if use.core is None else str(use.core)
        rows.append([f"<code>{escape(use.name)}</code>", str(use.count), moment, core, f"<code>{escape(place)}</code>"])
    return f"<b>Registers that are not modelled</b>{table(rows, numbers=[1, 2])}"


def _core_row(session: Session, core: int) -> list[str]:
    engine = session.engine
    pc = engine.read_register(core, "pc") if Capability.REGISTERS in engine.capabilities else None
    state = engine.core_state(core)
    where, source = "-", ""
    if pc is not None and state != "held":
        where, source = escape(session.label(pc, core)), _source(session, core, pc)
    number = "-" if pc is None else f"{pc:#010x}"
    count = f"{engine.instructions(core):,}"
    return [str(core), state, f"<code>{number}</code>", f"<code>{where}</code>", count, source]


def _source(session: Session, core: int, pc: int) -> str:
    try:
        line = session.image.source_line(pc, core) if session.image else None
    except ImageError:
        line = None
    return f"<code>{escape(str(line))}</code>" if line else ""


def period_block(who: str, figures: Figures, *, nominal_ns: int | None = None, limit_ns: int | None = None) -> str:
    """Write the figures of a period as a table, with a picture of how far each period was off."""
    unit = unit_of(figures.mean.ns if nominal_ns is None else nominal_ns)
    head = ["", "periods", "shortest", "mean", "longest", "spread"]
    row = [f"<b>{escape(who)}</b>", f"{figures.count}"]
    row += format_alike([figures.shortest.ns, figures.mean.ns, figures.longest.ns], unit)
    row.append(str(figures.spread))
    if nominal_ns is not None and limit_ns is not None:
        off, over = figures.worst_off(nominal_ns), figures.count_off(nominal_ns, limit_ns)
        head += ["expected", "furthest off", "over the limit"]
        row += [
            f"{format_ns(nominal_ns)} &plusmn; {format_ns(limit_ns)}",
            f'{off.deviation_ns:+,} ns <span style="color:{_GREY}">at {format_moment(off.end_ns)}</span>',
            f'<b style="color:{_RED}">{over}</b>' if over else "0",
        ]
    picture = "" if nominal_ns is None else _picture(figures, nominal_ns, limit_ns)
    return table([head, row], numbers=range(1, len(head))) + picture


_WIDTH, _HEIGHT = 640, 72


def _picture(figures: Figures, nominal_ns: int, limit_ns: int | None) -> str:
    """Draw the deviation of each period over time, the limit as dashed lines."""
    deviations = [period - nominal_ns for period in figures.periods_ns]
    reach = max([abs(deviation) for deviation in deviations] + [limit_ns or 0, 1])
    middle, scale = _HEIGHT / 2, (_HEIGHT / 2 - 4) / reach
    step = _WIDTH / max(len(deviations), 1)
    groups: dict[int, tuple[int, int]] = {}
    for at, deviation in enumerate(deviations):  # no more marks than the picture has columns
        column = int(at * step)
        low, high = groups.get(column, (deviation, deviation))
        groups[column] = min(low, deviation), max(high, deviation)
    marks = []
    for column, (low, high) in groups.items():
        bad = limit_ns is not None and max(-low, high) > limit_ns
        top, bottom = middle - max(high, 0) * scale, middle - min(low, 0) * scale
        marks.append(
            f'<rect x="{column}" y="{top - 1:.1f}" width="{max(step * 0.8, 1):.1f}" height="{bottom - top + 2:.1f}" '
            f'fill="{_RED if bad else _BLUE}"/>'
        )
    limits = ""
    if limit_ns is not None:
        for y in (middle - limit_ns * scale, middle + limit_ns * scale):
            limits += f'<path d="M0 {y:.1f}H{_WIDTH}" stroke="{_GREY}" stroke-dasharray="4 3"/>'
    scale_text = (
        f"deviation of each period from {format_ns(nominal_ns)}, over time; full height &plusmn;{format_ns(reach)}"
    )
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="deviation of each period" '
        f'style="display:block;margin:4px 0 0 0">{limits}{"".join(marks)}</svg>'
        f'<span style="color:{_GREY}">{scale_text}</span>'
    )
