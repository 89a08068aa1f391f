"""Faults of rows: copies, rows that belong together, outcomes missing in one arm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from oci_jupyter.contract import Finding

from .data import level_text, settle_dtype
from .encode import encode
from .screen_base import Base
from .screen_blind_spots import least_squares
from .screen_data import MAX_ROWS, Column, Screened
from .screen_words import names_group
from .wording import number, p_text, percent

#: Copies that are beyond chance: this many, and this share of the rows.
_FEWEST_COPIES, _SHARE_COPIES = 5, 0.004
#: Groups that are worth a look, and rows that share one with another.
_FEWEST_GROUPS, _LEAST_SHARED = 20, 0.15
#: How much clustering inflates the variance before it matters.
_DESIGN_EFFECT = 1.5


def duplicated_rows(data: Screened) -> list[Finding]:
    """Rows that agree in every column, beyond what chance can do.

    Legitimate data hold equal rows: zeros, heaped and top-coded values. Copies are told from
    these in two ways. Among rows that agree in all columns, some value occurs nowhere else; or,
    where nothing is rare, rows that agree in all columns outnumber those that agree in all but
    one, whichever that one is.
    """
    usable = {k: h for k, h in data.hashes.items() if not _identifies(data, k, h)}
    if len(usable) < 3:
        return []
    counts = {}
    total = np.zeros(data.m, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for name, h in usable.items():
            _, at, count = np.unique(h, return_inverse=True, return_counts=True)
            counts[name] = count[at]
            total += h
    size, surplus = _copies(total)
    if not surplus.any():
        return []
    alone = np.zeros(data.m, dtype=int)
    for count in counts.values():
        alone += count <= size
    n_copies = int((surplus & (alone >= 1)).sum())
    limit = max(_FEWEST_COPIES, _SHARE_COPIES * data.m)
    if n_copies < limit:
        n_all = int(surplus.sum())
        if n_all < max(10, 0.01 * data.m) or len(usable) < 4:
            return []
        with np.errstate(over="ignore"):
            nearly = [int(_copies(total - h)[1].sum()) for h in usable.values()]
        if min(n_all / near for near in nearly) < 0.9:
            return []
        n_copies = n_all
    return [
        Finding(
            code="rows_duplicated",
            severity="concern",
            title="Rows occur more than once",
            text=f"{n_copies:,} of {data.m:,} rows are copies of another in all "
            f"{len(usable)} columns, more than chance can make. Copies count a unit twice, so "
            "intervals are too narrow, and they may come from a join that went wrong.",
            fix="Find out where they come from; keep one of each with `df.drop_duplicates()`, or "
            "declare the unit as `cluster` if they are repeated measurements.",
        )
    ]


def _identifies(data: Screened, name: str, h: np.ndarray) -> bool:
    """A number of the row: an identifier in which even copies differ."""
    kind = data.columns[name].kind
    return kind in ("integer", "text", "category") and len(np.unique(h)) == len(h)


def _copies(total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many rows share each row's hash, and which rows are not the first of theirs."""
    _, first, at, count = np.unique(
        total, return_index=True, return_inverse=True, return_counts=True
    )
    surplus = np.ones(len(total), dtype=bool)
    surplus[first] = False
    return count[at], surplus


@dataclass(frozen=True)
class Groups:
    """How alike residuals are within groups, by one-way analysis of variance.

    Attributes:
        icc: Intraclass correlation.
        design_effect: By how much clustering multiplies the variance of a mean.
        p: p-value of the F-test.
    """

    icc: float
    design_effect: float
    p: float


def within_groups(r: np.ndarray, codes: np.ndarray) -> Groups:
    """Analysis of variance of residuals by group.

    Args:
        r: Shape (n,).
        codes: Group numbers 0 … k − 1, shape (n,).

    Source: Donner and Koval (1980), "The estimation of intraclass correlation in the analysis
    of family data", Biometrics 36.
    """
    from scipy.stats import f as f_distribution

    low, high = np.quantile(r, [0.01, 0.99])
    r = np.clip(r, low, high)
    r = r - r.mean()
    size = np.bincount(codes).astype(float)
    n, k = float(len(r)), len(size)
    means = np.bincount(codes, weights=r) / size
    between = float((size * means**2).sum())
    within = max(float(r @ r) - between, 1e-300)
    msb, msw = between / (k - 1), within / (n - k)
    n0 = (n - (size**2).sum() / n) / (k - 1)
    icc = (msb - msw) / (msb + (n0 - 1) * msw)
    effect = 1 + ((size**2).sum() / n - 1) * max(icc, 0.0)
    return Groups(float(icc), float(effect), float(f_distribution.sf(msb / msw, k - 1, n - k)))


