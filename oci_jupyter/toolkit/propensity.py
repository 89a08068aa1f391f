"""The propensity: P(treated | confounders), out of fold.

`stack` mixes two boosters, with plain and with linear leaves, on the columns that matter; how
many trees and how much of each is chosen by the out-of-fold likelihood. `lean`, and any study
with a small arm, takes boosters on all columns, stopped early.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import learners
from .binned import binned_boost
from .crossfit import (
    SMALL_ARM,
    Learner,
    Splits,
    at_rows,
    columns_that_matter,
    run_tasks,
)

_BOTH_LEAVES: tuple[learners.Leaves, learners.Leaves] = ("constant", "linear")


@dataclass(frozen=True)
class Propensity:
    """Out-of-fold propensities.

    Attributes:
        raw: As the learner gave them, shape (n,).
        importance: Share of the gain per column of the design, shape (p,).
    """

    raw: np.ndarray
    importance: np.ndarray

    def take(self, rows: np.ndarray) -> Propensity:
        """Those of some rows."""
        return Propensity(self.raw[rows], self.importance)


def fit_propensity(
    X: np.ndarray,
    d: np.ndarray,
    splits: Splits,
    learner: Learner,
    seed: int,
    weights: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
) -> Propensity:
    """Out-of-fold P(treated | X).

    Args:
        X: Design matrix, shape (n, p).
        d: Treatment 0/1, shape (n,).
        splits: Folds from `draw_folds`.
        learner: `stack` mixes boosters with plain and with linear leaves, on the columns that
            matter; `lean` is one booster, stopped early.
        seed: Seed of the learners' draws.
        weights: Sampling weights, shape (n,), or None.
        clusters: Cluster numbers, shape (n,), or None; rows of a cluster stay together.
    """
    rare = int(min(d.sum(), len(d) - d.sum()))
    if learner == "lean" or rare < SMALL_ARM:
        # Few treated units decide little about stages; averages of several boosters do better.
        return _fit_lean_propensity(X, d, splits, seed, weights, clusters)

    def fold(k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        train, test = splits[k]
        w = at_rows(weights, train)
        gain = learners.treatment_gains(X[train], d[train], seed + k, w)
        columns = columns_that_matter(gain)
        A, B = X[np.ix_(train, columns)], X[np.ix_(test, columns)]
        big = len(d) > learners.MIDDLING
        plain, linear = (
            learners.staged_propensity(A, d[train], B, seed + k, leaves, big, w)
            for leaves in _BOTH_LEAVES
        )
        return plain, linear, gain

    done = run_tasks([(fold, (k,)) for k in range(len(splits))], "propensity")
    logits = []
    for at in (0, 1):
        path = np.empty((len(d), done[0][at].shape[1]))
        for (_, test), found in zip(splits, done, strict=True):
            path[test] = found[at]
        losses = [_log_loss(stage, d, weights) for stage in path.T]
        logits.append(path[:, int(np.argmin(losses))])
    raw = _mix_logits(logits[0], logits[1], d, weights)
    return Propensity(raw, np.mean([gain for _, _, gain in done], axis=0))


def _fit_lean_propensity(
    X: np.ndarray,
    d: np.ndarray,
    splits: Splits,
    seed: int,
    weights: np.ndarray | None,
    clusters: np.ndarray | None,
) -> Propensity:
    def fold(k: int) -> tuple[np.ndarray, np.ndarray]:
        train, test = splits[k]
        return learners.boosted_propensity(
            X[train], d[train], X[test], seed + k, at_rows(weights, train), at_rows(clusters, train)
        )

    if len(d) > learners.MIDDLING:
        done = binned_boost(X, d, splits, "binary", seed, weights, clusters)
    else:
        done = run_tasks([(fold, (k,)) for k in range(len(splits))], "propensity")
    raw = np.empty(len(d))
    for (_, test), (predicted, _gain) in zip(splits, done, strict=True):
        raw[test] = predicted
    return Propensity(raw, np.mean([gain for _, gain in done], axis=0))


def _log_loss(logit: np.ndarray, d: np.ndarray, weights: np.ndarray | None) -> float:
    return float(np.average(np.logaddexp(0, logit) - d * logit, weights=weights))


def _mix_logits(
    a: np.ndarray, b: np.ndarray, d: np.ndarray, weights: np.ndarray | None
) -> np.ndarray:
    """The convex combination of two logits with the highest likelihood, as a probability."""
    from scipy.optimize import minimize_scalar
    from scipy.special import expit

    found = minimize_scalar(
        lambda w: _log_loss(w * a + (1 - w) * b, d, weights), bounds=(0, 1), method="bounded"
    )
    return np.asarray(expit(found.x * a + (1 - found.x) * b))
