"""Finds the columns that a text speaks of.

A name that is written out (`re78`, "Hours worked" for `hours_worked`) is sure. One that is only
meant ("earnings" for `earnings_1978`) is a guess: whoever asks must say so, and where several
columns could be meant the text is ambiguous. Everything is deterministic: same text, same
columns, same answer.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field

from ..contract import ColumnProfile, DataProfile, Problem

#: Longest text that is read; more is refused rather than read in part.
MAX_TEXT = 20_000

_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
#: A name that was quoted or cannot be plain English stands for itself as `⟦3⟧` while a text is
#: taken apart, so that neither its dots nor its commas nor its words are read.
_MARK = re.compile(r"⟦(\d+)⟧")
_QUOTED = re.compile(r"`([^`\n]{1,200})`|\"([^\"\n]{1,200})\"|“([^”\n]{1,200})”")
_NAME = re.compile(r"[^\W_][\w.\-]*")


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


_FILLERS = word_set(
    "a an the their his her its our my your of in on at to for by as is are was were be and or "
    "with from that this these those each one s column columns variable variables called named "
    "people person persons"
)
_SAME = {
    "female": "woman",
    "women": "woman",
    "male": "man",
    "men": "man",
    "children": "child",
    "kid": "child",
    "hh": "household",
    "education": "educ",
    "schooling": "educ",
}


def stem(word: str) -> str:
    """The part of a word that plurals and endings leave alone; for comparison only."""
    word = word.casefold()
    word = _SAME.get(word, word)
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    word = _SAME.get(word, word)
    for ending in ("ing", "ed", "er"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word[: -len(ending)]
            break
    return word.rstrip("e") if len(word) > 3 else word


def stems(text: str) -> list[str]:
    """Stems of the words of a text or of a column's name, without fillers."""
    found = [w.casefold() for w in _WORD.findall(_HUMP.sub(" ", text))]
    return [stem(w) for w in found if w not in _FILLERS]


def squeeze(text: str) -> str:
    """Letters and digits only, in lower case: `Hours worked` and `hours_worked` are alike."""
    return "".join(_WORD.findall(text)).casefold()


