"""The forking paths: how many specifications a run has tried, what each said, which is shown.

The run's own iterations are on show and come from their results. What else this kernel has been
asked for comes from the summary's `attempts`, which the toolkit writes down: an analysis tried
by hand, or a cell edited, run and put back.

Source: Gelman and Loken (2014), "The statistical crisis in science" (the garden of forking paths).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..contract import Attempt, Finding, StudyInfo
from .record import IterationRecord

#: What makes two specifications the same.
Key = tuple[str, str, tuple[str, ...], tuple[str, ...], str, str, int, int]


@dataclass
class Said:
    """What one specification said of one estimand."""

    estimand: str
    estimate: float
    ci_lower: float
    ci_upper: float

    @property
    def significant(self) -> bool:
        return self.ci_lower > 0 or self.ci_upper < 0


@dataclass
class Path:
    """One specification that was tried.

    Attributes:
        label: What it is, in words.
        said: One entry per estimand, in order.
        iteration: Number of the run's iteration that shows it, None when none does.
        current: It is the one that the report is about.
        evidence: Cell ids.
    """

    label: str
    said: list[Said] = field(default_factory=list)
    iteration: int | None = None
    current: bool = False
    evidence: list[str] = field(default_factory=list)


@dataclass
class Ledger:
    """All specifications of a run, those on show first.

    Attributes:
        paths: Distinct specifications.
        rejected: Titles and cell ids of steps whose finding is left out.
    """

    paths: list[Path]
    rejected: list[tuple[str, str]]

    @property
    def hidden(self) -> list[Path]:
        """Those that no iteration of the run shows."""
        return [p for p in self.paths if p.iteration is None]


def keep_ledger(iteration: IterationRecord, earlier: Sequence[IterationRecord] = ()) -> Ledger:
    """Write down every specification that is known to have been tried.

    Args:
        iteration: The iteration on show.
        earlier: The run's earlier ones.
    """
    own: dict[Key, Path] = {}
    for record in [*earlier, iteration]:
        for step in record.steps:
            result = step.result
            if result is None or result.kind != "estimate" or step.deleted:
                continue
            path = own.setdefault(
                _key_of_study(result.study),
                Path(f"iteration {record.number}: {record.label or 'as planned'}"),
            )
            path.iteration, path.current = record.number, record is iteration
            path.evidence = list(dict.fromkeys([*path.evidence, step.cell_id]))
            known = {s.estimand for s in path.said}
            path.said += [
                Said(e.estimand, e.estimate, e.ci_lower, e.ci_upper)
                for e in result.estimates
                if e.role == "main" and e.estimand not in known
            ]
    shown = _shown_study(iteration)
    hidden: dict[Key, Path] = {}
    for cell, attempt in _attempts([*earlier, iteration]):
        key = _key_of_attempt(attempt)
        if key in own or attempt.outcome in iteration.spec.placebo_outcomes:
            continue
        path = hidden.setdefault(key, Path(_differs(attempt, shown)))
        if cell not in path.evidence:
            path.evidence.append(cell)
        said = Said(attempt.estimand, attempt.estimate, attempt.ci_lower, attempt.ci_upper)
        if said not in path.said:
            path.said.append(said)
    rejected = [
        (step.draft.title, step.cell_id)
        for record in [*earlier, iteration]
        for step in record.steps
        if step.state == "rejected" and step.inserted
    ]
    return Ledger([*own.values(), *hidden.values()], rejected)


def ledger_findings(ledger: Ledger) -> list[Finding]:
    """The concern that what is shown was chosen from more; none for a single specification."""
    total, hidden = len(ledger.paths), ledger.hidden
    if total < 2:
        return []
    cells = list(dict.fromkeys(c for path in ledger.paths for c in path.evidence))
    disagreement = how_they_differ(ledger.paths)
    severity: Literal["note", "concern"] = "concern" if hidden else "note"
    if not hidden:
        text = f"{total} specifications were tried, each an iteration of this run. {disagreement}"
        fix = "Report all of them; the plan should say which one answers the question."
        title = f"{total} specifications tried, all shown"
    else:
        are = "is" if len(hidden) == 1 else "are"
        text = (
            f"{total} specifications were tried in this kernel; {len(hidden)} {are} no iteration "
            f"of this run, so the one shown may have been picked. {disagreement}"
        )
        if total >= 5:
            text += (
                f" With {total} independent tries and no effect at all, at least one interval "
                f"would miss zero with probability {100 * (1 - 0.95**total):.0f} %."
            )
        fix = "Show all of them, or restart the kernel and run the plan once."
        title = f"{total} specifications tried, {len(hidden)} of them not shown"
    return [
        Finding(
            code="many_specifications",
            severity=severity,
            title=title,
            text=" ".join(text.split()),
            fix=fix,
            evidence=cells,
        )
    ]


def how_they_differ(paths: Sequence[Path]) -> str:
    """Whether the specifications agree in sign and significance, per estimand, in words."""
    by_estimand: dict[str, list[Said]] = {}
    for path in paths:
        for said in path.said:
            by_estimand.setdefault(_base(said.estimand), []).append(said)
    words = []
    for name, all_said in by_estimand.items():
        if len(all_said) < 2:
            continue
        positive = sum(s.estimate > 0 for s in all_said)
        significant = sum(s.significant for s in all_said)
        parts = []
        if 0 < positive < len(all_said):
            parts.append(f"the sign differs ({positive} of {len(all_said)} above zero)")
        if 0 < significant < len(all_said):
            parts.append(f"{significant} of {len(all_said)} intervals exclude zero")
        if parts:
            others = len({s.estimand for s in all_said}) > 1
            whom = " (trimming changes whom they speak about)" if others else ""
            words.append(f"{name}: {' and '.join(parts)}{whom}")
    return (
        f"They disagree. {'; '.join(words)}." if words else "They agree in sign and significance."
    )


def _base(label: str) -> str:
    """The estimand without its trimming: what a reader compares."""
    return label.removeprefix("trimmed ").partition(" [")[0]


def _key_of_study(info: StudyInfo) -> Key:
    return (
        info.treatment,
        info.outcome,
        tuple(sorted(info.confounders)),
        tuple(sorted(info.keep)),
        info.trim or _trim_of(info.estimands),
        info.learner,
        info.seed,
        info.n,
    )


def _trim_of(labels: Sequence[str]) -> str:
    return next((f"[{label.partition(' [')[2]}" for label in labels if " [" in label), "")


def _key_of_attempt(attempt: Attempt) -> Key:
    return (
        attempt.treatment,
        attempt.outcome,
        tuple(sorted(attempt.confounders)),
        tuple(sorted(attempt.keep)),
        attempt.trim,
        attempt.learner,
        attempt.seed,
        attempt.n,
    )


def _attempts(records: Sequence[IterationRecord]) -> list[tuple[str, Attempt]]:
    return [
        (step.cell_id, attempt)
        for record in records
        for step in record.steps
        if step.result is not None and not step.deleted
        for attempt in step.result.attempts
    ]


def _shown_study(iteration: IterationRecord) -> StudyInfo | None:
    return next((s.result.study for s in iteration.steps if s.result is not None), None)


def _differs(attempt: Attempt, shown: StudyInfo | None) -> str:
    """What sets an attempt apart from the study on show, in words."""
    if shown is None:
        return attempt.study or "another specification"
    parts = []
    if attempt.treatment != shown.treatment:
        parts.append(f"treatment {attempt.treatment}")
    if attempt.outcome != shown.outcome:
        parts.append(f"outcome {attempt.outcome}")
    out = sorted(set(shown.confounders) - set(attempt.confounders))
    more = sorted(set(attempt.confounders) - set(shown.confounders))
    parts += [f"without {', '.join(out)}"] if out else []
    parts += [f"with {', '.join(more)}"] if more else []
    if sorted(attempt.keep) != sorted(shown.keep):
        parts.append(f"rows where {' and '.join(attempt.keep) or 'nothing is asked'}")
    if attempt.trim != (shown.trim or _trim_of(shown.estimands)):
        parts.append(f"trimmed to {attempt.trim}" if attempt.trim else "untrimmed")
    if attempt.learner != shown.learner:
        parts.append(f"learner {attempt.learner}")
    if attempt.seed != shown.seed:
        parts.append(f"seed {attempt.seed}")
    if not parts and attempt.n != shown.n:
        parts.append(f"{attempt.n:,} units")
    return "; ".join(parts) or attempt.study or "the same roles on other data"
