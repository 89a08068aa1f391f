"""Composes a spec's steps into cells: templates in, plain readable code out.

Nothing here executes anything, and nothing from a plan reaches a cell except as a Python
literal or, for the DataFrame's name, as a checked identifier.
"""

from __future__ import annotations

import json
import keyword
import textwrap
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, StrictUndefined

from ..contract import CellMetadata, ContractError, NewCell, Spec, Thresholds, source_hash
from .templates import StepTemplate, step_templates

_WIDTH = 92


def literal(value: Any, indent: int | None = None) -> str:
    """Write a value as a Python literal.

    Args:
        value: None, a bool, a number, a string, or a list, tuple or dict of those.
        indent: Column at which the literal starts; given, long lists wrap there.

    Returns:
        Source text that `ast.literal_eval` reads back as an equal value. Characters that do
        not print (bidirectional controls among them) are escaped.

    Raises:
        TypeError: Another type.
    """
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if value.isprintable() else repr(value)
    if isinstance(value, list):
        items = [literal(item) for item in value]
        line = f"[{', '.join(items)}]"
        if indent is None or indent + len(line) < _WIDTH:
            return line
        return _wrapped(items, indent)
    if isinstance(value, tuple):
        items = [literal(item) for item in value]
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    raise TypeError(f"no literal for {type(value).__name__}")


def _wrapped(items: list[str], indent: int) -> str:
    lines, line = [], ""
    for item in items:
        if line and indent + 1 + len(line) + len(item) + 2 > _WIDTH:
            lines.append(line.rstrip())
            line = ""
        line += f"{item}, "
    lines.append(line.rstrip(", "))
    pad = "\n" + " " * (indent + 1)
    return f"[{pad.join(lines)}]"


def inline(text: str) -> str:
    """Text for inside a Markdown code span on one line: nothing in it can close the span."""
    flat = "".join(c if c.isprintable() else " " for c in text).replace("`", "'")
    return textwrap.shorten(flat, 60, placeholder="…") or "?"


def is_frame_name(data: str) -> bool:
    """Whether a plan's `data` names a kernel variable rather than a file."""
    return data.isidentifier() and not keyword.iskeyword(data)


def data_expression(data: str) -> str:
    """The first argument of `oci.Study`: a variable's name, or a path as a literal."""
    return data if is_frame_name(data) else literal(data)


_ENV = Environment(
    undefined=StrictUndefined, autoescape=False, trim_blocks=False, keep_trailing_newline=False
)
_ENV.filters["py"] = literal
_ENV.filters["inline"] = inline


@dataclass(frozen=True)
class StepDraft:
    """A step as composed: two cells that are not in any notebook yet."""

    step_id: str
    number: int
    title: str
    purpose: str
    kind: str
    heading: NewCell
    code: NewCell


def cell_id(run_id: str, iteration: int, step_id: str) -> str:
    """Id of a step's code cell; the same for the same step, so inserting twice is harmless."""
    return f"oci-{run_id}-{iteration}-{step_id}"


def number_label(iteration: int, number: int) -> str:
    """`3` in the first iteration, `2.3` in the second."""
    return str(number) if iteration == 1 else f"{iteration}.{number}"


def compose(spec: Spec, run_id: str, remedy_kind: str = "") -> list[StepDraft]:
    """Compose an iteration's steps.

    Args:
        spec: The iteration's spec.
        run_id: Id of the run, up to 16 characters of [a-zA-Z0-9].
        remedy_kind: Kind of the remedy that led here; '' for a fresh study.

    Raises:
        ContractError: The design has no templates.
    """
    try:
        templates = step_templates(spec.design)
    except KeyError:
        raise ContractError.of(
            "design_unknown",
            f"There are no templates for the design `{spec.design}`.",
            "Use `unconfoundedness`.",
            field="design",
            value=spec.design,
        ) from None
    opening = remedy_kind or "first"
    drafts: list[StepDraft] = []
    for template in templates:
        if template.when and template.when != opening:
            continue
        items: list[str | None] = list(getattr(spec, template.each)) if template.each else [None]
        for position, item in enumerate(items, start=1):
            step_id = f"{template.step}-{position}" if template.each else template.step
            drafts.append(_draft(template, spec, run_id, step_id, len(drafts) + 1, item))
    return drafts


def _draft(
    template: StepTemplate, spec: Spec, run_id: str, step_id: str, number: int, item: str | None
) -> StepDraft:
    context = {
        "spec": spec,
        "study": spec.study_name,
        "data": data_expression(spec.data),
        "number": number_label(spec.iteration, number),
        "item": item,
        "thresholds": _changed_thresholds(spec.thresholds),
        "keep": [(c.column, c.op, c.value) for c in spec.keep],
        "trim": _trim_arguments(spec),
    }
    title = _ENV.from_string(template.title).render(
        context | {"item": inline(item) if item is not None else None}
    )
    heading = _ENV.from_string(template.heading).render(context)
    code = _ENV.from_string(template.code).render(context)
    common = {
        "run_id": run_id,
        "iteration": spec.iteration,
        "step_id": step_id,
        "title": title,
        "purpose": template.purpose,
        "design": spec.design,
        "template": template.name,
    }
    base = cell_id(run_id, spec.iteration, step_id)
    return StepDraft(
        step_id=step_id,
        number=number,
        title=title,
        purpose=template.purpose,
        kind=template.kind,
        heading=NewCell(
            id=f"{base}-h",
            cell_type="markdown",
            source=heading,
            metadata=CellMetadata(
                role="heading", state="done", source_sha256=source_hash(heading), **common
            ),
        ),
        code=NewCell(
            id=base,
            cell_type="code",
            source=code,
            metadata=CellMetadata(
                role="step",
                state="proposed",
                source_sha256=source_hash(code),
                spec=spec if number == 1 else None,
                **common,
            ),
        ),
    )


def _changed_thresholds(thresholds: Thresholds) -> dict[str, float]:
    default = Thresholds().model_dump()
    return {k: v for k, v in thresholds.model_dump().items() if v != default[k]}


def _trim_arguments(spec: Spec) -> str:
    if spec.trim is None:
        return ""
    if spec.trim.rule == "crump":
        return literal("crump")
    return f"{literal(spec.trim.low)}, {literal(spec.trim.high)}"
