"""Routes of claims: what there are, their verdicts, other arguments, claims of one's own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response

from leadtime.claims import (
    Claim,
    claim_from_mapping,
    claim_from_text,
    claim_schema,
    claim_text,
    describe_question,
    judge,
    known_names,
    load_claims,
    names_taken,
    packaged_claims,
    try_out,
)
from leadtime.errors import BadInputError, OutOfRangeError, UnknownNameError, shorten
from leadtime.interfaces.api._asked import ClaimAsked, ClaimCheckAsked
from leadtime.interfaces.api._facts import Named, desk
from leadtime.interfaces.api._names import chip_named, model_of, plain_name, scenario_of
from leadtime.interfaces.api._serve import Answer
from leadtime.study import questions
from leadtime.study.questions._registry import checked

router = APIRouter(tags=["claims"])

WHERE = "the claim"
"""What messages call a claim that came in a request."""
WORDS = ("judge", "check", "questions", "schema")
"""Names under ``/claims/`` that are no claims."""
MOST_DRAWS = 10_000
"""Draws that one request may ask for; the command line takes more."""


def own_claims(paths: Sequence[str | Path]) -> dict[str, Claim]:
    """Return the claims of a user's files and folders, for ``create_app``; a broken one is found here, before the server starts."""
    return load_claims(paths, taken=WORDS)


@router.get("/claims", summary="List claims")
def list_claims(request: Request) -> Response:
    """Statements with their questions and arguments, the user's own marked; the verdict comes with each one's own address."""
    own = _own(request)

    def make() -> Answer:
        claims = [*packaged_claims().values(), *own.values()]
        rows = [_entry(claim, own=claim.id in own) for claim in claims]
        return Answer(data=rows, sources={source for claim in claims for source in claim.sources})

    return desk(request).serve("claims", sorted(own), make)


@router.get("/claims/questions", summary="List what a claim may ask")
def list_questions(request: Request, figures: bool = True) -> Response:
    """Questions with their arguments (text, type, range, choices) and the figures that a test can use; names that arguments take.

    The figures need every question asked once, which takes some seconds the first time; `figures=false` leaves them out.
    """

    def make() -> Answer:
        rows = [_question(name, figures=figures) for name in questions.names()]
        return Answer(data={"questions": rows, "names": known_names()})

    return desk(request).serve("claims/questions", figures, make)


@router.get("/claims/questions/{name}", summary="Show one question")
def show_question(request: Request, name: Named) -> Response:
    """Its arguments, and the figures that it answers with its defaults."""
    return desk(request).serve(
        "claims/question", name, lambda: Answer(data=_question(plain_name("question", name), figures=True))
    )


def _question(name: str, *, figures: bool) -> dict[str, Any]:
    told = describe_question(name, figures=figures)
    for key, about in told["arguments"].items():
        about["high"] = _highest(key, about["high"])
    return told


def _highest(key: str, high: Any) -> Any:
    """Return the end of an argument's range, or what one request may ask for where that is less."""
    return min(high, MOST_DRAWS) if key == "draws" else high


@router.get("/claims/schema", summary="The schema of a claim file")
def show_schema(request: Request) -> Response:
    """JSON Schema of the body of ``/claims/judge`` and of the files that `leadtime claims FILE` reads."""
    return desk(request).serve("claims/schema", None, lambda: Answer(data=claim_schema()))


def _inlined(schema: Any, parts: Mapping[str, Any]) -> Any:
    """Return a schema with its references put in their places."""
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            return _inlined(parts[str(schema["$ref"]).rsplit("/", 1)[-1]], parts)
        return {key: _inlined(value, parts) for key, value in schema.items() if key not in {"$defs", "$schema"}}
    return [_inlined(item, parts) for item in schema] if isinstance(schema, list) else schema


ClaimDocument = Annotated[
    Any,
    Body(
        description="A claim, as its file would hold it.",
        json_schema_extra=_inlined(claim_schema(), claim_schema()["$defs"]),
    ),
]


@router.post("/claims/judge", summary="Judge a claim of your own")
def judge_own(request: Request, asked: ClaimDocument) -> Response:
    """The verdict on a claim document, with everything that a packaged claim's answer holds; nothing is kept under its name."""
    claim = _safe_claim(claim_from_mapping(asked, WHERE))

    def make() -> Answer:
        entry = judge(claim).as_contract()
        return Answer(data={**entry, "own": True, "arguments": _arguments(claim)}, sources=entry["sources"])

    return desk(request).serve("claims/judge", claim.model_dump(mode="json"), make)


