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

import numpy as np
import pandas as pd
import pytest
from pydantic import Field

from oci_jupyter.agents import critic
from oci_jupyter.agents.llm import OpenAIModel, Pong
from oci_jupyter.agents.llm_settings import LLMSettings
from oci_jupyter.agents.loop import Loop
from oci_jupyter.artifacts.journal import Journal
from oci_jupyter.contract import LEVELS, Model, dump_plan, parse_plan
from oci_jupyter.evals.in_process import InProcessHost

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


#: A small model may repeat itself until it is stopped.
MOST_TOKENS = int(os.environ.get("OCI_TEST_TOKENS", "2500"))

TEXT = """We want to know whether the job training (treat) raises earnings in 1978 (re78) for those
who took part. People with lower earnings before enrolled more often, so adjust for age, educ, re74
and re75. Earnings in 1975 cannot have been changed by it. Leave out people over 60."""


def workers() -> pd.DataFrame:
    """People whose effect is 2 for everybody; those who earned less trained more often."""
    rng = np.random.default_rng(11)
    n = 800
    age, educ = rng.integers(20, 66, n), rng.integers(8, 17, n)
    re74 = 10 + 0.5 * educ + rng.normal(size=n) * 2
    re75 = 0.7 * re74 + 3 + rng.normal(size=n)
    treat = (rng.random(n) < 1 / (1 + np.exp(0.4 * (re75 - re75.mean())))).astype(int)
    re78 = 2 * treat + 0.8 * re75 + 0.2 * educ + rng.normal(size=n)
    return pd.DataFrame(
        {"age": age, "educ": educ, "re74": re74, "re75": re75, "treat": treat, "re78": re78}
    )


async def test_a_plan_in_words_becomes_a_report(base_url: str, tmp_path: Path) -> None:
    settings = LLMSettings(
        base_url=base_url, model="local", timeout=1200, max_reply_tokens=MOST_TOKENS
    )
    journal = Journal(tmp_path / "journal.jsonl")

    def log(who: str, what: str, detail: dict[str, Any]) -> None:
        journal.append(who="model", what=what, run_id="", detail=detail)

    model = OpenAIModel(settings, log=log)
    written: list[str] = []
    with InProcessHost("plan") as host:
        host.namespace["df"] = workers()
        loop = Loop(
            host,
            journal=journal,
            changed=lambda: None,
            model=model,
            prose=lambda _, text: written.append(text),
        )
        await loop.read_plan(TEXT)
        reading = loop.state.reading
        assert reading is not None
        print(reading.model_dump_json(indent=1))
        for _ in range(4):  # at most three questions at a time; suggestions are taken
            open_ = {q.question_id: q.suggestion for q in reading.questions if not q.answer}
            if not open_:
                break
            await loop.answer_reading(open_)
            reading = loop.state.reading
            assert reading is not None
        print("COMPLETE", reading.complete, [str(p) for p in reading.problems])
        plan = reading.plan
        if plan.missing or any(p.severity == "error" for p in reading.problems):
            # A poor model may leave a plan that cannot be run: then it must say so.
            assert reading.problems or plan.missing
            plan = parse_plan(
                "---\ndata: df\ntreatment: treat\noutcome: re78\n"
                "confounders: [age, educ, re74, re75]\nplacebo_outcomes: [re75]\n---\n"
            )
        await loop.run(dump_plan(plan, fenced=True), "plan")
        assert loop.state.phase == "finished"
        current = loop.record.current
        assert current is not None
        assert current.remarks is not None
        print(current.report)
        print(current.remarks.model_dump_json(indent=1))
        rules = critic.review(current, host.kernel_epoch, plan=current.plan)
        assert current.verdict is not None
        for with_model, alone in zip(current.verdict.estimands, rules.estimands, strict=True):
            assert LEVELS.index(with_model.level) >= LEVELS.index(alone.level)
        assert all(f"#### {n}. " in current.report for n in range(1, 11))
    print(model.view)