def plain(text: str, limit: int = 400) -> str:
    """Text on one line without characters that do not print, cut at `limit`."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


@dataclass(frozen=True)
class Found:
    """What a phrase stands for.

    Attributes:
        phrase: The words.
        column: The column, '' when there is none or more than one.
        candidates: Columns that could be meant, when it is not clear which.
        sure: The column's name is written out.
    """

    phrase: str
    column: str = ""
    candidates: tuple[str, ...] = ()
    sure: bool = True


@dataclass
class ColumnFinder:
    """Columns of one data set, by the words that may stand for them."""

    profile: DataProfile
    _by_key: dict[str, list[str]] = field(init=False, default_factory=dict)
    _marks: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.columns: dict[str, ColumnProfile] = {c.name: c for c in self.profile.columns}
        for name in self.columns:
            self._by_key.setdefault(squeeze(name), []).append(name)
        self._stems = {name: stems(name) for name in self.columns}

    # --- taking a text apart ---------------------------------------------------------------

    def mark(self, text: str) -> str:
        """Put marks where columns are quoted or written in a way that only a name can be."""
        text = text.replace("⟦", "(").replace("⟧", ")")

        def quoted(match: re.Match[str]) -> str:
            inner = next(g for g in match.groups() if g is not None).strip()
            if inner in self.columns or self._exact(inner):
                return self._put(self._exact(inner) or inner)
            if match.group(1) is None or not _NAME.fullmatch(inner):
                # A value, or a condition in backticks: its words are read.
                return inner if match.group(1) is not None else match.group(0)
            return self._put(inner)

        def name(match: re.Match[str]) -> str:
            word = match.group(0)
            tail = ""
            while word and word[-1] in ".-" and word not in self.columns:
                word, tail = word[:-1], word[-1] + tail
            known = self._exact(word)
            if known and not word.isalpha():
                return self._put(known) + tail
            return match.group(0)

        text = _QUOTED.sub(quoted, text)
        for odd in sorted(self.columns, key=lambda c: (-len(c), c)):
            # Names with blanks, commas and the like, which no word pattern would hold together.
            if not _NAME.fullmatch(odd) and len(odd.strip()) > 2 and odd in text:
                text = re.sub(rf"(?<!\w){re.escape(odd)}(?!\w)", lambda _: self._put(odd), text)  # noqa: B023
        return _NAME.sub(name, text)

    def _put(self, name: str) -> str:
        if name not in self._marks:
            self._marks.append(name)
        return f"⟦{self._marks.index(name)}⟧"

    def unmark(self, text: str) -> str:
        """The text with names where the marks are."""

        def name(match: re.Match[str]) -> str:
            index = int(match.group(1))
            return self._marks[index] if index < len(self._marks) else match.group(0)

        return _MARK.sub(name, text)

    # --- from words to columns ---------------------------------------------------------------

    def _exact(self, name: str) -> str:
        """The one column written this way, but for case and separators; '' if there is none."""
        if name in self.columns:
            return name
        same = self._by_key.get(squeeze(name), [])
        return same[0] if len(same) == 1 and squeeze(name) else ""

    def find(self, phrase: str) -> Found:
        """What a phrase stands for.

        Args:
            phrase: Words from a marked text.
        """
        phrase = phrase.strip(" \t\n.,;:!?()[]*'\"")
        words = self.unmark(phrase)
        known = self._exact(words) or self._exact(
            re.sub(r"^(?:the|a|an)\s+", "", words, flags=re.I)
        )
        if known:
            return Found(words, known)
        marked = list(dict.fromkeys(self.unmark(m.group(0)) for m in _MARK.finditer(phrase)))
        here = [n for n in marked if n in self.columns]
        if marked and not here:
            return Found(marked[0])
        same = self._by_key.get(squeeze(words), [])
        named = here or list(same) or self._written(words)
        if len(named) == 1:
            return Found(words, named[0])
        if named:
            return Found(words, candidates=tuple(named), sure=False)
        meant = self._meant(words)
        if len(meant) == 1:
            return Found(words, meant[0], sure=False)
        return Found(words, candidates=tuple(meant[:12]), sure=False)

    def _written(self, phrase: str) -> list[str]:
        """Columns whose names occur in the phrase, the longest first; no single letters."""
        words = _WORD.findall(phrase)
        used: set[int] = set()
        found: list[str] = []
        for size in (4, 3, 2, 1):
            for start in range(len(words) - size + 1):
                span = range(start, start + size)
                key = "".join(words[start : start + size]).casefold()
                if len(key) < 2 or key in _FILLERS or used.intersection(span):
                    continue
                same = self._by_key.get(key, [])
                if same:
                    used.update(span)
                    found += [s for s in same if s not in found]
        return found

    def _meant(self, phrase: str) -> list[str]:
        """Columns that share most of their words with the phrase."""
        said = stems(phrase)
        if not said:
            return []
        best: list[str] = []
        best_score = 0.0
        for name, own in self._stems.items():
            hits = sum(any(_alike(s, o) for o in own) for s in said)
            if not own or not hits:
                continue
            back = sum(any(_alike(s, o) for s in said) for o in own)
            if hits < len(said) and back < len(own):
                continue  # Neither says all of the other.
            score = hits / len(said) + 0.5 * back / len(own)
            if score > best_score + 1e-9:
                best, best_score = [name], score
            elif abs(score - best_score) <= 1e-9:
                best.append(name)
        return best

    def near(self, name: str, most: int = 3) -> list[str]:
        """Columns whose names look like a misspelling."""
        lowered = {c.casefold(): c for c in reversed(self.columns)}
        close = difflib.get_close_matches(name.casefold(), list(lowered), n=most, cutoff=0.6)
        return [lowered[c] for c in close]

    def unknown(self, name: str, where: str, candidates: tuple[str, ...] = ()) -> Problem:
        """The refusal of a name that is not a column's."""
        close = list(candidates) or self.near(name)
        if close:
            fix = "Did you mean " + " or ".join(f"`{plain(c, 60)}`" for c in close[:4]) + "?"
        else:
            shown = ", ".join(f"`{plain(c, 60)}`" for c in list(self.columns)[:12])
            fix = f"Columns: {shown}{', …' if len(self.columns) > 12 else ''}."
        what = where.replace("_", " ")
        if candidates:
            message = f"“{plain(name, 80)}” (given as {what}) could mean several columns."
        else:
            message = f"The data has no column `{plain(name, 80)}` (given as {what})."
        code = "column_ambiguous" if candidates else "column_missing"
        return Problem(code=code, field=where, value=plain(name, 120), message=message, fix=fix)

    # --- what columns look like ------------------------------------------------------------

    def levels(self, name: str) -> list[str]:
        """Levels of a column, the most frequent first, as far as the profile lists them."""
        column = self.columns.get(name)
        return [level.level for level in column.levels] if column is not None else []

    def is_two_valued(self, name: str) -> bool:
        """Whether a column has exactly two values."""
        column = self.columns.get(name)
        return column is not None and column.n_unique == 2

    def is_numeric(self, name: str) -> bool:
        """Whether a column holds numbers or truth values."""
        column = self.columns.get(name)
        return column is not None and column.kind in ("boolean", "integer", "number")


def _alike(said: str, own: str) -> bool:
    """Whether two stems are the same word, or one is a long beginning of the other."""
    if said == own:
        return True
    short, long = sorted((said, own), key=len)
    return len(short) >= 4 and long.startswith(short)


def split_list(text: str) -> list[str]:
    """The items of `A, B and C`, as they stand."""
    parts = re.split(r"\s*(?:[,;&/]|\band\b|\bas well as\b|\bor\b|\bplus\b)\s*", text, flags=re.I)
    return [p.strip() for p in parts if p.strip(" .:*'\"-")]
