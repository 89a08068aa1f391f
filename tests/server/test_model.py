"""The language model of a server: off by default, set up in the panel, its key nobody else's."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from fake_tab import FakeTab
from jupyter_core.paths import jupyter_data_dir
from openai_server import error, hang, say
from test_loop import PLAN
from tornado.httpclient import HTTPClientError

from oci_jupyter.agents.language_model import ModelFailure
from oci_jupyter.agents.llm import Pong
from oci_jupyter.artifacts.model_key import ModelFiles
from oci_jupyter.contract import ContractError

#: Does not look like a key, so that only knowing it helps.
KEY = "k3y.5f0c9f3b8f7d4e21a6"


@pytest.fixture
def traits() -> dict[str, Any]:
    """What an administrator configures."""
    return {}


@pytest.fixture
def jp_server_config(journal_dir: Path, traits: dict[str, Any], monkeypatch) -> dict[str, Any]:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OCI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    ours = dict(traits)
    for name, value in ours.pop("environment", {}).items():
        monkeypatch.setenv(name, value)
    return {
        "ServerApp": {"jpserver_extensions": {"oci_jupyter": True}, "allow_root": True},
        "OciJupyterApp": {"journal_dir": str(journal_dir), "grace": 0.2, **ours},
    }


@pytest.fixture
def api(jp_fetch):
    """Calls the model's routes."""

    async def call(method: str, *path: str, body: Any = None, raw: str = "") -> dict[str, Any]:
        payload = raw or (json.dumps(body or {}) if method in ("PUT", "POST") else None)
        url = ("oci-jupyter", "api", "model", *path)
        return json.loads((await jp_fetch(*url, method=method, body=payload)).body)

    return call


async def refused(call: Any) -> str:
    """The body of a refusal, which never repeats a key."""
    with pytest.raises(HTTPClientError) as caught:
        await call
    assert caught.value.code == 400
    body = caught.value.response.body.decode()
    assert KEY not in body
    return body


def key_file() -> Path:
    return Path(jupyter_data_dir()) / "oci_jupyter" / "model.key"


# --- off is the default ---------------------------------------------------------------------


async def test_off_is_the_default(api, jp_fetch) -> None:
    status = await api("GET")
    assert status["enabled"] is False
    assert status["ready"] is False
    assert status["base_url"] == "https://api.openai.com/v1"
    assert (status["has_key"], status["key_source"]) == (False, "none")
    general = json.loads((await jp_fetch("oci-jupyter", "api", "status")).body)
    assert general["llm"] == "off"


@pytest.mark.parametrize(
    "traits", [{"environment": {"OPENAI_API_KEY": KEY, "OCI_MODEL": "from-environment"}}]
)
async def test_a_key_in_the_environment_switches_nothing_on(api) -> None:
    status = await api("GET")
    assert status["enabled"] is False
    assert (status["has_key"], status["key_source"]) == (True, "environment")
    assert status["model"] == "from-environment"
    assert KEY not in json.dumps(status)
    status = await api("PUT", body={"enabled": True})
    assert status["ready"]
    # Another server is not told the key of this one.
    status = await api("PUT", body={"base_url": "https://other.example/v1"})
    assert not status["has_key"]


@pytest.mark.parametrize(
    "traits",
    [
        {
            "llm_enabled": True,
            "llm_base_url": "http://proxy.example/v1",
            "llm_model": "m",
            "llm_token_limit": 77,
            "llm_input_price": 1.5,
        }
    ],
)
async def test_an_administrator_may_switch_it_on(api) -> None:
    status = await api("GET")
    assert status["ready"]
    assert (status["model"], status["token_limit"], status["input_price"]) == ("m", 77, 1.5)
    # The price is that of this model.
    assert (await api("PUT", body={"model": "another"}))["input_price"] is None
    assert not (await api("PUT", body={"enabled": False}))["ready"]


@pytest.mark.parametrize("traits", [{"llm_allowed": False, "llm_enabled": True, "llm_model": "m"}])
async def test_an_administrator_may_forbid_it(api) -> None:
    status = await api("GET")
    assert (status["enabled"], status["ready"], status["forbidden"]) == (False, False, True)
    assert "administrator" in status["why"]
    await refused(api("PUT", body={"enabled": True, "api_key": KEY}))
    await refused(api("POST", "test"))
    assert not key_file().exists()


@pytest.mark.parametrize("traits", [{"llm_allowed_base_urls": ["https://proxy.example/llm"]}])
async def test_an_administrator_may_name_the_servers(api) -> None:
    assert "does not allow" in (await api("GET"))["why"]
    body = await refused(api("PUT", body={"base_url": "https://api.openai.com/v1"}))
    assert "https://proxy.example/llm" in body
    status = await api("PUT", body={"base_url": "https://proxy.example/llm/v1/", "model": "m"})
    assert status["base_url"] == "https://proxy.example/llm/v1"
    assert (await api("PUT", body={"enabled": True}))["ready"]


# --- set up by the principal ----------------------------------------------------------------


