"""The server extension's application object: configuration and start-up."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, Float, Integer, List, Unicode, default

from ..agents.llm_options import MODEL_VARIABLE, environment_url
from ..agents.prompts import prompts_folder
from ..artifacts.model_key import ModelFiles
from .model_source import ModelPolicy, ModelSource
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

    llm_allowed = Bool(
        True, help="Whether a language model may be used at all; the rules need none."
    ).tag(config=True)
    llm_enabled = Bool(
        False,
        help="Whether the language model is on for who has not chosen in the panel. A key in the "
        "environment switches nothing on.",
    ).tag(config=True)
    llm_base_url = Unicode(
        help="OpenAI-compatible server, with its version. Default: OPENAI_BASE_URL, or OpenAI's."
    ).tag(config=True)
    llm_model = Unicode(help="Name of the model. Default: OCI_MODEL.").tag(config=True)
    llm_allowed_base_urls = List(
        Unicode(),
        help="Base URLs that may be used, and what lies below them; empty: any by https, and this "
        "machine by http. A URL listed here may be plain http.",
    ).tag(config=True)
    llm_timeout = Float(
        300.0,
        help="Seconds of silence after which a question is given up; a small machine may need "
        "minutes before the first word.",
    ).tag(config=True)
    llm_token_limit = Integer(
        200_000,
        allow_none=True,
        help="Most tokens of one run, in and out together, unless the panel says otherwise.",
    ).tag(config=True)
    llm_max_reply_tokens = Integer(4_096, help="Most tokens of one reply.").tag(config=True)
    llm_input_price = Float(
        None, allow_none=True, help="Price of a million tokens in, in any currency."
    ).tag(config=True)
    llm_output_price = Float(
        None, allow_none=True, help="Price of a million tokens out, in the same currency."
    ).tag(config=True)
    prompts_dir = Unicode(
        help="Folder of your own prompts. Default: OCI_PROMPTS, or oci_jupyter/prompts in the "
        "Jupyter configuration folder."
    ).tag(config=True)

    @default("journal_dir")
    def _journal_dir(self) -> str:
        return str(Path(jupyter_data_dir()) / "oci_jupyter" / "journal")

    @default("llm_base_url")
    def _llm_base_url(self) -> str:
        return environment_url()

    @default("llm_model")
    def _llm_model(self) -> str:
        return os.environ.get(MODEL_VARIABLE, "")

    @default("prompts_dir")
    def _prompts_dir(self) -> str:
        return str(prompts_folder())

    def _model_source(self) -> ModelSource:
        server = self.serverapp
        assert server is not None
        files = ModelFiles(
            Path(jupyter_data_dir()) / "oci_jupyter",
            workspace=Path(server.root_dir),
            serves_hidden=server.contents_manager.allow_hidden,
        )
        policy = ModelPolicy(
            allowed=self.llm_allowed,
            enabled=self.llm_enabled,
            base_url=self.llm_base_url.rstrip("/"),
            model=self.llm_model,
            allowed_base_urls=list(self.llm_allowed_base_urls),
            timeout=self.llm_timeout,
            token_limit=self.llm_token_limit,
            max_reply_tokens=self.llm_max_reply_tokens,
            input_price=self.llm_input_price,
            output_price=self.llm_output_price,
            prompts=Path(self.prompts_dir).expanduser(),
        )
        return ModelSource(files, policy)

    def initialize_handlers(self) -> None:
        """Register the routes."""
        journals = Path(self.journal_dir).expanduser()
        models = self._model_source()
        self._sessions = Sessions(
            journals,
            self.log,
            action_deadline=self.action_deadline,
            run_deadline=self.run_deadline,
            grace=self.grace,
            models=models,
        )
        test_journal = journals / "model-test.jsonl"
        self.handlers.extend(routes(self._sessions, models, self.max_message_size, test_journal))

    async def stop_extension(self) -> None:
        """Suspend what runs; the notebooks hold all that is needed to resume."""
        await self._sessions.close()
