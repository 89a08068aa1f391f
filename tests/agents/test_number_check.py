"""Prose of a language model against the results: a number that is nowhere in them is struck."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oci_jupyter.agents.number_check import KnownNumbers, checked, unknown_numbers


@pytest.fixture
def known() -> KnownNumbers:
    numbers = KnownNumbers()
    numbers.add(
        {
            "ATE": {"estimate": -6334.81, "stderr": 1356.2},
            "reason": "98 % of the units have a propensity outside [0.1, 0.9]",
            "n": 16177,
            "p": 0.0004,
            "graded": True,
            "nothing": None,
            "missing": float("nan"),
        }
    )
    numbers.add_years("earnings in 1978, re74")
    return numbers


@pytest.mark.parametrize(
    "sentence",
    [
        "The ATE is −6,335.",
        "The ATE is -6,334.8 with a standard error of 1,356.",
        "It lowers earnings by 6,335 dollars.",
        "About 98 % of 16,177 units lie outside 0.1–0.9.",
        "A share of 0.98 is outside.",
        "Earnings of 1974 and 1978 are compared.",
        "The 95 % interval is wide at 80 percent power.",
        "Two groups are compared, and re74 and x1 matter.",
        "No number at all.",
        "The ATE is -6.33 thousand.",
    ],
)
def test_what_was_computed_may_be_repeated(sentence: str, known: KnownNumbers) -> None:
    assert not unknown_numbers(sentence, known)


@pytest.mark.parametrize(
    "sentence",
    [
        "The ATE is 6,335.",  # the wrong sign
        "The ATE is −6,336.",
        "The ATE is −6,334.7.",
        "About 97 % are outside.",
        "Of 16,178 units, most are outside.",
        "Twelve percent of them left.",
        "Half of them left.",
        "The effect doubled.",
        "It is −6335e3.",
        "½ of them left.",
        "About ٩٧ % are outside.",
        "１２ units.",
        "The effect is 3 times larger.",
        "See version 1.2.3.",
    ],
)
def test_what_was_not_is_struck(sentence: str, known: KnownNumbers) -> None:
    assert unknown_numbers(sentence, known)


def test_only_the_sentence_at_fault_goes(known: KnownNumbers) -> None:
    text = "The ATE is −6,335. It is 17 for women.\nMotivation is not measured."
    kept, struck = checked(text, known)
    assert kept == "The ATE is −6,335.\nMotivation is not measured."
    assert struck == ["It is 17 for women."]


def test_a_year_is_not_a_percentage(known: KnownNumbers) -> None:
    assert unknown_numbers("It rose by 1978 %.", known)
    assert unknown_numbers("It rose by 74 %.", known)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.integers(0, 6))
def test_a_computed_number_passes_at_any_rounding(value: float, decimals: int) -> None:
    numbers = KnownNumbers()
    numbers.add([value])
    assert not unknown_numbers(f"It is {value:,.{decimals}f}.", numbers)
    assert not unknown_numbers(f"It is {value:.{decimals}e}.", numbers)


@given(st.text())
def test_any_text_is_split_into_what_stays_and_what_goes(text: str) -> None:
    kept, struck = checked(text, KnownNumbers())
    assert all(not unknown_numbers(line, KnownNumbers()) for line in kept.split("\n"))
    assert all(unknown_numbers(line, KnownNumbers()) for line in struck)
