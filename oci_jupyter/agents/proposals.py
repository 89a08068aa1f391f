"""From a comment to a change of spec that the principal can agree to."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Literal

from ..contract import ContractError, DataProfile, Problem, Proposal, Spec, SpecChange
from . import actor
from .column_words import ColumnFinder, plain
from .comment_answer import ask_comment
from .comment_grammar import CommentRead
from .comments import read_comment
from .language_model import LanguageModel, ModelFailure
from .plan_reader import model_failed
from .spec_diff import diff, words
from .spec_edit import edit_spec

#: Asks the toolkit about data and roles.
Probe = Callable[[Spec], Awaitable[DataProfile]]


async def propose(
    comment: str,
    spec: Spec,
    probe: Probe,
    model: LanguageModel | None,
    step_id: str = "",
) -> Proposal:
    """Read a comment into a change of spec.

    Args:
        comment: The principal's words.
        spec: Spec of the iteration at hand.
        probe: The toolkit's checks; they have the last word on roles.
        model: Asked only about what the rules do not understand.
        step_id: Step that was commented on.

    Returns:
        The proposal; its spec is None when the comment cannot be carried out, and the problems
        say why.
    """
    profile = await probe(spec)
    finder = ColumnFinder(profile)
    found, by, notices = await _read(comment, spec, finder, model)
    problems = [*found.problems, *(_unread(clause) for clause in found.unread)]
    new: Spec | None = None
    changes: list[SpecChange] = []
    if not problems:
        try:
            new = _changed(spec, found, finder, comment)
            changes = diff(spec, new)
            checked = await probe(new)
            problems += [p for p in checked.problems if p.severity == "error"]
            new.assumptions = actor.revised_assumptions(new, spec, checked, changes)
            new.data_fingerprint, new.rows = checked.fingerprint, checked.rows
        except ContractError as error:
            problems += error.problems
    if problems:
        new = None
    return Proposal(
        proposal_id=uuid.uuid4().hex[:8],
        comment=comment,
        by=by,
        step_id=step_id,
        iteration=spec.iteration,
        summary=summary(spec, new) if new is not None else "Nothing is changed.",
        changes=changes,
        spec=new,
        problems=[*problems, *notices],
    )


async def _read(
    comment: str, spec: Spec, finder: ColumnFinder, model: LanguageModel | None
) -> tuple[CommentRead, Literal["rules", "model"], list[Problem]]:
    found = read_comment(comment, spec, finder)
    if not found.unread or model is None:
        return found, "rules", []
    try:
        return await ask_comment(comment, spec, finder.profile, model), "model", []
    except ModelFailure as failure:
        return found, "rules", [model_failed(failure)]


def _unread(clause: str) -> Problem:
    return Problem(
        code="comment_unread",
        field="comment",
        value=clause,
        message=f"It is not clear what “{plain(clause, 120)}” should change.",
        fix="Say it like “use re74 as placebo”, “control for age”, “drop people over 55”, "
        "“cluster by household” or “only the ATT”, or change the plan and run it again.",
    )


def _changed(spec: Spec, found: CommentRead, finder: ColumnFinder, comment: str) -> Spec:
    """The next spec.

    Raises:
        ContractError: It cannot be had.
    """
    edited = edit_spec(spec, found.edits, finder)
    if edited.spec is None:
        raise ContractError(edited.problems)
    if not diff(spec, edited.spec):
        raise ContractError.of(
            "comment_no_change",
            "The comment asks for what the analysis already does.",
            "Say what should be different.",
            field="comment",
            value=plain(comment, 120),
        )
    return actor.revise(edited.spec, spec, plain(comment, 500))


def summary(before: Spec, after: Spec) -> str:
    """What a change does to whom the answer speaks about, in words."""
    said: list[str] = []
    if (before.treatment, before.treated) != (after.treatment, after.treated) or (
        before.outcome != after.outcome
    ):
        said.append(
            f"The question is another one: the effect of {plain(after.treatment, 60)} on "
            f"{plain(after.outcome, 60)}."
        )
    if before.keep != after.keep:
        said.append(
            f"The answer speaks about rows with {words('keep', after.keep)} only."
            if after.keep
            else "The answer speaks about all rows again."
        )
    if before.weights != after.weights:
        said.append(
            f"The answer speaks about the population that `{plain(after.weights, 60)}` stands for."
            if after.weights
            else "The answer speaks about the rows as they are, without weights."
        )
    if before.trim != after.trim:
        said.append(
            "Units whose propensity is outside the bounds are set aside; the answer speaks about "
            f"those that stay: {', '.join(after.labels)}."
            if after.trim is not None
            else "The trimming is undone, since a changed study begins from all its units again."
        )
    elif before.estimands != after.estimands:
        said.append(f"The answer speaks about {', '.join(after.labels)}.")
    if not said:
        said.append("Whom the answer speaks about stays the same.")
    return " ".join(said)
