"""Work that runs too long, or for nobody, is stopped and gives its place back: with real work, over real connections."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import jsonschema
import pytest

from leadtime import stopping, study
from leadtime.interfaces.api import create_app
from leadtime.interfaces.api._jobs import JobBook
from leadtime.interfaces.api._serve import Answer, BusyError, Desk, OverBudgetError
from leadtime.study import estimator, live
from tests.interfaces._contract import schema
from tests.interfaces.api.test_both_doors import printed

uvicorn = pytest.importorskip("uvicorn", reason="the extra 'app' is not installed")

V1 = "/api/v1"
PATIENCE_S = 600
"""How long a test waits for what must happen before it fails; a quiet machine needs a hundredth."""
LATE = 20
"""How late a stop may be, in the time that this machine needs for a small run; one that is prompt needs a tenth of it."""
HEAVY = {"scenarios": [one.name for one in study.scenarios()][:8], "draws": 5000}
"""Some four seconds of one processor."""
MIDDLE = {"scenarios": ["baseline", "no_controls"], "draws": 5000, "seed": 9}


@pytest.fixture(scope="module", autouse=True)
def late_s() -> float:
    """How many seconds of the processor a stop may cost on this machine, however much else it does.

    Tables, rules and SciPy are read once per process, in steps that nothing stops; that is not what is measured here.
    """
    live.explore("no_controls", draws=100)
    estimator.train("llama2-7b", "h100", n_chips=8, tokens=1e9)
    estimator.infer("llama2-7b", "h100", estimator.Request(input_len=100, output_len=100))
    start = time.process_time()
    study.simulate("no_controls", draws=1000, seed=5)
    return LATE * (time.process_time() - start)


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


class Held(Desk):
    """A desk that begins no work before `go`, so that a test knows who waits for what."""

    def __init__(self) -> None:
        super().__init__(at_once=1, budget_s=PATIENCE_S, wait_s=PATIENCE_S)
        self.go = threading.Event()

    def _compute(self, asked: Any, make: Callable[[], Answer]) -> bytes:
        def later() -> Answer:
            while not self.go.wait(0.005):
                stopping.check()
            return make()

        return super()._compute(asked, later)


class Server:
    """The application on a port of its own, with the desk that tests look into."""

    def __init__(self, desk: Desk, jobs: JobBook | None = None) -> None:
        self.desk, self.jobs = desk, jobs or JobBook()
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self.listener.bind(("127.0.0.1", 0))
        self.host, self.port = self.listener.getsockname()
        self.server = uvicorn.Server(
            uvicorn.Config(create_app(desk=desk, jobs=self.jobs), log_level="error", access_log=False)
        )
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listener]}, daemon=True)
        self.thread.start()
        until(lambda: bool(self.server.started))

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, str], dict[str, Any]]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE_S)
        content = None if body is None else json.dumps(body)
        connection.request(method, V1 + path, content, {"content-type": "application/json"})
        response = connection.getresponse()
        found = response.status, dict(response.headers), json.loads(response.read())
        connection.close()
        jsonschema.validate(found[2], schema("envelope"))
        return found

    def send(self, path: str, body: Any) -> socket.socket:
        """Ask, and keep the open connection instead of reading the answer."""
        content = json.dumps(body).encode()
        one = socket.create_connection((self.host, self.port), PATIENCE_S)
        head = f"POST {V1}{path} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        one.sendall(head.encode() + content)
        return one

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(60)
        self.listener.close()


@contextmanager
def serving(desk: Desk, jobs: JobBook | None = None) -> Iterator[Server]:
    one = Server(desk, jobs)
    try:
        yield one
    finally:
        one.close()


@pytest.fixture(scope="module")
def patient() -> Iterator[Server]:
    """One place, and all the time in the world."""
    with serving(Desk(at_once=1, budget_s=3600, wait_s=3600)) as one:
        yield one


def row(index: int, task: str) -> dict[str, Any]:
    if task == "train":
        return {"task": task, "model": "deepseek-v3", "chip": "h100", "n_chips": 512 + 8 * index, "tokens": 2e12}
    return {"task": task, "model": "deepseek-v3", "chip": "h100", "n_chips": 8 + index, "input_len": 2000, "output_len": 100, "tpot_ms": 50}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/compare", HEAVY),
        ("/simulate", {"draws": 10_000, "seed": 77}),
        ("/estimate", {"rows": [row(index, "train") for index in range(2000)]}),
        ("/estimate", {"rows": [row(index, "infer") for index in range(2000)]}),
        ("/explore", {"levers": {"fee": {"2027Q1": 0.123}}, "draws": 10_000}),
    ],
    ids=["compare", "simulate", "train search", "serving search", "explore"],
)
def test_what_takes_too_long_is_stopped_and_says_so(late_s: float, path: str, body: Any) -> None:
    with serving(Desk(at_once=1, budget_s=0.25)) as server:
        start = time.process_time()
        status, headers, document = server.ask("POST", path, body)
        assert time.process_time() - start < 0.25 + late_s
        assert status == 503
        assert "retry-after" not in headers
        assert document["error"]["code"] == "over_budget"
        assert document["error"]["message"] == "The question took longer than 0.25 seconds and was stopped."
        assert server.desk.n_free == 1
        assert server.ask("GET", "/levers")[0] == 200


@pytest.mark.slow
def test_a_hindcast_does_not_hold_a_place_for_longer_than_a_question_may(late_s: float) -> None:
    with serving(Desk(at_once=1, budget_s=1.0)) as server:
        start = time.process_time()
        status, _, document = server.ask("GET", "/hindcast?seed=99")
        assert (status, document["error"]["code"]) == (503, "over_budget")
        assert "/api/v1/jobs" in document["error"]["hint"]
        assert time.process_time() - start < 1.0 + late_s
        assert server.desk.n_free == 1


def test_who_goes_away_frees_the_place(patient: Server, late_s: float) -> None:
    one = patient.send("/compare", {**HEAVY, "seed": 2})
    until(lambda: patient.desk.n_free == 0)
    start = time.process_time()
    one.close()
    until(lambda: patient.desk.n_free == 1)
    assert time.process_time() - start < late_s


def test_who_goes_away_while_waiting_leaves_the_queue() -> None:
    desk = Held()
    with serving(desk) as server:
        first = server.send("/compare", {**MIDDLE, "seed": 3})
        until(lambda: desk.n_free == 0)
        second = server.send("/compare", {**MIDDLE, "seed": 4})
        until(lambda: desk.n_asked == 2)
        second.close()
        until(lambda: desk.n_asked == 1)
        assert desk.n_free == 0
        first.close()
        until(lambda: desk.n_free == 1)


def test_an_answer_that_somebody_still_waits_for_is_finished() -> None:
    desk = Held()
    with serving(desk) as server, ThreadPoolExecutor(1) as pool:
        first = server.send("/compare", MIDDLE)
        until(lambda: desk.n_free == 0)
        other = pool.submit(server.ask, "POST", "/compare", MIDDLE)
        until(lambda: desk.n_callers == 2)
        first.close()
        until(lambda: desk.n_callers == 1)
        assert desk.n_free == 0
        desk.go.set()
        assert other.result()[0] == 200
        until(lambda: desk.n_free == 1)


def test_an_answer_that_was_given_up_is_computed_anew() -> None:
    desk = Held()
    with serving(desk) as server:
        gone = server.send("/compare", MIDDLE)
        until(lambda: desk.n_free == 0)
        gone.close()
        until(lambda: desk.n_free == 1)
        desk.go.set()
        assert server.ask("POST", "/compare", MIDDLE)[0] == 200


def test_all_who_wait_hear_that_the_time_is_over() -> None:
    with serving(Desk(at_once=1, budget_s=0.3)) as server, ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: server.ask("POST", "/compare", HEAVY)[2]["error"]["code"], range(3)))
        assert found == ["over_budget"] * 3


def test_a_row_that_is_stopped_is_no_faulty_row() -> None:
    question = {name: str(cell) for name, cell in row(1, "train").items()}
    with stopping.watched(lambda: True), pytest.raises(stopping.StoppedError):
        estimator.estimate_rows([question, question], where="here")


def test_the_outer_watcher_keeps_watching() -> None:
    stopping.check()
    with stopping.watched(lambda: True):
        with stopping.watched(lambda: False), pytest.raises(stopping.StoppedError):
            stopping.check()
        with pytest.raises(stopping.StoppedError):
            stopping.check()
    stopping.check()


def test_a_watcher_changes_no_number() -> None:
    plain = study.simulate("h20_banned", draws=200, seed=4).as_data()
    with stopping.watched(lambda: False):
        assert study.simulate("h20_banned", draws=200, seed=4).as_data() == plain


def test_a_failure_over_time_is_not_kept() -> None:
    desk = Desk(at_once=1, budget_s=0.05)

    def slow() -> Answer:
        while True:
            stopping.check()

    with pytest.raises(OverBudgetError):
        desk.serve("x", 1, slow)
    assert desk.n_free == 1
    assert desk.serve("x", 1, lambda: Answer(data=1)).status_code == 200


def finished(server: Server, job: str) -> dict[str, Any]:
    end = time.monotonic() + 3 * PATIENCE_S
    while True:
        told: dict[str, Any] = server.ask("GET", f"/jobs/{job}")[2]["data"]
        if told["status"] not in {"queued", "running"}:
            return told
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.slow
def test_a_hindcast_is_a_job_that_two_share_and_the_last_one_stops(patient: Server) -> None:
    status, _, document = patient.ask("POST", "/jobs/hindcast", {"seed": 21})
    assert status == 202
    job = document["data"]["id"]
    assert patient.ask("POST", "/jobs/hindcast", {"seed": 21})[2]["data"]["id"] == job
    assert patient.ask("POST", "/jobs/hindcast", {"seed": 22})[2]["data"]["id"] != job
    until(lambda: patient.ask("GET", f"/jobs/{job}")[2]["data"]["done"] > 0)
    told = patient.ask("DELETE", f"/jobs/{job}")[2]["data"]
    time.sleep(0.3)  # the other one still wants it
    assert patient.ask("GET", f"/jobs/{job}")[2]["data"]["status"] == told["status"] == "running"
    patient.ask("DELETE", f"/jobs/{job}")
    assert finished(patient, job)["status"] == "stopped"
    assert patient.ask("GET", f"/jobs/{job}/result")[0] == 422
    for one in patient.ask("GET", "/jobs")[2]["data"]:
        patient.ask("DELETE", f"/jobs/{one['id']}")


@pytest.mark.slow
def test_the_hindcast_over_http_is_that_of_the_command_line(patient: Server, late_s: float) -> None:
    job = patient.ask("POST", "/jobs/hindcast", {})[2]["data"]
    assert job["kind"] == "hindcast"
    told = finished(patient, job["id"])
    assert (told["status"], told["done"], told["total"]) == ("done", 600, 600)
    found = patient.ask("GET", f"/jobs/{job['id']}/result")[2]
    jsonschema.validate(found["data"], schema("hindcast"))
    assert found == printed("hindcast")
    start = time.process_time()
    assert patient.ask("GET", "/hindcast")[2] == found
    assert time.process_time() - start < late_s, "it was kept"
    assert patient.ask("POST", "/jobs/hindcast", {})[2]["data"]["id"] == job["id"]


def test_whether_there_is_a_run_is_told_without_starting_one(patient: Server) -> None:
    asked = {"seed": 23}
    before = patient.ask("GET", "/jobs")[2]["data"]
    assert patient.ask("POST", "/jobs/hindcast?start=false", asked)[2]["data"] is None
    assert patient.ask("GET", "/jobs")[2]["data"] == before
    job = patient.ask("POST", "/jobs/hindcast", asked)[2]["data"]["id"]
    assert patient.ask("POST", "/jobs/hindcast?start=false", asked)[2]["data"]["id"] == job
    assert patient.ask("POST", "/jobs/hindcast?start=false", {"seed": 24})[2]["data"] is None
    patient.ask("DELETE", f"/jobs/{job}")  # asking held nothing: the one who started it stops it
    assert patient.ask("POST", "/jobs/hindcast?start=false", asked)[2]["data"] is None


@pytest.mark.slow
def test_a_sensitivity_study_is_a_job(patient: Server) -> None:
    asked = {"points": 8, "draws": 400, "outputs": ["lead_true_months"]}
    job = patient.ask("POST", "/jobs/sensitivity", asked)[2]["data"]["id"]
    told = finished(patient, job)
    assert told["status"] == "done"
    found = patient.ask("GET", f"/jobs/{job}/result")[2]
    jsonschema.validate(found["data"], schema("sensitivity"))
    assert found == printed("sensitivity", "--points", "8", "--draws", "400", "--output", "lead_true_months")


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/jobs/hindcast", {"as_of": "2020-01-01"}, "No hindcast is possible from 2020-01-01."),
        ("/jobs/hindcast", {"as_of": "2099-01-01"}, "No hindcast is possible from 2099-01-01."),
        ("/jobs/hindcast", {"as_of": "yesterday"}, "as_of"),
        ("/jobs/sensitivity", {"points": 10**9}, "points"),
        ("/jobs/sensitivity", {"outputs": ["0"]}, "'0'"),
        ("/jobs/sensitivity", {"scenario": "../x.yaml"}, "looks like a file"),
    ],
)
def test_a_job_that_cannot_be_asked_says_so_at_once(patient: Server, path: str, body: Any, said: str) -> None:
    status, _, document = patient.ask("POST", path, body)
    assert status == 422
    assert said in document["error"]["message"]


def test_a_book_that_is_closed_takes_no_job() -> None:
    book = JobBook()
    book.close()
    with pytest.raises(BusyError, match="stopping") as closed:
        book.start("simulate", lambda tell: Answer(data=1))
    assert closed.value.status == 503
    assert book.all() == []


def test_a_queued_caller_is_sent_away_in_time() -> None:
    desk, go = Desk(at_once=1, wait_s=0.05), threading.Event()

    def slow() -> Answer:
        go.wait(PATIENCE_S)
        return Answer(data=1)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(desk.serve, "x", 1, slow)
        until(lambda: desk.n_free == 0)
        with pytest.raises(BusyError) as late:
            desk.serve("x", 2, slow)
        assert late.value.status == 503
        go.set()
        assert first.result().status_code == 200
