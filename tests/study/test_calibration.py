"""Calibration: the sampler against a closed form and against emcee, targets as data, measures by hand, the packaged posterior."""

import math
import sys
from dataclasses import replace
from datetime import date

import jsonschema
import numpy as np
import pytest
from scipy import stats

from leadtime import catalog, world
from leadtime.errors import MissingExtraError, OutOfRangeError, UnknownNameError
from leadtime.study import calibration
from leadtime.study._belief import digest_of, posterior
from leadtime.study._jax import in_double
from leadtime.study.calibration._build import inputs_digest, left_out, rebuild
from leadtime.study.calibration._cross_check import CrossCheck, compared, likelihood_of
from leadtime.study.calibration._fit import fit
from leadtime.study.calibration._model import _student_cdf, log_density, model_of
from leadtime.study.calibration._nuts import sample_nuts
from leadtime.study.calibration._reweight import pareto_smoothed, tail_shape
from leadtime.study.calibration._smc import sample_posterior
from leadtime.study.calibration._targets import Target, known_by, model_value, targets, terms_outputs
from tests.interfaces._contract import schema


def fitted() -> tuple[Target, ...]:
    return tuple(target for target in targets() if target.role == "fit")


# ---------------------------------------------------------------- the sampler


def test_sampler_finds_the_posterior_of_a_linear_gaussian_problem_and_its_evidence() -> None:
    design = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, -1.0]])
    observed, sd = np.array([2.0, -1.0]), 0.3

    def log_likelihood(z: np.ndarray) -> np.ndarray:
        return stats.norm.logpdf(design @ z, observed[:, None], sd).sum(axis=0)

    found = sample_posterior(log_likelihood, 3, particles=4000, seed=5)
    precision = np.eye(3) + design.T @ design / sd**2
    mean = np.linalg.solve(precision, design.T @ observed / sd**2)
    np.testing.assert_allclose(found.z.mean(axis=1), mean, atol=0.05)
    np.testing.assert_allclose(np.cov(found.z), np.linalg.inv(precision), atol=0.05)
    exact = stats.multivariate_normal.logpdf(observed, np.zeros(2), design @ design.T + sd**2 * np.eye(2))
    assert found.log_evidence == pytest.approx(exact, abs=0.15)
    assert found.temperatures[0] == 0
    assert found.temperatures[-1] == 1
    again = sample_posterior(log_likelihood, 3, particles=4000, seed=5)
    np.testing.assert_array_equal(found.z, again.z)


def test_sampler_without_evidence_returns_the_prior() -> None:
    found = sample_posterior(lambda z: np.zeros(z.shape[1]), 4, particles=4000, seed=1)
    np.testing.assert_allclose(found.z.mean(axis=1), 0, atol=0.08)
    np.testing.assert_allclose(np.cov(found.z), np.eye(4), atol=0.1)
    assert found.log_evidence == pytest.approx(0, abs=1e-9)


def test_sampler_finds_both_modes() -> None:
    found = sample_posterior(lambda z: stats.norm.logpdf(np.abs(z[0]), 1.5, 0.2), 2, particles=3000, seed=3)
    assert 0.4 < (found.z[0] > 0).mean() < 0.6


@pytest.mark.slow
def test_a_block_of_parameters_agrees_with_an_ensemble_sampler() -> None:
    emcee = pytest.importorskip("emcee")
    used = tuple(target for target in fitted() if target.id in {"C001", "C002", "C003", "C004", "C005", "C061"})
    model = model_of(used)
    block = (
        "budget_share",
        "budget_share_growth",
        "accept_h800",
        "accept_h20",
        "stockpiling",
        "merchant_history_error",
    )
    rows = tuple(model.names.index(name) for name in block)
    ours = fit(model, used, "s1", particles=1500, seeds=(1,), free=rows)
    base = np.zeros((len(model.names), 1), np.float32)

    def log_probability(z: np.ndarray) -> np.ndarray:
        whole = np.repeat(base, len(z), axis=1)
        whole[list(rows)] = z.T
        return model.log_terms(model.read(whole), used).sum(axis=0) - 0.5 * (z**2).sum(axis=1)

    sampler = emcee.EnsembleSampler(64, len(block), log_probability, vectorize=True, moves=emcee.moves.DEMove())
    start = np.random.RandomState(1).standard_normal((64, len(block)))
    sampler.random_state = np.random.RandomState(2).get_state()
    sampler.run_mcmc(start, 900)
    theirs = sampler.get_chain(discard=300, flat=True)
    np.testing.assert_allclose(ours.z.mean(axis=1), theirs.mean(axis=0), atol=0.15)
    np.testing.assert_allclose(ours.z.std(axis=1), theirs.std(axis=0), atol=0.12)


