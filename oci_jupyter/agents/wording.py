"""How the levels of a verdict are called."""

from __future__ import annotations

from ..contract import Level

LEVEL_WORDS: dict[Level, str] = {
    "satisfactory": "Satisfactory",
    "satisfactory_with_caveats": "Satisfactory with caveats",
    "not_satisfactory": "Not satisfactory",
    "abstain": "No verdict",
}
