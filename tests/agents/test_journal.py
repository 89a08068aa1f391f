"""The journal only grows, and survives a crash in the middle of a line."""

from __future__ import annotations

from pathlib import Path

from oci_jupyter.artifacts.journal import Journal


def test_entries_are_numbered_across_processes(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "journal.jsonl"
    Journal(path).append(who="loop", what="a", run_id="r")
    Journal(path).append(who="loop", what="b", run_id="r")
    assert [(e.seq, e.what) for e in Journal(path).entries()] == [(1, "a"), (2, "b")]


def test_a_line_cut_short_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.append(who="loop", what="a", run_id="r")
    with path.open("a", encoding="utf-8") as file:
        file.write('{"seq": 2, "wh\n')
    assert [e.what for e in Journal(path).entries()] == ["a"]
