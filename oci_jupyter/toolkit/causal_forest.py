"""Effects given the confounders, by a causal forest, and the average effects it implies.

The forest is EconML's `CausalForestDML` (Athey, Tibshirani and Wager 2019, "Generalized random
forests", Annals of Statistics 47(2)), fitted on the study's folds: nobody's predicted effect
was learned from his own outcome. Its nuisances are plain boosting and its own, not the
study's, so that its averages are a second opinion.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from oci_jupyter.contract import EstimandName

from .effects import clip_propensity
from .oneshot import OneShot

if TYPE_CHECKING:
    from .study_core import StudyCore

#: A multiple of the forest's bags of four trees.
N_TREES = 200
#: More rows than this are not trained on; all rows are predicted.
MAX_TRAINING_ROWS = 20_000
#: No tree sees more rows than this.
_MAX_TREE_ROWS = 2_500
#: With fewer units per arm a forest has nothing to split.
MIN_ARM = 50

_BOOSTER: dict[str, Any] = {
    "n_estimators": 80,
    "learning_rate": 0.06,
    "num_leaves": 8,
    "n_jobs": 1,
    "deterministic": True,
    "force_row_wise": True,
    "random_state": 0,
    "verbose": -1,
}


@dataclass(frozen=True)
class ForestFit:
    """What a cross-fitted causal forest says of every unit.

    Attributes:
        cate: Predicted effect, shape (n,), in units of the outcome.
        e: The forest's own propensity, shape (n,).
        m: Its own mean outcome given the confounders, shape (n,).
        fold: Number of the fold in which the unit was held out, shape (n,).
        importance: Share of the heterogeneity per column of the design, shape (p,).
        n_training: Rows that any of the forests could learn from.
    """

    cate: np.ndarray
    e: np.ndarray
    m: np.ndarray
    fold: np.ndarray
    importance: np.ndarray
    n_training: int


@dataclass(frozen=True)
class ForestEstimate(OneShot):
    """A forest's average effect.

    Attributes:
        name: ATE or ATT.
        note: How it was fitted, where that deserves a word; else empty.
    """

    name: EstimandName
    note: str


def boosters() -> tuple[Any, Any]:
    """An outcome and a treatment model of fixed length, on one thread."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    return LGBMRegressor(**_BOOSTER), LGBMClassifier(**_BOOSTER)


def fit_forest(X: np.ndarray, y: np.ndarray, d: np.ndarray, seed: int) -> Any:
    """A fitted `CausalForestDML` with honest trees.

    Args:
        X: Confounders, shape (n, p).
        y: Outcome, shape (n,).
        d: Treatment 0/1, shape (n,).
        seed: Seed of its draws.
    """
    from econml.dml import CausalForestDML

    outcome, treatment = boosters()
    forest = CausalForestDML(
        model_y=outcome,
        model_t=treatment,
        discrete_treatment=True,
        cv=3,
        n_estimators=N_TREES,
        min_samples_leaf=5 if len(y) <= 5_000 else 15,
        max_samples=min(0.45, _MAX_TREE_ROWS / len(y)),
        honest=True,
        # Intervals come from doubly robust scores, not from the forest's little bags.
        inference=False,
        drate=False,
        n_jobs=1,
        random_state=seed,
    )
    forest.fit(y, d.astype(int), X=X, inference=None)
    return forest


def cross_fitted_forest(study: StudyCore) -> ForestFit:
    """The study's causal forest, out of fold; fitted once.

    Args:
        study: The study.

    Returns:
        Predictions for all units, each by a forest that has not seen it.

    Source: Athey, Tibshirani and Wager (2019), Annals of Statistics 47(2).
    """
    return cast(ForestFit, study._once(("causal_forest",), lambda: _cross_fit(study)))


def _cross_fit(study: StudyCore) -> ForestFit:
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    s = study.sample
    X = np.ascontiguousarray(s.design.matrix)
    allowed = np.ones(s.n, dtype=bool)
    if s.n > MAX_TRAINING_ROWS:
        drawn = np.random.default_rng(study.seed).choice(s.n, MAX_TRAINING_ROWS, replace=False)
        allowed[:] = False
        allowed[drawn] = True
    cate, e, m = np.empty(s.n), np.empty(s.n), np.empty(s.n)
    fold, importance = np.empty(s.n, dtype=int), np.zeros(X.shape[1])
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        for k, (train, test) in enumerate(study.splits()):
            rows = np.sort(train[allowed[train]])
            forest = fit_forest(X[rows], s.y[rows], s.d[rows], study.seed + k)
            cate[test] = np.ravel(forest.effect(X[test]))
            # On all training rows: the forest's own nuisances saw two thirds of them.
            outcome, treatment = boosters()
            e[test] = treatment.fit(X[rows], s.d[rows].astype(int)).predict_proba(X[test])[:, 1]
            m[test] = outcome.fit(X[rows], s.y[rows]).predict(X[test])
            fold[test] = k
            importance += np.nan_to_num(np.ravel(forest.feature_importances_))
    total = importance.sum()
    return ForestFit(
        cate, e, m, fold, importance / total if total > 0 else importance, int(allowed.sum())
    )


def causal_forest_estimates(study: StudyCore) -> list[ForestEstimate]:
    """ATE and ATT by the causal forest, made doubly robust.

    With τ the predicted effect and m, e the forest's own nuisances, the outcome means are
    m − e·τ without and m + (1 − e)·τ with treatment. The ATE adds to the mean of τ the
    inverse-propensity-weighted residuals; the ATT adds to the mean of τ among the treated
    their residuals less those of the control units weighted by e / (1 − e).

    Args:
        study: The study.

    Returns:
        One entry for the ATE and one for the ATT; none where an arm has fewer than 50 units.

    Source: Athey and Wager (2019), "Estimating treatment effects with causal forests: an
    application", Observational Studies 5(2); `average_treatment_effect` of the R package grf.
    """
    s = study.sample
    if min(s.n_treated, s.n - s.n_treated) < MIN_ARM:
        return []
    fit = cross_fitted_forest(study)
    found: list[ForestEstimate] = []
    note = ""
    if fit.n_training < s.n:
        note = f"The causal forest learned from {fit.n_training:,} of {s.n:,} rows, at random."
    names: tuple[EstimandName, ...] = ("ATE", "ATT")
    for name in names:
        e = clip_propensity(name, fit.e, study.thresholds.clip)
        treated = s.d == 1
        residual = s.y - fit.m - (s.d - e) * fit.cate
        control_weight = 1 / (1 - e) if name == "ATE" else e / (1 - e)
        treated_weight = 1 / e if name == "ATE" else np.ones(s.n)
        weight = np.where(treated, treated_weight, -control_weight)
        # Weights of each arm sum to the population they stand for.
        size = s.n if name == "ATE" else s.n_treated
        for arm in (treated, ~treated):
            weight[arm] *= size / np.abs(weight[arm]).sum()
        inside = np.ones(s.n) if name == "ATE" else s.d
        estimate = float((inside * fit.cate + weight * residual).sum() / size)
        psi = (inside * (fit.cate - estimate) + weight * residual) * s.n / size
        stderr = float(psi.std(ddof=1) / np.sqrt(s.n))
        found.append(
            ForestEstimate(
                method="causal forest (EconML CausalForestDML)",
                estimate=estimate,
                stderr=stderr,
                p_value=_two_sided(estimate, stderr),
                name=name,
                note=note,
            )
        )
    return found


def _two_sided(estimate: float, stderr: float) -> float:
    from scipy.stats import norm

    return float(2 * norm.sf(abs(estimate) / stderr)) if stderr > 0 else float("nan")
