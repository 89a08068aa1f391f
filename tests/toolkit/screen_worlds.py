"""Clean worlds for the screen, and a fault planted in each: what was done is known.

Each fault takes a clean world and returns the changed data with the changed roles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

CONFOUNDERS = ["x1", "x2", "x3", "x4", "x5", "color"]
ROLES: dict[str, Any] = {
    "treatment": "d",
    "outcome": "y",
    "confounders": CONFOUNDERS,
    "placebo_outcomes": ["before"],
    "learner": "lean",
    "folds": 3,
}
Fault = Callable[[pd.DataFrame, np.random.Generator], dict[str, Any]]
FAULTS: dict[str, tuple[str, str, Fault]] = {}


def clean(seed: int = 0, n: int = 1500, correlation: float = 0.3) -> pd.DataFrame:
    """Confounded data with all confounders in it; the effect is one for everybody."""
    rng = np.random.default_rng(seed)
    covariance = np.full((6, 6), correlation) + np.eye(6) * (1 - correlation)
    x = rng.normal(size=(n, 6)) @ np.linalg.cholesky(covariance).T
    frame = pd.DataFrame(x[:, :5], columns=["x1", "x2", "x3", "x4", "x5"])
    frame["x5"] = (frame["x5"] > 0.3).astype(int)
    cut = np.digitize(0.6 * x[:, 5] + rng.normal(size=n), [-0.5, 0.6])
    frame["color"] = np.array(["red", "green", "blue"])[cut]
    red, blue = frame["color"] == "red", frame["color"] == "blue"
    logit = 0.7 * x[:, 0] - 0.3 * x[:, 1] + 0.4 * frame["x5"] + 0.4 * red - 0.4
    frame["d"] = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
    base = x[:, 0] + 0.5 * x[:, 1] ** 2 + 0.7 * frame["x5"] + 0.5 * blue + 0.4 * x[:, 2]
    frame["y"] = base + 0.3 * x[:, 3] + frame["d"] + rng.normal(size=n)
    frame["before"] = 0.7 * x[:, 0] + 0.5 * x[:, 1] + rng.normal(size=n)
    return frame


def with_noise(frame: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Twenty columns that have nothing to do with anything, and two identifiers."""
    rng, n = np.random.default_rng(1000 + seed), len(frame)
    extra: dict[str, Any] = {f"normal{i}": rng.normal(size=n) for i in range(8)}
    extra |= {f"integer{i}": rng.integers(0, 40, n) for i in range(6)}
    extra |= {f"letter{i}": rng.choice(list("abcdefgh"), n) for i in range(6)}
    extra["row"] = rng.permutation(n)
    extra["code"] = [f"u{v}" for v in rng.permutation(n)]
    return frame.assign(**extra)


def _fault(code: str, severity: str) -> Callable[[Fault], Fault]:
    def keep(make: Fault) -> Fault:
        FAULTS[make.__name__] = (code, severity, make)
        return make

    return keep


