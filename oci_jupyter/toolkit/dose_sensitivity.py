"""Sensitivity of the slope: how strong would a hidden confounder have to be?

DoubleML's implementation of Chernozhukov, Cinelli, Newey, Sharma and Syrgkanis (2022), "Long
story short". In the partially linear model `cf_y` is the share of the outcome's residual
variance that the hidden confounder explains, and `cf_d` the same for the dose.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from oci_jupyter.contract import Check, Grade

from . import dose_figures
from .result_view import ResultView
from .wording import interval, number, percent

if TYPE_CHECKING:
    from .dose_study import DoseStudy

#: How many observed confounders are benchmarks when none are named.
N_BENCHMARKS = 3
_ALMOST_ONE = 0.9999


def default_benchmarks(study: DoseStudy) -> list[str]:
    """The observed confounders that matter most to both models, strongest first."""
    by_t, by_y = study.dose_mean()[1], study.outcome_mean()[1]
    scores = {}
    for column in study.confounders:
        at = study.sample.design.columns_of([column])
        scores[column] = float(np.sqrt(by_t[at].sum() * by_y[at].sum()))
    order = sorted(scores, key=lambda c: (-scores[c], c))
    return order[:N_BENCHMARKS] if len(order) > 1 else []


def strengths(study: DoseStudy, columns: list[str]) -> tuple[dict[str, float], pd.DataFrame]:
    """Robustness values and benchmarks.

    Args:
        study: The study.
        columns: Confounders to benchmark with.

    Returns:
        `rv`, `rva` (for the estimate and for its 95 % interval) and `max_bias` (per unit of
        strength, in units of the slope); and a frame of the benchmarks, strongest first:
        benchmark, cf_y, cf_d, bias, lower, upper.
    """
    from doubleml.utils import gain_statistics

    slope = study.slope()
    # DoubleML tests bounds one-sided; 97.5 % makes its interval our two-sided 95 % one.
    slope.model.sensitivity_analysis(cf_y=0.03, cf_d=0.03, level=0.975)
    found = slope.model.sensitivity_params
    max_bias = float(np.ravel(slope.model.framework.sensitivity_elements["max_bias"])[0])
    rows = []
    for column in columns:
        short = study.slope(without=[column])
        gain = gain_statistics(slope.model, short.model)
        cf_y, cf_d = (
            float(np.clip(np.ravel(gain[key])[0], 0.0, _ALMOST_ONE)) for key in ("cf_y", "cf_d")
        )
        bias = float(np.sqrt(cf_y * cf_d / (1 - cf_d))) * max_bias
        rows.append(
            {
                "benchmark": column,
                "cf_y": cf_y,
                "cf_d": cf_d,
                "bias": bias,
                "lower": slope.estimate - bias,
                "upper": slope.estimate + bias,
            }
        )
    rows.sort(key=lambda r: (-float(str(r["bias"])), str(r["benchmark"])))
    names = ["benchmark", "cf_y", "cf_d", "bias", "lower", "upper"]
    values = {
        "rv": float(np.ravel(found["rv"])[0]),
        "rva": float(np.ravel(found["rva"])[0]),
        "max_bias": max_bias,
    }
    return values, pd.DataFrame(rows, columns=names)


def sensitivity_result(study: DoseStudy, columns: tuple[str, ...]) -> ResultView:
    """See `DoseStudy.sensitivity`."""
    started = time.perf_counter()
    chosen = list(columns) or default_benchmarks(study)
    values, benchmarks = strengths(study, chosen)
    slope, rv, rva = study.slope(), values["rv"], values["rva"]
    lower, upper = slope.ci
    table: list[dict[str, Any]] = [
        {
            "a hidden confounder": "that explains it away",
            "of the outcome": percent(rv),
            "of the dose": percent(rv),
            "slope between": " and ".join(number(v) for v in sorted([0.0, 2 * slope.estimate])),
        }
    ]
    table += [
        {
            "a hidden confounder": f"as strong as {b['benchmark']}",
            "of the outcome": percent(b["cf_y"]),
            "of the dose": percent(b["cf_d"]),
            "slope between": f"{number(b['lower'])} and {number(b['upper'])}",
        }
        for b in benchmarks.to_dict("records")
    ]
    main = {
        "estimand": study.slope_label,
        "estimate": slope.estimate,
        "robustness_value": rv,
        "robustness_value_ci": rva,
        "benchmark": None,
    }
    frame = pd.DataFrame([main, *[{**main, **b} for b in benchmarks.to_dict("records")]])
    note = (
        f"A hidden confounder that explains {percent(rv)} of what is left of the variance of the "
        f"outcome, and as much of what is left of that of `{study.roles.treatment}`, would bring "
        f"{number(slope.estimate)} to zero"
    )
    note += "." if lower <= 0 <= upper else f"; at {percent(rva)} the interval reaches zero."
    return study._view(
        kind="sensitivity",
        title="Sensitivity to hidden confounders",
        headline=f"robustness value {percent(rv)}",
        frame=frame,
        table=pd.DataFrame(table),
        checks=[_check(study, rv, rva, benchmarks)],
        strongest=list(benchmarks["benchmark"]) if not columns else default_benchmarks(study),
        notes=[note, "It speaks of the slope, not of the dose–response curve."],
        params={"benchmark": chosen},
        seconds=time.perf_counter() - started,
        draw=lambda: dose_figures.sensitivity_figure(study, values, benchmarks),
    )


def _check(study: DoseStudy, rv: float, rva: float, benchmarks: pd.DataFrame) -> Check:
    slope = study.slope()
    lower, upper = slope.ci
    common: dict[str, Any] = {
        "name": "robustness_value",
        "title": "strength of a hidden confounder that explains the slope away",
        "estimand": study.slope_label,
        "value": rv,
        "display": f"{percent(rv)} (interval: {percent(rva)})",
    }
    top = benchmarks.iloc[0] if len(benchmarks) else None
    if top is not None:
        common["target"] = f"more than one as strong as {top['benchmark']}"
    grade: Grade
    if lower <= 0 <= upper:
        grade = "not_applicable"
        reason = (
            f"The interval {interval(lower, upper)} includes zero already; there is no effect to "
            "explain away."
        )
    elif top is None:
        grade = "not_applicable"
        reason = "There is no other observed confounder to compare with."
    else:
        span = f"{number(float(top['lower']))} and {number(float(top['upper']))}"
        if float(top["bias"]) >= abs(slope.estimate):
            grade = "warn"
            reason = (
                f"A hidden confounder as strong as `{top['benchmark']}` could explain the slope "
                f"away: it would lie between {span}."
            )
        else:
            grade = "pass"
            reason = (
                f"Even a hidden confounder as strong as `{top['benchmark']}`, the strongest "
                f"compared, would leave the slope between {span}."
            )
    return Check(grade=grade, reason=reason, **common)
