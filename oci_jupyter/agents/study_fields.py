"""The fields in which plan, spec and execution are compared, read from each of the three."""

from __future__ import annotations

from typing import Any

from ..contract import Plan, Result, Spec, Thresholds

#: Fields in the order of the table, with their words.
FIELDS: dict[str, str] = {
    "data": "data",
    "rows": "rows of the data",
    "treatment": "treatment",
    "treated": "level that counts as treated",
    "outcome": "outcome",
    "confounders": "confounders",
    "placebo_outcomes": "placebo outcomes",
    "cluster": "cluster",
    "weights": "sampling weights",
    "keep": "conditions on rows",
    "estimands": "estimands",
    "trim": "trimming",
    "learner": "learners",
    "folds": "folds",
    "seed": "seed",
    "thresholds": "thresholds",
    "tools": "tools",
}


def plan_fields(plan: Plan) -> dict[str, Any]:
    """What a plan sets of `FIELDS`; what it leaves to the actor is not in it."""
    found: dict[str, Any] = {
        "data": plan.data,
        "treatment": plan.treatment,
        "outcome": plan.outcome,
        "confounders": set(plan.confounders),
        "placebo_outcomes": set(plan.placebo_outcomes),
        "cluster": plan.cluster,
        "weights": plan.weights,
        "keep": set(plan.keep),
        "estimands": set(plan.estimands),
        "seed": plan.seed,
        "tools": set(plan.tools),
    }
    if plan.treated is not None:
        found["treated"] = plan.treated
    return found


def spec_fields(spec: Spec) -> dict[str, Any]:
    """What a spec sets of `FIELDS`."""
    found: dict[str, Any] = {
        "data": spec.data,
        "treatment": spec.treatment,
        "outcome": spec.outcome,
        "confounders": set(spec.confounders),
        "placebo_outcomes": set(spec.placebo_outcomes),
        "cluster": spec.cluster,
        "weights": spec.weights,
        "keep": {str(condition) for condition in spec.keep},
        "estimands": set(spec.estimands),
        "trim": spec.trim.label if spec.trim is not None else "",
        "learner": spec.learner,
        "folds": spec.folds,
        "seed": spec.seed,
        "thresholds": changed_thresholds(spec.thresholds),
        "tools": set(spec.tools),
    }
    if spec.treated is not None:
        found["treated"] = spec.treated
    if spec.rows:
        found["rows"] = spec.rows
    return found


def run_fields(result: Result) -> dict[str, Any]:
    """What a result says of the study that it belongs to, of `FIELDS`."""
    info = result.study
    names = {label.rpartition(" [")[0] or label for label in info.estimands}
    trims = {label.partition(" [")[2].rstrip("]") for label in info.estimands}
    trim = info.trim or next((f"[{t}]" for t in sorted(trims) if t), "")
    found: dict[str, Any] = {
        "rows": info.n_source,
        "treatment": info.treatment,
        "outcome": info.outcome,
        "confounders": set(info.confounders),
        "placebo_outcomes": set(info.placebo_outcomes),
        "cluster": info.cluster,
        "weights": info.weights,
        "keep": set(info.keep),
        "estimands": {name.removeprefix("trimmed ") for name in names},
        "trim": trim,
        "learner": info.learner,
        "folds": info.folds,
        "seed": info.seed,
        "thresholds": dict(info.thresholds),
    }
    if info.treated is not None:
        found["treated"] = info.treated
    return found


def changed_thresholds(thresholds: Thresholds) -> dict[str, float]:
    """The limits that are not the project's defaults."""
    default = Thresholds().model_dump()
    return {k: v for k, v in thresholds.model_dump().items() if v != default[k]}


def with_words(spec: Spec, plan: Plan | None) -> Spec:
    """The spec with those of the plan's words that it does not carry itself."""
    if plan is None:
        return spec
    words = ("question", "eligibility", "time_zero", "follow_up", "threats")
    missing = {name: getattr(plan, name) for name in words if not getattr(spec, name)}
    return spec.model_copy(update=missing)


def same(name: str, one: Any, other: Any) -> bool:
    """Whether two sides say the same; a level is the same however it is typed."""
    if name == "treated":
        return _level(one) == _level(other)
    return bool(one == other)


def show(value: Any) -> str:
    """A field's value for people; not escaped."""
    if value is None:
        return ""
    if isinstance(value, set):
        return ", ".join(sorted(value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{k} {v:g}" for k, v in sorted(value.items())) or "defaults"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}" if value >= 10_000 else str(value)
    return str(value) or "none"


def difference(name: str, expected: Any, got: Any) -> str:
    """In what two values differ, in words; not escaped."""
    if isinstance(expected, set) and isinstance(got, set):
        parts = []
        if expected - got:
            parts.append(f"without {', '.join(sorted(expected - got))}")
        if got - expected:
            parts.append(f"with {', '.join(sorted(got - expected))} in addition")
        return f"{FIELDS[name]} {' and '.join(parts)}"
    return f"{FIELDS[name]} {show(got)} instead of {show(expected)}"


def _level(value: Any) -> str:
    try:
        return f"{float(value):g}"
    except (TypeError, ValueError):
        return str(value)
