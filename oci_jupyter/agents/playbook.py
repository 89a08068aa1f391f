"""The playbook: which change of spec helps against which finding, and what it costs.

Each remedy says in words whom the answer then speaks about, because a remedy that changes
the population answers another question.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..contract import (
    EstimandName,
    EstimandVerdict,
    Finding,
    Remedy,
    Result,
    Spec,
    Trim,
    TrimOption,
)

#: Below these sizes trimming leaves too little to say anything.
MIN_KEPT = 50
MIN_TREATED = 10

#: Findings whose columns belong among the confounders.
_OVERLOOKED = ("blind_spot", "spec_differs_from_plan")
_RANK = {"satisfactory": 0, "satisfactory_with_caveats": 1, "not_satisfactory": 2, "abstain": 3}
_WHO: dict[EstimandName, str] = {
    "ATE": "all {n} units",
    "ATT": "the {treated} treated units only",
    "ATO": "units that could have gone either way, weighted by how evenly (overlap weights)",
}


def remedies(
    spec: Spec,
    verdicts: list[EstimandVerdict],
    results: list[Result],
    findings: Sequence[Finding] = (),
) -> list[Remedy]:
    """All remedies that would help, the most useful first.

    Args:
        spec: The iteration's spec.
        verdicts: The critic's verdicts on its estimands.
        results: The results they rest on.
        findings: The critic's concerns.
    """
    by_name = dict(zip(spec.estimands, verdicts, strict=True))
    failing = {c.name for v in verdicts for c in v.checks if c.grade == "fail"}
    weak = {c.name for v in verdicts for c in v.checks if c.grade in ("fail", "warn")}
    found: list[Remedy] = []
    if "overlap_share_outside" in failing and spec.trim is None:
        found += _trims(results)
    found += _switches(spec, by_name, results)
    if "balance_max_smd" in weak and spec.learner == "lean":
        found.append(
            Remedy(
                id="richer_learner:stack",
                kind="richer_learner",
                label="Use richer models",
                why="Balance is not reached with the models for big data; a stack of unlike "
                "learners may weight better.",
                effect_on_estimand="Whom the answer speaks about does not change.",
                learner="stack",
            )
        )
    overlooked = _overlooked(findings)
    if overlooked or {"placebo", "robustness_value"} & weak:
        named = ", ".join(f"`{c}`" for c in overlooked[:4])
        found.append(
            Remedy(
                id="add_confounders",
                kind="add_confounders",
                label="Add confounders…",
                why=f"{named} may drive both treatment and outcome and play no part."
                if named
                else "Something that drives both treatment and outcome seems to be missing.",
                effect_on_estimand="Whom the answer speaks about does not change.",
                needs_input=True,
            )
        )
    return found


def helps(remedy: Remedy, verdict: EstimandVerdict, findings: Sequence[Finding] = ()) -> bool:
    """Whether a remedy speaks to what is wrong with one estimand."""
    weak = {c.name for c in verdict.checks if c.grade in ("fail", "warn")}
    if remedy.kind in ("trim", "switch_estimand"):
        return verdict.level == "not_satisfactory" and "overlap_share_outside" in weak
    if remedy.kind == "richer_learner":
        return "balance_max_smd" in weak
    return bool(_overlooked(findings) or {"placebo", "robustness_value"} & weak)


def _overlooked(findings: Sequence[Finding]) -> list[str]:
    """Columns that a finding says are confounders and were left out."""
    found = [f for f in findings if f.severity != "note" and f.code in _OVERLOOKED]
    return list(dict.fromkeys(c for f in found for c in f.columns))


def _trims(results: list[Result]) -> list[Remedy]:
    options = [o for r in results if r.kind == "overlap" for o in r.trim_options]
    found: list[Remedy] = []
    for option in options:
        if option.n_kept < MIN_KEPT or option.n_treated_kept < MIN_TREATED:
            continue
        if any(r.trim and abs(r.trim.low - option.low) < 0.005 for r in found):
            continue
        found.append(_trim(option))
    return found


def _trim(option: TrimOption) -> Remedy:
    trim = Trim(rule=option.rule, low=option.low, high=option.high)
    rule = "Crump-optimal, " if option.rule == "crump" else ""
    return Remedy(
        id=f"trim:{option.rule}",
        kind="trim",
        label=f"Trim to {option.low:.3g}–{option.high:.3g}",
        why=f"Units outside ({rule}propensity {option.low:.3g} to {option.high:.3g}) have no "
        "counterpart to be compared with.",
        effect_on_estimand=f"Answers for {option.n_kept:,} of {option.n_total:,} units "
        f"({option.n_treated_kept:,} of them treated).",
        trim=trim,
    )


def _switches(
    spec: Spec, verdicts: dict[EstimandName, EstimandVerdict], results: list[Result]
) -> list[Remedy]:
    """Other estimands that ask less of the data than one that failed."""
    ate = verdicts.get("ATE")
    if ate is None or ate.level != "not_satisfactory" or spec.trim is not None or not results:
        return []
    study = results[0].study
    found: list[Remedy] = []
    for name in ("ATT", "ATO"):
        known = verdicts.get(name)
        if known is not None and _RANK[known.level] >= _RANK[ate.level]:
            continue
        who = _WHO[name].format(n=f"{study.n:,}", treated=f"{study.n_treated:,}")
        found.append(
            Remedy(
                id=f"switch_estimand:{name}",
                kind="switch_estimand",
                label=f"Ask for the {name} only",
                why="It needs counterparts only for the units it speaks about.",
                effect_on_estimand=f"Answers for {who}.",
                estimands=[name],
            )
        )
    return found
