"""Overlap and balance of doses: which doses were in whose reach, and what still goes with them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from oci_jupyter.contract import Check, Grade

from . import dose_figures
from .design_words import ESS_FAIL, ESS_WARN, out_of_reach, share_grade, size_grade
from .dose_density import Region, regions
from .result_view import ResultView
from .weights import effective_size
from .wording import number, percent

if TYPE_CHECKING:
    from .dose_study import DoseStudy

#: Correlations with the dose from here warn (Austin 2019; Fong, Hazlett and Imai 2018: 0.1).
CORR_WARN, CORR_FAIL = 0.1, 0.2


def overlap_result(study: DoseStudy) -> ResultView:
    """See `DoseStudy.overlap`."""
    started = time.perf_counter()
    t, s, density = study.thresholds, study.sample, study.density()
    w, limit = study.weights(), 2 * t.propensity_low
    found = regions(s.t, density, study.roles.treatment)
    checks: list[Check] = []
    rows: list[dict[str, Any]] = []
    notes = [
        f"Out of reach means that a unit's chance of a region of doses is below {limit:g} of "
        "everybody's average chance, as a propensity below "
        f"{t.propensity_low:g} is to two equal arms.",
    ]
    if density.spike is not None:
        notes.append(
            f"The spike at {density.spike:g} has a probability of its own; the density describes "
            "the doses beyond it."
        )
    for region in found:
        share, size = float((region.reach < limit).mean()), effective_size(w[region.mine])
        checks += _region_checks(study, region, share, size)
        rows.append(
            {
                "region": region.label,
                "n": int(region.mine.sum()),
                "share_outside": share,
                "n_outside": int((region.reach < limit).sum()),
                "ess": size,
                "largest_weight": float(w[region.mine].max()),
            }
        )
        if share > t.outside_warn:
            notes += out_of_reach(s.design, region.reach < limit, region.label)
        if size < ESS_WARN:
            notes.append(
                f"Hardly any support at {region.label}: its {int(region.mine.sum()):,} units "
                f"count as {number(size)}."
            )
    checks.append(_weight_check(study, density.raw_weights, w))
    frame = pd.DataFrame(rows)
    worst = frame.iloc[int(frame["share_outside"].to_numpy().argmax())]
    return study._view(
        kind="overlap",
        title="Overlap",
        headline=f"{worst['region']} was out of reach for "
        f"{percent(float(worst['share_outside']))} of the units",
        frame=frame,
        table=pd.DataFrame(
            {
                "region": frame["region"],
                "units": frame["n"],
                "out of reach": [percent(v) for v in frame["share_outside"]],
                "units out of reach": frame["n_outside"],
                "effective units": [round(v, 1) for v in frame["ess"]],
                "largest weight": [round(v, 2) for v in frame["largest_weight"]],
            }
        ),
        checks=checks,
        notes=notes,
        params={"low": limit},
        seconds=time.perf_counter() - started,
        draw=lambda: dose_figures.overlap_figure(study, frame),
    )


def _region_checks(study: DoseStudy, region: Region, share: float, size: float) -> list[Check]:
    t, n = study.thresholds, int(region.mine.sum())
    grade = share_grade(share, t.outside_warn, t.outside_fail)
    consequence = {
        "pass": "few enough to carry the comparison",
        "warn": "the curve leans on the models there",
        "fail": "for them the curve there is extrapolation",
    }[grade]
    sized = size_grade(size)
    words = {
        "pass": "enough for a normal interval",
        "warn": "few units carry the answer there",
        "fail": "a handful of units carries the answer there",
    }[sized]
    return [
        Check(
            name="overlap_share_outside",
            title=f"share of units for whom {region.label} was out of reach",
            grade=grade,
            value=share,
            display=percent(share),
            target=f"at most {percent(t.outside_warn)}; above {percent(t.outside_fail)} fails",
            reason=f"{percent(share)} of the units had hardly any chance of {region.label}: "
            f"{consequence}.",
        ),
        Check(
            name="effective_sample_size",
            title=f"effective sample size at {region.label}",
            grade=sized,
            value=size,
            display=f"{number(size)} units",
            target=f"at least {ESS_WARN}; below {ESS_FAIL} fails",
            reason=f"After weighting, the {n:,} units at {region.label} count as "
            f"{number(size)}: {words}.",
        ),
    ]


def _weight_check(study: DoseStudy, raw: np.ndarray, w: np.ndarray) -> Check:
    """How much of the weight rests on units with extreme weights."""
    t = study.thresholds
    limit = 1 / t.propensity_low
    extreme = raw > limit
    share = float(w[extreme].sum() / w.sum())
    grade = share_grade(share, t.outside_warn, t.outside_fail)
    n_cut = int((raw > study.most_weight).sum())
    reason = (
        f"{int(extreme.sum()):,} of {len(raw):,} units have a weight above {limit:g} and carry "
        f"{percent(share)} of all weight"
    )
    if n_cut:
        reason += (
            f"; {n_cut:,} weights were cut at {study.most_weight:g}, at the price of some bias"
        )
    return Check(
        name="weights_extreme",
        title="weight carried by units with extreme weights",
        grade=grade,
        value=share,
        display=percent(share),
        target=f"at most {percent(t.outside_warn)}; above {percent(t.outside_fail)} fails",
        reason=reason + ".",
    )


def weighted_correlations(X: np.ndarray, t: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Weighted correlation of each column with the dose; 0 where a column is constant.

    Args:
        X: Shape (n, p).
        t: Shape (n,).
        w: Weights, shape (n,).

    Returns:
        Shape (p,).
    """
    share = w / w.sum()
    a, b = X - share @ X, t - share @ t
    both, va, vb = (share * b) @ a, share @ (a * a), float(share @ (b * b))
    base = X.var(axis=0)
    varies = (va > 1e-12 * np.where(base > 0, base, 1.0)) & (base > 0) & (vb > 0)
    return np.where(varies, both / np.sqrt(np.where(varies, va * vb, 1.0)), 0.0)


