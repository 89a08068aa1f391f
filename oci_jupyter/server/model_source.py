"""Which language model the sessions of this server use: what an administrator allows, what the
environment offers, what the principal chose in the panel.

Off is the default, whatever the environment holds. The key is never given out: neither in a status
nor in a message. It goes to one server only: the one for which it was typed, or the one that the
environment names together with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError

from ..agents.language_model import LanguageModel, ModelFailure
from ..agents.llm import Log, OpenAIModel, Pong
from ..agents.llm_options import environment_key
from ..agents.llm_settings import (
    OPENAI_URL,
    LLMSettings,
    checked_base_url,
    origin,
    same_server,
    within,
)
from ..agents.redact import SHORTEST_SECRET
from ..artifacts.model_key import ModelFiles
from ..contract import ContractError, Model, ModelView, Problem

#: Seconds that a test of the connection may take; a local model may have to be loaded first.
_TEST_SECONDS = 45.0


@dataclass(frozen=True)
class ModelPolicy:
    """What the administrator and the environment say; see the traits of `OciJupyterApp`."""

    allowed: bool = True
    enabled: bool = False
    base_url: str = OPENAI_URL
    model: str = ""
    allowed_base_urls: list[str] = field(default_factory=list)
    timeout: float = 300.0
    token_limit: int | None = None
    max_reply_tokens: int = 4_096
    input_price: float | None = None
    output_price: float | None = None
    prompts: Path | None = None


class ModelChoice(Model):
    """What the principal chose; None leaves it to the policy."""

    enabled: bool | None = None
    base_url: str | None = None
    model: str | None = Field(default=None, max_length=200)
    token_limit: int | None = Field(default=None, gt=0)
    input_price: float | None = Field(default=None, ge=0)
    output_price: float | None = Field(default=None, ge=0)


class ModelChange(ModelChoice):
    """What the principal changes: the fields given; None takes a choice back."""

    api_key: SecretStr | None = None


class ModelStatus(Model):
    """How the language model is set up; never holds the key."""

    enabled: bool = Field(description="Switched on, by the principal or the administrator.")
    ready: bool = Field(description="Switched on, allowed, and complete: it will be used.")
    forbidden: bool = Field(description="An administrator does not allow it.")
    why: str = Field(default="", description="Why it is not ready, with the fix.")
    base_url: str
    model: str
    allowed_base_urls: list[str] = Field(description="Empty: any.")
    has_key: bool
    key_source: Literal["panel", "environment", "none"]
    token_limit: int | None
    input_price: float | None
    output_price: float | None


class ModelTest(Model):
    """What a test of the connection came to."""

    ok: bool
    kind: str = ""
    message: str
    seconds: float


class ModelSource:
    """See the module.

    Args:
        files: Where the principal's choice and the key are kept.
        policy: What the administrator and the environment say.
    """

    def __init__(self, files: ModelFiles, policy: ModelPolicy) -> None:
        self._files = files
        self._policy = policy

    def status(self) -> ModelStatus:
        """How it is set up at this moment."""
        policy, choice = self._policy, self._choice()
        base_url = choice.base_url or policy.base_url
        model = choice.model or policy.model
        # The policy's prices are those of its own model.
        same = (base_url, model) == (policy.base_url, policy.model)
        enabled = policy.enabled if choice.enabled is None else choice.enabled
        key, source, fault = "", "none", ""
        try:
            self._check(base_url)
            key, source = self._key(base_url)
        except ContractError as error:
            fault = str(error)
        limit = policy.token_limit if choice.token_limit is None else choice.token_limit
        why = self._why_not(enabled, fault, base_url, model, key)
        return ModelStatus.model_validate(
            {
                "enabled": enabled and policy.allowed,
                "ready": not why,
                "forbidden": not policy.allowed,
                "why": why,
                "base_url": base_url,
                "model": model,
                "allowed_base_urls": policy.allowed_base_urls,
                "has_key": bool(key),
                "key_source": source,
                "token_limit": limit,
                "input_price": _first(choice.input_price, policy.input_price if same else None),
                "output_price": _first(choice.output_price, policy.output_price if same else None),
            }
        )

    def change(self, wish: dict[str, Any]) -> None:
        """Change the choice, and the key when one is given.

        Args:
            wish: Fields of `ModelChange`.

        Raises:
            ContractError: It cannot be had; nothing was changed. Never repeats what was typed.
        """
        self._require_allowed()
        try:
            change = ModelChange.model_validate(wish)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_context=False, include_input=False)
            raise ContractError(
                [_problem(str(f["loc"][0]) if f["loc"] else "", f["msg"]) for f in faults]
            ) from None
        given = change.model_dump(include=change.model_fields_set - {"api_key"})
        before = self._choice()
        if given.get("base_url"):
            given["base_url"] = self._check(given["base_url"])
        if given.get("model"):
            given["model"] = given["model"].strip()
        moved = any(
            name in given and given[name] != getattr(before, name) for name in ("base_url", "model")
        )
        if moved:  # Prices are those of a model.
            given = {"input_price": None, "output_price": None, **given}
        after = before.model_copy(update=given)
        if change.api_key is not None:
            base_url = after.base_url or self._policy.base_url
            self._check(base_url)
            self._files.save_key(_server(base_url), _checked_key(change.api_key))
        self._files.save_settings(after.model_dump(exclude_none=True))

    def forget_key(self) -> None:
        """Delete the key that was typed; one in the environment is not ours to delete."""
        self._files.forget_key()

    def for_session(
        self,
        current: LanguageModel | None,
        *,
        log: Log,
        changed: Callable[[], None],
        anew: bool,
    ) -> LanguageModel | None:
        """The model that a session is to use from now on.

        Args:
            current: The one it has used so far; goes on when nothing has changed.
            log: Writes into the session's journal.
            changed: Called when the model's view has changed.
            anew: A new run begins: its tokens are counted from nothing.

        Returns:
            The model; None while it is off or incomplete.
        """
        settings = self._settings()
        if settings is None:
            return None
        if isinstance(current, OpenAIModel):
            if anew:
                current.begin_run()
            if current.settings == settings:
                return current
        usage = current.usage if isinstance(current, OpenAIModel) else None
        return OpenAIModel(
            settings, log=log, changed=changed, prompts=self._policy.prompts, usage=usage
        )

    def view(self) -> ModelView:
        """How it stands for a session that has no model."""
        status = self.status()
        if not status.enabled:
            return ModelView(message=status.why if status.forbidden else "")
        return ModelView(status="failed" if status.why else "ready", message=status.why)

    async def test(self, log: Log) -> ModelTest:
        """Ask the model for a sign of life, switched on or not.

        Args:
            log: Writes into a journal.

        Raises:
            ContractError: It is not allowed, or not complete.
        """
        self._require_allowed()
        settings = self._settings(even_off=True)
        if settings is None:
            raise ContractError.of("model_incomplete", self.status().why)
        seconds = min(settings.timeout, _TEST_SECONDS)
        bounds = {"timeout": seconds, "total_timeout": seconds, "retries": 0, "token_limit": None}
        model = OpenAIModel(
            settings.model_copy(update=bounds), log=log, prompts=self._policy.prompts
        )
        start, kind = time.monotonic(), ""
        try:
            answer = await model.ask("ping", {}, Pong)
        except ModelFailure as failure:
            kind, message = failure.kind, failure.message
        else:
            message = f"{settings.model} answered."
            if not answer.ok:
                kind, message = "bad_reply", f"{settings.model} answered, but not as asked."
        seconds = round(time.monotonic() - start, 2)
        return ModelTest(ok=not kind, kind=kind, message=message, seconds=seconds)

    # --- what it rests on -------------------------------------------------------------------

    def _choice(self) -> ModelChoice:
        try:
            return ModelChoice.model_validate(self._files.settings())
        except ValidationError:  # edited by hand, or written by another version
            return ModelChoice()

    def _settings(self, *, even_off: bool = False) -> LLMSettings | None:
        status, policy = self.status(), self._policy
        if not (status.ready or (even_off and not status.enabled)):
            return None
        try:
            self._check(status.base_url)
            key, _ = self._key(status.base_url)
            return LLMSettings(
                base_url=status.base_url,
                model=status.model,
                api_key=SecretStr(key) if key else None,
                timeout=policy.timeout,
                token_limit=status.token_limit,
                max_reply_tokens=policy.max_reply_tokens,
                input_price=status.input_price,
                output_price=status.output_price,
            )
        except (ContractError, ValidationError):
            return None

    def _check(self, base_url: str) -> str:
        """A base URL in its plain form, if it may be used."""
        allowed = self._policy.allowed_base_urls
        base_url = checked_base_url(base_url, plain_http=True)
        listed = any(within(base_url, a) for a in allowed)
        # What the administrator or the environment names may be plain http.
        trusted = listed or base_url == self._policy.base_url
        checked_base_url(base_url, plain_http=trusted)
        if allowed and not listed:
            raise ContractError.of(
                "base_url_forbidden",
                "The administrator of this server does not allow this base URL.",
                f"Allowed: {', '.join(allowed)}.",
                field="base_url",
            )
        return base_url

    def _key(self, base_url: str) -> tuple[str, str]:
        """The key for a server, and where it comes from."""
        if key := self._files.key(_server(base_url)):
            return key, "panel"
        if key := environment_key(base_url):
            return key, "environment"
        return "", "none"

    def _why_not(self, enabled: bool, fault: str, base_url: str, model: str, key: str) -> str:
        if not self._policy.allowed:
            return "The administrator of this server does not allow a language model."
        if fault:
            return fault
        if not model:
            return "No model is named. Name one in the panel, or set OCI_MODEL."
        if not key and same_server(base_url, OPENAI_URL):
            return "OpenAI needs a key. Type one in the panel, or set OPENAI_API_KEY."
        return "" if enabled else "It is switched off."

    def _require_allowed(self) -> None:
        if not self._policy.allowed:
            raise ContractError.of(
                "model_forbidden", self._why_not(False, "", "", "", ""), "Ask the administrator."
            )


def _problem(name: str, fault: str) -> Problem:
    """A fault of a setting; what was typed, even for a name, may be a key."""
    if name in ModelChange.model_fields:
        return Problem(code="model_setting", message=f"{name}: {fault}.", field=name)
    return Problem(
        code="model_setting",
        message="There is no such setting.",
        fix=f"There are: {', '.join(ModelChange.model_fields)}.",
    )


def _server(base_url: str) -> str:
    scheme, host, port = origin(base_url)
    return f"{scheme}://{host}:{port}"


def _checked_key(typed: SecretStr) -> str:
    key = typed.get_secret_value().strip()
    if len(key) < SHORTEST_SECRET or not key.isascii() or not key.isprintable() or " " in key:
        raise ContractError.of(
            "api_key",
            "That is no key.",
            f"A key has at least {SHORTEST_SECRET} characters and no spaces; a local server "
            "needs none.",
            field="api_key",
        )
    return key


def _first(*values: float | None) -> float | None:
    return next((v for v in values if v is not None), None)
