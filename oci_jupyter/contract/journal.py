"""One line of the append-only journal."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from .base import Model


class JournalEntry(Model):
    """Who did what, when, on which cell, with which source and result."""

    seq: int = Field(ge=1)
    at: str = Field(description="ISO 8601, UTC.")
    who: Literal["principal", "actor", "critic", "loop", "kernel", "model"]
    user: str = ""
    what: str = Field(description="Verb, for example `insert`, `run`, `accept`, `verdict`.")
    run_id: str
    iteration: int = 1
    step_id: str = ""
    cell_id: str = ""
    source_sha256: str = ""
    result_sha256: str = ""
    detail: dict[str, Any] = Field(default_factory=dict)
