"""The rules critic: combines the checks of executed cells into one verdict per estimand.

Nothing here computes a statistic, and nothing can raise a grade: checks come from the
results, thresholds from the spec, levels are combined by `worse` alone. A design check that
fails blocks; any other failure or warning, a missing diagnostic or stale evidence caps, and so
does a finding: a concern caps at caveats, a serious one makes the estimate unusable.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..contract import (
    LEVELS,
    EstimandVerdict,
    Estimate,
    Finding,
    GradedCheck,
    Level,
    ModelRemarks,
    Plan,
    Result,
    Spec,
    StaleReason,
    Verdict,
    worse,
)
from . import playbook
from .evidence import evidence_of, mark_stale
from .findings import by_gravity, collect, limited
from .record import IterationRecord
from .wording import LEVEL_WORDS

__all__ = ["LEVEL_WORDS", "apply_remarks", "review"]

#: A failure of one of these means that the design does not carry the estimand.
BLOCKING = ("overlap_share_outside", "balance_max_smd")

#: Without these there is nothing to grade by.
DESIGN_KINDS = {"overlap": "overlap_share_outside", "balance": "balance_max_smd"}

#: Without these a verdict is capped; in the order in which they matter.
CAPPING_KINDS = {
    "placebo": "no placebo outcome was tested, so remaining confounding is untested",
    "sensitivity": "sensitivity to hidden confounders is not known",
    "screen": "roles and data were not screened for bad controls and blind spots",
}

#: Findings that the caveats name anyway: as a check, as missing, or as stale.
_SAID_ELSEWHERE = ("hidden_confounding", "step_rejected", "step_missing", "results_older")

_GRADE_ORDER = {"fail": 0, "warn": 1, "pass": 2, "not_applicable": 3}
_CHECK_ORDER = (*BLOCKING, "placebo", "robustness_value")


@dataclass
class _Cause:
    """What a level rests on: one decisive sentence and the cells that show it."""

    level: Level
    reason: str
    evidence: list[str]


def review(
    iteration: IterationRecord,
    kernel_epoch: str,
    *,
    plan: Plan | None = None,
    earlier: Sequence[IterationRecord] = (),
    remarks: ModelRemarks | None = None,
) -> Verdict:
    """Grade an iteration.

    Args:
        iteration: Its spec and steps; each step's `stale` is set on the way.
        kernel_epoch: Identity of the present kernel process, '' while unknown.
        plan: The plan that the spec refines, for the three-way diff; None when it is not at
            hand or cannot be read.
        earlier: The run's earlier iterations: what was tried and changed there.
        remarks: What a language model added; it can only lower.
    """
    stale = mark_stale(iteration, kernel_epoch)
    results = iteration.counted
    findings = collect(iteration, plan, earlier)
    missing = _missing(iteration)
    verdicts = [
        _grade(label, iteration.spec, results, stale, findings, missing)
        for label in iteration.spec.labels
    ]
    remedies = playbook.remedies(iteration.spec, verdicts, [r for _, r in results], findings)
    for verdict in verdicts:
        verdict.remedies = [r.id for r in remedies if playbook.helps(r, verdict, findings)]
    found = Verdict(
        iteration=iteration.number,
        overall=_overall(verdicts),
        summary=_summary(verdicts),
        estimands=verdicts,
        remedies=remedies,
        findings=findings,
        evidence=evidence_of(iteration),
        stale=stale,
    )
    return apply_remarks(found, remarks) if remarks is not None else found


def apply_remarks(verdict: Verdict, remarks: ModelRemarks) -> Verdict:
    """Add a language model's concerns and lowerings to a verdict; a raise is impossible.

    Its concerns are marked as its own, weigh as a note or a concern and never more, and point
    at cells that the verdict rests on or at none. A lowering needs a reason and an estimand
    that exists. Estimates, checks and remedies stay as they are.

    Args:
        verdict: The rules' verdict; it is not changed.
        remarks: What the model said; untrusted.
    """
    found = verdict.model_copy(deep=True)
    known = {e.cell_id for e in verdict.evidence}
    labels = [v.estimand for v in verdict.estimands]
    own = [limited(concern, known, labels) for concern in remarks.concerns]
    rules = [f for f in found.findings if f.source == "rules"]
    found.findings = by_gravity([*rules, *own])
    for graded in found.estimands:
        before = graded.level
        reasons = []
        for concern in own:
            if concern.severity == "concern" and concern.estimand in (None, graded.estimand):
                graded.level = worse(graded.level, "satisfactory_with_caveats")
                reasons.append(f"{concern.title}: {concern.text}")
        for lowering in remarks.lowerings:
            if lowering.estimand == graded.estimand and lowering.reason.strip():
                lower = worse(graded.level, lowering.level)
                if lower != graded.level:
                    graded.level = lower
                    reasons.insert(0, lowering.reason.strip())
        if graded.level != before:
            graded.lowered = reasons[0][:500]
    found.overall = _overall(found.estimands)
    found.summary = _summary(found.estimands)
    return found


def _sentence(words: str) -> str:
    return f"{words.rstrip('.')}."


def _missing(iteration: IterationRecord) -> list[str]:
    """Diagnostics without which a verdict is capped, in words."""
    present = {result.kind for _, result in iteration.counted}
    composed = {step.draft.kind for step in iteration.steps}
    return [
        f"{words[0].upper()}{words[1:]}."
        for kind, words in CAPPING_KINDS.items()
        if kind not in present and (kind in composed or kind != "screen")
    ]


def _grade(
    label: str,
    spec: Spec,
    results: list[tuple[str, Result]],
    stale: list[StaleReason],
    findings: list[Finding],
    missing: list[str],
) -> EstimandVerdict:
    estimate = _main_estimate(label, (r for _, r in results))
    checks = _checks(label, results)
    caveats = [c.reason for c in checks if c.grade in ("fail", "warn") and c.reason]
    caveats += missing
    if stale:
        caveats.append(f"Rests on {len(stale)} cell(s) that changed since: {stale[0].message}")
    about = [f for f in findings if f.severity != "note" and f.estimand in (None, label)]
    causes = _causes(checks, caveats, estimate, about)
    level: Level = "satisfactory"
    for cause in causes:
        level = worse(level, cause.level)
    # The first cause of the level reached is the decisive one: causes come by weight.
    decisive = next((c for c in causes if c.level == level), None)
    if decisive is None:
        decisive = _Cause(
            level,
            "Overlap, balance, placebo and sensitivity checks pass.",
            [e for c in checks[:1] for e in c.evidence],
        )
    caveats += [_sentence(f.title) for f in about if f.code not in _SAID_ELSEWHERE]
    return EstimandVerdict(
        estimand=label,
        level=level,
        reason=decisive.reason,
        reason_evidence=decisive.evidence,
        caveats=[c for c in dict.fromkeys(caveats) if c != decisive.reason],
        checks=checks,
        **_numbers(estimate),
    )


def _causes(
    checks: list[GradedCheck],
    caveats: list[str],
    estimate: Estimate | None,
    findings: list[Finding],
) -> list[_Cause]:
    """Everything that lowers a verdict, the most decisive first."""
    causes = [
        _Cause("not_satisfactory", c.reason, c.evidence)
        for c in checks
        if c.grade == "fail" and c.name in BLOCKING
    ]
    causes += [
        _Cause("not_satisfactory", _sentence(f.title), f.evidence)
        for f in findings
        if f.severity == "serious"
    ]
    absent = [k for k, name in DESIGN_KINDS.items() if not any(c.name == name for c in checks)]
    if absent:
        words = f"There is no {' and no '.join(absent)} finding to grade by."
        causes.append(_Cause("abstain", words, []))
    if estimate is None:
        causes.append(_Cause("abstain", "It was not estimated.", []))
    weak = [c for c in checks if c.grade in ("fail", "warn")]
    causes += [_Cause("satisfactory_with_caveats", c.reason, c.evidence) for c in weak]
    causes += [_Cause("satisfactory_with_caveats", c, []) for c in caveats]
    causes += [
        _Cause("satisfactory_with_caveats", _sentence(f.title), f.evidence) for f in findings
    ]
    return causes


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
    return max((v.level for v in verdicts), key=LEVELS.index)


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
