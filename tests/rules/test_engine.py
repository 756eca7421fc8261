"""The engine on a small invented law: it must know no other."""

from datetime import date, timedelta
from itertools import product

import numpy as np
import pytest

from leadtime.errors import BadFileError, BadInputError, ConflictError, OutOfRangeError, UnknownNameError
from leadtime.rules.engine import (
    FALSE,
    TRUE,
    UNKNOWN,
    Outcome,
    Review,
    Truth,
    amendment_of,
    answer,
    determine_many,
    fail_if_gaps,
)
from leadtime.rules.engine._dates import Interval, day
from leadtime.rules.engine._truth import compare
from tests.rules.toy._law import toyland

JUNE = date(2002, 6, 15)


def asked(on: date, *, posture: str = "enforced", kind: str = "kite", book=None, **facts):  # type: ignore[no-untyped-def]
    facts.setdefault("to", "H")
    return answer(book or toyland(), kind, facts, on, posture)


# --- truth ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("left", "right"), list(product((FALSE, UNKNOWN, TRUE), repeat=2)))
def test_three_valued_logic_agrees_with_every_way_the_unknown_could_turn_out(left: int, right: int) -> None:
    worlds = {FALSE: [False], UNKNOWN: [False, True], TRUE: [True]}
    for combine, logic in ((lambda a, b: a & b, lambda a, b: a and b), (lambda a, b: a | b, lambda a, b: a or b)):
        possible = {logic(a, b) for a in worlds[left] for b in worlds[right]}
        code = int(combine(Truth(np.int8(left)), Truth(np.int8(right))).code)
        assert code == (TRUE if possible == {True} else FALSE if possible == {False} else UNKNOWN)
    assert int((~Truth(np.int8(left))).code) == {FALSE: TRUE, UNKNOWN: UNKNOWN, TRUE: FALSE}[left]


@pytest.mark.parametrize(
    ("comparison", "codes"), [(">=", [0, 2, 2, 1]), (">", [0, 0, 2, 1]), ("<=", [2, 2, 0, 1]), ("<", [2, 0, 0, 1])]
)
def test_comparison_at_the_limit_and_with_nothing_known(comparison: str, codes: list[int]) -> None:
    values = np.array([np.nextafter(10, 0), 10.0, np.nextafter(10, 20), np.nan])
    assert compare(values, comparison, np.float64(10)).tolist() == codes


# --- dates ---------------------------------------------------------------------------------------------------------------


def test_before_any_requirement_nothing_is_in_force_although_an_older_background_rule_is() -> None:
    assert asked(date(2000, 1, 1), height_m=50.0).outcome is Outcome.NOT_IN_FORCE
    assert asked(date(2000, 1, 1), height_m=50.0, to="M").outcome is Outcome.REQUIRED  # the old curfew
    assert asked(date(1989, 12, 31), height_m=50.0, to="M").outcome is Outcome.NOT_IN_FORCE


@pytest.mark.parametrize(
    ("on", "posture", "expected"),
    [
        ("2000-12-31", "text", Outcome.NOT_IN_FORCE),
        ("2001-01-01", "text", Outcome.REQUIRED),
        ("2001-06-30", "enforced", Outcome.NOT_IN_FORCE),
        ("2001-07-01", "enforced", Outcome.REQUIRED),
    ],
)
def test_text_binds_from_its_effect_and_enforcement_from_compliance(on: str, posture: str, expected: Outcome) -> None:
    assert asked(date.fromisoformat(on), posture=posture, height_m=10.0).outcome is expected


@pytest.mark.parametrize(
    ("on", "text", "enforced"),
    [
        ("2003-02-28", True, False),  # effective, compliance not yet due
        ("2003-03-01", True, True),
        ("2003-05-31", True, True),
        ("2003-06-01", True, False),  # not enforced until the end of the year
        ("2003-12-31", True, False),
        ("2004-01-01", True, True),
    ],
)
def test_a_displaced_provision_lives_on_exactly_while_the_new_rule_does_not_apply(
    on: str, text: bool, enforced: bool
) -> None:
    when = date.fromisoformat(on)
    for posture, reformed in (("text", text), ("enforced", enforced)):
        coast = asked(when, posture=posture, kind="balloon", to="C")
        hills = asked(when, posture=posture, kind="balloon", to="H")
        assert coast.outcome is Outcome.REQUIRED
        assert hills.outcome is (Outcome.REQUIRED if reformed else Outcome.NOT_REQUIRED)
        assert ("new way" in {key.split("@")[0] for key in coast.applied}) is reformed


