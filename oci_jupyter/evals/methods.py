"""One data set analyzed by one method: estimates, truths, verdict tiers and cost, as rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from ..contract import ContractError, EstimandName, Estimate, Grade, Thresholds
from ..toolkit import ResultView, Study
from .acic_data import DataSet
from .meter import Meter
from .reference import Answer, ReferenceResult, ReferenceSettings, reference_analysis

Method = Literal["default", "lean", "reference"]
METHODS: tuple[Method, ...] = get_args(Method)
LABELS = ("ATE", "ATT", "trimmed ATE")
TRIM = (0.1, 0.9)

#: The columns of the file of results, in order.
COLUMNS = [
    "setting",
    "rep",
    "estimand",
    "estimate",
    "truth",
    "stderr",
    "ci_lower",
    "ci_upper",
    "pop_ci_lower",
    "pop_ci_upper",
    "tier",
    "n_kept",
    "seconds",
    "peak_mb",
    "cpu_seconds",
    "sd_y",
    "outside_share",
    "method",
]

_TREATMENT, _OUTCOME = "treat", "outcome"


def check_methods(text: str) -> list[Method]:
    """Methods by name, separated by commas.

    Raises:
        ContractError: `method_unknown`.
    """
    chosen: list[Method] = []
    for name in text.split(","):
        match = next((m for m in METHODS if m == name.strip()), None)
        if match is None:
            raise ContractError.of(
                "method_unknown",
                f"`{name.strip()}` is not a method.",
                f"Known: {', '.join(METHODS)}.",
                field="method",
                value=text,
            )
        if match not in chosen:
            chosen.append(match)
    return chosen


def warm_up(method: Method) -> None:
    """Import what a method needs, so that the first data set does not pay for it."""
    import sklearn.linear_model
    import sklearn.model_selection

    if method == "reference":
        from .reference import xgboost

        xgboost()
        return
    import doubleml  # noqa: F401
    import lightgbm  # noqa: F401
    import plotly.graph_objects  # noqa: F401
    import sklearn.preprocessing  # noqa: F401


def run_method(
    data: DataSet,
    method: Method,
    seed: int = 7,
    reference: ReferenceSettings | None = None,
) -> list[dict[str, Any]]:
    """Analyze one data set, with all diagnostics.

    Args:
        data: The data set with its truths.
        method: `default` or `lean` for the toolkit with that learner, `reference` for the
            field's published pipeline.
        seed: Seed of folds and learners.
        reference: Settings of the pipeline; its seed is replaced by `seed`.

    Returns:
        Three rows (ATE, ATT, trimmed ATE) with the columns of `COLUMNS`; where trimming was
        refused the estimate is missing and the tier is `fail`. Time and memory are those of
        the whole analysis and the same in all three.
    """
    warm_up(method)
    with Meter() as meter:
        if method == "reference":
            settings = replace(reference or ReferenceSettings(), seed=seed)
            rows = _reference_rows(
                data, reference_analysis(data.X, data.z, data.y, settings, meter)
            )
        else:
            rows = _study_rows(data, method, seed)
    common = {
        "setting": data.setting,
        "rep": data.rep,
        "seconds": meter.total.seconds,
        "peak_mb": meter.total.peak_mb,
        "cpu_seconds": meter.total.cpu_seconds,
        "sd_y": float(np.std(data.y, ddof=1)),
        "method": method,
    }
    return [{c: {**row, **common}[c] for c in COLUMNS} for row in rows]


def make_study(X: pd.DataFrame, z: np.ndarray, y: np.ndarray, method: Method, seed: int) -> Study:
    """The study of one data set, as a person would declare it.

    Args:
        X: Covariates, n rows; all are confounders.
        z: Treatment 0/1, shape (n,).
        y: Outcome, shape (n,).
        method: `default` or `lean`.
        seed: Seed of the study.
    """
    learner: Any = "lean" if method == "lean" else "auto"
    return Study(
        X.assign(**{_TREATMENT: z, _OUTCOME: y}),
        treatment=_TREATMENT,
        outcome=_OUTCOME,
        confounders=[str(c) for c in X.columns],
        estimands=["ATE", "ATT"],
        learner=learner,
        seed=seed,
    )


def trim_study(study: Study) -> Study:
    """The units with a propensity in [0.1, 0.9], with the nuisances fitted on all of them."""
    return study.trim(*TRIM, refit=False).switch(["ATE"])


def _study_rows(data: DataSet, method: Method, seed: int) -> list[dict[str, Any]]:
    effect = data.mu1 - data.mu0
    study = make_study(data.X, data.z, data.y, method, seed)
    overlap, balance = study.overlap(), study.balance()
    estimate = study.estimate(second_opinion=False)
    study.sensitivity()
    names: tuple[EstimandName, ...] = ("ATE", "ATT")
    truths = {"ATE": float(effect.mean()), "ATT": float(effect[data.z == 1].mean())}
    rows = [_row(name, study, name, truths[name], (overlap, balance, estimate)) for name in names]
    try:
        trimmed = trim_study(study)
    except ContractError:  # too few units would be left: the toolkit declines to answer
        return [*rows, _no_row()]
    shown = (trimmed.overlap(), trimmed.balance(), trimmed.estimate(second_opinion=False))
    truth = float(effect[trimmed.sample.position].mean())
    return [*rows, _row("trimmed ATE", trimmed, "ATE", truth, shown)]


def _row(
    label: str,
    study: Study,
    name: EstimandName,
    truth: float,
    shown: tuple[ResultView, ResultView, ResultView],
) -> dict[str, Any]:
    overlap, balance, estimate = (view.result for view in shown)
    in_words = study.label(name)
    checks = {
        c.name: c for c in [*overlap.checks, *balance.checks] if c.estimand in (in_words, None)
    }
    found = next(e for e in estimate.estimates if e.role == "main" and e.estimand == in_words)
    share = checks["overlap_share_outside"]
    stderr, lower, upper = sample_interval(found)
    return {
        "estimand": label,
        "estimate": found.estimate,
        "truth": truth,
        "stderr": stderr,
        "ci_lower": lower,
        "ci_upper": upper,
        "pop_ci_lower": found.ci_lower,
        "pop_ci_upper": found.ci_upper,
        "tier": tier(share.grade, checks["balance_max_smd"].grade),
        "n_kept": study.sample.n,
        "outside_share": share.value,
    }


def sample_interval(found: Estimate) -> tuple[float, float, float]:
    """Standard error and interval for the very units at hand; the population's if not given."""
    stderr, lower, upper = found.sample_stderr, found.sample_ci_lower, found.sample_ci_upper
    if stderr is None or lower is None or upper is None:
        return found.stderr, found.ci_lower, found.ci_upper
    return stderr, lower, upper


