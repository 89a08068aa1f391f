"""A simple rule of whom to treat, in words, with what it would gain on units it has not seen.

The rule is a tree of depth two (EconML's `PolicyTree`) grown on the doubly robust scores
(Athey and Wager 2021, "Policy learning with observational data", Econometrica 89(1)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .counterpart import _path

if TYPE_CHECKING:
    from .crossfit import Splits
    from .encode import Design

_DEPTH = 2


@dataclass(frozen=True)
class Gain:
    """What a rule gains over another, per unit of the population, in outcome units."""

    over: str
    estimate: float
    stderr: float


@dataclass(frozen=True)
class PolicyRule:
    """A rule of whom to treat.

    Attributes:
        words: The rule grown on all units, as sentences.
        share: Share of the units it would treat.
        gains: Over treating everybody and over treating nobody, on held-out folds.
    """

    words: str
    share: float
    gains: list[Gain]


def learn_policy(design: Design, scores: np.ndarray, splits: Splits, seed: int) -> PolicyRule:
    """Grow the rule, and estimate on held-out folds what growing such a rule is worth.

    Args:
        design: Encoded confounders, n rows.
        scores: Doubly robust effect of each unit, shape (n,), in outcome units.
        splits: Folds; each fold is judged by a tree grown on the others.
        seed: Seed of the tree's tie-breaking.

    Returns:
        The rule; more of the outcome counts as better.

    Source: Athey and Wager (2021), Econometrica 89(1).
    """
    X = np.ascontiguousarray(design.matrix)
    held_out = np.zeros(len(scores))
    for train, test in splits:
        tree = _grow(X[train], scores[train], seed)
        held_out[test] = _treats(tree, X[test])
    gains = []
    for over, difference in (
        ("treating everybody", (held_out - 1) * scores),
        ("treating nobody", held_out * scores),
    ):
        stderr = float(difference.std(ddof=1) / np.sqrt(len(scores)))
        gains.append(Gain(over, float(difference.mean()), stderr))
    tree = _grow(X, scores, seed)
    treats = _treats(tree, X)
    return PolicyRule(_words(tree, X, treats, design), float(treats.mean()), gains)


def _grow(X: np.ndarray, scores: np.ndarray, seed: int) -> Any:
    from econml.policy import PolicyTree

    tree = PolicyTree(
        max_depth=_DEPTH,
        min_samples_leaf=max(10, len(scores) // 20),
        # Honesty would halve the data; the gain is judged on other folds anyway.
        honest=False,
        random_state=seed,
    )
    return tree.fit(X, np.column_stack([np.zeros_like(scores), scores]))


def _treats(tree: Any, X: np.ndarray) -> np.ndarray:
    return np.asarray(tree.predict(X), dtype=float).ravel()


def _words(tree: Any, X: np.ndarray, treats: np.ndarray, design: Design) -> str:
    if treats.min() == treats.max():
        return f"Treat {'everybody' if treats[0] else 'nobody'}: no split of two questions helps."
    leaves = np.asarray(tree.apply(X)).ravel()
    sides: dict[int, list[str]] = {1: [], 0: []}

    def walk(node: int) -> None:
        below = _leaves_below(tree.tree_, node)
        inside = np.isin(leaves, below)
        decisions = np.unique(treats[inside])
        if len(decisions) > 1:
            walk(int(tree.tree_.children_left[node]))
            walk(int(tree.tree_.children_right[node]))
        elif len(decisions) == 1:
            # Leaves that agree are one group: their parent's conditions say it all.
            path = _path(tree.tree_, node, design)
            sides[int(decisions[0])].append(f"{path} ({int(inside.sum()):,} units)")

    walk(0)
    return f"Treat when {', or when '.join(sides[1])}; not when {', or when '.join(sides[0])}."


def _leaves_below(tree: Any, node: int) -> list[int]:
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left < 0:
        return [node]
    return _leaves_below(tree, left) + _leaves_below(tree, right)
