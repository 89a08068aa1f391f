"""The study of a treatment with three to ten levels."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd

from oci_jupyter.contract import Thresholds

from .data import level_text
from .design_core import DesignCore, Splits, draw_splits
from .level_checks import read_levels
from .levels import LevelEffects, fit_level_means, fit_level_propensities, level_effects
from .parts import Level, Roles
from .result_view import ResultView
from .settings import Names, choose_placebo


class LevelStudy(DesignCore):
    """An observational study under unconfoundedness, with a treatment of 3 to 10 levels.

    Args:
        data: A DataFrame, one row per unit, or a csv/parquet path or URL.
        treatment: Column that says which level a unit got: text, category or few numbers.
        outcome: Numeric or 0/1 column whose change is in question.
        confounders: Columns that may drive both treatment and outcome.
        placebo_outcomes: Numeric columns the treatment cannot have affected.
        reference: Level the others are compared with; left out, the smallest number, the
            first of an ordered category, or the most frequent level of text.
        folds: Number of cross-fitting folds, 2 to 20.
        seed: Seed of all random draws.
        thresholds: Limits that grade the checks, by name of the fields of
            `oci_jupyter.contract.Thresholds`.

    Raises:
        ContractError: Everything that is wrong with data and roles, all at once.

    Source: Cattaneo (2010), "Efficient semiparametric estimation of multi-valued treatment
    effects under ignorability", Journal of Econometrics 155.
    """

    design_name = "levels"

    def __init__(
        self,
        data: Any,
        treatment: str,
        outcome: str,
        confounders: Names,
        placebo_outcomes: Names = (),
        reference: Level | None = None,
        folds: int = 5,
        seed: int = 7,
        thresholds: dict[str, float] | Thresholds | None = None,
    ) -> None:
        self._asked = reference
        self._values: list[object] = []
        self.reference = 0
        self._start(
            data, treatment, outcome, confounders, placebo_outcomes, folds, seed, thresholds
        )
        self.counted_as_treated = (
            f"“Treated” in the line below a table counts every level but the reference, "
            f"{treatment} = {self.levels[self.reference]}."
        )

    @property
    def levels(self) -> list[str]:
        """The levels as text, in order."""
        return [level_text(v) for v in self._values]

    @property
    def counts(self) -> np.ndarray:
        """Units per level, shape (K,)."""
        return np.bincount(self.sample.t.astype(int), minlength=len(self._values))

    @property
    def others(self) -> list[int]:
        """Codes of all levels but the reference."""
        return [k for k in range(len(self.levels)) if k != self.reference]

    def contrast_label(self, code: int) -> str:
        return f"{self.levels[code]} − {self.levels[self.reference]}"

    def apo_label(self, code: int) -> str:
        return f"APO({self.levels[code]})"

    # --- what it shows ---------------------------------------------------------------

    def describe(self) -> ResultView:
        """Who is in the study: participant flow, levels, confounders by level, assumptions.

        Returns:
            Result of kind `study`; fits nothing.
        """
        from .level_results import describe_result

        return self._cached(("study",), lambda: describe_result(self))

    def overlap(self) -> ResultView:
        """Could every unit have got every level?

        Returns:
            Result of kind `overlap`: per level the share of units for whom it was out of
            reach, that is whose generalized propensity is below 2·`propensity_low`/K.

        Source: Yoshida et al. (2019), American Journal of Epidemiology 188(3); Yang et al.
        (2016), Biometrics 72; Li and Li (2019), Annals of Applied Statistics 13(4).
        """
        from .level_results import overlap_result

        return self._cached(("overlap",), lambda: overlap_result(self))

    def balance(self) -> ResultView:
        """Does every level, once weighted, look like the whole population?

        Returns:
            Result of kind `balance`: per column and level the standardized difference from
            the population, and the largest difference between any two levels.

        Source: McCaffrey et al. (2013), "A tutorial on propensity score estimation for
        multiple treatments using generalized boosted models", Statistics in Medicine 32.
        """
        from .level_balance import balance_result

        return self._cached(("balance",), lambda: balance_result(self))

    def estimate(self) -> ResultView:
        """Average potential outcomes and contrasts to the reference level.

        Returns:
            Result of kind `estimate`: with 95 % intervals, p-values and Holm-adjusted
            p-values, beside the naive means.

        Source: Cattaneo (2010); Holm (1979).
        """
        from .level_results import estimate_result

        return self._cached(("estimate",), lambda: estimate_result(self))

    def placebo(self, outcome: str | None = None) -> ResultView:
        """Contrasts on something the treatment cannot have changed.

        Args:
            outcome: One of the placebo outcomes; may be left out if there is one.

        Returns:
            Result of kind `placebo`, without the placebo outcome among the confounders.

        Raises:
            ContractError: `placebo_unknown`.
        """
        from .level_results import placebo_result

        name = choose_placebo(self.roles.placebo_outcomes, outcome)
        return self._cached(("placebo", name), lambda: placebo_result(self, name))

    # --- what it computes ------------------------------------------------------------

    def splits(self) -> Splits:
        """Cross-fitting folds stratified by level, drawn once."""
        return cast(
            Splits,
            self._once(("splits",), lambda: draw_splits(self.sample.t, self.folds, self.seed)),
        )

    def propensities(self, without: tuple[str, ...] = ()) -> np.ndarray:
        """Out-of-fold generalized propensities, shape (n, K)."""

        def fit() -> np.ndarray:
            return fit_level_propensities(
                self.matrix(without), self.sample.t, len(self.levels), self.splits(), self.seed
            )

        return cast(np.ndarray, self._once(("propensity", *without), fit))

    def clipped(self, without: tuple[str, ...] = ()) -> np.ndarray:
        """Propensities no smaller than `Thresholds.clip`, shape (n, K)."""
        return np.asarray(np.maximum(self.propensities(without), self.thresholds.clip))

    def means(self, placebo: str | None = None) -> np.ndarray:
        """Out-of-fold means of the outcome, or of a placebo outcome, shape (n, K)."""

        def fit() -> np.ndarray:
            y = self.sample.y if placebo is None else self.sample.placebos[placebo]
            return fit_level_means(
                self.matrix(self._without(placebo)),
                self.sample.t,
                y,
                len(self.levels),
                self.splits(),
                self.seed,
            )

        return cast(np.ndarray, self._once(("means", placebo), fit))

    def effects(self, placebo: str | None = None) -> LevelEffects:
        """Potential outcomes and contrasts, of the outcome or of a placebo outcome."""

        def fit() -> LevelEffects:
            s = self.sample
            y = s.y if placebo is None else s.placebos[placebo]
            known = ~np.isnan(y)
            e, g = self.clipped(self._without(placebo)), self.means(placebo)
            return level_effects(y[known], s.t[known], e[known], g[known], self.reference)

        return cast(LevelEffects, self._once(("effects", placebo), fit))

    # --- what the base asks for ------------------------------------------------------

    def _estimands(self) -> list[str]:
        return [
            *[self.apo_label(k) for k in range(len(self.levels))],
            *[self.contrast_label(k) for k in self.others],
        ]

    def _settings(self) -> list[str]:
        return [self.levels[self.reference]]

    def _n_treated(self) -> int:
        return self.sample.n - int(self.counts[self.reference])

    def _code(self, column: pd.Series) -> np.ndarray:
        codes = np.full(len(column), np.nan)
        for k, value in enumerate(self._values):
            codes[(column == value).to_numpy(dtype=bool, na_value=False)] = k
        return codes

    def _check_treatment(self, roles: Roles, column: pd.Series, known: np.ndarray) -> None:
        self._values, self.reference = read_levels(roles, column, known, self._asked)
