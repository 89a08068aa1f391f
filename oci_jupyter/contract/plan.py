"""The plan: the principal's intent, as Markdown with a YAML head.

Two spellings of the same thing are read: a file that opens with a `---` head, and a
notebook cell whose first fenced `yaml` block is the head (GitHub renders the latter
well). Text after the head is the plan's free text.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from .base import ContractError, Model, Problem

EstimandName = Literal["ATE", "ATT", "ATO"]
DesignName = Literal["unconfoundedness"]
Level = str | int | float | bool


def _as_list(value: Any) -> Any:
    """A single name where a list is expected is that one name."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else value


def _unique(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))


Columns = Annotated[list[str], BeforeValidator(_as_list), AfterValidator(_unique)]


class RowFilter(Model):
    """A condition that a row meets to be in the study; written `age <= 55`."""

    column: str = Field(min_length=1)
    op: Literal["<", "<=", ">", ">=", "==", "!="]
    value: Level

    def __str__(self) -> str:
        name = self.column if _PLAIN.fullmatch(self.column) else f"`{self.column}`"
        value = json.dumps(self.value, ensure_ascii=False)
        return f"{name} {self.op} {value}"


_PLAIN = re.compile(r"[^\s`<>=!]+")
_CONDITION = re.compile(
    r"\s*(?:`(?P<quoted>[^`]+)`|(?P<plain>[^\s`<>=!]+))\s*(?P<op><=|>=|==|!=|<|>)\s*(?P<value>.+?)\s*",
    re.S,
)


def parse_condition(text: str) -> RowFilter:
    """Read a condition on rows, for example `age <= 55` or `` `home state` != "CA" ``.

    Raises:
        ValueError: It is not a column, a comparison and a value.
    """
    match = _CONDITION.fullmatch(text)
    value: Any = None
    if match is not None:
        try:
            value = yaml.safe_load(match["value"])
        except yaml.YAMLError:
            value = match["value"]
    if match is None or not isinstance(value, str | int | float | bool):
        raise ValueError(
            f"{text[:80]!r} is not a condition: write a column, one of < <= > >= == !=, and a "
            "value, for example `age <= 55`; put a column with spaces in backticks"
        )
    return RowFilter(column=match["quoted"] or match["plain"], op=match["op"], value=value)


def _condition(text: str) -> str:
    return str(parse_condition(text))


#: Conditions are text in a plan, in one spelling.
Conditions = Annotated[
    list[Annotated[str, AfterValidator(_condition)]],
    BeforeValidator(_as_list),
    AfterValidator(_unique),
]


class Plan(Model):
    """What the principal wants to know, and of which data."""

    question: str = Field(default="", description="The causal question, in words.")
    design: DesignName = Field(default="unconfoundedness", description="Identification strategy.")
    data: str = Field(
        default="",
        description="A DataFrame's name in the kernel, or a csv/parquet path or URL.",
    )
    treatment: str = Field(default="", description="Column that says who was treated.")
    treated: Level | None = Field(
        default=None, description="Level of the treatment that counts as treated."
    )
    outcome: str = Field(default="", description="Column whose change is in question.")
    confounders: Columns = Field(
        default_factory=list, description="Columns that may drive both treatment and outcome."
    )
    placebo_outcomes: Columns = Field(
        default_factory=list,
        description="Columns the treatment cannot have affected; each is tested "
        "without itself among the confounders.",
    )
    estimands: Annotated[list[EstimandName], BeforeValidator(_as_list)] = Field(
        default=["ATE", "ATT", "ATO"], min_length=1
    )
    tools: Columns = Field(
        default_factory=lambda: ["doubleml", "econml"],
        description="Libraries the actor may use.",
    )
    cluster: str = Field(
        default="", description="Column that says which rows belong together (household, shop)."
    )
    weights: str = Field(default="", description="Column of sampling weights.")
    keep: Conditions = Field(
        default_factory=list,
        description="Conditions a row meets to be in the study, for example `age <= 55`.",
    )
    eligibility: str = Field(default="", description="Who could have been treated, in words.")
    time_zero: str = Field(
        default="", description="When eligibility, assignment and follow-up begin, in words."
    )
    follow_up: str = Field(default="", description="How long outcomes are followed, in words.")
    model_sees: Literal["summary", "levels"] = Field(
        default="summary",
        description="What a language model may see of the data: names, kinds and counts of the "
        "columns, or also the levels of text columns. Rows never.",
    )
    threats: str = Field(default="", description="What the principal fears could mislead.")
    seed: int = Field(default=7, ge=0, lt=2**31, description="Seed of all random draws.")
    text: str = Field(default="", description="Free text after the head.")

    @property
    def missing(self) -> list[str]:
        """Names of the fields without which nothing can be analyzed."""
        return [f for f in ("data", "treatment", "outcome", "confounders") if not getattr(self, f)]


