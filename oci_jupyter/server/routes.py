"""The extension's routes. Every one authenticates and asks the authorizer; a test walks them."""

from __future__ import annotations

import json
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from .. import __version__
from ..contract import PROTOCOL_VERSION
from ..notebook.templates import NOTEBOOKS, notebook_template
from .run_socket import RESOURCE, RunSocket
from .sessions import Sessions


class StatusHandler(APIHandler):
    """`GET oci-jupyter/api/status`: versions, user, and whether a language model is in use."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    def get(self) -> None:
        self.finish(
            {
                "version": __version__,
                "protocol": PROTOCOL_VERSION,
                "user": self.current_user.username,
                "llm": "off",
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


def routes(sessions: Sessions, max_message_size: int) -> list[tuple[Any, ...]]:
    """URL pattern, handler and arguments of every route."""
    socket = {"sessions": sessions, "max_message_size": max_message_size}
    return [
        (r"/oci-jupyter/api/status", StatusHandler),
        (r"/oci-jupyter/api/templates/([^/]+)", TemplateHandler),
        (r"/oci-jupyter/api/run", RunSocket, socket),
    ]
