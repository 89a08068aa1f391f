"""Sensitivity: how strong would a hidden confounder have to be to explain the effect away?

DoubleML's implementation of Chernozhukov, Cinelli, Newey, Sharma and Syrgkanis (2022), "Long
story short". Strength has two coordinates: `cf_y`, the share of the outcome's residual
variance that the hidden confounder explains, and `cf_d`, the share of the variance of the
weights (the Riesz representer) that would be due to it. The robustness value is the strength in
both at which the estimate, or its interval, reaches zero. Benchmarks are the strengths of
observed confounders, found by leaving each out of short fits.

For the ATO the overlap weights of the observed confounders are held as they are: the hidden
confounder changes the effect in that population, not the population.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from oci_jupyter.contract import Check, EstimandName, Grade

from . import figures
from .effects import Effect, clip_propensity
from .evalue import EValue, e_value_of_difference, e_value_of_risks
from .result_view import ResultView, make_view
from .wording import interval, number, percent

if TYPE_CHECKING:
    from .study_core import StudyCore

#: How many observed confounders are benchmarks when none are named.
N_BENCHMARKS = 3
#: Strengths are given to DoubleML below one.
_ALMOST_ONE = 0.9999


@dataclass(frozen=True)
class Benchmark:
    """How strong an observed confounder is, and what one like it could do.

    With σ² the outcome's residual variance and ν² the second moment of the weights, both
    with (l) and without (s) the confounder: `cf_y` = (σ²s − σ²l) / σ²l, as in the paper and
    in DoubleML's `gain_statistics`, and `cf_d` = 1 − ν²s / ν²l, so that a hidden confounder
    "as strong" multiplies ν² as the observed one does. ν² is E[α² | X] averaged with the
    fitted propensities, which is never negative, unlike the estimate it would be debiased to.

    Attributes:
        column: The confounder.
        cf_y: Strength with the outcome, 0 to 1.
        cf_d: Strength with the treatment, 0 to 1.
        bias: Largest bias of a hidden confounder of that strength, in outcome units.
        lower: Estimate less that bias.
        upper: Estimate plus that bias.
    """

    column: str
    cf_y: float
    cf_d: float
    bias: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Sensitivity:
    """Sensitivity of one estimand.

    Attributes:
        effect: The effect in question.
        rv: Strength that brings the estimate to zero.
        rva: Strength that brings the 95 % interval to zero.
        max_bias: Bias per unit of confounding strength, in outcome units.
        benchmarks: Strongest first.
        evalue: E-values, or None where the scale does not allow them.
    """

    effect: Effect
    rv: float
    rva: float
    max_bias: float
    benchmarks: list[Benchmark]
    evalue: EValue | None


def strength(cf_y: float | np.ndarray, cf_d: float | np.ndarray) -> Any:
    """√(cf_y · cf_d / (1 − cf_d)): what multiplies the largest bias."""
    return np.sqrt(cf_y * cf_d / (1 - cf_d))


def weight_moment(name: EstimandName, m: np.ndarray) -> float:
    """ν²: second moment of the weights of an estimand, from its clipped propensities.

    ATE: E[1/m + 1/(1 − m)]; ATT: E[m/(1 − m)] / E[m]², that of d included; ATO:
    E[m(1 − m)] / E[m(1 − m)]².
    """
    if name == "ATE":
        return float(np.mean(1 / (m * (1 - m))))
    if name == "ATT":
        return float(np.mean(m / (1 - m)) / np.mean(m) ** 2)
    return float(1 / np.mean(m * (1 - m)))


def default_benchmarks(study: StudyCore) -> list[str]:
    """The observed confounders that matter most to both models, strongest first.

    Ranked by the geometric mean of the gain shares in the propensity and outcome models.
    """
    by_d = study.propensity().importance
    by_y = study.outcome_means().importance
    scores = {}
    for column in study.confounders:
        at = study.sample.design.columns_of([column])
        scores[column] = float(np.sqrt(by_d[at].sum() * by_y[at].sum()))
    order = sorted(scores, key=lambda c: (-scores[c], c))
    return order[:N_BENCHMARKS] if len(order) > 1 else []


def analyze(study: StudyCore, name: EstimandName, columns: list[str]) -> Sensitivity:
    """Robustness values, benchmarks and E-value of one estimand.

    Args:
        study: The study.
        name: ATE, ATT or ATO.
        columns: Confounders to benchmark with.
    """
    effect = study.effect(name)
    framework = effect.framework
    # DoubleML tests bounds one-sided; 97.5 % makes its interval our two-sided 95 % one.
    framework.sensitivity_analysis(cf_y=0.03, cf_d=0.03, rho=1.0, level=0.975)
    found = framework.sensitivity_params
    max_bias = float(np.ravel(framework.sensitivity_elements["max_bias"])[0])
    benchmarks = []
    for column in columns:
        cf_y, cf_d = _gains(study, name, column)
        bias = float(strength(cf_y, cf_d)) * max_bias
        benchmarks.append(
            Benchmark(column, cf_y, cf_d, bias, effect.estimate - bias, effect.estimate + bias)
        )
    benchmarks.sort(key=lambda b: (-b.bias, b.column))
    return Sensitivity(
        effect=effect,
        rv=float(np.ravel(found["rv"])[0]),
        rva=float(np.ravel(found["rva"])[0]),
        max_bias=max_bias,
        benchmarks=benchmarks,
        evalue=_evalue(study, effect),
    )


def _gains(study: StudyCore, name: EstimandName, column: str) -> tuple[float, float]:
    """What an observed confounder adds to the outcome's and to the treatment's model.

    Both models with the confounder are compared with both without it, all four by the same
    short fits: like is compared with like, and a benchmark costs a fraction of an analysis.
    """
    long, short = study.quick_fit(), study.quick_fit(column)
    long_error, short_error = np.mean(long.residual**2), np.mean(short.residual**2)
    cf_y = float(np.clip((short_error - long_error) / long_error, 0.0, _ALMOST_ONE))
    clip = study.thresholds.clip
    ratio = weight_moment(name, clip_propensity(name, short.e, clip)) / weight_moment(
        name, clip_propensity(name, long.e, clip)
    )
    return cf_y, float(np.clip(1 - ratio, 0.0, _ALMOST_ONE))


def _evalue(study: StudyCore, effect: Effect) -> EValue | None:
    y, d = study.sample.y, study.sample.d
    if set(np.unique(y)) <= {0.0, 1.0}:
        g, m = study.outcome_means(), study.clipped(effect.name)
        treated = {
            "ATE": lambda: float(np.mean(g.g1 + d * (y - g.g1) / m)),
            "ATT": lambda: float(y[d == 1].mean()),
            "ATO": lambda: float(np.average(y[d == 1], weights=1 - m[d == 1])),
        }[effect.name]()
        return e_value_of_risks(treated - effect.estimate, effect.estimate, *effect.ci)
    n1, n0 = d.sum(), (1 - d).sum()
    pooled = np.sqrt(
        ((n1 - 1) * y[d == 1].var(ddof=1) + (n0 - 1) * y[d == 0].var(ddof=1)) / (n1 + n0 - 2)
    )
    if pooled <= 0:
        return None
    return e_value_of_difference(effect.estimate, effect.stderr, float(pooled))


def sensitivity_result(
    study: StudyCore, names: tuple[EstimandName, ...], columns: list[str]
) -> ResultView:
    """See `Study.sensitivity`."""
    started = time.perf_counter()
    chosen = columns or default_benchmarks(study)
    found = {name: analyze(study, name, chosen) for name in names}
    checks = [_check(study, name, found[name]) for name in names]
    checks += [_benchmark_check(study, name, found[name]) for name in names]
    rows = [row for name in names for row in _rows(study, name, found[name])]
    frame = pd.DataFrame(rows)
    notes = [_tipping(study, name, found[name]) for name in names]
    if "ATO" in names:
        notes.append("ATO: the overlap weights of the observed confounders are held as they are.")
    first = found[names[0]]
    headline = "; ".join(f"{study.label(n)} robustness value {percent(found[n].rv)}" for n in names)
    return make_view(
        study,
        kind="sensitivity",
        title="Sensitivity to hidden confounders",
        headline=headline,
        frame=frame,
        table=_table(frame),
        checks=checks,
        strongest=[b.column for b in first.benchmarks] if not columns else _strongest(study),
        notes=notes,
        params={"estimands": [study.label(n) for n in names], "benchmark": list(chosen)},
        seconds=time.perf_counter() - started,
        draw=lambda: figures.contour_figure(study, found),
    )


def _strongest(study: StudyCore) -> list[str]:
    """Strongest by the models' gains, when the principal chose the benchmarks."""
    return default_benchmarks(study)


