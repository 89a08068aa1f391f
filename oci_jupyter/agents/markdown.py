"""Markdown that says what it is given and nothing else: escaping, numbers, tables, links.

Text from data, plan or model is untrusted. It passes `escape` or `prose` on its way into a
report, so it can neither open a link nor write HTML nor leave its line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from .record import IterationRecord

#: Everything that Markdown, its extensions or JupyterLab's TeX could take for markup.
_ACTIVE = re.compile(r"[\\`*_\[\]<>|#~$&@!^{}]")
#: What makes a list, a heading's underline or a rule of the beginning of a line.
_OPENING = re.compile(r"^(\d{1,9})(?=[.)](?:\s|$))|^(?=[-+=])")
#: Bare addresses become links in GitHub's Markdown, unless their colon or dot is escaped.
_ADDRESS = re.compile(r":(?=//)|(?<=www)\.", re.I)
#: A code span may hold this and stays inert, in a table as outside one.
_NO_ANCHOR = "<>()[]\\\n"
#: JupyterLab's marked takes the escape off brackets in a link's text and reads them again.
_NO_LABEL = re.compile(r"[\[\]()<>!]")
_CODE = re.compile(r"`([\w.](?:[\w .,:;=()/%+²×&'’…-](?!//)){0,79})`")


def escape(text: str) -> str:
    """Text as Markdown that renders as that text and nothing else, on one line."""
    return _open(_inline(_flat(text)))


def prose(text: str) -> str:
    """As `escape`, but plain names in backticks stay code spans."""
    parts = _CODE.split(_flat(text))
    spans = [f"`{part}`" if at % 2 else _inline(part) for at, part in enumerate(parts)]
    return _open("".join(spans))


def quoted(text: str, length: int = 300) -> str:
    """Someone's words in quotation marks, escaped and not longer than `length`."""
    flat = _flat(text)
    short = flat if len(flat) <= length else flat[: length - 1].rstrip() + "…"
    return f"“{_inline(short)}”"


def _flat(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _inline(flat: str) -> str:
    return _ADDRESS.sub(_escaped, _ACTIVE.sub(_escaped, flat))


def _open(line: str) -> str:
    return _OPENING.sub(lambda m: f"{m[1] or ''}\\", line)


def _label(text: str) -> str:
    return _inline(_flat(_NO_LABEL.sub(" ", text)))


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[0]}"


def format_number(value: float, scale: float | None = None) -> str:
    """A number for people: sensible digits, thousands separators, a true minus sign.

    Args:
        value: The number.
        scale: What it is precise to, for example its standard error: three digits of that
            are shown. The number's own size where there is none.
    """
    size = abs(scale) if scale else abs(value)
    decimals = 0 if size == 0 else max(0, 2 - math.floor(math.log10(size)))
    text = f"{value:.2e}" if decimals > 6 else f"{value:,.{decimals}f}"
    return text.replace("-", "−", 1) if value < 0 else text


def interval(low: float, high: float, scale: float | None = None) -> str:
    """An interval for people, for example `−264 to 3,264`."""
    return f"{format_number(low, scale)} to {format_number(high, scale)}"


def listing(items: Iterable[str], limit: int = 12) -> str:
    """Names in a row, the rest counted; '–' for none. Not escaped."""
    names = list(items)
    more = len(names) - limit
    shown = ", ".join(names[:limit])
    return (f"{shown} and {more} more" if more > 0 else shown) or "–"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """A table; its cells are Markdown already.

    Args:
        columns: Headings.
        rows: One sequence of cells per row.
        right: Positions of the columns that hold numbers.
    """
    rule = ["---:" if i in right else "---" for i in range(len(columns))]
    lines = [columns, rule, *([cell or "–" for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


class Links:
    """Links from a claim to the heading above the cell that shows it.

    Args:
        iterations: Those whose cells may be linked to.
        plan_anchor: Heading of the plan's cell, spaces as hyphens; plain ASCII, since JupyterLab
            finds no other.
    """

    def __init__(self, iterations: Iterable[IterationRecord], plan_anchor: str = "Plan") -> None:
        self.plan = f"[Plan](<#{''.join(c for c in plan_anchor if c not in _NO_ANCHOR)}>)"
        self._by_cell: dict[str, str] = {}
        for iteration in iterations:
            for step in iteration.steps:
                heading = step.draft.heading.source.splitlines()[0].lstrip("# ")
                number = heading.partition(" · ")[0]
                label = _label(f"{number} · {step.draft.title}")
                self._by_cell[step.cell_id] = f"[{label}](#{step.cell_id})"

    def of(self, cells: Iterable[str]) -> str:
        """The links, or the plan's where no cell is known: a claim never stands alone."""
        known = [self._by_cell[c] for c in dict.fromkeys(cells) if c in self._by_cell]
        return ", ".join(known[:4]) or self.plan

    def to(self, cells: Iterable[str]) -> str:
        """The links behind an arrow, for the end of a sentence."""
        return f" → {self.of(cells)}"
