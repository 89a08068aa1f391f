"""Which rows are in the study: the principal's conditions, judged and applied in order."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from oci_jupyter.contract import Problem
from oci_jupyter.contract.plan import RowFilter, parse_condition

from .column_checks import MIN_ROWS, short
from .data import as_float, column_kind, level_text, settle_dtype
from .roles import unknown_column

#: One condition: `age <= 55`, `("age", "<=", 55)`, or the contract's `RowFilter`.
Condition = str | tuple[str, str, Any] | RowFilter

_OPERATORS = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
_Operator = Literal["<", "<=", ">", ">=", "==", "!="]


@dataclass
class Kept:
    """Rows that meet all conditions.

    Attributes:
        rows: Mask, shape (n,).
        conditions: As read; those that could not be read are left out.
        flow: What, how many rows remain after it; empty without conditions.
        problems: Everything that is wrong with the conditions.
    """

    rows: np.ndarray
    conditions: list[RowFilter] = field(default_factory=list)
    flow: list[tuple[str, int]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def choose_rows(frame: pd.DataFrame, keep: Any = ()) -> Kept:
    """Judge and apply conditions on rows; never raises for bad input.

    A row with a missing value does not meet a condition on it.

    Args:
        frame: The data, one row per unit.
        keep: One condition or a sequence of them, see `Condition`.

    Returns:
        The rows that meet all of them, with the participant flow and the problems.
    """
    kept = Kept(np.ones(len(frame), dtype=bool))
    columns = [str(c) for c in frame.columns]
    for given in _as_sequence(keep):
        condition = _read(given, kept.problems)
        if condition is None:
            continue
        if condition.column not in columns:
            kept.problems.append(unknown_column(condition.column, "keep", columns))
            continue
        column = settle_dtype(frame.iloc[:, columns.index(condition.column)])
        met = _meets(column, condition, kept.problems)
        if met is None:
            continue
        kept.conditions.append(condition)
        kept.rows &= met
        n_missing = int(column.isna().sum())
        text = str(condition)
        if n_missing:
            text += f" ({n_missing:,} missing values do not meet it)"
        kept.flow.append((text, int(kept.rows.sum())))
    n_left = int(kept.rows.sum())
    if kept.conditions and not kept.problems and n_left < MIN_ROWS <= len(frame):
        kept.problems.append(
            Problem(
                code="keep_too_few",
                field="keep",
                value="; ".join(map(str, kept.conditions))[:200],
                message=f"Only {n_left:,} of {len(frame):,} rows meet the conditions "
                + "; ".join(f"{what}: {n:,}" for what, n in kept.flow)
                + ".",
                fix=f"Loosen them; at least {MIN_ROWS} rows are needed.",
            )
        )
    return kept


def blame_conditions(problems: Sequence[Problem], kept: Kept) -> None:
    """Where too little is left of the data, the conditions are what to look at."""
    if not kept.conditions:
        return
    told = "; ".join(map(str, kept.conditions))[:200]
    for problem in problems:
        if problem.code in ("too_few_rows", "treatment_constant", "outcome_constant"):
            problem.field, problem.value = "keep", told
            problem.message += f" The conditions leave {int(kept.rows.sum()):,} rows: {told}."
            problem.fix = "Loosen the conditions. " + problem.fix


def _as_sequence(keep: Any) -> list[Any]:
    if keep is None:
        return []
    if isinstance(keep, (str, RowFilter, dict)):
        return [keep]
    items = list(keep)
    if len(items) == 3 and isinstance(items[0], str) and items[1] in _OPERATORS:
        return [tuple(items)]
    return items


def _read(given: Any, problems: list[Problem]) -> RowFilter | None:
    try:
        if isinstance(given, RowFilter):
            return given
        if isinstance(given, str):
            return parse_condition(given)
        if isinstance(given, dict):
            return RowFilter.model_validate(given)
        column, op, value = given
        if isinstance(value, np.generic):
            value = value.item()
        return RowFilter(column=column, op=cast(_Operator, op), value=value)
    except (ValueError, TypeError):
        problems.append(
            Problem(
                code="keep_bad",
                field="keep",
                value=str(given)[:200],
                message=f"{short(str(given))!r} is not a condition on rows.",
                fix="Write a column, one of < <= > >= == !=, and a value, for example "
                '`age <= 55` or `("age", "<=", 55)`.',
            )
        )
        return None


def _meets(column: pd.Series, condition: RowFilter, problems: list[Problem]) -> np.ndarray | None:
    """Who meets a condition, or None with a problem."""
    kind, value = column_kind(column), condition.value
    known = column.notna().to_numpy()
    compare = _OPERATORS[condition.op]
    if kind in ("boolean", "integer", "number"):
        number = _as_number(value)
        if number is not None:
            with np.errstate(invalid="ignore"):
                return np.asarray(compare(as_float(column), number) & known)
        _incomparable(column, condition, problems, "numbers", "Give a number without quotes.")
        return None
    if kind == "datetime":
        limit = _as_days(value, column)
        if limit is not None:
            with np.errstate(invalid="ignore"):
                return np.asarray(compare(as_float(column), limit) & known)
        fix = 'Give a date, for example "2020-01-31".'
        _incomparable(column, condition, problems, "dates", fix)
        return None
    if kind in ("text", "category"):
        return _meets_level(column, condition, problems, known)
    fix = "Use a column of numbers, booleans, dates or text."
    _incomparable(column, condition, problems, "values that cannot be compared", fix)
    return None


def _meets_level(
    column: pd.Series, condition: RowFilter, problems: list[Problem], known: np.ndarray
) -> np.ndarray | None:
    wanted = level_text(condition.value).strip()
    codes, uniques = pd.factorize(column)
    levels = [level_text(v).strip() for v in uniques]
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype) and dtype.ordered:
        levels = [level_text(v).strip() for v in dtype.categories]
        codes = column.cat.codes.to_numpy().astype(codes.dtype)
    elif condition.op not in ("==", "!="):
        fix = "Text has no order: use == or !=, or turn the column into numbers first."
        _incomparable(column, condition, problems, "text", fix)
        return None
    if wanted not in levels:
        close = difflib.get_close_matches(wanted, levels, n=3, cutoff=0.6)
        some = close or sorted(levels)[:8]
        shown = ", ".join(repr(short(v)) for v in some)
        problems.append(
            Problem(
                code="keep_level_unknown",
                field="keep",
                value=str(condition),
                message=f"`{short(condition.column)}` is nowhere {short(wanted)!r}.",
                fix=f"Did you mean {shown}?" if close else f"Its levels: {shown}.",
            )
        )
        return None
    return np.asarray(_OPERATORS[condition.op](codes, levels.index(wanted)) & known)


def _as_number(value: Any) -> float | None:
    if isinstance(value, str):
        text = value.strip().lower()
        if text in ("true", "false"):
            return float(text == "true")
        try:
            return float(text)
        except ValueError:
            return None
    return float(value)


def _as_days(value: Any, column: pd.Series) -> float | None:
    """A date in the unit of `as_float`: days since 1970, or days of a time difference."""
    try:
        if pd.api.types.is_timedelta64_dtype(column.dtype):
            span = pd.Timedelta(value) if isinstance(value, str) else pd.Timedelta(value, unit="D")
            return float(span / pd.Timedelta(1, unit="D"))
        if not isinstance(value, str):
            return None
        moment = pd.Timestamp(value)
        if moment.tzinfo is not None:
            moment = moment.tz_convert("UTC").tz_localize(None)
        days = (moment - pd.Timestamp("1970-01-01")) / pd.Timedelta(1, unit="D")
        return float(days)
    except (ValueError, TypeError):
        return None


def _incomparable(
    column: pd.Series, condition: RowFilter, problems: list[Problem], what: str, fix: str
) -> None:
    problems.append(
        Problem(
            code="keep_incomparable",
            field="keep",
            value=str(condition),
            message=f"`{short(condition.column)}` holds {what}, which cannot be compared by "
            f"{condition.op} with {short(str(condition.value))!r}.",
            fix=fix,
        )
    )
