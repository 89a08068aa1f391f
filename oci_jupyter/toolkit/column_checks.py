"""What can be wrong with one column in its role: each check adds problems to the roles."""

from __future__ import annotations

import numpy as np
import pandas as pd

from oci_jupyter.contract import Problem

from .data import as_float, column_kind, level_text
from .parts import Level, Roles

#: Fewer usable rows than this and nothing is estimated.
MIN_ROWS = 50

#: Text with more levels keeps this many; the rest become one level `(other)`.
MAX_LEVELS = 30

#: Text whose values are mostly distinct is an identifier and stays out of the model.
ID_SHARE = 0.5


def short(name: str) -> str:
    """A column's name, cut where it would fill the message."""
    return name if len(name) <= 60 else name[:57] + "…"


def _levels(column: pd.Series) -> pd.Series:
    """Levels with counts, in a stable order: most frequent first, then by text."""
    counts = column.dropna().value_counts()
    counts = counts[counts > 0]
    order = sorted(range(len(counts)), key=lambda i: (-counts.iloc[i], str(counts.index[i])))
    return counts.iloc[order]


def _spell(counts: pd.Series, most: int = 8) -> str:
    shown = [f"{short(level_text(k))!r}: {v:,}" for k, v in counts.iloc[:most].items()]
    return ", ".join(shown) + (", …" if len(counts) > most else "")


def _same_level(found: object, given: Level) -> bool:
    """Whether a level of the data is the one the principal wrote (1, 1.0 and `1` agree)."""
    if found == given:
        return True
    return level_text(found).strip().lower() == level_text(given).strip().lower()


def check_treatment(roles: Roles, column: pd.Series) -> None:
    """Two levels, and known which is treated; fills `roles.treated` and `roles.control`."""
    name = short(roles.treatment)
    kind = column_kind(column)
    if kind == "other":
        roles.problems.append(_unsupported(roles.treatment, "treatment", column))
        return
    n_missing = int(column.isna().sum())
    if n_missing == len(column):
        roles.problems.append(
            Problem(
                code="treatment_all_missing",
                field="treatment",
                value=roles.treatment,
                message=f"The treatment `{name}` is missing in all {len(column):,} rows.",
                fix="Name another column.",
            )
        )
        return
    counts = _levels(column)
    if len(counts) == 1:
        roles.problems.append(
            Problem(
                code="treatment_constant",
                field="treatment",
                value=roles.treatment,
                message=f"The treatment `{name}` has one level only ({_spell(counts)}).",
                fix="There is nobody to compare with: add units of the other kind, or name "
                "another column.",
            )
        )
        return
    if len(counts) > 2:
        roles.problems.append(
            Problem(
                code="treatment_not_binary",
                field="treatment",
                value=roles.treatment,
                message=f"The treatment `{name}` has {len(counts):,} levels ({_spell(counts)}).",
                fix="Use `oci.LevelStudy` (3 to 10 levels) or `oci.DoseStudy` (an amount) in a "
                "cell, or keep the rows of two levels.",
            )
        )
        return
    levels = list(counts.index)
    if roles.treated is not None:
        match = [v for v in levels if _same_level(v, roles.treated)]
        if len(match) != 1:
            roles.problems.append(
                Problem(
                    code="treated_unknown",
                    field="treated",
                    value=str(roles.treated),
                    message=f"The treatment `{name}` has no level {roles.treated!r} "
                    f"(levels: {_spell(counts)}).",
                    fix=f"Set `treated: {_quoted(levels[0])}` or `treated: {_quoted(levels[1])}`.",
                )
            )
            return
        roles.treated = match[0]
    elif kind in ("category", "text", "datetime"):
        roles.problems.append(
            Problem(
                code="treatment_needs_treated",
                field="treated",
                value=roles.treatment,
                message=f"The treatment `{name}` is text ({_spell(counts)}), and it is not said "
                "which level counts as treated.",
                fix=f"Set `treated: {_quoted(levels[0])}` or `treated: {_quoted(levels[1])}`.",
            )
        )
        return
    else:
        roles.treated = max(levels)
        if kind != "boolean" and set(map(float, levels)) != {0.0, 1.0}:
            roles.problems.append(
                Problem(
                    code="treated_assumed",
                    field="treated",
                    value=level_text(roles.treated),
                    severity="warning",
                    message=f"The treatment `{name}` is not 0/1 ({_spell(counts)}); "
                    f"{level_text(roles.treated)} is taken as treated.",
                    fix=f"Set `treated: {level_text(min(levels))}` if it is the other way round.",
                )
            )
    roles.control = next(v for v in levels if v != roles.treated)
    if n_missing:
        roles.problems.append(_missing_rows(roles.treatment, "treatment", n_missing))


