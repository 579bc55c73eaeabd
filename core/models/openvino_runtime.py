"""OpenVINO, imported so that it stays silent."""

from __future__ import annotations

import sys
from typing import Any

from core.errors import ModelError


def import_openvino() -> Any:
    """The openvino package. Always import it here first: on import it would report to its maker over the network.

    A name that is None in sys.modules cannot be imported (Python's import documentation); openvino then uses the stub
    that it keeps for installations without its telemetry package. Raises ModelError when it is not installed.
    """
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        import openvino
    except ImportError as error:
        raise ModelError("models.no_openvino", reason=str(error)) from error
    return openvino


def import_openvino_genai() -> Any:
    """The openvino_genai package. Raises ModelError when it is not installed."""
    import_openvino()
    try:
        import openvino_genai
    except ImportError as error:
        raise ModelError("models.no_openvino", reason=str(error)) from error
    return openvino_genai
