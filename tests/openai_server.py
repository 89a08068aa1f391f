"""A small server on this machine that speaks OpenAI's chat completions, by a script.

    with OpenAIServer([say({"ok": True}), error(429, retry_after=3), cut('{"ok": tr')]) as server:
        ... ask `server.base_url` ...
    server.requests[0].body["messages"]

A script is a list of replies, used up in order, or a function from a request to a reply. When a
list is used up the server answers 418, so that one request too many fails a test. Nothing here
waits for a clock: a reply that hangs does so until `release()` or the end of the server.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Request:
    """What was asked; headers by names such as `Content-Type`."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def system(self) -> str:
        """The first system message."""
        return next(m["content"] for m in self.body["messages"] if m["role"] == "system")

    @property
    def user(self) -> str:
        """The last user message."""
        return [m["content"] for m in self.body["messages"] if m["role"] == "user"][-1]

    @property
    def schema(self) -> dict[str, Any] | None:
        """The JSON schema that was sent along, if one was."""
        form = self.body.get("response_format")
        return form["json_schema"]["schema"] if form else None


@dataclass
class Reply:
    """What is answered.

    Attributes:
        text: What the model says, in pieces of `piece` characters when streamed.
        status: HTTP status; other than 200 makes it an error with `message`.
        usage: Tokens in and out; None says nothing.
        stream: None streams when asked to; False answers in one piece all the same.
        cut_after: The connection ends after so many pieces, without a word.
        hang_after: Nothing comes after so many pieces until the server is released.
        raw: Sent as it is, instead of all this.
    """

    text: str = ""
    status: int = 200
    message: str = ""
    param: str | None = None
    code: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    usage: tuple[int, int] | None = (100, 20)
    stream: bool | None = None
    piece: int = 7
    finish_reason: str | None = "stop"
    refusal: str = ""
    cut_after: int | None = None
    hang_after: int | None = None
    stream_error: str = ""
    endless: bool = False
    raw: bytes | None = None
    content_type: str = "text/event-stream"


Script = Sequence[Reply] | Callable[[Request], Reply]


def say(answer: Any, **fields: Any) -> Reply:
    """The model answers: text as it is, anything else as JSON."""
    return Reply(text=answer if isinstance(answer, str) else json.dumps(answer), **fields)


def refuse(words: str, **fields: Any) -> Reply:
    """The model refuses."""
    return Reply(refusal=words, **fields)


def error(status: int, message: str = "", *, retry_after: float | None = None, **f: Any) -> Reply:
    """The server fails."""
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    return Reply(status=status, message=message or f"failure {status}", headers=headers, **f)


def cut(text: str, *, after: int = 2, **fields: Any) -> Reply:
    """Half a stream: the connection ends after some pieces."""
    return Reply(text=text, cut_after=after, **fields)


def hang(text: str = "", *, after: int = 0, **fields: Any) -> Reply:
    """Nothing more comes after some pieces."""
    return Reply(text=text, hang_after=after, **fields)


def huge(size: int, *, stream: bool = True) -> Reply:
    """A reply of so many bytes."""
    return Reply(text="x" * size, stream=stream, piece=65_536)


def endless() -> Reply:
    """A reply that goes on until the client hangs up."""
    return Reply(text="and so on ", stream=True, endless=True)


def raw(body: bytes, content_type: str = "text/event-stream", **fields: Any) -> Reply:
    """Bytes as they are."""
    return Reply(raw=body, content_type=content_type, **fields)


