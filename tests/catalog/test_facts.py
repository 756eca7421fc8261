"""What the tables of facts must keep to beyond their contracts."""

import pytest

from leadtime import catalog
from leadtime.chips import all_chips, chip_by_id, datasheet_rows, find_chip

EVIDENCE = {row["id"]: row for row in catalog.records("evidence")}
CHIPS = all_chips()


def test_all_accelerators_are_there() -> None:
    assert len(CHIPS) == 144
    assert len({chip.name for chip in CHIPS}) == 144


@pytest.mark.parametrize("chip", CHIPS, ids=lambda chip: chip.id)
def test_rates_fit_each_other(chip) -> None:  # type: ignore[no-untyped-def]
    """A sparse figure in a dense column shows as a factor of four between neighbouring bit lengths."""
    rates = chip.peak_flop_per_s
    wide = max((rates[name] for name in ("fp16", "bf16") if name in rates), default=None)
    uneven = chip.id in {"b300-sxm", "gb300-nvl72"} or chip.family == "rubin"  # INT8 units removed; FP8 raised alone
    if wide and not uneven:
        assert all(0.95 <= rates[name] / wide <= 4.05 for name in ("fp8", "int8") if name in rates)
    if "fp4" in rates and "fp8" in rates:
        assert 0.95 <= rates["fp4"] / rates["fp8"] <= 3.2
    if chip.id.startswith("gaudi3"):  # FP16 and TF32 at a quarter of the BF16 rate, as the white paper prints
        return
    if "tf32" in rates and "bf16" in rates:
        assert 0.45 <= rates["tf32"] / rates["bf16"] <= 1.0
    if "fp16" in rates and "bf16" in rates:
        assert rates["bf16"] / rates["fp16"] in {1.0, 0.5} or abs(rates["bf16"] / rates["fp16"] - 0.5) < 0.001


@pytest.mark.parametrize("chip", CHIPS, ids=lambda chip: chip.id)
def test_bandwidth_fits_the_kind_of_memory(chip) -> None:  # type: ignore[no-untyped-def]
    kind, bandwidth = chip.memory.kind, chip.memory.bandwidth_byte_per_s
    if not kind or not bandwidth:
        return
    if kind.startswith("HBM"):
        assert 5e11 <= bandwidth <= 3e13
    elif kind.startswith(("GDDR", "LPDDR")):
        assert bandwidth <= 2.1e12
    elif kind == "SRAM":
        assert bandwidth >= 1e13


def test_what_is_not_stated_is_absent() -> None:
    assert find_chip("mi308x").peak_flop_per_s == {}
    assert find_chip("mi300a").silicon.die_area_mm2 is None
    assert find_chip("l2").power_w is None
    assert find_chip("b30a").release_date is None


def test_variants_for_china_differ_where_the_rule_of_their_time_looked() -> None:
    for cut, full in (("a800", "a100"), ("h800", "h100")):
        ours, theirs = find_chip(cut), find_chip(full)
        assert ours.links.scale_up_byte_per_s == 400e9
        assert theirs.links.scale_up_byte_per_s >= 600e9  # type: ignore[operator]
        assert ours.peak_flop_per_s["bf16"] == theirs.peak_flop_per_s["bf16"]
    assert find_chip("h20").links.scale_up_byte_per_s == 900e9


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("h100", "memory_bandwidth", 3.35e12),
        ("h20", "memory_bandwidth", 4.0e12),
        ("h200", "memory_bandwidth", 4.8e12),
        ("mi300x", "memory_bandwidth", 5.3e12),
        ("mi325x", "memory_bandwidth", 6.0e12),
        ("rtx 5090 d v2", "memory_bandwidth", 1.344e12),
        ("b200", "fp4", 9000e12),
        ("b300", "fp4", 14000e12),
        ("b300", "int8", 153.5e12),
        ("gb300", "fp4", 15000e12),
        ("910c", "bf16", 752e12),
        ("910b", "bf16", 313e12),
        ("rtx 5090 d", "fp4", 1187.5e12),
        ("l20", "fp8", 239e12),
        ("l2", "fp8", 193e12),
        ("trainium2", "fp8", 1299e12),
        ("tpu v5p", "bf16", 459e12),
    ],
)
def test_consequential_values(name: str, field: str, value: float) -> None:
    chip = find_chip(name)
    stated = chip.memory.bandwidth_byte_per_s if field == "memory_bandwidth" else chip.peak_flop_per_s[field]
    assert stated == pytest.approx(value)


