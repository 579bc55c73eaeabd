"""Whose end of a connection it is, asked of the real kernel and of tables as it writes them."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.access import peer
from core.access.peer import Address, is_another_account
from tests.other_accounts import NOBODY, socket_of

CLIENT, SERVER = ("127.0.0.1", 50000), ("127.0.0.1", 8501)
on_linux = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells")


@contextmanager
def connected(account: int, family: socket.AddressFamily, name: str) -> Iterator[tuple[Address, Address]]:
    """The two ends of a connection as a server sees them."""
    server = socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    with server, socket_of(account, family) as client:
        client.connect((name, server.getsockname()[1]))
        with server.accept()[0] as accepted:
            yield _plain(accepted.getpeername()), _plain(accepted.getsockname())


def _plain(end: tuple[str, int]) -> Address:
    return end[0].removeprefix("::ffff:"), end[1]


@on_linux
@pytest.mark.parametrize(
    ("family", "name"),
    [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"), (socket.AF_INET6, "::ffff:127.0.0.1")],
)
@pytest.mark.parametrize("account", [os.geteuid(), NOBODY])
def test_another_accounts_connection_is_told_from_ones_own(
    family: socket.AddressFamily, name: str, account: int
) -> None:
    with connected(account, family, name) as ends:
        assert is_another_account(*ends) is (account != os.geteuid())


@pytest.mark.parametrize(
    ("account", "inode", "is_another"),
    [("0", "77", False), ("{own}", "77", False), ("{next}", "77", True), ("0", "0", True)],
)
def test_root_is_no_other_account_and_a_closed_end_is_nobodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, account: str, inode: str, is_another: bool
) -> None:
    host = f"{int.from_bytes(bytes([127, 0, 0, 1]), sys.byteorder):08X}"
    ends = f"{host}:{CLIENT[1]:04X} {host}:{SERVER[1]:04X}"
    account = account.format(own=os.getuid(), next=os.getuid() + 1)
    table = tmp_path / "tcp"
    table.write_text(f"head\n 0: {ends} 01 0:0 00:0 0 {account} 0 {inode} 1 0 20 4 31 18 -1\n")
    monkeypatch.setattr(peer, "TABLES", (table, tmp_path / "no such table"))
    assert is_another_account(CLIENT, SERVER) is is_another
    assert not is_another_account(SERVER, CLIENT)  # the server's own end is in the table too, and tells nothing
