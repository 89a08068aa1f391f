"""Analyses with a planted fault, and their clean twins, with known truth.

A fault and its twin come from the same draws. The twin has what a sound analysis might well
have in the fault's place (a confounder where the fault has a mediator, say), so that an alarm
that always rings counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..contract import ContractError
from . import planted_columns as columns
from . import planted_records as records
from .planted_acts import (
    Acts,
    Hook,
    delete_sensitivity,
    drop_confounder,
    edit_bounds,
    edit_filter,
    edit_seed,
    edit_without_run,
    reject_placebo,
    rerun_study_only,
    trim,
    try_ten,
)
from .planted_data import draw_people, live
from .planted_world import Planted, plan_of

Build = Callable[[int, int, bool], Planted]


def baseline(seed: int, n: int, planted: bool) -> Planted:
    """A sound analysis; nothing is planted in the data."""
    world = live(draw_people(seed, n))
    return Planted(world.frame, plan_of(), world.truth)


def little_overlap(seed: int, n: int, planted: bool) -> Planted:
    """A sound analysis of a treatment that few were in doubt about; trimming is on offer."""
    world = live(draw_people(seed, n), scale=2.6)
    return Planted(world.frame, plan_of(), world.truth)


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
        name: Its name on the command line.
        title: What is wrong, in a few words.
        build: Makes the analysis, with the fault or without.
        codes: Findings that name it.
        detectable: Whether rules could name it at all, from data, names, dates and cells.
        why: What exactly is planted, and what the twin has in its place.
        checks: Checks whose failure names it as well.
        columns: Columns that a concern in words would name.
        words: Pattern of words that would name it; '' where columns say it.
        acts: What the principal does in the faulty analysis.
        twin_acts: What the principal does in the clean one.
        hook: What happens to the faulty analysis's spec.
        twin: Clean analyses are shared by the faults that name the same one; '' for its own.
    """

    name: str
    title: str
    build: Build
    codes: tuple[str, ...]
    why: str
    detectable: bool = True
    checks: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    words: str = ""
    acts: Acts | None = None
    twin_acts: Acts | None = None
    hook: Hook | None = None
    twin: str = ""

    def case(self, planted: bool) -> str:
        """Name of the analysis in the file of results."""
        return self.name if planted else f"clean:{self.twin or self.name}"


_HIDDEN = ("hidden_confounding",)
_POST = ("post_treatment_suspected", "mediator_suspected", "collider_suspected")

