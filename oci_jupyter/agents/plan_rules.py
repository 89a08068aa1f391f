"""What a plan in free text says, by rules: sentences of a few common forms.

Nothing is decided here. What a sentence says of a field is kept in its own words; whether there
is such a column, and what is missing, is settled by the plan draft.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..contract import FrameInfo
from .column_words import ColumnFinder, plain, split_list, word_set

#: Effects that are not estimated here; naming one is refused, not read as another.
_OTHER_ESTIMANDS = ("CATE", "LATE", "QTE", "ATC", "ATU", "ITT", "CACE")
#: Libraries that a plan may ask for and that are not at hand.
_OTHER_TOOLS = word_set(
    "dowhy causalml causallib grf causalpy statsmodels pymatch psmatch matchit twang tmle ltmle "
    "zepid stata"
)

#: A longer sentence, in characters, is not read: the forms below take time that grows with its
#: square, and nobody writes one.
LONGEST = 2_000
#: Sentences of fewer words (headings, greetings) need not be understood.
_WORTH = 4

_VERBS = (
    r"change|affect|alter|raise|increase|improve|boost|reduce|lower|decrease|cause|influence|"
    r"impact|shift|drive|hurt|harm|help|prevent|shorten|lengthen|prolong|cut|lead\s+to|"
    r"make\s+a\s+difference\s+(?:to|for|in)|have\s+an?\s+(?:effect|impact|influence)\s+on|work\s+on"
)
_INFLECTED = (
    r"(?:change|affect|alter|raise|increase|improve|boost|reduce|lower|decrease|cause|influence|"
    r"impact|shift|drive|hurt|harm|help|prevent|shorten|lengthen|prolong|cut)(?:s|d|ed)|"
    r"leads?\s+to|led\s+to|drove|has\s+an?\s+(?:effect|impact)\s+on"
)
_EFFECT = [
    re.compile(
        r"\b(?:effects?|impacts?|influence|consequences?|returns?)\s+of\s+(?P<t>.+?)\s+(?:on|upon|to)"
        r"\s+(?P<y>.+)",
        re.I,
    ),
    re.compile(r"(?P<t>[^.:;!?]+?)\s*(?:→|⟶|->|=>|-->)\s*(?P<y>[^→⟶]+)", re.I),
    re.compile(
        rf"\b(?:did|does|do|has|have|will|would|could|can|may|might)\s+(?P<t>.+?)\s+(?:{_VERBS})d?"
        r"\s+(?P<y>.+)",
        re.I,
    ),
    re.compile(
        rf"\b(?:whether|if|that)\s+(?P<t>.+?)\s+(?:{_INFLECTED}|{_VERBS})\s+(?P<y>.+)", re.I
    ),
    re.compile(
        r"\bwhat\s+(?:did|does|do|would)\s+(?P<t>.+?)\s+do\s+(?:to|for|with)\s+(?P<y>.+)", re.I
    ),
    re.compile(
        r"\b(?:how\s+(?:much\s+)?)?(?:is|are|was|were)\s+(?P<y>.+?)\s+(?:affected|changed|influenced|"
        r"raised|lowered|reduced)\s+by\s+(?P<t>.+)",
        re.I,
    ),
    re.compile(rf"^(?P<t>.+?)\s+(?:{_INFLECTED})\s+(?P<y>.+)", re.I),
]
#: Where the outcome's words end.
_TAIL = re.compile(
    r"\s*(?:[?;]|[,(–—]|\s-\s|\b(?:among|adjust\w*|controll?\w*|given|conditional|holding|using|while|"
    r"when|after|because|compared|versus|vs|accounting|taking|and\s+(?:adjust|control)|"
    r"for\s+(?:people|those|everyone|the\s+treated)|in\s+(?:the\s+)?(?:data|data\s*frame|table|file)|"
    r"by\s+how|on\s+average|with)\b).*$",
    re.I | re.S,
)
_LIST = r"(?P<list>.+)"
_CONFOUNDERS = [
    re.compile(
        r"\b(?:adjust\w*|controll?\w*|account\w*|condition\w*|correct\w*)\s+(?:also\s+)?(?:for|on)\s+"
        + _LIST,
        re.I,
    ),
    re.compile(
        r"\b(?:confounders?|covariates?|controls?|confounding\s+variables?|adjustment\s+set)\s*"
        r"(?::|=|\bare\b|\bis\b|\binclude\b|\bwould\s+be\b)\s*" + _LIST,
        re.I,
    ),
    re.compile(r"\b(?:hold|holding|keeping)\s+(?P<list>.+?)\s+(?:constant|fixed|equal)", re.I),
    re.compile(
        r"^(?P<list>.+?)\s+(?:are|is)\s+(?:an?\s+|the\s+)?(?:confound\w*|covariates?)$", re.I
    ),
    re.compile(
        r"^(?P<list>.+?)\s+(?:may|might|could)?\s*(?:drives?|affects?|influences?|determines?)\s+both\b",
        re.I,
    ),
]
_PLACEBO_WORD = r"(?:placebo(?:\s+outcomes?|\s+tests?)?s?|negative\s+controls?(?:\s+outcomes?)?)"
_PLACEBOS = [
    re.compile(rf"\b{_PLACEBO_WORD}\s*(?::|=|\bis\b|\bare\b|\bon\b|\bwith\b)\s*{_LIST}", re.I),
    re.compile(
        rf"\b(?:use|take|treat|test)\s+(?P<list>.+?)\s+(?:as|for)\s+(?:an?\s+|the\s+)?{_PLACEBO_WORD}",
        re.I,
    ),
    re.compile(
        rf"^(?P<list>.+?)\s+(?:is|are|serves?\s+as)\s+(?:an?\s+|the\s+|our\s+)?{_PLACEBO_WORD}",
        re.I,
    ),
    re.compile(
        r"(?P<list>.+?)\s+(?:cannot|can't|could\s+not|can\s+not)\s+(?:have\s+been|be)\s+"
        r"(?:affected|changed)",
        re.I,
    ),
]
_ONE = {
    "treatment": r"(?:treatment|exposure|intervention)(?:\s+(?:variable|column))?",
    "outcome": r"outcome(?:\s+(?:variable|column))?",
    "cluster": r"(?:clusters?|units?(?:\s+of\s+(?:analysis|assignment|randomi[sz]ation))?)",
    "weights": r"(?:(?:sampling|survey)\s+)?weights?",
    "data": r"(?:data(?:\s*set|\s*frame)?|frame|table|file)",
}
_SAID = {
    name: re.compile(
        rf"^(?:the\s+|our\s+)?{words}\s*(?::|=|\bis\b|\bare\b|\bin\b)\s*(?P<one>.+)$", re.I
    )
    for name, words in _ONE.items()
}
_AS = {
    "cluster": re.compile(
        r"\bcluster\w*\s+(?:the\s+)?(?:standard\s+errors\s+|errors\s+|se\s+)?(?:by|on|at|within|in)\s+"
        r"(?:the\s+)?(?P<one>.+?)(?:\s+level)?$",
        re.I,
    ),
    "weights": re.compile(
        r"\b(?:weight(?:ed|ing)?|weigh)\s+(?:by|with|using)\s+(?P<one>.+)$", re.I
    ),
    "treated": re.compile(
        r"^(?:the\s+)?treated(?:\s+(?:level|group|value))?\s*(?::|=|\bis\b|\bare\b|\bmeans?\b)\s*(?P<one>.+)$",
        re.I,
    ),
    "data": re.compile(
        r"\b(?:in|from|of|use|using|with)\s+(?:the\s+)?(?:data\s*(?:set|frame)?|frame|table|file)\s+"
        r"(?P<one>[^\s,;]+)",
        re.I,
    ),
}
_TREATED_LEVEL = re.compile(
    r"^(?P<one>.+?)\s+(?:counts?\s+as|means?|are\s+the|is\s+the)\s+treated(?:\s+(?:level|group))?$",
    re.I,
)
_FILE = re.compile(r"(?<![^\s`'\"<>|(])[^\s`'\"<>|(]{1,400}\.(?:csv|parquet|pq)(?:\.gz)?\b", re.I)
_WORDS = {
    "question": r"(?:research\s+)?question",
    "eligibility": r"eligibility|eligible",
    "time_zero": r"time\s*[-_]?\s*zero|baseline",
    "follow_up": r"follow[\s-]*_?up",
    "threats": r"threats?(?:\s+to\s+validity)?|worr(?:y|ies)|fears?|concerns?",
    "model_sees": r"model[\s_]sees",
}
_LABEL = {
    name: re.compile(
        rf"^(?:the\s+)?(?:{words})\s*(?::|=|\bis\b|\bare\b)\s*(?P<one>.+)$", re.I | re.S
    )
    for name, words in _WORDS.items()
}
_ROWS = re.compile(
    r"^(?:please\s+|we\s+|i\s+|then\s+|also\s+|and\s+)*(?:(?P<drop>exclude|excluding|drop|remove|leave\s+out|"
    r"without|omit)|(?P<keep>only|keep(?:\s+only)?|restrict(?:ed)?(?:\s+\w+)?\s+to|limit(?:ed)?(?:\s+\w+)?\s+to|"
    r"include\s+only|use\s+only|look\s+(?:only\s+)?at))\s*:?\s+(?P<rows>.+)$",
    re.I,
)
_NOBODY = re.compile(
    r"^(?:nobody|no\s+one|no\s+people|none)\s+(?P<rows>.+?)(?:\s+(?:should|must|may|is\s+to|will)\b.*)?$",
    re.I,
)
_ONLY_AFTER = re.compile(r"^(?P<rows>.+?)\s+only$", re.I)
_SEED = re.compile(r"\bseed\s*(?::|=|is|to|of)?\s*(\d{1,10})\b", re.I)


@dataclass
class Said:
    """What a text says of the plan's fields, in its own words."""

    ones: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    rows: list[tuple[str, bool]] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    seed: int | None = None
    #: Sentences of which nothing was made.
    ignored: list[str] = field(default_factory=list)
    #: Sentences too long to be one.
    unread: list[str] = field(default_factory=list)

    def add(self, name: str, items: list[str]) -> None:
        """More items of a list, each once."""
        have = self.lists.setdefault(name, [])
        have += [i for i in items if i not in have]


