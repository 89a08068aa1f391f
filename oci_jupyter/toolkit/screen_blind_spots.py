"""Blind spots: columns that go with treatment and outcome, and that nothing adjusts for.

What the confounders leave of the treatment, D − e(X), and of the outcome, Y − E[Y | X, D], is
regressed on what they leave of the column. Both tests are score tests that allow for unequal
variances; both must reject at one percent divided by the number of columns looked at, and both
associations must be large enough to matter. A column that passes is not proven to be a
confounder: a consequence of the treatment looks alike, which is for other checks and for a
person who knows when it was settled.

Source: partialling out as in Robinson (1988), Econometrica 56, and Chernozhukov et al. (2018);
the score test as in White (1980), Econometrica 48.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oci_jupyter.contract import Finding

from .screen_data import Column, Screened, orthonormal
from .wording import number, percent

#: Family-wise level of either test.
LEVEL = 0.01
#: Least share of the remaining variance of treatment, and of outcome, that matters.
LEAST = 0.0005
#: Least geometric mean of both: the bias is this many ratios of residual standard deviations.
LEAST_BOTH = 0.003


@dataclass(frozen=True)
class Association:
    """How a column goes with treatment and outcome beyond the confounders.

    Attributes:
        column: The column.
        r2_d: Share of the treatment's remaining variance it explains, adjusted.
        r2_y: The same of the outcome's, given the treatment too.
        p_d: p-value of the former.
        p_y: p-value of the latter.
        short: Partially linear estimate of the effect without the column.
        long: The same with it.
        stderr: Standard error of `short`.
    """

    column: Column
    r2_d: float
    r2_y: float
    p_d: float
    p_y: float
    short: float
    long: float
    stderr: float


def associations(data: Screened, columns: list[Column]) -> list[Association]:
    """Partial associations of columns that are not among the confounders.

    Args:
        data: Rows under the screen.
        columns: Which columns; identifiers and those the confounders determine are skipped.
    """
    r_d = data.residual(data.d - data.e)
    r_y = data.residual(data.y - data.own, data.d)
    v = data.residual(data.y - data.mean)
    short, stderr = _slope(r_d, v)
    spent = data.basis.shape[1]
    found = []
    for column in columns:
        Z = data.residual(column.features)
        if Z.shape[1]:
            Z = Z[:, (Z**2).mean(axis=0) > 1e-3]  # the rest is a function of the confounders
        if not Z.shape[1]:
            continue
        p_d, r2_d = score_test(Z, r_d, spent)
        p_y, r2_y = score_test(data.residual(column.features, data.d), r_y, spent + 1)
        long, _ = _slope(_rest(Z, r_d), _rest(Z, v))
        found.append(Association(column, r2_d, r2_y, p_d, p_y, short, long, stderr))
    return found


def score_test(Z: np.ndarray, r: np.ndarray, spent: int = 0) -> tuple[float, float]:
    """Does r go with the columns of Z? p-value and adjusted share of variance explained.

    Args:
        Z: Shape (m, k), residualized.
        r: Residual, shape (m,).
        spent: Degrees of freedom that were spent on the residuals.
    """
    from scipy.stats import chi2

    Q = orthonormal(Z)
    m, k = Q.shape
    total = float(r @ r)
    if not k or total <= 0 or m <= spent + k + 2:
        return 1.0, 0.0
    gradient = Q.T @ r
    variance = (Q * (r**2)[:, None]).T @ Q * (m / (m - spent - k))
    statistic = float(gradient @ np.linalg.pinv(variance, hermitian=True) @ gradient)
    share = float(gradient @ gradient) / total
    adjusted = 1 - (1 - share) * (m - spent - 1) / (m - spent - k - 1)
    return float(chi2.sf(statistic, k)), max(adjusted, 0.0)


def _slope(r: np.ndarray, v: np.ndarray) -> tuple[float, float]:
    """Least-squares slope of v on r through the origin, with its robust standard error."""
    power = float(r @ r)
    if power <= 0:
        return float("nan"), float("nan")
    slope = float(r @ v) / power
    return slope, float(np.sqrt(((v - slope * r) ** 2 * r**2).sum())) / power


def least_squares(y: np.ndarray, d: np.ndarray, X: np.ndarray) -> tuple[float, float]:
    """Coefficient of d in a regression of y on d and X, with its robust standard error."""
    base = orthonormal(np.column_stack([np.ones(len(d)), X]))
    return _slope(d - base @ (base.T @ d), y - base @ (base.T @ y))


def _rest(Z: np.ndarray, values: np.ndarray) -> np.ndarray:
    Q = orthonormal(Z)
    return np.asarray(values - Q @ (Q.T @ values))


def is_blind_spot(a: Association, n_tested: int) -> bool:
    """Both associations are beyond chance and large enough to matter."""
    limit = LEVEL / max(1, n_tested)
    beyond_chance = a.p_d < limit and a.p_y < limit
    strong = min(a.r2_d, a.r2_y) >= LEAST and np.sqrt(a.r2_d * a.r2_y) >= LEAST_BOTH
    return bool(beyond_chance and strong)


def blind_spot(data: Screened, a: Association) -> Finding:
    """The finding for one column."""
    roles = data.study.roles
    name, shift = a.column.name, a.long - a.short
    placebo = a.column.role == "placebo outcome"
    where = "is a placebo outcome but not a confounder" if placebo else "is not in the plan"
    of_se = abs(shift) / a.stderr if a.stderr > 0 else float("inf")
    return Finding(
        code="blind_spot",
        severity="concern",
        title=f"`{name}` goes with treatment and outcome and is not adjusted for",
        text=f"`{name}` {where}, yet beyond the confounders it explains {percent(a.r2_d)} of what "
        f"is left of `{roles.treatment}` and {percent(a.r2_y)} of what is left of "
        f"`{roles.outcome}`. With it, a partially linear estimate moves from {number(a.short)} to "
        f"{number(a.long)} ({of_se:.1f} standard errors).",
        fix=f"If `{name}` was settled before the treatment, add it to the confounders; if the "
        "treatment may have changed it, leave it out and say so in the plan.",
        columns=[name],
    )
