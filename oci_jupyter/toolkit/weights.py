"""The weights that make the arms alike, for each estimand, and how many units they leave."""

from __future__ import annotations

import numpy as np

from oci_jupyter.contract import EstimandName


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


def effective_size(weights: np.ndarray) -> float:
    """Kish's effective sample size, (Σw)² / Σw².

    Source: Kish (1965), Survey Sampling, section 11.7.
    """
    total = float((weights**2).sum())
    return float(weights.sum() ** 2 / total) if total > 0 else 0.0