# ---------------------------------------------------------------- targets as data


def test_no_fitted_row_is_evidence_of_a_prior() -> None:
    priors = {
        row: prior.id
        for prior in world.parameters(catalog.table("priors"))
        for row in prior.evidence
        if prior.distribution != "F"
    }
    for target in fitted():
        clash = [row for row in target.evidence if row in priors]
        assert not clash, f"{target.id}: {clash} already made the prior of {[priors[row] for row in clash]}"


def test_targets_stand_for_evidence_that_exists_and_hold_its_values() -> None:
    evidence = {row["id"]: row for row in (*catalog.table("evidence"), *catalog.table("published_results"))}
    for target in targets():
        assert set(target.evidence) <= set(evidence)
        if target.row["method"] in {"reported", "estimated"} and len(target.evidence) == 1:
            assert float(evidence[target.evidence[0]]["central"]) == pytest.approx(target.value.central), target.id


def test_every_role_is_explained_and_shared_information_is_weighed() -> None:
    by_id = {target.id: target for target in targets()}
    assert by_id["C080"].power == by_id["S014"].power == 0.5
    assert {by_id[name].role for name in ("C007", "C008", "C009", "C010")} == {"check"}
    assert all(target.row["note"] for target in targets() if target.role != "fit")


def test_cuts_by_period_and_by_publication() -> None:
    day = date(2024, 12, 31)
    main, strict = known_by(day), known_by(day, strict=True)
    assert set(strict) < set(main)
    assert all(target.period_end <= day for target in main)
    assert all(target.published <= day for target in strict)
    assert not {"C004", "A012-2025", "I020"} & {target.id for target in main}


def test_publication_dates_count_to_the_end_of_what_is_known_of_them() -> None:
    by_id = {target.id: target for target in targets()}
    assert by_id["T026"].published == date(2025, 12, 31)
    assert by_id["C080"].published == date(2026, 4, 30)


# ---------------------------------------------------------------- measures


def one(**cells: str) -> "Target":
    row = {
        "outputs": "",
        "over": "",
        "measure": "at",
        "delay": "",
        "factor": "1",
        "start": "2023-01-01",
        "end": "2023-12-31",
    }

    class Read:
        pass

    read = Read()
    read.row = {**row, **cells}  # type: ignore[attr-defined]
    return read  # type: ignore[return-value]


def test_measures_by_hand() -> None:
    flow = np.arange(1.0, 13.0)[:, None] * np.ones((1, 2))  # quarters of 2022 to 2024
    stock = np.exp(np.arange(13.0))[:, None] * np.ones((1, 2))
    series = {
        "prc_legal_h100e": flow,
        "prc_sold_legal_h100e": stock,
        "us_run_flop": stock,
        "prc_run_flop": stock / math.e**4,
    }
    none = {"release_delay_us": np.array([0.0, 3.0]), "zero": np.zeros(2)}
    total = model_value(one(outputs="prc_legal_h100e", measure="sum"), series, none)
    np.testing.assert_allclose(total, 5 + 6 + 7 + 8, rtol=1e-3)
    share = model_value(
        one(outputs="prc_legal_h100e", over="prc_legal_h100e+3*prc_legal_h100e", measure="ratio"), series, none
    )
    np.testing.assert_allclose(share, 0.25)
    at = model_value(one(outputs="2*prc_sold_legal_h100e", end="2023-12-31"), series, none)
    np.testing.assert_allclose(at, 2 * math.e**8, rtol=1e-2)
    delayed = model_value(one(outputs="us_run_flop", delay="release_delay_us"), series, none)
    np.testing.assert_allclose(delayed, [math.e**8, math.e**7], rtol=1e-2)
    growth = model_value(one(outputs="us_run_flop", measure="growth", start="2022-12-31"), series, none)
    np.testing.assert_allclose(growth, math.e**4, rtol=1e-2)
    lag = model_value(one(outputs="us_run_flop;prc_run_flop", measure="lag_of_runs", delay="zero;zero"), series, none)
    np.testing.assert_allclose(lag, 1.0, atol=1e-2)
    mean = model_value(
        one(outputs="prc_legal_h100e+constant:1", measure="mean", start="2022-01-01", end="2022-12-31"), series, none
    )
    np.testing.assert_allclose(mean, 3.5, rtol=1e-2)
    assert terms_outputs("a*parameter:b/2+1e6*c;d") == {"a", "c", "d"}


