"""From finished results to a page: numbers into words, series into charts. The results were computed below this floor."""

from collections.abc import Mapping
from typing import Any

from leadtime.claims import Dossier, Judged, PlaneData
from leadtime.reports._charts import COLOURS, Fan, Figure, bars_with_ranges, fan_chart, stacked_areas
from leadtime.reports._claim_charts import claim_figures, claim_tables
from leadtime.reports._law_figures import plane_figure, status_key, status_strip
from leadtime.reports._page import ClaimEntry, Page, Section, SourceEntry, Table, texts
from leadtime.reports._words import amount, figure_words, months, number, percent, ratio, spread
from leadtime.reports._world_figures import marked, tornado_figure

__all__ = ["compose"]

YEARS = (2025, 2026, 2027, 2030)
VARIANTS = ("s0", "s1", "s2")
Words = Mapping[str, Any]


class _Read:
    """Reads values of runs at the start of a year."""

    def __init__(self, dossier: Dossier) -> None:
        self.base = dossier.comparison.base
        self.others = dossier.comparison.others

    def at(self, name: str, year: int, *, scenario: str | None = None) -> tuple[float, float, float]:
        run = self.others[scenario] if scenario else self.base
        row = list(run.times(name)).index(f"{year}-01-01")
        low, middle, high = (float(run.quantile(name, level)[row]) for level in (0.1, 0.5, 0.9))
        return low, middle, high

    def fan(self, label: str, name: str, *, scenario: str | None = None, last: int = 2031, scale: float = 1.0) -> Fan:
        run = self.others[scenario] if scenario else self.base
        times = [_year_of(day) for day in run.times(name)]
        keep = [index for index, time in enumerate(times) if time <= last]
        series = [[float(run.quantile(name, level)[index]) * scale for index in keep] for level in (0.1, 0.5, 0.9)]
        return Fan(
            label=label, time_yr=[times[index] for index in keep], low=series[0], middle=series[1], high=series[2]
        )


def _year_of(day: str) -> float:
    year, month = int(day[:4]), int(day[5:7])
    return year + (month - 1) / 12


def compose(dossier: Dossier, *, language: str, command: str) -> Page:
    """Return the report page of a dossier in a language."""
    import leadtime
    from leadtime.catalog import data_version

    t: Words = texts(language)
    p: Words = t["page"]
    read = _Read(dossier)
    facts = p["facts"]
    lead_later = dossier.variants
    bought = {name: lead_later[name]["headline"]["lead_bought_months_2030"] for name in VARIANTS if name in lead_later}
    headline = [
        p["headline"]["gap"].format(
            us=spread(read.at("us_used_h100e", 2026), amount),
            prc=spread(read.at("prc_used_h100e", 2026), amount),
            ratio=spread(read.at("training_ratio", 2026), ratio),
        ),
        p["headline"]["lead"].format(
            lead=spread(read.at("lead_true_months", 2026), months),
            apparent=spread(read.at("lead_apparent_months", 2026), months),
        ),
        p["headline"]["bought"].format(
            bought=spread(read.at("lead_bought_months", 2027), months),
            bought_later=spread(read.at("lead_bought_months", 2030), months),
            s0=_interval(bought["s0"]),
            s2=_interval(bought["s2"]),
        ),
    ]
    return Page(
        language=language,
        title=p["title"],
        subtitle=p["subtitle"].format(
            as_of=dossier.as_of, draws=f"{dossier.draws:,}", seed=dossier.seed, data_version=data_version()
        ),
        headline=headline,
        key=_key_table(read, p),
        sections=[
            Section(
                id="lead",
                title=p["sections"]["lead"],
                paragraphs=[p["paragraphs"]["lead"]],
                figures=[_lead(read, p, dossier), _variants(dossier, p), _drivers(dossier, p)],
            ),
            Section(
                id="compute",
                title=p["sections"]["compute"],
                paragraphs=[p["paragraphs"]["compute"]],
                figures=[_gap(read, p, dossier), _ratios(read, p, dossier), _channels(read, p)],
            ),
            Section(
                id="bite",
                title=p["sections"]["bite"],
                paragraphs=[p["paragraphs"]["bite"]],
                figures=[_bite(read, p, dossier)],
            ),
            Section(
                id="scenarios",
                title=p["sections"]["scenarios"],
                paragraphs=[p["paragraphs"]["scenarios"]],
                figures=[_scenarios(dossier, p), *_effects(dossier, p)],
                tables=[_scenario_table(dossier, p)],
            ),
            Section(
                id="law",
                title=p["sections"]["law"],
                paragraphs=[p["paragraphs"]["law"]],
                figures=[_status(dossier, p), *(_plane(plane, p) for plane in dossier.planes)],
            ),
        ],
        claims=[_claim(entry, language, t) for entry in dossier.claims],
        sources=[
            SourceEntry(
                id=s.id, title=s.title, publisher=s.publisher or "", url=s.url or "", published=str(s.published or "")
            )
            for s in dossier.sources.values()
        ],
        facts={
            facts["version"]: leadtime.__version__,
            facts["data"]: data_version(),
            facts["draws"]: f"{dossier.draws:,}",
            facts["seed"]: str(dossier.seed),
            facts["command"]: command,
            facts["cite"]: p["cite"].format(version=leadtime.__version__, data_version=data_version()),
        },
        limits=p["limits"],
    )


