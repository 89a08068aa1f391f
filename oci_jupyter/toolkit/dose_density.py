"""The density of the dose given the confounders, and what follows: weights and regions.

Beyond a spike the dose is m(x) + s(x)·r with mean m and scale s fitted out of fold and a kernel
density of the standardized residuals r (Kennedy et al. 2017, section 4); at a spike it has a
probability. Stabilized weights f(t) / f(t | x) have mean one and make the dose independent of
the confounders (Robins, Hernán and Brumback 2000, Epidemiology 11).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from . import learners
from .design_core import Splits, Task, run_tasks
from .dose import fit_mean
from .wording import number

#: A smallest dose shared by at least this share of the units is a spike.
SPIKE_SHARE = 0.1
#: Fewest units beyond a spike.
MIN_BEYOND = 30
_GRID, _REGIONS = 120, 5


@dataclass(frozen=True)
class Density:
    """Density of the dose given the confounders, out of fold.

    Attributes:
        spike: Dose that is a level of its own, or None.
        p_spike: P(spike | x), shape (n,); zeros without a spike.
        center: E[t | x, beyond the spike], shape (n,).
        scale: Scale of the residuals, shape (n,).
        residuals: Grid of standardized residuals, ascending, shape (G,).
        density: Their density on the grid, shape (G,).
        own: f(t | x), or P(spike | x), at each unit's own dose, shape (n,).
        marginal: The same averaged over the confounders of all units, shape (n,).
    """

    spike: float | None
    p_spike: np.ndarray
    center: np.ndarray
    scale: np.ndarray
    residuals: np.ndarray
    density: np.ndarray
    own: np.ndarray
    marginal: np.ndarray

    def weights(self, most: float) -> np.ndarray:
        """Stabilized weights f(t) / f(t | x), no larger than `most`, shape (n,)."""
        return np.asarray(np.minimum(self.raw_weights, most))

    @property
    def raw_weights(self) -> np.ndarray:
        return np.asarray(self.marginal / np.maximum(self.own, 1e-12 * self.marginal))

    def chance(self, low: float, high: float) -> np.ndarray:
        """P(low < t ≤ high, beyond the spike | x), shape (n,)."""
        cdf = np.concatenate([[0.0], np.cumsum(np.diff(self.residuals) * self._middle())])
        cdf /= cdf[-1]

        def below(value: float) -> np.ndarray:
            z = (value - self.center) / self.scale
            return np.asarray(np.interp(z, self.residuals, cdf, left=0.0, right=1.0))

        return np.asarray((1 - self.p_spike) * (below(high) - below(low)))

    def _middle(self) -> np.ndarray:
        return np.asarray((self.density[1:] + self.density[:-1]) / 2)


def find_spike(t: np.ndarray) -> float | None:
    """The smallest dose, if so many units share it that a density would not fit.

    Args:
        t: Dose, shape (n,).
    """
    at = t == t.min()
    if at.mean() >= SPIKE_SHARE and (~at).sum() >= MIN_BEYOND:
        return float(t.min())
    return None


def fit_density(
    X: np.ndarray, t: np.ndarray, spike: float | None, clip: float, splits: Splits, seed: int
) -> Density:
    """Fit probability of the spike, mean, scale and residual density, out of fold.

    Args:
        X: Design matrix, shape (n, p).
        t: Dose, shape (n,).
        spike: Dose that is a level of its own, or None.
        clip: Least probability of the spike and of its absence.
        splits: Training and held-out rows per fold.
        seed: Seed of the learner's draws.
    """
    n = len(t)
    beyond = np.ones(n, dtype=bool) if spike is None else t != spike
    p = np.zeros(n)
    if spike is not None:
        at = (~beyond).astype(float)
        tasks: list[Task] = [
            (learners.boosted_propensity, (X[train], at[train], X[test], seed + fold))
            for fold, (train, test) in enumerate(splits)
        ]
        for (_, test), (values, _) in zip(splits, run_tasks(tasks), strict=True):
            p[test] = values
        p = np.clip(p, clip, 1 - clip)
    center, _ = fit_mean(X, np.where(beyond, t, np.nan), splits, seed)
    size = np.abs(t - center)
    scale, _ = fit_mean(X, np.where(beyond, size, np.nan), splits, seed)
    typical = float(np.mean(size[beyond])) or 1.0
    scale = np.maximum(scale, 0.2 * typical)
    r = ((t - center) / scale)[beyond]
    residuals, density = residual_density(r)
    own = p.copy()
    own[beyond] = (1 - p[beyond]) * np.interp(r, residuals, density) / scale[beyond]
    doses = np.unique(np.quantile(t[beyond], np.linspace(0, 1, _GRID)))
    average = np.array(
        [
            np.mean((1 - p) * np.interp((a - center) / scale, residuals, density, 0, 0) / scale)
            for a in doses
        ]
    )
    marginal = np.full(n, p.mean())
    marginal[beyond] = np.interp(t[beyond], doses, average)
    return Density(spike, p, center, scale, residuals, density, own, marginal)


def residual_density(r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian kernel density of standardized residuals on a grid.

    Bandwidth: 0.9·min(SD, IQR/1.34)·n^(−1/5) (Silverman 1986, Density Estimation, eq. 3.31).

    Args:
        r: Residuals, shape (n,).

    Returns:
        Grid and density, shape (G,) each; the density integrates to one.
    """
    q75, q25 = np.quantile(r, [0.75, 0.25])
    spread = min(float(r.std()), float(q75 - q25) / 1.34) or float(r.std()) or 1.0
    h = 0.9 * spread * len(r) ** -0.2
    grid = np.linspace(r.min() - 4 * h, r.max() + 4 * h, 600)
    # Binned first: the cost does not grow with the square of the sample.
    step = grid[1] - grid[0]
    at = (r - grid[0]) / step
    left = np.floor(at).astype(int)
    mass = np.bincount(left, 1 - (at - left), minlength=len(grid))
    mass = mass + np.bincount(left + 1, at - left, minlength=len(grid))
    gap = (grid[:, None] - grid[None, :]) / h
    density = np.exp(-0.5 * gap**2) @ mass / (len(r) * h * np.sqrt(2 * np.pi))
    return grid, density


