"""Datasheets as arrays: true capacity, missing facts by name, arithmetic of narrow weights, caps."""

from dataclasses import replace

import numpy as np
import pytest

from leadtime.chips import Chip, Links, Memory, chip_by_id
from leadtime.errors import MissingFactError, OutOfRangeError
from leadtime.performance import arithmetic_precision, capped_chips, chip_arrays, ridge_flop_per_byte
from tests.performance.cases import A100, H20, H100, H800, UNKNOWN


def test_an_80_gb_part_has_80_gib_and_a_gddr_card_what_it_says() -> None:
    assert chip_arrays(H100).capacity_byte == pytest.approx(80 * 2**30, rel=0.005)
    assert chip_arrays(UNKNOWN).capacity_byte == 48e9


@pytest.mark.parametrize(
    ("chip_id", "gibibyte"), [("tpu-v5e", 16), ("tpu-v5p", 95), ("tpu7x-ironwood", 192), ("trainium2", 96)]
)
def test_a_capacity_printed_in_gib_is_taken_as_it_stands(chip_id: str, gibibyte: int) -> None:
    assert chip_arrays(chip_by_id(chip_id)).capacity_byte == gibibyte * 2**30


def test_one_way_bandwidth_is_half_of_what_vendors_quote() -> None:
    assert chip_arrays(H100).scale_up_byte_per_s == 450e9


def test_ridge_points() -> None:
    assert ridge_flop_per_byte(chip_arrays(H20, "fp8")) == pytest.approx(74.0)
    assert ridge_flop_per_byte(chip_arrays(H800, "fp8")) == pytest.approx(590.7, rel=1e-3)


@pytest.mark.parametrize(
    ("which", "stored", "computed"),
    [
        (H100, "fp8", "fp8"),
        (A100, "fp8", "bf16"),
        (H100, "fp4", "bf16"),
        (H100, "int4", "bf16"),
        (A100, "int8", "int8"),
        (H100, "fp16", "fp16"),
    ],
)
def test_narrow_weights_without_units_are_multiplied_in_16_bit(which: Chip, stored: str, computed: str) -> None:
    assert arithmetic_precision(which, stored) == computed


@pytest.mark.parametrize(
    ("chip", "field"),
    [
        (replace(H100, memory=Memory(capacity_byte=80e9)), "memory_bandwidth"),
        (replace(H100, memory=Memory(bandwidth_byte_per_s=1e12)), "field memory"),
        (replace(H100, peak_flop_per_s={"fp8": 1e15}), "bf16"),
    ],
)
def test_a_missing_fact_is_named(chip: Chip, field: str) -> None:
    with pytest.raises(MissingFactError, match=field):
        chip_arrays([H100, chip], "fp8")


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(OutOfRangeError, match="fp7"):
        chip_arrays(H100, "fp7")


def test_many_chips_equal_one_at_a_time() -> None:
    together = chip_arrays([H100, A100, H100], ["fp8", "bf16", "bf16"])
    for i, (which, precision) in enumerate(((H100, "fp8"), (A100, "bf16"), (H100, "bf16"))):
        alone = chip_arrays(which, precision)
        assert [field[i] for field in together] == pytest.approx(list(alone), nan_ok=True)


def test_the_interconnect_cap_of_2022_makes_an_h800_of_an_h100() -> None:
    capped = capped_chips(chip_arrays(H100), interconnect_byte_per_s=400e9)
    assert list(capped) == pytest.approx(list(chip_arrays(H800)))


def test_a_tpp_cap_slows_all_formats_in_proportion() -> None:
    # H100: 1,979 TFLOP/s x 8 bit = 15,830; the H20 has 296 x 8 = 2,368, below the line of 2,400.
    full = chip_arrays(H100, "fp8")
    assert full.tpp == pytest.approx(15830.4)
    capped = capped_chips(full, tpp=2400.0)
    assert capped.peak_flop_per_s == pytest.approx(300e12)
    assert capped.attention_flop_per_s == pytest.approx(150e12)
    assert chip_arrays(H20, "fp8").tpp == pytest.approx(2368.0)


def test_a_cap_above_the_chip_changes_nothing() -> None:
    full = chip_arrays([H100, H20], "fp8")
    capped = capped_chips(full, tpp=1e6, interconnect_byte_per_s=1e15, bandwidth_byte_per_s=1e15, capacity_byte=1e15)
    for a, b in zip(full, capped, strict=True):
        assert np.array_equal(a, b, equal_nan=True)


def test_a_sweep_of_caps_is_one_array() -> None:
    caps = np.array([900e9, 600e9, 400e9])
    swept = capped_chips(chip_arrays(H100), interconnect_byte_per_s=caps)
    assert swept.scale_up_byte_per_s.tolist() == [450e9, 300e9, 200e9]


def test_cards_on_a_host_bus_have_no_scale_up_domain() -> None:
    card = replace(UNKNOWN, links=Links(scale_up_name="PCIe 4.0 x16", scale_up_byte_per_s=64e9, scale_up_domain=1))
    arrays = chip_arrays(card)
    assert (arrays.domain, arrays.node, arrays.node_byte_per_s) == (1.0, 8.0, 32e9)
