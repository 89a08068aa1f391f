"""What can be wrong with a treatment of several levels, and which level is the reference."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .column_checks import short
from .data import column_kind, level_text
from .design_checks import add_problem, basic_problem, is_level
from .parts import Level, Roles

#: Numbers of levels this design takes, and units a level needs.
MIN_LEVELS, MAX_LEVELS, MIN_LEVEL = 3, 10, 10


def read_levels(
    roles: Roles, column: pd.Series, known: np.ndarray, reference: Level | None
) -> tuple[list[object], int]:
    """The levels in order and the code of the reference; adds what is wrong to the roles.

    Args:
        roles: Roles; problems are added.
        column: The treatment, all rows.
        known: Mask of the usable rows, shape (n,).
        reference: Level the others are compared with, or None.

    Returns:
        Levels (numbers ascending, ordered categories in their order, text sorted) and the
        code of the reference; empty and 0 if the treatment cannot be used.
    """
    if basic_problem(roles, column):
        return [], 0
    name, kind = short(roles.treatment), column_kind(column)
    counts = column[known].value_counts()
    counts = counts[counts > 0]
    n = int(column.nunique())
    if n < MIN_LEVELS:
        add_problem(
            roles,
            "treatment_binary",
            f"The treatment `{name}` has two levels only ({_listed(counts)}).",
            "Use `oci.Study`, which is made for two levels.",
        )
        return [], 0
    if n > MAX_LEVELS:
        fix = "Group the levels, for example the rare ones into one."
        if kind in ("integer", "number"):
            fix = "Use `oci.DoseStudy` for an amount, or group the values."
        add_problem(
            roles,
            "treatment_many_levels",
            f"The treatment `{name}` has {n:,} levels ({_listed(counts)}); at most {MAX_LEVELS} "
            "can be compared.",
            fix,
        )
        return [], 0
    values, natural = _in_order(column)
    texts = [level_text(v).strip().lower() for v in values]
    if len(set(texts)) < len(texts):
        add_problem(
            roles,
            "levels_alike",
            f"The treatment `{name}` has levels that read alike ({_listed(counts)}).",
            "Spell each level in one way, for example `df[...].astype(str).str.strip()`.",
        )
        return [], 0
    sizes = [int(counts.get(v, 0)) for v in values]
    few = [(level_text(v), c) for v, c in zip(values, sizes, strict=True) if c < MIN_LEVEL]
    if few:
        listed = ", ".join(f"{short(text)!r} ({c:,})" for text, c in few)
        add_problem(
            roles,
            "too_few_per_level",
            f"The treatment `{name}` has levels with few usable rows: {listed}.",
            f"Each level needs {MIN_LEVEL} units: join such levels with others, or keep their "
            "rows out.",
            value=few[0][0],
        )
    if reference is None:
        chosen = 0 if natural else max(range(len(sizes)), key=lambda k: sizes[k])
        add_problem(
            roles,
            "reference_assumed",
            f"No reference level is named; {level_text(values[chosen])!r} is taken.",
            "Set `reference=` if another level is the natural comparison.",
            field="reference",
            value=level_text(values[chosen]),
            severity="warning",
        )
        return values, chosen
    match = [k for k, v in enumerate(values) if is_level(v, reference)]
    if len(match) != 1:
        add_problem(
            roles,
            "reference_unknown",
            f"The treatment `{name}` has no level {reference!r}.",
            f"Levels: {', '.join(repr(short(level_text(v))) for v in values)}.",
            field="reference",
            value=str(reference),
        )
        return values, 0
    return values, match[0]


def _in_order(column: pd.Series) -> tuple[list[object], bool]:
    """Levels in order, and whether that order means something."""
    found = list(pd.unique(column.dropna()))
    if isinstance(column.dtype, pd.CategoricalDtype):
        categories = list(column.cat.categories)
        if column.cat.ordered:
            return sorted(found, key=categories.index), True
        numeric = pd.api.types.is_numeric_dtype(column.cat.categories.dtype)
    else:
        numeric = column_kind(column) in ("boolean", "integer", "number")
    return (sorted(found), True) if numeric else (sorted(found, key=level_text), False)


def _listed(counts: pd.Series, most: int = 6) -> str:
    order = sorted(range(len(counts)), key=lambda i: (-counts.iloc[i], str(counts.index[i])))
    shown = [f"{short(level_text(counts.index[i]))!r}: {counts.iloc[i]:,}" for i in order[:most]]
    return ", ".join(shown) + (", …" if len(counts) > most else "")