def tier(overlap: Grade, balance: Grade) -> Grade:
    """The grade of overlap, unless balance fails."""
    return "fail" if "fail" in (overlap, balance) else "warn" if overlap == "warn" else "pass"


def _no_row() -> dict[str, Any]:
    nothing = dict.fromkeys(COLUMNS, float("nan"))
    return {**nothing, "estimand": "trimmed ATE", "tier": "fail", "n_kept": 0}


def _reference_rows(data: DataSet, found: ReferenceResult) -> list[dict[str, Any]]:
    """The pipeline's answers, graded by the toolkit's limits so that tiers compare."""
    t, effect, e = Thresholds(), data.mu1 - data.mu0, found.propensity
    treated, kept = data.z == 1, found.kept
    outside = (e < t.propensity_low) | (e > t.propensity_high)
    high = e > t.propensity_high
    parts: list[tuple[str, Answer | None, np.ndarray, float]] = [
        ("ATE", found.ate, np.ones(len(e), dtype=bool), float(outside.mean())),
        ("ATT", found.att, treated, float(high[treated].mean())),
        ("trimmed ATE", found.trimmed, kept, 0.0),
    ]
    rows = []
    for label, answer, whom, share in parts:
        if answer is None:
            rows.append(_no_row())
            continue
        grade: Grade = "pass"
        if share > t.outside_warn:
            grade = "fail" if share > t.outside_fail else "warn"
        balance: Grade = "fail" if found.balance[label] >= t.smd_fail else "pass"
        rows.append(
            {
                "estimand": label,
                "estimate": answer.estimate,
                "truth": float(effect[whom].mean()),
                "stderr": answer.stderr,
                # It gives one interval, which has to serve both ends.
                "ci_lower": answer.ci_lower,
                "ci_upper": answer.ci_upper,
                "pop_ci_lower": answer.ci_lower,
                "pop_ci_upper": answer.ci_upper,
                "tier": tier(grade, balance),
                "n_kept": answer.n,
                "outside_share": share,
            }
        )
    return rows
