"""Answers from a journal instead of a server: a run made with a model, once more without a network.

A question is found by its task and the hash of its messages. A question that was never asked in
just these words gets no answer: one given to other results, or to another version of a prompt,
would be taken for an answer to these. Asked twice, it gets the first answer first. What failed
then fails again, in the same words.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

from ..artifacts.journal import Journal
from ..contract import ContractError, ModelView, json_hash
from .language_model import Answer, FailureKind, ModelFailure
from .llm import ANSWER, Log, nothing, rendered
from .llm_reply import Unreadable, read_answer
from .llm_usage import Usage
from .redact import Redactor


class ReplayModel:
    """See the module; implements `LanguageModel`.

    Args:
        journal: The file of the run to repeat.
        log: Writes into the journal of this run.
        changed: Called when `view` has changed.
        prompts: The principal's own folder of prompts; its usual place when None.

    Raises:
        ContractError: There is no such journal, or nothing was asked in it.
    """

    def __init__(
        self,
        journal: Path,
        *,
        log: Log,
        changed: Callable[[], None] = nothing,
        prompts: Path | None = None,
    ) -> None:
        self._log = log
        self._changed = changed
        self._prompts = prompts
        self._used: dict[str, str] = {}
        self._failure: ModelFailure | None = None
        self._usage = Usage()
        self._answers: dict[tuple[str, str], deque[dict[str, Any]]] = defaultdict(deque)
        self._name = ""
        for entry in _entries(journal):
            detail = entry.detail
            canceled = (detail.get("failure") or {}).get("kind") == "canceled"
            if entry.who == "model" and entry.what == ANSWER and not canceled:
                key = str(detail.get("task")), str(detail.get("question_sha256"))
                self._answers[key].append(detail)
                self._name = str(detail.get("model", ""))
        if not self._answers:
            raise ContractError.of(
                "journal_silent",
                f"No model was asked in the journal {journal}.",
                "Give the journal of a run that had a language model.",
                field="llm-journal",
                value=str(journal),
            )

    @property
    def view(self) -> ModelView:
        """How it stands, for the panel."""
        failure = self._failure
        return ModelView(
            status="ready" if failure is None else "failed",
            name=self._name,
            endpoint="journal",
            message="" if failure is None else failure.message,
            calls=self._usage.calls,
            input_tokens=self._usage.input_tokens,
            output_tokens=self._usage.output_tokens,
        )

    @property
    def prompts_used(self) -> dict[str, str]:
        """Name of each prompt used so far, to its version and hash."""
        return dict(self._used)

    def cancel(self) -> None:
        """There is nothing to end: answers are given at once."""

    async def ask(
        self,
        task: str,
        values: Mapping[str, Any],
        schema: type[Answer],
        *,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """Find what was answered; see `LanguageModel`.

        Raises:
            ModelFailure: It was never asked in these words, or failed then.
        """
        try:
            answer = self._find(task, values, schema, on_text)
        except ModelFailure as failure:
            self._failure = failure
            raise
        else:
            self._failure = None
            return answer
        finally:
            self._changed()

    def _find(
        self,
        task: str,
        values: Mapping[str, Any],
        schema: type[Answer],
        on_text: Callable[[str], None] | None,
    ) -> Answer:
        messages, _ = rendered(task, values, self._prompts, self._used)
        messages = Redactor().value(messages)
        found = self._answers.get((task, json_hash(messages)))
        if not found:
            raise ModelFailure(
                "unreachable",
                f"The journal holds no answer to this question (`{task}`): it was not asked, or "
                "the data, the results or the prompt differ from then. The rules carry on.",
            )
        detail = found.popleft()
        self._log("model", ANSWER, {**detail, "replayed": True})
        exchanges = detail.get("exchanges") or [{}]
        for exchange in exchanges:
            tokens = (int(exchange.get(f"{way}_tokens") or 0) for way in ("input", "output"))
            self._usage.add(*tokens, estimated=bool(exchange.get("estimated")))
        failure = detail.get("failure")
        if failure:
            kind = failure.get("kind")
            known: FailureKind = kind if kind in get_args(FailureKind) else "bad_reply"
            raise ModelFailure(known, str(failure.get("message", "")))
        text = str(exchanges[-1].get("reply", ""))
        if on_text is not None:
            on_text(text)
        try:
            return read_answer(text, schema)
        except Unreadable as fault:
            raise ModelFailure(
                "bad_reply", f"The answer in the journal is not in the shape of today: {fault}"
            ) from None


def _entries(path: Path) -> list[Any]:
    if not path.is_file():
        raise ContractError.of(
            "journal_missing",
            f"There is no journal {path}.",
            "Give the file journal.jsonl of a run's folder.",
            field="llm-journal",
            value=str(path),
        )
    return Journal(path).entries()
