"""From an answer's shape to the schema that is sent, and from a reply to a validated answer."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import ValidationError

from .language_model import Answer
from .prompts import untrusted

#: Longest list of faults that a repair turn shows.
_FAULTS = 12

#: Keywords for which OpenAI refuses a whole schema; the answer is validated anyway.
_NOT_STRICT = {"minLength", "maxLength", "uniqueItems", "minProperties", "maxProperties"}

_THINKING = re.compile(r"\A\s*<think>.*?</think>", re.S)
_FENCE = re.compile(r"\A\s*```[a-zA-Z]*\s*\n(.*)\n\s*```\s*\Z", re.S)


class Unreadable(Exception):  # noqa: N818 - a normal state: models write what they like
    """A reply is not in the shape that was asked for; the message says what is wrong with it."""


def strict_schema(schema: type[Answer], *, in_words: bool = False) -> dict[str, Any]:
    """JSON schema of an answer, as servers with structured output want it.

    Every field is required and none may be added; a default is not said, since it would be
    taken for an example.

    Args:
        schema: Shape of the answer.
        in_words: It is meant for the prompt, where every keyword may be said.
    """
    from openai import pydantic_function_tool

    strict = pydantic_function_tool(schema)["function"]["parameters"]
    unsaid = {"default", "title"} | (set() if in_words else _NOT_STRICT)
    cleaned = _without(strict, frozenset(unsaid))
    assert isinstance(cleaned, dict)
    return cleaned


def _without(schema: Any, names: frozenset[str], *, fields: bool = False) -> Any:
    """A schema without some keywords; `fields` marks a mapping whose keys are field names."""
    if isinstance(schema, dict):
        return {
            key: _without(value, names, fields=not fields and key in ("properties", "$defs"))
            for key, value in schema.items()
            if fields or key not in names
        }
    if isinstance(schema, list):
        return [_without(value, names) for value in schema]
    return schema


def schema_words(schema: type[Answer]) -> str:
    """What is added to a prompt when the server does not take a schema."""
    text = json.dumps(strict_schema(schema, in_words=True), ensure_ascii=False)
    return (
        "Answer with one JSON object and nothing else: no Markdown, no words before or after it. "
        f"It must be valid against this JSON schema:\n{text}"
    )


def read_answer(text: str, schema: type[Answer]) -> Answer:
    """The validated answer that a reply holds.

    Thinking aloud, a code fence, and words around the object are passed over; the object itself
    is taken as it stands.

    Raises:
        Unreadable: There is none.
    """
    text = _THINKING.sub("", text)
    if fenced := _FENCE.match(text):
        text = fenced[1]
    if "{" in text and "}" in text:
        text = text[text.index("{") : text.rindex("}") + 1]
    if not text.strip():
        raise Unreadable("The reply is empty.")
    try:
        return schema.model_validate_json(text)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        lines = [
            f"- {'.'.join(str(p) for p in fault['loc']) or 'the whole'}: {fault['msg']}"
            for fault in faults[:_FAULTS]
        ]
        if len(faults) > _FAULTS:
            lines.append(f"- and {len(faults) - _FAULTS} more")
        raise Unreadable("\n".join(lines)) from None
    except (ValueError, RecursionError) as error:  # validators of our own, nesting without end
        raise Unreadable(f"- the whole: {error}") from None


def repair_words(faults: str, schema: type[Answer]) -> str:
    """The repair turn: what was wrong, and the shape once more."""
    return (
        "That reply cannot be used. What is wrong with it:\n"
        f"{untrusted(faults, 'faults', 4_000)}\n"
        f"Write the whole answer again. {schema_words(schema)}"
    )