def test_a_stay_suspends_the_text_too() -> None:
    for posture in ("text", "enforced"):
        found = [
            asked(date(2004, month, 15), posture=posture, height_m=7.0, tail_m=14.0, to="C").outcome
            for month in (2, 3, 4)
        ]
        wanted = [asked(date(2004, 3, 15), posture=posture, height_m=7.0, tail_m=4.0, to="C").outcome]
        assert (
            "sum licence@2004-01-01"
            in asked(date(2004, 2, 15), posture=posture, height_m=7.0, tail_m=14.0, to="C").applied
        )
        assert (
            "sum licence@2004-01-01"
            not in asked(date(2004, 3, 15), posture=posture, height_m=7.0, tail_m=14.0, to="C").applied
        )
        assert found[0] is found[2] is Outcome.REQUIRED
        assert wanted == [Outcome.NOT_REQUIRED]


@pytest.mark.parametrize(
    ("on", "height", "expected"), [("2001-12-31", 9.0, False), ("2002-01-01", 9.0, True), ("2001-12-31", 10.0, True)]
)
def test_a_limit_changes_on_its_day(on: str, height: float, expected: bool) -> None:
    assert (asked(date.fromisoformat(on), height_m=height).outcome is Outcome.REQUIRED) is expected


@pytest.mark.parametrize(("on", "expected"), [("2002-05-31", False), ("2002-06-01", True)])
def test_a_membership_changes_on_its_day(on: str, expected: bool) -> None:
    assert (asked(date.fromisoformat(on), height_m=50.0, to="T").outcome is Outcome.REQUIRED) is expected


# --- outcomes, exceptions, review, trace ---------------------------------------------------------------------------------


def test_an_exception_lifts_to_notification_and_is_named() -> None:
    free = asked(JUNE, height_m=50.0, member=True, colour="grey")
    assert (free.outcome, free.exception, free.entry) == (Outcome.NOTIFY, "club", "K1")
    bright = asked(JUNE, height_m=50.0, member=True, colour="red")
    assert (bright.outcome, bright.exception) == (Outcome.REQUIRED, None)


def test_the_strictest_requirement_decides_and_the_exception_of_another_is_not_named() -> None:
    found = asked(date(2004, 6, 1), height_m=50.0, tail_m=1.0, member=True, colour="grey")
    assert (found.outcome, found.exception, found.review) == (Outcome.REQUIRED, None, Review.PRESUMPTION_OF_DENIAL)


def test_the_first_policy_that_holds_counts() -> None:
    assert asked(JUNE, height_m=11.0).review is Review.CASE_BY_CASE
    assert asked(JUNE, height_m=12.0).review is Review.PRESUMPTION_OF_DENIAL
    assert asked(JUNE, height_m=1.0).review is Review.NONE


def test_trace_shows_value_limit_margin_paragraph_and_period() -> None:
    line = next(line for line in asked(JUNE, height_m=9.0).trace if line.provision == "high kite")
    assert (line.value, line.comparison, line.limit, line.holds) == (9.0, ">=", 8.0, True)
    assert line.margin_frac == pytest.approx(0.125)
    assert (line.citation, line.in_force_from, line.in_force_to) == ("Act 1; s. 1", "2001-07-01", "2002-12-31")


def test_a_negated_test_reads_the_other_way_round() -> None:
    line = next(
        line
        for line in asked(JUNE, height_m=9.0, member=True, colour="grey").trace
        if line.provision == "club" and line.test == "bright"
    )
    assert (line.value, line.comparison, line.limit, line.holds) == (False, "is not", True, True)


def test_remarks_come_with_the_answer_and_change_nothing() -> None:
    assert [remark.text for remark in asked(JUNE, height_m=1.0, to="H").remarks] == ["Mind the wires."]
    assert asked(JUNE, height_m=1.0, to="C").remarks == ()


def test_what_is_not_said_takes_the_default_or_the_value_of_another_fact() -> None:
    assert asked(JUNE, height_m=50.0, colour="grey").outcome is Outcome.REQUIRED  # not a member unless said so
    assert asked(JUNE, height_m=50.0, colour="grey", member=None).outcome is Outcome.UNKNOWN  # said to be unknown


# --- unknown -------------------------------------------------------------------------------------------------------------


def test_a_missing_fact_leaves_open_exactly_what_it_could_change() -> None:
    found = asked(JUNE, colour="grey", member=True)
    assert found.outcome is Outcome.UNKNOWN
    assert found.possible_outcomes == (Outcome.NOT_REQUIRED, Outcome.NOTIFY)
    assert found.missing == ("height_m",)
    assert asked(JUNE, to="M").outcome is Outcome.REQUIRED  # the curfew does not ask for the height


def test_missing_facts_are_varied_together() -> None:
    """Member or not is unknown, but the kite is low: nothing can make it need a licence."""
    assert asked(JUNE, height_m=1.0, member=None).outcome is Outcome.NOT_REQUIRED


