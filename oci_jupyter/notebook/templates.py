"""Finds and reads the templates: step files per design, and notebooks to start from.

A step template is Markdown with a YAML head: the prose becomes the heading cell, the one
fenced `python` block the code cell. Both are rendered by Jinja with the spec; every value
that comes from a plan passes the `py` filter, which writes a Python literal.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
import yaml

#: Installed beside this package; in a checkout at the top of the repository.
_CANDIDATES = (
    Path(__file__).resolve().parents[1] / "templates",
    Path(__file__).resolve().parents[2] / "templates",
)

NOTEBOOKS = ("demo", "blank")


@dataclass(frozen=True)
class StepTemplate:
    """One step of a design, before a spec fills it in."""

    name: str
    step: str
    title: str
    purpose: str
    kind: str
    when: str
    each: str
    heading: str
    code: str


def template_root() -> Path:
    """The folder that holds the templates.

    Raises:
        FileNotFoundError: The installation is incomplete.
    """
    for path in _CANDIDATES:
        if path.is_dir():
            return path
    raise FileNotFoundError(
        "The templates of oci-jupyter are missing; reinstall it: pip install --force-reinstall "
        "oci-jupyter"
    )


_PARTS = re.compile(
    r"\A---\n(?P<head>.*?)^---\n(?P<heading>.*?)^```python\n(?P<code>.*?)^```\s*\Z", re.S | re.M
)


def _read_step(path: Path) -> StepTemplate:
    match = _PARTS.match(path.read_text(encoding="utf-8"))
    if match is None:
        raise ValueError(f"{path.name} is not a step template: head, prose, one python block")
    # Titles may hold `{{ item }}`, which YAML would read as a mapping when it opens a value.
    head = yaml.safe_load(match["head"])
    return StepTemplate(
        name=path.stem,
        step=head["step"],
        title=head["title"],
        purpose=head["purpose"],
        kind=head["kind"],
        when=head.get("when", ""),
        each=head.get("each", ""),
        heading=match["heading"].strip(),
        code=match["code"].strip(),
    )


@cache
def step_templates(design: str) -> tuple[StepTemplate, ...]:
    """The steps of a design in the order in which they run.

    Raises:
        KeyError: No such design.
    """
    folder = template_root() / design
    if not folder.is_dir():
        raise KeyError(design)
    return tuple(_read_step(path) for path in sorted(folder.glob("*.md")))


def notebook_template(name: str) -> nbformat.NotebookNode:
    """A notebook to start from: `demo` or `blank`.

    Raises:
        KeyError: No such notebook.
    """
    if name not in NOTEBOOKS:
        raise KeyError(name)
    text = (template_root() / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8")
    node: nbformat.NotebookNode = nbformat.from_dict(json.loads(text))
    return node