def _interval(headline: Mapping[str, Any]) -> str:
    return spread((headline["low"], headline["value"], headline["high"]), months)


FORMATS = {"us_used_h100e": amount, "prc_used_h100e": amount, "prc_rented_h100e": amount, "training_ratio": ratio, "serving_ratio": ratio,
           "lead_true_months": months, "lead_apparent_months": months, "lead_bought_months": months, "bite_training_frac": percent,
           "bite_serving_frac": percent}  # fmt: skip


def _key_table(read: _Read, p: Words) -> Table:
    rows = [
        [p["rows"][name], *(spread(read.at(name, year), words) for year in YEARS)] for name, words in FORMATS.items()
    ]
    return Table(
        caption=p["key"]["caption"], columns=p["key"]["columns"], rows=rows, numeric=frozenset(range(1, len(YEARS) + 1))
    )


def _lead(read: _Read, p: Words, dossier: Dossier) -> Figure:
    words = p["figures"]["lead"]
    years = (2025, 2027, 2030)
    less = dossier.differences["no_controls"]["lead_true_months_2030"]
    return fan_chart(
        [
            read.fan(words["with"], "lead_true_months"),
            read.fan(words["without"], "lead_true_months", scenario="no_controls"),
        ],
        name="lead",
        title=words["title"].format(less=months(-less["value"])),
        y_title=words["y"],
        alternative=p["alternatives"]["lead"].format(
            with_=", ".join(spread(read.at("lead_true_months", year), months) for year in years),
            without=", ".join(
                spread(read.at("lead_true_months", year, scenario="no_controls"), months) for year in years
            ),
        ),
        caption=p["captions"]["fan"].format(draws=f"{dossier.draws:,}"),
    )


def _variants(dossier: Dossier, p: Words) -> Figure:
    words = p["figures"]["variants"]
    rows = []
    for name, variant in dossier.variants.items():
        for year in (2027, 2030):
            headline = variant["headline"][f"lead_bought_months_{year}"]
            rows.append(
                {
                    "label": f"{year}, {name.upper()} ({variant['weight']:g})",
                    "low": headline["low"],
                    "middle": headline["value"],
                    "high": headline["high"],
                }
            )
    told = "; ".join(f"{row['label']}: {spread((row['low'], row['middle'], row['high']), months)}" for row in rows)
    titles = "; ".join(f"{name.upper()} {variant['title']}" for name, variant in dossier.variants.items())
    return bars_with_ranges(
        rows,
        name="variants",
        title=words["title"],
        x_title=words["x"],
        alternative=p["alternatives"]["variants"].format(rows=told),
        caption=f"{p['captions']['fan'].format(draws=f'{dossier.draws:,}')} {titles}.",
    )


def _gap(read: _Read, p: Words, dossier: Dossier) -> Figure:
    words = p["figures"]["gap"]
    return fan_chart(
        [read.fan(words["us"], "us_used_h100e"), read.fan(words["prc"], "prc_used_h100e")],
        name="gap",
        title=words["title"].format(ratio=ratio(read.at("training_ratio", 2027)[1])),
        y_title=words["y"],
        log=True,
        alternative=p["alternatives"]["gap"].format(
            us=spread(read.at("us_used_h100e", 2027), amount), prc=spread(read.at("prc_used_h100e", 2027), amount)
        ),
        caption=p["captions"]["fan"].format(draws=f"{dossier.draws:,}"),
        source_ids=tuple(s for s in dossier.comparison.base.label("us_used_h100e").source_ids if s in dossier.sources)[
            :6
        ],
    )


