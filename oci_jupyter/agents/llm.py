"""A language model behind an OpenAI-compatible server, for one run.

A question is a prompt (see `prompts`) and a shape for the answer. The server is given the shape
as a JSON schema; one that does not take schemas finds it in the prompt. A reply that is not in
the shape gets one repair turn. All that is said goes to the journal, keys removed.
"""

from __future__ import annotations

import asyncio
import importlib
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from ..contract import ContractError, Model, ModelView, json_hash
from .language_model import Answer, ModelFailure
from .llm_endpoint import Endpoint, Message
from .llm_reply import Unreadable, read_answer, repair_words, schema_words, strict_schema
from .llm_settings import LLMSettings
from .llm_stream import Exchange
from .llm_usage import Usage, estimated_tokens
from .prompts import Prompt, load_prompt
from .redact import Redactor

#: Journal's words for a question and for what came of it.
ASK, ANSWER = "ask", "answer"


class Pong(Model):
    """Answer to the task `ping`."""

    ok: bool


class Log(Protocol):
    """Writes an act into the journal."""

    def __call__(self, who: str, what: str, detail: dict[str, Any], /) -> None: ...


def nothing() -> None:
    """Takes note of nothing."""


def rendered(
    task: str, values: Mapping[str, Any], folder: Path | None, used: dict[str, str]
) -> tuple[list[Message], Prompt]:
    """A task's prompt as messages.

    Args:
        task: The prompt's name.
        values: What its placeholders stand for.
        folder: The principal's own prompts.
        used: Takes note of the prompt.

    Returns:
        The messages, and the prompt.

    Raises:
        ModelFailure: The prompt cannot be used.
    """
    try:
        prompt = load_prompt(task, folder)
        system, user = prompt.render(values)
    except ContractError as error:
        raise ModelFailure("bad_prompt", str(error)) from None
    used[task] = prompt.identity
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    return messages, prompt


