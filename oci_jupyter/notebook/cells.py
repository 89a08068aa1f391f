"""Reads cells in nbformat's shape: our metadata, our results, the last line of an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..contract import METADATA_KEY, RESULT_MIME
from ..contract.messages import CellSnapshot

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def snapshot_of(cell: Mapping[str, Any]) -> CellSnapshot:
    """What the loop needs to know of a cell, and no more of it."""
    return CellSnapshot(
        cell_id=cell.get("id", ""),
        cell_type=cell["cell_type"],
        source=cell["source"],
        metadata=dict(cell.get("metadata", {}).get(METADATA_KEY) or {}),
        result=_result(cell.get("outputs", ())),
        error=_error(cell.get("outputs", ())),
        execution_count=cell.get("execution_count"),
    )


def _result(outputs: Any) -> dict[str, Any] | None:
    """The last result among the outputs; a cell publishes one."""
    found = None
    for output in outputs:
        payload = output.get("data", {}).get(RESULT_MIME)
        if isinstance(payload, Mapping):
            found = dict(payload)
    return found


def _error(outputs: Any) -> str:
    for output in outputs:
        if output.get("output_type") == "error":
            text = _ANSI.sub("", str(output.get("evalue", ""))).strip()
            return f"{output.get('ename', 'Error')}: {text}" if text else str(output.get("ename"))
    return ""
