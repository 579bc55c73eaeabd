"""When signing in is a must: as soon as anybody but the person at this machine could reach the dashboard."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

_PROXY_HEADERS = frozenset({"forwarded", "via", "x-real-ip"})


@lru_cache(64)  # a page asks about the same few names many times
def is_local(host: str) -> bool:
    """Whether a name or address means this machine only. An empty one means every network it has."""
    name = host.strip().lower().removeprefix("[").removesuffix("]")
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_open_to_others(address: str | None, allowed_hosts: Sequence[str], addresses: Sequence[str] = ()) -> bool:
    """Whether the server listens beyond this machine, or answers to a name that a proxy in front of it would use.

    `addresses`: under which browsers find it, or pages that may talk to it; with a scheme, port or path, or without.
    """
    names = (address or "", *allowed_hosts, *map(_host, addresses))
    return not allowed_hosts or not all(is_local(name) for name in names)


def is_forwarded(headers: Iterable[str]) -> bool:
    """Whether a proxy passed a request on, by the names of its headers (RFC 7239, and what was usual before it)."""
    return any(name.lower() in _PROXY_HEADERS or name.lower().startswith("x-forwarded-") for name in headers)


@lru_cache(64)
def _host(address: str) -> str:
    """The host of an address; the address itself where none can be made out."""
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or address
    except ValueError:
        return address
