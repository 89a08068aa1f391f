"""A small grammar of the comments that principals make: words in, edits of the spec out.

The rules read what they know for sure and nothing else; a clause that they do not understand is
said to be so, and the language model, where there is one, is asked instead.
"""

from __future__ import annotations

import re

from ..contract import Spec
from .column_words import ColumnFinder, plain
from .comment_grammar import CommentRead, Reading, read_clause

_VERB = (
    r"(?:use|take|treat|add|drop|remove|exclude|omit|keep|only|just|control|adjust|don'?t|do\s+not|never|"
    r"cluster|weight|weigh|trim|seed|set|switch|include|without|estimate|restrict|limit|leave|the\s+unit|"
    r"the\s+outcome|outcome\s+is|no\s+(?:trimming|weights|clustering))"
)
_CLAUSES = re.compile(
    rf"\s*(?:,|;|\b(?:and|but|then)\b)(?:\s*\b(?:and|but|then|also)\b)*\s+(?={_VERB}\b)", re.I
)
_THANKS = re.compile(r"[\s,]+(?:please|pls|thanks?|thank\s+you|instead|again)$", re.I)
_POLITE = re.compile(
    r"^(?:please|pls|kindly|ok(?:ay)?|well|now|so|then|also|and|but|instead|you\s+should|we\s+should|"
    r"let'?s|let\s+us|i(?:'d|\s+would)?\s+(?:like\s+(?:you\s+)?to|want(?:\s+you)?\s+to)|can\s+you|could\s+you|"
    r"better|rather|try\s+to|try)\b[\s,:]*",
    re.I,
)


def read_comment(comment: str, spec: Spec, finder: ColumnFinder) -> CommentRead:
    """Read a comment by the rules.

    Args:
        comment: The principal's words.
        spec: The spec they are about.
        finder: Columns of the data.
    """
    reading = Reading(finder, spec)
    marked = finder.mark(comment)
    for sentence in re.split(r"(?<=[.!?])\s+|\s*[;\n]+\s*", marked):
        for clause in _CLAUSES.split(sentence):
            bare = clause.strip(" \t,.!?")
            while (polite := _POLITE.match(bare)) is not None and polite.end() < len(bare):
                bare = bare[polite.end() :]
            bare = _THANKS.sub("", bare)
            if bare and not read_clause(bare, reading):
                reading.found.unread.append(plain(finder.unmark(bare), 200))
    return reading.found
