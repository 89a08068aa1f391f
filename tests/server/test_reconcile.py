"""What changed in a notebook while its tab was away, as events."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fake_host import FakeHost
from test_loop import PLAN

from oci_jupyter.agents.loop import Loop
from oci_jupyter.artifacts.journal import Journal
from oci_jupyter.server.reconcile import missed_events


class Desk:
    """A finished run and the notebook that it stands in."""

    def __init__(self, folder: Path) -> None:
        self.host = FakeHost()
        journal = Journal(folder / "journal.jsonl")
        self.loop = Loop(self.host, journal=journal, changed=lambda: None)
        asyncio.run(self.loop.run(PLAN, "plan"))
        self.steps = [s["cell_id"] for s in self.loop.state.model_dump()["iterations"][0]["steps"]]

    def missed(self, running: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        events = missed_events(self.loop.record, self.host.cells, "kernel-1", running)
        assert all(e.kernel_epoch == "kernel-1" for e in events)
        return [(e.event, e.cell_id) for e in events]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_notebook_that_did_not_change_tells_nothing(desk: Desk) -> None:
    assert desk.missed() == []


def test_an_edit_a_run_and_a_deletion(desk: Desk) -> None:
    edited, ran, both, deleted = (
        next(s for s in desk.steps if s.endswith(name))
        for name in ("-overlap", "-balance", "-placebo-1", "-estimate")
    )
    desk.host.cell(edited).source += "\n# mine"
    desk.host.grades["balance_max_smd"] = "fail"
    desk.host.execute_by_hand(ran)
    desk.host.cell(both).source += "\n# mine"
    desk.host.grades["placebo"] = "fail"
    desk.host.execute_by_hand(both)
    desk.host.cells.remove(desk.host.cell(deleted))
    assert desk.missed() == [
        ("edited", edited),
        ("executed", ran),
        ("executed", both),
        ("deleted", deleted),
    ]


def test_a_run_that_failed_is_told_once(desk: Desk) -> None:
    cell = desk.host.cell(desk.steps[2])
    cell.result, cell.error = None, "ValueError: no"
    assert desk.missed() == [("executed", cell.cell_id)]
    events = missed_events(desk.loop.record, desk.host.cells, "kernel-1")
    asyncio.run(desk.loop.cell_event(events[0]))
    assert desk.missed() == []


def test_what_a_reply_will_tell_is_left_to_the_reply(desk: Desk) -> None:
    cell = desk.host.cell(desk.steps[2])
    cell.result = None
    assert desk.missed(running=(cell.cell_id,)) == []


def test_a_deletion_that_was_undone(desk: Desk) -> None:
    cell = desk.host.cell(desk.steps[2])
    index = desk.host.cells.index(cell)
    desk.host.cells.remove(cell)
    events = missed_events(desk.loop.record, desk.host.cells, "kernel-1")
    asyncio.run(desk.loop.cell_event(events[0]))
    assert desk.missed() == []
    desk.host.cells.insert(index, cell)
    assert desk.missed() == [("inserted", cell.cell_id)]
