"""`make lab` opens a fresh copy of the demo each time."""

from __future__ import annotations

from pathlib import Path

import nbformat

from oci_jupyter.lab import demo_copy


def test_a_copy_never_replaces_another(tmp_path: Path) -> None:
    first, second = demo_copy(tmp_path / "lab"), demo_copy(tmp_path / "lab")
    assert first != second
    for path in (first, second):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert notebook.cells[2].metadata["oci_jupyter"]["role"] == "plan"
