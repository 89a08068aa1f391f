"""The one place that judges data and roles: `Study` and the plan form both ask here."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from oci_jupyter.contract import Problem

from .column_checks import (
    MIN_ROWS,
    check_confounder,
    check_outcome,
    check_placebo,
    check_treatment,
    short,
)
from .data import settle_dtype
from .parts import Level, Roles
from .row_checks import check_cluster, check_weights

#: Fewer units than this in an arm, and nothing is estimated.
MIN_ARM = 10


def check_roles(
    frame: pd.DataFrame,
    *,
    treatment: str,
    outcome: str,
    confounders: Sequence[str],
    placebo_outcomes: Sequence[str] = (),
    treated: Level | None = None,
    weights: str | None = None,
    cluster: str | None = None,
) -> Roles:
    """Judge data and roles; never raises for bad input.

    Args:
        frame: The data, one row per unit.
        treatment: Column with exactly two levels.
        outcome: Numeric or two-valued column.
        confounders: Columns that may drive both.
        placebo_outcomes: Numeric columns the treatment cannot have affected.
        treated: Level of the treatment that counts as treated; may be left out for 0/1.
        weights: Column of sampling weights, if any.
        cluster: Column that says which rows belong together, if any.

    Returns:
        The roles with all problems, errors first; a role left empty is skipped.
    """
    roles = Roles(
        treatment=treatment,
        outcome=outcome,
        confounders=list(dict.fromkeys(confounders)),
        placebo_outcomes=list(dict.fromkeys(placebo_outcomes)),
        treated=treated,
        weights=weights or None,
        cluster=cluster or None,
    )
    found = roles.problems
    columns = [str(c) for c in frame.columns]
    counts: dict[str, int] = {}
    for name in columns:
        counts[name] = counts.get(name, 0) + 1

    def usable(name: str, where: str) -> pd.Series | None:
        """The one column of that name, or a problem."""
        if not name:
            return None
        if name not in counts:
            found.append(unknown_column(name, where, columns))
            return None
        if counts[name] > 1:
            found.append(
                Problem(
                    code="column_duplicated",
                    field=where,
                    value=name,
                    message=f"`{short(name)}` names {counts[name]} columns of the data.",
                    fix="Rename or drop the copies, for example "
                    "`df = df.loc[:, ~df.columns.duplicated()]`.",
                )
            )
            return None
        return settle_dtype(frame.iloc[:, columns.index(name)])

    _check_overlaps(roles)
    d_column = usable(treatment, "treatment")
    y_column = usable(outcome, "outcome")
    rows = np.ones(len(frame), dtype=bool)
    if d_column is not None and treatment != outcome:
        check_treatment(roles, d_column)
        rows &= d_column.notna().to_numpy()
    if y_column is not None and treatment != outcome:
        check_outcome(roles, y_column)
        rows &= y_column.notna().to_numpy()
    if not roles.confounders:
        found.append(
            Problem(
                code="confounders_empty",
                field="confounders",
                message="No confounders are given.",
                fix="Name the columns that may drive both treatment and outcome; without any, "
                "only a randomized treatment could be analyzed.",
            )
        )
    for name in roles.confounders:
        column = usable(name, "confounders")
        if column is not None and name not in (treatment, outcome):
            check_confounder(roles, name, column, rows)
    if roles.confounders and not roles.errors:
        kept = [c for c in roles.confounders if c not in roles.left_out]
        if not kept:
            found.append(
                Problem(
                    code="confounders_unusable",
                    field="confounders",
                    message="No confounder is left: "
                    + "; ".join(f"`{short(c)}` {why}" for c, why in roles.left_out.items())
                    + ".",
                    fix="Name at least one column that varies.",
                )
            )
    for name in roles.placebo_outcomes:
        column = usable(name, "placebo_outcomes")
        if column is not None and name not in (treatment, outcome):
            check_placebo(roles, name, column, rows)
    if roles.weights is not None:
        column = usable(roles.weights, "weights")
        if column is not None:
            check_weights(roles, column, rows)
    if roles.cluster is not None:
        column = usable(roles.cluster, "cluster")
        if column is not None and d_column is not None and not roles.errors:
            check_cluster(roles, column, d_column, rows)
    if d_column is not None and y_column is not None and not roles.errors:
        _check_sample(roles, d_column, rows)
    found.sort(key=lambda p: p.severity != "error")
    return roles


def unknown_column(name: str, where: str, columns: list[str]) -> Problem:
    """The problem of a column that the data lacks, with names that come close."""
    lowered = {c.lower(): c for c in reversed(columns)}
    close = difflib.get_close_matches(name.lower(), list(lowered), n=3, cutoff=0.6)
    if close:
        fix = "Did you mean " + " or ".join(f"`{short(lowered[c])}`" for c in close) + "?"
    else:
        shown = ", ".join(f"`{short(c)}`" for c in columns[:12])
        fix = f"Columns: {shown}{', …' if len(columns) > 12 else ''}."
    return Problem(
        code="column_missing",
        field=where,
        value=name,
        message=f"The data has no column `{short(name)}` (given as {where.replace('_', ' ')}).",
        fix=fix,
    )


def _check_overlaps(roles: Roles) -> None:
    """A column plays one part only."""
    if roles.treatment and roles.treatment == roles.outcome:
        roles.problems.append(
            Problem(
                code="treatment_is_outcome",
                field="outcome",
                value=roles.outcome,
                message=f"`{short(roles.treatment)}` is both treatment and outcome.",
                fix="Name two different columns.",
            )
        )
    for part in ("treatment", "outcome"):
        name = getattr(roles, part)
        if name and name in roles.confounders:
            roles.problems.append(
                Problem(
                    code=f"{part}_in_confounders",
                    field="confounders",
                    value=name,
                    message=f"The {part} `{short(name)}` is also among the confounders.",
                    fix=f"Take `{short(name)}` out of the confounders.",
                )
            )
        if name and name in roles.placebo_outcomes:
            roles.problems.append(
                Problem(
                    code=f"placebo_is_{part}",
                    field="placebo_outcomes",
                    value=name,
                    message=f"The {part} `{short(name)}` is also a placebo outcome.",
                    fix="A placebo outcome is something the treatment cannot have changed, such as "
                    "a measurement from before it.",
                )
            )


def _check_sample(roles: Roles, d_column: pd.Series, rows: np.ndarray) -> None:
    """Enough usable rows in each arm."""
    is_treated = (d_column[rows] == roles.treated).to_numpy(dtype=bool, na_value=False)
    n, n_treated = int(rows.sum()), int(is_treated.sum())
    problem = too_few(n, n_treated)
    if problem is not None:
        roles.problems.append(problem)


def too_few(n: int, n_treated: int) -> Problem | None:
    """The problem of a sample too small to analyze, or none."""
    if n >= MIN_ROWS and min(n_treated, n - n_treated) >= MIN_ARM:
        return None
    return Problem(
        code="too_few_rows",
        field="data",
        value=str(n),
        message=f"Only {n:,} usable rows are there ({n_treated:,} treated, "
        f"{n - n_treated:,} control).",
        fix=f"At least {MIN_ROWS} rows with {MIN_ARM} per arm are needed.",
    )
