"""`leadtime calibrate`: prior, posterior and evidence side by side; rebuilding the posterior; published results derived again."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from leadtime.interfaces.cli import _show
from leadtime.interfaces.cli._progress import progress
from leadtime.interfaces.cli._world import number

if TYPE_CHECKING:
    from leadtime.study.calibration import Calibration
    from leadtime.study.reproduction import Reproduced

app = typer.Typer(add_completion=False)

SHOWN = 8


@app.command()
def calibrate(
    rebuild: Annotated[
        Path | None, typer.Option("--rebuild", metavar="DIR", help="Fit again and write the posterior to this folder.")
    ] = None,
    reproduce: Annotated[
        bool, typer.Option("--reproduce", help="Show published results beside what the model gives.")
    ] = False,
    cross_check: Annotated[
        bool,
        typer.Option(
            "--cross-check", help="Sample the posterior again by NUTS and set both side by side; needs the extra bayes."
        ),
    ] = False,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Seed of the cross-check.")] = 1,
    as_json: _show.Json = False,
) -> None:
    """Compare the calibrated model with its priors and with the evidence, row by row."""
    if rebuild is not None:
        _rebuild(rebuild, as_json=as_json)
    elif cross_check:
        _cross_check(seed, as_json=as_json)
    elif reproduce:
        _reproduce(as_json=as_json)
    else:
        from leadtime.interfaces.answers import method
        from leadtime.study import calibration

        found = calibration.calibrate()
        _show.answer(method.calibration(found), lambda console: _render(console, found), as_json=as_json)


def _rebuild(folder: Path, *, as_json: bool) -> None:
    from leadtime.study import calibration

    with progress("Calibrating", total=400) as advance:
        seen = 0

        def tell(done: int, _: int) -> None:
            nonlocal seen
            advance(done - seen)
            seen = done

        written = calibration.rebuild(folder, progress=tell)
    data = {
        "rows": [],
        "diagnostics": {"folder": str(written), "files": sorted(path.name for path in written.iterdir())},
    }
    _show.show(data, lambda console: console.print(f"Wrote {written}.", markup=False), as_json=as_json)


def _cross_check(seed: int, *, as_json: bool) -> None:
    from leadtime.study import calibration

    with progress("Sampling by NUTS", total=3) as advance:
        found = calibration.cross_check(seed=seed, progress=lambda done, total: advance(1))
    data = {"rows": [], "diagnostics": {}, "cross_check": found.as_data()}
    _show.show(data, lambda console: _render_cross_check(console, data["cross_check"]), as_json=as_json, seed=seed)  # type: ignore[arg-type]


def _render_cross_check(console: Console, data: dict[str, Any]) -> None:
    for variant, one in data["variants"].items():
        rows = [
            (row["name"], *(f"{row[part][sampler]:+.2f}" if part == "mean" else f"{row[part][sampler]:.2f}" for part in ("mean", "sd") for sampler in ("smc", "nuts")), f"{row['difference_sd']:+.2f}")
            for row in one["parameters"][:SHOWN]
        ]  # fmt: skip
        rows += [
            (name, *(_cell(cell[s]["q10"], cell[s]["q50"], cell[s]["q90"], "") for s in ("smc", "nuts")), "", "", "")
            for name, cell in one["headline"].items()
        ]
        caption = (
            f"The {SHOWN} of {data['parameters']} parameters that differ most (standard normal under their priors), then months and ratios with their 80 % intervals. "
            f"R-hat {one['r_hat_largest']:.3f}, at least {one['effective_draws_smallest']:,.0f} effective draws, {one['divergences']} divergences; "
            f"means differ by {one['difference_sd_median']:.2f} standard deviations in the median and {one['difference_sd_largest']:.2f} at most, "
            f"{one['parameters_apart']} of them by more than three standard errors; standard deviations stand as {one['sd_ratio_smallest']:.2f} to {one['sd_ratio_largest']:.2f} to one."
        )
        columns: list[str | tuple[str, str]] = ["", ("particles", "right"), ("NUTS", "right"), ("sd, particles", "right"), ("sd, NUTS", "right"), ("difference, sd", "right")]  # fmt: skip
        console.print(_show.table(f"Variant {variant}: particles and NUTS", columns, rows, caption=caption))
        console.print()


def _reproduce(*, as_json: bool) -> None:
    from leadtime.study import reproduction

    rows = reproduction.table()
    data = {"rows": [_published(row) for row in rows], "diagnostics": _counts(rows)}
    _show.show(
        data,
        lambda console: _render_published(console, rows),
        as_json=as_json,
        sources={row.source_id for row in rows},
        seed=reproduction.SEED,
    )


def _published(row: "Reproduced") -> dict[str, Any]:
    cells = asdict(row)
    return {
        "id": cells.pop("id"),
        "prior": None,
        "posterior": cells.pop("ours"),
        "evidence": cells.pop("theirs"),
        **cells,
    }


def _counts(rows: "tuple[Reproduced, ...]") -> dict[str, int]:
    derived = [row for row in rows if row.ours]
    return {
        "published": len(rows),
        "derived": len(derived),
        "agree": sum(bool(row.agrees) for row in derived),
        "not_derived": len(rows) - len(derived),
    }


def _cell(low: float | None, value: float | None, high: float | None, unit: str) -> str:
    ends = [number(end, unit) for end in (low, high) if end is not None]
    if value is None:
        return " to ".join(ends)
    if low is None and high is not None:
        return f"{number(value, unit)} (up to {ends[0]})"
    if high is None and low is not None:
        return f"{number(value, unit)} (from {ends[0]})"
    return f"{number(value, unit)} ({' to '.join(ends)})" if ends else number(value, unit)


def _render(console: Console, found: "Calibration") -> None:
    rows = [
        (
            row["title"],
            _cell(row["prior"]["q10"], row["prior"]["q50"], row["prior"]["q90"], row["unit"]),
            _cell(row["posterior"]["q10"], row["posterior"]["q50"], row["posterior"]["q90"], row["unit"]),
            _cell(row["evidence"]["low"], row["evidence"]["value"], row["evidence"]["high"], row["unit"]),
            f"{row['z_posterior']:+.1f}",
            row["role"],
        )
        for row in found.rows
    ]
    columns = ("", ("prior", "right"), ("posterior", "right"), ("evidence", "right"), ("off by sd", "right"), "row is")
    caption = "Medians; in brackets 10th and 90th percentile, for evidence the interval of its source. Only rows marked fit were fitted."
    console.print(_show.table("What evidence did to the model", list(columns), rows, caption=caption))
    moved = [
        (row["name"], *(_cell(row[side]["q10"], row[side]["q50"], row[side]["q90"], "") for side in ("prior", "posterior")),
         f"{row['shift_sd']:+.2f}", f"{100 * row['shrinkage_frac']:.0f} %")
        for row in found.parameters[:15]
    ]  # fmt: skip
    console.print(
        _show.table(
            "\nParameters that moved most",
            ["", ("prior", "right"), ("posterior", "right"), ("shift, sd", "right"), ("narrower by", "right")],
            moved,
        )
    )
    variants = [
        (
            name,
            f"{one['weight']:g}",
            f"{one['weight_if_evidence_decided']:.3f}",
            *(_months(one["headline"][column]) for column in ("lead_apparent_months_2026", "lead_true_months_2027", "lead_bought_months_2027", "lead_bought_months_2030")),
            f"{one['effective_particles']:,.0f} of {one['particles']:,}",
            f"{one['r_hat_largest']:.3f}",
        )
        for name, one in found.variants.items()
    ]  # fmt: skip
    console.print(
        _show.table(
            "\nMonths by variant of spillover, each fitted on its own",
            ["", ("weight", "right"), ("by evidence", "right"), ("apparent lag 2026", "right"), ("true lead 2027", "right"),
             ("bought 2027", "right"), ("bought 2030", "right"), ("effective draws", "right"), ("R-hat", "right")],
            variants,
        )
    )  # fmt: skip
    if found.diagnostics["stale"]:
        console.print(
            "\nPriors, rules or targets have changed since the posterior was made: rebuild it with leadtime calibrate --rebuild DIR.",
            markup=False,
        )


def _months(cell: dict[str, float]) -> str:
    return _cell(cell["q10"], cell["q50"], cell["q90"], "month")


def _render_published(console: Console, rows: "tuple[Reproduced, ...]") -> None:
    shown = [
        (
            row.id,
            f"{row.quantity}; {row.conditions}" if row.conditions else row.quantity,
            _cell(row.theirs["low"], row.theirs["value"], row.theirs["high"], row.unit) or row.theirs["text"],
            _cell(row.ours["low"], row.ours["value"], row.ours["high"], row.unit),
            "yes" if row.agrees else "no",
            row.why,
        )
        for row in rows
        if row.ours
    ]
    counts = _counts(rows)
    caption = (
        f"{counts['derived']} of {counts['published']} published results derived again, {counts['agree']} of them meet in range; "
        f"for the others {counts['not_derived']} the reasons are in --json."
    )
    columns: list[str | tuple[str, str]] = ["", "published", ("theirs", "right"), ("ours", "right"), "meet", "why"]
    console.print(_show.table("Published results derived again", columns, shown, caption=caption))
