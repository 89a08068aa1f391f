"""The field's published pipeline, as a yardstick: cross-fitted XGBoost and AIPW.

One classifier for the propensity and one regressor on [X, z] for both outcome means per fold,
propensities kept off 0 and 1 by 0.001 only, normal intervals from the influence function, and
three placebo refits. Written anew from its description; nothing of ours is in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from ..contract import ContractError
from .meter import Meter

Score = Literal["ATE", "ATT"]
_HALF = 1.959963984540054


@dataclass(frozen=True)
class ReferenceSettings:
    """Settings of the pipeline; the defaults are the published ones.

    Attributes:
        folds: Cross-fitting folds.
        trees: Trees at most.
        max_depth: Depth of a tree.
        learning_rate: Step of boosting.
        subsample: Share of rows per tree.
        colsample: Share of columns per tree.
        patience: Rounds without improvement before boosting stops.
        holdout: Share of a training fold that decides when to stop.
        clip: Distance of propensities from 0 and 1.
        trim: Range of propensities that the trimmed ATE keeps.
        placebos: How many confounders stand in for the outcome, each with a refit.
        balance_columns: How many columns are checked for balance.
        threads: Threads of XGBoost; 0 means all cores.
        seed: Seed of folds and boosting.
    """

    folds: int = 5
    trees: int = 2000
    max_depth: int = 4
    learning_rate: float = 0.03
    subsample: float = 0.8
    colsample: float = 0.8
    patience: int = 50
    holdout: float = 0.2
    clip: float = 1e-3
    trim: tuple[float, float] = (0.1, 0.9)
    placebos: int = 3
    balance_columns: int = 10
    threads: int = 0
    seed: int = 7


@dataclass(frozen=True)
class Answer:
    """An estimate with its normal interval.

    Attributes:
        estimate: In units of the outcome.
        stderr: Standard error, same units.
        ci_lower: Lower end of the 95 % interval.
        ci_upper: Upper end.
        n: Rows it rests on.
    """

    estimate: float
    stderr: float
    ci_lower: float
    ci_upper: float
    n: int


@dataclass(frozen=True)
class ReferenceResult:
    """What the pipeline found.

    Attributes:
        ate: Effect over all rows.
        att: Effect over the treated.
        trimmed: Effect over the rows kept; None if one arm is empty there.
        kept: Rows with a propensity in the range, shape (n,), boolean.
        propensity: Out-of-fold, not clipped, shape (n,).
        balance: Largest |SMD| of the checked columns, for ATE, ATT and trimmed weights.
        placebos: Effect on each stand-in outcome, by column.
    """

    ate: Answer
    att: Answer
    trimmed: Answer | None
    kept: np.ndarray
    propensity: np.ndarray
    balance: dict[str, float]
    placebos: dict[str, Answer] = field(default_factory=dict)


def encode_frame(X: pd.DataFrame) -> pd.DataFrame:
    """Numbers as they are, categories as 0/1 columns; float32.

    Args:
        X: Covariates, n rows.
    """
    return pd.get_dummies(X, dtype=float).astype(np.float32)


def reference_analysis(
    X: pd.DataFrame,
    z: np.ndarray,
    y: np.ndarray,
    settings: ReferenceSettings | None = None,
    meter: Meter | None = None,
) -> ReferenceResult:
    """The whole analysis: four fits of all nuisances with three placebos.

    Args:
        X: Covariates, n rows; categories may be text.
        z: Treatment 0/1, shape (n,).
        y: Outcome, shape (n,).
        settings: The published ones by default.
        meter: Where to book the stages read (encoding), overlap (propensity), balance, estimate,
            sensitivity (placebo refits) and trim.

    Returns:
        Estimates with intervals and diagnostics.

    Raises:
        ContractError: `xgboost_missing`.
    """
    s = settings or ReferenceSettings()
    xgboost()
    meter = meter or Meter()
    z, y = np.asarray(z, dtype=float), np.asarray(y, dtype=float)
    with meter.stage("read"):
        frame = encode_frame(X)
        M = frame.to_numpy()
    with meter.stage("overlap"):
        e, gain_e = fit_propensity(M, z, s)
    with meter.stage("estimate"):
        g0, g1, gain_y = fit_outcome(M, z, y, s)
        ate = aipw(z, y, e, g0, g1, "ATE", s.clip)
        att = aipw(z, y, e, g0, g1, "ATT", s.clip)
    top = np.argsort(-(gain_e + gain_y), kind="stable")
    with meter.stage("balance"):
        checked = M[:, top[: s.balance_columns]].astype(float)
        balance = {
            "ATE": max_smd(checked, z, e, "ATE", s.clip),
            "ATT": max_smd(checked, z, e, "ATT", s.clip),
        }
    with meter.stage("trim"):
        kept = (e >= s.trim[0]) & (e <= s.trim[1])
        trimmed = None
        if 0 < z[kept].sum() < kept.sum():
            trimmed = aipw(z[kept], y[kept], e[kept], g0[kept], g1[kept], "ATE", s.clip)
            balance["trimmed ATE"] = max_smd(checked[kept], z[kept], e[kept], "ATE", s.clip)
    placebos: dict[str, Answer] = {}
    with meter.stage("sensitivity"):
        numeric = set(X.select_dtypes("number").columns)
        stand_ins = [j for j in top if frame.columns[j] in numeric][: s.placebos]
        for j in stand_ins:
            rest, stand_in = np.delete(M, j, axis=1), M[:, j].astype(float)
            e_j, _ = fit_propensity(rest, z, s)
            g0_j, g1_j, _ = fit_outcome(rest, z, stand_in, s)
            placebos[str(frame.columns[j])] = aipw(z, stand_in, e_j, g0_j, g1_j, "ATE", s.clip)
    return ReferenceResult(ate, att, trimmed, kept, e, balance, placebos)


def xgboost() -> Any:
    """The library.

    Raises:
        ContractError: `xgboost_missing`.
    """
    try:
        import xgboost as library
    except ImportError as error:
        raise ContractError.of(
            "xgboost_missing",
            "The package `xgboost`, which the method `reference` needs, is not installed.",
            "Install it with `pip install oci-jupyter[evals]`.",
            field="method",
            value="reference",
        ) from error
    return library


def fit_propensity(
    M: np.ndarray, z: np.ndarray, s: ReferenceSettings
) -> tuple[np.ndarray, np.ndarray]:
    """Out-of-fold P(z = 1 | X), shape (n,), and importance per column, shape (p,)."""
    e, importance = np.empty(len(z)), np.zeros(M.shape[1])
    for k, (train, test) in enumerate(_folds(z, s)):
        model = _fit(xgboost().XGBClassifier, M[train], z[train], z[train], s, k)
        e[test] = model.predict_proba(M[test])[:, 1]
        importance += model.feature_importances_ / s.folds
    return e, importance


def fit_outcome(
    M: np.ndarray, z: np.ndarray, y: np.ndarray, s: ReferenceSettings
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Out-of-fold E[y | X, z] for z = 0 and z = 1, shape (n,), and importance, shape (p,)."""
    g0, g1, importance = np.empty(len(z)), np.empty(len(z)), np.zeros(M.shape[1])
    both = np.column_stack([M, z.astype(np.float32)])
    for k, (train, test) in enumerate(_folds(z, s)):
        model = _fit(xgboost().XGBRegressor, both[train], y[train], None, s, k)
        rows = both[test].copy()
        for value, means in ((0, g0), (1, g1)):
            rows[:, -1] = value
            means[test] = model.predict(rows)
        importance += model.feature_importances_[:-1] / s.folds
    return g0, g1, importance


