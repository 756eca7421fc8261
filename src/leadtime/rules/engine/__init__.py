"""Dated provisions evaluated over arrays, with reasons. The engine knows no law; books hold it.

A provision is a small pure function of a :class:`Case`, marked with :func:`provision`; a book is a set of them with dated
parameters. :func:`answer` determines one transaction in words, :func:`determine_many` many in codes; both run the same
functions.
"""

from leadtime.rules.engine._amend import amend
from leadtime.rules.engine._amendment import Amendment, Change, amendment_of
from leadtime.rules.engine._answer import Answer, Remark, TraceLine, answer
from leadtime.rules.engine._book import POSTURES, Book, Frame
from leadtime.rules.engine._case import Case
from leadtime.rules.engine._codes import Outcome, Review, outcome_words, review_words
from leadtime.rules.engine._gaps import fail_if_gaps
from leadtime.rules.engine._many import Outcomes, determine_many
from leadtime.rules.engine._parameter import Parameter, Reference, Step
from leadtime.rules.engine._provision import (
    Classifies,
    Defines,
    Informs,
    Lifts,
    Provision,
    Requires,
    Reviews,
    Rule,
    provision,
)
from leadtime.rules.engine._reading import book_from, group_sets_of
from leadtime.rules.engine._register import GroupSet, Membership, Register
from leadtime.rules.engine._truth import FALSE, TRUE, UNKNOWN, Truth

__all__ = [
    "FALSE",
    "POSTURES",
    "TRUE",
    "UNKNOWN",
    "Amendment",
    "Answer",
    "Book",
    "Case",
    "Change",
    "Classifies",
    "Defines",
    "Frame",
    "GroupSet",
    "Informs",
    "Lifts",
    "Membership",
    "Outcome",
    "Outcomes",
    "Parameter",
    "Provision",
    "Reference",
    "Register",
    "Remark",
    "Requires",
    "Review",
    "Reviews",
    "Rule",
    "Step",
    "TraceLine",
    "Truth",
    "amend",
    "amendment_of",
    "answer",
    "book_from",
    "determine_many",
    "fail_if_gaps",
    "group_sets_of",
    "outcome_words",
    "provision",
    "review_words",
]
