"""Whole runs beside a language model that fails in every way, over real HTTP.

The run completes, the report says what happened, and no verdict is better than by rules alone.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_host import FakeHost
from hypothesis import given, settings
from hypothesis import strategies as st
from openai_server import OpenAIServer, Reply, cut, error, hang, huge, raw, refuse, say

from oci_jupyter.agents.llm import OpenAIModel
from oci_jupyter.agents.llm_settings import LLMSettings
from oci_jupyter.agents.loop import Loop
from oci_jupyter.artifacts.journal import Journal
from oci_jupyter.contract import LEVELS, ModelRemarks, Verdict

PLAN = """---
question: Does training raise earnings?
data: df
treatment: treat
outcome: re78
confounders: [age, re75]
placebo_outcomes: [re75]
---
Text.
"""
GRADES = {"overlap_share_outside:ATE": "fail", "placebo": "fail"}
GOOD: dict[str, Any] = {
    "target_trial": "Nobody drew lots among the 16,177 units.",
    "blind_spots": [{"name": "Motivation", "why": "The keen enroll and earn.", "fix": "Ask."}],
    "bad_controls": "",
    "alternatives": "A lottery for places.",
    "concerns": [{"title": "Time zero", "text": "It is not stated.", "fix": "State it."}],
    "lowerings": [{"estimand": "ATT", "level": "abstain", "reason": "Time zero is unknown."}],
}


async def no_wait(seconds: float) -> None:
    """Retries need no patience here."""


async def analyze(
    folder: Path,
    base_url: str = "",
    *,
    during: Callable[[Loop], Any] | None = None,
    timeout: float = 30.0,
) -> tuple[Verdict, ModelRemarks | None, str, Loop]:
    """Run the plan on canned results; without a server by rules alone."""
    journal = Journal(folder / "journal.jsonl")
    model = None
    if base_url:
        model = OpenAIModel(
            LLMSettings(base_url=base_url, model="m", timeout=timeout),
            log=lambda who, what, detail: journal.append(
                who="model", what=what, run_id="", detail=detail
            ),
            sleep=no_wait,
        )
    loop = Loop(FakeHost(GRADES), journal=journal, changed=lambda: None, model=model)
    work = asyncio.create_task(loop.run(PLAN, "plan"))
    if during is not None:
        await during(loop)
    await work
    assert loop.state.phase == "finished"
    current = loop.record.current
    assert current is not None
    assert current.verdict is not None
    return current.verdict, current.remarks, current.report, loop


def never_better(with_model: Verdict, alone: Verdict) -> None:
    for one, other in zip(with_model.estimands, alone.estimands, strict=True):
        assert one.estimand == other.estimand
        assert LEVELS.index(one.level) >= LEVELS.index(other.level)
        assert (one.estimate, one.ci_lower, one.ci_upper) == (
            other.estimate,
            other.ci_lower,
            other.ci_upper,
        )


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    return asyncio.run(analyze(tmp_path_factory.mktemp("alone")))[0]


async def test_a_good_reply_enriches_the_report(
    openai_server: OpenAIServer, tmp_path: Path, alone: Verdict
) -> None:
    openai_server.script = [say(GOOD)]
    verdict, remarks, report, loop = await analyze(tmp_path, openai_server.base_url)
    assert remarks is not None
    assert remarks.problems == []
    for words in ("Nobody drew lots", "Motivation", "A lottery for places", "Time zero"):
        assert words in report
    assert [f.title for f in verdict.findings if f.source == "model"] == ["Time zero"]
    att = next(v for v in verdict.estimands if v.estimand == "ATT")
    assert (att.level, att.lowered) == ("abstain", "Time zero is unknown.")
    never_better(verdict, alone)
    view = loop.state.model
    assert (view.status, view.calls, view.input_tokens) == ("ready", 1, 100)


BAD: dict[str, Reply] = {
    "refusal": refuse("I cannot help with that."),
    "broken JSON": say('{"target_trial": "x", '),
    "not JSON": say("Sure! Everything is satisfactory."),
    "wrong schema": say({"verdict": "satisfactory", "target_trial": 3}),
    "too many requests": error(429),
    "server error": error(500),
    "bad gateway": error(502, "<html><script>alert(1)</script></html>"),
    "no such model": error(404, "no such model"),
    "wrong key": error(401, "wrong key"),
    "half a stream": cut(json.dumps(GOOD)),
    "ten megabytes": huge(10_000_000),
    "nonsense": raw(b"\x00\xff\xfe"),
    "cut by length": say(GOOD, finish_reason="length"),
}


@pytest.mark.parametrize("reply", BAD.values(), ids=list(BAD))
async def test_a_failing_model_leaves_the_rules_and_says_so(
    openai_server: OpenAIServer, tmp_path: Path, alone: Verdict, reply: Reply
) -> None:
    openai_server.script = lambda request: reply
    verdict, remarks, report, loop = await analyze(tmp_path, openai_server.base_url)
    assert remarks is not None
    assert len(remarks.problems) == 1
    assert (remarks.prose, remarks.concerns, remarks.lowerings) == ({}, [], [])
    assert [v.level for v in verdict.estimands] == [v.level for v in alone.estimands]
    assert "problem with the model" in report
    assert not re.search(r"(?<!\\)<(?!#)", report), "only links to cells are not escaped"
    assert loop.state.model.status == "failed"


async def test_a_model_that_says_nothing_is_a_timeout(
    openai_server: OpenAIServer, tmp_path: Path, alone: Verdict
) -> None:
    openai_server.script = lambda request: hang()
    verdict, remarks, _, _ = await analyze(tmp_path, openai_server.base_url, timeout=0.05)
    assert remarks is not None
    assert len(remarks.problems) == 1
    never_better(verdict, alone)


async def test_stop_ends_the_model_in_the_middle_of_its_reply(
    openai_server: OpenAIServer, tmp_path: Path, alone: Verdict
) -> None:
    openai_server.script = lambda request: hang(json.dumps(GOOD), after=3)

    async def stop(loop: Loop) -> None:
        while not (loop.model is not None and loop.model.view.status == "working"):
            await asyncio.sleep(0)
        await asyncio.to_thread(openai_server.hanging.wait)
        await loop.stop()

    verdict, remarks, _, _ = await analyze(tmp_path, openai_server.base_url, during=stop)
    assert remarks is not None
    assert len(remarks.problems) == 1
    never_better(verdict, alone)


async def test_invented_numbers_and_estimands_are_left_out(
    openai_server: OpenAIServer, tmp_path: Path, alone: Verdict
) -> None:
    invented = GOOD | {
        "target_trial": "The true effect is 4,242. Nobody drew lots.",
        "lowerings": [
            {"estimand": "LATE", "level": "not_satisfactory", "reason": "It is another."},
            {"estimand": "ATT", "level": "not_satisfactory", "reason": "Only 12 are left."},
        ],
    }
    openai_server.script = [say(invented)]
    verdict, remarks, report, _ = await analyze(tmp_path, openai_server.base_url)
    assert remarks is not None
    assert "4,242" not in report
    assert [v.level for v in verdict.estimands] == [v.level for v in alone.estimands]
    assert len(remarks.struck) == 2


async def test_the_model_is_asked_again_only_about_new_results(
    openai_server: OpenAIServer, tmp_path: Path
) -> None:
    openai_server.script = lambda request: say(GOOD)
    _, _, _, loop = await analyze(tmp_path, openai_server.base_url)
    await loop.rerun("balance", 1)
    assert len(openai_server.requests) == 1
    host = loop._desk.host
    assert isinstance(host, FakeHost)
    host.grades["balance_max_smd"] = "fail"
    await loop.rerun("balance", 1)
    assert len(openai_server.requests) == 2


async def test_remarks_about_earlier_results_lower_nothing(
    openai_server: OpenAIServer, tmp_path: Path
) -> None:
    openai_server.script = [say(GOOD)]
    verdict, _, _, loop = await analyze(tmp_path, openai_server.base_url)
    assert next(v.lowered for v in verdict.estimands if v.estimand == "ATT")
    loop.model = None
    host = loop._desk.host
    assert isinstance(host, FakeHost)
    host.grades["balance_max_smd"] = "warn"
    await loop.rerun("balance", 1)
    current = loop.record.current
    assert current is not None
    assert current.verdict is not None
    assert [v.lowered for v in current.verdict.estimands if v.lowered] == []
    assert not any(f.source == "model" for f in current.verdict.findings)
    assert "Nobody drew lots" not in current.report


LEAF = st.none() | st.booleans() | st.integers() | st.text(max_size=30)
TREE = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*GOOD, "estimand", "level", "reason", "name", "why"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "estimand": st.sampled_from(["ATE", "ATT", "ATO", "x"]),
            "level": st.sampled_from([*LEVELS, "excellent"]),
            "reason": st.text(max_size=30),
        }
    ),
    max_size=4,
)
SAID = st.one_of(
    st.text(max_size=200),
    TREE.map(json.dumps),
    ROWS.map(lambda rows: json.dumps(GOOD | {"lowerings": rows})),
)


@settings(max_examples=40)
@given(said=SAID)
def test_no_reply_whatever_makes_a_verdict_better(
    said: str, alone: Verdict, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    with OpenAIServer(lambda request: say(said)) as server:
        verdict, _, report, _ = asyncio.run(analyze(folder, server.base_url))
    never_better(verdict, alone)
    assert all(f"#### {n}. " in report for n in range(1, 11))
