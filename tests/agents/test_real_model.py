"""Opt-in: a real small model on this machine, over HTTP.

    pip install xllamacpp
    OCI_TEST_GGUF=/path/to/model.gguf python -m pytest tests/agents/test_real_model.py

Any instruction-tuned gguf will do. What a small model says is poor; that it comes in the shape
that was asked for, counted and journaled, is what is tested.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field

from oci_jupyter.agents.llm import OpenAIModel, Pong
from oci_jupyter.agents.llm_settings import LLMSettings
from oci_jupyter.contract import Model

GGUF = os.environ.get("OCI_TEST_GGUF", "")

pytestmark = [
    pytest.mark.skipif(not GGUF, reason="OCI_TEST_GGUF names no model"),
    pytest.mark.skipif(
        importlib.util.find_spec("xllamacpp") is None, reason="xllamacpp is not installed"
    ),
]

TRIAGE = """---
task: triage
version: 1
description: Reads one sentence.
---
## system

You read one sentence about a study. You answer with JSON: what was done to people (`treatment`),
what was measured after it (`outcome`), and whether people chose it themselves or it was drawn by
lot (`assignment`).

## user

{{ sentence | untrusted("sentence") }}
"""


class Triage(Model):
    treatment: str = Field(min_length=1)
    outcome: str = Field(min_length=1)
    assignment: Literal["chosen", "drawn"]


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """The model's server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = Path(__file__).with_name("gguf_server.py")
    process = subprocess.Popen(
        [sys.executable, str(script), GGUF, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("serving"):
                break
        assert process.poll() is None, "the model's server ended"
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def journal() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def model(base_url: str, journal: list[dict[str, Any]], tmp_path: Path) -> OpenAIModel:
    (tmp_path / "triage.md").write_text(TRIAGE)
    return OpenAIModel(
        LLMSettings(base_url=base_url, model="local", timeout=600, max_reply_tokens=400),
        log=lambda who, what, detail: journal.append({"what": what, **detail}),
        prompts=tmp_path,
    )


async def test_a_sign_of_life(model, journal) -> None:
    texts: list[str] = []
    await model.ask("ping", {}, Pong, on_text=texts.append)
    assert len(texts) >= 1
    assert model.view.input_tokens > 0
    assert model.view.output_tokens > 0
    assert not model.usage.estimated
    assert [entry["what"] for entry in journal] == ["ask", "answer"]
    assert not journal[1]["exchanges"][0]["schema_in_prompt"]


async def test_a_structured_answer(model, journal) -> None:
    sentence = "Workers who signed up for the training course earned more a year later."
    answer = await model.ask("triage", {"sentence": sentence}, Triage)
    assert type(answer) is Triage
    print(answer)  # pytest -s shows how good it is
    assert journal[-1]["failure"] is None
