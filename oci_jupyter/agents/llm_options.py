"""A language model from the options of a command line and from the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import SecretStr

from ..contract import ContractError
from .language_model import LanguageModel
from .llm import Log, OpenAIModel, nothing
from .llm_replay import ReplayModel
from .llm_settings import OPENAI_URL, LLMSettings, checked_base_url, same_server

KEY_VARIABLE, URL_VARIABLE, MODEL_VARIABLE = "OPENAI_API_KEY", "OPENAI_BASE_URL", "OCI_MODEL"


def environment_url(environment: Mapping[str, str] | None = None) -> str:
    """The base URL that the environment names; OpenAI's own when it names none."""
    return (os.environ if environment is None else environment).get(URL_VARIABLE) or OPENAI_URL


def environment_key(base_url: str, environment: Mapping[str, str] | None = None) -> str:
    """The key in the environment, if it belongs to a server.

    It is sent to the server that the environment names, and to no other: naming a server is not
    handing it a key.

    Args:
        base_url: The server that is asked.
        environment: The process's own when None.

    Returns:
        The key, '' where there is none for this server.
    """
    environment = os.environ if environment is None else environment
    belongs = same_server(base_url, environment_url(environment))
    return environment.get(KEY_VARIABLE, "") if belongs else ""


def model_from_options(
    llm: str | None,
    model: str | None = None,
    journal: Path | None = None,
    *,
    log: Log,
    changed: Callable[[], None] = nothing,
    prompts: Path | None = None,
    token_limit: int | None = None,
    timeout: float | None = None,
) -> LanguageModel | None:
    """The model that a command line asks for.

    Args:
        llm: `off` or None; `openai`, which means the server of the environment; a base URL; or
            `replay`.
        model: The model's name; that of the environment (`OCI_MODEL`) when None.
        journal: For `replay`: the journal of the run to repeat.
        log: Writes into the journal of this run.
        changed: Called when the model's view has changed.
        prompts: The principal's own folder of prompts; its usual place when None.
        token_limit: Most tokens of the run; None means no limit.
        timeout: Seconds of silence after which a request is given up; the default when None.

    Returns:
        The model; None for `off`.

    Raises:
        ContractError: The options cannot be used.
    """
    if llm in (None, "", "off"):
        return None
    if llm == "replay":
        if journal is None:
            raise ContractError.of(
                "llm_journal",
                "`replay` needs the journal of a run.",
                "Give it with --llm-journal RUN/journal.jsonl.",
                field="llm-journal",
            )
        return ReplayModel(journal, log=log, changed=changed, prompts=prompts)
    asked = environment_url() if llm == "openai" else llm
    assert asked is not None
    if "://" not in asked:
        raise ContractError.of(
            "llm_unknown",
            f"{llm!r} is neither `off`, `openai`, `replay` nor a URL.",
            "Give for example --llm http://localhost:11434/v1.",
            field="llm",
            value=llm,
        )
    # What the environment names was set up by whoever owns it; a proxy may speak plain http.
    base_url = checked_base_url(asked, plain_http=llm == "openai")
    name = model or os.environ.get(MODEL_VARIABLE, "")
    if not name:
        raise ContractError.of(
            "model_missing",
            "There is no name of a model.",
            f"Give it with --model, or set {MODEL_VARIABLE}.",
            field="model",
        )
    key = environment_key(base_url)
    if not key and same_server(base_url, OPENAI_URL):
        raise ContractError.of(
            "key_missing", "OpenAI needs a key.", f"Set {KEY_VARIABLE}.", field="llm"
        )
    settings = LLMSettings(
        base_url=base_url,
        model=name,
        api_key=SecretStr(key) if key else None,
        token_limit=token_limit,
    )
    if timeout is not None:
        settings = settings.model_copy(update={"timeout": timeout})
    return OpenAIModel(settings, log=log, changed=changed, prompts=prompts)
