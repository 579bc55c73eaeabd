"""Charts draw the numbers they are given, name their units and never let data act as markup."""

from datetime import UTC, datetime, timedelta

import pytest

from core.charts import evidence, jobs, performance, recommendation, status, weights
from core.charts.style import plain, thin

STATUSES = {"missing": "Missing", "sufficient": "Sufficient"}
SIGNALS = {"department": "Department", "interest": "Interest"}
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def _moments(*offsets: float) -> list[datetime]:
    return [START + timedelta(seconds=offset) for offset in offsets]


def test_departments_after_the_limit_are_summed_in_one_row() -> None:
    counts = {f"D{number}": {"missing": number, "sufficient": 1} for number in range(5)}
    figure = status.status_by_department(counts, STATUSES, others_label="Others", limit=2)
    assert list(figure.layout.yaxis.ticktext) == ["D4", "D3", "Others"]
    assert list(figure.data[0].x) == [4, 3, 0 + 1 + 2]
    assert list(figure.data[1].x) == [1, 1, 3]


def test_a_catalog_without_courses_gives_an_empty_chart() -> None:
    assert len(status.status_by_department({}, STATUSES, others_label="Others").layout.yaxis.ticktext) == 0


def test_funnel_names_the_share_of_the_first_stage() -> None:
    figure = status.funnel([("All", 200), ("Drafts", 50), ("Approved", 0)])
    assert list(figure.data[0].text) == ["200 (100%)", "50 (25%)", "0 (0%)"]


def test_funnel_of_nothing_does_not_divide_by_zero() -> None:
    assert list(status.funnel([("All", 0), ("Drafts", 0)]).data[0].text) == ["0", "0"]


def test_names_from_data_cannot_bring_markup_into_a_chart() -> None:
    name = '<a href="https://example.org">x</a>'
    figure = status.status_by_department({name: {"missing": 1}}, STATUSES, others_label="Others")
    assert figure.layout.yaxis.ticktext[0].startswith("&lt;a")


def test_long_labels_are_shortened() -> None:
    assert plain("가" * 50, limit=10) == "가" * 9 + "…"
    assert plain("short") == "short"


def test_throughput_counts_each_token_after_the_first_finish_once() -> None:
    moments, rates = jobs.throughput(_moments(0, 10, 20, 30, 40), [99, 100, 200, 300, 400])
    width = (moments[1] - moments[0]).total_seconds()
    assert sum(rates) * width == pytest.approx(1000)


@pytest.mark.parametrize("offsets", [(), (0,), (5, 5)])
def test_throughput_needs_a_span_of_time(offsets: tuple[float, ...]) -> None:
    assert jobs.throughput(_moments(*offsets), [1] * len(offsets)) == ([], [])


def test_running_median_looks_back_only() -> None:
    assert jobs.running_median([1, 9, 2, 8], window=3) == [1, 5, 2, 8]


def test_live_charts_draw_with_no_points_yet() -> None:
    labels = {"x_label": "time", "y_label": "s"}
    assert len(jobs.seconds_per_course([], [], course_label="Course", trend_label="Median", **labels).data[0].x) == 0
    assert len(jobs.tokens_per_second([], [], **labels).data[0].x) == 0
    assert len(jobs.memory([], [], **labels).data[0].x) == 0


def test_a_long_run_sends_a_bounded_number_of_points() -> None:
    seconds = [1.0] * 10_000
    figure = jobs.seconds_per_course(_moments(*range(10_000)), seconds, course_label="Course", trend_label="Median")
    assert 400 <= len(figure.data[0].x) <= 600
    assert len(range(10_000)[thin(10_000)]) == len(figure.data[0].x)


def test_parts_of_a_run_show_seconds_and_share_longest_first() -> None:
    figure = performance.parts([("load", 1.0), ("generate", 3.0)])
    assert list(figure.data[0].text) == ["3.00 s · 75.0%", "1.00 s · 25.0%"]
    assert list(figure.layout.yaxis.ticktext) == ["generate", "load"]


def test_comparison_leaves_out_what_was_not_measured() -> None:
    figure = performance.compare(["one course"], {"report": [32.14], "here": [None]}, unit="s", log_scale=True)
    assert list(figure.data[0].text) == ["32.14 s"]
    assert list(figure.data[1].text) == [""]
    assert figure.layout.xaxis.type == "log"


