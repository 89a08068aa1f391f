"""Cross-fitted nuisances: the propensity and both outcome means, each out of fold.

Folds are stratified by treatment and drawn once per study. The folds are independent tasks
run through joblib; LightGBM releases the interpreter lock, so threads suffice, and each
model keeps to one thread, so that results do not depend on how many run at a time.

Outcome candidates (boosting with linear leaves, boosting with constant leaves and, with
`stack`, a penalized spline regression) are combined on their out-of-fold predictions
("short-stacking": Ahrens, Hansen, Schaffer and Wiemann 2024, "Model averaging and double
machine learning").
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from . import learners

Learner = Literal["boosting", "stack"]
Splits = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Propensity:
    """Out-of-fold propensities.

    Attributes:
        raw: As the learner gave them, shape (n,).
        importance: Share of the gain per column of the design, shape (p,).
    """

    raw: np.ndarray
    importance: np.ndarray


@dataclass(frozen=True)
class Outcome:
    """Out-of-fold outcome means without (g0) and with (g1) treatment, shape (n,)."""

    g0: np.ndarray
    g1: np.ndarray
    importance: np.ndarray


def draw_folds(d: np.ndarray, folds: int, seed: int) -> Splits:
    """Folds stratified by treatment: (training rows, held-out rows) per fold."""
    from sklearn.model_selection import StratifiedKFold

    splitter = StratifiedKFold(n_splits=folds, shuffle=True, random_state=seed)
    return [(train, test) for train, test in splitter.split(np.zeros((len(d), 1)), d)]


def _run(tasks: Sequence[tuple[Callable[..., Any], tuple[Any, ...]]]) -> list[Any]:
    from joblib import Parallel, delayed
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    jobs = max(1, min(len(tasks), os.cpu_count() or 1))
    # One thread each: on a busy machine threads that wait for each other cost minutes.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        parallel = Parallel(n_jobs=jobs, prefer="threads")
        return list(parallel(delayed(f)(*args) for f, args in tasks))


def fit_propensity(
    X: np.ndarray, d: np.ndarray, splits: Splits, learner: Learner, seed: int
) -> Propensity:
    """Out-of-fold P(treated | X).

    Args:
        X: Design matrix, shape (n, p).
        d: Treatment 0/1, shape (n,).
        splits: Folds from `draw_folds`.
        learner: `boosting`, or `stack` for boosting plus penalized logistic regression.
        seed: Seed of the learners' draws.
    """
    tasks: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (learners.boosted_propensity, (X[train], d[train], X[test], seed + k))
        for k, (train, test) in enumerate(splits)
    ]
    if learner == "stack":
        tasks += [
            (learners.penalized_propensity, (X[train], d[train], X[test], seed + k))
            for k, (train, test) in enumerate(splits)
        ]
    done = _run(tasks)
    boosted = np.empty(len(d))
    for (_, test), (predicted, _gain) in zip(splits, done, strict=False):
        boosted[test] = predicted
    importance = np.mean([gain for _, gain in done[: len(splits)]], axis=0)
    if learner == "boosting":
        return Propensity(boosted, importance)
    penalized = np.empty(len(d))
    for (_, test), predicted in zip(splits, done[len(splits) :], strict=True):
        penalized[test] = predicted
    return Propensity(_stack_logits([boosted, penalized], d), importance)


def fit_outcome(
    X: np.ndarray,
    d: np.ndarray,
    y: np.ndarray,
    splits: Splits,
    learner: Learner,
    seed: int,
) -> Outcome:
    """Out-of-fold E[y | X, d = 0] and E[y | X, d = 1] for every row.

    Args:
        X: Design matrix, shape (n, p).
        d: Treatment 0/1, shape (n,).
        y: Outcome, shape (n,); NaN rows are not trained on.
        splits: Folds from `draw_folds`.
        learner: `boosting`, or `stack` for boosting plus a penalized spline regression.
        seed: Seed of the learners' draws.
    """
    known = ~np.isnan(y)
    forms: list[learners.Leaves] = ["linear", "constant"]
    tasks: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
    slots: list[tuple[int, int | None, np.ndarray]] = []  # candidate, arm, held-out rows
    for k, (train, test) in enumerate(splits):
        usable = train[known[train]]
        for side in (0, 1):
            rows = usable[d[usable] == side]
            for i, leaves in enumerate(forms):
                args = (X[rows], y[rows], X[test], seed + k, leaves)
                tasks.append((learners.boosted_outcome, args))
                slots.append((i, side, test))
        if learner == "stack":
            both = (X[usable], d[usable], y[usable], X[test], seed + k)
            tasks.append((learners.penalized_outcome, both))
            slots.append((len(forms), None, test))
    candidates = np.empty((len(forms) + (learner == "stack"), 2, len(d)))
    importance = np.zeros(X.shape[1])
    for (i, arm, test), (first, second) in zip(slots, _run(tasks), strict=True):
        if arm is None:
            candidates[i, :, test] = np.column_stack([first, second])
        else:
            candidates[i, arm, test] = first
            importance += second
    means = []
    for side in (0, 1):
        rows = (d == side) & known
        weights = _nonnegative_weights(candidates[:, side, rows].T, y[rows])
        means.append(weights @ candidates[:, side])
    total = importance.sum()
    return Outcome(means[0], means[1], importance / total if total > 0 else importance)


def _nonnegative_weights(candidates: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Weights ≥ 0 with sum 1 that bring the candidates, shape (n, k), closest to the target."""
    from scipy.optimize import nnls

    center, scale = target.mean(), target.std()
    weights, _ = nnls((candidates - center) / (scale or 1), (target - center) / (scale or 1))
    total = weights.sum()
    k = candidates.shape[1]
    return np.asarray(weights / total) if total > 0 else np.full(k, 1 / k)


def _stack_logits(candidates: list[np.ndarray], d: np.ndarray) -> np.ndarray:
    """The convex combination of logits with the highest likelihood."""
    from scipy.optimize import minimize_scalar

    eps = 1e-6
    a, b = (np.log(p / (1 - p)) for p in (np.clip(c, eps, 1 - eps) for c in candidates))

    def loss(w: float) -> float:
        z = w * a + (1 - w) * b
        return float(np.mean(np.logaddexp(0, z) - d * z))

    w = minimize_scalar(loss, bounds=(0, 1), method="bounded").x
    return np.asarray(1 / (1 + np.exp(-(w * a + (1 - w) * b))))
