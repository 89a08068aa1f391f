"""What names and dates say about when a column was measured."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Words of a name that speak of a time after the treatment.
_LATER = {
    "after", "post", "posttreatment", "postintervention", "posttest", "followup", "later",
    "churn", "churned", "endline", "afterwards", "postop", "discharge", "subsequent",
    "subsequently", "eventual", "outcome", "final",
}  # fmt: skip
#: Words that take such a word back.
_EARLIER = {
    "pre", "prior", "before", "baseline", "previous", "previously", "prev", "lag", "lagged",
    "last", "past", "history", "hist", "initial", "pretest", "pretreatment", "base", "birth",
    "predicted", "expected", "risk", "former",
}  # fmt: skip
#: What `post` and `after` mean beside time.
_NOT_TIME = {"code", "codes", "office", "tax", "taxes", "care", "school", "box", "al", "master"}
#: Words for starting the treatment, beside its own name.
START_WORDS = {
    "treat", "treated", "treatment", "start", "started", "enrolled", "enrolment", "enrollment",
    "exposure", "exposed", "assigned", "assignment", "intervention", "admission", "signup",
    "joined", "dose", "program", "campaign", "launch",
}  # fmt: skip
#: Words that say a column is a time.
TIME_WORDS = {
    "date", "day", "days", "time", "at", "on", "when", "start", "started", "month", "months",
    "week", "weeks", "year", "years", "wait", "waiting", "until", "since", "onset", "delay",
    "timestamp", "dt",
}  # fmt: skip
_UNITS = "wave|month|week|day|quarter|year|visit|round|period|time|t|w|m|wk|d|q|yr|y|v|p"
_SUFFIX = re.compile(
    rf"^(?P<stem>.*?)[_\-. ]*(?:(?P<unit>{_UNITS})[_\-. ]*)?(?P<time>\d{{1,4}})$", re.I
)


def tokens(name: str) -> list[str]:
    """Words of a name: `daysSince_startDate2` is days, since, start, date, 2."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W\d_]+|\d+", spaced.lower())


@dataclass(frozen=True)
class Moment:
    """When a name says it was measured.

    Attributes:
        stem: The name without the time.
        unit: `year` for four digits, the word before the digits, or ''.
        time: The number.
    """

    stem: str
    unit: str
    time: int


def moment(name: str) -> Moment | None:
    """The time at the end of a name, if there is one: `re78`, `income_2015`, `score_t2`."""
    match = _SUFFIX.match(name)
    if match is None:
        return None
    time = int(match["time"])
    stem = match["stem"].lower().strip("_-. ")
    if len(match["time"]) == 4:
        return Moment(stem, "year", time) if 1900 <= time <= 2099 else None
    if len(match["time"]) == 3:
        return None
    unit = (match["unit"] or "").lower()
    if unit and not stem:  # `t2`, `x1`: the unit is the name
        stem, unit = unit, ""
    return Moment(stem, unit, time)


def year_of(name: str) -> int | None:
    """The last year in four digits that a name holds."""
    years = [int(t) for t in tokens(name) if len(t) == 4 and t.isdigit() and 1900 <= int(t) <= 2099]
    return years[-1] if years else None


def later_by_name(name: str, treatment: str, outcome: str) -> str:
    """Why a name says that the column was measured after the treatment, or nothing.

    Args:
        name: The column.
        treatment: Column of the treatment.
        outcome: Column of the outcome.
    """
    words = tokens(name)
    if not set(words) & _EARLIER:
        for at, word in enumerate(words):
            after = words[at + 1] if at + 1 < len(words) else ""
            if word in _LATER and after not in _NOT_TIME:
                return f"its name says `{word}`"
            if word == "follow" and after == "up":
                return "its name says `follow up`"
            if word == "since" and (after in START_WORDS or after in tokens(treatment)):
                return f"its name says `since {after}`"
    mine, theirs = moment(name), moment(outcome)
    if mine is not None and theirs is not None and mine.stem and mine.stem == theirs.stem:
        if mine.unit == theirs.unit and mine.time >= theirs.time:
            return f"its name puts it at {mine.time}, the outcome's at {theirs.time}"
        if mine.unit == theirs.unit:
            return ""
    year, of_outcome, of_treatment = year_of(name), year_of(outcome), year_of(treatment)
    if year is not None and of_treatment is not None and year > of_treatment:
        return f"its name says {year}, the treatment's {of_treatment}"
    if year is not None and of_outcome is not None and of_treatment is None and year >= of_outcome:
        return f"its name says {year}, as late as the outcome's {of_outcome}"
    return ""


def treatment_later_by_name(treatment: str, outcome: str) -> str:
    """Why the names say that the treatment was measured after the outcome, or nothing."""
    of_treatment, of_outcome = year_of(treatment), year_of(outcome)
    if of_treatment is not None and of_outcome is not None:
        if of_treatment > of_outcome:
            return f"the treatment's name says {of_treatment}, the outcome's {of_outcome}"
        return ""
    mine, theirs = moment(treatment), moment(outcome)
    if mine is None or theirs is None or not mine.unit or mine.unit != theirs.unit:
        return ""
    if mine.time <= theirs.time:
        return ""
    return f"the treatment's name says {mine.unit} {mine.time}, the outcome's {theirs.time}"


#: Words for what no treatment changes.
_FIXED = {
    "age", "sex", "gender", "female", "male", "race", "black", "white", "hispanic", "hisp",
    "ethnicity", "birth", "born", "birthdate", "baseline", "pre", "before", "prior",
}  # fmt: skip


def says_settled(name: str) -> bool:
    """Whether a name stands for something that was settled before any treatment."""
    return bool(set(tokens(name)) & _FIXED)


def names_start(name: str, treatment: str) -> bool:
    """Whether a name speaks of when or how much the treatment was given."""
    words = set(tokens(name))
    own = {w for w in tokens(treatment) if len(w) > 2 and not w.isdigit()}
    return bool(words & START_WORDS or words & own)


#: Words that name what rows belong to.
_GROUPS = {
    "id", "ids", "household", "hh", "hhid", "family", "shop", "store", "school", "class",
    "classroom", "teacher", "clinic", "hospital", "ward", "physician", "doctor", "provider",
    "village", "town", "city", "county", "district", "region", "state", "country", "zip",
    "zipcode", "postcode", "site", "center", "centre", "cluster", "group", "firm", "company",
    "employer", "team", "branch", "market", "person", "patient", "customer", "user", "account",
    "device", "pair", "litter", "twin", "plot", "psu", "block", "neighborhood", "parish",
    "community", "cohort",
}  # fmt: skip


def names_group(name: str) -> bool:
    """Whether a name says what rows belong to."""
    return bool(set(tokens(name)) & _GROUPS) or name.lower().endswith(("id", "_no"))


#: Words for the arm that is not treated.
_UNTREATED = {
    "control", "controls", "placebo", "untreated", "unexposed", "comparison", "none", "no",
    "non", "never", "not", "without", "untrained", "unvaccinated", "off", "standard", "usual",
    "nontreated", "nonparticipant", "reference", "false",
}  # fmt: skip
_TREATED = {
    "treated",
    "treatment",
    "yes",
    "exposed",
    "active",
    "intervention",
    "true",
    "participant",
}


def says_untreated(text: str) -> bool:
    """Whether a level or a column's name stands for those who were not treated."""
    words = tokens(text)
    if not words or set(words) & {"controlled", "vs", "versus"}:
        return False
    if set(words) & _TREATED and not set(words) & {"no", "not", "non", "without", "never"}:
        return False
    return bool(set(words) & _UNTREATED)
