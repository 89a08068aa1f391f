"""Tabs that come, go, come back and take over: nobody waits for ever, nothing is lost."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from fake_host import FakeHost
from fake_tab import FakeTab
from test_loop import PLAN, STEPS

from oci_jupyter.agents.loop import Loop
from oci_jupyter.contract import Model
from oci_jupyter.contract.messages import Hello
from oci_jupyter.server import courier, run_session
from oci_jupyter.server.client import COME_AGAIN, REPLACED
from oci_jupyter.server.sessions import Sessions

RUN = {"type": "run", "plan_source": PLAN, "plan_cell_id": "plan", "mode": "review"}


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    """A grace so long that only what a test does ends it."""
    jp_server_config["OciJupyterApp"]["grace"] = 600.0
    return jp_server_config


@pytest.fixture
def connect(jp_ws_fetch, jp_serverapp):
    return lambda: jp_ws_fetch("oci-jupyter", "api", "run")


async def finished_run(connect) -> FakeTab:
    tab = await FakeTab(connect).open()
    await tab.send(**RUN)
    await tab.until(lambda: tab.phase() == "finished")
    return tab


async def run_that_waits(connect, step: str = "overlap") -> FakeTab:
    """A tab whose run waits for the reply of one step's cell."""
    tab = await FakeTab(connect).open()
    tab.answers = lambda a: a["body"]["kind"] != "run" or not a["body"]["cell_id"].endswith(step)
    await tab.send(**RUN)
    await tab.until(lambda: tab.actions[-1:] != [] and not tab.answers(tab.actions[-1]))
    return tab


def edited(cell_id: str) -> dict[str, Any]:
    cell = {"cell_id": cell_id, "cell_type": "code", "source": "1/0"}
    return {"type": "cell_event", "event": "edited", "cell_id": cell_id, "cell": cell}


# --- watching and taking over -------------------------------------------------------------


async def test_what_happens_in_a_watching_tab_is_neither_used_nor_refused(connect) -> None:
    leader = await finished_run(connect)
    watcher = await FakeTab(connect, client_id="tab-2").open()
    await watcher.send(**edited(leader.state["iterations"][0]["steps"][1]["cell_id"]))
    await watcher.send(type="kernel_event", event="restarting", kernel_id="k", kernel_epoch="")
    await watcher.send(**RUN)
    await watcher.until(lambda: bool(watcher.errors))
    assert [e["code"] for e in watcher.errors] == ["run"]
    assert leader.state["iterations"][0]["verdict"]["stale"] == []


async def test_the_run_is_what_the_leading_notebook_says(connect) -> None:
    first = await finished_run(connect)
    second = await FakeTab(connect, FakeHost(), client_id="tab-2").open()
    assert len(second.state["iterations"]) == 1
    await second.send(type="take_lease")
    await second.until(lambda: second.lease is True and not second.state["iterations"])
    await first.send(type="take_lease")
    await first.until(lambda: first.lease is True and len(first.state["iterations"]) == 1)
    assert not first.errors + second.errors


async def test_a_lost_leader_does_not_keep_the_lease(connect) -> None:
    leader = await run_that_waits(connect)
    watcher = await FakeTab(connect, leader.host, client_id="tab-2").open()
    leader.close()
    await leader.until(lambda: leader.closed)
    await watcher.send(type="take_lease")
    await watcher.until(lambda: watcher.lease is True)
    assert not watcher.errors
    assert watcher.phase() == "suspended"


async def test_a_reloaded_page_leads_at_once_and_runs_nothing_twice(connect) -> None:
    tab = await run_that_waits(connect)
    tab.close()
    again = await FakeTab(connect, tab.host, client_id="tab-1-reloaded").open()
    assert again.lease is True
    assert again.phase() == "suspended"
    assert again.actions == []


async def test_a_tab_that_comes_late_only_watches(connect) -> None:
    tab = await run_that_waits(connect)
    tab.close()
    await FakeTab(connect, tab.host, client_id="tab-2").open()
    late = await FakeTab(connect, tab.host).open()
    assert late.lease is False


