"""Routes of the language model: how it is set up, and whether it answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from ..artifacts.journal import Journal
from ..contract import ContractError
from .model_source import ModelSource
from .run_socket import RESOURCE
from .sessions import Sessions


class _ModelHandler(APIHandler):
    auth_resource = RESOURCE

    def initialize(self, models: ModelSource, sessions: Sessions, journal: Path) -> None:
        self._models = models
        self._sessions = sessions
        self._journal = journal

    def _show(self) -> None:
        self.finish(self._models.status().model_dump(mode="json"))

    def _refuse(self, error: ContractError) -> None:
        self.set_status(400)
        problems = [p.model_dump(mode="json") for p in error.problems]
        self.finish({"message": str(error), "problems": problems})

    def _body(self) -> dict[str, Any]:
        # Not `get_json_body`: it writes what it cannot read, which may hold a key, into the log.
        try:
            body = json.loads(self.request.body or b"{}")
        except ValueError:
            raise web.HTTPError(400, "The body is not JSON.") from None
        if not isinstance(body, dict):
            raise web.HTTPError(400, "The body is no JSON object.")
        return body


class ModelHandler(_ModelHandler):
    """`oci-jupyter/api/model`: see, change; `DELETE` forgets the key."""

    @web.authenticated
    @authorized
    def get(self) -> None:
        self._show()

    @web.authenticated
    @authorized
    def put(self) -> None:
        try:
            self._models.change(self._body())
        except ContractError as error:
            self._refuse(error)
            return
        self._sessions.model_changed()
        self._show()

    @web.authenticated
    @authorized
    def delete(self) -> None:
        self._models.forget_key()
        self._sessions.model_changed()
        self._show()


class ModelTestHandler(_ModelHandler):
    """`POST oci-jupyter/api/model/test`: ask the model for a sign of life."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        journal = Journal(self._journal)

        def log(who: str, what: str, detail: dict[str, Any]) -> None:
            journal.append(who=who, what=what, run_id="", detail=detail)

        try:
            outcome = await self._models.test(log)
        except ContractError as error:
            self._refuse(error)
            return
        self.finish(outcome.model_dump(mode="json"))
