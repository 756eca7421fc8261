"""The fit: recovers what it was given, does not depend on chance, keeps its bounds; its tables match the code."""

from dataclasses import replace

import numpy as np
import pytest

from leadtime import catalog
from leadtime.performance import PARAMETERS, efficiencies_from_rows
from leadtime.study.measured import accuracy, summary
from leadtime.study.measured._fit import FitSettings, Rows, fit_efficiencies
from leadtime.study.measured._kernel_fit import fit_kernels, packaged_kernels
from leadtime.study.measured._left_out import left_out_residuals, roles
from leadtime.study.measured._problems import restricted
from leadtime.study.measured._refit import prior_ratios
from leadtime.study.measured._scoring import ScoredRow, packaged_efficiencies, problem_of, read_rows, scored_rows
from leadtime.study.measured._widths import Ratio, Residual, interval_widths

NOISE = 0.1
FITTED = [row for row in catalog.table("measured_training") if roles("training")[row["source_group"]] == "fitted"]


@pytest.fixture(scope="module")
def prior():
    return efficiencies_from_rows(catalog.table("efficiency_priors"))


@pytest.fixture(scope="module")
def truth(prior):
    """Fitted values in the rows of the prior."""
    packaged = packaged_efficiencies()
    keys = [(row.parameter, row.scope, row.precision) for row in prior.rows]
    return prior.with_medians(np.array([packaged.medians[packaged.position[key]] for key in keys]))


def problem(table):
    whole, _ = problem_of(read_rows("training", FITTED[::5]), table)
    return whole


def predicted(part, table):
    return part.log_rate(part.selection.values(table.medians, table.log_spreads))


def rows_of(part, n_groups: int = 6) -> Rows:
    n = len(part.points)
    return Rows(problem=part, groups=np.arange(n) % n_groups, noise=np.full(n, NOISE))


def made_by_the_model(truth, seed: int = 7):
    """Rows of a real table whose values the estimator made, with noise."""
    part = problem(truth)
    noise = np.random.default_rng(seed).normal(0.0, NOISE, len(part.points))
    return replace(part, log_measured=predicted(part, truth) + noise)


def test_rows_made_by_the_model_give_their_noise_back(prior, truth) -> None:
    part = made_by_the_model(truth)
    before = np.abs(predicted(part, prior) - part.log_measured)
    found = fit_efficiencies([rows_of(part)], prior, FitSettings(), n_groups=6)
    error = predicted(part, found.table) - predicted(part, truth)
    assert np.median(np.abs(error)) < 0.6 * NOISE
    assert np.median(np.abs(predicted(part, found.table) - part.log_measured)) < np.median(before)


def test_intervals_as_wide_as_the_noise_hold_four_of_five(truth) -> None:
    held = []
    for seed in range(4):
        part = made_by_the_model(truth, seed)
        widths = np.full(len(part.points), 1.2816 * NOISE)
        held += [row.inside for row in scored_rows(part, predicted(part, truth), widths, truth)]
    assert 0.75 < np.mean(held) < 0.85


@pytest.mark.slow
def test_a_fit_is_the_same_twice_and_keeps_its_bounds(prior) -> None:
    part = problem(prior)
    first, second = (fit_efficiencies([rows_of(part)], prior, FitSettings(), n_groups=6) for _ in range(2))
    assert np.array_equal(first.table.medians, second.table.medians)
    for row, median in zip(prior.rows, first.table.medians, strict=True):
        bound = PARAMETERS[row.parameter].highest
        assert bound is None or median <= bound * (1 + 1e-9), row.parameter
    fixed = np.flatnonzero(prior.log_spreads == 0)
    assert len(fixed)
    assert np.array_equal(first.table.medians[fixed], prior.medians[fixed])
    unused = ~first.fitted & (prior.log_spreads > 0)
    assert first.table.medians[unused] == pytest.approx(prior.medians[unused], rel=1e-3)


def test_a_source_that_differs_moves_its_own_effect(prior, truth) -> None:
    part = made_by_the_model(truth)
    groups = np.arange(len(part.points)) % 6
    moved = replace(part, log_measured=part.log_measured + np.where(groups == 2, 0.4, 0.0))
    found = fit_efficiencies(
        [Rows(problem=moved, groups=groups, noise=np.full(len(groups), NOISE))], prior, FitSettings(), n_groups=6
    )
    assert np.argmax(found.source_effects) == 2


@pytest.mark.slow
def test_kernels_move_priors_and_a_left_out_source_does_not(prior) -> None:
    kernels = packaged_kernels(prior)
    every = fit_kernels(kernels, prior, FitSettings())
    assert every.learnt.sum() > 20
    assert np.all(every.table.log_spreads[~every.learnt] == prior.log_spreads[~every.learnt])
    without = fit_kernels(kernels, prior, FitSettings(), without="alibaba/infersim")
    assert without.learnt.sum() < every.learnt.sum()


