"""The weights that make the arms alike, for each estimand, and how many units they leave."""

from __future__ import annotations

import numpy as np

from oci_jupyter.contract import EstimandName

from .calibrate import tilt


def arm_weights(name: EstimandName, d: np.ndarray, m: np.ndarray) -> np.ndarray:
    """Inverse-propensity (ATE), odds (ATT) or overlap weights (ATO), shape (n,).

    Args:
        name: ATE, ATT or ATO.
        d: Treatment 0/1, shape (n,).
        m: Clipped propensities, shape (n,).

    Source: Li, Morgan and Zaslavsky (2018), "Balancing covariates via propensity score
    weighting", JASA 113(521), table 1.
    """
    if name == "ATE":
        return np.where(d == 1, 1 / m, 1 / (1 - m))
    if name == "ATT":
        return np.where(d == 1, 1.0, m / (1 - m))
    return np.where(d == 1, 1 - m, m)


def target_weights(name: EstimandName, d: np.ndarray, m: np.ndarray) -> np.ndarray:
    """The population of an estimand, as weights on the units: all, the treated, e(1 − e)."""
    if name == "ATE":
        return np.ones(len(m))
    if name == "ATT":
        return np.asarray(d, dtype=float)
    return np.asarray(m * (1 - m))


def calibrated_weights(
    name: EstimandName,
    d: np.ndarray,
    m: np.ndarray,
    functions: np.ndarray | None,
    sampling: np.ndarray | None = None,
) -> np.ndarray:
    """Weights of both arms, each with sum 1, tilted to the estimand's target population.

    Args:
        name: ATE, ATT or ATO.
        d: Treatment 0/1, shape (n,).
        m: Clipped propensities, shape (n,).
        functions: What to balance, shape (n, k), from `calibrate.balancing_functions`; None
            leaves the propensity weights as they are.
        sampling: Sampling weights, shape (n,), or None.
    """
    s = np.ones_like(m) if sampling is None else sampling
    w = arm_weights(name, d, m) * s
    population = target_weights(name, d, m) * s
    out: np.ndarray = np.empty(len(w))
    for arm in (0, 1):
        rows = d == arm
        fixed = name == "ATT" and arm == 1  # the target population itself
        if functions is None or fixed:
            out[rows] = w[rows] / w[rows].sum()
        else:
            target = np.average(functions, axis=0, weights=population)
            out[rows] = tilt(w[rows], functions[rows], target)
    return out


def effective_size(weights: np.ndarray) -> float:
    """Kish's effective sample size, (Σw)² / Σw².

    Source: Kish (1965), Survey Sampling, section 11.7.
    """
    total = float((weights**2).sum())
    return float(weights.sum() ** 2 / total) if total > 0 else 0.0
