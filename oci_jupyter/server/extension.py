"""The server extension's application object: configuration and start-up."""

from __future__ import annotations

from pathlib import Path

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.extension.application import ExtensionApp
from traitlets import Float, Integer, Unicode, default

from .routes import routes
from .sessions import Sessions


class OciJupyterApp(ExtensionApp):
    """oci-jupyter on a Jupyter Server."""

    name = "oci_jupyter"
    extension_url = "/lab"
    load_other_extensions = True

    journal_dir = Unicode(
        help="Folder of the journals, one file per notebook; outside the notebooks' folders."
    ).tag(config=True)
    action_deadline = Float(
        30.0, help="Seconds a tab has to insert a cell or write its metadata."
    ).tag(config=True)
    run_deadline = Float(86_400.0, help="Seconds one cell may run.").tag(config=True)
    grace = Float(
        10.0, help="Seconds a lost tab has to come back before its run is suspended."
    ).tag(config=True)
    max_message_size = Integer(
        64 * 2**20, help="Largest message a tab may send, bytes; a notebook's results fit in it."
    ).tag(config=True)

    @default("journal_dir")
    def _journal_dir(self) -> str:
        return str(Path(jupyter_data_dir()) / "oci_jupyter" / "journal")

    def initialize_handlers(self) -> None:
        """Register the routes."""
        self._sessions = Sessions(
            Path(self.journal_dir).expanduser(),
            self.log,
            action_deadline=self.action_deadline,
            run_deadline=self.run_deadline,
            grace=self.grace,
        )
        self.handlers.extend(routes(self._sessions, self.max_message_size))

    async def stop_extension(self) -> None:
        """Suspend what runs; the notebooks hold all that is needed to resume."""
        await self._sessions.close()
