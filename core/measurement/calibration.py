"""Which engine, precision and batch size is best on this machine: figures of trials, and the choice among them.

Nothing is run here. A trial is one configuration in a fresh process; rounds take turns, so that a passing load meets
all configurations alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from core.measurement.fidelity import Fidelity, fidelity_in_words
from core.records import Message

# What a single trial may be off by on a machine that does other things, and what a median of several may.
_SPREAD_ONE, _SPREAD_MANY = 0.15, 0.05
_NO_TEXT = Fidelity(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Configuration:
    """One way of writing."""

    engine: str
    precision: str
    batch_size: int
    threads: int = 0  # to compute with; 0 for as many as there are cores


@dataclass(frozen=True, slots=True)
class Trial:
    """One configuration tried once. Without texts it failed, and `error` says why."""

    configuration: Configuration
    wall_seconds: float  # of the whole process
    load_seconds: float = 0.0
    seconds: float = 0.0  # of writing all texts
    first_token_seconds: float | None = None
    prefill_seconds: float | None = None  # until every prompt of the batch was read; None when the engine cannot tell
    prompt_tokens: int = 0
    new_tokens: int = 0
    peak_mib: float = 0.0  # most resident memory of the process
    others: float = 0.0  # cores that other programs kept busy meanwhile, on average
    texts: tuple[str, ...] = ()
    error: Message | None = None

    @property
    def courses_per_minute(self) -> float:
        """Texts a minute, loading left out; 0 for a failed trial."""
        return 60 * len(self.texts) / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """What the trials of one configuration say together: medians, and the interval of the speed."""

    configuration: Configuration
    rounds: int
    courses_per_minute: float
    low: float
    high: float
    prefill_tokens_per_second: float | None
    decode_tokens_per_second: float | None
    first_token_seconds: float | None
    load_seconds: float
    peak_mib: float
    others: float  # the most cores that other programs kept busy during a trial
    fidelity: Fidelity = _NO_TEXT
    verdict: str = "slower"  # "chosen", "tied", "slower", "changed" (the text, too much) or "failed"
    error: Message | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The rows, fastest first, and the chosen configuration; None when no trial succeeded."""

    rows: tuple[Row, ...]
    winner: Configuration | None
    reason: Message


def decide(
    trials: Sequence[Trial],
    reference: Configuration,
    precision_reasons: Mapping[str, Message],
    fidelities: Mapping[Configuration, Fidelity] | None = None,
) -> Decision:
    """Rows and choice. A factor over the reference is only said when that was tried more than once, because a load
    in the background slowed a single trial fourfold. `precision_reasons` say why a precision is fast, if known.
    `fidelities` were found with the reference model; without them words are compared.

    Among those whose speed intervals overlap with the fastest one's the most faithful wins, then the smallest.
    """
    rows = [
        replace(row, fidelity=(fidelities or {}).get(row.configuration, row.fidelity))
        for row in summarise_trials(trials, reference)
    ]
    fit = [row for row in rows if row.error is None and not row.fidelity.changes_too_much]
    if not fit:
        return Decision(tuple(_judged(row, [], None) for row in rows), None, Message("calibration.reason.none"))
    tied = [row for row in fit if row.high >= fit[0].low]
    winner = max(tied, key=_merit)
    judged = tuple(_judged(row, tied, winner) for row in rows)
    return Decision(judged, winner.configuration, _reason(winner, tied, rows, reference, precision_reasons))


def summarise_trials(trials: Sequence[Trial], reference: Configuration) -> list[Row]:
    """One row a configuration, fastest first, compared in words with the first texts of the reference."""
    expected = next((trial.texts for trial in trials if trial.configuration == reference and trial.texts), ())
    configurations = dict.fromkeys(trial.configuration for trial in trials)
    rows = [_row([trial for trial in trials if trial.configuration == each], expected) for each in configurations]
    return sorted(rows, key=lambda row: row.courses_per_minute, reverse=True)


def _merit(row: Row) -> tuple[float, float, float]:
    """What decides among equally fast ones. Texts may by chance be more probable than the reference's: no merit."""
    loss = min(round(row.fidelity.log_probability_difference or 0.0, 1), 0.0)
    return loss, round(row.fidelity.agreement, 2), -row.peak_mib


def _row(trials: Sequence[Trial], expected: Sequence[str]) -> Row:
    good = [trial for trial in trials if trial.texts]
    if not good:
        none = (None, None, None)
        return Row(trials[0].configuration, 0, 0, 0, 0, *none, 0, 0, _others(trials), error=trials[-1].error)
    speeds = [trial.courses_per_minute for trial in good]
    spread = _SPREAD_ONE if len(good) == 1 else _SPREAD_MANY
    return Row(
        configuration=good[0].configuration,
        rounds=len(good),
        courses_per_minute=median(speeds),
        low=min(speeds) * (1 - spread),
        high=max(speeds) * (1 + spread),
        prefill_tokens_per_second=_median([_prefill_rate(trial) for trial in good]),
        decode_tokens_per_second=_median([_decode_rate(trial) for trial in good]),
        first_token_seconds=_median([trial.first_token_seconds for trial in good]),
        load_seconds=median(trial.load_seconds for trial in good),
        peak_mib=max(trial.peak_mib for trial in good),
        others=_others(good),
        fidelity=fidelity_in_words(good[0].texts, expected),
    )


def _others(trials: Sequence[Trial]) -> float:
    return max(trial.others for trial in trials)


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _prefill_rate(trial: Trial) -> float | None:
    return trial.prompt_tokens / trial.prefill_seconds if trial.prefill_seconds else None


def _decode_rate(trial: Trial) -> float | None:
    rest = trial.seconds - (trial.prefill_seconds or 0.0)
    return trial.new_tokens / rest if rest > 0 else None


def _judged(row: Row, tied: Sequence[Row], winner: Row | None) -> Row:
    if row is winner:
        verdict = "chosen"
    elif row.error is not None:
        verdict = "failed"
    elif row.fidelity.changes_too_much:
        verdict = "changed"
    else:
        verdict = "tied" if row in tied else "slower"
    return replace(row, verdict=verdict)


def _reason(
    winner: Row, tied: Sequence[Row], rows: Sequence[Row], reference: Configuration, why: Mapping[str, Message]
) -> Message:
    best = winner.configuration
    params: dict[str, Any] = {"engine": best.engine, "precision": best.precision, "batch": best.batch_size}
    params["rate"] = round(winner.courses_per_minute, 1)
    base = next((row for row in rows if row.configuration == reference and row.courses_per_minute), None)
    if base is not None and base.configuration != best and base.rounds > 1:
        params["factor"] = round(winner.courses_per_minute / base.courses_per_minute, 1)
        params |= {"base_engine": reference.engine, "base_precision": reference.precision}
        reason = Message("calibration.reason.faster", params)
    else:
        reason = Message("calibration.reason.best", params)
    if best.threads:
        reason = Message("calibration.reason.threads", {"first": reason, "threads": best.threads})
    if len(tied) > 1:
        reason = Message("calibration.reason.tied", {"first": reason, "count": len(tied) - 1})
    if best.precision in why:
        reason = Message("calibration.reason.both", {"first": reason, "second": why[best.precision]})
    return reason
