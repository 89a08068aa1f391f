"""Overlap: could these units have gone either way, and who has no counterpart?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from oci_jupyter.contract import Check, EstimandName, Grade

from . import figures
from .counterpart import describe_outside
from .result_view import ResultView, make_view
from .trimming import trim_options
from .weights import arm_weights, effective_size
from .wording import number, percent

if TYPE_CHECKING:
    from .study_core import StudyCore


def outside(name: EstimandName, e: np.ndarray, low: float, high: float) -> np.ndarray | None:
    """Who has no counterpart, as a mask, for one estimand; None where the question is void.

    For the ATE both ends count. For the ATT only units that were nearly bound to be treated
    lack a counterpart: control units unlike anybody treated get no weight. The ATO weights
    such units down by itself.
    """
    if name == "ATE":
        return (e < low) | (e > high)
    if name == "ATT":
        return e > high
    return None


def outside_share(
    name: EstimandName, e: np.ndarray, d: np.ndarray, low: float, high: float
) -> float | None:
    """Share of the estimand's population outside; for the ATT, of the treated."""
    mask = outside(name, e, low, high)
    if mask is None:
        return None
    return float(mask[d == 1].mean() if name == "ATT" else mask.mean())


def overlap_result(study: StudyCore) -> ResultView:
    """See `Study.overlap`."""
    started = time.perf_counter()
    t, s = study.thresholds, study.sample
    e, d = study.propensity().raw, s.d
    checks: list[Check] = []
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    for name in study.estimands:
        share = outside_share(name, e, d, t.propensity_low, t.propensity_high)
        weights = arm_weights(name, d, study.clipped(name))
        sizes = [effective_size(weights[d == arm]) for arm in (1, 0)]
        checks.append(_share_check(study, name, share, sizes))
        rows.append(
            {
                "estimand": study.label(name),
                "share_outside": share,
                "n_outside": _count(name, e, d, t.propensity_low, t.propensity_high),
                "ess_treated": sizes[0],
                "ess_control": sizes[1],
            }
        )
    checks += [_clip_check(study, name, e) for name in study.estimands]
    checks.append(_calibration_check(e, d))
    mask = None
    for name in study.estimands:
        mask = outside(name, e, t.propensity_low, t.propensity_high) if mask is None else mask
    if mask is not None:
        notes += describe_outside(
            s.design, d, mask, f"[{t.propensity_low:g}, {t.propensity_high:g}]"
        )
    options = trim_options(study)
    for option in options:
        rule = "The least-variance range" if option.rule == "crump" else "The range"
        notes.append(
            f"{rule} [{option.low:.3g}, {option.high:.3g}] would keep {option.n_kept:,} of "
            f"{option.n_total:,} units ({option.n_treated_kept:,} treated)."
        )
    frame = pd.DataFrame(rows)
    table = pd.DataFrame(
        {
            "estimand": frame["estimand"],
            "outside": ["–" if pd.isna(v) else percent(v) for v in frame["share_outside"]],
            "units outside": frame["n_outside"],
            "effective treated": [round(v, 1) for v in frame["ess_treated"]],
            "effective control": [round(v, 1) for v in frame["ess_control"]],
        }
    ).astype({"units outside": object})
    return make_view(
        study,
        kind="overlap",
        title="Overlap",
        headline=_headline(checks, study),
        frame=frame,
        table=table,
        checks=checks,
        trim_options=options,
        notes=notes,
        params={"low": t.propensity_low, "high": t.propensity_high},
        seconds=time.perf_counter() - started,
        draw=lambda: figures.overlap_figure(study),
    )


def _headline(checks: list[Check], study: StudyCore) -> str:
    """The worst share outside, since that is what decides."""
    shares = [c for c in checks if c.name == "overlap_share_outside" and c.value is not None]
    if not shares:
        return "no unit is asked to have a counterpart beyond the overlap weights"
    worst = max(shares, key=lambda c: c.value or 0.0)
    t = study.thresholds
    if worst.estimand and "ATT" in worst.estimand:
        return f"{worst.display} of the treated above {t.propensity_high:g}"
    return f"{worst.display} outside [{t.propensity_low:g}, {t.propensity_high:g}]"


def _count(name: EstimandName, e: np.ndarray, d: np.ndarray, low: float, high: float) -> int | None:
    mask = outside(name, e, low, high)
    if mask is None:
        return None
    return int((mask & (d == 1)).sum() if name == "ATT" else mask.sum())


