"""What must hold for every chip, buyer and day under the US book, not only for those in the case files."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadtime import rules
from leadtime.rules import Item, Outcome, Request, determine, determine_many
from leadtime.rules.engine import answer

BOOK = rules.book("us_ear")
PLACES = BOOK.registers["places"].members
FIRST, LAST = date(2022, 6, 1).toordinal(), date(2028, 12, 31).toordinal()
N_ROWS = 4_000
SETTINGS = settings(max_examples=12, deadline=None)


def drawn(seed: int, n: int = N_ROWS) -> dict[str, Any]:
    """Random chips, some of them exactly at a limit, to random buyers on random days."""
    rng = np.random.default_rng(seed)
    limits = {
        "tpp": [1600, 2400, 4800, 4992, 21000],
        "performance_density": [1.6, 3.2, 5.92],
        "memory_bandwidth_gb_s": [1400, 4500, 6500],
        "interconnect_gb_s": [300, 600, 1100],
    }
    spans = {
        "tpp": (2.5, 4.8),
        "performance_density": (-0.5, 1.5),
        "memory_bandwidth_gb_s": (2, 4),
        "interconnect_gb_s": (1.5, 3.3),
    }
    facts: dict[str, Any] = {}
    for name, (low, high) in spans.items():
        at_limit = np.array(limits[name])[rng.integers(0, len(limits[name]), n)]
        facts[name] = np.where(rng.random(n) < 0.3, at_limit, 10 ** rng.uniform(low, high, n))
    to = rng.integers(0, len(PLACES), n)
    favourites = np.array([PLACES.index(code) for code in ("CN", "HK", "MO", "AE", "VN", "SG", "DE", "IL", "US")])
    to = np.where(rng.random(n) < 0.7, favourites[rng.integers(0, len(favourites), n)], to)
    hq = np.where(rng.random(n) < 0.5, to, favourites[rng.integers(0, len(favourites), n)])
    changes = np.array([day for day in BOOK.change_dates if FIRST <= day <= LAST])
    on = np.where(
        rng.random(n) < 0.5,
        changes[rng.integers(0, len(changes), n)] - rng.integers(0, 2, n),
        rng.integers(FIRST, LAST, n),
    )
    return facts | {
        "to": to,
        "hq": hq,
        "on": on,
        "datacenter_marketed": rng.random(n) < 0.6,
        "vendor": rng.integers(0, 4, n),
        "certified": rng.random(n) < 0.5,
        "consignee": np.where(rng.random(n) < 0.2, rng.integers(0, len(BOOK.registers["parties"].members), n), 0),
        "end_use": np.where(rng.random(n) < 0.2, rng.integers(0, len(BOOK.frame.facts["end_use"].choices), n), 0),
        "listed_ownership_known_frac": np.array([-np.inf, 0.0, 0.49, 0.5, 0.8])[rng.integers(0, 5, n)],
        "quantity_stated": rng.random(n) < 0.5,
        "aggregate_tpp": np.array([1e4, 26.9e6, 27e6, 790e6, 800e6])[rng.integers(0, 5, n)],
        "posture": "text" if seed % 2 else "enforced",
    }


SEEDS = st.integers(0, 10_000)


@SETTINGS
@given(SEEDS, st.floats(1.0, 3.0))
def test_more_performance_never_relaxes_at_the_same_density(seed: int, factor: float) -> None:
    case = drawn(seed)
    before = determine_many(BOOK, **case)
    after = determine_many(BOOK, **{**case, "tpp": case["tpp"] * factor})
    assert np.all(after.outcome >= before.outcome)


@SETTINGS
@given(SEEDS, st.floats(1.0, 4.0))
def test_more_density_bandwidth_or_links_never_relax(seed: int, factor: float) -> None:
    case = drawn(seed)
    before = determine_many(BOOK, **case)
    for name in ("performance_density", "memory_bandwidth_gb_s", "interconnect_gb_s"):
        after = determine_many(BOOK, **{**case, name: case[name] * factor})
        assert np.all(after.outcome >= before.outcome), name


@SETTINGS
@given(SEEDS)
def test_a_mark_as_not_for_data_centres_never_tightens(seed: int) -> None:
    case = drawn(seed)
    marked = determine_many(BOOK, **{**case, "datacenter_marketed": True})
    unmarked = determine_many(BOOK, **{**case, "datacenter_marketed": False})
    assert np.all(unmarked.outcome <= marked.outcome)


@SETTINGS
@given(SEEDS)
def test_certification_never_tightens_review(seed: int) -> None:
    case = drawn(seed)
    without = determine_many(BOOK, **{**case, "certified": False})
    certified = determine_many(BOOK, **{**case, "certified": True})
    assert np.all(certified.outcome == without.outcome)
    assert np.all(certified.review <= without.review)


@SETTINGS
@given(SEEDS)
def test_a_parent_in_china_never_relaxes(seed: int) -> None:
    case = drawn(seed)
    own = determine_many(BOOK, **{**case, "hq": case["to"]})
    chinese = determine_many(BOOK, **{**case, "hq": PLACES.index("CN")})
    abroad = case["to"] != PLACES.index("US")
    assert np.all((chinese.outcome >= own.outcome)[abroad])


@SETTINGS
@given(SEEDS, st.floats(0.0, 0.5))
def test_more_in_listed_hands_never_relaxes(seed: int, more: float) -> None:
    case = drawn(seed)
    before = determine_many(BOOK, **case)
    after = determine_many(BOOK, **{**case, "listed_ownership_known_frac": case["listed_ownership_known_frac"] + more})
    assert np.all(after.outcome >= before.outcome)


@SETTINGS
@given(SEEDS, st.floats(1.0, 40.0))
def test_more_units_never_relax_outcome_or_policy(seed: int, factor: float) -> None:
    case = {**drawn(seed), "quantity_stated": True}
    before = determine_many(BOOK, **case)
    after = determine_many(BOOK, **{**case, "aggregate_tpp": case["aggregate_tpp"] * factor})
    assert np.all(after.outcome >= before.outcome)
    assert np.all(after.review >= before.review)


@SETTINGS
@given(SEEDS, st.sampled_from(("chip", "hbm", "die")), st.booleans())
def test_an_embargoed_country_always_needs_a_licence(seed: int, kind: str, known: bool) -> None:
    """Whatever the item, the buyer, the use, the day and the posture: known figures or none."""
    n = N_ROWS if known else 8
    case = drawn(seed, n)
    asked = {name for name, fact in BOOK.frame.facts.items() if not fact.kinds or kind in fact.kinds}
    case = {name: values for name, values in case.items() if name in {*asked, "on", "posture"}}
    if not known:
        case = {
            name: values
            for name, values in case.items()
            if not BOOK.frame.facts.get(name) or not BOOK.frame.facts[name].kinds
        }
    embargoed = [PLACES.index(code) for code in ("CU", "IR", "KP", "SY", "RU", "BY")]
    case["to"] = np.array(embargoed)[np.random.default_rng(seed).integers(0, len(embargoed), n)]
    found = determine_many(BOOK, kind, **case)
    assert np.all(found.outcome == Outcome.REQUIRED)


@settings(max_examples=4, deadline=None)
@given(SEEDS)
def test_what_is_not_known_never_becomes_free_unless_it_is_free_either_way(seed: int) -> None:
    """Hide some facts: the true outcome must stay possible, so a certain answer must be the true one."""
    case = drawn(seed, 300)
    truth = determine_many(BOOK, **case)
    rng = np.random.default_rng(seed + 1)
    hidden = dict(case)
    for name in ("tpp", "performance_density", "memory_bandwidth_gb_s", "interconnect_gb_s"):
        hidden[name] = np.where(rng.random(300) < 0.4, np.nan, case[name])
    hidden["datacenter_marketed"] = np.where(rng.random(300) < 0.3, -1, case["datacenter_marketed"].astype(int))
    hidden["vendor"] = np.where(rng.random(300) < 0.3, -1, case["vendor"])
    found = determine_many(BOOK, **hidden)
    certain = found.outcome != Outcome.UNKNOWN
    assert np.array_equal(found.outcome[certain], truth.outcome[certain])
    assert np.any(~certain)


@settings(max_examples=3, deadline=None)
@given(SEEDS)
def test_one_at_a_time_agrees_with_many_and_names_what_is_possible(seed: int) -> None:
    n = 40
    case = drawn(seed, n)
    rng = np.random.default_rng(seed)
    numbers = ("tpp", "performance_density", "memory_bandwidth_gb_s", "interconnect_gb_s")
    for name in numbers:
        case[name] = np.where(rng.random(n) < 0.2, np.nan, case[name])
    many = determine_many(BOOK, **case)
    words = {name: fact.choices for name, fact in BOOK.frame.facts.items() if fact.type == "choice"}
    for row in range(n):
        facts: dict[str, Any] = {
            name: None if np.isnan(case[name][row]) else float(case[name][row]) for name in numbers
        }
        facts |= {name: float(case[name][row]) for name in ("listed_ownership_known_frac", "aggregate_tpp")}
        facts |= {name: bool(case[name][row]) for name in ("datacenter_marketed", "certified", "quantity_stated")}
        facts |= {name: words[name][case[name][row]] for name in ("vendor", "end_use")}
        facts |= {name: PLACES[case[name][row]] for name in ("to", "hq")}
        facts["consignee"] = BOOK.registers["parties"].members[case["consignee"][row]]
        one = answer(BOOK, "chip", facts, date.fromordinal(int(case["on"][row])), case["posture"])
        assert (one.outcome, one.review) == (many.outcome[row], many.review[row]), facts
        assert (one.outcome is Outcome.UNKNOWN) == (len(one.possible_outcomes) > 1)
        if one.outcome is Outcome.UNKNOWN:
            assert one.missing, facts


def test_very_many_rows_are_answered_like_few() -> None:
    """Many rows are sorted by era inside; a call with few is not."""
    case = drawn(11, 120_000)
    case["tpp"] = np.where(np.random.default_rng(1).random(120_000) < 0.001, np.nan, case["tpp"])
    posture = case.pop("posture")
    all_at_once = determine_many(BOOK, posture=posture, **case)
    for start in range(0, 120_000, 40_000):
        few = determine_many(
            BOOK, posture=posture, **{name: values[start : start + 40_000] for name, values in case.items()}
        )
        rows = slice(start, start + 40_000)
        assert np.array_equal(all_at_once.outcome[rows], few.outcome)
        assert np.array_equal(all_at_once.review[rows], few.review)
        assert np.array_equal(all_at_once.entry[rows], few.entry)
        names = np.array([*few.exceptions, ""])
        assert np.array_equal(
            np.array([*all_at_once.exceptions, ""])[all_at_once.exception[rows]], names[few.exception]
        )


def test_rows_with_missing_facts_are_answered_the_same_in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    case = drawn(3, 200)
    case["tpp"] = np.where(np.arange(200) % 3 == 0, np.nan, case["tpp"])
    case["vendor"] = np.where(np.arange(200) % 2 == 0, -1, case["vendor"])
    whole = determine_many(BOOK, **case)
    monkeypatch.setattr("leadtime.rules.engine._branch.CELLS", 40)
    parts = determine_many(BOOK, **case)
    assert np.any(whole.outcome == Outcome.UNKNOWN)
    for name in ("outcome", "review", "entry", "exception"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name)), name


@pytest.mark.parametrize(
    "hidden",
    ["tpp", "performance_density", "memory_bandwidth_gb_s", "interconnect_gb_s", "datacenter_marketed", "vendor"],
)
def test_every_outcome_called_possible_can_be_reached_by_filling_in(hidden: str) -> None:
    known: dict[str, Any] = {
        "tpp": 3000.0,
        "performance_density": 4.0,
        "memory_bandwidth_gb_s": 900.0,
        "interconnect_gb_s": 900.0,
        "datacenter_marketed": True,
        "vendor": "NVIDIA",
    }
    tried: dict[str, list[Any]] = {"datacenter_marketed": [True, False], "vendor": ["NVIDIA", "other"]}
    grid = tried.get(hidden, [float(value) for value in 10 ** np.linspace(-1, 5, 60)])
    request = Request(to="CN", on=date(2025, 6, 1))
    left = determine(BOOK, Item(name="x", facts={**known, hidden: None}), request)
    reached = {determine(BOOK, Item(name="x", facts={**known, hidden: value}), request).outcome for value in grid}
    assert set(left.possible["outcomes"]) == reached
