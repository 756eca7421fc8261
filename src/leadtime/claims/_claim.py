"""A claim as data: read from the package or from a user's file, checked against one schema."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from leadtime import catalog, files
from leadtime.errors import BadFileError, LeadtimeError, UnknownNameError, shorten
from leadtime.study import questions
from leadtime.study.questions._registry import checked

__all__ = [
    "ENDINGS",
    "Claim",
    "Condition",
    "Test",
    "claim_from_mapping",
    "claim_from_text",
    "claim_schema",
    "claim_text",
    "load_claim",
    "packaged_claims",
]

ENDINGS = (".yaml", ".yml", ".json")
"""What the name of a claim file ends in."""


class Strict(BaseModel):
    """Base of the parts of a claim file: unknown keys are errors, and so are infinities."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)


def _argument(value: Any) -> Any:
    """Refuse an argument that no question could take."""
    parts = value if isinstance(value, list | tuple) else (value,)
    if len(parts) > 64:
        raise ValueError("a list of more than 64 values")
    for part in parts:
        if part is not None and not isinstance(part, str | bool | int | float | date):
            raise ValueError("an argument is text, a number, a date, true or false, or a list of those")
        if isinstance(part, str) and len(part) > 500:
            raise ValueError("text of more than 500 characters")
    return value


Name = Annotated[str, Field(min_length=1, max_length=120)]
Title = Annotated[str, Field(min_length=1, max_length=300)]
Text = Annotated[str, Field(min_length=1, max_length=10_000)]
Note = Annotated[str, Field(max_length=10_000)]
Value = Annotated[Any, BeforeValidator(_argument)]


class Condition(Strict):
    """A figure against a limit, or between two."""

    figure: Name = Field(description="Name of a figure of the answer")
    above: float | None = Field(None, description="Holds where the figure is greater than this")
    at_least: float | None = Field(None, description="Holds where the figure is this or greater")
    below: float | None = Field(None, description="Holds where the figure is less than this")
    at_most: float | None = Field(None, description="Holds where the figure is this or less")

    @model_validator(mode="after")
    def _has_limit(self) -> "Condition":
        if all(limit is None for limit in (self.above, self.at_least, self.below, self.at_most)):
            raise ValueError("a condition needs above, at_least, below or at_most")
        return self


class Test(Strict):
    """The test that decides: all conditions of ``all_of`` and, if given, at least one of ``any_of``."""

    all_of: tuple[Condition, ...] = Field((), max_length=24)
    any_of: tuple[Condition, ...] = Field((), max_length=24)

    @model_validator(mode="after")
    def _has_condition(self) -> "Test":
        if not self.all_of and not self.any_of:
            raise ValueError("a test needs at least one condition in all_of or any_of")
        return self


class Computation(Strict):
    """A public question with its arguments."""

    question: Name = Field(description="Name of a question (`leadtime claims questions` lists them)")
    arguments: dict[Name, Value] = Field(
        default_factory=dict, max_length=64, description="Arguments that differ from the question's defaults"
    )


class Claim(Strict):
    """A published statement that the model can judge."""

    id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}$", description="Short id, C01 or your own")
    title: Title = Field(description="A few words")
    statement: Text = Field(description="What is claimed, in our words")
    who: Text = Field(description="Who claims it, where and when")
    place: Note = Field("", description="Place in the publication")
    asks: Note = Field("", description="What has to be computed to judge it")
    compute: Computation
    test: Test
    figure: Name = Field(description="Figure of the answer that is shown as the headline")
    why_this_test: Note = Field("", description="Why this test decides the statement")
    changes_it: Note = Field("", description="What would change the verdict, and what evidence would settle it")
    judgeable_on: date | None = Field(None, description="For statements about the future: from when they can be judged")
    sources: tuple[Name, ...] = Field((), max_length=64, description="Ids of sources for the statement itself")
    kind: Literal["article", "other", "own"] = "own"
    ja: dict[Literal["title", "statement", "why_this_test", "changes_it"], Note] = Field(
        default_factory=dict, description="Japanese texts"
    )

    @model_validator(mode="after")
    def _is_explained(self) -> "Claim":
        if self.kind != "own" and not (self.asks and self.why_this_test and self.changes_it):
            raise ValueError("asks, why_this_test and changes_it are needed unless the claim is your own")
        return self

    def with_arguments(self, arguments: Mapping[str, Any]) -> "Claim":
        """Return the claim with other arguments in its computation."""
        merged = {**self.compute.arguments, **arguments}
        return self.model_copy(update={"compute": Computation(question=self.compute.question, arguments=merged)})

    def as_document(self) -> dict[str, Any]:
        """Return the content of the claim's file: what :func:`claim_from_mapping` reads, without defaults."""
        document = self.model_dump(exclude_defaults=True, exclude_none=True)
        return {key: _plain(value) for key, value in document.items()}


