"""Confounders that give the treatment away: one column that ranks the treated almost perfectly."""

from __future__ import annotations

import numpy as np

from oci_jupyter.contract import Finding

from .screen_data import Column, Screened
from .wording import percent

#: A single confounder that ranks the treated like this settles the treatment.
_SETTLES = 0.985


def single_auc(column: Column, d: np.ndarray) -> float:
    """How well one column ranks the treated, 0.5 to 1; categories and gaps by share treated."""
    from scipy.stats import rankdata

    if column.numbers is not None:
        x = column.numbers
        missing = np.isnan(x)
        if missing.any():
            end = np.nanmin(x) - 1 if not missing.all() else 0.0
            score = np.where(missing, end, x)
            other = np.where(missing, np.nanmax(x) + 1 if not missing.all() else 0.0, x)
            return max(_auc(rankdata(score), d), _auc(rankdata(other), d))
        return _auc(rankdata(x), d)
    if not column.features.shape[1]:
        return 0.5
    codes = column.values.astype(object).where(column.values.notna(), "").map(str)
    shares = codes.map(dict(zip(*_level_shares(codes.to_numpy(), d), strict=True)))
    return _auc(rankdata(shares.to_numpy(dtype=float)), d)


def _level_shares(codes: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    levels, at = np.unique(codes.astype(str), return_inverse=True)
    counts = np.bincount(at)
    return levels, (np.bincount(at, weights=d) + d.mean()) / (counts + 1)


def _auc(ranks: np.ndarray, d: np.ndarray) -> float:
    n1 = d.sum()
    n0 = len(d) - n1
    if not n1 or not n0:
        return 0.5
    auc = (ranks[d == 1].sum() - n1 * (n1 + 1) / 2) / (n1 * n0)
    return float(max(auc, 1 - auc))


def treatment_leak(data: Screened, column: Column) -> Finding | None:
    """The finding about one confounder, or none."""
    auc = single_auc(column, data.d)
    if auc <= _SETTLES:
        return None
    name, d = column.name, data.study.roles.treatment
    return Finding(
        code="treatment_leak",
        severity="serious",
        title=f"Confounder `{name}` gives the treatment away",
        text=f"`{name}` alone tells treated from control units in {percent(auc)} of pairs: it "
        f"records `{d}`, follows from it, or decides it. Given `{name}` nobody could have gone "
        "either way, so overlap fails.",
        fix=f"If `{name}` follows from the treatment, take it out of the confounders; if it "
        "decides who is treated, consider a regression discontinuity design.",
        columns=[name],
    )