@router.post("/claims/check", summary="Check a claim of your own")
def check_own(request: Request, asked: ClaimCheckAsked) -> Response:
    """Whether a claim is valid: the figures its test can use, and its file as YAML and as JSON; the sentence of the command line if it is not."""
    if (asked.claim is None) == (asked.text is None):
        raise BadInputError("A check takes either a claim or a text.", hint="Send the field claim, or the field text.")
    read = claim_from_mapping(asked.claim, WHERE) if asked.text is None else claim_from_text(asked.text, WHERE)
    claim = _safe_claim(read)

    def make() -> Answer:
        answer = try_out(claim, WHERE)
        figures = {name: {"label": one.label, "unit": one.unit} for name, one in answer.figures.items()}
        # The document as text, so that nothing on its way translates what its author wrote.
        document = read.model_dump_json(exclude_defaults=True, exclude_none=True)
        return Answer(
            data={"id": read.id, "valid": True, "json": document, "file": claim_text(read), "figures": figures}
        )

    return desk(request).serve("claims/check", [read.model_dump(mode="json"), claim.model_dump(mode="json")], make)


@router.get("/claims/{name}", summary="Judge a claim")
def show_claim(request: Request, name: Named) -> Response:
    """Verdict, probability, figures, rows, what decides it."""
    return _judged(request, name, {})


@router.post("/claims/{name}", summary="Judge a claim with other arguments")
def judge_claim(request: Request, name: Named, asked: ClaimAsked) -> Response:
    """As above, with arguments of its question changed."""
    return _judged(request, name, asked.arguments)


def _own(request: Request) -> Mapping[str, Claim]:
    found: Mapping[str, Claim] = request.app.state.claims
    return found


def _judged(request: Request, name: str, arguments: Mapping[str, Any]) -> Response:
    own = _own(request)

    def make() -> Answer:
        claim = _named(name, {**packaged_claims(), **own})
        safe = {key: _safe(claim.compute.question, key, value) for key, value in arguments.items()}
        entry = judge(claim.with_arguments(safe)).as_contract()
        data = {**entry, "own": claim.id in own, "arguments": _arguments(claim)}
        return Answer(data=data, sources=entry["sources"])

    return desk(request).serve("claim", [name.casefold(), arguments], make)


def _named(name: str, claims: Mapping[str, Claim]) -> Claim:
    known = {key.casefold(): claim for key, claim in claims.items()}
    plain = plain_name("claim", name)
    if plain.casefold() not in known:
        error = UnknownNameError.among("claim", plain, claims)
        raise UnknownNameError(f"There is no claim called {shorten(plain)!r}.", hint=error.hint)
    return known[plain.casefold()]


def _entry(claim: Claim, *, own: bool) -> dict[str, Any]:
    return {
        "id": claim.id,
        "title": claim.title,
        "statement": claim.statement,
        "who": claim.who,
        "kind": claim.kind,
        "own": own,
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
            "high": _highest(key, about.high),
            "choices": list(about.choices),
        }
        for key, (_, default, about) in asked.arguments.items()
    }


def _safe_claim(claim: Claim) -> Claim:
    """Return a claim of a request in which no argument can mean a file."""
    question = claim.compute.question
    return claim.with_arguments({key: _safe(question, key, value) for key, value in claim.compute.arguments.items()})


LOOKED_UP = {
    "scenario": lambda name: scenario_of(name).name,
    "chip": lambda name: chip_named(name).id,
    "model": lambda name: model_of(name).id,
}


def _safe(question: str, key: str, value: Any) -> Any:
    """Return an argument that cannot mean a file: names are looked up here, other text must be plain."""
    if isinstance(value, list | tuple):
        return [_safe(question, key, item) for item in value]
    asked = questions.get(question)
    if key == "draws" and key in asked.arguments and checked(asked, {key: value})[key] > MOST_DRAWS:
        raise OutOfRangeError(
            f"draws={shorten(value)} is more than one request may ask for.",
            hint=f"At most {MOST_DRAWS:,}; `leadtime claims` on the command line takes more.",
        )
    if not isinstance(value, str) or not value.strip():
        return value
    if "," in value:
        return ",".join(str(_safe(question, key, part.strip())) for part in value.split(","))
    kind = names_taken(question, key) if key in asked.arguments else None
    try:
        plain_name(kind or "value", value)
    except BadInputError as error:
        raise BadInputError(f"{shorten(key)}: {error.message}", hint="Files are for the command line.") from None
    return LOOKED_UP[kind](value) if kind else value.strip()
