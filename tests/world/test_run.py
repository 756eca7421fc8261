"""Whole runs: restart, array libraries, types, blocks, bad input."""

import numpy as np
import pytest

from leadtime import world
from leadtime.errors import BadInputError, OutOfRangeError, UnknownNameError
from tests.world import policies


@pytest.mark.parametrize("bound", [1, 11, 12, 30, 43])
def test_a_restarted_run_equals_the_straight_one(bound, data, draws, past, everything) -> None:  # type: ignore[no-untyped-def]
    params = draws(60)
    straight = world.run(params, past, data=data, outputs=everything)
    names = [name for name in everything if bound >= 11 or straight.table[name].block == "physical"]
    first = world.run(params, past, data=data, outputs=names, last=bound)
    second = world.run(params, past, data=data, outputs=names, first=bound, state=first.checkpoint)
    for name in names:
        on_bounds = straight.table[name].on_bounds
        joined = np.concatenate([first[name][:-1] if on_bounds else first[name], second[name]])
        if straight.table[name].kind == "level" and name.endswith("usd_per_mtok"):
            joined = np.delete(
                joined, bound, axis=0
            )  # the price at the last bound of a run is that of its last interval
            assert np.array_equal(joined, np.delete(straight[name], bound, axis=0)), name
        else:
            assert np.array_equal(joined, straight[name]), name


def test_blocks_give_the_bits_of_the_whole(data, draws, past, everything) -> None:  # type: ignore[no-untyped-def]
    params = draws(64, dtype=np.float32)
    whole = world.run(params, past, data=data, outputs=everything)
    for start in (0, 32):
        part = world.run(
            {name: value[start : start + 32] for name, value in params.items()}, past, data=data, outputs=everything
        )
        for name in everything:
            assert np.array_equal(part[name], whole[name][:, start : start + 32]), name


def test_results_have_the_type_of_their_parameters(data, draws, past, everything) -> None:  # type: ignore[no-untyped-def]
    for kind in (np.float32, np.float64):
        run = world.run(draws(8, dtype=kind), past, data=data, outputs=everything)
        assert {run[name].dtype for name in everything} == {np.dtype(kind)}


def test_single_precision_is_precise_enough(data, draws, past) -> None:  # type: ignore[no-untyped-def]
    params = draws(300)
    exact = world.run(params, past, data=data)
    quick = world.run({name: value.astype(np.float32) for name, value in params.items()}, past, data=data)
    for name in ("prc_used_h100e", "us_training_h100e", "prc_serving_h100e"):
        assert quick[name] == pytest.approx(exact[name], rel=2e-4), name
    assert quick["lead_true_months"] == pytest.approx(exact["lead_true_months"], abs=0.02)


def test_shapes_follow_the_registry(data, draws, past, everything) -> None:  # type: ignore[no-untyped-def]
    run = world.run(draws(5), past, data=data, outputs=everything, last=20)
    for name, values in run.items():
        assert values.shape == (21 if run.table[name].on_bounds else 20, 5), name
    assert len(run) == len(everything)


def test_default_outputs_carry_every_variant_of_the_lead(data, draws, past) -> None:  # type: ignore[no-untyped-def]
    run = world.run(draws(5), past, data=data)
    for kind in ("true", "apparent"):
        assert {f"lead_{kind}_months{ending}" for ending in ("", "_s0", "_s1", "_s2")} <= set(run)


def test_the_mixture_takes_every_draw_from_its_variant(data, draws, past) -> None:  # type: ignore[no-untyped-def]
    params = draws(400)
    run = world.run(params, past, data=data)
    weights = world.variant_weights(data.constants)
    assert sum(weights.values()) == pytest.approx(1)
    u = params["spillover_variant"]
    for name, low, high in (("s0", 0, 0.2), ("s1", 0.2, 0.8), ("s2", 0.8, 1.01)):
        chosen = (u >= low) & (u < high)
        assert np.mean(chosen) == pytest.approx(weights[name], abs=0.06)
        assert np.array_equal(run["lead_true_months"][:, chosen], run[f"lead_true_months_{name}"][:, chosen])


def test_registry_names_units_and_descriptions(data) -> None:  # type: ignore[no-untyped-def]
    table = world.output_table(data)
    assert set(world.DEFAULT_OUTPUTS) <= set(table)
    assert set(world.OUTPUTS) <= set(table)
    for name, output in table.items():
        assert output.name == name
        assert output.kind in {"stock", "level", "flow"}
        assert output.unit
        assert len(output.description) > 10
    assert {
        f"lab_{lab}_h100e"
        for lab in ("openai", "google", "anthropic", "meta", "xai", "deepseek", "bytedance", "alibaba")
    } <= set(table)


def double():  # type: ignore[no-untyped-def]
    """Double precision on JAX within a test."""
    import jax

    return jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64()


