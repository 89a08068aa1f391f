"""oci-jupyter: credible observational causal inference in the open notebook.

Importing this package is cheap on purpose: the kernel imports `oci_jupyter.toolkit` and
must not pay for, or even have, the server's dependencies.
"""

from __future__ import annotations

from typing import Any

try:
    from ._version import __version__
except ImportError:  # a checkout that was never built or installed
    __version__ = "0.0.0"

__all__ = ["__version__"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "oci-jupyter"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .server.extension import OciJupyterApp

    return [{"module": "oci_jupyter", "app": OciJupyterApp}]
