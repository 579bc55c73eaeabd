"""A browser session without a browser: what a page's script sends and takes over Streamlit's WebSocket.

Twenty real browsers would keep this machine busier than the server they are to load.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import TracebackType

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

RUN_SECONDS = 60.0
QUIET_SECONDS = 0.3  # no new run within this time: the page is as it stays


@dataclass
class Drawn:
    """One run of a page's script, as the browser sees it."""

    seconds: float  # from asking to the end of the script
    errors: list[str] = field(default_factory=list)  # exceptions and red boxes
    notices: list[str] = field(default_factory=list)  # other boxes and toasts
    buttons: dict[str, str] = field(default_factory=dict)  # key -> id of what can be pressed


class Session:
    """One person's tab. Use as a context manager."""

    def __init__(self, port: int) -> None:
        origin = f"http://127.0.0.1:{port}"
        address = f"ws://127.0.0.1:{port}/_stcore/stream"
        self._socket = connect(address, origin=origin, subprotocols=["streamlit"], max_size=None)  # type: ignore[arg-type, list-item]
        self._hash = ""
        self._page = ""

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def open(self, page: str) -> Drawn:
        """Go to a page by its address."""
        self._page, self._hash = page, ""
        return self._run()

    def press(self, button_id: str, texts: dict[str, str] | None = None) -> Drawn:
        """Press a button; `texts` are the values of text fields by their id."""
        return self._run(button_id, texts or {})

    def _run(self, button_id: str = "", texts: dict[str, str] | None = None) -> Drawn:
        message = BackMsg()
        state = message.rerun_script
        state.query_string = "lang=en"
        state.page_name = self._page
        state.page_script_hash = self._hash
        if button_id:
            state.widget_states.widgets.add(id=button_id, trigger_value=True)
        for widget_id, text in (texts or {}).items():
            state.widget_states.widgets.add(id=widget_id, string_value=text)
        began = time.perf_counter()
        self._socket.send(message.SerializeToString())
        return self._take(began)

    def _take(self, began: float) -> Drawn:
        """Everything until the script has ended, and has not begun again at once by itself."""
        drawn = Drawn(0.0)
        while True:
            try:
                content = self._socket.recv(timeout=QUIET_SECONDS if drawn.seconds else RUN_SECONDS)
            except TimeoutError:
                if drawn.seconds:
                    return drawn
                raise
            message = ForwardMsg.FromString(content)  # type: ignore[arg-type]
            kind = message.WhichOneof("type")
            if kind == "new_session":
                drawn = Drawn(0.0)
            elif kind == "navigation":
                self._hash = message.navigation.page_script_hash
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                _note(message.delta.new_element, drawn)
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                drawn.seconds = time.perf_counter() - began


def _note(element: object, drawn: Drawn) -> None:
    kind = element.WhichOneof("type")  # type: ignore[attr-defined]
    if kind == "exception":
        drawn.errors.append(element.exception.message)  # type: ignore[attr-defined]
    elif kind == "alert":
        alert = element.alert  # type: ignore[attr-defined]
        (drawn.errors if alert.format == alert.ERROR else drawn.notices).append(alert.body)
    elif kind in ("button", "text_input", "form_submit_button"):
        identity = getattr(element, kind).id
        drawn.buttons[identity.rsplit("-", 1)[-1]] = identity
