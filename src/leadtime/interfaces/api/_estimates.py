"""Routes of the estimator: training, serving, fronts, batches."""

from typing import Any

from fastapi import APIRouter, Request, Response

from leadtime.errors import LeadtimeError
from leadtime.interfaces.answers import estimates
from leadtime.interfaces.api._asked import EstimateAsked, InferAsked, ParetoAsked, PriceAsked, TrainAsked
from leadtime.interfaces.api._facts import desk
from leadtime.interfaces.api._names import chip_named, chip_of, model_of
from leadtime.interfaces.api._serve import Answer
from leadtime.study import estimator

router = APIRouter(tags=["estimator"])


def _money(asked: PriceAsked) -> estimator.Money:
    return estimator.Money(
        in_china=asked.in_china, rental_usd_per_hour=asked.rental_usd_per_hour, price_usd=asked.price_usd
    )


@router.post("/train", summary="Time, cost and energy of training a model on a chip")
def train(request: Request, asked: TrainAsked) -> Response:
    """Step time, utilisation, chip-hours, days, memory, cost and energy, each with a range."""

    def make() -> Answer:
        answer = estimator.train(
            model_of(asked.model),
            chip_of(asked.chip),
            n_chips=asked.n_chips,
            tokens=asked.tokens,
            seq_len=asked.seq_len,
            batch_tokens=asked.batch_tokens,
            precision=asked.precision,
            parallelism=asked.parallelism,
            framework=asked.framework,
            on=asked.on,
            money=_money(asked),
        )
        return estimates.estimate(answer, as_of=asked.on)

    return desk(request).serve("train", asked, make)


@router.post("/infer", summary="Throughput, latency and cost of serving a model on a chip")
def infer(request: Request, asked: InferAsked) -> Response:
    """Rates, latency, cost and energy per token, and chips for a number of users."""

    def make() -> Answer:
        answer = estimator.infer(
            model_of(asked.model),
            chip_of(asked.chip),
            estimator.Request(
                input_len=asked.input_len,
                output_len=asked.output_len,
                cache_hit_frac=asked.cache_hit_frac,
                draft_tokens=asked.draft_tokens,
                acceptance_frac=asked.acceptance_frac,
            ),
            deployment=estimator.Deployment(
                n_chips=asked.n_chips,
                parallelism=asked.parallelism,
                precision=asked.precision,
                kv_precision=asked.kv_precision,
                phase=asked.phase,
                disaggregated=asked.disaggregated,
                engine=asked.engine,
            ),
            limits=estimator.Limits(batch=asked.batch, tpot_ms=asked.tpot_ms, best=asked.best),
            demand=estimator.Demand.of(asked.users, asked.tokens_per_user_day),
            on=asked.on,
            money=_money(asked),
        )
        return estimates.estimate(answer, as_of=asked.on)

    return desk(request).serve("infer", asked, make)


@router.post("/pareto", summary="Throughput against latency")
def pareto(request: Request, asked: ParetoAsked) -> Response:
    """The front over layouts and batches, in order of rising time per token."""

    def make() -> Answer:
        model, chip = model_of(asked.model), chip_of(asked.chip)
        rows = estimator.pareto(
            model,
            chip,
            input_len=asked.input_len,
            output_len=asked.output_len,
            n_chips=asked.n_chips,
            precision=asked.precision,
            kv_precision=asked.kv_precision,
        )
        return estimates.front(model, chip, asked.n_chips, rows)

    return desk(request).serve("pareto", asked, make)


@router.post("/estimate", summary="Many configurations at once")
def estimate(request: Request, asked: EstimateAsked) -> Response:
    """One answer per row; a row that fails carries its error and does not stop the others."""

    def make() -> Answer:
        answers: list[dict[str, Any]] = []
        sources: set[str] = set()
        rows = [_cells(row) for row in asked.rows]
        columns = list(dict.fromkeys(name for row in rows for name in row))
        usable = {index: fault for index, row in enumerate(rows) if (fault := _fault(row))}
        kept = [{name: row.get(name, "") for name in columns} for index, row in enumerate(rows) if index not in usable]
        found = iter(estimator.estimate_rows(kept, where="the body") if kept else [])
        for index in range(len(rows)):
            answer = usable.get(index) or next(found)
            if isinstance(answer, LeadtimeError):
                failure = {"code": answer.code, "message": answer.message, "hint": answer.hint}
                answers.append({"row": index, "ok": False, "error": failure})
                continue
            answer = dict(answer)
            sources.update(answer.pop("sources", ()))
            answers.append({"row": index, "ok": True, "answer": answer})
        failed = [one["row"] for one in answers if not one["ok"]]
        data = {"n_rows": len(answers), "n_done": len(answers) - len(failed), "failed": failed, "rows": answers}
        return Answer(data=data, sources=sources)

    return desk(request).serve("estimate", asked, make)


def _cells(row: dict[str, Any]) -> dict[str, str]:
    return {
        name: "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)
        for name, cell in row.items()
    }


def _fault(row: dict[str, str]) -> LeadtimeError | None:
    """Return why a row cannot be asked; its names are replaced by those of the catalogue, so that none can mean a file."""
    try:
        for column, find in (("chip", chip_named), ("model", model_of)):
            if row.get(column):
                row[column] = find(row[column]).id
    except LeadtimeError as error:
        return error
    return None
