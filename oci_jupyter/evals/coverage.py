"""Simulations with known truth: do 95 % intervals cover, do placebo tests reject 5 %?

Each draw makes new data by a design whose effect is known and analyzes them as a principal
would. Rates come with their own Monte Carlo error: 95 ± 3 means nothing is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

#: Units per draw.
ROWS = 1000
_CLUSTER_SIZE = 5


@dataclass(frozen=True)
class Draw:
    """What one simulated analysis came to.

    Attributes:
        case: Which question was asked.
        hit: Whether the interval covered, or the placebo test rejected.
        error: Estimate less truth.
        width: Of the interval.
    """

    case: str
    hit: bool
    error: float
    width: float


def _base(rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
    x = rng.normal(size=(n, 5))
    e = 1 / (1 + np.exp(-(0.6 * x[:, 0] - 0.5 * x[:, 1] + 0.4 * (x[:, 2] > 0))))
    d = (rng.random(n) < e).astype(int)
    g0 = x[:, 0] + 0.5 * x[:, 1] ** 2 + (x[:, 2] > 0) + 0.5 * x[:, 0] * x[:, 3]
    return {"x": x, "e": e, "d": d, "g0": g0, "tau": 1 + 0.5 * x[:, 0]}


def _frame(x: np.ndarray, **columns: np.ndarray) -> pd.DataFrame:
    frame = pd.DataFrame(x, columns=[f"x{j}" for j in range(x.shape[1])])
    return frame.assign(**columns)


def binary_draw(seed: int, n: int = ROWS, learner: str = "stack") -> list[Draw]:
    """ATE, ATT and ATO, and a placebo that depends on the confounders only."""
    from oci_jupyter.toolkit import Study

    rng = np.random.default_rng(seed)
    v = _base(rng, n)
    before = v["g0"] + rng.normal(size=n)
    y = v["g0"] + v["tau"] * v["d"] + rng.normal(size=n)
    study = Study(
        _frame(v["x"], d=v["d"], y=y, before=before),
        "d",
        "y",
        [f"x{j}" for j in range(5)],
        placebo_outcomes=["before"],
        learner=learner,  # type: ignore[arg-type]
    )
    # The population's truths, by the design: the mean of x0 given what weighs the units.
    big = _base(np.random.default_rng(10_000 + seed), 100_000)
    weights = {"ATE": np.ones(100_000), "ATT": big["e"], "ATO": big["e"] * (1 - big["e"])}
    found = []
    for name, weight in weights.items():
        effect = study.effect(name)  # type: ignore[arg-type]
        found.append(_covers(name, effect, float(np.average(big["tau"], weights=weight))))
        if name == "ATO":
            continue
        at = v["d"] == 1 if name == "ATT" else slice(None)
        lower, upper = effect.sample_ci
        truth = float(v["tau"][at].mean())
        found.append(
            Draw(
                f"{name}, units at hand",
                lower <= truth <= upper,
                effect.estimate - truth,
                upper - lower,
            )
        )
    placebo = study.effect("ATE", placebo="before")
    lower, upper = placebo.ci
    found.append(Draw("placebo rejects", placebo.p_value < 0.05, placebo.estimate, upper - lower))
    return found


def clustered_draw(seed: int, n: int = ROWS, learner: str = "stack") -> list[Draw]:
    """ATE where treatment and noise are shared by clusters of five."""
    from oci_jupyter.toolkit import Study

    rng = np.random.default_rng(seed)
    v = _base(rng, n // _CLUSTER_SIZE)
    each = np.repeat(np.arange(n // _CLUSTER_SIZE), _CLUSTER_SIZE)
    shared = rng.normal(size=n // _CLUSTER_SIZE)[each]
    y = (v["g0"] + v["tau"] * v["d"])[each] + shared + 0.5 * rng.normal(size=len(each))
    study = Study(
        _frame(v["x"][each], d=v["d"][each], y=y, site=each),
        "d",
        "y",
        [f"x{j}" for j in range(5)],
        cluster="site",
        learner=learner,  # type: ignore[arg-type]
    )
    return [_covers("ATE, clusters of five", study.effect("ATE"), 1.0)]


def weighted_draw(seed: int, n: int = ROWS, learner: str = "stack") -> list[Draw]:
    """ATE of a population of which units with a high x0 are sampled more often."""
    from oci_jupyter.toolkit import Study

    rng = np.random.default_rng(seed)
    v = _base(rng, 2 * n)
    p = 0.25 + 0.5 / (1 + np.exp(-v["x"][:, 0]))
    y = v["g0"] + v["tau"] * v["d"] + rng.normal(size=2 * n)
    taken = rng.random(2 * n) < p
    study = Study(
        _frame(v["x"], d=v["d"], y=y, w=1 / p)[taken],
        "d",
        "y",
        [f"x{j}" for j in range(5)],
        weights="w",
        learner=learner,  # type: ignore[arg-type]
    )
    return [_covers("ATE, sampling weights", study.effect("ATE"), 1.0)]


def dose_draw(seed: int, n: int = ROWS, learner: str = "stack") -> list[Draw]:
    """Slope of a partially linear model."""
    from oci_jupyter.toolkit import DoseStudy

    rng = np.random.default_rng(seed)
    v = _base(rng, n)
    dose = 0.7 * v["x"][:, 0] + 0.5 * (v["x"][:, 2] > 0) + rng.normal(size=n)
    y = v["g0"] + 0.8 * dose + rng.normal(size=n)
    study = DoseStudy(_frame(v["x"], dose=dose, y=y), "dose", "y", [f"x{j}" for j in range(5)])
    main = next(e for e in study.estimate().result.estimates if e.role == "main")
    return [
        Draw(
            "slope (PLR)",
            main.ci_lower <= 0.8 <= main.ci_upper,
            main.estimate - 0.8,
            main.ci_upper - main.ci_lower,
        )
    ]


def _covers(case: str, effect: Any, truth: float) -> Draw:
    lower, upper = effect.ci
    return Draw(case, lower <= truth <= upper, effect.estimate - truth, upper - lower)


DESIGNS: tuple[Callable[..., list[Draw]], ...] = (
    binary_draw,
    clustered_draw,
    weighted_draw,
    dose_draw,
)


def simulate(draws: int, n: int = ROWS, learner: str = "stack", jobs: int = 1) -> pd.DataFrame:
    """Rates over many draws.

    Args:
        draws: Data sets per design.
        n: Units per data set.
        learner: `stack` or `lean`, for the two-valued treatments.
        jobs: Processes.

    Returns:
        One row per case: rate, its Monte Carlo standard error, bias, RMSE, mean width.
    """
    from joblib import Parallel, delayed

    tasks = [delayed(design)(seed, n, learner) for design in DESIGNS for seed in range(draws)]
    parts = Parallel(n_jobs=jobs)(tasks)
    frame = pd.DataFrame([vars(draw) for part in parts for draw in part])
    rows = []
    for case, group in frame.groupby("case", sort=False):
        rate = float(group["hit"].mean())
        rows.append(
            {
                "case": case,
                "draws": len(group),
                "rate": rate,
                "mc_error": math.sqrt(max(rate * (1 - rate), 1e-9) / len(group)),
                "bias": float(group["error"].mean()),
                "rmse": float(np.sqrt((group["error"] ** 2).mean())),
                "width": float(group["width"].mean()),
            }
        )
    return pd.DataFrame(rows)


def run_coverage(draws: int, n: int, learner: str, jobs: int, out: Path | None) -> int:
    """Print the rates, and write them to a file if one is named."""
    table = simulate(draws, n, learner, jobs)
    if out is not None:
        table.to_csv(out, index=False)
    print(f"{draws} draws of {n:,} units per design, learner {learner}")
    for row in table.to_dict("records"):
        print(
            f"  {row['case']:24} {100 * row['rate']:5.1f} % ± {100 * row['mc_error']:.1f}   "
            f"bias {row['bias']:+.3f}   RMSE {row['rmse']:.3f}   width {row['width']:.3f}"
        )
    return 0
