"""A published statement, our computation, a verdict.

A claim is a file: the statement in our words, a question of ``leadtime.study.questions`` with its arguments, and the test that decides. No verdict is
written down anywhere; it follows from the distribution that the question answers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadtime.claims._claim import (
        Claim,
        claim_from_mapping,
        claim_from_text,
        claim_schema,
        claim_text,
        load_claim,
        packaged_claims,
    )
    from leadtime.claims._dossier import Dossier, PlaneData, compile_dossier, plane_data, plane_of
    from leadtime.claims._judge import Judged, judge, try_out
    from leadtime.claims._own import load_claims
    from leadtime.claims._questions import describe_question, known_names, names_taken
    from leadtime.claims._verdict import Verdict, decide

__all__ = [
    "Claim",
    "Dossier",
    "Judged",
    "PlaneData",
    "Verdict",
    "claim_from_mapping",
    "claim_from_text",
    "claim_schema",
    "claim_text",
    "compile_dossier",
    "decide",
    "describe_question",
    "judge",
    "known_names",
    "load_claim",
    "load_claims",
    "names_taken",
    "packaged_claims",
    "plane_data",
    "plane_of",
    "try_out",
]

_HOME = {
    "Claim": "_claim",
    "claim_from_mapping": "_claim",
    "claim_from_text": "_claim",
    "claim_schema": "_claim",
    "claim_text": "_claim",
    "load_claim": "_claim",
    "load_claims": "_own",
    "packaged_claims": "_claim",
    "Dossier": "_dossier",
    "PlaneData": "_dossier",
    "compile_dossier": "_dossier",
    "plane_data": "_dossier",
    "plane_of": "_dossier",
    "Judged": "_judge",
    "judge": "_judge",
    "try_out": "_judge",
    "describe_question": "_questions",
    "known_names": "_questions",
    "names_taken": "_questions",
    "Verdict": "_verdict",
    "decide": "_verdict",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"leadtime.claims.{_HOME[name]}"), name)
    raise AttributeError(f"module 'leadtime.claims' has no attribute {name!r}")
