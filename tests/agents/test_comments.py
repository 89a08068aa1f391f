"""Comments: what each asks for, what is refused, and that no words lead to an unsound spec."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_data import ScriptedModel, column, flag, number, profile, text

from oci_jupyter.agents.language_model import ModelFailure
from oci_jupyter.agents.proposals import propose
from oci_jupyter.agents.spec_diff import diff
from oci_jupyter.contract import DataProfile, Problem, Proposal, RowFilter, Spec, Trim

DATA = profile(
    flag("treat"),
    column("age"),
    column("educ", n_unique=19),
    flag("black"),
    flag("female"),
    flag("married"),
    text("region", "north", "south", "west"),
    column("household_id", n_unique=300),
    number("w"),
    number("re74"),
    number("re75"),
    number("re78"),
    number("Y2"),
    column("hours_worked"),
)
SPEC = Spec(
    data="df",
    treatment="treat",
    outcome="re78",
    confounders=["age", "educ", "re75"],
    placebo_outcomes=["re75"],
    estimands=["ATE", "ATT", "ATO"],
    study_name="study",
)


def proposal(
    comment: str,
    spec: Spec = SPEC,
    data: DataProfile = DATA,
    model=None,
    kernel: list[Problem] | None = None,
) -> Proposal:
    async def probe(roles: Spec) -> DataProfile:
        problems = [] if roles == spec else list(kernel or [])
        return data.model_copy(update={"problems": problems})

    return asyncio.run(propose(comment, spec, probe, model))


def changes(comment: str, spec: Spec = SPEC, **more) -> dict[str, tuple[str, str]]:
    found = proposal(comment, spec, **more)
    assert found.spec is not None, found.problems
    return {c.field: (c.before, c.after) for c in found.changes}


CONFOUNDERS = "age, educ, re75"


@pytest.mark.parametrize(
    ("comment", "field", "after"),
    [
        ("use re74 as placebo", "placebo_outcomes", "re75, re74"),
        ("Please use re74 as a placebo outcome.", "placebo_outcomes", "re75, re74"),
        ("add placebo re74", "placebo_outcomes", "re75, re74"),
        ("re74 is a negative control", "placebo_outcomes", "re75, re74"),
        ("placebo: re74", "placebo_outcomes", "re74"),
        ("don't use re75 as placebo", "placebo_outcomes", "none"),
        ("use `hours worked` as placebo", "placebo_outcomes", "re75, hours_worked"),
        ("add confounder black", "confounders", f"{CONFOUNDERS}, black"),
        ("add black and married as confounders", "confounders", f"{CONFOUNDERS}, black, married"),
        ("add black", "confounders", f"{CONFOUNDERS}, black"),
        ("control for black", "confounders", f"{CONFOUNDERS}, black"),
        ("you should also adjust for black too", "confounders", f"{CONFOUNDERS}, black"),
        ("black is a confounder", "confounders", f"{CONFOUNDERS}, black"),
        ("remove confounder educ", "confounders", "age, re75"),
        ("drop the confounder educ", "confounders", "age, re75"),
        ("drop educ", "confounders", "age, re75"),
        ("don't control for educ", "confounders", "age, re75"),
        ("do not adjust for educ and age", "confounders", "re75"),
        ("educ is a mediator", "confounders", "age, re75"),
        ("educ is not a confounder", "confounders", "age, re75"),
        ("only control for age", "confounders", "age"),
        ("the confounders are age and black", "confounders", "age, black"),
        ("drop people over 55", "keep", "age <= 55"),
        ("exclude everyone older than 55", "keep", "age <= 55"),
        ("Leave out people aged 56 or more!", "keep", "age < 56"),
        ("only women", "keep", "female == 1"),
        ("only keep the women", "keep", "female == 1"),
        ("exclude men", "keep", "female != 0"),
        ("age < 55 only", "keep", "age < 55"),
        ("age < 55", "keep", "age < 55"),
        ("keep region = 'north'", "keep", 'region == "north"'),
        ("drop the north", "keep", 'region != "north"'),
        ("exclude region north", "keep", 'region != "north"'),
        ("only people in the South", "keep", 'region == "south"'),
        ("only those with more than 10 hours worked", "keep", "hours_worked > 10"),
        ("remove anyone with re74 above 20,000", "keep", "re74 <= 20000"),
        ("restrict to people between 25 and 55", "keep", "age >= 25, age <= 55"),
        ("the unit is household", "cluster", "household_id"),
        ("the unit of analysis is the household", "cluster", "household_id"),
        ("cluster by household", "cluster", "household_id"),
        ("cluster the standard errors at the household level", "cluster", "household_id"),
        ("weight by w", "weights", "w"),
        ("use w as sampling weights", "weights", "w"),
        ("trim at 0.05", "trim", "propensity within [0.05, 0.95]"),
        ("trim at 5%", "trim", "propensity within [0.05, 0.95]"),
        ("trim to 0.1–0.9", "trim", "propensity within [0.1, 0.9]"),
        ("trim to [0.2, 0.9]", "trim", "propensity within [0.2, 0.9]"),
        ("only the ATT", "estimands", "ATT"),
        ("just estimate the effect on the treated", "estimands", "ATT"),
        ("drop the ATO", "estimands", "ATE, ATT"),
        ("use the lean models", "learner", "lean (boosting alone)"),
        ("use quick models please", "learner", "lean (boosting alone)"),
        ("seed 11", "seed", "11"),
        ("set the seed to 11", "seed", "11"),
        ("outcome is Y2", "outcome", "Y2"),
        ("use Y2 as the outcome", "outcome", "Y2"),
        ("treated is '0'", "treated", "0"),
        ("treated is 0", "treated", "0"),
        ("don't use econml", "tools", "doubleml"),
    ],
)
def test_what_a_comment_asks_for(comment: str, field: str, after: str) -> None:
    found = changes(comment)
    assert found[field][1] == after
    allowed = {field, "estimands"} if field == "trim" else {field}
    assert set(found) <= allowed


def test_several_wishes_in_one_comment() -> None:
    found = changes("Drop people over 55, use re74 as placebo and cluster by household. Seed 3.")
    assert {k: v[1] for k, v in found.items()} == {
        "keep": "age <= 55",
        "placebo_outcomes": "re75, re74",
        "cluster": "household_id",
        "seed": "3",
    }


@pytest.mark.parametrize(
    ("comment", "code", "said"),
    [
        ("use re99 as placebo", "column_missing", "re99"),
        ("control for motivation", "column_missing", "motivation"),
        ("cluster by village", "column_missing", "village"),
        ("outcome is treat", "treatment_is_outcome", "treat"),
        ("control for re78", "outcome_in_confounders", "re78"),
        ("use treat as placebo", "placebo_is_treatment", "treat"),
        ("weight by re78", "weights_is_outcome", "re78"),
        ("drop age, educ and re75", "confounders_empty", "No confounder"),
        ("drop the ATE, ATT and ATO", "estimands_empty", "No estimand"),
        ("only the LATE", "estimand_unknown", "LATE"),
        ("use dowhy", "tool_unknown", "dowhy"),
        ("don't use doubleml", "tool_needed", "doubleml"),
        ("remove confounder black", "not_there", "black"),
        ("keep region = 'nort'", "condition_value", "nort"),
        ("drop people over 55 and use re99 as placebo", "column_missing", "re99"),
        ("treated is maybe", "treated_unknown", "maybe"),
        ("trim to 0.6-0.9", "trim_bounds", "0.6"),
        ("control for age", "comment_no_change", "already"),
        ("make it better", "comment_unread", "make it better"),
        ("add black and do something nice", "comment_unread", "do something nice"),
        ("trim at 0.1 and control for black", "trim_alone", "confounders"),
        ("__import__('os').system('ls')", "comment_unread", "system"),
    ],
)
def test_refusals(comment: str, code: str, said: str) -> None:
    found = proposal(comment)
    assert found.spec is None
    assert code in {p.code for p in found.problems}
    assert any(said in p.message for p in found.problems)


def test_people_over_55_where_no_column_or_several_hold_the_age() -> None:
    assert (
        "No column looks like"
        in proposal("drop people over 55", data=_without("age")).problems[0].message
    )
    two = profile(*DATA.columns, column("age_mother"))
    problem = proposal("drop people over 55", data=two).problems[0]
    assert problem.code == "column_ambiguous"
    assert "`age`, `age_mother`" in problem.fix


def _without(name: str) -> DataProfile:
    return profile(*(c for c in DATA.columns if c.name != name))


def test_a_tool_that_the_plan_does_not_permit_is_refused() -> None:
    spec = SPEC.model_copy(update={"tools": ["doubleml"]})
    found = proposal("use econml", spec)
    assert found.spec is None
    assert found.problems[0].code == "tool_not_permitted"
    assert "Add it to `tools` in the plan" in found.problems[0].fix


def test_the_next_spec_is_a_fresh_study_that_names_the_comment() -> None:
    spec = proposal("drop people over 55").spec
    assert spec is not None
    assert (spec.iteration, spec.study_name, spec.parent_study) == (2, "study_2", None)
    assert (spec.comment, spec.remedy) == ("drop people over 55", None)
    assert spec.keep == [RowFilter(column="age", op="<=", value=55)]
    assert "Changed on the principal's comment: rows in the study: all rows → age <= 55." in (
        spec.assumptions
    )


def test_trimming_goes_on_from_the_study_at_hand() -> None:
    found = proposal("trim at 0.1")
    assert found.spec is not None
    assert (found.spec.parent_study, found.spec.remedy) == ("study", "trim:comment")
    assert found.spec.estimands == ["ATE", "ATT"]
    assert "trimmed ATE [0.1, 0.9]" in found.summary
    assert {c.field for c in found.changes} == {"trim", "estimands"}


def test_a_change_of_a_trimmed_study_says_that_the_trimming_is_undone() -> None:
    trimmed = SPEC.model_copy(update={"trim": Trim(low=0.1, high=0.9), "iteration": 2})
    found = proposal("control for black", trimmed)
    assert found.spec is not None
    assert found.spec.trim is None
    assert "trim" in {c.field for c in found.changes}
    assert "The trimming is undone" in found.summary
    only = proposal("only the ATT", trimmed)
    assert only.spec is not None
    assert only.spec.trim == trimmed.trim
    assert (only.spec.remedy, only.spec.parent_study) == ("switch_estimand:comment", "study")


def test_the_kernel_has_the_last_word() -> None:
    fault = Problem(code="too_few_rows", message="Only 3 rows are left.", field="data")
    found = proposal("drop people over 55", kernel=[fault])
    assert found.spec is None
    assert found.problems == [fault]
    assert found.changes


def test_a_warning_of_the_kernel_becomes_an_assumption() -> None:
    warning = Problem(code="x", message="The outcome is missing in 3 rows.", severity="warning")
    found = proposal("drop people over 55", kernel=[warning])
    assert found.spec is not None
    assert "The outcome is missing in 3 rows." in found.spec.assumptions


# --- with a language model ------------------------------------------------------------------------


def edits(*claims: tuple[str, str, list[str]], unclear: str = "") -> ScriptedModel:
    said = [{"field": f, "op": op, "value": v} for f, op, v in claims]
    return ScriptedModel({"edits": said, "unclear": unclear})


def test_the_model_is_asked_only_about_what_the_rules_do_not_understand() -> None:
    model = edits(("keep", "add", ["age <= 55"]))
    assert proposal("drop people over 55", model=model).by == "rules"
    assert model.asked == []
    found = proposal("the elderly have no place in this", model=model)
    assert found.by == "model"
    assert found.spec is not None
    assert found.spec.keep == [RowFilter(column="age", op="<=", value=55)]
    task, values = model.asked[0]
    assert task == "read-comment"
    assert "north" not in str(values)


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        (("confounders", "add", ["iq"]), "column_missing"),
        (("confounders", "add", ["Black"]), "column_missing"),
        (("confounders", "remove", ["age", "educ", "re75"]), "confounders_empty"),
        (("outcome", "set", ["treat"]), "treatment_is_outcome"),
        (("tools", "add", ["subprocess"]), "tool_unknown"),
        (("keep", "add", ["os.system('x')"]), "condition_unreadable"),
        (("trim", "set", ["0.7", "0.2"]), "trim_bounds"),
        (("thresholds", "set", ["0.9"]), "field_unknown"),
        (("study_name", "set", ["x"]), "field_unknown"),
        (("parent_study", "set", ["x; import os"]), "field_unknown"),
        (("seed", "set", ["many"]), "seed_unreadable"),
        (("folds", "set", ["900"]), "spec_value"),
        (("learner", "set", ["gpt"]), "learner_unknown"),
        (("treatment", "remove", []), "field_needed"),
    ],
)
def test_what_a_model_may_not_change(claim: tuple[str, str, list[str]], code: str) -> None:
    found = proposal("do as you see fit", model=edits(claim))
    assert found.spec is None
    assert code in {p.code for p in found.problems}


def test_a_failing_model_leaves_it_to_the_rules_and_says_so() -> None:
    failing = ScriptedModel(ModelFailure("unreachable", "Nobody answers at localhost."))
    found = proposal("do as you see fit", model=failing)
    assert (found.by, found.spec) == ("rules", None)
    assert {p.code for p in found.problems} == {"comment_unread", "model_failed"}


# --- whatever comes -----------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "use",
        "re74",
        "as",
        "placebo",
        "drop",
        "keep",
        "only",
        "people",
        "over",
        "under",
        "55",
        "control",
        "for",
        "don't",
        "the",
        "ATT",
        "and",
        ",",
        ".",
        "trim",
        "at",
        "0.1",
        "to",
        "0.9",
        "is",
        "household",
        "cluster",
        "by",
        "weight",
        "w",
        "`iq`",
        "re78",
        "treat",
        "=",
        "==",
        "<",
        "'north'",
        "seed",
        "outcome",
        "treated",
        "women",
        "not",
        "econml",
        "dowhy",
        "lean",
        "models",
        "⟦1⟧",
        "\n",
        "add",
        "remove",
        "confounder",
    ]
)
WORDS = st.one_of(st.text(min_size=1, max_size=200), st.lists(PIECES, max_size=14).map(" ".join))
SAID = st.one_of(st.sampled_from(["age", "iq", "0.1", "0.9", "ATT", "age < 3", ""]), st.text())
FIELDS = st.one_of(st.sampled_from([*Spec.model_fields]), st.text())
EDITS = st.lists(
    st.fixed_dictionaries(
        {
            "field": FIELDS,
            "op": st.sampled_from(["set", "add", "remove"]),
            "value": st.lists(SAID, max_size=3),
        }
    ),
    max_size=4,
)


def sound(found: Proposal) -> None:
    if found.spec is None:
        assert any(p.severity == "error" for p in found.problems)
        return
    spec = found.spec
    names = {c.name for c in DATA.columns}
    assert {spec.treatment, spec.outcome, *spec.confounders, *spec.placebo_outcomes} <= names
    assert {n for n in (spec.cluster, spec.weights) if n} <= names
    assert {k.column for k in spec.keep} <= names
    assert set(spec.tools) <= set(SPEC.tools)
    assert not {spec.treatment, spec.outcome} & {*spec.confounders, *spec.placebo_outcomes}
    assert spec.treatment != spec.outcome
    assert found.changes == diff(SPEC, spec) != []
    assert (spec.data, spec.design, spec.thresholds) == (SPEC.data, SPEC.design, SPEC.thresholds)
    assert spec.study_name == "study_2"
    assert spec.parent_study in (None, "study")


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_no_words_lead_to_an_unsound_spec(words: str) -> None:
    found = proposal(words)
    sound(found)
    again = proposal(words)
    assert again.model_dump(exclude={"proposal_id"}) == found.model_dump(exclude={"proposal_id"})


@settings(max_examples=300, deadline=None)
@given(EDITS)
def test_no_model_leads_to_an_unsound_spec(said: list[dict]) -> None:
    sound(proposal("do as you see fit", model=ScriptedModel({"edits": said})))
