"""Readers of the data with known answers, in every layout, and what they refuse."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from oci_jupyter.contract import ContractError
from oci_jupyter.evals.acic_data import (
    OfficialFolder,
    ParquetFolder,
    SimulatedSource,
    open_source,
    parse_numbers,
)

N = 8


def _x() -> pd.DataFrame:
    return pd.DataFrame({"x_1": np.arange(N), "x_2": list("ABABABAB"), "x_3": np.linspace(0, 1, N)})


def _answers(shift: float = 0.0) -> pd.DataFrame:
    base = np.arange(N, dtype=float) + shift
    z = np.arange(N) % 2
    return pd.DataFrame({"z": z, "y0": base, "y1": base + 10, "mu0": base, "mu1": base + 9})


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    _x().to_parquet(tmp_path / "x.parquet")
    parts = []
    for setting in (1, 3):
        frame = _answers(setting)
        y = np.where(frame["z"] == 1, frame["y1"], frame["y0"])
        parts.append(
            frame.drop(columns=["y0", "y1"]).assign(setting=np.int16(setting), rep=np.int16(1), y=y)
        )
    pd.concat(parts).to_parquet(tmp_path / "zymu_rep1.parquet")
    return tmp_path


@pytest.fixture
def official(tmp_path: Path) -> Path:
    _x().to_csv(tmp_path / "x.csv", index=False)
    for setting in (2, 10):
        (tmp_path / str(setting)).mkdir()
        # Names are draws in the challenge's archive: only their order counts.
        _answers(1).to_csv(tmp_path / str(setting) / "zymu_777.csv", index=False)
        _answers(0).to_csv(tmp_path / str(setting) / "zymu_123.csv", index=False)
    return tmp_path


def _code(error: pytest.ExceptionInfo[ContractError]) -> str:
    (problem,) = error.value.problems
    assert problem.field
    assert problem.value
    assert problem.fix
    return problem.code


def test_parquet_layout(parquet: Path) -> None:
    source = open_source(str(parquet))
    assert isinstance(source, ParquetFolder)
    assert source.choose(None, [1]) == [(1, 1), (3, 1)]
    (data,) = source.sets(source.choose([3], [1]))
    assert (data.setting, data.rep) == (3, 1)
    assert data.X.equals(_x())
    assert data.y.tolist() == [3, 14, 5, 16, 7, 18, 9, 20]
    assert (data.mu1 - data.mu0 == 9).all()
    assert source.published is None
    (parquet / "published_methods_rep1.csv").write_text("method\n")
    assert source.published is not None


def test_official_layout(official: Path) -> None:
    source = open_source(str(official))
    assert isinstance(source, OfficialFolder)
    assert source.keys() == [(2, 1), (10, 1), (2, 2), (10, 2)]
    assert source.load(10, 1).y.tolist() == [0, 11, 2, 13, 4, 15, 6, 17]
    assert source.load(10, 2).y[0] == 1


def test_causallib(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("causallib.datasets")
    module.load_acic16 = lambda i, raw: (_x(), _answers(i))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "causallib", SimpleNamespace(datasets=module))
    monkeypatch.setitem(sys.modules, "causallib.datasets", module)
    source = open_source("causallib")
    assert len(source.keys()) == 10
    assert source.load(4, 1).y.tolist()[:2] == [4, 15]


def test_causallib_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "causallib.datasets", None)
    with pytest.raises(ContractError) as error:
        open_source("causallib")
    assert _code(error) == "causallib_missing"


def test_simulated_settings_are_ten_and_reproducible() -> None:
    source = open_source("simulated")
    assert source.choose(None, [1]) == [(s, 1) for s in range(1, 11)]
    for setting in range(1, 11):
        data = source.load(setting, 1)
        assert len(data.X) == len(data.y) == 500
        assert 50 < data.z.sum() < 450
    assert (source.load(3, 2).y == SimulatedSource().load(3, 2).y).all()
    assert not (source.load(3, 2).y == source.load(3, 1).y).all()
    constant = source.load(2, 1)
    assert np.allclose(constant.mu1 - constant.mu0, 2)


def test_missing_folder_and_files(tmp_path: Path, parquet: Path) -> None:
    with pytest.raises(ContractError) as error:
        open_source(str(tmp_path / "nowhere"))
    assert _code(error) == "folder_missing"
    (tmp_path / "empty").mkdir()
    with pytest.raises(ContractError) as error:
        open_source(str(tmp_path / "empty"))
    assert _code(error) == "file_missing"
    (parquet / "zymu_rep1.parquet").unlink()
    with pytest.raises(ContractError) as error:
        open_source(str(parquet)).keys()
    assert _code(error) == "file_missing"


def test_missing_columns(parquet: Path, official: Path) -> None:
    frame = pd.read_parquet(parquet / "zymu_rep1.parquet").drop(columns=["mu0", "mu1"])
    frame.to_parquet(parquet / "zymu_rep1.parquet")
    with pytest.raises(ContractError, match="mu0, mu1") as error:
        ParquetFolder(parquet).keys()
    assert _code(error) == "columns_missing"
    path = official / "2" / "zymu_123.csv"
    pd.read_csv(path).drop(columns="y1").to_csv(path, index=False)
    with pytest.raises(ContractError, match="y1") as error:
        OfficialFolder(official).load(2, 1)
    assert _code(error) == "columns_missing"


def test_length_mismatch_and_bad_treatment(official: Path) -> None:
    path = official / "2" / "zymu_123.csv"
    _answers().iloc[:-1].to_csv(path, index=False)
    with pytest.raises(ContractError, match="7 rows") as error:
        OfficialFolder(official).load(2, 1)
    assert _code(error) == "length_mismatch"
    _answers().assign(z=1).to_csv(path, index=False)
    with pytest.raises(ContractError) as error:
        OfficialFolder(official).load(2, 1)
    assert _code(error) == "treatment_bad"


def test_numbers() -> None:
    assert parse_numbers("1-3,7, 2", "settings") == [1, 2, 3, 7]
    for bad in ("1-77,80x", "3-1", "0", "", "1,,2", "-4", "1-99999999999"):
        with pytest.raises(ContractError) as error:
            parse_numbers(bad, "settings")
        assert error.value.problems[0].code == "settings_bad"


def test_unknown_settings_are_named() -> None:
    with pytest.raises(ContractError, match=r"settings 11-13\. It has 1-10") as error:
        open_source("simulated").choose([1, 11, 12, 13], [1])
    assert _code(error) == "settings_unknown"
