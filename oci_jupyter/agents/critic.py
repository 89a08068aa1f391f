"""The rules critic: combines the checks of executed cells into one verdict per estimand.

Nothing here computes a statistic, and nothing can raise a grade: checks come from the
results, thresholds from the spec. A design check that fails blocks; any other failure or
warning, a missing diagnostic or stale evidence caps.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..contract import (
    EstimandVerdict,
    Estimate,
    GradedCheck,
    Level,
    Result,
    Spec,
    StaleReason,
    Verdict,
)
from . import playbook
from .evidence import evidence_of, mark_stale
from .record import IterationRecord

#: A failure of one of these means that the design does not carry the estimand.
BLOCKING = ("overlap_share_outside", "balance_max_smd")

#: Without these there is nothing to grade by.
DESIGN_KINDS = {"overlap": "overlap_share_outside", "balance": "balance_max_smd"}

#: Without these a verdict is capped; in the order in which they matter.
CAPPING_KINDS = {
    "placebo": "no placebo outcome was tested, so remaining confounding is untested",
    "sensitivity": "sensitivity to hidden confounders is not known",
}

_GRADE_ORDER = {"fail": 0, "warn": 1, "pass": 2, "not_applicable": 3}
_CHECK_ORDER = (*BLOCKING, "placebo", "robustness_value")
LEVEL_WORDS: dict[Level, str] = {
    "satisfactory": "Satisfactory",
    "satisfactory_with_caveats": "Satisfactory with caveats",
    "not_satisfactory": "Not satisfactory",
    "abstain": "No verdict",
}


def review(iteration: IterationRecord, kernel_epoch: str) -> Verdict:
    """Grade an iteration.

    Args:
        iteration: Its spec and steps; each step's `stale` is set on the way.
        kernel_epoch: Identity of the present kernel process, '' while unknown.
    """
    stale = mark_stale(iteration, kernel_epoch)
    results = [(s.cell_id, r) for s in iteration.steps if (r := s.counted) is not None]
    verdicts = [_grade(label, iteration.spec, results, stale) for label in iteration.spec.labels]
    remedies = playbook.remedies(iteration.spec, verdicts, [r for _, r in results])
    for verdict in verdicts:
        verdict.remedies = [r.id for r in remedies if playbook.helps(r, verdict)]
    overall = _overall(verdicts)
    return Verdict(
        iteration=iteration.number,
        overall=overall,
        summary=_summary(verdicts),
        estimands=verdicts,
        remedies=remedies,
        evidence=evidence_of(iteration),
        stale=stale,
    )


def _grade(
    label: str, spec: Spec, results: list[tuple[str, Result]], stale: list[StaleReason]
) -> EstimandVerdict:
    estimate = _main_estimate(label, (r for _, r in results))
    checks = _checks(label, results)
    missing_design = [
        kind for kind, name in DESIGN_KINDS.items() if not any(c.name == name for c in checks)
    ]
    caveats = [c.reason for c in checks if c.grade in ("fail", "warn") and c.reason]
    present = {r.kind for _, r in results}
    caveats += [
        f"{words}."[0].upper() + f"{words}."[1:]
        for kind, words in CAPPING_KINDS.items()
        if kind not in present
    ]
    if stale:
        caveats.append(f"Rests on {len(stale)} cell(s) that changed since: {stale[0].message}")
    level, reason, evidence = _decide(checks, caveats, estimate, missing_design, spec)
    return EstimandVerdict(
        estimand=label,
        level=level,
        reason=reason,
        reason_evidence=evidence,
        caveats=[c for c in dict.fromkeys(caveats) if c != reason],
        checks=checks,
        **_numbers(estimate),
    )


def _decide(
    checks: list[GradedCheck],
    caveats: list[str],
    estimate: Estimate | None,
    missing_design: list[str],
    spec: Spec,
) -> tuple[Level, str, list[str]]:
    blocking = [c for c in checks if c.grade == "fail" and c.name in BLOCKING]
    if blocking:
        return "not_satisfactory", blocking[0].reason, blocking[0].evidence
    if missing_design:
        return (
            "abstain",
            f"There is no {' and no '.join(missing_design)} finding to grade by.",
            [],
        )
    if estimate is None:
        return "abstain", "It was not estimated.", []
    weak = [c for c in checks if c.grade in ("fail", "warn")]
    if weak:
        return "satisfactory_with_caveats", weak[0].reason, weak[0].evidence
    if caveats:
        return "satisfactory_with_caveats", caveats[0], []
    return (
        "satisfactory",
        "Overlap, balance, placebo and sensitivity checks pass.",
        [e for c in checks[:1] for e in c.evidence],
    )


def _checks(label: str, results: list[tuple[str, Result]]) -> list[GradedCheck]:
    """All checks that speak of an estimand, the gravest first; the summary only repeats."""
    found = [
        GradedCheck(**check.model_dump(), evidence=[cell])
        for cell, result in results
        if result.kind != "summary"
        for check in result.checks
        if check.estimand in (None, label)
    ]

    def gravity(check: GradedCheck) -> tuple[int, int, int]:
        blocks = 0 if check.grade == "fail" and check.name in BLOCKING else 1
        rank = _CHECK_ORDER.index(check.name) if check.name in _CHECK_ORDER else len(_CHECK_ORDER)
        return blocks, _GRADE_ORDER[check.grade], rank

    return sorted(found, key=gravity)


def _main_estimate(label: str, results: Iterable[Result]) -> Estimate | None:
    for result in results:
        if result.kind == "estimate":
            for estimate in result.estimates:
                if estimate.role == "main" and estimate.estimand == label:
                    return estimate
    return None


def _numbers(estimate: Estimate | None) -> dict[str, float | str | int]:
    if estimate is None:
        return {}
    return {
        "estimate": estimate.estimate,
        "stderr": estimate.stderr,
        "ci_lower": estimate.ci_lower,
        "ci_upper": estimate.ci_upper,
        "population": estimate.population,
        "n": estimate.n,
    }


def _overall(verdicts: list[EstimandVerdict]) -> Level:
    """The least favorable level; the analysis is as good as its weakest planned answer."""
    levels = {v.level for v in verdicts}
    order: tuple[Level, ...] = (
        "not_satisfactory",
        "abstain",
        "satisfactory_with_caveats",
        "satisfactory",
    )
    return next(level for level in order if level in levels)


def _summary(verdicts: list[EstimandVerdict]) -> str:
    groups: dict[Level, list[str]] = {}
    for verdict in verdicts:
        groups.setdefault(verdict.level, []).append(verdict.estimand)
    words: dict[Level, str] = {
        "satisfactory": "can be used",
        "satisfactory_with_caveats": "can be used with the caveats named",
        "not_satisfactory": "should not be used",
        "abstain": "cannot be judged",
    }
    parts = [
        f"{', '.join(groups[level])} {words[level]}" for level in LEVEL_WORDS if level in groups
    ]
    return "; ".join(parts) + "."