CHANNELS = (
    ("legal", "prc_sold_legal_h100e"),
    ("leaked", "prc_sold_leaked_h100e"),
    ("domestic", "prc_sold_domestic_h100e"),
    ("offshore", "prc_rented_h100e"),
)


def _channels(read: _Read, p: Words) -> Figure:
    words = p["figures"]["channels"]
    rows = []
    for rank, (key, name) in enumerate(CHANNELS):
        fan = read.fan(words[key], name, last=2030, scale=1e-6)
        rows += [
            {"series": fan.label, "time": time, "value": value, "rank": rank}
            for time, value in zip(fan.time_yr, fan.middle, strict=True)
        ]
    there = {words[key]: read.at(name, 2027) for key, name in CHANNELS}
    largest = sorted(there, key=lambda key: -there[key][1])[:2]
    return stacked_areas(
        rows,
        name="channels",
        title=words["title"].format(largest=" / ".join(largest)),
        y_title=words["y"],
        order=[words[key] for key, _ in CHANNELS],
        alternative=p["alternatives"]["channels"].format(
            rows="; ".join(f"{key} {spread(value, amount)}" for key, value in there.items())
        ),
        caption=p["captions"]["median"],
    )


def _bite(read: _Read, p: Words, dossier: Dossier) -> Figure:
    words = p["figures"]["bite"]
    years = (2025, 2027, 2030)
    fan = read.fan(words["training"], "bite_training_frac", last=2030)
    half = next(time for time, value in zip(fan.time_yr, fan.middle, strict=True) if value >= fan.middle[-1] / 2)
    drawn = fan_chart(
        [fan, read.fan(words["serving"], "bite_serving_frac", last=2030)],
        name="bite",
        title=words["title"].format(half=f"{int(half)}Q{int((half - int(half)) * 4) + 1}"),
        y_title=words["y"],
        zero_line=True,
        alternative=p["alternatives"]["bite"].format(
            training=", ".join(spread(read.at("bite_training_frac", year), percent) for year in years),
            serving=", ".join(spread(read.at("bite_serving_frac", year), percent) for year in years),
        ),
        caption=p["captions"]["fan"].format(draws=f"{dossier.draws:,}"),
    )
    return marked(drawn, half, words["half"].format(half=number(half, "yr")), colour=COLOURS[0])


def _ratios(read: _Read, p: Words, dossier: Dossier) -> Figure:
    words = p["figures"]["ratios"]
    there = {name: read.at(name, 2027) for name in ("training_ratio", "serving_ratio")}
    return fan_chart(
        [
            read.fan(words["training"], "training_ratio", last=2030),
            read.fan(words["serving"], "serving_ratio", last=2030),
        ],
        name="ratios",
        title=words["title"].format(
            training=ratio(there["training_ratio"][1]), serving=ratio(there["serving_ratio"][1])
        ),
        y_title=words["y"],
        log=True,
        alternative=p["alternatives"]["ratios"].format(
            training=spread(there["training_ratio"], ratio), serving=spread(there["serving_ratio"], ratio)
        ),
        caption=p["captions"]["fan"].format(draws=f"{dossier.draws:,}"),
    )


def _drivers(dossier: Dossier, p: Words) -> Figure:
    words = p["figures"]["drivers"]
    rows = [{"label": str(row["input"]).replace("_", " "), **row} for row in dossier.drivers]
    told = "; ".join(
        f"{row['label']} {months(row['at_low'])} – {months(row['at_high'])} ({row['rank_correlation']:+.2f})"
        for row in rows
    )
    return tornado_figure(
        rows,
        name="drivers",
        title=words["title"].format(most=rows[0]["label"]),
        x_title=words["x"],
        low_label=words["low"],
        high_label=words["high"],
        middle=float(dossier.headline["lead_bought_months_2030"]["value"]),
        alternative=p["alternatives"]["drivers"].format(rows=told),
        caption=words["caption"].format(draws=f"{dossier.draws:,}"),
    )


