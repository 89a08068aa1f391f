"""Data sets of the ACIC 2016 challenge from the places people have them, and simulated ones.

Source: Dorie, Hill, Shalit, Scott and Cervone (2019), "Automated versus do-it-yourself methods
for causal inference: lessons learned from a data analysis competition", Statistical Science
34(1); data by the package aciccomp2016.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..contract import ContractError
from .simulate import Design, simulate_covariates, simulate_outcome

_LONG = ["setting", "rep", "z", "y", "mu0", "mu1"]
_OFFICIAL = ["z", "y0", "y1", "mu0", "mu1"]

#: What `simulated` offers: overlap from that of a trial to poor, linear to wavy outcomes.
DESIGNS = (
    Design(),
    Design(confounding=0.0, curvature=0.0, heterogeneity=0.0),
    Design(confounding=0.5, curvature=0.0),
    Design(confounding=1.5, curvature=0.0),
    Design(confounding=2.0),
    Design(heterogeneity=0.0),
    Design(heterogeneity=1.5),
    Design(noise=0.3),
    Design(noise=3.0),
    Design(confounding=2.5, curvature=1.5, heterogeneity=1.0),
)


@dataclass(frozen=True)
class DataSet:
    """One data set with known answers.

    Attributes:
        setting: Number of the data-generating process.
        rep: Number of the replicate, from 1.
        X: Covariates, n rows.
        z: Treatment 0/1, shape (n,).
        y: Observed outcome, shape (n,).
        mu0: Noise-free outcome without treatment, shape (n,).
        mu1: The same with treatment, shape (n,).
    """

    setting: int
    rep: int
    X: pd.DataFrame
    z: np.ndarray
    y: np.ndarray
    mu0: np.ndarray
    mu1: np.ndarray


class Source(ABC):
    """Where data sets come from; small to hand to another process, loads on demand.

    Attributes:
        name: What it is, without a path.
    """

    name: str

    @abstractmethod
    def keys(self) -> list[tuple[int, int]]:
        """(setting, replicate) of all data sets, in order."""

    @abstractmethod
    def load(self, setting: int, rep: int) -> DataSet:
        """One data set.

        Raises:
            ContractError: It is not there or cannot be used.
        """

    @property
    def published(self) -> Path | None:
        """Stored answers of published methods, if there are any."""
        return None

    def choose(
        self, settings: Sequence[int] | None, reps: Sequence[int] | None
    ) -> list[tuple[int, int]]:
        """The data sets of some settings and replicates; None means all.

        Raises:
            ContractError: `settings_unknown` or `replicates_unknown`.
        """
        keys = self.keys()
        for position, field, wanted in ((0, "settings", settings), (1, "replicates", reps)):
            known = {key[position] for key in keys}
            missing = [v for v in wanted or () if v not in known]
            if missing:
                raise ContractError.of(
                    f"{field}_unknown",
                    f"The data ({self.name}) has no {field} {_listed(missing)}.",
                    f"It has {_listed(sorted(known))}.",
                    field=field,
                    value=_listed(missing),
                )
        return [
            (s, r)
            for s, r in keys
            if (settings is None or s in settings) and (reps is None or r in reps)
        ]

    def sets(self, keys: Sequence[tuple[int, int]]) -> Iterator[DataSet]:
        """The data sets themselves, one at a time."""
        for setting, rep in keys:
            yield self.load(setting, rep)


@dataclass
class ParquetFolder(Source):
    """`x.parquet` and `zymu_rep{r}.parquet` with setting, rep, z, y, mu0, mu1."""

    folder: Path
    name: str = "acic2016-parquet"

    @cached_property
    def _reps(self) -> dict[int, Path]:
        found = {}
        for path in self.folder.glob("zymu_rep*.parquet"):
            match = re.fullmatch(r"zymu_rep(\d+)", path.stem)
            if match:
                found[int(match[1])] = path
        if not found:
            raise _missing_file(self.folder / "zymu_rep1.parquet")
        return dict(sorted(found.items()))

    @cached_property
    def x(self) -> pd.DataFrame:
        return pd.read_parquet(self.folder / "x.parquet")

    def keys(self) -> list[tuple[int, int]]:
        keys = []
        for rep, path in self._reps.items():
            settings = _read(path, _LONG, columns=["setting"])["setting"]
            keys += [(int(s), rep) for s in settings.unique()]
        return sorted(keys, key=lambda key: (key[1], key[0]))

    def load(self, setting: int, rep: int) -> DataSet:
        if rep not in self._reps:
            raise _missing_file(self.folder / f"zymu_rep{rep}.parquet")
        path = self._reps[rep]
        frame = _read(path, _LONG, filters=[("setting", "==", setting), ("rep", "==", rep)])
        return _data_set(setting, rep, self.x, frame, frame["y"], path)

    @property
    def published(self) -> Path | None:
        path = self.folder / "published_methods_rep1.csv"
        return path if path.is_file() else None


@dataclass
class OfficialFolder(Source):
    """`x.csv` and `<setting>/zymu_*.csv` with z, y0, y1, mu0, mu1, as the challenge gave it.

    The replicate is the position of a file in its folder, sorted by name, from 1.
    """

    folder: Path
    name: str = "acic2016-official"

    @cached_property
    def _files(self) -> dict[tuple[int, int], Path]:
        found: dict[tuple[int, int], Path] = {}
        folders = [p for p in self.folder.iterdir() if p.is_dir() and p.name.isdigit()]
        for folder in sorted(folders, key=lambda p: int(p.name)):
            for rep, path in enumerate(sorted(folder.glob("zymu_*.csv")), start=1):
                found[int(folder.name), rep] = path
        if not found:
            raise _missing_file(self.folder / "1" / "zymu_1.csv")
        return found

    @cached_property
    def x(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "x.csv")

    def keys(self) -> list[tuple[int, int]]:
        return sorted(self._files, key=lambda key: (key[1], key[0]))

    def load(self, setting: int, rep: int) -> DataSet:
        if (setting, rep) not in self._files:
            raise _missing_file(self.folder / str(setting) / f"zymu_*.csv (number {rep})")
        path = self._files[setting, rep]
        frame = _read(path, _OFFICIAL)
        return _data_set(setting, rep, self.x, frame, _observed(frame), path)

    @property
    def published(self) -> Path | None:
        path = self.folder / "published_methods_rep1.csv"
        return path if path.is_file() else None


class Causallib(Source):
    """The ten data sets that PyPI's causallib carries; instance i counts as setting i."""

    name = "causallib"

    def __init__(self) -> None:
        self._loader()

    def keys(self) -> list[tuple[int, int]]:
        return [(i, 1) for i in range(1, 11)]

    def load(self, setting: int, rep: int) -> DataSet:
        x, frame = self._loader()(setting, raw=True)
        return _data_set(setting, rep, x, frame, _observed(frame), Path(f"instance {setting}"))

    @staticmethod
    def _loader() -> Any:
        try:
            from causallib.datasets import load_acic16
        except ImportError as error:
            raise ContractError.of(
                "causallib_missing",
                "The package `causallib`, which carries ten of the data sets, cannot be imported "
                f"({error}).",
                "Install it with `pip install oci-jupyter[causallib]`, or use `--data simulated`.",
                field="data",
                value="causallib",
            ) from error
        return load_acic16


