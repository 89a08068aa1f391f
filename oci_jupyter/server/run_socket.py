"""The websocket of a tab: authenticates, validates, and hands messages to the session."""

from __future__ import annotations

from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from pydantic import ValidationError
from tornado import web
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from ..contract import PROTOCOL_VERSION, Model, Problem
from ..contract import messages as m
from .client import MISMATCH
from .run_session import RunSession
from .sessions import Sessions

#: What the authorizer is asked about.
RESOURCE = "oci-jupyter"


class RunSocket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """`oci-jupyter/api/run`. The first message is `hello`."""

    auth_resource = RESOURCE

    def initialize(self, sessions: Sessions, max_message_size: int) -> None:
        self._sessions = sessions
        self._limit = max_message_size
        self._session: RunSession | None = None
        self._client_id = ""
        self._gone = False

    @property
    def max_message_size(self) -> int:
        return self._limit

    @property
    def user(self) -> str:
        return str(self.current_user.username)

    @property
    def gone(self) -> bool:
        return self._gone

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        allowed = await ensure_async(
            self.authorizer.is_authorized(self, self.current_user, "execute", RESOURCE)
        )
        if not allowed:
            raise web.HTTPError(403)
        await super().get(*args, **kwargs)

    def open(self, *args: Any, **kwargs: Any) -> None:
        super().open(*args, **kwargs)

    async def on_message(self, raw: str | bytes) -> None:
        try:
            message = m.client_messages.validate_json(raw)
        except ValidationError as error:
            self._reject(error)
            return
        if isinstance(message, m.Hello):
            await self._greet(message)
        elif self._session is None:
            self.send(_error("no_hello", "The first message must be `hello`.", "Reload the page."))
        else:
            self._session.receive(self._client_id, self, message)

    async def _greet(self, hello: m.Hello) -> None:
        if self._session is not None:
            self._session.leave(self._client_id, self)
        self._client_id = hello.client_id
        try:
            self._session = await self._sessions.join(hello, self)
        except Exception:
            self.log.exception("oci-jupyter: a tab could not join")
            self.send(
                _error(
                    "internal",
                    "The server could not open this notebook's session.",
                    "The server's log says why; reload the page to try again.",
                )
            )

    def on_close(self) -> None:
        super().on_close()
        self._gone = True
        if self._session is not None:
            self._session.leave(self._client_id, self)

    def send(self, message: Model) -> None:
        try:
            sent = self.write_message(message.model_dump_json())
        except WebSocketClosedError:
            return
        sent.add_done_callback(lambda done: done.exception())

    def _reject(self, error: ValidationError) -> None:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        if field.endswith("hello.protocol"):
            words = (
                f"The front end speaks protocol {first['input']!r}, this server {PROTOCOL_VERSION}."
            )
            fix = "Upgrade oci-jupyter, restart the server and reload the page."
            self.send(_error("protocol_mismatch", words, fix))
            self.close(MISMATCH, "protocol mismatch")
            return
        words = f"Message field `{field}` has the value {first.get('input')!r:.80}: {first['msg']}."
        self.send(_error("bad_message", words, "Reload the page.", field=field))


def _error(code: str, message: str, fix: str, field: str | None = None) -> m.ErrorMessage:
    return m.ErrorMessage(
        code=code, problems=[Problem(code=code, message=message, fix=fix, field=field)]
    )
