"""Outcome means of both arms, each out of fold.

- `stack`: per arm, the non-negative combination of a hinge lasso and linear-leaf boosting that
  predicts the arm best out of fold ("short-stacking": Ahrens, Hansen, Schaffer and Wiemann
  2024, "Model averaging and double machine learning"). The lasso's penalty and the number of
  trees are chosen by the same out-of-fold errors, so no rows are lost to tuning. An arm of
  fewer than 500 units gets boosters of its own instead, with linear and with constant leaves:
  a model shared with a far larger arm would tell that arm's story.
- `lean`: one booster per arm, stopped early; for big or quick work. Up to 20,000 rows with
  linear leaves, beyond with many plain ones (see `binned`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from . import hinge, learners
from .binned import binned_boost
from .crossfit import (
    SMALL_ARM,
    Arms,
    Learner,
    Splits,
    at_rows,
    columns_that_matter,
    run_tasks,
)

_BOTH_LEAVES: tuple[learners.Leaves, learners.Leaves] = ("linear", "constant")
#: Trees of the quick fits behind benchmarks.
_QUICK_TREES = 40
#: Rows they need at most.
QUICK_ROWS = 10_000


@dataclass(frozen=True)
class Outcome:
    """Out-of-fold outcome means without (g0) and with (g1) treatment, shape (n,).

    Attributes:
        importance: Share of the gain per column of the design, shape (p,).
        members: Means (g0, g1) of the single learners, by name.
        mixture: Weight of each learner in the control and in the treated arm.
    """

    g0: np.ndarray
    g1: np.ndarray
    importance: np.ndarray
    members: dict[str, Arms] = field(default_factory=dict)
    mixture: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, rows: np.ndarray) -> Outcome:
        """Those of some rows."""
        members = {name: (a[rows], b[rows]) for name, (a, b) in self.members.items()}
        return Outcome(self.g0[rows], self.g1[rows], self.importance, members, self.mixture)


@dataclass(frozen=True)
class QuickFit:
    """Short out-of-fold fits on some of the rows.

    Attributes:
        e: Propensities, shape (m,).
        residual: Outcome less its mean in the unit's own arm, shape (m,).
    """

    e: np.ndarray
    residual: np.ndarray


def fit_outcome(
    X: np.ndarray,
    d: np.ndarray,
    y: np.ndarray,
    splits: Splits,
    learner: Learner,
    seed: int,
    weights: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
) -> Outcome:
    """Out-of-fold E[y | X, d = 0] and E[y | X, d = 1] for every row.

    Args:
        X: Design matrix, shape (n, p).
        d: Treatment 0/1, shape (n,).
        y: Outcome, shape (n,); NaN rows are not trained on.
        splits: Folds from `draw_folds`.
        learner: `stack` or `lean`.
        seed: Seed of the learners' draws.
        weights: Sampling weights, shape (n,), or None.
        clusters: Cluster numbers, shape (n,), or None; rows of a cluster stay together.
    """
    known = ~np.isnan(y)
    splits = [(train[known[train]], test) for train, test in splits]
    if learner == "lean":
        return _fit_lean(X, d, y, splits, seed, weights, clusters)
    return _fit_stack(X, d, y, splits, seed, weights, clusters)


def _boost_arm(
    X: np.ndarray,
    d: np.ndarray,
    y: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    arm: int,
    leaves: learners.Leaves,
    seed: int,
    weights: np.ndarray | None,
    clusters: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    """A booster of one arm's training rows: means of the test rows, gain shares."""
    rows = train[d[train] == arm]
    return learners.boosted_outcome(
        X[rows],
        y[rows],
        X[test],
        seed,
        leaves,
        at_rows(weights, rows),
        at_rows(clusters, rows),
    )


def _fit_lean(
    X: np.ndarray,
    d: np.ndarray,
    y: np.ndarray,
    splits: Splits,
    seed: int,
    weights: np.ndarray | None,
    clusters: np.ndarray | None,
) -> Outcome:
    def fold(k: int, arm: int) -> tuple[np.ndarray, np.ndarray]:
        train, test = splits[k]
        return _boost_arm(X, d, y, train, test, arm, "linear", seed + k, weights, clusters)

    slots = [(k, arm) for k in range(len(splits)) for arm in (0, 1)]
    if len(d) > learners.MIDDLING:
        views = [(splits[k][0][d[splits[k][0]] == arm], splits[k][1]) for k, arm in slots]
        done = binned_boost(X, y, views, "regression", seed, weights, clusters)
    else:
        done = run_tasks([(fold, slot) for slot in slots], "outcome models")
    low, high = np.nanmin(y), np.nanmax(y)
    means, importance = np.empty((2, len(d))), np.zeros(X.shape[1])
    for (k, arm), (predicted, gain) in zip(slots, done, strict=True):
        means[arm, splits[k][1]] = np.clip(predicted, low, high)
        importance += gain
    total = importance.sum()
    return Outcome(means[0], means[1], importance / total if total > 0 else importance)


