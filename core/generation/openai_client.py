"""The OpenAI chat protocol, as far as writing needs it: one request, its stream of pieces, when to try again.

Redirects are not followed, so that texts go to the confirmed address only. Proxies of the environment are ignored for
the same reason: an endpoint in the user's own network needs none, and a proxy would read along. Certificates are
checked against those the operating system trusts, an institution's own among them.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from core.config import endpoint_key
from core.errors import ModelError
from core.generation.engine import Chat, GenerationSettings
from core.models.endpoints import Endpoint
from core.records import Message

ATTEMPTS = 5
CONNECT_SECONDS = 10.0
_READ_SECONDS = 600.0  # one request without a byte: with few slots an endpoint lets the others wait in a queue
_BACKOFF_SECONDS = 0.5  # before the second attempt; doubles with each
_LONGEST_WAIT = 60.0  # seconds, whatever Retry-After says: below the time after which a silent worker counts as hung
_TRY_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_KEY_REFUSED = (401, 403)
_LONGEST_REASON = 200  # characters of an endpoint's own words
_LONGEST_LIST = 8  # model names in a sentence
_MOST_TOKENS = 10_000_000  # of one text by a server's own account; far above any model's context
_THOUGHTS = re.compile(r"\A\s*<think>.*?(</think>|\Z)", re.DOTALL)


class PromptFailedError(Exception):
    """This prompt alone could not be done; `reason` is a sentence."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason.key)
        self.reason = reason


class _TryAgainError(Exception):
    """An attempt failed in a way that may pass; `last` is what to raise when it was the last one."""

    def __init__(self, last: Exception, retry_after: float = 0.0) -> None:
        super().__init__(str(last))
        self.last = last
        self.retry_after = retry_after  # seconds that the endpoint asked to wait


@dataclass(slots=True)
class Reply:
    """What has come of one text so far."""

    pieces: list[str] = field(default_factory=list)
    finish_reason: str | None = None  # as the endpoint says it; None until the end
    prompt_tokens: int = 0
    new_tokens: int = 0  # pieces heard, then what the endpoint counted
    has_ended: bool = False  # the endpoint said that nothing follows

    @property
    def text(self) -> str:
        """The text without the thoughts that some models think aloud before it.

        Halves of a character that came in two pieces are put together, those that stand alone become U+FFFD.
        """
        text = "".join(self.pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return _THOUGHTS.sub("", text).strip()

    def clear(self) -> None:
        """Begin anew."""
        self.pieces.clear()
        self.finish_reason, self.has_ended = None, False
        self.prompt_tokens = self.new_tokens = 0


def open_client() -> httpx2.AsyncClient:
    """A client for one run; it belongs to the running event loop."""
    key = endpoint_key()
    return httpx2.AsyncClient(
        headers={"Authorization": f"Bearer {key}"} if key else None,
        timeout=httpx2.Timeout(_READ_SECONDS, connect=CONNECT_SECONDS),
        follow_redirects=False,
        trust_env=False,
    )


async def model_names(client: httpx2.AsyncClient, endpoint: Endpoint) -> list[str] | None:
    """The models that the endpoint has; None when it does not say. Raises ModelError when it cannot be used."""

    async def ask() -> list[str] | None:
        response = await client.get(f"{endpoint.url}/models")
        if response.status_code == 404:
            return None
        _check_status(response, endpoint)
        return [str(model["id"]) for model in response.json()["data"]]

    try:
        return await _with_retries(ask, endpoint, lambda tokens: None)
    except PromptFailedError as error:
        raise ModelError(error.reason.key, **error.reason.params) from error


def check_model(endpoint: Endpoint, names: list[str] | None) -> None:
    """Raises ModelError when the endpoint lists its models and the one asked for is not among them."""
    if names is not None and endpoint.model not in names:
        known = ", ".join(names[:_LONGEST_LIST]) + (" …" if len(names) > _LONGEST_LIST else "")
        raise ModelError("endpoint.unknown_model", address=endpoint.address, model=endpoint.model, known=known or "-")


async def write(
    client: httpx2.AsyncClient,
    endpoint: Endpoint,
    chat: Chat,
    settings: GenerationSettings,
    reply: Reply,
    beat: Callable[[int], None],
) -> None:
    """Fill `reply`, calling `beat` with the new tokens of each piece that arrives.

    Raises PromptFailedError when this text cannot be had, ModelError when the endpoint cannot be used at all.
    """
    body = _request(endpoint, chat, settings)

    async def ask() -> None:
        reply.clear()
        async with client.stream("POST", f"{endpoint.url}/chat/completions", json=body) as response:
            beat(0)
            if not response.is_success:
                await response.aread()
            _check_status(response, endpoint)
            async for line in response.aiter_lines():
                beat(_take_line(line, reply, settings))
                if reply.has_ended:
                    break
        if reply.finish_reason is None:
            raise ValueError("the stream ended early")

    await _with_retries(ask, endpoint, beat)


async def _with_retries(ask: Callable[[], Any], endpoint: Endpoint, beat: Callable[[int], None]) -> Any:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await _attempt(ask, endpoint)
        except _TryAgainError as failure:
            if attempt == ATTEMPTS:
                raise failure.last from failure
            # jitter, so that requests that failed together do not come back together
            wait = max(_BACKOFF_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.5), failure.retry_after)  # noqa: S311
        await asyncio.sleep(min(wait, _LONGEST_WAIT))
        beat(0)  # the next attempt is a sign of life
    raise AssertionError("unreachable")


