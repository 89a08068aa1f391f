"""Holds what a language model writes against what was computed: a number that is nowhere in the
results is not printed.

A sentence passes when each of its numbers is, to the digits it is given with, one that the model
was shown. Numbers in words count as well: "twelve percent" is as good an invention as "12 %".
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

_NUMBER = re.compile(
    r"(?<![\w.])(?P<sign>[-−–+]?)(?P<digits>\d[\d,\u202f\u00a0'’]*(?:\.\d+)?|\.\d+)"
    r"(?:[eE](?P<exp>[-−+]?\d{1,3}))?(?P<scale>\s?(?:k|thousand|m|million|bn|billion)\b)?"
    r"(?P<percent>\s?(?:%|percent\b|per cent\b))?",
    re.I,
)
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9}
_UNITS = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen",
)
_TENS = re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety")
_WORDS: dict[str, float] = {
    **{word: float(i) for i, word in enumerate(_UNITS)},
    **{word: 10.0 * (i + 2) for i, word in enumerate(_TENS)},
    "hundred": 100.0,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "half": 0.5,
    "third": 1 / 3,
    "thirds": 1 / 3,
    "quarter": 0.25,
    "quarters": 0.25,
    "twice": 2.0,
    "double": 2.0,
    "doubles": 2.0,
    "doubled": 2.0,
    "triple": 3.0,
    "tripled": 3.0,
    "tenfold": 10.0,
    "halved": 0.5,
    "dozen": 12.0,
}
#: Small counts in words ("two groups") are manners of speech, unless a quantity follows.
_SPEECH = frozenset(_UNITS[:11])
_QUANTITY = re.compile(
    r"\s+(?:percent|per cent|%|times|fold|percentage|points?|standard|sd)\b", re.I
)
_WORD = re.compile(r"[a-z]+", re.I)
_DOWN = re.compile(
    r"\b(?:lower|reduc|decreas|fall|fell|drop|declin|loss|lose|negative|minus|less|fewer|below)",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=\S)|\n+")
#: The conventions every report speaks of: 95 % intervals, 5 % level, 80 % power.
_CONVENTIONS = (95.0, 5.0, 80.0, 0.05, 0.95, 0.8)
_YEARS = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")


@dataclass(frozen=True)
class _Said:
    """A number as somebody wrote it: its value, and half a unit of its last digit."""

    value: float
    slack: float
    percent: bool


@dataclass
class KnownNumbers:
    """The numbers that may be repeated.

    Attributes:
        values: Every number shown to the model, as computed or as displayed.
        years: Years that plan and column names speak of.
    """

    values: list[float] = field(default_factory=lambda: list(_CONVENTIONS))
    years: set[float] = field(default_factory=set)

    def add(self, facts: Any) -> None:
        """Learn all numbers in `facts`: nested dicts and lists, numbers, and text with numbers."""
        for value in _leaves(facts):
            if isinstance(value, str):
                for said in _numbers(value):
                    self.values += [said.value, said.value / 100] if said.percent else [said.value]
            elif math.isfinite(value):
                self.values.append(float(value))

    def add_years(self, text: str) -> None:
        """Learn the years in a text that is not a result, such as the question or a column."""
        self.years |= {float(year) for year in _YEARS.findall(text)}
        for two in re.findall(r"(?<=[A-Za-z_])(\d\d)(?!\d)", text):
            self.years |= {float(two), 1900.0 + float(two), 2000.0 + float(two)}

    def holds(self, said: _Said, downward: bool) -> bool:
        """Whether a number that was written is one of these."""
        if not said.percent and said.value in self.years:
            return True
        wanted = [(said.value, said.slack)]
        if said.percent:
            wanted.append((said.value / 100, said.slack / 100))
        if downward:
            wanted += [(-value, slack) for value, slack in wanted]
        return any(
            abs(known - value) <= slack * (1 + 1e-9) + 1e-12 * abs(known)
            for known in self.values
            for value, slack in wanted
        )


def _leaves(facts: Any) -> Iterator[str | float]:
    if isinstance(facts, bool) or facts is None:
        return
    if isinstance(facts, str | int | float):
        yield facts
    elif isinstance(facts, dict):
        for value in facts.values():
            yield from _leaves(value)
    elif isinstance(facts, Iterable):
        for value in facts:
            yield from _leaves(value)


def _numbers(text: str) -> Iterator[_Said]:
    for match in _NUMBER.finditer(text):
        digits = re.sub(r"[^\d.]", "", match["digits"])
        try:
            value = float(digits)
        except ValueError:  # "1.2.3", a version
            continue
        decimals = len(digits.partition(".")[2])
        exponent = int((match["exp"] or "0").replace("−", "-"))
        factor = 10.0**exponent * _SCALES.get((match["scale"] or "").strip().lower(), 1.0)
        # A dash between two numbers is a range ("0.1–0.9"), not a minus.
        before = text[: match.start()].rstrip()
        sign = -1.0 if match["sign"] in ("-", "−") and not before[-1:].isdigit() else 1.0
        yield _Said(sign * value * factor, 0.5 * 10.0**-decimals * factor, bool(match["percent"]))


def _worded(text: str) -> Iterator[_Said]:
    """Numbers written in words; compounds count by their parts, which is strict enough."""
    for match in _WORD.finditer(text):
        word = match[0].lower()
        value = _WORDS.get(word)
        if value is None:
            continue
        quantity = _QUANTITY.match(text, match.end())
        if word in _SPEECH and quantity is None:
            continue
        percent = quantity is not None and quantity[0].strip().lower().startswith("per")
        yield _Said(value, 0.005 * max(value, 0.1), percent or value < 1)


def names_number(text: str, value: float) -> bool:
    """Whether a text names a number, in digits or in words ("sixty")."""
    text = unicodedata.normalize("NFKC", text)
    worded = (_WORDS.get(word.lower()) for word in _WORD.findall(text))
    said = [*(number.value for number in _numbers(text)), *(w for w in worded if w is not None)]
    return any(math.isclose(abs(number), abs(value), rel_tol=1e-9) for number in said)


def sentences(text: str) -> list[str]:
    """A text's sentences; a decimal point does not end one."""
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]


def unknown_numbers(sentence: str, known: KnownNumbers) -> bool:
    """Whether a sentence holds a number that is not known."""
    # Fractions, superscripts and digits of other scripts are numbers too.
    sentence = unicodedata.normalize("NFKC", sentence)
    downward = _DOWN.search(sentence) is not None
    said = [*_numbers(sentence), *_worded(_NUMBER.sub(" ", sentence))]
    return not all(known.holds(number, downward) for number in said)


def checked(text: str, known: KnownNumbers) -> tuple[str, list[str]]:
    """Strike sentences with numbers that are not known.

    Args:
        text: Prose; line breaks separate paragraphs.
        known: What may be repeated.

    Returns:
        The text that is left, and the sentences that were struck.
    """
    paragraphs: list[str] = []
    struck: list[str] = []
    for paragraph in text.split("\n"):
        kept: list[str] = []
        for sentence in sentences(paragraph):
            (struck if unknown_numbers(sentence, known) else kept).append(sentence)
        if kept:
            paragraphs.append(" ".join(kept))
    return "\n".join(paragraphs), struck
