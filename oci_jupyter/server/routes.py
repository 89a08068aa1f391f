"""The extension's routes. Every one authenticates and asks the authorizer; a test walks them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from .. import __version__
from ..contract import PROTOCOL_VERSION
from ..notebook.templates import NOTEBOOKS, notebook_template
from .model_routes import ModelHandler, ModelTestHandler
from .model_source import ModelSource
from .run_socket import RESOURCE, RunSocket
from .sessions import Sessions


class StatusHandler(APIHandler):
    """`GET oci-jupyter/api/status`: versions, user, and whether a language model is in use."""

    auth_resource = RESOURCE

    def initialize(self, models: ModelSource) -> None:
        self._models = models

    @web.authenticated
    @authorized
    def get(self) -> None:
        self.finish(
            {
                "version": __version__,
                "protocol": PROTOCOL_VERSION,
                "user": self.current_user.username,
                "llm": "on" if self._models.status().ready else "off",
            }
        )


class TemplateHandler(APIHandler):
    """`GET oci-jupyter/api/templates/NAME`: a notebook to start from, as JSON."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    def get(self, name: str) -> None:
        try:
            notebook = notebook_template(name)
        except KeyError:
            raise web.HTTPError(
                404, f"There is no template {name!r}; there are: {', '.join(NOTEBOOKS)}."
            ) from None
        self.finish(json.dumps(notebook))


def routes(
    sessions: Sessions, models: ModelSource, max_message_size: int, test_journal: Path
) -> list[tuple[Any, ...]]:
    """URL pattern, handler and arguments of every route."""
    socket = {"sessions": sessions, "max_message_size": max_message_size}
    model = {"models": models, "sessions": sessions, "journal": test_journal}
    return [
        (r"/oci-jupyter/api/status", StatusHandler, {"models": models}),
        (r"/oci-jupyter/api/model", ModelHandler, model),
        (r"/oci-jupyter/api/model/test", ModelTestHandler, model),
        (r"/oci-jupyter/api/templates/([^/]+)", TemplateHandler),
        (r"/oci-jupyter/api/run", RunSocket, socket),
    ]