def _plain(value: Any) -> Any:
    """Return a value made of mappings, lists and scalars, none of them shared."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def claim_schema() -> dict[str, Any]:
    """Return the JSON Schema of a claim file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Claim.model_json_schema()}


def claim_from_mapping(document: Any, where: str) -> Claim:
    """Check a claim document: its schema, that its question and arguments exist, and that they are in range."""
    if not isinstance(document, Mapping):
        raise BadFileError(
            f"{where}: a claim is a mapping of keys to values.", hint="`leadtime claims new` writes one to start from."
        )
    try:
        claim = Claim.model_validate(dict(document))
    except ValidationError as error:
        raise BadFileError(f"{where}: {_fault(error)}.", hint="`leadtime claims new` writes a valid file.") from None
    try:
        checked(questions.get(claim.compute.question), claim.compute.arguments)
    except LeadtimeError as error:
        raise type(error)(f"{where}: {error.message}", hint=error.hint) from None
    return claim


def _fault(error: ValidationError) -> str:
    """Return the first fault of a claim document as words: the key, and what is wrong with it."""
    first = error.errors(include_url=False, include_input=False)[0]
    key = shorten(".".join(str(part) for part in first["loc"] if part != "[key]"), 80)
    key = key.encode("utf-8", "backslashreplace").decode()
    said = shorten(str(first["msg"]).removeprefix("Value error, "), 160).rstrip(".")
    told = {
        "missing": f"{key} is missing",
        "extra_forbidden": f"there is no key called {key!r}",
        "string_too_short": f"{key} is empty",
        "string_pattern_mismatch": f"{key}: a letter, then letters, digits, - and _, at most 32 in all",
    }.get(first["type"], f"{key}: {said}" if key else said)
    more = error.error_count() - 1
    return f"{told} ({more} more)" if more else told


def claim_from_text(text: str, where: str) -> Claim:
    """Check the text of a claim file, JSON if it begins with a brace and YAML otherwise; see :func:`claim_from_mapping`."""
    parse = files.parse_json if text.lstrip().startswith("{") else files.parse_yaml
    return claim_from_mapping(parse(text, where), where)


def claim_text(claim: Claim) -> str:
    """Return a claim as the YAML text of its file; reading it gives the same claim.

    Examples
    --------
    >>> from leadtime.claims import claim_from_text, packaged_claims
    >>> claim = packaged_claims()["C26"]
    >>> claim_from_text(claim_text(claim), "copy") == claim
    True
    """
    import yaml

    return str(yaml.safe_dump(claim.as_document(), sort_keys=False, allow_unicode=True, width=110))


@cache
def packaged_claims() -> Mapping[str, Claim]:
    """Return the claims that come with the package, by id: the article's first."""
    found = {
        claim.id: claim
        for name, document in catalog.documents("leadtime.claims.library").items()
        for claim in [claim_from_mapping(document, name)]
    }
    return dict(sorted(found.items(), key=lambda item: (item[1].kind != "article", item[0])))


def load_claim(name_or_path: str) -> Claim:
    """Return a packaged claim by id (any case) or a claim from a YAML or JSON file."""
    path = Path(name_or_path)
    if path.suffix.casefold() in ENDINGS:
        return claim_from_mapping(files.read_structured(path), path.name)
    by_id = {name.casefold(): claim for name, claim in packaged_claims().items()}
    if name_or_path.casefold() in by_id:
        return by_id[name_or_path.casefold()]
    error = UnknownNameError.among("claim", name_or_path, packaged_claims())
    hint = (
        error.hint
        if error.hint.startswith("Did you mean")
        else "`leadtime claims` lists them; a claim file ends in .yaml or .json."
    )
    raise UnknownNameError(error.message, hint=hint)