def test_a_sum_is_open_in_its_parts() -> None:
    found = asked(date(2004, 6, 1), to="C", height_m=7.0)
    assert found.outcome is Outcome.UNKNOWN
    assert found.missing == ("tail_m",)
    assert asked(date(2004, 6, 1), to="C", height_m=7.0, tail_m=4.9).outcome is Outcome.NOT_REQUIRED
    assert asked(date(2004, 6, 1), to="M", height_m=7.0, tail_m=13.0).outcome is Outcome.REQUIRED
    assert "sum licence@2004-01-01" in asked(date(2004, 6, 1), to="C", height_m=20.0).applied  # no tail makes it less
    only_sum = asked(date(2004, 6, 1), to="C", height_m=30.0)
    assert only_sum.outcome is Outcome.REQUIRED
    assert only_sum.missing == ()


# --- arrays --------------------------------------------------------------------------------------------------------------


def test_many_at_once_agree_with_one_at_a_time_also_with_facts_missing() -> None:
    rng = np.random.default_rng(7)
    n = 400
    days = rng.integers(date(2000, 6, 1).toordinal(), date(2005, 1, 1).toordinal(), n)
    height = np.where(rng.random(n) < 0.3, np.nan, rng.integers(0, 24, n).astype(float))
    tail = np.where(rng.random(n) < 0.3, np.nan, rng.integers(0, 16, n).astype(float))
    to, colour, member = rng.integers(0, 4, n), rng.integers(-1, 3, n), rng.integers(-1, 2, n)
    book = toyland()
    for posture in ("text", "enforced"):
        many = determine_many(
            book, "kite", on=days, posture=posture, height_m=height, tail_m=tail, to=to, colour=colour, member=member
        )
        for row in range(n):
            facts = {
                "to": "HCMT"[to[row]],
                "height_m": None if np.isnan(height[row]) else float(height[row]),
                "tail_m": None if np.isnan(tail[row]) else float(tail[row]),
                "colour": (None, "red", "yellow", "grey")[colour[row] + 1],
                "member": (None, False, True)[member[row] + 1],
            }
            one = answer(book, "kite", facts, date.fromordinal(int(days[row])), posture)
            assert many.outcome[row] == one.outcome, facts
            assert many.review[row] == one.review
            entry = {-2: "open", -1: None}.get(int(many.entry[row]), "K1")
            assert entry == ("open" if len(one.possible_entries) > 1 else one.entry)


def test_arrays_broadcast_and_keep_their_shape() -> None:
    found = determine_many(
        toyland(),
        "kite",
        on=np.array([[day("2002-06-15", "")], [day("2000-01-01", "")]]),
        height_m=np.array([5.0, 9.0, 20.0]),
        to="H",
    )
    assert found.outcome.shape == (2, 3)
    assert found.outcome.tolist() == [[1, 3, 3], [0, 0, 0]]
    assert determine_many(toyland(), "kite", on=np.zeros(0, dtype=int), to="H").outcome.shape == (0,)
    dates = np.array(["2002-06-15", "2000-01-01"], dtype="datetime64[D]")
    assert determine_many(toyland(), "kite", on=dates, height_m=20.0, to=["H", "C"]).outcome.tolist() == [3, 0]


# --- bad input -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"height_m": -1.0}, OutOfRangeError),
        ({"height_m": float("nan")}, OutOfRangeError),
        ({"height_m": "tall"}, BadInputError),
        ({"height_m": True}, BadInputError),
        ({"member": "yes"}, BadInputError),
        ({"colour": "blue"}, UnknownNameError),
        ({"to": "Z"}, UnknownNameError),
        ({"weight": 3.0}, UnknownNameError),
    ],
)
def test_impossible_facts_are_refused(facts: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        asked(JUNE, **facts)


def test_a_kind_or_posture_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownNameError):
        asked(JUNE, kind="plane")
    with pytest.raises(UnknownNameError):
        determine_many(toyland(), "plane", on=np.array([1]))
    with pytest.raises(UnknownNameError):
        asked(JUNE, posture="lenient", height_m=1.0)


# --- amendments ----------------------------------------------------------------------------------------------------------


def amended(*changes: dict[str, object], name: str = "what-if"):  # type: ignore[no-untyped-def]
    return toyland().amend(amendment_of({"id": name, "changes": list(changes)}))


ADDED = {"provision": "x", "from": "2002-01-01", "kinds": "kite", "effect": {"requires": True}}


def test_a_condition_may_name_places_and_write_large_numbers() -> None:
    where = {"all": [{"fact": "to", "in": ["H", "M"]}, {"fact": "height_m", "below": "1e3"}]}
    book = amended({"add": {**ADDED, "where": where}})
    assert [asked(JUNE, book=book, to=to, height_m=1.0).outcome for to in "HC"] == [
        Outcome.REQUIRED,
        Outcome.NOT_REQUIRED,
    ]
    assert asked(JUNE, book=book, to="H", height_m=1000.0).outcome is Outcome.REQUIRED  # the book's own licence
    assert "x" not in {key.split("@")[0] for key in asked(JUNE, book=book, to="H", height_m=1000.0).applied}


