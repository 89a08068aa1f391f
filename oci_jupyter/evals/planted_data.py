"""The people of the planted faults: who they are, who is treated, what comes of it.

Everything random about a seed is drawn before anything else happens, so a fault and its clean
twin share every draw and differ in the fault alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

#: The plan's usual roles.
TREATMENT, OUTCOME, PLACEBO = "program", "score", "mobility_before"
CONFOUNDERS = [
    "age",
    "sex",
    "region",
    "income",
    "severity",
    "smoker",
    "visits_before",
    "score_before",
]
#: Average effect of the program; it grows with severity by `SLOPE` per standard deviation.
EFFECT, SLOPE = 1.0, 0.3
#: Confounders of which the truth is made, standardized.
_DRIVERS = ("age", "severity", "income", "before")


@dataclass(frozen=True)
class People:
    """Units before treatment, with the draws that decide what happens to them.

    Attributes:
        frame: Columns of `CONFOUNDERS`, shape (n, 8).
        z: Standardized drivers by name, shape (n,) each.
        uniform: Decides treatment: treated where it is below the propensity.
        noise: Of the outcome, standard normal.
        placebo_noise: Of the placebo outcome, standard normal.
        extra: Standard normal draws for what a fault needs, shape (n, 4).
    """

    frame: pd.DataFrame
    z: dict[str, np.ndarray]
    uniform: np.ndarray
    noise: np.ndarray
    placebo_noise: np.ndarray
    extra: np.ndarray

    @property
    def n(self) -> int:
        return len(self.frame)


def draw_people(seed: int, n: int) -> People:
    """Patients of a clinic: correlated covariates of mixed kinds.

    Args:
        seed: Of everything random.
        n: Units.
    """
    rng = np.random.default_rng([seed, 4])
    health, wealth = rng.normal(size=(2, n))
    age = 0.6 * health + 0.8 * rng.normal(size=n)
    severity = 0.6 * health + 0.3 * age + 0.7 * rng.normal(size=n)
    income = 0.7 * wealth - 0.2 * health + 0.7 * rng.normal(size=n)
    before = 0.5 * severity - 0.4 * income + 0.8 * rng.normal(size=n)
    female = rng.random(n) < 0.52
    region = rng.choice(["north", "east", "south", "west"], size=n, p=[0.35, 0.25, 0.25, 0.15])
    smoker = rng.random(n) < 1 / (1 + np.exp(0.9 - 0.5 * health + 0.4 * wealth))
    visits = rng.poisson(np.exp(0.6 + 0.35 * np.clip(severity, -3, 3)))
    frame = pd.DataFrame(
        {
            "age": np.clip(np.round(52 + 13 * age), 18, 95).astype(int),
            "sex": np.where(female, "female", "male"),
            "region": region,
            "income": np.round(np.exp(10.2 + 0.45 * income), -2),
            "severity": np.round(50 + 12 * severity, 1),
            "smoker": smoker.astype(int),
            "visits_before": visits,
            "score_before": np.round(60 - 8 * before, 1),
        }
    )
    z = dict(zip(_DRIVERS, (age, severity, income, before), strict=True))
    z["smoker"] = smoker.astype(float)
    z["south"] = (region == "south").astype(float)
    return People(
        frame=frame,
        z={k: v - v.mean() for k, v in z.items()},
        uniform=rng.random(n),
        noise=rng.normal(size=n),
        placebo_noise=rng.normal(size=n),
        extra=rng.normal(size=(n, 4)),
    )


@dataclass
class World:
    """What happened to the people.

    Attributes:
        frame: As the analyst gets it.
        e: Each unit's true propensity, shape (n,).
        d: Treatment 0/1, shape (n,).
        tau: Each unit's effect, shape (n,).
    """

    frame: pd.DataFrame
    e: np.ndarray
    d: np.ndarray
    tau: np.ndarray
    truth: dict[str, float] = field(init=False)

    def __post_init__(self) -> None:
        self.truth = truths(self.e, self.d, self.tau)


def logit_of(people: People) -> np.ndarray:
    """Log odds of treatment by the planned confounders."""
    z = people.z
    return np.asarray(
        -0.2
        + 0.5 * z["severity"]
        - 0.25 * z["income"]
        + 0.25 * z["before"]
        + 0.3 * z["smoker"]
        - 0.3 * z["south"]
    )


def prognosis(people: People) -> np.ndarray:
    """Outcome that the planned confounders lead to, without treatment or noise."""
    z = people.z
    return np.asarray(
        0.5 * z["age"]
        + 0.7 * z["severity"]
        - 0.4 * z["income"]
        + 0.5 * z["before"]
        + 0.4 * z["smoker"]
        + 0.3 * z["severity"] * z["age"]
    )


def live(
    people: People,
    *,
    logit: np.ndarray | float = 0.0,
    outcome: np.ndarray | float = 0.0,
    placebo: np.ndarray | float = 0.0,
    scale: float = 1.0,
) -> World:
    """Assign the treatment and let its effect come about.

    Args:
        people: The units.
        logit: Added to the log odds of treatment, shape (n,).
        outcome: Added to the outcome, shape (n,).
        placebo: Added to the placebo outcome, shape (n,).
        scale: Multiplies the log odds that the planned confounders give.
    """
    e = 1 / (1 + np.exp(-(scale * logit_of(people) + logit)))
    d = (people.uniform < e).astype(int)
    tau = EFFECT + SLOPE * people.z["severity"]
    y = prognosis(people) + outcome + tau * d + people.noise
    before = 0.4 * people.z["age"] + 0.6 * people.z["severity"] + 0.3 * people.z["before"]
    frame = people.frame.assign(
        **{
            PLACEBO: np.round(20 - 3 * (before + placebo + people.placebo_noise), 2),
            TREATMENT: d,
            OUTCOME: y,
        }
    )
    return World(frame=frame, e=e, d=d, tau=tau)


def truths(e: np.ndarray, d: np.ndarray, tau: np.ndarray) -> dict[str, float]:
    """True effects in the units at hand.

    Args:
        e: True propensities, shape (n,).
        d: Treatment 0/1, shape (n,).
        tau: Unit effects, shape (n,).

    Returns:
        By estimand: ATE, ATT, ATO, and the ATE and ATT of the units with a true propensity in
        [0.1, 0.9] as `trimmed ATE` and `trimmed ATT`.
    """
    kept = (e >= 0.1) & (e <= 0.9)
    return {
        "ATE": float(tau.mean()),
        "ATT": float(tau[d == 1].mean()),
        "ATO": float(np.average(tau, weights=e * (1 - e))) if (e * (1 - e)).any() else np.nan,
        "trimmed ATE": float(tau[kept].mean()),
        "trimmed ATT": float(tau[kept & (d == 1)].mean()),
    }


def late_truth(world: World, effect: np.ndarray) -> None:
    """Set other unit effects than the usual ones."""
    world.tau = effect
    world.truth = truths(world.e, world.d, effect)
