"""A result as an HTML table and as plain text; everything from the data is escaped."""

from __future__ import annotations

from html import escape
from typing import Any

from oci_jupyter.contract import Check, Result

SYMBOLS = {"pass": "✓", "warn": "⚠", "fail": "✖", "not_applicable": "–"}
WORDS = {"pass": "pass", "warn": "warning", "fail": "fail", "not_applicable": "not applicable"}

#: Rows of a table that are displayed; the frame has all.
SHOWN_ROWS = 40

_BORDER = "1px solid var(--jp-border-color2, rgba(128,128,128,.4))"
_CELL = f"padding:2px 10px 2px 0;border-bottom:{_BORDER};vertical-align:top;"
_MUTED = "opacity:.75;"


def result_html(result: Result) -> str:
    """The result as one HTML fragment; colors are inherited, so it suits light and dark."""
    parts = [
        '<div class="jp-oci-result" style="color:inherit;background:transparent;'
        'max-width:72em;overflow-x:auto">',
        f'<div style="font-weight:600">{escape(result.title)}: {escape(result.headline)}</div>',
    ]
    if result.checks:
        items = "".join(f"<li style='margin:2px 0'>{_check_html(c)}</li>" for c in result.checks)
        parts.append(f"<ul style='list-style:none;padding-left:0;margin:6px 0'>{items}</ul>")
    parts.append(_table_html(result))
    if result.notes:
        notes = "".join(f"<li>{escape(n)}</li>" for n in result.notes)
        parts.append(f"<ul style='margin:6px 0;padding-left:1.4em;{_MUTED}'>{notes}</ul>")
    parts.append("</div>")
    return "".join(parts)


def _check_html(check: Check) -> str:
    whom = f"{escape(check.estimand)}: " if check.estimand else ""
    value = f" {escape(check.display)}" if check.display else ""
    target = f" (target: {escape(check.target)})" if check.target else ""
    return (
        f"<span aria-hidden='true'>{SYMBOLS[check.grade]}</span> "
        f"<b>{WORDS[check.grade]}</b> · {whom}{escape(check.title)}{value}{target}"
        f"<br><span style='padding-left:1.4em;{_MUTED}'>{escape(check.reason)}</span>"
    )


def _table_html(result: Result) -> str:
    rows = result.table.rows
    if not rows:
        return ""
    numeric = [
        all(isinstance(r[i], (int, float)) or r[i] is None for r in rows)
        for i in range(len(result.table.columns))
    ]
    head = "".join(
        f"<th scope='col' style='{_CELL}text-align:{'right' if numeric[i] else 'left'}'>"
        f"{escape(c)}</th>"
        for i, c in enumerate(result.table.columns)
    )
    body = "".join(
        "<tr style='background:transparent'>"
        + "".join(
            f"<td style='{_CELL}text-align:{'right' if numeric[i] else 'left'};"
            f"{_wrap(format_scalar(v))}'>{escape(format_scalar(v))}</td>"
            for i, v in enumerate(row)
        )
        + "</tr>"
        for row in rows[:SHOWN_ROWS]
    )
    caption = escape(caption_of(result))
    if len(rows) > SHOWN_ROWS:
        caption += f" First {SHOWN_ROWS} of {len(rows)} rows; <code>.frame</code> has all."
    return (
        "<table style='border-collapse:collapse;color:inherit;background:transparent;"
        "font-size:.95em;margin:6px 0'>"
        f"<caption style='caption-side:bottom;text-align:left;color:inherit;{_MUTED}'>"
        f"{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _wrap(text: str) -> str:
    """Figures and intervals stay on one line, long texts break anywhere."""
    return "white-space:nowrap" if len(text) <= 24 else "overflow-wrap:anywhere"


def caption_of(result: Result) -> str:
    """What was analyzed: units, arms, exclusions, lineage."""
    s = result.study
    text = f"{s.n:,} units: {s.n_treated:,} treated, {s.n_control:,} control"
    if s.n_source > s.n:
        text += f"; {s.n_source - s.n:,} of {s.n_source:,} rows set aside"
    return f"{text}. {s.name[0].upper()}{s.name[1:]}." if s.name else f"{text}."


def format_scalar(value: Any) -> str:
    """A table's value as a person reads it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        if value == 0:
            return "0"
        size = abs(value)
        if size >= 100:
            return f"{value:,.0f}".replace("-", "−")
        return f"{value:.3g}".replace("-", "−") if size >= 0.001 else f"{value:.1g}"
    return str(value)


def result_text(result: Result) -> str:
    """The result as plain text of at most about 110 columns."""
    lines = [f"{result.title}: {result.headline}", ""]
    for check in result.checks:
        whom = f"{check.estimand}: " if check.estimand else ""
        target = f" (target: {check.target})" if check.target else ""
        lines.append(
            f"{SYMBOLS[check.grade]} {WORDS[check.grade]} · {whom}{check.title} "
            f"{check.display}{target}"
        )
        if check.reason:
            lines.append(f"    {check.reason}")
    if result.checks:
        lines.append("")
    shown = [[_cut(format_scalar(v)) for v in row] for row in result.table.rows[:SHOWN_ROWS]]
    if shown:
        head = [_cut(c) for c in result.table.columns]
        widths = [max(len(r[i]) for r in [head, *shown]) for i in range(len(head))]
        lines += [
            "  ".join(v.ljust(w) for v, w in zip(row, widths, strict=True)).rstrip()
            for row in [head, ["-" * w for w in widths], *shown]
        ]
        if len(result.table.rows) > SHOWN_ROWS:
            lines.append(f"… {len(result.table.rows) - SHOWN_ROWS} more rows in `.frame`")
        lines.append(caption_of(result))
    if result.notes:
        lines += ["", *[f"- {n}" for n in result.notes]]
    return "\n".join(lines)


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:57] + "…"
