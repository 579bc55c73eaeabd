"""Tickets are good once and for a minute, tokens until they end; neither is kept as it is."""

from __future__ import annotations

from core.access.browser_sessions import SESSION_SECONDS, TICKET_SECONDS, BrowserSessions, SignedIn


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def given(sessions: BrowserSessions, name: str = "kim") -> str:
    ticket = sessions.ticket(name, "salt")
    assert ticket is not None
    return ticket


def test_a_ticket_becomes_a_token_once() -> None:
    sessions = BrowserSessions(Clock())
    ticket = given(sessions)
    token = sessions.redeem(ticket)
    assert token is not None
    assert sessions.owner(token) == SignedIn("kim", "salt", 1000.0)
    assert sessions.redeem(ticket) is None
    assert sessions.owner(ticket) is None and sessions.redeem(token) is None
    sessions.end(token)
    assert sessions.owner(token) is None


def test_tickets_and_tokens_end_by_themselves() -> None:
    clock = Clock()
    sessions = BrowserSessions(clock)
    late, token = given(sessions), sessions.redeem(given(sessions))
    assert token is not None
    clock.now += TICKET_SECONDS + 1
    assert sessions.redeem(late) is None
    clock.now += SESSION_SECONDS - TICKET_SECONDS - 2
    assert sessions.owner(token) is not None
    clock.now += 2
    assert sessions.owner(token) is None


def test_nothing_that_a_browser_holds_is_kept() -> None:
    sessions = BrowserSessions()
    ticket = given(sessions)
    token = sessions.redeem(given(sessions))
    assert token is not None and ticket not in str(vars(sessions)) and token not in str(vars(sessions))
    assert sessions.owner("") is None and sessions.owner("\ud800") is None


def test_a_browser_that_does_not_keep_the_cookie_is_not_sent_for_it_for_ever() -> None:
    clock = Clock()
    sessions = BrowserSessions(clock)
    given_out = [sessions.ticket("kim", "salt") for _ in range(20)]
    assert 0 < sum(ticket is not None for ticket in given_out) < 20
    assert sessions.ticket("lee", "salt") is not None
    clock.now += TICKET_SECONDS + 1
    assert sessions.ticket("kim", "salt") is not None
