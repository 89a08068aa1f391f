"""The usual suspects: confounders that a referee asks for by role, whatever the question.

By name and word only: columns that look like an earlier measurement of the outcome or of the
exposure, calendar time, tenure, eligibility, or selection into the sample; and the plan's own
words. What the data say of columns that nobody mentioned is the screen's part (`blind_spot`).

Sources: Shadish, Cook and Campbell (2002), "Experimental and Quasi-Experimental Designs", ch. 4
(a pretest of the outcome is the covariate that matters most); Hernán and Robins (2016), "Using
big data to emulate a target trial" (eligibility, time zero, prevalent users).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..contract import Finding, Plan, Result, Spec

#: Words of one meaning, so that `income_2015` counts as a measurement of `earnings`.
_SYNONYMS = (
    {"earnings", "earn", "income", "wage", "wages", "salary", "pay", "re"},
    {"sales", "revenue", "spend", "spending", "purchase", "purchases", "turnover", "orders"},
    {"score", "test", "grade", "grades", "gpa", "exam", "mark", "marks", "achievement"},
    {"weight", "wt", "bmi"},
    {"employment", "employed", "job", "work", "unemployed", "unem"},
    {"visits", "visit", "usage", "sessions", "logins", "activity"},
    {"treat", "treated", "treatment", "exposure", "exposed", "program", "training", "intervention"},
    {"smoke", "smoking", "smoker", "cigarettes", "qsmk", "smokeintensity", "smokeyrs"},
)
_PRIOR = {
    *("prior", "pre", "previous", "prev", "before", "baseline", "base", "past", "lag", "lagged"),
    *("initial", "earlier", "last", "history", "hist", "bl", "l1", "pretest", "pretreatment"),
}
_LATER = {"post", "after", "followup", "final", "end", "new", "change", "diff"}
_NOISE = {"the", "of", "at", "in", "total", "avg", "mean", "log", "num", "n", "is", "had", "t"}


@dataclass(frozen=True)
class Suspect:
    """One of the usual suspects.

    Attributes:
        role: Its name, as part of a finding's title.
        why: Why it confounds.
        fix: How to get it or bound it.
        tokens: Parts of column names that give it away.
        words: Phrases of a plan that show the principal has thought of it.
    """

    role: str
    why: str
    fix: str
    tokens: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()


SUSPECTS = (
    Suspect(
        "prior outcome",
        "Who did badly or well before is often who gets treated, and it is the best predictor of "
        "how they do after.",
        "Measure the outcome once before time zero and adjust for it, or hold it back as a "
        "placebo outcome; without it, the robustness value is the only bound.",
    ),
    Suspect(
        "prior exposure",
        "Those treated before are the ones who stayed and did well with it (prevalent users).",
        "Add earlier exposure as a confounder, or keep only units that were never exposed "
        "before.",
        words=("never treated", "never been treated", "new user", "first time", "first-time",
               "naive", "no prior", "not previously", "never before", "never exposed"),
    ),
    Suspect(
        "calendar time",
        "When a unit entered decides both its chance of treatment and what else happened to it.",
        "Add the date of entry, or its year or season, as a confounder, or compare within one "
        "period.",
        tokens=frozenset({"year", "month", "date", "quarter", "week", "season", "cohort", "wave",
                          "period", "calendar", "day", "yr"}),
    ),
    Suspect(
        "tenure",
        "How long a unit has been around goes with its chance of treatment and with its outcome.",
        "Add the time since entry (employment, membership, diagnosis) as a confounder.",
        tokens=frozenset({"tenure", "seniority", "duration", "experience", "exper", "since",
                          "membership", "vintage", "lifetime", "survival"}),
    ),
    Suspect(
        "eligibility",
        "Units that could not have been treated are no counterfactual for those who were.",
        "Say in the plan who could have been treated, and keep only those rows.",
        tokens=frozenset({"eligible", "eligibility", "qualified", "qualify", "qualifies"}),
        words=("eligib", "could have been treated", "qualif"),
    ),
    Suspect(
        "selection into the sample",
        "If treatment and outcome both decide who is in the data, they go together in it without "
        "any effect (collider).",
        "Say how the rows came about; weight by the inverse chance of being observed, or bound "
        "the effect for those who are not.",
        tokens=frozenset({"sampling", "attrition", "response", "responded", "censored", "censor",
                          "dropout", "insample", "lost", "pweight", "ipw"}),
        words=("attrition", "loss to follow", "lost to follow", "dropout", "drop out",
               "drop-out", "random sample", "response rate", "nonresponse", "censor", "registry",
               "selection into the sample"),
    ),
)  # fmt: skip


@dataclass
class Coverage:
    """How an analysis stands to one of the usual suspects.

    Attributes:
        suspect: Which.
        columns: Planned columns that cover it.
        words: How the plan's words cover it, '' if they do not.
        unused: Columns of the data that look like it and play no part.
    """

    suspect: Suspect
    columns: list[str] = field(default_factory=list)
    words: str = ""
    unused: list[str] = field(default_factory=list)

    @property
    def covered(self) -> bool:
        return bool(self.columns or self.words)


def coverage(
    spec: Spec, plan: Plan | None = None, results: Iterable[Result] = ()
) -> list[Coverage]:
    """Which of the usual suspects an analysis covers, in the order of `SUSPECTS`.

    Args:
        spec: Its spec.
        plan: Its plan, for the free text; None when there is none that can be read.
        results: Its results: the screen's says which columns play no part.
    """
    planned = list(dict.fromkeys([*spec.confounders, *spec.placebo_outcomes]))
    conditioned = [condition.column for condition in spec.keep]
    used = {*planned, *conditioned, spec.treatment, spec.outcome, spec.cluster, spec.weights}
    unused = [c for c in unused_columns(results) if c not in used]
    text = " ".join([spec.eligibility, spec.threats, plan.text if plan is not None else ""])
    found = []
    for suspect in SUSPECTS:
        cover = Coverage(suspect)
        cover.columns = [c for c in [*planned, *conditioned] if looks_like(suspect, c, spec)]
        cover.unused = [c for c in unused if looks_like(suspect, c, spec)]
        cover.words = _by_words(suspect, spec, text)
        found.append(cover)
    return found


def unused_columns(results: Iterable[Result]) -> list[str]:
    """Columns of the data that play no part, as far as the screen says."""
    found: list[str] = []
    for result in results:
        if result.kind == "screen":
            found += _not_in_plan(result)
            found += [c for f in result.findings if f.code == "blind_spot" for c in f.columns]
    return list(dict.fromkeys(found))


def _not_in_plan(screen: Result) -> list[str]:
    """Columns that the screen's table lists as not in the plan."""
    columns = screen.table.columns
    if not {"column", "in the plan"} <= set(columns):
        return []
    name, role = columns.index("column"), columns.index("in the plan")
    return [str(row[name]) for row in screen.table.rows if row[role] == "not in the plan"]


