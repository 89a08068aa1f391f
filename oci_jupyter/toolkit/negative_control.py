"""Negative-control treatment: something that cannot affect the outcome seems to.

Confounding that the columns do not tell links such a treatment to the outcome as it links
the real one (Lipsitch, Tchetgen Tchetgen and Cohen 2010, "Negative controls", Epidemiology
21(3)). Its effect, given the confounders and the treatment, is the slope of the outcome's
residuals on its own (Robinson 1988, Econometrica 56(4); Chernozhukov et al. 2018).
"""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from oci_jupyter.contract import Check, ContractError, Estimate, Grade, Problem

from . import figures
from .data import as_float, column_kind, level_text, settle_dtype
from .group_effects import ols_hc1, two_sided
from .placebo import _DETECTABLE
from .result_view import ResultView, make_view
from .roles import MIN_ARM
from .wording import interval, number, p_text

if TYPE_CHECKING:
    from .crossfit import Splits
    from .study_core import StudyCore

_HALF = 1.959963984540054
#: Fewer usable units, or less own variation than this share, and nothing is tested.
_FEWEST, _LEAST_LEFT = 50, 0.01
_TREES = 60


@dataclass(frozen=True)
class Exposure:
    """A negative-control treatment, aligned with the study's units.

    Attributes:
        name: What a person reads.
        values: Shape (n,), NaN where missing.
        unit: What one unit of it is, in words.
        problem: Why it tests nothing, or empty.
    """

    name: str
    values: np.ndarray
    unit: str
    problem: str


def read_exposure(study: StudyCore, given: str | pd.Series | np.ndarray) -> Exposure:
    """The negative control's values for the study's units.

    Args:
        study: The study.
        given: A column of the study's data, or values for every row of the data that the
            study was made of: a Series with that data's index, or an array in its order.

    Raises:
        ContractError: `negative_control_unknown`, `negative_control_role` or
            `negative_control_length`.
    """
    if isinstance(given, str):
        names = [str(c) for c in study.data.columns]
        if given not in names:
            raise _error(
                "negative_control_unknown",
                given,
                f"`{given}` is not a column the study keeps.",
                f"Give its values, for example `data[{given!r}]`; kept: {', '.join(names)}.",
            )
        if given in (study.roles.treatment, study.roles.outcome):
            raise _error(
                "negative_control_role",
                given,
                f"`{given}` is the treatment or the outcome itself.",
                "Name something that cannot affect the outcome.",
            )
        name, column = given, study.data.iloc[:, names.index(given)]
    else:
        name, column = _aligned(study, given)
    column = settle_dtype(column.iloc[study.sample.position].reset_index(drop=True))
    return _as_numbers(name, column)


def _aligned(study: StudyCore, given: pd.Series | np.ndarray) -> tuple[str, pd.Series]:
    name = "negative control"
    if isinstance(given, pd.Series):
        name = name if given.name is None else str(given.name)
        index = study.data.index
        # A Series in another order must be told by its index, not taken for the data's order.
        if given.index.is_unique and index.is_unique and set(given.index) == set(index):
            return name, given.reindex(index)
        if not given.index.equals(index):
            raise _error(
                "negative_control_length",
                name,
                f"`{name}` has another index than the data of the study.",
                "Give it with the data's index, or as an array in the order of the data's rows.",
            )
        return name, given
    values = np.asarray(given)
    if values.shape != (study.sample.n_source,):
        raise _error(
            "negative_control_length",
            str(values.shape),
            f"The negative control has shape {values.shape}; the data has "
            f"{study.sample.n_source:,} rows.",
            "Give one value for each row of the data, in its order.",
        )
    return name, pd.Series(values)


def _as_numbers(name: str, column: pd.Series) -> Exposure:
    present = column.notna().to_numpy()
    levels = sorted({level_text(v) for v in column[present].unique()}) if present.any() else []
    if column_kind(column) in ("text", "category", "other") and len(levels) != 2:
        return Exposure(name, np.full(len(column), np.nan), "", f"has {len(levels)} levels in text")
    if len(levels) < 2:
        return Exposure(name, np.full(len(column), np.nan), "", "does not vary")
    if column_kind(column) in ("text", "category", "other", "boolean"):
        texts = np.array([level_text(v) for v in column.to_numpy(dtype=object)], dtype=object)
        values = np.where(present, (texts == levels[1]).astype(float), np.nan)
        return Exposure(name, values, f"{levels[1]} against {levels[0]}", "")
    values = as_float(column)
    distinct = np.unique(values[present])
    problem = "" if present.sum() >= _FEWEST else f"is known for {int(present.sum()):,} units only"
    if len(distinct) == 2:
        return Exposure(
            name,
            np.where(values == distinct[1], 1.0, np.where(present, 0.0, np.nan)),
            f"{level_text(distinct[1])} against {level_text(distinct[0])}",
            problem,
        )
    # Per SD, so that the effect can be read beside others.
    return Exposure(name, values / values[present].std(), "one SD more", problem)


