"""The connection to a model, over real HTTP, with a server that misbehaves by script."""

from __future__ import annotations

import asyncio
import json
import traceback
from typing import Any

import pytest
from openai_server import (
    OpenAIServer,
    Reply,
    cut,
    endless,
    error,
    hang,
    huge,
    raw,
    refuse,
    say,
    without_schemas,
)
from pydantic import SecretStr

from oci_jupyter.agents.language_model import ModelFailure
from oci_jupyter.agents.llm import OpenAIModel, Pong
from oci_jupyter.agents.llm_settings import LLMSettings
from oci_jupyter.agents.redact import REMOVED
from oci_jupyter.contract import JournalEntry, Model

#: Does not look like a key, so that only knowing it helps.
KEY = "k3y.5f0c9f3b8f7d4e21a6"


class Bench:
    """A model on a test server, with its journal and the waits that it asked for."""

    def __init__(self, server: OpenAIServer, **settings: Any) -> None:
        self.journal: list[dict[str, Any]] = []
        self.waits: list[float] = []
        self.views: list[str] = []
        fields: dict[str, Any] = {"base_url": server.base_url, "model": "scripted", **settings}
        self.model = OpenAIModel(
            LLMSettings(**fields), log=self._log, changed=self._changed, sleep=self._sleep
        )

    def _log(self, who: str, what: str, detail: dict[str, Any]) -> None:
        entry = JournalEntry(seq=1, at="", who=who, what=what, run_id="r", detail=detail)
        self.journal.append(json.loads(entry.model_dump_json()))

    def _changed(self) -> None:
        self.views.append(self.model.view.status)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def ping(self, **kwargs: Any) -> Pong:
        return await self.model.ask("ping", {}, Pong, **kwargs)

    async def failure(self, **kwargs: Any) -> ModelFailure:
        with pytest.raises(ModelFailure) as caught:
            await self.ping(**kwargs)
        assert self.answer["failure"] == {
            "kind": caught.value.kind,
            "message": caught.value.message,
        }
        return caught.value

    @property
    def answer(self) -> dict[str, Any]:
        """The journal's last word on what was answered."""
        assert self.journal[-1]["what"] == "answer"
        return self.journal[-1]["detail"]


# --- good replies ---------------------------------------------------------------------------


async def test_a_good_reply_is_streamed_validated_and_counted(openai_server) -> None:
    openai_server.script = [say({"ok": True}, usage=(1_000, 200))]
    bench = Bench(openai_server, input_price=2.0, output_price=10.0, token_limit=5_000)
    texts: list[str] = []
    assert (await bench.ping(on_text=texts.append)).ok
    assert texts[-1] == '{"ok": true}'
    assert all(texts[-1].startswith(t) for t in texts)
    view = bench.model.view
    assert (view.status, view.calls, view.input_tokens, view.output_tokens) == (
        "ready",
        1,
        1_000,
        200,
    )
    assert view.cost == pytest.approx(0.004)
    assert view.endpoint == openai_server.base_url.split("/")[2]
    assert bench.views[0] == "working"
    assert bench.views[-1] == "ready"


async def test_what_is_sent(openai_server) -> None:
    openai_server.script = [say({"ok": True})]
    bench = Bench(openai_server, api_key=SecretStr(KEY), token_limit=2_000)
    await bench.ping()
    request = openai_server.requests[0]
    assert request.path == "/v1/chat/completions"
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.body["model"] == "scripted"
    assert request.body["stream"] is True
    assert request.body["temperature"] == 0
    assert request.body["max_tokens"] <= 2_000
    form = request.body["response_format"]
    assert form["json_schema"]["strict"] is True
    assert request.schema == {
        "description": "Answer to the task `ping`.",
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": False,
    }


async def test_a_server_without_a_key_is_sent_a_placeholder(openai_server, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)  # that of another server
    openai_server.script = [say({"ok": True})]
    await Bench(openai_server).ping()
    assert KEY not in json.dumps(openai_server.requests[0].headers)


