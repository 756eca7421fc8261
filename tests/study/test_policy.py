"""From scenarios to the arrays of the world: dates, levers over rules, and the windows that are on record."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadtime import study, world
from leadtime.study._permitted import OUTCOME_OF, permitted
from leadtime.study._policy import over_time, stockpiling
from leadtime.study._quarters import N_INTERVALS, bound_date, parse_quarter
from tests.study._windows import from_windows


def at(quarter: str) -> int:
    return parse_quarter(quarter)


def share(policy: world.Policy, kind: str, outcome: str = "free") -> np.ndarray:
    return policy.open_share[world.OUTCOMES.index(outcome), world.LEGAL_CLASSES.index(kind)]


@pytest.fixture(scope="module")
def baseline() -> world.Policy:
    return study.policy_of(study.scenario("baseline"))


def test_the_rule_books_give_the_windows_that_are_on_record(baseline: world.Policy) -> None:
    """The windows were written from the record apart from the books; they differ by letters and by days only."""
    known = from_windows()
    licence = baseline.open_share[: world.OUTCOMES.index("denial")].sum(axis=0)
    expected = known.open_share[: world.OUTCOMES.index("denial")].sum(axis=0)
    for place, kind in enumerate(world.LEGAL_CLASSES):
        if kind in ("h800", "a800"):  # what is no longer made may be licensed from 2026 on
            licence[place, at("2026Q1") :] = 0
        assert np.abs(licence[place] - expected[place]).max() < 0.4, (
            kind
        )  # letters came weeks before the rules of 2022 and 2023
        assert (np.abs(licence[place] - expected[place]) > 0.02).sum() <= 2, kind
    for name in ("hbm", "foundry", "import_permission"):
        assert np.abs(getattr(baseline, name)[: at("2026Q4")] - getattr(known, name)[: at("2026Q4")]).max() < 0.17, name
    assert baseline.caps.us_volume_frac[world.LEGAL_CLASSES.index("h200"), at("2026Q2")] == 0.5


def test_the_h800_is_free_until_the_letter_of_october_2023_and_then_denied(baseline: world.Policy) -> None:
    assert share(baseline, "h800")[at("2023Q3")] == 1
    assert share(baseline, "h800")[at("2023Q4")] == pytest.approx(22 / 92)
    assert share(baseline, "h800", "denial")[at("2024Q1")] == 1


def test_the_h20_is_free_until_april_2025_and_licensed_in_practice_from_august(baseline: world.Policy) -> None:
    assert share(baseline, "h20")[at("2025Q1")] == 1
    assert share(baseline, "h20")[at("2025Q2")] == pytest.approx(8 / 91)
    assert share(baseline, "h20", "notify")[at("2025Q4")] == 1


def test_nobody_sells_the_b30a_unless_a_scenario_says_so(baseline: world.Policy) -> None:
    place = world.LEGAL_CLASSES.index("b30a")
    assert not baseline.open_share[:, place].any()
    assert share(study.policy_of(study.scenario("b30a_moderate")), "b30a")[at("2026Q3")] == 1


def test_outcomes_of_a_class_never_fill_more_than_the_interval(baseline: world.Policy) -> None:
    assert baseline.open_share.sum(axis=0).max() <= 1 + 1e-12
    assert set(filter(None, OUTCOME_OF.values())) <= set(world.OUTCOMES)


def test_beijings_permission_is_the_dated_past_then_an_open_question(baseline: world.Policy) -> None:
    assert baseline.import_permission[at("2025Q2")] == 1
    assert baseline.import_permission[at("2025Q4")] == 0
    assert baseline.import_open_question[at("2026Q3")] == 0
    assert baseline.import_open_question[at("2026Q4")] == 1
    refuses = study.policy_of(study.scenario("beijing_refuses"))
    assert not refuses.import_open_question.any()
    assert not refuses.import_permission[at("2026Q4") :].any()


def test_stockpiling_is_what_was_observed_and_moves_with_the_rules(baseline: world.Policy) -> None:
    assert [int(i) for i in np.flatnonzero(baseline.levers.stockpile)] == [
        at(q) for q in ("2023Q3", "2023Q4", "2024Q4", "2025Q1")
    ]
    assert not study.policy_of(study.scenario("rule_2022_only")).levers.stockpile.any(), (
        "nothing closes, nobody hurries"
    )
    earlier = baseline.open_share.copy()
    earlier[0, world.LEGAL_CLASSES.index("h20"), at("2024Q4") :] = 0
    flags = np.flatnonzero(stockpiling(earlier))
    assert {at("2024Q2"), at("2024Q3")} <= set(flags)
    assert at("2025Q1") not in flags


def test_no_controls_lets_everything_pass_but_keeps_the_assumptions() -> None:
    policy = study.policy_of(study.scenario({"name": "x", "title": "x", "base": ["no_controls", "double_budget"]}))
    assert (policy.open_share[0] == 1).all()
    for name in ("import_permission", "offshore", "hbm", "foundry", "region_cap"):
        assert (getattr(policy, name) == 1).all(), name
    assert policy.levers.demand_multiplier[-1] == 2


def test_levers_reach_the_policy() -> None:
    levers = {
        "fee": 0.2, "enforcement": {"2025Q1": 0.3}, "budget": 1.5, "domestic_production": {"2027-01-01": 3}, "stockpile": {"2030Q1": 1},
        "spillover": 0.5, "publication_delay_months": 6, "release_delay_us_months": 2, "release_delay_prc_months": -1,
        "open_weights_us": True, "open_weights_prc": False, "synthetic_data": False, "revenue_loop": 0.4,
        "power_gw": {"2026-12-30": 60, "2028Q1": 80.5}, "region_caps": {"sea": {"2026-01-01": 0.25}}, "on_sale": {"h200": {"2028-01-01": 0.5}},
        "sales_caps": {"h20": {"chips_per_year": 400_000, "chips_per_customer_per_year": {"2027-01-01": 8000}}},
    }  # fmt: skip
    policy = study.policy_of(study.scenario({"name": "x", "title": "x", "levers": levers}))
    assert (policy.fee_frac == 0.2).all()
    assert policy.enforcement[at("2025Q1")] == 0.3
    assert policy.levers.demand_multiplier[0] == 1.5
    assert policy.levers.plan_multiplier[at("2027Q1")] == 3
    assert policy.levers.stockpile[at("2030Q1")] == 1
    assert np.isinf(policy.levers.power_limit_w[: at("2026Q4")]).all(), "none is stated before the first step"
    assert (policy.levers.power_limit_w[at("2026Q4") : at("2028Q1")] == 60e9).all(), (
        "what there is at the end of a quarter"
    )
    assert (policy.levers.power_limit_w[at("2028Q1") :] == 80.5e9).all()
    assert policy.levers.spillover_multiplier == 0.5
    assert policy.levers.publication_delay_extra_months == 6
    assert policy.levers.release_delay_us_extra_months == 2
    assert policy.levers.release_delay_prc_extra_months == -1
    assert policy.levers.open_weights_us
    assert not policy.levers.open_weights_prc
    assert not policy.levers.synthetic_loop
    assert policy.levers.revenue_loop == 0.4
    assert policy.region_cap[world.REGIONS.index("sea"), at("2026Q1")] == 0.25
    h200, h20 = world.LEGAL_CLASSES.index("h200"), world.LEGAL_CLASSES.index("h20")
    assert policy.open_share[0, h200, -1] == 0.5
    assert not policy.open_share[1:, h200, at("2028Q1") :].any()
    assert (policy.caps.chips[h20] == 100_000).all()
    assert np.isinf(policy.caps.per_customer_chips[h20, at("2026Q4")])
    assert policy.caps.per_customer_chips[h20, at("2027Q1")] == 2000


def test_no_leakage_closes_the_channel_and_a_factor_scales_its_prior() -> None:
    assert (study.policy_of(study.scenario("zero_leakage")).enforcement == 1).all()
    usual, twice = (
        next(
            prior
            for prior in study.evaluator({"name": "x", "title": "x", "levers": levers}).priors
            if prior.id == "leak_scale"
        )
        for levers in ({}, {"leakage": 2})
    )
    assert (twice.low, twice.high) == (2 * usual.low, 2 * usual.high)


def test_a_bill_on_remote_access_closes_rental_on_top_of_practice() -> None:
    policy = study.policy_of(study.scenario("remote_access_act"))
    assert policy.offshore[at("2026Q4")] == pytest.approx(0.7)
    assert policy.offshore[at("2027Q1")] == 0


def test_amendments_move_what_they_say() -> None:
    on_time = study.policy_of(study.scenario("rule_2023_on_time"))
    assert not share(on_time, "a800").any()
    assert not share(on_time, "h800").any()
    banned = study.policy_of(study.scenario("h20_banned"))
    assert not share(banned, "h20").any()
    assert share(banned, "h800")[at("2023Q3")] == 1
    only = study.policy_of(study.scenario("rule_2022_only"))
    assert share(only, "h800")[-1] == 1
    assert share(only, "frontier", "denial")[-1] == 1
    assert only.hbm.min() > 0.98
    assert only.foundry.min() > 0.98


def test_books_without_amendments_are_read_once() -> None:
    assert permitted(()) is permitted(())


steps = st.lists(
    st.tuples(st.integers(0, 43 * 91), st.floats(0, 1)), min_size=1, max_size=5, unique_by=lambda step: step[0]
)


@settings(max_examples=50, deadline=None)
@given(steps=steps, base=st.floats(0, 1))
def test_a_value_over_time_is_the_mean_over_the_days(steps: list[tuple[int, float]], base: float) -> None:
    start = bound_date(0).toordinal()
    dated = tuple(sorted((date.fromordinal(start + day), value) for day, value in steps))
    found = over_time(dated, np.full(N_INTERVALS, base))
    for interval in (0, 7, 20, 43):
        days = range(bound_date(interval).toordinal(), bound_date(interval + 1).toordinal())
        values = [next((value for day, value in reversed(dated) if day.toordinal() <= one), base) for one in days]
        assert found[interval] == pytest.approx(np.mean(values), abs=1e-9)


def test_a_shift_of_every_rule_by_a_quarter_moves_the_windows(baseline: world.Policy) -> None:
    moved = baseline.shifted(1)
    np.testing.assert_array_equal(moved.open_share[..., 5:], baseline.open_share[..., 4:-1])


def test_many_small_eras_never_sum_to_more_than_a_whole_quarter() -> None:
    """Found with a bill and an early letter together: the parts of a quarter added up to 1 and one unit in the last place."""
    moved = {"id": "early", "label": "early", "changes": [{"start": {"rule": "letter-2025", "on": "2023-10-01"}}]}
    document = {
        "name": "mine",
        "title": "Mine",
        "base": "beijing_open",
        "amendments": [{"bill": "safe-chips", "enacted": "2027-07-01"}, moved],
    }
    run = study.simulate(document, draws=100, outputs=["lead_true_months"])
    assert run.as_data()["headline"]["lead_true_months_2030"]["value"] > 0


def test_power_that_runs_short_holds_back_the_us_and_not_the_prc() -> None:
    """Limits of what there would be anyway change nothing; no power at all stops growth, not what already runs."""
    names = ["us_used_h100e", "prc_used_h100e", "us_power_w"]

    def used(gw: float | None) -> dict[str, np.ndarray]:
        levers = {} if gw is None else {"power_gw": {"2027Q1": gw}}
        run = study.simulate(
            {"name": "short", "title": "Short of power", "levers": levers}, draws=200, seed=4, outputs=names
        )
        return {name: run.draws(name).astype(float) for name in names}

    free, ample, short, none = (used(gw) for gw in (None, 10_000, 60, 0))
    before, later = at("2027Q1"), at("2031Q1")
    assert all(np.array_equal(free[name], ample[name]) for name in names)
    for name in names:
        assert np.array_equal(free[name][: before + 1], none[name][: before + 1])
    ratio = np.median(short["us_used_h100e"][later] / free["us_used_h100e"][later])
    assert 0.01 < ratio < 0.9
    assert np.all(none["us_used_h100e"][later] <= short["us_used_h100e"][later])
    assert np.all(none["us_used_h100e"][later] > 0)
    assert np.all(none["us_power_w"][later] <= free["us_power_w"][before + 1] * 1.001)
