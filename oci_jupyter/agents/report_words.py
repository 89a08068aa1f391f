"""The words of a report: levels, grades, diagnostics, and what each estimand means."""

from __future__ import annotations

from ..contract import Level, Spec, StudyInfo
from .markdown import format_number

LEVEL_SYMBOLS: dict[Level, str] = {
    "satisfactory": "✓",
    "satisfactory_with_caveats": "⚠",
    "not_satisfactory": "✖",
    "abstain": "?",
}
GRADE_WORDS = {"pass": "✓ pass", "warn": "⚠ warn", "fail": "✖ fail", "not_applicable": "– n/a"}

#: The four diagnostics, and which of them a check belongs to, in the order of the table.
DIAGNOSTICS: dict[str, str] = {
    "overlap_share_outside": "Overlap",
    "propensity_clipped": "Overlap",
    "propensity_calibration": "Overlap",
    "balance_max_smd": "Balance",
    "effective_sample_size": "Balance",
    "placebo": "Placebo",
    "placebo_smallest_detectable": "Placebo",
    "robustness_value": "Sensitivity",
    "strongest_benchmark": "Sensitivity",
}


def base_name(label: str) -> str:
    """ATE, ATT or ATO of an estimand's label."""
    return label.removeprefix("trimmed ").partition(" [")[0]


def difference_from_ate(label: str, spec: Spec, study: StudyInfo | None) -> str:
    """How an estimand differs from the ATE of the planned population, and why, in words."""
    name = base_name(label)
    words = {
        "ATE": "It is the average over everyone analyzed",
        "ATT": "It averages over the treated only, so it needs counterparts for them alone and "
        "says nothing of what treatment would do to those who did not get it",
        "ATO": "It weights units by how evenly they could have gone either way, which avoids "
        "extrapolation and leaves those who were bound to one arm almost out",
    }.get(name, "It is what the spec asks for")
    if spec.trim is None:
        return f"{words}{', with no unit set aside' if name == 'ATE' else ''}."
    kept = "" if study is None else f", {study.n:,} units,"
    return (
        f"{words}, within propensities {spec.trim.label} only{kept} because the others have no "
        "counterpart: it is not the ATE of the planned population."
    )


def contrast(spec: Spec, study: StudyInfo | None) -> str:
    """What is compared with what."""
    level = study.treated if study is not None and study.treated is not None else spec.treated
    if level is None:
        return f"`{spec.treatment}`: treated against not treated"
    return f"`{spec.treatment}` = {level} against every other level"


def scale(spec: Spec, binary: bool) -> str:
    """In what the effect is expressed."""
    if binary:
        return f"difference of the risks of `{spec.outcome}`"
    return f"difference of the means of `{spec.outcome}`, in its own units"


def estimate_words(
    estimate: float | None, low: float | None, high: float | None, stderr: float | None
) -> str:
    """`1,500 (−264 to 3,264)`."""
    if estimate is None or low is None or high is None:
        return "–"
    ends = f"{format_number(low, stderr)} to {format_number(high, stderr)}"
    return f"{format_number(estimate, stderr)} ({ends})"
