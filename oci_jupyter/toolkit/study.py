"""The study: data and roles, declared once; every diagnostic is a method of it.

Fitted nuisances live on the study and are shared by all diagnostics, so asking twice costs
nothing. A study that comes from another remembers where it came from: switched to other
estimands it shares what is fitted, trimmed it keeps the predictions of its rows unless a refit is
asked for, and with another learner it fits its own.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Literal

from oci_jupyter.contract import ContractError, Thresholds

from .crossfit import Learner
from .data import fingerprint, load_frame
from .diagnostics import Diagnostics
from .parts import Level
from .roles import check_roles, too_few
from .row_filter import Condition, blame_conditions, choose_rows
from .sample import draw_sample
from .settings import (
    Names,
    as_names,
    check_estimands,
    check_thresholds,
    setting_problems,
    settle_learner,
)


class Study(Diagnostics):
    """An observational study under unconfoundedness, with a two-valued treatment.

    Treatments with more levels: `LevelStudy`; counts and continuous ones: `DoseStudy`.

    Args:
        data: A table, one row per unit (pandas, polars, pyarrow or anything else narwhals
            knows), or a csv/parquet path or URL.
        treatment: Column that says who was treated; two levels.
        outcome: Numeric or 0/1 column whose change is in question.
        confounders: Columns that may drive both treatment and outcome.
        placebo_outcomes: Numeric columns the treatment cannot have affected; each is tested
            without itself among the confounders.
        estimands: Any of `ATE`, `ATT`, `ATO`.
        treated: Level of the treatment that counts as treated; needed for text.
        folds: Number of cross-fitting folds, 2 to 20.
        seed: Seed of all random draws.
        learner: `stack` (a hinge lasso and linear-leaf boosting), `lean` (boosting alone, for
            big or quick work), or `auto`: lean above 100,000 rows.
        repeats: Draws of the folds; with more than one the estimate is the median and its
            interval is widened by how far the draws lie apart.
        weights: Column of sampling weights: how many units of the population a row stands for.
        cluster: Column that says which rows are not independent (persons with repeated rows,
            shops, schools): folds keep them together, standard errors count them once.
        thresholds: Limits that grade the checks, by name of the fields of
            `oci_jupyter.contract.Thresholds`; what is left out keeps its default.
        keep: Conditions a row meets to be in the study, for example `"age <= 55"` or
            `("age", "<=", 55)`; a row with a missing value does not meet them.

    Raises:
        ContractError: Everything that is wrong with data and roles, all at once.

    Source: Chernozhukov et al. (2018), "Double/debiased machine learning for treatment and
    structural parameters", Econometrics Journal 21(1).
    """

    def __init__(
        self,
        data: Any,
        treatment: str,
        outcome: str,
        confounders: Names,
        placebo_outcomes: Names = (),
        estimands: Names = ("ATE", "ATT", "ATO"),
        treated: Level | None = None,
        folds: int = 5,
        seed: int = 7,
        learner: Learner | Literal["auto"] = "auto",
        repeats: int = 1,
        weights: str | None = None,
        cluster: str | None = None,
        thresholds: dict[str, float] | Thresholds | None = None,
        keep: Condition | Sequence[Condition] = (),
    ) -> None:
        frame = load_frame(data)
        kept = choose_rows(frame, keep)
        roles = check_roles(
            frame if kept.problems or kept.rows.all() else frame.loc[kept.rows],
            treatment=treatment,
            outcome=outcome,
            confounders=as_names(confounders),
            placebo_outcomes=as_names(placebo_outcomes),
            treated=treated,
            weights=weights,
            cluster=cluster,
        )
        blame_conditions(roles.errors, kept)
        problems = [*kept.problems, *roles.errors, *setting_problems(folds, seed, learner, repeats)]
        chosen, bad = check_estimands(estimands)
        self.thresholds, wrong = check_thresholds(thresholds)
        problems += [*bad, *wrong]
        if problems:
            raise ContractError(problems)
        self.roles = roles
        self.estimands = chosen
        self.folds, self.seed = folds, seed
        self.repeats = repeats
        self.trim_rule = None
        self.refitted = False
        self.parent = None
        self.lineage = []
        self.keep = kept.conditions
        self.source = frame
        used = [str(c) in self._columns() for c in frame.columns]
        self.data = frame.loc[:, used].copy()
        self.data_fingerprint = fingerprint(self.data)
        self.sample = draw_sample(self.data, roles, kept)
        self.learner = settle_learner(learner, self.sample.n)
        self._fitted = {}
        self._shown = {}
        self._lock = threading.RLock()

    # --- studies that come from this one ---------------------------------------------

    def trim(
        self, low: float | str = 0.1, high: float | None = None, *, refit: bool = False
    ) -> Study:
        """A study of the units whose propensity lies in [low, high].

        Args:
            low: Lower end of the range; `"crump"` for the range of least variance;
                `"percentile"` for the range that all but 5 % at either end of both arms share.
            high: Upper end of the range; 1 − low by default.
            refit: Fit the models anew on the kept units. Without, their out-of-fold
                predictions are kept, which costs no time; the weights are calibrated to the
                kept units either way.

        Returns:
            A new study; its estimands are named after the range, for example
            `trimmed ATE [0.1, 0.9]`.

        Raises:
            ContractError: Trimmed before, a bad range, nothing to trim, or too few left.

        Source: Crump, Hotz, Imbens and Mitnik (2009), "Dealing with limited overlap in
        estimation of average treatment effects", Biometrika 96(1); for percentiles, Stürmer,
        Rothman, Avorn and Glynn (2010), American Journal of Epidemiology 172.
        """
        from .trimming import choose_trim

        rule = choose_trim(self, low, high)
        e = self.propensity().raw
        keep = (e >= rule.low) & (e <= rule.high)
        n_treated = int(self.sample.d[keep].sum())
        problem = too_few(int(keep.sum()), n_treated)
        if problem is not None:
            problem.message = f"Trimming to {rule.label} leaves too little. {problem.message}"
            problem.fix = f"Choose a wider range. {problem.fix}"
            raise ContractError([problem])
        why = f"propensity in {rule.label}"
        return self._derive(
            f"trimmed to {rule.label}" + (" and refitted" if refit else ""),
            sample=self.sample.keep(keep, why),
            trim_rule=rule,
            refitted=refit,
            _fitted={} if refit else self._kept_nuisances(keep),
        )

    def switch(self, estimands: Names) -> Study:
        """The same data and fitted nuisances, asked for other estimands.

        Args:
            estimands: Any of ATE, ATT, ATO.

        Raises:
            ContractError: An unknown estimand.
        """
        chosen, bad = check_estimands(estimands)
        if bad:
            raise ContractError(bad)
        return self._derive(f"switched to {', '.join(chosen)}", estimands=chosen)

    def with_learner(self, learner: Learner) -> Study:
        """The same question with other models of treatment and outcome, fitted anew.

        Args:
            learner: `stack` or `lean`.

        Raises:
            ContractError: An unknown learner.
        """
        bad = setting_problems(self.folds, self.seed, learner, self.repeats)
        if bad:
            raise ContractError(bad)
        return self._derive(f"with learner {learner}", learner=learner, _fitted={})

    def _derive(self, step: str, **changes: Any) -> Study:
        other = Study.__new__(Study)
        other.__dict__.update(self.__dict__)
        other.parent = self
        other.lineage = [*self.lineage, step]
        other._shown = {}
        other.__dict__.update(changes)
        return other
