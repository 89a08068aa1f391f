"""Which columns can play which part, by what their names and profiles look like.

These are suggestions and the plainest impossibilities; the toolkit's own checks of the data
have the last word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..contract import ColumnProfile, Plan, Problem, Spec
from .column_words import ColumnFinder, plain, stems, word_set

_ID = word_set("id ids uuid guid key index rownames rowid unnamed")
_LATER = word_set(
    "post after later followup final end endline exit outcome result response died death"
)
_TREATED = ("yes", "true", "treated", "treatment", "exposed", "1", "y", "t", "program", "new", "on")
_TREAT = word_set("treat treatment treated exposure exposed program intervention trained")
_OUTCOME = word_set("outcome y result response target")
_WEIGHT = word_set("weight weights wt wgt pweight sampweight")
_CLUSTER = word_set("household hh cluster school village shop store clinic family firm group")


def impossible(plan: Plan | Spec) -> list[Problem]:
    """Parts that one column cannot play together.

    Args:
        plan: A plan or spec; its columns are known to be there.
    """
    found: list[Problem] = []

    def clash(code: str, field: str, name: str, message: str, fix: str) -> None:
        found.append(Problem(code=code, field=field, value=name, message=message, fix=fix))

    if plan.treatment and plan.treatment == plan.outcome:
        name = plain(plan.treatment, 60)
        clash(
            "treatment_is_outcome",
            "outcome",
            plan.outcome,
            f"`{name}` is both treatment and outcome.",
            "Name two different columns.",
        )
    for part in ("treatment", "outcome"):
        column = getattr(plan, part)
        name = plain(column, 60)
        if column and column in plan.confounders:
            clash(
                f"{part}_in_confounders",
                "confounders",
                column,
                f"The {part} `{name}` is also among the confounders.",
                f"Take `{name}` out of the confounders.",
            )
        if column and column in plan.placebo_outcomes:
            clash(
                f"placebo_is_{part}",
                "placebo_outcomes",
                column,
                f"The {part} `{name}` is also a placebo outcome.",
                "A placebo outcome is something the treatment cannot have changed.",
            )
        for role in ("cluster", "weights"):
            if column and column == getattr(plan, role):
                clash(
                    f"{role}_is_{part}",
                    role,
                    column,
                    f"The {part} `{name}` cannot be the {role} column as well.",
                    "Name another column, or none.",
                )
    if plan.cluster and plan.cluster == plan.weights:
        name = plain(plan.cluster, 60)
        clash(
            "cluster_is_weights",
            "weights",
            plan.weights,
            f"`{name}` is both cluster and weights.",
            "Name two different columns, or leave one out.",
        )
    return found


def suggested_confounders(
    finder: ColumnFinder, fields: Mapping[str, Any]
) -> tuple[list[str], list[tuple[str, str]]]:
    """All columns that could be confounders when nobody named any.

    Returns:
        Their names, and those left out with the reason.
    """
    taken = {fields.get(n) for n in ("treatment", "outcome", "cluster", "weights")}
    kept: list[str] = []
    left_out: list[tuple[str, str]] = []
    for name, column in finder.columns.items():
        if name in taken:
            continue
        why = _unfit(column, str(fields.get("outcome", "")), finder)
        if why:
            left_out.append((name, why))
        else:
            kept.append(name)
    return kept, left_out


def _unfit(column: ColumnProfile, outcome: str, finder: ColumnFinder) -> str:
    """Why a column is not suggested as a confounder; '' when it is."""
    words = set(re.findall(r"[^\W\d_]+", column.name.casefold()))
    if column.kind == "other":
        return "not usable"
    if column.n_unique <= 1 and not (column.n_unique == 1 and column.n_missing):
        return "constant"
    rows = max(finder.profile.rows, 1)
    if words & _ID or (
        column.kind in ("text", "category") and column.n_unique > max(30, rows // 2)
    ):
        return "looks like an identifier"
    if words & _LATER or _later_than(column.name, outcome):
        return "looks later than the treatment"
    return ""


def _later_than(name: str, outcome: str) -> bool:
    """Whether a column is the outcome's own series at the same time or later (`re79`, `re78`)."""
    one, other = (re.fullmatch(r"(.*?)[_\s.-]?(\d+)", n.casefold()) for n in (name, outcome))
    if one is None or other is None or one[1] != other[1]:
        return False
    return int(one[2]) >= int(other[2])


def possible(name: str, plan: Plan, finder: ColumnFinder) -> list[str]:
    """Columns that could fill a field, as choices."""
    columns = list(finder.columns)
    if name == "treatment":
        two = [c for c in columns if finder.is_two_valued(c)]
        return two or columns
    if name == "outcome":
        return [c for c in columns if finder.is_numeric(c) and c != plan.treatment]
    if name in ("confounders", "placebo_outcomes"):
        free = [c for c in columns if c not in (plan.treatment, plan.outcome)]
        return [c for c in free if name == "confounders" or finder.is_numeric(c)]
    if name == "weights":
        return [
            c for c in columns if finder.is_numeric(c) and c not in (plan.treatment, plan.outcome)
        ]
    return [c for c in columns if c not in (plan.treatment, plan.outcome)]


def likely(name: str, finder: ColumnFinder, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Columns whose names look like a part, the best first."""
    words = {
        "treatment": _TREAT,
        "outcome": _OUTCOME,
        "weights": _WEIGHT,
        "cluster": _CLUSTER,
    }.get(name, frozenset())
    taken = {v for v in fields.values() if isinstance(v, str)}
    found = []
    for column in finder.columns:
        if column in taken or (name == "treatment" and not finder.is_two_valued(column)):
            continue
        own = set(re.findall(r"[^\W\d_]+", column.casefold())) | set(stems(column))
        if own & words:
            found.append(column)
    return tuple(found)


def same_year(phrase: str, finder: ColumnFinder) -> tuple[str, ...]:
    """Columns that end in the year a phrase speaks of (`earnings in 1978`, `re78`)."""
    years = re.findall(r"\b((?:19|20)\d\d)\b", phrase)
    endings = tuple(e for y in years for e in (y, y[2:]))
    return tuple(
        c for c in finder.columns if endings and re.fullmatch(rf".*\D(?:{'|'.join(endings)})", c)
    )


def suggestion(name: str, plan: Plan, finder: ColumnFinder, choices: list[str]) -> str:
    """A suggested answer, '' when nothing speaks for any."""
    if name in ("treatment", "outcome"):
        fields = {"treatment": plan.treatment, "outcome": plan.outcome}
        others = {k: v for k, v in fields.items() if k != name}
        found = likely(name, finder, others)
        if found or not choices:
            return found[0] if found else ""
        # Outcomes tend to stand last; a treatment is the first thing that was or was not.
        return choices[-1] if name == "outcome" else choices[0]
    if name == "treated":
        levels = {c.casefold(): c for c in choices}
        for word in _TREATED:
            if word in levels:
                return levels[word]
        column = finder.columns.get(plan.treatment)
        if column is not None and column.kind in ("integer", "number") and choices:
            return max(choices, key=_as_number)
        return choices[-1] if choices else ""
    if name == "estimands":
        return ", ".join(plan.estimands)
    if name == "tools":
        return ", ".join(choices)
    if name == "keep":
        return ", ".join(plan.keep)
    if name == "placebo_outcomes":
        taken = (plan.treatment, plan.outcome)
        return ", ".join(p for p in plan.placebo_outcomes if p not in taken)
    return ""


def _as_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("-inf")
