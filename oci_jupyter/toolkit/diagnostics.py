"""What a study shows: every diagnostic a person may ask for, each fitted and drawn on first use."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from oci_jupyter.contract import ContractError, EstimandName, Problem

from .ledger import attempts, record
from .result_view import ResultView
from .settings import (
    Names,
    as_names,
    check_benchmarks,
    check_estimands,
    choose_placebo,
    setting_problems,
)
from .study_core import StudyCore


class Diagnostics(StudyCore):
    """The diagnostics of a study; `Study` adds where studies come from."""

    def describe(self) -> ResultView:
        """Who is in the study: participant flow, roles, levels, missing values, assumptions.

        Returns:
            Result of kind `study`; fits nothing.
        """
        from .description import describe_study

        return self._cached("study", (), lambda: describe_study(self))

    def screen(self) -> ResultView:
        """What would a careful referee ask about the columns and rows of these data?

        All columns of the table are looked at, also those that the plan does not mention.

        Returns:
            Result of kind `screen`; its `findings` name blind spots (columns that go with
            treatment and outcome and are not adjusted for), controls that look like
            consequences of the treatment, leaks, and faults of rows and coding.
        """
        from .screen import screen_result

        return self._cached("screen", (), lambda: screen_result(self))

    def overlap(self) -> ResultView:
        """Could these units have gone either way?

        Returns:
            Result of kind `overlap`: share of propensities outside the range per estimand,
            clipped units, calibration, who has no counterpart, and what trimming would leave.

        Source: Crump, Hotz, Imbens and Mitnik (2009), Biometrika 96(1).
        """
        from .overlap import overlap_result

        return self._cached("overlap", (), lambda: overlap_result(self))

    def balance(self, estimand: Names | None = None, *, moments: Literal[1, 2] = 1) -> ResultView:
        """Are the arms alike in every confounder once weighted?

        Args:
            estimand: One or more of the study's estimands; all by default.
            moments: 2 also compares squares of numbers, and products of the eight confounders
                that matter most.

        Returns:
            Result of kind `balance`: standardized mean differences before and after
            weighting, variance ratios, Kolmogorov–Smirnov distances, effective sample sizes.
        """
        from .balance import balance_result

        names = self._choose(estimand)
        return self._cached(
            "balance",
            (*names, "|", moments),
            lambda: balance_result(self, names, moments),
        )

    def nuisances(self) -> ResultView:
        """Do the models of treatment and outcome know more than a constant?

        Returns:
            Result of kind `nuisances`: out-of-fold gain over a dummy per model, weights of the
            stack, calibration of the propensity.
        """
        from .quality import nuisances_result

        return self._cached("nuisances", (), lambda: nuisances_result(self))

    def repeated_splits(self, repeats: int = 3, estimands: Names | None = None) -> ResultView:
        """Does the answer depend on how the folds happened to be drawn?

        Args:
            repeats: Draws of the folds, 2 to 50; each fits all models anew.
            estimands: One or more of the study's estimands; all by default.

        Returns:
            Result of kind `splits`: every split's estimate, and their median, whose interval
            counts how far they lie apart.

        Raises:
            ContractError: `repeats_bad`.

        Source: Chernozhukov et al. (2018), Econometrics Journal 21(1), definition 3.3.
        """
        from .repeated import splits_result

        bad = setting_problems(self.folds, self.seed, self.learner, max(repeats - 1, 0))
        if bad:
            bad[0].value, bad[0].fix = str(repeats), "Choose 2 to 50."
            raise ContractError(bad)
        names = self._choose(estimands)
        return self._cached(
            "splits", (*names, repeats), lambda: splits_result(self, names, repeats)
        )

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

        chosen = choose_placebo(self.roles.placebo_outcomes, outcome)
        return self._cached("placebo", (chosen,), lambda: placebo_result(self, chosen))

    def estimate(
        self, estimands: Names | None = None, *, second_opinion: bool = True
    ) -> ResultView:
        """Doubly robust effects, beside what a one-shot answer would have said.

        Args:
            estimands: Any of ATE, ATT, ATO; those of the study by default.
            second_opinion: Also ask EconML, with other learners.

        Returns:
            Result of kind `estimate`.
        """
        from .estimate import estimate_result

        names = self._choose(estimands, own=False)
        view = self._cached(
            "estimate",
            (*names, second_opinion),
            lambda: estimate_result(self, names, second_opinion),
        )
        record(view.result.study, view.result.estimates)
        return view

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
        columns = check_benchmarks(benchmark, self.confounders)
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
            Result of kind `summary`; its `attempts` are all estimates that this kernel
            process has been asked for so far.
        """
        from .summary import summary_result

        view = self._cached("summary", (), lambda: summary_result(self))
        view.result.attempts = attempts()
        return view

    def __repr__(self) -> str:
        return repr(self.describe())

    def _repr_html_(self) -> str:
        return self.describe()._repr_html_()

    def _ipython_display_(self) -> None:
        self.describe()._ipython_display_()

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
