"""Faults of time and coding: who was treated when, and which level is the treated one."""

from __future__ import annotations

from typing import Literal

import numpy as np

from oci_jupyter.contract import Finding

from .data import level_text
from .screen_base import Base
from .screen_data import Screened
from .screen_words import (
    TIME_WORDS,
    names_start,
    says_untreated,
    tokens,
    treatment_later_by_name,
)
from .wording import percent

#: Known for this share of one arm, and missing for this share of the other.
_NEARLY_ALL = 0.95
_DAYS = {"days": 1.0, "weeks": 7.0, "months": 30.44, "years": 365.25}
_OUTCOME_WORDS = {"outcome", "followup", "endpoint", "event", "death", "endline", "result"}


def coding_reversed(data: Screened, base: Base) -> list[Finding]:
    """Names and exposures that say the arms are the other way round."""
    roles = data.study.roles
    name = roles.treatment
    treated, control = level_text(roles.treated), level_text(roles.control)
    why = ""
    if says_untreated(treated) and not says_untreated(control):
        why = f"the level taken as treated is called {treated!r}, the other {control!r}"
    elif says_untreated(name) and treated.lower() in ("1", "true", "yes"):
        why = f"`{name}` = {treated} is taken as treated, and the name says the contrary"
    columns = [
        c for c in base.names if c not in (name, roles.outcome, roles.weights, roles.cluster)
    ]
    exposures = [c for c in columns if _only_in(base, c, 0, roles.treatment) == "exposure"]
    severity: Literal["concern", "serious"] = "serious"
    if exposures:
        told = f"`{exposures[0]}` is there for control units only"
        why = f"{why}; {told}" if why else told
    elif not why:
        exposures = [c for c in columns if _dose_of_controls(base, c)]
        if not exposures:
            return []
        # It may also be what the other arm got instead: a comparison of two treatments.
        severity = "concern"
        why = f"`{exposures[0]}` is 0 for them and more than 0 for the others, like a dose"
    return [
        Finding(
            code="treatment_coding_reversed",
            severity=severity,
            title=f"`{name}` may be coded the other way round",
            text=f"Treated is `{name}` = {treated}, but {why}. If so, every effect has the wrong "
            "sign, and ATT speaks of the wrong people.",
            fix=f"Check the codebook; set `treated: {control}` if that is the level of those who "
            "got the treatment.",
            columns=[name, *exposures],
        )
    ]


def _dose_of_controls(base: Base, name: str) -> bool:
    """Whether an amount is 0 among the treated and positive among the controls, by any name."""
    x = base.numbers(name)
    if x is None or np.isnan(x).mean() > 1 - _NEARLY_ALL:
        return False
    treated, control = x[base.d == 1], x[base.d == 0]
    return bool(
        (treated == 0).mean() >= _NEARLY_ALL
        and (control > 0).mean() >= _NEARLY_ALL
        and len(np.unique(control[control > 0])) >= 3
    )


Presence = Literal["exposure", "other"]


def _only_in(base: Base, name: str, arm: int, treatment: str) -> Presence | None:
    """Whether a number or date is there for one arm only, and speaks of the treatment."""
    speaks = names_start(name, treatment)
    gone = base.column(name).iloc[base.rows].isna().to_numpy()
    if not speaks and gone[base.d != arm].mean() < _NEARLY_ALL:
        return None
    x = base.numbers(name)
    if x is None:
        return None
    inside, outside = x[base.d == arm], x[base.d != arm]
    known = ~np.isnan(inside)
    if known.mean() < 0.5 or len(np.unique(inside[known])) < 5:
        return None
    if known.mean() >= _NEARLY_ALL and np.isnan(outside).mean() >= _NEARLY_ALL:
        return "exposure" if speaks or set(tokens(name)) & TIME_WORDS else "other"
    if not speaks or np.isnan(outside).all():
        return None
    values, counts = np.unique(outside[~np.isnan(outside)], return_counts=True)
    filler = values[np.argmax(counts)]
    if counts.max() < _NEARLY_ALL * len(outside) or filler not in (0.0, -1.0, 99.0, 999.0, 9999.0):
        return None
    return "exposure" if (inside == filler).mean() <= 0.05 else None


def treated_over_time(data: Screened, base: Base) -> list[Finding]:
    """Treatment that starts at different times, and treated who had to live to be treated."""
    roles = data.study.roles
    found: list[Finding] = []
    y = base.numbers(roles.outcome)
    for name in base.names:
        if name in (roles.treatment, roles.outcome, roles.weights, roles.cluster):
            continue
        kind = _only_in(base, name, 1, roles.treatment)
        if kind is None:
            continue
        x = base.numbers(name)
        if x is None or y is None:
            continue
        unit = _immortal(base, name, x, y)
        timed = base.values(name).dtype.kind == "M" or set(tokens(name)) & TIME_WORDS
        if unit is not None:
            found.append(_immortal_finding(data, name, unit))
        elif timed and not _keeps_step(base, name, x):
            found.append(_varies(data, name))
    return found


def _keeps_step(base: Base, name: str, x: np.ndarray) -> bool:
    """Whether treatment starts a fixed time after something that is known in both arms."""
    dated = base.values(name).dtype.kind == "M"
    for other in base.names:
        if other == name or (base.values(other).dtype.kind == "M") != dated:
            continue
        if not dated and not set(tokens(other)) & set(tokens(name)) & TIME_WORDS:
            continue
        entry = base.numbers(other)
        if entry is None or np.isnan(entry).mean() > 1 - _NEARLY_ALL:
            continue
        wait = (x - entry)[(base.d == 1) & ~np.isnan(x) & ~np.isnan(entry)]
        if len(wait) and (np.abs(wait - np.median(wait)) <= 1.0).mean() >= _NEARLY_ALL:
            return True
    return False


