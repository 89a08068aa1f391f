"""Fixtures that all tests may use."""

from hypothesis import settings

pytest_plugins = ("pytest_jupyter.jupyter_server",)

# A shared machine may be slow at any moment: how long an example took proves nothing.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