def _effects(dossier: Dossier, p: Words) -> list[Figure]:
    words = p["figures"]["effects"]
    rows = [{"label": words["rows"][row["effect"]], **row} for row in dossier.effects]
    if not rows:
        return []
    whole = rows[0]
    told = "; ".join(f"{row['label']} {spread((row['low'], row['middle'], row['high']), months)}" for row in rows)
    return [
        bars_with_ranges(
            rows,
            name="effects",
            title=words["title"].format(
                first=whole["label"], all=spread((whole["low"], whole["middle"], whole["high"]), months)
            ),
            x_title=words["x"],
            alternative=p["alternatives"]["effects"].format(rows=told),
            caption=words["caption"].format(draws=f"{dossier.draws:,}"),
        )
    ]


def _status(dossier: Dossier, p: Words) -> Figure:
    words = p["figures"]["status"]
    last = [spans[-1] for spans in dossier.statuses.values()]
    return status_strip(
        dossier.statuses,
        until=dossier.as_of,
        name="status",
        title=words["title"].format(
            licence=sum(span.outcome == "required" for span in last),
            n=len(last),
            changed=sum(
                spans[-1].outcome == "required" and "free" in map(status_key, spans)
                for spans in dossier.statuses.values()
            ),
        ),
        words=p["statuses"],
        caption=words["caption"].format(until=dossier.as_of),
        alternative=p["alternatives"]["status"],
    )


def _scenarios(dossier: Dossier, p: Words) -> Figure:
    words = p["figures"]["scenarios"]
    rows = []
    for name, differences in dossier.differences.items():
        one = differences["lead_true_months_2030"]
        rows.append(
            {
                "label": dossier.comparison.others[name].plan.scenario.title,
                "low": one["low"],
                "middle": one["value"],
                "high": one["high"],
            }
        )
    rows.sort(key=lambda row: -float(row["middle"]))
    most = max(rows, key=lambda row: abs(float(row["middle"])))["label"]
    told = "; ".join(f"{row['label']} {spread((row['low'], row['middle'], row['high']), months)}" for row in rows)
    return bars_with_ranges(
        rows,
        name="scenarios",
        title=words["title"].format(most=most),
        x_title=words["x"],
        alternative=p["alternatives"]["scenarios"].format(rows=told),
        caption=p["captions"]["fan"].format(draws=f"{dossier.draws:,}"),
    )


def _scenario_table(dossier: Dossier, p: Words) -> Table:
    words = p["scenario_table"]
    variants = dossier.difference_variants
    rows = []
    for name, differences in dossier.differences.items():
        one = differences["lead_true_months_2030"]
        cells = [_interval(one)]
        cells += [_interval(variants[v]["differences"][name]["lead_true_months_2030"]) for v in VARIANTS]
        cells += [
            spread((d["low"], d["value"], d["high"]), amount)
            for d in (differences["prc_used_h100e_2030"], differences["prc_serving_h100e_2030"])
        ]
        rows.append([dossier.comparison.others[name].plan.scenario.title, *cells, percent(one["probability_above"])])
    return Table(caption=words["caption"], columns=words["columns"], rows=rows, numeric=frozenset(range(1, 8)))


def _plane(plane: PlaneData, p: Words) -> Figure:
    kind = {
        "interconnect_gb_s": "plane_interconnect",
        "performance_density": "plane_density",
        "memory_bandwidth_gb_s": "plane_bandwidth",
    }[plane.y]
    return plane_figure(plane, p, title=p["figures"][kind]["title"], caption=p["captions"]["plane"].format(on=plane.on))


def _claim(entry: Judged, language: str, t: Words) -> ClaimEntry:
    claim, verdict = entry.claim, entry.verdict
    local: Mapping[str, str] = dict(claim.ja) if language == "ja" else {}  # type: ignore[arg-type]
    settings = "".join(f" --set {key}={_setting(value)}" for key, value in claim.compute.arguments.items())
    return ClaimEntry(
        id=claim.id,
        title=local.get("title", claim.title),
        statement=local.get("statement", claim.statement),
        who=claim.who,
        verdict=verdict.verdict,
        probability=f"{verdict.probability:.2f}",
        figure=figure_words(entry.figure),
        reason=entry.reason,
        deciding=verdict.deciding_assumption or "",
        why=local.get("why_this_test", claim.why_this_test),
        changes=local.get("changes_it", claim.changes_it),
        judgeable_on=claim.judgeable_on,
        command=f"leadtime claims {claim.id}{settings}",
        method=entry.answer.method,
        kind=claim.kind,
        figures=claim_figures(entry, t),
        tables=claim_tables(entry),
        caveats=entry.answer.caveats,
        source_ids=sorted({*claim.sources, *entry.answer.source_ids})[:12],
    )


def _setting(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