@pytest.mark.slow
def test_jax_gives_the_gradient_of_the_physical_world(data, draws, past) -> None:  # type: ignore[no-untyped-def]
    jax = pytest.importorskip("jax")
    name = "prc_used_h100e"
    params = draws(8)
    plain = world.run(params, past, data=data, outputs=(name,), last=20)
    with double():
        traced = {key: jax.numpy.asarray(value) for key, value in params.items()}

        def total(p):  # type: ignore[no-untyped-def]
            series = world.run(p, past, data=data, outputs=(name,), last=20)[name]
            return series[20].sum(), series

        (_, series), slope = jax.jit(jax.value_and_grad(total, has_aux=True))(traced)
        assert np.asarray(series) == pytest.approx(plain[name], rel=1e-9)
    step = 1e-5
    for moved in ("budget_share", "chip_life", "leak_scale"):
        up, down = (
            world.run(params | {moved: params[moved] * (1 + sign * step)}, past, data=data, outputs=(name,), last=20)[
                name
            ][20]
            for sign in (1, -1)
        )
        numeric = (up - down) / (2 * step * params[moved])
        assert np.asarray(slope[moved]) == pytest.approx(numeric, rel=1e-3), moved


@pytest.mark.slow
@pytest.mark.parametrize("case", ["past", "capped and regional"])
def test_jax_gives_the_same_everything(case, data, draws, past, everything) -> None:  # type: ignore[no-untyped-def]
    jax = pytest.importorskip("jax")
    policy = past
    if case != "past":
        caps = {"h200": {"us_volume_frac": 0.5, "per_customer_chips": 8000}}
        policy = policies.past(
            data, caps=caps, import_permission=1.0, import_open_question=0.0, region_cap={"sea": 0.3}
        )
    params = draws(16)
    plain = world.run(params, policy, data=data, outputs=everything)
    with double():
        traced = {name: jax.numpy.asarray(value) for name, value in params.items()}
        compiled = jax.jit(lambda p: dict(world.run(p, policy, data=data, outputs=everything)))(traced)
        for name in everything:
            got = np.asarray(compiled[name])
            assert got == pytest.approx(plain[name], rel=1e-6, abs=1e-9 * max(np.abs(plain[name]).max(), 1.0)), name


def test_an_unknown_output_suggests_the_nearest(data, draws, past) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UnknownNameError, match="lead_true_months"):
        world.run(draws(2), past, data=data, outputs=("lead_true_month",))


def test_a_run_cannot_start_in_the_middle_without_a_state(data, draws, past) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadInputError, match="cannot go on"):
        world.run(draws(2), past, data=data, first=4)
    end = world.run(draws(2), past, data=data, outputs=("prc_used_h100e",), last=4).checkpoint
    with pytest.raises(BadInputError, match="bound 4"):
        world.run(draws(2), past, data=data, first=5, state=end)
    with pytest.raises(OutOfRangeError):
        world.run(draws(2), past, data=data, last=45)


def test_parameters_of_unequal_length_are_refused(data, draws, past) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadInputError, match="same number of draws"):
        world.run(draws(4) | {"us_share": np.full(3, 0.7)}, past, data=data)


def test_a_missing_parameter_is_named(data, draws, past) -> None:  # type: ignore[no-untyped-def]
    params = draws(4)
    del params["chip_life"]
    with pytest.raises(BadInputError, match="chip_life"):
        world.run(params, past, data=data)


def test_a_run_too_short_for_the_scale_of_capability_says_so(data, draws, past) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(OutOfRangeError, match="2024"):
        world.run(draws(2), past, data=data, outputs=("us_capability",), last=6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"offshore": 1.4}, "range 0 to 1"),
        ({"enforcement": -0.1}, "range 0 to 1"),
        ({"hbm": np.ones(7)}, "no series"),
        ({"permissions": {"h21": 1.0}}, "chip class"),
        ({"permissions": {"h20": {"perhaps": 1.0}}}, "outcome"),
        ({"permissions": {"h20": {"free": 0.7, "notify": 0.7}}}, "more than the interval"),
        ({"caps": {"h20": {"pieces": 5.0}}}, "cap"),
        ({"caps": {"h20": {"chips": -5.0}}}, "negative"),
        ({"region_cap": {"moon": 0.5}}, "region"),
        ({"levers": world.Levers(demand_multiplier=np.full(44, -1.0))}, "negative"),
        ({"levers": world.Levers(plan_multiplier=np.full(44, np.nan))}, "negative or not a number"),
        ({"levers": world.Levers(stockpile=np.ones(3))}, "shape"),
        ({"levers": world.Levers(revenue_loop=-1.0)}, "revenue_loop"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(change, words, data) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadInputError, match=words):
        policies.past(data, **change)
