import math

import numpy as np
import pytest

from core.errors import RecommendationError
from core.recommendation.blend import SIGNALS, Weights, effective_weights


def test_default_is_the_reports_seventy_to_thirty():
    assert Weights().normalised.tolist() == [0.7, 0.3, 0, 0, 0, 0]


def test_weights_are_normalised_but_kept_as_set():
    weights = Weights.parse("department=3, interest=1")
    assert weights.as_mapping()["department"] == 3
    assert weights.normalised[:2].tolist() == [0.75, 0.25]


@pytest.mark.parametrize("text", ["department=-1", "department=0", "fame=1", "department", "department=nan", ""])
def test_senseless_weights_are_refused_with_a_sentence(text):
    with pytest.raises(RecommendationError) as caught:
        Weights.parse(text)
    assert str(caught.value)


def test_missing_weights_are_shared_out_in_proportion():
    weights = np.array([0.5, 0.3, 0.2, 0, 0, 0])
    present = np.array([[1, 1, 1, 1, 1, 1], [0, 1, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1]], bool)
    effective = effective_weights(weights, present)
    assert effective[0] == pytest.approx(weights)
    assert effective[1] == pytest.approx([0, 0.6, 0.4, 0, 0, 0])
    assert effective[2].tolist() == [0] * len(SIGNALS)  # nothing with a weight is known
    assert math.isclose(effective[1].sum(), 1)