_HEAD = re.compile(r"\A\s*---[ \t]*\n(?P<head>.*?)^---[ \t]*$(?P<text>.*)\Z", re.S | re.M)
_FENCE = re.compile(
    r"^(?P<tick>`{3,}|~{3,})ya?ml[^\n]*\n(?P<head>.*?)^(?P=tick)[ \t]*$(?P<text>.*)\Z",
    re.S | re.M,
)


def parse_plan(source: str) -> Plan:
    """Read a plan from Markdown.

    Args:
        source: Text of a plan file or of the notebook's plan cell.

    Returns:
        The plan. Fields may still be empty: whether it suffices is the actor's question.

    Raises:
        ContractError: No head, broken YAML (with line and column), or a field that is
            unknown or of the wrong type; all problems at once.
    """
    source = source.replace("\r\n", "\n")
    match = _HEAD.match(source) or _FENCE.search(source)
    if match is None:
        raise ContractError.of(
            "plan_no_head",
            "The plan has no YAML head.",
            "Start it with `---`, or put the fields in a ```yaml block.",
        )
    try:
        head = yaml.safe_load(match["head"]) or {}
    except yaml.YAMLError as error:
        raise ContractError([_yaml_problem(error)]) from error
    if not isinstance(head, dict):
        raise ContractError.of(
            "plan_not_mapping",
            f"The plan's head is a {type(head).__name__}, not a list of fields.",
            "Write one `field: value` per line.",
        )
    head.pop("text", None)
    cleaned = {str(k): v for k, v in head.items() if v is not None}
    try:
        return Plan(**cleaned, text=match["text"].strip())
    except ValidationError as error:
        raise ContractError(_field_problems(error)) from error


def dump_plan(plan: Plan, *, fenced: bool = False) -> str:
    """Write a plan as Markdown; `parse_plan` reads it back unchanged.

    Args:
        plan: The plan.
        fenced: For a notebook cell: the head in a `yaml` block under a heading.
    """
    fields = plan.model_dump(exclude={"text"}, exclude_none=True)
    head = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=88)
    text = f"\n{plan.text}\n" if plan.text else ""
    if fenced:
        fence = "```"
        while fence in head:
            fence += "`"
        return f"## Plan\n\n{fence}yaml\n{head}{fence}\n{text}".rstrip("\n")
    return f"---\n{head}---\n{text}"


def _yaml_problem(error: yaml.YAMLError) -> Problem:
    where = ""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        where = f" at line {mark.line + 1}, column {mark.column + 1} of the head"
    reason = getattr(error, "problem", None) or str(error)
    return Problem(
        code="plan_bad_yaml",
        message=f"The plan's head is not valid YAML{where}: {reason}.",
        fix='Check indentation and quotes; values with a colon or `#` need "quotes".',
    )


def _field_problems(error: ValidationError) -> list[Problem]:
    problems = []
    for item in error.errors():
        field = str(item["loc"][0]) if item["loc"] else None
        value = repr(item.get("input"))[:120]
        if item["type"] == "extra_forbidden":
            message = f"The plan has an unknown field `{field}`."
            fix = f"Known fields: {', '.join(f for f in Plan.model_fields if f != 'text')}."
        else:
            message = f"Plan field `{field}` has the value {value}: {item['msg']}."
            fix = (
                f"`{field}`: {Plan.model_fields[field].description or 'see the README'}"
                if (field in Plan.model_fields)
                else ""
            )
        problems.append(
            Problem(code="plan_bad_field", message=message, fix=fix, field=field, value=value)
        )
    return problems