def _quoted(level: object) -> str:
    if isinstance(level, str):
        return '"' + short(level).replace("\\", "\\\\").replace('"', '\\"') + '"'
    return level_text(level)


def _missing_rows(name: str, part: str, n_missing: int) -> Problem:
    return Problem(
        code=f"{part}_missing_values",
        field=part,
        value=name,
        severity="warning",
        message=f"The {part} `{short(name)}` is missing in {n_missing:,} rows; these are excluded.",
        fix="That is harmless only if they are missing by chance: look into why.",
    )


def _unsupported(name: str, where: str, column: pd.Series) -> Problem:
    sample = column.dropna()
    what = type(sample.iloc[0]).__name__ if column.dtype == object and len(sample) else ""
    return Problem(
        code="dtype_unsupported",
        field=where,
        value=name,
        message=f"`{short(name)}` holds values of type {what or column.dtype}, which cannot be "
        "used.",
        fix="Turn it into numbers, booleans, dates or text first.",
    )


def _infinite(name: str, where: str, n: int) -> Problem:
    return Problem(
        code="values_infinite",
        field=where,
        value=name,
        message=f"`{short(name)}` holds {n:,} infinite values.",
        fix="Replace them, for example `df = df.replace([np.inf, -np.inf], np.nan)`.",
    )


def numeric_values(column: pd.Series) -> np.ndarray | None:
    """The values of a numeric column as floats, or None where it holds none."""
    kind = column_kind(column)
    if kind in ("boolean", "integer", "number"):
        return as_float(column)
    if kind == "category" and pd.api.types.is_numeric_dtype(column.cat.categories.dtype):
        return as_float(column)
    return None


def _numeric_or_problem(
    roles: Roles, name: str, where: str, column: pd.Series
) -> np.ndarray | None:
    """The values of a column that must be numeric, or a problem."""
    kind = column_kind(column)
    if kind == "other":
        roles.problems.append(_unsupported(name, where, column))
        return None
    values = numeric_values(column)
    if values is not None:
        return values
    code = {"outcome": "outcome", "placebo_outcomes": "placebo"}[where]
    if column.notna().sum() == 0:
        return np.full(len(column), np.nan)
    counts = _levels(column)
    fix = "Name a numeric column, or turn this one into numbers."
    if len(counts) == 2:
        level = counts.index[0]
        fix = (
            f"Make it 0/1 first, for example `df[...] = (df[...] == {_quoted(level)}).astype(int)`."
        )
    roles.problems.append(
        Problem(
            code=f"{code}_not_numeric",
            field=where,
            value=name,
            message=f"`{short(name)}` ({where.replace('_', ' ').rstrip('s')}) is "
            f"{'a date' if kind == 'datetime' else 'text'}, not a number ({_spell(counts, 4)}).",
            fix=fix,
        )
    )
    return None


