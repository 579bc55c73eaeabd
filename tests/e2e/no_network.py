"""The whole app in a network namespace that has no route; run inside it by `test_no_network.py`.

    unshare --user --map-root-user --net python -m tests.e2e.no_network STATE_FOLDER [probe]

It opens every page of a real server over its WebSocket, and runs the command line from a file to stored lists with
real workers. Then it says, as JSON, what the kernel counted as packets without a route (native code shows there too),
and which addresses or names Python code of any of the processes asked for. `probe` asks for one on purpose.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from core.config import PROJECT_FOLDER
from tests.e2e.conftest import Dashboard
from tests.seeding import CATALOG, STUDENTS

PAGES = ("", "catalog", "enhance", "review", "students", "weights", "performance", "settings")
ELSEWHERE = ("192.0.2.1", 443)  # RFC 5737: nobody's
# Every Python process imports this at its start and notes whom it asks for.
WATCH = """
import os, sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        asked = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]
        place = asked[0] if isinstance(asked, tuple) else asked
        if isinstance(place, bytes):
            place = place.decode()
        here = (None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0")
        if place not in here and not str(place).startswith(("/", "\\0")):
            with open(os.environ["ASKED"], "a") as file:
                file.write(f"{event} {place}\\n")
sys.addaudithook(watch)
"""


def packets_without_route() -> int:
    """What the kernel refused to send from this namespace since it began, IPv4 and IPv6."""
    lines = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Ip:")]
    count = int(dict(zip(*lines, strict=True))["OutNoRoutes"])
    for line in Path("/proc/net/snmp6").read_text().splitlines():
        if line.startswith("Ip6OutNoRoutes"):
            count += int(line.split()[1])
    return count


async def open_page(dashboard: Dashboard, name: str) -> bool:
    """One run of a page's script, as a browser would ask for it; whether it ended without an exception on the page."""
    url = f"ws://127.0.0.1:{dashboard.port}/_stcore/stream"
    async with connect(url, origin=dashboard.url, max_size=None, subprotocols=["streamlit"]) as line:  # type: ignore[arg-type, list-item]
        ask = BackMsg()
        ask.rerun_script.page_name = name
        ask.rerun_script.query_string = "lang=en"
        await line.send(ask.SerializeToString())
        is_clean = True
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await asyncio.wait_for(line.recv(), 60))
            if answer.delta.new_element.WhichOneof("type") == "exception":
                is_clean = False
            if answer.WhichOneof("type") == "script_finished":
                return is_clean and answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY


async def knock(dashboard: Dashboard) -> None:
    """A foreign site tries to open a session: its origin is compared with the addresses of this machine."""
    url = f"ws://127.0.0.1:{dashboard.port}/_stcore/stream"
    with suppress(InvalidStatus):
        async with connect(url, origin="https://evil.example", subprotocols=["streamlit"]):  # type: ignore[arg-type, list-item]
            pass


def core(*arguments: str) -> None:
    """One verb of the command line."""
    subprocess.run(
        [sys.executable, "-m", "core", *arguments], cwd=PROJECT_FOLDER, check=True, stdout=subprocess.DEVNULL
    )


def work(home: Path) -> dict[str, bool]:
    """From files to lists without a screen, then every page."""
    (home / "c.csv").write_text(CATALOG)
    (home / "s.csv").write_text(STUDENTS)
    core("intake", "catalog", str(home / "c.csv"))
    core("intake", "students", str(home / "s.csv"))
    core("enhance", "--engine", "fake")
    core("embed", "--model", "fake:")
    core("recommend")
    dashboard = Dashboard.start(home)
    try:
        asyncio.run(knock(dashboard))
        return {name or "overview": asyncio.run(open_page(dashboard, name)) for name in PAGES}
    finally:
        dashboard.stop()


def main() -> None:
    """Bring up the loopback, watch, work, tell."""
    home = Path(sys.argv[1])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    watcher = home.with_name("watcher")
    watcher.mkdir()
    (watcher / "sitecustomize.py").write_text(WATCH)
    asked = home.with_name("asked.txt")
    asked.touch()
    os.environ |= {"COURSELIFT_HOME": str(home), "PYTHONPATH": str(watcher), "ASKED": str(asked)}
    if "probe" in sys.argv:
        probe = f"import socket; socket.create_connection({ELSEWHERE!r}, timeout=2)"
        with suppress(OSError):
            subprocess.run([sys.executable, "-c", probe], check=False, stderr=subprocess.DEVNULL)
            socket.create_connection(ELSEWHERE, timeout=2)
        pages: dict[str, bool] = {}
    else:
        pages = work(home)
    told = {"pages": pages, "packets": packets_without_route(), "asked": asked.read_text().splitlines()}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