def _share_check(
    study: StudyCore, name: EstimandName, share: float | None, sizes: list[float]
) -> Check:
    t, label = study.thresholds, study.label(name)
    title = "share of units without a counterpart"
    if share is None:
        return Check(
            name="overlap_share_outside",
            title=title,
            grade="pass",
            estimand=label,
            display="by construction",
            target="",
            reason="Overlap weights favor units that could have gone either way "
            f"({number(sizes[0])} effective treated, {number(sizes[1])} effective control units).",
        )
    grade: Grade = "pass"
    if share > t.outside_fail:
        grade = "fail"
    elif share > t.outside_warn:
        grade = "warn"
    if name == "ATT":
        where = f"of the treated have a propensity above {t.propensity_high:g}"
        what = "nobody untreated is like them"
    else:
        where = f"of the units have a propensity outside [{t.propensity_low:g}, "
        where += f"{t.propensity_high:g}]"
        what = "they have hardly any counterpart in the other arm"
    consequence = {
        "pass": "few enough to carry the comparison.",
        "warn": f"{what}; the estimate leans on the models there.",
        "fail": f"{what}; for them the answer is extrapolation.",
    }[grade]
    return Check(
        name="overlap_share_outside",
        title=title,
        grade=grade,
        estimand=label,
        value=share,
        display=percent(share),
        target=f"at most {percent(t.outside_warn)}; above {percent(t.outside_fail)} fails",
        reason=f"{percent(share)} {where}: {consequence}",
    )


def _clip_check(study: StudyCore, name: EstimandName, e: np.ndarray) -> Check:
    """How many propensities were bounded for an estimand, at the ends it divides by."""
    clip = study.thresholds.clip
    common: dict[str, Any] = {
        "name": "propensity_clipped",
        "title": "propensities clipped",
        "estimand": study.label(name),
    }
    if name == "ATO":
        return Check(
            grade="not_applicable",
            value=0.0,
            display="none",
            reason="Overlap weights are bounded and need no clipping.",
            **common,
        )
    mask, where = e > 1 - clip, f"above {1 - clip:g}"
    if name == "ATE":
        mask, where = mask | (e < clip), f"outside [{clip:g}, {1 - clip:g}]"
    n, limit = int(mask.sum()), study.thresholds.outside_warn
    reason = f"{n:,} of {len(e):,} propensities lay {where}"
    if n:
        reason += " and were set to that limit, which bounds the weights at the price of some bias"
    return Check(
        grade="warn" if n > limit * len(e) else "pass",
        value=float(n),
        display=f"{n:,} of {len(e):,}",
        target=f"at most {percent(limit)}",
        reason=reason + ".",
        **common,
    )


def calibration_slope(e: np.ndarray, d: np.ndarray) -> float:
    """Slope of treatment on the logit of the propensity; 1 is calibrated, below 1 overfitted.

    Source: Cox (1958), "Two further applications of a model for binary regression",
    Biometrika 45.
    """
    z = np.clip(e, 1e-4, 1 - 1e-4)
    z = np.log(z / (1 - z))
    if z.std() < 1e-9:
        return 0.0
    A = np.column_stack([np.ones_like(z), z])
    beta = np.array([0.0, 1.0])
    for _ in range(25):
        p = 1 / (1 + np.exp(-np.clip(A @ beta, -30, 30)))
        hessian = A.T @ (A * (p * (1 - p))[:, None]) + 1e-8 * np.eye(2)
        step = np.linalg.solve(hessian, A.T @ (d - p))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    return float(beta[1])


def _calibration_check(e: np.ndarray, d: np.ndarray) -> Check:
    slope = calibration_slope(e, d)
    spread = float(np.log(np.clip(e, 1e-4, 1 - 1e-4) / np.clip(1 - e, 1e-4, 1)).std())
    flat = spread < 0.2
    good = 0.8 <= slope <= 1.25
    if good:
        reason = "Predicted and observed shares of treated units agree."
    elif flat:
        reason = "The propensity hardly varies, as in a randomized trial, so its slope says little."
    elif slope < 1:
        reason = "Predicted propensities are more extreme than what is observed."
    else:
        reason = "Predicted propensities are less extreme than what is observed."
    grade: Grade = "pass" if good else "not_applicable" if flat else "warn"
    return Check(
        name="propensity_calibration",
        title="calibration slope of the propensity",
        grade=grade,
        value=slope,
        display=f"{slope:.2f}",
        target="0.8 to 1.25",
        reason=reason,
    )
