"""Nuisance quality: do the models of treatment and outcome know more than a constant?

A doubly robust estimate is as good as its two models. Each is held, out of fold, against a
dummy that knows nothing but the mean; the propensity also against what was observed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from oci_jupyter.contract import Check, Grade

from . import figures
from .overlap import calibration_slope
from .result_view import ResultView, make_view
from .wording import number, percent

if TYPE_CHECKING:
    from .study_core import StudyCore

#: Below minus this the model is worse than the dummy by more than chance.
_TOLERANCE = 0.02


def log_loss_gain(e: np.ndarray, d: np.ndarray) -> float:
    """Share of the treatment's entropy that the propensity removes (McFadden's R²).

    Source: McFadden (1974), "Conditional logit analysis of qualitative choice behavior".
    """
    p = np.clip(e, 1e-6, 1 - 1e-6)
    share = d.mean()
    model = -np.mean(d * np.log(p) + (1 - d) * np.log(1 - p))
    dummy = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    return float(1 - model / dummy)


def r_squared(y: np.ndarray, g: np.ndarray) -> float:
    """Share of the variance that the predictions remove; negative where they do harm."""
    return float(1 - np.mean((y - g) ** 2) / np.var(y)) if np.var(y) > 0 else 0.0


def calibration_table(e: np.ndarray, d: np.ndarray, bins: int = 10) -> pd.DataFrame:
    """Mean propensity and observed share of treated units in bins of equal size."""
    order = np.argsort(e, kind="stable")
    parts = np.array_split(order, min(bins, len(e)))
    return pd.DataFrame(
        {
            "predicted": [float(e[p].mean()) for p in parts],
            "observed": [float(d[p].mean()) for p in parts],
            "n": [len(p) for p in parts],
        }
    )


def nuisances_result(study: StudyCore) -> ResultView:
    """See `Study.nuisances`."""
    started = time.perf_counter()
    s = study.sample
    e, g = study.propensity().raw, study.outcome_means()
    rows: list[dict[str, Any]] = [
        {
            "model": "treatment",
            "learner": "boosting",
            "arm": "both",
            "gain": log_loss_gain(e, s.d),
            "measure": "entropy removed",
            "weight": None,
        }
    ]
    arms = ((0, "control"), (1, "treated"))
    for arm, word in arms:
        at = s.d == arm
        rows.append(
            {
                "model": "outcome",
                "learner": study.learner,
                "arm": word,
                "gain": r_squared(s.y[at], (g.g0, g.g1)[arm][at]),
                "measure": "variance removed",
                "weight": None,
            }
        )
        for name, means in g.members.items():
            rows.append(
                {
                    "model": "outcome",
                    "learner": f"… {name}",
                    "arm": word,
                    "gain": r_squared(s.y[at], means[arm][at]),
                    "measure": "variance removed",
                    "weight": g.mixture[name][arm],
                }
            )
    frame = pd.DataFrame(rows)
    checks = [_check(row) for row in rows if not str(row["learner"]).startswith("…")]
    slope = calibration_slope(e, s.d)
    table = calibration_table(e, s.d)
    return make_view(
        study,
        kind="nuisances",
        title="Models of treatment and outcome",
        headline="; ".join(f"{c.title}: {c.display}" for c in checks),
        frame=frame,
        table=pd.DataFrame(
            {
                "model of": frame["model"],
                "arm": frame["arm"],
                "learner": frame["learner"],
                "against a dummy": [
                    f"{percent(v)} of the {m}" if v >= 0 else f"{number(100 * v)} %"
                    for v, m in zip(frame["gain"], frame["measure"].str.split().str[0], strict=True)
                ],
                "weight in the stack": ["–" if pd.isna(w) else f"{w:.2f}" for w in frame["weight"]],
            }
        ),
        checks=checks,
        notes=[
            f"All figures are out of fold ({study.folds} folds). Calibration slope of the "
            f"propensity: {slope:.2f} (1 is calibrated).",
            "A low figure is no fault by itself: an outcome may be mostly chance, and in a "
            "randomized trial nothing predicts treatment.",
        ],
        seconds=time.perf_counter() - started,
        draw=lambda: figures.calibration_figure(study, table),
    )


def _check(row: dict[str, Any]) -> Check:
    gain = float(row["gain"])
    grade: Grade = "warn" if gain < -_TOLERANCE else "pass"
    what = f"{row['model']} model"
    if row["arm"] != "both":
        what += f", {row['arm']}"
    reason = (
        f"The {what} predicts worse than a constant would; the estimate leans on the other model."
        if grade == "warn"
        else f"The {what} removes {percent(max(gain, 0.0))} of what a constant leaves."
    )
    return Check(
        name="nuisance_quality",
        title=what,
        grade=grade,
        value=gain,
        display=percent(gain) if gain >= 0 else f"{number(100 * gain)} %",
        target="not below that of a constant",
        reason=reason,
    )
