"""The picture of measured times in log.html: how often each length came, and how it went over time.

Pictures are SVG that stretches with the page; their words are HTML beside them, so that they keep their size where the
page is narrow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from twincore.keywords.values import format_ns, unit_of

GREY = "#888"
RED = "#d32f2f"
BLUE = "#4f81bd"

_BINS = 60
_COLUMNS = 320
"""The strip over time has at most so many marks."""
_SVG = 'viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" style="display:block;width:100%;height:{height}px"'
_FRAME = "max-width:760px;margin:6px 0 10px 0;white-space:normal"
_CAPTION = f"color:{GREY};margin:0 0 2px 0"
_SCALE = f"display:flex;justify-content:space-between;gap:8px;color:{GREY};border-top:1px solid {GREY};padding-top:1px"


def picture(
    times_ns: Sequence[int], *, what: str = "periods", shortest_ns: int | None = None, longest_ns: int | None = None
) -> str:
    """Draw times (at least one) as a histogram and, in their order, as a strip.

    what: what the times are called. shortest_ns, longest_ns: the limits, if there are any; what is beyond is red.
    """
    limits = [limit for limit in (shortest_ns, longest_ns) if limit]
    low, high = min([*times_ns, *limits]), max([*times_ns, *limits])
    margin = max((high - low) // 25, 1)
    low, high = max(low - margin, 0), high + margin
    scale = _Scale(low, high, shortest_ns, longest_ns)
    return (
        f'<div class="twincore-histogram" style="{_FRAME}">'
        f"{_histogram(times_ns, what, scale)}{_strip(times_ns, what, scale)}</div>"
    )


@dataclass(frozen=True)
class _Scale:
    """From which time to which a picture goes, and the limits in it."""

    low_ns: int
    high_ns: int
    shortest_ns: int | None
    longest_ns: int | None

    @property
    def unit(self) -> str:
        """Gives the unit that all times are written in."""
        return unit_of(self.high_ns)

    def at(self, time_ns: float) -> float:
        """Return where a time is: 0 at the low end, 1000 at the high one."""
        return 1000 * (time_ns - self.low_ns) / (self.high_ns - self.low_ns)

    def side(self, time_ns: int) -> int:
        """Tell whether a time is beyond a limit: -1 too short, 1 too long, 0 neither."""
        if self.shortest_ns is not None and time_ns < self.shortest_ns:
            return -1
        return int(self.longest_ns is not None and time_ns > self.longest_ns)

    def limits(self) -> list[int]:
        """Return the limits that there are; one at 0 is none to draw."""
        return [limit for limit in (self.shortest_ns, self.longest_ns) if limit]

    def words(self) -> str:
        """Write the limits."""
        limits = " and ".join(format_ns(limit, self.unit) for limit in self.limits())
        return f"; dashed: the limit{'s' if len(self.limits()) > 1 else ''} {limits}" if limits else ""


def _histogram(times_ns: Sequence[int], what: str, scale: _Scale) -> str:
    """Draw how often each length came; heights are logarithmic, so that a single one among thousands shows."""
    span = scale.high_ns - scale.low_ns
    bins = min(_BINS, span)
    groups: dict[tuple[int, int], list[int]] = {}
    for time_ns in times_ns:
        groups.setdefault(((time_ns - scale.low_ns) * bins // (span + 1), scale.side(time_ns)), []).append(time_ns)
    most = max(len(group) for group in groups.values())
    bars = []
    for (number, side), group in sorted(groups.items()):
        height = 10 + 88 * (math.log(len(group)) / math.log(most) if most > 1 else 1)
        first, last = (format_ns(time_ns, scale.unit) for time_ns in (min(group), max(group)))
        title = f"{len(group):,} {what}: {first}" + (f" to {last}" if first != last else "")
        bars.append(
            f'<rect x="{1000 * number / bins + 1:.1f}" y="{100 - height:.1f}" width="{1000 / bins - 2:.1f}" '
            f'height="{height:.1f}" fill="{RED if side else BLUE}"><title>{escape(title)}</title></rect>'
        )
    lines = "".join(_line(f"M{scale.at(limit):.1f} 0V100") for limit in scale.limits())
    caption = f"how often each length came, of {len(times_ns):,} {what} (highest bar {most:,}; heights logarithmic)"
    ends = (scale.low_ns, (scale.low_ns + scale.high_ns) // 2, scale.high_ns)
    marks = "".join(f"<span>{format_ns(end, scale.unit)}</span>" for end in ends)
    return (
        f'<div style="{_CAPTION}">{escape(caption + scale.words())}</div>'
        f'<svg {_SVG.format(height=110)} aria-label="histogram">{"".join(bars)}{lines}</svg>'
        f'<div style="{_SCALE}">{marks}</div>'
    )


def _strip(times_ns: Sequence[int], what: str, scale: _Scale) -> str:
    """Draw the times in their order; a mark reaches from the shortest to the longest of those it stands for."""
    columns = min(len(times_ns), _COLUMNS)
    groups: dict[tuple[int, int], tuple[int, int]] = {}
    for at, time_ns in enumerate(times_ns):
        key = at * columns // len(times_ns), scale.side(time_ns)
        low, high = groups.get(key, (time_ns, time_ns))
        groups[key] = min(low, time_ns), max(high, time_ns)
    marks = []
    for (column, side), (low, high) in groups.items():
        top, bottom = 100 - scale.at(high) / 10, 100 - scale.at(low) / 10
        marks.append(
            f'<rect x="{1000 * column / columns:.1f}" y="{top - 2:.1f}" width="{max(1000 / columns * 0.8, 2):.1f}" '
            f'height="{bottom - top + 4:.1f}" fill="{RED if side else BLUE}"/>'
        )
    lines = "".join(_line(f"M0 {100 - scale.at(limit) / 10:.1f}H1000") for limit in scale.limits())
    low_text, high_text = format_ns(scale.low_ns, scale.unit), format_ns(scale.high_ns, scale.unit)
    caption = f"each in its order, the first on the left; from {low_text} (bottom) to {high_text} (top)"
    return (
        f'<div style="{_CAPTION};margin-top:8px">{escape(caption)}</div>'
        f'<svg {_SVG.format(height=64)} aria-label="{escape(what)} in their order">{"".join(marks)}{lines}</svg>'
    )


def _line(path: str) -> str:
    return (
        f'<path d="{path}" stroke="{GREY}" stroke-width="1.5" stroke-dasharray="5 3" fill="none" '
        'vector-effect="non-scaling-stroke"/>'
    )
