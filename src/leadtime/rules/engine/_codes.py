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
    """How the agency decides applications; up to REFUSED, a higher code is stricter, and what is stated beats practice."""

    NONE = 0
    """No application is needed, or nothing is known of how it would be decided."""
    PRACTICE_OPEN = 1
    """No policy is stated; licences are known to be issued."""
    PRACTICE_CLOSED = 2
    """No policy is stated; no licence is known to have been issued."""
    PRESUMPTION_OF_APPROVAL = 3
    CASE_BY_CASE = 4
    PRESUMPTION_OF_DENIAL = 5
    REFUSED = 6
    """Policy of denial: no presumption to rebut."""
    UNKNOWN = 7
    """The facts given leave more than one policy possible."""


def outcome_words(code: int) -> str:
    """Return the contract's word for an outcome code."""
    return Outcome(code).name.lower()


def review_words(code: int) -> str | None:
    """Return the contract's word for a review code: None where no policy is stated; a policy of denial counts as presumption."""
    if code == Review.REFUSED:
        return "presumption_of_denial"
    stated = (Review.PRESUMPTION_OF_APPROVAL, Review.CASE_BY_CASE, Review.PRESUMPTION_OF_DENIAL)
    return Review(code).name.lower() if code in stated else None
