"""The forms that a comment's clauses take, and what each asks for.

Forms are regular expressions in a short notation: a blank stands for any white space, `~` for an
article that may be there, `@` for `is` or a sign in its place, a word in capitals for one of
`_PARTS`, and `X` for what the form is about. They must fit a whole clause.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..contract import Problem, Spec, Trim
from .column_words import ColumnFinder, Found, plain, split_list, squeeze
from .plan_fields import ESTIMANDS
from .row_words import read_rows, value_of
from .spec_edit import SpecEdit

_COUNT = r"\d+(?:[.,]\d+)?"
Edits = list[SpecEdit]


@dataclass
class CommentRead:
    """What a comment asks for.

    Attributes:
        edits: Edits of the spec, in the order of the words.
        problems: What was understood and cannot be had.
        unread: Clauses that were not understood.
    """

    edits: Edits = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


@dataclass
class Reading:
    """One comment while it is read.

    Attributes:
        finder: Columns of the data.
        spec: The spec that it is about.
        found: What it asks for, so far.
    """

    finder: ColumnFinder
    spec: Spec
    found: CommentRead = field(default_factory=CommentRead)

    def edit(self, name: str, op: Any, values: list[Any]) -> bool:
        """Ask for an edit; returns True, as a reader that understood does."""
        self.found.edits.append(SpecEdit(name, op, values))
        return True

    def columns(self, text: str, where: str) -> list[str]:
        """The columns of a list; what is none becomes a problem."""
        text = re.sub(r"^(?:the\s+)?(?:columns?|variables?)\s+", "", text.strip(), flags=re.I)
        kept = []
        for item in self.items(text):
            if item.column:
                kept.append(item.column)
            else:
                self.found.problems.append(self.finder.unknown(item.phrase, where, item.candidates))
        return kept

    def items(self, text: str) -> list[Found]:
        """What each item of a list stands for."""
        whole = self.finder.find(text)
        if whole.column and whole.sure and len(split_list(text)) == 1:
            return [whole]
        return [self.finder.find(i) for i in split_list(text)]

    def all_columns(self, text: str) -> bool:
        """Whether every item of a list is a column's name and nothing else."""
        items = self.items(re.sub(r"^(?:the|an?)\s+", "", text.strip(), flags=re.I))
        return bool(items) and all(
            i.column and squeeze(i.phrase) == squeeze(i.column) for i in items
        )


#: Makes something of a clause; False when it is not what the form means.
Reader = Callable[[re.Match[str], Reading], bool]

# --- what each form means ---------------------------------------------------------------


def _list(name: str, op: str) -> Reader:
    """The clause names columns for a field that is a list."""

    def read(match: re.Match[str], r: Reading) -> bool:
        columns = r.columns(match["x"], name)
        return r.edit(name, op, columns) if columns else bool(r.found.problems)

    return read


def _one(name: str) -> Reader:
    """The clause names a column for a field that is one."""

    def read(match: re.Match[str], r: Reading) -> bool:
        columns = r.columns(match["x"], name)
        if len(columns) > 1:
            r.found.problems.append(r.finder.unknown(match["x"], name, tuple(columns)))
        return r.edit(name, "set", columns[:1]) if len(columns) == 1 else True

    return read


def _empty(name: str) -> Reader:
    return lambda _, r: r.edit(name, "set", [])


def _fixed(name: str, value: Any) -> Reader:
    return lambda _, r: r.edit(name, "set", [value])


def _drop_columns(match: re.Match[str], r: Reading) -> bool:
    """`drop X`, where X is a confounder or a placebo outcome; otherwise it is about rows."""
    if not r.all_columns(match["x"]):
        return False
    names = [i.column for i in r.items(match["x"])]
    where = [
        role
        for role in ("confounders", "placebo_outcomes")
        if all(n in getattr(r.spec, role) for n in names)
    ]
    if where == ["placebo_outcomes"]:
        return r.edit("placebo_outcomes", "remove", names)
    return r.edit("confounders", "remove", names)


