"""A tab and the server over a real websocket: the run, the lease, lost connections, bad words."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from fake_tab import FakeTab
from test_loop import PLAN, STEPS

from oci_jupyter.contract import Problem


@pytest.fixture
def connect(jp_ws_fetch, jp_serverapp):
    return lambda: jp_ws_fetch("oci-jupyter", "api", "run")


def run_message(**more: Any) -> dict[str, Any]:
    return {
        "type": "run",
        "plan_source": PLAN,
        "plan_cell_id": "plan",
        "mode": "review",
    } | more


def step_of(tab: FakeTab, step_id: str) -> dict[str, Any]:
    steps = tab.state["iterations"][0]["steps"]
    return next(s for s in steps if s["step_id"] == step_id)


async def finished_run(connect) -> FakeTab:
    tab = await FakeTab(connect).open()
    await tab.send(**run_message())
    await tab.until(lambda: tab.phase() == "finished")
    return tab


async def test_a_whole_run(connect, journal_dir: Path) -> None:
    tab = await finished_run(connect)
    assert [s["step_id"] for s in tab.state["iterations"][0]["steps"]] == STEPS
    assert tab.state["iterations"][0]["verdict"]["overall"] == "satisfactory"
    assert len(tab.host.runs) == len(STEPS)
    assert not tab.errors
    journals = list(journal_dir.glob("a-*.jsonl"))
    assert len(journals) == 1
    assert '"what":"verdict"' in journals[0].read_text(encoding="utf-8")


async def test_a_run_by_hand_reaches_the_critic(connect) -> None:
    tab = await finished_run(connect)
    step = step_of(tab, "placebo-1")
    tab.host.grades["placebo"] = "fail"
    cell = tab.host.execute_by_hand(step["cell_id"])
    await tab.send(
        type="cell_event",
        event="executed",
        cell_id=step["cell_id"],
        cell=cell.model_dump(mode="json"),
        kernel_epoch=tab.host.session,
    )
    await tab.until(
        lambda: tab.state["iterations"][0]["verdict"]["overall"] == "satisfactory_with_caveats"
    )


async def test_decisions_and_remedies(connect) -> None:
    tab = FakeTab(connect)
    tab.host.grades["overlap_share_outside:ATE"] = "fail"
    await tab.open()
    await tab.send(**run_message())
    await tab.until(lambda: tab.phase() == "finished")
    await tab.send(type="decide", step_id="balance", iteration=1, decision="accept", comment="fine")
    await tab.until(lambda: step_of(tab, "balance")["state"] == "accepted")
    await tab.send(type="apply_remedy", remedy_id="trim:fixed")
    await tab.until(lambda: len(tab.state["iterations"]) == 2 and tab.phase() == "finished")


async def test_bad_input_is_refused_and_nothing_is_lost(connect) -> None:
    tab = await finished_run(connect)
    before = tab.state
    tab.host.problems = [Problem(code="column_missing", message="No column x.", field="treatment")]
    await tab.send(**run_message())
    await tab.until(lambda: bool(tab.errors))
    assert tab.errors[0]["problems"][0]["field"] == "treatment"
    await tab.send(**run_message(plan_source="---\na: [\n---"))
    await tab.until(lambda: len(tab.errors) == 2)
    assert tab.errors[1]["problems"][0]["code"] == "plan_bad_yaml"
    await tab.send(type="decide", step_id="nope", iteration=1, decision="accept", comment="")
    await tab.until(lambda: len(tab.errors) == 3)
    assert tab.state["iterations"] == before["iterations"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("not json", "bad_message"),
        ('{"type": "nonsense"}', "bad_message"),
        ('{"type": "decide", "step_id": 3}', "bad_message"),
        ('{"type": "stop", "interrupt": false}', "no_hello"),
    ],
)
async def test_words_that_are_not_of_the_protocol(connect, raw: str, code: str) -> None:
    socket = await connect()
    await socket.write_message(raw)
    answer = json.loads(await socket.read_message())
    assert answer["code"] == code
    assert answer["problems"][0]["fix"]
    # The connection stays.
    await socket.write_message(raw)
    assert json.loads(await socket.read_message())["code"] == code


async def test_another_protocol_is_refused_with_the_fix(connect) -> None:
    socket = await connect()
    await socket.write_message('{"type": "hello", "protocol": 2}')
    answer = json.loads(await socket.read_message())
    assert answer["code"] == "protocol_mismatch"
    assert "pgrade" in answer["problems"][0]["fix"]
    assert await socket.read_message() is None


async def test_a_message_that_is_too_large_closes_the_connection_only(connect) -> None:
    socket = await connect()
    await socket.write_message("x" * 300_000)
    assert await socket.read_message() is None
    tab = await finished_run(connect)
    assert tab.phase() == "finished"


async def test_the_first_tab_leads_and_others_watch(connect) -> None:
    first = await FakeTab(connect).open()
    second = await FakeTab(connect, client_id="tab-2").open()
    assert first.lease is True
    assert second.lease is False
    await second.send(**run_message())
    await second.until(lambda: bool(second.errors))
    assert second.errors[0]["problems"][0]["code"] == "not_leading"
    await first.send(**run_message())
    await second.until(lambda: second.phase() == "finished")
    assert second.actions == []


async def test_the_lease_is_passed_only_between_runs(connect) -> None:
    first = await FakeTab(connect).open()
    second = await FakeTab(connect, first.host, client_id="tab-2").open()
    first.answers = lambda action: action["body"]["kind"] != "run"
    await first.send(**run_message())
    await first.until(lambda: any(a["body"]["kind"] == "run" for a in first.actions))
    await second.send(type="take_lease")
    await second.until(lambda: bool(second.errors))
    assert second.errors[0]["problems"][0]["code"] == "run_in_progress"
    first.answers = lambda action: True
    await first.reply(first.actions[-1])
    await first.until(lambda: first.phase() == "finished")
    await second.send(type="take_lease")
    await second.until(lambda: second.lease is True)
    await first.until(lambda: first.lease is False)


async def test_two_long_commands_at_once(connect) -> None:
    tab = await FakeTab(connect).open()
    tab.answers = lambda action: action["body"]["kind"] != "run"
    await tab.send(**run_message())
    await tab.until(lambda: any(a["body"]["kind"] == "run" for a in tab.actions))
    await tab.send(**run_message())
    await tab.until(lambda: bool(tab.errors))
    assert tab.errors[0]["problems"][0]["code"] == "busy"
    tab.answers = lambda action: True
    await tab.reply(tab.actions[-1])
    await tab.until(lambda: tab.phase() == "finished")


async def test_stop_reaches_a_run_that_waits(connect) -> None:
    tab = await FakeTab(connect).open()
    await tab.send(**run_message(mode="ask"))
    await tab.until(lambda: tab.phase() == "asking")
    question = tab.state["question"]
    await tab.send(type="answer", question_id=question["question_id"], choice="nonsense")
    await tab.until(lambda: bool(tab.errors))
    await tab.send(type="stop", interrupt=False)
    await tab.until(lambda: tab.phase() == "stopped")
    assert tab.host.runs == []


async def test_a_lost_connection_resumes_with_the_same_action(connect) -> None:
    tab = await FakeTab(connect).open()
    tab.answers = lambda action: not action["body"].get("cell_id", "").endswith("overlap")
    await tab.send(**run_message())
    await tab.until(lambda: tab.actions[-1:] != [] and not tab.answers(tab.actions[-1]))
    waiting = tab.actions[-1]["action_id"]
    tab.close()
    again = FakeTab(connect, tab.host)
    await again.open()
    await again.until(lambda: again.phase() == "finished")
    assert again.lease is True
    assert again.actions[0]["action_id"] == waiting
    assert len(tab.host.runs) == len(STEPS)


async def test_a_closed_tab_suspends_and_another_goes_on(connect) -> None:
    tab = await FakeTab(connect).open()
    watcher = await FakeTab(connect, tab.host, client_id="tab-2").open()
    tab.answers = lambda action: not action["body"].get("cell_id", "").endswith("overlap")
    await tab.send(**run_message())
    await tab.until(lambda: tab.actions[-1:] != [] and not tab.answers(tab.actions[-1]))
    tab.close()
    await watcher.until(lambda: watcher.phase() == "suspended")
    await watcher.send(type="take_lease")
    await watcher.until(lambda: watcher.lease is True)
    await watcher.send(type="resume")
    await watcher.until(lambda: watcher.phase() == "asking")
    question = watcher.state["question"]
    assert question["kind"] == "unknown_run"
    await watcher.send(
        type="answer", question_id=question["question_id"], choice=question["default"]
    )
    await watcher.until(lambda: watcher.phase() == "finished")


async def test_a_reloaded_page_finds_its_run_again(connect) -> None:
    tab = await finished_run(connect)
    steps = tab.state["iterations"][0]["steps"]
    tab.close()
    again = await FakeTab(connect, tab.host, client_id="tab-2").open()
    assert again.lease is True
    assert again.phase() == "finished"
    found = again.state["iterations"][0]["steps"]
    assert [s["state"] for s in found] == [s["state"] for s in steps]
    assert again.state["iterations"][0]["verdict"] == tab.state["iterations"][0]["verdict"]


async def test_a_renamed_notebook_keeps_its_session(connect) -> None:
    tab = await finished_run(connect)
    await tab.send(type="renamed", notebook_path="b.ipynb")
    await tab.until(lambda: tab.state["notebook_path"] == "b.ipynb")
    watcher = await FakeTab(connect, client_id="tab-2", path="b.ipynb").open()
    assert watcher.lease is False
    other = await FakeTab(connect, client_id="tab-3", path="a.ipynb").open()
    assert other.lease is True


async def test_a_restarted_kernel_makes_the_verdict_stale(connect) -> None:
    tab = await finished_run(connect)
    await tab.send(type="kernel_event", event="restarting", kernel_id="k", kernel_epoch="")
    await tab.until(lambda: bool(tab.state["iterations"][0]["verdict"]["stale"]))
    stale = tab.state["iterations"][0]["verdict"]["stale"]
    assert {s["what"] for s in stale} == {"kernel_restarted"}


async def test_a_server_error_is_shown_and_does_not_end_the_session(connect, monkeypatch) -> None:
    tab = await FakeTab(connect).open()

    def broken(*args: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("oci_jupyter.agents.runner.write_report", broken)
    await tab.send(**run_message())
    await tab.until(lambda: tab.phase() == "failed")
    assert "log" in tab.state["message"]
    monkeypatch.undo()
    await tab.send(type="resume")
    await tab.until(lambda: tab.phase() == "finished")


async def test_shutting_down_suspends(connect, jp_serverapp) -> None:
    tab = await FakeTab(connect).open()
    tab.answers = lambda action: action["body"]["kind"] != "run"
    await tab.send(**run_message())
    await tab.until(lambda: any(a["body"]["kind"] == "run" for a in tab.actions))
    app = jp_serverapp.extension_manager.extension_apps["oci_jupyter"].pop()
    await asyncio.wait_for(app.stop_extension(), 10)
    await tab.until(lambda: tab.phase() == "suspended")
