"""Serves a small model on this machine: `python gguf_server.py MODEL.gguf PORT [CONTEXT]`.

A process of its own, since the engine has no way to be stopped. Says `serving` when it answers.
"""

from __future__ import annotations

import sys
import threading

from xllamacpp import CommonParams, Server


def main(path: str, port: int, context: int) -> None:
    params = CommonParams()
    params.model.path = path
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = context
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.use_jinja = True
    server = Server(params)
    print("serving", flush=True)
    threading.Event().wait()
    del server


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 8_192)