def test_memory_of_neuron_chips_counts_in_binary() -> None:
    assert find_chip("trainium2").memory.capacity_byte == 96 * 2**30


def test_disputes_name_fields_and_keep_the_losing_value_apart() -> None:
    for row in catalog.records("chip_disputes"):
        adopted = datasheet_rows()[row["chip_id"]].get(row["field"])
        assert row["field"] in catalog.contract("chips").fields
        assert adopted is None or float(adopted["value"]) != row["rejected_value"]


def test_evidence_is_whole_and_ordered() -> None:
    assert len(EVIDENCE) == 287
    for row in EVIDENCE.values():
        values = [row[name] for name in ("low", "central", "high") if row[name] is not None]
        assert values == sorted(values), row["id"]
        assert values or row["unit"] in {"event", "s", "FLOP/s"}, row["id"]
        assert row["period_end"] is None or row["period_start"] <= row["period_end"], row["id"]
        if row["level"] is not None:
            assert row["low"] is not None, row["id"]
            assert row["high"] is not None, row["id"]


def test_shares_are_fractions() -> None:
    for row in EVIDENCE.values():
        if row["unit"] == "frac" and row["id"] not in {"S017"}:  # a premium may exceed one
            assert all(0 <= row[name] <= 1 for name in ("low", "central", "high") if row[name] is not None), row["id"]


def test_rows_that_tie_to_the_chip_table_agree_with_it() -> None:
    h20, h100 = find_chip("h20"), find_chip("h100")
    assert EVIDENCE["W001"]["central"] == h20.peak_flop_per_s["bf16"]
    assert EVIDENCE["W002"]["central"] == h20.memory.bandwidth_byte_per_s
    weight = find_chip("gb200").peak_flop_per_s["fp8"] / h100.peak_flop_per_s["fp8"]
    assert EVIDENCE["C086"]["central"] == pytest.approx(weight, rel=0.02)
    units, h100e = EVIDENCE["C003"]["central"], EVIDENCE["C010"]["central"]
    assert h100e / units == pytest.approx(h20.peak_flop_per_s["fp8"] / h100.peak_flop_per_s["fp8"], rel=0.02)


def test_published_results_are_whole() -> None:
    rows = catalog.records("published_results")
    assert len({row["id"].rstrip("abcd") for row in rows}) == 89
    for row in rows:
        values = [row[name] for name in ("low", "central", "high") if row[name] is not None]
        assert values == sorted(values), row["id"]
        assert values or row["text"], row["id"]
    by_id = {row["id"]: row for row in rows}
    assert by_id["VT090a"]["central"] == 15832
    assert by_id["VT091b"]["central"] == pytest.approx(2368 / 814, abs=0.01)


def test_prices_are_whole() -> None:
    rows = catalog.records("prices")
    assert len(rows) == 121
    assert {row["kind"] for row in rows} == {"purchase", "server_purchase", "smuggled_purchase", "rental"}
    for row in rows:
        assert (row["unit"] == "USD/h") == (row["kind"] == "rental")
        per_chip = row["price"] / row["n_chips"]
        assert (0.1 < per_chip < 20) if row["kind"] == "rental" else (1000 < per_chip < 150_000), row["id"]
        assert row["date"].startswith(str(row["currency_year"]))


def test_hours_and_operations_of_a_run_fit_its_chips() -> None:
    for row in catalog.records("training_runs"):
        low, central, high = (row[f"training_flop{end}"] for end in ("_low", "", "_high"))
        if central is not None and low is not None:
            assert low <= central <= high
        if row["chip_hours"] and row["tokens"] and row["params_active"] and row["stage"] == "pre-training":
            peak = chip_by_id(row["chip_id"]).peak_flop_per_s["bf16"]
            used = 6 * row["params_active"] * row["tokens"] / (row["chip_hours"] * 3600 * peak)
            assert 0.02 < used < 0.75, row["id"]


def test_clusters_hold_what_their_chips_allow() -> None:
    rows = {row["id"]: row for row in catalog.records("clusters")}
    for row in rows.values():
        bounds = [row[name] for name in ("n_chips_low", "n_chips", "n_chips_high") if row[name] is not None]
        assert bounds == sorted(bounds)
    stated = 984e15 / rows["sanjiangyuan-metax"]["n_chips"]
    assert stated == pytest.approx(find_chip("c500").peak_flop_per_s["fp16"], rel=0.01)