def aipw(
    z: np.ndarray,
    y: np.ndarray,
    e: np.ndarray,
    g0: np.ndarray,
    g1: np.ndarray,
    score: Score,
    clip: float = 1e-3,
) -> Answer:
    """Augmented inverse-propensity weighting with a normal interval.

    Args:
        z: Treatment 0/1, shape (n,).
        y: Outcome, shape (n,).
        e: Propensities, shape (n,).
        g0: Outcome means without treatment, shape (n,).
        g1: Outcome means with treatment, shape (n,).
        score: ATE or ATT.
        clip: Distance of propensities from 0 and 1.

    Source: Robins, Rotnitzky and Zhao (1994), "Estimation of regression coefficients when some
    regressors are not always observed", JASA 89.
    """
    e, n = np.clip(e, clip, 1 - clip), len(z)
    if score == "ATE":
        psi = g1 - g0 + z * (y - g1) / e - (1 - z) * (y - g0) / (1 - e)
        estimate = float(psi.mean())
        influence = psi - estimate
    else:
        share = z.mean()
        psi = (z - (1 - z) * e / (1 - e)) * (y - g0) / share
        estimate = float(psi.mean())
        influence = psi - z / share * estimate
    stderr = float(influence.std(ddof=1) / np.sqrt(n))
    return Answer(estimate, stderr, estimate - _HALF * stderr, estimate + _HALF * stderr, n)


def max_smd(M: np.ndarray, z: np.ndarray, e: np.ndarray, score: Score, clip: float) -> float:
    """Largest |standardized mean difference| of the columns after weighting.

    Args:
        M: Columns, shape (n, k).
        z: Treatment 0/1, shape (n,).
        e: Propensities, shape (n,).
        score: Whose weights: ATE or ATT.
        clip: Distance of propensities from 0 and 1.
    """
    e = np.clip(e, clip, 1 - clip)
    w = np.where(z == 1, 1 / e, 1 / (1 - e)) if score == "ATE" else np.where(z == 1, 1, e / (1 - e))
    treated, control = z == 1, z == 0
    gap = np.average(M[treated], axis=0, weights=w[treated])
    gap = gap - np.average(M[control], axis=0, weights=w[control])
    scale = np.sqrt((M[treated].var(axis=0) + M[control].var(axis=0)) / 2)
    return float(np.abs(gap / np.where(scale > 0, scale, 1.0)).max())


def _folds(z: np.ndarray, s: ReferenceSettings) -> list[tuple[np.ndarray, np.ndarray]]:
    from sklearn.model_selection import StratifiedKFold

    splitter = StratifiedKFold(s.folds, shuffle=True, random_state=s.seed)
    return list(splitter.split(np.zeros((len(z), 1)), z))


def _fit(
    kind: Any,
    M: np.ndarray,
    target: np.ndarray,
    strata: np.ndarray | None,
    s: ReferenceSettings,
    fold: int,
) -> Any:
    from sklearn.model_selection import train_test_split

    seed = s.seed + fold
    train, held = train_test_split(
        np.arange(len(target)), test_size=s.holdout, random_state=seed, stratify=strata
    )
    model = kind(
        n_estimators=s.trees,
        max_depth=s.max_depth,
        learning_rate=s.learning_rate,
        subsample=s.subsample,
        colsample_bytree=s.colsample,
        early_stopping_rounds=s.patience,
        tree_method="hist",
        random_state=seed,
        n_jobs=s.threads or -1,
    )
    held_set = [(M[held], target[held])]
    model.fit(M[train], target[train], eval_set=held_set, verbose=False)
    return model
