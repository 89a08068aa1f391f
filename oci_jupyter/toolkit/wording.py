"""Numbers in sentences: one spelling of figures, shares and p-values everywhere."""

from __future__ import annotations

import math


def number(value: float) -> str:
    """A figure in units of the data: enough digits to read, no more."""
    if not math.isfinite(value):
        return "not finite"
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 100:
        text = f"{value:,.0f}"
    elif size >= 10:
        text = f"{value:.1f}"
    elif size >= 0.1:
        text = f"{value:.2f}"
    else:
        text = f"{value:.2g}"
    return text.replace("-", "−")


def percent(share: float, digits: int | None = None) -> str:
    """A share of one as a percentage."""
    value = 100 * share
    if digits is None:
        digits = 0 if value == 0 or value >= 10 else 1
        if 99.5 <= value < 100:
            digits = 1
    return f"{value:.{digits}f} %"


def interval(lower: float, upper: float) -> str:
    return f"[{number(lower)}, {number(upper)}]"


def p_text(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