async def test_a_run_that_will_not_end_is_broken_off(connect, monkeypatch) -> None:
    monkeypatch.setattr(run_session, "_PATIENCE", 0.01)
    begun = asyncio.Event()

    async def endless(*args: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Loop, "run", endless)
    tab = await FakeTab(connect).open()
    await tab.send(**RUN)
    await asyncio.wait_for(begun.wait(), 10)
    tab.close()
    assert (await FakeTab(connect, client_id="tab-2").open()).lease is True


# --- coming back ----------------------------------------------------------------------------


async def test_an_edit_made_offline_makes_the_verdict_stale(connect) -> None:
    tab = await run_that_waits(connect, "sensitivity")
    cell = tab.host.cell(tab.state["iterations"][0]["steps"][2]["cell_id"])
    tab.close()
    cell.source += "\n# mine"
    again = await FakeTab(connect, tab.host).open()
    await again.until(lambda: again.phase() == "finished")
    stale = again.state["iterations"][0]["verdict"]["stale"]
    assert (cell.cell_id, "edited") in [(s["cell_id"], s["what"]) for s in stale]
    assert len(tab.host.runs) == len(STEPS)


async def test_a_cell_deleted_offline_is_still_to_be_done(connect) -> None:
    tab = await run_that_waits(connect, "sensitivity")
    cell = tab.host.cell(tab.state["iterations"][0]["steps"][2]["cell_id"])
    tab.close()
    tab.host.cells.remove(cell)
    again = await FakeTab(connect, tab.host).open()
    await again.until(lambda: again.phase() == "stopped")
    assert again.state["iterations"][0]["verdict"] is None
    await again.send(type="resume")
    await again.until(lambda: again.phase() == "finished")
    assert tab.host.runs.count(cell.cell_id) == 2


async def test_another_kernel_while_away_makes_the_verdict_stale(connect) -> None:
    tab = await finished_run(connect)
    tab.close()
    tab.host.session = "kernel-2"
    again = await FakeTab(connect, tab.host).open()
    await again.until(lambda: bool(again.state["iterations"][0]["verdict"]["stale"]))
    stale = again.state["iterations"][0]["verdict"]["stale"]
    assert {s["what"] for s in stale} == {"kernel_restarted"}


async def test_a_decision_that_waits_is_asked_again_and_blocks_nobody(connect) -> None:
    tab = await finished_run(connect)
    tab.answers = lambda action: action["body"]["kind"] != "update"
    decision = {"type": "decide", "iteration": 1, "decision": "accept", "comment": ""}
    await tab.send(**decision, step_id="balance")
    await tab.until(lambda: not tab.answers(tab.actions[-1]))
    waiting = tab.actions[-1]["action_id"]
    tab.close()
    again = await FakeTab(connect, tab.host).open()
    await again.until(lambda: bool(again.actions))
    assert again.actions[0]["action_id"] == waiting
    await again.send(**decision, step_id="overlap")
    await again.until(
        lambda: (
            {
                s["step_id"]
                for s in again.state["iterations"][0]["steps"]
                if s["state"] == "accepted"
            }
            == {"overlap", "balance"}
        )
    )


async def test_a_second_connection_of_a_tab_replaces_the_first(connect) -> None:
    first = await FakeTab(connect).open()
    second = await FakeTab(connect, first.host).open()
    await first.until(lambda: first.closed)
    assert first.close_code == REPLACED
    assert second.lease is True
    await second.send(**RUN)
    await second.until(lambda: second.phase() == "finished")


# --- names ----------------------------------------------------------------------------------


async def test_who_watches_a_renamed_notebook_says_hello_again(connect) -> None:
    leader = await FakeTab(connect).open()
    watcher = await FakeTab(connect, client_id="tab-2").open()
    await leader.send(type="renamed", notebook_path="b.ipynb")
    await watcher.until(lambda: watcher.closed)
    assert watcher.close_code == COME_AGAIN
    assert (await FakeTab(connect, client_id="tab-2").open()).lease is True
    await leader.send(**RUN)
    await leader.until(lambda: leader.phase() == "finished")


