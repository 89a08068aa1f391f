"""The rows that are analyzed, in an order that depends on their content only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .data import as_float, level_text, settle_dtype
from .encode import Design, encode
from .parts import Roles
from .row_filter import Kept


@dataclass
class Sample:
    """Usable rows in canonical order.

    Attributes:
        y: Outcome, shape (n,).
        d: Treatment, 0/1 floats, shape (n,).
        design: Encoded confounders, n rows.
        placebos: Placebo outcomes by name, shape (n,), NaN where missing.
        position: Row numbers in the data of the principal, shape (n,).
        n_source: Rows of the data before any exclusion.
        flow: Participant flow: what, how many rows remain after it.
        weight: Sampling weights of mean 1, shape (n,), or None.
        cluster: Cluster numbers 0 … k − 1, shape (n,), or None.
    """

    y: np.ndarray
    d: np.ndarray
    design: Design
    placebos: dict[str, np.ndarray]
    position: np.ndarray
    n_source: int
    flow: list[tuple[str, int]]
    weight: np.ndarray | None = None
    cluster: np.ndarray | None = None

    @property
    def n(self) -> int:
        return len(self.y)

    @property
    def n_treated(self) -> int:
        return int(self.d.sum())

    def keep(self, rows: np.ndarray, why: str) -> Sample:
        """The sample restricted to a boolean mask of its rows."""
        return Sample(
            y=self.y[rows],
            d=self.d[rows],
            design=self.design.take(rows),
            placebos={k: v[rows] for k, v in self.placebos.items()},
            position=self.position[rows],
            n_source=self.n_source,
            flow=[*self.flow, (why, int(rows.sum()))],
            weight=None if self.weight is None else self.weight[rows],
            cluster=None
            if self.cluster is None
            else np.unique(self.cluster[rows], return_inverse=True)[1],
        )


def draw_sample(frame: pd.DataFrame, roles: Roles, kept: Kept | None = None) -> Sample:
    """Usable rows of validated data, in canonical order.

    Rows that do not meet the conditions, then those with missing treatment or outcome, are
    excluded and counted. Rows are sorted by a hash
    of the encoded confounders, then treatment, then outcome, then placebos: whatever order the
    data came in, the folds drawn later are the same.

    Args:
        frame: The data.
        roles: Roles without errors.
        kept: Rows that meet the principal's conditions; all by default.
    """
    names = [str(c) for c in frame.columns]
    wanted = [roles.treatment, roles.outcome, *roles.confounders, *roles.placebo_outcomes]
    wanted += [c for c in (roles.weights, roles.cluster) if c]
    columns = {c: frame.iloc[:, names.index(c)] for c in dict.fromkeys(wanted)}
    met = np.ones(len(frame), dtype=bool) if kept is None else kept.rows
    has_d = met & columns[roles.treatment].notna().to_numpy()
    has_y = has_d & columns[roles.outcome].notna().to_numpy()
    flow = [("rows in the data", len(frame)), *(kept.flow if kept is not None else [])]
    if not has_d[met].all():
        flow.append(("treatment known", int(has_d.sum())))
    if not has_y[has_d].all():
        flow.append(("outcome known", int(has_y.sum())))
    position = np.flatnonzero(has_y)
    usable = pd.DataFrame(
        {c: settle_dtype(v.iloc[position]).reset_index(drop=True) for c, v in columns.items()}
    )
    model = [c for c in roles.confounders if c not in roles.left_out]
    design = encode(usable, model)
    d = (usable[roles.treatment] == roles.treated).to_numpy(dtype=float, na_value=0.0)
    y = as_float(usable[roles.outcome])
    placebos = {c: as_float(usable[c]) for c in sorted(roles.placebo_outcomes)}
    weight = None if roles.weights is None else as_float(usable[roles.weights])
    cluster = None
    if roles.cluster is not None:
        texts = usable[roles.cluster].map(level_text).to_numpy(dtype=str)
        cluster = np.unique(texts, return_inverse=True)[1]
    keys = [row_content(design.matrix), d, y, *placebos.values()]
    keys += [k for k in (weight, cluster) if k is not None]
    order = np.lexsort(keys[::-1])
    return Sample(
        y=y[order],
        d=d[order],
        design=design.take(order),
        placebos={k: v[order] for k, v in placebos.items()},
        position=position[order],
        n_source=len(frame),
        flow=flow,
        weight=None if weight is None else (weight / weight.mean())[order],
        cluster=None if cluster is None else cluster[order],
    )


def row_content(matrix: np.ndarray) -> np.ndarray:
    """One number per row that depends on its values, in order of the columns."""
    total = np.zeros(len(matrix), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for j in range(matrix.shape[1]):
            bits = (matrix[:, j] + 0.0).view(np.uint64)  # + 0.0: minus zero is zero
            total = (total ^ bits) * np.uint64(0x9E3779B97F4A7C15)
            total ^= total >> np.uint64(29)
    return total