async def test_what_is_set_up_is_kept(api) -> None:
    wish = {"enabled": True, "base_url": "http://localhost:1/v1", "model": " m ", "token_limit": 9}
    status = await api("PUT", body=wish)
    assert status["ready"]
    assert (status["model"], status["token_limit"]) == ("m", 9)
    assert await api("GET") == status
    status = await api("PUT", body={"enabled": False})
    assert (status["model"], status["ready"]) == ("m", False)
    assert (await api("PUT", body={"token_limit": None}))["token_limit"] == 200_000


@pytest.mark.parametrize(
    "wish",
    [
        {"base_url": "http://example.org/v1", "api_key": KEY},
        {"base_url": f"https://me:{KEY}@host/v1"},
        {"base_url": "nonsense"},
        {"base_url": "http://localhost:99999/v1"},
        {"token_limit": -1},
        {"token_limit": "many"},
        {"input_price": -1},
        {"api_key": "short"},
        {"api_key": f"{KEY} and more"},
        {"api_key": 5},
        {"api_key": [KEY]},
        {"key": KEY},
        {KEY: 1},
    ],
)
async def test_bad_settings_are_refused_and_nothing_changes(api, wish) -> None:
    before = await api("GET")
    body = json.loads(await refused(api("PUT", body=wish)))
    assert body["problems"][0]["message"]
    assert await api("GET") == before
    assert not key_file().exists()


@pytest.mark.parametrize("raw", [f'{{"api_key": "{KEY}"', f'["{KEY}"]', KEY])
async def test_what_is_no_json_is_not_written_into_the_log(api, raw, caplog, capfd) -> None:
    caplog.set_level("DEBUG")
    await refused(api("PUT", raw=raw))
    assert KEY not in caplog.text + "".join(capfd.readouterr())


async def test_a_settings_file_that_is_damaged_leaves_the_defaults(api) -> None:
    await api("PUT", body={"model": "m", "enabled": True})
    for text in ("{", "[]", '{"model": 5}', '{"colour": "red"}'):
        (key_file().parent / "model.json").write_text(text)
        assert (await api("GET"))["enabled"] is False


# --- the key ----------------------------------------------------------------------------------


async def test_a_key_is_written_and_never_read_back(api) -> None:
    status = await api("PUT", body={"api_key": KEY, "model": "m", "enabled": True})
    assert (status["has_key"], status["key_source"], status["ready"]) == (True, "panel", True)
    assert KEY not in json.dumps(status)
    assert KEY not in (key_file().parent / "model.json").read_text()
    assert KEY not in json.dumps(dict(os.environ))
    status = await api("DELETE")
    assert (status["has_key"], status["ready"]) == (False, False)
    assert not key_file().exists()
    await api("DELETE")  # Twice is no error.


