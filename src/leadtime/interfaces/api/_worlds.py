"""Routes of the world model: scenarios, runs, comparisons, long runs."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from leadtime import study
from leadtime.errors import ConflictError
from leadtime.interfaces.answers import facts, worlds
from leadtime.interfaces.api._asked import (
    CompareAsked,
    ExploreAsked,
    JobAsked,
    SimulateAsked,
    WedgesAsked,
)
from leadtime.interfaces.api._facts import Named, desk
from leadtime.interfaces.api._jobs import Job, JobBook, Tell
from leadtime.interfaces.api._names import plain_name, scenario_of
from leadtime.interfaces.api._serve import Answer, body_of, json_response

router = APIRouter(tags=["scenarios"])


@router.get("/scenarios", summary="List the scenarios that come with leadtime")
def list_scenarios(request: Request) -> Response:
    """Names, titles, what they assume, and the published position that one reads."""
    return desk(request).serve("scenarios", None, facts.scenarios)


@router.get("/scenarios/{name}", summary="Show a scenario with all that it takes over")
def show_scenario(request: Request, name: Named) -> Response:
    """Levers, amendments, parameters, sources."""

    def make() -> Answer:
        return worlds.scenario(scenario_of(plain_name("scenario", name)))

    return desk(request).serve("scenario", name, make)


@router.get("/levers", summary="What a scenario may set")
def levers(request: Request) -> Response:
    """Name, meaning and range of every lever."""
    return desk(request).serve("levers", None, facts.levers)


@router.get("/parameters", summary="The uncertain parameters")
def parameters(request: Request) -> Response:
    """Prior, unit, valid range, meaning and source of every parameter."""
    return desk(request).serve("parameters", None, facts.parameters)


@router.get("/outputs", summary="The series that a run can return")
def outputs(request: Request) -> Response:
    """Unit, kind and title by name."""
    return desk(request).serve("outputs", None, worlds.outputs)


@router.get("/scenario-schema", summary="JSON Schema of a scenario document")
def scenario_schema(request: Request) -> Response:
    """What may stand in a scenario, and within which range."""
    return desk(request).serve("scenario-schema", None, worlds.schema)


@router.post("/simulate", summary="Run one scenario")
def simulate(request: Request, asked: SimulateAsked) -> Response:
    """What `leadtime simulate --json` prints."""

    def make() -> Answer:
        run = study.simulate(
            scenario_of(asked.scenario, asked.levers, asked.parameters),
            draws=asked.draws,
            seed=asked.seed,
            first=asked.first,
            last=asked.last,
            outputs=asked.outputs,
        )
        return worlds.run(run)

    return desk(request).serve("simulate", asked, make)


@router.post("/compare", summary="Scenarios against each other, on the same draws")
def compare(request: Request, asked: CompareAsked) -> Response:
    """What `leadtime compare --json` prints."""

    def make() -> Answer:
        chosen = [scenario_of(one) for one in asked.scenarios]
        found = study.compare(
            chosen, draws=asked.draws, seed=asked.seed, first=asked.first, last=asked.last, outputs=asked.outputs
        )
        return worlds.comparison(found)

    return desk(request).serve("compare", asked, make)


@router.post("/explore", summary="One scenario beside another, for a page that moves")
def explore(request: Request, asked: ExploreAsked) -> Response:
    """Fans of both and of their difference, what changed and where, which assumptions matter."""
    from leadtime.study import live

    def make() -> Answer:
        mine, base = scenario_of(asked.scenario, asked.levers, asked.parameters), scenario_of(asked.baseline)
        if mine.name == base.name and mine != base:
            raise ConflictError(f"Two different scenarios are called {mine.name!r}.", hint="Rename one of them.")
        data = live.explore(
            mine, baseline=base, draws=asked.draws, seed=asked.seed, year=asked.year, output=asked.output
        )
        return Answer(data=data, sources=sorted({*mine.sources, *base.sources}), seed=asked.seed)

    return desk(request).serve("explore", asked, make)


@router.post("/wedges", summary="Which policy does what")
def wedges(request: Request, asked: WedgesAsked) -> Response:
    """Shapley values of the policies of a scenario document."""
    from leadtime.study import live

    def make() -> Answer:
        scenario_of(asked.scenario)
        data = live.wedges(asked.scenario, draws=asked.draws, seed=asked.seed, year=asked.year, output=asked.output)
        return Answer(data=data, seed=asked.seed)

    return desk(request).serve("wedges", asked, make)


def _book(request: Request) -> JobBook:
    found: JobBook = request.app.state.jobs
    return found


JobId = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]


@router.post("/jobs", tags=["jobs"], status_code=202, summary="Start a long run")
def start(request: Request, asked: JobAsked) -> Response:
    """One scenario is simulated, several are compared with the first; watch it, take its result, or stop it."""
    chosen = [scenario_of(one) for one in asked.scenarios]
    settings: dict[str, Any] = {
        "draws": asked.draws,
        "seed": asked.seed,
        "first": asked.first,
        "last": asked.last,
        "outputs": asked.outputs,
    }

    def work(tell: Tell) -> Answer:
        if len(chosen) == 1:
            return worlds.run(study.simulate(chosen[0], progress=tell, **settings))
        return worlds.comparison(study.compare(chosen, progress=tell, **settings))

    job = _book(request).start("simulate" if len(chosen) == 1 else "compare", work)
    return _told(job, status=202)


@router.get("/jobs", tags=["jobs"], summary="All runs of this server")
def jobs(request: Request) -> Response:
    """The oldest first."""
    return json_response(body_of(Answer(data=[job.as_data() for job in _book(request).all()])))


@router.get("/jobs/{job_id}", tags=["jobs"], summary="How far a run is")
def watch(request: Request, job_id: JobId) -> Response:
    """Status queued, running, done, failed or stopped."""
    return _told(_book(request).get(job_id))


@router.get("/jobs/{job_id}/result", tags=["jobs"], summary="The result of a finished run")
def result(request: Request, job_id: JobId) -> Response:
    """What `simulate` or `compare` would have answered."""
    job = _book(request).get(job_id)
    if job.body is None:
        raise ConflictError(f"The run is {job.status}; it has no result.", hint="Wait until its status is done.")
    return json_response(job.body)


@router.delete("/jobs/{job_id}", tags=["jobs"], summary="Stop a run")
def stop(request: Request, job_id: JobId) -> Response:
    """It stops at its next block of draws."""
    return _told(_book(request).stop(job_id))


def _told(job: Job, status: int = 200) -> Response:
    return json_response(body_of(Answer(data=job.as_data())), status=status)