def _rows(study: StudyCore, name: EstimandName, s: Sensitivity) -> list[dict[str, Any]]:
    base: dict[str, Any] = {
        "estimand": study.label(name),
        "estimate": s.effect.estimate,
        "robustness_value": s.rv,
        "robustness_value_ci": s.rva,
        "e_value": s.evalue.point if s.evalue else None,
        "e_value_ci": s.evalue.interval if s.evalue else None,
    }
    empty = dict.fromkeys(("benchmark", "cf_y", "cf_d", "bias", "lower", "upper"))
    rows: list[dict[str, Any]] = [{**base, **empty}]
    for b in s.benchmarks:
        rows.append(
            {
                **base,
                "benchmark": b.column,
                "cf_y": b.cf_y,
                "cf_d": b.cf_d,
                "bias": b.bias,
                "lower": b.lower,
                "upper": b.upper,
            }
        )
    return rows


def _table(frame: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row in frame.to_dict("records"):
        main = pd.isna(row["benchmark"])
        rows.append(
            {
                "estimand": row["estimand"],
                "a hidden confounder": (
                    "that explains it away" if main else f"as strong as {row['benchmark']}"
                ),
                "of the outcome": percent(row["robustness_value"] if main else row["cf_y"]),
                "of the treatment": percent(row["robustness_value"] if main else row["cf_d"]),
                "estimate between": (
                    " and ".join(number(v) for v in sorted([0.0, 2 * row["estimate"]]))
                    if main
                    else f"{number(row['lower'])} and {number(row['upper'])}"
                ),
                "E-value (CI)": (
                    f"{row['e_value']:.2f} ({row['e_value_ci']:.2f})"
                    if main and not pd.isna(row["e_value"])
                    else "–"
                ),
            }
        )
    return pd.DataFrame(rows)


def _check(study: StudyCore, name: EstimandName, s: Sensitivity) -> Check:
    label, effect = study.label(name), s.effect
    lower, upper = effect.ci
    common: dict[str, Any] = {
        "name": "robustness_value",
        "title": "strength of a hidden confounder that explains the effect away",
        "estimand": label,
        "value": s.rv,
        "display": f"{percent(s.rv)} (interval: {percent(s.rva)})",
    }
    strongest = s.benchmarks[0] if s.benchmarks else None
    if strongest is not None:
        common["target"] = f"more than one as strong as {strongest.column}"
    grade: Grade
    if lower <= 0 <= upper:
        grade = "not_applicable"
        reason = (
            f"The interval {interval(lower, upper)} includes zero already; there is no effect to "
            "explain away."
        )
    elif strongest is None:
        grade = "not_applicable"
        reason = "There is no other observed confounder to compare with."
    elif strongest.bias >= abs(effect.estimate):
        grade = "warn"
        reason = (
            f"A hidden confounder as strong as `{strongest.column}` could explain the effect "
            f"away: the estimate would lie between {number(strongest.lower)} and "
            f"{number(strongest.upper)}."
        )
    else:
        grade = "pass"
        reason = (
            f"Even a hidden confounder as strong as `{strongest.column}`, the strongest compared, "
            f"would leave the estimate between {number(strongest.lower)} and "
            f"{number(strongest.upper)}."
        )
    return Check(grade=grade, reason=reason, **common)


def _benchmark_check(study: StudyCore, name: EstimandName, s: Sensitivity) -> Check:
    """The strongest observed confounder, as a figure without a grade."""
    common: dict[str, Any] = {
        "name": "strongest_benchmark",
        "title": "strongest observed confounder",
        "grade": "not_applicable",
        "estimand": study.label(name),
    }
    if not s.benchmarks:
        return Check(reason="There is no other observed confounder to compare with.", **common)
    b = s.benchmarks[0]
    return Check(
        value=b.bias,
        display=f"{b.column}: {percent(b.cf_y)} of the outcome, {percent(b.cf_d)} of the treatment",
        reason=f"A hidden confounder as strong as `{b.column}` could move the estimate by "
        f"{number(b.bias)}.",
        **common,
    )


def _tipping(study: StudyCore, name: EstimandName, s: Sensitivity) -> str:
    text = (
        f"{study.label(name)}: a hidden confounder that explains {percent(s.rv)} of what is left "
        f"of the outcome's variance and as much of the variance of the treatment weights "
        f"would bring {number(s.effect.estimate)} to zero"
    )
    lower, upper = s.effect.ci
    text += "" if lower <= 0 <= upper else f"; at {percent(s.rva)} the interval reaches zero"
    if s.evalue is not None:
        scale = "" if s.evalue.scale == "risk ratio" else " (approximate)"
        text += (
            f". E-value{scale}: it would have to go with treatment and outcome by risk ratios of "
            f"{s.evalue.point:.2f} each ({s.evalue.interval:.2f} for the interval)"
        )
    return text + "."
