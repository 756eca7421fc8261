"""Routes of what takes long: hindcast and sensitivity, as jobs that tell how far they are and can be stopped.

An answer is computed once and kept for all who ask the same later; those who ask while it is computed share the job.
"""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from leadtime.interfaces.answers import Answer, method
from leadtime.interfaces.api._asked import HindcastAsked, SensitivityAsked
from leadtime.interfaces.api._facts import desk
from leadtime.interfaces.api._jobs import Job, JobBook, Tell
from leadtime.interfaces.api._names import scenario_of
from leadtime.interfaces.api._serve import body_of, json_response, key_of

router = APIRouter()

AS_OF: date = HindcastAsked().as_of
Start = Annotated[
    bool, Query(description="If false, nothing is started: the run of this question that there is, or null.")
]


@router.get("/hindcast", tags=["method"], summary="Later evidence against what was known by a date")
def hindcast(request: Request, as_of: date = AS_OF, seed: Annotated[int, Query(ge=0, le=2**31 - 1)] = 11) -> Response:
    """Coverage and log score of predictions from data up to a date. It takes half a minute the first time: start it as a job instead
    (`/jobs/hindcast`), after which it is answered here at once.
    """  # noqa: D205
    asked = HindcastAsked(as_of=as_of, seed=seed)
    return desk(request).serve("hindcast", asked, lambda: _hindcast(asked))


def _hindcast(asked: HindcastAsked, tell: Tell | None = None) -> Answer:
    from leadtime.study import calibration

    found = calibration.hindcast(asked.as_of, seed=asked.seed, progress=tell)
    return method.hindcast(found, as_of=asked.as_of, seed=asked.seed)


@router.post("/jobs/hindcast", tags=["jobs"], status_code=202, summary="Start a hindcast")
def start_hindcast(request: Request, asked: HindcastAsked, start: Start = True) -> Response:
    """What `leadtime hindcast --json` prints; watch it, take its result, or stop it under `/jobs/{job_id}`."""
    from leadtime.study.calibration._hindcast import check_as_of

    check_as_of(asked.as_of)
    if not start:
        return _known(request, "hindcast", asked)
    return _start(request, "hindcast", asked, lambda tell: _hindcast(asked, tell))


@router.post("/jobs/sensitivity", tags=["jobs"], status_code=202, summary="Start a sensitivity study")
def start_sensitivity(request: Request, asked: SensitivityAsked, start: Start = True) -> Response:
    """What `leadtime sensitivity --json` prints; watch it, take its result, or stop it under `/jobs/{job_id}`."""
    from leadtime.study._outputs import check_outputs

    scenario, against = scenario_of(asked.scenario), [scenario_of(one) for one in asked.against]
    check_outputs(asked.outputs)
    if not start:
        return _known(request, "sensitivity", asked)

    def work(tell: Tell) -> Answer:
        from leadtime.study import sensitivity

        found = sensitivity.sensitivity(
            scenario,
            outputs=asked.outputs,
            against=against,
            at=asked.at,
            points=asked.points,
            draws=asked.draws,
            seed=asked.seed,
            above=asked.above,
            progress=tell,
        )
        return method.sensitivity(found, seed=asked.seed)

    return _start(request, "sensitivity", asked, work)


def _known(request: Request, kind: str, asked: Any) -> Response:
    book: JobBook = request.app.state.jobs
    job = book.known(key_of(kind, asked))
    return json_response(body_of(Answer(data=job and job.as_data())))


def _start(request: Request, kind: str, asked: Any, work: Any) -> Response:
    book: JobBook = request.app.state.jobs
    answers = desk(request)
    job: Job = book.start(kind, work, key=key_of(kind, asked), keep=lambda body: answers.keep(kind, asked, body))
    return json_response(body_of(Answer(data=job.as_data())), status=202)
