"""The critic's report: short Markdown, verdict before any number, each claim with its cell."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ..contract import EstimandVerdict, Estimate, Remedy, Verdict
from .critic import LEVEL_WORDS
from .record import IterationRecord

LEVEL_SYMBOLS = {
    "satisfactory": "✓",
    "satisfactory_with_caveats": "⚠",
    "not_satisfactory": "✖",
    "abstain": "?",
}
_GRADE_WORDS = {"pass": "✓ pass", "warn": "⚠ warn", "fail": "✖ fail", "not_applicable": "– n/a"}


def write_report(iteration: IterationRecord, verdict: Verdict) -> str:
    """Write an iteration's report.

    Text that comes from data (column names) is escaped: a column cannot write Markdown.
    """
    links = _Links(iteration)
    spec = iteration.spec
    lines = [f"### {_number(iteration)} · Verdict and report", ""]
    if verdict.stale:
        lines.append("> **Stale.** This report rests on cells that changed since:")
        lines += [f"> - {escape(reason.message)}" for reason in verdict.stale]
        lines.append("")
    lines.append(f"**{escape(verdict.summary)}**")
    lines.append("")
    lines += [_verdict_line(v, links) for v in verdict.estimands]
    lines += ["", "#### Estimates", ""]
    lines += _estimate_table(verdict.estimands)
    lines += _one_shot(iteration)
    caveats = [(v.estimand, c) for v in verdict.estimands for c in v.caveats]
    if caveats:
        lines += ["", "#### Caveats", ""]
        lines += [f"- {escape(text)}{names}" for text, names in _grouped(caveats)]
    if verdict.remedies:
        lines += ["", "#### What would help", ""]
        lines += [_remedy_line(r) for r in verdict.remedies]
    lines += ["", "#### Checks", ""]
    lines += _check_table(verdict.estimands, links)
    if spec.assumptions:
        lines += ["", "#### Taken for granted", ""]
        lines += [f"- {escape(a)}" for a in spec.assumptions]
    lines += [
        "",
        f"*Question: {escape(spec.question)} · design: {spec.design} · seed {spec.seed} · "
        f"{spec.folds} folds · data {spec.data_fingerprint[:12] or 'unknown'}*",
    ]
    return "\n".join(lines)


def escape(text: str) -> str:
    """Text as Markdown that renders as that text and nothing else, on one line."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    for char in "\\`*_[]<>|#~$":
        flat = flat.replace(char, f"\\{char}")
    return flat


class _Links:
    """Links from a claim to the heading above the cell that shows it."""

    def __init__(self, iteration: IterationRecord) -> None:
        self._by_cell = {}
        for step in iteration.steps:
            heading = step.draft.heading.source.splitlines()[0].lstrip("# ")
            anchor = heading.replace("`", "").replace(" ", "-")
            number = heading.partition(" · ")[0]
            self._by_cell[step.cell_id] = (
                f"[{escape(f'{number} · {step.draft.title}')}](<#{_anchor(anchor)}>)"
            )

    def to(self, cells: Iterable[str]) -> str:
        found = [self._by_cell[c] for c in cells if c in self._by_cell]
        return f" → {', '.join(found)}" if found else ""


def _anchor(text: str) -> str:
    return "".join(c for c in text if c not in "<>\\\n")


def _number(iteration: IterationRecord) -> str:
    number = len(iteration.steps) + 1
    return str(number) if iteration.number == 1 else f"{iteration.number}.{number}"


def _verdict_line(verdict: EstimandVerdict, links: _Links) -> str:
    return (
        f"- {LEVEL_SYMBOLS[verdict.level]} **{escape(verdict.estimand)}: "
        f"{LEVEL_WORDS[verdict.level].lower()}.** {escape(verdict.reason)}"
        f"{links.to(verdict.reason_evidence)}"
    )


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


def _estimate_table(verdicts: list[EstimandVerdict]) -> list[str]:
    lines = [
        "| estimand | verdict | estimate | 95 % interval | std. error | speaks about |",
        "| --- | --- | ---: | --- | ---: | --- |",
    ]
    for v in verdicts:
        numbers = "– | – | –"
        if v.estimate is not None and v.ci_lower is not None and v.ci_upper is not None:
            low, high = (format_number(x, v.stderr) for x in (v.ci_lower, v.ci_upper))
            error = format_number(v.stderr) if v.stderr is not None else "–"
            numbers = f"{format_number(v.estimate, v.stderr)} | {low} to {high} | {error}"
        lines.append(
            f"| {escape(v.estimand)} | {LEVEL_SYMBOLS[v.level]} {LEVEL_WORDS[v.level]} | "
            f"{numbers} | {escape(v.population) or '–'} |"
        )
    return lines


def _one_shot(iteration: IterationRecord) -> list[str]:
    found: list[Estimate] = [
        e
        for step in iteration.steps
        if step.counted is not None and step.counted.kind == "estimate"
        for e in step.counted.estimates
        if e.role == "one_shot"
    ]
    if not found:
        return []
    said = "; ".join(f"{escape(e.method)} {format_number(e.estimate, e.stderr)}" for e in found)
    return ["", f"What a one-shot answer would have said: {said}."]


def _grouped(caveats: list[tuple[str, str]]) -> list[tuple[str, str]]:
    by_text: dict[str, list[str]] = {}
    for estimand, text in caveats:
        by_text.setdefault(text, []).append(estimand)
    return [(text, f" ({escape(', '.join(names))})") for text, names in by_text.items()]


def _remedy_line(remedy: Remedy) -> str:
    return f"- **{escape(remedy.label)}.** {escape(remedy.effect_on_estimand)} {escape(remedy.why)}"


def _check_table(verdicts: list[EstimandVerdict], links: _Links) -> list[str]:
    lines = ["| estimand | check | found | target | grade |", "| --- | --- | --- | --- | --- |"]
    seen = set()
    for v in verdicts:
        for c in v.checks:
            estimand = c.estimand or "all"
            key = (estimand, c.name, c.title, tuple(c.evidence))
            if key in seen:
                continue
            seen.add(key)
            found = c.display or ("–" if c.value is None else format_number(c.value))
            lines.append(
                f"| {escape(estimand)} | {escape(c.title)}{links.to(c.evidence)} | "
                f"{escape(found)} | {escape(c.target) or '–'} | {_GRADE_WORDS[c.grade]} |"
            )
    return lines
