"""A plan on its way from free text to something that can be run.

Whoever read the text (the rules, a language model) only makes claims: `take` accepts those that
the data allow and refuses the rest with a problem. What is then missing, ambiguous or refused
becomes a question with a suggested answer; the principal's answers are held to the same tests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from ..contract import (
    Assumption,
    ContractError,
    DataProfile,
    FrameInfo,
    Plan,
    PlanQuestion,
    PlanReading,
    Problem,
    RowFilter,
)
from . import actor, role_rules
from .column_words import ColumnFinder, Found, plain
from .plan_fields import (
    ESTIMANDS,
    NONE,
    ORDER,
    QUESTIONS,
    REQUIRED,
    SEVERAL,
    answer_value,
    checked_condition,
    known_names,
)
from .row_words import fitting, value_of

#: At most this many questions are open at a time; the next come when these are answered.
MOST_QUESTIONS = 3
_WORDS = frozenset({"question", "eligibility", "time_zero", "follow_up", "threats"})


@dataclass
class Hint:
    """Why a field is open, and what might fill it."""

    text: str = ""
    suggestion: str = ""
    candidates: tuple[str, ...] = ()


@dataclass
class PlanDraft:
    """See the module.

    Attributes:
        text: The plan as written.
        profile: What the kernel says about the data; without columns while they are unknown.
        frames: DataFrames of the kernel.
        by: Who read it.
        fields: Values of the plan's fields that stand.
        hints: Fields that are open.
        settled: Fields that the principal has answered for.
    """

    text: str
    profile: DataProfile
    frames: list[FrameInfo]
    by: Literal["rules", "model"] = "rules"
    fields: dict[str, Any] = field(default_factory=dict)
    assumptions: list[Assumption] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    hints: dict[str, Hint] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    #: What the toolkit's own checks say of the present roles.
    kernel_problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.finder = ColumnFinder(self.profile)

    # --- claims --------------------------------------------------------------------------------

    def assume(self, name: str, value: str, why: str) -> None:
        """Write down that something was taken for granted."""
        item = Assumption(field=name, value=plain(value, 300), why=plain(why, 300))
        if item not in self.assumptions:
            self.assumptions.append(item)

    def refuse(self, problem: Problem, hint: Hint | None = None) -> None:
        """Write down that something cannot be had; its field is then open."""
        if problem not in self.problems:
            self.problems.append(problem)
        if problem.field in ORDER and hint is not None:
            self.hints.setdefault(problem.field, hint)

    def take_column(self, name: str, found: Found) -> None:
        """Accept a phrase for a field that is one column, or open the field."""
        if found.column:
            self.fields[name] = found.column
            if not found.sure:
                self.assume(name, found.column, f"“{plain(found.phrase, 80)}” is taken to mean it.")
            return
        close = found.candidates or tuple(self.finder.near(found.phrase))
        likely = (
            close
            or role_rules.same_year(found.phrase, self.finder)
            or role_rules.likely(name, self.finder, self.fields)
        )
        hint = Hint(
            text=f"{QUESTIONS[name]} The plan says “{plain(found.phrase, 80)}”.",
            suggestion=likely[0] if likely else "",
            candidates=close,
        )
        if found.sure:  # written as a name, and there is none
            self.refuse(self.finder.unknown(found.phrase, name), hint)
        else:
            self.hints.setdefault(name, hint)

    def take_columns(self, name: str, items: list[Found]) -> None:
        """Accept phrases for a field that is a list of columns; each that is none is refused."""
        kept: list[str] = list(self.fields.get(name, []))
        for found in items:
            if found.column:
                kept += [found.column] if found.column not in kept else []
                if not found.sure:
                    phrase = plain(found.phrase, 80)
                    self.assume(name, found.column, f"“{phrase}” is taken to mean it.")
                continue
            self.refuse(self.finder.unknown(found.phrase, name, found.candidates), Hint())
        if kept:
            self.fields[name] = kept

    def take_treated(self, level: str) -> None:
        """Accept the level that counts as treated, once the treatment is known."""
        column = self.finder.columns.get(self.fields.get("treatment", ""))
        if column is None:
            return
        problem, value = fitting(column, "==", value_of(level))
        levels = self.finder.levels(column.name)
        known = [entry for entry in levels if entry.casefold() == str(value).casefold()]
        if column.kind == "boolean" and isinstance(value, bool):
            known = [str(value)]
        if problem is None and (known or not levels):
            self.fields["treated"] = value
            return
        shown = ", ".join(f"`{plain(entry, 40)}`" for entry in levels)
        self.refuse(
            Problem(
                code="treated_unknown",
                field="treated",
                value=plain(level, 120),
                message=f"The treatment `{plain(column.name, 60)}` has no level "
                f"`{plain(level, 60)}`.",
                fix=f"Levels: {shown}." if shown else "",
            ),
            Hint(),
        )

    def take_names(self, name: Literal["estimands", "tools"], items: list[str]) -> None:
        """Accept estimands or libraries of those there are."""
        kept, problems = known_names(name, items)
        for problem in problems:
            self.refuse(problem, Hint())
        if kept:
            self.fields[name] = kept

    def take_condition(self, condition: RowFilter) -> None:
        """Accept a condition on rows."""
        try:
            written = str(checked_condition(condition, self.finder))
        except ContractError as error:
            self.refuse(error.problems[0], Hint())
            return
        keep = self.fields.setdefault("keep", [])
        if written not in keep:
            keep.append(written)

    def take_words(self, name: str, text: str) -> None:
        """Accept a field that is words."""
        if name in _WORDS and plain(text, 1000):
            self.fields[name] = plain(text, 1000)

    # --- how it stands ---------------------------------------------------------------------------

    def plan(self) -> Plan:
        """The plan so far, with what is suggested for confounders that nobody named."""
        return Plan(**self.fields, text=self.text.strip())

    def suggest(self) -> None:
        """Fill in confounders that nobody named; they are a suggestion until agreed to."""
        if "confounders" in self.settled or not self.finder.columns:
            return
        named = [p for p in self.problems if p.field == "confounders"]
        if self.fields.get("confounders") and "confounders" not in self.hints:
            return
        if named:
            kept = ", ".join(self.fields.get("confounders", []))
            self.hints["confounders"] = Hint(suggestion=kept)
            return
        if not self.fields.get("treatment") or not self.fields.get("outcome"):
            return
        likely, left_out = role_rules.suggested_confounders(self.finder, self.fields)
        why = "Nobody named confounders; these are all other columns"
        if left_out:
            why += " but " + ", ".join(f"{plain(c, 40)} ({w})" for c, w in left_out[:8])
        self.assumptions = [a for a in self.assumptions if a.field != "confounders"]
        self.assume("confounders", ", ".join(likely) or NONE, f"{why}.")
        self.fields["confounders"] = likely
        self.hints["confounders"] = Hint(suggestion=", ".join(likely))

    def reading(self) -> PlanReading:
        """What is put before the principal."""
        self.suggest()
        plan = self.plan()
        problems = self._problems(plan)
        questions = self._questions(plan, problems)
        errors = [p for p in problems if p.severity == "error"]
        return PlanReading(
            plan=plan,
            by=self.by,
            assumptions=self.assumptions,
            questions=questions,
            problems=problems,
            complete=not plan.missing and not questions and not errors,
        )

    def _problems(self, plan: Plan) -> list[Problem]:
        found = [*self.problems, *role_rules.impossible(plan), *self.kernel_problems]
        found += [p for p in actor.plan_problems(plan) if p.code != "plan_missing_field"]
        unique: dict[tuple[str | None, str | None, str], Problem] = {}
        for problem in found:
            unique.setdefault((problem.field, problem.value, problem.code), problem)
        return sorted(unique.values(), key=lambda p: p.severity != "error")

    def _questions(self, plan: Plan, problems: list[Problem]) -> list[PlanQuestion]:
        missing = set(plan.missing)
        if not self.finder.columns:
            missing &= {"data"}
        elif missing & {"treatment", "outcome"}:
            missing -= {"confounders"}  # What they could be depends on those two.
        wrong = {p.field for p in problems if p.severity == "error"}
        asked = missing | wrong | set(self.hints)
        if self._treated_is_open(plan):
            asked.add("treated")
        return [self._question(name, plan) for name in ORDER if name in asked][:MOST_QUESTIONS]

    def _treated_is_open(self, plan: Plan) -> bool:
        column = self.finder.columns.get(plan.treatment)
        if column is None or plan.treated is not None or column.n_unique != 2:
            return False
        if column.kind == "boolean":
            return False
        return not (column.kind in ("integer", "number") and column.maximum == 1.0)

    def _question(self, name: str, plan: Plan) -> PlanQuestion:
        hint = self.hints.get(name, Hint())
        choices = self._choices(name, plan)
        suggestion = hint.suggestion or role_rules.suggestion(name, plan, self.finder, choices)
        if name == "data" and not suggestion and len(self.frames) == 1:
            suggestion = self.frames[0].name
        if name == "confounders":
            impossible = {plan.treatment, plan.outcome}
            kept = [c for c in plan.confounders if c in self.finder.columns]
            suggestion = ", ".join(c for c in kept if c not in impossible) or suggestion
        if not suggestion and name not in REQUIRED and name != "treated":
            suggestion = NONE
        return PlanQuestion(
            question_id=f"plan-{name}",
            field=name,
            text=hint.text or QUESTIONS[name],
            suggestion=suggestion,
            choices=[] if name == "keep" else choices,
            several=name in SEVERAL,
        )

    def _choices(self, name: str, plan: Plan) -> list[str]:
        hint = self.hints.get(name, Hint())
        if name == "data":
            return [f.name for f in self.frames]
        if name == "treated":
            return self.finder.levels(plan.treatment)
        if name == "estimands":
            return list(ESTIMANDS)
        if name == "tools":
            return list(actor.KNOWN_TOOLS)
        if hint.candidates:
            first = [c for c in hint.candidates if c in self.finder.columns]
            return first + [
                c for c in role_rules.possible(name, plan, self.finder) if c not in first
            ]
        choices = role_rules.possible(name, plan, self.finder)
        return choices if name in REQUIRED else [*choices, NONE]

    # --- answers -----------------------------------------------------------------------------

    def answer(self, answers: dict[str, str]) -> None:
        """Take the principal's answers, by question id.

        Raises:
            ContractError: An answer cannot be had, or belongs to no open question; nothing
                has changed.
        """
        open_fields = {q.question_id: q.field for q in self.reading().questions}
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for question_id, text in answers.items():
            name = open_fields.get(question_id)
            if name is None:
                problems.append(
                    Problem(
                        code="question_gone",
                        message="That question is no longer open.",
                        value=plain(question_id, 60),
                    )
                )
                continue
            try:
                values[name] = answer_value(name, text, self.finder, self.fields)
            except ContractError as error:
                problems += error.problems
        if problems:
            raise ContractError(problems)
        for name in sorted(values, key=ORDER.index):
            self._settle(name, values[name])

    def _settle(self, name: str, value: Any) -> None:
        self.problems = [p for p in self.problems if p.field != name]
        self.kernel_problems = [p for p in self.kernel_problems if p.field != name]
        self.assumptions = [a for a in self.assumptions if a.field != name]
        self.hints.pop(name, None)
        self.settled.add(name)
        if name == "treatment":
            self.fields.pop("treated", None)
        if value in (None, "", []):
            self.fields.pop(name, None)
        else:
            self.fields[name] = value
