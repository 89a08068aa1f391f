"""Treatments by dose: the partially linear slope and the doubly robust dose–response curve.

The slope is that of the partially linear model y = θ·t + g(x) + ε (Robinson 1988,
"Root-n-consistent semiparametric regression", Econometrica 56; Chernozhukov et al. 2018). If
the effect is not linear, θ is the average slope weighted by the variance the dose has left
given the confounders.

The curve θ(a), the mean outcome had every unit got dose a, is a local regression of the
pseudo-outcome

    ξ = w·(y − μ(x, t)) + m(t),   w = f(t) / f(t | x),   m(a) = mean over units of μ(x, a),

on the dose (Kennedy, Ma, McHugh and Small 2017, "Non-parametric methods for doubly robust
estimation of continuous treatment effects", JRSS B 79). The bandwidth that predicts best leaves
a smoothing bias as large as the standard error; so the bias is estimated and taken off, and
the error counts that (Calonico, Cattaneo and Farrell 2018, "On the effect of bias estimation on
coverage accuracy in nonparametric inference", JASA 113; for this curve Takatsu and Westling
2025, "Debiased inference for a covariate-adjusted regression function", JRSS B). A spike, a
dose that many units share such as zero, is a level of its own, estimated like one.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from . import learners
from .design_core import HALF, Splits, Task, run_tasks

#: Doses at which the outcome surface is predicted, and bandwidths that are compared.
_NODES, _BANDWIDTHS = 25, 12
#: Points of the curve.
CURVE_POINTS = 19
#: A local quadratic curve at the bandwidth of the local linear one is that one less an estimate
#: of its smoothing bias.
DEGREE = 2


@dataclass(frozen=True)
class Slope:
    """Effect per unit of dose.

    Attributes:
        estimate: In units of the outcome per unit of dose.
        stderr: Standard error.
        p_value: Two-sided, of no effect.
        model: The fitted DoubleML model, for its sensitivity analysis.
    """

    estimate: float
    stderr: float
    p_value: float
    model: Any

    @property
    def ci(self) -> tuple[float, float]:
        """95 % confidence interval (normal approximation)."""
        half = HALF * self.stderr
        return self.estimate - half, self.estimate + half


def partially_linear(y: np.ndarray, t: np.ndarray, ly: np.ndarray, mt: np.ndarray) -> Slope:
    """Slope of the partially linear model by partialling out, through DoubleML.

    Args:
        y: Outcome, shape (n,), no missing values.
        t: Dose, shape (n,).
        ly: Out-of-fold E[y | x], shape (n,).
        mt: Out-of-fold E[t | x], shape (n,).

    Source: Chernozhukov et al. (2018), Econometrics Journal 21(1), section 4.1.
    """
    import doubleml as dml
    from doubleml.utils import DMLDummyRegressor

    frame = pd.DataFrame({"y": y, "d": t, "x": np.zeros(len(y))})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = dml.DoubleMLData(frame, "y", "d", ["x"])
        model = dml.DoubleMLPLR(data, DMLDummyRegressor(), DMLDummyRegressor(), n_folds=2)
        model.fit(external_predictions={"d": {"ml_l": ly[:, None], "ml_m": mt[:, None]}})
    return Slope(float(model.coef[0]), float(model.se[0]), float(model.pval[0]), model)


def fit_mean(
    X: np.ndarray, target: np.ndarray, splits: Splits, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Out-of-fold E[target | x]; rows whose target is NaN are not trained on.

    Args:
        X: Design matrix, shape (n, p).
        target: Shape (n,).
        splits: Training and held-out rows per fold.
        seed: Seed of the learner's draws.

    Returns:
        Predictions for all rows, shape (n,), and the share of the gain per column, shape (p,).
    """
    known = ~np.isnan(target)
    tasks: list[Task] = []
    for fold, (train, test) in enumerate(splits):
        rows = train[known[train]]
        args = (X[rows], target[rows], X[test], seed + fold, "linear")
        tasks.append((learners.boosted_outcome, args))
    predicted, gain = np.empty(len(target)), np.zeros(X.shape[1])
    for (_, test), (values, share) in zip(splits, run_tasks(tasks), strict=True):
        predicted[test] = values
        gain += share / len(splits)
    return predicted, gain


