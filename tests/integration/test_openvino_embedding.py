"""The embedded embedding model through OpenVINO: the same vectors as sentence-transformers makes."""

from __future__ import annotations

import subprocess
import sys
from functools import cache, partial

import numpy as np
import pytest

from core.embedding.openvino_encoder import OpenVinoEncoder
from core.embedding.registry import create_encoder
from core.embedding.sentence_transformers_engine import EmbeddingEngine
from core.measurement.hardware import machine_facts

TEXTS = [
    "Introduction To Machine Learning\nCSCI\nSupervised and unsupervised methods that learn from data.",
    "기계학습 개론\n컴퓨터공학과\n데이터로부터 학습하는 지도 학습과 비지도 학습 방법을 다룬다.",
    "Music And Sound",
    "유기화학\n화학과\n탄소 화합물의 구조와 반응을 배운다.",
    "Optics. " * 400,  # longer than the model reads
    "",
    "\u200b\x00 ﷽ 🎓",
]
PRECISIONS = ["float32", "bfloat16"] if machine_facts().has_native_bfloat16 else ["float32"]


@pytest.fixture(scope="module")
def folder(installed_models):
    return installed_models.models_folder / "multilingual-e5-small"


@pytest.fixture(scope="module")
def reference(folder):
    return EmbeddingEngine(folder)


@pytest.fixture(scope="module")
def encoder_of(folder):
    """The encoder of a precision, compiled once: that takes most of the time."""
    return cache(partial(OpenVinoEncoder, folder))


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("role", ["passage", "query"])
def test_vectors_equal_those_of_sentence_transformers(encoder_of, reference, precision, role):
    vectors = encoder_of(precision).encode_batch(TEXTS, batch_size=3, role=role)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    cosines = (vectors * reference.encode_batch(TEXTS, role=role)).sum(axis=1)
    assert cosines.min() > 0.999


def test_a_stream_that_is_left_early_does_not_disturb_the_next(encoder_of):
    encoder = encoder_of("float32")
    texts = [f"course number {number}" for number in range(40)]
    stream = encoder.stream(texts, batch_size=4)
    next(stream)
    stream.close()
    batches = list(encoder.stream(texts, batch_size=4))
    assert sorted(index for batch in batches for index in batch.indices) == list(range(40))
    again = encoder.encode_batch(texts, batch_size=64)
    for batch in batches:
        assert (batch.vectors * again[list(batch.indices)]).sum(axis=1).min() > 0.999


def test_it_stops_when_told_and_gives_what_was_begun(encoder_of):
    class StopAfterTwo:
        beats = 0

        def beat(self, tokens):
            self.beats += 1

        def should_stop(self):
            return self.beats >= 2

    encoder = encoder_of("float32")
    batches = list(encoder.stream(["optics"] * 100, batch_size=1, control=StopAfterTwo()))
    assert 2 <= len(batches) <= 2 + len(encoder._requests)


def test_torch_is_not_needed_to_encode(folder, encoder_of):
    encoder_of("float32")  # so that the export is there
    code = (
        "import sys; from pathlib import Path; from core.embedding.openvino_encoder import OpenVinoEncoder; "
        "OpenVinoEncoder(Path(sys.argv[1]), 'float32').encode_batch(['optics']); "
        "sys.exit(' '.join({'torch', 'transformers'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_folder_that_openvino_cannot_take_is_left_to_sentence_transformers(folder, monkeypatch):
    from core.errors import ModelError
    from core.models.exports import Export

    def refuse(*_):
        raise ModelError("models.export_failed", model="own", reason="an operator")

    monkeypatch.setattr(Export, "ensure", refuse)
    assert isinstance(create_encoder("openvino", folder, "float32", "cpu"), EmbeddingEngine)
