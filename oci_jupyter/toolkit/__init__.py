"""Credible observational causal inference, from any notebook or script.

    from oci_jupyter import toolkit as oci
    study = oci.Study(df, treatment="treat", outcome="re78", confounders=["age", "educ"])
    study.overlap()

Importing costs well under a second; the libraries that estimate load on first use.
"""

from oci_jupyter.contract import RESULT_MIME, ContractError, Problem

from .dose_study import DoseStudy
from .level_study import LevelStudy
from .result_view import ResultView
from .session import session_id
from .study import Study

__all__ = [
    "RESULT_MIME",
    "ContractError",
    "DoseStudy",
    "LevelStudy",
    "Problem",
    "ResultView",
    "Study",
    "session_id",
]