def test_a_changed_limit_holds_in_its_period_and_nowhere_else() -> None:
    book = amended({"set": {"parameter": "kites.height_m", "value": 30, "from": "2002-02-01", "to": "2002-02-28"}})
    found = [
        asked(date(2002, month, dom), book=book, height_m=9.0).outcome
        for month, dom in ((1, 31), (2, 1), (2, 28), (3, 1))
    ]
    assert found == [Outcome.REQUIRED, Outcome.NOT_REQUIRED, Outcome.NOT_REQUIRED, Outcome.REQUIRED]


def test_an_amended_book_shares_what_it_leaves_alone_and_the_old_one_is_untouched() -> None:
    before = toyland()
    digest = (before.provisions, before.parameters["kites.height_m"], before.change_dates)
    book = amended({"set": {"parameter": "kites.height_m", "value": 30, "from": "2002-02-01"}})
    assert book is not before
    assert book.provisions is before.provisions
    assert book.registers is before.registers
    assert book.parameters["kites.tail_m"] is before.parameters["kites.tail_m"]
    assert digest == (before.provisions, before.parameters["kites.height_m"], before.change_dates)
    assert (before.amended_by, book.amended_by) == ((), ("what-if",))


def test_a_provision_or_a_rule_can_end_early() -> None:
    for target in ({"provision": "licence"}, {"rule": "kites"}):
        book = amended({"end": {**target, "on": "2002-05-01"}})
        assert asked(date(2002, 4, 30), book=book, height_m=50.0).outcome is Outcome.REQUIRED
        assert asked(date(2002, 5, 1), book=book, height_m=50.0).outcome in (Outcome.NOT_REQUIRED, Outcome.NOT_IN_FORCE)


def test_a_rule_can_start_earlier_with_its_limits_and_its_delay() -> None:
    book = amended({"start": {"rule": "kites", "on": "1999-01-01"}})
    assert asked(date(1998, 12, 31), book=book, posture="text", height_m=10.0).outcome is Outcome.NOT_IN_FORCE
    assert asked(date(1999, 1, 1), book=book, posture="text", height_m=10.0).outcome is Outcome.REQUIRED
    delay = date(2001, 7, 1) - date(2001, 1, 1)
    assert asked(date(1999, 1, 1) + delay - timedelta(days=1), book=book, height_m=10.0).outcome is Outcome.NOT_IN_FORCE
    assert asked(date(1999, 1, 1) + delay, book=book, height_m=10.0).outcome is Outcome.REQUIRED
    fail_if_gaps(book)


def test_what_a_rule_replaced_comes_back_where_the_rule_is_delayed_or_ended() -> None:
    from leadtime import rules

    book = rules.book("us_ear")

    def review(on: str, *changes: dict[str, object]) -> str | None:
        one = amendment_of({"id": "what-if", "changes": list(changes)})
        request = rules.Request(to="CN", on=date.fromisoformat(on), certified=True)
        return rules.determine(book.amend(one), rules.find_item("h200"), request).review

    ended = {"end": {"rule": "h200-2026", "on": "2027-01-01"}}
    assert review("2026-12-31", ended) == "case_by_case"
    assert review("2027-01-01", ended) == "presumption_of_denial"
    delayed = {"start": {"rule": "h200-2026", "on": "2028-01-01"}}
    assert review("2027-12-31", delayed) == "presumption_of_denial"
    assert review("2028-01-01", delayed) == "case_by_case"
    earlier = {"start": {"rule": "h200-2026", "on": "2025-07-01"}}
    assert review("2025-06-30", earlier) == "presumption_of_denial"
    assert review("2025-07-01", earlier) == "case_by_case"
    gone = {"end": {"rule": "fdp-2024", "on": "2025-06-01"}}
    assert review("2026-12-31", gone, ended) == "case_by_case"
    assert (
        review("2027-01-01", gone, ended) == "presumption_of_denial"
    )  # the text of 2023, which stood in for that of 2024


def test_a_provision_moved_onto_another_text_of_its_name_is_refused() -> None:
    from leadtime import rules

    one = amendment_of({"id": "what-if", "changes": [{"start": {"provision": "3A090.a", "on": "2025-01-16"}}]})
    with pytest.raises(ConflictError, match="where its earlier text starts too"):
        rules.book("us_ear").amend(one)


def us_law(*changes: dict[str, object]):  # type: ignore[no-untyped-def]
    from leadtime import rules

    return rules.book("us_ear").amend(amendment_of({"id": "what-if", "changes": list(changes)}))


def us_answer(book, chip: str, on: str, **asked):  # type: ignore[no-untyped-def]
    from leadtime import rules

    request = rules.Request(**{"to": "CN", "on": date.fromisoformat(on), **asked})
    found = rules.determine(book, rules.find_item(chip), request)
    return found.outcome, found.eccn, found.review


