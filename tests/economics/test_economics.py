"""Costs: closed forms, bounds, and the account whose lines add up."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadtime.economics import (
    Ownership,
    PricePoint,
    account_lines,
    capital_recovery_factor,
    joule_per_token,
    ownership_usd_per_hour,
    price_points,
    quote,
    total_account,
    usd_per_mtok,
    wall_power_w,
)

TERMS = Ownership(
    server_ratio=1.5,
    network_ratio=0.2,
    power_ratio=1.8,
    load_frac=0.75,
    pue_ratio=1.25,
    electricity_usd_per_kwh=0.08,
    facility_usd_per_w=11.7,
    facility_life_yr=15.0,
    life_yr=5.0,
    cost_of_capital_frac=0.1,
    operations_frac=0.04,
)


def test_capital_recovery_repays_the_capital() -> None:
    rate, life = 0.1, 5
    payment = float(capital_recovery_factor(rate, life))
    assert sum(payment / (1 + rate) ** year for year in range(1, life + 1)) == pytest.approx(1.0)


def test_capital_recovery_without_interest_is_straight_line() -> None:
    assert float(capital_recovery_factor(0.0, 4.0)) == pytest.approx(0.25)
    assert float(capital_recovery_factor(1e-8, 4.0)) == pytest.approx(0.25, rel=1e-6)


def test_energy_by_hand() -> None:
    # 700 W x 1.8 x 0.75 x 1.25 = 1181.25 W; at 8 cents: 0.0945 USD an hour
    assert float(wall_power_w(700.0, TERMS)) == pytest.approx(1181.25)
    assert float(ownership_usd_per_hour(0.0, 700.0, TERMS)["energy"]) == pytest.approx(0.0945)


def test_lines_add_up_to_the_total() -> None:
    lines = ownership_usd_per_hour(25_000.0, 700.0, TERMS)
    assert float(lines["total"]) == pytest.approx(sum(float(value) for name, value in lines.items() if name != "total"))


@given(price=st.floats(100, 1e5), power=st.floats(10, 3000), factor=st.floats(1.01, 5))
def test_dearer_hardware_power_or_capital_never_costs_less(price: float, power: float, factor: float) -> None:
    base = float(ownership_usd_per_hour(price, power, TERMS)["total"])
    assert float(ownership_usd_per_hour(price * factor, power, TERMS)["total"]) > base
    assert float(ownership_usd_per_hour(price, power * factor, TERMS)["total"]) > base
    dearer = replace(TERMS, cost_of_capital_frac=TERMS.cost_of_capital_frac * factor)
    assert float(ownership_usd_per_hour(price, power, dearer)["total"]) > base


def test_arrays_equal_a_loop_and_jax_equals_numpy() -> None:
    import jax

    prices, powers = np.array([10_000.0, 25_000.0, 40_000.0]), np.array([400.0, 700.0, 1000.0])
    together = np.asarray(ownership_usd_per_hour(prices, powers, TERMS)["total"])
    alone = [float(ownership_usd_per_hour(p, w, TERMS)["total"]) for p, w in zip(prices, powers, strict=True)]
    np.testing.assert_allclose(together, alone)
    on_jax = ownership_usd_per_hour(jax.numpy.asarray(prices), jax.numpy.asarray(powers), TERMS)["total"]
    np.testing.assert_allclose(np.asarray(on_jax), together, rtol=1e-5)


def test_tokens() -> None:
    assert usd_per_mtok(3.6, 1000.0) == pytest.approx(1.0)
    assert usd_per_mtok(3.6, 1000.0, used_frac=0.5) == pytest.approx(2.0)
    assert joule_per_token(1000.0, 500.0) == pytest.approx(2.0)


def point(chip: str, on: date, usd: float, region: str = "world") -> PricePoint:
    return PricePoint(chip_id=chip, kind="purchase", region=region, on=on, usd=usd, source_id="s")


POINTS = [
    point("a", date(2024, 1, 1), 10_000.0),
    point("a", date(2025, 1, 1), 40_000.0),
    point("a", date(2025, 1, 1), 60_000.0, region="CN"),
    point("b", date(2024, 1, 1), 8_000.0),
]
SIZES = {"a": 1.0, "b": 0.5, "c": 0.25}


def ask(chip: str, on: date, *, in_china: bool = False):  # type: ignore[no-untyped-def]
    return quote(POINTS, chip, kind="purchase", on=on, in_china=in_china, size_ratio=SIZES)


def test_between_points_the_log_price_is_linear_in_time() -> None:
    assert ask("a", date(2024, 7, 2)).usd == pytest.approx(20_000.0, rel=0.01)


def test_the_interval_widens_away_from_the_points() -> None:
    near, far = ask("a", date(2025, 1, 1)), ask("a", date(2026, 6, 1))
    assert near.basis == "observed"
    assert far.basis == "extended"
    assert far.high / far.low > near.high / near.low


def test_chinese_prices_are_preferred_in_china_and_said_to_be_missing_elsewhere() -> None:
    assert ask("a", date(2025, 1, 1), in_china=True).usd == pytest.approx(60_000.0)
    assert "elsewhere" in ask("b", date(2024, 1, 1), in_china=True).note


def test_a_chip_without_price_is_scaled_from_the_nearest_in_size_and_says_so() -> None:
    scaled = ask("c", date(2024, 1, 1))
    assert scaled.basis == "scaled"
    assert scaled.usd == pytest.approx(4_000.0)
    assert "b" in scaled.note


def test_unknown_size_and_no_price_is_no_quote() -> None:
    assert ask("z", date(2024, 1, 1)) is None


def row(**changes: str) -> dict[str, str]:
    base = {
        "chip_id": "a",
        "kind": "purchase",
        "region": "US",
        "date": "2024",
        "price": "1",
        "n_chips": "1",
        "source_id": "s",
        "terms": "",
    }
    return {**base, **changes}


def test_partial_dates_count_as_their_middle() -> None:
    points = price_points([row(date=text) for text in ("2024", "2024-03", "2024-03-09")])
    assert [p.on for p in points] == [date(2024, 7, 1), date(2024, 3, 15), date(2024, 3, 9)]


def test_whole_servers_and_spot_offers_are_no_price_of_a_chip() -> None:
    rows = [
        row(n_chips="8", price="800"),
        row(kind="rental", terms="spot"),
        row(kind="smuggled_purchase", n_chips="8", price="800"),
    ]
    assert [(p.kind, p.usd) for p in price_points(rows)] == [("smuggled_purchase", 100.0)]


PARAMETERS = {
    "final_run_share_frac": (0.1, 0.2, 0.3),
    "failed_run_frac": (0.03, 0.1, 0.3),
    "staff_share_frac": (0.29, 0.38, 0.49),
    "data_share_frac": (0.01, 0.03, 0.1),
}


def test_the_final_run_of_deepseek_v3_is_hours_times_price() -> None:
    lines = account_lines(
        gpu_hours=(2.788e6,) * 3,
        usd_per_hour=(2.0,) * 3,
        parameters=PARAMETERS,
        source_ids={name: ["s"] for name in PARAMETERS},
    )
    final = next(line for line in lines if line.name == "final_run")
    assert final.central_usd == pytest.approx(5.576e6)
    assert final.low_usd == pytest.approx(final.high_usd)
    # 1/share = 5 in the middle, plus staff and data: the whole is several times the final run
    assert 5 < total_account(lines).central_usd / final.central_usd < 20
    assert total_account(lines).low_usd < total_account(lines).central_usd < total_account(lines).high_usd


def test_without_uncertainty_the_account_closes_exactly() -> None:
    sharp = {name: (central,) * 3 for name, (_, central, _) in PARAMETERS.items()}
    lines = account_lines(gpu_hours=(1e6,) * 3, usd_per_hour=(2.0,) * 3, parameters=sharp, source_ids={})
    parts = sum(line.central_usd for line in lines if line.name != "total")
    assert parts == pytest.approx(total_account(lines).central_usd, rel=1e-9)
    expected = 2e6 * (0.1 + 1 / 0.2) / (1 - 0.38 - 0.03)
    assert total_account(lines).central_usd == pytest.approx(expected, rel=1e-9)


def test_same_seed_same_account() -> None:
    def make() -> object:
        return account_lines(
            gpu_hours=(1e6, 2e6, 3e6), usd_per_hour=(1.0, 2.0, 3.0), parameters=PARAMETERS, source_ids={}, seed=3
        )

    assert make() == make()
