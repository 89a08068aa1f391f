"""The boosters behind the nuisances; the other learner, the hinge lasso, is in `hinge`.

Every function fits on training rows and predicts other rows; none keeps state. Inputs are
standardized and clipped to ±4 SD of the training rows, so that linear leaves cannot
extrapolate; outcome predictions are limited to the range seen in training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Leaves = Literal["linear", "constant"]

#: Settings every booster shares: one thread, so that results do not depend on the machine.
_SHARED: dict[str, Any] = {
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
    "bagging_freq": 1,
    "bagging_fraction": 0.8,
}
#: Otherwise LightGBM writes every model to text and reads it back.
_KEEP: dict[str, Any] = {"keep_training_booster": True}
#: Training rows fall into this many parts; one decides how many trees are grown.
_PARTS = 7
#: Columns that a tree may always choose from.
_FEWEST_COLUMNS = 6
_PATIENCE = 50
#: Up to this many rows boosters take short steps; beyond, longer ones say as much.
MIDDLING = 20_000
_RANKING_TREES = 150


@dataclass(frozen=True)
class Scaler:
    """Standardization learned on training rows, clipped to ±4 SD."""

    center: np.ndarray
    scale: np.ndarray

    @staticmethod
    def fit(X: np.ndarray) -> Scaler:
        scale = X.std(axis=0)
        return Scaler(X.mean(axis=0), np.where(scale > 0, scale, 1.0))

    def apply(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(np.clip((X - self.center) / self.scale, -4.0, 4.0))


def _boost(
    params: dict[str, Any],
    X: np.ndarray,
    target: np.ndarray,
    X_new: np.ndarray,
    seed: int,
    trees: int,
    bags: int,
    weights: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean prediction of boosters, each stopped early on another 1/7 of the rows.

    The hold-outs are drawn within the order of the target, so that a rare level is on both
    sides. LightGBM keeps its number of threads in one global: every call here says 1,
    otherwise concurrent predictions of linear trees crash.

    Returns:
        Predictions for `X_new` and the share of the gain each column brought.
    """
    import lightgbm as lgb

    rng = np.random.default_rng(seed)
    settings = {**_SHARED, **params, "seed": seed, "feature_fraction": _half_of_columns(X.shape[1])}
    names = [f"f{i}" for i in range(X.shape[1])]
    part = np.empty(len(target), dtype=int)
    order = np.lexsort((rng.random(len(target)), target))
    part[order] = np.arange(len(target)) % _PARTS
    if clusters is not None:  # rows of a cluster know each other: all on one side
        ids, own = np.unique(clusters, return_inverse=True)
        part = (rng.permutation(len(ids)) % _PARTS)[own]
        bags = min(bags, len(ids))
    predicted, gain = np.zeros(len(X_new)), np.zeros(X.shape[1])
    for bag in range(bags):
        held = part == bag
        w = (None, None) if weights is None else (weights[~held], weights[held])
        train = lgb.Dataset(
            X[~held], target[~held], weight=w[0], feature_name=names, params=settings
        )
        valid = lgb.Dataset(X[held], target[held], weight=w[1], reference=train, params=settings)
        model = lgb.train(
            {**settings, "seed": seed + 1009 * bag},
            train,
            num_boost_round=trees,
            valid_sets=[valid],
            callbacks=[lgb.early_stopping(_PATIENCE, verbose=False)],
            **_KEEP,
        )
        predicted += np.asarray(model.predict(X_new, num_threads=1)) / bags
        gain += np.asarray(model.feature_importance("gain"), dtype=float)
    return predicted, gain / gain.sum() if gain.sum() > 0 else gain


def _bags(n_rare: int) -> int:
    """Boosters to average: more where few units decide when to stop."""
    return 5 if n_rare < 500 else 3 if n_rare < 2000 else 1


