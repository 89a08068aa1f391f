"""The learners behind the nuisances: gradient boosting, and penalized regression on splines.

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
#: Training rows fall into this many parts; one decides how many trees are grown.
_PARTS = 7
#: Columns that a tree may always choose from.
_FEWEST_COLUMNS = 6
_PATIENCE = 50


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
    columns = X.shape[1]
    settings = {
        **_SHARED,
        **params,
        "seed": seed,
        # Half of the columns per tree, but never so few that interactions are lost.
        "feature_fraction": min(1.0, max(0.5, _FEWEST_COLUMNS / max(1, columns))),
    }
    names = [f"f{i}" for i in range(X.shape[1])]
    part = np.empty(len(target), dtype=int)
    order = np.lexsort((rng.random(len(target)), target))
    part[order] = np.arange(len(target)) % _PARTS
    predicted, gain = np.zeros(len(X_new)), np.zeros(X.shape[1])
    for bag in range(bags):
        held = part == bag
        train = lgb.Dataset(X[~held], target[~held], feature_name=names, params=settings)
        valid = lgb.Dataset(X[held], target[held], reference=train, params=settings)
        model = lgb.train(
            {**settings, "seed": seed + 1009 * bag},
            train,
            num_boost_round=trees,
            valid_sets=[valid],
            callbacks=[lgb.early_stopping(_PATIENCE, verbose=False)],
        )
        predicted += np.asarray(model.predict(X_new, num_threads=1)) / bags
        gain += np.asarray(model.feature_importance("gain"), dtype=float)
    return predicted, gain / gain.sum() if gain.sum() > 0 else gain


def _bags(n_rare: int) -> int:
    """Boosters to average: more where few units decide when to stop."""
    return 5 if n_rare < 500 else 3 if n_rare < 2000 else 1


def boosted_propensity(
    X: np.ndarray, d: np.ndarray, X_new: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """P(treated | X) by gradient-boosted trees.

    Returns:
        Probabilities for `X_new`, and the share of the gain each column brought.
    """
    params = {
        "objective": "binary",
        "num_leaves": 6,
        "learning_rate": 0.04,
        "min_data_in_leaf": _leaf(len(d)),
    }
    rare = int(min(d.sum(), len(d) - d.sum()))
    return _boost(params, X, d, X_new, seed, trees=1000, bags=_bags(rare))


def boosted_outcome(
    X: np.ndarray, y: np.ndarray, X_new: np.ndarray, seed: int, leaves: Leaves
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
        "learning_rate": 0.05,
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
        trees=1500,
        bags=_bags(len(y)),
    )
    return np.clip(center + scale * z, y.min(), y.max()), gain


def _leaf(n: int) -> int:
    """Fewest units in a leaf: 15, fewer only where an arm is small."""
    return int(np.clip(n // 10, 5, 15))


def _spline_basis(X: np.ndarray, X_new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns of a smooth additive basis, standardized on the training rows.

    Two-valued columns stay as they are; the others get a natural-looking cubic spline with
    knots at quantiles, constant beyond the data so that it cannot run away.
    """
    from sklearn.preprocessing import SplineTransformer

    many = np.array([len(np.unique(X[:, j])) > 5 for j in range(X.shape[1])], dtype=bool)
    blocks, blocks_new = [X], [X_new]
    if many.any():
        spline = SplineTransformer(
            n_knots=6, degree=3, knots="quantile", extrapolation="constant", include_bias=False
        )
        blocks.append(spline.fit_transform(X[:, many]))
        blocks_new.append(spline.transform(X_new[:, many]))
    B, B_new = np.hstack(blocks), np.hstack(blocks_new)
    varies = B.std(axis=0) > 1e-12
    scaler = Scaler.fit(B[:, varies])
    return scaler.apply(B[:, varies]), scaler.apply(B_new[:, varies])


def penalized_propensity(X: np.ndarray, d: np.ndarray, X_new: np.ndarray, seed: int) -> np.ndarray:
    """P(treated | X) by ridge-penalized logistic regression on a spline basis."""
    from sklearn.linear_model import LogisticRegressionCV

    B, B_new = _spline_basis(X, X_new)
    model = LogisticRegressionCV(
        Cs=np.logspace(-3, 1, 5), cv=3, scoring="neg_log_loss", max_iter=300
    )
    model.fit(B, d)
    return np.asarray(model.predict_proba(B_new)[:, 1])


def penalized_outcome(
    X: np.ndarray, d: np.ndarray, y: np.ndarray, X_new: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """E[outcome | X, arm] by a lasso on [B, (d − ½)·B, d], B a spline basis.

    One model for both arms: where an arm is nearly empty it borrows from the other.

    Returns:
        Predictions for `X_new` without and with treatment, limited to the range of `y`.
    """
    from sklearn.linear_model import LassoCV

    B, B_new = _spline_basis(X, X_new)
    half = (d - 0.5)[:, None]
    model = LassoCV(cv=4, alphas=25, eps=2e-3, max_iter=2000)
    model.fit(np.hstack([B, half * B, d[:, None]]), y)
    ones = np.ones((len(B_new), 1))
    g0 = model.predict(np.hstack([B_new, -0.5 * B_new, 0 * ones]))
    g1 = model.predict(np.hstack([B_new, 0.5 * B_new, ones]))
    return np.clip(g0, y.min(), y.max()), np.clip(g1, y.min(), y.max())
