from __future__ import annotations

import subprocess
import sys

CODE = """
import socket, sys

def refuse(*_):
    sys.exit("a connection was tried")

socket.socket.connect = refuse
socket.getaddrinfo = refuse
from core.models.openvino_runtime import import_openvino, import_openvino_genai
assert import_openvino_genai().__name__ == "openvino_genai"
import_openvino().Core()
loaded = [name for name, module in sys.modules.items() if name.startswith("openvino_telemetry") and module]
sys.exit(",".join(loaded) or 0)
"""


def test_openvino_reports_to_nobody() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
