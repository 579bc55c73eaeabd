"""The embedded embedding model, through the engine that the worker uses."""

from __future__ import annotations

import numpy as np
import pytest

from core.embedding.sentence_transformers_engine import EmbeddingEngine
from core.errors import ModelError

TEXTS = [
    "Introduction To Machine Learning\nCSCI\nSupervised and unsupervised methods that learn from data.",
    "기계학습 개론\n컴퓨터공학과\n데이터로부터 학습하는 지도 학습과 비지도 학습 방법을 다룬다.",
    "Music And Sound\nARTS\nListening, composing and recording.",
    "유기화학\n화학과\n탄소 화합물의 구조와 반응을 배운다.",
]


@pytest.fixture(scope="module")
def engine(installed_models):
    return EmbeddingEngine(installed_models.models_folder / "multilingual-e5-small")


def test_vectors_are_of_unit_length_and_in_order(engine):
    together = engine.encode_batch(TEXTS, batch_size=2)
    assert together.shape == (len(TEXTS), engine.dimension)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, together, strict=True):
        assert vector @ engine.encode_batch([text])[0] > 0.9999


def test_meaning_crosses_languages(engine):
    passages = engine.encode_batch(TEXTS)
    korean, english = passages[[1, 3]], passages[[0, 2]]
    nearest = (korean @ english.T).argmax(axis=1)
    assert nearest[0] == 0  # the two introductions to machine learning
    queries = engine.encode_batch(["기계 학습", "machine learning", "유기 화합물", "음악"], role="query")
    best = (queries @ passages.T).argmax(axis=1)
    assert best[0] in (0, 1)
    assert best[1] in (0, 1)
    assert best[2:].tolist() == [3, 2]


def test_roles_put_the_models_own_prefix_before_the_text(engine):
    as_query, as_passage = (engine.encode_batch(["robotics"], role=role)[0] for role in ("query", "passage"))
    spelled = engine._model.encode(["query: robotics"], normalize_embeddings=True)[0]
    assert as_query @ spelled > 0.9999
    assert as_query @ as_passage < 0.999


def test_half_precision_stays_near(engine, installed_models):
    half = EmbeddingEngine(installed_models.models_folder / "multilingual-e5-small", "bfloat16")
    cosine = (half.encode_batch(TEXTS) * engine.encode_batch(TEXTS)).sum(axis=1)
    assert cosine.min() > 0.99


def test_what_is_no_model_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(ModelError) as caught:
        EmbeddingEngine(tmp_path)
    assert tmp_path.name in str(caught.value)
