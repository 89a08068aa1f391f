"""The critic's evaluation: the host, the planted faults, the runner and its tables."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oci_jupyter.cli import main
from oci_jupyter.contract import CellMetadata, ContractError, NewCell, source_hash
from oci_jupyter.evals import critic
from oci_jupyter.evals.critic_report import (
    confusion,
    critic_report,
    false_alarms,
    named_by_model,
    rates,
)
from oci_jupyter.evals.in_process import InProcessHost
from oci_jupyter.evals.planted import BY_NAME, FAULTS, choose
from oci_jupyter.evals.planted_data import CONFOUNDERS, OUTCOME, TREATMENT
from oci_jupyter.evals.planted_run import COLUMNS, analyze
from oci_jupyter.toolkit import Study
from oci_jupyter.toolkit.oneshot import plain_regression

N = 1600


def _adjusted(made: Any, *extra: str, without: str = "") -> tuple[float, float]:
    """Effect and standard error of a plain regression on some confounders."""
    frame, plan = made.frame, made.plan
    names = [c for c in (*plan.confounders, *extra) if c != without]
    X = pd.get_dummies(frame[names], dtype=float)
    X["severity × age"] = X["severity"] * X["age"]
    treated = plan.treated if plan.treated is not None else 1
    d = (frame[plan.treatment] == treated).to_numpy(dtype=float)
    known = frame[plan.outcome].notna().to_numpy()
    found = plain_regression(
        frame[plan.outcome].to_numpy(dtype=float)[known], d[known], X.to_numpy()[known]
    )
    return found.estimate, found.stderr


# --- the host ---------------------------------------------------------------------------


def test_the_real_loop_on_the_host_gives_the_toolkit_s_numbers() -> None:
    made = BY_NAME["spec_drops"].build(3, 600, False)
    study = Study(
        made.frame,
        TREATMENT,
        OUTCOME,
        CONFOUNDERS,
        placebo_outcomes=made.plan.placebo_outcomes,
        learner="lean",
        seed=made.plan.seed,
    )
    direct = {
        e.estimand: e
        for e in study.estimate(second_opinion=False).result.estimates
        if e.role == "main"
    }
    rows = analyze(BY_NAME["spec_drops"], False, 3, 600)
    assert [row["estimand"] for row in rows] == list(direct)
    for row in rows:
        e = direct[row["estimand"]]
        assert (row["estimate"], row["stderr"]) == (e.estimate, e.stderr)
        assert (row["ci_lower"], row["ci_upper"]) == (e.ci_lower, e.ci_upper)
    assert rows[0]["truth"] == pytest.approx(made.truth["ATE"])


async def test_the_host_answers_probes_and_keeps_a_cell_s_result() -> None:
    with InProcessHost() as host:
        host.namespace["df"] = BY_NAME["spec_drops"].build(3, 600, False).frame
        reply = await host.probe("data", {"source": "df", "names": ["df", "study"]})
        assert reply.probe is not None
        assert (reply.probe["rows"], reply.probe["taken_names"]) == (600, ["df"])
        source = (
            "from oci_jupyter import toolkit as oci\n"
            f"study = oci.Study(df, {TREATMENT!r}, {OUTCOME!r}, {CONFOUNDERS!r})\nstudy"
        )
        cell = NewCell(id="a", cell_type="code", source=source, metadata=CellMetadata(role="step"))
        await host.insert(cell, "")
        reply = await host.run("a", source_hash(source))
        assert reply.cell is not None
        assert reply.cell.result is not None
        assert (reply.cell.result["kind"], reply.cell.result["study"]["n"]) == ("study", 600)
        assert reply.cell.result["session"] == (await host.probe("kernel", {})).probe["session"]
        reply = await host.probe("data", {"source": "df", "names": ["df", "study"]})
        assert reply.probe["taken_names"] == ["df"]


async def test_the_host_reports_errors_and_refuses_an_edited_cell() -> None:
    with InProcessHost() as host:
        cell = NewCell(id="a", cell_type="code", source="1 / 0", metadata=CellMetadata(role="step"))
        await host.insert(cell, "")
        await host.insert(cell, "")
        assert len(await host.snapshot()) == 2
        reply = await host.run("a", source_hash("1 / 0"))
        assert (reply.status, reply.message) == ("failed", "ZeroDivisionError: division by zero")
        host.edit("a", "1 / 0", "2 / 1")
        assert (await host.run("a", source_hash("1 / 0"))).status == "source_mismatch"
        assert (await host.run("a", source_hash("2 / 1"))).status == "ok"
        host.delete("a")
        assert (await host.run("a", source_hash("2 / 1"))).status == "rejected"
        with pytest.raises(KeyError):
            host.cell("a")


async def test_a_restart_forgets_variables_and_has_another_identity() -> None:
    with InProcessHost() as host:
        await host.probe("kernel", {})
        before = host.kernel_epoch
        host.execute("x = 1")
        host.restart()
        await host.probe("kernel", {})
        assert host.kernel_epoch != before
        assert "x" not in host.namespace
        with pytest.raises(NameError):
            host.execute("x")


def test_two_hosts_at_a_time_are_refused() -> None:
    with InProcessHost(), pytest.raises(ContractError, match="IPython shell"), InProcessHost():
        pass


# --- the faults -------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.name)
def test_a_fault_and_its_twin_share_every_draw(fault: Any) -> None:
    planted, clean = (fault.build(1, 800, on) for on in (True, False))
    again = fault.build(1, 800, True)
    pd.testing.assert_frame_equal(planted.frame, again.frame)
    if len(planted.frame) == len(clean.frame):
        for name in CONFOUNDERS:
            pd.testing.assert_series_equal(planted.frame[name], clean.frame[name])
    same_data = planted.frame.equals(clean.frame)
    same_plan = planted.plan == clean.plan
    by_hand = fault.acts is not None or fault.hook is not None
    assert by_hand or not (same_data and same_plan)
    assert set(planted.truth) >= {"ATE", "ATT", "ATO"}


@pytest.mark.parametrize(
    "name", ["mediator", "mediator_hard", "collider", "collider_neutral", "outcome_leak"]
)
def test_a_bad_control_biases_and_its_twin_removes_bias(name: str) -> None:
    fault = BY_NAME[name]
    bad, good = fault.build(1, N, True), fault.build(1, N, False)
    column = (set(bad.plan.confounders) - set(CONFOUNDERS)).pop()
    estimate, stderr = _adjusted(bad)
    assert abs(estimate - bad.truth["ATE"]) > 4 * stderr
    estimate, stderr = _adjusted(bad, without=column)
    assert abs(estimate - bad.truth["ATE"]) < 3 * stderr
    estimate, stderr = _adjusted(good)
    assert abs(estimate - good.truth["ATE"]) < 3 * stderr


@pytest.mark.parametrize(
    "name", ["hidden_medium", "hidden_strong", "hidden_silent", "confounder_unplanned"]
)
def test_a_missing_confounder_biases_in_the_faulty_analysis_only(name: str) -> None:
    bad, good = (BY_NAME[name].build(1, N, on) for on in (True, False))
    estimate, stderr = _adjusted(bad)
    assert abs(estimate - bad.truth["ATE"]) > 4 * stderr
    estimate, stderr = _adjusted(good)
    assert abs(estimate - good.truth["ATE"]) < 3 * stderr
    if name == "confounder_unplanned":
        estimate, stderr = _adjusted(bad, "literacy")
        assert abs(estimate - bad.truth["ATE"]) < 3 * stderr


def test_an_instrument_moves_the_treatment_and_not_the_outcome() -> None:
    for planted in (True, False):
        frame = BY_NAME["instrument"].build(1, N, planted).frame
        far = np.log(frame["distance_km"] / 12)
        X = pd.get_dummies(frame[[*CONFOUNDERS, TREATMENT]], dtype=float)
        A = np.column_stack([np.ones(N), X, far])
        coefficient = np.linalg.lstsq(A, frame[OUTCOME], rcond=None)[0][-1]
        assert (abs(coefficient) < 0.25) == planted
        assert np.corrcoef(far, frame[TREATMENT])[0, 1] < -0.3


def test_faults_of_records_are_in_the_records() -> None:
    def both(name: str) -> list[Any]:
        return [BY_NAME[name].build(1, N, planted) for planted in (True, False)]

    bad, good = (m.frame for m in both("positivity_hole"))
    assert bad.loc[bad["age"] >= bad["age"].quantile(0.75), TREATMENT].sum() == 0
    assert good.loc[good["age"] >= good["age"].quantile(0.75), TREATMENT].mean() > 0.2

    late, prompt = both("treated_late")
    for made, waits in ((late, True), (prompt, False)):
        wait = (made.frame["program_start"] - made.frame["entry_date"]).dt.days
        assert (wait.dropna() > 0).mean() > 0.9 if waits else (wait.dropna() == 0).all()
        outlived = wait / 30.4 <= made.frame["months_event_free"] + 0.1
        assert outlived[wait.notna()].all()
        estimate, stderr = _adjusted(made)
        assert (abs(estimate) > 3 * stderr) == waits

    bad, good = (m.frame for m in both("treatment_after_outcome"))
    assert 0.3 < (bad["program_start"] > bad["score_date"])[bad[TREATMENT] == 1].mean() < 0.5
    assert not (good["program_start"] > good["score_date"]).any()

    bad, good = both("clusters_ignored")
    pd.testing.assert_frame_equal(bad.frame, good.frame)
    assert (bad.plan.cluster, good.plan.cluster) == ("", "village")
    assert (bad.frame.groupby("village")[TREATMENT].nunique() == 1).all()

    bad, good = (m.frame for m in both("rows_duplicated"))
    assert (bad.duplicated().sum(), good.duplicated().sum()) == (int(0.15 * N), 0)

    for name in ("treatment_reversed", "dose_reversed"):
        for made, sign in zip(both(name), (-1, 1), strict=True):
            assert np.sign(_adjusted(made)[0]) == sign

    bad, good = (m.frame for m in both("outcome_missing"))
    for frame, differs in ((bad, True), (good, False)):
        share = frame[OUTCOME].isna().groupby(frame[TREATMENT]).mean()
        assert (abs(share[1] - share[0]) > 0.15) == differs


# --- the runner -------------------------------------------------------------------------


def test_a_fault_of_each_kind_from_end_to_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "critic.csv"
    faults = ["--faults", "outcome_leak,edited_seed", "--seeds", "1", "--rows", "600"]
    assert main(["eval", "critic", *faults, "--jobs", "1", "--out", str(out)]) == 0
    rows = critic.read_rows(out)
    assert list(rows.columns) == COLUMNS
    assert set(rows["case"]) == {
        "outcome_leak",
        "clean:outcome_leak",
        "edited_seed",
        "clean:baseline",
    }
    table = rates(rows, choose("outcome_leak,edited_seed"))
    assert list(table["named"]) == [1.0, 1.0]
    printed = capsys.readouterr().out
    assert "detectable faults named by rules: 2 of 2" in printed
    assert out.with_suffix(".md").read_text() == printed


def _row(case: str, seed: int = 1, estimand: str = "ATE", **other: Any) -> dict[str, Any]:
    base = {
        "case": case,
        "seed": seed,
        "n": 600,
        "model": "",
        "estimands": 2,
        "estimand": estimand,
        "level": "satisfactory",
        "overall": "satisfactory",
        "estimate": 1.1,
        "stderr": 0.1,
        "ci_lower": 0.9,
        "ci_upper": 1.3,
        "truth": 1.0,
        "findings": "",
        "failing": "",
        "concerns": "[]",
        "lowered": "",
        "cpu_seconds": 1.0,
    }
    return {**base, **other}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool, int]]:
    """Analyses that answer at once, and a note of what was asked for."""
    asked: list[tuple[str, bool, int]] = []

    def answer(fault: Any, planted: bool, seed: int, n: int, model: Any) -> list[dict[str, Any]]:
        asked.append((fault.name, planted, seed))
        if (fault.name, planted, seed) == ("edited_seed", True, 2):
            raise RuntimeError("no luck")
        return [_row(fault.case(planted), seed, e, n=n) for e in ("ATE", "ATT")]

    monkeypatch.setattr(critic, "analyze", answer)
    return asked


def test_a_stopped_run_continues_and_shared_twins_run_once(
    tmp_path: Path, calls: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "critic.csv"
    options = critic.CriticOptions(
        choose("edited_seed,ten_specs"), seeds=2, rows=600, jobs=1, out=out
    )
    assert critic.run_critic(options) == 1
    assert len(calls) == 6
    assert "edited_seed, seed 2 failed: RuntimeError: no luck" in capsys.readouterr().err
    # A write cut short: the second row of the last analysis is missing its end.
    text = out.read_text()
    out.write_text(text[:-9])
    last = (text.splitlines()[-1]).split(",")[:2]
    calls.clear()
    critic.run_critic(options)
    assert ("edited_seed", True, 2) in calls
    assert [BY_NAME[n].case(p) for n, p, s in calls if (n, p, s) != ("edited_seed", True, 2)] == [
        last[0]
    ]
    rows = critic.read_rows(out)
    assert (rows.groupby(["case", "seed"]).size() == 2).all()
    calls.clear()
    larger = critic.CriticOptions(choose("ten_specs"), seeds=1, rows=800, jobs=1, out=out)
    critic.run_critic(larger)
    assert len(calls) == 2


def test_a_model_s_analyses_are_kept_apart_from_the_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def answer(fault: Any, planted: bool, seed: int, n: int, model: Any) -> list[dict[str, Any]]:
        seen.append(model.view.name if model is not None else "")
        name = seen[-1]
        return [_row(fault.case(planted), seed, e, n=n, model=name) for e in ("ATE", "ATT")]

    monkeypatch.setattr(critic, "analyze", answer)
    out = tmp_path / "critic.csv"
    for llm, name in (("", ""), ("http://127.0.0.1:9/v1", "small"), ("", "")):
        options = critic.CriticOptions(
            choose("ten_specs"), seeds=1, rows=600, jobs=1, out=out, llm=llm, model=name
        )
        assert critic.run_critic(options) == 0
    assert seen == ["", "", "small", "small"]
    assert list(critic.read_rows(out)["model"]) == [""] * 4 + ["small"] * 4


def test_another_file_is_not_overwritten(tmp_path: Path, calls: list[Any]) -> None:
    out = tmp_path / "critic.csv"
    out.write_text("a,b\n1,2\n")
    with pytest.raises(ContractError, match="not a file of results"):
        critic.run_critic(critic.CriticOptions(choose("ten_specs"), out=out))
    assert (out.read_text(), calls) == ("a,b\n1,2\n", [])


def test_tables_count_what_the_rows_say() -> None:
    faults = choose("mediator,hidden_strong")
    rows = pd.DataFrame(
        [
            _row("mediator", 1, findings="mediator_suspected:concern", overall="not_satisfactory"),
            _row("mediator", 2, findings="blind_spot:concern;post_treatment_suspected:note"),
            _row(
                "hidden_strong",
                1,
                failing="placebo",
                level="not_satisfactory",
                estimate=1.6,
                ci_lower=1.4,
                ci_upper=1.8,
            ),
            _row("hidden_strong", 2, concerns=json.dumps(["[hidden_confounding] Something"])),
            _row("clean:mediator", 1, findings="usual_suspect_missing:note"),
            _row("clean:mediator", 2, findings="mediator_suspected:concern", failing="placebo"),
        ],
        columns=COLUMNS,
    )
    table = rates(rows, faults).set_index("fault")
    assert list(table["named"]) == [0.5, 0.5]
    assert list(table["lowered"]) == [0.5, 0.0]
    assert list(table["model_only"]) == [0.0, 0.5]
    assert table.loc["mediator", "alarm"] == 0.5
    assert np.isnan(table.loc["hidden_strong", "alarm"])
    rung = false_alarms(rows).set_index("what")
    assert dict(rung["analyses"]) == {"mediator_suspected": 1, "placebo": 1}
    by_level = confusion(rows).set_index(["level", "kind"])
    assert by_level.loc[("satisfactory", "faulty"), "covered"] == 1.0
    assert by_level.loc[("not_satisfactory", "faulty"), "covered"] == 0.0
    assert by_level.loc[("not_satisfactory", "faulty"), "error"] == pytest.approx(6)
    text = critic_report(rows, faults)
    assert "- detectable faults named by rules: 2 of 4 (50 %)" in text
    assert "- clean twins with a false alarm: 1 of 2 (50 %)" in text


@pytest.mark.parametrize(
    ("concern", "expected"),
    [
        ("[post_treatment_suspected] It may come after", True),
        ("[other] What about index_b?", True),
        ("[other] What about my_index_b2?", False),
        ("[other] It looks fine; see [mediator_suspected]", False),
    ],
)
def test_a_model_names_a_fault_by_code_column_or_word(concern: str, expected: bool) -> None:
    row = pd.Series(_row("mediator", concerns=json.dumps([concern])))
    assert named_by_model(row, BY_NAME["mediator"]) == expected
    assert not named_by_model(row, BY_NAME["rows_duplicated"])
    twice = pd.Series(_row("rows_duplicated", concerns=json.dumps(["[x] Duplicates of rows"])))
    assert named_by_model(twice, BY_NAME["rows_duplicated"])


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--faults", "mediator,nonsense"], "faults"),
        (["--faults", ","], "faults"),
        (["--seeds", "0"], "seeds"),
        (["--rows", "599"], "rows"),
        (["--jobs", "0"], "jobs"),
        (["--out", "critic.txt"], "out"),
        (["--llm", "nonsense"], "llm"),
    ],
)
def test_bad_options_are_refused_with_the_fix(
    options: list[str],
    field: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["eval", "critic", *options]) == 2
    assert capsys.readouterr().err.startswith(f"jupyter oci: {field}: ")
    assert not list(tmp_path.iterdir())
