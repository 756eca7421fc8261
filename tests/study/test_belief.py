"""Draws of the posterior: the same for any number of draws, each particle once, repeats that keep mean and spread."""

import numpy as np
import pytest

from leadtime import study
from leadtime.errors import UnknownNameError
from leadtime.study._belief import posterior, standard_draws, variants_of_draws


def test_a_draw_depends_on_nothing_but_seed_and_number() -> None:
    names = study.evaluator("baseline").names
    whole = standard_draws(names, seed=3, first=0, last=20_000)
    part = standard_draws(names, seed=3, first=8_000, last=17_001)
    np.testing.assert_array_equal(whole[:, 8_000:17_001], part)
    assert not np.array_equal(whole[:, :100], standard_draws(names, seed=4, first=0, last=100))


def test_the_first_pass_takes_every_particle_once() -> None:
    known = posterior()
    z = standard_draws(known.names, seed=1, first=0, last=known.size)
    np.testing.assert_array_equal(np.sort(z, axis=1), np.sort(known.z, axis=1))


def test_later_passes_keep_mean_and_covariance_and_repeat_no_draw() -> None:
    known = posterior()
    first = standard_draws(known.names, seed=1, first=0, last=known.size).astype(float)
    later = standard_draws(known.names, seed=1, first=known.size, last=2 * known.size).astype(float)
    np.testing.assert_allclose(first.mean(axis=1), later.mean(axis=1), atol=1e-4)
    np.testing.assert_allclose(np.cov(first), np.cov(later), atol=0.03)
    assert len(np.unique(np.hstack([first, later]), axis=1).T) > 1.999 * known.size


def test_variants_are_shared_out_by_their_weights_and_never_mixed() -> None:
    known = posterior()
    found = variants_of_draws(5, 2 * known.size)
    np.testing.assert_allclose(np.bincount(found) / len(found), [0.2, 0.6, 0.2], atol=1e-3)
    row = known.names.index("spillover_variant")
    z = standard_draws(known.names, seed=5, first=0, last=2 * known.size)[row]
    assert len(np.unique(z.round(4))) == 3
    np.testing.assert_array_equal(np.unique(z.round(4), return_inverse=True)[1], found)


def test_intervals_of_a_scenario_take_the_place_of_the_posterior() -> None:
    names = study.evaluator("baseline").names
    row = names.index("budget_share")
    prior, belief = (
        standard_draws(names, seed=1, first=0, last=4000, belief=one)[row] for one in ("prior", "posterior")
    )
    assert belief.std() < 0.7 < prior.std()
    own = standard_draws(names, seed=1, first=0, last=4000, own=["budget_share"])
    np.testing.assert_array_equal(own[row], prior)
    run = study.evaluator(
        {
            "base": "baseline",
            "name": "mine",
            "title": "Mine",
            "text": "Mine.",
            "parameters": {"budget_share": [0.1, 0.2]},
        }
    )
    np.testing.assert_array_equal(run.draws(1, 0, 4000)[row], prior)


def test_what_no_evidence_speaks_to_keeps_its_prior() -> None:
    names = study.evaluator("baseline").names
    row = names.index("security_need_text")
    both = [standard_draws(names, seed=1, first=0, last=500, belief=one)[row] for one in ("prior", "posterior")]
    np.testing.assert_array_equal(*both)


def test_unknown_belief_is_named() -> None:
    with pytest.raises(UnknownNameError, match="belief"):
        study.simulate("baseline", draws=10, belief="posteriour")


def test_a_run_records_what_it_believed() -> None:
    prior, believed = (
        study.simulate("baseline", draws=300, outputs=["prc_sold_leaked_h100e"], belief=one)
        for one in ("prior", "posterior")
    )
    assert prior.plan.as_data()["posterior"] is None
    assert believed.plan.as_data()["posterior"] == posterior().digest
    spread = [
        np.diff(np.quantile(np.log(run.draws("prc_sold_leaked_h100e")[16]), (0.1, 0.9)))[0] for run in (prior, believed)
    ]
    assert spread[1] < 0.8 * spread[0]
