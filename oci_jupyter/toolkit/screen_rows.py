from __future__ import annotations

from oci_jupyter.contract import Finding

from .screen_data import Screened


def screen_rows(data: Screened) -> list[Finding]:
    return []