async def test_the_journal_holds_prompt_and_reply(openai_server) -> None:
    openai_server.script = [say({"ok": True})]
    bench = Bench(openai_server)
    await bench.ping()
    ask, answer = bench.journal
    assert [ask["who"], ask["what"], answer["what"]] == ["model", "ask", "answer"]
    assert ask["detail"]["messages"] == openai_server.requests[0].body["messages"]
    assert ask["detail"]["prompt"]["name"] == "ping"
    assert answer["detail"]["call"] == ask["detail"]["call"]
    assert answer["detail"]["exchanges"][0]["reply"] == '{"ok": true}'
    assert answer["detail"]["failure"] is None
    (identity,) = bench.model.prompts_used.values()
    assert ask["detail"]["prompt"]["sha256"][:12] in identity


@pytest.mark.parametrize("form", [{"stream": False}, {"piece": 1}, {"finish_reason": None}])
async def test_other_manners_of_replying_work_too(openai_server, form) -> None:
    openai_server.script = [say({"ok": True}, **form)]
    assert (await Bench(openai_server).ping()).ok


async def test_tokens_are_estimated_when_the_server_does_not_count(openai_server) -> None:
    openai_server.script = [say({"ok": True}, usage=None)]
    bench = Bench(openai_server)
    await bench.ping()
    assert bench.model.view.input_tokens > 10
    assert "estimated" in bench.model.view.message


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"ok": true}\n```',
        'Here it is: {"ok": true}. Anything else?',
        '<think>{"ok": false}?</think>\n{"ok": true}',
    ],
)
async def test_words_around_the_answer_are_passed_over(openai_server, text: str) -> None:
    openai_server.script = [say(text)]
    assert (await Bench(openai_server).ping()).ok


# --- replies in the wrong shape -------------------------------------------------------------


@pytest.mark.parametrize("bad", ["Certainly!", '{"ok": tr', '{"okay": true}', "", '{"ok": [1]}'])
async def test_a_bad_reply_gets_one_repair_turn(openai_server, bad: str) -> None:
    openai_server.script = [say(bad), say({"ok": True})]
    bench = Bench(openai_server)
    assert (await bench.ping()).ok
    *_, shown, repair = openai_server.requests[1].body["messages"]
    assert shown == {"role": "assistant", "content": bad or "(nothing)"}
    assert "cannot be used" in repair["content"]
    assert '"required": ["ok"]' in repair["content"]
    assert len(bench.answer["exchanges"]) == 2


async def test_the_repair_turn_says_what_was_wrong(openai_server) -> None:
    openai_server.script = [say({"ok": "perhaps"}), say({"ok": True})]
    await Bench(openai_server).ping()
    assert "ok: Input should be a valid boolean" in openai_server.requests[1].user


async def test_two_bad_replies_are_a_failure(openai_server) -> None:
    openai_server.script = [say("no"), say("no again")]
    bench = Bench(openai_server)
    failure = await bench.failure()
    assert failure.kind == "bad_reply"
    assert bench.model.view.status == "failed"
    assert bench.model.view.message == failure.message
    assert bench.model.view.calls == 2


async def test_a_server_that_takes_no_schema_finds_it_in_the_prompt(openai_server) -> None:
    openai_server.script = without_schemas([say({"ok": True}), say({"ok": True})])
    bench = Bench(openai_server)
    await bench.ping()
    refused, taken = openai_server.requests
    assert refused.schema is not None
    assert taken.schema is None
    assert '"required": ["ok"]' in taken.system
    await bench.ping()  # It has learned.
    assert len(openai_server.requests) == 3


async def test_a_server_that_ignores_the_schema_gets_it_in_words_from_then_on(
    openai_server,
) -> None:
    openai_server.script = [say({"no": 1}), say({"ok": True}), say({"ok": True})]
    bench = Bench(openai_server)
    await bench.ping()
    await bench.ping()
    first, _, third = openai_server.requests
    assert "JSON schema" not in first.system
    assert "JSON schema" in third.system


@pytest.mark.parametrize("parameter", ["temperature", "seed", "stream_options", "max_tokens"])
async def test_a_parameter_that_the_server_does_not_know_is_left_out(
    openai_server, parameter: str
) -> None:
    openai_server.script = [error(400, f"Unsupported parameter: {parameter}"), say({"ok": True})]
    assert (await Bench(openai_server).ping()).ok
    before, after = (r.body for r in openai_server.requests)
    assert parameter in before
    assert parameter not in after


async def test_a_new_name_for_the_length_is_used_where_the_old_is_refused(openai_server) -> None:
    message = "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    openai_server.script = [error(400, message, param="max_tokens"), say({"ok": True})]
    await Bench(openai_server).ping()
    assert openai_server.requests[1].body["max_completion_tokens"] > 0


# --- failures -------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [True, False])
async def test_a_refusal_is_told_in_its_words(openai_server, stream: bool) -> None:
    openai_server.script = [refuse("I would rather not.", stream=stream)]
    failure = await Bench(openai_server).failure()
    assert failure.kind == "refused"
    assert "I would rather not." in failure.message


@pytest.mark.parametrize(
    ("reason", "kind"), [("content_filter", "refused"), ("length", "too_long")]
)
async def test_a_reply_that_did_not_end_by_itself_is_none(openai_server, reason, kind) -> None:
    openai_server.script = [say({"ok": True}, finish_reason=reason)]
    assert (await Bench(openai_server).failure()).kind == kind


async def test_too_many_requests_are_waited_for_as_asked(openai_server) -> None:
    openai_server.script = [error(429, retry_after=7), error(429), say({"ok": True})]
    bench = Bench(openai_server)
    assert (await bench.ping()).ok
    assert bench.waits[0] == 7
    assert 0 < bench.waits[1] < 7


async def test_a_wait_longer_than_the_patience_is_a_failure(openai_server) -> None:
    openai_server.script = [error(429, retry_after=3_600)]
    bench = Bench(openai_server)
    failure = await bench.failure()
    assert failure.kind == "rate_limited"
    assert "3600 s" in failure.message
    assert bench.waits == []


async def test_a_quota_used_up_is_not_asked_again(openai_server) -> None:
    openai_server.script = [error(429, "You exceeded your quota", code="insufficient_quota")]
    bench = Bench(openai_server)
    assert (await bench.failure()).kind == "rate_limited"
    assert len(openai_server.requests) == 1


async def test_a_server_error_is_repeated_a_bounded_number_of_times(openai_server) -> None:
    openai_server.script = [error(500)] * 4
    bench = Bench(openai_server, retries=3)
    assert (await bench.failure()).kind == "server_error"
    assert len(openai_server.requests) == 4
    assert bench.waits == sorted(bench.waits)
    assert bench.waits[-1] > 2 * bench.waits[0]


async def test_an_error_within_a_stream_is_a_server_error(openai_server) -> None:
    openai_server.script = [say('{"o', stream_error="out of memory"), say({"ok": True})]
    bench = Bench(openai_server)
    assert (await bench.ping()).ok
    assert "out of memory" in bench.answer["exchanges"][0]["troubles"][0]


async def test_nobody_there() -> None:
    with OpenAIServer() as gone:
        pass
    bench = Bench(gone, retries=1)
    failure = await bench.failure()
    assert failure.kind == "unreachable"
    assert len(bench.waits) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, "forbidden"),
        (403, "forbidden"),
        (404, "bad_reply"),
        (400, "bad_reply"),
        (307, "forbidden"),
    ],
)
async def test_what_repeating_cannot_mend_is_not_repeated(openai_server, status, kind) -> None:
    openai_server.script = [error(status, "so it is")]
    bench = Bench(openai_server)
    assert (await bench.failure()).kind == kind
    assert len(openai_server.requests) == 1


async def test_a_redirect_does_not_take_the_prompt_elsewhere(openai_server) -> None:
    with OpenAIServer([say({"ok": True})]) as elsewhere:
        away = {"Location": f"{elsewhere.base_url}/chat/completions"}
        openai_server.script = [Reply(status=307, headers=away)]
        await Bench(openai_server).failure()
        assert elsewhere.requests == []


@pytest.mark.parametrize("after", [0, 2])
async def test_silence_is_a_timeout(openai_server, after: int) -> None:
    openai_server.script = [hang('{"ok": true, "and": "so on"}', after=after)]
    bench = Bench(openai_server, timeout=0.1)
    assert (await bench.failure()).kind == "timeout"
    assert bench.waits == []


async def test_a_reply_that_never_ends_is_a_timeout(openai_server) -> None:
    openai_server.script = [hang('{"ok": true, "and": "so on"}', after=2)]
    assert (await Bench(openai_server, total_timeout=0.2).failure()).kind == "timeout"


async def test_half_a_stream_is_asked_for_once_more(openai_server) -> None:
    half = '{"ok": true, "so": "much more"}'
    openai_server.script = [cut(half), say({"ok": True})]
    assert (await Bench(openai_server).ping()).ok
    openai_server.script = [cut(half), cut(half)]
    assert (await Bench(openai_server).failure()).kind == "unreachable"


async def test_a_stream_that_ends_without_an_end_is_half_a_stream(openai_server) -> None:
    half = say('{"ok": ', finish_reason=None)
    openai_server.script = [half, say({"ok": True})]
    bench = Bench(openai_server)
    assert (await bench.ping()).ok
    assert "broke off" in bench.answer["exchanges"][0]["troubles"][0]


@pytest.mark.parametrize(
    "reply", [huge(10_000_000), huge(10_000_000, stream=False), raw(b"data: " + b"x" * 10_000_000)]
)
async def test_a_reply_of_ten_megabytes_is_cut_off_on_the_way(openai_server, reply) -> None:
    openai_server.script = [reply]
    bench = Bench(openai_server, max_reply_bytes=100_000)
    assert (await bench.failure()).kind == "too_long"
    assert len(bench.answer["exchanges"][0]["reply"]) < 300_000


async def test_a_reply_without_end_is_hung_up_on(openai_server) -> None:
    openai_server.script = [endless()]
    assert (await Bench(openai_server, max_reply_bytes=100_000).failure()).kind == "too_long"
    await asyncio.to_thread(openai_server.left.wait)


@pytest.mark.parametrize(
    "reply",
    [
        raw(b"<html>Sign in</html>", "text/html"),
        raw(b'{"choices": 5}', "application/json"),
        raw(b"[]", "application/json"),
        raw(b"{", "application/json"),
        raw(b'data: {"choices": [{"delta": 3}]}\n\n'),
        raw(b"data: {{{\n\n"),
        raw(b"data: [1, 2]\n\n"),
        raw(b"\xff\xfe\x00data"),
        raw(b""),
    ],
)
async def test_what_is_no_chat_completion_is_a_failure(openai_server, reply) -> None:
    openai_server.script = [reply, reply]
    assert (await Bench(openai_server).failure()).kind in ("bad_reply", "unreachable")


async def test_a_compressed_reply_is_not_unpacked(openai_server) -> None:
    openai_server.script = [raw(b"\x1f\x8b", headers={"Content-Encoding": "gzip"})]
    assert (await Bench(openai_server).failure()).kind == "bad_reply"


async def test_a_prompt_that_cannot_be_used_is_a_failure_that_names_the_file(
    openai_server, tmp_path
) -> None:
    (tmp_path / "ping.md").write_text("say something")
    bench = Bench(openai_server)
    bench.model = OpenAIModel(bench.model.settings, log=bench._log, prompts=tmp_path)
    with pytest.raises(ModelFailure) as caught:
        await bench.ping()
    assert caught.value.kind == "bad_prompt"
    assert str(tmp_path / "ping.md") in caught.value.message
    assert openai_server.requests == []


# --- limit and stop ---------------------------------------------------------------------------


async def test_the_limit_stops_the_next_question(openai_server) -> None:
    openai_server.script = [say({"ok": True}, usage=(900, 200))]
    bench = Bench(openai_server, token_limit=1_000)
    await bench.ping()
    assert bench.model.view.status == "spent"
    failure = await bench.failure()
    assert failure.kind == "spent"
    assert "1,000 tokens" in failure.message
    assert len(openai_server.requests) == 1
    bench.model.begin_run()
    assert bench.model.view.status == "ready"


async def test_unusable_replies_count_too(openai_server) -> None:
    openai_server.script = [say("no", usage=(10, 1)), say("no", usage=(20, 2))]
    bench = Bench(openai_server)
    await bench.failure()
    assert (bench.model.usage.input_tokens, bench.model.usage.output_tokens) == (30, 3)


@pytest.mark.parametrize("after", [0, 2])
async def test_cancel_ends_a_question_at_once(openai_server, after: int) -> None:
    openai_server.script = [hang('{"ok": true, "and": "so on"}', after=after)]
    bench = Bench(openai_server)
    asked = asyncio.create_task(bench.failure())
    await asyncio.to_thread(openai_server.hanging.wait)
    assert bench.model.view.status == "working"
    assert bench.model.view.task.startswith("Sees whether the model answers")
    bench.model.cancel()
    assert (await asked).kind == "canceled"
    assert bench.model.view.status == "ready"
    openai_server.script = [say({"ok": True})]
    assert (await bench.ping()).ok  # The next question is another matter.


async def test_cancel_ends_a_wait_at_once(openai_server) -> None:
    openai_server.script = [error(500)]
    waiting = asyncio.Event()

    async def forever(seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    bench = Bench(openai_server)
    bench.model = OpenAIModel(bench.model.settings, log=bench._log, sleep=forever)
    asked = asyncio.create_task(bench.failure())
    await waiting.wait()
    bench.model.cancel()
    assert (await asked).kind == "canceled"


async def test_a_caller_that_is_canceled_ends_its_question(openai_server) -> None:
    openai_server.script = [hang("{", after=1)]
    bench = Bench(openai_server)
    asked = asyncio.create_task(bench.ping())
    await asyncio.to_thread(openai_server.hanging.wait)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert bench.model.view.status == "ready"


# --- the key ------------------------------------------------------------------------------------


class Words(Model):
    words: str


@pytest.mark.parametrize(
    "reply",
    [
        say({"words": f"the key is {KEY}, you said"}),
        say({"words": KEY}, piece=1),
        say(f"no object, but {KEY}"),
        refuse(f"not with {KEY}"),
        error(401, f"Incorrect API key provided: {KEY}"),
        error(500, f"Bearer {KEY}"),
        error(400, KEY),
        cut(json.dumps({"words": KEY}), after=5),
        say('{"wo', stream_error=f"who is {KEY}?"),
    ],
)
async def test_a_server_that_echoes_the_key_gets_it_nowhere(openai_server, reply, caplog) -> None:
    caplog.set_level("DEBUG")
    openai_server.script = lambda _: reply
    bench = Bench(openai_server, api_key=SecretStr(KEY), retries=1)
    seen: list[str] = []
    try:
        seen.append((await bench.model.ask("ping", {}, Words, on_text=seen.append)).words)
    except ModelFailure as failure:
        seen += [str(failure), repr(failure), failure.message]
        seen.append("".join(traceback.format_exception(failure)))
    seen += [json.dumps(bench.journal), repr(bench.model.view), repr(bench.model.settings)]
    assert openai_server.requests[0].headers["Authorization"].endswith(KEY)
    assert KEY not in " ".join(seen)
    assert KEY not in caplog.text
    # Nor most of it, while it was being written.
    assert KEY[:-5] not in " ".join(seen)
    assert REMOVED in " ".join(seen)
