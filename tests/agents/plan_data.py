"""Profiles of data as a kernel would report them, and a language model that is told what to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from oci_jupyter.agents.language_model import ModelFailure
from oci_jupyter.contract import ColumnProfile, DataProfile, FrameInfo, LevelCount, ModelView


def column(
    name: str,
    kind: str = "integer",
    n_unique: int = 60,
    levels: tuple[str, ...] = (),
    low: float = 0,
    high: float = 100,
    missing: int = 0,
) -> ColumnProfile:
    return ColumnProfile.model_validate(
        {
            "name": name,
            "dtype": kind,
            "kind": kind,
            "n_missing": missing,
            "missing_share": missing / 614,
            "n_unique": n_unique,
            "levels": [LevelCount(level=v, count=100 - i) for i, v in enumerate(levels)],
            "minimum": low if kind in ("integer", "number") else None,
            "maximum": high if kind in ("integer", "number") else None,
        }
    )


def flag(name: str) -> ColumnProfile:
    return column(name, "integer", 2, ("0", "1"), 0, 1)


def number(name: str) -> ColumnProfile:
    return column(name, "number", 400, (), 0, 60_000)


def text(name: str, *levels: str) -> ColumnProfile:
    return column(name, "text", len(levels), levels)


def profile(*columns: ColumnProfile, source: str = "df") -> DataProfile:
    return DataProfile(source=source, rows=614, columns=list(columns), fingerprint="d1")


LALONDE = profile(
    flag("treat"),
    column("age"),
    column("educ", n_unique=19),
    flag("black"),
    flag("hispan"),
    flag("married"),
    flag("nodegree"),
    number("re74"),
    number("re75"),
    number("re78"),
)
SURVEY = profile(
    text("program", "yes", "no"),
    number("earnings_1974"),
    number("earnings_1978"),
    column("age"),
    flag("female"),
    column("n children", n_unique=6),
    text("region", "north", "south", "west"),
    column("household_id", n_unique=300),
    number("sample weight"),
    column("hours_worked"),
    column("constant", n_unique=1),
    column("person_id", n_unique=614),
    number("post_income"),
)
FRAMES = [FrameInfo(name="df", rows=614, columns=10)]


class ScriptedModel:
    """A language model whose answers are given; keeps what it was asked.

    Args:
        say: An answer's fields, a failure to raise, or a function of task and values.
    """

    def __init__(self, say: Any) -> None:
        self.say = say
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.canceled = 0

    @property
    def view(self) -> ModelView:
        return ModelView(status="ready", name="scripted", calls=len(self.asked))

    @property
    def prompts_used(self) -> dict[str, str]:
        return {task: "1" for task, _ in self.asked}

    async def ask(
        self,
        task: str,
        values: Mapping[str, Any],
        schema: Any,
        *,
        on_text: Callable[[str], None] | None = None,
    ) -> Any:
        self.asked.append((task, values))
        say = self.say(task, values) if callable(self.say) else self.say
        if isinstance(say, ModelFailure):
            raise say
        return schema.model_validate(say)

    def cancel(self) -> None:
        self.canceled += 1
