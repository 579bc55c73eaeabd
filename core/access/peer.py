"""Whose program is at the other end of a connection on this machine, where the kernel tells: Linux.

A port on 127.0.0.1 is open to every account of a machine, and to a proxy on it. Only root, who may do all anyway, and
the account that the dashboard runs under are the person at it. The tables are described in proc(5), "/proc/net/tcp".
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
Address = tuple[str, int]  # of an end: IP address, port


def is_another_account(client: Address, server: Address) -> bool:
    """Whether the client's end of a connection between these two belongs to another account of this machine.

    False where the kernel does not tell: on other systems, or when the client is in another network namespace.
    """
    ends = {f"{_hexadecimal(client, version)} {_hexadecimal(server, version)}" for version in (4, 6)}
    for line in _lines():
        _, client_end, server_end, _, _, _, _, account, _, inode, *_ = line.split()
        if f"{client_end} {server_end}" in ends:
            is_closed = inode == "0"  # nobody's any more, and said to be root's
            return is_closed or int(account) not in (0, os.getuid())
    return False


def _lines() -> Iterator[str]:
    for table in TABLES:
        with suppress(OSError):  # not there, or not ours to read: the kernel does not tell
            yield from table.read_text().splitlines()[1:]


def _hexadecimal(end: Address, version: int) -> str:
    """As the kernel writes it: each 32 bits of the address as a number of this machine. IPv4 may be within IPv6."""
    address = ipaddress.ip_address(end[0])
    if version == 6 and address.version == 4:
        address = ipaddress.ip_address(f"::ffff:{address}")
    content = address.packed
    words = (int.from_bytes(content[at : at + 4], sys.byteorder) for at in range(0, len(content), 4))
    return f"{''.join(f'{word:08X}' for word in words)}:{end[1]:04X}"
