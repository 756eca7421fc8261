"""Routes of claims: what there are, their verdicts, other arguments."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from leadtime.claims import Claim, judge, packaged_claims
from leadtime.errors import UnknownNameError, shorten
from leadtime.interfaces.api._asked import ClaimAsked
from leadtime.interfaces.api._facts import Named, desk
from leadtime.interfaces.api._names import chip_named, model_of, plain_name, scenario_of
from leadtime.interfaces.api._serve import Answer
from leadtime.study import questions

router = APIRouter(tags=["claims"])


@router.get("/claims", summary="List claims")
def list_claims(request: Request) -> Response:
    """Statements with their questions and arguments; the verdict comes with each one's own address."""

    def make() -> Answer:
        rows = [_entry(claim) for claim in packaged_claims().values()]
        return Answer(data=rows, sources={source for claim in packaged_claims().values() for source in claim.sources})

    return desk(request).serve("claims", None, make)


@router.get("/claims/{name}", summary="Judge a claim")
def show_claim(request: Request, name: Named) -> Response:
    """Verdict, probability, figures, rows, what decides it."""
    return _judged(request, name, {})


@router.post("/claims/{name}", summary="Judge a claim with other arguments")
def judge_claim(request: Request, name: Named, asked: ClaimAsked) -> Response:
    """As above, with arguments of its question changed."""
    return _judged(request, name, asked.arguments)


def _judged(request: Request, name: str, arguments: Mapping[str, Any]) -> Response:
    def make() -> Answer:
        claim = _named(name)
        safe = {key: _safe(key, value) for key, value in arguments.items()}
        entry = judge(claim.with_arguments(safe)).as_contract()
        return Answer(data={**entry, "arguments": _arguments(claim)}, sources=entry["sources"])

    return desk(request).serve("claim", [name.casefold(), arguments], make)


def _named(name: str) -> Claim:
    known = {key.casefold(): claim for key, claim in packaged_claims().items()}
    plain = plain_name("claim", name)
    if plain.casefold() not in known:
        error = UnknownNameError.among("claim", plain, packaged_claims())
        raise UnknownNameError(f"There is no claim called {shorten(plain)!r}.", hint=error.hint)
    return known[plain.casefold()]


def _entry(claim: Claim) -> dict[str, Any]:
    return {
        "id": claim.id,
        "title": claim.title,
        "statement": claim.statement,
        "who": claim.who,
        "kind": claim.kind,
        "ja": dict(claim.ja),
        "question": claim.compute.question,
        "judgeable_on": claim.judgeable_on,
        "arguments": _arguments(claim),
    }


def _arguments(claim: Claim) -> dict[str, Any]:
    asked = questions.get(claim.compute.question)
    return {
        key: {
            "value": claim.compute.arguments.get(key, default),
            "text": about.text,
            "low": about.low,
            "high": about.high,
            "choices": list(about.choices),
        }
        for key, (_, default, about) in asked.arguments.items()
    }


def _safe(key: str, value: Any) -> Any:
    """Return an argument that cannot mean a file: names are looked up here, other text must be plain."""
    if isinstance(value, list):
        return [_safe(key, item) for item in value]
    if not isinstance(value, str) or not value.strip():
        return value
    if "," in value:
        return ",".join(str(_safe(key, part.strip())) for part in value.split(","))
    if key in {"scenario", "against_scenario", "baseline"}:
        return scenario_of(value).name
    if key in {"chip", "chips", "against", "part"}:
        return chip_named(value).id
    if key in {"model", "models"}:
        return model_of(value).id
    return plain_name("value", value)
