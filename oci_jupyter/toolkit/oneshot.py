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


def naive_difference(y: np.ndarray, d: np.ndarray, sampling: np.ndarray | None = None) -> OneShot:
    """Difference of the arms' means with Welch's standard error.

    Args:
        y: Outcome, shape (n,).
        d: Treatment 0/1, shape (n,).
        sampling: Sampling weights, shape (n,), or None.
    """
    if sampling is not None:
        means, squares = [], 0.0
        for arm in (1, 0):
            w = sampling[d == arm] / sampling[d == arm].sum()
            means.append(float(w @ y[d == arm]))
            squares += float(w**2 @ (y[d == arm] - means[-1]) ** 2)
        estimate, stderr = means[0] - means[1], float(np.sqrt(squares))
        return OneShot("naive difference", estimate, stderr, _p(estimate, stderr))
    a, b = y[d == 1], y[d == 0]
    estimate = float(a.mean() - b.mean())
    stderr = float(np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)))
    return OneShot("naive difference", estimate, stderr, _p(estimate, stderr))


def plain_regression(
    y: np.ndarray, d: np.ndarray, X: np.ndarray, sampling: np.ndarray | None = None
) -> OneShot:
    """Coefficient of the treatment in least squares on all confounders, HC1 standard error.

    Args:
        y: Outcome, shape (n,).
        d: Treatment 0/1, shape (n,).
        X: Encoded confounders, shape (n, p); collinear columns do no harm.
        sampling: Sampling weights, shape (n,), or None; least squares is then weighted.

    Source: MacKinnon and White (1985), Journal of Econometrics 29 (HC1).
    """
    scale = X.std(axis=0)
    varies = np.flatnonzero(scale > 0)
    A = np.ones((len(d), len(varies) + 1), order="F")
    A[:, 1:] = X[:, varies]
    A[:, 1:] -= A[:, 1:].mean(axis=0)
    A[:, 1:] /= scale[varies]
    if sampling is not None:
        root = np.sqrt(sampling / sampling.mean())
        A *= root[:, None]
        y, d = y * root, d * root
    # An orthonormal basis of the columns from their small Gram matrix: quick on many rows.
    values, vectors = np.linalg.eigh(A.T @ A)
    sound = values > values[-1] * 1e-12
    turn = vectors[:, sound] / np.sqrt(values[sound])
    # Frisch–Waugh–Lovell: both sides without what the confounders explain.
    sides = np.column_stack([d, y])
    left = sides - A @ (turn @ (turn.T @ (A.T @ sides)))
    d_left, y_left = left[:, 0], left[:, 1]
    square = float(d_left @ d_left)
    if square < 1e-10 * len(d):
        return OneShot("plain regression (OLS)", float("nan"), float("nan"), float("nan"))
    estimate = float(d_left @ y_left) / square
    residual = y_left - estimate * d_left
    n, k = len(y), int(sound.sum()) + 1
    meat = float((d_left**2) @ (residual**2))
    stderr = float(np.sqrt(meat * n / max(1, n - k)) / square)
    return OneShot("plain regression (OLS)", estimate, stderr, _p(estimate, stderr))
