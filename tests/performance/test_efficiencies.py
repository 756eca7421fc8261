"""Efficiency rows: which row serves whom, with what spread; draws; bad rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadtime import catalog
from leadtime.chips import Chip
from leadtime.errors import MissingFactError, OutOfRangeError, UnknownNameError
from leadtime.performance import PARAMETERS, efficiencies_from_rows, sample_efficiencies
from tests.performance.cases import A100, ASCEND_910C, H20, H100, UNKNOWN, efficiencies, one, table

LOG10_80 = np.log(10) / (2 * 1.2815515655446004)


def rows(**changed: str) -> list[dict[str, str]]:
    """One row per parameter, as text."""
    made = []
    for name, spec in PARAMETERS.items():
        scope = "any" if spec.scope == "any" else "other"
        made.append(
            {"parameter": name, "scope": scope, "precision": "any", "median": "0.5", "low": "0.25", "high": "0.75"}
        )
    return [{**row, **(changed if row["parameter"] == "memory_frac" else {})} for row in made]


def chip_of(name: str, family: str | None) -> Chip:
    return Chip(id=name, name=name, family=family, peak_flop_per_s={"bf16": 1e14})


def test_the_packaged_rows_are_complete_and_bounded() -> None:
    packaged = efficiencies_from_rows(catalog.table("efficiencies"))
    for which in (H100, H20, A100, ASCEND_910C, UNKNOWN):
        for precision in ("bf16", "fp8", "fp4", "int8"):
            found = packaged.efficiencies(which, precision)
            for name, spec in PARAMETERS.items():
                assert found[name] > 0, name
                assert spec.highest is None or found[name] <= spec.highest, name


def test_every_packaged_row_has_a_source() -> None:
    known = catalog.sources()
    for row in catalog.table("efficiencies"):
        assert row["source_id"] in known
        assert float(row["low"]) <= float(row["median"]) <= float(row["high"])


def test_the_most_specific_row_wins() -> None:
    extra = [
        {
            "parameter": "memory_frac",
            "scope": "hopper",
            "precision": "any",
            "median": "0.8",
            "low": "0.7",
            "high": "0.9",
        },
        {
            "parameter": "memory_frac",
            "scope": "hopper",
            "precision": "fp8",
            "median": "0.7",
            "low": "0.6",
            "high": "0.8",
        },
        {
            "parameter": "memory_frac",
            "scope": "h20-96gb",
            "precision": "any",
            "median": "0.9",
            "low": "0.8",
            "high": "0.95",
        },
    ]
    made = efficiencies_from_rows(rows() + extra)
    assert made.efficiencies(chip_of("x", None))["memory_frac"] == 0.5
    assert made.efficiencies(chip_of("x", "hopper"))["memory_frac"] == 0.8
    assert made.efficiencies(chip_of("x", "hopper"), "fp8")["memory_frac"] == 0.7
    assert made.efficiencies(chip_of("h20-96gb", "hopper"), "fp8")["memory_frac"] == 0.9


def test_a_borrowed_value_has_twice_the_spread_and_says_so() -> None:
    extra = {
        "parameter": "memory_frac",
        "scope": "hopper",
        "precision": "any",
        "median": "0.5",
        "low": "0.1",
        "high": "1.0",
    }
    made = efficiencies_from_rows([*rows(), {**extra, "measured_chips": "seen; also-seen"}])
    seen, unseen, stranger = (
        made.efficiencies(chip_of(name, family))
        for name, family in (("seen", "hopper"), ("new", "hopper"), ("new", "cube"))
    )
    assert one(seen.log_spreads["memory_frac"]) == pytest.approx(LOG10_80)
    assert one(unseen.log_spreads["memory_frac"]) == pytest.approx(2 * LOG10_80)
    assert (seen.basis, unseen.basis, stranger.basis) == (("measured",), ("family",), ("other",))
    own = np.log(3) / (2 * 1.2815515655446004)
    assert one(stranger.log_spreads["memory_frac"]) == pytest.approx(2 * own)


def test_unknown_engines_and_frameworks_take_the_reference() -> None:
    assert efficiencies(engine="never-heard-of").values == efficiencies(engine="other").values
    assert efficiencies(framework="never-heard-of").values == efficiencies(framework="other").values


def test_many_configurations_equal_one_at_a_time() -> None:
    chips, precisions = [H100, H20, A100, H100], ["bf16", "fp8", "bf16", "fp8"]
    together = table().efficiencies(chips, precisions, engines=["vllm", "sglang", "other", "vllm"])
    for i, (which, precision, engine) in enumerate(
        zip(chips, precisions, ["vllm", "sglang", "other", "vllm"], strict=True)
    ):
        alone = table().efficiencies(which, precision, engines=engine)
        assert together.basis[i] == alone.basis[0]
        for name in PARAMETERS:
            assert together[name][i] == alone[name], name
            assert together.log_spreads[name][i] == alone.log_spreads[name], name


def test_changing_the_medians_changes_what_is_selected() -> None:
    chosen = table().select([H100, A100])
    base = chosen.values(table().medians, table().log_spreads)
    halved = chosen.values(table().medians * 0.5, table().log_spreads)
    assert halved["memory_frac"] == pytest.approx(base["memory_frac"] * 0.5)
    doubled = chosen.values(table().medians * 10, table().log_spreads)
    assert np.all(doubled["memory_frac"] == 1.0), "a fit may not pass the roofline"


def test_taking_repeats_configurations() -> None:
    both = table().efficiencies([H100, A100])
    taken = both.take(np.array([1, 1, 0]))
    assert taken["gemm_train_frac"].tolist() == [both["gemm_train_frac"][1]] * 2 + [both["gemm_train_frac"][0]]
    assert len(taken.basis) == 3


def test_zero_draws_are_the_medians() -> None:
    base = table().efficiencies([H100, A100])
    drawn = sample_efficiencies(base, np.zeros((len(base.factors), 3)))
    for name in PARAMETERS:
        assert np.broadcast_to(drawn[name], (2, 3)) == pytest.approx(np.broadcast_to(base[name][:, None], (2, 3)))


@settings(max_examples=30)
@given(st.floats(0.01, 4.0))
def test_a_lucky_chip_is_faster_in_everything_and_stays_below_the_roofline(z: float) -> None:
    base = efficiencies(H100)
    drawn = sample_efficiencies(base, np.full((len(base.factors), 1), z))
    for name, spec in PARAMETERS.items():
        value, median = one(drawn[name]), one(base[name])
        if spec.faster > 0:
            assert value >= median
            assert spec.highest is None or value <= spec.highest
        if spec.faster < 0:
            assert value <= median


def test_chips_of_one_family_move_together_and_others_apart() -> None:
    base = table().efficiencies([H100, H20, A100])
    z = np.random.default_rng(1).standard_normal((len(base.factors), 2000))
    drawn = np.log(sample_efficiencies(base, z)["layer_launch_s"])
    assert np.corrcoef(drawn[0], drawn[1])[0, 1] > 0.999
    assert abs(np.corrcoef(drawn[0], drawn[2])[0, 1]) < 0.1


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"median": "0.9"}, OutOfRangeError, "ordered"),
        ({"low": "0"}, OutOfRangeError, "ordered"),
        ({"high": "inf"}, OutOfRangeError, "ordered"),
        ({"median": "1.2", "high": "1.5"}, OutOfRangeError, "roofline"),
        ({"precision": "fp7"}, OutOfRangeError, "fp7"),
        ({"parameter": "memory_fraction"}, UnknownNameError, "memory_frac"),
    ],
)
def test_a_bad_row_is_refused_with_its_name(changed: dict[str, str], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        efficiencies_from_rows(rows(**changed))


def test_a_missing_row_is_named() -> None:
    some = [row for row in rows() if row["parameter"] != "kv_memory_frac"]
    with pytest.raises(MissingFactError, match="kv_memory_frac"):
        efficiencies_from_rows(some).efficiencies(H100)
