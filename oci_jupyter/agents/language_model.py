"""What the agents know of a language model: it answers a task in a given shape, or fails.

Everything it says is untrusted: an answer is a validated pydantic model and nothing else, and
no caller may execute it, render it as markup, or let it raise a verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol, TypeVar

from ..contract import Model, ModelView

Answer = TypeVar("Answer", bound=Model)

FailureKind = Literal[
    "off",
    "bad_prompt",
    "forbidden",
    "unreachable",
    "timeout",
    "refused",
    "rate_limited",
    "server_error",
    "bad_reply",
    "too_long",
    "spent",
    "canceled",
]


class ModelFailure(Exception):  # noqa: N818 - a normal state, which the rules carry on from
    """The model did not answer.

    Attributes:
        kind: What went wrong.
        message: For people: what happened and what would mend it; never holds a key.
    """

    def __init__(self, kind: FailureKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class LanguageModel(Protocol):
    """A language model, for one run."""

    @property
    def view(self) -> ModelView:
        """How it stands, for the panel."""

    @property
    def prompts_used(self) -> dict[str, str]:
        """Name of each prompt used so far, to its version and hash."""

    async def ask(
        self,
        task: str,
        values: Mapping[str, Any],
        schema: type[Answer],
        *,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """Give the model a task.

        Args:
            task: Name of a prompt in `templates/prompts`, for example `read-plan`.
            values: What the prompt's placeholders stand for.
            schema: Shape of the answer.
            on_text: Called with the raw reply so far, while it comes in.

        Raises:
            ModelFailure: There is no usable answer.
        """

    def cancel(self) -> None:
        """End what is being asked at once; the caller gets `ModelFailure("canceled")`."""
