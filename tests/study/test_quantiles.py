from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from leadtime.study._quantiles import LEVELS, quantiles, quantiles_by_counting, quantiles_by_sorting

finite = st.floats(-(2.0**100), 2.0**100, width=32)


@settings(max_examples=100, deadline=None)
@given(
    values=hnp.arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 60)), elements=finite),
    cut=st.integers(0, 60),
)
def test_sorting_and_counting_give_what_numpy_gives_however_the_draws_are_cut(values: np.ndarray, cut: int) -> None:
    pieces = [piece for piece in (values[:, :cut], values[:, cut:]) if piece.shape[1]]
    expected = np.quantile(values.astype(np.float64), LEVELS, axis=1)
    for method in (quantiles_by_sorting, quantiles_by_counting):
        found = method(lambda: iter(pieces), values.shape[0], values.shape[1], LEVELS)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * np.abs(values).max())


def test_few_values_in_memory_change_nothing() -> None:
    rng = np.random.default_rng(3)
    values = np.exp(3 * rng.standard_normal((7, 5000), dtype=np.float32))
    values[2] = 1.5  # all equal
    values[3, :100] = -0.0

    def read(rows: slice) -> Iterable[np.ndarray]:
        return (values[rows, start : start + 1300] for start in range(0, 5000, 1300))

    whole = quantiles(read, n_rows=7, n_draws=5000)
    for held in (35_000, 5000, 12_000, 100):  # 100: fewer than the draws, so by counting
        np.testing.assert_array_equal(quantiles(read, n_rows=7, n_draws=5000, max_values=held), whole)


@pytest.mark.parametrize("method", [quantiles_by_sorting, quantiles_by_counting])
def test_infinite_values_stay_infinite(method) -> None:  # type: ignore[no-untyped-def]
    values = np.array([[-np.inf, 0, 1, np.inf, np.inf]], np.float32)
    np.testing.assert_array_equal(
        method(lambda: [values], 1, 5, (0.0, 0.5, 0.75, 1.0))[:, 0], [-np.inf, 1, np.inf, np.inf]
    )
