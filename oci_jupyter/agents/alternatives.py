"""The ideal randomized trial, and other ways to measure the same effect with what they need.

Chosen by rules: from the plan's words, from the columns at hand, and from what the screen found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..contract import EstimandVerdict, Result, Spec, Verdict
from .blind_spots import Coverage, tokens
from .markdown import format_number
from .sample_size import Needs, per_arm

#: What an encouragement or an instrument is taken to move, where nothing says it.
COMPLIANCE = 0.5
#: What an earlier measurement of the outcome is taken to correlate by with the later one.
CORRELATION = 0.5

_NUMBER = r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
_SPREAD = re.compile(rf"{_NUMBER} \(SD {_NUMBER}\)")
_SHARE = re.compile(rf"{_NUMBER} %")

_TAKE_UP = (
    *("enrol", "volunt", "take up", "take-up", "takeup", "participa", "opt in", "opt-in"),
    *("self-select", "sign up", "signed up", "adopt", "chose", "comply", "compliance"),
)
_ROLL_OUT = (
    *("roll-out", "rollout", "roll out", "launch", "store", "region", "school", "clinic"),
    *("hospital", "branch", "village", "state law", "policy", "pilot"),
)
_HOLD_OUT = (
    *("campaign", "email", "e-mail", "coupon", "advert", " ads", "feature", "product"),
    *("discount", "customer", "newsletter", "recommend", "notification"),
)


@dataclass(frozen=True)
class Strategy:
    """Another way to measure the effect.

    Attributes:
        name: The design.
        how: What would be done here.
        answers: Whom the answer would speak about.
        units: Per arm for the effect found, None where the outcome's spread is not known.
        note: What the number takes for granted.
    """

    name: str
    how: str
    answers: str
    units: int | None
    note: str = ""


@dataclass(frozen=True)
class Alternatives:
    """Part 8 of a report.

    Attributes:
        trial: The ideal randomized trial, in a paragraph of plain text.
        basis: The estimate that the sample sizes are for; None when there is none.
        needs: What they are computed from.
        strategies: At least a randomized experiment and one more.
        abstain: Why no analysis of these data can answer, '' where one may.
        evidence: Cell ids: estimate and study.
    """

    trial: str
    basis: EstimandVerdict | None
    needs: Needs | None
    strategies: list[Strategy]
    abstain: str
    evidence: list[str]


def consider(
    spec: Spec,
    verdict: Verdict,
    results: Sequence[tuple[str, Result]],
    covers: Iterable[Coverage],
    words: str = "",
) -> Alternatives:
    """What else could answer the question.

    Args:
        spec: The iteration's spec.
        verdict: Its verdict.
        results: Cell id and result of each step that counts.
        covers: The usual suspects and the columns that cover them.
        words: Free text of the plan.
    """
    basis = _basis(verdict)
    needs = _needs(basis, spec, results) if basis is not None else None
    evidence = [cell for cell, r in results if r.kind == "estimate"]
    evidence += [cell for cell, r in results if r.kind == "study"]
    return Alternatives(
        trial=_trial(spec, basis, needs),
        basis=basis,
        needs=needs,
        strategies=_strategies(spec, results, list(covers), words, needs),
        abstain=abstention(verdict),
        evidence=evidence,
    )


def abstention(verdict: Verdict) -> str:
    """Why no analysis of these data can answer the question; '' where one still may."""
    if any(v.level in ("satisfactory", "satisfactory_with_caveats") for v in verdict.estimands):
        return ""
    if any(not r.needs_input for r in verdict.remedies):
        return ""
    reasons = dict.fromkeys(v.reason for v in verdict.estimands)
    return (
        "No estimand can be used and no remedy of the playbook is left, so these data should not "
        "be asked: abstain, and run an experiment instead. " + " ".join(list(reasons)[:2])
    )


def _basis(verdict: Verdict) -> EstimandVerdict | None:
    """The best-graded estimate, the first of equals."""
    order = ("satisfactory", "satisfactory_with_caveats", "abstain", "not_satisfactory")
    known = [v for v in verdict.estimands if v.estimate is not None]
    return min(known, key=lambda v: order.index(v.level)) if known else None


def _needs(
    basis: EstimandVerdict, spec: Spec, results: Sequence[tuple[str, Result]]
) -> Needs | None:
    if basis.estimate is None:
        return None
    found: dict[str, float] = {}
    for _, result in results:
        if result.kind == "study":
            found |= _shown_spread(result)
            for key, value in result.params.items():
                if isinstance(value, bool | int | float):
                    found[key] = value
    effect = 1.0
    if spec.cluster and "cluster_icc" in found and "cluster_size" in found:
        effect = 1 + max(0.0, found["cluster_size"] - 1) * max(0.0, found["cluster_icc"])
    return Needs(
        effect=basis.estimate,
        sd=found.get("outcome_sd"),
        mean=found.get("outcome_mean_control"),
        binary=bool(found.get("outcome_binary", False)),
        design_effect=effect,
    )


def _shown_spread(result: Result) -> dict[str, float]:
    """Mean and SD of the outcome among controls, as the study's table shows them.

    For results that do not carry them among their parameters.
    """
    columns = result.table.columns
    if not {"role", "control"} <= set(columns):
        return {}
    for row in result.table.rows:
        cells = dict(zip(columns, row, strict=True))
        if cells["role"] != "outcome":
            continue
        text = str(cells["control"]).replace(",", "").replace("−", "-")
        share = _SHARE.fullmatch(text)
        if share is not None:
            return {"outcome_mean_control": float(share[1]) / 100, "outcome_binary": 1.0}
        spread = _SPREAD.fullmatch(text)
        if spread is not None:
            return {"outcome_mean_control": float(spread[1]), "outcome_sd": float(spread[2])}
    return {}


def _trial(spec: Spec, basis: EstimandVerdict | None, needs: Needs | None) -> str:
    treated = "" if spec.treated is None else f" = {spec.treated}"
    start = f"at time zero ({spec.time_zero})" if spec.time_zero else "at time zero"
    who = (
        f"Units that meet the eligibility criteria ({spec.eligibility})"
        if spec.eligibility
        else "Units that could be given either strategy"
    )
    unit = f"whole groups of `{spec.cluster}`" if spec.cluster else "they"
    length = f"followed for {spec.follow_up}" if spec.follow_up else "followed equally long"
    text = (
        f"{who} are enrolled before anything happens to them; {start} {unit} are assigned by lot "
        f"to `{spec.treatment}`{treated} or to the usual alternative; all are {length}, none is "
        f"dropped after assignment, and `{spec.outcome}` is measured the same way in both arms. "
        "The contrast is the difference of means as assigned."
    )
    n = per_arm(needs) if needs is not None else None
    if n is not None and basis is not None and basis.estimate is not None:
        text += (
            f" For an effect of the size found ({basis.estimand}, "
            f"{format_number(basis.estimate, basis.stderr)}) it needs {n:,} units per arm."
        )
    return text


def _strategies(
    spec: Spec,
    results: Sequence[tuple[str, Result]],
    covers: list[Coverage],
    words: str,
    needs: Needs | None,
) -> list[Strategy]:
    text = " ".join([spec.question, spec.threats, spec.eligibility, words]).lower()
    findings = [f for _, r in results for f in r.findings]

    def units(inflation: float = 1.0) -> int | None:
        return per_arm(needs, inflation) if needs is not None else None

    clustered = (
        f"; design effect {needs.design_effect:.2f} of `{spec.cluster}` included"
        if needs is not None and needs.design_effect > 1
        else f"; multiply by the design effect of `{spec.cluster}`, 1 + (units per group − 1) × "
        "intraclass correlation"
        if spec.cluster
        else ""
    )
    found = [
        Strategy(
            "Randomized experiment",
            f"Assign `{spec.treatment}` by lot among those who could get it.",
            "everyone who is assigned (ATE among the eligible)",
            units(),
            f"full compliance{clustered}",
        )
    ]
    twice = 1 / COMPLIANCE**2
    share = f"{100 * COMPLIANCE:.0f} %"
    assumed = f"{share} of the encouraged follow, that is {twice:g} times a plain trial"
    instruments = [c for f in findings if f.code == "instrument_suspected" for c in f.columns]
    if instruments:
        names = ", ".join(f"`{c}`" for c in instruments[:3])
        found.append(
            Strategy(
                "Instrument",
                f"{names} looks like an instrument: use it as one (two-stage least squares) "
                "instead of adjusting for it, if it has no way to the outcome but the treatment.",
                "those whom it moves (local average effect)",
                units(twice),
                f"it moves {share}{clustered}",
            )
        )
    earlier = [c for cover in covers[:1] for c in [*cover.columns, *cover.unused]]
    if earlier:
        names = ", ".join(f"`{c}`" for c in earlier[:4])
        found.append(
            Strategy(
                "Panel with the prior outcome",
                f"{names} measure the outcome before: compare changes instead of levels "
                "(difference in differences, with a test of earlier trends), or randomize and "
                "adjust for them.",
                "the treated, if both groups would have moved alike",
                units(1 - CORRELATION**2),
                f"randomized and adjusted; earlier and later outcome correlate by {CORRELATION:g}"
                f"{clustered}",
            )
        )
    if any(w in text for w in _HOLD_OUT):
        found.append(
            Strategy(
                "Holdout",
                f"Keep a random group from `{spec.treatment}` from now on and compare.",
                "everyone who would be treated from now on",
                units(),
                f"equal arms; a smaller holdout needs more in all{clustered}",
            )
        )
    timed = bool({"year", "month", "date", "quarter", "wave"} & _tokens_of(spec))
    if spec.cluster or timed or any(w in text for w in _ROLL_OUT):
        where = f"`{spec.cluster}`" if spec.cluster else "group (site, region, cohort)"
        found.append(
            Strategy(
                "Staggered roll-out",
                f"Introduce `{spec.treatment}` {where} by {where} in random order; those still "
                "waiting are the controls.",
                "all groups, averaged over the time that each is treated",
                units(),
                f"one comparison of two equal waves{clustered}",
            )
        )
    if len(found) == 1 or any(w in text for w in _TAKE_UP):
        found.insert(
            1,
            Strategy(
                "Encouragement design",
                f"Where `{spec.treatment}` cannot be assigned, invite, remind or subsidize a "
                "random half and use the invitation as an instrument.",
                "those who follow the invitation (local average effect)",
                units(twice),
                f"{assumed}{clustered}",
            ),
        )
    return found


def _tokens_of(spec: Spec) -> set[str]:
    return {t for c in spec.confounders for t in tokens(c)}
