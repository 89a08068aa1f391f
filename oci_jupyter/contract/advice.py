"""What is put before the principal to agree to: a plan as read, a change of spec; and how it
stands with the language model that may have had a part in it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import Model, Problem
from .plan import Plan
from .spec import Spec


class PlanQuestion(Model):
    """Something a free-text plan leaves open."""

    question_id: str
    field: str = Field(description="Field of the plan that the answer fills.")
    text: str
    suggestion: str = Field(default="", description="Suggested answer, '' where there is none.")
    choices: list[str] = Field(default_factory=list, description="None means free text.")
    several: bool = Field(default=False, description="More than one choice may be taken.")
    answer: str = Field(default="", description="As given; several are joined by commas.")


class Assumption(Model):
    """Something that had to be assumed to make a plan of free text."""

    field: str
    value: str
    why: str


class PlanReading(Model):
    """A plan as read from free text, before the principal has agreed to it."""

    plan: Plan
    by: Literal["rules", "model"]
    assumptions: list[Assumption] = Field(default_factory=list)
    questions: list[PlanQuestion] = Field(default_factory=list, max_length=3)
    problems: list[Problem] = Field(
        default_factory=list, description="What the text asks for and cannot have."
    )
    complete: bool = Field(description="It can be run as it stands.")


class SpecChange(Model):
    """One field in which two specs differ."""

    field: str
    label: str = Field(description="The field in words.")
    before: str
    after: str


class Proposal(Model):
    """A change of spec that a comment asks for; nothing runs before the principal agrees."""

    proposal_id: str
    comment: str
    by: Literal["rules", "model"]
    step_id: str = ""
    iteration: int = 1
    summary: str = Field(description="What it does to whom the answer speaks about, in words.")
    changes: list[SpecChange] = Field(default_factory=list)
    spec: Spec | None = Field(default=None, description="None when it cannot be had.")
    problems: list[Problem] = Field(default_factory=list)


class ModelView(Model):
    """How it stands with the language model, for the panel."""

    status: Literal["off", "ready", "working", "failed", "spent"] = "off"
    name: str = ""
    endpoint: str = Field(default="", description="Host of the server, without the key.")
    message: str = Field(default="", description="Why it is off or failed, with the fix.")
    task: str = Field(default="", description="What it is working on, in words.")
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = Field(default=None, description="In the currency of the prices.")
    token_limit: int | None = None