def test_contributions_of_a_course_add_up_to_the_score_that_is_written() -> None:
    rows = [("Algebra", {"department": 0.7, "interest": 0.1}), ("Logic", {"department": 0.2, "interest": 0.0})]
    figure = recommendation.contributions(rows, SIGNALS)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    labels = next(trace for trace in figure.data if trace.type == "scatter")
    for row, score in enumerate((0.8, 0.2)):
        assert sum(bar.x[row] for bar in bars) == pytest.approx(score)
        assert labels.text[row].strip() == f"{score:.3f}"


def test_signals_that_add_nothing_take_no_place_in_the_legend() -> None:
    figure = recommendation.contributions([("Algebra", {"department": 0.7})], SIGNALS)
    assert [trace.name for trace in figure.data if trace.type == "bar"] == ["Department"]


def test_two_courses_of_the_same_title_keep_their_own_bars() -> None:
    figure = recommendation.contributions([("Seminar", {"interest": 0.5}), ("Seminar", {"interest": 0.25})], SIGNALS)
    assert list(figure.data[0].y) == [0, 1]


def test_metrics_without_a_published_set_show_only_the_new_value() -> None:
    figure = recommendation.population_metrics(["Coverage"], [None], [0.5], before_label="Published", after_label="Now")
    assert [trace.name for trace in figure.data] == ["Now"]
    both = recommendation.population_metrics(["Coverage"], [0.4], [0.5], before_label="Published", after_label="Now")
    assert {trace.name for trace in both.data if trace.mode == "markers"} == {"Published", "Now"}


def test_sweep_marks_the_current_weight() -> None:
    figure = weights.sweep([0.3, 0.7], {"Coverage": [0.8, 0.4]}, current=0.5, tick_labels=["30:70", "70:30"])
    assert figure.layout.shapes[0].x0 == 0.5
    assert list(figure.layout.xaxis.ticktext) == ["30:70", "70:30"]
    assert not weights.sweep([0.3], {"Coverage": [0.8]}).layout.shapes


def test_most_changed_departments_come_first() -> None:
    figure = weights.churn_by_department({"A": 0.1, "B": 0.9, "C": 0.5}, limit=2)
    assert list(figure.layout.yaxis.ticktext) == ["B", "C"]


def test_lorenz_curve_of_equal_shares_is_the_diagonal() -> None:
    courses, places = weights.lorenz_curve([3, 3, 3, 3])
    assert places == pytest.approx(courses)


def test_lorenz_curve_of_one_winner_stays_flat_until_the_end() -> None:
    assert weights.lorenz_curve([0, 8, 0, 0])[1] == [0, 0, 0, 0, 1]


@pytest.mark.parametrize("counts", [[], [0, 0]])
def test_lorenz_curve_of_nothing_is_the_diagonal(counts: list[int]) -> None:
    assert weights.lorenz_curve(counts) == ([0.0, 1.0], [0.0, 1.0])


def test_concentration_draws_one_curve_a_set_and_the_even_line() -> None:
    figure = weights.concentration({"Published": [1, 2], "Now": [2, 2]}, even_label="Even")
    assert [trace.name for trace in figure.data] == ["Even", "Published", "Now"]


def test_differences_are_coloured_by_what_their_interval_says() -> None:
    figure = evidence.differences([("up", 0.2, 0.1, 0.3), ("down", -0.2, -0.3, -0.1), ("open", 0.1, -0.1, 0.3)])
    assert len({trace.marker.color for trace in figure.data}) == 3
    assert figure.data[2].error_x.arrayminus[0] == pytest.approx(0.2)


def test_the_frontier_stands_out_from_what_was_tried() -> None:
    figure = evidence.frontier(
        [(0.1, 0.2), (0.5, 0.1)],
        [(0.5, 0.1)],
        (0.3, 0.1),
        names=["1"],
        tried_label="tried",
        best_label="best",
        in_force_label="now",
    )
    assert [trace.name for trace in figure.data] == ["tried", "best", "now"]
    assert (figure.data[1].x, figure.data[1].text) == ((0.5,), (" 1",))
