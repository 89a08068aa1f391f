"""Plans: read from both spellings, written back unchanged, refused with field and fix."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oci_jupyter.contract import ContractError, Plan, dump_plan, parse_plan

HEAD = "data: df\ntreatment: treat\noutcome: re78\nconfounders: [age]\n"


@pytest.mark.parametrize(
    "source",
    [
        f"---\n{HEAD}---\nWords.",
        f"\n---\r\n{HEAD}---\r\nWords.".replace("\n", "\r\n").replace("\r\r", "\r"),
        f"## Plan\n\n```yaml\n{HEAD}```\n\nWords.",
        f"~~~yml\n{HEAD}~~~\nWords.",
    ],
)
def test_both_spellings_say_the_same(source: str) -> None:
    plan = parse_plan(source)
    assert (plan.data, plan.treatment, plan.outcome) == ("df", "treat", "re78")
    assert plan.confounders == ["age"]
    assert plan.text == "Words."
    assert plan.estimands == ["ATE", "ATT", "ATO"]
    assert plan.missing == []


name = st.text(min_size=1, max_size=30).filter(lambda s: s.strip() == s and s.isprintable())
plans = st.builds(
    Plan,
    question=name | st.just(""),
    data=name,
    treatment=name,
    treated=st.none() | st.integers(-5, 5) | st.booleans() | name,
    outcome=name,
    confounders=st.lists(name, unique=True, max_size=5),
    placebo_outcomes=st.lists(name, unique=True, max_size=2),
    estimands=st.lists(st.sampled_from(["ATE", "ATT", "ATO"]), min_size=1, unique=True),
    threats=name | st.just("two\nlines: # here"),
    seed=st.integers(0, 2**31 - 1),
    text=st.just("") | st.just("Some *text*.\n\n---\n\nmore"),
)


@given(plans, st.booleans())
def test_what_is_written_is_read_back(plan: Plan, fenced: bool) -> None:
    assert parse_plan(dump_plan(plan, fenced=fenced)) == plan


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("no head at all", "plan_no_head", "YAML head"),
        ("---\ntreatment: [a\n---\n", "plan_bad_yaml", "line 2"),
        ("---\ntreatment: a: b\n---\n", "plan_bad_yaml", "line 1"),
        ("---\n- a\n- b\n---\n", "plan_not_mapping", "list"),
        ("---\ntreatmnt: x\n---\n", "plan_bad_field", "treatmnt"),
        ("---\ntreatment: [a, b]\n---\n", "plan_bad_field", "treatment"),
        ("---\nestimands: [LATE]\n---\n", "plan_bad_field", "LATE"),
        ("---\nestimands: []\n---\n", "plan_bad_field", "estimands"),
        ("---\nseed: -1\n---\n", "plan_bad_field", "-1"),
        ("---\ndesign: magic\n---\n", "plan_bad_field", "magic"),
        ("---\na: !!python/object/apply:os.system [ls]\n---\n", "plan_bad_yaml", "python"),
    ],
)
def test_bad_plans_name_field_value_and_place(source: str, code: str, words: str) -> None:
    with pytest.raises(ContractError) as error:
        parse_plan(source)
    assert error.value.problems[0].code == code
    assert words in str(error.value)


def test_all_problems_come_at_once() -> None:
    with pytest.raises(ContractError) as error:
        parse_plan("---\ntreatment: 3\nfoo: 1\nseed: x\n---\n")
    assert {p.field for p in error.value.problems} == {"treatment", "foo", "seed"}


def test_a_hostile_column_name_is_only_a_name() -> None:
    plan = parse_plan('---\ntreatment: \'"; import os #\'\noutcome: "a\\nb"\n---\n')
    assert plan.treatment == '"; import os #'
    assert plan.outcome == "a\nb"


def test_a_single_name_stands_for_a_list_and_null_for_nothing() -> None:
    plan = parse_plan("---\nconfounders: age\nplacebo_outcomes:\nestimands: ATT\n---\n")
    assert plan.confounders == ["age"]
    assert plan.placebo_outcomes == []
    assert plan.estimands == ["ATT"]