def _add_columns(match: re.Match[str], r: Reading) -> bool:
    return r.all_columns(match["x"]) and _list("confounders", "add")(match, r)


def _treated(match: re.Match[str], r: Reading) -> bool:
    return r.edit("treated", "set", [value_of(r.finder.unmark(match["x"]))])


def _rows(drop: bool) -> Reader:
    def read(match: re.Match[str], r: Reading) -> bool:
        rows = read_rows(match["x"], r.finder, drop=drop)
        if rows is None:
            return False
        r.found.problems += rows.problems
        return not rows.keep or r.edit("keep", "add", list(rows.keep))

    return read


def _all_rows(match: re.Match[str], r: Reading) -> bool:
    return r.edit("keep", "set", [])


def _estimands(op: str) -> Reader:
    def read(match: re.Match[str], r: Reading) -> bool:
        names = []
        for item in split_list(match["x"]):
            name = _estimand(item)
            if name is None:
                return False
            names.append(name)
        return r.edit("estimands", op, names)

    return read


def _estimand(text: str) -> str | None:
    words = re.sub(r"^(?:the|only|just|an?)\s+", "", text.strip(), flags=re.I)
    if re.fullmatch(
        r"(?:average\s+)?(?:effects?\s+)?(?:on|among|for)\s+the\s+treated|ATET", words, re.I
    ):
        return "ATT"
    if re.fullmatch(r"(?:average\s+)?effects?\s+(?:on|for)\s+everyone", words, re.I):
        return "ATE"
    if words.upper() in (*ESTIMANDS, "ATC", "ATU", "LATE", "CATE", "QTE"):
        return words.upper()
    return None


def _tools(op: str) -> Reader:
    def read(match: re.Match[str], r: Reading) -> bool:
        names = [i.strip().casefold() for i in split_list(r.finder.unmark(match["x"]))]
        if op != "set" and not all(n.isidentifier() and n not in r.finder.columns for n in names):
            return False
        known = {"doubleml", "econml"} | set(r.spec.tools)
        if not set(names) & known and op != "add":
            return False
        if op == "set" and "doubleml" not in names and set(names) <= known:
            names = ["doubleml", *names] if "doubleml" in r.spec.tools else names
        return r.edit("tools", op, names)

    return read


def _trim(match: re.Match[str], r: Reading) -> bool:
    numbers = [_share(n) for n in re.findall(rf"({_COUNT}\s*%?|\.\d+)", match["x"])]
    if not numbers or len(numbers) > 2:
        return False
    if len(numbers) == 1:
        edge = numbers[0] if numbers[0] < 0.5 else 1 - numbers[0]
        numbers = [edge, round(1 - edge, 10)]
    low, high = sorted(numbers)
    return r.edit("trim", "set", [{"rule": "fixed", "low": low, "high": high}])


def _share(text: str) -> float:
    number = float(text.rstrip("% ").replace(",", "."))
    return number / 100 if "%" in text or number >= 1 else number


def _crump(match: re.Match[str], r: Reading) -> bool:
    return r.edit("trim", "set", [Trim(rule="crump", low=0.1, high=0.9)])


def _words(name: str) -> Reader:
    return lambda match, r: r.edit(name, "set", [plain(r.finder.unmark(match["x"]), 1000)])


_PARTS = {
    "NOT": r"(?:don'?t|do not|never|stop|no longer|should not|shouldn'?t|must not|not)",
    "DROP": r"(?:drop|remove|exclude|omit|leave out|take out|get rid of|without)",
    "PLACEBO": r"(?:placebo(?: outcome| test)?s?|negative controls?(?: outcomes?)?)",
    "CONFOUNDER": r"(?:confounders?|controls?|covariates?)",
    "ROLE": r"(?:confounders?|controls?|covariates?|(?:adjustment |control )?variables?|columns?)",
    "ADJUST": r"(?:control|adjust|condition|account)(?:ing)?",
    "USE": r"(?:use|take|treat|switch to)",
    "BAD": r"(?:mediators?|colliders?|instruments?|post[ -]?treatment|bad controls?)",
    "LIBRARY": r"(?:econml|doubleml|dowhy|causalml|causallib|grf|tmle|statsmodels)",
    "BY": r"(?:by|on|at|with|within|using|in)",
    "X": r"(?P<x>.+?)",
}


