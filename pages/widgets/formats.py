"""Numbers as people read them: lengths of time, moments in the reader's time zone, speeds, shares."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from math import isfinite
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from core.i18n import Translator


def duration(seconds: float, t: Translator) -> str:
    """A length of time with its two largest units: 0.42 s, 38 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 1:
        return t("widgets.seconds", seconds=f"{seconds:.2f}")
    if seconds < 10:
        return t("widgets.seconds", seconds=f"{seconds:.1f}")
    whole = round(seconds)
    if whole < 60:
        return t("widgets.seconds", seconds=whole)
    if whole < 3600:
        return t("widgets.minutes", minutes=whole // 60, seconds=whole % 60)
    minutes = round(seconds / 60)
    return t("widgets.hours", hours=minutes // 60, minutes=minutes % 60)


def span(low: float, high: float, t: Translator) -> str:
    """A range of time, once when both ends read the same."""
    first, last = duration(low, t), duration(high, t)
    return first if first == last else t("widgets.span", low=first, high=last)


def moment(when: datetime | None, t: Translator) -> str:
    """A stored moment as date and time on the reader's clock; a dash for none."""
    if when is None:
        return t("widgets.none")
    return when.astimezone(_reader_zone()).strftime("%Y-%m-%d %H:%M")


def _reader_zone() -> tzinfo:
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def rate(value: float | None, t: Translator, digits: int = 1) -> str:
    """A speed, or a dash while there is none."""
    return t("widgets.none") if value is None else f"{value:,.{digits}f}"


def percent(share: float) -> str:
    """A share as a percentage, or a dash where it is not known."""
    return f"{share:.1%}" if isfinite(share) else "–"


def local(when: datetime) -> datetime:
    """A moment on the reader's clock, for the time axis of a chart."""
    return when.astimezone(_reader_zone())