FREE, NO_ENTRY = ("not_required", None, None), ("required", None, None)
NOT_THERE = ("not_required", "3A090", None)
BY_2022 = ("required", "3A090", "presumption_of_denial")
BY_2023 = ("required", "3A090.a", "presumption_of_denial")


def test_where_the_rule_of_2023_is_repealed_the_limits_of_2022_come_back() -> None:
    book = us_law({"end": {"rule": "ac-2023", "on": "2024-06-01"}})
    assert us_answer(book, "a800", "2024-05-31") == BY_2023
    assert us_answer(book, "a800", "2024-06-01") == FREE  # 4,992 TPP, 400 GB/s: below 600
    assert us_answer(book, "a100", "2024-06-01") == BY_2022  # 4,992 TPP and 600 GB/s: both reached
    assert us_answer(book, "a100", "2024-06-01", to="SG", hq="CN") == NOT_THERE  # 2022 knew no headquarters
    assert us_answer(book, "a100", "2024-06-01", to="AE") == NOT_THERE  # nor other countries than China and Macau
    assert us_answer(book, "a100", "2024-06-01", to="MO") == BY_2022
    for name, value in (("interconnect_gb_s", 600), ("tpp", 4800)):
        steps = book.parameters[f"connectivity.{name}"].periods()
        assert [(step.value, period.start) for period, step in steps if step.value is None] == [
            (None, date(2023, 11, 17).toordinal())
        ]
        assert book.parameters[f"connectivity.{name}"].at(date(2024, 6, 1).toordinal()).value == value
    assert rules_of(book, "2024-07-01") >= {"3A090 (2022)", "review, 2022 text", "supercomputer end use"}


def rules_of(book, on: str) -> set[str]:  # type: ignore[no-untyped-def]
    """Names of the provisions in force on a day."""
    compiled = book.compiled("enforced")
    era = int(compiled.era_of(np.int64(date.fromisoformat(on).toordinal())))
    return {item.name for item in book.provisions if compiled.in_force[item.key][era]}


def test_where_the_rule_of_2023_is_delayed_the_limits_of_2022_carry_on() -> None:
    book = us_law({"start": {"rule": "ac-2023", "on": "2024-06-01"}})
    assert us_answer(book, "a800", "2023-10-22") == FREE
    assert us_answer(book, "a800", "2024-05-31") == NO_ENTRY  # the letter that brought the rule forward goes on
    without = us_law(
        {"start": {"rule": "letter-2023", "on": "never"}}, {"start": {"rule": "ac-2023", "on": "2024-06-01"}}
    )
    assert us_answer(without, "a800", "2024-05-31") == FREE
    assert us_answer(without, "a100", "2024-05-31") == BY_2022
    assert us_answer(without, "a800", "2024-06-01") == BY_2023
    assert us_answer(without, "a100", "2024-06-01") == BY_2023
    assert us_answer(without, "l40s", "2024-05-31") == FREE
    assert us_answer(without, "rtx 4090", "2024-06-01")[0] == "notify"  # NAC of April 2024, as its text stood by then


def test_a_rule_that_never_comes_leaves_what_stood_before_it() -> None:
    book = us_law({"start": {"rule": "letter-2023", "on": "never"}}, {"start": {"rule": "ac-2023", "on": "never"}})
    for on in ("2023-11-17", "2024-04-04", "2025-02-01", "2026-08-01", "2031-01-01"):
        assert us_answer(book, "a100", on) == BY_2022
        assert us_answer(book, "a800", on) == (FREE if on < "2025-04-09" else NO_ENTRY)  # the letters of April 2025
        assert us_answer(book, "b300", on, to="VN")[:2] == NOT_THERE[:2]
        assert us_answer(book, "a100", on, posture="text")[1] == "3A090"


def test_a_rule_moved_before_what_it_replaces_leaves_nothing_of_that() -> None:
    book = us_law({"start": {"rule": "ac-2023", "on": "2022-10-21"}})
    assert "3A090 (2022)" in book.gone
    assert us_answer(book, "a800", "2022-10-20") == FREE
    assert us_answer(book, "a800", "2022-10-21") == BY_2023
    assert us_answer(book, "h20", "2022-10-21") == FREE


def test_a_rule_delayed_can_be_ended_later_and_the_first_text_comes_back_again() -> None:
    book = us_law(
        {"end": {"rule": "letter-2023", "on": "2023-10-24"}},
        {"start": {"rule": "ac-2023", "on": "2025-01-01"}},
        {"end": {"rule": "ac-2023", "on": "2025-03-01"}},
    )
    found = [us_answer(book, "a800", on)[0] for on in ("2024-12-31", "2025-01-01", "2025-02-28", "2025-03-01")]
    assert found == ["not_required", "required", "required", "not_required"]
    assert us_answer(book, "a100", "2025-03-01") == BY_2022


