"""Judging the settings of a study: estimands, folds, seed, learner, thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast, get_args

from oci_jupyter.contract import LEAN_ROWS, ContractError, EstimandName, Problem, Thresholds

from .crossfit import Learner

Names = str | Sequence[str]


def as_names(names: Names) -> list[str]:
    """A single name where a list is expected is that one name."""
    return [names] if isinstance(names, str) else list(names)


def check_estimands(estimands: Names) -> tuple[list[EstimandName], list[Problem]]:
    names = list(dict.fromkeys(as_names(estimands)))
    known = get_args(EstimandName)
    bad = [
        Problem(
            code="estimand_unknown",
            field="estimands",
            value=str(e),
            message=f"{e!r} is not an estimand.",
            fix=f"Known: {', '.join(known)}.",
        )
        for e in names
        if e not in known
    ]
    if not names:
        bad.append(
            Problem(
                code="estimand_unknown",
                field="estimands",
                message="No estimand is named.",
                fix=f"Known: {', '.join(known)}.",
            )
        )
    return cast(list[EstimandName], names), bad


def settle_learner(learner: str, n: int) -> Learner:
    """The learner that `auto` stands for; others are themselves."""
    if learner == "auto":
        return "stack" if n <= LEAN_ROWS else "lean"
    return cast(Learner, learner)


def setting_problems(folds: int, seed: int, learner: str, repeats: int = 1) -> list[Problem]:
    problems = []
    if not 1 <= repeats <= 50:
        problems.append(
            Problem(
                code="repeats_bad",
                field="repeats",
                value=str(repeats),
                message=f"{repeats} repeats cannot be run.",
                fix="Choose 1 to 50.",
            )
        )
    if not 2 <= folds <= 20:
        problems.append(
            Problem(
                code="folds_bad",
                field="folds",
                value=str(folds),
                message=f"{folds} folds cannot be drawn.",
                fix="Choose 2 to 20.",
            )
        )
    if not 0 <= seed < 2**31:
        problems.append(
            Problem(
                code="seed_bad",
                field="seed",
                value=str(seed),
                message=f"The seed {seed} is out of range.",
                fix="Choose a whole number from 0 to 2,147,483,647.",
            )
        )
    if learner not in (*get_args(Learner), "auto"):
        problems.append(
            Problem(
                code="learner_unknown",
                field="learner",
                value=str(learner),
                message=f"{learner!r} is not a learner.",
                fix="Known: stack, lean, auto.",
            )
        )
    return problems


def check_thresholds(
    given: dict[str, float] | Thresholds | None,
) -> tuple[Thresholds, list[Problem]]:
    """The thresholds with the given ones in place, and what is wrong with those."""
    if isinstance(given, Thresholds):
        return given, []
    try:
        return Thresholds(**(given or {})), []
    except ValueError as error:
        problem = Problem(
            code="thresholds_bad",
            field="thresholds",
            value=str(given)[:120],
            message=f"The thresholds cannot be used: {str(error)[:300]}",
            fix=f"Known: {', '.join(Thresholds.model_fields)}.",
        )
        return Thresholds(), [problem]


def choose_placebo(known: Sequence[str], outcome: str | None) -> str:
    """The placebo outcome that is meant; it may be left unsaid where there is one.

    Raises:
        ContractError: `placebo_unknown`.
    """
    if outcome is None and len(known) == 1:
        return known[0]
    if outcome is not None and outcome in known:
        return outcome
    raise ContractError.of(
        "placebo_unknown",
        f"{outcome!r} is not a placebo outcome of this study.",
        f"Declared: {', '.join(known) or 'none'}.",
        field="placebo_outcomes",
        value=str(outcome),
    )


def check_benchmarks(benchmark: Names | None, confounders: Sequence[str]) -> list[str]:
    """The confounders to benchmark with; none are named where None is given.

    Raises:
        ContractError: `benchmark_unknown`.
    """
    columns = as_names(benchmark) if benchmark is not None else []
    unknown = [
        Problem(
            code="benchmark_unknown",
            field="benchmark",
            value=c,
            message=f"`{c}` is not a confounder in the model.",
            fix=f"In the model: {', '.join(confounders)}.",
        )
        for c in columns
        if c not in confounders
    ]
    if unknown:
        raise ContractError(unknown)
    return columns
