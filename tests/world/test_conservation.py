"""Nothing appears and nothing is lost, in any channel, class, store or region, in any quarter."""

import numpy as np
import pytest

from leadtime import world
from leadtime.world import _fleet, _physical
from tests.world import policies

FLOWS = (
    "merchant_made_h100e", "custom_made_h100e", "prc_displaced_h100e", "prc_leaked_h100e", "non_prc_acquired_h100e", "prc_legal_h100e",
    "prc_domestic_h100e", "prc_domestic_dies", "prc_acquired_h100e", "prc_rented_new_h100e", "dies_added", "hbm_stacks_added", "prc_budget_usd",
    "prc_legal_spending_usd", "merchant_price_usd_per_h100e",
)  # fmt: skip


@pytest.fixture(scope="module", params=["past", "no controls", "strict", "capped and regional"])
def case(request, data, draws, everything):  # type: ignore[no-untyped-def]
    policy = {
        "past": lambda: policies.past(data),
        "no controls": lambda: policies.past(data).no_controls(),
        "strict": lambda: policies.strict(data),
        "capped and regional": lambda: policies.past(
            data,
            permissions={"b30a": policies.window(2026)},
            caps={"h200": {"us_volume_frac": 0.5, "per_customer_chips": 8000}, "b30a": {"chips": 50_000.0}},
            import_permission=1.0,
            import_open_question=0.0,
            region_cap={"sea": 0.3, "gulf": 0.0},
        ),
    }[request.param]()
    return policy, world.run(draws(300, seed=3), policy, data=data, outputs=everything)


def test_world_production_goes_somewhere(case) -> None:  # type: ignore[no-untyped-def]
    _, run = case
    kept = run["merchant_made_h100e"] - run["prc_displaced_h100e"] - run["prc_leaked_h100e"]
    assert run["non_prc_acquired_h100e"] == pytest.approx(kept + run["custom_made_h100e"], rel=1e-9)
    assert np.all(kept >= 0)


def test_what_the_prc_acquires_is_the_sum_of_its_channels(case) -> None:  # type: ignore[no-untyped-def]
    _, run = case
    assert run["prc_acquired_h100e"] == pytest.approx(
        run["prc_legal_h100e"] + run["prc_leaked_h100e"] + run["prc_domestic_h100e"]
    )
    for channel, flow in (
        ("legal", "prc_legal"),
        ("leaked", "prc_leaked"),
        ("domestic", "prc_domestic"),
        ("offshore", "prc_rented_new"),
    ):
        sold = run[f"prc_sold_{channel}_h100e"]
        assert np.diff(sold, axis=0) == pytest.approx(run[f"{flow}_h100e"], rel=1e-9, abs=1e-3)


def test_users_share_what_stands(case) -> None:  # type: ignore[no-untyped-def]
    _, run = case
    own = run["prc_own_h100e"] + run["non_prc_own_h100e"]
    used = run["prc_used_h100e"] + run["us_used_h100e"] + run["row_used_h100e"]
    assert used == pytest.approx(own, rel=1e-9)
    regions = sum(run[f"region_{name}_h100e"] for name in world.REGIONS)
    assert regions == pytest.approx(run["row_used_h100e"], rel=1e-9, abs=1.0)


def test_chips_by_class_weigh_what_their_owners_have(case, data) -> None:  # type: ignore[no-untyped-def]
    _, run = case
    for owner, classes in (("prc", world.PRC_CLASSES), ("non_prc", world.NON_PRC_CLASSES)):
        total = sum(data.compute[kind] * run[f"{owner}_{kind}_chips"] for kind in classes)
        assert total == pytest.approx(run[f"{owner}_own_h100e"], rel=1e-9)


def test_stores_of_dies_and_stacks_balance(case, data) -> None:  # type: ignore[no-untyped-def]
    _, run = case
    made = run["prc_domestic_dies"]
    assert np.diff(run["dies_stored"], axis=0) == pytest.approx(run["dies_added"] - made, rel=1e-6, abs=1e-3)
    stacks = run["hbm_stacks_added"] - data.constants["stacks_per_die"] * made
    assert np.diff(run["hbm_stacks_stored"], axis=0) == pytest.approx(stacks, rel=1e-6, abs=1e-3)


def test_nothing_is_negative_or_undefined(case) -> None:  # type: ignore[no-untyped-def]
    _, run = case
    for name, values in run.items():
        assert np.all(np.isfinite(values)), name
        if run.table[name].kind == "stock" or name in FLOWS or name.endswith("_frac"):
            assert np.all(values >= -1e-6), name


def test_limits_hold(case, data) -> None:  # type: ignore[no-untyped-def]
    policy, run = case
    controlled = run["merchant_made_h100e"] - run["prc_displaced_h100e"]
    assert np.all(run["prc_leaked_h100e"] <= data.constants["leak_limit"] * controlled * (1 + 1e-9))
    assert np.all(run["import_permission_frac"] <= 1 + 1e-9)
    assert np.all(run["prc_legal_spending_usd"] <= run["prc_budget_usd"] * (1 + 1e-9))
    for place, kind in enumerate(world.LEGAL_CLASSES[1:], start=1):
        bought = run[f"prc_legal_{kind}_chips"].reshape(11, 4, -1).sum(axis=1)
        cap = policy.caps.chips[place].reshape(11, 4).sum(axis=1)
        assert np.all(bought <= cap[:, None] * (1 + 1e-9)), kind


def test_every_class_is_conserved_in_every_quarter(data, draws) -> None:  # type: ignore[no-untyped-def]
    """Chips on the way and in operation grow by what comes in and shrink by what retires, class by class."""
    params = draws(40)
    policy = policies.past(data)
    setting = _physical.setting(policy, data)
    coefficients = _physical.coefficients(params, data)
    state = _physical.init(params, coefficients, setting)
    drivers = _physical.interval_drivers(policy, data)
    for i in range(world.N_INTERVALS):
        new, _ = _physical.step(
            coefficients, state, {name: values[i] for name, values in drivers.items()}, setting, None
        )
        for owner in ("prc", "non_prc", "rented", "reference"):
            before, after = getattr(state, owner), getattr(new, owner)
            retired = getattr(coefficients, "prc" if owner == "prc" else "non_prc").ages * before.old
            grown = _fleet.contents(after) - _fleet.contents(before) + retired
            assert np.all(grown >= -1e-12), (owner, i)
        state = new
    sold = state.sold.sum(axis=0) - state.sold[3]
    assert sold.min() > 0
