"""Placebo outcomes that may be none: measured after the treatment, or the outcome again."""

from __future__ import annotations

import numpy as np

from oci_jupyter.contract import Finding

from .screen_blind_spots import least_squares
from .screen_data import Column, Screened
from .screen_roles import consequence_of, same_as_outcome
from .screen_words import later_by_name
from .wording import number


def doubtful_placebos(data: Screened) -> list[Finding]:
    """Findings about columns declared as placebo outcomes."""
    roles = data.study.roles
    placebos = [c for c in data.columns.values() if "placebo" in c.role]
    effects = {c.name: _effect(data, c) for c in placebos}
    loud = [n for n, (size, t) in effects.items() if abs(t) > 4 and abs(size) >= 0.15]
    quiet = [n for n, (_, t) in effects.items() if abs(t) < 2]
    found = []
    for column in placebos:
        name = column.name
        why = later_by_name(name, roles.treatment, roles.outcome)
        kind = consequence_of(data, column)
        if not why and kind is not None:
            why = f"the confounders tell of it only through `{roles.treatment}`"
            why += f" and `{roles.outcome}`" if kind[0] != "treatment" else ""
        if not why and same_as_outcome(data, column) is not None:
            why = f"it follows `{roles.outcome}` almost perfectly"
        if not why and loud == [name] and len(quiet) == len(placebos) - 1 and quiet:
            others = ", ".join(f"`{n}`" for n in quiet)
            why = (
                f"the arms differ in it by {number(effects[name][0])} SD given the confounders, "
                f"and not in {others}"
            )
        if why:
            found.append(
                Finding(
                    code="placebo_post_treatment",
                    severity="concern",
                    title=f"Placebo outcome `{name}` may be affected by the treatment",
                    text=f"`{name}` is declared as something the treatment cannot change, but "
                    f"{why}. An effect on it would then say nothing about hidden confounding.",
                    fix=f"Say when `{name}` was measured; use a placebo outcome from before the "
                    "treatment.",
                    columns=[name],
                )
            )
    return found


def _effect(data: Screened, column: Column) -> tuple[float, float]:
    """Difference between the arms given the other confounders, in SD, and its t."""
    if column.numbers is None or not column.features.shape[1]:
        return 0.0, 0.0
    known = ~np.isnan(column.numbers)
    others = data.others(column.name)
    if known.sum() < 50:
        return 0.0, 0.0
    e = data.e if column.name not in data.sources else None
    X = others if e is None else np.column_stack([others, e])
    slope, stderr = least_squares(column.features[known, 0], data.d[known], X[known])
    return slope, slope / stderr if stderr > 0 else 0.0
