"""Steps and their provenance, as kept in a cell's metadata."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import Model
from .plan import Plan
from .spec import Spec
from .verdict import ModelRemarks

StepState = Literal[
    "proposed", "running", "done", "failed", "accepted", "edited", "rejected", "stale"
]
CellRole = Literal["plan", "heading", "step", "report"]


class CellMetadata(Model):
    """Our one object in a cell's metadata; readable without us."""

    protocol: Literal[1] = 1
    role: CellRole
    run_id: str = ""
    iteration: int = Field(default=1, ge=1)
    step_id: str = ""
    title: str = ""
    purpose: str = ""
    design: str = ""
    template: str = ""
    state: StepState = "proposed"
    source_sha256: str = Field(default="", description="Source as the agent composed it.")
    run_sha256: str = Field(default="", description="Source when it last ran.")
    result_sha256: str = Field(default="", description="Content of the last result.")
    superseded_by: int | None = Field(default=None, description="Iteration that replaced it.")
    reviewed_by: str = ""
    reviewed_at: str = ""
    comment: str = ""
    spec: Spec | None = Field(default=None, description="On an iteration's first step only.")
    plan: Plan | None = Field(
        default=None, description="What the spec was made of; on an iteration's first step only."
    )
    remarks: ModelRemarks | None = Field(default=None, description="On a report only.")


class NewCell(Model):
    """A cell to be inserted; its id is chosen by the server, so inserting twice is harmless."""

    id: str = Field(pattern=r"^[a-zA-Z0-9-_]{1,64}$")
    cell_type: Literal["code", "markdown"]
    source: str
    metadata: CellMetadata


class StepView(Model):
    """A step as the panel lists it."""

    step_id: str
    cell_id: str
    heading_id: str = ""
    iteration: int
    number: int = Field(ge=1)
    title: str
    purpose: str = ""
    state: StepState
    grade: Literal["pass", "warn", "fail", "not_applicable"] | None = None
    headline: str = ""
    stale_reason: str = ""
    error: str = ""
    comment: str = ""
    seconds: float | None = None
    superseded_by: int | None = None
