"""Calibrated weights: inverse-propensity weights tilted until they balance what matters.

An estimated propensity balances the confounders only on average. Multiplying its weights by
exp(λ'c) with the smallest change (in Kullback–Leibler divergence) that makes the weighted
means of c meet those of the target population removes most of what is left, before the
outcome models are asked to correct it. A small ridge on λ keeps the problem solvable where
overlap is poor; balance is then approximate, and the balance diagnostic says how far.

Sources: Hainmueller (2012), "Entropy balancing for causal effects", Political Analysis 20;
Zhao (2019), "Covariate balancing propensity score by tailored loss functions", Annals of
Statistics 47; for the ridge, Wang and Zubizarreta (2020), Biometrika 107.
"""

from __future__ import annotations

import numpy as np

#: Ridges that are tried, the least first, in an arm of `_RIDGE_UNITS`; more in a smaller one,
#: whose means are noise to match exactly.
RIDGES = (1e-2, 1e-1)
_RIDGE_UNITS = 1000
#: This share of the effective sample size must be left after balancing.
_KEPT_SIZE = 0.2
#: At most so many means are balanced, squares of so many columns, cubes and products of fewer.
MAX_MEANS, MAX_SQUARES, MAX_PRODUCTS = 80, 20, 12
#: With more rows, models need less help, and cubes and products would cost more than they bring.
_MANY_ROWS = 20_000
#: With more rows than this, so many means and squares at most.
_HUGE_ROWS, _FEW_MEANS, _FEW_SQUARES = 100_000, 40, 8
_SURE_MEANS = 20
#: One constraint needs this many units of the smaller arm.
_UNITS_PER_CONSTRAINT = 10
_STEPS = 60


def balancing_functions(
    X: np.ndarray, g0: np.ndarray, g1: np.ndarray, strength: np.ndarray, n_small: int
) -> np.ndarray:
    """What the weights shall balance.

    In this order, as far as the smaller arm affords: both outcome means, the means of the
    columns, squares of the strongest, their products and cubes.

    Args:
        X: Design matrix, shape (n, p).
        g0: Out-of-fold outcome means without treatment, shape (n,).
        g1: The same with treatment, shape (n,).
        strength: Importance of each column for treatment and outcome together, shape (p,).
        n_small: Units in the smaller arm; it limits the number of functions.

    Returns:
        Standardized functions, shape (n, k), of columns clipped to ±4 SD.
    """
    room = max(2, n_small // _UNITS_PER_CONSTRAINT)
    order = np.argsort(-strength, kind="stable")
    means, n_squares = MAX_MEANS, MAX_SQUARES
    if len(X) > _HUGE_ROWS:
        means, n_squares = _FEW_MEANS, _FEW_SQUARES
    varies = [j for j in order if X[:, j].min() < X[:, j].max()]
    # Means come first: in a small arm they may take all the room.
    U = X[:, varies[: min(means, max(1, room // 2, min(_SURE_MEANS, room - 2)))]]
    U = (U - U.mean(axis=0)) / U.std(axis=0)
    np.clip(U, -4.0, 4.0, out=U)
    bends = [i for i in range(U.shape[1]) if len(np.unique(U[:1000, i])) > 2]
    more = [U[:, i] ** 2 for i in bends if i < n_squares]
    if len(X) <= _MANY_ROWS:
        few = range(min(MAX_PRODUCTS, U.shape[1]))
        more += [U[:, i] * U[:, j] for i in few for j in range(i)]
        more += [U[:, i] ** 3 for i in bends if i < MAX_PRODUCTS]
    C = np.column_stack([g0, g1, U, *more[: max(0, room - 2 - U.shape[1])]])
    spread = C.std(axis=0)
    if (spread <= 1e-12).any():
        C, spread = C[:, spread > 1e-12], spread[spread > 1e-12]
    C -= C.mean(axis=0)
    C /= spread
    return np.asarray(C)


def tilt(base: np.ndarray, C: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Weights near to `base` whose mean of C is the target's, as far as the data allow.

    With the least of `RIDGES` that leaves a fifth of the effective sample size. Where none
    does, an arm holds hardly anybody like the target, and balance would rest on a handful of
    units: `base` stays as it is, and the balance diagnostic says so.

    Args:
        base: Weights to start from, positive, shape (n,).
        C: Standardized functions, shape (n, k).
        target: Their means in the target population, shape (k,).

    Returns:
        Weights with sum 1, shape (n,).
    """
    share = base / base.sum()
    for ridge in RIDGES:
        w = _solve(share, C - target, ridge * max(1.0, _RIDGE_UNITS / len(base)))
        if (share**2).sum() >= _KEPT_SIZE * (w**2).sum():
            return w
    return np.asarray(share)


def _solve(base: np.ndarray, A: np.ndarray, ridge: float) -> np.ndarray:
    """Minimizes log Σ base·exp(λ'a) + ridge·|λ|²/2, which is convex.

    Newton's method with step halving.

    Returns:
        The weights, with sum 1, shape (n,).
    """
    log_base = np.log(base)
    at = np.zeros(A.shape[1])

    def value(point: np.ndarray) -> tuple[float, np.ndarray]:
        s = log_base + A @ point
        top = s.max()
        e = np.exp(s - top)
        total = e.sum()
        return float(top + np.log(total) + ridge / 2 * point @ point), e / total

    loss, w = value(at)
    for _ in range(_STEPS):
        mean = w @ A
        gradient = mean + ridge * at
        if np.abs(gradient).max() < 1e-8:
            break
        hessian = A.T @ (A * w[:, None]) - np.outer(mean, mean) + ridge * np.eye(len(at))
        step = np.linalg.solve(hessian, -gradient)
        length = 1.0
        while True:
            new_loss, new_w = value(at + length * step)
            if new_loss <= loss + 1e-4 * length * float(gradient @ step) or length < 1e-6:
                break
            length /= 2
        at, loss, w = at + length * step, new_loss, new_w
    return w
