"""OpenAI-compatible endpoints as models: their references, which addresses are private, which are confirmed.

Confirmations are kept in a small file of the state folder, not in the database: the worker, which does the sending,
never opens the database, and a backup restored on another machine must not bring a permission along.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from core.access.actor import author, requires
from core.access.roles import Permission
from core.config import Config
from core.errors import ModelError

OPENAI_PREFIX = "openai:"
CONFIRMED_FILE = "confirmed_endpoints.json"
_PORTS = {"http": 80, "https": 443}
_SHARED_SPACE = ip_network("100.64.0.0/10")  # RFC 6598: carrier-grade NAT and many private overlay networks


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model behind an address."""

    scheme: str  # "http" or "https"
    host: str  # lower case, without brackets
    port: int
    path: str  # of the API, without a slash at its end, e.g. "/v1"
    model: str  # as the endpoint calls it

    @property
    def address(self) -> str:
        """What is confirmed: scheme, host and port, e.g. `http://gpu.campus.local:8000`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address of the API, e.g. `http://gpu.campus.local:8000/v1`."""
        return self.address + self.path


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Somebody said that course texts may be sent to an address."""

    address: str
    confirmed_at: datetime  # UTC
    confirmed_by: str  # may be empty


def is_endpoint(reference: str) -> bool:
    """Whether a model reference names an endpoint."""
    return reference.startswith(OPENAI_PREFIX)


def parse_endpoint(reference: str) -> Endpoint:
    """Read `openai:http://host:port/v1#model-name`; a reference that went through a Path (one slash) is understood.

    Raises ModelError when a part is missing, or when the address carries a password or a query: references are
    stored and shown.
    """
    scheme, colon, rest = reference.removeprefix(OPENAI_PREFIX).strip().partition(":")
    scheme = scheme.lower()
    try:
        parts = urlsplit(f"{scheme}://{rest.lstrip('/')}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ModelError("endpoint.bad_reference", reference=reference) from error
    is_whole = is_endpoint(reference) and colon and scheme in _PORTS and host and parts.fragment
    if not is_whole or parts.query or parts.username is not None or any(mark.isspace() for mark in parts.netloc):
        raise ModelError("endpoint.bad_reference", reference=reference)
    return Endpoint(scheme, str(host), port or _PORTS[scheme], parts.path.rstrip("/"), parts.fragment)


def endpoint_of(path: Path) -> Endpoint | None:
    """The endpoint that `core.models.references.resolve` gave back as a path; None for a model on this machine."""
    return parse_endpoint(str(path)) if is_endpoint(str(path)) else None


def is_private(endpoint: Endpoint) -> bool:
    """Whether every network address of the endpoint's host is on this machine or in a private network.

    Asks the name service, sends nothing to the endpoint. Raises ModelError when the host is not known.
    """
    try:
        found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ModelError("endpoint.unknown_host", host=endpoint.host) from error
    return all(_is_private_number(str(entry[4][0]).partition("%")[0]) for entry in found)


def check_transport(endpoint: Endpoint) -> None:
    """Raises ModelError when texts (and a key) would cross a public network unencrypted."""
    if endpoint.scheme == "http" and not is_private(endpoint):
        raise ModelError("endpoint.not_encrypted", host=endpoint.host)


def confirmed_endpoints(config: Config) -> tuple[Confirmation, ...]:
    """All confirmations, oldest first; none when the file is missing or cannot be read."""
    try:
        rows = json.loads((config.home / CONFIRMED_FILE).read_text(encoding="utf-8"))
        return tuple(
            Confirmation(row["address"], datetime.fromisoformat(row["confirmed_at"]), row["confirmed_by"])
            for row in rows
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ()  # what cannot be read is not a permission


@requires(Permission.CONFIGURE)
def confirm_endpoint(config: Config, endpoint: Endpoint, by: str = "") -> None:
    """Remember that course texts may be sent to the endpoint's address.

    Raises ModelError when that would be unencrypted over a public network, or when it cannot be stored.
    """
    check_transport(endpoint)
    others = [each for each in confirmed_endpoints(config) if each.address != endpoint.address]
    _store(config, [*others, Confirmation(endpoint.address, datetime.now(UTC), author(by))])


@requires(Permission.CONFIGURE)
def withdraw_endpoint(config: Config, address: str) -> None:
    """Forget a confirmation; runs that need it are refused from now on. Raises ModelError when it cannot be stored."""
    _store(config, [each for each in confirmed_endpoints(config) if each.address != address])


def require_confirmed(config: Config, reference: str) -> Endpoint:
    """The endpoint of a reference. Raises ModelError, saying how to confirm, when its address is not confirmed."""
    endpoint = parse_endpoint(reference)
    if endpoint.address not in {each.address for each in confirmed_endpoints(config)}:
        raise ModelError("endpoint.not_confirmed", address=endpoint.address)
    return endpoint


def _is_private_number(number: str) -> bool:
    address = ip_address(number)
    return address.is_private or address.is_loopback or (address.version == 4 and address in _SHARED_SPACE)


def _store(config: Config, confirmations: list[Confirmation]) -> None:
    rows = [
        {"address": each.address, "confirmed_at": each.confirmed_at.isoformat(), "confirmed_by": each.confirmed_by}
        for each in confirmations
    ]
    path = config.home / CONFIRMED_FILE
    temporary = path.with_name(f".{path.name}.new")
    try:
        config.home.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(rows, file, ensure_ascii=False, indent=2)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise ModelError("endpoint.cannot_store", reason=error.strerror or "") from error
