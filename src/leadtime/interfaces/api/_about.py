"""Routes about the model itself: its version, its parts with the code that computes them."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from leadtime.interfaces.answers import about as answers
from leadtime.interfaces.api._facts import desk

router = APIRouter(tags=["method"])

Word = Annotated[str, Path(pattern="^[a-z_]{1,40}$")]


@router.get("/about", summary="Which model this is")
def about(request: Request) -> Response:
    """Versioned id, version of program and data, the calibration in use, how often the model was scored, what changed."""
    return desk(request).serve("about", None, answers.about)


@router.get("/model", summary="The parts of the model")
def parts(request: Request) -> Response:
    """Title and description of every part that holds equations, in the order of cause."""
    return desk(request).serve("model-parts", None, answers.parts)


@router.get("/model/{floor}/{name}", summary="How one part computes")
def part(request: Request, floor: Word, name: Word) -> Response:
    """The description of the part and its code, as it runs."""
    return desk(request).serve("model-part", [floor, name], lambda: answers.part(floor, name))