def sentences(text: str) -> list[str]:
    """The sentences of a text without its Markdown; what a mark stands for is not looked into."""
    found = []
    for line in text.replace("\r\n", "\n").split("\n"):
        bare = re.sub(r"^\s*(?:#+|[-*+•]|\d+[.)]|>)\s+", "", line).replace("**", "").strip()
        found += re.split(r"(?<=[.!?])\s+(?=\S)|\s*;\s+", bare)
    return [s.strip() for s in found if s.strip(" .,;:-")]


def said_by_rules(text: str, finder: ColumnFinder, frames: list[FrameInfo]) -> Said:
    """Take a plan in free text apart.

    Args:
        text: The plan; at most `MAX_TEXT` characters are looked at.
        finder: Columns of the data.
        frames: DataFrames of the kernel, which the text may name.
    """
    said = Said()
    named = data_named(text, frames)
    if named:
        said.ones["data"] = named
    for sentence in sentences(finder.mark(text)):
        if len(sentence) > LONGEST:
            said.unread.append(plain(finder.unmark(sentence), 80))
            continue
        before = repr(said)
        _read(sentence, said, finder)
        if repr(said) == before and len(sentence.split()) >= _WORTH:
            said.ignored.append(plain(finder.unmark(sentence), 120))
    return said