def _fit_stack(
    X: np.ndarray,
    d: np.ndarray,
    y: np.ndarray,
    splits: Splits,
    seed: int,
    weights: np.ndarray | None,
    clusters: np.ndarray | None,
) -> Outcome:
    def fold(k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        train, test = splits[k]
        rng = np.random.default_rng(seed + k)
        gain = learners.outcome_gains(
            X[train], d[train], y[train], seed + k, at_rows(weights, train)
        )
        order = np.argsort(-gain, kind="stable")
        few = train
        if len(train) > hinge.MAX_ROWS:
            few = np.sort(rng.choice(train, hinge.MAX_ROWS, replace=False))
        lasso = hinge.hinge_path(X[few], d[few], y[few], X[test], order, at_rows(weights, few))
        columns = columns_that_matter(gain)
        boosted = learners.staged_outcome(
            X[np.ix_(train, columns)],
            d[train],
            y[train],
            X[np.ix_(test, columns)],
            seed + k,
            len(d) > learners.MIDDLING,
            at_rows(weights, train),
        )
        return np.stack(lasso), np.stack(boosted), gain

    done = run_tasks([(fold, (k,)) for k in range(len(splits))], "outcome models")
    known = ~np.isnan(y)
    members: dict[str, Arms] = {}
    for at, name in ((0, "hinge lasso"), (1, "linear-leaf boosting")):
        path = np.empty((2, len(d), done[0][at].shape[2]))
        for (_, test), found in zip(splits, done, strict=True):
            path[:, test] = found[at]
        members[name] = _best_stage(path, d, y, known, weights)
    for arm in (0, 1):
        if (d[known] == arm).sum() < SMALL_ARM:
            own = _fit_small_arm(X, d, y, splits, seed, weights, clusters, arm)
            for name, values in zip(members, own, strict=True):
                pair = list(members[name])
                pair[arm] = values
                members[name] = (pair[0], pair[1])
    means, mixture = [], {name: [0.0, 0.0] for name in members}
    for arm in (0, 1):
        rows = (d == arm) & known
        candidates = np.column_stack([m[arm] for m in members.values()])
        share = _nonnegative_weights(candidates[rows], y[rows], at_rows(weights, rows))
        means.append(candidates @ share)
        for name, value in zip(members, share, strict=True):
            mixture[name][arm] = float(value)
    return Outcome(
        means[0],
        means[1],
        np.mean([gain for _, _, gain in done], axis=0),
        members,
        {name: (a, b) for name, (a, b) in mixture.items()},
    )


def _fit_small_arm(
    X: np.ndarray,
    d: np.ndarray,
    y: np.ndarray,
    splits: Splits,
    seed: int,
    weights: np.ndarray | None,
    clusters: np.ndarray | None,
    arm: int,
) -> np.ndarray:
    """Means in one arm by boosters of its own, with linear and constant leaves, shape (2, n)."""

    def fold(k: int, leaves: learners.Leaves) -> np.ndarray:
        train, test = splits[k]
        return _boost_arm(X, d, y, train, test, arm, leaves, seed + k, weights, clusters)[0]

    slots = [(k, leaves) for k in range(len(splits)) for leaves in _BOTH_LEAVES]
    means = np.empty((2, len(d)))
    for (k, leaves), predicted in zip(
        slots, run_tasks([(fold, slot) for slot in slots], "outcome models"), strict=True
    ):
        means[int(leaves == "constant"), splits[k][1]] = predicted
    return means


def _best_stage(
    path: np.ndarray, d: np.ndarray, y: np.ndarray, known: np.ndarray, weights: np.ndarray | None
) -> Arms:
    """The stage of a path, shape (2, n, stages), with the least out-of-fold squared error."""
    w = np.ones(len(y)) if weights is None else weights
    loss = np.zeros(path.shape[2])
    for arm in (0, 1):
        rows = (d == arm) & known
        loss += w[rows] @ (path[arm, rows] - y[rows, None]) ** 2
    best = int(np.argmin(loss))
    return path[0, :, best], path[1, :, best]


def _nonnegative_weights(
    candidates: np.ndarray, target: np.ndarray, weights: np.ndarray | None
) -> np.ndarray:
    """Weights ≥ 0 with sum 1 that bring the candidates, shape (n, k), closest to the target."""
    from scipy.optimize import nnls

    root = np.ones(len(target)) if weights is None else np.sqrt(weights / weights.mean())
    center, scale = target.mean(), target.std() or 1.0
    found, _ = nnls((candidates - center) / scale * root[:, None], (target - center) / scale * root)
    total = found.sum()
    k = candidates.shape[1]
    return np.asarray(found / total) if total > 0 else np.full(k, 1 / k)


def quick_nuisances(
    X: np.ndarray, d: np.ndarray, y: np.ndarray, splits: Splits, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Short out-of-fold fits that are compared with each other only, for benchmarks.

    The caller passes a random part of big data: a ratio of errors needs no more.

    Args:
        X: Design matrix, shape (n, p).
        d: Treatment 0/1, shape (n,).
        y: Outcome, shape (n,), nothing missing.
        splits: Folds from `draw_folds`.
        seed: Seed of the learners' draws.

    Returns:
        Propensities, and the outcome's mean in each unit's own arm, shape (n,) each.
    """

    def fold(k: int) -> tuple[np.ndarray, np.ndarray]:
        train, test = splits[k]
        e = learners.quick_propensity(X[train], d[train], X[test], seed + k, _QUICK_TREES)
        g = learners.quick_outcome(X[train], d[train], y[train], X[test], seed + k, _QUICK_TREES)
        return e, np.where(d[test] == 1, g[:, 1], g[:, 0])

    e, own = np.empty(len(d)), np.empty(len(d))
    done = run_tasks([(fold, (k,)) for k in range(len(splits))], "outcome models")
    for (_, test), (some_e, some_g) in zip(splits, done, strict=True):
        e[test], own[test] = some_e, some_g
    return e, own