@dataclass
class SimulatedSource(Source):
    """Ten small settings that need no download; any replicate from 1 to 100."""

    n: int = 500
    name: str = "simulated"

    def keys(self) -> list[tuple[int, int]]:
        return [(s, r) for r in range(1, 101) for s in range(1, len(DESIGNS) + 1)]

    def load(self, setting: int, rep: int) -> DataSet:
        rng = np.random.default_rng([setting, rep])
        X = simulate_covariates(self.n, 12, rng)
        drawn = simulate_outcome(X, DESIGNS[setting - 1], rng)
        return DataSet(setting, rep, X, drawn.z, drawn.y, drawn.mu0, drawn.mu1)


def open_source(data: str) -> Source:
    """The data sets that `--data` names.

    Args:
        data: A folder in one of the two layouts, `causallib` or `simulated`.

    Raises:
        ContractError: `causallib_missing`, `folder_missing` or `file_missing`.
    """
    if data == "simulated":
        return SimulatedSource()
    if data == "causallib":
        return Causallib()
    folder = Path(data).expanduser()
    if not folder.is_dir():
        raise ContractError.of(
            "folder_missing",
            f"There is no folder {data}.",
            "Give a folder with the ACIC 2016 data, `causallib` or `simulated`.",
            field="data",
            value=data,
        )
    if (folder / "x.parquet").is_file():
        return ParquetFolder(folder)
    if (folder / "x.csv").is_file():
        return OfficialFolder(folder)
    raise ContractError.of(
        "file_missing",
        f"The folder {data} has neither x.parquet nor x.csv.",
        "Put x.parquet and zymu_rep1.parquet there, or x.csv and folders 1, 2, … of zymu_*.csv.",
        field="data",
        value=data,
    )