def suspect_findings(covers: Iterable[Coverage], evidence: list[str]) -> list[Finding]:
    """A note for each of the usual suspects that nothing covers.

    Args:
        covers: What `coverage` found.
        evidence: Cell ids that show the columns.
    """
    found = []
    for cover in covers:
        if cover.covered:
            continue
        suspect = cover.suspect
        text = f"No planned column or condition looks like it. {suspect.why}"
        fix = suspect.fix
        if cover.unused:
            names = ", ".join(f"`{c}`" for c in cover.unused[:6])
            text = f"The data hold {names}, which the plan does not use. {suspect.why}"
            fix = f"Add {names} to the confounders if measured before treatment. {fix}"
        found.append(
            Finding(
                code="usual_suspect_missing",
                severity="note",
                title=f"Usual suspect not covered: {suspect.role}",
                text=text,
                fix=fix,
                columns=cover.unused[:12],
                evidence=evidence,
            )
        )
    return found


def threat_finding(
    spec: Spec, covers: Iterable[Coverage], results: list[tuple[str, Result]]
) -> list[Finding]:
    """What answers the threats that the plan names; none when it names none.

    Args:
        spec: The spec, with the plan's threats.
        covers: What `coverage` found.
        results: Cell id and result of each step that counts.
    """
    if not spec.threats.strip():
        return []
    words = {_stem(w) for w in _words(spec.threats)}
    named = [
        c
        for c in [*spec.confounders, *spec.placebo_outcomes]
        if {_stem(t) for t in tokens(c) if len(t) > 2} & words
    ]
    for cover in covers:
        if cover.columns and _speaks_of(cover.suspect, spec, words):
            named += cover.columns
    answers, evidence = [], []
    if named:
        answers.append(f"the confounders {', '.join(f'`{c}`' for c in dict.fromkeys(named))}")
    for kind, phrase in (("placebo", "the placebo"), ("sensitivity", "the sensitivity analysis")):
        cells = [(cell, r.headline) for cell, r in results if r.kind == kind]
        evidence += [cell for cell, _ in cells]
        answers += [f"{phrase} ({headline})" for _, headline in cells]
    speaks = (
        f"What speaks to it here: {'; '.join(answers)}. None of it shows that nothing remains."
        if answers
        else "Nothing in this analysis speaks to it."
    )
    return [
        Finding(
            code="plan_threat_open",
            severity="note",
            title="A threat that the plan names",
            text=f"The plan fears: “{' '.join(spec.threats.split())[:300]}” {speaks}",
            fix="Name a column that measures it, or an outcome that it would move and the "
            "treatment cannot.",
            evidence=evidence,
        )
    ]


