"""How long the rest of a job takes, with a range that is right four times out of five."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist, fmean

_COVERAGE = 0.8
_HALF_LIFE = 40  # batches after which an observation counts half: machines get busy and calm again
# Before much is seen, batches are taken to differ by 30 % (as a standard deviation), as if two had shown that.
_PRIOR_SPREAD = 0.3
_PRIOR_WEIGHT = 2.0
_SHAPE = 3  # of the Weibull distribution that stands in for what has not been seen: a spread of 36 % of the mean
_DRAIN = 0.2  # of a text's time: at the end places stay empty, and a step with few texts costs more for each
# How much the speed of what comes differs from what was seen in the same run, as a relative standard deviation.
_WITHIN_RUN = 0.1
# How much the speed of one run differs from another with the same settings, as a relative standard deviation.
_RUN_TO_RUN = 0.1


@dataclass(frozen=True, slots=True)
class Forecast:
    """Seconds until the end, and the range that holds it in 80 % of cases."""

    seconds: float
    low: float
    high: float


def forecast(
    seconds_per_item: Sequence[float], remaining: int, batch_size: int = 1, *, from_earlier_run: bool = False
) -> Forecast | None:
    """The time that `remaining` items take; None when nothing has been measured.

    `seconds_per_item` are the wall-clock seconds of finished items in the order they finished. Items of one batch
    share its time and are not independent, so batches are compared, not items. Recent batches count more, by
    exponential weights. The range is a prediction interval of Student's t for the sum of the batches to come: the
    uncertainty of the mean and the scatter of what comes, n**2 / m_effective + n (see any text on prediction
    intervals, e.g. Hahn and Meeker, Statistical Intervals). `from_earlier_run`: the samples are of another run with
    the same settings, which adds what runs differ by.
    """
    batches = _batch_means(seconds_per_item, batch_size)
    if not batches or remaining <= 0:
        return None if not batches else Forecast(0.0, 0.0, 0.0)
    weights = [0.5 ** (age / _HALF_LIFE) for age in reversed(range(len(batches)))]
    total = sum(weights)
    mean = sum(w * x for w, x in zip(weights, batches, strict=True)) / total
    effective = total**2 / sum(w * w for w in weights)
    squares = sum(w * (x - mean) ** 2 for w, x in zip(weights, batches, strict=True)) / total * effective
    freedom = effective - 1 + _PRIOR_WEIGHT
    variance = (squares + _PRIOR_WEIGHT * (_PRIOR_SPREAD * mean) ** 2) / freedom
    coming = remaining / batch_size
    spread = batch_size**2 * variance * (coming**2 / effective + max(coming, 1.0))
    if from_earlier_run:
        spread += (_RUN_TO_RUN * mean * remaining) ** 2
    margin = _student_quantile(0.5 + _COVERAGE / 2, freedom) * math.sqrt(spread)
    expected = mean * remaining
    return Forecast(expected, max(expected - margin, 0.25 * expected), expected + margin)


def forecast_refilling(
    durations: Sequence[float], ages: Sequence[float], waiting: int, repeated: float = 0.0
) -> Forecast | None:
    """The time until all is done where a finished item's place goes to the next; None when nothing has finished.

    `durations` are the seconds from begin to end of finished items, `ages` those since the begin of the items in
    hand, `waiting` counts the items not begun. What finishes first is short, so the mean of the finished ones misleads
    at the beginning; the items in hand are taken into account as censored observations (Kaplan and Meier 1958,
    Nonparametric Estimation from Incomplete Observations), beyond the longest finished one by a Weibull distribution
    whose spread is about that of texts' lengths. By Little's law (1961) as many items end in the mean
    duration as have a place.

    `repeated` is the share of items that take a second attempt, thus twice as long: the first to finish cannot show
    it, so it is added until three times as many have finished as there are places.
    """
    if not durations:
        return None
    if not ages:
        return Forecast(0.0, 0.0, 0.0) if waiting <= 0 else forecast(durations, waiting)
    survival = _Survival(durations, ages)
    mean = survival.left(0.0)
    work = sum(survival.left(age) for age in ages) + waiting * mean
    seen = len(durations)
    unseen = max(0.0, 1 - seen / (3 * len(ages)))
    expected = (work / len(ages) + _DRAIN * mean) * (1 + repeated * unseen)
    centre = fmean(durations)
    scatter = sum((each - centre) ** 2 for each in durations) + _PRIOR_WEIGHT * (_PRIOR_SPREAD * mean) ** 2
    variance = scatter / (seen - 1 + _PRIOR_WEIGHT)
    count = waiting + len(ages)
    spread = variance * ((count / len(ages)) ** 2 / seen + count / len(ages) ** 2) + (_WITHIN_RUN * expected) ** 2
    margin = _student_quantile(0.5 + _COVERAGE / 2, seen - 1 + _PRIOR_WEIGHT) * math.sqrt(spread)
    return Forecast(expected, max(expected - margin, 0.25 * expected), expected + margin)


class _Survival:
    """The share of items that take longer than a time: as observed, and a Weibull distribution after the last end."""

    def __init__(self, durations: Sequence[float], ages: Sequence[float]) -> None:
        self._steps, share, at_risk = [(0.0, 1.0)], 1.0, len(durations) + len(ages)
        for second, is_in_hand in sorted([(each, False) for each in durations] + [(each, True) for each in ages]):
            if not is_in_hand:
                share *= 1 - 1 / at_risk
                self._steps.append((second, share))
            at_risk -= 1
        self._last, self._beyond = self._steps[-1]
        power = sum(each**_SHAPE for each in (*durations, *ages)) / len(durations)
        self._scale = power ** (1 / _SHAPE) or 1.0

    def left(self, age: float) -> float:
        """The seconds that an item of this age is expected to take still."""
        share = next(share for begin, share in reversed(self._steps) if begin <= age)
        if age >= self._last or not share:
            return self._tail(age)
        observed = sum(
            above * (end - max(begin, age)) for (begin, above), (end, _) in pairwise(self._steps) if end > age
        )
        return (observed + self._beyond * self._tail(self._last)) / share

    def _tail(self, age: float) -> float:
        """The mean residual life of the Weibull distribution, by the midpoint rule."""
        width = self._scale / 25
        middles = (age + width * (number + 0.5) for number in range(75))
        begin = (age / self._scale) ** _SHAPE
        return width * sum(math.exp(begin - (middle / self._scale) ** _SHAPE) for middle in middles)


def _batch_means(seconds_per_item: Sequence[float], batch_size: int) -> list[float]:
    """Mean seconds per item of consecutive groups of `batch_size`; a smaller rest is left out unless it is all."""
    size = min(batch_size, len(seconds_per_item)) or 1
    whole = len(seconds_per_item) // size * size
    return [sum(seconds_per_item[start : start + size]) / size for start in range(0, whole, size)]


def _student_quantile(probability: float, freedom: float) -> float:
    """Quantile of Student's t from the normal one (Abramowitz and Stegun 26.7.5; within 1 % from 2 degrees on)."""
    z = NormalDist().inv_cdf(probability)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3
