"""Actions and replies: deadlines, late and repeated replies."""

from __future__ import annotations

import asyncio

import pytest

from oci_jupyter.contract.messages import Action, InterruptAction, Reply
from oci_jupyter.server import courier as module
from oci_jupyter.server.courier import Courier


def run(coroutine):
    return asyncio.run(coroutine)


def test_a_deadline_that_passes_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MARGIN", 0.0)
    courier = Courier(lambda action: True, lambda: "r")
    reply = run(courier.act(InterruptAction(), deadline=0.001, kernel_epoch=""))
    assert reply.status == "timeout"
    assert not courier.busy


def test_a_reply_nobody_waits_for_is_dropped() -> None:
    courier = Courier(lambda action: True, lambda: "r")
    courier.deliver(Reply(action_id="gone", status="ok"))


def test_the_first_of_two_replies_counts() -> None:
    async def story() -> Reply:
        sent: list[Action] = []
        courier = Courier(lambda action: sent.append(action) is None, lambda: "r")
        task = asyncio.create_task(courier.act(InterruptAction(), deadline=5, kernel_epoch="e"))
        await asyncio.sleep(0)
        courier.repeat()
        assert [a.action_id for a in sent] == [sent[0].action_id] * 2
        courier.deliver(Reply(action_id=sent[0].action_id, status="ok"))
        courier.deliver(Reply(action_id=sent[0].action_id, status="failed"))
        return await task

    assert run(story()).status == "ok"


def test_without_a_tab_the_answer_is_no_client() -> None:
    courier = Courier(lambda action: False, lambda: "r")
    assert run(courier.act(InterruptAction(), deadline=5, kernel_epoch="")).status == "no_client"
