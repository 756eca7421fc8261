"""What the model does when something changes: direction, timing, order of scenarios, bands."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from leadtime import world
from leadtime.world import _fleet, _supply
from tests.world import policies
from tests.world.policies import window

BOUND_2025, BOUND_2026, BOUND_2027, BOUND_2030 = 12, 16, 20, 32
FRONTIER = ("lead_true_months_s0", "lead_true_months_s1", "lead_true_months_s2")


def run(params, policy, data, *names):  # type: ignore[no-untyped-def]
    return world.run(params, policy, data=data, outputs=names or world.DEFAULT_OUTPUTS)


@pytest.fixture(scope="module")
def params(draws):  # type: ignore[no-untyped-def]
    return draws(1500, seed=5, dtype=np.float32)


@pytest.fixture(scope="module")
def base(params, past, data):  # type: ignore[no-untyped-def]
    return run(params, past, data)


@pytest.fixture(scope="module")
def scenarios(params, past, data, base):  # type: ignore[no-untyped-def]
    open_2026 = {"import_permission": 1 - window(2025.58, 2026), "import_open_question": 0.0}
    double = replace(past.levers, demand_multiplier=1 + 1.2 * window(2026))
    policy = {
        "no controls": past.no_controls(),
        "strict": policies.strict(data),
        "zero leakage": policies.past(data, enforcement=1.0),
        "h20 banned": policies.past(data, permissions={"h20": 0.0}),
        "h20 free": policies.past(data, permissions={"h20": window(2024.1), "h200": 0.0}, import_permission=1.0, import_open_question=0.0),
        "h200": policies.past(data, permissions={"h20": {"free": window(2024.1, 2025.27), "notify": window(2025.6)}, "h200": window(2026.04)}, **open_2026),
        "b30a moderate": policies.past(data, permissions={"b30a": window(2026)}, caps={"b30a": {"us_volume_frac": 0.34}}, **open_2026),
        "b30a aggressive": policies.past(data, permissions={"b30a": window(2026)}, caps={}, levers=double, **open_2026),
        "cloud closed": policies.past(data, offshore=1 - window(2026)),
        "hbm never": policies.past(data, hbm=1.0),
    }  # fmt: skip
    return {"baseline": base} | {name: run(params, chosen, data) for name, chosen in policy.items()}


def acquired_ratio(result) -> float:  # type: ignore[no-untyped-def]
    us, prc = (result[f"{who}_acquired_h100e"][BOUND_2026:BOUND_2027].sum(axis=0) for who in ("us", "prc"))
    return float(np.median(us / prc))


def test_order_of_scenarios_by_compute_acquired_in_2026(scenarios) -> None:  # type: ignore[no-untyped-def]
    order = ["strict", "baseline", "h200", "b30a moderate", "b30a aggressive"]
    ratios = [acquired_ratio(scenarios[name]) for name in order]
    assert ratios == sorted(ratios, reverse=True)
    assert len({round(ratio, 1) for ratio in ratios}) == len(ratios)


def test_order_of_scenarios_by_lead(scenarios) -> None:  # type: ignore[no-untyped-def]
    leads = [
        float(np.median(scenarios[name]["lead_true_months"][BOUND_2027]))
        for name in ("strict", "zero leakage", "baseline", "no controls")
    ]
    assert leads == sorted(leads, reverse=True)


def test_an_h20_ban_costs_serving_more_than_training(scenarios, base) -> None:  # type: ignore[no-untyped-def]
    banned = scenarios["h20 banned"]
    kept = {
        name: float(np.median(banned[name][BOUND_2027] / base[name][BOUND_2027]))
        for name in ("prc_serving_h100e", "prc_training_h100e")
    }
    assert kept["prc_serving_h100e"] < 0.85 < kept["prc_training_h100e"]


def test_budgets_substitute(scenarios, base) -> None:  # type: ignore[no-untyped-def]
    """More permission can mean less compute owned: money for H20 no longer buys leaked or rented frontier chips."""
    change = scenarios["h20 free"]["prc_used_h100e"][BOUND_2027] / base["prc_used_h100e"][BOUND_2027]
    assert 0.1 < float(np.mean(change < 1)) < 0.9


def test_without_substitution_permission_never_lowers_training_compute(draws, data, past) -> None:  # type: ignore[no-untyped-def]
    params = draws(400, h20_substitution=0.0, offshore_max=0.0, h20_displacement=0.0)
    free = policies.past(data, permissions={"h20": window(2024.1), "h200": 0.0})
    closed = policies.past(data, permissions={"h20": 0.0, "h200": 0.0})
    more, less = (
        run(params, policy, data, "prc_training_h100e", "prc_legal_spending_usd") for policy in (free, closed)
    )
    assert np.all(more["prc_training_h100e"] >= less["prc_training_h100e"] * (1 - 1e-9))


def test_spending_on_legal_chips_rises_with_permission(params, data, past) -> None:  # type: ignore[no-untyped-def]
    before = None
    for share in (0.0, 0.3, 0.6, 1.0):
        got = run(params, policies.past(data, permissions={"h20": share}), data, "prc_legal_spending_usd")[
            "prc_legal_spending_usd"
        ]
        if before is not None:
            assert np.all(got >= before * (1 - 1e-5))
        before = got


def test_controls_lower_training_compute_in_almost_every_draw(scenarios, base) -> None:  # type: ignore[no-untyped-def]
    twin = scenarios["no controls"]["prc_training_h100e"]
    held = base["prc_training_h100e"] <= twin * (1 + 1e-5)
    assert float(held[BOUND_2026:].mean()) >= 0.995
    # up to then buying ahead of the rules, which the twin has no reason for, can outweigh them
    assert float(held[BOUND_2025].mean()) >= 0.97


def test_no_twin_of_a_twin(past) -> None:  # type: ignore[no-untyped-def]
    once = past.no_controls()
    again = once.no_controls()
    for name in ("open_share", "import_permission", "offshore", "hbm", "foundry", "enforcement", "region_cap"):
        assert np.array_equal(getattr(once, name), getattr(again, name)), name


def test_leakage_rises_with_its_causes(params, past, data, base) -> None:  # type: ignore[no-untyped-def]
    before = base["prc_leaked_h100e"]
    supplied = run(params | {"leak_scale": params["leak_scale"] * np.float32(1.5)}, past, data, "prc_leaked_h100e")[
        "prc_leaked_h100e"
    ]
    assert np.all(supplied >= before * (1 - 1e-4) - 1)
    # a larger budget also buys more legal chips, which leaves less to leak, so not every draw rises
    wanted = run(params | {"budget_share": params["budget_share"] * np.float32(1.1)}, past, data, "prc_leaked_h100e")[
        "prc_leaked_h100e"
    ]
    assert 1.03 < float(np.median(wanted[16:20].sum(axis=0) / before[16:20].sum(axis=0))) < 1.12


def test_leakage_falls_with_enforcement(params, data, base) -> None:  # type: ignore[no-untyped-def]
    less = run(params, policies.past(data, enforcement=0.4), data, "prc_leaked_h100e")["prc_leaked_h100e"]
    assert np.all(less <= base["prc_leaked_h100e"] * (1 + 1e-5))
    none = run(params, policies.past(data, enforcement=1.0), data, "prc_leaked_h100e")["prc_leaked_h100e"]
    assert np.all(none == 0)


@pytest.mark.parametrize("change", [{"hbm": 1.0}, {"foundry": 1.0}, {"levers": "plan"}])
def test_more_inputs_never_lower_domestic_output(change, params, past, data, base) -> None:  # type: ignore[no-untyped-def]
    if change.get("levers"):
        change = {"levers": replace(past.levers, plan_multiplier=np.full(44, 1.5))}
    more = run(params, policies.past(data, **change), data, "prc_sold_domestic_h100e")["prc_sold_domestic_h100e"]
    assert np.all(more >= base["prc_sold_domestic_h100e"] * (1 - 1e-5))


def test_higher_caps_never_lower_sales_of_the_class(params, data) -> None:  # type: ignore[no-untyped-def]
    sold = []
    for cap in (0.0, 10_000.0, 60_000.0, np.inf):
        policy = policies.past(
            data,
            permissions={"h20": 0.0},
            caps={"h200": {"chips": cap}},
            import_permission=1.0,
            import_open_question=0.0,
        )
        sold.append(run(params, policy, data, "prc_legal_h200_chips")["prc_legal_h200_chips"])
    for lower, higher in itertools.pairwise(sold):
        assert np.all(higher.cumsum(axis=0) >= lower.cumsum(axis=0) * (1 - 1e-5))
    assert np.all(sold[0] == 0)


def test_unused_allowance_carries_over_within_a_year_only(draws, data) -> None:  # type: ignore[no-untyped-def]
    cap = np.full(44, np.inf)
    cap[16:24] = 1e6  # a million each quarter of 2026 and 2027, far above demand in the first
    share = np.zeros(44)
    share[[17, 20]] = 1.0  # open only in the second quarter of 2026 and the first of 2027
    small = cap.copy()
    small[16:24] = 1000.0
    policy = policies.past(
        data,
        permissions={"h200": share, "h20": 0.0},
        caps={"h200": {"chips": small}},
        import_permission=1.0,
        import_open_question=0.0,
    )
    sold = run(draws(50), policy, data, "prc_legal_h200_chips")["prc_legal_h200_chips"]
    assert sold[17] == pytest.approx(np.full(50, 2000.0))
    assert sold[20] == pytest.approx(np.full(50, 1000.0))


def test_a_cap_per_customer_binds_large_buyers_first(draws, data) -> None:  # type: ignore[no-untyped-def]
    def sold(cap: float) -> np.ndarray:
        policy = policies.past(
            data,
            permissions={"h200": window(2026), "h20": 0.0},
            caps={"h200": {"per_customer_chips": cap}},
            import_permission=1.0,
            import_open_question=0.0,
        )
        return run(draws(50), policy, data, "prc_legal_h200_chips")["prc_legal_h200_chips"][16:20].sum(axis=0)  # type: ignore[no-any-return]

    buyers = sum(lab.n_buyers for lab in data.labs if lab.purchase_share) + data.constants["small_buyers"]
    free, tight, tighter = sold(1e9), sold(3000.0), sold(300.0)
    assert np.all(tight <= free)
    assert np.all(tighter <= 4 * 300 * buyers)
    big = max(lab.purchase_share for lab in data.labs)
    untouched = free * big / 4 < 3000 * 0.5
    assert tight[untouched] == pytest.approx(free[untouched], rel=1e-6)


def test_a_relative_cap_follows_us_sales(draws, data) -> None:  # type: ignore[no-untyped-def]
    params = draws(80, accept_h200=1.0)
    policy = policies.past(
        data,
        permissions={"h200": window(2026), "h20": 0.0},
        caps={"h200": {"us_volume_frac": 0.05}},
        import_permission=1.0,
        import_open_question=0.0,
    )
    got = run(params, policy, data, "prc_legal_h200_chips", "merchant_made_h100e")
    mix = data.mix[2026]["h200"] / data.compute["h200"]
    allowed = 0.05 * params["us_share"] * mix * got["merchant_made_h100e"][16:20].sum(axis=0)
    sold = got["prc_legal_h200_chips"][16:20].sum(axis=0)
    assert np.all(sold <= allowed * (1 + 1e-9))
    assert np.mean(sold > 0.99 * allowed) > 0.9


def test_closing_the_cloud_returns_it_to_its_hosts_at_once(params, data, base, scenarios) -> None:  # type: ignore[no-untyped-def]
    closed = scenarios["cloud closed"]
    assert np.all(closed["prc_rented_h100e"][BOUND_2026 + 1 :] == 0)
    assert closed["prc_rented_h100e"][BOUND_2026] == pytest.approx(base["prc_rented_h100e"][BOUND_2026])
    back = closed["row_used_h100e"][BOUND_2026 + 1] - base["row_used_h100e"][BOUND_2026 + 1]
    assert back == pytest.approx(
        base["prc_rented_h100e"][BOUND_2026 + 1], rel=0.06, abs=2000
    )  # what leaks instead is missing


def test_a_regional_cap_moves_chips_to_the_us_and_shrinks_rental_and_leakage(params, data, base) -> None:  # type: ignore[no-untyped-def]
    names = ("region_sea_h100e", "us_used_h100e", "prc_rented_h100e", "prc_leaked_h100e", "non_prc_own_h100e")
    capped = run(params, policies.past(data, region_cap={"sea": 1 - 0.5 * window(2025)}), data, *names)
    free = run(params, policies.past(data), data, *names)
    at = BOUND_2027
    assert np.all(capped["us_used_h100e"][at] > free["us_used_h100e"][at])
    assert np.all(capped["prc_rented_h100e"][at] <= free["prc_rented_h100e"][at] * (1 + 1e-5))
    assert np.median(capped["prc_rented_h100e"][at] / free["prc_rented_h100e"][at]) < 0.9
    assert np.median(capped["prc_leaked_h100e"][at] / free["prc_leaked_h100e"][at]) < 0.95


def test_rules_one_quarter_later_move_flows_one_interval_and_stocks_one_bound(draws, data, past) -> None:  # type: ignore[no-untyped-def]
    names = ("prc_legal_frontier_h100e", "prc_own_h100e", "prc_legal_a800_chips")
    params = draws(30)
    now, later = (run(params, policy, data, *names) for policy in (past, past.shifted(1)))
    closed = int((2022.75 - 2022) * 4)
    assert np.all(now["prc_legal_frontier_h100e"][closed] == 0)
    assert np.all(later["prc_legal_frontier_h100e"][closed] > 0)
    assert np.all(later["prc_legal_frontier_h100e"][closed + 1] == 0)
    # the first difference in the stock stands one bound after the first difference in the flow
    assert np.array_equal(now["prc_own_h100e"][: closed + 1], later["prc_own_h100e"][: closed + 1])
    assert np.all(now["prc_own_h100e"][closed + 1] != later["prc_own_h100e"][closed + 1])


def test_a_sale_of_the_interval_first_shows_at_the_bound_after_it(draws, data) -> None:  # type: ignore[no-untyped-def]
    params = draws(10)
    open_once = np.zeros(44)
    open_once[20] = 1.0
    shut = {"frontier": 0.0, "a800": 0.0, "h800": 0.0, "h200": 0.0, "h20": 0.0}
    with_sale = policies.past(
        data, permissions=shut | {"h20": open_once}, import_permission=1.0, import_open_question=0.0
    )
    got = run(params, with_sale, data, "prc_h20_chips", "prc_legal_h20_chips")
    assert np.all(got["prc_h20_chips"][:21] == 0)
    assert np.all(got["prc_h20_chips"][21] > 0)
    assert np.flatnonzero(got["prc_legal_h20_chips"].sum(axis=1)).tolist() == [20]


def test_switched_off_parts_have_no_effect(draws, data, past) -> None:  # type: ignore[no-untyped-def]
    params = draws(60, synthetic_gain=0.0, spillover=0.0)
    on = run(params, past, data, *FRONTIER)
    off = run(
        params,
        policies.past(data, levers=replace(past.levers, synthetic_loop=False, spillover_multiplier=0.0)),
        data,
        *FRONTIER,
    )
    for name in FRONTIER:
        assert np.array_equal(on[name], off[name]), name
    assert np.array_equal(on["lead_true_months_s0"], on["lead_true_months_s1"])


def test_the_synthetic_loop_changes_the_lead_a_little(params, data, past, base) -> None:  # type: ignore[no-untyped-def]
    off = run(
        params, policies.past(data, levers=replace(past.levers, synthetic_loop=False)), data, "lead_true_months_s1"
    )["lead_true_months_s1"]
    change = np.median(np.abs(base["lead_true_months_s1"][BOUND_2027] - off[BOUND_2027]))
    assert 0 < change < 1.0


def test_the_revenue_loop_is_off_unless_asked_for(params, data, past, base) -> None:  # type: ignore[no-untyped-def]
    on = run(params, policies.past(data, levers=replace(past.levers, revenue_loop=0.5)), data, "prc_budget_usd")[
        "prc_budget_usd"
    ]
    assert np.all(on <= base["prc_budget_usd"] * (1 + 1e-5))
    assert np.any(on < base["prc_budget_usd"] * 0.99)


def test_under_a_floor_by_imitation_no_control_buys_a_month(scenarios, base) -> None:  # type: ignore[no-untyped-def]
    """Variant S2 makes controls worth nothing by construction: that is why it is no default and why all variants are shown."""
    bought = base["lead_true_months_s2"] - scenarios["no controls"]["lead_true_months_s2"]
    assert abs(float(np.median(bought[BOUND_2027]))) < 0.05
    assert (
        float(np.median((base["lead_true_months_s0"] - scenarios["no controls"]["lead_true_months_s0"])[BOUND_2027]))
        > 1.0
    )


def test_months_bought_shrink_with_spillover(scenarios, base, params) -> None:  # type: ignore[no-untyped-def]
    bought = (base["lead_true_months_s1"] - scenarios["no controls"]["lead_true_months_s1"])[BOUND_2027]
    low = bought[params["spillover"] < 0.3]
    high = bought[params["spillover"] > 0.7]
    assert np.median(low) > 2 * np.median(high) > 0


def test_longer_release_delays_hide_more(params, data, past) -> None:  # type: ignore[no-untyped-def]
    levers = replace(past.levers, synthetic_loop=False)
    names = ("us_hidden_gap", "lead_apparent_months_s0", "lead_true_months_s0")
    prompt = run(params, policies.past(data, levers=levers), data, *names)
    slow = run(params, policies.past(data, levers=replace(levers, release_delay_us_extra_months=6.0)), data, *names)
    assert np.all(slow["us_hidden_gap"][BOUND_2027] > prompt["us_hidden_gap"][BOUND_2027])
    assert np.array_equal(slow["lead_true_months_s0"], prompt["lead_true_months_s0"])
    assert slow["lead_apparent_months_s0"] == pytest.approx(prompt["lead_apparent_months_s0"] - 6, abs=1e-4)


def test_open_weights_of_us_labs_raise_the_open_floor(params, data, past, base) -> None:  # type: ignore[no-untyped-def]
    opened = run(
        params, policies.past(data, levers=replace(past.levers, open_weights_us=True)), data, "open_capability"
    )["open_capability"]
    assert np.all(opened >= base["open_capability"])
    assert np.median(opened[BOUND_2027] - base["open_capability"][BOUND_2027]) > 1


def test_a_power_limit_holds_and_makes_chips_wait(draws, data, past) -> None:  # type: ignore[no-untyped-def]
    params = draws(100)
    limit = np.where(world.starts_yr() >= 2027, 40e9, np.inf)
    names = (
        "non_prc_own_h100e",
        "non_prc_pipeline_h100e",
        "row_used_h100e",
        "us_used_h100e",
        "prc_used_h100e",
        "prc_own_h100e",
    )
    limited = run(params, policies.past(data, levers=replace(past.levers, power_limit_w=limit)), data, *names)
    free = run(params, past, data, *names)
    since = 2022 + np.arange(45) / 4 - 2025
    per_h100e = (
        params["power_per_h100e"]
        * data.constants["pue"]
        * np.exp(-data.constants["power_decline"] * since)[:, None]
        * 1e3
    )
    watts = limited["non_prc_own_h100e"] * per_h100e
    bound = int((2027.25 - 2022) * 4)
    above = free["non_prc_own_h100e"] * per_h100e
    start = np.maximum(40e9, above[bound - 1])  # what already runs when the limit comes keeps running
    assert np.all(watts[bound:] <= start * (1 + 1e-9))
    assert np.all(limited["non_prc_own_h100e"] <= free["non_prc_own_h100e"] * (1 + 1e-9))
    assert np.all(limited["non_prc_pipeline_h100e"] >= free["non_prc_pipeline_h100e"] * (1 - 1e-9))
    assert np.all(limited["row_used_h100e"] >= -1e-6)
    assert np.median(limited["us_used_h100e"][BOUND_2030] / free["us_used_h100e"][BOUND_2030]) < 0.8


def test_half_the_step_moves_stocks_little(draws, data) -> None:  # type: ignore[no-untyped-def]
    """The same yearly supply in eighths of a year instead of quarters."""
    params = draws(200)
    merchant = data.merchant | {2026: 24.0, 2027: 50.0}

    def operating_2027(n_per_year: int) -> np.ndarray:
        flows = _supply.parts_of_history(merchant, n_per_year)
        scale = n_per_year / 4
        rates = _fleet.coefficients(params["pipeline_non_prc"] * scale, params["chip_life"] * scale)
        state = _fleet.init(params["initial_non_prc"])
        for flow in flows[: 5 * n_per_year]:
            state = _fleet.step(rates, state, np.full(200, flow))
        return _fleet.in_operation(state)  # type: ignore[no-any-return]

    change = operating_2027(8) / operating_2027(4) - 1
    assert abs(float(np.median(change))) < 0.03


def test_no_draw_fails_in_a_large_block(data, draws, past) -> None:  # type: ignore[no-untyped-def]
    got = run(draws(4096, seed=11, dtype=np.float32), past, data)
    for name, values in got.items():
        assert np.all(np.isfinite(values)), name


def test_prefill_shrinks_as_answers_grow(draws, data, past) -> None:  # type: ignore[no-untyped-def]
    params = draws(50, prefill_decline=0.5)
    share = run(params, past, data, "prefill_share_frac")["prefill_share_frac"]
    assert np.all(np.diff(share, axis=0) <= 1e-12)
    assert np.all(share[BOUND_2030] < 0.3 * share[0])
    still = run(draws(50, prefill_decline=0.0), past, data, "prefill_share_frac")["prefill_share_frac"]
    assert np.ptp(still, axis=0) == pytest.approx(np.zeros(50))


def test_security_says_what_is_lacking(params, data, past) -> None:  # type: ignore[no-untyped-def]
    names = [f"security_{a.id}_{what}" for a in data.applications for what in ("need_ratio", "bound_code")]
    got = run(params, past, data, *names, "prc_token_capacity_per_day")
    for application in data.applications:
        ratio, code = (got[f"security_{application.id}_{what}"] for what in ("need_ratio", "bound_code"))
        assert np.array_equal(code >= 2, ratio > 1)
        assert set(np.unique(code)) <= {0, 1, 2, 3}
    capacity_bound = {
        a.id: float(np.mean(got[f"security_{a.id}_bound_code"][BOUND_2026] >= 2)) for a in data.applications
    }
    assert capacity_bound["cameras"] > 0.9
    assert capacity_bound["agents"] < 0.1


BANDS = {
    # (series, bound): expected median, from an independent implementation of the same equations after calibration
    ("prc_used_h100e", BOUND_2025): 0.57e6,
    ("prc_used_h100e", BOUND_2026): 1.52e6,
    ("prc_used_h100e", BOUND_2027): 3.3e6,
    ("prc_used_h100e", BOUND_2030): 20e6,
    ("prc_rented_h100e", BOUND_2026): 0.28e6,
    ("prc_rented_h100e", BOUND_2027): 1.0e6,
    ("prc_sold_domestic_h100e", BOUND_2025): 0.26e6,
    ("prc_sold_domestic_h100e", BOUND_2026): 0.71e6,
    ("prc_sold_domestic_h100e", BOUND_2027): 1.2e6,
    ("prc_sold_domestic_h100e", BOUND_2030): 2.7e6,
    ("non_prc_own_h100e", BOUND_2025): 4.5e6,
    ("non_prc_own_h100e", BOUND_2026): 14e6,
    ("non_prc_own_h100e", BOUND_2027): 41e6,
    ("non_prc_own_h100e", BOUND_2030): 410e6,
    ("us_run_flop", BOUND_2025): 4.8e26,
    ("us_run_flop", BOUND_2026): 2.3e27,
    ("us_run_flop", BOUND_2027): 9.3e27,
    ("training_ratio", BOUND_2025): 10.0,
    ("training_ratio", BOUND_2026): 12.0,
    ("training_ratio", BOUND_2027): 16.0,
    ("serving_ratio", BOUND_2025): 4.8,
    ("serving_ratio", BOUND_2026): 5.7,
    ("serving_ratio", BOUND_2027): 9.0,
    ("prc_token_capacity_per_day", BOUND_2025): 280e12,
    ("prc_token_capacity_per_day", BOUND_2026): 1360e12,
}


@pytest.mark.parametrize(("name", "bound"), list(BANDS))
def test_prior_medians_lie_near_an_independent_implementation(name, bound, base) -> None:  # type: ignore[no-untyped-def]
    """Within 50 per cent: the priors here, the posterior there."""
    median = float(np.median(base[name][bound]))
    assert BANDS[name, bound] / 1.5 <= median <= BANDS[name, bound] * 1.5


@pytest.mark.parametrize(("bound", "posterior"), [(BOUND_2025, 0.14e6), (BOUND_2026, 0.52e6)])
def test_prior_leakage_lies_below_the_calibrated_one_as_its_scale_does(bound, posterior, base, params) -> None:  # type: ignore[no-untyped-def]
    """Calibration doubles the scale of leakage (prior median .0155, posterior about .03), so the prior gives about half."""
    median = float(np.median(base["prc_sold_leaked_h100e"][bound]))
    assert 0.4 * posterior < median < posterior
    assert float(np.median(params["leak_scale"])) == pytest.approx(0.0155, rel=0.1)


def test_world_totals_lie_near_published_ones(params, data, base) -> None:  # type: ignore[no-untyped-def]
    sold = run(params, policies.past(data), data, "merchant_made_h100e", "custom_made_h100e", "world_spending_usd")
    total = (sold["merchant_made_h100e"] + sold["custom_made_h100e"])[:24].sum(axis=0)
    assert 70e6 < np.median(total) < 190e6  # a published forecast has 100 million by the end of 2027
    made_2025 = (sold["merchant_made_h100e"] + sold["custom_made_h100e"])[12:16].sum(axis=0)
    assert np.median(made_2025) == pytest.approx(13.4e6, rel=0.03)


def test_apparent_lag_lies_near_what_is_observed(base) -> None:  # type: ignore[no-untyped-def]
    lag = base["lead_apparent_months_s1"]
    for bound, low, high in ((10, 7, 15), (14, 6, 14)):  # mid-2024: 7 to 14 months, mid-2025: 6 to 8 observed
        assert low <= float(np.median(lag[bound])) <= high


def test_serving_capacity_was_not_bitten_before_2026(scenarios, base) -> None:  # type: ignore[no-untyped-def]
    """A dollar of H20 buys more bandwidth than a dollar of H100, so the twin serves less in 2025."""
    bite = 1 - base["prc_serving_h100e"] / scenarios["no controls"]["prc_serving_h100e"]
    assert float(np.median(bite[BOUND_2025])) < -0.1
    assert float(np.median(bite[BOUND_2030])) > 0.2


def test_hindcast_data_know_nothing_of_later_years(data, draws) -> None:  # type: ignore[no-untyped-def]
    early = data.known_by(2024)
    assert max(early.merchant) == 2024
    params = draws(100)
    policy = policies.past(data)
    names = ("merchant_made_h100e", "merchant_price_usd_per_h100e")
    got, full = (run(params, policy, chosen, *names) for chosen in (early, data))
    assert got["merchant_made_h100e"][:8] == pytest.approx(full["merchant_made_h100e"][:8])
    assert got["merchant_made_h100e"][12] != pytest.approx(full["merchant_made_h100e"][12], rel=1e-3)
    changed = replace(data, merchant=data.merchant | {2025: 99.0})
    again = run(params, policy, changed.known_by(2024), *names)
    assert np.array_equal(again["merchant_made_h100e"], got["merchant_made_h100e"])
