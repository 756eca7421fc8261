"""Outcomes and review policies as small integers in arrays, with their words."""

from enum import IntEnum

__all__ = ["Outcome", "Review", "outcome_words", "review_words"]


class Outcome(IntEnum):
    """What the law asks of a transaction; up to REQUIRED, a higher code is stricter."""

    NOT_IN_FORCE = 0
    """No requirement for this kind of item exists on the date, for any destination."""
    NOT_REQUIRED = 1
    NOTIFY = 2
    REQUIRED = 3
    UNKNOWN = 4
    """The facts given leave more than one outcome possible."""


class Review(IntEnum):
    """How the agency says it will decide an application; up to REFUSED, a higher code is stricter."""

    NONE = 0
    """No licence is needed, or no policy is stated."""
    PRESUMPTION_OF_APPROVAL = 1
    CASE_BY_CASE = 2
    PRESUMPTION_OF_DENIAL = 3
    REFUSED = 4
    """Policy of denial: no presumption to rebut."""
    UNKNOWN = 5


def outcome_words(code: int) -> str:
    """Return the contract's word for an outcome code."""
    return Outcome(code).name.lower()


def review_words(code: int) -> str | None:
    """Return the contract's word for a review code; a policy of denial is named as presumption of denial there."""
    if code in (Review.NONE, Review.UNKNOWN):
        return None
    return (Review.PRESUMPTION_OF_DENIAL if code == Review.REFUSED else Review(code)).name.lower()