def without_schemas(script: Script) -> Callable[[Request], Reply]:
    """A server that answers 400 to a JSON schema, and by the script to anything else."""
    replies = None if callable(script) else iter(script)

    def answer(request: Request) -> Reply:
        if request.schema is not None:
            message = "This model does not support response_format json_schema."
            return error(400, message, param="response_format")
        if replies is not None:
            return next(replies, error(418, "The script is over."))
        assert callable(script)
        return script(request)

    return answer


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the game; anything else is told."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class OpenAIServer:
    """See the module.

    Args:
        script: What is answered.
        port: 0 takes a free one.
    """

    def __init__(self, script: Script = (), port: int = 0) -> None:
        self.requests: list[Request] = []
        #: Set when a reply hangs.
        self.hanging = threading.Event()
        #: Set when a client went away before its reply was sent.
        self.left = threading.Event()
        self._released = threading.Event()
        self._lock = threading.Lock()
        self.script = script
        self._server = _Listener(("127.0.0.1", port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.daemon = True

    @property
    def script(self) -> Script:
        """What is answered; setting it begins anew."""
        return self._script

    @script.setter
    def script(self, script: Script) -> None:
        self._script = script
        self._left = None if callable(script) else list(script)

    @property
    def base_url(self) -> str:
        """What to give the client."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def release(self) -> None:
        """Let go on what hangs."""
        self._released.set()

    def __enter__(self) -> OpenAIServer:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _next(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            if self._left is None:
                assert callable(self._script)
                return self._script(request)
            return self._left.pop(0) if self._left else error(418, "The script is over.")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.title(): value for name, value in self.headers.items()}
                request = Request(self.path, headers, json.loads(body))
                reply = server._next(request)
                try:
                    self._send(reply, request)
                except OSError:
                    server.left.set()
                    self.close_connection = True

            def _send(self, reply: Reply, request: Request) -> None:
                if reply.raw is not None:
                    self._whole(reply.raw, reply)
                elif reply.status != 200:
                    fault = {"message": reply.message, "param": reply.param, "code": reply.code}
                    reply.content_type = "application/json"
                    self._whole(json.dumps({"error": fault}).encode(), reply)
                elif reply.stream if reply.stream is not None else request.body.get("stream"):
                    self._stream(reply)
                else:
                    if reply.hang_after is not None:
                        server._hang()
                    reply.content_type = "application/json"
                    self._whole(json.dumps(_completion(reply)).encode(), reply)

            def _whole(self, body: bytes, reply: Reply) -> None:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", reply.content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                for start in range(0, len(body), 65_536):
                    self._write(body[start : start + 65_536])

            def _stream(self, reply: Reply) -> None:
                self.send_response(200)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", reply.content_type)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for number, event in enumerate(_events(reply)):
                    if number == reply.cut_after:
                        self.close_connection = True
                        return
                    if number == reply.hang_after:
                        self.wfile.flush()
                        server._hang()
                    data = f"data: {event}\n\n".encode()
                    self._write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                self._write(b"0\r\n\r\n")

            def _write(self, data: bytes) -> None:
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                """Keep quiet."""

        return Handler

    def _hang(self) -> None:
        self.hanging.set()
        self._released.wait()


def _usage(reply: Reply) -> dict[str, int] | None:
    if reply.usage is None:
        return None
    into, out = reply.usage
    return {"prompt_tokens": into, "completion_tokens": out, "total_tokens": into + out}


def _completion(reply: Reply) -> dict[str, Any]:
    message = {
        "role": "assistant",
        "content": reply.text or None,
        "refusal": reply.refusal or None,
    }
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason}
    head = {"id": "c", "object": "chat.completion", "created": 0, "model": "scripted"}
    return {**head, "choices": [choice], "usage": _usage(reply)}


def _events(reply: Reply) -> Iterator[str]:
    """The pieces of a streamed reply."""
    head = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}

    def piece(delta: dict[str, Any], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return json.dumps({**head, "choices": [choice]})

    for kind, text in (("content", reply.text), ("refusal", reply.refusal)):
        for start in range(0, len(text), reply.piece):
            yield piece({kind: text[start : start + reply.piece]})
    while reply.endless:
        yield piece({"content": reply.text})
    if reply.stream_error:
        yield json.dumps({"error": {"message": reply.stream_error}})
        return
    if reply.hang_after is not None:
        # So that there is something left to hang before, however short the text.
        yield piece({"content": ""})
    if reply.finish_reason is not None:
        yield piece({}, reply.finish_reason)
    if reply.usage is not None:
        yield json.dumps({**head, "choices": [], "usage": _usage(reply)})
    yield "[DONE]"
