"""Effects in groups and along confounders, from doubly robust scores.

The score of a unit is its augmented inverse-propensity-weighted effect, from the study's own
out-of-fold nuisances. Its mean in any group is that group's average effect, and its
regression on anything is the best linear description of how the effect varies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .data import as_float, column_kind, level_text, settle_dtype
from .encode import Design
from .wording import number

if TYPE_CHECKING:
    from .study_core import StudyCore

#: Levels of a column that become groups of their own.
MAX_GROUPS = 8
#: Fewer units in a group, or in one of its arms, and no effect is given.
MIN_GROUP, MIN_GROUP_ARM = 20, 5
#: Numbers with at most this many values are grouped by value, the others by terciles.
_FEW_VALUES = 5


@dataclass(frozen=True)
class GroupEffect:
    """Average effect in one group, and how it differs from the reference group.

    Attributes:
        group: The group in words.
        n: Units in it.
        estimate: In outcome units.
        stderr: Standard error.
        difference: Effect less that of the reference; None for the reference itself.
        difference_stderr: Its standard error.
        p_value: Two-sided, of no difference, not adjusted.
    """

    group: str
    n: int
    estimate: float
    stderr: float
    difference: float | None = None
    difference_stderr: float | None = None
    p_value: float | None = None


@dataclass(frozen=True)
class Slope:
    """A coefficient of the best linear projection of the effect."""

    feature: str
    estimate: float
    stderr: float
    p_value: float


def doubly_robust_scores(study: StudyCore) -> np.ndarray:
    """Effect scores of all units, shape (n,), in outcome units; their mean estimates the ATE.

    ψ = g1 − g0 + d·(y − g1)/e − (1 − d)·(y − g0)/(1 − e), weights normalized per arm.

    Args:
        study: The study, whose nuisances are used; propensities are clipped as for the ATE.

    Source: Robins, Rotnitzky and Zhao (1994), JASA 89(427).
    """
    s, g, e = study.sample, study.outcome_means(), study.clipped("ATE")
    treated, control = s.d / e, (1 - s.d) / (1 - e)
    treated, control = treated / treated.mean(), control / control.mean()
    return np.asarray(g.g1 - g.g0 + treated * (s.y - g.g1) - control * (s.y - g.g0))


def holm(p_values: Sequence[float], total: int | None = None) -> list[float]:
    """Holm's adjusted p-values.

    Args:
        p_values: Unadjusted.
        total: Number of hypotheses they were picked from, if more than are given.

    Source: Holm (1979), Scandinavian Journal of Statistics 6(2).
    """
    m = max(total or 0, len(p_values))
    adjusted, floor = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(np.argsort(p_values, kind="stable")):
        floor = max(floor, min(1.0, (m - rank) * float(p_values[i])))
        adjusted[int(i)] = floor
    return adjusted


def two_sided(estimate: float, stderr: float) -> float:
    """p-value by the normal approximation; 1 where there is no spread."""
    from scipy.stats import norm

    return float(2 * norm.sf(abs(estimate) / stderr)) if stderr > 0 else 1.0


def quintiles(cate: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Fifths of the predicted effect, 0 (smallest) to 4, ranked within folds, shape (n,).

    Each fold has a forest of its own, so that ranks across folds would compare forests.
    """
    fifth = np.empty(len(cate), dtype=int)
    for k in np.unique(fold):
        rows = np.flatnonzero(fold == k)
        order = np.argsort(cate[rows], kind="stable")
        fifth[rows[order]] = np.arange(len(rows)) * 5 // len(rows)
    return fifth


def effects_by_group(
    scores: np.ndarray, d: np.ndarray, codes: np.ndarray, names: Sequence[str], reference: int = 0
) -> list[GroupEffect]:
    """Average effect per group, each compared with one of them.

    Args:
        scores: Doubly robust scores, shape (n,).
        d: Treatment 0/1, shape (n,).
        codes: Number of each unit's group, shape (n,); -1 is in none.
        names: What the groups are called.
        reference: The group that the others are compared with.

    Returns:
        The groups with units enough in both arms.

    Source: Chernozhukov, Demirer, Duflo and Fernández-Val (2018), NBER working paper 24678.
    """
    kept = []
    for i in range(len(names)):
        inside = codes == i
        arms = min(int(d[inside].sum()), int((1 - d[inside]).sum()))
        if inside.sum() >= MIN_GROUP and arms >= MIN_GROUP_ARM:
            kept.append(i)
    if reference not in kept and kept:
        reference = kept[0]
    found = {}
    for i in kept:
        values = scores[codes == i]
        found[i] = (float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))
    rows = []
    for i in kept:
        estimate, stderr = found[i]
        n = int((codes == i).sum())
        if i == reference:
            rows.append(GroupEffect(names[i], n, estimate, stderr))
            continue
        gap = estimate - found[reference][0]
        gap_stderr = float(np.hypot(stderr, found[reference][1]))
        p = two_sided(gap, gap_stderr)
        rows.append(GroupEffect(names[i], n, estimate, stderr, gap, gap_stderr, p))
    return rows


