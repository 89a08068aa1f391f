"""A language model that answers what a test wants: for the agents, not for the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from oci_jupyter.agents.language_model import ModelFailure
from oci_jupyter.contract import Model, ModelView

Answer = TypeVar("Answer", bound=Model)


class FakeModel:
    """Answers each task with what `answers` holds for it.

    Args:
        answers: Task to the fields of its answer, a failure, or a function of the values.
    """

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = dict(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.canceled = False
        self._view = ModelView(status="ready", name="fake-1", endpoint="localhost")

    @property
    def view(self) -> ModelView:
        return self._view

    @property
    def prompts_used(self) -> dict[str, str]:
        return {task: "1 abc" for task, _ in self.asked}

    async def ask(
        self,
        task: str,
        values: Mapping[str, Any],
        schema: type[Answer],
        *,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        self.asked.append((task, dict(values)))
        found = self.answers.get(task, ModelFailure("unreachable", "The server is not there."))
        if callable(found) and not isinstance(found, Model):
            found = found(values)
        if isinstance(found, Exception):
            raise found
        answer = schema.model_validate(found)
        if on_text is not None:
            raw = answer.model_dump_json()
            for end in range(1, len(raw) + 1):
                on_text(raw[:end])
        return answer

    def cancel(self) -> None:
        self.canceled = True
