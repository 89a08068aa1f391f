"""Reads a plan from free text: by a language model where there is one, by rules in any case.

The model sees the names, kinds and counts of columns, never a row. It only makes claims, which
are held to the same tests as those of the rules; what it leaves out, the rules fill in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from ..contract import (
    ContractError,
    DataProfile,
    FrameInfo,
    Model,
    Plan,
    PlanReading,
    Problem,
    parse_plan,
)
from .column_words import MAX_TEXT, Found, plain
from .language_model import LanguageModel, ModelFailure
from .plan_draft import Hint, PlanDraft
from .plan_fields import ESTIMANDS, ORDER, answer_value, read_condition
from .plan_rules import Said, data_named, said_by_rules
from .row_words import read_rows

_MOST = 40
#: How models write that there is nothing to say.
_NOTHING = frozenset({"none", "null", "n/a", "na", "nothing", "unknown", "not specified"})
#: Of wider data no more columns than this are listed to the model.
_COLUMNS = 300


class ClaimedAssumption(Model):
    """Something that the model took for granted."""

    field: str
    value: str = ""
    why: str = ""


class ClaimedQuestion(Model):
    """Something that the model would ask."""

    field: str
    text: str
    suggestion: str = ""


class ReadPlanAnswer(Model):
    """What a language model reads in a plan; nothing of it counts before it is checked."""

    question: str = Field(default="", description="The causal question, in the plan's words.")
    treatment: str = Field(default="", description="A column's exact name.")
    treated: str = Field(default="", description="Level that counts as treated, '' for 0/1.")
    outcome: str = Field(default="", description="A column's exact name.")
    confounders: list[str] = Field(default_factory=list, description="Columns' exact names.")
    placebo_outcomes: list[str] = Field(default_factory=list, description="Columns' exact names.")
    estimands: list[str] = Field(default_factory=list, description="Of ATE, ATT, ATO.")
    tools: list[str] = Field(default_factory=list, description="Only if the plan names libraries.")
    keep: list[str] = Field(
        default_factory=list, description="Conditions on rows, such as `age <= 55`."
    )
    cluster: str = Field(default="", description="A column's exact name, or ''.")
    weights: str = Field(default="", description="A column's exact name, or ''.")
    eligibility: str = ""
    time_zero: str = ""
    follow_up: str = ""
    threats: str = ""
    assumptions: list[ClaimedAssumption] = Field(default_factory=list)
    questions: list[ClaimedQuestion] = Field(default_factory=list)


async def read_plan(
    text: str,
    profile: DataProfile,
    frames: list[FrameInfo],
    data: str,
    model: LanguageModel | None,
) -> PlanReading:
    """Read a plan from free text.

    Args:
        text: The plan, without a head.
        profile: What the kernel says about the data; without columns while they are unknown.
        frames: DataFrames of the kernel.
        data: The DataFrame or file that it is about; '' while that is open.
        model: The language model, if there is one.

    Raises:
        ContractError: The text is empty or too long.
    """
    return (await read_draft(text, profile, frames, data, model)).reading()


async def read_draft(
    text: str,
    profile: DataProfile,
    frames: list[FrameInfo],
    data: str,
    model: LanguageModel | None,
) -> PlanDraft:
    """As `read_plan`, but open to answers."""
    check_text(text)
    draft = PlanDraft(text=text, profile=profile, frames=frames)
    if data:
        draft.fields["data"] = data
        if len(frames) == 1 and frames[0].name == data and data_named(text, frames) != data:
            draft.assume("data", data, "It is the only DataFrame in the kernel.")
    if not profile.columns:
        return draft
    said = said_by_rules(text, draft.finder, frames)
    if said.words.get("model_sees", "").casefold() in ("summary", "levels"):
        draft.fields["model_sees"] = said.words["model_sees"].casefold()
    if model is not None:
        await _ask_model(draft, said, model)
    _take_said(draft, said)
    if "estimands" not in draft.fields and "estimands" not in draft.hints:
        draft.assume("estimands", ", ".join(ESTIMANDS), "The text does not say whom it is about.")
    return draft


def headed_draft(text: str, profile: DataProfile, frames: list[FrameInfo]) -> PlanDraft:
    """A plan with a head, which is taken at its word."""
    plan = parse_plan(text)
    draft = PlanDraft(text=plan.text, profile=profile, frames=frames)
    fields = plan.model_dump(include=plan.model_fields_set - {"text"})
    draft.fields.update({k: v for k, v in fields.items() if v not in ("", None)})
    if plan.confounders:
        draft.settled.add("confounders")
    return draft


def head_of(text: str) -> Plan | None:
    """The plan in a text's head; none when there is no head.

    Raises:
        ContractError: There is one, and it cannot be read.
    """
    try:
        return parse_plan(text)
    except ContractError as error:
        if error.problems[0].code == "plan_no_head":
            return None
        raise


def check_text(text: str, most: int = MAX_TEXT) -> None:
    """Refuse a text that is empty or too long to be a plan or comment.

    Args:
        text: The text.
        most: Most characters that are read.

    Raises:
        ContractError: It is.
    """
    if not text.strip():
        raise ContractError.of("text_empty", "There is no text.", "Say what you want.")
    if len(text) > most:
        raise ContractError.of(
            "text_too_long",
            f"The text has {len(text):,} characters; at most {most:,} are read.",
            "Leave out what the analysis does not need.",
            value=str(len(text)),
        )


# --- the rules ------------------------------------------------------------------------------------


def _take_said(draft: PlanDraft, said: Said) -> None:
    """Take over what the rules read, for every field that is still free."""
    free = {n for n in ORDER if n not in draft.fields and n not in draft.hints}
    for name in ("treatment", "outcome", "cluster", "weights"):
        phrase = said.ones.get(name, "")
        if name in free and phrase:
            found = draft.finder.find(phrase)
            if found.column or name in ("treatment", "outcome") or _is_name(phrase, found):
                draft.take_column(name, found)
            else:
                draft.refuse(draft.finder.unknown(found.phrase, name, found.candidates), Hint())
    if "treated" in free and said.ones.get("treated"):
        draft.take_treated(draft.finder.unmark(said.ones["treated"]))
    for name in ("confounders", "placebo_outcomes"):
        if name in free and said.lists.get(name):
            draft.take_columns(name, [draft.finder.find(i) for i in said.lists[name]])
    if "estimands" in free and said.lists.get("estimands"):
        draft.take_names("estimands", said.lists["estimands"])
    if "tools" in free and "tools" in said.lists:
        draft.take_names("tools", said.lists["tools"])
    if "keep" in free:
        for phrase, drop in said.rows:
            rows = read_rows(phrase, draft.finder, drop=drop)
            if rows is None:
                continue
            for problem in rows.problems:
                draft.refuse(problem, Hint())
            for condition in rows.keep:
                draft.take_condition(condition)
                said_so = plain(draft.finder.unmark(phrase), 80)
                if condition.column not in said_so:
                    verb = "Leaving out" if drop else "Keeping"
                    draft.assume("keep", str(condition), f"{verb} “{said_so}” is taken to mean it.")
    if said.seed is not None and "seed" not in draft.fields and said.seed < 2**31:
        draft.fields["seed"] = said.seed
    for name, words in said.words.items():
        if name not in draft.fields:
            draft.take_words(name, words)
    if said.ignored and draft.by == "rules":
        shown = "; ".join(f"“{sentence}”" for sentence in said.ignored[:6])
        more = " …" if len(said.ignored) > 6 else ""
        draft.problems.append(
            Problem(
                code="sentences_ignored",
                severity="warning",
                value=said.ignored[0],
                message=f"The rules made nothing of {shown}{more}.",
                fix="If the analysis depends on it, say it in a plainer form.",
            )
        )
    for sentence in said.unread:
        draft.problems.append(
            Problem(
                code="sentence_too_long",
                severity="warning",
                value=sentence,
                message=f"The sentence that begins with “{sentence}” is too long to be read by "
                "rules.",
                fix="Break it up.",
            )
        )


def _is_name(phrase: str, found: Found) -> bool:
    return "⟦" in phrase and bool(found.phrase)


# --- the model ------------------------------------------------------------------------------------


async def _ask_model(draft: PlanDraft, said: Said, model: LanguageModel) -> None:
    """Let the model make its claims; when it fails, say so and leave it to the rules."""
    try:
        answer = await model.ask("read-plan", prompt_values(draft, said), ReadPlanAnswer)
    except ModelFailure as failure:
        draft.problems.append(model_failed(failure))
        return
    draft.by = "model"
    take_answer(draft, answer)


def model_failed(failure: ModelFailure) -> Problem:
    """The notice that the rules carried on alone."""
    return Problem(
        code="model_failed",
        severity="warning",
        value=failure.kind,
        message=f"The language model did not help: {plain(failure.message, 300)}",
        fix="The rules read the text by themselves.",
    )


def prompt_values(draft: PlanDraft, said: Said) -> Mapping[str, Any]:
    """What the model is shown: text and columns, never a row."""
    return {
        "text": draft.text,
        # A file's folder is nobody's business, and a replay may run in another one.
        "data": re.split(r"[/\\]", draft.fields.get("data", ""))[-1],
        "rows": draft.profile.rows,
        "columns": column_table(draft.profile, levels=draft.fields.get("model_sees") == "levels"),
        "estimands": list(ESTIMANDS),
        "hints": {
            name: draft.finder.unmark(phrase)
            for name, phrase in said.ones.items()
            if name in ("treatment", "outcome")
        },
    }


def column_table(profile: DataProfile, *, levels: bool) -> str:
    """Columns as the model sees them, one a line: name, kind, counts; levels where allowed."""
    lines = []
    for column in profile.columns[:_COLUMNS]:
        facts = [column.kind, f"{column.n_unique} distinct", f"{column.missing_share:.0%} missing"]
        if levels and column.kind in ("text", "category"):
            named = ", ".join(json.dumps(v.level[:60], ensure_ascii=False) for v in column.levels)
            facts.append(f"levels {named}")
        lines.append(f"{json.dumps(column.name, ensure_ascii=False)}: {', '.join(facts)}")
    if len(profile.columns) > _COLUMNS:
        lines.append(f"and {len(profile.columns) - _COLUMNS} more columns that are not listed")
    return "\n".join(lines)


def take_answer(draft: PlanDraft, answer: ReadPlanAnswer) -> None:
    """Hold the model's claims to the tests; what fails them is refused, in words."""
    finder = draft.finder
    answer = answer.model_copy(
        update={
            name: ""
            for name in type(answer).model_fields
            if str(getattr(answer, name)).strip(" .-").casefold() in _NOTHING
            and getattr(answer, name) not in finder.columns
        }
    )

    def claimed(name: str) -> Found:
        """The model was shown the names: what is not one of them is not one."""
        return Found(plain(name, 200), name if name in finder.columns else "")

    for name in ("treatment", "outcome", "cluster", "weights"):
        value = getattr(answer, name)
        if value.strip():
            draft.take_column(name, claimed(value))
    for name in ("confounders", "placebo_outcomes"):
        items = [i for i in getattr(answer, name) if i.strip()][:200]
        if items:
            draft.take_columns(name, [claimed(i) for i in items])
    if answer.treated.strip():
        draft.take_treated(answer.treated)
    if answer.estimands:
        draft.take_names("estimands", answer.estimands[:_MOST])
    if answer.tools:
        draft.take_names("tools", answer.tools[:_MOST])
    for condition in answer.keep[:_MOST]:
        try:
            draft.take_condition(read_condition(condition))
        except ContractError as error:
            draft.refuse(error.problems[0], Hint())
    for name in ("question", "eligibility", "time_zero", "follow_up", "threats"):
        draft.take_words(name, getattr(answer, name))
    for assumption in answer.assumptions[:12]:
        if assumption.field in Plan.model_fields:
            draft.assume(
                assumption.field, assumption.value, assumption.why or "The model took it so."
            )
    for question in answer.questions[:3]:
        if question.field in ORDER and plain(question.text):
            draft.hints.setdefault(
                question.field,
                Hint(text=plain(question.text, 300), suggestion=_suggested(draft, question)),
            )


def _suggested(draft: PlanDraft, question: ClaimedQuestion) -> str:
    """The model's suggestion where it could be taken; the rules' own otherwise."""
    try:
        answer_value(question.field, question.suggestion, draft.finder, draft.fields)
    except ContractError:
        return ""
    return plain(question.suggestion, 300)
