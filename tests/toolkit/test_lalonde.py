"""The demo's data: NSW participants against the CPS comparison group, known answers.

The ranges are those measured with several doubly robust estimators on these rows. The
experiment's own answer is 1,794 dollars.
"""

from __future__ import annotations

import pandas as pd
import pytest

from oci_jupyter import toolkit as oci

CONFOUNDERS = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]


@pytest.fixture(scope="module")
def lalonde() -> oci.Study:
    from causaldata import cps_mixtape, nsw_mixtape

    nsw = nsw_mixtape.load_pandas().data
    frame = pd.concat([nsw[nsw["treat"] == 1], cps_mixtape.load_pandas().data])
    return oci.Study(
        frame,
        treatment="treat",
        outcome="re78",
        confounders=CONFOUNDERS,
        placebo_outcomes=["re75"],
        seed=7,
    )


def test_overlap_fails_for_the_population(lalonde: oci.Study) -> None:
    view = lalonde.overlap()
    shares = {c.estimand: c for c in view.checks if c.name == "overlap_share_outside"}
    assert view.result.headline == "98 % outside [0.1, 0.9]"
    assert shares["ATE"].grade == "fail"
    assert shares["ATT"].grade in ("pass", "warn")
    assert shares["ATO"].grade == "pass"


def test_estimates_lie_in_the_known_ranges(lalonde: oci.Study) -> None:
    rows = {
        e.estimand: e for e in lalonde.estimate().result.estimates if e.role != "second_opinion"
    }
    assert rows["naive difference"].estimate == pytest.approx(-8498, abs=1)
    assert rows["plain regression (OLS)"].estimate == pytest.approx(700, abs=10)
    assert -7500 < rows["ATE"].estimate < -6000
    assert 1350 < rows["ATT"].estimate < 1750
    assert 800 < rows["ATT"].stderr < 1200
    assert rows["ATE"].population == "all 16,177 units"
    assert rows["ATT"].population == "the 185 treated units"
    assert rows["ATT"].n == 185


def test_the_placebo_on_earlier_earnings_fails(lalonde: oci.Study) -> None:
    check = next(c for c in lalonde.placebo("re75").checks if c.estimand == "ATT")
    assert check.grade == "fail"
    assert check.value is not None
    assert -1650 < check.value < -1100


def test_the_trimmed_estimate_lies_in_the_known_range(lalonde: oci.Study) -> None:
    trimmed = lalonde.trim(0.1, 0.9, refit=True)
    assert 300 <= trimmed.sample.n <= 400
    effect = trimmed.effect("ATE")
    assert 1800 < effect.estimate < 2250
    assert trimmed.labels[0] == "trimmed ATE [0.1, 0.9]"


def test_the_screen_raises_nothing_where_the_plan_is_complete(lalonde: oci.Study) -> None:
    """The survey's legitimate equal rows (1,720, top-coded or without earnings) are no copies."""
    assert [f for f in lalonde.screen().result.findings if f.severity != "note"] == []


@pytest.mark.parametrize("placebo", [[], ["re75"]])
def test_the_screen_names_the_earnings_left_out(lalonde: oci.Study, placebo: list[str]) -> None:
    study = oci.Study(
        lalonde.source,
        treatment="treat",
        outcome="re78",
        confounders=[c for c in CONFOUNDERS if c not in ("re74", "re75")],
        placebo_outcomes=placebo,
        learner="lean",
    )
    spots = [f for f in study.screen().result.findings if f.severity != "note"]
    # The comparison's row number tells who was in the program; it is nobody's cause.
    assert {"re74", "re75"} <= {c for f in spots for c in f.columns}
    assert {f.code for f in spots} == {"blind_spot"}
