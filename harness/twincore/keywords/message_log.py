"""The messages of a channel in Robot's log: counts, latencies with picture, faults, the last messages one by one."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from itertools import islice

from twincore.keywords import report
from twincore.keywords.histogram import RED
from twincore.keywords.periods import Figures
from twincore.keywords.turns import Limits
from twincore.keywords.values import format_moment, format_ns
from twincore.messages import Fault, FaultKind, Message, Record

MAX_ROWS = 100
MAX_FAULTS = 20
_SHOWN_BYTES = 16


def fault_text(fault: Fault) -> str:
    """Write what went wrong, by whose access and when."""
    return f"{fault.words} ({_who(fault.core)} at {format_moment(fault.time_ns)})"


def block(name: str, record: Record, figures: Figures | None, limit: Limits | None = None) -> str:
    """Write all that the log has on a channel; figures: latencies, None where no message was received."""
    parts = [report.facts(f"messages of {name}", _counts(record))]
    if figures is not None:
        parts.append(report.period_figures(f"latency of {name}", figures, limit, what="latencies"))
    if record.faults:
        lines = "<br>".join(escape(fault_text(fault)) for fault in record.faults[:MAX_FAULTS])
        more = len(record.faults) - MAX_FAULTS
        parts.append(f'<div style="color:{RED}">{lines}{f"<br>and {more} more" if more > 0 else ""}</div>')
    if record.messages:
        parts.append(_table(record))
    return report.wide("".join(parts))


def _counts(record: Record) -> list[tuple[str, str]]:
    rows = [
        ("sent", f"{record.sent_count:,}{_by(record.sent_by)}"),
        ("received", f"{record.received_count:,}{_by(record.received_by)}"),
        ("waiting", f"{len(record.waiting):,}"),
        ("most waiting at once", f"{record.most_waiting:,}"),
    ]
    for kind in FaultKind:
        count = sum(fault.kind is kind for fault in record.faults)
        rows.append((kind.value, f'<b style="color:{RED}">{count:,}</b>' if count else "0"))
    if record.merged_count:
        rows.append(("set when set already", f"{record.merged_count:,}"))
    return rows


def _by(counts: Mapping[int | None, int]) -> str:
    return f" ({', '.join(f'{_who(core)}: {count:,}' for core, count in counts.items())})" if counts else ""


def _who(core: int | None) -> str:
    return "DMA" if core is None else f"core {core}"


def _table(record: Record) -> str:
    head = ["message", "sent", "by", "received", "by", "after", "content", ""]
    first = max(len(record.messages) - MAX_ROWS, 0)
    rows = [_row(message) for message in islice(record.messages, first, None)]
    title = f"<b>the last {len(rows)} messages</b>" if first else ""
    return f'<div style="overflow-x:auto">{title}{report.table([head, *rows], numbers=[0, 1, 3, 5])}</div>'


def _row(message: Message) -> list[str]:
    sent, received, latency = message.sent_ns, message.received_ns, message.latency_ns
    shown = message.payload[:_SHOWN_BYTES].hex(" ", 4)
    return [
        str(message.id),
        "before" if sent is None else format_moment(sent),
        "" if sent is None else _who(message.sender),
        "" if received is None else format_moment(received),
        "" if received is None else _who(message.receiver),
        "" if latency is None else format_ns(latency),
        f"<code>{shown}{'&hellip;' if len(message.payload) > _SHOWN_BYTES else ''}</code>",
        "" if message.fault is None else f'<b style="color:{RED}">{message.fault.value}</b>',
    ]
