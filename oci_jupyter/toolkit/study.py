"""The study: data and roles, declared once; every diagnostic is a method of it.

Fitted nuisances live on the study and are shared by all diagnostics, so asking twice costs
nothing. A trimmed study, or one with another learner, is a new study that remembers where it
came from and fits its own; a study switched to other estimands shares what is fitted.
"""

from __future__ import annotations

import threading
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from oci_jupyter.contract import ContractError, EstimandName, Problem, Thresholds

from .data import fingerprint, load_frame
from .nuisance import Learner
from .parts import Level
from .result_view import ResultView
from .roles import check_roles, too_few
from .sample import draw_sample
from .settings import (
    Names,
    as_names,
    check_estimands,
    check_thresholds,
    setting_problems,
    settle_learner,
)
from .study_core import StudyCore


class Study(StudyCore):
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
    ) -> None:
        frame = load_frame(data)
        roles = check_roles(
            frame,
            treatment=treatment,
            outcome=outcome,
            confounders=as_names(confounders),
            placebo_outcomes=as_names(placebo_outcomes),
            treated=treated,
            weights=weights,
            cluster=cluster,
        )
        problems = [*roles.errors, *setting_problems(folds, seed, learner, repeats)]
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
        used = [str(c) in self._columns() for c in frame.columns]
        self.data = frame.loc[:, used].copy()
        self.data_fingerprint = fingerprint(self.data)
        self.sample = draw_sample(self.data, roles)
        self.learner = settle_learner(learner, self.sample.n)
        self._fitted = {}
        self._shown = {}
        self._lock = threading.RLock()

    # --- what it shows ---------------------------------------------------------------

    def describe(self) -> ResultView:
        """Who is in the study: participant flow, roles, levels, missing values, assumptions.

        Returns:
            Result of kind `study`; fits nothing.
        """
        from .description import describe_study

        return self._cached("study", (), lambda: describe_study(self))

    def overlap(self) -> ResultView:
        """Could these units have gone either way?

        Returns:
            Result of kind `overlap`: share of propensities outside the range per estimand,
            clipped units, calibration, who has no counterpart, and what trimming would leave.

        Source: Crump, Hotz, Imbens and Mitnik (2009), Biometrika 96(1).
        """
        from .overlap import overlap_result

        return self._cached("overlap", (), lambda: overlap_result(self))

    def balance(self, estimand: Names | None = None) -> ResultView:
        """Are the arms alike in every confounder once weighted?

        Args:
            estimand: One or more of the study's estimands; all by default.

        Returns:
            Result of kind `balance`: standardized mean differences before and after
            weighting, variance ratios, Kolmogorov–Smirnov distances, effective sample sizes.
        """
        from .balance import balance_result

        names = self._choose(estimand)
        return self._cached("balance", names, lambda: balance_result(self, names))

    def placebo(self, outcome: str | None = None) -> ResultView:
        """An effect where none can be is a sign of confounding that remains.

        Args:
            outcome: One of the study's placebo outcomes; may be left out if there is one.

        Returns:
            Result of kind `placebo`; nuisances are refitted without the placebo outcome
            among the confounders.

        Raises:
            ContractError: `placebo_unknown`.
        """
        from .placebo import placebo_result

        known = self.roles.placebo_outcomes
        if outcome is None and len(known) == 1:
            outcome = known[0]
        if outcome not in known:
            raise ContractError(
                [
                    Problem(
                        code="placebo_unknown",
                        field="placebo_outcomes",
                        value=str(outcome),
                        message=f"{outcome!r} is not a placebo outcome of this study.",
                        fix=f"Declared: {', '.join(known) or 'none'}.",
                    )
                ]
            )
        chosen = str(outcome)
        return self._cached("placebo", (chosen,), lambda: placebo_result(self, chosen))

    def estimate(
        self, estimands: Names | None = None, *, second_opinion: bool = True
    ) -> ResultView:
        """Doubly robust effects, beside what a one-shot answer would have said.

        Args:
            estimands: Any of ATE, ATT, ATO; those of the study by default.
            second_opinion: Also estimate ATE and ATO with EconML and other learners.

        Returns:
            Result of kind `estimate`.
        """
        from .estimate import estimate_result

        names = self._choose(estimands, own=False)
        return self._cached(
            "estimate",
            (*names, second_opinion),
            lambda: estimate_result(self, names, second_opinion),
        )

    def sensitivity(
        self, estimands: Names | None = None, benchmark: Names | None = None
    ) -> ResultView:
        """How strong would a hidden confounder have to be to explain the effect away?

        Args:
            estimands: One or more of the study's estimands; all by default.
            benchmark: Observed confounders to compare with; the strongest three by default.

        Returns:
            Result of kind `sensitivity`: robustness values, bounds, benchmarks, E-value.

        Raises:
            ContractError: `benchmark_unknown`.

        Source: Chernozhukov, Cinelli, Newey, Sharma and Syrgkanis (2022), "Long story short:
        omitted variable bias in causal machine learning".
        """
        from .sensitivity import sensitivity_result

        names = self._choose(estimands)
        columns = list(as_names(benchmark)) if benchmark is not None else []
        unknown = [c for c in columns if c not in self.confounders]
        if unknown:
            raise ContractError(
                [
                    Problem(
                        code="benchmark_unknown",
                        field="benchmark",
                        value=c,
                        message=f"`{c}` is not a confounder in the model.",
                        fix=f"In the model: {', '.join(self.confounders)}.",
                    )
                    for c in unknown
                ]
            )
        return self._cached(
            "sensitivity",
            (*names, "|", *columns),
            lambda: sensitivity_result(self, names, columns),
        )

    def heterogeneity(self, by: Names | None = None) -> ResultView:
        """For whom is the effect larger? The study's estimands stay as they are.

        Args:
            by: Confounders or placebo outcomes whose levels (or terciles) are compared.

        Returns:
            Result of kind `heterogeneity`: group effects, validation, a simple rule.

        Raises:
            ContractError: `by_unknown`.
        """
        from .heterogeneity import check_by, heterogeneity_result

        columns = tuple(dict.fromkeys(as_names(by))) if by is not None else ()
        check_by(self, list(columns))
        return self._cached("heterogeneity", columns, lambda: heterogeneity_result(self, columns))

    def negative_control(self, treatment_column: str | pd.Series | np.ndarray) -> ResultView:
        """Does something that cannot affect the outcome seem to affect it?

        Args:
            treatment_column: A column of the study's data, or values for each of its rows.

        Returns:
            Result of kind `negative_control`.

        Raises:
            ContractError: `negative_control_*`: unknown, of another role or another length.
        """
        from .negative_control import negative_control_result

        return negative_control_result(self, treatment_column)

    def summary(self) -> ResultView:
        """All estimands and diagnostics in one table; runs what has not run yet.

        Returns:
            Result of kind `summary`.
        """
        from .summary import summary_result

        return self._cached("summary", (), lambda: summary_result(self))

    def __repr__(self) -> str:
        return repr(self.describe())

    def _repr_html_(self) -> str:
        return self.describe()._repr_html_()

    def _ipython_display_(self) -> None:
        self.describe()._ipython_display_()

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

    def _choose(self, estimands: Names | None, own: bool = True) -> tuple[EstimandName, ...]:
        """Some of the study's estimands, or all; labels are understood too."""
        if estimands is None:
            return tuple(self.estimands)
        plain = {self.label(e): e for e in get_args(EstimandName)}
        chosen, bad = check_estimands([plain.get(e, e) for e in as_names(estimands)])
        if not bad and own:
            bad = [
                Problem(
                    code="estimand_not_in_study",
                    field="estimands",
                    value=e,
                    message=f"{e} is not an estimand of this study.",
                    fix=f"Its estimands: {', '.join(self.labels)}; `switch` makes a study of "
                    "others.",
                )
                for e in chosen
                if e not in self.estimands
            ]
        if bad:
            raise ContractError(bad)
        return tuple(chosen)
