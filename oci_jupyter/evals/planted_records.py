"""Faults of records: dates, clusters, copies, codes, gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .planted_data import (
    OUTCOME,
    TREATMENT,
    People,
    World,
    draw_people,
    late_truth,
    live,
    logit_of,
    prognosis,
)
from .planted_world import Planted, plan_of

#: Months of follow-up, and days of a month.
_FOLLOW_UP, _MONTH = 36.0, 30.4
_VILLAGE = 20


def _dates(days: np.ndarray) -> pd.Series:
    """Days since the start of 2020 as dates; NaN as no date."""
    return pd.Timestamp("2020-01-01") + pd.to_timedelta(pd.Series(np.round(days)), unit="D")


def treated_late(seed: int, n: int, planted: bool) -> Planted:
    """A treatment without effect that begins months after entry: one has to live to get it."""
    people = draw_people(seed, n)
    entry = 365 * np.random.default_rng([seed, 5]).random(n)
    event = 24 * np.exp(-0.4 * prognosis(people) + 0.8 * people.noise)
    wait = 5 * np.exp(0.7 * people.extra[:, 0]) if planted else np.zeros(n)
    e = 1 / (1 + np.exp(-(logit_of(people) + (0.4 if planted else 0.0))))
    d = ((people.uniform < e) & (wait < np.minimum(event, _FOLLOW_UP))).astype(int)
    world = World(frame=live(people).frame.drop(columns=OUTCOME), e=e, d=d, tau=np.zeros(n))
    frame = world.frame.assign(
        **{
            TREATMENT: d,
            "months_event_free": np.round(np.minimum(event, _FOLLOW_UP), 2),
            "entry_date": _dates(entry),
            "program_start": _dates(np.where(d == 1, entry + _MONTH * wait, np.nan)),
        }
    )
    plan = plan_of(
        outcome="months_event_free",
        question="Does the program keep patients free of a fall for longer?",
        time_zero="The first visit (`entry_date`).",
        follow_up="36 months from `entry_date`.",
    )
    return Planted(frame, plan, world.truth)


def treatment_after_outcome(seed: int, n: int, planted: bool) -> Planted:
    """For some of the treated the outcome was measured before the treatment began."""
    people = draw_people(seed, n)
    world = live(people)
    rng = np.random.default_rng([seed, 6])
    entry, late = 365 * rng.random(n), rng.random(n) < 0.4
    start = entry
    if planted:
        start = np.where(late, entry + 190 + 60 * rng.random(n), start)
        world.frame.loc[late, OUTCOME] -= (world.tau * world.d)[late]
    frame = world.frame.assign(
        entry_date=_dates(entry),
        program_start=_dates(np.where(world.d == 1, start, np.nan)),
        score_date=_dates(entry + 180),
    )
    return Planted(frame, plan_of(time_zero="The first visit (`entry_date`)."), world.truth)


def clusters(seed: int, n: int, planted: bool) -> Planted:
    """Whole villages are treated and share what else happens to them."""
    people = draw_people(seed, n)
    village = np.arange(n) // _VILLAGE
    rng = np.random.default_rng([seed, 7])
    shared, chance = rng.normal(size=village.max() + 1), rng.random(village.max() + 1)
    # Villages are of a kind: the sicker ones are treated more often.
    order = np.argsort(people.z["severity"] + 1.5 * people.extra[:, 1], kind="stable")
    people = _reordered(people, order)
    mean = pd.Series(logit_of(people)).groupby(village).transform("mean").to_numpy()
    e = 1 / (1 + np.exp(-1.2 * mean))
    d = (chance[village] < e).astype(int)
    world = live(people, outcome=0.8 * shared[village])
    frame = world.frame.assign(**{TREATMENT: d, "village": [f"v{v:03d}" for v in village]})
    frame[OUTCOME] += world.tau * (d - world.d)
    world.e, world.d = e, d
    late_truth(world, world.tau)
    return Planted(frame, plan_of(cluster="" if planted else "village"), world.truth)


def _reordered(people: People, order: np.ndarray) -> People:
    return People(
        frame=people.frame.iloc[order].reset_index(drop=True),
        z={k: v[order] for k, v in people.z.items()},
        uniform=people.uniform[order],
        noise=people.noise[order],
        placebo_noise=people.placebo_noise[order],
        extra=people.extra[order],
    )


def duplicated(seed: int, n: int, planted: bool) -> Planted:
    """Some rows are in the table twice."""
    world = live(draw_people(seed, n))
    frame = world.frame
    if planted:
        rng = np.random.default_rng([seed, 8])
        twice = frame.iloc[rng.choice(n, size=int(0.15 * n), replace=False)]
        frame = pd.concat([frame, twice]).sample(frac=1, random_state=seed).reset_index(drop=True)
    return Planted(frame, plan_of(), world.truth)


def reversed_level(seed: int, n: int, planted: bool) -> Planted:
    """The plan counts the wrong level as treated."""
    world = live(draw_people(seed, n))
    frame = world.frame.drop(columns=TREATMENT)
    frame["arm"] = np.where(world.d == 1, "program", "control")
    plan = plan_of(treatment="arm", treated="control" if planted else "program")
    return Planted(frame, plan, world.truth)


def reversed_dose(seed: int, n: int, planted: bool) -> Planted:
    """The treatment's code is the wrong way round, as a count of doses shows."""
    people = draw_people(seed, n)
    world = live(people)
    sessions = np.clip(np.round(12 + 4 * people.extra[:, 0]), 1, 24) * world.d
    frame = world.frame.assign(
        **{TREATMENT: 1 - world.d if planted else world.d, "sessions": sessions.astype(int)}
    )
    return Planted(frame, plan_of(), world.truth)


def outcome_missing(seed: int, n: int, planted: bool) -> Planted:
    """Outcomes are missing, more often for the treated who fare badly."""
    people = draw_people(seed, n)
    world = live(people)
    y, chance = world.frame[OUTCOME], np.random.default_rng([seed, 9]).random(n)
    # Higher is worse for a score of complaints: those are the ones who leave.
    rank = y.rank(pct=True).to_numpy()
    share = np.where(world.d == 1, 0.6 * rank, 0.05) if planted else np.full(n, 0.15)
    frame = world.frame.assign(**{OUTCOME: y.mask(chance < share)})
    return Planted(frame, plan_of(), world.truth)