def check_outcome(roles: Roles, column: pd.Series) -> None:
    """Numbers that vary."""
    name = short(roles.outcome)
    values = _numeric_or_problem(roles, roles.outcome, "outcome", column)
    if values is None:
        return
    n_missing = int(np.isnan(values).sum())
    if n_missing == len(values):
        roles.problems.append(
            Problem(
                code="outcome_all_missing",
                field="outcome",
                value=roles.outcome,
                message=f"The outcome `{name}` is missing in all {len(values):,} rows.",
                fix="Name another column, or look into how the data was joined.",
            )
        )
        return
    if np.isinf(values).any():
        roles.problems.append(_infinite(roles.outcome, "outcome", int(np.isinf(values).sum())))
        return
    present = values[~np.isnan(values)]
    if present.min() == present.max():
        roles.problems.append(
            Problem(
                code="outcome_constant",
                field="outcome",
                value=roles.outcome,
                message=f"The outcome `{name}` is {level_text(present[0])} in every row.",
                fix="Name an outcome that varies.",
            )
        )
        return
    if n_missing:
        roles.problems.append(_missing_rows(roles.outcome, "outcome", n_missing))


def check_confounder(roles: Roles, name: str, column: pd.Series, rows: np.ndarray) -> None:
    """Anything that can be encoded; what cannot help is left out with a warning."""
    kind = column_kind(column)
    if kind == "other":
        roles.problems.append(_unsupported(name, "confounders", column))
        return
    if kind in ("integer", "number"):
        n_infinite = int(np.isinf(as_float(column)).sum())
        if n_infinite:
            roles.problems.append(_infinite(name, "confounders", n_infinite))
            return
    kept = column[rows] if rows.any() else column
    n_missing = int(kept.isna().sum())
    if kind in ("text", "category"):
        n_unique = int(kept.nunique(dropna=True))
    else:  # only none, one or more matters, and ends are cheaper than levels
        present = kept.dropna()
        n_unique = 0 if not len(present) else 1 if present.min() == present.max() else 2
    if n_unique == 0:
        _leave_out(roles, name, "confounder_all_missing", "is missing in every usable row")
    elif n_unique == 1 and n_missing == 0:
        level = level_text(kept.iloc[0])
        _leave_out(roles, name, "confounder_constant", f"is {level[:40]!r} in every usable row")
    elif kind in ("text", "category") and n_unique > MAX_LEVELS:
        if n_unique > ID_SHARE * max(1, int(kept.notna().sum())):
            _leave_out(
                roles,
                name,
                "confounder_identifier",
                f"has {n_unique:,} different texts in {len(kept):,} rows and looks like an "
                "identifier",
            )
        else:
            roles.problems.append(
                Problem(
                    code="confounder_many_levels",
                    field="confounders",
                    value=name,
                    severity="warning",
                    message=f"The confounder `{short(name)}` has {n_unique:,} levels; the "
                    f"{MAX_LEVELS} most frequent are kept, the rest become `(other)`.",
                    fix="Group the levels yourself if the rare ones matter.",
                )
            )


def _leave_out(roles: Roles, name: str, code: str, why: str) -> None:
    roles.left_out[name] = why
    roles.problems.append(
        Problem(
            code=code,
            field="confounders",
            value=name,
            severity="warning",
            message=f"The confounder `{short(name)}` {why}; it is kept out of the model.",
            fix="Take it out of the plan, or look into the data.",
        )
    )


def check_placebo(roles: Roles, name: str, column: pd.Series, rows: np.ndarray) -> None:
    """Numbers that vary among the usable rows."""
    values = _numeric_or_problem(roles, name, "placebo_outcomes", column)
    if values is None:
        return
    if np.isinf(values).any():
        roles.problems.append(_infinite(name, "placebo_outcomes", int(np.isinf(values).sum())))
        return
    present = values[rows & ~np.isnan(values)]
    if len(present) < MIN_ROWS or present.min() == present.max():
        what = "does not vary" if len(present) else "is missing in every usable row"
        if 0 < len(present) < MIN_ROWS:
            what = f"is known in {len(present):,} usable rows only"
        roles.problems.append(
            Problem(
                code="placebo_unusable",
                field="placebo_outcomes",
                value=name,
                message=f"The placebo outcome `{short(name)}` {what}.",
                fix="Name another column, or take it out.",
            )
        )