def _immortal(base: Base, name: str, x: np.ndarray, y: np.ndarray) -> str | None:
    """The scale on which no treated unit's outcome ends before its treatment starts, or None."""
    if np.nanmin(y) < 0:
        return None
    treated = (base.d == 1) & ~np.isnan(x) & ~np.isnan(y)
    y_control = np.sort(y[(base.d == 0) & ~np.isnan(y)])
    if treated.sum() < 20 or len(y_control) < 20:
        return None
    scales: dict[str, np.ndarray] = {}
    if base.values(name).dtype.kind == "M":
        for other in base.names:
            entry = base.numbers(other) if other != name else None
            if entry is None or base.values(other).dtype.kind != "M":
                continue
            wait = (x - entry)[treated]
            if np.isnan(entry).mean() > 0.05 or np.isnan(wait).any() or (wait < 0).mean() > 0.01:
                continue
            scales |= {f"{unit} since `{other}`": wait / days for unit, days in _DAYS.items()}
    else:
        scales["the outcome's own unit"] = x[treated]
    for unit, start in scales.items():
        if (start > 0).mean() < 0.9 or start.std() <= 0:
            continue
        survived = float((y[treated] >= start - 1e-9).mean())
        expected = float(np.mean(np.searchsorted(y_control, start) / len(y_control)))
        if survived >= 0.995 and expected >= 0.05 and expected * treated.sum() >= 10:
            return unit
    return None


def _immortal_finding(data: Screened, name: str, unit: str) -> Finding:
    roles = data.study.roles
    return Finding(
        code="immortal_time",
        severity="serious",
        title="Treated units had to survive until they were treated",
        text=f"`{name}` says when treatment started ({unit}), and no treated unit's "
        f"`{roles.outcome}` ends before it, while many control units' does: the time before the "
        "start was immortal, and counts for the treatment.",
        fix="Start follow-up at the same moment in both arms: a landmark analysis, treatment as a "
        "time-varying exposure, or cloning, censoring and weighting (Hernán 2016).",
        columns=[name, roles.outcome],
    )


def _varies(data: Screened, name: str) -> Finding:
    treatment = data.study.roles.treatment
    return Finding(
        code="treatment_time_varies",
        severity="concern",
        title=f"Treatment starts at different times (`{name}`)",
        text=f"`{name}` is known for the treated only and varies among them, so `{treatment}` "
        "starts at different moments and control units have no time zero of their own. "
        "Confounders and follow-up may not belong to the same moment in both arms.",
        fix="Say when time zero is in either arm; give control units a comparable start (matched "
        "or drawn), and measure confounders before it.",
        columns=[name],
    )


def treatment_after_outcome(data: Screened, base: Base) -> list[Finding]:
    """Names and dates that put the treatment after the outcome."""
    roles = data.study.roles
    why = treatment_later_by_name(roles.treatment, roles.outcome)
    columns: list[str] = []
    for start, end in _pairs(base, roles.treatment, roles.outcome):
        a, b = base.numbers(start), base.numbers(end)
        if a is None or b is None:
            continue
        both = ~np.isnan(a) & ~np.isnan(b) & (base.d == 1)
        if both.sum() < 10:
            continue
        share = float((a[both] > b[both]).mean())
        if share >= 0.05:
            told = f"`{start}` is later than `{end}` for {percent(share)} of the treated"
            why = f"{why}; {told}" if why else told
            columns += [start, end]
    if not why:
        return []
    return [
        Finding(
            code="treatment_after_outcome",
            severity="serious",
            title="Treatment was measured after the outcome",
            text=f"{why[0].upper()}{why[1:]}. A cause does not follow its effect: what is "
            "estimated may be what the outcome does to the treatment.",
            fix="Take the outcome from after the treatment, or the treatment from before the "
            "outcome; drop units whose order is wrong only if you know why.",
            columns=list(dict.fromkeys(columns)) or [roles.treatment, roles.outcome],
        )
    ]


def _pairs(base: Base, treatment: str, outcome: str) -> list[tuple[str, str]]:
    """Columns that say when treatment was given, with those that say when the outcome was."""
    of_outcome = {w for w in tokens(outcome) if not w.isdigit()} - TIME_WORDS | _OUTCOME_WORDS
    times = [
        c
        for c in base.names
        if c not in (treatment, outcome)
        and (
            base.column(c).dtype.kind == "M"
            or (set(tokens(c)) & TIME_WORDS and base.values(c).dtype.kind in "Mif")
        )
    ]
    ends = [c for c in times if set(tokens(c)) & of_outcome]
    starts = [c for c in times if c not in ends and names_start(c, treatment)]
    return [(a, b) for a in starts for b in ends if _same_scale(base, a, b)]


def _same_scale(base: Base, one: str, other: str) -> bool:
    """Two dates, or two numbers whose names share the unit of time."""
    kinds = {base.values(one).dtype.kind == "M", base.values(other).dtype.kind == "M"}
    if kinds == {True}:
        return True
    return kinds == {False} and bool(set(tokens(one)) & set(tokens(other)) & TIME_WORDS)
