"""Tables on standard output: with rich on a terminal, columns aligned by spaces elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence


def show_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Collection[int] = (),
    rigid: int = 0,
) -> None:
    """Print a table; `columns` is empty when the rows are pairs of a name and a value.

    numbers: the columns that are aligned to the right. rigid: so many columns are never folded on a narrow terminal.
    """
    if sys.stdout.isatty():
        _show_with_rich(title, columns, rows, numbers, rigid)
    else:
        print("\n".join(plain_lines(title, columns, rows, numbers)))


def plain_lines(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[int] = ()
) -> list[str]:
    """Return the lines of a table, without spaces at their ends; the last columns may lack a title."""
    width = max(map(len, [columns, *rows]))
    cells = [[*row, *[""] * (width - len(row))] for row in ([columns] if columns else []) + list(rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [title] if title else []
    for row in cells:
        padded = (
            cell.rjust(width) if index in numbers else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append(f"  {'  '.join(padded)}".rstrip())
    return lines


def _show_with_rich(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[int], rigid: int
) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(title, style="bold") if title else None,
        title_justify="left",
        show_header=bool(columns),
        box=box.SIMPLE_HEAD if columns else None,
        pad_edge=False,
        collapse_padding=True,
    )
    for index, column in enumerate(columns or ("", "")):
        style = "" if columns or index else "cyan"
        table.add_column(
            Text(column),
            overflow="fold",
            style=style,
            justify="right" if index in numbers else "left",
            no_wrap=index < rigid,
        )
    for row in rows:
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table)
