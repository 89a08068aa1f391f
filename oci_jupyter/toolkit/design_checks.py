"""What can be wrong with a treatment of any design but the two-valued one."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from oci_jupyter.contract import Problem

from .column_checks import short
from .data import as_float, column_kind, level_text
from .parts import Roles


def is_level(found: object, given: object) -> bool:
    """Whether a level of the data is the one that is meant (1, 1.0 and `1` agree)."""
    return found == given or level_text(found).strip().lower() == level_text(given).strip().lower()


def add_problem(
    roles: Roles,
    code: str,
    message: str,
    fix: str,
    *,
    field: str = "treatment",
    value: str | None = None,
    severity: Literal["error", "warning"] = "error",
) -> None:
    """Add a problem to the roles; its value is the treatment unless another is given."""
    roles.problems.append(
        Problem(
            code=code,
            field=field,
            value=roles.treatment if value is None else value,
            severity=severity,
            message=message,
            fix=fix,
        )
    )


def basic_problem(roles: Roles, column: pd.Series) -> bool:
    """Add what makes any treatment unusable: wrong type, all missing, infinite, constant.

    Returns:
        Whether there is such a problem.
    """
    what, kind = f"The treatment `{short(roles.treatment)}`", column_kind(column)
    present = column.dropna()
    if kind in ("other", "datetime"):
        add_problem(
            roles,
            "dtype_unsupported",
            f"{what} holds {'dates' if kind == 'datetime' else 'values'} that cannot be used.",
            "Turn it into numbers (for dates: days since some day) or text first.",
        )
        return True
    if not len(present):
        add_problem(
            roles,
            "treatment_all_missing",
            f"{what} is missing in all {len(column):,} rows.",
            "Name another column.",
        )
        return True
    if kind in ("integer", "number") and (n := int(np.isinf(as_float(present)).sum())):
        add_problem(
            roles,
            "values_infinite",
            f"`{short(roles.treatment)}` holds {n:,} infinite values.",
            "Replace them, for example `df = df.replace([np.inf, -np.inf], np.nan)`.",
        )
        return True
    if present.nunique() == 1:
        add_problem(
            roles,
            "treatment_constant",
            f"{what} is {level_text(present.iloc[0])!r} in every row.",
            "There is nobody to compare with: name another column.",
        )
        return True
    if n_missing := int(column.isna().sum()):
        add_problem(
            roles,
            "treatment_missing_values",
            f"{what} is missing in {n_missing:,} rows; these are excluded.",
            "That is harmless only if they are missing by chance: look into why.",
            severity="warning",
        )
    return False
