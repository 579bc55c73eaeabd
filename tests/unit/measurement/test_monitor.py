from __future__ import annotations

import time

import pytest

from core.measurement.monitor import PerformanceMonitor, summarise
from core.records import Timing


def test_an_unused_monitor_has_an_empty_summary() -> None:
    assert PerformanceMonitor().summary() == []


def test_parts_are_added_up_by_name_longest_first() -> None:
    monitor = PerformanceMonitor()
    monitor.add("load_model", 1.0)
    monitor.add("generate", 2.0)
    monitor.add("generate", 5.0, count=3)
    assert [(part.name, part.seconds, part.count) for part in monitor.summary()] == [
        ("generate", 7.0, 4),
        ("load_model", 1.0, 1),
    ]
    assert [part.share for part in monitor.summary()] == [0.875, 0.125]


def test_inner_parts_are_taken_out_of_the_outer_one() -> None:
    monitor = PerformanceMonitor()
    with monitor.measure("outer"):
        time.sleep(0.01)
        with monitor.measure("inner"):
            time.sleep(0.05)
    seconds = {timing.name: timing.seconds for timing in monitor.timings()}
    assert seconds["inner"] >= 0.05
    assert 0.01 <= seconds["outer"] < 0.05


def test_a_part_that_raises_is_counted() -> None:
    monitor = PerformanceMonitor()
    with pytest.raises(ValueError), monitor.measure("broken"):
        raise ValueError
    assert monitor.timings()[0].count == 1


def test_parts_without_time_have_no_share() -> None:
    assert summarise([Timing("nothing", 0.0)])[0].share == 0.0
