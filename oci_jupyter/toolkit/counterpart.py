"""Who has no counterpart, in words: a shallow tree finds the region, a sentence says it."""

from __future__ import annotations

import numpy as np

from .encode import Design, Feature
from .wording import number, percent

_DEPTH = 2


def describe_outside(design: Design, d: np.ndarray, outside: np.ndarray, span: str) -> list[str]:
    """Sentences about the units outside the range of propensities.

    Args:
        design: Encoded confounders, n rows.
        d: Treatment 0/1, shape (n,).
        outside: Mask of units without a counterpart, shape (n,).
        span: The range in words, for example `[0.1, 0.9]`.

    Returns:
        One sentence on who they are and, if they are the majority, one on who is left.
    """
    n, total = int(outside.sum()), len(outside)
    if n < 10 or design.matrix.shape[1] == 0:
        return []
    from sklearn.tree import DecisionTreeClassifier

    treated_share = float(d[outside].mean())
    arm = "treated" if treated_share > 0.5 else "untreated"
    share = max(treated_share, 1 - treated_share)
    opening = (
        f"{n:,} of {total:,} units have no counterpart (propensity outside {span}); "
        f"{percent(share)} of them are {arm}."
    )
    if n == total:
        return [opening]
    tree = DecisionTreeClassifier(
        max_depth=_DEPTH,
        min_samples_leaf=max(10, min(n, total - n) // 10),
        class_weight="balanced",
        random_state=0,
    ).fit(design.matrix, outside)
    leaves = tree.apply(design.matrix)
    sentences = [opening]
    for wanted, words in ((outside, "without a counterpart"), (~outside, "with a counterpart")):
        ids = np.unique(leaves)
        inside = np.array([(wanted & (leaves == leaf)).sum() for leaf in ids])
        sizes = np.array([(leaves == leaf).sum() for leaf in ids])
        # The leaf that is at once pure and large: share within it times share of all.
        best = int(np.argmax((inside / sizes) * (inside / max(1, wanted.sum()))))
        path = _path(tree.tree_, int(ids[best]), design)
        if path:
            sentences.append(
                f"Most typical of units {words}: {path} "
                f"({inside[best]:,} of the {sizes[best]:,} such units)."
            )
    return sentences


def _path(tree: object, leaf: int, design: Design) -> str:
    """Conditions on the way from the root to a leaf, merged per feature."""
    left, right = tree.children_left, tree.children_right  # type: ignore[attr-defined]
    parent = {int(c): (i, s) for s, cs in (("<", left), (">", right)) for i, c in enumerate(cs)}
    bounds: dict[int, dict[str, float]] = {}
    node = leaf
    while node in parent:
        node, side = parent[node]
        feature = int(tree.feature[node])  # type: ignore[attr-defined]
        cut = float(tree.threshold[node])  # type: ignore[attr-defined]
        # Nearer the leaf is tighter, and the walk starts there.
        bounds.setdefault(feature, {}).setdefault(side, cut)
    return " and ".join(
        _condition(design.features[f], b, np.unique(design.matrix[:, f]))
        for f, b in sorted(bounds.items())
    )


def _condition(feature: Feature, bounds: dict[str, float], values: np.ndarray) -> str:
    if feature.kind != "number":
        return feature.label if ">" in bounds else f"not ({feature.label})"
    low, high = bounds.get(">"), bounds.get("<")
    if len(values) == 2:
        return f"{feature.label} = {values[1 if low is not None else 0]:g}"
    if low is not None and high is not None:
        return f"{feature.label} between {number(low)} and {number(high)}"
    if low is not None:
        return f"{feature.label} above {number(low)}"
    return f"{feature.label} at most {number(high or 0.0)}"
