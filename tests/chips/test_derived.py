"""TPP, density and equivalents against published figures, the text of the rule, and what must hold of any chip."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadtime.chips import (
    BIT_LENGTHS,
    Chip,
    Links,
    Memory,
    Silicon,
    all_chips,
    chip_by_id,
    decode_ratio_h100,
    eight_bit_flop_per_s,
    find_chip,
    memory_bandwidth_density,
    per_usd,
    per_w,
    performance_density,
    tpp,
    tpp_format,
    training_ratio_h100,
)

with (Path(__file__).parent / "published_tpp.csv").open(encoding="utf-8") as file:
    PUBLISHED = list(csv.DictReader(file))
ROUNDING = 4e-3  # publishers round rates before they multiply


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: f"{row['chip_id']}-{row['agrees']}")
def test_published_tpp_and_density(row: dict[str, str]) -> None:
    chip = chip_by_id(row["chip_id"])
    pairs = [(tpp(chip).value, row["tpp"]), (performance_density(chip).value, row["performance_density"])]
    for ours, theirs in pairs:
        if theirs and row["agrees"] == "yes":
            assert ours == pytest.approx(float(theirs), rel=ROUNDING)
        elif theirs:
            assert row["reason"], "a disagreement is explained"
            assert ours != pytest.approx(float(theirs), rel=ROUNDING)


def test_there_are_enough_published_figures() -> None:
    assert len({row["chip_id"] for row in PUBLISHED if row["agrees"] == "yes"}) >= 25
    assert sum(1 for row in PUBLISHED if row["performance_density"] and row["agrees"] == "yes") >= 15


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ({"fp8": 600e12}, 4800),  # the agency's own examples: 600 TOPS at 8 bit, 300 TFLOPS at 16 bit
        ({"fp16": 300e12}, 4800),
        ({"int8": 600e12, "fp16": 299e12}, 4800),
        ({"fp4": 1000e12, "fp6": 1000e12}, 6000),
        ({"fp64_matrix": 100e12, "fp16": 300e12}, 6400),
        ({"fp32": 67e12}, 2144),
        ({"tf32": 494.5e12, "fp16": 989e12}, 15824),  # TF32 carries 19 bits: half the 16-bit rate never decides
        ({"tf32": 100e12}, 1900),
    ],
)
def test_tpp_is_the_largest_product_of_rate_and_bit_length(rates: dict[str, float], expected: float) -> None:
    assert tpp(Chip(id="x", name="X", peak_flop_per_s=rates)).value == pytest.approx(expected)


def test_which_format_decides() -> None:
    assert tpp_format(find_chip("h100")) in {"fp16", "bf16"}  # 8 and 16 bit tie: the widest is named
    assert tpp_format(find_chip("b300")) == "fp4"
    assert tpp_format(find_chip("mi355x")) == "fp6"
    assert tpp_format(find_chip("trainium2")) == "tf32"
    assert tpp_format(find_chip("mi308x")) is None


def test_no_chip_is_decided_by_a_mislabelled_column() -> None:
    """Where a vector or TF32 rate decides, it was looked at one by one."""
    looked_at = {"l20": "fp32", "mi210": "fp64_matrix", "dcu-z100": "fp64"}
    looked_at |= dict.fromkeys(("trainium1", "inferentia2", "trainium2", "cloudblazer-t20", "cloudblazer-t21"), "tf32")
    wide = {"fp64", "fp64_matrix", "fp32", "fp32_matrix", "tf32"}
    assert {chip.id: tpp_format(chip) for chip in all_chips() if tpp_format(chip) in wide} == looked_at


def test_missing_inputs_are_named_and_never_zero() -> None:
    bare = Chip(id="x", name="X")
    assert tpp(bare).value is None
    assert tpp(bare).missing == ("peak_rates",)
    assert performance_density(bare).missing == ("peak_rates", "die_area_mm2")
    assert decode_ratio_h100(bare).missing == ("memory_bandwidth_byte_per_s",)
    assert training_ratio_h100(bare).missing == ("fp8_dense_flop_per_s",)
    assert memory_bandwidth_density(bare).missing == ("memory_bandwidth_byte_per_s", "die_area_mm2")
    assert per_w(bare, tpp(bare)).missing == ("peak_rates", "power_w")
    assert per_usd(bare, tpp(bare)).missing == ("peak_rates", "price_usd")
    for chip in all_chips():
        for figure in (tpp(chip), performance_density(chip), decode_ratio_h100(chip), training_ratio_h100(chip)):
            assert figure.known != bool(figure.missing)
            assert figure.value != 0


def test_an_unknown_node_is_not_a_planar_one() -> None:
    chip = Chip(id="x", name="X", peak_flop_per_s={"fp8": 1e14}, silicon=Silicon(die_area_mm2=500.0))
    assert performance_density(chip).missing == ("process_node",)
    planar = replace(chip, silicon=Silicon(die_area_mm2=500.0, non_planar_area_mm2=0.0, process_node="28 nm"))
    assert performance_density(planar).value is None
    assert "undefined" in performance_density(planar).note


def test_sram_is_no_dram() -> None:
    for name in ("wse-3", "groq-lpu-v1"):
        assert decode_ratio_h100(find_chip(name)).missing == ("dram_bandwidth_byte_per_s",)


@pytest.mark.parametrize(
    ("name", "training", "decode"),
    [
        ("a100", 0.315, 2039 / 3350),
        ("h800", 1.0, 1.0),
        ("h20", 0.150, 4000 / 3350),
        ("gb200", 2.5, 8000 / 3350),
        ("v100", 0.063, 900 / 3350),
    ],
)
def test_equivalents_as_stock_counts_use_them(name: str, training: float, decode: float) -> None:
    chip = find_chip(name)
    assert training_ratio_h100(chip).value == pytest.approx(training, abs=0.03 if name == "gb200" else 1e-3)
    assert decode_ratio_h100(chip).value == pytest.approx(decode)


def test_a_chip_without_8_bit_works_at_its_16_bit_rate() -> None:
    assert eight_bit_flop_per_s(Chip(id="x", name="X", peak_flop_per_s={"bf16": 200e12})).value == 200e12
    assert (
        eight_bit_flop_per_s(Chip(id="x", name="X", peak_flop_per_s={"bf16": 200e12, "int8": 400e12})).value == 400e12
    )


rates = st.dictionaries(st.sampled_from(sorted(BIT_LENGTHS)), st.floats(1e9, 1e18), min_size=1)


@given(rates, st.floats(1.0, 1e4))
def test_tpp_is_homogeneous_and_monotone(peak: dict[str, float], factor: float) -> None:
    chip = Chip(id="x", name="X", peak_flop_per_s=peak)
    scaled = replace(chip, peak_flop_per_s={name: rate * factor for name, rate in peak.items()})
    assert tpp(scaled).value == pytest.approx(tpp(chip).value * factor)  # type: ignore[operator]
    for name in peak:
        less = replace(chip, peak_flop_per_s={**peak, name: peak[name] / 2})
        assert tpp(less).value <= tpp(chip).value  # type: ignore[operator]


@given(rates, st.floats(1.0, 1e5), st.floats(1.0, 10.0))
def test_density_falls_with_area(peak: dict[str, float], area: float, factor: float) -> None:
    chip = Chip(id="x", name="X", peak_flop_per_s=peak, silicon=Silicon(die_area_mm2=area, non_planar_area_mm2=area))
    wider = replace(chip, silicon=Silicon(die_area_mm2=area * factor, non_planar_area_mm2=area * factor))
    dense, sparse = performance_density(chip).value, performance_density(wider).value
    assert dense is not None
    assert sparse == pytest.approx(dense / factor)


@given(rates, st.floats(1.0, 1e5), st.floats(1.0, 1e6))
def test_per_watt_and_per_dollar_undo_each_other(peak: dict[str, float], power: float, price: float) -> None:
    chip = Chip(id="x", name="X", peak_flop_per_s=peak, power_w=power, launch_price_usd=price)
    assert per_w(chip, tpp(chip)).value * power == pytest.approx(tpp(chip).value)  # type: ignore[operator]
    assert per_usd(chip, tpp(chip)).value * price == pytest.approx(tpp(chip).value)  # type: ignore[operator]
    assert per_usd(chip, tpp(chip), price_usd=1.0).value == tpp(chip).value


def test_memory_and_links_do_not_touch_tpp() -> None:
    chip = find_chip("h800")
    other = replace(chip, memory=Memory(), links=Links())
    assert tpp(other) == tpp(chip)
