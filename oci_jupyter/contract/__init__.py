"""The contract: every shape that crosses a room's border, as pydantic models."""

from .base import (
    METADATA_KEY,
    PROTOCOL_VERSION,
    RESULT_MIME,
    ContractError,
    Model,
    Problem,
    json_hash,
    source_hash,
)
from .journal import JournalEntry
from .plan import EstimandName, Plan, dump_plan, parse_plan
from .result import Check, Estimate, Grade, Result, StudyInfo, Table, TrimOption
from .spec import (
    ColumnProfile,
    DataProfile,
    FrameInfo,
    KernelInfo,
    LevelCount,
    Spec,
    Thresholds,
    Trim,
    estimand_label,
)
from .step import CellMetadata, NewCell, StepState, StepView
from .verdict import (
    EstimandVerdict,
    Evidence,
    GradedCheck,
    Level,
    Remedy,
    StaleReason,
    Verdict,
)

__all__ = [
    "METADATA_KEY",
    "PROTOCOL_VERSION",
    "RESULT_MIME",
    "CellMetadata",
    "Check",
    "ColumnProfile",
    "ContractError",
    "DataProfile",
    "EstimandName",
    "EstimandVerdict",
    "Estimate",
    "Evidence",
    "FrameInfo",
    "Grade",
    "GradedCheck",
    "JournalEntry",
    "KernelInfo",
    "Level",
    "LevelCount",
    "Model",
    "NewCell",
    "Plan",
    "Problem",
    "Remedy",
    "Result",
    "Spec",
    "StaleReason",
    "StepState",
    "StepView",
    "StudyInfo",
    "Table",
    "Thresholds",
    "Trim",
    "TrimOption",
    "Verdict",
    "dump_plan",
    "estimand_label",
    "json_hash",
    "parse_plan",
    "source_hash",
]