def parse_numbers(text: str, field: str) -> list[int]:
    """Whole numbers from `1-3,7`: ranges and commas, in order, each once.

    Args:
        text: What was typed.
        field: The option, for the message.

    Raises:
        ContractError: `{field}_bad`, with the part that cannot be read.
    """
    numbers: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d+)(?:\s*-\s*(\d+))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        # The limit only keeps a slip of the finger from filling the memory.
        if not 1 <= first <= last <= 100_000:
            raise ContractError.of(
                f"{field}_bad",
                f"`{part.strip()}` in --{field} {text} is not a number or range from 1 on.",
                f"Write numbers and ranges, for example --{field} 1-3,7.",
                field=field,
                value=text,
            )
        numbers += range(first, last + 1)
    return list(dict.fromkeys(numbers))


def _observed(frame: pd.DataFrame) -> pd.Series:
    return frame["y1"].where(frame["z"] == 1, frame["y0"])


def _data_set(
    setting: int, rep: int, x: pd.DataFrame, frame: pd.DataFrame, y: pd.Series, path: Path
) -> DataSet:
    if len(frame) != len(x):
        raise ContractError.of(
            "length_mismatch",
            f"{path.name} has {len(frame):,} rows for setting {setting}, replicate {rep}; "
            f"the covariates have {len(x):,}.",
            "Use the covariates and outcomes of one download; rows must be in the same order.",
            field="data",
            value=str(path),
        )
    z, mu0, mu1 = (frame[c].to_numpy() for c in ("z", "mu0", "mu1"))
    if not set(np.unique(z)) == {0, 1}:
        raise ContractError.of(
            "treatment_bad",
            f"Column z of {path.name} is not 0/1 with both values present.",
            "It must be 1 for treated rows and 0 for the others.",
            field="data",
            value=str(path),
        )
    return DataSet(setting, rep, x.reset_index(drop=True), z.astype(int), y.to_numpy(), mu0, mu1)


def _read(path: Path, needed: list[str], **options: Any) -> pd.DataFrame:
    """A table that has the columns it must have."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        present = list(pq.read_schema(path).names)
    else:
        present = list(pd.read_csv(path, nrows=0).columns)
    missing = [c for c in needed if c not in present]
    if missing:
        raise ContractError.of(
            "columns_missing",
            f"{path.name} lacks the columns {', '.join(missing)}.",
            f"It must have {', '.join(needed)}; it has {', '.join(present[:12])}.",
            field="data",
            value=str(path),
        )
    if path.suffix == ".parquet":
        found: pd.DataFrame = pd.read_parquet(path, **options)
        return found
    return pd.read_csv(path)


def _missing_file(path: Path) -> ContractError:
    return ContractError.of(
        "file_missing",
        f"There is no file {path}.",
        "See `jupyter oci eval acic --help` for the layouts that can be read.",
        field="data",
        value=str(path),
    )


def _listed(numbers: Sequence[int]) -> str:
    """Numbers in few words: runs as ranges."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    words = [str(a) if a == b else f"{a}-{b}" for a, b in parts]
    return ", ".join(words[:10]) + (", …" if len(words) > 10 else "")
