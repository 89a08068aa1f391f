"""The field's published pipeline, with few trees: does it recover an effect that is known?"""

import sys

import numpy as np
import pytest

from oci_jupyter.contract import ContractError
from oci_jupyter.evals.acic_data import SimulatedSource
from oci_jupyter.evals.meter import Meter
from oci_jupyter.evals.methods import run_method
from oci_jupyter.evals.reference import ReferenceSettings, aipw, max_smd, reference_analysis

SMALL = ReferenceSettings(trees=60, learning_rate=0.15, folds=3, placebos=2, threads=1)


def test_aipw_with_the_true_nuisances() -> None:
    rng = np.random.default_rng(1)
    n = 4000
    x = rng.normal(size=n)
    e = 1 / (1 + np.exp(-x))
    z = (rng.random(n) < e).astype(float)
    g0, g1 = x, x + 1 + x
    y = np.where(z == 1, g1, g0) + rng.normal(size=n)
    ate, att = (aipw(z, y, e, g0, g1, score) for score in ("ATE", "ATT"))
    assert abs(ate.estimate - 1) < 4 * ate.stderr < 0.4
    truth = 1 + x[z == 1].mean()
    assert abs(att.estimate - truth) < 4 * att.stderr < 0.4
    assert ate.ci_upper - ate.ci_lower == pytest.approx(2 * 1.96 * ate.stderr, rel=1e-4)


def test_aipw_by_hand() -> None:
    z, y = np.array([1.0, 0.0]), np.array([5.0, 1.0])
    half, g0, g1 = np.full(2, 0.5), np.array([1.0, 2.0]), np.array([4.0, 4.0])
    # psi = [3 + 2·(5 − 4), 2 − 2·(1 − 2)] = [5, 4]
    assert aipw(z, y, half, g0, g1, "ATE").estimate == pytest.approx(4.5)
    # psi = [(5 − 1) / ½, −(1 − 2) / ½] = [8, 2]
    assert aipw(z, y, half, g0, g1, "ATT").estimate == pytest.approx(5.0)


def test_weighting_balances() -> None:
    x = np.array([0.0, 0, 0, 1, 0, 1, 1, 1])
    z = np.array([0.0, 0, 0, 0, 1, 1, 1, 1])
    e = np.where(x == 1, 0.75, 0.25)
    assert max_smd(x[:, None], z, np.full(8, 0.5), "ATE", 0.001) > 1
    assert max_smd(x[:, None], z, e, "ATE", 0.001) == pytest.approx(0, abs=1e-9)
    assert max_smd(x[:, None], z, e, "ATT", 0.001) == pytest.approx(0, abs=1e-9)


def test_recovers_a_simulated_effect() -> None:
    data = SimulatedSource(n=2000).load(5, 1)
    meter = Meter()
    found = reference_analysis(data.X, data.z, data.y, SMALL, meter)
    effect = data.mu1 - data.mu0
    assert abs(found.ate.estimate - effect.mean()) < 0.35
    assert abs(found.att.estimate - effect[data.z == 1].mean()) < 0.35
    assert found.trimmed is not None
    assert abs(found.trimmed.estimate - effect[found.kept].mean()) < 0.3
    assert found.trimmed.n == found.kept.sum() < 2000
    assert set(found.balance) == {"ATE", "ATT", "trimmed ATE"}
    assert len(found.placebos) == 2
    assert "x_1" in found.placebos, "the strongest confounder stands in first"
    assert set(meter.stages) == {"read", "overlap", "estimate", "balance", "trim", "sensitivity"}
    again = reference_analysis(data.X, data.z, data.y, SMALL)
    assert again.ate == found.ate


def test_rows_carry_truth_over_the_rows_kept() -> None:
    data = SimulatedSource(n=1000).load(10, 1)
    rows = {r["estimand"]: r for r in run_method(data, "reference", 7, SMALL)}
    found = reference_analysis(data.X, data.z, data.y, SMALL)
    effect = data.mu1 - data.mu0
    assert rows["trimmed ATE"]["truth"] == pytest.approx(effect[found.kept].mean())
    assert rows["ATT"]["truth"] == pytest.approx(effect[data.z == 1].mean())
    assert rows["ATE"]["outside_share"] == pytest.approx(1 - found.kept.mean())
    assert rows["ATE"]["tier"] == "fail"
    assert rows["ATE"]["peak_mb"] > 50
    assert rows["ATE"]["cpu_seconds"] > 0


def test_xgboost_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xgboost", None)
    with pytest.raises(ContractError) as error:
        run_method(SimulatedSource(n=100).load(1, 1), "reference", 7, SMALL)
    (problem,) = error.value.problems
    assert (problem.code, problem.value) == ("xgboost_missing", "reference")
    assert "evals" in problem.fix
