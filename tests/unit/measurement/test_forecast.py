from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.measurement.forecast import forecast


def test_without_samples_there_is_no_forecast() -> None:
    assert forecast([], 10) is None


def test_nothing_left_takes_no_time() -> None:
    result = forecast([1.0], 0)
    assert result is not None
    assert (result.seconds, result.low, result.high) == (0.0, 0.0, 0.0)


def test_a_steady_speed_goes_on() -> None:
    result = forecast([2.0] * 50, 100)
    assert result is not None
    assert result.seconds == pytest.approx(200)


def test_recent_batches_count_more() -> None:
    result = forecast([1.0] * 100 + [2.0] * 100, 10)
    assert result is not None
    assert result.seconds > 16


def test_the_range_narrows_with_experience() -> None:
    few, many = forecast([1.0, 1.2, 0.9], 100), forecast([1.0, 1.2, 0.9] * 20, 100)
    assert few is not None and many is not None
    assert many.high - many.low < few.high - few.low


def test_an_earlier_run_tells_less_than_this_one() -> None:
    samples = [1.0, 1.1, 0.9] * 10
    this, earlier = forecast(samples, 100), forecast(samples, 100, from_earlier_run=True)
    assert this is not None and earlier is not None
    assert earlier.high - earlier.low > this.high - this.low


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=60), st.integers(1, 5000), st.integers(1, 64), st.booleans())
def test_the_expected_time_lies_in_its_range(samples: list[float], left: int, batch: int, earlier: bool) -> None:
    result = forecast(samples, left, batch, from_earlier_run=earlier)
    assert result is not None
    assert 0 < result.low <= result.seconds <= result.high


@pytest.mark.parametrize(
    ("seen", "remaining", "batch_size"), [(32, 500, 8), (64, 200, 16), (30, 100, 1), (160, 1000, 16)]
)
def test_the_range_is_right_four_times_out_of_five(seen: int, remaining: int, batch_size: int) -> None:
    """Simulated runs whose batches differ by a log-normal factor of about 30 %."""
    draw = random.Random(3)
    runs, inside = 400, 0
    for _ in range(runs):
        batches = [draw.lognormvariate(0, 0.3) for _ in range((seen + remaining) // batch_size + 1)]
        seconds = [value for value in batches for _ in range(batch_size)][: seen + remaining]
        result = forecast(seconds[:seen], remaining, batch_size)
        assert result is not None
        inside += result.low <= sum(seconds[seen:]) <= result.high
    assert 0.72 <= inside / runs <= 0.92
