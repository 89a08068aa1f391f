"""Composed cells: only literals vary, whatever the column names are."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oci_jupyter.contract import Spec, Thresholds, Trim, source_hash
from oci_jupyter.notebook.compose import compose, inline, is_frame_name, literal
from oci_jupyter.notebook.headless import probe_expression
from oci_jupyter.notebook.templates import notebook_template, step_templates

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=20,
).filter(lambda v: v not in (float("inf"), float("-inf")))


@given(st.text() | st.lists(st.text(), max_size=30), st.integers(0, 40))
def test_a_literal_reads_back_as_its_value(value: object, indent: int) -> None:
    assert ast.literal_eval(literal(value)) == value
    assert ast.literal_eval(literal(value, indent)) == value
    assert "\n" not in literal(value)


@given(st.text())
def test_inline_text_cannot_leave_its_code_span(text: str) -> None:
    shown = inline(text)
    assert "`" not in shown
    assert "\n" not in shown
    assert shown


def spec(**more: object) -> Spec:
    fields: dict[str, object] = {
        "data": "df",
        "treatment": "treat",
        "outcome": "re78",
        "confounders": ["age", "re75"],
        "placebo_outcomes": ["re75"],
        "estimands": ["ATE", "ATT", "ATO"],
    }
    return Spec.model_validate(fields | more)


def calls(source: str) -> list[str]:
    return [n.func.attr for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call)]


HOSTILE = [
    '"; import os #',
    "a\nimport os",
    "{{ 7*7 }}",
    "`x`",
    "'''",
    "\\",
    "\u202eabc",
    "é" * 300,
]


@given(st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=40))
def test_column_names_never_become_code(column: str) -> None:
    drafts = compose(
        spec(treatment=column, outcome=column, confounders=[column], placebo_outcomes=[column]),
        "ab12",
    )
    for draft in drafts:
        for node in ast.walk(ast.parse(draft.code.source)):
            assert not isinstance(node, ast.Import)
            if isinstance(node, ast.ImportFrom):
                assert node.module == "oci_jupyter"
        assert len(calls(draft.code.source)) == 1
    study = ast.parse(drafts[0].code.source)
    keywords = {
        k.arg: ast.literal_eval(k.value)
        for n in ast.walk(study)
        if isinstance(n, ast.Call)
        for k in n.keywords
    }
    assert keywords["treatment"] == keywords["outcome"] == column
    assert keywords["confounders"] == keywords["placebo_outcomes"] == [column]


def test_diagnostics_come_before_any_estimate() -> None:
    kinds = [d.kind for d in compose(spec(), "ab12")]
    assert kinds == [
        "study", "screen", "overlap", "balance", "placebo", "estimate", "sensitivity", "summary",
    ]  # fmt: skip


def test_cells_are_short_and_readable() -> None:
    for draft in compose(spec(), "ab12"):
        assert 1 <= len(draft.code.source.splitlines()) <= 7
        assert max(map(len, draft.code.source.splitlines())) <= 92
        assert draft.heading.source.startswith("### ")


def test_ids_and_hashes_are_those_of_the_step() -> None:
    first, again = compose(spec(), "ab12"), compose(spec(), "ab12")
    assert first == again
    assert len({c.id for d in first for c in (d.heading, d.code)}) == 2 * len(first)
    for draft in first:
        assert draft.code.metadata.source_sha256 == source_hash(draft.code.source)


def test_parameters_stand_in_the_cell() -> None:
    changed = spec(thresholds=Thresholds(smd_fail=0.25), seed=11, folds=3, treated="yes")
    source = compose(changed, "ab12")[0].code.source
    for part in ('thresholds={"smd_fail": 0.25}', "seed=11", "folds=3", 'treated="yes"'):
        assert part in source


@pytest.mark.parametrize(
    ("kind", "more", "line"),
    [
        ("trim", {"trim": Trim(low=0.1, high=0.9)}, "study_2 = study.trim(0.1, 0.9, refit=True)"),
        (
            "trim",
            {"trim": Trim(rule="crump", low=0.05, high=0.95)},
            'study.trim("crump", refit=True)',
        ),
        ("switch_estimand", {"estimands": ["ATT"]}, 'study.switch(["ATT"])'),
        ("richer_learner", {"learner": "stack"}, 'study.with_learner("stack")'),
    ],
)
def test_a_remedy_opens_the_iteration(kind: str, more: dict[str, object], line: str) -> None:
    drafts = compose(
        spec(iteration=2, study_name="study_2", parent_study="study", **more), "ab12", kind
    )
    assert line in drafts[0].code.source
    assert drafts[0].heading.source.startswith("### 2.1 · ")
    assert drafts[0].code.metadata.spec is not None


def test_conditions_clusters_and_weights_stand_in_the_cell() -> None:
    keep = [
        {"column": "age", "op": "<=", "value": 55},
        {"column": HOSTILE[0], "op": "!=", "value": HOSTILE[1]},
    ]
    source = compose(spec(keep=keep, cluster="shop", weights="w"), "ab12")[0].code.source
    call = next(n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call))
    given = {k.arg: ast.literal_eval(k.value) for k in call.keywords}
    assert given["keep"] == [("age", "<=", 55), (HOSTILE[0], "!=", HOSTILE[1])]
    assert (given["cluster"], given["weights"]) == ("shop", "w")
    assert 'cluster="shop", weights="w",' in source
    plain = compose(spec(weights="w"), "ab12")[0].code.source
    assert "cluster" not in plain
    assert "keep" not in plain


def test_a_path_is_a_literal_and_a_name_is_a_name() -> None:
    assert is_frame_name("df")
    assert not is_frame_name("import")
    assert not is_frame_name("a.csv")
    source = compose(spec(data='x"; import os #.csv'), "ab12")[0].code.source
    assert calls(source) == ["Study"]


@given(st.text(), st.text())
def test_a_probe_is_one_call_with_two_strings(source: str, column: str) -> None:
    tree = ast.parse(probe_expression("data", {"source": source, "treatment": column}), mode="eval")
    assert isinstance(tree.body, ast.Call)
    assert all(isinstance(a, ast.Constant) and isinstance(a.value, str) for a in tree.body.args)


def test_all_templates_can_be_read() -> None:
    assert len(step_templates("unconfoundedness")) == 11
    with pytest.raises(KeyError):
        step_templates("magic")
    for name in ("demo", "blank"):
        assert notebook_template(name).cells
    with pytest.raises(KeyError):
        notebook_template("../demo")
