from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.measurement.calibration import Configuration, Trial, decide
from core.measurement.calibration_schedule import MAX_ROUNDS, next_configuration, thread_variants
from core.measurement.fidelity import Fidelity
from core.records import Message

SLOW = Configuration("transformers", "float32", 16)
FAST = Configuration("openvino", "bfloat16", 64)
NEAR = Configuration("openvino", "float32", 64)
TEXTS = ("One two three four five.", "Six seven eight nine ten.")


def trial(configuration: Configuration, seconds: float, texts: tuple[str, ...] = TEXTS, **more: Any) -> Trial:
    return Trial(configuration, wall_seconds=seconds + 5, seconds=seconds, texts=texts, **more)


def verdicts(trials: list[Trial]) -> dict[Configuration, str]:
    return {row.configuration: row.verdict for row in decide(trials, SLOW, {}).rows}


def test_the_fastest_wins_and_the_reason_says_by_how_much() -> None:
    decision = decide([trial(SLOW, 10), trial(SLOW, 10), trial(FAST, 2)], SLOW, {"bfloat16": Message("why")})
    assert decision.winner == FAST
    assert decision.reason.params["first"].params["factor"] == 5
    assert decision.reason.params["second"] == Message("why")


def test_no_factor_is_said_over_a_reference_that_was_tried_once() -> None:
    assert decide([trial(SLOW, 10), trial(FAST, 2)], SLOW, {}).reason.key == "calibration.reason.best"


def test_overlapping_intervals_are_a_tie_and_the_nearest_text_wins() -> None:
    changed = ("One two three, but not that.", TEXTS[1])
    trials = [trial(SLOW, 10), trial(FAST, 2.0, changed), trial(NEAR, 2.2)]
    decision = decide(trials, SLOW, {})
    assert decision.winner == NEAR
    assert decision.reason.key == "calibration.reason.tied"
    assert verdicts(trials) == {FAST: "tied", NEAR: "chosen", SLOW: "slower"}


def test_more_rounds_make_the_same_difference_count() -> None:
    one = [trial(SLOW, 10), trial(FAST, 2.0), trial(NEAR, 2.3)]
    assert verdicts(one)[NEAR] != "slower"
    assert verdicts([*one, *one[1:]])[NEAR] == "slower"


def test_among_equals_the_smallest_wins() -> None:
    trials = [trial(SLOW, 10), trial(FAST, 2.0, peak_mib=900), trial(NEAR, 2.0, peak_mib=700)]
    assert decide(trials, SLOW, {}).winner == NEAR


def test_a_text_that_changes_too_much_is_not_chosen_however_fast() -> None:
    trials = [trial(SLOW, 10), trial(FAST, 1, ("!!!", "!!!"))]
    assert decide(trials, SLOW, {}).winner == SLOW
    assert verdicts(trials)[FAST] == "changed"


def test_a_failed_trial_is_shown_with_its_reason() -> None:
    failed = Trial(FAST, 3, error=Message("models.export_failed"))
    rows = decide([trial(SLOW, 10), failed], SLOW, {}).rows
    assert (rows[-1].verdict, rows[-1].error) == ("failed", Message("models.export_failed"))


def test_without_any_success_nothing_is_chosen() -> None:
    decision = decide([Trial(SLOW, 3, error=Message("jobs.out_of_memory"))], SLOW, {})
    assert (decision.winner, decision.reason.key) == (None, "calibration.reason.none")


def test_shares_are_those_against_the_reference() -> None:
    rows = decide([trial(SLOW, 10), trial(FAST, 1, (TEXTS[0], "Six seven ate nine ten."))], SLOW, {}).rows
    assert rows[0].fidelity.identical == 0.5
    assert rows[0].fidelity.agreement == (1 + 2 / 6) / 2


def test_what_the_reference_model_says_goes_before_words() -> None:
    trials = [trial(SLOW, 10), trial(FAST, 1), trial(NEAR, 1)]
    told = {FAST: Fidelity(0.9, 0.5, -3.0), NEAR: Fidelity(0.4, 0.0, -0.01)}
    decision = decide(trials, SLOW, {}, told)
    assert decision.winner == NEAR
    assert next(row for row in decision.rows if row.configuration == FAST).verdict == "changed"


def test_a_number_of_threads_that_won_is_said() -> None:
    few = replace(FAST, threads=1)
    reason = decide([trial(SLOW, 10), trial(few, 1)], SLOW, {}).reason
    assert (reason.key, reason.params["threads"]) == ("calibration.reason.threads", 1)


def test_other_numbers_of_threads_are_tried_for_the_leader_only() -> None:
    variants = thread_variants([trial(SLOW, 10), trial(FAST, 1), Trial(NEAR, 3)], cores=4)
    assert {replace(each, threads=0) for each in variants} == {FAST}
    assert 2 in {each.threads for each in variants}
    assert 4 not in {each.threads for each in variants}
    assert thread_variants([Trial(NEAR, 3)], cores=4) == ()


def test_all_are_tried_once_then_the_contenders_again() -> None:
    order, tried = [SLOW, FAST, NEAR], []
    speeds = {SLOW: 10.0, FAST: 1.0, NEAR: 1.5}
    while (choice := next_configuration(order, tried, 1000)) is not None:
        tried.append(trial(choice, speeds[choice]))
    assert [each.configuration for each in tried] == [*order, SLOW, NEAR, FAST, SLOW, FAST, NEAR]
    assert MAX_ROUNDS == 3


def test_ways_that_are_compared_are_all_tried_again_however_slow() -> None:
    tried = [trial(SLOW, 100), trial(FAST, 1)]
    assert next_configuration([FAST, SLOW], [*tried, trial(FAST, 1)], 1000, contender_share=0.0) == SLOW


def test_nothing_is_begun_that_does_not_fit_into_the_time_left() -> None:
    first = [trial(FAST, 10)]
    assert next_configuration([FAST, NEAR], first, 14) is None
    assert next_configuration([FAST, NEAR], first, 16) == NEAR
    assert next_configuration([SLOW, FAST], [trial(SLOW, 10), trial(FAST, 1)], 7) == FAST
    assert next_configuration([SLOW, FAST], [trial(SLOW, 10), trial(FAST, 1)], 5) is None


def test_a_slow_engine_does_not_keep_the_others_from_their_turn() -> None:
    assert next_configuration([SLOW, FAST], [trial(SLOW, 50)], 20) == FAST


def test_the_first_trial_is_made_however_small_the_budget() -> None:
    assert next_configuration([SLOW], [], 0.1) == SLOW
