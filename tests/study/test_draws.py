from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadtime.errors import OutOfRangeError
from leadtime.study._draws import BLOCK, blocks, check_draws, check_seed, normals


@settings(max_examples=25, deadline=None)
@given(
    first=st.integers(0, 3 * BLOCK),
    n=st.integers(1, 2 * BLOCK),
    more=st.integers(0, BLOCK),
    seed=st.integers(0, 2**63 - 1),
)
def test_a_draw_is_the_same_whatever_else_is_drawn(first: int, n: int, more: int, seed: int) -> None:
    part = normals(["b"], seed=seed, first=first, last=first + n)
    whole = normals(["a", "b", "c"], seed=seed, first=0, last=first + n + more)
    np.testing.assert_array_equal(part[0], whole[1, first : first + n])


def test_names_and_seeds_give_different_draws_that_are_standard_normal_and_unrelated() -> None:
    drawn = np.concatenate([normals(["a", "b"], seed=seed, first=0, last=40_000) for seed in (1, 2)]).astype(np.float64)
    assert np.abs(drawn.mean(axis=1)).max() < 0.02
    assert np.abs(drawn.std(axis=1) - 1).max() < 0.02
    assert np.abs(np.corrcoef(drawn) - np.eye(4)).max() < 0.02


def test_blocks_of_one_parameter_are_unrelated() -> None:
    drawn = normals(["a"], seed=5, first=0, last=8 * BLOCK).reshape(8, BLOCK)
    assert np.abs(np.corrcoef(drawn) - np.eye(8)).max() < 0.08


def test_blocks_cover_a_range_without_overlap_at_multiples_of_the_block() -> None:
    cut = list(blocks(100, 10_000))
    assert cut[0][0] == 100
    assert cut[-1][1] == 10_000
    assert all(stop == start for (_, stop), (start, _) in pairwise(cut))
    assert all(stop % BLOCK == 0 for _, stop in cut[:-1])


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, True, "1"])
def test_an_unusable_seed_is_refused(seed: object) -> None:
    with pytest.raises(OutOfRangeError, match="seed"):
        check_seed(seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("draws", [0, -5, 2_000_000_000, 1.5, True])
def test_an_impossible_number_of_draws_is_refused(draws: object) -> None:
    with pytest.raises(OutOfRangeError, match="draws"):
        check_draws(draws)  # type: ignore[arg-type]