async def test_a_watcher_that_saves_under_another_name_goes_its_own_way(connect) -> None:
    leader = await FakeTab(connect).open()
    watcher = await FakeTab(connect, client_id="tab-2").open()
    await watcher.send(type="renamed", notebook_path="copy.ipynb")
    await watcher.until(lambda: watcher.closed)
    again = await FakeTab(connect, client_id="tab-2", path="copy.ipynb").open()
    assert again.lease is True
    assert leader.state["notebook_path"] == "a.ipynb"
    assert not leader.closed


# --- when something is wrong ----------------------------------------------------------------


async def test_stop_also_stops_what_has_not_begun(connect) -> None:
    tab = await finished_run(connect)
    tab.answers = lambda action: action["body"]["kind"] != "update"
    await tab.send(type="decide", step_id="balance", iteration=1, decision="accept", comment="")
    await tab.until(lambda: not tab.answers(tab.actions[-1]))
    await tab.send(**RUN)
    await tab.send(type="stop", interrupt=False)
    tab.answers = lambda action: True
    await tab.reply(tab.actions[-1])
    await tab.send(type="decide", step_id="nope", iteration=1, decision="accept", comment="")
    await tab.until(lambda: bool(tab.errors))
    assert tab.phase() == "finished"
    assert len(tab.state["iterations"]) == 1


async def test_a_run_that_cannot_be_read_is_said_and_the_tab_stays(connect, monkeypatch) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(Loop, "restore", broken)
    tab = await FakeTab(connect).open()
    assert tab.phase() == "failed"
    assert "log" in tab.state["message"]
    await tab.send(**RUN)
    await tab.until(lambda: tab.phase() == "finished")


async def test_a_tab_that_does_not_answer_suspends_the_run(
    connect, jp_serverapp, monkeypatch
) -> None:
    monkeypatch.setattr(courier, "_MARGIN", 0.0)
    (app,) = jp_serverapp.extension_manager.extension_apps["oci_jupyter"]
    app._sessions._action_deadline = 0.05
    tab = FakeTab(connect)
    tab.answers = lambda action: action["body"]["kind"] != "insert"
    await tab.open()
    await tab.send(**RUN)
    await tab.until(lambda: tab.phase() == "suspended")
    assert "in time" in tab.state["message"]


class StubClient:
    """A connection that may be gone."""

    user = "ada"

    def __init__(self, *, gone: bool = False) -> None:
        self.gone = gone
        self.sent: list[Model] = []

    def send(self, message: Model) -> None:
        self.sent.append(message)

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        self.gone = True


def hello(client_id: str) -> Hello:
    return Hello(version="0", client_id=client_id, notebook_path="a.ipynb", cells=[])


def sessions(folder: Path, grace: float) -> Sessions:
    log = logging.getLogger("test")
    return Sessions(folder, log, action_deadline=1.0, run_deadline=1.0, grace=grace)


async def test_a_tab_that_left_before_it_was_welcomed_never_leads(tmp_path: Path) -> None:
    found = sessions(tmp_path, grace=600.0)
    await found.join(hello("gone"), StubClient(gone=True))
    assert found._sessions == []
    client = StubClient()
    await found.join(hello("here"), client)
    assert client.sent[0].lease is True
    await found.close()


async def test_a_session_is_dropped_once_whoever_leaves_last(tmp_path: Path) -> None:
    found = sessions(tmp_path, grace=0.0)
    leader, watcher = StubClient(), StubClient()
    session = await found.join(hello("leader"), leader)
    await found.join(hello("watcher"), watcher)
    session.leave("leader", leader)
    session.leave("watcher", watcher)
    assert found._sessions == [session]
    while not session._tasks:
        await asyncio.sleep(0)
    await asyncio.gather(*session._tasks)
    assert found._sessions == []