@pytest.mark.skipif(os.name != "posix", reason="file modes are those of POSIX")
async def test_the_key_is_its_owners_alone(api) -> None:
    folder = key_file().parent
    folder.mkdir(parents=True, mode=0o755)
    await api("PUT", body={"api_key": KEY})
    await api("PUT", body={"api_key": f"{KEY}2"})
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {p.name: stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {
        "model.key": 0o600,
        "model.json": 0o600,
    }
    key_file().chmod(0o644)
    status = await api("GET")
    assert not status["has_key"]
    assert "Other users" in status["why"]


async def test_a_key_is_for_the_server_for_which_it_was_typed(api) -> None:
    await api("PUT", body={"base_url": "https://a.example/v1", "api_key": KEY})
    assert not (await api("PUT", body={"base_url": "https://b.example/v1"}))["has_key"]
    assert not (await api("PUT", body={"base_url": "https://a.example:444/v1"}))["has_key"]
    assert (await api("PUT", body={"base_url": "https://a.example/v2"}))["has_key"]


def test_a_key_is_not_kept_where_the_file_browser_reaches(tmp_path) -> None:
    for folder, hidden in ((tmp_path / "shown", False), (tmp_path / ".hidden" / "oci", True)):
        files = ModelFiles(folder, workspace=tmp_path, serves_hidden=hidden)
        with pytest.raises(ContractError, match="file browser") as caught:
            files.save_key("https://a", KEY)
        assert KEY not in str(caught.value)
        assert not folder.exists()
    # A server that is started in the home folder does not show what is hidden there.
    files = ModelFiles(tmp_path / ".hidden" / "oci", workspace=tmp_path)
    files.save_key("https://a", KEY)
    assert files.key("https://a") == KEY
    assert files.key("https://b") == ""


def test_a_folder_that_cannot_be_written(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ContractError, match="cannot be written") as caught:
        ModelFiles(tmp_path / "file" / "folder").save_key("https://a", KEY)
    assert KEY not in str(caught.value)


# --- asking -------------------------------------------------------------------------------------


async def test_a_test_of_the_connection(api, openai_server, journal_dir) -> None:
    openai_server.script = [say({"ok": True}), error(401, f"wrong key {KEY}")]
    await api("PUT", body={"base_url": openai_server.base_url, "model": "m", "api_key": KEY})
    outcome = await api("POST", "test")  # Switched off as yet.
    assert outcome["ok"]
    assert openai_server.requests[0].headers["Authorization"] == f"Bearer {KEY}"
    outcome = await api("POST", "test")
    assert (outcome["ok"], outcome["kind"]) == (False, "forbidden")
    assert KEY not in json.dumps(outcome)
    journal = (journal_dir / "model-test.jsonl").read_text()
    assert journal.count('"what":"answer"') == 2


async def test_a_test_without_a_model_says_what_is_missing(api) -> None:
    assert "No model is named" in await refused(api("POST", "test"))


@pytest.fixture
def connect(jp_ws_fetch, jp_serverapp):
    return lambda: jp_ws_fetch("oci-jupyter", "api", "run")


@pytest.fixture
def session(jp_serverapp):
    """The one session that is open."""
    app = jp_serverapp.extension_manager.extension_apps["oci_jupyter"]

    def find() -> Any:
        (only,) = next(iter(app))._sessions._sessions
        return only

    return find


async def test_switching_takes_effect_in_open_notebooks(
    api, openai_server, connect, session
) -> None:
    tab = await FakeTab(connect).open()
    assert tab.state["model"]["status"] == "off"
    await api("PUT", body={"base_url": openai_server.base_url, "model": "m", "enabled": True})
    await tab.until(lambda: tab.state["model"]["status"] == "ready")
    assert tab.state["model"]["name"] == "m"
    openai_server.script = [say({"ok": True}, usage=(30, 4))]
    await session().loop.model.ask("ping", {}, Pong)
    await tab.until(lambda: tab.state["model"]["input_tokens"] == 30)
    await api("PUT", body={"enabled": False})
    await tab.until(lambda: tab.state["model"]["status"] == "off")
    assert session().loop.model is None


async def test_switching_off_ends_what_is_being_asked(api, openai_server, connect, session) -> None:
    await api("PUT", body={"base_url": openai_server.base_url, "model": "m", "enabled": True})
    await FakeTab(connect).open()
    openai_server.script = [hang('{"ok": true}', after=1)]
    asked = asyncio.create_task(session().loop.model.ask("ping", {}, Pong))
    await asyncio.to_thread(openai_server.hanging.wait)
    await api("PUT", body={"enabled": False})
    with pytest.raises(ModelFailure) as caught:
        await asked
    assert caught.value.kind == "canceled"


async def test_a_model_that_is_on_but_not_complete_says_so_in_the_notebook(api, connect) -> None:
    await api("PUT", body={"enabled": True})
    tab = await FakeTab(connect).open()
    assert tab.state["model"]["status"] == "failed"
    assert "No model is named" in tab.state["model"]["message"]


async def test_a_second_run_counts_from_nothing(api, openai_server, connect, session) -> None:
    await api("PUT", body={"base_url": openai_server.base_url, "model": "m", "enabled": True})
    openai_server.script = lambda _: say({"ok": True}, usage=(30, 4))
    tab = await FakeTab(connect).open()
    await session().loop.model.ask("ping", {}, Pong)
    before = session().loop.model.usage
    run = {"type": "run", "plan_source": PLAN, "plan_cell_id": "plan", "mode": "review"}
    await tab.send(**run)
    await tab.until(lambda: tab.phase() == "finished")
    assert session().loop.model.usage is before
    await tab.send(**run)
    await tab.until(lambda: len(tab.state["iterations"]) == 2 and tab.phase() == "finished")
    assert session().loop.model.usage is not before


async def test_the_key_is_in_its_file_and_nowhere_else(
    api, openai_server, connect, session, jp_serverapp, tmp_path, caplog, capfd
) -> None:
    caplog.set_level("DEBUG")
    openai_server.script = lambda _: error(401, f"wrong key {KEY}")
    wish = {"base_url": openai_server.base_url, "model": "m", "enabled": True, "api_key": KEY}
    await api("PUT", body=wish)
    await api("POST", "test")
    tab = await FakeTab(connect).open()
    await tab.send(type="run", plan_source=PLAN, plan_cell_id="plan", mode="review")
    await tab.until(lambda: tab.phase() == "finished")
    with pytest.raises(ModelFailure):
        await session().loop.model.ask("ping", {}, Pong)
    assert openai_server.requests[-1].headers["Authorization"] == f"Bearer {KEY}"
    await tab.until(lambda: tab.state["model"]["status"] == "failed")

    kernels = jp_serverapp.kernel_manager
    kernel = await kernels.start_kernel()
    client = kernels.get_kernel(kernel).client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    reply = await client.execute_interactive(
        "import os", user_expressions={"env": "str(dict(os.environ))"}, timeout=60
    )
    client.stop_channels()
    await kernels.shutdown_kernel(kernel, now=True)
    environment = reply["content"]["user_expressions"]["env"]["data"]["text/plain"]
    assert "PATH" in environment
    assert KEY not in environment

    # Settings, journals, notebooks, configuration: all that this server has written.
    holding = [p for p in tmp_path.rglob("*") if p.is_file() and KEY.encode() in p.read_bytes()]
    assert holding == [key_file()]
    assert any(p.suffix == ".jsonl" for p in tmp_path.rglob("*"))
    assert KEY not in json.dumps(tab.state)
    assert KEY not in caplog.text + "".join(capfd.readouterr())
