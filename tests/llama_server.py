"""llama.cpp's own server in a process of its own: `python -m tests.llama_server GGUF` prints its address and stays.

It ends when its standard input does, so that it never outlives the test that started it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.config import PROJECT_FOLDER

MODEL = "smollm2"


@contextmanager
def llama_server(weights: Path) -> Iterator[str]:
    """The reference of the model behind a running server."""
    command = [sys.executable, "-m", "tests.llama_server", str(weights)]
    with subprocess.Popen(
        command, cwd=PROJECT_FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdin is not None and server.stdout is not None
        address = next((line.split()[1] for line in server.stdout if line.startswith("listening ")), "")
        assert address, "llama.cpp's server did not start"
        yield f"openai:{address}/v1#{MODEL}"
        server.stdin.close()


def serve(weights: str) -> None:
    """Load the model, say where, and wait."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias, params.hostnames, params.port = weights, {MODEL}, ["127.0.0.1"], 0
    params.n_parallel, params.n_ctx, params.verbosity = 4, 8192, -1
    # One thread: two wait for each other by spinning, which takes minutes beside other tests.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    print("listening", server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)  # nothing is to be saved, and its threads take long to end


if __name__ == "__main__":
    serve(sys.argv[1])
