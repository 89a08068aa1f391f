"""Fixtures that all tests may use."""

pytest_plugins = ("pytest_jupyter.jupyter_server",)
