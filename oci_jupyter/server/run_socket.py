"""The websocket of a tab: authenticates, validates, and hands messages to the session."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from pydantic import ValidationError
from tornado import web
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from ..contract import PROTOCOL_VERSION, Model, Problem
from ..contract import messages as m
from .run_session import RunSession
from .sessions import Sessions

#: What the authorizer is asked about.
RESOURCE = "oci-jupyter"

#: Close code for a front end of another protocol (4000–4999 are the application's own).
MISMATCH = 4001


class RunSocket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """`oci-jupyter/api/run`. The first message is `hello`."""

    auth_resource = RESOURCE

    def initialize(self, sessions: Sessions, max_message_size: int) -> None:
        self._sessions = sessions
        self._limit = max_message_size
        self._session: RunSession | None = None
        self._client_id = ""

    @property
    def max_message_size(self) -> int:
        return self._limit

    @property
    def user(self) -> str:
        return str(self.current_user.username)

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        allowed = await self._authorized()
        if not allowed:
            raise web.HTTPError(403)
        await super().get(*args, **kwargs)

    async def _authorized(self) -> bool:
        answer = self.authorizer.is_authorized(self, self.current_user, "execute", RESOURCE)
        return bool(await answer if hasattr(answer, "__await__") else answer)

    def open(self, *args: Any, **kwargs: Any) -> None:
        super().open(*args, **kwargs)

    async def on_message(self, raw: str | bytes) -> None:
        try:
            message = m.client_messages.validate_json(raw)
        except ValidationError as error:
            self._reject(error)
            return
        if isinstance(message, m.Hello):
            if self._session is not None:
                self._session.leave(self._client_id, self)
            self._client_id = message.client_id
            self._session = await self._sessions.join(message, self)
        elif self._session is None:
            self.send(_error("no_hello", "The first message must be `hello`.", "Reload the page."))
        else:
            self._session.receive(self._client_id, message)

    def on_close(self) -> None:
        super().on_close()
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
