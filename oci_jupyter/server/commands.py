"""Which messages of a tab ask for long work of the loop, and for which."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from ..agents.loop import Loop
from ..contract import messages as m

#: What a Stop that comes in between makes void before its turn.
LONG = (
    m.Draft,
    m.RunPlan,
    m.Resume,
    m.ApplyRemedy,
    m.RerunStep,
    m.ReadPlan,
    m.AnswerReading,
    m.ApplyProposal,
    m.AskCritic,
)


def long_work(loop: Loop, message: m.ClientMessage) -> Coroutine[Any, Any, None] | None:
    """The long work that a message asks for, not yet begun; none when it asks for none."""
    match message:
        case m.Draft():
            return loop.draft(message.plan_source, message.plan_cell_id)
        case m.RunPlan():
            return loop.run(message.plan_source, message.plan_cell_id, message.mode)
        case m.Resume():
            return loop.resume()
        case m.ApplyRemedy():
            return loop.apply_remedy(message.remedy_id)
        case m.RerunStep():
            return loop.rerun(message.step_id, message.iteration)
        case m.ReadPlan():
            return loop.read_plan(message.text, message.data)
        case m.AnswerReading():
            return loop.answer_reading(message.answers)
        case m.ApplyProposal():
            return loop.apply_proposal(message.proposal_id)
        case m.AskCritic():
            return loop.ask_critic()
        case _:
            return None
