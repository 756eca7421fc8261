"""How `leadtime chips` looks to people."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from leadtime.interfaces.cli._show import table
from leadtime.units import format_si

__all__ = ["print_comparison", "print_list", "print_one", "print_roofline", "print_workloads"]

Record = Mapping[str, Any]
Columns = Sequence[str | tuple[str, str]]


def print_list(console: Console, records: Sequence[Record]) -> None:
    columns: Columns = [
        "Chip",
        "Name",
        "Vendor",
        "Released",
        *((name, "right") for name in ("TPP", "Density", "Training", "Decode", "Memory", "TB/s", "W")),
    ]
    rows = [
        (
            record["id"],
            escape(record["name"]),
            _text(record["vendor"]),
            _text(record["release_date"]),
            _number(record["tpp"]),
            _number(record["performance_density"]),
            _number(record["h100e_training_ratio"]),
            _number(record["h100e_decode_ratio"]),
            _si(record["memory_byte"], "B"),
            _number(record["memory_bandwidth_gb_s"], 1e-3),
            _number(record["power_w"]),
        )
        for record in records
    ]
    caption = (
        "Training and Decode: H100-equivalents by dense 8-bit rate and by DRAM bandwidth. –: not stated by any source."
    )
    console.print(table(f"{len(records)} accelerators", columns, rows, caption=caption))


def print_one(console: Console, record: Record) -> None:
    asked = "" if record["matched_from"] in {record["id"], record["name"]} else f"  (from {record['matched_from']!r})"
    console.print(Text(record["name"], style="bold"), escape(f" {record['id']}{asked}"))
    if record["match_note"]:
        console.print(f"{record['match_note']}.", style="dim")
    figures = [(label, _figure(record, field), note) for field, label, note in FIGURES]
    console.print(table("What follows", ["Figure", ("Value", "right"), "Meaning"], figures))
    notes = {field: record["notes"].get(field, "") for field, _, _ in SHEET if record[field] is not None}
    repeated = {
        later for earlier, later in pairwise(notes) if notes[later] == notes[earlier]
    }  # said once over several rows
    sheet = [
        (
            label,
            _shown(record[field], unit),
            MARK.get(record["methods"].get(field, ""), ""),
            "" if field in repeated else escape(notes[field]),
            record["sources"].get(field, ""),
        )
        for field, label, unit in SHEET
        if field in notes
    ]
    caption = "~ derived or estimated, ? assumed; rates are dense. `leadtime sources ID` shows a source."
    console.print(table("Datasheet", ["Field", ("Value", "right"), "", "Note", "Source"], sheet, caption=caption))
    for entry in record["disputed"]:
        console.print(
            f"Not used: {entry['field']} {entry['rejected_value']:g} ({entry['source']}): {entry['reason']}.",
            style="dim",
        )
    for warning in record["warnings"]:
        console.print(escape(f"Odd: {warning}"))


def print_comparison(console: Console, data: Record) -> None:
    records = data["chips"]
    columns: Columns = ["", *((escape(record["id"]), "right") for record in records)]
    fields = [(field, label, "") for field, label, _ in FIGURES] + list(SHEET)
    rows = []
    for field, label, unit in fields:
        if all(record[field] is None for record in records):
            continue
        ratios = data["ratios"].get(field)
        cells = [
            _figure(record, field) if record[field] is None and field in FIGURE_FIELDS else _shown(record[field], unit)
            for record in records
        ]
        if ratios:
            cells = [
                cell if ratio is None or i == 0 else f"{cell}  ×{ratio:.2f}"
                for i, (cell, ratio) in enumerate(zip(cells, ratios, strict=True))
            ]
        rows.append((label, *cells))
    console.print(table(escape(f"Relative to {data['relative_to']}"), columns, rows))


FIGURES = (
    ("tpp", "TPP", "total processing performance: highest dense rate x bit length (3A090)"),
    ("performance_density", "Performance density", "TPP per mm² of non-planar logic"),
    ("h100e_training_ratio", "H100e, training", "dense 8-bit rate over that of an H100"),
    ("h100e_decode_ratio", "H100e, decode", "DRAM bandwidth over that of an H100"),
    ("memory_bandwidth_density_gb_s_per_mm2", "Bandwidth density", "GB/s of DRAM per mm² of logic"),
    ("h100e_training_per_kw", "Training per kW", "H100-equivalents"),
    ("h100e_decode_per_kw", "Decode per kW", "H100-equivalents"),
    ("h100e_training_per_1000_usd", "Training per $1,000", "H100-equivalents at the launch price"),
    ("h100e_decode_per_1000_usd", "Decode per $1,000", "H100-equivalents at the launch price"),
)
FIGURE_FIELDS = {field for field, _, _ in FIGURES}
RATES = ["fp64", "fp64_matrix", "fp32", "fp32_matrix", "tf32", "fp16", "bf16", "fp8", "fp6", "fp4", "int8", "int4"]
SHEET = (
    ("vendor", "Vendor", ""),
    ("country_of_design", "Country of design", ""),
    ("family", "Family", ""),
    ("status", "Status", ""),
    ("release_date", "Released", ""),
    ("process_node", "Process", ""),
    ("foundry", "Foundry", ""),
    ("die_area_mm2", "Logic die area", "mm²"),
    ("n_compute_dies", "Compute dies", ""),
    ("n_transistors", "Transistors", "count"),
    *(
        (f"{name}_dense_{'op' if name.startswith('int') else 'flop'}_per_s", name.upper().replace("_", " "), "rate")
        for name in RATES
    ),
    ("memory_type", "Memory", ""),
    ("memory_byte", "Memory capacity", "B"),
    ("memory_bandwidth_byte_per_s", "Memory bandwidth", "B/s"),
    ("scale_up_name", "Scale-up link", ""),
    ("scale_up_byte_per_s", "Scale-up, both directions", "B/s"),
    ("scale_up_domain", "Scale-up domain", ""),
    ("scale_out_byte_per_s", "Network, one direction", "B/s"),
    ("power_w", "Power", "W"),
    ("launch_price_usd", "Launch price", "USD"),
    ("datacenter_marketed", "For data centres", ""),
)
MARK = {"derived": "~", "estimated": "~", "assumed": "?"}
MISSING = {
    "peak_rates": "peak rates",
    "die_area_mm2": "die area",
    "process_node": "process node",
    "non_planar_die_area_mm2": "non-planar die area",
    "memory_bandwidth_byte_per_s": "memory bandwidth",
    "dram_bandwidth_byte_per_s": "DRAM bandwidth (SRAM only)",
    "fp8_dense_flop_per_s": "8-bit or 16-bit rate",
    "power_w": "power",
    "price_usd": "price",
}


def _figure(record: Record, field: str) -> str:
    """Return a derived figure, or which input nobody states."""
    if record[field] is not None:
        decided = f" ({record['tpp_format']})" if field == "tpp" and record["tpp_format"] else ""
        return _number(record[field]) + decided
    missing = record["missing_by_figure"][field]
    return "unknown: " + ", ".join(MISSING.get(name, name) for name in missing)


def _shown(value: Any, unit: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if unit == "rate":
        return _si(value, "FLOP/s")
    if unit in {"B", "B/s"}:
        return _si(value, unit)
    if unit == "count":
        return f"{value / 1e9:g} billion"
    return f"{_number(value)} {unit}".strip() if isinstance(value, (int, float)) else _text(value)


def _si(value: float | None, unit: str) -> str:
    return "–" if value is None else format_si(value, unit, digits=4)


def _number(value: float | None, factor: float = 1.0) -> str:
    if value is None:
        return "–"
    value *= factor
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _text(value: Any) -> str:
    return "–" if value is None else escape(str(value))


def print_workloads(console: Console, answer: Record) -> None:
    """Print chips by workload, and why where one cannot run it."""
    field, title = {
        "chip": ("tok_s_per_chip", "tokens per second and chip"),
        "usd": ("tok_per_usd", "tokens per US dollar of rent"),
        "watt": ("tok_s_per_w", "tokens per second and watt of the chip's rating"),
    }[answer["per"]]
    workloads = list(dict.fromkeys(row["workload"] for row in answer["rows"]))
    cells: dict[str, dict[str, str]] = {}
    reasons = []
    for row in answer["rows"]:
        value = row[field]
        cells.setdefault(row["name"], {})[row["workload"]] = (
            "" if value is None else f"{value:,.4g}" if value < 1e4 else f"{value:,.0f}"
        )
        if row["reason"]:
            reasons.append(f"{row['name']}, {row['workload']}: {row['reason']}")
    rows = [(escape(name), *(found.get(one, "") for one in workloads)) for name, found in cells.items()]
    caption = (
        f"{answer['precision']} weights; training on {answer['n_train_chips']:,} chips, serving on the best number up to 16, "
        f"at most {answer['tpot_limit_ms']:.0f} ms per token. Central estimates."
    )
    columns: Columns = ["Chip", *((one.replace("_", " "), "right") for one in workloads)]
    console.print(table(f"{answer['model']}: {title}", columns, rows, caption=caption))
    for reason in [*reasons, *answer["notes"]]:
        console.print(f"- {escape(reason)}")


def print_roofline(console: Console, answer: Record) -> None:
    """Print a model's operations under the roofline of a chip."""
    rows = [
        (
            row["operation"],
            f"{row['intensity_flop_per_byte']:,.4g}",
            format_si(row["attainable_flop_per_s"], "FLOP/s"),
            row["bound"],
            f"{row['share_of_time_frac']:.1%}",
        )
        for row in sorted(answer["operations"], key=lambda row: -row["share_of_time_frac"])
    ]
    columns: Columns = [
        "Operation",
        ("FLOP per byte", "right"),
        ("Attainable", "right"),
        "Bound by",
        ("Share of time", "right"),
    ]
    title = f"{answer['model']} on {answer['name']}: {answer['phase']}, {answer['batch']:,} sequences of {answer['context']:,} tokens"
    caption = (
        f"{answer['precision']} weights, {answer['kv_precision']} cache. Peak {format_si(answer['peak_flop_per_s'], 'FLOP/s')}, "
        f"memory {format_si(answer['bandwidth_byte_per_s'], 'B/s')}; limits of the datasheet, no efficiencies."
    )
    console.print(table(escape(title), columns, rows, caption=caption))
