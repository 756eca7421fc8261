"""Sizes, times, concurrency, headers, memory."""

import asyncio
import http.client
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from httpx import Client

from leadtime.errors import UnknownNameError
from leadtime.interfaces.api._jobs import JobBook
from leadtime.interfaces.api._limits import MAX_BODY_BYTE, Guard
from leadtime.interfaces.api._serve import Answer, BusyError, Desk
from leadtime.study.live._pieces import Kept
from tests.interfaces._server import served

V1 = "/api/v1"
PATIENCE_S = 600
"""How long a test waits for what must happen before it fails."""


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


def test_every_answer_has_safe_headers_and_no_cookie(client: Client) -> None:
    for path in ("/", "/static/app.js", V1 + "/levers", V1 + "/chips/nothing", "/nowhere"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in headers
        assert "access-control-allow-origin" not in headers


def test_a_body_that_is_too_large_is_refused(client: Client) -> None:
    response = client.post(V1 + "/estimate", content=b"[" + b"1," * MAX_BODY_BYTE)
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "too_large"


def test_a_body_without_a_stated_length_is_bounded_too(client: Client) -> None:
    response = client.post(V1 + "/estimate", content=(b"x" * 100_000 for _ in range(20)))
    assert response.status_code == 413


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 50_000, b'{"rows": NaN}', b"null", b'"text"', b'{"rows":[{}]}']
)
def test_a_malformed_body_is_a_sentence(client: Client, body: bytes) -> None:
    response = client.post(V1 + "/estimate", content=body, headers={"content-type": "application/json"})
    assert response.status_code in {200, 422}
    assert response.json()["ok"] is (response.status_code == 200)


def test_a_body_that_trickles_in_is_cut_off() -> None:
    async def never(*_: Any) -> None:
        raise AssertionError("the application was reached")

    async def receive() -> Any:
        await asyncio.sleep(PATIENCE_S)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    guard = Guard(never, body_timeout_s=0.05)
    asyncio.run(guard({"type": "http", "headers": []}, receive, send))
    assert sent[0]["status"] == 408


def test_the_desk_computes_once_for_all_who_ask_at_the_same_time() -> None:
    desk, made = Desk(at_once=2), []

    def make() -> Answer:
        made.append(1)
        time.sleep(0.1)
        return Answer(data={"n": 1})

    with ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(lambda _: desk.serve("x", {"a": 1}, make).body, range(8)))
    assert len(made) == 1
    assert len(set(bodies)) == 1


def test_the_desk_sends_away_what_it_cannot_take() -> None:
    desk, go = Desk(at_once=1, queue=2, wait_s=PATIENCE_S), threading.Event()

    def slow() -> Answer:
        go.wait(PATIENCE_S)
        return Answer(data=1)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(desk.serve, "x", 1, slow)
        until(lambda: desk.n_free == 0)
        second = pool.submit(desk.serve, "x", 2, slow)
        until(lambda: desk.n_asked == 2)
        with pytest.raises(BusyError) as full:
            desk.serve("x", 3, slow)
        assert full.value.status == 429
        go.set()
        assert [one.result().status_code for one in (first, second)] == [200, 200]


def test_a_failure_is_not_kept() -> None:
    desk = Desk()

    def fail() -> Answer:
        raise UnknownNameError("no")

    with pytest.raises(UnknownNameError):
        desk.serve("x", 1, fail)
    assert desk.serve("x", 1, lambda: Answer(data=2)).status_code == 200


def test_what_is_kept_is_bounded() -> None:
    desk = Desk(capacity_byte=2_000)
    for number in range(50):
        desk.serve("x", number, lambda: Answer(data="y" * 500))
    assert desk._size_byte <= 2_000
    kept = Kept(1_000)
    for number in range(50):
        kept.get(number, lambda: b"y" * 300, len)
    assert kept.size_byte() <= 1_000


