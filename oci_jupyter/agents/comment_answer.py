"""Asks the language model what a comment means when the rules cannot tell."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..contract import DataProfile, Model, Problem, Spec, Trim
from .column_words import plain
from .comment_grammar import CommentRead
from .language_model import LanguageModel
from .plan_reader import column_table
from .spec_diff import words
from .spec_edit import LISTS, ONES, SpecEdit

_MOST = 20


class ClaimedEdit(Model):
    """One edit of the spec, as the model reads the comment."""

    field: str = Field(description=f"One of: {', '.join((*LISTS, *ONES))}.")
    op: Literal["set", "add", "remove"]
    value: list[str] = Field(
        default_factory=list,
        description="Columns' exact names, conditions such as `age <= 55`, or one value; for "
        "`trim` the lower and the upper bound; empty to empty the field.",
    )
    why: str = ""


class ReadCommentAnswer(Model):
    """What a language model reads in a comment; nothing of it counts before it is checked."""

    edits: list[ClaimedEdit] = Field(default_factory=list)
    unclear: str = Field(default="", description="What of the comment asks for no known edit.")


async def ask_comment(
    comment: str, spec: Spec, profile: DataProfile, model: LanguageModel
) -> CommentRead:
    """Let the model read a comment.

    Args:
        comment: The principal's words.
        spec: The spec that they are about.
        profile: The data's columns; no row is shown.
        model: The language model.

    Raises:
        ModelFailure: It did not answer.
    """
    shown = (*LISTS, *ONES)
    values = {
        "comment": comment,
        "spec": {name: words(name, getattr(spec, name)) for name in shown},
        "fields": list(shown),
        "columns": column_table(profile, levels=spec.model_sees == "levels"),
    }
    answer = await model.ask("read-comment", values, ReadCommentAnswer)
    return take_answer(answer)


def take_answer(answer: ReadCommentAnswer) -> CommentRead:
    """The model's edits, to be held to the same tests as those of the rules."""
    found = CommentRead()
    for claim in answer.edits[:_MOST]:
        name = plain(claim.field, 60)
        if name == "trim" and claim.value:
            found.edits += _trim(claim, found)
            continue
        found.edits.append(SpecEdit(name, claim.op, list(claim.value), plain(claim.why, 300)))
    if plain(answer.unclear):
        found.unread.append(plain(answer.unclear, 300))
    return found


def _trim(claim: ClaimedEdit, found: CommentRead) -> list[SpecEdit]:
    try:
        low, high = (float(v) for v in claim.value)
        bounds = Trim(low=low, high=high)
    except ValueError:
        text = plain(", ".join(claim.value), 120)
        found.problems.append(
            Problem(
                code="trim_bounds",
                field="trim",
                value=text,
                message=f"Units cannot be trimmed to “{text}”.",
                fix="Give a lower bound between 0 and 0.5 and an upper one between 0.5 and 1.",
            )
        )
        return []
    return [SpecEdit("trim", claim.op, [bounds], plain(claim.why, 300))]
