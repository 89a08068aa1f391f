"""Identity of the kernel process, which changes on restart and only then, and our version."""

from __future__ import annotations

import importlib
import uuid

#: Drawn once per process; a result that carries another id was computed before a restart.
SESSION_ID: str = uuid.uuid4().hex


def session_id() -> str:
    """Identity of this kernel process, hexadecimal."""
    return SESSION_ID


def toolkit_version() -> str:
    """Version of the installed package; `0.0.0` in a checkout that was never built.

    Read from the version file rather than the package, whose module also knows the server.
    """
    try:
        return str(importlib.import_module("oci_jupyter._version").__version__)
    except ImportError:
        return "0.0.0"
