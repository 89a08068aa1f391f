"""The summary: estimands by diagnostics, in one table."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pandas as pd

from oci_jupyter.contract import Check

from .result_html import SYMBOLS
from .result_view import ResultView, make_view
from .wording import interval, number

if TYPE_CHECKING:
    from .diagnostics import Diagnostics


def summary_result(study: Diagnostics) -> ResultView:
    """See `Study.summary`."""
    started = time.perf_counter()
    views = [study.overlap(), study.balance()]
    views += [study.placebo(column) for column in study.roles.placebo_outcomes]
    # A second opinion is shown where it was asked for; a plan may not permit its library.
    asked = study._has_shown("estimate", (*study.estimands, True))
    estimates = study.estimate(second_opinion=asked).result.estimates
    estimates = [e for e in estimates if e.role == "main"]
    sensitivity = study.sensitivity()
    views.append(sensitivity)
    checks = [c for v in views for c in v.checks]
    tidy: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for estimate in estimates:
        label = estimate.estimand
        mine = [c for c in checks if c.estimand == label]
        rows.append(
            {
                "estimand": label,
                "estimate": number(estimate.estimate),
                "95 % CI": interval(estimate.ci_lower, estimate.ci_upper),
                "outside": _cell(mine, "overlap_share_outside"),
                "largest difference": _cell(mine, "balance_max_smd"),
                "placebo": _cell(mine, "placebo"),
                "robustness value": _cell(mine, "robustness_value"),
                "population": estimate.population,
            }
        )
        figures = {c.name: c.value for c in mine if c.name != "placebo"}
        placebos = [c for c in mine if c.name == "placebo"]
        tidy.append(
            {
                "estimand": label,
                "estimate": estimate.estimate,
                "stderr": estimate.stderr,
                "ci_lower": estimate.ci_lower,
                "ci_upper": estimate.ci_upper,
                "share_outside": figures.get("overlap_share_outside"),
                "max_smd": figures.get("balance_max_smd"),
                "placebos_failed": sum(c.grade == "fail" for c in placebos),
                "robustness_value": figures.get("robustness_value"),
                "population": estimate.population,
                "n": estimate.n,
            }
        )
    n_fail = sum(c.grade == "fail" for c in checks)
    n_warn = sum(c.grade == "warn" for c in checks)
    n_graded = sum(c.grade != "not_applicable" for c in checks)
    return make_view(
        study,
        kind="summary",
        title="Summary",
        headline=f"{n_fail} checks fail, {n_warn} warn, of {n_graded}",
        frame=pd.DataFrame(tidy),
        table=pd.DataFrame(rows),
        checks=checks,
        estimates=estimates,
        strongest=sensitivity.result.strongest,
        seconds=time.perf_counter() - started,
    )


def _cell(checks: list[Check], name: str) -> str:
    """The gravest finding of a name, with its symbol."""
    order = ["fail", "warn", "pass", "not_applicable"]
    found = sorted((c for c in checks if c.name == name), key=lambda c: order.index(c.grade))
    return f"{SYMBOLS[found[0].grade]} {found[0].display}" if found else "–"