def test_restricting_keeps_the_chosen_rows(prior) -> None:
    whole = problem(prior)
    some = restricted(whole, np.array([3, 1]))
    assert [point.id for point in some.points] == [whole.points[3].id, whole.points[1].id]
    assert predicted(some, prior) == pytest.approx(predicted(whole, prior)[[3, 1]])


ASSUMED = {"chip": Ratio(1.5, 0.2), "software": Ratio(1.3, 0.3)}


def many_sources(rng, n: int, scale: float, **facts) -> list[Residual]:
    """Rows of as many sources, one each."""
    return [
        Residual(float(x), 0.0, f"{scale}-{facts}-{i}", "run", **facts) for i, x in enumerate(rng.normal(0, scale, n))
    ]


def test_the_class_width_holds_four_of_five() -> None:
    even = [Residual(float(x), 0.0, f"s{i}", "run") for i, x in enumerate(np.linspace(0.01, 1.0, 100))]
    assert interval_widths(even, **ASSUMED).half_widths["run"] == pytest.approx(0.8, abs=0.02)
    explained = [row._replace(guessed=4.0) for row in even]
    assert interval_widths(explained, **ASSUMED).half_widths["run"] == 0.02


def test_what_was_new_about_a_source_widens_and_is_in_no_class() -> None:
    rng = np.random.default_rng(3)
    known = many_sources(rng, 400, 0.1)
    strange = many_sources(rng, 400, 0.2, new_software=True)
    found = interval_widths(known + strange, **ASSUMED)
    assert found.new_software_ratio == pytest.approx(2.0, rel=0.15)
    assert found.half_widths["run"] == pytest.approx(1.2816 * 0.1, rel=0.12)
    assert found.new_chip_ratio == pytest.approx(1.5, rel=0.1), "nothing was seen of new chips: as assumed"


def test_a_family_of_one_source_is_known_less_well_than_one_of_many() -> None:
    rng = np.random.default_rng(5)
    rows = many_sources(rng, 300, 0.1) + many_sources(rng, 300, 0.1 * 2**0.5, n_family=1)
    found = interval_widths(rows, **ASSUMED)
    assert found.half_widths["run"] == pytest.approx(1.2816 * 0.1, rel=0.12)


def test_the_packaged_half_widths_are_those_of_the_packaged_residuals() -> None:
    residuals = [row for kind in ("training", "inference") for row in left_out_residuals(kind, accuracy(kind).rows)]
    found = interval_widths(residuals, **prior_ratios(efficiencies_from_rows(catalog.table("efficiency_priors"))))
    packaged = packaged_efficiencies()
    for figure, width in found.half_widths.items():
        assert packaged.scalar(f"half_width_{figure}") == pytest.approx(width, rel=0.02), figure
    assert packaged.scalar("half_width_unmeasured_ratio") == pytest.approx(found.new_chip_ratio, rel=0.02)
    engine = packaged.position["half_width_engine_ratio", "other", "any"]
    assert packaged.medians[engine] == pytest.approx(found.new_software_ratio, rel=0.02)


@pytest.mark.parametrize("kind", ["training", "inference"])
def test_intervals_of_left_out_sources_hold_about_four_of_five(kind: str) -> None:
    held = summary(accuracy(kind).sets["leave_one_source_out"]).coverage_80_frac
    assert held is not None
    assert 0.75 < held < 0.85


@pytest.mark.parametrize("kind", ["training", "inference"])
def test_the_table_of_left_out_predictions_is_fresh(kind: str) -> None:
    table = packaged_efficiencies()
    part, _ = problem_of(read_rows(kind, catalog.table(f"measured_{kind}")), table)
    stored = {row["id"]: float(row["predicted_tok_s_per_chip"]) for row in catalog.table("accuracy_left_out")}
    now = np.exp(predicted(part, table))
    ratio = np.array(
        [value / stored[point.id] for point, value in zip(part.points, now, strict=True) if point.id in stored]
    )
    assert np.mean(np.abs(ratio - 1) < 0.02) > 0.99, "refit: leadtime accuracy training --refit DIR"


def test_fitted_efficiencies_are_ordered_and_within_bounds() -> None:
    for row in catalog.table("efficiencies"):
        low, median, high = (float(row[name]) for name in ("low", "median", "high"))
        assert low <= median <= high, row
        bound = PARAMETERS[row["parameter"]].highest
        assert bound is None or median <= bound, row


def row(measured: float, predicted_value: float) -> ScoredRow:
    return ScoredRow(
        id="r", source_group="g", chip="c", family="f", model="m", figure="run", software="s", basis="measured",
        quantity="q", measured=measured, predicted=predicted_value, low=predicted_value / 1.2, high=predicted_value * 1.2, guesses=(),
    )  # fmt: skip


def test_a_summary_by_hand() -> None:
    found = summary([row(100, 110), row(100, 70), row(100, 100)])
    assert (found.n, found.median_abs_pct_error, found.bias_pct) == (3, pytest.approx(10), pytest.approx(0))
    assert found.coverage_80_frac == pytest.approx(2 / 3)
    assert summary([]).median_abs_pct_error is None
