"""Who is in the study: participant flow, roles, levels, missing values, assumptions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import figures
from .data import as_float, column_kind, level_text, settle_dtype
from .result_view import ResultView, make_view
from .wording import number

if TYPE_CHECKING:
    from .study_core import StudyCore

_LEVELS = 4


def describe_study(study: StudyCore) -> ResultView:
    """See `Study.describe`."""
    started = time.perf_counter()
    s, roles = study.sample, study.roles
    names = [str(c) for c in study.data.columns]
    parts: list[tuple[str, str]] = [(roles.treatment, "treatment"), (roles.outcome, "outcome")]
    parts += [(c, "confounder") for c in roles.confounders]
    parts += [(c, "placebo outcome") for c in roles.placebo_outcomes]
    parts += [(roles.weights, "sampling weight")] if roles.weights else []
    parts += [(roles.cluster, "cluster")] if roles.cluster else []
    treated = s.d == 1
    rows: list[dict[str, Any]] = []
    for column, role in parts:
        values = settle_dtype(study.data.iloc[s.position, names.index(column)])
        rows.append(
            {
                "column": column,
                "role": role,
                "kind": column_kind(values),
                "missing": int(values.isna().sum()),
                "treated": _describe(values[treated]),
                "control": _describe(values[~treated]),
            }
        )
    table = pd.DataFrame(rows)
    notes = ["Participant flow: " + " → ".join(f"{n:,} {what}" for what, n in s.flow) + "."]
    if study.trim_rule is not None:
        before = study.trim_base.sample
        notes.append(
            f"Trimming set aside {before.n - s.n:,} units ({before.n_treated - s.n_treated:,} "
            f"treated, {(before.n - before.n_treated) - (s.n - s.n_treated):,} control); the "
            f"estimands are now {', '.join(study.labels)}."
        )
        notes += _profile_dropped(study)
    notes.append(
        f"Treated is {roles.treatment} = {level_text(roles.treated)}, control is "
        f"{level_text(roles.control)}."
    )
    notes += [str(p) for p in roles.problems if p.severity == "warning"]
    notes.append(
        "Assumed: given the confounders, who was treated is as good as random; nobody was bound "
        "to be treated or not; one unit's treatment does not change another's outcome."
    )
    notes.append(
        "In the models numbers stay as they are (missing ones become the median, and a column "
        "says where), and each level of a category is a column of its own."
    )
    return make_view(
        study,
        kind="study",
        title="Data and roles",
        headline=f"{s.n:,} units, {s.n_treated:,} treated"
        + (f", {study.lineage[-1]}" if study.lineage else ""),
        frame=table,
        table=table.assign(missing=table["missing"]),
        notes=notes,
        params={"flow": [f"{what}: {n}" for what, n in s.flow]},
        seconds=time.perf_counter() - started,
        draw=lambda: figures.outcome_figure(study),
    )


def _describe(values: pd.Series) -> str:
    """Mean and SD of numbers, the most frequent levels of the rest."""
    present = values.dropna()
    if not len(present):
        return "all missing"
    kind = column_kind(values)
    if kind in ("integer", "number", "boolean"):
        x = as_float(present)
        if set(np.unique(x)) <= {0.0, 1.0}:
            return f"{100 * x.mean():.1f} %"
        return f"{number(float(x.mean()))} (SD {number(float(x.std()))})"
    if kind == "datetime":
        return f"{present.min():%Y-%m-%d} to {present.max():%Y-%m-%d}"
    counts = present.map(level_text).value_counts()
    order = sorted(counts.index, key=lambda k: (-counts[k], k))
    shown = [f"{k[:40]}: {counts[k]:,}" for k in order[:_LEVELS]]
    more = len(order) - _LEVELS
    return ", ".join(shown) + (f", {more} more" if more > 0 else "")


def _profile_dropped(study: StudyCore) -> list[str]:
    """In which confounders the units set aside differ most from those kept."""
    base = study.trim_base.sample
    kept = np.isin(base.position, study.sample.position)
    X = base.design.matrix
    if kept.all():
        return []
    scale = X.std(axis=0)
    gap = (X[~kept].mean(axis=0) - X[kept].mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    order = np.argsort(-np.abs(gap), kind="stable")[:3]
    words = [
        f"{base.design.features[j].label} {number(float(X[~kept, j].mean()))} "
        f"against {number(float(X[kept, j].mean()))}"
        for j in order
    ]
    return [f"Set aside against kept, on average: {'; '.join(words)}."]
