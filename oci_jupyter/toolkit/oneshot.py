"""What a one-shot answer would have said: the naive difference and a plain regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class OneShot:
    """A hasty estimate with its standard error and two-sided p-value."""

    method: str
    estimate: float
    stderr: float
    p_value: float


def _p(estimate: float, stderr: float) -> float:
    from scipy.stats import norm

    return float(2 * norm.sf(abs(estimate) / stderr)) if stderr > 0 else float("nan")


def naive_difference(y: np.ndarray, d: np.ndarray) -> OneShot:
    """Difference of the arms' means with Welch's standard error.

    Args:
        y: Outcome, shape (n,).
        d: Treatment 0/1, shape (n,).
    """
    a, b = y[d == 1], y[d == 0]
    estimate = float(a.mean() - b.mean())
    stderr = float(np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)))
    return OneShot("naive difference", estimate, stderr, _p(estimate, stderr))


def plain_regression(y: np.ndarray, d: np.ndarray, X: np.ndarray) -> OneShot:
    """Coefficient of the treatment in least squares on all confounders, HC1 standard error.

    Args:
        y: Outcome, shape (n,).
        d: Treatment 0/1, shape (n,).
        X: Encoded confounders, shape (n, p); collinear columns do no harm.

    Source: MacKinnon and White (1985), Journal of Econometrics 29 (HC1).
    """
    scale = X.std(axis=0)
    Z = (X[:, scale > 0] - X[:, scale > 0].mean(axis=0)) / scale[scale > 0]
    A = np.column_stack([np.ones_like(d), Z])
    basis, values, _ = np.linalg.svd(A, full_matrices=False)
    basis = basis[:, values > values[0] * 1e-10]
    # Frisch–Waugh–Lovell: both sides without what the confounders explain.
    d_left = d - basis @ (basis.T @ d)
    y_left = y - basis @ (basis.T @ y)
    square = float(d_left @ d_left)
    if square < 1e-10 * len(d):
        return OneShot("plain regression (OLS)", float("nan"), float("nan"), float("nan"))
    estimate = float(d_left @ y_left) / square
    residual = y_left - estimate * d_left
    n, k = len(y), basis.shape[1] + 1
    meat = float((d_left**2) @ (residual**2))
    stderr = float(np.sqrt(meat * n / max(1, n - k)) / square)
    return OneShot("plain regression (OLS)", estimate, stderr, _p(estimate, stderr))