def test_likelihood_is_student_and_bounds_are_one_sided() -> None:
    by_id = {target.id: target for target in targets()}
    target = by_id["A012-2025"]
    values = np.array([7.0, 7.0 + target.sd, 60.0])
    expected = stats.t.logpdf((values - 7.0) / target.sd, 4) - math.log(target.sd)
    np.testing.assert_allclose(log_density(target, values), expected)
    bound = by_id["S006"]
    found = log_density(bound, np.array([4e3, 4e4, 4e6]))
    assert found[0] < found[1] < found[2] <= 0
    assert found[1] == pytest.approx(math.log(0.5))


# ---------------------------------------------------------------- the packaged posterior


def test_the_packaged_posterior_belongs_to_its_inputs() -> None:
    known = posterior()
    assert known.manifest["particles_digest"] == digest_of(known.names, known.z)
    message = "priors, rules, history or targets changed: run `leadtime calibrate --rebuild DIR` and copy the two files"
    assert known.manifest["inputs"] == inputs_digest(model_of(fitted())), message
    assert known.manifest["targets"] == [target.id for target in fitted()]
    for one_variant in known.manifest["variants"].values():
        assert one_variant["r_hat_largest"] < 1.05
        assert one_variant["effective_particles"] > 1000
        assert np.ptp(one_variant["log_evidence"]) < 1.0


def test_the_order_of_a_sum_is_no_input_of_a_fit_and_a_change_is() -> None:
    model = model_of(fitted())
    policy = model.evaluate.policy
    for factor, same in ((1 + 2**-52, True), (1 + 1e-9, False)):
        changed = replace(model, evaluate=replace(model.evaluate, policy=replace(policy, open_share=policy.open_share / factor)))  # fmt: skip
        assert (inputs_digest(changed) == inputs_digest(model)) is same
        assert changed.evaluate.digest() != model.evaluate.digest()


def test_calibration_brings_the_lag_near_what_was_observed() -> None:
    found = calibration.calibrate()
    rows = {row["id"]: row for row in found.rows}
    lag = rows["A012-2025"]["posterior"]
    assert 4 < lag["q50"] < 11
    assert lag["q90"] - lag["q10"] < rows["A012-2025"]["prior"]["q90"] - rows["A012-2025"]["prior"]["q10"]
    fits = [row for row in found.rows if row["role"] == "fit" and row["bound"] == "two"]
    assert np.mean([abs(row["z_posterior"]) < 1.5 for row in fits]) > 0.85
    bought = {name: one["headline"]["lead_bought_months_2027"]["q50"] for name, one in found.variants.items()}
    assert bought["s0"] > bought["s1"] > abs(bought["s2"])
    assert abs(bought["s2"]) < 0.1


def test_reweighting_undoes_evidence() -> None:
    rng = np.random.default_rng(1)
    z = rng.standard_normal(20_000) * math.sqrt(0.5) + 0.5  # posterior of a unit prior and one observation of 1
    weights, shape = pareto_smoothed(0.5 * (z - 1) ** 2)
    assert (weights * z).sum() == pytest.approx(0, abs=0.15)
    assert weights.sum() == pytest.approx(1)
    assert 0.2 < shape < 0.8
    sample = np.sort(stats.genpareto.rvs(0.4, size=5000, random_state=2))
    assert tail_shape(sample)[0] == pytest.approx(0.4, abs=0.06)


