import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest

httpx = pytest.importorskip("httpx")
uvicorn = pytest.importorskip("uvicorn", reason="the extra 'app' is not installed")

PATIENCE_S = 600


@pytest.fixture(scope="session")
def client() -> "Iterator[httpx.Client]":
    """The application over real HTTP, in a thread of this process so that tests can look inside."""
    from leadtime.interfaces.api import create_app
    from leadtime.interfaces.api._serve import Desk

    os.environ["LEADTIME_APP_COLD"] = "1"
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    desk = Desk(
        wait_s=PATIENCE_S, budget_s=PATIENCE_S
    )  # a busy machine may take long; tests of the limits set their own
    server = uvicorn.Server(uvicorn.Config(create_app(desk=desk), log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=PATIENCE_S) as one:
        yield one
    server.should_exit = True
    thread.join(60)
    listener.close()
