"""The screen: what a careful referee would ask about columns and rows, before any estimate."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pandas as pd

from oci_jupyter.contract import Finding

from .result_view import ResultView, make_view
from .screen_base import base_rows
from .screen_blind_spots import Association, associations, blind_spot, is_blind_spot
from .screen_data import ROLE_ROWS, Column, Screened, prepare
from .screen_figure import screen_figure
from .screen_placebos import doubtful_placebos
from .screen_roles import consequence_of, screen_planned
from .screen_rows import duplicated_rows, ignored_clusters, missing_outcomes
from .screen_time import coding_reversed, treated_over_time, treatment_after_outcome
from .screen_words import later_by_name
from .wording import p_text, percent

if TYPE_CHECKING:
    from .study_core import StudyCore

#: A column that tells this much of what is left of the outcome is no cause of it.
_TELLS_ALL = 0.8
_GRAVITY = {"serious": 0, "concern": 1, "note": 2}
_SIGNS = {"serious": "✖", "concern": "⚠", "note": "–"}


def screen_result(study: StudyCore) -> ResultView:
    """See `Study.screen`."""
    started = time.perf_counter()
    data = prepare(study)
    base = base_rows(study)
    found = duplicated_rows(data) + ignored_clusters(data, base) + missing_outcomes(data, base)
    found += coding_reversed(data, base) + treated_over_time(data, base)
    found += treatment_after_outcome(data, base) + doubtful_placebos(data.part(ROLE_ROWS))
    spoken = {c for f in found for c in f.columns}
    found += screen_planned(data.part(ROLE_ROWS))
    known = associations(data, data.unplanned())
    found += _unplanned(data, known, spoken)
    found.sort(key=lambda f: (_GRAVITY[f.severity], f.code, f.columns))
    frame = _frame(data, known, found)
    grave = [f for f in found if f.severity != "note"]
    return make_view(
        study,
        kind="screen",
        title="Screen",
        headline=_headline(grave),
        frame=frame,
        table=_table(frame),
        findings=found,
        notes=[f"{_SIGNS[f.severity]} {f.title}. {f.text} {f.fix}".strip() for f in found]
        + [
            f"Looked at: {len(data.columns)} columns, {len(known)} of them neither confounder nor "
            f"identifier, on {data.m:,} rows."
        ],
        seconds=time.perf_counter() - started,
        draw=lambda: screen_figure(study, frame),
    )


def _headline(grave: list[Finding]) -> str:
    if not grave:
        return "nothing that the plan should mention was found"
    names = sorted({c for f in grave if f.code == "blind_spot" for c in f.columns})
    if names and len(grave) == len([f for f in grave if f.code == "blind_spot"]):
        return f"not in the plan, yet goes with treatment and outcome: {', '.join(names)}"
    return f"{len(grave)} to look at: {grave[0].title}" + (" and more" if len(grave) > 1 else "")


def _unplanned(data: Screened, known: list[Association], spoken: set[str]) -> list[Finding]:
    """Blind spots; of those that look like consequences, a note not to add them."""
    roles = data.study.roles
    found = []
    for a in known:
        if a.column.name in spoken or not is_blind_spot(a, len(known)):
            continue
        why = later_by_name(a.column.name, roles.treatment, roles.outcome)
        part = data.part(ROLE_ROWS)
        kind = consequence_of(part, part.columns[a.column.name])
        if not why and a.r2_y > _TELLS_ALL:
            why = f"it tells {percent(a.r2_y)} of what the confounders leave of the outcome: it is "
            why += "a part, another form or a consequence of it"
        if why or kind is not None:
            found.append(_do_not_add(data, a.column, why))
        else:
            found.append(blind_spot(data, a))
    return found


def _do_not_add(data: Screened, column: Column, why: str) -> Finding:
    name, roles = column.name, data.study.roles
    reason = why or "the confounders tell of it only through treatment and outcome"
    return Finding(
        code="post_treatment_suspected",
        severity="note",
        title=f"`{name}` looks like a consequence of the treatment: do not add it",
        text=f"`{name}` is not in the plan and goes with `{roles.treatment}` and "
        f"`{roles.outcome}`, but {reason}.",
        fix=f"Leave `{name}` out of the confounders unless it was settled before the treatment.",
        columns=[name],
    )


def _frame(data: Screened, known: list[Association], found: list[Finding]) -> pd.DataFrame:
    """One row per column that was looked at, the most telling first."""
    by_name = {a.column.name: a for a in known}
    looks: dict[str, str] = {}
    for f in found:
        for c in f.columns:
            looks.setdefault(c, f.code.replace("_", " "))
    rows: list[dict[str, Any]] = []
    for column in data.columns.values():
        a = by_name.get(column.name)
        if a is None and column.name not in looks and column.role == "not in the plan":
            looks[column.name] = "identifier, or told by the confounders"
        rows.append(
            {
                "column": column.name,
                "role": column.role,
                "looks": looks.get(column.name, ""),
                "r2_treatment": a.r2_d if a else None,
                "r2_outcome": a.r2_y if a else None,
                "p_treatment": a.p_d if a else None,
                "p_outcome": a.p_y if a else None,
                "estimate_without": a.short if a else None,
                "estimate_with": a.long if a else None,
            }
        )
    frame = pd.DataFrame(rows)
    weight = frame["r2_treatment"].astype(float).fillna(0) * frame["r2_outcome"].astype(
        float
    ).fillna(0)
    flagged = frame["column"].isin([c for f in found for c in f.columns])
    order = pd.DataFrame({"f": ~flagged, "w": -weight, "c": frame["column"]})
    return frame.iloc[order.sort_values(["f", "w", "c"], kind="stable").index].reset_index(
        drop=True
    )


def _table(frame: pd.DataFrame) -> pd.DataFrame:
    def share(v: Any) -> str:
        return "–" if pd.isna(v) else percent(float(v))

    def p(v: Any) -> str:
        return "–" if pd.isna(v) else p_text(float(v))

    return pd.DataFrame(
        {
            "column": frame["column"],
            "in the plan": frame["role"],
            "looks like": [v or "–" for v in frame["looks"]],
            "of the treatment": [share(v) for v in frame["r2_treatment"]],
            "of the outcome": [share(v) for v in frame["r2_outcome"]],
            "p (treatment)": [p(v) for v in frame["p_treatment"]],
            "p (outcome)": [p(v) for v in frame["p_outcome"]],
        }
    ).head(200)
