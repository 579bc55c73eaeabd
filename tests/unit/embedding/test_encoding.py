from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.embedding.fake_encoder import FakeEncoder
from core.embedding.texts import course_text, label_text, text_hash
from core.records import Course


class Listener:
    def __init__(self, stop_after=None):
        self.beats = []
        self.stop_after = stop_after

    def beat(self, tokens):
        self.beats.append(tokens)

    def should_stop(self):
        return self.stop_after is not None and len(self.beats) >= self.stop_after


def test_course_text_has_titles_department_and_description_once_each():
    course = Course("k", "Robotics I", title_en="Robotics I", department="Computer Science", description="own")
    assert course_text(course, "Move  arms.\n Plan paths.") == "Robotics I\nComputer Science\nMove arms. Plan paths."
    assert course_text(replace(course, department="CSCI"), "") == "Robotics I"
    assert course_text(Course("k", "음악"), "") == "음악"


def test_hash_tells_texts_and_roles_apart():
    assert text_hash("a") == text_hash("a")
    assert len({text_hash("a"), text_hash("b"), text_hash("a", "query")}) == 3
    assert label_text("  기계   학습 ") == "기계 학습"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=12), st.integers(1, 5))
def test_vectors_keep_the_order_of_the_texts_whatever_the_batches(texts, batch_size):
    encoder = FakeEncoder()
    together = encoder.encode_batch(texts, batch_size)
    assert together.shape == (len(texts), encoder.dimension)
    assert together.dtype == np.float32
    for text, vector in zip(texts, together, strict=True):
        np.testing.assert_array_equal(vector, encoder.encode_batch([text])[0])
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_near_texts_have_near_vectors():
    machine, similar, other = FakeEncoder().encode_batch(["machine learning", "learning machines", "folk music"])
    assert machine @ similar > machine @ other + 0.2


def test_stream_beats_after_each_batch_and_takes_long_texts_first():
    listener = Listener()
    batches = list(FakeEncoder().stream(["a", "a b c", "a b"], batch_size=1, control=listener))
    assert [batch.indices for batch in batches] == [(1,), (2,), (0,)]
    assert listener.beats == [3, 2, 1]
    assert all(batch.seconds >= 0 for batch in batches)


def test_stream_ends_when_told_to_stop():
    batches = list(FakeEncoder().stream(["a", "b", "c"], batch_size=1, control=Listener(stop_after=2)))
    assert len(batches) == 2
