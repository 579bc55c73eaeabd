"""Connections that the kernel says another account of this machine made."""

from __future__ import annotations

import os
import socket

import pytest

NOBODY = 65534


def socket_of(account: int, family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
    """A TCP socket that belongs to this account. Only root can make one of another account."""
    if account == os.geteuid():
        return socket.socket(family)
    if os.geteuid():
        pytest.skip("only root can act as another account")
    os.seteuid(account)
    try:
        return socket.socket(family)
    finally:
        os.seteuid(0)
