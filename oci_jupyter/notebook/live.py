"""A notebook that is open in a browser: every call becomes an action of the tab that leads."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from ..contract import CellMetadata, NewCell
from ..contract.messages import (
    ActionBody,
    CellSnapshot,
    InsertAction,
    InterruptAction,
    ProbeAction,
    Reply,
    RunAction,
    SnapshotAction,
    UpdateAction,
)


class Channel(Protocol):
    """Carries actions to the browser and replies back."""

    async def act(self, body: ActionBody, *, deadline: float, kernel_epoch: str) -> Reply:
        """Send one action and wait for its reply.

        Args:
            body: What to do.
            deadline: Seconds until the answer is `timeout`.
            kernel_epoch: The kernel process it is meant for; '' for any.
        """


class LiveHost:
    """A `NotebookHost` over a `Channel`.

    Args:
        channel: The way to the browser.
        action_deadline: Seconds for an action that does not compute.
        run_deadline: Seconds for running a cell or probing data.
    """

    def __init__(
        self, channel: Channel, *, action_deadline: float = 30.0, run_deadline: float = 86_400.0
    ) -> None:
        self.kernel_epoch = ""
        self._channel = channel
        self._action_deadline = action_deadline
        self._run_deadline = run_deadline

    async def snapshot(self) -> list[CellSnapshot]:
        reply = await self._act(SnapshotAction())
        return reply.cells or []

    async def insert(self, cell: NewCell, after: str) -> Reply:
        return await self._act(InsertAction(cell=cell, after=after))

    async def run(self, cell_id: str, expected_source_hash: str) -> Reply:
        # Bound to the kernel that was probed: a cell meant for a kernel that has since been
        # restarted would meet none of the variables it needs.
        return await self._channel.act(
            RunAction(cell_id=cell_id, expected_source_hash=expected_source_hash),
            deadline=self._run_deadline,
            kernel_epoch=self.kernel_epoch,
        )

    async def update(
        self,
        cell_id: str,
        metadata: CellMetadata,
        *,
        source: str | None = None,
        expected_source_hash: str = "",
    ) -> Reply:
        return await self._act(
            UpdateAction(
                cell_id=cell_id,
                metadata=metadata,
                source=source,
                expected_source_hash=expected_source_hash,
            )
        )

    async def probe(self, what: Literal["kernel", "data"], request: dict[str, Any]) -> Reply:
        reply = await self._channel.act(
            ProbeAction(what=what, request=request), deadline=self._run_deadline, kernel_epoch=""
        )
        if what == "kernel" and reply.probe is not None:
            self.kernel_epoch = str(reply.probe.get("session", ""))
        return reply

    async def interrupt(self) -> Reply:
        return await self._act(InterruptAction())

    async def _act(self, body: ActionBody) -> Reply:
        return await self._channel.act(body, deadline=self._action_deadline, kernel_epoch="")
