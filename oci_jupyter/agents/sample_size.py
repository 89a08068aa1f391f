"""How many units an experiment would need for the effect found: statsmodels' power analysis.

Two-sided test at 5 %, power 80 %, two arms of equal size. A 0/1 outcome is planned with the
arcsine difference of proportions, any other with the t test.

Source: Cohen (1988), "Statistical Power Analysis for the Behavioral Sciences", ch. 2 and 6;
Bloom (2006), "The core analytics of randomized experiments" (encouragement, clusters).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

ALPHA, POWER = 0.05, 0.80
#: Beyond this standardized effect the solver has nothing left to solve.
_LARGEST = 2.0


@dataclass(frozen=True)
class Needs:
    """What a sample size is computed from.

    Attributes:
        effect: The effect to find, in units of the outcome.
        sd: Standard deviation of the outcome among control units, None when not known.
        mean: Mean of the outcome among control units, None when not known.
        binary: The outcome is 0 or 1.
        design_effect: By how much clusters inflate the variance, 1 without.
    """

    effect: float
    sd: float | None = None
    mean: float | None = None
    binary: bool = False
    design_effect: float = 1.0

    @property
    def standardized(self) -> float | None:
        """Effect size: Cohen's h of two proportions, else d; None when it is not known."""
        if not math.isfinite(self.effect) or self.effect == 0:
            return None
        if self.binary and self.mean is not None and 0 < self.mean < 1:
            from statsmodels.stats.proportion import proportion_effectsize

            risk = min(max(self.mean + self.effect, 1e-4), 1 - 1e-4)
            return abs(float(proportion_effectsize(risk, self.mean)))
        if self.sd is None or not math.isfinite(self.sd) or self.sd <= 0:
            return None
        return abs(self.effect) / self.sd


def per_arm(needs: Needs, inflation: float = 1.0) -> int | None:
    """Units needed per arm.

    Args:
        needs: Effect and outcome.
        inflation: Factor of the design: 1 for a plain trial, 1 / compliance² for an
            encouragement, 1 − ρ² with a covariate that correlates by ρ with the outcome.

    Returns:
        The number, rounded up; None when the effect is zero or the spread is not known.
    """
    size = needs.standardized
    if size is None or size <= 0:
        return None
    from statsmodels.stats.power import NormalIndPower, TTestIndPower

    solver = NormalIndPower() if needs.binary and needs.mean is not None else TTestIndPower()
    n = float(solver.solve_power(effect_size=min(size, _LARGEST), alpha=ALPHA, power=POWER))
    return math.ceil(n * inflation * needs.design_effect)
