"""Stands in for the panel on a command line: asks the principal on a terminal, or takes `--yes`."""

from __future__ import annotations

import sys

from .agents.spec_diff import change_words
from .contract import ContractError, PlanQuestion, PlanReading, Problem, Proposal, Remedy, Verdict


def tell(text: str) -> None:
    """Write a line for people; the standard output is for the outcome."""
    print(text, file=sys.stderr, flush=True)


class Principal:
    """Picks remedies, answers what a plan leaves open, agrees to changes of spec.

    Args:
        iterations: How many iterations at most.
        wanted: Remedies asked for, by id, in order.
        yes: Agree to everything without asking.
    """

    def __init__(self, iterations: int, wanted: list[str], yes: bool) -> None:
        self._left = max(iterations, 1 + len(wanted)) - 1
        self._wanted = list(wanted)
        self._yes = yes
        self._told: set[str] = set()

    # --- remedies ------------------------------------------------------------------------------

    def choose(self, verdict: Verdict) -> Remedy | None:
        """The next remedy; None ends the run.

        Raises:
            ContractError: The remedy that was asked for is not on offer.
        """
        if self._left == 0:
            return None
        self._left -= 1
        offered = [r for r in verdict.remedies if not r.needs_input]
        if self._wanted:
            name = self._wanted.pop(0)
            for remedy in offered:
                if remedy.id == name:
                    return remedy
            raise ContractError.of(
                "remedy_unknown",
                f"The remedy `{name}` is not on offer.",
                f"On offer: {', '.join(r.id for r in offered) or 'none'}.",
                field="remedy",
                value=name,
            )
        for remedy in offered:
            if self._yes or self._agrees_to_remedy(remedy):
                return remedy
        return None

    def _agrees_to_remedy(self, remedy: Remedy) -> bool:
        if not sys.stdin.isatty():
            tell(
                f"  remedy on offer: {remedy.label} ({remedy.id}); "
                "it changes what is estimated, so it needs --yes"
            )
            return False
        tell(f"\n{remedy.label}: {remedy.effect_on_estimand} {remedy.why}")
        return _said_yes("Apply it? [y/N] ")

    # --- plans in free text ----------------------------------------------------------------------

    def answer(self, reading: PlanReading) -> dict[str, str]:
        """Answers to the open questions of a plan as read.

        Raises:
            ContractError: Nobody is there to answer; names each question with its suggestion.
        """
        self.tell_reading(reading)
        if reading.questions and not self._yes and not sys.stdin.isatty():
            raise ContractError([_open(question) for question in reading.questions])
        answers = {}
        for question in reading.questions:
            if not self._yes:
                answers[question.question_id] = _asked(question)
            elif question.suggestion:
                tell(f"  {question.text}\n    taken as suggested: {question.suggestion}")
                answers[question.question_id] = question.suggestion
            else:
                raise ContractError([_open(question)])
        return answers

    def tell_reading(self, reading: PlanReading) -> None:
        """Say what was read, assumed and refused; what was said before is not said again."""
        how = "with the language model" if reading.by == "model" else "by rules"
        plan = reading.plan
        said = [f"Plan read {how}:"]
        for name in ("data", "treatment", "treated", "outcome", "cluster", "weights"):
            value = getattr(plan, name)
            if value not in ("", None):
                said.append(f"  {name}: {value}")
        for name in ("confounders", "placebo_outcomes", "keep", "estimands"):
            values = getattr(plan, name)
            if values:
                said.append(f"  {name}: {', '.join(values)}")
        said += [f"  assumed: {a.field} = {a.value} ({a.why})" for a in reading.assumptions]
        said += [f"  {problem}" for problem in reading.problems]
        for line in said:
            if line not in self._told:
                self._told.add(line)
                tell(line)

    # --- comments --------------------------------------------------------------------------------

    def agree(self, proposal: Proposal) -> bool:
        """Whether a change of spec is carried out; it is shown in any case."""
        tell(f"\n“{proposal.comment}” changes the analysis:")
        for change in proposal.changes:
            tell(f"  {change_words(change)}")
        tell(f"  {proposal.summary}")
        if self._yes:
            return True
        if not sys.stdin.isatty():
            tell("  it changes what is analyzed, so it needs --yes")
            return False
        return _said_yes("Run it? [y/N] ")


def _open(question: PlanQuestion) -> Problem:
    suggested = f"Suggested: {question.suggestion}. " if question.suggestion else ""
    choices = f"Choices: {', '.join(question.choices[:20])}. " if question.choices else ""
    agree = "or agree to the suggestions with --yes" if suggested else "for example in a head"
    return Problem(
        code="question_open",
        field=question.field,
        message=question.text,
        fix=f"{suggested}{choices}Say it in the plan, {agree}.",
    )


def _asked(question: PlanQuestion) -> str:
    tell(f"\n{question.text}")
    if question.choices:
        tell(f"  choices: {', '.join(question.choices)}")
    hint = f" [{question.suggestion}]" if question.suggestion else ""
    return input(f"{question.field}{hint}: ").strip() or question.suggestion


def _said_yes(prompt: str) -> bool:
    return input(prompt).strip().lower() in ("y", "yes")
