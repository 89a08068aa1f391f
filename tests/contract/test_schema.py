"""The generated files are those that the models generate."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from oci_jupyter.contract import CellMetadata, NewCell
from oci_jupyter.contract.messages import client_messages, server_messages
from oci_jupyter.contract.schema import SCHEMA_PATH, contract_schema


def test_the_written_schema_is_fresh() -> None:
    assert json.loads(SCHEMA_PATH.read_text(encoding="utf-8")) == contract_schema(), (
        "run `make contract` and commit the result"
    )


@pytest.mark.parametrize("cell_id", ["", "a b", "x" * 65, "é", "a/b", "<script>"])
def test_cell_ids_are_those_notebooks_allow(cell_id: str) -> None:
    with pytest.raises(ValidationError):
        NewCell(id=cell_id, cell_type="code", source="", metadata=CellMetadata(role="step"))


@pytest.mark.parametrize(
    "message",
    [
        {"type": "nonsense"},
        {"type": "decide", "step_id": "a", "iteration": 0.5, "decision": "accept"},
        {"type": "decide", "step_id": "a", "iteration": 1, "decision": "raise"},
        {"type": "stop", "interrupt": False, "verdict": "satisfactory"},
        {"type": "hello", "protocol": 2},
    ],
)
def test_messages_that_are_not_of_the_protocol_are_refused(message: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        client_messages.validate_python(message)


def test_a_message_survives_the_wire() -> None:
    raw = '{"type": "stop", "interrupt": true}'
    assert client_messages.validate_json(raw).model_dump() == json.loads(raw)
    with pytest.raises(ValidationError):
        server_messages.validate_json(raw)