def data_named(text: str, frames: list[FrameInfo]) -> str:
    """The DataFrame or file that a text names; '' when none or more than one."""
    files = list(dict.fromkeys(m.group(0) for m in _FILE.finditer(text)))
    if len(files) == 1:
        return files[0]
    here = [f.name for f in frames if re.search(rf"(?<![\w.]){re.escape(f.name)}(?!\w|\.\w)", text)]
    if len(here) == 1:
        return here[0]
    explicit = [
        m["one"].strip("`'\".")
        for s in sentences(text)
        for pattern in (_SAID["data"], _AS["data"])
        if (m := pattern.search(s))
    ]
    known = [name for name in explicit if name in here]
    return known[0] if len(set(known)) == 1 else ""


def _read(sentence: str, said: Said, finder: ColumnFinder) -> None:
    bare = sentence.rstrip(" .!?")
    for name, pattern in _LABEL.items():
        match = pattern.match(bare)
        if match is not None:
            said.words.setdefault(name, plain(finder.unmark(match["one"]), 1000))
            if name == "question":
                _effect(match["one"], said)
            return
    seed = _SEED.search(bare)
    if seed is not None:
        said.seed = int(seed[1])
    _estimands(bare, said)
    _tools(finder.unmark(bare), said)
    for name, pattern in (*_SAID.items(), *_AS.items()):
        match = pattern.search(bare)
        if match is not None and name != "data":
            said.ones.setdefault(name, match["one"].strip())
            if name in _SAID and pattern is _SAID[name]:
                return
    level = _TREATED_LEVEL.match(bare)
    if level is not None:
        said.ones.setdefault("treated", level["one"])
        return
    placebo = next((m for p in _PLACEBOS if (m := p.search(bare))), None)
    if placebo is not None:
        said.add("placebo_outcomes", _items(placebo["list"]))
        return
    adjusted = next((m for p in _CONFOUNDERS if (m := p.search(bare))), None)
    if adjusted is not None:
        said.add("confounders", _items(adjusted["list"]))
        if _effect(bare[: adjusted.start()], said, finder.unmark(sentence)):
            return
    nobody = _NOBODY.match(bare)
    if nobody is not None:
        said.rows.append((f"people {nobody['rows']}", True))
        return
    rows = _ROWS.match(bare) or (_ONLY_AFTER.match(bare) if adjusted is None else None)
    if rows is not None and not _is_estimand(rows["rows"]) and not _is_tool(rows["rows"]):
        said.rows.append((rows["rows"], bool(rows.groupdict().get("drop"))))
        return
    if adjusted is None:
        _effect(bare, said, finder.unmark(sentence))


