"""One request to an OpenAI-compatible server: asked as a stream, bounded, its failures in words.

The client library's own retries are off: ours can be counted, waited for without sleeping in
tests, and ended at once.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from .language_model import FailureKind, ModelFailure
from .llm_settings import NO_KEY, LLMSettings
from .llm_stream import Exchange, TooLong, bounded, chunks, completion, take_piece, take_whole
from .llm_usage import estimated_tokens

if TYPE_CHECKING:
    import openai

Message = dict[str, str]

_FIRST_WAIT, _WAIT_GROWTH = 0.5, 2.0

#: Seconds between two calls of `on_text`: people read no faster.
_PAUSE_BETWEEN_TEXTS = 0.1

#: Seconds for the connection itself, however slow the model may be.
_CONNECT_SECONDS = 10.0

_SCHEMA = "response_format"

#: What reading a reply of some other shape ends in; the client does not validate.
_NONSENSE = (ValueError, TypeError, AttributeError, LookupError, RecursionError)

#: Parameters that some servers do not know, with the words by which they complain.
_OPTIONAL: dict[str, tuple[str, ...]] = {
    "response_format": ("response_format", "json_schema", "structured output", "schema", "grammar"),
    "stream_options": ("stream_options", "include_usage"),
    "temperature": ("temperature",),
    "seed": ("seed",),
    "max_completion_tokens": ("max_completion_tokens",),
    "max_tokens": ("max_tokens",),
}


class _Again(Exception):  # noqa: N818 - a request worth repeating
    """A passing failure."""

    def __init__(
        self, failure: ModelFailure, *, after: float | None = None, cut: bool = False
    ) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.after = after
        self.cut = cut


class Endpoint:
    """A server and the dialect that it turned out to speak.

    Args:
        settings: Where, which model, which bounds.
        sleep: Waits some seconds; for tests.
    """

    def __init__(
        self, settings: LLMSettings, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        #: Parameters that the server refused.
        self._unknown: set[str] = set()

    @property
    def takes_schema(self) -> bool:
        """Whether the server takes a JSON schema, as far as is known."""
        return "response_format" not in self._unknown

    async def exchange(
        self,
        result: Exchange,
        messages: list[Message],
        schema: dict[str, Any] | None,
        *,
        name: str,
        max_tokens: int,
        on_text: Callable[[str], None],
    ) -> None:
        """Ask once, again after passing failures.

        Args:
            result: Takes the reply and the counts, whatever happens. When the server turns out
                not to take a schema, `with_schema` is false and there is no reply: ask again
                with the schema in the prompt.
            messages: The conversation.
            schema: Shape of the answer, sent as long as the server takes one.
            name: The schema's name.
            max_tokens: Longest reply.
            on_text: Called with the reply so far.

        Raises:
            ModelFailure: There is no reply.
        """
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout

        settings = self._settings
        passing = cut = 0
        timeout = Timeout(settings.timeout, connect=_CONNECT_SECONDS)
        async with AsyncOpenAI(
            api_key=settings.key or NO_KEY,
            base_url=settings.base_url,
            max_retries=0,
            timeout=timeout,
            default_headers={"Accept-Encoding": "identity"},
            http_client=DefaultAsyncHttpxClient(
                timeout=timeout,
                # A redirect would take the prompt to a server that nobody allowed.
                follow_redirects=False,
                event_hooks={"response": [self._bound]},
            ),
        ) as client:
            while True:
                request = self._request(messages, schema, name, max_tokens)
                result.with_schema = "response_format" in request
                try:
                    async with asyncio.timeout(settings.total_timeout):
                        await self._once(client, request, result, on_text)
                    return
                except TimeoutError:
                    raise self._failure(
                        "timeout",
                        f"took longer than {settings.total_timeout:g} s",
                        "Raise the time limit, or choose a faster model.",
                    ) from None
                except _Unsupported as refused:
                    result.troubles.append(f"without {refused.parameter}: {refused}")
                    self._unknown.add(refused.parameter)
                    if refused.parameter == "response_format":
                        result.with_schema = False
                        return
                except _Again as again:
                    result.troubles.append(again.failure.message)
                    cut, passing = cut + again.cut, passing + (not again.cut)
                    if cut > 1 or passing > settings.retries:
                        raise self._final(again.failure, cut + passing) from None
                    await self._wait(again, passing)

    def _request(
        self, messages: list[Message], schema: dict[str, Any] | None, name: str, max_tokens: int
    ) -> dict[str, Any]:
        settings = self._settings
        request: dict[str, Any] = {
            "model": settings.model,
            "messages": messages,
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": settings.temperature,
        }
        if settings.seed is not None:
            request["seed"] = settings.seed
        # The old name is what most servers know; OpenAI's newer models know the new one only.
        old = "max_tokens" not in self._unknown
        request["max_tokens" if old else "max_completion_tokens"] = max_tokens
        if schema is not None:
            json_schema = {"name": name, "strict": True, "schema": schema}
            request["response_format"] = {"type": "json_schema", "json_schema": json_schema}
        return {k: v for k, v in request.items() if k not in self._unknown}

    async def _wait(self, again: _Again, number: int) -> None:
        pause = _FIRST_WAIT * _WAIT_GROWTH ** max(0, number - 1)
        pause = min(pause * random.uniform(1.0, 1.25), self._settings.longest_wait)
        if again.after is not None:
            if again.after > self._settings.longest_wait:
                raise ModelFailure(
                    again.failure.kind,
                    f"{again.failure.message} It asks to wait {again.after:.0f} s, which is longer "
                    "than the run waits. Try again later.",
                ) from None
            pause = max(pause, again.after)
        await self._sleep(pause)

    # --- one attempt ----------------------------------------------------------------------

    async def _once(
        self,
        client: openai.AsyncOpenAI,
        request: dict[str, Any],
        result: Exchange,
        on_text: Callable[[str], None],
    ) -> None:
        """One attempt; what came of it is in `result`, whatever happens."""
        import openai

        result.begin()
        usage: tuple[int, int] | None = None
        answered = False
        due: asyncio.TimerHandle | None = None
        running = asyncio.get_running_loop()

        def tell() -> None:
            nonlocal due
            due = None
            on_text(result.text)

        try:
            create = client.chat.completions.with_streaming_response.create
            async with create(**request) as response:
                answered = True
                kind = response.headers.get("content-type", "").lower()
                if "json" in kind:
                    usage = take_whole(completion(await response.read()), result)
                    self._check_size(result)
                elif kind and "event-stream" not in kind:
                    what = f"answers with {kind.split(';')[0][:40]}, which is no chat completion"
                    raise self._failure("bad_reply", what, "Check the base URL.")
                else:
                    async for chunk in chunks(await response.parse()):
                        usage = take_piece(chunk, result) or usage
                        self._check_size(result)
                        # By a timer, so that a reply that pauses shows all of what came.
                        due = due or running.call_later(_PAUSE_BETWEEN_TEXTS, tell)
            on_text(result.text)
        except openai.APIStatusError as error:
            raise self._of_status(error, request) from None
        except TooLong:
            limit = f"{self._settings.max_reply_bytes:,} bytes"
            raise self._failure(
                "too_long", f"sent more than {limit} and was cut off", "Choose another model."
            ) from None
        except ModelFailure:
            raise
        except Exception as error:  # the client lets errors of many libraries through
            raise self._of_connection(error, answered) from None
        finally:
            if due is not None:
                due.cancel()
            if answered:
                self._count(request, result, usage)
        self._check_end(result)

    async def _bound(self, response: Any) -> None:
        """Let no more of a response in than the bounds allow, however it is wrapped."""
        if response.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
            raise self._failure(
                "bad_reply", "compresses its replies unasked", "Turn that off at the server."
            )
        response.stream = bounded(response.stream, self._settings.max_reply_bytes)

    def _check_size(self, result: Exchange) -> None:
        if result.size > self._settings.max_reply_bytes:
            raise TooLong

    def _check_end(self, result: Exchange) -> None:
        """A reply that ended otherwise than by the model's own decision is none."""
        if result.refusal:
            raise self._failure(
                "refused", f"refused to answer: “{result.refusal[:300]}”", "The rules carry on."
            )
        if result.finish_reason == "content_filter":
            raise self._failure(
                "refused", "withheld its reply (content filter)", "The rules carry on."
            )
        if result.finish_reason == "length":
            raise self._failure(
                "too_long",
                "reached the greatest length of a reply before it was done",
                "Raise OciJupyterApp.llm_max_reply_tokens, or choose a model with more context.",
            )
        if not result.finish_reason and not result.text.rstrip().endswith("}"):
            what = "broke off in the middle of its reply"
            raise _Again(self._failure("unreachable", what, "Try again."), cut=True)

    def _count(
        self, request: dict[str, Any], result: Exchange, usage: tuple[int, int] | None
    ) -> None:
        """Add an attempt's tokens: a reply that cannot be used is paid for all the same."""
        if usage is None:
            result.estimated = True
            sent = "".join(m["content"] for m in request["messages"])
            usage = estimated_tokens(sent), estimated_tokens(result.text)
        result.input_tokens += usage[0]
        result.output_tokens += usage[1]

    # --- failures in words ------------------------------------------------------------------

    def _of_status(self, error: openai.APIStatusError, request: dict[str, Any]) -> Exception:
        status, said = error.status_code, _words_of(error)
        refused = _refused_parameter(error, said, request)
        if refused and (status in (400, 404, 422, 501) or (status, refused) == (500, _SCHEMA)):
            return _Unsupported(refused, said)
        if status == 429 and "insufficient_quota" not in f"{error.code} {said}":
            after = _retry_after(error)
            return _Again(
                self._failure("rate_limited", "is asked too often (429)", said), after=after
            )
        if status == 408 or status == 409 or status >= 500:
            failure = self._failure("server_error", f"met an error of its own ({status})", said)
            return _Again(failure, after=_retry_after(error))
        if status in (401, 403):
            fix = "Check the key, and that it belongs to this server."
            return self._failure("forbidden", f"refused access ({status})", f"{said} {fix}")
        if status == 429:
            return self._failure("rate_limited", "says that the account's quota is used up", said)
        if status == 404:
            fix = f"Check the base URL and the model's name, `{self._settings.model}`."
            return self._failure(
                "bad_reply", "knows no such model or address (404)", f"{said} {fix}"
            )
        if 300 <= status < 400:
            fix = "Give the address that it leads to as the base URL."
            return self._failure("forbidden", f"sends us elsewhere ({status})", fix)
        return self._failure("bad_reply", f"refused the request ({status})", said)

    def _of_connection(self, error: Exception, answered: bool) -> Exception:
        import openai

        cause = error.__cause__ or error
        if isinstance(cause, ModelFailure):
            return cause
        kind = type(cause).__name__
        if kind == "ConnectTimeout":
            what, fix = "cannot be reached (no connection)", "Check the base URL and the network."
            return _Again(self._failure("unreachable", what, fix))
        if isinstance(error, openai.APITimeoutError) or "Timeout" in kind:
            return self._failure(
                "timeout",
                f"said nothing for {self._settings.timeout:g} s",
                "Raise the time limit (OciJupyterApp.llm_timeout), or choose a faster model.",
            )
        if isinstance(error, _NONSENSE):
            what = f"sent something that is no chat completion ({type(error).__name__})"
            return self._failure("bad_reply", what, "Check the base URL.")
        if isinstance(error, openai.APIError) and not isinstance(error, openai.APIConnectionError):
            what = f"met an error in the middle of its reply: “{str(error)[:300]}”"
            return _Again(self._failure("server_error", what, "Try again."))
        if answered:
            what = f"broke off in the middle of its reply ({kind})"
            return _Again(self._failure("unreachable", what, "Try again."), cut=True)
        what = f"cannot be reached ({str(cause)[:200] or kind})"
        fix = "See that it runs, and check the base URL."
        return _Again(self._failure("unreachable", what, fix))

    def _failure(self, kind: FailureKind, what: str, fix: str) -> ModelFailure:
        return ModelFailure(kind, f"The model's server {self._settings.host} {what}. {fix}".strip())

    def _final(self, failure: ModelFailure, attempts: int) -> ModelFailure:
        return ModelFailure(failure.kind, f"{failure.message} It was asked {attempts} times.")


class _Unsupported(Exception):  # noqa: N818
    """The server does not know a parameter that we can do without."""

    def __init__(self, parameter: str, said: str) -> None:
        super().__init__(said)
        self.parameter = parameter


def _words_of(error: openai.APIStatusError) -> str:
    """What the server says about an error, short."""
    body = error.body
    said = body.get("message") if isinstance(body, dict) else None
    text = said if isinstance(said, str) else str(error.message)
    text = " ".join(text.split())[:300]
    return f"It says: “{text}”." if text else ""


def _refused_parameter(
    error: openai.APIStatusError, said: str, request: dict[str, Any]
) -> str | None:
    """The parameter that a server complains about, if we can do without it."""
    param = error.param if isinstance(error.param, str) else ""
    for text in (param, said.lower()):
        for name, words in _OPTIONAL.items():
            if name in request and any(word in text for word in words):
                return name
    return None


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Seconds that a server asks to wait; a date is left to our own patience."""
    for header, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        try:
            seconds = float(error.response.headers.get(header, "")) * unit
        except ValueError:
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    return None