def residual_on_residual(
    X: np.ndarray, z: np.ndarray, y: np.ndarray, splits: Splits
) -> tuple[float, float, float]:
    """Slope of y on z given X, in a partly linear model.

    Args:
        X: Controls, shape (n, p).
        z: Negative control, shape (n,).
        y: Outcome, shape (n,).
        splits: Folds for the residuals: (training rows, held-out rows).

    Returns:
        The slope, its HC1 standard error, and the share of z's variance that X leaves.

    Source: Robinson (1988), Econometrica 56(4); Chernozhukov et al. (2018), Econometrics
    Journal 21(1).
    """
    z_left, y_left = z - _predict(X, z, splits), y - _predict(X, y, splits)
    share = float(np.mean(z_left**2) / z.var())
    if share < _LEAST_LEFT:
        return float("nan"), float("nan"), share
    A = np.column_stack([z_left, np.ones_like(z_left)])
    slope, covariance = ols_hc1(A, y_left)
    return float(slope[0]), float(np.sqrt(covariance[0, 0])), share


def _predict(X: np.ndarray, target: np.ndarray, splits: Splits) -> np.ndarray:
    """Out-of-fold means: ridge for the trends, boosting for what they leave."""
    from lightgbm import LGBMRegressor
    from sklearn.linear_model import RidgeCV
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    predicted = np.empty(len(target))
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        for train, test in splits:
            scale = X[train].std(axis=0)
            center, scale = X[train].mean(axis=0), np.where(scale > 0, scale, 1.0)
            A, B = (np.clip((X[rows] - center) / scale, -4, 4) for rows in (train, test))
            ridge = RidgeCV(alphas=np.logspace(-1, 3, 5)).fit(A, target[train])
            booster = LGBMRegressor(
                n_estimators=_TREES,
                learning_rate=0.06,
                num_leaves=6,
                min_child_samples=max(5, min(20, len(train) // 20)),
                n_jobs=1,
                deterministic=True,
                force_row_wise=True,
                random_state=0,
                verbose=-1,
            ).fit(A, target[train] - ridge.predict(A))
            predicted[test] = ridge.predict(B) + booster.predict(B)
    return predicted


def negative_control_result(study: StudyCore, given: str | pd.Series | np.ndarray) -> ResultView:
    """See `Study.negative_control`."""
    started = time.perf_counter()
    outcome = study.roles.outcome
    exposure = read_exposure(study, given)
    name, problem = exposure.name, exposure.problem
    known = ~np.isnan(exposure.values)
    if not problem and known.sum() < _FEWEST:
        problem = f"is known for {int(known.sum()):,} units only"
    if not problem:
        problem = _too_rare(exposure.values[known])
    notes = [
        f"The treatment and all confounders{', less it,' if name in study.confounders else ''} are "
        "held fixed.",
        "No effect here is no proof: only confounders that also drive the negative control are "
        "seen. An effect may also come from the negative control's being affected by the "
        "treatment, or from its truly affecting the outcome.",
    ]
    row: dict[str, Any] = {}
    if not problem:
        row = _test(study, exposure, known)
        if not np.isfinite(row["estimate"]):
            problem = "is all but told by the confounders and the treatment"
    if (~known).any():
        notes.append(f"`{name}` is missing for {int((~known).sum()):,} units.")
    if problem:
        check = Check(
            name="negative_control",
            title=f"effect of {name}",
            grade="not_applicable",
            reason=f"`{name}` {problem}, so it tests nothing.",
        )
        frame = pd.DataFrame(columns=_COLUMNS)
        return _view(study, name, check, frame, [], notes, f"`{name}` {problem}", started)
    check = _check(study, exposure, row)
    estimate = Estimate(
        estimand="partial effect",
        method="residual on residual (LightGBM)",
        role="placebo",
        estimate=row["estimate"],
        stderr=row["stderr"],
        ci_lower=row["ci_lower"],
        ci_upper=row["ci_upper"],
        p_value=row["p_value"],
        population=f"units with {name} known, weighted by how much of it is left to chance",
        n=int(known.sum()),
        outcome=outcome,
    )
    notes.append(f"The effect is of {exposure.unit} of `{name}`, in units of `{outcome}`.")
    found = "significant" if check.grade == "fail" else "not significant"
    headline = f"{number(row['estimate'])} where none can be ({found})"
    frame = pd.DataFrame([row], columns=_COLUMNS)
    return _view(study, name, check, frame, [estimate], notes, headline, started)


_COLUMNS = [
    "negative_control",
    "estimate",
    "stderr",
    "ci_lower",
    "ci_upper",
    "p_value",
    "smallest_detectable",
    "share_left",
]


def _too_rare(values: np.ndarray) -> str:
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) < 2:
        return "does not vary among the analyzed units"
    if len(distinct) == 2 and counts.min() < MIN_ARM:
        return f"has a level with {int(counts.min())} units only"
    return ""


def _test(study: StudyCore, exposure: Exposure, known: np.ndarray) -> dict[str, Any]:
    s, design = study.sample, study.sample.design
    kept = [c for c in study.confounders if c != exposure.name]
    columns = design.columns_of(kept)
    X = np.column_stack([design.matrix[:, columns], s.d])[known]
    at = np.cumsum(known) - 1
    splits = [(at[a[known[a]]], at[b[known[b]]]) for a, b in study.splits()]
    slope, stderr, share = residual_on_residual(
        X, exposure.values[known], s.y[known], [(a, b) for a, b in splits if len(b)]
    )
    return {
        "negative_control": exposure.name,
        "estimate": slope,
        "stderr": stderr,
        "ci_lower": slope - _HALF * stderr,
        "ci_upper": slope + _HALF * stderr,
        "p_value": two_sided(slope, stderr),
        "smallest_detectable": _DETECTABLE * stderr,
        "share_left": share,
    }


def _check(study: StudyCore, exposure: Exposure, row: dict[str, Any]) -> Check:
    name, t = exposure.name, study.thresholds
    grade: Grade = "fail" if row["p_value"] < t.placebo_p else "pass"
    power = (
        "the smallest effect it would find four times in five is "
        f"{number(row['smallest_detectable'])}"
    )
    if grade == "fail":
        reason = (
            f"`{name}`, which cannot affect `{study.roles.outcome}`, seems to, by "
            f"{number(row['estimate'])}: a sign of confounding that remains ({power})."
        )
    else:
        reason = f"No effect of `{name}` is found, as it should be; {power}."
    return Check(
        name="negative_control",
        title=f"effect of {name}",
        grade=grade,
        value=row["estimate"],
        display=f"{number(row['estimate'])} {interval(row['ci_lower'], row['ci_upper'])}, "
        f"{p_text(row['p_value'])}",
        target=f"none (p ≥ {t.placebo_p:g})",
        reason=reason,
    )


def _view(
    study: StudyCore,
    name: str,
    check: Check,
    frame: pd.DataFrame,
    estimates: list[Estimate],
    notes: list[str],
    headline: str,
    started: float,
) -> ResultView:
    outcome = study.roles.outcome
    table = pd.DataFrame(
        {
            "negative control": frame["negative_control"],
            f"effect on {outcome}": frame["estimate"],
            "SE": frame["stderr"],
            "95 % CI": [
                interval(a, b) for a, b in zip(frame["ci_lower"], frame["ci_upper"], strict=True)
            ],
            "p": [p_text(p) for p in frame["p_value"]],
            "smallest detectable": frame["smallest_detectable"],
        }
    )
    return make_view(
        study,
        kind="negative_control",
        title=f"Negative control {name}",
        headline=headline,
        frame=frame,
        table=table,
        checks=[check],
        estimates=estimates,
        notes=notes,
        params={"treatment": name},
        seconds=time.perf_counter() - started,
        draw=(
            lambda: figures.effects_figure(
                study, estimates, f"Effect of {name}, which cannot affect {outcome}"
            )
        )
        if estimates
        else None,
    )


def _error(code: str, value: str, message: str, fix: str) -> ContractError:
    return ContractError(
        [Problem(code=code, field="treatment_column", value=value, message=message, fix=fix)]
    )
