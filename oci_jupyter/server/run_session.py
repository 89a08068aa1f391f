"""One open notebook's session: its tabs, the lease, and the loop that they share.

The first tab leads: its notebook is the one that is written, and the loop is restored from.
Others watch. Replies are delivered as they arrive; commands are carried out one after
another by a worker, so that a command may wait for replies. Long commands (a run) become a
task of their own. A client id names one page load: a reloaded page is another tab, because
it has forgotten which actions it carried out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from .. import __version__
from ..agents.loop import BUSY, Loop
from ..artifacts.journal import Journal
from ..contract import ContractError, Problem
from ..contract import messages as m
from ..notebook.live import LiveHost
from .client import COME_AGAIN, REPLACED, Client
from .commands import LONG, long_work
from .courier import Courier
from .model_source import ModelSource
from .prose import ProseFeed
from .reconcile import missed_events
from .session_model import SessionModel

#: Seconds that a suspended command has to end before it is canceled.
_PATIENCE = 5.0


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
        models: The language model; None for none.
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
        models: ModelSource | None = None,
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
        self._inbox: asyncio.Queue[tuple[str, m.ClientMessage, int]] = asyncio.Queue()
        self._stops = 0
        self._tasks: set[asyncio.Task[None]] = set()
        #: Held while tabs join or are given up, so that neither meets the other half-way.
        self._tabs = asyncio.Lock()
        self._joining = 0
        self._is_dropped = False
        self._courier = Courier(self._to_leader, lambda: self.loop.state.run_id)
        self._host = LiveHost(
            self._courier, action_deadline=action_deadline, run_deadline=run_deadline
        )
        self.loop = Loop(
            self._host,
            journal=journal,
            changed=self._changed,
            notebook_path=path,
            prose=ProseFeed(self._to_all).write,
        )
        #: Comments on rejected steps that are still to be read.
        self._comments: list[m.Decide] = []
        #: The language model, if one is set up.
        self.model = SessionModel(models, self.loop, journal, self._changed)
        self._worker = asyncio.create_task(self._carry_out_commands())

    # --- tabs ---------------------------------------------------------------------------

    async def join(self, hello: m.Hello, client: Client) -> None:
        """A tab came, or came back."""
        self._joining += 1
        try:
            async with self._tabs:
                await self._join(hello, client)
        finally:
            self._joining -= 1
            self._drop_if_idle()

    async def _join(self, hello: m.Hello, client: Client) -> None:
        returning = hello.client_id == self._leader
        if not returning and self._leader and self._leader not in self._clients:
            await self._abandon()
        if client.gone:
            return
        replaced = self._clients.get(hello.client_id)
        self._clients[hello.client_id] = client
        if replaced is not None and replaced is not client:
            replaced.close(REPLACED, "this tab connected anew")
        if not self._leader or returning:
            self._leader = hello.client_id
            self._cancel_absence()
            self.loop.user = client.user
        if hello.client_id == self._leader and not returning:
            self._host.kernel_epoch = hello.kernel_epoch
            self._restore(hello.cells)
        client.send(
            m.Welcome(
                version=__version__,
                lease=hello.client_id == self._leader,
                user=client.user,
                state=self.model.state(),
            )
        )
        if returning:
            self._courier.repeat()
            self._catch_up(hello)

    def _restore(self, cells: list[m.CellSnapshot]) -> None:
        try:
            self.loop.restore(cells, self._host.kernel_epoch)
        except Exception:
            self._log.exception("oci-jupyter: a notebook's run could not be restored")
            self.loop.fail("The run in this notebook could not be read; the server's log says why.")

    def _catch_up(self, hello: m.Hello) -> None:
        """Tell the loop what happened in the leading tab while it was away."""
        epoch = hello.kernel_epoch
        if epoch and epoch != self._host.kernel_epoch:
            event = m.KernelEvent(event="ready", kernel_id=hello.kernel_id, kernel_epoch=epoch)
            self._put(hello.client_id, event)
        running = self._courier.running
        for missed in missed_events(self.loop.record, hello.cells, epoch, running):
            self._put(hello.client_id, missed)

    def leave(self, client_id: str, client: Client) -> None:
        """A tab's connection is gone; it may come back within the grace."""
        if self._clients.get(client_id) is not client:
            return
        del self._clients[client_id]
        if client_id == self._leader:
            loop = asyncio.get_running_loop()
            self._absence = loop.call_later(
                self._grace, lambda: self._spawn(self._give_up(client_id))
            )
        else:
            self._drop_if_idle()

    async def _give_up(self, client_id: str) -> None:
        """The grace is over."""
        async with self._tabs:
            if self._leader == client_id and client_id not in self._clients:
                await self._abandon()
                self._changed()
        self._drop_if_idle()

    async def _abandon(self) -> None:
        """The leading tab will not come back: suspend its run, free the lease."""
        self._cancel_absence()
        self._leader = ""
        work = self._work
        try:
            await self.loop.suspend()
        except Exception:
            self._log.exception("oci-jupyter: the run could not be suspended")
        self._courier.give_up()
        if work is None:
            return
        _, late = await asyncio.wait([work], timeout=_PATIENCE)
        if late:
            self._log.error("oci-jupyter: a run did not end when its tab was gone; canceled")
            work.cancel()
            await asyncio.wait([work])
        if self.loop.state.phase in BUSY:
            self.loop.fail("The notebook's tab was closed, and the run had to be broken off.")

    def _drop_if_idle(self) -> None:
        idle = self._work is None and self._absence is None and not self._joining
        if idle and not self._clients and not self._is_dropped:
            self._is_dropped = True
            self._worker.cancel()
            self._dropped(self)

    async def close(self) -> None:
        """The server stops: suspend what runs."""
        async with self._tabs:
            await self._abandon()
        self._worker.cancel()

    def _cancel_absence(self) -> None:
        if self._absence is not None:
            self._absence.cancel()
            self._absence = None

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a task and keep it from being collected before its end."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- from a tab -----------------------------------------------------------------------

    def receive(self, client_id: str, client: Client, message: m.ClientMessage) -> None:
        """Take a message; replies are delivered at once, commands in order."""
        if self._clients.get(client_id) is not client:
            return
        leads = client_id == self._leader
        match message:
            case m.Reply():
                if leads:
                    self._courier.deliver(message)
            case m.CellEvent() | m.KernelEvent() if not leads:
                # What happens in a watching tab's copy of the notebook is not the run's.
                return
            case m.Renamed():
                self._rename(client_id, message.notebook_path)
            case m.Stop() | m.Answer() if leads:
                # These must not queue behind the command that they are meant to end.
                self._stops += isinstance(message, m.Stop)
                self._spawn(self._respond(client_id, message))
            case _:
                self._put(client_id, message)

    def _put(self, client_id: str, message: m.ClientMessage) -> None:
        self._inbox.put_nowait((client_id, message, self._stops))

    def _rename(self, client_id: str, path: str) -> None:
        """The leader takes the session along; who watches says again what it has open."""
        if client_id == self._leader:
            self.path = path
            self.loop.renamed(path)
        elif path == self.path:
            return
        for other, client in list(self._clients.items()):
            if other != self._leader and client_id in (other, self._leader):
                client.close(COME_AGAIN, "the notebook was renamed")

    async def _carry_out_commands(self) -> None:
        while True:
            client_id, message, stops = await self._inbox.get()
            if isinstance(message, LONG) and stops != self._stops:
                continue  # It was stopped before its turn came.
            await self._respond(client_id, message)

    async def _respond(self, client_id: str, message: m.ClientMessage) -> None:
        try:
            if client_id != self._leader and not isinstance(message, m.TakeLease):
                if isinstance(message, m.CellEvent | m.KernelEvent):
                    return  # The lease was passed on before their turn came.
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
        work = long_work(loop, message)
        if work is not None:
            self._start(client_id, message.type, work)
            return
        match message:
            case m.DismissReading():
                loop.dismiss_reading()
            case m.DismissProposal():
                loop.dismiss_proposal()
            case m.Stop():
                await loop.stop(message.interrupt)
            case m.Answer():
                loop.answer(message.question_id, message.choice)
            case m.Decide():
                await loop.decide(
                    message.step_id, message.iteration, message.decision, message.comment
                )
                if message.decision == "reject" and message.comment.strip():
                    self._comments.append(message)
                    self._read_comments()
            case m.CellEvent():
                await loop.cell_event(message)
            case m.KernelEvent():
                self._host.kernel_epoch = message.kernel_epoch
                await loop.kernel_event(message)
            case m.TakeLease():
                await self._pass_lease(client_id)
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

        self.model.give(anew=name == "run" and self.loop.record.current is not None)

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
                self._read_comments()

        self._work = asyncio.create_task(supervised())

    def _read_comments(self) -> None:
        """Read the comments on rejected steps into one change of spec, once nothing runs."""
        if self._work is not None or not self._comments:
            return
        comments, self._comments = self._comments, []
        last = comments[-1]
        words = "\n".join(dict.fromkeys(c.comment.strip() for c in comments))
        work = self.loop.propose(last.step_id, last.iteration, words)
        self._start(self._leader, "propose", work)

    async def _pass_lease(self, client_id: str) -> None:
        """Let another tab lead; the run is then what that tab's notebook says it is."""
        async with self._tabs:
            client = self._clients.get(client_id)
            if client is None or client_id == self._leader:
                return
            if self._leader not in self._clients:
                await self._abandon()
            elif self._work is not None or self._courier.busy:
                raise ContractError.of(
                    "run_in_progress",
                    "A run is in progress in the other tab.",
                    "Stop it there, or close that tab.",
                )
            self._cancel_absence()
            self._leader = client_id
            self.loop.user = client.user
            self._changed()
        cells = await self._host.snapshot()
        if cells and self._leader == client_id:
            self._restore(cells)

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

    def _to_all(self, message: m.Prose) -> None:
        for client in self._clients.values():
            client.send(message)

    def _changed(self) -> None:
        """Send the state soon; changes within one turn of the event loop go together."""
        if not self._state_due:
            self._state_due = True
            asyncio.get_running_loop().call_soon(self._send_state)

    def _send_state(self) -> None:
        self._state_due = False
        self._seq += 1
        state = self.model.state()
        for client_id, client in self._clients.items():
            client.send(m.StateMessage(seq=self._seq, lease=client_id == self._leader, state=state))