@pytest.mark.slow
def test_rebuilding_gives_the_same_bits(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("leadtime.study.calibration._build.left_out", lambda *_, **__: {})
    first, second = (rebuild(tmp_path / name, seeds=(1, 2), per_run=200, particles=300) for name in ("a", "b"))
    assert (first / "particles.npz").read_bytes() == (second / "particles.npz").read_bytes()
    with np.load(first / "particles.npz") as stored:
        assert stored["z"].shape[1] == 300
    assert callable(left_out)


# ---------------------------------------------------------------- gradients and another sampler


@pytest.mark.slow
def test_nuts_finds_the_posterior_of_a_linear_gaussian_problem() -> None:
    jax = pytest.importorskip("jax")
    pytest.importorskip("numpyro")
    design, sd = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, -1.0]]), 0.3
    observed = np.array([2.0, -1.0])

    def log_likelihood(z):  # type: ignore[no-untyped-def]
        return -0.5 * (((design @ z - observed[:, None]) / sd) ** 2).sum(axis=0)

    before = jax.numpy.ones(1).dtype
    found = sample_nuts(log_likelihood, 3, chains=2, warmup=300, draws=800, seed=3)
    precision = np.eye(3) + design.T @ design / sd**2
    covariance = np.linalg.inv(precision)
    mean = covariance @ design.T @ observed / sd**2
    error = np.sqrt(np.diag(covariance) / found.effective)
    assert (np.abs(found.flat.mean(axis=1) - mean) < 4 * error).all()
    np.testing.assert_allclose(np.cov(found.flat), covariance, atol=0.08)
    assert found.r_hat.max() < 1.05
    assert found.effective.min() > 200
    assert found.divergences == 0
    assert jax.numpy.ones(1).dtype == before, "double precision stays inside"

    exact = np.random.default_rng(1).multivariate_normal(mean, covariance, 4000).T
    same = compared(("a", "b", "c"), exact, 4000, found)
    assert same["mixed"]
    assert same["parameters_apart"] == 0
    assert same["difference_sd_largest"] < 0.25
    assert 0.9 < same["sd_ratio_smallest"] <= same["sd_ratio_largest"] < 1.1
    other = compared(("a", "b", "c"), exact + np.array([[0.0], [1.0], [0.0]]), 4000, found)
    assert other["parameters_apart"] == 1
    assert other["parameters"][0]["name"] == "b"
    document = {"rows": [], "diagnostics": {}, "cross_check": CrossCheck(variants={"s1": {**same, "headline": {}}}, settings={"chains": 2, "warmup": 300, "draws": 800, "seed": 3, "parameters": 3, "targets": 2}).as_data()}  # fmt: skip
    jsonschema.validate(document, schema("calibrate"))


@pytest.mark.slow
def test_the_likelihood_is_the_same_on_jax() -> None:
    jax = pytest.importorskip("jax")
    model = model_of(fitted())
    names = tuple(name for name in posterior().names if name != "spillover_variant")
    z = np.random.default_rng(2).standard_normal((len(names), 16))
    for variant in ("s0", "s1"):
        log_likelihood = likelihood_of(model, fitted(), variant, names)
        with in_double(jax):
            compiled = np.asarray(log_likelihood(jax.numpy.asarray(z)))
        np.testing.assert_allclose(log_likelihood(z), compiled, rtol=1e-9)
    t = np.linspace(-30, 30, 61)
    with in_double(jax):
        np.testing.assert_allclose(_student_cdf(t), np.asarray(_student_cdf(jax.numpy.asarray(t))), atol=1e-14)


@pytest.mark.slow
def test_gradients_of_the_likelihood_are_those_of_differences() -> None:
    jax = pytest.importorskip("jax")
    model = model_of(fitted())
    names = tuple(name for name in posterior().names if name != "spillover_variant")
    log_likelihood = likelihood_of(model, fitted(), "s1", names)
    z = posterior().z[[posterior().names.index(name) for name in names], :64].astype(float)
    step, apart = 1e-6, []
    with in_double(jax):
        forward = jax.jit(lambda at, towards: jax.jvp(log_likelihood, (at,), (towards,))[1])
        for row in range(0, len(names), 5):
            moved = np.zeros_like(z)
            moved[row] = step
            slope = np.asarray(forward(jax.numpy.asarray(z), jax.numpy.asarray(moved / step)))
            numeric = (log_likelihood(z + moved) - log_likelihood(z - moved)) / (2 * step)
            apart.append(np.abs(numeric - slope) > 1e-4 * np.maximum(np.abs(slope), 0.1))
    assert np.mean(apart) < 0.005, "kinks inside so small a step are rare"


def test_a_cross_check_of_no_size_or_variant_is_refused() -> None:
    with pytest.raises(OutOfRangeError, match="size"):
        calibration.cross_check(chains=0)
    with pytest.raises(UnknownNameError, match="s9"):
        calibration.cross_check(("s9",))


def test_without_numpyro_the_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jax")
    for missing in ("numpyro.infer", "jax"):
        monkeypatch.setitem(sys.modules, missing, None)
        with pytest.raises(MissingExtraError, match="bayes"):
            sample_nuts(lambda z: z[0], 1)
