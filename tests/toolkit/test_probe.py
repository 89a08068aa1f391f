"""What the kernel answers to the plan form."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oci_jupyter import toolkit as oci
from oci_jupyter.contract import DataProfile, KernelInfo
from oci_jupyter.toolkit import probe


@pytest.fixture
def namespace(monkeypatch: pytest.MonkeyPatch, frame: pd.DataFrame, study: oci.Study) -> dict:
    names = {"df": frame, "_hidden": frame, "n": 3, "study": study, "study_2": "mine"}
    monkeypatch.setattr(probe, "user_namespace", lambda: names)
    return names


def profile(**request: Any) -> DataProfile:
    bundle = probe.ask("data", json.dumps(request))._repr_mimebundle_()
    assert json.loads(bundle["text/plain"]) == bundle["application/json"]
    return DataProfile.model_validate(bundle["application/json"])


def test_the_kernel_lists_its_frames(namespace: dict) -> None:
    info = KernelInfo.model_validate(probe.ask("kernel", "{}").content)
    assert [(f.name, f.rows, f.columns) for f in info.frames] == [("df", 1500, 9)]
    assert info.session == oci.session_id()


def test_columns_are_profiled(namespace: dict) -> None:
    found = profile(source="df")
    columns = {c.name: c for c in found.columns}
    assert found.rows == 1500
    assert found.problems == []
    assert columns["color"].kind == "text"
    assert sum(level.count for level in columns["color"].levels) == 1500
    assert columns["x1"].kind == "number"
    assert sum(columns["x1"].histogram) == 1500
    assert len(columns["x1"].histogram) == 12
    assert columns["d"].levels[0].count > 700


def test_roles_are_judged_and_names_compared(namespace: dict) -> None:
    found = profile(
        source="df",
        treatment="d",
        outcome="Y",
        confounders=["x1", "d"],
        names=["study", "study_2", "fresh"],
    )
    assert {p.code for p in found.problems} == {"column_missing", "treatment_in_confounders"}
    assert found.taken_names == ["study_2"]
    done = profile(source="df", treatment="d", outcome="y", confounders=["x1"], treated=None)
    assert done.problems == []


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("nope", "data_missing"),
        ("n", "data_not_frame"),
        ("", "data_missing"),
        ("__import__('os').system('echo hi')", "data_missing"),
        ("df.head()", "data_missing"),
        ("/no/such/file.csv", "data_missing"),
    ],
)
def test_an_unknown_source_is_a_problem(namespace: dict, source: str, code: str) -> None:
    found = profile(source=source, treatment="d")
    assert [p.code for p in found.problems] == [code]
    assert found.problems[0].fix


def test_a_file_is_profiled(tmp_path: Any, frame: pd.DataFrame) -> None:
    frame.to_parquet(tmp_path / "a.parquet")
    assert profile(source=str(tmp_path / "a.parquet")).rows == 1500


def test_a_malformed_question_is_answered() -> None:
    assert "error" in probe.ask("data", "{").content
    assert "error" in probe.ask("data", "[1]").content
    assert "error" in probe.ask("weather", "{}").content


def test_odd_columns_do_not_break_the_profile(namespace: dict) -> None:
    n = 60
    namespace["odd"] = pd.DataFrame(
        {
            "lists": [[i] for i in range(n)],
            "mixed": [1, "a"] * (n // 2),
            "inf": [np.inf, 1.0] * (n // 2),
            "none": [None] * n,
            "when": pd.date_range("2020", periods=n),
            "span": pd.to_timedelta(np.arange(n), unit="D"),
            "bool": [True, False] * (n // 2),
            "nullable": pd.array([None, *range(n - 1)], dtype="Int64"),
            "cat": pd.Categorical(["u", "v"] * (n // 2)),
            "complex": np.arange(n) + 1j,
            7: range(n),
        }
    )
    found = {c.name: c for c in profile(source="odd").columns}
    assert found["lists"].kind == "other"
    assert found["mixed"].kind == "text"
    assert found["none"].n_missing == n
    assert found["when"].kind == "datetime"
    assert found["nullable"].n_missing == 1
    assert found["bool"].levels[0].count == 30
    assert found["7"].kind == "integer"


def test_the_fingerprint_knows_content_not_order(namespace: dict, frame: pd.DataFrame) -> None:
    namespace["shuffled"] = frame.sample(frac=1, random_state=0)[frame.columns[::-1]]
    namespace["changed"] = frame.assign(y=frame["y"] + 1e-9)
    one, two, three = (profile(source=s).fingerprint for s in ("df", "shuffled", "changed"))
    assert one == two != three
