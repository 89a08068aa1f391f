"""Edits of a spec: what a comment asks for, field by field, and whether it can be had."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from ..contract import ContractError, Problem, RowFilter, Spec, Trim
from . import actor, role_rules
from .column_words import ColumnFinder, plain
from .plan_fields import ESTIMANDS, checked_condition, read_condition
from .row_words import fitting, value_of

#: Fields that a comment may change.
LISTS = ("confounders", "placebo_outcomes", "keep", "estimands", "tools", "benchmark")
ONES = (
    "treatment",
    "treated",
    "outcome",
    "cluster",
    "weights",
    "trim",
    "learner",
    "seed",
    "folds",
    "question",
    "eligibility",
    "time_zero",
    "follow_up",
    "threats",
)
_COLUMNS = ("confounders", "placebo_outcomes", "benchmark")
_COLUMN = ("treatment", "outcome", "cluster", "weights")
_OPTIONAL = ("cluster", "weights", "trim", "treated", "eligibility", "time_zero", "follow_up")


@dataclass
class SpecEdit:
    """One change that is asked for.

    Attributes:
        field: Field of the spec.
        op: What to do with it.
        values: Items of a list; one value, or none to empty the field.
        why: In the words of whoever asks.
    """

    field: str
    op: Literal["set", "add", "remove"]
    values: list[Any] = dataclasses.field(default_factory=list)
    why: str = ""


@dataclass
class Edited:
    """A spec with edits made, or why they cannot be."""

    spec: Spec | None
    problems: list[Problem]


def edit_spec(spec: Spec, edits: Sequence[SpecEdit], finder: ColumnFinder) -> Edited:
    """Make edits in a copy of a spec; all of them or none.

    Args:
        spec: The spec; it stays as it is.
        edits: In order.
        finder: Columns of the data.

    Returns:
        The changed spec, numbered as before; or every problem found.
    """
    values = spec.model_dump()
    values["keep"] = list(spec.keep)
    values["trim"] = spec.trim
    problems: list[Problem] = []
    for edit in edits:
        try:
            _make(values, edit, spec, finder)
        except ContractError as error:
            problems += error.problems
    if problems:
        return Edited(None, problems)
    if not values["confounders"]:
        problems.append(
            _problem(
                "confounders_empty",
                "confounders",
                "",
                "No confounder would be left.",
                "Keep at least one, or name another.",
            )
        )
    if not values["estimands"]:
        problems.append(
            _problem(
                "estimands_empty",
                "estimands",
                "",
                "No estimand would be left.",
                f"Keep one of: {', '.join(ESTIMANDS)}.",
            )
        )
    if "doubleml" not in values["tools"]:
        problems.append(
            _problem(
                "tool_needed",
                "tools",
                ", ".join(values["tools"]),
                "`doubleml` computes the estimates and cannot be left out.",
                "Leave `doubleml` among the tools.",
            )
        )
    if problems:
        return Edited(None, problems)
    values["benchmark"] = [b for b in values["benchmark"] if b in values["confounders"]]
    try:
        changed = Spec.model_validate(
            values
            | {"keep": [k.model_dump() for k in values["keep"]]}
            | {"trim": values["trim"].model_dump() if values["trim"] is not None else None}
        )
    except ValidationError as error:
        found = [
            _problem(
                "spec_value",
                str(item["loc"][0]) if item["loc"] else "",
                str(item.get("input")),
                f"{item['msg']}.",
                "Say it in other words.",
            )
            for item in error.errors()
        ]
        return Edited(None, found)
    clashes = role_rules.impossible(changed)
    if clashes:
        return Edited(None, clashes)
    return Edited(changed, [])


def _problem(code: str, name: str, value: str, message: str, fix: str) -> Problem:
    return Problem(code=code, field=name or None, value=plain(value, 120), message=message, fix=fix)


def _refuse(code: str, name: str, value: object, message: str, fix: str) -> ContractError:
    return ContractError([_problem(code, name, str(value), message, fix)])


def _make(values: dict[str, Any], edit: SpecEdit, spec: Spec, finder: ColumnFinder) -> None:
    name = edit.field
    if name in LISTS:
        _make_list(values, edit, spec, finder)
        return
    if name not in ONES:
        raise _refuse(
            "field_unknown",
            name,
            name,
            f"`{plain(name, 60)}` cannot be changed by a comment.",
            f"Fields: {', '.join((*LISTS, *ONES))}.",
        )
    if edit.op == "remove" or not edit.values:
        if name not in _OPTIONAL:
            raise _refuse(
                "field_needed", name, "", f"The analysis needs its {name}.", "Name another."
            )
        values[name] = None if name in ("trim", "treated") else ""
        return
    value = edit.values[0]
    if name in _COLUMN:
        value = _column(str(value), name, finder)
        if name == "treatment" and value != values["treatment"]:
            values["treated"] = None
    elif name == "treated":
        value = _treated(value, values["treatment"], finder)
    elif name == "trim":
        value = _trim(value)
    elif name in ("seed", "folds"):
        value = _whole(value, name)
    elif name == "learner":
        if value not in ("stack", "lean"):
            raise _refuse(
                "learner_unknown",
                name,
                value,
                f"There are no models called `{plain(str(value), 60)}`.",
                "Use `stack` or `lean`.",
            )
    else:
        value = plain(str(value), 1000)
    values[name] = value


def _make_list(values: dict[str, Any], edit: SpecEdit, spec: Spec, finder: ColumnFinder) -> None:
    name = edit.field
    present = list(values[name])
    items = [_item(value, name, spec, finder, edit.op) for value in edit.values]
    if edit.op == "set":
        values[name] = list(dict.fromkeys(items)) if name != "keep" else _unique(items)
        return
    if edit.op == "add":
        values[name] = _unique([*present, *items])
        return
    missing = [item for item in items if item not in present]
    if missing:
        shown = ", ".join(f"`{plain(str(m), 60)}`" for m in missing)
        what = name.replace("_", " ")
        raise _refuse(
            "not_there",
            name,
            str(missing[0]),
            f"{shown} is not among the {what}.",
            f"The {what}: {', '.join(plain(str(p), 60) for p in present) or 'none'}.",
        )
    values[name] = [item for item in present if item not in items]


def _unique(items: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return kept


def _item(value: Any, name: str, spec: Spec, finder: ColumnFinder, op: str) -> Any:
    if name in _COLUMNS:
        return _column(str(value), name, finder)
    if name == "estimands":
        match = next((e for e in ESTIMANDS if e.casefold() == str(value).strip().casefold()), "")
        if not match:
            raise _refuse(
                "estimand_unknown",
                name,
                value,
                f"`{plain(str(value), 60)}` is not an estimand that is estimated here.",
                f"Estimands: {', '.join(ESTIMANDS)}.",
            )
        return match
    if name == "tools":
        tool = str(value).strip().casefold()
        if tool not in spec.tools:
            known = tool in actor.KNOWN_TOOLS
            raise _refuse(
                "tool_not_permitted" if known else "tool_unknown",
                name,
                value,
                f"The plan does not permit `{plain(str(value), 60)}`.",
                "Add it to `tools` in the plan and run the plan again."
                if known
                else f"Tools that the plan permits: {', '.join(spec.tools)}.",
            )
        return tool
    condition = value if isinstance(value, RowFilter) else read_condition(str(value))
    return condition if op == "remove" else checked_condition(condition, finder)


def _column(name: str, where: str, finder: ColumnFinder) -> str:
    if name in finder.columns:
        return name
    raise ContractError([finder.unknown(name, where)])


def _treated(value: Any, treatment: str, finder: ColumnFinder) -> Any:
    levels = finder.levels(treatment)
    column = finder.columns.get(treatment)
    known = [level for level in levels if level.casefold() == str(value).casefold()]
    if column is None or (levels and not known):
        raise _refuse(
            "treated_unknown",
            "treated",
            value,
            f"The treatment `{plain(treatment, 60)}` has no level `{plain(str(value), 60)}`.",
            f"Levels: {', '.join(plain(level, 40) for level in levels)}.",
        )
    problem, level = fitting(column, "==", value_of(str(value)))
    return known[0] if problem is not None and known else level


def _trim(value: Any) -> Trim:
    if isinstance(value, Trim):
        return value
    try:
        return Trim.model_validate(value)
    except ValidationError as error:
        raise _refuse(
            "trim_bounds",
            "trim",
            value,
            f"Units cannot be trimmed to {plain(str(value), 60)}.",
            "Give a lower bound between 0 and 0.5 and an upper one between 0.5 and 1.",
        ) from error


def _whole(value: Any, name: str) -> int:
    try:
        return int(str(value).strip())
    except ValueError as error:
        raise _refuse(
            f"{name}_unreadable",
            name,
            value,
            f"`{plain(str(value), 40)}` is not a whole number.",
            f"For example {name} 11.",
        ) from error