def _items(text: str) -> list[str]:
    text = re.sub(r"\s*\((?:[^()]*)\)", "", text)
    text = re.split(r"\s+(?:since|because|as\s+they|which|as\s+it|in\s+order|when|while)\s+", text)[
        0
    ]
    return split_list(text.replace("(", " ").replace(")", " "))


def _effect(text: str, said: Said, sentence: str = "") -> bool:
    """Treatment and outcome of a causal sentence, unless an earlier one has named them."""
    for pattern in _EFFECT:
        match = pattern.search(text)
        if match is None:
            continue
        outcome = _TAIL.sub("", match["y"]).strip() or match["y"].strip()
        treatment = match["t"].strip()
        if not treatment or not outcome:
            continue
        said.ones.setdefault("treatment", treatment)
        said.ones.setdefault("outcome", outcome)
        if sentence:
            said.words.setdefault("question", plain(sentence, 500))
        return True
    return False


def _is_estimand(text: str) -> bool:
    return bool(
        re.fullmatch(
            r"(?:the\s+)?(?:effects?\s+)?(?:ATE|ATT|ATET|ATO|on\s+the\s+treated)", text, re.I
        )
    )


def _is_tool(text: str) -> bool:
    return all(i.casefold() in ("doubleml", "econml", *_OTHER_TOOLS) for i in split_list(text))


def _estimands(text: str, said: Said) -> None:
    found: list[tuple[int, str]] = []
    for name, pattern in (
        (
            "ATT",
            r"\bATT\b|\bATET\b|\b(?:among|on|for|of)\s+the\s+treated\b|\bthose\s+who\s+(?:were|got)\s+treated\b",
        ),
        (
            "ATE",
            r"\bATE\b|\baverage\s+(?:treatment\s+)?effect\s+(?:for|in|on)\s+(?:everyone|the\s+(?:whole\s+)?population)|\b(?:effect|averaged?)\s+(?:for|over|on)\s+everyone\b",
        ),
        ("ATO", r"\bATO\b|\boverlap\s+(?:population|weights?)\b"),
    ):
        match = re.search(pattern, text, re.I if " " in pattern else 0)
        if match is not None:
            found.append((match.start(), name))
    for name in _OTHER_ESTIMANDS:
        match = re.search(rf"\b{name}\b", text)
        if match is not None:
            found.append((match.start(), name))
    label = re.match(r"^(?:the\s+)?estimands?\s*(?::|=|is|are)\s*(.+)$", text, re.I)
    if label is not None:
        known = {n for _, n in found}
        found += [(99, i) for i in split_list(label[1]) if i.upper() not in known and not known]
    if found:
        said.add("estimands", [name for _, name in sorted(found)])


def _tools(text: str, said: Said) -> None:
    label = re.match(
        r"^(?:the\s+)?(?:tools?|libraries|packages)(?:\s+allowed)?\s*(?::|=|is|are)\s*(.+)$",
        text,
        re.I,
    )
    if label is not None:
        said.add("tools", [i.casefold() for i in split_list(label[1])])
        return
    words = [w.casefold() for w in re.findall(r"[A-Za-z]\w*", text)]
    named = [w for w in words if w in ("doubleml", "econml", *_OTHER_TOOLS)]
    if not named:
        return
    refused = re.search(r"\b(?:no|not|don't|never|without|except|but\s+not)\b", text, re.I)
    if refused is None:
        said.add("tools", named)
    elif "tools" not in said.lists:
        said.add("tools", [t for t in ("doubleml", "econml") if t not in named])