def ignored_clusters(data: Screened, base: Base) -> list[Finding]:
    """Columns that say which rows belong together, while their outcomes go together."""
    study, s = data.study, data.study.sample
    outcome, e = study.outcome_means(), study.propensity().raw
    r_y, r_d = s.y - np.where(s.d == 1, outcome.g1, outcome.g0), s.d - e
    found = []
    for column in data.columns.values():
        if column.role not in ("not in the plan", "left out"):
            continue
        codes = _group_codes(data, base, column)
        if codes is None:
            continue
        mine, theirs = within_groups(r_y, codes), within_groups(r_d, codes)
        together = theirs.icc > 0.9
        named = names_group(column.name)
        limit = 1.2 if together or named else _DESIGN_EFFECT
        if mine.p >= 0.001 or mine.design_effect <= limit:
            continue
        if column.numbers is not None and not named:
            smooth = _smooth(base.numbers_of(column.name)[s.position])
            mine = within_groups(r_y - smooth @ (smooth.T @ r_y), codes)
            if mine.p >= 0.001 or mine.design_effect <= limit:
                continue
        size = np.bincount(codes)
        more = f" Treatment hardly varies within `{column.name}`." if together else ""
        found.append(
            Finding(
                code="clusters_ignored",
                severity="concern",
                title=f"Rows of the same `{column.name}` are not independent",
                text=f"{s.n:,} rows belong to {len(size):,} different `{column.name}`, within "
                f"which the outcome's residuals correlate by {number(mine.icc)} "
                f"({p_text(mine.p)}): variances are understated by a factor of about "
                f"{number(mine.design_effect)}.{more}",
                fix=f"Declare `cluster: {column.name}`: folds keep its rows together and standard "
                "errors count it once.",
                columns=[column.name],
            )
        )
    return found


def _group_codes(data: Screened, base: Base, column: Column) -> np.ndarray | None:
    """Group numbers of the study's rows, where a column can be one of groups."""
    if column.kind not in ("integer", "text", "category", "number"):
        return None
    if column.kind == "number":
        x = column.numbers
        if x is None or np.nanmax(np.abs(x - np.round(x)), initial=0.0) > 0:
            return None
    s, study = data.study.sample, data.study
    values = base.column(column.name).iloc[s.position]
    if values.isna().any():
        return None
    codes, levels = pd.factorize(values)
    size = np.bincount(codes)
    shared = float((size[codes] > 1).mean())
    if len(levels) < _FEWEST_GROUPS or shared < _LEAST_SHARED or len(levels) > 0.95 * s.n:
        return None
    if study.roles.cluster is not None and s.cluster is not None:
        pairs = pd.Series(s.cluster).groupby(codes).nunique()
        if int(pairs.max()) <= 1:
            return None
    return np.asarray(codes)


def _smooth(x: np.ndarray) -> np.ndarray:
    """An orthonormal basis of smooth functions of a number: what a group is not."""
    from .screen_data import orthonormal

    z = (x - x.mean()) / (x.std() or 1.0)
    cuts = np.unique(np.quantile(z, np.linspace(0.1, 0.9, 9)))
    return orthonormal(
        np.column_stack([np.ones_like(z), z, *[np.maximum(z - c, 0.0) for c in cuts]])
    )


def missing_outcomes(data: Screened, base: Base) -> list[Finding]:
    """Outcomes that are missing more often in one arm."""
    missing, d = base.y_missing, base.d
    if not 20 <= missing.sum() <= 0.98 * len(d):
        return []
    shares = [float(missing[d == arm].mean()) for arm in (1, 0)]
    counts = [float((d == arm).sum()) for arm in (1, 0)]
    gap = shares[0] - shares[1]
    pooled = missing.mean()
    z = gap / np.sqrt(pooled * (1 - pooled) * (1 / counts[0] + 1 / counts[1]))
    p = _normal_p(float(z))
    given, p_given = _gap_given(data, base)
    if not ((abs(gap) >= 0.03 and p < 0.001) or (abs(given) >= 0.03 and p_given < 0.001)):
        return []
    y = data.study.roles.outcome
    return [
        Finding(
            code="outcome_missing_differs",
            severity="concern",
            title=f"`{y}` is missing more often in one arm",
            text=f"`{y}` is missing for {percent(shares[0])} of the treated and "
            f"{percent(shares[1])} of the control units ({p_text(p)}; given the confounders the "
            f"arms differ by {number(100 * given)} points). Those who stay may differ from those "
            "who left, in each arm in its own way.",
            fix="Find out why they are missing; compare who is lost, bound the effect (Lee 2009), "
            "or weight by the probability of being observed.",
            columns=[y],
        )
    ]


def _normal_p(z: float) -> float:
    from scipy.stats import norm

    return float(2 * norm.sf(abs(z)))


def _gap_given(data: Screened, base: Base) -> tuple[float, float]:
    """Difference in missing outcomes between the arms given the confounders, with its p."""
    rows = base.rows[:: max(1, len(base.rows) // MAX_ROWS)]
    at = slice(None, None, max(1, len(base.rows) // MAX_ROWS))
    names = data.study.confounders
    frame = pd.DataFrame(
        {c: settle_dtype(base.column(c).iloc[rows]).reset_index(drop=True) for c in names}
    )
    X = encode(frame, names).matrix
    slope, stderr = least_squares(base.y_missing[at].astype(float), base.d[at], X)
    return (slope, _normal_p(slope / stderr)) if stderr > 0 else (0.0, 1.0)


def level_name(value: object) -> str:
    """A level in lower case, for comparison with words."""
    return level_text(value).strip().lower()
