"""One analysis before it runs: data, plan and truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..contract import Plan
from .planted_data import CONFOUNDERS, OUTCOME, PLACEBO, TREATMENT


@dataclass(frozen=True)
class Planted:
    """Data, plan and truth.

    Attributes:
        frame: The data, as the kernel's `df`.
        plan: What the principal wants to know.
        truth: True effect by estimand, in the units at hand.
    """

    frame: pd.DataFrame
    plan: Plan
    truth: dict[str, float]


def plan_of(*extra: str, **fields: Any) -> Plan:
    """The principal's usual plan.

    Args:
        extra: Further confounders.
        fields: Fields of the plan to be set otherwise.
    """
    usual: dict[str, Any] = {
        "question": "Does the exercise program improve the patients' score after six months?",
        "data": "df",
        "treatment": TREATMENT,
        "outcome": OUTCOME,
        "confounders": [*CONFOUNDERS, *extra],
        "placebo_outcomes": [PLACEBO],
        "eligibility": "Patients of the clinic, 18 and older, who were offered the program.",
        "time_zero": "The first visit, at which the program was offered.",
        "follow_up": "Six months.",
        "threats": "Patients in a bad state may be sent to the program more often.",
        "tools": ["doubleml"],
    }
    return Plan.model_validate(usual | fields)
