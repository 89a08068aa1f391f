"""What the screen looks at: rows, residuals and all columns, in an order of their content.

The models of treatment and outcome are those that all other diagnostics use, out of fold. Rows
that agree in confounders, treatment and outcome share their mean prediction, and rows are sorted
by a hash of all their values, so that no figure depends on the order the data came in.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .data import Kind, as_float, column_kind, level_text, settle_dtype, value_hashes
from .sample import row_content

if TYPE_CHECKING:
    from .study_core import StudyCore

#: Rows that associations are computed on, at most; drawn by the hash of their values.
MAX_ROWS = 40_000
#: Rows that tests of one column against many are computed on, at most.
ROLE_ROWS = 12_000
#: Columns of the basis that stands for the confounders, at most.
_MAX_BASIS = 250
#: Levels of a category that are told apart.
_MAX_LEVELS = 12
#: Text with more than this share of distinct values is an identifier.
ID_SHARE = 0.5


@dataclass(frozen=True)
class Column:
    """One column of the table, ready to be associated with others.

    Attributes:
        name: As in the data.
        role: Its part in the plan; `not in the plan` for most that matter here.
        kind: What it holds.
        values: As they came, settled, shape (m,).
        features: Numbers that stand for it, shape (m, k); none for identifiers.
        numbers: Its values as floats, missing as NaN; None for text.
    """

    name: str
    role: str
    kind: Kind
    values: pd.Series
    features: np.ndarray
    numbers: np.ndarray | None


@dataclass
class Screened:
    """Rows and columns under the screen.

    Attributes:
        study: The study.
        d: Treatment 0/1, shape (m,).
        y: Outcome, shape (m,).
        e: Out-of-fold propensity, shape (m,).
        own: Out-of-fold mean of the outcome in the unit's own arm, shape (m,).
        mean: Out-of-fold mean of the outcome over both arms, shape (m,).
        X: Encoded confounders, shape (m, p).
        sources: Which confounder each column of X comes from.
        columns: All columns, by name.
        hashes: Hash of each row's values per column, for duplicates.
    """

    study: StudyCore
    d: np.ndarray
    y: np.ndarray
    e: np.ndarray
    own: np.ndarray
    mean: np.ndarray
    X: np.ndarray
    sources: list[str]
    columns: dict[str, Column]
    hashes: dict[str, np.ndarray]

    @property
    def m(self) -> int:
        return len(self.d)

    def unplanned(self) -> list[Column]:
        """Columns that nothing adjusts for: not in the plan, or placebo outcomes only."""
        roles = ("not in the plan", "placebo outcome")
        return [c for c in self.columns.values() if c.role in roles]

    def planned(self) -> list[Column]:
        """Confounders in the model."""
        return [c for c in self.columns.values() if c.role.startswith("confounder")]

    def others(self, name: str, leaks: frozenset[str] = frozenset()) -> np.ndarray:
        """Encoded confounders other than one, those that give everything away left out."""
        return self.X[:, [s != name and s not in leaks for s in self.sources]]

    def part(self, rows: int) -> Screened:
        """The first rows only; their order is that of a hash, so they are a random part."""
        if self.m <= rows:
            return self
        columns = {
            k: replace(
                c,
                values=c.values.iloc[:rows],
                features=c.features[:rows],
                numbers=None if c.numbers is None else c.numbers[:rows],
            )
            for k, c in self.columns.items()
        }
        return replace(
            self,
            d=self.d[:rows],
            y=self.y[:rows],
            e=self.e[:rows],
            own=self.own[:rows],
            mean=self.mean[:rows],
            X=self.X[:rows],
            columns=columns,
            hashes={k: h[:rows] for k, h in self.hashes.items()},
        )

    @cached_property
    def basis(self) -> np.ndarray:
        """Orthonormal columns that span flexible functions of the confounders, (m, b)."""
        return orthonormal(_basis(self.X, self.m))

    def residual(self, values: np.ndarray, *more: np.ndarray) -> np.ndarray:
        """What the confounders (and further columns) linearly leave of values, (m,) or (m, k)."""
        out = values - self.basis @ (self.basis.T @ values)
        if more:
            other = np.column_stack(more)
            extra = orthonormal(other - self.basis @ (self.basis.T @ other))
            out = out - extra @ (extra.T @ out)
        return np.asarray(out)


def orthonormal(A: np.ndarray) -> np.ndarray:
    """An orthonormal basis of the columns' span, near-collinear directions left out."""
    scale = np.sqrt((A**2).sum(axis=0))
    A = A[:, scale > 1e-9 * np.sqrt(len(A))]
    if not A.shape[1]:
        return A
    A = A / np.sqrt((A**2).sum(axis=0))
    values, vectors = np.linalg.eigh(A.T @ A)
    keep = values > 1e-8 * values.max()
    return np.asarray(A @ (vectors[:, keep] / np.sqrt(values[keep])))


