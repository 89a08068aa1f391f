"""What a result publishes: valid, complete, escaped, and computed once."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oci_jupyter import toolkit as oci
from oci_jupyter.contract import Result
from oci_jupyter.toolkit import study_core
from oci_jupyter.toolkit.result_view import PLOTLY_MIME

KINDS = ["study", "overlap", "balance", "placebo", "estimate", "sensitivity", "summary"]


def ask(study: oci.Study, kind: str) -> oci.ResultView:
    return study.describe() if kind == "study" else getattr(study, kind)()  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_is_valid_and_has_no_nan(study: oci.Study, kind: str) -> None:
    view = ask(study, kind)
    content = view.to_dict()
    text = json.dumps(content, allow_nan=False)
    assert Result.model_validate_json(text).kind == kind
    assert content["session"] == oci.session_id()
    assert content["study"]["estimands"] == ["ATE", "ATT", "ATO"]
    assert len(view.frame)
    assert view.result.headline
    assert view.result.title in repr(view)
    assert all(c.reason for c in view.checks)


@pytest.mark.parametrize("kind", KINDS)
def test_displaying_emits_result_and_figure(
    study: oci.Study, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import IPython.display

    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(IPython.display, "display", lambda b, raw: shown.append(b))
    ask(study, kind)._ipython_display_()
    assert list(shown[0]) == [oci.RESULT_MIME, "text/html", "text/plain"]
    assert shown[0][oci.RESULT_MIME]["kind"] == kind
    if kind == "summary":
        assert len(shown) == 1
        return
    assert list(shown[1]) == [PLOTLY_MIME, "text/plain"]
    figure = json.loads(json.dumps(shown[1], allow_nan=False))[PLOTLY_MIME]
    assert figure["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"
    assert "1,500 units" in figure["layout"]["title"]["text"]


def test_a_study_displays_as_its_description(study: oci.Study) -> None:
    assert repr(study) == repr(study.describe())
    assert "1,500 units" in study._repr_html_()


def test_asking_again_fits_nothing(
    frame: pd.DataFrame, roles: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    fits: list[str] = []

    def counted(name: str) -> None:
        original = getattr(study_core, name)
        monkeypatch.setattr(
            study_core, name, lambda *a, **k: fits.append(name) or original(*a, **k)
        )

    for name in ("fit_propensity", "fit_outcome", "quick_nuisances"):
        counted(name)
    study = oci.Study(frame.head(300), **roles, folds=2)
    study.describe()
    assert not fits
    study.overlap()
    study.overlap()
    assert fits == ["fit_propensity"]
    study.balance()
    study.estimate(second_opinion=False)
    both = ["fit_propensity", "fit_outcome"]
    assert fits == both
    study.switch("ATO").estimate(second_opinion=False)
    study.estimate("ATT", second_opinion=False)
    kept = study.trim(0.05, 0.95)
    kept.overlap()
    kept.estimate(second_opinion=False)
    assert fits == both
    study.summary()
    after_summary = len(fits)
    study.summary()
    study.sensitivity()
    study.placebo()
    assert len(fits) == after_summary
    study.trim(0.05, 0.95, refit=True).overlap()
    assert len(fits) > after_summary


def test_switching_renames_nothing_else(study: oci.Study) -> None:
    other = study.switch(["ATT"])
    assert other.labels == ["ATT"]
    assert [e.estimand for e in other.estimate().result.estimates if e.role == "main"] == ["ATT"]
    assert study.labels == ["ATE", "ATT", "ATO"]
    assert other.info().fingerprint != study.info().fingerprint
    with pytest.raises(oci.ContractError, match="switch"):
        other.balance("ATE")
    with pytest.raises(oci.ContractError, match="Known: ATE, ATT, ATO"):
        study.switch("LATE")


def test_another_learner_is_another_study(study: oci.Study) -> None:
    other = study.with_learner("stack")
    assert other.info().learner == "stack"
    assert other.info().name == "with learner stack"
    assert other._fitted == {}
    with pytest.raises(oci.ContractError, match="stack, lean, auto"):
        study.with_learner("forest")  # type: ignore[arg-type]


def test_small_wide_and_coarse_data_go_through() -> None:
    rng = np.random.default_rng(0)
    n = 60
    wide = pd.DataFrame(rng.normal(size=(n, 70)))  # columns named 0, 1, …
    wide["d"] = (np.arange(n) % 5 == 0).astype(int)
    wide["y"] = rng.random(n) < 0.4
    wide["was"] = rng.integers(0, 2, n).astype(float)
    wide.loc[:3, "was"] = np.nan
    for confounders in ([str(i) for i in range(70)], ["0"]):
        study = oci.Study(wide, "d", "y", confounders, "was")
        for kind in KINDS:
            view = ask(study, kind)
            assert json.dumps(view.bundles(), allow_nan=False)
            assert repr(view)


def test_later_changes_of_the_data_do_not_reach_the_study(
    frame: pd.DataFrame, roles: dict[str, Any]
) -> None:
    mine = frame.copy()
    study = oci.Study(mine, **roles)
    mine.loc[:, "y"] = 0.0
    assert "(SD 0)" not in repr(study)
    assert study.sample.y.std() > 0


HOSTILE = {
    "d": '"; import os #',
    "y": "<script>alert(1)</script>",
    "x1": "x" * 300,
    "x2": "größe, 身長 [cm]",
    "x3": "$\\alpha$ {braces} <br>",
    "color": "__class__",
    "before": "a\nb\t`c`",
}


def test_hostile_column_names_work_and_are_escaped(
    frame: pd.DataFrame, roles: dict[str, Any]
) -> None:
    evil = frame.head(400).assign(color=lambda f: f["color"] + "<img src=x onerror=alert(1)>")
    study = oci.Study(
        evil.rename(columns=HOSTILE),
        treatment=HOSTILE["d"],
        outcome=HOSTILE["y"],
        confounders=[HOSTILE[c] for c in roles["confounders"]],
        placebo_outcomes=[HOSTILE["before"]],
        folds=2,
    )
    for kind in KINDS:
        view = ask(study, kind)
        html = view._repr_html_()
        assert "<script" not in html
        assert "<img" not in html
        assert json.dumps(view.bundles(), allow_nan=False)
        assert repr(view)
    plain = oci.Study(evil, **roles, folds=2)
    assert np.isclose(plain.effect("ATT").estimate, study.effect("ATT").estimate, atol=0.5)


def test_importing_is_light() -> None:
    code = (
        "import sys, time; t = time.perf_counter(); import oci_jupyter.toolkit; "
        "heavy = {'tornado', 'jupyter_server', 'openai', 'econml', 'doubleml', 'sklearn', "
        "'lightgbm', 'plotly', 'scipy'} & set(sys.modules); "
        "assert not heavy, heavy; print(time.perf_counter() - t)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 5  # 0.4 s on an idle machine
