"""Simulated observational data whose effects are known exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Design:
    """How hard a simulated setting is.

    Attributes:
        confounding: Spread of the logit of the propensity; 0 is a randomized trial, 1 leaves
            moderate overlap, 2 poor overlap.
        curvature: Weight of the nonlinear part of the outcome; 0 is linear.
        heterogeneity: How far the effect varies with the covariates; 0 is constant.
        noise: Standard deviation of the outcome around its mean.
    """

    confounding: float = 1.0
    curvature: float = 1.0
    heterogeneity: float = 0.5
    noise: float = 1.0


@dataclass(frozen=True)
class Simulated:
    """Treatment, outcome and noise-free potential outcomes, shape (n,) each."""

    z: np.ndarray
    y: np.ndarray
    mu0: np.ndarray
    mu1: np.ndarray


def simulate_covariates(n: int, p: int, rng: np.random.Generator) -> pd.DataFrame:
    """Correlated covariates of mixed kinds.

    Args:
        n: Rows.
        p: Columns, at least 6: x_2 is a category, every fifth column 0/1, every seventh a
            count, the others continuous.
        rng: Source of the draws.

    Returns:
        Columns x_1 … x_p.
    """
    shared = rng.normal(size=n)
    columns: dict[str, np.ndarray] = {}
    for j in range(1, p + 1):
        value = 0.5 * shared + np.sqrt(0.75) * rng.normal(size=n)
        if j == 2:
            columns[f"x_{j}"] = np.array(["A", "B", "C"])[np.digitize(value, [-0.5, 0.7])]
        elif j % 5 == 0:
            columns[f"x_{j}"] = (value > 0.3).astype(int)
        elif j % 7 == 0:
            columns[f"x_{j}"] = rng.poisson(np.exp(0.5 * value))
        else:
            columns[f"x_{j}"] = value
    return pd.DataFrame(columns)


def simulate_outcome(X: pd.DataFrame, design: Design, rng: np.random.Generator) -> Simulated:
    """Treatment and outcome that the same few covariates drive.

    The propensity is logistic in five covariates; the outcome has a linear part, a wave, a
    square and a product. The average effect over all rows is 2 when `heterogeneity` is 0.

    Args:
        X: Covariates; the first five that are numeric and vary are the drivers.
        design: How hard it shall be.
        rng: Source of the draws.
    """
    numeric = X.select_dtypes("number")
    varied = numeric.columns[numeric.nunique() > 1][:5]
    V = numeric[varied].to_numpy(dtype=float)
    V = np.clip((V - V.mean(axis=0)) / V.std(axis=0), -3, 3)
    a, b, c, d, e = np.pad(V, ((0, 0), (0, 5 - V.shape[1]))).T
    logit = design.confounding * (0.6 * a - 0.5 * b + 0.4 * c + 0.3 * d) - 0.4
    z = (rng.random(len(X)) < 1 / (1 + np.exp(-logit))).astype(int)
    smooth = np.sin(1.5 * a) + 0.5 * b**2 + 0.6 * a * c
    mu0 = a + 0.8 * b + 0.5 * c - 0.4 * e + design.curvature * smooth
    mu1 = mu0 + 2 + design.heterogeneity * (a + 0.5 * d)
    y = np.where(z == 1, mu1, mu0) + design.noise * rng.normal(size=len(X))
    return Simulated(z=z, y=y, mu0=mu0, mu1=mu1)
