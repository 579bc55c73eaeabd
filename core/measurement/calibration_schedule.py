"""Which configuration is tried next within a time budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import psutil

from core.measurement.calibration import Configuration, Trial

MAX_ROUNDS = 3
CONTENDER_SHARE = 0.5  # of the fastest one's speed; slower ones are not tried again


def next_configuration(
    configurations: Sequence[Configuration],
    trials: Sequence[Trial],
    seconds_left: float,
    contender_share: float = CONTENDER_SHARE,
) -> Configuration | None:
    """The next one to try, None when all rounds are done or no further trial fits into the time left.

    The first round takes all in the order given, most important first. Later rounds take the contenders, in turn
    forwards and backwards, so that a load that grows or falls does not favour those in front. The reference, which
    is the first, is always among them, and is tried a second time before any other is: one disturbed trial of it
    would falsify every factor.
    """
    counts = {each: sum(trial.configuration == each for trial in trials) for each in configurations}
    untried = [each for each in configurations if not counts[each]]
    longest: dict[str, float] = {}  # trial of each engine, which a further one will hardly exceed
    for trial in trials:
        longest[trial.configuration.engine] = max(longest.get(trial.configuration.engine, 0.0), trial.wall_seconds)
    fitting = (each for each in untried if longest.get(each.engine, 0.0) < seconds_left)
    if (chosen := next(fitting, None)) is not None or not trials:
        return chosen
    fastest = max(trial.courses_per_minute for trial in trials)
    for round_number in range(2, MAX_ROUNDS + 1):
        reference, *others = configurations
        for each in [reference, *(others[::-1] if round_number % 2 == 0 else others)]:
            own = [trial for trial in trials if trial.configuration == each]
            if not own:
                continue
            best = max(trial.courses_per_minute for trial in own)
            is_contender = each == reference or (best > 0 and best >= contender_share * fastest)
            if counts[each] < round_number and is_contender and own[-1].wall_seconds <= seconds_left:
                return each
    return None


def thread_variants(trials: Sequence[Trial], cores: int) -> tuple[Configuration, ...]:
    """The fastest configuration so far with other numbers of threads: half the cores, and all hardware threads.

    Only for the leader: what is good for one engine's threads is seldom bad for another's, and trials cost time.
    """
    good = [trial for trial in trials if trial.texts]
    if not good:
        return ()
    leader = max(good, key=lambda trial: trial.courses_per_minute).configuration
    counts = {max(1, cores // 2), psutil.cpu_count() or cores} - {cores}
    return tuple(replace(leader, threads=count) for count in sorted(counts))
