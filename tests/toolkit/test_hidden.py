"""A hidden confounder of known strength: robustness values and bounds keep their promise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from oci_jupyter import toolkit as oci

N = 1500


def _hidden(strength: float, seed: int) -> tuple[pd.DataFrame, dict[str, float]]:
    """A confounder u of variance 1 that is left out; its true strengths come along.

    y = x + strength·u + 1·d + noise, and the propensity depends on x and u. cf_y is the share of
    what is left of y that u explains, cf_d the share of the second moment of the ATE's weights
    that is due to u (Chernozhukov et al. 2022), both by the design, on a large sample.
    """

    def draw(n: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        x, u = rng.normal(size=n), rng.normal(size=n)
        e = 1 / (1 + np.exp(-(0.5 * x + 0.5 * strength * u)))
        return x, u, e, (rng.random(n) < e).astype(int)

    x, u, _, d = draw(N, np.random.default_rng(seed))
    y = x + strength * u + d + np.random.default_rng(seed + 1).normal(size=N)
    big_x, _, big_e, _ = draw(400_000, np.random.default_rng(77))
    # The short propensity: the mean of e given x, by fine bins of x.
    order = np.argsort(big_x)
    bins = np.array_split(order, 2000)
    short = np.empty_like(big_e)
    for part in bins:
        short[part] = big_e[part].mean()
    long_moment = np.mean(1 / (big_e * (1 - big_e)))
    short_moment = np.mean(1 / (short * (1 - short)))
    strengths = {
        "cf_y": strength**2 / (strength**2 + 1),
        "cf_d": float(1 - short_moment / long_moment),
    }
    return pd.DataFrame({"x": x, "d": d, "y": y, "copy": x + 0.3 * u}), strengths


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_bounds_at_the_true_strength_contain_the_truth(strength: float) -> None:
    frame, true = _hidden(strength, seed=3)
    effect = oci.Study(frame, "d", "y", ["x"], estimands="ATE").effect("ATE")
    assert effect.estimate > 1 + 2 * effect.stderr  # confounding is there to be found
    framework = effect.framework
    framework.sensitivity_analysis(**true, rho=1.0, level=0.975)
    found = framework.sensitivity_params
    assert found["ci"]["lower"][0] < 1 < found["ci"]["upper"][0]


def test_the_robustness_value_is_the_strength_that_would_explain_all() -> None:
    """Where truth is no effect, a confounder weaker than the value cannot be the whole story."""
    frame, true = _hidden(1.0, seed=3)
    frame["y"] -= frame["d"]  # now the true effect is none
    study = oci.Study(frame, "d", "y", ["x"], estimands="ATE")
    row = study.sensitivity("ATE").frame.iloc[0]
    at_value = row["robustness_value"] ** 2 / (1 - row["robustness_value"])
    at_truth = true["cf_y"] * true["cf_d"] / (1 - true["cf_d"])
    # The true strength is enough to explain the estimate: it is no less than the value's.
    assert at_truth > 0.9 * at_value
    assert 0 < row["robustness_value_ci"] < row["robustness_value"] < 1


def test_a_stronger_hidden_confounder_needs_a_larger_value() -> None:
    values = []
    for strength in (0.3, 0.6, 1.0):
        frame, _ = _hidden(strength, seed=5)
        frame["y"] -= frame["d"]
        study = oci.Study(frame, "d", "y", ["x"], estimands="ATE", learner="lean")
        values.append(study.sensitivity("ATE").frame.iloc[0]["robustness_value"])
    assert values == sorted(values)


def test_a_benchmark_as_strong_as_the_hidden_one_bounds_it() -> None:
    """Two twins confound alike; one is observed. Bounds benchmarked on it hold the truth."""
    rng = np.random.default_rng(8)
    x, twin, hidden = rng.normal(size=(3, N))
    e = 1 / (1 + np.exp(-0.5 * (twin + hidden)))
    d = (rng.random(N) < e).astype(int)
    y = x + 0.8 * twin + 0.8 * hidden + d + rng.normal(size=N)
    frame = pd.DataFrame({"x": x, "twin": twin, "d": d, "y": y})
    study = oci.Study(frame, "d", "y", ["x", "twin"], estimands="ATE")
    rows = study.sensitivity("ATE", benchmark="twin").frame.dropna(subset="benchmark")
    row = rows.iloc[0]
    slack = 2 * study.effect("ATE").stderr
    assert study.effect("ATE").estimate > 1 + slack
    assert row["lower"] - slack < 1 < row["upper"] + slack
    assert row["lower"] < row["estimate"] < row["upper"]