def test_what_a_rule_displaces_follows_it_where_it_is_moved_or_ended() -> None:
    later = us_law({"start": {"rule": "diffusion-2025", "on": "2027-01-01"}})
    assert us_answer(later, "h100", "2026-12-31", to="VN", posture="text")[0] == "required"
    assert us_answer(later, "h100", "2026-12-31", to="BR", posture="text")[0] == "not_required"
    assert us_answer(later, "h100", "2027-01-01", to="BR", posture="text")[0] == "required"
    ended = us_law({"end": {"rule": "diffusion-2025", "on": "2027-01-01"}})
    assert us_answer(ended, "h100", "2026-12-31", to="BR", posture="text")[0] == "required"
    assert us_answer(ended, "h100", "2027-01-01", to="BR", posture="text")[0] == "not_required"
    assert us_answer(ended, "h100", "2027-01-01", to="VN", posture="text")[0] == "required"
    never = us_law({"start": {"rule": "diffusion-2025", "on": "never"}})
    assert us_answer(never, "l40", "2025-06-01", posture="text")[2] == "case_by_case"  # the policy of December 2024
    assert us_answer(never, "l40", "2026-01-15", posture="text")[2] == "presumption_of_denial"


def test_countries_move_between_groups_with_the_rule_that_moved_them() -> None:
    assert us_answer(us_law({"start": {"rule": "uae-2026", "on": "2027-01-01"}}), "h100", "2026-12-31", to="AE")[2] == (
        "presumption_of_approval"
    )
    book = us_law({"end": {"rule": "uae-2026", "on": "2027-01-01"}})
    places = book.registers["places"]
    day = date(2027, 1, 1).toordinal()
    assert [places.belongs("AE", group, day - 1) for group in ("D:4", "A:5")] == [False, True]
    assert [places.belongs("AE", group, day) for group in ("D:4", "A:5")] == [True, False]
    assert us_answer(book, "h100", "2027-01-01", to="AE") == ("required", "3A090.a", "presumption_of_approval")


def test_parts_of_a_rule_that_took_effect_later_keep_their_distance() -> None:
    book = us_law({"start": {"rule": "ac-2022", "on": "2023-01-01"}})
    assert us_answer(book, "a100", "2022-12-31") == NO_ENTRY  # the letter of August 2022 goes on
    assert us_answer(book, "a100", "2023-01-14", end_use="advanced_fab")[2] == "presumption_of_denial"
    assert us_answer(book, "a100", "2023-01-14")[1] is None
    assert us_answer(book, "a100", "2023-01-15") == BY_2022


def test_a_rule_cannot_end_never() -> None:
    with pytest.raises(BadInputError, match="never ends"):
        us_law({"end": {"rule": "ac-2023", "on": "never"}})
    with pytest.raises(BadInputError, match="moved to never"):
        us_law({"start": {"provision": "3A090.a", "on": "never"}})


def test_every_rule_that_replaced_another_can_be_ended_delayed_or_left_out() -> None:
    from leadtime import rules

    book = rules.book("us_ear")
    named = {rule for item in book.provisions for rule in (item.replaced_by, item.ahead_of, *item.until) if rule}
    assert {"ac-2022", "macau-2023", "ac-2023", "corrections-2024", "fdp-2024", "diffusion-2025", "uae-2026"} <= named
    for name in sorted(named):
        rule = book.rules[name]
        for change in (
            {"end": {"rule": name, "on": "2027-03-01"}},
            {"start": {"rule": name, "on": "never"}},
            {"start": {"rule": name, "on": date.fromordinal(rule.effective + 3).isoformat()}},
        ):
            amended_book = us_law(change)
            for on in ("2024-02-01", "2028-01-01"):
                assert us_answer(amended_book, "h100", on)[0] in {"required", "not_required"}


def test_a_rule_can_start_later() -> None:
    book = amended({"start": {"rule": "sums", "on": "2004-09-01"}})
    assert asked(date(2004, 8, 31), book=book, to="C", height_m=7.0, tail_m=4.0).outcome is Outcome.NOT_REQUIRED
    assert "sum licence" not in {
        key.split("@")[0] for key in asked(date(2004, 8, 31), book=book, height_m=30.0, tail_m=1.0).applied
    }
    assert "sum licence" in {
        key.split("@")[0] for key in asked(date(2004, 9, 1), book=book, height_m=30.0, tail_m=1.0).applied
    }


def test_enforcement_can_be_switched_for_a_time() -> None:
    book = amended({"enforcement": {"rule": "reform", "enforced": True, "from": "2003-08-01", "to": "2003-08-31"}})
    found = [asked(date(2003, month, 15), book=book, kind="balloon", to="H").outcome for month in (7, 8, 9)]
    assert found == [Outcome.NOT_REQUIRED, Outcome.REQUIRED, Outcome.NOT_REQUIRED]
    off = amended({"enforcement": {"rule": "kites", "enforced": False, "from": "2002-01-01"}})
    assert asked(JUNE, book=off, height_m=50.0).outcome is Outcome.NOT_IN_FORCE
    assert asked(JUNE, book=off, posture="text", height_m=50.0).outcome is Outcome.REQUIRED