def _basis(X: np.ndarray, m: int) -> np.ndarray:
    """Intercept, the encoded confounders, and hinges of those that have many values."""
    limit = int(min(_MAX_BASIS, max(4, m // 12)))
    blocks = [np.ones(m)]
    scaled = (X - X.mean(axis=0)) / np.where(X.std(axis=0) > 0, X.std(axis=0), 1.0)
    rich: list[np.ndarray] = []
    for x in scaled.T:
        if len(np.unique(x[:2000])) <= 2:
            continue
        cuts = np.unique(np.quantile(x, [0.25, 0.5, 0.75]))
        rich += [np.maximum(x - c, 0.0) for c in cuts[cuts < x.max()]]
        common = most_common(x)
        if common is not None:
            rich.append((x == common).astype(float))
    linear = list(scaled.T)[: limit - 1]
    blocks += linear + rich[: max(0, limit - 1 - len(linear))]
    A = np.column_stack(blocks)
    A[:, 1:] -= A[:, 1:].mean(axis=0)
    return A


def most_common(x: np.ndarray) -> float | None:
    """The value that a tenth or more, but not nearly all, of the rows share."""
    values, counts = np.unique(x, return_counts=True)
    at = int(np.argmax(counts))
    return float(values[at]) if 0.1 * len(x) <= counts[at] <= 0.9 * len(x) else None


def table_of(study: StudyCore) -> tuple[pd.DataFrame, list[str]]:
    """The principal's table, and the names that stand for one column, sorted.

    Where it has changed since the study was made, the study's own copy of the columns in use.
    """
    table = study.source
    if len(table) != study.sample.n_source or not set(study.data.columns) <= set(table.columns):
        table = study.data
    counts = Counter(map(str, table.columns))
    return table, sorted(c for c, count in counts.items() if count == 1)


def prepare(study: StudyCore) -> Screened:
    """Draw rows, average predictions over equal rows, and make every column comparable."""
    s = study.sample
    source, names = table_of(study)
    outcome = study.outcome_means()
    e, g0, g1 = study.propensity().raw, outcome.g0, outcome.g1
    own, mean = np.where(s.d == 1, g1, g0), e * g1 + (1 - e) * g0
    groups = _equal_rows(s.design.matrix, s.d, s.y)
    e, own, mean = (_group_means(v, groups) for v in (e, own, mean))

    index = {str(c): i for i, c in enumerate(source.columns)}
    used = row_content(s.design.matrix) ^ row_content(np.column_stack([s.y, s.d]))
    near = _candidates(used)
    hashes: dict[str, np.ndarray] = {}
    total = np.zeros(len(near), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for name in names:
            hashes[name] = value_hashes(name, source.iloc[:, index[name]].iloc[s.position[near]])
            total += hashes[name]
        mixed = (total ^ (total >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
    first = np.lexsort((total, mixed))[:MAX_ROWS]
    hashes = {k: v[first] for k, v in hashes.items()}
    order = near[first]
    X = s.design.matrix[order]
    columns = {}
    for name in names:
        values = source.iloc[:, index[name]].iloc[s.position[order]].reset_index(drop=True)
        columns[name] = _column(name, _role(study, name), settle_dtype(values))
    return Screened(
        study=study,
        d=s.d[order],
        y=s.y[order],
        e=e[order],
        own=own[order],
        mean=mean[order],
        X=X,
        sources=[f.source for f in s.design.features],
        columns=columns,
        hashes=hashes,
    )


def _candidates(content: np.ndarray) -> np.ndarray:
    """Rows to look at: those of the smallest hashes, equal rows together, so about as many."""
    if len(content) <= MAX_ROWS:
        return np.arange(len(content))
    content = content * np.uint64(0x94D049BB133111EB)
    return np.flatnonzero(content <= np.partition(content, MAX_ROWS - 1)[MAX_ROWS - 1])


def _role(study: StudyCore, name: str) -> str:
    roles = study.roles
    if name in (roles.treatment, roles.outcome):
        return "treatment" if name == roles.treatment else "outcome"
    if name in roles.confounders:
        if name in roles.left_out:
            return "left out"
        return "confounder, placebo outcome" if name in roles.placebo_outcomes else "confounder"
    if name in roles.placebo_outcomes:
        return "placebo outcome"
    if name in (roles.cluster, roles.weights):
        return "cluster" if name == roles.cluster else "sampling weight"
    return "not in the plan"


def _equal_rows(X: np.ndarray, d: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Group number per row; rows in canonical order that agree in all of it are neighbors."""
    new = np.ones(len(d), dtype=bool)
    new[1:] = (d[1:] != d[:-1]) | (y[1:] != y[:-1])
    same = np.flatnonzero(~new)
    for j in range(X.shape[1]):
        same = same[X[same, j] == X[same - 1, j]]
    new[:] = True
    new[same] = False
    return np.cumsum(new) - 1


def _group_means(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    sums = np.bincount(groups, weights=values)
    return np.asarray((sums / np.bincount(groups))[groups])


def _column(name: str, role: str, values: pd.Series) -> Column:
    kind = column_kind(values)
    empty = np.empty((len(values), 0))
    if kind in ("boolean", "integer", "number", "datetime"):
        numbers = as_float(values)
        numbers = np.where(np.isfinite(numbers), numbers, np.nan)
        return Column(name, role, kind, values, _number_features(numbers), numbers)
    if kind in ("text", "category"):
        return Column(name, role, kind, values, _level_features(values), None)
    return Column(name, role, kind, values, empty, None)


def _number_features(x: np.ndarray) -> np.ndarray:
    """Value (its tails drawn in), hinge at the median, its heap if there is one, missingness."""
    missing = np.isnan(x)
    known = x[~missing]
    if not len(known):
        return np.empty((len(x), 0))
    low, middle, high = np.quantile(known, [0.005, 0.5, 0.995])
    if low == high:
        low, high = known.min(), known.max()
    clipped = np.clip(np.where(missing, middle, x), low, high)
    blocks = [clipped]
    if len(np.unique(known)) > 2:
        blocks.append(np.maximum(clipped - middle, 0.0))
        common = most_common(known)
        if common is not None:
            blocks.append((x == common).astype(float))
    if missing.any():
        blocks.append(missing.astype(float))
    return _varying(blocks)


def _level_features(values: pd.Series) -> np.ndarray:
    present = values.notna().to_numpy()
    codes, levels = pd.factorize(values[present].map(level_text), sort=True)
    if len(levels) > max(30, ID_SHARE * present.sum()):
        return np.empty((len(values), 0))
    counts = np.bincount(codes, minlength=len(levels))
    full = np.full(len(values), -1)
    full[present] = codes
    top = np.argsort(-counts, kind="stable")[:_MAX_LEVELS]
    blocks = [(full == i).astype(float) for i in top]
    blocks = blocks[:-1] if len(blocks) == len(levels) else blocks
    if not present.all():
        blocks.append((~present).astype(float))
    return _varying(blocks)


def _varying(blocks: list[np.ndarray]) -> np.ndarray:
    """Centered columns of unit variance, those that are nearly constant left out."""
    kept = []
    for block in blocks:
        if (block != np.median(block)).sum() >= 5 and block.std() > 0:
            kept.append((block - block.mean()) / block.std())
    return np.column_stack(kept) if kept else np.empty((len(blocks[0]) if blocks else 0, 0))