def form(text: str) -> re.Pattern[str]:
    """A form in the notation above, compiled."""
    for name, part in _PARTS.items():
        text = re.sub(rf"\b{name}\b", lambda _: part, text)  # noqa: B023
    text = text.replace("@", r"(?: is| are| should be| would be| could be|\s*=|\s*:)")
    text = text.replace("~", "(?:(?:the|an?|our) )?").replace(" ", r"\s+")
    return re.compile(text, re.I | re.S)


_FORMS: list[tuple[str, Reader]] = [
    (
        r"(?:set ~|use )?(?:the )?(?:random )?seed(?: to| is| of|\s*=|\s*:)?\s*(?P<x>\d+)",
        lambda m, r: r.edit("seed", "set", [m["x"]]),
    ),
    (r"(?:use )?(?P<x>\d+) folds?", lambda m, r: r.edit("folds", "set", [m["x"]])),
    (
        r"(?:USE |with |only )?~(?:lean|quick|fast|light)(?:er)? (?:models?|learners?)",
        _fixed("learner", "lean"),
    ),
    (
        r"(?:USE |with )?~(?:rich|full|flexible|stacked)(?:er)? (?:models?|learners?)",
        _fixed("learner", "stack"),
    ),
    (r"NOT trim.*|no trimming|undo (?:the )?trim\w*|without trimming", _empty("trim")),
    (
        r"(?:use )?(?:crump.*trim\w*|trim\w* .*crump.*|optimal(?:ly)? trim\w*|trim\w* optimally)",
        _crump,
    ),
    (r"trim\w*\b(?P<x>.*\d.*)", _trim),
    (
        r"(?:(?:only|just|estimate|report|switch to|use|look at) )+~X(?: only)?",
        _estimands("set"),
    ),
    (r"X only", _estimands("set")),
    (r"(?:the )?estimands?@\s*X", _estimands("set")),
    (r"(?:add|include|also estimate) ~X", _estimands("add")),
    (r"(?:DROP|no|NOT (?:estimate|report|use)) ~X", _estimands("remove")),
    (r"(?:NOT use|no|DROP) X", _tools("remove")),
    (r"(?:use only|only use|only) X", _tools("set")),
    (r"(?:use|add|allow|with|try) (?P<x>LIBRARY\b.*)", _tools("add")),
    (r"DROP ~PLACEBO(?: on)? X", _list("placebo_outcomes", "remove")),
    (r"(?:NOT use|DROP) X (?:as|from) ~PLACEBO", _list("placebo_outcomes", "remove")),
    (r"X (?:is|are)(?:n't| not) ~PLACEBO", _list("placebo_outcomes", "remove")),
    (
        r"(?:USE|test|add|include|try) X (?:as|to|for|among) ~PLACEBO",
        _list("placebo_outcomes", "add"),
    ),
    (
        r"(?:add|use|try|run) ~PLACEBO(?: on| with|\s*:)? X",
        _list("placebo_outcomes", "add"),
    ),
    (r"X@ (?:an? |the |good )*PLACEBO", _list("placebo_outcomes", "add")),
    (r"(?:the )?PLACEBO@\s*X", _list("placebo_outcomes", "set")),
    (r"NOT ADJUST (?:for|on) X", _list("confounders", "remove")),
    (r"DROP ~ROLE X", _list("confounders", "remove")),
    (r"DROP X (?:from|as) ~ROLE", _list("confounders", "remove")),
    (r"NOT use X as ~ROLE", _list("confounders", "remove")),
    (r"X (?:is|are)(?:n't| not) ~ROLE", _list("confounders", "remove")),
    (r"X (?:is|are) ~BAD(?: variables?)?", _list("confounders", "remove")),
    (r"X (?:is|are|was|were) measured after\b.*", _list("confounders", "remove")),
    (r"(?:only ADJUST for|ADJUST only for) X", _list("confounders", "set")),
    (r"(?:the )?ROLE@\s*X", _list("confounders", "set")),
    (r"ADJUST (?:also )?(?:for|on) X(?: too| as well)?", _list("confounders", "add")),
    (r"(?:add|include|use) ~CONFOUNDER\s*:? X", _list("confounders", "add")),
    (r"(?:add|include|USE) X (?:as|to|among) ~CONFOUNDER", _list("confounders", "add")),
    (r"X (?:is|are) (?:an? |also )*confound(?:ers?|ing)", _list("confounders", "add")),
    (r"(?:add|include) X(?: too| as well)?", _add_columns),
    (r"(?:the )?treated(?: level| group| value)?(?:@| means?)\s*X", _treated),
    (r"USE X as (?:the )?treated(?: level| group)?", _treated),
    (r"X (?:counts? as|means?|is the|are the) treated(?: level| group| ones?)?", _treated),
    (r"(?:the )?outcome@\s*X", _one("outcome")),
    (r"USE X as (?:the )?outcome", _one("outcome")),
    (r"(?:the )?(?:treatment|exposure)@\s*X", _one("treatment")),
    (r"USE X as (?:the )?(?:treatment|exposure)", _one("treatment")),
    (r"no cluster\w*|NOT cluster.*|without cluster\w*", _empty("cluster")),
    (r"(?:the )?units?(?: of \w+)?@\s*~X", _one("cluster")),
    (
        r"cluster\w* (?:the )?(?:standard errors |errors |se )?BY (?:the )?X(?: level)?",
        _one("cluster"),
    ),
    (r"USE X as (?:the )?(?:cluster|unit)s?", _one("cluster")),
    (r"(?:no|without) weights?|NOT weight.*", _empty("weights")),
    (r"(?:re)?weigh(?:t|ted|ting)? BY X", _one("weights")),
    (r"USE X as (?:the )?(?:\w+ )?weights?", _one("weights")),
    (r"(?:use )?(?:the )?(?:sampling |survey )?weights@?\s*X", _one("weights")),
    (r"DROP (?:the )?X", _drop_columns),
    (
        r"(?:keep|use|include) (?:all|everyone|all (?:rows|people|units))|all rows|no filters?",
        _all_rows,
    ),
    (r"(?:only|just) (?:(?:keep|use|include|look at|among|for) )?X", _rows(False)),
    (
        r"(?:keep|restrict|limit|use|include|look)"
        r"(?: it| this| the (?:sample|data|study|analysis))?"
        r"(?: only| to| at)?(?: only)? X(?: only)?",
        _rows(False),
    ),
    (r"DROP X", _rows(True)),
    (r"X only", _rows(False)),
    (r"(?:no|ignore) X", _rows(True)),
    (r"(?P<x>.+?(?:[<>=]=?|≤|≥).+)", _rows(False)),
    (r"eligib\w*@\s*X", _words("eligibility")),
    (r"(?:the )?time zero@\s*X", _words("time_zero")),
    (r"(?:the )?follow[ -]?up@\s*X", _words("follow_up")),
]
_COMPILED = [(form(text), reader) for text, reader in _FORMS]


def read_clause(text: str, reading: Reading) -> bool:
    """Read one clause by the first form that fits and makes sense.

    Args:
        text: The clause, from a marked text.
        reading: Takes what it asks for.

    Returns:
        Whether it was understood.
    """
    for pattern, read in _COMPILED:
        match = pattern.fullmatch(text)
        if match is not None and read(match, reading):
            return True
    return False