class OpenAIModel:
    """See the module; implements `LanguageModel`.

    Args:
        settings: Which model, where, within which bounds.
        log: Writes into the journal.
        changed: Called when `view` has changed.
        prompts: The principal's own folder of prompts; its usual place when None.
        usage: Counts of the run so far; fresh when None.
        sleep: Waits some seconds between attempts; for tests.
    """

    def __init__(
        self,
        settings: LLMSettings,
        *,
        log: Log,
        changed: Callable[[], None] = nothing,
        prompts: Path | None = None,
        usage: Usage | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.settings = settings
        self.usage = usage if usage is not None else Usage()
        self.usage.token_limit = settings.token_limit
        self.usage.input_price = settings.input_price
        self.usage.output_price = settings.output_price
        self._log = log
        self._changed = changed
        self._prompts = prompts
        self._endpoint = Endpoint(settings, sleep)
        self._redact = Redactor([settings.key])
        self._used: dict[str, str] = {}
        self._working: dict[asyncio.Task[Any], str] = {}
        self._canceled: set[asyncio.Task[Any]] = set()
        self._failure: ModelFailure | None = None
        #: Schemas that replies missed though the server took them: said in words from then on.
        self._missed: set[str] = set()

    @property
    def view(self) -> ModelView:
        """How it stands, for the panel."""
        usage, failure = self.usage, self._failure
        status, message = "ready", ""
        if self._working:
            status = "working"
        elif usage.left == 0:
            status, message = "spent", self._spent()
        elif failure is not None and failure.kind != "canceled":
            status, message = "failed", failure.message
        elif usage.estimated:
            message = "Tokens are estimated: the server does not count them."
        return ModelView.model_validate(
            {
                "status": status,
                "name": self.settings.model,
                "endpoint": self.settings.host,
                "message": message,
                "task": next(iter(self._working.values()), ""),
                "calls": usage.calls,
                "input_tokens": usage.input_tokens,
                "output_tokens": usage.output_tokens,
                "cost": usage.cost,
                "token_limit": usage.token_limit,
            }
        )

    @property
    def prompts_used(self) -> dict[str, str]:
        """Name of each prompt used so far, to its version and hash."""
        return dict(self._used)

    def begin_run(self) -> None:
        """A new run: its tokens are counted from nothing, and no failure is behind it."""
        bounds = self.settings
        self.usage = Usage(bounds.token_limit, bounds.input_price, bounds.output_price)
        self._failure = None

    def cancel(self) -> None:
        """End what is being asked at once."""
        for task in list(self._working):
            self._canceled.add(task)
            task.cancel()

    async def ask(
        self,
        task: str,
        values: Mapping[str, Any],
        schema: type[Answer],
        *,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """Give the model a task; see `LanguageModel`.

        Raises:
            ModelFailure: There is no usable answer.
        """
        work = asyncio.ensure_future(self._ask(task, values, schema, on_text))
        self._working[work] = task
        self._changed()
        try:
            answer = await work
        except asyncio.CancelledError:
            if work in self._canceled:
                self._failure = ModelFailure("canceled", "The question to the model was canceled.")
                raise self._failure from None
            work.cancel()
            raise
        except ModelFailure as failure:
            self._failure = failure
            raise
        else:
            self._failure = None
            return answer
        finally:
            self._working.pop(work, None)
            self._canceled.discard(work)
            self._changed()

    async def _ask(
        self,
        task: str,
        values: Mapping[str, Any],
        schema: type[Answer],
        on_text: Callable[[str], None] | None,
    ) -> Answer:
        messages, prompt = rendered(task, values, self._prompts, self._used)
        messages = self._redact.value(messages)
        work = asyncio.current_task()
        assert work is not None
        self._working[work] = prompt.description
        self._changed()
        # Loading the client takes a second or more, in which the server would answer nobody.
        await asyncio.to_thread(importlib.import_module, "openai")
        question: dict[str, Any] = {
            "call": uuid.uuid4().hex[:12],
            "task": task,
            "prompt": {"name": task, "version": prompt.version, "sha256": prompt.sha256},
            "question_sha256": json_hash(messages),
            "model": self.settings.model,
            "endpoint": self.settings.host,
        }
        self._write(ASK, {**question, "schema": schema.__name__, "messages": messages})
        exchanges: list[dict[str, Any]] = []
        failure: ModelFailure | None = None
        try:
            return await self._converse(task, messages, schema, exchanges, on_text)
        except ModelFailure as error:
            failure = ModelFailure(error.kind, self._redact.text(error.message))
            raise failure from None
        except asyncio.CancelledError:
            failure = ModelFailure("canceled", "The question to the model was canceled.")
            raise
        finally:
            said = failure and {"kind": failure.kind, "message": failure.message}
            self._write(ANSWER, {**question, "exchanges": exchanges, "failure": said})

    async def _converse(
        self,
        task: str,
        messages: list[Message],
        schema: type[Answer],
        exchanges: list[dict[str, Any]],
        on_text: Callable[[str], None] | None,
    ) -> Answer:
        """Ask, and once more when the reply is not in the shape."""
        repair: list[Message] = []
        while True:
            text = await self._say(task, messages, repair, schema, exchanges, on_text)
            try:
                return read_answer(text, schema)
            except Unreadable as fault:
                exchanges[-1]["faults"] = self._redact.text(str(fault))
                self._missed.add(schema.__name__)
                if repair:
                    raise ModelFailure(
                        "bad_reply",
                        f"The model's reply was not in the shape that was asked for, twice: {fault}"
                        "\nThe rules carry on; a larger model may do better.",
                    ) from None
                repair = [
                    {"role": "assistant", "content": text or "(nothing)"},
                    {"role": "user", "content": repair_words(str(fault), schema)},
                ]

    async def _say(
        self,
        task: str,
        messages: list[Message],
        repair: list[Message],
        schema: type[Answer],
        exchanges: list[dict[str, Any]],
        on_text: Callable[[str], None] | None,
    ) -> str:
        """One exchange; again when the server turns out not to take a schema."""
        said = on_text or _unheard
        while True:
            with_schema = self._endpoint.takes_schema
            in_words = not repair and (not with_schema or schema.__name__ in self._missed)
            sent = [*(_with_words(messages, schema) if in_words else messages), *repair]
            max_tokens = self._allowance(sent)
            note: dict[str, Any] = {"schema_in_prompt": in_words, "repair": repair}
            exchanges.append(note)
            exchange, start = Exchange(), time.monotonic()
            try:
                await self._endpoint.exchange(
                    exchange,
                    sent,
                    strict_schema(schema) if with_schema else None,
                    name=task.replace("-", "_"),
                    max_tokens=max_tokens,
                    on_text=lambda text: said(self._redact.growing(text)),
                )
            finally:
                if exchange.input_tokens or exchange.output_tokens:
                    self.usage.add(
                        exchange.input_tokens, exchange.output_tokens, estimated=exchange.estimated
                    )
                note.update(
                    # A reply that was cut off may end within the key.
                    reply=self._redact.growing(exchange.text),
                    input_tokens=exchange.input_tokens,
                    output_tokens=exchange.output_tokens,
                    estimated=exchange.estimated,
                    finish_reason=exchange.finish_reason,
                    troubles=exchange.troubles,
                    seconds=round(time.monotonic() - start, 3),
                )
            if with_schema and not exchange.with_schema:
                continue
            # A server that echoes the key must not get it into an answer.
            return self._redact.text(exchange.text)

    def _allowance(self, sent: list[Message]) -> int:
        """Longest reply that the run's limit still allows."""
        left = self.usage.left
        if left is None:
            return self.settings.max_reply_tokens
        left -= estimated_tokens("".join(m["content"] for m in sent))
        if left <= 0:
            raise ModelFailure("spent", self._spent())
        return min(left, self.settings.max_reply_tokens)

    def _spent(self) -> str:
        return (
            f"The run's limit of {self.usage.token_limit:,} tokens is reached; the rules carry on. "
            "Raise it in the panel or with OciJupyterApp.llm_token_limit."
        )

    def _write(self, what: str, detail: dict[str, Any]) -> None:
        self._log("model", what, self._redact.value(detail))


def _with_words(messages: list[Message], schema: type[Answer]) -> list[Message]:
    system, *rest = messages
    return [{**system, "content": f"{system['content']}\n\n{schema_words(schema)}"}, *rest]


def _unheard(text: str) -> None:
    """Nobody listens."""
