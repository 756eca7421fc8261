"""Every day on which anything changes: nothing missing, nothing twice, nothing unused."""

from collections import defaultdict
from datetime import date
from itertools import combinations

import numpy as np
import pytest

from leadtime import catalog, rules
from leadtime.chips import all_chips
from leadtime.rules import Outcome, determine_many
from leadtime.rules.engine import Book, Informs, Requires, Reviews, fail_if_gaps
from leadtime.rules.engine._gaps import parameters_used

BOOKS = {name: rules.book(name) for name in ("us_ear", "prc")}
TWO_ROADS = {("3A090.a", "die")}
"""Names under which two texts stand side by side on purpose: by its own figures, or by presumption."""
STAYED_REMARKS = {"temporary general licence for affiliates", "share of a listed owner not known"}
NOT_TESTED = {
    "review.volume_cap_frac",
    "letters_2025.revenue_share_frac",
    "guidance.tariff_frac",
    "diffusion.agreement_factor",
    "diffusion.uveu_ally_share_frac",
    "diffusion.uveu_country_share_frac",
}
"""Quantities about many shipments, which no test of one item can use: the world model and the reader take them."""


@pytest.fixture(
    params=[(name, posture) for name in BOOKS for posture in ("enforced", "text")], ids=lambda pair: "-".join(pair)
)
def law(request: pytest.FixtureRequest) -> tuple[Book, str]:
    name, posture = request.param
    return BOOKS[name], posture


def test_no_provision_rests_on_a_limit_without_value(law: tuple[Book, str]) -> None:
    fail_if_gaps(law[0])


def test_no_two_texts_of_one_provision_apply_at_once(law: tuple[Book, str]) -> None:
    book, posture = law
    compiled = book.compiled(posture)
    eras = defaultdict(list)
    for item in book.provisions:
        for kind in item.kinds:
            eras[item.name, kind].append(item)
    for key, items in eras.items():
        for one, other in combinations(items, 2):
            both = compiled.in_force[one.key] & compiled.in_force[other.key]
            assert key in TWO_ROADS or not both.any(), (
                key,
                date.fromordinal(int(compiled.starts[int(np.argmax(both))])),
            )


def test_no_requirement_falls_silent_between_two_of_its_texts(law: tuple[Book, str]) -> None:
    """A gap between two eras of one name would be a hole in the law; the two ends of a stay are the exception."""
    book, posture = law
    compiled = book.compiled(posture)
    stayed = {item.name for item in book.provisions if book.rules[item.rule].suspended}
    assert stayed <= {"affiliates of listed parties", "affiliates rule"} | STAYED_REMARKS
    for name in {item.name for item in book.provisions if isinstance(item.effect, Requires)} - stayed:
        applies = np.any([compiled.in_force[item.key] for item in book.provision(name)], axis=0)
        starts = np.flatnonzero(np.diff(np.concatenate([[False], applies, [False]]).astype(int)) == 1)
        assert len(starts) <= 1, (name, [date.fromordinal(int(compiled.starts[start])) for start in starts])


def test_every_determination_on_every_change_day_is_complete(law: tuple[Book, str]) -> None:
    """All catalogue chips that are fully known, to six places, on, before and after every change: one certain outcome each."""
    book, posture = law
    items = [rules.item_of(chip) for chip in all_chips()]
    facts = (
        "tpp",
        "performance_density",
        "memory_bandwidth_gb_s",
        "interconnect_gb_s",
        "datacenter_marketed",
        "vendor",
    )
    known = [item for item in items if all(item.facts[name] is not None for name in facts)]
    assert len(known) > 20
    days = np.array(sorted({day + shift for day in book.change_dates for shift in (-1, 0, 1)}))
    for item in known:
        for place in ("CN", "MO", "AE", "VN", "SG", "DE"):
            given = {name: value for name, value in item.facts.items() if name in book.frame.facts}
            found = determine_many(book, on=days, posture=posture, to=place, **given)
            assert not np.any(found.outcome == Outcome.UNKNOWN), item.name
            assert not np.any((found.outcome == Outcome.NOT_IN_FORCE) & (found.entry >= 0)), item.name
            if (
                book.name == "us_ear" and posture == "text" and item.facts["named"] == "none"
            ):  # guidance states no policy
                after_letters = days >= date(2023, 11, 17).toordinal()  # those before it state no policy
                licensed = (found.outcome == Outcome.REQUIRED) & (found.entry >= 0) & after_letters
                assert np.all(found.review[licensed] > 0), (
                    item.name,
                    place,
                    "a licence under an entry without any policy",
                )


def test_every_provision_has_its_days_and_says_what_it_does() -> None:
    for book in BOOKS.values():
        for item in book.provisions:
            ever = any(book.compiled(posture).in_force[item.key].any() for posture in ("enforced", "text"))
            assert ever, f"{item.key} is never in force"
            assert item.summary.endswith("."), item.key
            assert item.cites, item.key


def test_every_rule_and_limit_is_used_and_cited() -> None:
    sources = catalog.sources()
    for book in BOOKS.values():
        used = {parameter for item in book.provisions for parameter in parameters_used(book, item)}
        unused = set(book.parameters) - used
        assert unused == NOT_TESTED & set(book.parameters)
        for parameter in book.parameters.values():
            for step in parameter.history:
                assert step.references, parameter.name
                assert {reference.source for reference in step.references} <= set(sources), parameter.name
        for rule in book.rules.values():
            assert rule.name in {item.rule for item in book.provisions} | {
                name for item in book.provisions for name in item.until
            }
            assert rule.references, rule.name
            assert {reference.source for reference in rule.references} <= set(sources), rule.name
            assert rule.verified in {"primary", "quoted", "secondary", "unverified"}


def test_rules_are_published_and_take_effect_in_order() -> None:
    for book in BOOKS.values():
        for rule in book.rules.values():
            if rule.announced is not None and rule.published is not None:
                assert rule.announced <= rule.published, rule.name
            if rule.compliance is not None:
                assert rule.compliance >= rule.effective, rule.name


def test_every_review_policy_is_about_a_requirement_it_can_meet() -> None:
    for book in BOOKS.values():
        for item in book.provisions:
            if isinstance(item.effect, Reviews):
                for name in item.effect.of:
                    kinds = {kind for era in book.provision(name) for kind in era.kinds}
                    assert kinds & set(item.kinds), (item.key, name)


def test_remarks_are_sentences() -> None:
    for book in BOOKS.values():
        for item in book.provisions:
            if isinstance(item.effect, Informs):
                assert item.effect.text.endswith("."), item.key


def test_bills_that_come_with_the_book_apply_and_cite() -> None:
    known = catalog.sources()
    for name, bill in rules.bills().items():
        book = BOOKS["us_ear"].amend(bill)
        assert book.amended_by == (name,)
        assert bill.status
        assert {reference.source for reference in bill.references} <= set(known)
        later = BOOKS["us_ear"].amend(rules.bill(name, enacted=date(2028, 1, 1)))
        assert date(2028, 1, 1).toordinal() in later.change_dates
