import numpy as np
import pytest

from leadtime import world
from leadtime.errors import OutOfRangeError


def test_first_reached_is_linear_between_bounds_and_infinite_where_never() -> None:
    series = np.array([[0.0, 5.0, 0.0], [1.0, 5.0, 0.5], [3.0, 6.0, 0.4]])
    got = world.first_reached_yr(series, 2.0)
    assert got[:2] == pytest.approx([2022.375, 2022.0])
    assert np.isinf(got[2])
    assert world.first_reached_yr(series, np.array([3.0, 6.0, 0.5])) == pytest.approx([2022.5, 2022.5, 2022.25])


def test_bite_and_its_half_date() -> None:
    twin = np.full((45, 2), 10.0)
    series = 10 - np.linspace(0, 8, 45)[:, None] * np.array([1.0, -1.0])
    bitten = world.bite(series, twin)
    assert bitten[44, 0] == pytest.approx(0.8)
    half = world.half_date_yr(bitten)
    assert half[0] == pytest.approx(2026.0)
    assert np.isinf(half[1])
    with pytest.raises(OutOfRangeError):
        world.half_date_yr(bitten[:10])


def test_dates_of_a_run(data, draws, past) -> None:  # type: ignore[no-untyped-def]
    params = draws(300)
    names = ("prc_training_h100e", "us_cluster_h100e", "prc_cluster_h100e")
    base, twin = (world.run(params, policy, data=data, outputs=names) for policy in (past, past.no_controls()))
    half = np.median(world.half_date_yr(world.bite(base["prc_training_h100e"], twin["prc_training_h100e"])))
    assert 2025 <= half <= 2027.5
    us, prc = (np.median(world.first_reached_yr(base[f"{who}_cluster_h100e"], 100e3)) for who in ("us", "prc"))
    assert 2024 < us < 2026 < prc
