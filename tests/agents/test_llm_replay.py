"""A run's journal answers in the place of its server; a command line's options name a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openai_server import OpenAIServer, error, refuse, say

from oci_jupyter.agents.language_model import ModelFailure
from oci_jupyter.agents.llm import OpenAIModel, Pong
from oci_jupyter.agents.llm_options import environment_key, model_from_options
from oci_jupyter.agents.llm_replay import ReplayModel
from oci_jupyter.agents.llm_settings import LLMSettings, checked_base_url, within
from oci_jupyter.artifacts.journal import Journal
from oci_jupyter.contract import ContractError, Model

PROMPT = """---
task: greet
version: 1
description: Greets.
---
## system

You greet.

## user

Greet {{ who }}.
"""


class Greeting(Model):
    words: str


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    (tmp_path / "greet.md").write_text(PROMPT)
    return tmp_path


def writer(path: Path) -> Any:
    journal = Journal(path)

    def log(who: str, what: str, detail: dict[str, Any]) -> None:
        journal.append(who=who, what=what, run_id="r", detail=detail)

    return log


async def no_wait(seconds: float) -> None:
    """Go on at once."""


async def recorded(prompts: Path, script: list[Any], *who: str) -> Path:
    """The journal of a run in which some were greeted."""
    path = prompts / "journal.jsonl"
    with OpenAIServer(script) as server:
        settings = LLMSettings(base_url=server.base_url, model="scripted", retries=0)
        model = OpenAIModel(settings, log=writer(path), prompts=prompts, sleep=no_wait)
        for name in who:
            try:
                await model.ask("greet", {"who": name}, Greeting)
            except ModelFailure:
                continue
    return path


def replay(path: Path) -> ReplayModel:
    return ReplayModel(path, log=writer(path.with_name("again.jsonl")), prompts=path.parent)


async def greet(model: ReplayModel, who: str) -> str:
    return (await model.ask("greet", {"who": who}, Greeting)).words


async def test_a_journal_answers_what_was_asked_then(prompts) -> None:
    script = [say({"words": "hi A"}), say({"words": "hi B\u2028"}), say({"words": "hi A again"})]
    path = await recorded(prompts, script, "A", "B", "A")
    model = replay(path)
    assert await greet(model, "B") == "hi B\u2028"  # in whatever order
    assert await greet(model, "A") == "hi A"
    assert await greet(model, "A") == "hi A again"
    assert model.view.calls == 3
    assert model.view.name == "scripted"
    assert "greet" in model.prompts_used
    # It can be repeated from its own journal.
    assert await greet(replay(path.with_name("again.jsonl")), "B") == "hi B\u2028"


async def test_a_repaired_answer_is_the_repaired_one(prompts) -> None:
    path = await recorded(prompts, [say("hm"), say({"words": "hi"})], "A")
    assert await greet(replay(path), "A") == "hi"


@pytest.mark.parametrize(
    ("reply", "kind"), [(refuse("no"), "refused"), (error(500), "server_error")]
)
async def test_what_failed_fails_again(prompts, reply, kind) -> None:
    path = await recorded(prompts, [reply], "A")
    with pytest.raises(ModelFailure) as caught:
        await greet(replay(path), "A")
    assert caught.value.kind == kind


async def test_what_was_not_asked_in_these_words_gets_no_answer(prompts) -> None:
    path = await recorded(prompts, [say({"words": "hi"})], "A")
    model = replay(path)
    with pytest.raises(ModelFailure, match="no answer to this question"):
        await greet(model, "C")
    assert model.view.status == "failed"
    (prompts / "greet.md").write_text(PROMPT.replace("Greet {{", "Do greet {{"))
    with pytest.raises(ModelFailure, match="no answer to this question"):
        await greet(replay(path), "A")


async def test_an_answer_in_the_shape_of_another_day_is_a_failure(prompts) -> None:
    path = await recorded(prompts, [say({"words": "hi"})], "A")
    with pytest.raises(ModelFailure) as caught:
        await replay(path).ask("greet", {"who": "A"}, Pong)
    assert caught.value.kind == "bad_reply"


def test_a_journal_without_a_model(tmp_path) -> None:
    with pytest.raises(ContractError, match="no journal"):
        replay(tmp_path / "nowhere.jsonl")
    Journal(tmp_path / "rules.jsonl").append(who="loop", what="run", run_id="r")
    with pytest.raises(ContractError, match="No model was asked"):
        replay(tmp_path / "rules.jsonl")


# --- options ----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def environment(monkeypatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OCI_MODEL"):
        monkeypatch.delenv(name, raising=False)


def silent(who: str, what: str, detail: dict[str, Any]) -> None:
    """Write nothing."""


@pytest.mark.parametrize("llm", [None, "", "off"])
def test_off_is_the_default_whatever_the_environment_holds(monkeypatch, llm) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-something-secret")
    monkeypatch.setenv("OCI_MODEL", "m")
    assert model_from_options(llm, log=silent) is None


def test_a_url_and_a_name_make_a_model() -> None:
    model = model_from_options("http://localhost:11434/v1/", "m", log=silent, token_limit=5)
    assert isinstance(model, OpenAIModel)
    assert model.settings.base_url == "http://localhost:11434/v1"
    assert model.settings.key == ""
    assert model.view.token_limit == 5


def test_openai_means_the_server_of_the_environment(monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-something-secret")
    monkeypatch.setenv("OCI_MODEL", "m")
    model = model_from_options("openai", log=silent)
    assert isinstance(model, OpenAIModel)
    assert model.settings.host == "api.openai.com"
    assert model.settings.key == "sk-something-secret"


async def test_replay_needs_a_journal(prompts) -> None:
    with pytest.raises(ContractError, match="--llm-journal"):
        model_from_options("replay", log=silent)
    path = await recorded(prompts, [say({"words": "hi"})], "A")
    model = model_from_options("replay", journal=path, log=silent, prompts=prompts)
    assert isinstance(model, ReplayModel)
    assert await greet(model, "A") == "hi"


@pytest.mark.parametrize(
    ("llm", "name", "code"),
    [
        ("gpt", "m", "llm_unknown"),
        ("http://localhost/v1", None, "model_missing"),
        ("openai", "m", "key_missing"),
        ("http://example.org/v1", "m", "base_url"),
    ],
)
def test_options_that_cannot_be_used(llm, name, code) -> None:
    with pytest.raises(ContractError) as caught:
        model_from_options(llm, name, log=silent)
    assert caught.value.problems[0].code == code


def test_the_key_of_the_environment_goes_to_its_server_alone() -> None:
    here = {"OPENAI_API_KEY": "k"}
    assert environment_key("https://api.openai.com/v1", here) == "k"
    assert environment_key("https://evil.example/v1", here) == ""
    assert environment_key("https://api.openai.com.evil.example/v1", here) == ""
    assert environment_key("http://api.openai.com/v1", here) == ""
    proxy = {**here, "OPENAI_BASE_URL": "https://proxy.example/v1"}
    assert environment_key("https://proxy.example/other", proxy) == "k"
    assert environment_key("https://proxy.example:8443/v1", proxy) == ""
    assert environment_key("https://api.openai.com/v1", proxy) == ""


@pytest.mark.parametrize(
    "url",
    [
        "ftp://localhost/v1",
        "localhost:11434",
        "https://",
        "https://user:pass@host/v1",
        "https://host/v1?key=1",
        "https://host/v1#x",
        "https://host:99999/v1",
        "https://host/v1/../admin",
        "https://ho st/v1",
        "http://example.org/v1",
        "http://0.0.0.0/v1",
        "http://localhost.evil.example/v1",
        "file:///etc/passwd",
        "",
    ],
)
def test_base_urls_that_are_refused(url: str) -> None:
    with pytest.raises(ContractError) as caught:
        checked_base_url(url)
    assert "pass" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize(
    "url", ["https://host/v1/", "http://127.0.0.1:1/v1", "http://[::1]:1/v1", "http://localhost/v1"]
)
def test_base_urls_that_are_taken(url: str) -> None:
    assert checked_base_url(url) == url.rstrip("/")


def test_what_lies_below_an_allowed_url() -> None:
    allowed = "https://proxy.example/llm"
    assert within("https://proxy.example/llm", allowed)
    assert within("https://PROXY.example:443/llm/v1", allowed)
    assert not within("https://proxy.example/llmv1", allowed)
    assert not within("https://proxy.example/", allowed)
    assert not within("http://proxy.example/llm", allowed)
    assert not within("https://proxy.example.evil.example/llm", allowed)
    assert not within("https://proxy.example:99999/llm", allowed)
