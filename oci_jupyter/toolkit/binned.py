"""Boosting on big data: the columns are binned once, folds and arms are views of the bins.

Every tree sees a random part of the rows. With hundreds of thousands of rows more of them per
tree cost time and say nothing new, and copies of the design matrix would cost memory.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from .crossfit import Splits, run_tasks

#: Rows that a tree sees, about; and trees at most.
_ROWS_PER_TREE = 60_000
_TREES = 400
_PATIENCE = 30
#: One row in this many decides how many trees are grown.
_HELD_OUT = 10


def binned_boost(
    X: np.ndarray,
    target: np.ndarray,
    slots: Splits,
    objective: Literal["binary", "regression"],
    seed: int,
    weights: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Boosters of plain leaves, one per slot.

    Args:
        X: Design matrix, shape (n, p).
        target: What to predict, shape (n,); NaN where it must not be learned from.
        slots: Rows to learn from and rows to predict, per booster.
        objective: `binary` or `regression`.
        seed: Seed of the draws.
        weights: Sampling weights, shape (n,), or None.
        clusters: Cluster numbers, shape (n,), or None; a cluster is never divided.

    Returns:
        Per slot the predictions and the share of the gain per column.
    """
    import lightgbm as lgb

    shared: dict[str, Any] = {
        "objective": objective,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
        "num_leaves": 16 if objective == "binary" else 32,
        "learning_rate": 0.1,
        "min_data_in_leaf": 50,
        "feature_fraction": 0.5,
        "bagging_freq": 1,
    }
    if objective == "regression":
        shared["lambda_l2"] = 1.0
    full = lgb.Dataset(
        X, np.nan_to_num(target), weight=weights, params=shared, free_raw_data=True
    ).construct()

    def one(k: int) -> tuple[np.ndarray, np.ndarray]:
        rows, new = slots[k]
        rng = np.random.default_rng(seed + k)
        if clusters is None:
            # Within the order of the target, so that a rare level is on both sides.
            held = np.empty(len(rows), dtype=bool)
            order = np.lexsort((rng.random(len(rows)), target[rows]))
            held[order] = np.arange(len(rows)) % _HELD_OUT == 0
        else:
            ids, own = np.unique(clusters[rows], return_inverse=True)
            held = (rng.permutation(len(ids)) % _HELD_OUT == 0)[own]
        kept = rows[~held]
        params = {
            **shared,
            "seed": seed + k,
            "bagging_fraction": min(0.8, _ROWS_PER_TREE / len(kept)),
        }
        train, valid = (full.subset(list(np.sort(r))) for r in (kept, rows[held]))
        model = lgb.train(
            params,
            train,
            num_boost_round=_TREES,
            valid_sets=[valid],
            callbacks=[lgb.early_stopping(_PATIENCE, verbose=False)],
            keep_training_booster=True,
        )
        predicted = np.asarray(model.predict(X[new], num_threads=1))
        gain = np.asarray(model.feature_importance("gain"), dtype=float)
        return predicted, gain / gain.sum() if gain.sum() > 0 else gain

    what = "propensity" if objective == "binary" else "outcome models"
    return run_tasks([(one, (k,)) for k in range(len(slots))], what)
