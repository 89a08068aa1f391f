"""The rows before the outcome is asked for: what is missing can only be seen here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .data import as_float, column_kind, settle_dtype
from .row_filter import choose_rows
from .screen_data import table_of

if TYPE_CHECKING:
    from .study_core import StudyCore


@dataclass
class Base:
    """Rows of the principal's table that meet the conditions and whose treatment is known.

    Attributes:
        table: All columns, all rows.
        rows: Row numbers in the table, shape (b,).
        d: Treatment 0/1, shape (b,).
        y_missing: Whether the outcome is missing, shape (b,).
        names: Columns whose name is theirs alone, sorted.
    """

    table: pd.DataFrame
    rows: np.ndarray
    d: np.ndarray
    y_missing: np.ndarray
    names: list[str]

    def column(self, name: str) -> pd.Series:
        """A column of the whole table."""
        return self.table.iloc[:, [str(c) for c in self.table.columns].index(name)]

    def values(self, name: str) -> pd.Series:
        """A column at these rows, settled."""
        return settle_dtype(self.column(name).iloc[self.rows])

    def numbers_of(self, name: str) -> np.ndarray:
        """A column of the whole table as floats."""
        return as_float(self.column(name))

    def numbers(self, name: str) -> np.ndarray | None:
        """A column at these rows as floats; None where it holds no numbers or dates."""
        values = self.values(name)
        if column_kind(values) not in ("boolean", "integer", "number", "datetime"):
            return None
        return as_float(values)


def base_rows(study: StudyCore) -> Base:
    """The rows before any asked for the outcome, in the order of the table."""
    table, names = table_of(study)
    roles = study.roles
    base = Base(table, np.arange(len(table)), np.empty(0), np.empty(0, dtype=bool), names)
    met = choose_rows(table, study.keep).rows & base.column(roles.treatment).notna().to_numpy()
    base.rows = np.flatnonzero(met)
    treated = base.values(roles.treatment) == roles.treated
    base.d = treated.to_numpy(dtype=float, na_value=0.0)
    base.y_missing = base.column(roles.outcome).iloc[base.rows].isna().to_numpy()
    return base
