"""`leadtime hindcast`: fit to what was known by a day, and score the prediction of what came later."""

from typing import Annotated, Any

import typer
from rich.console import Console

from leadtime.interfaces.cli import _show
from leadtime.interfaces.cli._progress import progress
from leadtime.interfaces.cli._world import number

app = typer.Typer(add_completion=False)


@app.command()
def hindcast(
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE", help="Last day that the fit knows of.")
    ] = "2024-12-31",
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Seed; the same seed gives the same bits.")] = 11,
    as_json: _show.Json = False,
) -> None:
    """Fit the model to evidence up to a day and score it on later evidence, with coverage and log score."""
    from leadtime.interfaces.answers import method
    from leadtime.study._draws import check_seed
    from leadtime.study._quarters import parse_date
    from leadtime.study.calibration import hindcast as run

    day = parse_date(as_of)
    with progress(f"Fitting to what was known by {day}", total=600) as advance:
        seen = 0

        def tell(done: int, _: int) -> None:
            nonlocal seen
            advance(done - seen)
            seen = done

        found = run(day, seed=check_seed(seed), progress=tell)
    answer = method.hindcast(found, as_of=day, seed=seed)
    _show.answer(answer, lambda console: _render(console, answer.data), as_json=as_json)


def _render(console: Console, data: dict[str, Any]) -> None:
    rows = [
        (
            row["title"],
            f"{number(row['predicted']['q50'], row['unit'])} ({number(row['predicted']['q10'], row['unit'])} to {number(row['predicted']['q90'], row['unit'])})",
            ("at least " if row["bound"] == "lower" else "") + number(row["observed"], row["unit"]),
            "50 %" if row["inside_50"] else "80 %" if row["inside_80"] else "outside",
            _score(row["log_score"]["model"]),
            _score(row["log_score"]["trend"]),
            _score(row["log_score"]["last_value"]),
        )
        for row in data["rows"]
    ]
    columns: list[str | tuple[str, str]] = ["", ("predicted", "right"), ("observed", "right"), "inside", ("log score", "right"), ("trend", "right"), ("last value", "right")]  # fmt: skip
    caption = "Median and 80 % interval of the prediction, with the noise of the row."
    console.print(_show.table(f"Known by {data['as_of']}, scored on what came later", columns, rows, caption=caption))
    strict = data["by_publication_date"]
    for words, part in (("By the date that a row is about", data), ("By its date of publication", strict)):
        console.print(f"\n{words} ({part['n_used']} rows fitted): {_sentence(part)}", markup=False)
    console.print(
        f"\nThe fit by publication, scored on all rows that became public later, also on those about earlier times: {_sentence(strict['published_later'])}",
        markup=False,
    )
    console.print(
        f"\n{data['versions_scored']} versions of the model have been scored on these rows, so this is no clean test; "
        f"{len(data['priors_with_later_evidence'])} priors cite evidence from after the date (--json lists them).",
        markup=False,
    )


def _score(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _sentence(part: dict[str, Any]) -> str:
    bare, score = part["without_noise"], part["log_score"]
    return (
        f"{_percent(part['coverage_80_frac'])} of {part['n_targets']} rows in the 80 % interval and {_percent(part['coverage_50_frac'])} in the 50 % one; "
        f"without the noise of the rows {_percent(bare['coverage_80_frac'])} and {_percent(bare['coverage_50_frac'])}. "
        f"{_width(part['pit'])}The intervals are {part['median_width_ratio_to_prior']:.2f} times as wide as those of the priors. "
        f"Log score over {part['log_score_rows']} rows: model {score['model']:.1f}, trend {score['trend']:.1f}, last value {score['last_value']:.1f}; "
        f"the model is better than the trend on {part['rows_better_than']['trend']} of them and than the last value on {part['rows_better_than']['last_value']}."
    )


def _width(pit: dict[str, Any]) -> str:
    if pit["spread"] is None:
        return ""
    low, high = pit["spread_if_right"]
    verdict = "too wide" if pit["spread"] < low else "too narrow" if pit["spread"] > high else "not told from right"
    return f"Observed values spread {pit['spread']:.2f} times as far as predicted (right would show {low:.2f} to {high:.2f}), so intervals are {verdict}. "


def _percent(share: float) -> str:
    return f"{round(100 * share)} %"
