"""For whom is the effect larger?

A causal forest predicts each unit's effect out of fold; doubly robust scores say whether the
predictions are true: average effects by fifths of the prediction (GATES) and the best linear
predictor of Chernozhukov, Demirer, Duflo and Fernández-Val (2018), "Generic machine learning
inference on heterogeneous treatment effects", NBER working paper 24678. All of it describes
the study's units; no estimand of the study is changed.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from oci_jupyter.contract import Check, ContractError, Problem

from .causal_forest import MIN_ARM, ForestFit, cross_fitted_forest
from .effect_figures import groups_figure
from .forest_validation import Validation, best_linear_predictor, validate
from .group_effects import (
    GroupEffect,
    doubly_robust_scores,
    effects_by_group,
    grouping,
    holm,
    linear_projection,
    quintiles,
)
from .policy import PolicyRule, learn_policy
from .result_view import ResultView, make_view
from .wording import interval, number, p_text

if TYPE_CHECKING:
    from .study_core import StudyCore

_HALF = 1.959963984540054
#: The coefficient that says there is heterogeneity must be this improbable without any.
_EVIDENCE_P = 0.05
#: Confounders in the linear projection.
_PROJECTED = 5
_FIFTHS = ("smallest fifth", "second fifth", "middle fifth", "fourth fifth", "largest fifth")


def check_by(study: StudyCore, by: list[str]) -> None:
    """Whether the study's data can be grouped by these columns.

    Raises:
        ContractError: `by_unknown`, of a column that is not there or is not from before.
    """
    known = [*study.confounders, *study.roles.left_out, *study.roles.placebo_outcomes]
    bad = [c for c in by if c not in known]
    if bad:
        raise ContractError(
            [
                Problem(
                    code="by_unknown",
                    field="by",
                    value=c,
                    message=f"`{c}` is not a confounder or placebo outcome of this study.",
                    fix=f"Choose from: {', '.join(dict.fromkeys(known))}.",
                )
                for c in bad
            ]
        )


def heterogeneity_result(study: StudyCore, by: tuple[str, ...]) -> ResultView:
    """See `Study.heterogeneity`."""
    started = time.perf_counter()
    s = study.sample
    scores = doubly_robust_scores(study)
    average = effects_by_group(scores, s.d, np.zeros(s.n, dtype=int), ["all units"])
    rows = [_row("all", g) for g in average]
    notes = [
        f"All effects are averages over {study.population('ATE')}, or over groups of them; no "
        "estimand of the study is changed by looking."
    ]
    names = [str(c) for c in study.data.columns]
    compared: list[tuple[str, GroupEffect]] = []
    for column in by:
        values = study.data.iloc[s.position, names.index(column)].reset_index(drop=True)
        codes, labels = grouping(column, values)
        found = effects_by_group(scores, s.d, codes, labels)
        compared += [("by", g) for g in found]
        if len(found) < len(labels):
            notes.append(f"`{column}`: groups with too few units in an arm are left out.")
    tests = [g.p_value for _, g in compared if g.p_value is not None]
    adjusted = iter(holm(tests))
    by_rows = [
        _row(section, g, None if g.p_value is None else next(adjusted)) for section, g in compared
    ]
    if tests:
        notes.append(
            "Differences are to the first group of the column; their p-values are adjusted by "
            f"Holm for {len(tests)} comparisons."
        )
    forest, policy, blp = None, None, None
    if min(s.n_treated, s.n - s.n_treated) >= MIN_ARM:
        forest = cross_fitted_forest(study)
        blp = best_linear_predictor(scores, forest)
    if forest is not None and blp is not None:
        fifths = effects_by_group(scores, s.d, quintiles(forest.cate, forest.fold), _FIFTHS)
        rows += [_row("predicted", g, g.p_value) for g in fifths]
        rows += by_rows + _projection_rows(study, scores, forest)
        policy = learn_policy(s.design, scores, study.splits(), study.seed)
        validation = validate(study)
        rows += _validation_rows(blp, validation) + _policy_rows(policy)
        notes += _forest_notes(study, forest, validation, policy)
    else:
        rows += by_rows
    check = _check(study, blp)
    frame = pd.DataFrame(rows)
    return make_view(
        study,
        kind="heterogeneity",
        title="For whom is the effect larger?",
        headline=_headline(check, blp, frame),
        frame=frame,
        table=_table(frame),
        checks=[check],
        notes=notes,
        params={"by": list(by)},
        seconds=time.perf_counter() - started,
        draw=(lambda: groups_figure(study, frame)) if average else None,
    )


def _row(section: str, g: GroupEffect, p: float | None = None) -> dict[str, Any]:
    return {
        "section": section,
        "group": g.group,
        "n": g.n,
        "estimate": g.estimate,
        "stderr": g.stderr,
        "difference": g.difference,
        "difference_stderr": g.difference_stderr,
        "p_value": p,
    }


def _figure_row(
    section: str, what: str, n: int | None, estimate: float, stderr: float | None, p: float | None
) -> dict[str, Any]:
    keys = ("section", "group", "n", "estimate", "stderr", "p_value")
    row = dict(zip(keys, (section, what, n, estimate, stderr, p), strict=True))
    return {**row, "difference": None, "difference_stderr": None}


def _projection_rows(
    study: StudyCore, scores: np.ndarray, forest: ForestFit
) -> list[dict[str, Any]]:
    slopes = linear_projection(scores, study.sample.design, forest.importance, _PROJECTED)
    return [
        _figure_row("projection", f.feature, None, f.estimate, f.stderr, f.p_value) for f in slopes
    ]


def _validation_rows(blp: tuple[float, float, float], found: Validation) -> list[dict[str, Any]]:
    from scipy.stats import norm

    rows = [_figure_row("validation", "best linear predictor", None, *blp)]
    if math.isfinite(found.calibration):
        rows.append(
            _figure_row("validation", "calibration R²", None, found.calibration, None, None)
        )
    for what, (area, stderr) in (("Qini", found.qini), ("AUTOC", found.autoc)):
        if math.isfinite(area) and stderr > 0:
            p = float(norm.sf(area / stderr))
            rows.append(_figure_row("validation", what, None, area, stderr, p))
    return rows


def _policy_rows(policy: PolicyRule) -> list[dict[str, Any]]:
    return [
        _figure_row("policy", f"gain over {g.over}", None, g.estimate, g.stderr, None)
        for g in policy.gains
    ]


def _forest_notes(
    study: StudyCore, forest: ForestFit, found: Validation, policy: PolicyRule
) -> list[str]:
    n = study.sample.n
    gains = "; ".join(
        f"{number(g.estimate)} "
        f"{interval(g.estimate - _HALF * g.stderr, g.estimate + _HALF * g.stderr)} over {g.over}"
        for g in policy.gains
    )
    notes = [
        f"A simple rule, if more of `{study.roles.outcome}` is better and treatment costs "
        f"nothing: {policy.words} Such a rule gains per unit, on held-out folds: {gains}. If less "
        "is better, the arms of the rule swap.",
        "Fifths are of the effect that a causal forest predicts for units it has not seen; their "
        "effects are from doubly robust scores, and differences are to the smallest fifth "
        "(p-values not adjusted). Fifths differ as well in all that goes with the prediction, "
        "so no single column is shown to be the cause of the difference.",
        "The best linear predictor is about 1 for a calibrated forest and 0 for noise, by folds of "
        "all units; calibration R², Qini and AUTOC are of another forest, fitted on one half "
        "of the units and judged on the other.",
    ]
    if forest.n_training < n:
        notes.append(
            f"The causal forest learned from {forest.n_training:,} of {n:,} rows, at random."
        )
    if math.isfinite(found.calibration) and found.calibration < 0:
        notes.append(
            "The calibration R² is below zero: the average effect predicts the group effects "
            "better than the forest does."
        )
    return notes


def _check(study: StudyCore, blp: tuple[float, float, float] | None) -> Check:
    common: dict[str, Any] = {"name": "heterogeneity", "title": "evidence that the effect varies"}
    s = study.sample
    if min(s.n_treated, s.n - s.n_treated) < MIN_ARM:
        return Check(
            grade="not_applicable",
            reason=f"An arm has fewer than {MIN_ARM} units: too few to tell for whom the effect "
            "is larger.",
            **common,
        )
    if blp is None:
        return Check(
            grade="not_applicable",
            reason="The forest predicts the same effect for everybody.",
            **common,
        )
    beta, stderr, p = blp
    if p < _EVIDENCE_P:
        reason = (
            "There is evidence that the effect varies with the confounders: predicted differences "
            "are found again in units the forest has not seen."
        )
    else:
        reason = (
            "There is no evidence that the effect varies with the confounders; it may still, by "
            "less than this sample can tell."
        )
    return Check(
        grade="pass",
        value=beta,
        display=f"coefficient {number(beta)} "
        f"{interval(beta - _HALF * stderr, beta + _HALF * stderr)}, {p_text(p)} (one-sided)",
        target="a description, not a test of the design",
        reason=reason,
        **common,
    )


def _headline(check: Check, blp: tuple[float, float, float] | None, frame: pd.DataFrame) -> str:
    if blp is None:
        return check.reason
    fifths = frame[frame["section"] == "predicted"]
    words = "Evidence" if blp[2] < _EVIDENCE_P else "No evidence"
    text = f"{words} that the effect varies ({p_text(blp[2])})"
    if len(fifths) > 1:
        low, high = float(fifths["estimate"].iloc[0]), float(fifths["estimate"].iloc[-1])
        text += f"; from {number(low)} to {number(high)} by predicted effect"
    return text


_SECTIONS = {
    "all": "average",
    "predicted": "by predicted effect",
    "by": "by column",
    "projection": "linear projection",
    "validation": "validation",
    "policy": "simple rule",
}


def _table(frame: pd.DataFrame) -> pd.DataFrame:
    def gap(value: Any) -> str:
        return "–" if pd.isna(value) else number(float(value))

    def ci(estimate: float, stderr: Any) -> str:
        if pd.isna(stderr):
            return "–"
        return interval(estimate - _HALF * stderr, estimate + _HALF * stderr)

    return pd.DataFrame(
        {
            "what": [_SECTIONS[str(v)] for v in frame["section"]],
            "group": frame["group"],
            "n": [None if pd.isna(v) else int(v) for v in frame["n"]],
            "estimate": [number(float(v)) for v in frame["estimate"]],
            "95 % CI": [
                ci(float(a), b) for a, b in zip(frame["estimate"], frame["stderr"], strict=True)
            ],
            "difference": [gap(v) for v in frame["difference"]],
            "p": ["–" if pd.isna(v) else p_text(float(v)) for v in frame["p_value"]],
        }
    )
