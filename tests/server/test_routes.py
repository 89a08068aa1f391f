"""Every route and the socket: authenticated, authorized, and saying what they promise."""

from __future__ import annotations

import json
import re

import pytest
from jupyter_server.auth import Authorizer
from tornado.httpclient import HTTPClientError
from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler

from oci_jupyter import __version__
from oci_jupyter.server.run_socket import RunSocket

OURS = "oci-jupyter"


async def test_status(jp_fetch) -> None:
    response = await jp_fetch(OURS, "api", "status")
    content = json.loads(response.body)
    assert content["version"] == __version__
    assert content["protocol"] == 1
    assert content["llm"] == "off"


@pytest.mark.parametrize("name", ["demo", "blank"])
async def test_templates_are_notebooks(jp_fetch, name: str) -> None:
    content = json.loads((await jp_fetch(OURS, "api", "templates", name)).body)
    assert content["nbformat"] == 4
    roles = [c["metadata"].get("oci_jupyter", {}).get("role") for c in content["cells"]]
    assert "plan" in roles


async def test_an_unknown_template_says_which_there_are(jp_fetch) -> None:
    with pytest.raises(HTTPClientError) as error:
        await jp_fetch(OURS, "api", "templates", "nope")
    assert error.value.code == 404
    assert "demo, blank" in json.loads(error.value.response.body)["message"]


def our_routes(app) -> list[tuple[str, type]]:
    """URL (with every group filled in) and handler of each of our routes."""
    found: list[tuple[str, type]] = []

    def walk(router) -> None:
        for rule in router.rules:
            pattern = getattr(rule.matcher, "regex", None)
            if hasattr(rule.target, "rules"):
                walk(rule.target)
            elif pattern is not None and OURS in pattern.pattern.replace("\\", ""):
                url = re.sub(r"\([^)]*\)", "demo", pattern.pattern.rstrip("$"))
                found.append((url.replace("\\", ""), rule.target))

    walk(app.web_app.default_router)
    walk(app.web_app.wildcard_router)
    return found


def methods(handler: type[RequestHandler]) -> list[str]:
    """The methods that a handler carries out."""
    names = ("GET", "POST", "PUT", "PATCH", "DELETE")
    unused = RequestHandler.get
    return [name for name in names if getattr(handler, name.lower()) is not unused]


def test_there_are_routes_to_walk(jp_serverapp) -> None:
    assert len(our_routes(jp_serverapp)) >= 5


async def test_no_route_answers_without_a_token(
    jp_serverapp, http_server_client, jp_base_url, jp_ws_fetch
) -> None:
    for url, handler in our_routes(jp_serverapp):
        if issubclass(handler, WebSocketHandler):
            continue
        assert methods(handler)
        for method in methods(handler):
            with pytest.raises(HTTPClientError) as error:
                await http_server_client.fetch(
                    url,
                    method=method,
                    body=None if method in ("GET", "DELETE") else "{}",
                    follow_redirects=False,
                )
            assert error.value.code in (302, 403), (method, url)


async def test_no_socket_opens_without_a_token(jp_serverapp, jp_ws_fetch) -> None:
    sockets = [u for u, h in our_routes(jp_serverapp) if issubclass(h, WebSocketHandler)]
    assert sockets
    for url in sockets:
        path = url[url.index(OURS) :]
        with pytest.raises(HTTPClientError) as error:
            await jp_ws_fetch(*path.split("/"), headers={"Authorization": "token wrong"})
        assert error.value.code == 403


async def test_no_route_answers_whom_the_authorizer_refuses(
    jp_serverapp, jp_fetch, jp_ws_fetch, monkeypatch
) -> None:
    asked = []

    class Nobody(Authorizer):
        def is_authorized(self, handler, user, action, resource) -> bool:
            asked.append((action, resource))
            return False

    monkeypatch.setitem(jp_serverapp.web_app.settings, "authorizer", Nobody(parent=jp_serverapp))
    for url, handler in our_routes(jp_serverapp):
        path = url[url.index(OURS) :].split("/")
        for method in methods(handler):
            body = None if method in ("GET", "DELETE") else "{}"
            socket = issubclass(handler, WebSocketHandler)
            answer = jp_ws_fetch(*path) if socket else jp_fetch(*path, method=method, body=body)
            with pytest.raises(HTTPClientError) as error:
                await answer
            assert error.value.code == 403, (method, url)
    assert {resource for _, resource in asked} == {OURS}
    assert ("execute", OURS) in asked


async def test_a_page_of_another_origin_gets_no_socket(jp_ws_fetch, monkeypatch) -> None:
    # Who shows a token may come from anywhere; a cookie is sent by any page's script.
    monkeypatch.setattr(RunSocket, "skip_check_origin", lambda self: False)
    (await jp_ws_fetch(OURS, "api", "run")).close()
    with pytest.raises(HTTPClientError) as error:
        await jp_ws_fetch(OURS, "api", "run", headers={"Origin": "https://evil.example"})
    assert error.value.code == 403