async def _attempt(ask: Callable[[], Any], endpoint: Endpoint) -> Any:
    """Ask once, with every failure that may pass as _TryAgainError."""
    try:
        return await ask()
    except httpx2.ReadTimeout as error:
        timed_out = Message("endpoint.timed_out", {"seconds": round(_READ_SECONDS)})
        raise _TryAgainError(PromptFailedError(timed_out)) from error
    except httpx2.TransportError as error:
        reason = str(error).strip() or type(error).__name__
        raise _TryAgainError(ModelError("endpoint.unreachable", address=endpoint.address, reason=reason)) from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, httpx2.DecodingError) as error:
        reply = Message("endpoint.bad_reply", {"attempts": ATTEMPTS})
        raise _TryAgainError(PromptFailedError(reply)) from error


def _check_status(response: httpx2.Response, endpoint: Endpoint) -> None:
    """Raises what a status other than success means."""
    status = response.status_code
    if response.is_success:
        return
    if status in _TRY_AGAIN:
        busy = Message("endpoint.busy", {"status": status, "attempts": ATTEMPTS})
        raise _TryAgainError(PromptFailedError(busy), _retry_after(response))
    if response.is_redirect:
        raise ModelError("endpoint.redirected", address=endpoint.address, status=status)
    if status in _KEY_REFUSED:  # without its words: some endpoints repeat the key
        raise ModelError("endpoint.key_refused", address=endpoint.address, status=status)
    if status == 404:
        raise ModelError("endpoint.not_found", address=endpoint.address, path=endpoint.path)
    raise PromptFailedError(Message("endpoint.refused", {"status": status, "reason": _own_words(response)}))


def _retry_after(response: httpx2.Response) -> float:
    """Seconds that the endpoint asks to wait (RFC 9110, 10.2.3: a number or a date); 0 when it does not."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return 0.0


def _own_words(response: httpx2.Response) -> str:
    """What the endpoint says is wrong, short, without the key."""
    try:
        error = response.json()
        error = error.get("error", error)
        words = str(error["message"] if isinstance(error, dict) else error)
    except (ValueError, KeyError, AttributeError):
        words = response.text
    key = endpoint_key()
    words = " ".join((words.replace(key, "…") if key else words).split())
    return words[:_LONGEST_REASON] or "-"


def _request(endpoint: Endpoint, chat: Chat, settings: GenerationSettings) -> dict[str, Any]:
    """The body. `repetition_penalty` and `chat_template_kwargs` go beyond the protocol, by vLLM's names for them.

    A server that does not know them leaves them out or refuses the request, then its reason is shown.
    """
    body: dict[str, Any] = {
        "model": endpoint.model,
        "messages": [dict(message) for message in chat],
        "max_tokens": settings.max_new_tokens,
        "temperature": settings.temperature if settings.do_sample else 0.0,
        "stream": True,
        "stream_options": {"include_usage": True},
        "chat_template_kwargs": {"enable_thinking": False},
    }
    if settings.do_sample:
        body |= {"top_p": settings.top_p, "seed": settings.seed}
    if settings.repetition_penalty != 1.0:
        body["repetition_penalty"] = settings.repetition_penalty
    return body


def _take_line(line: str, reply: Reply, settings: GenerationSettings) -> int:
    """Read one line of the event stream into `reply`; returns the new tokens it brought.

    Raises ValueError and its like when it is not of the protocol.
    """
    if not line.startswith("data:"):
        if line and not line.startswith((":", "event:", "id:", "retry:")):
            raise ValueError("no event stream")
        return 0
    data = line.removeprefix("data:").strip()
    if data == "[DONE]":
        reply.has_ended = True
        return 0
    event = json.loads(data)
    if event.get("error"):
        raise ValueError("an error in the stream")
    before = reply.new_tokens
    for choice in event.get("choices") or ():
        delta = choice.get("delta") or {}
        reply.finish_reason = choice.get("finish_reason") or reply.finish_reason
        reply.pieces.append(delta.get("content") or "")
        reply.new_tokens += bool(delta.get("content"))
    if len(reply.pieces) > 8 * settings.max_new_tokens + 64:
        raise ValueError("more pieces than were asked for")
    if usage := event.get("usage"):
        reply.prompt_tokens = _count(usage["prompt_tokens"])
        reply.new_tokens = max(reply.new_tokens, _count(usage["completion_tokens"]))
    return max(0, reply.new_tokens - before)


def _count(value: Any) -> int:
    """A server's account of its tokens. Raises ValueError when no text could have so many."""
    count = int(value)
    if not 0 <= count <= _MOST_TOKENS:
        raise ValueError("an impossible number of tokens")
    return count