# --- names ------------------------------------------------------------------------------------


def tokens(name: str) -> list[str]:
    """Parts of a column name in lower case: `re78` → re, 78; `priorIncome_2` → prior, income, 2."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall(r"[a-z]+|\d+", spaced.lower())


def looks_like(suspect: Suspect, column: str, spec: Spec) -> bool:
    """Whether a column's name says that it is one of the usual suspects."""
    if suspect.role == "prior outcome":
        return is_earlier(column, spec.outcome) or _prior_alone(column)
    if suspect.role == "prior exposure":
        return is_earlier(column, spec.treatment)
    return bool(suspect.tokens & {*tokens(column), "".join(tokens(column))})


def is_earlier(column: str, of: str) -> bool:
    """Whether a column's name says that it measures `of` at an earlier time.

    `re74` and `re75` are earlier than `re78`; `income_baseline` than `earnings_2020`.
    """
    if column == of:
        return False
    mine, theirs = tokens(column), tokens(of)
    my_words, my_number = _split(mine)
    their_words, their_number = _split(theirs)
    related = bool(_meanings(my_words) & _meanings(their_words))
    if not related:
        return False
    if _PRIOR & set(mine):
        return True
    if my_words == their_words:
        # `x1` is not an earlier `x2`, but `y0` is an earlier `y`.
        if max(map(len, my_words)) < 2 and my_words != {"y"}:
            return False
        if my_number is not None and their_number is not None:
            return my_number < their_number
        if my_number == 0:
            return True
    if my_number is not None and their_number is not None:
        return _year(my_number) < _year(their_number)
    return bool(_LATER & set(theirs)) and not _LATER & set(mine)


def _prior_alone(column: str) -> bool:
    """A name that says "before" and nothing else, for example `baseline`."""
    return (
        bool(tokens(column))
        and set(tokens(column)) <= {*_PRIOR, "outcome", "y", "value"}
        and (bool(_PRIOR & set(tokens(column))))
    )


def _split(parts: list[str]) -> tuple[frozenset[str], int | None]:
    words = frozenset(p for p in parts if not p.isdigit())
    words -= _PRIOR | _LATER | _NOISE if words - (_PRIOR | _LATER | _NOISE) else frozenset()
    numbers = [int(p) for p in parts if p.isdigit() and len(p) <= 4]
    return words, max(numbers) if numbers else None


def _year(number: int) -> int:
    return number + 1900 if 50 <= number < 100 else number


def _meanings(words: frozenset[str]) -> set[str]:
    found = {_stem(w) for w in words}
    for group in _SYNONYMS:
        if found & {_stem(w) for w in group}:
            found |= {_stem(w) for w in group}
    return found


def _stem(word: str) -> str:
    """Enough of stemming for names of columns: plurals and -ing, -ed."""
    for ending in ("ings", "ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _words(text: str) -> list[str]:
    return [w for w in re.findall(r"[a-z]+", text.lower()) if len(w) > 2]


def _by_words(suspect: Suspect, spec: Spec, text: str) -> str:
    lowered = text.lower()
    if suspect.role == "eligibility" and spec.eligibility.strip():
        return "the plan says who could have been treated"
    if suspect.role == "calendar time" and spec.time_zero.strip():
        return "the plan says when time zero is"
    if suspect.role == "selection into the sample" and spec.weights:
        return f"rows are weighted by `{spec.weights}`"
    at = next((lowered.index(w) for w in suspect.words if w in lowered), -1)
    if at < 0:
        return ""
    start = lowered.rfind(" ", 0, max(0, at - 15)) + 1
    return f"the plan speaks of it: “…{' '.join(text[start : at + 45].split())}…”"


def _speaks_of(suspect: Suspect, spec: Spec, words: set[str]) -> bool:
    if suspect.role == "prior outcome":
        return bool(_meanings(_split(tokens(spec.outcome))[0]) & words)
    if suspect.role == "prior exposure":
        return bool({"expos", "previou", "earlier"} & words)
    return bool({_stem(t) for t in suspect.tokens} & words)
