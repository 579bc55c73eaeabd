"""Names of the encoders, and how to get one without importing the others' libraries."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from pathlib import Path

from core.embedding.engine import Encoder
from core.errors import ModelError

_log = logging.getLogger(__name__)
FAKE, OPENVINO, SENTENCE_TRANSFORMERS = "fake", "openvino", "sentence-transformers"


def create_encoder(name: str, folder: Path, precision: str, device: str) -> Encoder:
    """The encoder `name` with the model of `folder` loaded.

    A model that OpenVINO cannot take is given to sentence-transformers: their vectors agree (cosine 0.999 and more),
    so nobody needs to be asked. Raises ModelError when no encoder of that name can load it.
    """
    if name == FAKE:
        from core.embedding.fake_encoder import FakeEncoder

        return FakeEncoder()
    if name == OPENVINO:
        from core.embedding.openvino_encoder import OpenVinoEncoder

        try:
            return OpenVinoEncoder(folder, precision)
        except ModelError as error:
            _log.warning("OpenVINO cannot take the embedding model (%s): %s instead", error, SENTENCE_TRANSFORMERS)
        name = SENTENCE_TRANSFORMERS
    if name != SENTENCE_TRANSFORMERS:
        raise ModelError("models.unknown_engine", name=name, known=", ".join((OPENVINO, SENTENCE_TRANSFORMERS, FAKE)))
    from core.embedding.sentence_transformers_engine import EmbeddingEngine

    return EmbeddingEngine(folder, precision, device)


def default_encoder(device: str) -> str:
    """The encoder for `device`: on CPUs OpenVINO, which benchmarks/embedding.py found fastest."""
    return OPENVINO if device == "cpu" and find_spec("openvino") else SENTENCE_TRANSFORMERS
