"""Reads which rows are meant: “people over 55”, “only women”, “age < 55”, “region = 'north'”."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field

from ..contract import ColumnProfile, Problem, RowFilter
from .column_words import ColumnFinder, plain, stems, word_set

#: Names of the column that holds how old somebody is.
_AGE = word_set("age ages agey ageyr ageyears alter edad idade eta ålder leeftijd wiek yearsold")
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_NUMBER = r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?"
_VALUE = rf"(?:'[^'\n]*'|\"[^\"\n]*\"|{_NUMBER}|[^\s,;]+(?:\s+[^\s,;]+)?)"
_PEOPLE = (
    r"(?:people|persons?|individuals?|participants?|patients?|respondents?|subjects?|units?|rows?|"
    r"observations?|everyone|everybody|anyone|anybody|those|all|workers?|customers?|cases?)"
)
_LINK = (
    r"(?:\s*,?\s*(?:who\s+(?:are|were|is)|that\s+(?:are|is)|who|that|which|are|were|with|whose|"
    r"having|where|for\s+whom|aged?|of\s+age|in\s+which)\b)*"
)
_SYMBOLS = {
    ">=": (">=|≥", r"at\s+least|no\s+(?:less|fewer|younger)\s+than"),
    "<=": ("<=|≤", r"at\s+most|no\s+(?:more|older)\s+than|up\s+to"),
    ">": (">", r"over|above|(?:more|greater|larger|higher|older)\s+than|exceeding|beyond"),
    "<": ("<", r"under|below|(?:less|fewer|smaller|lower|younger)\s+than"),
    "!=": ("!=|≠|<>", r"(?:is|are)\s+not|isn't|not\s+equal\s+to|other\s+than"),
    "==": ("==?", r"(?:is\s+)?equal\s+to|equals|is|are|was|were"),
}
_COMPARISONS = [
    (
        re.compile(
            rf"(?P<column>.*?)\s*(?:\b(?:is|are|was|were|being)\s+)?"
            rf"(?:(?<![<>=!])(?:{signs})(?![<>=])|\b(?:{words})\b)\s*(?P<value>{_VALUE})"
            r"\s*(?:years?(?:\s+(?:old|of\s+age))?|yrs?)?",
            re.I,
        ),
        op,
    )
    for op, (signs, words) in _SYMBOLS.items()
]
_BETWEEN = re.compile(
    rf"(?P<column>.*?)\s*(?:\b(?:is|are)\s+)?(?:\b(?:between|from)\s+)?\b(?P<low>{_NUMBER})\s*"
    rf"(?:and|to|-|–)\s*(?P<high>{_NUMBER})\s*(?:years?(?:\s+old)?)?",
    re.I,
)
_OR_MORE = re.compile(
    rf"(?P<column>.*?)\s*(?P<value>{_NUMBER})\s*(?:years?\s*)?"
    r"(?:(?P<more>or\s+(?:more|older|over|above)|and\s+(?:older|over|above|up)|\+)|"
    r"(?:or\s+(?:less|fewer|younger|under|below)|and\s+(?:younger|under|below)))",
    re.I,
)
#: `more than 3 children`: the column comes last.
_LAST = [
    (
        re.compile(rf"(?:(?:{signs})|(?:{words}))\s+(?P<value>{_NUMBER})\s+(?P<column>\D.*)", re.I),
        op,
    )
    for op, (signs, words) in _SYMBOLS.items()
    if op not in ("==", "!=")
]
_LEADING = re.compile(rf"^(?:only\s+|just\s+)?(?:the\s+|all\s+)?{_PEOPLE}\b{_LINK}\s*", re.I)
_AGE_WORDS = re.compile(r"\b(?:older|younger|aged?|years?\s+old|years?\s+of\s+age)\b", re.I)


@dataclass
class Rows:
    """Conditions that rows meet to stay, or why they cannot be told."""

    keep: list[RowFilter] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_rows(text: str, finder: ColumnFinder, *, drop: bool) -> Rows | None:
    """Read a description of rows.

    Args:
        text: The description, for example `people over 55`; from a marked text.
        finder: The data's columns.
        drop: Those rows go, rather than stay.

    Returns:
        The conditions; with problems instead when a column or value cannot be told. None when
        the text does not describe rows at all.
    """
    text = text.strip(" .,;:!")
    people = _LEADING.match(text)
    rest = text[people.end() :] if people is not None else text
    about_age = bool(people) or bool(_AGE_WORDS.search(text))
    between = _BETWEEN.fullmatch(rest)
    if between is not None:
        column = _column(between["column"], about_age, finder)
        if isinstance(column, Problem):
            return Rows(problems=[column])
        if drop:
            return Rows(
                problems=[
                    _unclear(
                        text, "Say the two ends one by one, for example `drop people over 55`."
                    )
                ]
            )
        low, high = _number(between["low"]), _number(between["high"])
        return _checked([(column, ">=", low), (column, "<=", high)], finder)
    more = _OR_MORE.fullmatch(rest)
    if more is not None:
        column = _column(more["column"], about_age, finder)
        if isinstance(column, Problem):
            return Rows(problems=[column])
        op = ">=" if more["more"] else "<="
        value: str | float = _number(more["value"])
        return _checked([(column, _OPPOSITE[op] if drop else op, value)], finder)
    for pattern, op in _LAST:
        match = pattern.fullmatch(rest)
        if match is not None and not re.match(r"years?\b|yrs?\b", match["column"], re.I):
            column = _column(match["column"], False, finder)
            if isinstance(column, Problem):
                return Rows(problems=[column])
            number = _number(match["value"])
            return _checked([(column, _OPPOSITE[op] if drop else op, number)], finder)
    for pattern, op in _COMPARISONS:
        match = pattern.fullmatch(rest)
        if match is None:
            continue
        numeric = re.fullmatch(_NUMBER, match["value"]) is not None
        ordered = op in ("<", "<=", ">", ">=")
        if ordered and not numeric:
            continue
        column = _column(match["column"], about_age and ordered, finder)
        if isinstance(column, Problem):
            if not ordered and people is None and not match["column"].strip():
                continue
            return Rows(problems=[column])
        value = _number(match["value"]) if numeric else match["value"].strip("'\" ")
        return _checked([(column, _OPPOSITE[op] if drop else op, value)], finder)
    return _by_level(rest, finder, drop=drop, people=people is not None)


def _number(text: str) -> float | int:
    number = float(text.replace(",", ""))
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _unclear(text: str, fix: str) -> Problem:
    return Problem(
        code="rows_unclear",
        field="keep",
        value=plain(text, 120),
        message=f"It is not clear which rows “{plain(text, 80)}” are.",
        fix=fix,
    )


def _column(words: str, about_age: bool, finder: ColumnFinder) -> str | Problem:
    """The column that a comparison speaks of."""
    words = re.sub(
        r"\b(?:whose|with|where|having|their|an?|the|who|are|is|of)\b", " ", words, flags=re.I
    ).strip(" ,;:")
    if words and not re.fullmatch(r"(?:years?|aged?|old|older|younger|\s)*", words, re.I):
        found = finder.find(words)
        return found.column or finder.unknown(found.phrase, "keep", found.candidates)
    if not about_age and not words:
        return _unclear(words or "these rows", "Name the column, for example `age <= 55`.")
    ages = [
        name
        for name in finder.columns
        if finder.is_numeric(name) and _AGE & {w.casefold() for w in re.findall(r"[^\W\d_]+", name)}
    ]
    if len(ages) == 1:
        return ages[0]
    choices = ", ".join(f"`{plain(c, 60)}`" for c in ages or list(finder.columns)[:12])
    return Problem(
        code="column_ambiguous" if ages else "column_missing",
        field="keep",
        value="age",
        message="Several columns could say how old people are."
        if ages
        else "No column looks like the age of people.",
        fix=f"Name the column in a condition, for example `age <= 55`. Columns: {choices}.",
    )


def _checked(conditions: list[tuple[str, str, str | float]], finder: ColumnFinder) -> Rows:
    """Conditions whose values the columns can have."""
    rows = Rows()
    for column, op, value in conditions:
        problem, level = fitting(finder.columns[column], op, value)
        if problem is not None:
            rows.problems.append(problem)
        else:
            rows.keep.append(RowFilter.model_validate({"column": column, "op": op, "value": level}))
    return rows


def fitting(
    column: ColumnProfile, op: str, value: str | float | bool
) -> tuple[Problem | None, str | float | bool]:
    """The value as the column writes it, or why the comparison makes no sense."""
    name = plain(column.name, 60)
    if column.kind in ("integer", "number", "boolean"):
        if isinstance(value, str):
            words = {"yes": 1, "no": 0, "true": 1, "false": 0}
            if column.kind == "boolean" or column.n_unique <= 2:
                number = words.get(value.casefold())
                if number is not None:
                    return None, bool(number) if column.kind == "boolean" else number
            return _bad_value(name, value, "numbers", "Compare it with a number."), value
        if column.kind == "boolean" and not isinstance(value, bool):
            if value in (0, 1) and op in ("==", "!="):
                return None, bool(value)
            return _bad_value(name, value, "truth values", "Compare it with true or false."), value
        return None, value
    if column.kind == "datetime" or op in ("<", "<=", ">", ">="):
        if column.kind == "datetime" and isinstance(value, str):
            return None, value
        return _bad_value(name, value, f"{column.kind} values", "Use `==` or `!=`."), value
    levels = [level.level for level in column.levels]
    wanted = str(value)
    same = [level for level in levels if level.casefold() == wanted.casefold()]
    if same:
        return None, same[0] if wanted not in levels else wanted
    if levels and column.n_unique <= len(levels):
        close = difflib.get_close_matches(wanted, levels, n=3, cutoff=0.5) or levels[:8]
        shown = ", ".join(f"`{plain(level, 40)}`" for level in close)
        return _bad_value(name, value, "no such level", f"Levels: {shown}."), value
    return None, wanted


def _bad_value(name: str, value: object, what: str, fix: str) -> Problem:
    holds = f"has {what}" if what.startswith("no ") else f"holds {what}"
    return Problem(
        code="condition_value",
        field="keep",
        value=plain(str(value), 120),
        message=f"`{name}` {holds}, so it cannot be compared with {plain(str(value), 60)!r}.",
        fix=fix,
    )


def _by_level(text: str, finder: ColumnFinder, *, drop: bool, people: bool) -> Rows | None:
    """Rows named by what they are: `women`, `smokers`, `the north`."""
    negated = re.match(r"^(?:not|non|un)[\s-]+(.+)$", text, re.I)
    words = negated[1] if negated is not None else text
    said = stems(words)
    if not said or len(said) > 3:
        return None
    opposite = {"woman": "man", "man": "woman"}.get(said[0]) if len(said) == 1 else None
    hits: list[tuple[str, str, str | float | bool]] = []
    for name, column in finder.columns.items():
        own = stems(name)
        if column.kind in ("boolean", "integer") and column.n_unique <= 2:
            flags = {squared.level for squared in column.levels}
            if column.kind == "integer" and not flags <= {"0", "1"}:
                continue
            for meant, flag in ((said, True), ([opposite] if opposite else [], False)):
                if meant and own == meant:
                    hits.append((name, "==", flag if column.kind == "boolean" else int(flag)))
        elif column.kind in ("text", "category"):
            for level in column.levels:
                if (named := stems(level.level)) and said in (named, stems(name) + named):
                    hits.append((name, "==", level.level))
    if len(hits) == 1:
        column_name, op, value = hits[0]
        if drop != (negated is not None):
            op = "!="
        condition = RowFilter.model_validate({"column": column_name, "op": op, "value": value})
        return Rows(keep=[condition])
    if len(hits) > 1:
        fixes = " or ".join(f"`{RowFilter(column=c, op='==', value=v)}`" for c, _, v in hits[:4])
        return Rows(problems=[_unclear(text, f"Write the condition: {fixes}.")])
    if people:
        return Rows(
            problems=[_unclear(text, "Write it as a condition on a column, such as `age <= 55`.")]
        )
    return None


def value_of(text: str) -> str | float | int | bool:
    """A value as written in a text: a number, a truth value, or the text itself."""
    text = text.strip("`'\"“” .")
    if re.fullmatch(r"[-+]?\d+", text) and len(text) < 16:
        return int(text)
    if re.fullmatch(r"[-+]?\d+\.\d+", text):
        return float(text)
    if text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    return text