@dataclass(frozen=True)
class Surface:
    """Out-of-fold outcome means E[y | x, dose].

    Attributes:
        nodes: Doses at which the surface is known, ascending, shape (G,).
        at_nodes: Per unit and node, shape (n, G).
        own: At each unit's own dose, shape (n,).
        at_spike: At the spike, shape (n,); None if there is no spike.
    """

    nodes: np.ndarray
    at_nodes: np.ndarray
    own: np.ndarray
    at_spike: np.ndarray | None

    def mean_at(self, dose: np.ndarray) -> np.ndarray:
        """m(a): mean over all units at given doses beyond the spike, linear between nodes."""
        return np.asarray(np.interp(dose, self.nodes, self.at_nodes.mean(axis=0)))


def fit_surface(
    X: np.ndarray,
    t: np.ndarray,
    y: np.ndarray,
    spike: float | None,
    splits: Splits,
    seed: int,
) -> Surface:
    """The outcome given confounders and dose, out of fold, at every node for every unit.

    Args:
        X: Design matrix, shape (n, p).
        t: Dose, shape (n,).
        y: Outcome, shape (n,).
        spike: Dose that is a level of its own, or None.
        splits: Training and held-out rows per fold.
        seed: Seed of the learner's draws.
    """
    beyond = t if spike is None else t[t != spike]
    nodes = np.unique(np.quantile(beyond, np.linspace(0, 1, _NODES)))
    doses = nodes if spike is None else np.append(nodes, spike)

    def joined(rows: np.ndarray, dose: np.ndarray) -> np.ndarray:
        columns = [X[rows], dose[:, None]]
        if spike is not None:
            columns.append((dose == spike).astype(float)[:, None])
        return np.hstack(columns)

    tasks: list[Task] = []
    for fold, (train, test) in enumerate(splits):
        many = np.tile(test, len(doses) + 1)
        dose = np.concatenate([np.repeat(doses, len(test)), t[test]])
        args = (joined(train, t[train]), y[train], joined(many, dose), seed + fold, "linear")
        tasks.append((learners.boosted_outcome, args))
    found = np.empty((len(t), len(doses) + 1))
    for (_, test), (values, _) in zip(splits, run_tasks(tasks), strict=True):
        found[test] = values.reshape(len(doses) + 1, len(test)).T
    k = len(nodes)
    return Surface(nodes, found[:, :k], found[:, -1], None if spike is None else found[:, k])


@dataclass(frozen=True)
class Curve:
    """Dose–response curve with pointwise intervals.

    Attributes:
        dose: Shape (k,); the spike first, if there is one.
        is_spike: Which of them is the spike, shape (k,).
        estimate: Mean outcome had every unit got that dose, shape (k,).
        stderr: Pointwise, shape (k,).
        bandwidth: Of the local linear regression, in units of the dose.
    """

    dose: np.ndarray
    is_spike: np.ndarray
    estimate: np.ndarray
    stderr: np.ndarray
    bandwidth: float


def dose_response(
    y: np.ndarray,
    t: np.ndarray,
    weights: np.ndarray,
    surface: Surface,
    spike: float | None,
    p_spike: np.ndarray | None,
) -> Curve:
    """The doubly robust curve between the 5th and 95th percentile of the dose.

    Args:
        y: Outcome, shape (n,).
        t: Dose, shape (n,).
        weights: f(t) / f(t | x) at each unit's own dose, shape (n,).
        surface: Outcome means.
        spike: Dose that is a level of its own, or None.
        p_spike: P(spike | x), clipped, shape (n,); None without a spike.

    Source: Kennedy, Ma, McHugh and Small (2017), JRSS B 79, theorem 3 for the variance; the
    spike: augmented inverse-propensity weighting of that level.
    """
    beyond = np.ones(len(t), dtype=bool) if spike is None else t != spike
    w = weights[beyond] / weights[beyond].mean()
    pseudo = w * (y[beyond] - surface.own[beyond]) + surface.mean_at(t[beyond])
    at = curve_points(t[beyond])
    h = choose_bandwidth(t[beyond], pseudo)
    estimate, stderr = _local_fits(t, beyond, pseudo, surface, at, h)
    is_spike = np.zeros(len(at), dtype=bool)
    if spike is not None and p_spike is not None and surface.at_spike is not None:
        theta, se = spike_mean(y, ~beyond, p_spike, surface.at_spike)
        at, is_spike = np.append(spike, at), np.append(True, is_spike)
        estimate, stderr = np.append(theta, estimate), np.append(se, stderr)
    return Curve(at, is_spike, estimate, stderr, h)


def spike_mean(
    y: np.ndarray, mine: np.ndarray, p: np.ndarray, g: np.ndarray
) -> tuple[float, float]:
    """Mean outcome had every unit got the spike's dose, and its standard error.

    Args:
        y: Outcome, shape (n,).
        mine: Mask of the units at the spike, shape (n,).
        p: P(spike | x), clipped, shape (n,).
        g: E[y | x, spike], shape (n,).
    """
    w = mine / p
    score = g + w / w.mean() * (y - g)
    return float(score.mean()), float(score.std() / np.sqrt(len(y)))