FAULTS: tuple[Fault, ...] = (
    Fault(
        "hidden_weak",
        "hidden confounder, weak",
        columns.hidden(0.25, 0.4, 0.3),
        _HIDDEN,
        "Unmeasured, log odds of treatment +0.25 per SD, outcome +0.4, placebo +0.3. The twin's "
        "drives outcome and placebo only. The placebo test has too little power for it.",
        detectable=False,
        checks=("placebo", "robustness_value"),
        words="unmeasured|unobserved|hidden",
    ),
    Fault(
        "hidden_medium",
        "hidden confounder, medium",
        columns.hidden(0.6, 0.8, 0.6),
        _HIDDEN,
        "As before: +0.6, +0.8, placebo +0.6.",
        checks=("placebo", "robustness_value"),
        words="unmeasured|unobserved|hidden",
    ),
    Fault(
        "hidden_strong",
        "hidden confounder, strong",
        columns.hidden(1.2, 1.5, 1.0),
        _HIDDEN,
        "As before: +1.2, +1.5, placebo +1.0.",
        checks=("placebo", "robustness_value"),
        words="unmeasured|unobserved|hidden",
    ),
    Fault(
        "hidden_silent",
        "hidden confounder, strong, placebo untouched",
        columns.hidden(1.2, 1.5, 0.0),
        _HIDDEN,
        "As the strong one, but the placebo outcome does not feel it: no rule can see it.",
        detectable=False,
        checks=("placebo", "robustness_value"),
        words="unmeasured|unobserved|hidden",
    ),
    Fault(
        "confounder_unplanned",
        "measured confounder left out of the plan",
        columns.unplanned,
        ("blind_spot",),
        "`literacy` drives treatment and outcome, is in the data, not in the plan. The twin's "
        "drives the outcome only.",
        columns=("literacy",),
    ),
    Fault(
        "mediator",
        "mediator as a control",
        columns.mediator,
        _POST,
        "`index_b`, a neutral name, driven by the treatment alone, drives the outcome; it is "
        "among the confounders. The twin's arrow runs from `index_b` to the treatment.",
        columns=("index_b",),
    ),
    Fault(
        "mediator_hard",
        "mediator as a control, driven by confounders too",
        columns.mediator_hard,
        _POST,
        "As before, but confounders drive `index_b` too: without names or dates nothing tells it "
        "from a confounder.",
        detectable=False,
        columns=("index_b",),
    ),
    Fault(
        "mediator_named",
        "mediator as a control, telling name",
        columns.mediator_named,
        _POST,
        "The hard one under the name `visits_during_followup`; the twin's is `visits_last_year`.",
        columns=("visits_during_followup",),
    ),
    Fault(
        "collider",
        "collider as a control, telling name",
        columns.collider_named,
        (*_POST, "outcome_leak"),
        "`rating_after`, driven by treatment and outcome, is among the confounders. The twin's "
        "`rating_before` drives both.",
        columns=("rating_after",),
    ),
    Fault(
        "collider_neutral",
        "collider as a control, neutral name",
        columns.collider,
        (*_POST, "outcome_leak"),
        "The same under the name `index_c`.",
        columns=("index_c",),
    ),
    Fault(
        "outcome_leak",
        "outcome among the confounders",
        columns.outcome_leak,
        ("outcome_leak",),
        "`index_d` is the outcome with 10 % noise. The twin's is a good prognosis from before.",
        columns=("index_d",),
    ),
    Fault(
        "instrument",
        "instrument as a confounder",
        columns.instrument,
        ("instrument_suspected",),
        "`distance_km` drives the treatment (log odds 1.2 per SD), nothing else. The twin's "
        "drives the outcome as well.",
        columns=("distance_km",),
    ),
    Fault(
        "positivity_hole",
        "nobody treated beyond an age",
        columns.positivity_hole,
        (),
        "The oldest quarter is never treated. In the twin age does not decide.",
        checks=("overlap_share_outside",),
        columns=("age",),
        twin="baseline",
        words="overlap|positivity",
    ),
    Fault(
        "treated_late",
        "treated late (immortal time)",
        records.treated_late,
        ("immortal_time", "treatment_time_varies"),
        "The treatment begins months after entry, and who has the event before is a control; it "
        "does nothing. In the twin it begins at entry.",
        columns=("program_start", "entry_date"),
        words="immortal",
    ),
    Fault(
        "treatment_after_outcome",
        "treatment dated after the outcome",
        records.treatment_after_outcome,
        ("treatment_after_outcome",),
        "For 40 % of the treated `program_start` is later than `score_date`. In the twin all begin "
        "on their `entry_date`.",
        columns=("program_start", "score_date"),
    ),
    Fault(
        "clusters_ignored",
        "clustered units ignored",
        records.clusters,
        ("clusters_ignored",),
        "Villages of 20 are treated as a whole and share their noise; the plan names no cluster. "
        "The twin's plan does.",
        columns=("village",),
        words="cluster",
    ),
    Fault(
        "rows_duplicated",
        "duplicated rows",
        records.duplicated,
        ("rows_duplicated",),
        "15 % of the rows are in the table twice. In the twin none.",
        twin="baseline",
        words="duplicat|twice",
    ),
    Fault(
        "treatment_reversed",
        "level named control counts as treated",
        records.reversed_level,
        ("treatment_coding_reversed",),
        "The plan says `treated: control`; the twin's says `treated: program`.",
        columns=("arm",),
        words="revers|coded|coding",
    ),
    Fault(
        "dose_reversed",
        "doses belong to the untreated",
        records.reversed_dose,
        ("treatment_coding_reversed",),
        "The treatment is coded 0 for who had `sessions`. The twin's is coded 1.",
        columns=("sessions",),
        words="revers|coded|coding",
    ),
    Fault(
        "placebo_after",
        "placebo outcome from after the treatment, telling name",
        columns.placebo_named,
        ("placebo_post_treatment",),
        "`mobility_after` is changed by the treatment by 0.4 SD. The twin has `mobility_before`.",
        columns=("mobility_after",),
        twin="baseline",
    ),
    Fault(
        "placebo_after_hard",
        "placebo outcome from after the treatment, neutral name",
        columns.placebo_neutral,
        ("placebo_post_treatment", "hidden_confounding"),
        "The same under the name `index_e`; that the placebo fails is all that can be said.",
        checks=("placebo",),
        columns=("index_e",),
    ),
    Fault(
        "outcome_missing",
        "missing outcomes depend on treatment",
        records.outcome_missing,
        ("outcome_missing_differs",),
        "Of the treated 30 % have no outcome, the worst off above all; of the controls 5 %. In "
        "the twin 15 % of all, at random.",
        words="missing|attrition|drop.?out",
    ),
    Fault(
        "spec_drops",
        "spec drops a planned confounder",
        baseline,
        ("spec_differs_from_plan",),
        "`severity` is in the plan, not in the spec.",
        columns=("severity",),
        hook=drop_confounder,
        twin="baseline",
    ),
    Fault(
        "edited_bounds",
        "trimming bounds edited by hand",
        little_overlap,
        ("cell_edited", "run_differs_from_spec"),
        "After trimming to [0.1, 0.9] the cell is changed to [0.02, 0.98] and all is run again. "
        "The twin stays at what was agreed.",
        acts=edit_bounds,
        twin_acts=trim,
        words="edited|by hand",
    ),
    Fault(
        "edited_seed",
        "seed edited by hand",
        baseline,
        ("cell_edited", "run_differs_from_spec"),
        "`seed=7` becomes `seed=1234`, and all is run again.",
        acts=edit_seed,
        twin="baseline",
        words="edited|by hand",
    ),
    Fault(
        "edited_filter",
        "rows filtered by hand",
        baseline,
        ("cell_edited", "run_differs_from_spec"),
        'The study is declared on `df[df["age"] >= 45]`, and all is run again.',
        acts=edit_filter,
        twin="baseline",
        words="edited|by hand",
    ),
    Fault(
        "edited_not_run",
        "cell edited, output as before",
        baseline,
        ("results_older", "cell_edited"),
        "The estimate's cell is changed and not run.",
        acts=edit_without_run,
        twin="baseline",
        words="edited|by hand|older|stale",
    ),
    Fault(
        "results_older",
        "results older than their study",
        baseline,
        ("results_older",),
        "Rows are dropped and the study is declared anew; the diagnostics are not run again.",
        acts=rerun_study_only,
        twin="baseline",
        words="older|stale|out of date",
    ),
    Fault(
        "ten_specs",
        "ten specs tried, one shown",
        baseline,
        ("many_specifications",),
        "Ten other sets of confounders are estimated in the kernel before the one that is shown.",
        acts=try_ten,
        twin="baseline",
        words="specifications|forking|multiple",
    ),
    Fault(
        "placebo_rejected",
        "a failing placebo test rejected",
        columns.hidden(1.2, 1.5, 1.0),
        ("step_rejected",),
        "The strong hidden confounder, and the placebo's step is rejected. The twin has neither.",
        acts=reject_placebo,
        twin="hidden_strong",
        words="reject",
    ),
    Fault(
        "sensitivity_deleted",
        "sensitivity analysis deleted",
        baseline,
        ("step_missing", "results_older"),
        "The cell is deleted after the run.",
        acts=delete_sensitivity,
        twin="baseline",
        words="deleted|missing",
    ),
)
BY_NAME = {fault.name: fault for fault in FAULTS}


def choose(names: str | None) -> list[Fault]:
    """The faults that a list of names asks for.

    Args:
        names: Separated by commas; None means all.

    Raises:
        ContractError: `faults_unknown`.
    """
    if names is None:
        return list(FAULTS)
    asked = list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    unknown = [name for name in asked if name not in BY_NAME]
    if unknown or not asked:
        raise ContractError.of(
            "faults_unknown",
            f"`{', '.join(unknown) or names}` in --faults is not a fault.",
            f"Known: {', '.join(BY_NAME)}.",
            field="faults",
            value=names,
        )
    return [BY_NAME[name] for name in asked]