def boosted_propensity(
    X: np.ndarray,
    d: np.ndarray,
    X_new: np.ndarray,
    seed: int,
    weights: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """P(treated | X) by gradient-boosted trees.

    Returns:
        Probabilities for `X_new`, and the share of the gain each column brought.
    """
    params = {
        "objective": "binary",
        "num_leaves": 6 if len(d) <= MIDDLING else 16,
        "learning_rate": 0.04 if len(d) <= MIDDLING else 0.1,
        "min_data_in_leaf": _leaf(len(d)),
    }
    rare = int(min(d.sum(), len(d) - d.sum()))
    trees = 1000 if len(d) <= MIDDLING else 400
    return _boost(
        params, X, d, X_new, seed, trees=trees, bags=_bags(rare), weights=weights, clusters=clusters
    )


def boosted_outcome(
    X: np.ndarray,
    y: np.ndarray,
    X_new: np.ndarray,
    seed: int,
    leaves: Leaves,
    weights: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """E[outcome | X] in one arm by boosted trees, with linear or with constant leaves.

    Linear leaves follow smooth trends with few trees; constant leaves cannot extrapolate.

    Returns:
        Predictions for `X_new`, limited to the range of `y`, and the gain shares.
    """
    scaler = Scaler.fit(X)
    center, scale = float(y.mean()), float(y.std())
    if scale == 0:
        return np.full(len(X_new), center), np.zeros(X.shape[1])
    params = {
        "objective": "regression",
        "num_leaves": 8,
        "learning_rate": 0.05 if len(y) <= MIDDLING else 0.1,
        "min_data_in_leaf": _leaf(len(y)),
        "lambda_l2": 1.0,
    }
    if leaves == "linear":
        params |= {"linear_tree": True, "linear_lambda": 1.0}
    z, gain = _boost(
        params,
        scaler.apply(X),
        (y - center) / scale,
        scaler.apply(X_new),
        seed,
        trees=1500 if len(y) <= MIDDLING else 400,
        bags=_bags(len(y)),
        weights=weights,
        clusters=clusters,
    )
    return np.clip(center + scale * z, y.min(), y.max()), gain


def _leaf(n: int) -> int:
    """Fewest units in a leaf: 15, fewer only where an arm is small."""
    return int(np.clip(n // 10, 5, 15))


def _train(
    params: dict[str, Any],
    X: np.ndarray,
    target: np.ndarray,
    trees: int,
    seed: int,
    weights: np.ndarray | None = None,
) -> Any:
    """A booster of so many trees; nothing is held out."""
    import lightgbm as lgb

    settings = {**_SHARED, "feature_fraction": 0.5, **params, "seed": seed}
    data = lgb.Dataset(X, target, weight=weights, params=settings)
    return lgb.train(settings, data, num_boost_round=trees, **_KEEP)


def _gain_shares(model: Any) -> np.ndarray:
    gain = np.asarray(model.feature_importance("gain"), dtype=float)
    return gain / gain.sum() if gain.sum() > 0 else gain


def _read_off(model: Any, X: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Raw predictions after each number of trees, shape (m, steps); every tree is read once."""
    read, total, before = np.empty((len(X), len(steps))), np.zeros(len(X)), 0
    for i, step in enumerate(steps):
        total += model.predict(
            X,
            raw_score=True,
            start_iteration=before,
            num_iteration=int(step) - before,
            num_threads=1,
        )
        read[:, i], before = total, int(step)
    return read


def _half_of_columns(columns: int) -> float:
    """Half of the columns per tree, but never so few that interactions are lost."""
    return min(1.0, max(0.5, _FEWEST_COLUMNS / max(1, columns)))


def outcome_gains(
    X: np.ndarray, d: np.ndarray, y: np.ndarray, seed: int, weights: np.ndarray | None = None
) -> np.ndarray:
    """How much each column matters for the outcome: its share of a short booster's gain.

    Args:
        X: Design matrix, shape (n, p).
        d: Treatment 0/1, shape (n,); it may take its own share, which is not reported.
        y: Outcome, shape (n,).
        seed: Seed of the draws.
        weights: Sampling weights, shape (n,), or None.
    """
    params = {"objective": "regression", "num_leaves": 8, "learning_rate": 0.08}
    model = _train(params, np.column_stack([X, d]), y, _RANKING_TREES, seed, weights)
    gain = _gain_shares(model)[:-1]
    return gain / gain.sum() if gain.sum() > 0 else gain


def treatment_gains(
    X: np.ndarray, d: np.ndarray, seed: int, weights: np.ndarray | None = None
) -> np.ndarray:
    """How much each column matters for the treatment: its share of a short booster's gain."""
    params = {
        "objective": "binary",
        "num_leaves": 6,
        "learning_rate": 0.06,
        "min_data_in_leaf": _leaf(len(d)),
    }
    return _gain_shares(_train(params, X, d, 80, seed, weights))


def staged_outcome(
    X: np.ndarray,
    d: np.ndarray,
    y: np.ndarray,
    X_new: np.ndarray,
    seed: int,
    big: bool,
    weights: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Means of both arms by linear-leaf boosting, read off at a growing number of trees.

    No rows are held out to stop early: the caller picks the stage by what the rows left out of
    the fold say.

    Args:
        X: Design matrix of the training rows, shape (n, p).
        d: Treatment 0/1, shape (n,).
        y: Outcome, shape (n,).
        X_new: Rows to predict, shape (m, p).
        seed: Seed of the draws.
        big: Whether the study is: fewer, longer steps then.
        weights: Sampling weights, shape (n,), or None.

    Returns:
        Means without and with treatment at each stage, shape (m, stages) each, limited
        to the range of `y`.
    """
    scaler = Scaler.fit(X)
    A, B = np.column_stack([scaler.apply(X), 2 * d - 1]), scaler.apply(X_new)
    center, scale = float(y.mean()), float(y.std()) or 1.0
    params = {
        "objective": "regression",
        "num_leaves": 8,
        "learning_rate": 0.1 if big else 0.05,
        "min_data_in_leaf": _leaf(len(y)),
        "lambda_l2": 1.0,
        "linear_tree": True,
        "linear_lambda": 1.0,
        "feature_fraction": _half_of_columns(A.shape[1]),
    }
    steps = np.unique(np.round(np.geomspace(20, 300 if big else 1200, 16)).astype(int))
    model = _train(params, A, (y - center) / scale, int(steps[-1]), seed, weights)
    m = len(B)
    both = np.vstack([np.column_stack([B, np.full(m, a)]) for a in (-1.0, 1.0)])
    read = np.clip(center + scale * _read_off(model, both, steps), y.min(), y.max())
    return read[:m], read[m:]


def staged_propensity(
    X: np.ndarray,
    d: np.ndarray,
    X_new: np.ndarray,
    seed: int,
    leaves: Leaves,
    big: bool,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Logits of P(treated | X), read off at a growing number of trees, shape (m, stages)."""
    scaler = Scaler.fit(X)
    params = {
        "objective": "binary",
        "num_leaves": 6,
        "learning_rate": 0.1 if big else 0.06,
        "min_data_in_leaf": _leaf(len(d)),
        "feature_fraction": _half_of_columns(X.shape[1]),
    }
    if leaves == "linear":
        params |= {"linear_tree": True, "linear_lambda": 1.0, "num_leaves": 4}
    steps = np.unique(np.round(np.geomspace(5, 200 if big else 400, 16)).astype(int))
    model = _train(params, scaler.apply(X), d, int(steps[-1]), seed, weights)
    return _read_off(model, scaler.apply(X_new), steps)


def quick_outcome(
    X: np.ndarray, d: np.ndarray, y: np.ndarray, X_new: np.ndarray, seed: int, trees: int
) -> np.ndarray:
    """Means of both arms by a short plain booster, shape (m, 2): for comparisons, not answers."""
    params = {
        "objective": "regression",
        "num_leaves": 16,
        "learning_rate": 0.2,
        "min_data_in_leaf": _leaf(len(y)),
    }
    model = _train(params, np.column_stack([X, d]), y, trees, seed)
    arms = [np.column_stack([X_new, np.full(len(X_new), a)]) for a in (0.0, 1.0)]
    return np.column_stack([model.predict(rows, num_threads=1) for rows in arms])


def quick_propensity(
    X: np.ndarray, d: np.ndarray, X_new: np.ndarray, seed: int, trees: int
) -> np.ndarray:
    """P(treated | X) by a short plain booster: for comparisons, not answers."""
    params = {
        "objective": "binary",
        "num_leaves": 6,
        "learning_rate": 0.2,
        "min_data_in_leaf": _leaf(len(d)),
    }
    return np.asarray(_train(params, X, d, trees, seed).predict(X_new, num_threads=1))
