"""Treatments with several levels: generalized propensities, potential outcomes, contrasts.

The generalized propensity e_k(x) = P(level k | x) is fitted one level against the rest, out of
fold, and normalized to sum one. The average potential outcome of level k has the efficient
score (Cattaneo 2010, "Efficient semiparametric estimation of multi-valued treatment effects
under ignorability", Journal of Econometrics 155)

    ψ_k = g_k(x) + 1{T = k}·(y − g_k(x)) / e_k(x) − θ_k,

with g_k(x) = E[y | x, T = k]; contrasts are differences of these scores, so that their
standard errors count what the levels share.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from . import learners
from .design_core import HALF, Splits, Task, run_tasks

#: Propensities never come nearer to 0 than this.
_FLOOR = 1e-6


def fit_level_propensities(
    X: np.ndarray, codes: np.ndarray, n_levels: int, splits: Splits, seed: int
) -> np.ndarray:
    """Out-of-fold generalized propensities.

    One against the rest rather than one multinomial model: the fit of a level then does not
    depend on what the levels are called.

    Args:
        X: Design matrix, shape (n, p).
        codes: Level of each unit, 0 to n_levels − 1, shape (n,).
        n_levels: Number of levels.
        splits: Training and held-out rows per fold.
        seed: Seed of the learner's draws.

    Returns:
        Shape (n, n_levels); rows sum to one.
    """
    tasks: list[Task] = []
    slots: list[tuple[int, np.ndarray]] = []
    for fold, (train, test) in enumerate(splits):
        for k in range(n_levels):
            is_k = (codes[train] == k).astype(float)
            tasks.append((learners.boosted_propensity, (X[train], is_k, X[test], seed + fold)))
            slots.append((k, test))
    raw = np.empty((len(codes), n_levels))
    for (k, test), (predicted, _) in zip(slots, run_tasks(tasks), strict=True):
        raw[test, k] = predicted
    return sharpen(np.maximum(raw, _FLOOR), codes)


def sharpen(raw: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Propensities ∝ raw^τ with the τ of the highest likelihood, between 0.5 and 2.

    Normalizing fits of one level against the rest leaves them too alike, or too far apart
    where they are overfitted; one number mends both.

    Args:
        raw: Positive fits, shape (n, K).
        codes: Level of each unit, shape (n,).

    Returns:
        Shape (n, K); rows sum to one.

    Source: Guo, Pleiss, Sun and Weinberger (2017), "On calibration of modern neural
    networks", ICML (temperature scaling).
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    z = np.log(raw)
    own = z[np.arange(len(codes)), codes.astype(int)]

    def loss(tau: float) -> float:
        return float(np.mean(logsumexp(tau * z, axis=1) - tau * own))

    tau = minimize_scalar(loss, bounds=(0.5, 2.0), method="bounded").x
    scaled = tau * z
    return np.asarray(np.exp(scaled - logsumexp(scaled, axis=1, keepdims=True)))


def fit_level_means(
    X: np.ndarray,
    codes: np.ndarray,
    y: np.ndarray,
    n_levels: int,
    splits: Splits,
    seed: int,
) -> np.ndarray:
    """Out-of-fold outcome means E[y | x, level].

    Args:
        X: Design matrix, shape (n, p).
        codes: Level of each unit, shape (n,).
        y: Outcome, shape (n,); NaN rows are not trained on.
        n_levels: Number of levels.
        splits: Training and held-out rows per fold.
        seed: Seed of the learner's draws.

    Returns:
        Shape (n, n_levels), in units of the outcome.
    """
    known = ~np.isnan(y)
    tasks: list[Task] = []
    slots: list[tuple[int, np.ndarray]] = []
    for fold, (train, test) in enumerate(splits):
        for k in range(n_levels):
            rows = train[known[train] & (codes[train] == k)]
            args = (X[rows], y[rows], X[test], seed + fold, "linear")
            tasks.append((learners.boosted_outcome, args))
            slots.append((k, test))
    means = np.empty((len(codes), n_levels))
    for (k, test), (predicted, _) in zip(slots, run_tasks(tasks), strict=True):
        means[test, k] = predicted
    return means


@dataclass(frozen=True)
class LevelEffects:
    """Average potential outcomes and contrasts to the reference level.

    Attributes:
        apo: Average potential outcome per level, shape (K,), in units of the outcome.
        apo_stderr: Their standard errors, shape (K,).
        contrast: Level minus reference, shape (K,); zero at the reference.
        contrast_stderr: Shape (K,); NaN at the reference.
        p_value: Two-sided, of no contrast, shape (K,); NaN at the reference.
        p_holm: The same adjusted for the K − 1 comparisons.
        model: The fitted DoubleML model.
    """

    apo: np.ndarray
    apo_stderr: np.ndarray
    contrast: np.ndarray
    contrast_stderr: np.ndarray
    p_value: np.ndarray
    p_holm: np.ndarray
    model: Any


def level_effects(
    y: np.ndarray, codes: np.ndarray, e: np.ndarray, g: np.ndarray, reference: int
) -> LevelEffects:
    """Average potential outcomes and contrasts, through DoubleML.

    Args:
        y: Outcome, shape (n,), no missing values.
        codes: Level of each unit, shape (n,); every level occurs.
        e: Clipped out-of-fold generalized propensities, shape (n, K).
        g: Out-of-fold outcome means, shape (n, K).
        reference: Code of the level the others are compared with.

    Returns:
        Estimates with standard errors; inverse-propensity weights are normalized per level.

    Source: Cattaneo (2010), Journal of Econometrics 155; Chernozhukov et al. (2018).
    """
    import doubleml as dml
    from doubleml.utils import DMLDummyClassifier, DMLDummyRegressor, PSProcessorConfig

    n_levels = e.shape[1]
    frame = pd.DataFrame({"y": y, "d": codes.astype(float), "x": np.zeros(len(y))})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = dml.DoubleMLAPOS(
            dml.DoubleMLData(frame, "y", "d", ["x"]),
            DMLDummyRegressor(),
            DMLDummyClassifier(),
            treatment_levels=[float(k) for k in range(n_levels)],
            n_folds=2,
            normalize_ipw=True,
            ps_processor_config=PSProcessorConfig(clipping_threshold=_FLOOR),
        )
        model.fit(
            external_predictions={
                float(k): {
                    "ml_g_d_lvl1": g[:, [k]],
                    "ml_g_d_lvl0": _mean_of_others(e, g, k)[:, None],
                    "ml_m": e[:, [k]],
                }
                for k in range(n_levels)
            }
        )
        found = model.causal_contrast([float(reference)])
    others = [k for k in range(n_levels) if k != reference]
    contrast, stderr, p_value, p_holm = (np.full(n_levels, np.nan) for _ in range(4))
    contrast[reference] = 0.0
    contrast[others], stderr[others], p_value[others] = found.thetas, found.ses, found.pvals
    p_holm[others] = holm(p_value[others])
    return LevelEffects(
        apo=np.asarray(model.coef),
        apo_stderr=np.asarray(model.se),
        contrast=contrast,
        contrast_stderr=stderr,
        p_value=p_value,
        p_holm=p_holm,
        model=model,
    )


def _mean_of_others(e: np.ndarray, g: np.ndarray, k: int) -> np.ndarray:
    """E[y | x, any level but k]; DoubleML asks for it for its sensitivity analysis."""
    rest = np.delete(e, k, axis=1)
    return np.asarray((rest * np.delete(g, k, axis=1)).sum(axis=1) / rest.sum(axis=1))


def holm(p: np.ndarray | Sequence[float]) -> np.ndarray:
    """p-values adjusted for all comparisons at once.

    Args:
        p: Unadjusted p-values, shape (k,).

    Returns:
        Adjusted ones in the same order.

    Source: Holm (1979), "A simple sequentially rejective multiple test procedure",
    Scandinavian Journal of Statistics 6.
    """
    p = np.asarray(p, dtype=float)
    order = np.argsort(p, kind="stable")
    steps = (len(p) - np.arange(len(p))) * p[order]
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted


def least_propensity(low: float, n_levels: int) -> float:
    """Generalized propensity below which a level is out of a unit's reach.

    Twice the binary limit divided by the number of levels, 0.2 / K by default: a fifth of an
    even share whatever K is (0.1 for two levels, 0.067 for three). A fixed 0.1 would be an
    even share of ten levels.

    Args:
        low: The binary limit (`Thresholds.propensity_low`).
        n_levels: Number of levels K.

    Source: Yoshida et al. (2019), "Multinomial extension of propensity score trimming
    methods", American Journal of Epidemiology 188(3), for 0.067 and the rule on the smallest
    propensity; Yang, Imbens, Cui, Faries and Kadziola (2016), "Propensity score matching and
    subclassification in observational studies with multi-level treatments", Biometrics 72,
    for why every level must be in reach of every unit.
    """
    return 2 * low / n_levels


def overlap_tilt(e: np.ndarray) -> np.ndarray:
    """Generalized overlap weight of each unit: 1 / Σ_k 1/e_k, up to scale.

    Args:
        e: Generalized propensities, shape (n, K).

    Returns:
        Shape (n,), mean one: large where all levels are in reach.

    Source: Li and Li (2019), "Propensity score weighting for causal inference with multiple
    treatments", Annals of Applied Statistics 13(4).
    """
    h = 1 / (1 / np.maximum(e, _FLOOR)).sum(axis=1)
    return np.asarray(h / h.mean())


def ci(estimate: float, stderr: float) -> tuple[float, float]:
    """95 % interval (normal approximation)."""
    return estimate - HALF * stderr, estimate + HALF * stderr
