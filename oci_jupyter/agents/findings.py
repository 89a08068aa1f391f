"""Everything a careful referee would raise about an iteration, brought together and ranked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..contract import Finding, GradedCheck, Plan, Result
from .alignment import align
from .blind_spots import coverage, suspect_findings, threat_finding
from .ledger import keep_ledger, ledger_findings
from .record import IterationRecord
from .study_fields import with_words

_GRAVITY = {"serious": 0, "concern": 1, "note": 2}

#: Which part of the report shows a finding; part 4 where nothing is said.
PART_OF: dict[str, int] = {
    **dict.fromkeys(("immortal_time", "treatment_time_varies", "treatment_after_outcome"), 3),
    **dict.fromkeys(("clusters_ignored", "rows_duplicated", "treatment_coding_reversed"), 3),
    "outcome_missing_differs": 3,
    **dict.fromkeys(("blind_spot", "usual_suspect_missing", "plan_threat_open"), 4),
    "hidden_confounding": 4,
    **dict.fromkeys(("post_treatment_suspected", "mediator_suspected", "collider_suspected"), 5),
    **dict.fromkeys(("outcome_leak", "treatment_leak", "instrument_suspected"), 5),
    "placebo_post_treatment": 5,
    **dict.fromkeys(("spec_differs_from_plan", "run_differs_from_spec", "cell_edited"), 6),
    **dict.fromkeys(("step_rejected", "step_missing", "results_older"), 6),
    "many_specifications": 9,
}

#: Weights of a language model's words: no more than a concern, and not at any length.
_MODEL_TITLE, _MODEL_TEXT = 160, 800


def collect(
    iteration: IterationRecord, plan: Plan | None, earlier: Sequence[IterationRecord] = ()
) -> list[Finding]:
    """The rules' findings on an iteration, the gravest first; its `stale` must be set."""
    results = iteration.counted
    spec = with_words(iteration.spec, plan)
    found = [
        *screened(results),
        *hidden_confounding(results, spec.labels, spec.thresholds.placebo_p),
    ]
    covers = coverage(spec, plan, [r for _, r in results])
    shown = [cell for cell, r in results if r.kind == "screen"]
    shown = shown or [cell for cell, r in results if r.kind == "study"]
    found += suspect_findings(covers, shown)
    found += threat_finding(spec, covers, results)
    found += align(iteration, plan, earlier).findings
    found += ledger_findings(keep_ledger(iteration, earlier))
    labels = set(spec.labels)
    for finding in found:
        if finding.estimand is not None and finding.estimand not in labels:
            finding.estimand = None
    return by_gravity(found)


def by_gravity(findings: Iterable[Finding]) -> list[Finding]:
    """Findings without repetitions, the gravest first and else in the report's order."""
    unique: list[Finding] = []
    for finding in findings:
        if finding not in unique:
            unique.append(finding)
    return sorted(unique, key=lambda f: (_GRAVITY[f.severity], PART_OF.get(f.code, 4)))


def screened(results: Iterable[tuple[str, Result]]) -> list[Finding]:
    """What the screen found, with its cell as evidence."""
    return [
        finding.model_copy(update={"evidence": [cell], "source": "rules"})
        for cell, result in results
        if result.kind == "screen"
        for finding in result.findings
    ]


def hidden_confounding(
    results: Sequence[tuple[str, Result]], labels: Sequence[str] = (), alpha: float = 0.05
) -> list[Finding]:
    """Signs that something unmeasured drives both treatment and outcome.

    A failing placebo test caps its estimand's verdict as a check. To be a concern it must also
    stand when it is counted how many such tests there were (Bonferroni): of a dozen tests on
    sound data, one fails by chance every other time.

    Args:
        results: Cell id and result of each step that counts.
        labels: Labels of all estimands: a sign in each of them is one finding.
        alpha: Level of a placebo test.
    """
    stands = _stands(results, alpha)
    signs: dict[str, list[GradedCheck]] = {}
    for cell, result in results:
        for check in result.checks:
            weak = (result.kind, check.grade) in (("placebo", "fail"), ("sensitivity", "warn"))
            if weak and check.name in ("placebo", "robustness_value"):
                graded = GradedCheck(**check.model_dump(), evidence=[cell])
                signs.setdefault(check.estimand or "", []).append(graded)
    if labels and set(labels) <= set(signs):
        signs = {"": [check for checks in signs.values() for check in checks]}
    found = []
    for label, checks in signs.items():
        placebo = any(c.name == "placebo" for c in checks)
        what = "an effect where none can be" if placebo else "little would explain it away"
        found.append(
            Finding(
                code="hidden_confounding",
                # A low robustness value caps the verdict as a check; alone it accuses nobody.
                severity="concern" if placebo and stands else "note",
                title=f"Confounding may remain{f' in the {label}' if label else ''}: {what}",
                text=_signs(checks) + (_BY_CHANCE if placebo and not stands else ""),
                fix="Find what the confounders miss and add it, or report the effect as a range "
                "over hidden confounders as strong as the strongest observed one.",
                estimand=label or None,
                evidence=list(dict.fromkeys(e for c in checks for e in c.evidence)),
            )
        )
    return found


#: Said where only the number of tests keeps a failing placebo from being a concern.
_BY_CHANCE = " With as many placebo tests as there were, one such result can be chance."


def _stands(results: Iterable[tuple[str, Result]], alpha: float) -> bool:
    """Whether some placebo test rejects however many there were; unknown p-values count."""
    tests = [
        estimate.p_value
        for _, result in results
        if result.kind == "placebo"
        for estimate in result.estimates
        if estimate.role == "placebo"
    ]
    known = [p for p in tests if p is not None]
    return len(known) < len(tests) or not known or min(known) * len(known) < alpha


def _signs(checks: Iterable[GradedCheck]) -> str:
    """The signs of hidden confounding, those of one placebo in one sentence."""
    placebos: dict[str, list[str]] = {}
    sentences = []
    for check in checks:
        if check.name == "placebo" and check.display:
            placebos.setdefault(check.title, []).append(f"{check.estimand or ''} {check.display}")
        else:
            sentences.append(check.reason)
    found = [
        f"{title[:1].upper()}{title[1:]}, where there can be none: {'; '.join(said)}."
        for title, said in placebos.items()
    ]
    return " ".join(dict.fromkeys([*found, *sentences]))


def limited(concern: Finding, known: set[str], labels: Sequence[str]) -> Finding:
    """A language model's concern, cut down to what it may be.

    Args:
        concern: As the model gave it.
        known: Cell ids that the verdict rests on.
        labels: Labels of the estimands; another one means all.
    """
    return concern.model_copy(
        update={
            "source": "model",
            "severity": "note" if concern.severity == "note" else "concern",
            "title": concern.title[:_MODEL_TITLE],
            "text": concern.text[:_MODEL_TEXT],
            "fix": concern.fix[:_MODEL_TEXT],
            "columns": concern.columns[:12],
            "estimand": concern.estimand if concern.estimand in labels else None,
            "evidence": [cell for cell in concern.evidence if cell in known],
        }
    )
