"""The courier: carries actions to the tab that leads, and its replies back to the loop.

An action is outstanding until it is answered, its deadline passes, or the tab is given up.
When the tab reconnects, what is outstanding is sent again under the same id; the browser
answers a repeated action with the same reply, so nothing is inserted or run twice.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from ..contract.messages import Action, ActionBody, Reply, ReplyStatus

#: Seconds that the browser's own answer at its deadline may take to arrive.
_MARGIN = 5.0


@dataclass
class _Outstanding:
    action: Action
    answer: asyncio.Future[Reply]


class Courier:
    """Implements `oci_jupyter.notebook.live.Channel`.

    Args:
        send: Hands an action to the leading tab; False when there is none.
        run_id: Tells the current run's id.
    """

    def __init__(self, send: Callable[[Action], bool], run_id: Callable[[], str]) -> None:
        self._send = send
        self._run_id = run_id
        self._outstanding: dict[str, _Outstanding] = {}

    @property
    def busy(self) -> bool:
        """Whether an action is unanswered."""
        return bool(self._outstanding)

    @property
    def running(self) -> set[str]:
        """Cells whose run is unanswered."""
        bodies = [entry.action.body for entry in self._outstanding.values()]
        return {body.cell_id for body in bodies if body.kind == "run"}

    async def act(self, body: ActionBody, *, deadline: float, kernel_epoch: str) -> Reply:
        action = Action(
            action_id=uuid.uuid4().hex,
            run_id=self._run_id(),
            kernel_epoch=kernel_epoch,
            deadline=deadline,
            body=body,
        )
        entry = _Outstanding(action, asyncio.get_running_loop().create_future())
        self._outstanding[action.action_id] = entry
        try:
            if not self._send(action):
                return _made_up(action, "no_client", "No tab has the notebook open.")
            async with asyncio.timeout(deadline + _MARGIN):
                return await entry.answer
        except TimeoutError:
            return _made_up(action, "timeout", "The notebook did not answer in time.")
        finally:
            del self._outstanding[action.action_id]

    def deliver(self, reply: Reply) -> None:
        """Hand a reply to whoever waits; one that comes too late is dropped."""
        entry = self._outstanding.get(reply.action_id)
        if entry is not None and not entry.answer.done():
            entry.answer.set_result(reply)

    def repeat(self) -> None:
        """Send all that is outstanding again, after the tab reconnected."""
        for entry in list(self._outstanding.values()):
            if not entry.answer.done():
                self._send(entry.action)

    def give_up(self) -> None:
        """Answer all that is outstanding: the tab is gone."""
        for entry in self._outstanding.values():
            if not entry.answer.done():
                words = "The notebook's tab was closed."
                entry.answer.set_result(_made_up(entry.action, "no_client", words))


def _made_up(action: Action, status: ReplyStatus, message: str) -> Reply:
    return Reply(action_id=action.action_id, status=status, message=message)