def test_places_can_enter_and_leave_a_set() -> None:
    book = amended(
        {"places": {"set": "windy", "add": ["M"], "remove": ["H"], "from": "2002-06-01", "to": "2002-06-30"}}
    )
    assert asked(JUNE, book=book, height_m=50.0, to="H").outcome is Outcome.NOT_REQUIRED
    assert asked(date(2002, 7, 1), book=book, height_m=50.0, to="H").outcome is Outcome.REQUIRED
    assert "licence@2001-01-01" in asked(JUNE, book=book, height_m=50.0, to="M").applied


def test_a_provision_can_be_added_as_data() -> None:
    where = {
        "all": [
            {"fact": "tail_m", "above": 3},
            {"not": {"fact": "to", "in": "moor"}},
            {"any": [{"fact": "colour", "one_of": ["red"]}, {"holds": "bright"}]},
        ]
    }
    book = amended(
        {
            "add": {
                "provision": "tails",
                "cites": "draft",
                "kinds": ["kite"],
                "from": "2002-06-01",
                "effect": {"requires": True, "review": "refused"},
                "where": where,
            }
        }
    )
    found = asked(JUNE, book=book, height_m=1.0, tail_m=3.5, colour="yellow")
    assert (found.outcome, found.review) == (Outcome.REQUIRED, Review.REFUSED)
    assert asked(JUNE, book=book, height_m=1.0, tail_m=3.0, colour="yellow").outcome is Outcome.NOT_REQUIRED
    assert (
        asked(date(2002, 5, 31), book=book, height_m=1.0, tail_m=3.5, colour="yellow").outcome is Outcome.NOT_REQUIRED
    )
    assert any(line.provision == "tails" and line.limit == 3.0 for line in found.trace)


def test_an_added_policy_is_asked_before_those_of_the_book() -> None:
    rows = {
        "add": {
            "provision": "mercy",
            "from": "2002-06-01",
            "kinds": ["kite"],
            "effect": {"reviews": "presumption_of_approval", "of": ["licence"]},
            "where": {"fact": "height_m", "at_most": 50},
        }
    }
    assert asked(JUNE, book=amended(rows), height_m=50.0).review is Review.PRESUMPTION_OF_APPROVAL
    assert asked(JUNE, book=amended(rows), height_m=51.0).review is Review.PRESUMPTION_OF_DENIAL


def test_an_exception_and_a_remark_can_be_added() -> None:
    lift = {
        "add": {
            "provision": "festival",
            "from": "2002-06-01",
            "kinds": ["kite"],
            "effect": {"lifts": "festival", "of": ["licence"]},
            "where": {"fact": "member", "is": True},
        }
    }
    remark = {
        "add": {
            "provision": "note",
            "from": "2002-06-01",
            "kinds": ["kite"],
            "effect": {"informs": "Bring a coat."},
            "where": {"fact": "height_m", "below": 100},
        }
    }
    found = asked(JUNE, book=amended(lift, remark), height_m=50.0, member=True, colour="red")
    assert (found.outcome, found.exception) == (Outcome.NOT_REQUIRED, "festival")
    assert "Bring a coat." in [one.text for one in found.remarks]


