"""Which engine, precision and batch size is best on this machine: figures of trials, and the choice among them.

Nothing is run here. A trial is one configuration in a fresh process; rounds take turns, so that a passing load meets
all configurations alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from core.records import Message

# Greedy texts of one model drift apart after a few words once a rounding tips one choice, and stay as good: broken
# precisions differ from the first words on. So a configuration must keep this share of the words on average.
MIN_AGREEMENT = 0.1
# What a single trial may be off by on a machine that does other things, and what a median of several may.
_SPREAD_ONE, _SPREAD_MANY = 0.15, 0.05
_WORDS = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Configuration:
    """One way of writing."""

    engine: str
    precision: str
    batch_size: int


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
    load_average: float = 0.0  # before the trial: what else the machine was doing
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
    agreement: float  # mean share of a text's words before it first differs from the reference, 0 to 1
    identical: float  # share of texts that are the same as the reference's, 0 to 1
    load_average: float
    verdict: str = "slower"  # "chosen", "tied", "slower", "changed" (the text, too much) or "failed"
    error: Message | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The rows, fastest first, and the chosen configuration; None when no trial succeeded."""

    rows: tuple[Row, ...]
    winner: Configuration | None
    reason: Message


def agreement(text: str, reference: str) -> float:
    """The share of words and signs that come before the first difference, of the longer text; 1 for equal texts."""
    words, expected = _WORDS.findall(text), _WORDS.findall(reference)
    longest = max(len(words), len(expected))
    pairs = list(zip(words, expected, strict=False))
    same = next((place for place, (one, other) in enumerate(pairs) if one != other), len(pairs))
    return same / longest if longest else 1.0


def decide(trials: Sequence[Trial], reference: Configuration, precision_reasons: Mapping[str, Message]) -> Decision:
    """Rows and choice. A factor over the reference is only said when that was tried more than once, because a load
    in the background slowed a single trial fourfold. `precision_reasons` say why a precision is fast, if known.

    Among those whose speed intervals overlap with the fastest one's the most faithful wins, then the smallest.
    """
    expected = next((trial.texts for trial in trials if trial.configuration == reference and trial.texts), ())
    configurations = dict.fromkeys(trial.configuration for trial in trials)
    rows = [_row([trial for trial in trials if trial.configuration == each], expected) for each in configurations]
    rows.sort(key=lambda row: row.courses_per_minute, reverse=True)
    fit = [row for row in rows if row.error is None and row.agreement >= MIN_AGREEMENT]
    if not fit:
        return Decision(tuple(_judged(row, [], None) for row in rows), None, Message("calibration.reason.none"))
    tied = [row for row in fit if row.high >= fit[0].low]
    winner = max(tied, key=lambda row: (round(row.agreement, 2), -row.peak_mib))
    judged = tuple(_judged(row, tied, winner) for row in rows)
    return Decision(judged, winner.configuration, _reason(winner, tied, rows, reference, precision_reasons))


def _row(trials: Sequence[Trial], expected: Sequence[str]) -> Row:
    good = [trial for trial in trials if trial.texts]
    if not good:
        none = (None, None, None)
        return Row(trials[0].configuration, 0, 0, 0, 0, *none, 0, 0, 0, 0, _load(trials), error=trials[-1].error)
    speeds = [trial.courses_per_minute for trial in good]
    spread = _SPREAD_ONE if len(good) == 1 else _SPREAD_MANY
    pairs = list(zip(good[0].texts, expected, strict=False))
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
        agreement=fmean(agreement(*pair) for pair in pairs) if pairs else 1.0,
        identical=fmean(text == wanted for text, wanted in pairs) if pairs else 1.0,
        load_average=_load(good),
    )


def _load(trials: Sequence[Trial]) -> float:
    return max(trial.load_average for trial in trials)


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
    elif row.agreement < MIN_AGREEMENT:
        verdict = "changed"
    else:
        verdict = "tied" if row in tied else "slower"
    values: dict[str, Any] = {name: getattr(row, name) for name in Row.__slots__}
    return Row(**{**values, "verdict": verdict})


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
    if len(tied) > 1:
        reason = Message("calibration.reason.tied", {"first": reason, "count": len(tied) - 1})
    if best.precision in why:
        reason = Message("calibration.reason.both", {"first": reason, "second": why[best.precision]})
    return reason
