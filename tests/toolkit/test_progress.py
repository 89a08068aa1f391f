"""The line that tells how far long work is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oci_jupyter.toolkit import progress
from oci_jupyter.toolkit.crossfit import run_tasks


def _square(value: int) -> int:
    if value < 0:
        raise ValueError("negative")
    return value * value


def test_short_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_tasks([(_square, (k,)) for k in range(5)]) == [0, 1, 4, 9, 16]
    assert capsys.readouterr().err == ""


def test_long_work_counts_and_cleans_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", -1.0)
    assert run_tasks([(_square, (k,)) for k in range(3)], "outcome models") == [0, 1, 4]
    said = capsys.readouterr().err
    assert "outcome models: 1 of 3" in said
    assert "outcome models: 3 of 3" in said
    assert said.endswith("\r")
    assert said.rsplit("\r", 2)[1].strip() == ""


def test_an_error_goes_through_and_takes_the_line_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", -1.0)

    def parts() -> Iterator[int]:
        yield 1
        raise ValueError("negative")

    with pytest.raises(ValueError, match="negative"):
        list(progress.Progress("propensity", 2).watch(parts()))
    assert capsys.readouterr().err.endswith("\r")
    with pytest.raises(ValueError, match="negative"):
        run_tasks([(_square, (-1,))])
