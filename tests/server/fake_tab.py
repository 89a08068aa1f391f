"""A tab without a browser: speaks the protocol over the real websocket.

Its notebook is the loop tests' `FakeHost`, so cells, runs and results are the same there.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from fake_host import FakeHost

from oci_jupyter.contract import CellMetadata, NewCell


class FakeTab:
    """Connects, answers actions, and remembers what it was told.

    Args:
        connect: Opens the websocket.
        host: The notebook.
        client_id: Identity of the tab.
        path: The notebook's path.
    """

    def __init__(
        self,
        connect: Callable[[], Any],
        host: FakeHost | None = None,
        *,
        client_id: str = "tab-1",
        path: str = "a.ipynb",
    ) -> None:
        self._connect = connect
        self.host = host or FakeHost()
        self.client_id = client_id
        self.path = path
        self.state: dict[str, Any] = {}
        self.lease: bool | None = None
        self.errors: list[dict[str, Any]] = []
        self.prose: list[tuple[int, str]] = []
        self.actions: list[dict[str, Any]] = []
        self.close_code: int | None = None
        self.closed = False
        #: Decides whether an action is answered.
        self.answers: Callable[[dict[str, Any]], bool] = lambda action: True
        self._news = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None

    async def open(self, **more: Any) -> FakeTab:
        self._socket = await self._connect()
        await self.send(
            type="hello",
            protocol=1,
            version="0.1.0",
            client_id=self.client_id,
            notebook_path=self.path,
            kernel_id="k",
            kernel_epoch=self.host.session,
            cells=[c.model_dump(mode="json") for c in await self.host.snapshot()],
            **more,
        )
        self._reader = asyncio.create_task(self._read())
        await self.until(lambda: self.lease is not None)
        return self

    async def send(self, **message: Any) -> None:
        await self._socket.write_message(json.dumps(message))

    def close(self) -> None:
        self._socket.close()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for news until something holds."""
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(holds), 30)

    def phase(self) -> str:
        return str(self.state.get("phase"))

    async def _read(self) -> None:
        while True:
            raw = await self._socket.read_message()
            if raw is None:
                self.closed, self.close_code = True, self._socket.close_code
                async with self._news:
                    self._news.notify_all()
                return
            message = json.loads(raw)
            if message["type"] == "action":
                self.actions.append(message)
                if self.answers(message):
                    await self.reply(message)
            elif message["type"] == "error":
                self.errors.append(message)
            elif message["type"] == "prose":
                self.prose.append((message["iteration"], message["text"]))
            else:
                self.state, self.lease = message["state"], message["lease"]
            async with self._news:
                self._news.notify_all()

    async def reply(self, action: dict[str, Any]) -> None:
        body = action["body"]
        match body["kind"]:
            case "insert":
                reply = await self.host.insert(NewCell.model_validate(body["cell"]), body["after"])
            case "run":
                reply = await self.host.run(body["cell_id"], body["expected_source_hash"])
            case "update":
                reply = await self.host.update(
                    body["cell_id"],
                    CellMetadata.model_validate(body["metadata"]),
                    source=body["source"],
                    expected_source_hash=body["expected_source_hash"],
                )
            case "probe":
                reply = await self.host.probe(body["what"], body["request"])
            case "snapshot":
                reply = await self.host.interrupt()
                reply.cells = await self.host.snapshot()
            case _:
                reply = await self.host.interrupt()
        answer = reply.model_dump(mode="json") | {"action_id": action["action_id"]}
        await self.send(**answer)
