"""When signing in is a must: as soon as anybody but the person at this machine could reach the dashboard."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence


def is_local(host: str) -> bool:
    """Whether a name or address means this machine only. An empty one means every network it has."""
    name = host.strip().lower().removeprefix("[").removesuffix("]")
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_open_to_others(address: str | None, allowed_hosts: Sequence[str]) -> bool:
    """Whether the server listens beyond this machine, or answers to a name that a proxy in front of it would use."""
    return not is_local(address or "") or not allowed_hosts or not all(is_local(host) for host in allowed_hosts)