def test_amendments_stack_in_order() -> None:
    first = amendment_of(
        {
            "id": "one",
            "changes": [
                {"set": {"parameter": "kites.height_m", "value": 30, "from": "2002-02-01", "to": "2002-02-28"}}
            ],
        }
    )
    second = amendment_of(
        {"id": "two", "changes": [{"set": {"parameter": "kites.height_m", "value": 2, "from": "2002-03-01"}}]}
    )
    book = toyland().amend(first, second)
    assert [asked(date(2002, month, 10), book=book, height_m=5.0).outcome for month in (1, 2, 3)] == [
        Outcome.NOT_REQUIRED,
        Outcome.NOT_REQUIRED,
        Outcome.REQUIRED,
    ]
    assert book.amended_by == ("one", "two")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"end": {"provision": "licence", "on": "2000-01-01"}}, ConflictError),
        ({"end": {"provision": "licens", "on": "2002-01-01"}}, UnknownNameError),
        ({"end": {"rule": "kite", "on": "2002-01-01"}}, UnknownNameError),
        ({"end": {"provision": "licence", "rule": "kites", "on": "2002-01-01"}}, BadFileError),
        ({"end": {"provision": "licence"}}, BadFileError),
        ({"end": {"provision": "licence", "on": "soon"}}, BadInputError),
        ({"start": {"provision": "high kite", "on": "2003-06-01"}}, ConflictError),
        ({"set": {"parameter": "kites.heigth_m", "value": 1, "from": "2002-01-01"}}, UnknownNameError),
        ({"set": {"parameter": "kites.height_m", "value": 1, "from": "2000-01-01"}}, ConflictError),
        ({"set": {"parameter": "kites.height_m", "value": -1, "from": "2002-01-01"}}, OutOfRangeError),
        ({"set": {"parameter": "kites.height_m", "value": None, "from": "2002-01-01"}}, ConflictError),  # still in use
        ({"set": {"parameter": "kites.height_m", "value": 1, "from": "2002-05-01", "to": "2002-04-01"}}, ConflictError),
        ({"set": {"parameter": "kites.height_m", "from": "2002-05-01"}}, BadFileError),
        ({"set": {"parameter": "kites.height_m", "value": 1, "from": "2002-05-01", "unit": "ft"}}, BadFileError),
        ({"enforcement": {"rule": "reform", "enforced": "sometimes", "from": "2003-01-01"}}, BadFileError),
        ({"places": {"set": "seaside", "add": ["C"], "from": "2002-01-01"}}, UnknownNameError),
        ({"places": {"set": "windy", "add": ["Q"], "from": "2002-01-01"}}, UnknownNameError),
        (
            {
                "add": {
                    "provision": "licence",
                    "from": "2002-01-01",
                    "kinds": ["kite"],
                    "effect": {"requires": True},
                    "where": {"fact": "member", "is": True},
                }
            },
            ConflictError,
        ),
        (
            {
                "add": {
                    "provision": "x",
                    "from": "2002-01-01",
                    "kinds": ["plane"],
                    "effect": {"requires": True},
                    "where": {"fact": "member", "is": True},
                }
            },
            BadFileError,
        ),
        (
            {
                "add": {
                    "provision": "x",
                    "from": "2002-01-01",
                    "kinds": ["kite"],
                    "effect": {"forbids": True},
                    "where": {"fact": "member", "is": True},
                }
            },
            BadFileError,
        ),
        (
            {
                "add": {
                    "provision": "x",
                    "from": "2002-01-01",
                    "kinds": ["kite"],
                    "effect": {"lifts": "y", "of": ["nothing"]},
                    "where": {"fact": "member", "is": True},
                }
            },
            UnknownNameError,
        ),
        (
            {
                "add": {
                    "provision": "x",
                    "from": "2002-01-01",
                    "kinds": ["kite"],
                    "effect": {"requires": True},
                    "where": {"fact": "to", "in": "nowhere"},
                }
            },
            UnknownNameError,
        ),
        (
            {
                "add": {
                    "provision": "x",
                    "from": "2002-01-01",
                    "kinds": ["kite"],
                    "effect": {"requires": True},
                    "where": {"holds": "nothing"},
                }
            },
            UnknownNameError,
        ),
        (
            {
                "add": {
                    "provision": "x",
                    "from": "2002-01-01",
                    "kinds": ["kite"],
                    "effect": {"requires": True},
                    "where": {"fact": "height_m", "at_least": "nothing.at_all"},
                }
            },
            UnknownNameError,
        ),
        (
            {
                "add": {
                    "provision": "x",
                    "from": "2002-01-01",
                    "kinds": ["kite"],
                    "effect": {"requires": True},
                    "where": {"any": []},
                }
            },
            BadFileError,
        ),
        ({"add": {**ADDED, "effect": {"classifies": "K9"}, "where": {"fact": "member", "is": True}}}, UnknownNameError),
        (
            {"add": {**ADDED, "kinds": ["balloon"], "where": {"fact": "member", "is": True}}},
            BadFileError,
        ),  # not asked of balloons
        ({"add": {**ADDED, "where": {"fact": "to", "in": ["H", "Q"]}}}, UnknownNameError),
        ({"add": {**ADDED, "where": {"fact": "member", "is": None}}}, BadFileError),
        ({"add": {**ADDED, "where": {"fact": "height_m", "above": None}}}, BadFileError),
        ({"places": {"set": "windy", "add": 5, "from": "2002-01-01"}}, BadFileError),
        ({"add": {**ADDED, "kinds": True, "where": {"fact": "member", "is": True}}}, BadFileError),
        ({"abolish": {"provision": "licence"}}, BadFileError),
    ],
)
def test_an_amendment_that_cannot_be_is_refused_with_a_sentence(
    change: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        amended(change)
    assert str(caught.value).strip().endswith((".", "?"))


def test_two_amendments_that_speak_of_the_same_thing_at_the_same_time_conflict() -> None:
    rows = [
        amendment_of(
            {"id": name, "changes": [{"set": {"parameter": "kites.height_m", "value": value, "from": "2002-02-01"}}]}
        )
        for name, value in (("one", 3), ("two", 4))
    ]
    with pytest.raises(ConflictError, match=r"one and two both change 'kites\.height_m'"):
        toyland().amend(*rows)


def test_periods_are_half_open() -> None:
    period = Interval(5, 7)
    assert [ordinal in period for ordinal in (4, 5, 6, 7)] == [False, True, True, False]
    assert not period.overlaps(Interval(7, 9))
