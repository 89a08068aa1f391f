"""A server's reply as it comes in: within bounds, piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openai.types import CompletionUsage
    from openai.types.chat import ChatCompletion, ChatCompletionChunk

#: A stream says every word in an envelope of its own, so that a reply is many times as long on the
#: wire; this many times is the bound.
_ENVELOPE = 64


class TooLong(Exception):  # noqa: N818
    """More bytes than the bounds allow."""


@dataclass
class Exchange:
    """What one request came to.

    Attributes:
        input_tokens: As the server counts, or estimated; of all attempts together.
        estimated: Some of the counts are our own estimates.
        with_schema: The schema was sent, and the server took it.
        troubles: What went wrong before the last attempt.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False
    finish_reason: str = ""
    refusal: str = ""
    with_schema: bool = False
    troubles: list[str] = field(default_factory=list)
    #: Joined when it is asked for: adding to a long text would copy it with every word.
    pieces: list[str] = field(default_factory=list)
    size: int = 0

    @property
    def text(self) -> str:
        """The reply so far."""
        return "".join(self.pieces)

    def add(self, piece: str) -> None:
        """Take the next piece of the reply."""
        # JSON can name half a character, which no file can hold.
        data = piece.encode("utf-8", "replace")
        self.pieces.append(data.decode("utf-8"))
        self.size += len(data)

    def begin(self) -> None:
        """Forget the reply of an attempt before."""
        self.pieces.clear()
        self.size = 0
        self.refusal = self.finish_reason = ""


def bounded(stream: Any, limit: int) -> Any:
    """The stream within bounds, of the kind that the HTTP library in use asks for."""
    # Which library that is depends on the version of the client.
    kind = next(c for c in type(stream).__mro__ if c.__name__ == "AsyncByteStream")
    return type("Bounded", (_Bounded, kind), {})(stream, limit)


class _Bounded:
    """A response's bytes, up to a bound: on one line, and altogether."""

    def __init__(self, stream: Any, limit: int) -> None:
        self._stream = stream
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        line = total = 0
        async for part in self._stream:
            total += len(part)
            end = part.rfind(b"\n")
            line = line + len(part) if end < 0 else len(part) - end - 1
            # A reply in JSON may be twice as long as its text, which is measured later.
            if line > 2 * self._limit or total > _ENVELOPE * self._limit:
                raise TooLong
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


async def chunks(stream: Any) -> AsyncIterator[ChatCompletionChunk]:
    try:
        async for chunk in stream:
            yield chunk
    finally:
        await stream.close()


def completion(body: bytes) -> ChatCompletion:
    from openai.types.chat import ChatCompletion

    return ChatCompletion.model_validate_json(body)


def take_whole(completion: ChatCompletion, result: Exchange) -> tuple[int, int] | None:
    """A reply that came in one piece, though a stream was asked for."""
    if completion.choices:
        choice = completion.choices[0]
        result.add(choice.message.content or "")
        result.refusal = choice.message.refusal or ""
        result.finish_reason = choice.finish_reason or ""
    return _tokens(completion.usage)


def take_piece(chunk: ChatCompletionChunk, result: Exchange) -> tuple[int, int] | None:
    for choice in chunk.choices or []:
        if choice.index:
            continue
        if choice.delta is not None:
            if choice.delta.content:
                result.add(choice.delta.content)
            result.refusal += choice.delta.refusal or ""
        result.finish_reason = choice.finish_reason or result.finish_reason
    return _tokens(chunk.usage)


def _tokens(usage: CompletionUsage | None) -> tuple[int, int] | None:
    """Tokens in and out; counts that are none are left to our own estimate."""
    if usage is None:
        return None
    counts = usage.prompt_tokens, usage.completion_tokens
    return counts if all(isinstance(c, int) and c >= 0 for c in counts) else None
