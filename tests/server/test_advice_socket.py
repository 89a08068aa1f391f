"""Plans and comments over the real websocket: read, answered, agreed to, and prose on the way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fake_tab import FakeTab
from plan_data import LALONDE
from test_loop import PLAN

from oci_jupyter.contract import Model
from oci_jupyter.contract import messages as m
from oci_jupyter.server.commands import LONG, long_work
from oci_jupyter.server.prose import ProseFeed


@pytest.fixture
def connect(jp_ws_fetch, jp_serverapp):
    return lambda: jp_ws_fetch("oci-jupyter", "api", "run")


async def tab_with_data(connect) -> FakeTab:
    tab = FakeTab(connect)
    columns = [c.model_dump(mode="json") for c in LALONDE.columns]
    tab.host.frames = [{"name": "df", "rows": 614, "columns": 10}]
    tab.host.columns = {"df": columns}
    return await tab.open()


async def run_plan(tab: FakeTab, **more: Any) -> None:
    await tab.send(type="run", plan_source=PLAN, plan_cell_id="plan", mode="review", **more)


async def test_a_plan_is_read_answered_and_dismissed(connect) -> None:
    tab = await tab_with_data(connect)
    await tab.send(type="read_plan", text="Does treat raise re78?", data="")
    await tab.until(lambda: tab.state.get("reading") is not None and tab.phase() == "idle")
    question = tab.state["reading"]["questions"][0]
    assert question["field"] == "confounders"
    answers = {question["question_id"]: "age, iq"}
    await tab.send(type="answer_reading", answers=answers)
    await tab.until(lambda: bool(tab.errors))
    assert "no column `iq`" in tab.errors[0]["problems"][0]["message"]
    await tab.send(type="answer_reading", answers={question["question_id"]: "age, educ"})
    await tab.until(lambda: tab.state["reading"]["complete"])
    assert tab.state["reading"]["plan"]["confounders"] == ["age", "educ"]
    assert tab.host.insertions == 0
    await tab.send(type="dismiss_reading")
    await tab.until(lambda: tab.state["reading"] is None)


async def test_a_rejected_step_with_a_comment_is_a_proposal_that_can_be_run(connect) -> None:
    tab = await tab_with_data(connect)
    await run_plan(tab)
    await tab.until(lambda: tab.phase() == "finished")
    comment = "drop people over 55"
    await tab.send(
        type="decide", step_id="balance", iteration=1, decision="reject", comment=comment
    )
    await tab.until(lambda: tab.state.get("proposal") is not None)
    proposal = tab.state["proposal"]
    assert [c["after"] for c in proposal["changes"]] == ["age <= 55"]
    await tab.until(lambda: tab.phase() == "finished")
    await tab.send(type="apply_proposal", proposal_id=proposal["proposal_id"])
    await tab.until(lambda: len(tab.state["iterations"]) == 2 and tab.phase() == "finished")
    assert tab.state["proposal"] is None
    assert tab.state["iterations"][1]["label"] == "“drop people over 55”"


async def test_comments_during_a_run_are_read_together_when_it_ends(connect) -> None:
    tab = await tab_with_data(connect)
    held: list[dict[str, Any]] = []

    def answers(action: dict[str, Any]) -> bool:
        if action["body"]["kind"] == "run" and "estimate" in action["body"]["cell_id"]:
            held.append(action)
            return False
        return True

    tab.answers = answers
    await run_plan(tab)
    await tab.until(lambda: bool(held))
    for step, comment in (("overlap", "seed 11"), ("balance", "control for black")):
        await tab.send(type="decide", step_id=step, iteration=1, decision="reject", comment=comment)
    await tab.until(
        lambda: [s["state"] for s in tab.state["iterations"][0]["steps"]].count("rejected") == 2
    )
    assert tab.state["proposal"] is None
    tab.answers = lambda action: True
    await tab.reply(held[0])
    await tab.until(lambda: tab.state.get("proposal") is not None)
    assert {c["field"] for c in tab.state["proposal"]["changes"]} == {"seed", "confounders"}
    await tab.send(type="dismiss_proposal")
    await tab.until(lambda: tab.state["proposal"] is None)


async def test_the_critic_is_not_asked_without_a_model(connect) -> None:
    tab = await tab_with_data(connect)
    await run_plan(tab)
    await tab.until(lambda: tab.phase() == "finished")
    await tab.send(type="ask_critic")
    await tab.until(lambda: bool(tab.errors))
    assert tab.errors[0]["problems"][0]["code"] == "model_off"


async def test_prose_is_coalesced_and_its_end_is_said_at_once() -> None:
    sent: list[tuple[int, str]] = []
    news = asyncio.Event()

    def send(message: m.Prose) -> None:
        sent.append((message.iteration, message.text))
        news.set()

    feed = ProseFeed(send)
    for length in range(1, 200):
        feed.write(1, "x" * length)
    assert sent == []
    feed.write(1, "")
    assert sent == [(1, "")]
    feed.write(2, "a")
    feed.write(2, "ab")
    news.clear()
    await asyncio.wait_for(news.wait(), 30)
    assert sent[1] == (2, "ab")


def test_every_long_message_starts_work_and_no_other_does() -> None:
    class Loop:
        def __getattr__(self, name: str) -> Any:
            return lambda *arguments: (name, arguments)

    examples: list[Model] = [
        m.Draft(plan_source="p"),
        m.RunPlan(plan_source="p", plan_cell_id="c"),
        m.Resume(),
        m.ApplyRemedy(remedy_id="r"),
        m.RerunStep(step_id="s", iteration=1),
        m.ReadPlan(text="t"),
        m.AnswerReading(answers={}),
        m.ApplyProposal(proposal_id="p"),
        m.AskCritic(),
    ]
    assert {type(e) for e in examples} == set(LONG)
    for example in examples:
        name = long_work(Loop(), example)[0]  # type: ignore[arg-type,index]
        assert name == example.type  # type: ignore[attr-defined]
    assert long_work(Loop(), m.Stop()) is None  # type: ignore[arg-type]
