"""The fields of a plan that can be asked about, and what an answer for each may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError

from ..contract import ContractError, EstimandName, Problem, RowFilter, parse_condition
from . import actor
from .column_words import ColumnFinder, plain
from .row_words import fitting

ESTIMANDS: tuple[str, ...] = get_args(EstimandName)
#: The answer that leaves an optional field empty.
NONE = "(none)"

#: What is asked, the most important first.
QUESTIONS = {
    "data": "Which data is the plan about?",
    "treatment": "Which column says who was treated?",
    "treated": "Which level of the treatment counts as treated?",
    "outcome": "Which column is the outcome?",
    "confounders": "Which columns may have driven both treatment and outcome?",
    "placebo_outcomes": "Which columns can the treatment not have changed?",
    "keep": "Which rows are in the study? Write conditions such as `age <= 55`.",
    "cluster": "Which column says which rows belong together?",
    "weights": "Which column holds the sampling weights?",
    "estimands": "Whom should the effect speak about?",
    "tools": "Which libraries may be used?",
}
ORDER = tuple(QUESTIONS)
REQUIRED = frozenset({"data", "treatment", "outcome", "confounders", "estimands", "tools"})
SEVERAL = frozenset({"confounders", "placebo_outcomes", "estimands", "tools", "keep"})
_COLUMN = frozenset({"treatment", "outcome", "cluster", "weights"})
_COLUMNS = frozenset({"confounders", "placebo_outcomes"})


def answer_value(name: str, text: str, finder: ColumnFinder, fields: Mapping[str, Any]) -> Any:
    """The principal's answer as the plan's field holds it.

    Args:
        name: The field.
        text: The answer; several are joined by commas.
        finder: Columns of the data.
        fields: The plan's fields so far.

    Raises:
        ContractError: It cannot be had.
    """
    text = text.strip()
    if text in ("", NONE):
        if name in REQUIRED or name == "treated":
            raise ContractError.of(
                "answer_needed", f"{QUESTIONS[name]} This cannot be left open.", field=name
            )
        return [] if name in SEVERAL else ""
    if name == "data":
        return text
    if name == "treated":
        return _level(text, str(fields.get("treatment", "")), finder)
    if name in _COLUMN:
        return _known(text, name, finder)
    if name in _COLUMNS:
        return list(dict.fromkeys(_known(item, name, finder) for item in _names(text, finder)))
    items = [item.strip() for item in text.split(",") if item.strip()]
    if name == "keep":
        return [_condition(item, finder) for item in items]
    kept, problems = known_names(name, items)
    if problems:
        raise ContractError(problems)
    return kept


def known_names(name: str, items: list[str]) -> tuple[list[str], list[Problem]]:
    """The estimands or libraries in a list, and a problem for each that is none.

    Args:
        name: `estimands` or `tools`.
        items: What was written.
    """
    known = ESTIMANDS if name == "estimands" else tuple(actor.KNOWN_TOOLS)
    kept: list[str] = []
    problems: list[Problem] = []
    for item in items:
        match = next((k for k in known if k.casefold() == item.strip().casefold()), "")
        if match:
            kept += [match] if match not in kept else []
            continue
        what = "an estimand" if name == "estimands" else "a tool"
        problems.append(
            Problem(
                code=f"{name[:-1]}_unknown",
                field=name,
                value=plain(item, 120),
                message=f"The plan asks for {what} that is not known here: `{plain(item, 60)}`.",
                fix=f"Known {name}: {', '.join(known)}.",
            )
        )
    return kept, problems


def checked_condition(condition: RowFilter, finder: ColumnFinder) -> RowFilter:
    """A condition on rows whose column is there and can have the value.

    Raises:
        ContractError: It is not, or it cannot.
    """
    column = finder.columns.get(condition.column)
    if column is None:
        raise ContractError([finder.unknown(condition.column, "keep")])
    problem, value = fitting(column, condition.op, condition.value)
    if problem is not None:
        raise ContractError([problem])
    return RowFilter(column=condition.column, op=condition.op, value=value)


def read_condition(text: str) -> RowFilter:
    """A condition on rows as written, such as `age <= 55`.

    Raises:
        ContractError: It is none.
    """
    try:
        return parse_condition(text)
    except (ValueError, ValidationError) as error:
        raise ContractError.of(
            "condition_unreadable",
            f"“{plain(text, 80)}” is not a condition on rows.",
            "Write a column, a comparison and a value, such as `age <= 55`.",
            field="keep",
            value=plain(text, 120),
        ) from error


def _condition(text: str, finder: ColumnFinder) -> str:
    return str(checked_condition(read_condition(text), finder))


def _level(text: str, treatment: str, finder: ColumnFinder) -> str:
    levels = {level.casefold(): level for level in finder.levels(treatment)}
    if levels and text.casefold() not in levels:
        raise ContractError.of(
            "choice_unknown",
            f"`{plain(text, 60)}` is not a level of the treatment.",
            f"Levels: {', '.join(plain(v, 40) for v in levels.values())}.",
            field="treated",
            value=plain(text, 120),
        )
    return levels.get(text.casefold(), text)


def _known(text: str, name: str, finder: ColumnFinder) -> str:
    if text in finder.columns:
        return text
    found = finder.find(text)
    if found.column and found.sure:
        return found.column
    raise ContractError([finder.unknown(text, name, found.candidates)])


def _names(text: str, finder: ColumnFinder) -> list[str]:
    """Names between commas; names that hold commas themselves stay whole."""
    parts = text.split(",")
    names: list[str] = []
    while parts:
        for size in range(len(parts), 0, -1):
            name = ",".join(parts[:size]).strip()
            if size == 1 or name in finder.columns:
                names += [name] if name else []
                parts = parts[size:]
                break
    return names
