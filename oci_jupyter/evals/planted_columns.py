"""Faults of roles: a column that is missing, or that is not what the plan takes it for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .planted_data import (
    OUTCOME,
    PLACEBO,
    draw_people,
    late_truth,
    live,
    prognosis,
)
from .planted_world import Planted, plan_of

#: Effect of the treatment on the mediator, in its standard deviations, and of that on the outcome.
_ON_MEDIATOR, _OF_MEDIATOR = 1.0, 0.8


def hidden(
    on_treatment: float, on_outcome: float, on_placebo: float
) -> Callable[[int, int, bool], Planted]:
    """An unmeasured confounder of a given strength.

    Args:
        on_treatment: Log odds of treatment per standard deviation of it.
        on_outcome: Outcome per standard deviation.
        on_placebo: Placebo outcome per standard deviation, in standard deviations of its noise.
    """

    def build(seed: int, n: int, planted: bool) -> Planted:
        people = draw_people(seed, n)
        u = people.extra[:, 0]
        world = live(
            people,
            logit=on_treatment * u if planted else 0.0,
            outcome=on_outcome * u,
            placebo=on_placebo * u,
        )
        return Planted(world.frame, plan_of(), world.truth)

    return build


def unplanned(seed: int, n: int, planted: bool) -> Planted:
    """A measured confounder that the plan does not name."""
    people = draw_people(seed, n)
    u = people.extra[:, 0]
    world = live(people, logit=0.8 * u if planted else 0.0, outcome=0.8 * u)
    frame = world.frame.assign(literacy=np.round(100 + 15 * u, 0))
    return Planted(frame, plan_of(), world.truth)


def mediator(seed: int, n: int, planted: bool) -> Planted:
    """Driven by the treatment alone; the twin drives the treatment."""
    return _mediator(seed, n, planted, "index_b", 0.0)


def mediator_hard(seed: int, n: int, planted: bool) -> Planted:
    """Driven by treatment and confounders."""
    return _mediator(seed, n, planted, "index_b", 0.5)


def mediator_named(seed: int, n: int, planted: bool) -> Planted:
    """Driven by treatment and confounders, under a name that says when it was measured."""
    name = "visits_during_followup" if planted else "visits_last_year"
    return _mediator(seed, n, planted, name, 0.5)


def _mediator(seed: int, n: int, planted: bool, name: str, confounded: float) -> Planted:
    people = draw_people(seed, n)
    own = confounded * (people.z["severity"] + 0.8 * people.z["age"]) + people.extra[:, 0]
    logit = 0.0 if planted else 1.0 * people.extra[:, 0]
    world = live(people, logit=logit, outcome=_OF_MEDIATOR * own)
    value = own
    if planted:
        value = own + _ON_MEDIATOR * world.d
        world.frame[OUTCOME] += _OF_MEDIATOR * _ON_MEDIATOR * world.d
        late_truth(world, world.tau + _OF_MEDIATOR * _ON_MEDIATOR)
    frame = world.frame.assign(**{name: np.round(value, 3)})
    return Planted(frame, plan_of(name), world.truth)


def collider(seed: int, n: int, planted: bool) -> Planted:
    """Driven by treatment and outcome, under a neutral name."""
    return _collider(seed, n, planted, "index_c")


def collider_named(seed: int, n: int, planted: bool) -> Planted:
    """Driven by treatment and outcome, under a name that says when it was measured."""
    return _collider(seed, n, planted, "rating_after" if planted else "rating_before")


def _collider(seed: int, n: int, planted: bool, name: str) -> Planted:
    people = draw_people(seed, n)
    own = people.extra[:, 0]
    if planted:
        world = live(people)
        value = 0.8 * world.d + 0.5 * world.frame[OUTCOME].to_numpy() + own
    else:
        world = live(people, logit=0.6 * own, outcome=0.5 * own)
        value = own + 0.3 * people.z["severity"]
    frame = world.frame.assign(**{name: np.round(value, 3)})
    return Planted(frame, plan_of(name), world.truth)


def outcome_leak(seed: int, n: int, planted: bool) -> Planted:
    """The outcome again, with a little noise."""
    people = draw_people(seed, n)
    world = live(people)
    y = world.frame[OUTCOME].to_numpy()
    known = y if planted else prognosis(people)
    value = known + (0.1 if planted else 0.6) * y.std() * people.extra[:, 0]
    return Planted(world.frame.assign(index_d=np.round(value, 3)), plan_of("index_d"), world.truth)


def instrument(seed: int, n: int, planted: bool) -> Planted:
    """Drives the treatment and nothing else."""
    people = draw_people(seed, n)
    far = people.extra[:, 0]
    world = live(people, logit=-1.2 * far, outcome=0.0 if planted else 0.8 * far)
    frame = world.frame.assign(distance_km=np.round(12 * np.exp(0.5 * far), 1))
    return Planted(frame, plan_of("distance_km"), world.truth)


def positivity_hole(seed: int, n: int, planted: bool) -> Planted:
    """The oldest quarter is never treated."""
    people = draw_people(seed, n)
    old = people.frame["age"] >= people.frame["age"].quantile(0.75)
    world = live(people, logit=np.where(old, -20.0, 0.0) if planted else 0.0)
    return Planted(world.frame, plan_of(), world.truth)


def placebo_named(seed: int, n: int, planted: bool) -> Planted:
    """The placebo outcome is measured after the treatment, and its name says so."""
    return _placebo(seed, n, planted, "mobility_after" if planted else PLACEBO)


def placebo_neutral(seed: int, n: int, planted: bool) -> Planted:
    """The placebo outcome is measured after the treatment, and nothing says so."""
    return _placebo(seed, n, planted, "index_e")


def _placebo(seed: int, n: int, planted: bool, name: str) -> Planted:
    people = draw_people(seed, n)
    world = live(people)
    frame = world.frame.rename(columns={PLACEBO: name})
    if planted:
        frame[name] += 0.4 * frame[name].std() * world.d
    return Planted(frame, plan_of(placebo_outcomes=[name]), world.truth)
