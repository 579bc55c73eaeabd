from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.measurement.forecast import forecast, forecast_refilling


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


def refilling_run(draw: random.Random, items: int, places: int, seen: int) -> tuple[list[float], list[float], float]:
    """A run as OpenVINO's: durations and ages when `seen` items have ended, and the seconds that it took from there.

    A step costs a quarter of a full one whatever it holds, and grows with the texts in it; a begin costs as much as
    8.5 tokens of a text. Texts end by themselves or at 150 tokens. The machine is now faster, now slower.
    """
    lengths = [min(150, max(15, int(draw.gauss(85, 40)))) for _ in range(items)]
    running: dict[int, int] = {}
    begun: dict[int, float] = {}
    clock, pace = 0.0, 1.0
    durations: list[float] = []
    found: tuple[list[float], list[float], float] = ([], [], 0.0)
    while len(durations) < items:
        coming = range(len(begun), min(items, len(begun) + places - len(running)))
        running |= {item: lengths[item] for item in coming}
        begun |= dict.fromkeys(coming, clock)
        if not found[0] and len(durations) >= seen:
            found = (list(durations), [clock - begun[item] for item in running], clock)
        pace = 1 + 0.98 * (pace - 1) + draw.gauss(0, 0.015)
        clock += max(pace, 0.3) * (0.25 + 0.75 * len(running) / places + 8.5 * len(coming) / places)
        running = {item: left - 1 for item, left in running.items()}
        for item in [item for item, left in running.items() if left == 0]:
            del running[item]
            durations.append(clock - begun[item])
    return found[0], found[1], clock - found[2]


@pytest.mark.parametrize(("items", "places"), [(200, 64), (400, 64), (1200, 64), (200, 16), (600, 16)])
def test_a_refilling_run_is_foretold_within_a_tenth_after_30_items(items: int, places: int) -> None:
    draw = random.Random(items + places)
    errors, inside, runs = [], 0, 60
    for _ in range(runs):
        durations, ages, actual = refilling_run(draw, items, places, 30)
        actual *= draw.gauss(1, 0.08)  # the machine gets busier or calmer
        result = forecast_refilling(durations, ages, items - len(durations) - len(ages))
        assert result is not None
        errors.append(abs(result.seconds - actual) / actual)
        inside += result.low <= actual <= result.high
    assert sorted(errors)[runs // 2] < 0.1
    assert 0.68 <= inside / runs <= 0.97


def test_what_ends_first_does_not_make_the_rest_look_short() -> None:
    """Thirty short texts of 64 have ended while the others go on."""
    result = forecast_refilling([1.0] * 30, [1.5] * 34 + [0.5] * 30, 1000)
    assert result is not None
    assert result.seconds > 1.2 * 1000 / 64


def test_a_refilling_run_with_nothing_ended_or_nothing_left_has_no_time_to_tell() -> None:
    assert forecast_refilling([], [1.0], 5) is None
    done = forecast_refilling([1.0], [], 0)
    assert done is not None and done.seconds == 0.0


@given(
    st.lists(st.floats(0, 1e3), min_size=1, max_size=40),
    st.lists(st.floats(0, 1e3), max_size=40),
    st.integers(0, 5000),
)
def test_any_refilling_run_gets_a_range_around_its_expected_time(
    durations: list[float], ages: list[float], waiting: int
) -> None:
    result = forecast_refilling(durations, ages, waiting)
    assert result is not None
    assert 0 <= result.low <= result.seconds <= result.high


def test_second_attempts_are_expected_until_enough_is_seen() -> None:
    early = [forecast_refilling([3.0] * 30, [1.0] * 60, 300, share) for share in (0.0, 0.2)]
    late = [forecast_refilling([3.0] * 180, [1.0] * 60, 300, share) for share in (0.0, 0.2)]
    assert early[0] is not None and early[1] is not None
    assert early[1].seconds == pytest.approx(early[0].seconds * (1 + 0.2 * (1 - 30 / 180)))
    assert late[0] == late[1]
