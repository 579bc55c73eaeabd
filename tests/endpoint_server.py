"""A small, real server of the OpenAI chat protocol: it gives the fake engine's texts, or misbehaves on request."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from core.generation.engine import Generation, GenerationSettings
from core.generation.fake_engine import FakeEngine

MODEL = "fake-writer"


class EndpointServer:
    """Listens on a free port of this machine while it is entered.

    `faults` are used up by chat requests, first come first served: "429" (with Retry-After), a status such as "500",
    "drop" (the connection ends in the middle), "garbage" (no JSON), "redirect". `token_seconds` makes every token slow.
    """

    def __init__(self, *, token_seconds: float = 0.0, key: str = "", retry_after: str = "1", slots: int = 99) -> None:
        self.slots = threading.Semaphore(slots)  # texts written at a time; the others wait
        self.faults: list[str] = []
        self.token_seconds = token_seconds
        self.key = key
        self.retry_after = retry_after
        self.bodies: list[dict[str, Any]] = []  # of chat requests, in the order they came
        self.paths: list[str] = []  # of all requests
        self.arrivals: list[float] = []  # monotonic seconds of chat requests
        self.busy = self.most_busy = 0
        self.dropped = 0  # answers that the client did not wait for
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.endpoint = self  # type: ignore[attr-defined]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def reference(self) -> str:
        return f"openai:{self.address}/v1#{MODEL}"

    def __enter__(self) -> EndpointServer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Listen no more; connections are refused."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """HTTP/1.0: an answer ends with its connection."""

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    @property
    def endpoint(self) -> EndpointServer:
        return self.server.endpoint  # type: ignore[attr-defined, no-any-return]

    def do_GET(self) -> None:
        self.endpoint.paths.append(self.path)
        if self._is_let_in():
            is_models = self.path == "/v1/models"
            self._answer(200 if is_models else 404, {"object": "list", "data": [{"id": MODEL}]} if is_models else {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.endpoint.lock:
            self.endpoint.paths.append(self.path)
            self.endpoint.bodies.append(body)
            self.endpoint.arrivals.append(time.monotonic())
            self.endpoint.busy += 1
            self.endpoint.most_busy = max(self.endpoint.most_busy, self.endpoint.busy)
            fault = self.endpoint.faults.pop(0) if self.endpoint.faults else ""
        try:
            if self._is_let_in():
                with self.endpoint.slots:
                    self._misbehave(fault, body) if fault else self._write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.endpoint.dropped += 1
        finally:
            with self.endpoint.lock:
                self.endpoint.busy -= 1

    def _is_let_in(self) -> bool:
        if not self.endpoint.key or self.headers.get("Authorization") == f"Bearer {self.endpoint.key}":
            return True
        self._answer(401, {"error": {"message": f"wrong key {self.headers.get('Authorization')}"}})
        return False

    def _misbehave(self, fault: str, body: dict[str, Any]) -> None:
        if fault == "drop":
            self._write(body, stop_after=2)
        elif fault == "garbage":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"data: {not json\n\n")
        elif fault == "redirect":
            self.send_response(307)
            self.send_header("Location", f"{self.endpoint.address}/elsewhere")
            self.end_headers()
        else:
            self._answer(int(fault), {"error": {"message": f"fault {fault}"}}, self.endpoint.retry_after)

    def _answer(self, status: int, body: dict[str, Any], retry_after: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status == 429:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def _write(self, body: dict[str, Any], stop_after: int | None = None) -> None:
        made = _make(body)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        words = made.text.split(" ")
        for number, word in enumerate(words):
            if number == stop_after:
                return
            last = number == len(words) - 1
            choice = {"delta": {"content": word if number == 0 else f" {word}"}, "finish_reason": None}
            self._send({"choices": [choice | ({"finish_reason": made.finish_reason.value} if last else {})]})
            time.sleep(self.endpoint.token_seconds)
        usage = {"prompt_tokens": made.prompt_tokens, "completion_tokens": made.new_tokens}
        self._send({"choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def _send(self, event: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()


def _make(body: dict[str, Any]) -> Generation:
    engine = FakeEngine()
    engine.load(Path("fake:"), "float32", "cpu")
    settings = GenerationSettings(
        max_new_tokens=body["max_tokens"], do_sample=body["temperature"] > 0, seed=body.get("seed", 0)
    )
    return next(engine.generate([body["messages"]], settings))