@dataclass(frozen=True)
class Region:
    """A range of doses.

    Attributes:
        label: In words, for example `days 3 to 7`.
        low: Open lower end.
        high: Closed upper end.
        mine: Mask of the units whose dose lies in it, shape (n,).
        reach: Each unit's chance of it over everybody's average chance, shape (n,).
    """

    label: str
    low: float
    high: float
    mine: np.ndarray
    reach: np.ndarray


def regions(t: np.ndarray, density: Density, name: str) -> list[Region]:
    """The spike, and fifths of the doses beyond it.

    Args:
        t: Dose, shape (n,).
        density: Fitted density.
        name: What the dose is called.
    """
    found: list[Region] = []
    beyond = np.ones(len(t), dtype=bool)
    if density.spike is not None:
        beyond = t != density.spike
        reach = density.p_spike / density.p_spike.mean()
        at = density.spike
        found.append(Region(f"{name} = {_spell(at)}", at, at, ~beyond, reach))
    inside = t[beyond]
    cuts = np.unique(np.quantile(inside, np.linspace(0, 1, _REGIONS + 1), method="inverted_cdf"))
    ends: list[Any] = [-np.inf, *cuts[1:-1], np.inf]
    half = 0.5 if np.all(inside == np.round(inside)) else 0.0  # counts: a step ends midway
    for low, high in pairwise(ends):
        mine = beyond & (t > low) & (t <= high)
        if not mine.any():
            continue
        chance = density.chance(low + half, high + half)
        ends_text = list(dict.fromkeys(_spell(v) for v in (t[mine].min(), t[mine].max())))
        label = (
            f"{name} {' to '.join(ends_text)}" if len(ends_text) > 1 else f"{name} = {ends_text[0]}"
        )
        average = max(float(chance.mean()), 1e-12)
        found.append(Region(label, low, high, mine, chance / average))
    return found


def _spell(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e6 else number(value)