@_fault("blind_spot", "concern")
def confounder_left_out(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    return {"data": f, "confounders": [c for c in CONFOUNDERS if c != "x1"]}


@_fault("post_treatment_suspected", "concern")
def consequence(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    m = 1.2 * f["d"] + rng.normal(size=len(f))
    return {"data": f.assign(m=m), "confounders": [*CONFOUNDERS, "m"]}


@_fault("mediator_suspected", "concern")
def mediator(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    m = 1.2 * f["d"] + rng.normal(size=len(f))
    return {"data": f.assign(m=m, y=f["y"] + m), "confounders": [*CONFOUNDERS, "m"]}


@_fault("post_treatment_suspected", "concern")
def named_after(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    score = 0.8 * f["d"] + f["x1"] + rng.normal(size=len(f))
    frame = f.assign(score_after=score)
    return {"data": frame, "confounders": [*CONFOUNDERS, "score_after"]}


@_fault("collider_suspected", "concern")
def collider(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    m = 0.8 * f["d"] + 0.5 * f["y"] + rng.normal(size=len(f))
    return {"data": f.assign(m=m), "confounders": [*CONFOUNDERS, "m"]}


@_fault("outcome_leak", "serious")
def leak(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    m = f["y"] + 0.1 * f["y"].std() * rng.normal(size=len(f))
    return {"data": f.assign(m=m), "confounders": [*CONFOUNDERS, "m"]}


@_fault("outcome_leak", "serious")
def loose_leak(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    m = f["y"] + 0.5 * f["y"].std() * rng.normal(size=len(f))
    return {"data": f.assign(m=m), "confounders": [*CONFOUNDERS, "m"]}


@_fault("treatment_leak", "serious")
def visits(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    m = np.where(f["d"] == 1, rng.poisson(5, len(f)) + 1, 0)
    return {"data": f.assign(visits=m), "confounders": [*CONFOUNDERS, "visits"]}


@_fault("instrument_suspected", "concern")
def instrument(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    z = rng.normal(size=len(f))
    logit = 0.6 * f["x1"] - 0.3 * f["x2"] + 1.2 * z - 0.2
    d = (rng.random(len(f)) < 1 / (1 + np.exp(-logit))).astype(int)
    frame = f.assign(z=z, y=f["y"] - f["d"] + d, d=d)
    return {"data": frame, "confounders": [*CONFOUNDERS, "z"]}


@_fault("immortal_time", "serious")
def treated_late(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    n = len(f)
    survival = rng.exponential(20, n) * np.exp(0.2 * f["x1"])
    start = rng.uniform(1, 20, n)
    d = ((start < survival) & (rng.random(n) < 0.5)).astype(int)
    return {"data": f.assign(y=survival, d=d, start_month=np.where(d == 1, start, np.nan))}


@_fault("immortal_time", "serious")
def treated_late_by_date(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    n = len(f)
    survival = rng.exponential(600, n) * np.exp(0.2 * f["x1"])
    wait = rng.uniform(10, 600, n)
    d = ((wait < survival) & (rng.random(n) < 0.5)).astype(int)
    entry = pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D")
    treated_on = (entry + pd.to_timedelta(wait, unit="D")).where(d == 1)
    return {"data": f.assign(y=survival, d=d, entry=entry, treated_on=treated_on)}


@_fault("treatment_time_varies", "concern")
def staggered(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    on = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 300, len(f)), unit="D")
    return {"data": f.assign(treated_on=pd.Series(on).where(f["d"] == 1))}


@_fault("treatment_after_outcome", "serious")
def dates_swapped(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    days = pd.to_timedelta(rng.integers(0, 100, len(f)), unit="D")
    frame = f.assign(
        treatment_date=pd.Timestamp("2020-06-01") + days,
        outcome_date=pd.Timestamp("2020-01-01") + days,
    )
    return {"data": frame}


@_fault("treatment_after_outcome", "serious")
def years_swapped(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    frame = f.rename(columns={"d": "trained_2012", "y": "income_2010"})
    return {"data": frame, "treatment": "trained_2012", "outcome": "income_2010"}


@_fault("clusters_ignored", "concern")
def households(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    at = rng.integers(0, len(f) // 10, len(f))
    return {"data": f.assign(household=at, y=f["y"] + rng.normal(size=len(f))[at])}


@_fault("clusters_ignored", "concern")
def nameless_groups(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    at = rng.integers(0, len(f) // 20, len(f))
    return {"data": f.assign(g=at, y=f["y"] + rng.normal(size=len(f))[at])}


@_fault("rows_duplicated", "concern")
def copies(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    again = f.sample(frac=0.1, random_state=1)
    return {"data": pd.concat([f, again], ignore_index=True)}


@_fault("rows_duplicated", "concern")
def copies_with_new_numbers(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    both = pd.concat([f, f.sample(frac=0.1, random_state=1)], ignore_index=True)
    return {"data": both.assign(id=np.arange(len(both)))}


@_fault("treatment_coding_reversed", "serious")
def wrong_level(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    return {"data": f.assign(d=np.where(f["d"] == 1, "control", "program")), "treated": "control"}


@_fault("treatment_coding_reversed", "serious")
def wrong_name(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    return {"data": f.rename(columns={"d": "is_control"}), "treatment": "is_control"}


@_fault("treatment_coding_reversed", "serious")
def dose_of_controls(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    dose = np.where(f["d"] == 1, rng.uniform(1, 5, len(f)), 0.0)
    return {"data": f.assign(dose=dose, d=1 - f["d"])}


@_fault("treatment_coding_reversed", "concern")
def unnamed_dose_of_controls(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    visits = np.where(f["d"] == 1, rng.integers(1, 9, len(f)), 0)
    return {"data": f.assign(visits=visits, d=1 - f["d"])}


@_fault("placebo_post_treatment", "concern")
def placebo_moved(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    p = 0.5 * f["x1"] + 0.7 * f["d"] + rng.normal(size=len(f))
    return {"data": f.assign(other=p), "placebo_outcomes": ["before", "other"]}


@_fault("placebo_post_treatment", "concern")
def placebo_named(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    frame = f.rename(columns={"before": "mood_followup"})
    return {"data": frame, "placebo_outcomes": ["mood_followup"]}


@_fault("outcome_missing_differs", "concern")
def lost_in_one_arm(f: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    lost = rng.random(len(f)) < np.where(f["d"] == 1, 0.25, 0.08)
    return {"data": f.assign(y=f["y"].where(~lost))}
