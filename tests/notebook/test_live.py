"""LiveHost: which action each call becomes, for which kernel and by when."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from oci_jupyter.contract import CellMetadata, NewCell
from oci_jupyter.contract.messages import ActionBody, CellSnapshot, Reply
from oci_jupyter.notebook.live import LiveHost

CELL = NewCell(id="c1", cell_type="code", source="1", metadata=CellMetadata(role="step"))


class Recorder:
    """A channel that writes down what it is asked."""

    def __init__(self, **reply: Any) -> None:
        self.asked: list[tuple[ActionBody, float, str]] = []
        self.reply = Reply(action_id="a", status="ok", **reply)

    async def act(self, body: ActionBody, *, deadline: float, kernel_epoch: str) -> Reply:
        self.asked.append((body, deadline, kernel_epoch))
        return self.reply


def live(channel: Recorder) -> LiveHost:
    host = LiveHost(channel, action_deadline=3.0, run_deadline=99.0)
    host.kernel_epoch = "k1"
    return host


def test_each_call_is_one_action_with_its_deadline() -> None:
    channel = Recorder()
    host = live(channel)

    async def story() -> None:
        await host.insert(CELL, "above")
        await host.run("c1", "hash")
        await host.update("c1", CELL.metadata, source="2", expected_source_hash="hash")
        await host.probe("data", {"source": "df"})
        await host.interrupt()

    asyncio.run(story())
    seen = [(body.kind, deadline) for body, deadline, _ in channel.asked]
    assert seen == [
        ("insert", 3.0),
        ("run", 99.0),
        ("update", 3.0),
        ("probe", 99.0),
        ("interrupt", 3.0),
    ]
    insert, run, update = (body for body, _, _ in channel.asked[:3])
    assert (insert.cell, insert.after) == (CELL, "above")
    assert (run.cell_id, run.expected_source_hash) == ("c1", "hash")
    assert (update.source, update.expected_source_hash) == ("2", "hash")


def test_only_a_run_is_bound_to_the_kernel_that_was_probed() -> None:
    channel = Recorder(probe={"session": "k2"})
    host = live(channel)

    async def story() -> None:
        await host.probe("data", {})
        assert host.kernel_epoch == "k1"
        await host.probe("kernel", {})
        await host.run("c1", "hash")
        await host.insert(CELL, "")

    asyncio.run(story())
    assert host.kernel_epoch == "k2"
    assert [epoch for _, _, epoch in channel.asked] == ["", "", "k2", ""]


def test_a_probe_that_fails_leaves_the_epoch() -> None:
    host = live(Recorder())
    asyncio.run(host.probe("kernel", {}))
    assert host.kernel_epoch == "k1"


@pytest.mark.parametrize("cells", [None, [CellSnapshot(cell_id="a", cell_type="raw", source="")]])
def test_a_snapshot_without_an_answer_is_empty(cells: list[CellSnapshot] | None) -> None:
    assert asyncio.run(live(Recorder(cells=cells)).snapshot()) == (cells or [])
