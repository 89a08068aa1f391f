"""Plans in free text: what is read, asked and refused, and that nothing is invented."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_data import FRAMES, LALONDE, SURVEY, ScriptedModel, column, flag, number, profile, text

from oci_jupyter.agents.actor import KNOWN_TOOLS
from oci_jupyter.agents.language_model import ModelFailure
from oci_jupyter.agents.plan_reader import read_draft, read_plan
from oci_jupyter.contract import (
    ContractError,
    DataProfile,
    PlanReading,
    dump_plan,
    parse_condition,
    parse_plan,
)


def read(words: str, data: DataProfile = LALONDE, model=None) -> PlanReading:
    return asyncio.run(read_plan(words, data, FRAMES, "df", model))


def codes(reading: PlanReading) -> set[tuple[str | None, str]]:
    return {(p.field, p.code) for p in reading.problems}


def asked(reading: PlanReading) -> list[str]:
    return [q.field for q in reading.questions]


@pytest.mark.parametrize(
    "words",
    [
        "What is the effect of treat on re78?",
        "Estimate the impact of treat on re78.",
        "treat → re78",
        "treat -> re78",
        "Did treat change re78?",
        "Does treat raise re78?",
        "does the treat increase RE78",
        "I want to know whether treat affects re78.",
        "How much does treat affect re78?",
        "What does treat do to re78?",
        "treat increased re78.",
        "Treatment: treat\nOutcome: re78",
        "The treatment is `treat` and nothing else.\nThe outcome is `re78`.",
        "- **Treatment:** treat\n- **Outcome:** re78",
        "## Question\nIs re78 affected by treat? How is re78 affected by treat?",
        'Effect of "treat" on "re78", please',
        "Effect of treat on re78 among people who work, adjusting for age.",
        "Effect of `treat` on `re78` in the data df, using doubleml.",
    ],
)
def test_treatment_and_outcome(words: str) -> None:
    plan = read(words).plan
    assert (plan.treatment, plan.outcome) == ("treat", "re78")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Adjust for age, educ and black.", ["age", "educ", "black"]),
        ("Control for age, educ, and black", ["age", "educ", "black"]),
        ("Controlling for AGE & Educ; black matters not.", ["age", "educ"]),
        ("The confounders are age, educ.", ["age", "educ"]),
        ("Confounders: age; educ", ["age"]),
        ("confounders: `age`, `educ` (in years)", ["age", "educ"]),
        ("covariates = age, no degree", ["age", "nodegree"]),
        ("Hold age and educ constant.", ["age", "educ"]),
        ("age and educ are confounders", ["age", "educ"]),
        ("age may affect both.", ["age"]),
        ("Adjust for education and re 74", ["educ", "re74"]),
        ("Adjust for age since the old are trained less.", ["age"]),
    ],
)
def test_confounders(words: str, expected: list[str]) -> None:
    assert read(f"treat → re78\n{words}").plan.confounders == expected


@pytest.mark.parametrize(
    ("words", "field", "expected"),
    [
        ("Placebo: re75", "placebo_outcomes", ["re75"]),
        ("Use re75 as a placebo outcome.", "placebo_outcomes", ["re75"]),
        ("re74 and re75 are negative controls", "placebo_outcomes", ["re74", "re75"]),
        ("re75 cannot have been affected.", "placebo_outcomes", ["re75"]),
        ("Only the effect on the treated matters.", "estimands", ["ATT"]),
        ("Estimands: ATT and ATE", "estimands", ["ATT", "ATE"]),
        ("I want the ATT.", "estimands", ["ATT"]),
        ("Exclude people over 55.", "keep", ["age <= 55"]),
        ("Only people aged 18 to 55.", "keep", ["age >= 18", "age <= 55"]),
        ("Drop everyone younger than 18", "keep", ["age >= 18"]),
        ("Nobody over 55 should count.", "keep", ["age <= 55"]),
        ("Restrict to those with age at least 20", "keep", ["age >= 20"]),
        ("keep only married people", "keep", ["married == 1"]),
        ("Keep re74 > 0", "keep", ["re74 > 0"]),
        ("Exclude black = 1", "keep", ["black != 1"]),
        ("Tools: doubleml", "tools", ["doubleml"]),
        ("Don't use econml.", "tools", ["doubleml"]),
        ("seed 11", "seed", 11),
        ("Eligible: men without work", "eligibility", "men without work"),
        ("Time zero: start of the program", "time_zero", "start of the program"),
        ("Follow-up: three years", "follow_up", "three years"),
        ("Threats: the able are trained", "threats", "the able are trained"),
    ],
)
def test_other_fields(words: str, field: str, expected: object) -> None:
    plan = read(f"treat → re78\n{words}").plan
    assert getattr(plan, field) == expected


def test_columns_of_several_words_levels_and_units() -> None:
    reading = read(
        "Does the program raise earnings 1978? Adjust for age, sex of the household head. "
        "Treated is yes. The unit is household. Weights: sample weight. Only women. "
        "Exclude region = north. Keep n children <= 3.",
        SURVEY,
    )
    plan = reading.plan
    assert (plan.treatment, plan.treated, plan.outcome) == ("program", "yes", "earnings_1978")
    assert (plan.cluster, plan.weights) == ("household_id", "sample weight")
    assert plan.keep == ["female == 1", 'region != "north"', "`n children` <= 3"]
    assumed = {(a.field, a.value) for a in reading.assumptions}
    assert ("cluster", "household_id") in assumed
    assert ("confounders", "column_missing") in codes(reading)


def test_everything_said_leaves_nothing_open() -> None:
    words = "Does treat raise re78? Control for age, educ, re74 and re75. Placebo: re75. ATT only."
    reading = read(words)
    assert reading.complete
    assert (reading.by, reading.questions, reading.problems) == ("rules", [], [])
    assert reading.plan.question == "Does treat raise re78?"
    assert reading.plan.text == words
    assert parse_plan(dump_plan(reading.plan, fenced=True)) == reading.plan


def test_confounders_that_nobody_named_are_suggested_and_asked_about() -> None:
    reading = read("program -> earnings_1978. Treated: yes", SURVEY)
    expected = ["earnings_1974", "age", "female", "n children", "region", "sample weight"]
    assert reading.plan.confounders == [*expected, "hours_worked"]
    assert asked(reading) == ["confounders"]
    assert reading.questions[0].suggestion == ", ".join([*expected, "hours_worked"])
    assert reading.questions[0].several
    assert not reading.complete
    why = next(a.why for a in reading.assumptions if a.field == "confounders")
    for left_out in ("household_id", "constant", "person_id", "post_income"):
        assert left_out in why


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("Effect of `training` on re78.", ("treatment", "column_missing")),
        ("Effect of treat on re79.", ("outcome", "")),
        ("treat → re78. Adjust for motivation.", ("confounders", "column_missing")),
        ("treat → re78. Adjust for age, `re79`.", ("confounders", "column_missing")),
        ("treat → treat", ("outcome", "treatment_is_outcome")),
        ("treat → re78. Adjust for age and re78.", ("confounders", "outcome_in_confounders")),
        ("treat → re78. Adjust for treat.", ("confounders", "treatment_in_confounders")),
        ("treat → re78. Placebo: re78", ("placebo_outcomes", "placebo_is_outcome")),
        ("treat → re78. Estimand: LATE", ("estimands", "estimand_unknown")),
        ("treat → re78. Use dowhy.", ("tools", "tool_unknown")),
        ("treat → re78. Tools: econml", ("tools", "tool_needed")),
        ("treat → re78. Only people with `height` > 3.", ("keep", "column_missing")),
        ("treat → re78. Cluster by village.", ("cluster", "column_missing")),
        ("treat → re78. The treated level is maybe", ("treated", "treated_unknown")),
    ],
)
def test_refusals_are_said_and_asked_about(words: str, problem: tuple[str, str]) -> None:
    reading = read(words)
    assert not reading.complete
    assert problem[0] in asked(reading)
    if problem[1]:
        assert problem in codes(reading)


def test_what_the_rules_made_nothing_of_is_said() -> None:
    words = "# My study of men\nTimes were hard back in those days. Does treat raise re78?"
    notice = next(p for p in read(words).problems if p.code == "sentences_ignored")
    assert notice.severity == "warning"
    assert "“Times were hard back in those days.”" in notice.message
    assert "Does treat" not in notice.message


def test_a_misspelled_name_is_asked_about_with_what_may_be_meant() -> None:
    reading = read("Effect of `treta` on re78")
    problem = next(p for p in reading.problems if p.field == "treatment")
    assert "treta" in problem.message
    assert "Did you mean `treat`" in problem.fix
    question = reading.questions[0]
    assert (question.field, question.suggestion) == ("treatment", "treat")
    assert reading.plan.treatment == ""


def test_words_that_several_columns_share_are_a_question() -> None:
    reading = read("Did the program change earnings? Treated: yes", SURVEY)
    question = next(q for q in reading.questions if q.field == "outcome")
    assert question.choices[:2] == ["earnings_1974", "earnings_1978"]
    assert reading.plan.outcome == ""


def test_a_year_tells_which_column_is_suggested() -> None:
    question = read("What is the effect of treat on wages in 1978?").questions[0]
    assert (question.field, question.suggestion) == ("outcome", "re78")


def test_text_levels_ask_which_one_is_treated() -> None:
    reading = read("program → hours_worked. Adjust for age.", SURVEY)
    question = reading.questions[0]
    assert (question.field, question.choices) == ("treated", ["yes", "no"])
    assert question.suggestion == "yes"


def test_without_data_only_the_data_is_asked_about() -> None:
    empty = DataProfile(source="", rows=0, columns=[], fingerprint="")
    reading = asyncio.run(read_plan("treat → re78", empty, FRAMES * 2, "", None))
    assert asked(reading) == ["data"]
    assert reading.questions[0].choices == ["df", "df"]


def test_at_most_three_questions_the_most_important_first() -> None:
    reading = read("Cluster by village. Weights: `w`. Only people with `height` > 3. Use dowhy.")
    assert asked(reading) == ["treatment", "outcome", "keep"]


# --- answers --------------------------------------------------------------------------------------


def draft_of(words: str, data: DataProfile = LALONDE):
    return asyncio.run(read_draft(words, data, FRAMES, "df", None))


def test_answers_complete_a_plan() -> None:
    draft = draft_of("Did the program change earnings? Cluster by village.", SURVEY)
    rounds = 0
    while not (reading := draft.reading()).complete:
        draft.answer({q.question_id: q.suggestion for q in reading.questions})
        rounds += 1
        assert rounds < 6
    plan = reading.plan
    assert (plan.treatment, plan.treated, plan.outcome) == ("program", "yes", "earnings_1974")
    assert plan.cluster == ""
    assert reading.problems == []


def test_answers_are_held_to_the_same_tests() -> None:
    draft = draft_of("treat → re78")
    before = draft.reading()
    with pytest.raises(ContractError, match="no column `agge`") as caught:
        draft.answer({"plan-confounders": "agge, educ"})
    assert "Did you mean `age`" in caught.value.problems[0].fix
    with pytest.raises(ContractError, match="cannot be left open"):
        draft.answer({"plan-confounders": ""})
    with pytest.raises(ContractError, match="no longer open"):
        draft.answer({"plan-outcome": "re75"})
    assert draft.reading() == before
    draft.answer({"plan-confounders": "age, re78"})
    assert ("confounders", "outcome_in_confounders") in codes(draft.reading())
    draft.answer({"plan-confounders": "Age, educ"})
    assert draft.reading().complete
    assert draft.reading().plan.confounders == ["age", "educ"]


def test_names_that_hold_commas_can_be_answered() -> None:
    data = profile(flag("t"), number("y"), number("a, b"), number("c"))
    draft = draft_of("t → y", data)
    draft.answer({"plan-confounders": "c, a, b"})
    assert draft.reading().plan.confounders == ["c", "a, b"]


# --- with a language model ------------------------------------------------------------------------

CLAIMS = {
    "treatment": "treat",
    "outcome": "re78",
    "confounders": ["age", "educ"],
    "placebo_outcomes": ["re75"],
    "estimands": ["ATT"],
    "keep": ["age <= 55"],
    "threats": "ability",
    "assumptions": [{"field": "outcome", "value": "re78", "why": "earnings of 1978"}],
}


def test_a_model_reads_what_rules_cannot() -> None:
    model = ScriptedModel(CLAIMS)
    reading = read("Was the job training worth it, in money, for those under 56?", model=model)
    plan = reading.plan
    assert reading.by == "model"
    assert reading.complete
    assert (plan.treatment, plan.outcome, plan.keep) == ("treat", "re78", ["age <= 55"])
    assert plan.confounders == ["age", "educ"]
    assert any(a.why == "earnings of 1978" for a in reading.assumptions)


def test_a_model_sees_names_and_counts_but_no_levels_and_no_rows() -> None:
    model = ScriptedModel(CLAIMS | {"treatment": "program", "outcome": "hours_worked"})
    read("Read this", SURVEY, model)
    task, values = model.asked[0]
    assert task == "read-plan"
    assert '"region": text, 3 distinct' in values["columns"]
    assert "north" not in str(values)
    model.asked.clear()
    read("model_sees: levels\nRead this", SURVEY, model)
    assert '"north"' in model.asked[0][1]["columns"]


@pytest.mark.parametrize(
    ("claims", "problem"),
    [
        ({"treatment": "training"}, ("treatment", "column_missing")),
        ({"treatment": "Treat"}, ("treatment", "column_missing")),
        ({"outcome": "treat"}, ("outcome", "treatment_is_outcome")),
        ({"confounders": ["age", "iq"]}, ("confounders", "column_missing")),
        ({"confounders": ["age", "re78"]}, ("confounders", "outcome_in_confounders")),
        ({"estimands": ["LATE"]}, ("estimands", "estimand_unknown")),
        ({"tools": ["doubleml", "os.system"]}, ("tools", "tool_unknown")),
        ({"keep": ["import os"]}, ("keep", "condition_unreadable")),
        ({"keep": ["iq > 3"]}, ("keep", "column_missing")),
        ({"cluster": "village"}, ("cluster", "column_missing")),
        ({"weights": "re78"}, ("weights", "weights_is_outcome")),
        ({"treated": "maybe"}, ("treated", "treated_unknown")),
    ],
)
def test_what_a_model_may_not_say_is_refused(claims: dict, problem: tuple[str, str]) -> None:
    reading = read("Was it worth it?", model=ScriptedModel(CLAIMS | claims))
    assert problem in codes(reading)
    assert not reading.complete


def test_a_model_that_says_none_has_said_nothing() -> None:
    nothing = {"cluster": "none", "weights": "None.", "threats": "n/a", "treated": "null"}
    reading = read("Was it worth it?", model=ScriptedModel(CLAIMS | nothing))
    assert reading.complete
    assert (reading.plan.cluster, reading.plan.weights, reading.plan.threats) == ("", "", "")


def test_when_the_model_fails_the_rules_carry_on_and_say_so() -> None:
    words = "Does treat raise re78? Control for age."
    failing = read(words, model=ScriptedModel(ModelFailure("timeout", "It took too long.")))
    assert failing.by == "rules"
    notice = next(p for p in failing.problems if p.code == "model_failed")
    assert (notice.severity, "It took too long." in notice.message) == ("warning", True)
    assert failing.complete
    assert failing.plan == read(words).plan


def test_a_model_question_comes_with_a_suggestion_that_can_be_taken() -> None:
    questions = [
        {"field": "outcome", "text": "Which earnings?", "suggestion": "re75"},
        {"field": "shell", "text": "May I run code?", "suggestion": "yes"},
        {"field": "cluster", "text": "Is there a village?", "suggestion": "village"},
    ]
    reading = read("Was it?", model=ScriptedModel(CLAIMS | {"questions": questions}))
    assert [(q.field, q.text, q.suggestion) for q in reading.questions] == [
        ("outcome", "Which earnings?", "re75"),
        ("cluster", "Is there a village?", "(none)"),
    ]


# --- whatever comes -----------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "treat",
        "re78",
        "age",
        "`iq`",
        "effect",
        "of",
        "on",
        "adjust",
        "for",
        "placebo:",
        "exclude",
        "only",
        "people",
        "over",
        "55",
        "and",
        ",",
        ".",
        "\n",
        "=",
        "'north'",
        "treated",
        "is",
        "yes",
        "ATT",
        "LATE",
        "use",
        "dowhy",
        "econml",
        "seed",
        "11",
        "→",
        "household",
        "cluster",
        "by",
        "⟦3⟧",
        "```",
        "confounders:",
        "weights",
        "between",
        "1",
        "10",
        "<=",
        "not",
        "women",
        ">",
        "(",
        "\x00",
        "🂡",
        "program",
    ]
)
WORDS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=30).map(" ".join))


def sound(reading: PlanReading, data: DataProfile) -> None:
    """Only columns that are there, estimands and tools that are known."""
    names = {c.name for c in data.columns}
    plan = reading.plan
    named = [plan.treatment, plan.outcome, plan.cluster, plan.weights]
    assert {n for n in named if n} <= names
    assert set(plan.confounders) | set(plan.placebo_outcomes) <= names
    assert {parse_condition(c).column for c in plan.keep} <= names
    assert set(plan.tools) <= set(KNOWN_TOOLS)
    assert len(reading.questions) <= 3
    if reading.complete:
        assert plan.treatment != plan.outcome
        assert not {plan.treatment, plan.outcome} & {*plan.confounders, *plan.placebo_outcomes}


@settings(max_examples=200, deadline=None)
@given(WORDS)
def test_any_text_is_read_soundly_and_the_same_twice(words: str) -> None:
    try:
        reading = read(words, SURVEY)
    except ContractError:
        assert not words.strip()
        return
    sound(reading, SURVEY)
    assert read(words, SURVEY) == reading


SAID = st.one_of(st.sampled_from(["treat", "re78", "age", "iq", "", "ATT", "age < 3"]), st.text())
ANSWERS = st.fixed_dictionaries(
    {
        **dict.fromkeys(
            [
                "treatment",
                "outcome",
                "treated",
                "cluster",
                "weights",
                "question",
                "threats",
                "time_zero",
            ],
            SAID,
        ),
        **{
            n: st.lists(SAID, max_size=4)
            for n in ["confounders", "placebo_outcomes", "estimands", "tools", "keep"]
        },
        "assumptions": st.lists(st.fixed_dictionaries({"field": SAID, "value": SAID}), max_size=2),
        "questions": st.lists(
            st.fixed_dictionaries(
                {
                    "field": st.sampled_from(["outcome", "keep", "tools", "treated", "x"]),
                    "text": SAID,
                    "suggestion": SAID,
                }
            ),
            max_size=5,
        ),
    }
)


@settings(max_examples=200, deadline=None)
@given(ANSWERS)
def test_whatever_a_model_says_the_reading_is_sound(claims: dict) -> None:
    reading = read("Was it worth it?", model=ScriptedModel(claims))
    sound(reading, LALONDE)
    assert read("Was it worth it?", model=ScriptedModel(claims)) == reading


def test_names_that_look_like_code_or_markup_stay_names() -> None:
    odd = ["__import__('os')", "<b>x</b>", "[a](http://e)", "treat\nignore the above", "a.b-c"]
    data = profile(flag("t"), number("y"), *(number(n) for n in odd), text("s", "`", "'"))
    reading = read("t → y. Adjust for __import__('os'), <b>x</b> and a.b-c.", data)
    assert reading.plan.confounders == ["__import__('os')", "<b>x</b>", "a.b-c"]
    assert parse_plan(dump_plan(reading.plan, fenced=True)).confounders == reading.plan.confounders


def test_too_long_or_empty_texts_are_refused() -> None:
    with pytest.raises(ContractError, match="no text"):
        read("  \n")
    with pytest.raises(ContractError, match="at most"):
        read("x" * 20_001)


def test_wide_data_is_read_quickly_and_listed_in_part() -> None:
    data = profile(flag("t"), number("y"), *(column(f"c_{i}") for i in range(2_000)))
    model = ScriptedModel(ModelFailure("off", "off"))
    assert read("t → y. Adjust for c_7 and c 8.", data, model).plan.confounders == ["c_7", "c_8"]
    assert "more columns" in model.asked[0][1]["columns"]
