"""What differs between two specs, field by field and in words."""

from __future__ import annotations

from typing import Any

from ..contract import RowFilter, Spec, SpecChange, Thresholds, Trim
from .column_words import plain

NOTHING = "none"

#: Fields that say how an analysis is carried out, in the order they are shown; what only names
#: or numbers an iteration is no change of it.
LABELS: dict[str, str] = {
    "question": "Question",
    "design": "Design",
    "data": "Data",
    "treatment": "Treatment",
    "treated": "Level that counts as treated",
    "outcome": "Outcome",
    "confounders": "Confounders",
    "placebo_outcomes": "Placebo outcomes",
    "cluster": "Rows that belong together (cluster)",
    "weights": "Sampling weights",
    "keep": "Rows in the study",
    "eligibility": "Eligibility",
    "time_zero": "Time zero",
    "follow_up": "Follow-up",
    "threats": "Threats",
    "estimands": "Estimands",
    "trim": "Trimming",
    "learner": "Models",
    "folds": "Folds",
    "seed": "Seed",
    "tools": "Tools",
    "thresholds": "Thresholds",
    "benchmark": "Benchmarks of a hidden confounder",
    "model_sees": "What a language model sees",
}
_LEARNERS = {"stack": "stack of unlike learners", "lean": "lean (boosting alone)"}
_EMPTY = {"keep": "all rows", "trim": "no trimming", "weights": "no weights"}


def diff(before: Spec, after: Spec) -> list[SpecChange]:
    """The fields in which two specs differ, in the order in which they are shown.

    Args:
        before: The spec of the iteration at hand.
        after: The spec of the next one.
    """
    changes = []
    for name, label in LABELS.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            changes.append(
                SpecChange(field=name, label=label, before=words(name, old), after=words(name, new))
            )
    return changes


def change_words(change: SpecChange) -> str:
    """One change in a line: what is added and removed where that is shorter."""
    return f"{change.label}: {change.before} → {change.after}"


def words(name: str, value: Any) -> str:
    """A field's value as a person reads it."""
    if value is None or value in ("", []):
        return _EMPTY.get(name, NOTHING)
    if isinstance(value, Trim):
        return f"propensity within {value.label}"
    if isinstance(value, Thresholds):
        default = Thresholds().model_dump()
        changed = {k: v for k, v in value.model_dump().items() if v != default[k]}
        return ", ".join(f"{k} {v:g}" for k, v in changed.items()) or "the defaults"
    if isinstance(value, list):
        return ", ".join(str(v) if isinstance(v, RowFilter) else plain(str(v), 80) for v in value)
    if name == "learner":
        return _LEARNERS.get(str(value), str(value))
    return plain(str(value), 300)
