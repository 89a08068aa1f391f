"""The study of a dose: a continuous treatment, or a count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pandas as pd

from oci_jupyter.contract import Thresholds

from . import dose, dose_density
from .column_checks import short
from .data import as_float, column_kind
from .design_checks import add_problem, basic_problem
from .design_core import DesignCore, Splits, draw_splits
from .parts import Roles
from .result_view import ResultView
from .settings import Names, check_benchmarks, choose_placebo

#: A dose with at most this many values could as well be compared level by level.
FEW_VALUES = 10


class DoseStudy(DesignCore):
    """An observational study under unconfoundedness, with a continuous or count treatment.

    Args:
        data: A DataFrame, one row per unit, or a csv/parquet path or URL.
        treatment: Numeric column that says how much a unit got.
        outcome: Numeric or 0/1 column whose change is in question.
        confounders: Columns that may drive both treatment and outcome.
        placebo_outcomes: Numeric columns the treatment cannot have affected.
        folds: Number of cross-fitting folds, 2 to 20.
        seed: Seed of all random draws.
        thresholds: Limits that grade the checks, by name of the fields of
            `oci_jupyter.contract.Thresholds`.

    Raises:
        ContractError: Everything that is wrong with data and roles, all at once.

    Source: Chernozhukov et al. (2018), Econometrics Journal 21(1); Kennedy, Ma, McHugh and
    Small (2017), JRSS B 79.
    """

    design_name = "dose"

    def __init__(
        self,
        data: Any,
        treatment: str,
        outcome: str,
        confounders: Names,
        placebo_outcomes: Names = (),
        folds: int = 5,
        seed: int = 7,
        thresholds: dict[str, float] | Thresholds | None = None,
    ) -> None:
        self._start(
            data, treatment, outcome, confounders, placebo_outcomes, folds, seed, thresholds
        )
        self.spike = dose_density.find_spike(self.sample.t)
        self.counted_as_treated = (
            f"“Treated” in the line below a table counts units whose {treatment} is above the "
            "median; the analysis does not split them so."
        )

    @property
    def slope_label(self) -> str:
        return f"slope per unit of {self.roles.treatment}"

    # --- what it shows ---------------------------------------------------------------

    def describe(self) -> ResultView:
        """Who is in the study: participant flow, doses, confounders, assumptions.

        Returns:
            Result of kind `study`; fits nothing.
        """
        from .dose_results import describe_result

        return self._cached(("study",), lambda: describe_result(self))

    def overlap(self) -> ResultView:
        """Which doses were in whose reach, and how uneven are the weights?

        Returns:
            Result of kind `overlap`: per region of dose the share of units whose chance of it
            is below 2·`propensity_low` of everybody's, and the effective sample size.
        """
        from .dose_diagnostics import overlap_result

        return self._cached(("overlap",), lambda: overlap_result(self))

    def balance(self) -> ResultView:
        """Is the dose still correlated with any confounder?

        Returns:
            Result of kind `balance`: correlations before, after weighting, and after
            residualizing, which is what the slope rests on.

        Source: Austin (2019), "Assessing covariate balance when using the generalized
        propensity score with quantitative or continuous exposures", Statistical Methods in
        Medical Research 28; Fong, Hazlett and Imai (2018), Annals of Applied Statistics 12.
        """
        from .dose_diagnostics import balance_result

        return self._cached(("balance",), lambda: balance_result(self))

    def estimate(self) -> ResultView:
        """The effect per unit of dose, beside what a one-shot answer would have said.

        Returns:
            Result of kind `estimate`.

        Source: Robinson (1988), Econometrica 56; Chernozhukov et al. (2018).
        """
        from .dose_results import estimate_result

        return self._cached(("estimate",), lambda: estimate_result(self))

    def dose_response(self) -> ResultView:
        """Mean outcome had every unit got each dose.

        Returns:
            Result of kind `dose`, between the 5th and 95th percentile of the dose.

        Source: Kennedy, Ma, McHugh and Small (2017), JRSS B 79.
        """
        from .dose_results import curve_result

        return self._cached(("dose",), lambda: curve_result(self))

    def sensitivity(self, benchmark: Names | None = None) -> ResultView:
        """How strong would a hidden confounder have to be to explain the slope away?

        Args:
            benchmark: Observed confounders to compare with; the strongest three by default.

        Returns:
            Result of kind `sensitivity`.

        Raises:
            ContractError: `benchmark_unknown`.

        Source: Chernozhukov, Cinelli, Newey, Sharma and Syrgkanis (2022), "Long story short".
        """
        from .dose_sensitivity import sensitivity_result

        columns = tuple(check_benchmarks(benchmark, self.confounders))
        return self._cached(("sensitivity", *columns), lambda: sensitivity_result(self, columns))

    def placebo(self, outcome: str | None = None) -> ResultView:
        """A slope where none can be is a sign of confounding that remains.

        Args:
            outcome: One of the placebo outcomes; may be left out if there is one.

        Returns:
            Result of kind `placebo`, without the placebo outcome among the confounders.

        Raises:
            ContractError: `placebo_unknown`.
        """
        from .dose_results import placebo_result

        name = choose_placebo(self.roles.placebo_outcomes, outcome)
        return self._cached(("placebo", name), lambda: placebo_result(self, name))

    # --- what it computes ------------------------------------------------------------

    def splits(self) -> Splits:
        """Cross-fitting folds stratified by fifths of the dose, drawn once."""

        def draw() -> Splits:
            t = self.sample.t
            cuts = np.unique(np.quantile(t, [0.2, 0.4, 0.6, 0.8], method="inverted_cdf"))
            return draw_splits(np.searchsorted(cuts, t), self.folds, self.seed)

        return cast(Splits, self._once(("splits",), draw))

    def dose_mean(self, without: Sequence[str] = ()) -> tuple[np.ndarray, np.ndarray]:
        """Out-of-fold E[t | x], shape (n,), and the gain shares of the columns."""
        key = ("dose_mean", *sorted(without))
        return cast(
            tuple[np.ndarray, np.ndarray],
            self._once(
                key,
                lambda: dose.fit_mean(
                    self.matrix(without), self.sample.t, self.splits(), self.seed
                ),
            ),
        )

    def outcome_mean(
        self, placebo: str | None = None, without: Sequence[str] = ()
    ) -> tuple[np.ndarray, np.ndarray]:
        """Out-of-fold E[y | x], shape (n,), and the gain shares of the columns."""
        y = self.sample.y if placebo is None else self.sample.placebos[placebo]
        key = ("outcome_mean", placebo, *sorted(without))
        return cast(
            tuple[np.ndarray, np.ndarray],
            self._once(
                key, lambda: dose.fit_mean(self.matrix(without), y, self.splits(), self.seed)
            ),
        )

    def slope(self, placebo: str | None = None, without: Sequence[str] = ()) -> dose.Slope:
        """The partially linear slope, of the outcome or of a placebo outcome."""

        def fit() -> dose.Slope:
            s = self.sample
            y = s.y if placebo is None else s.placebos[placebo]
            known = ~np.isnan(y)
            ly, _ = self.outcome_mean(placebo, without)
            mt, _ = self.dose_mean(without)
            return dose.partially_linear(y[known], s.t[known], ly[known], mt[known])

        return cast(dose.Slope, self._once(("slope", placebo, *sorted(without)), fit))

    def density(self) -> dose_density.Density:
        """Density of the dose given the confounders, out of fold."""

        def fit() -> dose_density.Density:
            return dose_density.fit_density(
                self.matrix(),
                self.sample.t,
                self.spike,
                self.thresholds.clip,
                self.splits(),
                self.seed,
            )

        return cast(dose_density.Density, self._once(("density",), fit))

    @property
    def most_weight(self) -> float:
        """Stabilized weights are cut here: what clipping allows two equal arms, 1/(2·clip)."""
        return 0.5 / self.thresholds.clip

    def weights(self) -> np.ndarray:
        """Stabilized weights f(t) / f(t | x), cut at `most_weight`, shape (n,)."""
        return self.density().weights(self.most_weight)

    def curve(self) -> dose.Curve:
        """The dose–response curve."""

        def fit() -> dose.Curve:
            s = self.sample
            surface = dose.fit_surface(
                self.matrix(), s.t, s.y, self.spike, self.splits(), self.seed
            )
            p = None if self.spike is None else self.density().p_spike
            return dose.dose_response(s.y, s.t, self.weights(), surface, self.spike, p)

        return cast(dose.Curve, self._once(("curve",), fit))

    # --- what the base asks for ------------------------------------------------------

    def _estimands(self) -> list[str]:
        return [self.slope_label]

    def _n_treated(self) -> int:
        return int((self.sample.t > np.median(self.sample.t)).sum())

    def _code(self, column: pd.Series) -> np.ndarray:
        return as_float(column)

    def _check_treatment(self, roles: Roles, column: pd.Series, known: np.ndarray) -> None:
        what, kind = f"The treatment `{short(roles.treatment)}`", column_kind(column)
        numeric = kind in ("boolean", "integer", "number")
        if kind == "category":
            numeric = pd.api.types.is_numeric_dtype(column.cat.categories.dtype)
        if kind in ("text", "category") and column.notna().any() and not numeric:
            add_problem(
                roles,
                "dose_not_numeric",
                f"{what} is text ({column.nunique():,} levels), not an amount.",
                "Use `oci.LevelStudy` for 3 to 10 levels, or turn it into numbers.",
            )
            return
        if basic_problem(roles, column):
            return
        usable = as_float(column[known])
        values, counts = np.unique(usable, return_counts=True)
        if len(values) == 2 or column.nunique() == 2:
            add_problem(
                roles,
                "treatment_binary",
                f"{what} has two values only.",
                "Use `oci.Study`, which is made for two levels.",
            )
        elif len(values) and len(usable) - counts.max() < dose_density.MIN_BEYOND:
            add_problem(
                roles,
                "dose_hardly_varies",
                f"{what} is {values[counts.argmax()]:g} in all but "
                f"{len(usable) - counts.max():,} usable rows.",
                "Too few units differ in dose; compare some with none by `oci.Study`.",
            )
        elif len(values) <= FEW_VALUES:
            add_problem(
                roles,
                "dose_few_values",
                f"{what} takes {len(values)} values only.",
                "`oci.LevelStudy` would compare them without assuming that effects change "
                "smoothly with the dose.",
                severity="warning",
            )