def balance_result(study: DoseStudy) -> ResultView:
    """See `DoseStudy.balance`."""
    started = time.perf_counter()
    s, w, one = study.sample, study.weights(), np.ones(study.sample.n)
    X, features = s.design.matrix, s.design.features
    mt, _ = study.dose_mean()
    frame = pd.DataFrame(
        {
            "feature": [f.label for f in features],
            "source": [f.source for f in features],
            "kind": [f.kind for f in features],
            "r_before": weighted_correlations(X, s.t, one),
            "r_after": weighted_correlations(X, s.t, w),
            "r_residual": weighted_correlations(X, s.t - mt, one),
        }
    )
    checks = [
        _correlation_check(frame, "r_after", None, "after weighting"),
        _correlation_check(frame, "r_residual", study.slope_label, "once residualized"),
    ]
    size = effective_size(w)
    grade = size_grade(size)
    checks.append(
        Check(
            name="effective_sample_size",
            title="effective sample size after weighting",
            grade=grade,
            value=size,
            display=f"{number(size)} units",
            target=f"at least {ESS_WARN}; below {ESS_FAIL} fails",
            reason=f"After weighting, the {s.n:,} units count as {number(size)}.",
        )
    )
    notes = [f"`{c}` {why}; it is not weighted for." for c, why in study.roles.left_out.items()]
    notes.append(
        "Figures are correlations with the dose. The curve rests on the weights; the slope rests "
        "on the dose less its mean given the confounders."
    )
    largest = frame[["r_after", "r_residual"]].abs().max(axis=1)
    order = largest.sort_values(ascending=False, kind="stable").index
    return study._view(
        kind="balance",
        title="Balance",
        headline=f"largest correlation {checks[0].display} after weighting, "
        f"{checks[1].display} once residualized",
        frame=frame,
        table=pd.DataFrame(
            {
                "confounder": frame["feature"],
                "r before": frame["r_before"].round(3),
                "r weighted": frame["r_after"].round(3),
                "r residualized": frame["r_residual"].round(3),
            }
        )
        .loc[order]
        .head(200),
        checks=checks,
        notes=notes,
        seconds=time.perf_counter() - started,
        draw=lambda: dose_figures.correlation_figure(study, frame),
    )


def _correlation_check(frame: pd.DataFrame, column: str, estimand: str | None, when: str) -> Check:
    size = frame[column].abs()
    at = int(size.to_numpy().argmax())
    worst, feature = float(size.iloc[at]), str(frame["feature"].iloc[at])
    n_warn = int((size >= CORR_WARN).sum())
    grade: Grade = "fail" if worst >= CORR_FAIL else "warn" if worst >= CORR_WARN else "pass"
    before = float(frame["r_before"].abs().max())
    reason = f"No confounder reaches {CORR_WARN:g} {when} (worst before: {before:.2f})."
    if grade != "pass":
        reason = (
            f"`{feature}` still goes with the dose {when} (|r| = {worst:.2f}); {n_warn} of "
            f"{len(frame)} columns reach {CORR_WARN:g}."
        )
    return Check(
        name="balance_max_correlation",
        title=f"largest correlation of a confounder with the dose {when}",
        grade=grade,
        estimand=estimand,
        value=worst,
        display=f"{worst:.2f} in {feature}",
        target=f"below {CORR_WARN:g}; from {CORR_FAIL:g} fails",
        reason=reason,
    )