def test_a_long_run_reports_and_can_be_stopped(client: Client) -> None:
    started = client.post(V1 + "/jobs", json={"scenarios": ["baseline"], "draws": 100})
    assert started.status_code == 202
    job = started.json()["data"]["id"]
    until(lambda: client.get(f"{V1}/jobs/{job}").json()["data"]["status"] == "done")
    told = client.get(f"{V1}/jobs/{job}").json()["data"]
    assert (told["status"], told["done"], told["total"]) == ("done", 100, 100)
    here = client.get(f"{V1}/jobs/{job}/result").json()["data"]
    assert here == client.post(V1 + "/simulate", json={"scenario": "baseline", "draws": 100}).json()["data"]
    long = client.post(V1 + "/jobs", json={"scenarios": ["baseline", "no_controls"], "draws": 100_000}).json()["data"][
        "id"
    ]
    assert client.delete(f"{V1}/jobs/{long}").status_code == 200
    until(lambda: client.get(f"{V1}/jobs/{long}").json()["data"]["status"] == "stopped")
    assert client.get(f"{V1}/jobs/{long}/result").status_code == 422
    assert client.get(f"{V1}/jobs/0000000000000000").status_code == 404


def test_only_so_many_runs_wait() -> None:
    book, go = JobBook(queue=2), threading.Event()

    def work(tell: Any) -> Answer:
        go.wait(PATIENCE_S)
        tell(1, 1)
        return Answer(data=1)

    jobs = [book.start("simulate", work) for _ in range(2)]
    with pytest.raises(BusyError):
        book.start("simulate", work)
    assert book.stop(jobs[1].id).status == "stopped"
    go.set()
    book.close()


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, int, int]]:
    """Run the real server in a process of its own."""
    with served(cold=True) as one:
        yield one.host, one.port, one.pid


def test_it_listens_on_loopback_alone(server: tuple[str, int, int]) -> None:
    host, port, _ = server
    assert host == "127.0.0.1"
    own = socket.gethostbyname(socket.gethostname())
    if own.startswith("127."):
        pytest.skip("this machine has no other address")
    with pytest.raises(OSError):
        socket.create_connection((own, port), 1)


def test_slow_and_aborted_clients_hold_nobody_up(server: tuple[str, int, int]) -> None:
    host, port, _ = server
    head = f"POST {V1}/simulate HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n".encode()
    slow = []
    for _ in range(30):
        one = socket.create_connection((host, port), PATIENCE_S)
        one.sendall(head + b'{"dra')
        slow.append(one)
    for number in range(10):  # goes away before the answer
        one = socket.create_connection((host, port), PATIENCE_S)
        body = b'{"draws": 400, "seed": %d}' % number
        one.sendall(head.replace(b"Length: 50", b"Length: %d" % len(body)) + body)
        one.close()
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE_S)
    connection.request("GET", V1 + "/health")
    assert connection.getresponse().read()
    connection.close()
    for one in slow:
        one.close()


def _memory_byte(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
def test_fifty_users_at_once(server: tuple[str, int, int]) -> None:
    """LEADTIME_LOAD_S=60 runs it for a minute."""
    host, port, pid = server
    seconds = float(os.environ.get("LEADTIME_LOAD_S", "10"))
    end = time.monotonic() + seconds
    statuses: dict[int, int] = {}
    lock = threading.Lock()

    def user(number: int) -> None:
        import json

        connection = http.client.HTTPConnection(host, port, timeout=PATIENCE_S)
        turn = 0
        while time.monotonic() < end:
            turn += 1
            fee = ((number * 7 + turn) % 40) / 40
            body = json.dumps({"scenario": "baseline", "levers": {"fee": {"2027Q1": fee}}, "draws": 100})
            asked: list[tuple[str, str, str | None]] = [
                ("POST", "/explore", body),
                ("GET", "/chips/h20", None),
                ("GET", "/levers", None),
            ]
            method, path, content = asked[turn % 3]
            connection.request(method, V1 + path, content, {"content-type": "application/json"})
            response = connection.getresponse()
            response.read()
            with lock:
                statuses[response.status] = statuses.get(response.status, 0) + 1
        connection.close()

    def everyone() -> None:
        threads = [threading.Thread(target=user, args=(number,)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    everyone()
    assert set(statuses) == {200}, statuses
    assert sum(statuses.values()) > 50
    assert _memory_byte(pid) < 1_500_000_000