def curve_points(t: np.ndarray) -> np.ndarray:
    """Doses to show: equally spaced, or the very values where there are few."""
    low, high = np.quantile(t, [0.05, 0.95])
    values = np.unique(t)
    inside = values[(values >= low) & (values <= high)]
    if len(values) <= CURVE_POINTS + 1:
        return np.asarray(inside)
    return np.asarray(np.linspace(low, high, CURVE_POINTS))


def _fit_at(t: np.ndarray, a: float, h: float, degree: int, n: int) -> tuple[np.ndarray, ...]:
    """Kernel-weighted powers of the scaled distance, shape (degree + 1, len(t)), the powers
    themselves, and the inverse of their second moments over n units."""
    u = (t - a) / h
    powers = np.vander(u, degree + 1, increasing=True).T
    weighted = powers * np.exp(-0.5 * u * u)
    moments = weighted @ powers.T / n
    # A trace of ridge: a region with one value only has no slope.
    return weighted, powers, np.linalg.pinv(moments + 1e-10 * moments[0, 0] * np.eye(degree + 1))


def choose_bandwidth(t: np.ndarray, pseudo: np.ndarray) -> float:
    """Bandwidth of the least leave-one-out error of the local linear regression.

    Fits and leverages are computed on a grid and interpolated, as Kennedy et al. (2017) do.

    Args:
        t: Dose, shape (n,).
        pseudo: Pseudo-outcome, shape (n,).

    Returns:
        Bandwidth of the Gaussian kernel, in units of the dose.
    """
    rule = 1.06 * t.std() * len(t) ** -0.2
    values = np.unique(t)
    gap = float(np.median(np.diff(values))) if len(values) <= CURVE_POINTS + 1 else 0.0
    grid = np.quantile(t, np.linspace(0, 1, 40))
    grid = np.unique(grid)
    best, least = rule, np.inf
    for h in np.maximum(rule * np.geomspace(0.5, 4.0, _BANDWIDTHS), 0.5 * gap):
        fit, lever = np.empty(len(grid)), np.empty(len(grid))
        for i, a in enumerate(grid):
            weighted, _, inverse = _fit_at(t, float(a), float(h), 1, len(t))
            fit[i] = (inverse @ (weighted @ pseudo))[0] / len(t)
            lever[i] = inverse[0, 0] / len(t)
        left = 1 - np.clip(np.interp(t, grid, lever), 0, 0.9)
        error = float(np.mean(((pseudo - np.interp(t, grid, fit)) / left) ** 2))
        if error < least * (1 - 1e-9):
            best, least = float(h), error
    return float(best)


def _local_fits(
    t: np.ndarray,
    beyond: np.ndarray,
    pseudo: np.ndarray,
    surface: Surface,
    at: np.ndarray,
    h: float,
    degree: int = DEGREE,
) -> tuple[np.ndarray, np.ndarray]:
    """Local polynomial fits with sandwich standard errors that count that m(a) is a mean."""
    n, dose = len(t), t[beyond]
    centered = surface.at_nodes - surface.at_nodes.mean(axis=0)
    # Linear interpolation between nodes as weights: dose j lies at `left[j]` plus `part[j]`.
    left = np.clip(np.searchsorted(surface.nodes, dose, side="right") - 1, 0, None)
    left = np.minimum(left, max(0, len(surface.nodes) - 2))
    right = np.minimum(left + 1, len(surface.nodes) - 1)
    width = np.where(right > left, surface.nodes[right] - surface.nodes[left], 1.0)
    part = np.clip((dose - surface.nodes[left]) / width, 0, 1)
    estimate, stderr = np.empty(len(at)), np.empty(len(at))
    for i, a in enumerate(at):
        weighted, powers, inverse = _fit_at(dose, float(a), h, degree, n)
        beta = inverse @ (weighted @ pseudo) / n
        influence = np.zeros((degree + 1, n))
        influence[:, beyond] = weighted * (pseudo - beta @ powers)
        for row in range(degree + 1):
            share = np.bincount(left, weighted[row] * (1 - part), minlength=len(surface.nodes))
            share += np.bincount(right, weighted[row] * part, minlength=len(surface.nodes))
            influence[row] += centered @ share / n
        estimate[i] = beta[0]
        stderr[i] = (inverse @ influence)[0].std() / np.sqrt(n)
    return estimate, stderr
