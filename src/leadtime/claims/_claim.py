"""A claim as data: read from the package or from a user's file, checked against one schema."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from leadtime import catalog, files
from leadtime.errors import BadFileError, LeadtimeError, UnknownNameError, shorten
from leadtime.study import questions
from leadtime.study.questions._registry import checked

__all__ = ["Claim", "Condition", "Test", "claim_from_mapping", "claim_schema", "load_claim", "packaged_claims"]


class Strict(BaseModel):
    """Base of the parts of a claim file: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Condition(Strict):
    """A figure against a limit, or between two."""

    figure: str = Field(description="Name of a figure of the answer")
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

    all_of: tuple[Condition, ...] = ()
    any_of: tuple[Condition, ...] = ()

    @model_validator(mode="after")
    def _has_condition(self) -> "Test":
        if not self.all_of and not self.any_of:
            raise ValueError("a test needs at least one condition in all_of or any_of")
        return self


class Computation(Strict):
    """A public question with its arguments."""

    question: str = Field(description="Name of a question (`leadtime claims questions` lists them)")
    arguments: dict[str, Any] = Field(
        default_factory=dict, description="Arguments that differ from the question's defaults"
    )


Text = Annotated[str, Field(min_length=1)]


class Claim(Strict):
    """A published statement that the model can judge."""

    id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}$", description="Short id, C01 or your own")
    title: Text = Field(description="A few words")
    statement: Text = Field(description="What is claimed, in our words")
    who: Text = Field(description="Who claims it, where and when")
    place: str = Field("", description="Place in the publication")
    asks: Text = Field(description="What has to be computed to judge it")
    compute: Computation
    test: Test
    figure: str = Field(description="Figure of the answer that is shown as the headline")
    why_this_test: Text = Field(description="Why this test decides the statement")
    changes_it: Text = Field(description="What would change the verdict, and what evidence would settle it")
    judgeable_on: date | None = Field(None, description="For statements about the future: from when they can be judged")
    sources: tuple[str, ...] = Field((), description="Ids of sources for the statement itself")
    kind: Literal["article", "other", "own"] = "own"
    ja: dict[Literal["title", "statement", "why_this_test", "changes_it"], str] = Field(
        default_factory=dict, description="Japanese texts"
    )

    def with_arguments(self, arguments: Mapping[str, Any]) -> "Claim":
        """Return the claim with other arguments in its computation."""
        merged = {**self.compute.arguments, **arguments}
        return self.model_copy(update={"compute": Computation(question=self.compute.question, arguments=merged)})


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
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise BadFileError(
            f"{where}: {key}: {shorten(first['msg'], 160)}{more}.", hint="`leadtime claims new` writes a valid file."
        ) from None
    try:
        checked(questions.get(claim.compute.question), claim.compute.arguments)
    except LeadtimeError as error:
        raise type(error)(f"{where}: {error.message}", hint=error.hint) from None
    return claim


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
    if path.suffix.casefold() in {".yaml", ".yml", ".json"}:
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
