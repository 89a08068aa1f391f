"""The E-value: how strongly a hidden confounder must go with both, on the risk-ratio scale.

Source: VanderWeele and Ding (2017), "Sensitivity analysis in observational research:
introducing the E-value", Annals of Internal Medicine 167(4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class EValue:
    """E-values of a point estimate and of the end of its interval nearer to no effect."""

    point: float
    interval: float
    risk_ratio: float
    scale: str


def e_value(risk_ratio: float) -> float:
    """RR + √(RR(RR − 1)), of the inverse where RR is below 1.

    Args:
        risk_ratio: A risk ratio above 0.

    Returns:
        At least 1; 1 means that nothing hidden is needed.
    """
    rr = 1 / risk_ratio if risk_ratio < 1 else risk_ratio
    return rr + math.sqrt(rr * (rr - 1))


def e_value_of_ratio(rr: float, lower: float, upper: float, scale: str = "risk ratio") -> EValue:
    """E-values of a risk ratio with its interval."""
    near = 1.0 if lower <= 1 <= upper else (lower if rr > 1 else upper)
    return EValue(e_value(rr), e_value(near), rr, scale)


def e_value_of_difference(estimate: float, stderr: float, sd: float) -> EValue:
    """E-values of a difference of means, by RR ≈ exp(0.91·d) and exp(0.91·d ± 1.78·se_d).

    Args:
        estimate: Effect in units of the outcome.
        stderr: Its standard error.
        sd: Standard deviation of the outcome within the arms.
    """
    d, se = estimate / sd, stderr / sd
    return e_value_of_ratio(
        math.exp(0.91 * d),
        math.exp(0.91 * d - 1.78 * se),
        math.exp(0.91 * d + 1.78 * se),
        scale="approximate, from the standardized difference",
    )


def e_value_of_risks(
    risk_control: float, estimate: float, lower: float, upper: float
) -> EValue | None:
    """E-values of a risk difference, given the risk without treatment.

    Args:
        risk_control: Mean of the 0/1 outcome without treatment, in the population of the
            estimand; taken as known for the interval.
        estimate: Risk difference.
        lower: Lower end of its interval.
        upper: Upper end of its interval.

    Returns:
        None where a risk would fall outside (0, 1).
    """
    if not 0 < risk_control < 1 or not 0 < risk_control + estimate < 1:
        return None
    tiny = 1e-6
    ends = [max(tiny, risk_control + v) / risk_control for v in (lower, upper)]
    return e_value_of_ratio((risk_control + estimate) / risk_control, ends[0], ends[1])
