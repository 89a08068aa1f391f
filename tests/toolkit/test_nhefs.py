"""NHEFS: smoking cessation on weight gain, the worked example of the textbook.

Hernán and Robins, "Causal Inference: What If", chapters 12 and 13: about 3.4 to 3.5 kg with a
95 % interval of about 2.4 to 4.5, by weighting, standardization and doubly robust estimation.
"""

from __future__ import annotations

import pandas as pd
import pytest

from oci_jupyter import toolkit as oci

CONFOUNDERS = [
    "sex",
    "age",
    "race",
    "education",
    "smokeintensity",
    "smokeyrs",
    "exercise",
    "active",
    "wt71",
]


@pytest.fixture(scope="module")
def nhefs() -> oci.Study:
    from causaldata import nhefs as source

    frame = pd.DataFrame(source.load_pandas().data)
    return oci.Study(frame, treatment="qsmk", outcome="wt82_71", confounders=CONFOUNDERS)


def test_the_textbooks_answer(nhefs: oci.Study) -> None:
    effect = nhefs.effect("ATE")
    assert effect.estimate == pytest.approx(3.45, abs=0.2)
    lower, upper = effect.ci
    assert lower == pytest.approx(2.4, abs=0.35)
    assert upper == pytest.approx(4.5, abs=0.35)


def test_units_with_unknown_weight_are_counted_not_hidden(nhefs: oci.Study) -> None:
    flow = nhefs.describe().result.params["flow"]
    assert flow == ["rows in the data: 1629", "outcome known: 1566"]


def test_the_design_holds(nhefs: oci.Study) -> None:
    grades = {
        (c.name, c.estimand): c.grade for c in nhefs.overlap().checks + nhefs.balance().checks
    }
    assert grades[("overlap_share_outside", "ATE")] == "pass"
    assert grades[("balance_max_smd", "ATE")] == "pass"
    assert grades[("balance_max_smd", "ATT")] == "pass"
