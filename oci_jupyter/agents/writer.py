"""The critic's second reader: a language model looks over the results and adds words.

It may name confounders that nobody mentioned, write prose, add concerns and lower a verdict.
Everything it says is checked here before anybody sees it: sentences with a number that is not in
the results are struck, a verdict can only fall, and text is plain text. What it is shown is the
plan, the results and names of columns; never a row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from pydantic import Field
from pydantic_core import from_json

from ..contract import (
    LEVELS,
    ColumnProfile,
    Finding,
    Level,
    Lowering,
    Model,
    ModelRemarks,
    Plan,
    Verdict,
)
from .evidence import results_hash
from .language_model import LanguageModel, ModelFailure
from .number_check import KnownNumbers, checked, unknown_numbers
from .record import IterationRecord

TASK = "critic-review"

#: No part of the report needs more; what is longer is cut at a sentence.
MAX_PART = 1_800
MAX_ITEMS = 6
MAX_LINE = 400

#: Words of a model that has nothing to say.
_NOTHING = ("none", "n/a", "na", "nothing", "no", "null", "not applicable")

#: Characters of a reply between two looks at it, and how many are looked at while it comes in.
_STRIDE, _MOST_STREAMED = 80, 40_000


class BlindSpot(Model):
    """A confounder that the plan does not mention."""

    name: str = Field(description="What was not measured, in a few words.")
    why: str = Field(description="Why it may drive both treatment and outcome.")
    fix: str = Field(description="How to get it, or how to bound what it could do.")


class ModelConcern(Model):
    """Something else that a careful referee would raise."""

    title: str = Field(description="The concern in at most eight words.")
    text: str = Field(description="One or two sentences; numbers only as given in the results.")
    fix: str = Field(default="", description="What to do about it.")


class ModelLowering(Model):
    """An estimand whose verdict is too good."""

    estimand: str = Field(description="Label exactly as in the results.")
    level: Level = Field(description="The level that it should have; never better than it has.")
    reason: str = Field(description="One sentence.")


class CriticAnswer(Model):
    """What the model is asked for."""

    target_trial: str = Field(
        description="Where this analysis falls short of the randomized trial it stands for."
    )
    blind_spots: list[BlindSpot] = Field(
        default_factory=list, description="Up to six, the gravest first."
    )
    bad_controls: str = Field(
        default="",
        description="Which planned confounders the treatment may have changed, and why; or none.",
    )
    alternatives: str = Field(
        default="", description="How else the question could be answered, best first."
    )
    concerns: list[ModelConcern] = Field(default_factory=list)
    lowerings: list[ModelLowering] = Field(default_factory=list)


async def consult(
    model: LanguageModel,
    iteration: IterationRecord,
    verdict: Verdict,
    *,
    plan: Plan | None = None,
    columns: list[ColumnProfile] | None = None,
    on_text: Callable[[str], None] | None = None,
) -> ModelRemarks:
    """Ask the model to read an iteration.

    Args:
        model: The language model.
        iteration: Spec and results.
        verdict: The rules' verdict on it.
        plan: The plan, where it is known.
        columns: Columns of the data, by name and kind, where they are known.
        on_text: Called with the checked prose so far.

    Returns:
        What it added, checked. A model that failed leaves remarks with a problem and no words.
    """
    shown = facts(iteration, verdict)
    known = known_numbers(shown, iteration, plan, columns)
    remarks = ModelRemarks(model=model.view.name, results_sha256=results_hash(iteration))

    read = 0

    def stream(raw: str) -> None:
        nonlocal read
        if on_text is not None and read + _STRIDE <= len(raw) <= _MOST_STREAMED:
            read = len(raw)
            on_text(_so_far(raw, known))

    try:
        answer = await model.ask(
            TASK,
            {
                "question": iteration.spec.question,
                "plan_text": plan.text if plan is not None else "",
                "threats": iteration.spec.threats,
                "facts": shown,
                "columns": [
                    {"name": c.name, "kind": c.kind, "missing_share": round(c.missing_share, 3)}
                    for c in columns or []
                ],
                "levels": list(LEVELS),
            },
            CriticAnswer,
            on_text=stream,
        )
    except ModelFailure as failure:
        remarks.problems.append(failure.message)
        return remarks
    remarks.prompts = dict(model.prompts_used)
    spec = iteration.spec
    planned = {spec.treatment, spec.outcome, *spec.confounders, *spec.placebo_outcomes}
    _take(answer, verdict, known, remarks, {name.casefold() for name in planned})
    return remarks


def facts(iteration: IterationRecord, verdict: Verdict) -> dict[str, Any]:
    """The results as the model is shown them: what was found, no table and no row."""
    spec = iteration.spec
    studies = [s.counted for s in iteration.steps if s.counted is not None]
    return {
        "roles": {
            "treatment": spec.treatment,
            "outcome": spec.outcome,
            "confounders": spec.confounders,
            "placebo_outcomes": spec.placebo_outcomes,
            "cluster": spec.cluster,
            "keep": [str(k) for k in spec.keep],
            "eligibility": spec.eligibility,
            "time_zero": spec.time_zero,
            "follow_up": spec.follow_up,
        },
        "units": studies[0].study.n if studies else spec.rows,
        "treated": studies[0].study.n_treated if studies else None,
        "headlines": {r.kind: r.headline for r in studies},
        "verdicts": [
            {
                "estimand": v.estimand,
                "level": v.level,
                "reason": v.reason,
                "caveats": v.caveats,
                "estimate": v.estimate,
                "ci_lower": v.ci_lower,
                "ci_upper": v.ci_upper,
                "population": v.population,
                "n": v.n,
                "checks": [
                    {"title": c.title, "found": c.display, "target": c.target, "grade": c.grade}
                    for c in v.checks
                ],
            }
            for v in verdict.estimands
        ],
        "findings": [
            {"title": f.title, "text": f.text, "fix": f.fix}
            for f in verdict.findings
            if f.source == "rules"
        ],
        "strongest_confounders": next((r.strongest for r in studies if r.strongest), []),
    }


def known_numbers(
    shown: dict[str, Any],
    iteration: IterationRecord,
    plan: Plan | None,
    columns: list[ColumnProfile] | None,
) -> KnownNumbers:
    """The numbers the model may repeat: those of the results, and years that the plan names.

    Names and words of the principal are no results, so only their years count.
    """
    known = KnownNumbers()
    known.add({k: v for k, v in shown.items() if k not in ("roles", "strongest_confounders")})
    spec = iteration.spec
    known.add([spec.folds, spec.seed, spec.rows, spec.thresholds.model_dump()])
    words = [spec.question, spec.treatment, spec.outcome, spec.time_zero, spec.follow_up]
    words += [*spec.confounders, *spec.placebo_outcomes, spec.eligibility, spec.threats]
    words += [plan.text if plan is not None else "", *(c.name for c in columns or [])]
    for text in words:
        known.add_years(text)
    return known


def _take(
    answer: CriticAnswer,
    verdict: Verdict,
    known: KnownNumbers,
    remarks: ModelRemarks,
    planned: set[str],
) -> None:
    """Carry over what passes the checks.

    Args:
        answer: What the model said.
        verdict: The rules' verdict.
        known: Numbers that may be repeated.
        remarks: Where it goes.
        planned: Columns of the plan, in lower case: none of them is a blind spot.
    """

    def prose(text: str) -> str:
        if text.strip(" .-").casefold() in _NOTHING:
            return ""
        kept, struck = checked(inert(text, MAX_PART), known)
        remarks.struck += [s[:MAX_LINE] for s in struck]
        return kept

    def line(text: str) -> str:
        return " ".join(prose(text[:MAX_LINE]).split())

    spots = []
    for spot in answer.blind_spots[:MAX_ITEMS]:
        name, why, fix = line(spot.name), line(spot.why), line(spot.fix)
        if name.strip(" `'\".").casefold() in planned:
            remarks.struck.append(f"{name}: {why} (It is in the plan.)")
        elif name and why:
            spots.append(f"{name.rstrip('.:')}: {why} {fix}".strip())
    parts = {
        "target_trial": prose(answer.target_trial),
        "blind_spots": "\n".join(spots),
        "bad_controls": prose(answer.bad_controls),
        "alternatives": prose(answer.alternatives),
    }
    remarks.prose = {name: text for name, text in parts.items() if text}
    for concern in answer.concerns[:MAX_ITEMS]:
        title, text = line(concern.title), line(concern.text)
        if title and text:
            remarks.concerns.append(
                Finding(
                    code="model_concern",
                    severity="note",
                    title=title,
                    text=text,
                    fix=line(concern.fix),
                    source="model",
                )
            )
    remarks.lowerings = _lowerings(answer, verdict, known, remarks)


def _lowerings(
    answer: CriticAnswer, verdict: Verdict, known: KnownNumbers, remarks: ModelRemarks
) -> list[Lowering]:
    """Only what makes a verdict worse, with a reason that stands."""
    levels = {v.estimand: v.level for v in verdict.estimands}
    found: dict[str, Lowering] = {}
    for item in answer.lowerings[: 4 * MAX_ITEMS]:
        reason = " ".join(inert(item.reason, MAX_LINE).split())
        now = levels.get(item.estimand)
        if now is None or LEVELS.index(item.level) <= LEVELS.index(now):
            continue
        if not reason or unknown_numbers(reason, known):
            remarks.struck.append(reason or f"{item.estimand}: lowered without a reason")
            continue
        found[item.estimand] = Lowering(estimand=item.estimand, level=item.level, reason=reason)
    return list(found.values())


_URL = re.compile(r"(?:\b[a-z][a-z0-9+.-]{1,12}://|\bwww\.)\S+|\S+@\S+\.\S+", re.I)
_TAG = re.compile(r"<[/!?a-z][^<>\n]{0,500}>", re.I)
#: Never shown, and able to hide or reorder what is.
_UNSEEN = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")


def inert(text: str, limit: int) -> str:
    """Text without what could do something: addresses, tags, control and direction characters.

    Args:
        text: Anything a model wrote.
        limit: Most characters; a longer text is cut at its last whole sentence.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(c if c == "\n" or unicodedata.category(c) not in _UNSEEN else " " for c in text)
    text = _TAG.sub(" ", _URL.sub("[address left out]", text))
    if len(text) > limit:
        text = text[:limit]
        text = text[: max(text.rfind(". "), text.rfind("\n"), 0) + 1] or text
    return re.sub(r"[ \t\u00a0]+", " ", re.sub(r"\n{2,}", "\n", text)).strip()


def _so_far(raw: str, known: KnownNumbers) -> str:
    """The checked prose of a reply that is still coming in."""
    try:
        partial = from_json(raw, allow_partial="trailing-strings")
    except ValueError:
        return ""
    if not isinstance(partial, dict):
        return ""
    pieces: list[str] = []
    for key in ("target_trial", "blind_spots", "bad_controls", "alternatives"):
        value = partial.get(key)
        if isinstance(value, str):
            pieces.append(value)
        elif isinstance(value, list):
            pieces += [
                f"{item.get('name')}: {item.get('why')}"
                for item in value[:MAX_ITEMS]
                if isinstance(item, dict) and item.get("name") and item.get("why")
            ]
    if not pieces:
        return ""
    # The last sentence may still grow: "3." into "3.5".
    pieces[-1] = " ".join(re.split(r"(?<=[.!?])\s", pieces[-1])[:-1])
    return checked(inert("\n".join(p for p in pieces if p), 4 * MAX_PART), known)[0]
