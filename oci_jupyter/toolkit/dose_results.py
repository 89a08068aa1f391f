"""What a study of doses shows: its units, the slope, the dose–response curve, placebos."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from oci_jupyter.contract import Check, Estimate, Grade

from . import dose_figures
from .column_checks import MIN_ROWS
from .data import column_kind, settle_dtype
from .description import _describe as describe_column
from .design_core import DETECTABLE, HALF
from .design_words import assumptions
from .dose_density import regions
from .oneshot import OneShot, plain_regression
from .result_view import ResultView
from .wording import interval, number, p_text, percent

if TYPE_CHECKING:
    from .dose_study import DoseStudy

_METHOD = "partially linear, doubly robust (DoubleML PLR)"


def describe_result(study: DoseStudy) -> ResultView:
    """See `DoseStudy.describe`."""
    started = time.perf_counter()
    s, roles = study.sample, study.roles
    names = [str(c) for c in study.data.columns]
    parts = [(roles.treatment, "treatment"), (roles.outcome, "outcome")]
    parts += [(c, "confounder") for c in roles.confounders]
    parts += [(c, "placebo outcome") for c in roles.placebo_outcomes]
    above = s.t > np.median(s.t)
    rows: list[dict[str, Any]] = []
    for column, role in parts:
        values = settle_dtype(study.data.iloc[s.position, names.index(column)])
        rows.append(
            {
                "column": column,
                "role": role,
                "kind": column_kind(values),
                "missing": int(values.isna().sum()),
                "dose at most the median": describe_column(values[~above]),
                "dose above it": describe_column(values[above]),
            }
        )
    frame = pd.DataFrame(rows)
    low, middle, high = np.quantile(s.t, [0.05, 0.5, 0.95])
    notes = [
        "Participant flow: " + " → ".join(f"{n:,} {what}" for what, n in s.flow) + ".",
        f"`{roles.treatment}`: median {number(float(middle))}, 5th to 95th percentile "
        f"{number(float(low))} to {number(float(high))}, {len(np.unique(s.t)):,} distinct values.",
    ]
    if study.spike is not None:
        notes.append(_spike_note(study))
    notes += [str(p) for p in roles.problems if p.severity == "warning"]
    notes += assumptions("how much a unit got", "every unit could have got every dose")
    return study._view(
        kind="study",
        title="Data and roles",
        headline=f"{s.n:,} units, {roles.treatment} from {number(float(s.t.min()))} to "
        f"{number(float(s.t.max()))}",
        frame=frame,
        table=frame,
        notes=notes,
        params={"flow": [f"{what}: {n}" for what, n in s.flow], "spike": study.spike},
        seconds=time.perf_counter() - started,
        draw=lambda: dose_figures.dose_figure(study),
    )


def _spike_note(study: DoseStudy) -> str:
    at = study.sample.t == study.spike
    return (
        f"{percent(float(at.mean()))} of the units have {study.roles.treatment} = "
        f"{study.spike:g}: the curve and the weights treat that spike as a level of its own, "
        "and the density describes the doses beyond it."
    )


def simple_slope(y: np.ndarray, t: np.ndarray) -> OneShot:
    """Slope of the outcome on the dose alone, HC1 standard error.

    Args:
        y: Outcome, shape (n,).
        t: Dose, shape (n,).
    """
    found = plain_regression(y, t, np.zeros((len(t), 1)))
    return OneShot("naive slope", found.estimate, found.stderr, found.p_value)


def estimate_result(study: DoseStudy) -> ResultView:
    """See `DoseStudy.estimate`."""
    started = time.perf_counter()
    s, roles, slope = study.sample, study.roles, study.slope()
    everyone = f"all {s.n:,} units, weighted by how much their dose varies given the confounders"
    found: list[tuple[str, str, Any, float, float, float]] = [
        (study.slope_label, _METHOD, "main", slope.estimate, slope.stderr, slope.p_value)
    ]
    for hasty in (simple_slope(s.y, s.t), plain_regression(s.y, s.t, s.design.matrix)):
        if math.isfinite(hasty.estimate) and math.isfinite(hasty.stderr):
            found.append(
                (
                    hasty.method,
                    hasty.method,
                    "one_shot",
                    hasty.estimate,
                    hasty.stderr,
                    hasty.p_value,
                )
            )
    estimates = [
        Estimate(
            estimand=label,
            method=method,
            role=role,
            estimate=estimate,
            stderr=stderr,
            ci_lower=estimate - HALF * stderr,
            ci_upper=estimate + HALF * stderr,
            p_value=p if math.isfinite(p) else None,
            population=everyone if role == "main" else f"all {s.n:,} units",
            n=s.n,
            outcome=roles.outcome,
        )
        for label, method, role, estimate, stderr, p in found
    ]
    frame = pd.DataFrame([e.model_dump() for e in estimates])
    left = float(np.var(s.t - study.dose_mean()[0]) / np.var(s.t))
    lower, upper = slope.ci
    notes = [
        f"The effect is per unit of `{roles.treatment}`, the variance-weighted average slope if "
        "the effect is not linear; `.dose_response()` shows whether it is.",
        f"{percent(min(1.0, left))} of the variance of `{roles.treatment}` is left given the "
        "confounders; the slope rests on that part.",
        "One-shot rows are what a hasty answer would have said: no check of overlap, balance or "
        "remaining confounding stands behind them.",
    ]
    words = {"main": "main", "one_shot": "one-shot"}
    return study._view(
        kind="estimate",
        title="Estimates",
        headline=f"{number(slope.estimate)} {interval(lower, upper)} per unit of {roles.treatment}",
        frame=frame,
        table=pd.DataFrame(
            {
                "role": [words[e.role] for e in estimates],
                "method": [e.method for e in estimates],
                f"{roles.outcome} per unit of {roles.treatment}": [e.estimate for e in estimates],
                "SE": [e.stderr for e in estimates],
                "95 % CI": [interval(e.ci_lower, e.ci_upper) for e in estimates],
                "p": ["–" if e.p_value is None else p_text(e.p_value) for e in estimates],
                "population": [e.population for e in estimates],
            }
        ),
        estimates=estimates,
        notes=notes,
        params={"estimands": [study.slope_label]},
        seconds=time.perf_counter() - started,
        draw=lambda: dose_figures.slope_figure(study, frame, f"Effect on {roles.outcome}"),
    )


def curve_result(study: DoseStudy) -> ResultView:
    """See `DoseStudy.dose_response`."""
    started = time.perf_counter()
    s, roles, curve = study.sample, study.roles, study.curve()
    low, high = float(curve.dose.min()), float(curve.dose.max())
    frame = pd.DataFrame(
        {
            "dose": curve.dose,
            "is_spike": curve.is_spike,
            "estimate": curve.estimate,
            "stderr": curve.stderr,
            "ci_lower": curve.estimate - HALF * curve.stderr,
            "ci_upper": curve.estimate + HALF * curve.stderr,
        }
    )
    n_cut = int((study.density().raw_weights > study.most_weight).sum())
    notes = [
        f"The curve is the mean of {roles.outcome} had every unit got that dose, from the 5th to "
        f"the 95th percentile of `{roles.treatment}`; it is least sure at its ends, and beyond "
        "them nothing is said.",
        f"The band holds at each dose by itself. Smoothing bias (bandwidth "
        f"{number(curve.bandwidth)}, chosen by leave-one-out) is estimated and taken off.",
        f"{n_cut:,} of {s.n:,} weights were cut at {study.most_weight:g}.",
    ]
    if study.spike is not None:
        notes.insert(0, _spike_note(study))
    limit = 2 * study.thresholds.propensity_low
    for region in regions(s.t, study.density(), roles.treatment):
        share = float((region.reach < limit).mean())
        if share > study.thresholds.outside_warn:
            notes.append(
                f"At {region.label} the curve leans on the models: those doses were out of reach "
                f"for {percent(share)} of the units."
            )
    first, last = frame.iloc[0], frame.iloc[-1]
    return study._view(
        kind="dose",
        title="Dose and response",
        headline=f"{number(float(first['estimate']))} at {roles.treatment} {number(low)}, "
        f"{number(float(last['estimate']))} at {number(high)}",
        frame=frame,
        table=pd.DataFrame(
            {
                roles.treatment: [float(f"{v:.4g}") for v in frame["dose"]],
                f"mean {roles.outcome}": frame["estimate"],
                "SE": frame["stderr"],
                "95 % CI": [
                    interval(a, b)
                    for a, b in zip(frame["ci_lower"], frame["ci_upper"], strict=True)
                ],
            }
        ),
        notes=notes,
        params={"low": low, "high": high, "bandwidth": curve.bandwidth},
        seconds=time.perf_counter() - started,
        draw=lambda: dose_figures.curve_figure(study, frame),
    )


def placebo_result(study: DoseStudy, outcome: str) -> ResultView:
    """See `DoseStudy.placebo`."""
    started = time.perf_counter()
    s, t = study.sample, study.thresholds
    known = ~np.isnan(s.placebos[outcome])
    unusable = int(known.sum()) < MIN_ROWS or float(np.ptp(s.placebos[outcome][known])) == 0
    without = study._without(outcome)
    notes = [
        f"`{outcome}` is taken out of the confounders for this."
        if without
        else f"`{outcome}` is not among the confounders."
    ]
    if (~known).any():
        notes.append(f"`{outcome}` is missing for {int((~known).sum()):,} units.")
    if unusable:
        reason = f"`{outcome}` hardly varies among the analyzed units, so it tests nothing."
        check = Check(
            name="placebo", title=f"slope on {outcome}", grade="not_applicable", reason=reason
        )
        empty = pd.DataFrame({"estimate": [], "stderr": []})
        return study._view(
            kind="placebo",
            title=f"Placebo on {outcome}",
            headline="tests nothing",
            frame=empty,
            table=empty,
            checks=[check],
            notes=notes,
            params={"outcome": outcome},
            seconds=time.perf_counter() - started,
        )
    slope = study.slope(outcome, without)
    lower, upper = slope.ci
    grade: Grade = "fail" if slope.p_value < t.placebo_p else "pass"
    power = (
        f"the smallest slope it would find four times in five is "
        f"{number(DETECTABLE * slope.stderr)}"
    )
    reason = f"No slope on `{outcome}` is found, as it should be; {power}."
    if grade == "fail":
        reason = (
            f"There is a slope of {number(slope.estimate)} on `{outcome}`, which the treatment "
            f"cannot have changed: a sign of confounding that remains ({power})."
        )
    check = Check(
        name="placebo",
        title=f"slope on {outcome}",
        grade=grade,
        estimand=study.slope_label,
        value=slope.estimate,
        display=f"{number(slope.estimate)} {interval(lower, upper)}, {p_text(slope.p_value)}",
        target=f"none (p ≥ {t.placebo_p:g})",
        reason=reason,
    )
    estimate = Estimate(
        estimand=study.slope_label,
        method=_METHOD,
        role="placebo",
        estimate=slope.estimate,
        stderr=slope.stderr,
        ci_lower=lower,
        ci_upper=upper,
        p_value=slope.p_value,
        population=f"all {int(known.sum()):,} units whose {outcome} is known",
        n=int(known.sum()),
        outcome=outcome,
    )
    frame = pd.DataFrame([estimate.model_dump()])
    frame["smallest_detectable"] = DETECTABLE * slope.stderr
    return study._view(
        kind="placebo",
        title=f"Placebo on {outcome}",
        headline=f"{number(slope.estimate)} where none can be ("
        + ("significant)" if grade == "fail" else "not significant)"),
        frame=frame,
        table=pd.DataFrame(
            {
                "outcome": [outcome],
                "slope": [slope.estimate],
                "SE": [slope.stderr],
                "95 % CI": [interval(lower, upper)],
                "p": [p_text(slope.p_value)],
                "smallest detectable": [DETECTABLE * slope.stderr],
            }
        ),
        checks=[check],
        estimates=[estimate],
        notes=notes,
        params={"outcome": outcome},
        seconds=time.perf_counter() - started,
        draw=lambda: dose_figures.slope_figure(
            study, frame, f"Slope on {outcome}, which treatment cannot have changed"
        ),
    )