def grouping(name: str, column: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Groups that a column makes: its levels, or terciles of a number with many values.

    Args:
        name: The column's name, for the groups' names.
        column: Its values, n rows.

    Returns:
        Group numbers, shape (n,), and the names; missing values are a group.
    """
    column = settle_dtype(column)
    missing = column.isna().to_numpy()
    codes = np.full(len(column), -1)
    names: list[str] = []
    if column_kind(column) in ("integer", "number", "datetime", "boolean"):
        values = as_float(column)
        distinct = np.unique(values[~missing])
        if len(distinct) > _FEW_VALUES:
            cuts = np.quantile(values[~missing], [1 / 3, 2 / 3])
            codes[~missing] = np.searchsorted(cuts, values[~missing], side="left")
            words = [_bound(column, c) for c in cuts]
            names = [
                f"{name} at most {words[0]}",
                f"{name} above {words[0]} to {words[1]}",
                f"{name} above {words[1]}",
            ]
        else:
            codes[~missing] = np.searchsorted(distinct, values[~missing])
            names = [f"{name} = {_bound(column, v)}" for v in distinct]
    else:
        texts = np.array([level_text(v) for v in column.to_numpy(dtype=object)], dtype=object)
        levels, counts = np.unique(texts[~missing].astype(str), return_counts=True)
        top = sorted(range(len(levels)), key=lambda i: (-counts[i], levels[i]))[:MAX_GROUPS]
        for i, level in enumerate(top):
            codes[~missing & (texts == levels[level])] = i
            names.append(f"{name} = {levels[level]}")
        if len(levels) > len(top):
            codes[~missing & (codes < 0)] = len(names)
            names.append(f"{name} = (other)")
    if missing.any():
        codes[missing] = len(names)
        names.append(f"{name} missing")
    return codes, names


def _bound(column: pd.Series, value: float) -> str:
    kind = column_kind(column)
    if kind == "boolean":
        return str(bool(value))
    if kind == "datetime" and pd.api.types.is_datetime64_any_dtype(column.dtype):
        return str((pd.Timestamp("1970-01-01") + pd.Timedelta(days=value)).date())
    return f"{value:g}" if float(value).is_integer() else number(value)


def linear_projection(
    scores: np.ndarray, design: Design, importance: np.ndarray, count: int
) -> list[Slope]:
    """Best linear projection of the effect on the confounders that matter most to it.

    Args:
        scores: Doubly robust scores, shape (n,).
        design: Encoded confounders.
        importance: How much each column matters to the effect, shape (p,).
        count: How many columns to project on.

    Returns:
        Coefficients, each with the others held fixed: per standard deviation of a number,
        for a level against the rest; HC1 standard errors, p adjusted by Holm for all columns
        that could have been picked.

    Source: Semenova and Chernozhukov (2021), Econometrics Journal 24(2).
    """
    X = design.matrix
    order = sorted(range(X.shape[1]), key=lambda j: (-importance[j], j))
    picked: list[int] = []
    for j in order:
        if len(picked) == count or X[:, j].std() == 0:
            continue
        trial = [*picked, j]
        Z = X[:, trial] - X[:, trial].mean(axis=0)
        # A column that the others already tell would make the coefficients meaningless.
        if np.linalg.matrix_rank(Z / X[:, trial].std(axis=0), tol=1e-6 * len(Z)) == len(trial):
            picked = trial
    if not picked:
        return []
    number_like = np.array([design.features[j].kind == "number" for j in picked])
    scale = np.where(number_like, X[:, picked].std(axis=0), 1.0)
    A = np.column_stack([np.ones(len(X)), (X[:, picked] - X[:, picked].mean(axis=0)) / scale])
    coefficients, covariance = ols_hc1(A, scores)
    errors = np.sqrt(np.diag(covariance))[1:]
    raw = [two_sided(b, se) for b, se in zip(coefficients[1:], errors, strict=True)]
    adjusted = holm(raw, total=X.shape[1])
    return [
        Slope(
            f"{design.features[j].label}{' (per SD)' if many else ''}",
            float(b),
            float(se),
            p,
        )
        for j, many, b, se, p in zip(
            picked, number_like, coefficients[1:], errors, adjusted, strict=True
        )
    ]


def ols_hc1(A: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least-squares coefficients and their HC1 covariance.

    Args:
        A: Regressors with the constant, shape (n, k), of full rank.
        y: Response, shape (n,).

    Returns:
        Coefficients, shape (k,), and covariance, shape (k, k).

    Source: MacKinnon and White (1985), Journal of Econometrics 29 (HC1).
    """
    bread = np.linalg.pinv(A.T @ A)
    coefficients = bread @ (A.T @ y)
    residual = y - A @ coefficients
    meat = (A * residual[:, None] ** 2).T @ A
    n, k = A.shape
    return coefficients, bread @ meat @ bread * n / max(1, n - k)
