"""Writes the JSON Schema of the contract, from which the TypeScript types are made.

Run `python -m oci_jupyter.contract.schema` (or `make contract`) after a change; a test
fails when the written file is stale.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from . import CellMetadata, DataProfile, JournalEntry, KernelInfo, Plan, Result, Spec, Verdict
from . import messages as m

SCHEMA_PATH = Path(__file__).with_name("contract.schema.json")

ROOTS = (
    Plan,
    Spec,
    Result,
    Verdict,
    CellMetadata,
    JournalEntry,
    KernelInfo,
    DataProfile,
    m.Hello,
    m.Reply,
    m.CellEvent,
    m.KernelEvent,
    m.Renamed,
    m.Draft,
    m.RunPlan,
    m.Resume,
    m.Stop,
    m.Answer,
    m.Decide,
    m.RerunStep,
    m.ApplyRemedy,
    m.ReadPlan,
    m.AnswerReading,
    m.DismissReading,
    m.ApplyProposal,
    m.DismissProposal,
    m.AskCritic,
    m.TakeLease,
    m.Welcome,
    m.Action,
    m.StateMessage,
    m.ErrorMessage,
    m.Prose,
)


def contract_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) with one definition per contract model."""
    _, schema = models_json_schema(
        [(model, "serialization") for model in ROOTS],
        title="oci-jupyter contract",
        description="Generated from oci_jupyter/contract; do not edit.",
    )
    cleaned: dict[str, Any] = _without_titles(schema)
    return cleaned


def _without_titles(node: Any) -> Any:
    """Drop pydantic's field titles: they would become one TypeScript alias per field."""
    if isinstance(node, dict):
        return {
            key: {name: _without_titles(sub) for name, sub in value.items()}
            if key in ("properties", "$defs")
            else _without_titles(value)
            for key, value in node.items()
            if not (key == "title" and isinstance(value, str))
        }
    if isinstance(node, list):
        return [_without_titles(item) for item in node]
    return node


def schema_text() -> str:
    """The file's content."""
    return json.dumps(contract_schema(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    SCHEMA_PATH.write_text(schema_text(), encoding="utf-8")
    sys.stdout.write(f"wrote {SCHEMA_PATH.name}\n")
