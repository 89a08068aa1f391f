"""One open notebook's session: its tabs, the lease, and the loop that they share.

The first tab leads: its notebook is the one that is written. Others watch. Replies are
delivered as they arrive; commands are carried out one after another by a worker, so that a
command may wait for replies. Long commands (a run) become a task of their own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from .. import __version__
from ..agents.loop import BUSY, Loop
from ..artifacts.journal import Journal
from ..contract import ContractError, Model, Problem
from ..contract import messages as m
from ..notebook.live import LiveHost
from .courier import Courier


class Client(Protocol):
    """A tab's connection, as the session needs it."""

    def send(self, message: Model) -> None:
        """Send a message; a connection that is gone swallows it."""

    @property
    def user(self) -> str:
        """Name of the authenticated user."""


class RunSession:
    """See the module.

    Args:
        path: The notebook's path.
        journal: The notebook's journal.
        log: The server's log.
        action_deadline: Seconds for an action that does not compute.
        run_deadline: Seconds for running a cell.
        grace: Seconds that a lost tab has to come back before its run is suspended.
        dropped: Called when the session has no tab and nothing to do.
    """

    def __init__(
        self,
        path: str,
        *,
        journal: Journal,
        log: logging.Logger,
        action_deadline: float,
        run_deadline: float,
        grace: float,
        dropped: Callable[[RunSession], None],
    ) -> None:
        self.path = path
        self._log = log
        self._grace = grace
        self._dropped = dropped
        self._clients: dict[str, Client] = {}
        self._leader = ""
        self._seq = 0
        self._state_due = False
        self._absence: asyncio.TimerHandle | None = None
        self._work: asyncio.Task[None] | None = None
        self._inbox: asyncio.Queue[tuple[str, m.ClientMessage]] = asyncio.Queue()
        self._courier = Courier(self._to_leader, lambda: self.loop.state.run_id)
        self._host = LiveHost(
            self._courier, action_deadline=action_deadline, run_deadline=run_deadline
        )
        self.loop = Loop(self._host, journal=journal, changed=self._changed, notebook_path=path)
        self._worker = asyncio.create_task(self._carry_out_commands())

    # --- tabs ---------------------------------------------------------------------------

    async def join(self, hello: m.Hello, client: Client) -> None:
        """A tab came, or came back."""
        returning = hello.client_id == self._leader
        if not returning and self._leader and self._leader not in self._clients:
            await self._abandon()
        self._clients[hello.client_id] = client
        self._leader = self._leader or hello.client_id
        if hello.client_id == self._leader:
            self._cancel_absence()
            self.loop.user = client.user
            if returning and self.loop.state.phase in BUSY:
                self._courier.repeat()
            elif self.loop.state.phase not in BUSY:
                self._host.kernel_epoch = hello.kernel_epoch
                self.loop.restore(hello.cells, hello.kernel_epoch)
        client.send(
            m.Welcome(
                version=__version__,
                lease=hello.client_id == self._leader,
                user=client.user,
                state=self.loop.state,
            )
        )

    def leave(self, client_id: str, client: Client) -> None:
        """A tab's connection is gone; it may come back within the grace."""
        if self._clients.get(client_id) is not client:
            return
        del self._clients[client_id]
        if client_id == self._leader:
            loop = asyncio.get_running_loop()
            self._absence = loop.call_later(
                self._grace, lambda: loop.create_task(self._abandon_and_drop())
            )
        elif not self._clients:
            self._drop_if_idle()

    async def _abandon(self) -> None:
        """The leading tab will not come back: suspend its run, free the lease."""
        self._cancel_absence()
        self._leader = ""
        await self.loop.suspend()
        self._courier.give_up()
        if self._work is not None:
            await asyncio.wait([self._work])

    async def _abandon_and_drop(self) -> None:
        await self._abandon()
        self._changed()
        self._drop_if_idle()

    def _drop_if_idle(self) -> None:
        if not self._clients and self._work is None:
            self._worker.cancel()
            self._dropped(self)

    async def close(self) -> None:
        """The server stops: suspend what runs."""
        await self._abandon()
        self._worker.cancel()

    def _cancel_absence(self) -> None:
        if self._absence is not None:
            self._absence.cancel()
            self._absence = None

    # --- from a tab -----------------------------------------------------------------------

    def receive(self, client_id: str, message: m.ClientMessage) -> None:
        """Take a message; replies are delivered at once, commands in order."""
        if isinstance(message, m.Reply):
            if client_id == self._leader:
                self._courier.deliver(message)
            return
        if isinstance(message, m.Stop | m.Answer) and client_id == self._leader:
            # These must not queue behind the command that they are meant to end.
            asyncio.get_running_loop().create_task(self._respond(client_id, message))
            return
        self._inbox.put_nowait((client_id, message))

    async def _carry_out_commands(self) -> None:
        while True:
            client_id, message = await self._inbox.get()
            await self._respond(client_id, message)

    async def _respond(self, client_id: str, message: m.ClientMessage) -> None:
        try:
            if client_id != self._leader and not isinstance(message, m.TakeLease):
                raise ContractError.of(
                    "not_leading",
                    "Another tab leads the run of this notebook.",
                    "Take over in the panel, or use the other tab.",
                )
            await self._carry_out(client_id, message)
        except ContractError as error:
            self._refuse(client_id, message.type, error.problems)
        except Exception:
            self._log.exception("oci-jupyter: %s failed", message.type)
            problem = Problem(
                code="internal",
                message=f"`{message.type}` failed on the server.",
                fix="The server's log says why; nothing in the notebook was lost.",
            )
            self._refuse(client_id, message.type, [problem])

    async def _carry_out(self, client_id: str, message: m.ClientMessage) -> None:
        loop = self.loop
        match message:
            case m.Draft():
                self._start(
                    client_id, "draft", loop.draft(message.plan_source, message.plan_cell_id)
                )
            case m.RunPlan():
                self._start(
                    client_id,
                    "run",
                    loop.run(message.plan_source, message.plan_cell_id, message.mode),
                )
            case m.Resume():
                self._start(client_id, "resume", loop.resume())
            case m.ApplyRemedy():
                self._start(client_id, "apply_remedy", loop.apply_remedy(message.remedy_id))
            case m.RerunStep():
                self._start(client_id, "rerun", loop.rerun(message.step_id, message.iteration))
            case m.Stop():
                await loop.stop(message.interrupt)
            case m.Answer():
                loop.answer(message.question_id, message.choice)
            case m.Decide():
                await loop.decide(
                    message.step_id, message.iteration, message.decision, message.comment
                )
            case m.CellEvent():
                await loop.cell_event(message)
            case m.KernelEvent():
                self._host.kernel_epoch = message.kernel_epoch
                await loop.kernel_event(message)
            case m.Renamed():
                self.path = message.notebook_path
                loop.renamed(message.notebook_path)
            case m.TakeLease():
                self._pass_lease(client_id)
            case _:
                raise ContractError.of(
                    "out_of_order", f"`{message.type}` does not belong here.", "Reload the page."
                )

    def _start(self, client_id: str, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Begin a long command; only one runs at a time."""
        if self._work is not None:
            work.close()
            raise ContractError.of(
                "busy",
                "A run is in progress in this notebook.",
                "Wait for it, or stop it first.",
            )

        async def supervised() -> None:
            try:
                await work
            except ContractError as error:
                self._refuse(client_id, name, error.problems)
            except Exception:
                self._log.exception("oci-jupyter: %s failed", name)
                self.loop.fail("The server met an error of its own; its log says which.")
            finally:
                self._work = None
                self._changed()

        self._work = asyncio.create_task(supervised())

    def _pass_lease(self, client_id: str) -> None:
        if client_id == self._leader:
            return
        if self._work is not None:
            raise ContractError.of(
                "run_in_progress",
                "A run is in progress in the other tab.",
                "Stop it there, or close that tab.",
            )
        self._cancel_absence()
        self._leader = client_id
        self._changed()

    # --- to the tabs ----------------------------------------------------------------------

    def _to_leader(self, action: m.Action) -> bool:
        client = self._clients.get(self._leader)
        if client is not None:
            client.send(action)
        # Within the grace the action stays outstanding and is sent when the tab is back.
        return client is not None or self._absence is not None

    def _refuse(self, client_id: str, code: str, problems: list[Problem]) -> None:
        client = self._clients.get(client_id)
        if client is not None:
            client.send(m.ErrorMessage(code=code, problems=problems))

    def _changed(self) -> None:
        """Send the state soon; changes within one turn of the event loop go together."""
        if not self._state_due:
            self._state_due = True
            asyncio.get_running_loop().call_soon(self._send_state)

    def _send_state(self) -> None:
        self._state_due = False
        self._seq += 1
        state = self.loop.state
        for client_id, client in self._clients.items():
            client.send(m.StateMessage(seq=self._seq, lease=client_id == self._leader, state=state))
