"""From finished results to a page: numbers into words, series into charts. The results were computed below this floor."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from leadtime.claims import Dossier, Judged, PlaneData
from leadtime.reports._charts import COLOURS, Fan, Figure, bars_with_ranges, fan_chart, stacked_areas
from leadtime.reports._claim_charts import claim_figures, claim_tables, spoken
from leadtime.reports._law_figures import plane_figure, status_key, status_strip
from leadtime.reports._page import ClaimEntry, Page, Section, SourceEntry, Table, texts
from leadtime.reports._words import Speaker, speaker
from leadtime.reports._world_figures import marked, tornado_figure

__all__ = ["compose"]

YEARS = (2025, 2026, 2027, 2030)
VARIANTS = ("s0", "s1", "s2")
Words = Mapping[str, Any]


class _Read:
    """Reads values of runs at the start of a year."""

    def __init__(self, dossier: Dossier, say: Speaker) -> None:
        self.dossier = dossier
        self.say = say
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
    say = speaker(language)
    read = _Read(dossier, say)
    facts = p["facts"]
    lead_later = dossier.variants
    bought = {name: lead_later[name]["headline"]["lead_bought_months_2030"] for name in VARIANTS if name in lead_later}
    headline = [
        p["headline"]["gap"].format(
            us=say.spread(read.at("us_used_h100e", 2026), say.amount),
            prc=say.spread(read.at("prc_used_h100e", 2026), say.amount),
            ratio=say.spread(read.at("training_ratio", 2026), say.ratio),
        ),
        p["headline"]["lead"].format(
            lead=say.spread(read.at("lead_true_months", 2026), say.months),
            apparent=say.spread(read.at("lead_apparent_months", 2026), say.months),
        ),
        p["headline"]["bought"].format(
            bought=say.spread(read.at("lead_bought_months", 2027), say.months),
            bought_later=say.spread(read.at("lead_bought_months", 2030), say.months),
            s0=_interval(bought["s0"], say),
            s2=_interval(bought["s2"], say),
        ),
    ]
    page = Page(
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
                figures=[_lead(read, p), _variants(read, p), _drivers(read, p)],
            ),
            Section(
                id="compute",
                title=p["sections"]["compute"],
                paragraphs=[p["paragraphs"]["compute"]],
                figures=[_gap(read, p), _ratios(read, p), _channels(read, p)],
            ),
            Section(
                id="bite",
                title=p["sections"]["bite"],
                paragraphs=[p["paragraphs"]["bite"]],
                figures=[_bite(read, p)],
            ),
            Section(
                id="scenarios",
                title=p["sections"]["scenarios"],
                paragraphs=[p["paragraphs"]["scenarios"]],
                figures=[_scenarios(read, p), *_effects(read, p)],
                tables=[_scenario_table(read, p)],
            ),
            Section(
                id="law",
                title=p["sections"]["law"],
                paragraphs=[p["paragraphs"]["law"]],
                figures=[_status(read, p), *(_plane(plane, p) for plane in dossier.planes)],
            ),
        ],
        claims=[_claim(entry, say) for entry in dossier.claims],
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
    spoken_sections = [
        replace(section, figures=[say.chart(figure) for figure in section.figures]) for section in page.sections
    ]
    return replace(page, sections=spoken_sections)


def _interval(headline: Mapping[str, Any], say: Speaker) -> str:
    return say.spread((headline["low"], headline["value"], headline["high"]), say.months)


FORMATS = {"us_used_h100e": "amount", "prc_used_h100e": "amount", "prc_rented_h100e": "amount", "training_ratio": "ratio", "serving_ratio": "ratio",
           "lead_true_months": "months", "lead_apparent_months": "months", "lead_bought_months": "months", "bite_training_frac": "percent",
           "bite_serving_frac": "percent"}  # fmt: skip
"""Rows of the table of key figures, and how a speaker says their numbers."""


def _key_table(read: _Read, p: Words) -> Table:
    say = read.say
    rows = [
        [p["rows"][name], *(say.spread(read.at(name, year), getattr(say, how)) for year in YEARS)]
        for name, how in FORMATS.items()
    ]
    return Table(
        caption=p["key"]["caption"], columns=p["key"]["columns"], rows=rows, numeric=frozenset(range(1, len(YEARS) + 1))
    )


def _lead(read: _Read, p: Words) -> Figure:
    dossier, say = read.dossier, read.say
    words = p["figures"]["lead"]
    years = (2025, 2027, 2030)
    less = dossier.differences["no_controls"]["lead_true_months_2030"]
    return fan_chart(
        [
            read.fan(words["with"], "lead_true_months"),
            read.fan(words["without"], "lead_true_months", scenario="no_controls"),
        ],
        name="lead",
        title=words["title"].format(less=say.months(-less["value"])),
        y_title=words["y"],
        alternative=p["alternatives"]["lead"].format(
            with_=say.numbers["list"].join(say.spread(read.at("lead_true_months", year), say.months) for year in years),
            without=say.numbers["list"].join(
                say.spread(read.at("lead_true_months", year, scenario="no_controls"), say.months) for year in years
            ),
        ),
        caption=p["captions"]["fan"].format(draws=f"{dossier.draws:,}"),
    )


def _variants(read: _Read, p: Words) -> Figure:
    dossier, say = read.dossier, read.say
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
    told = say.numbers["semicolon"].join(
        f"{row['label']}: {say.spread((row['low'], row['middle'], row['high']), say.months)}" for row in rows
    )
    titles = say.numbers["semicolon"].join(
        f"{name.upper()} {say.of(variant['title'])}" for name, variant in dossier.variants.items()
    )
    return bars_with_ranges(
        rows,
        name="variants",
        title=words["title"],
        x_title=words["x"],
        alternative=p["alternatives"]["variants"].format(rows=told),
        caption=f"{p['captions']['fan'].format(draws=f'{dossier.draws:,}')} {titles}{say.numbers['stop'].rstrip()}",
    )


def _gap(read: _Read, p: Words) -> Figure:
    dossier, say = read.dossier, read.say
    words = p["figures"]["gap"]
    return fan_chart(
        [read.fan(words["us"], "us_used_h100e"), read.fan(words["prc"], "prc_used_h100e")],
        name="gap",
        title=words["title"].format(ratio=say.ratio(read.at("training_ratio", 2027)[1])),
        y_title=words["y"],
        log=True,
        alternative=p["alternatives"]["gap"].format(
            us=say.spread(read.at("us_used_h100e", 2027), say.amount),
            prc=say.spread(read.at("prc_used_h100e", 2027), say.amount),
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
    say = read.say
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
            rows=say.numbers["semicolon"].join(f"{key} {say.spread(value, say.amount)}" for key, value in there.items())
        ),
        caption=p["captions"]["median"],
    )


def _bite(read: _Read, p: Words) -> Figure:
    dossier, say = read.dossier, read.say
    words = p["figures"]["bite"]
    years = (2025, 2027, 2030)
    fan = read.fan(words["training"], "bite_training_frac", last=2030)
    half = next(time for time, value in zip(fan.time_yr, fan.middle, strict=True) if value >= fan.middle[-1] / 2)
    drawn = fan_chart(
        [fan, read.fan(words["serving"], "bite_serving_frac", last=2030)],
        name="bite",
        title=words["title"].format(half=say.number(half, "yr")),
        y_title=words["y"],
        zero_line=True,
        share=True,
        alternative=p["alternatives"]["bite"].format(
            training=say.numbers["list"].join(
                say.spread(read.at("bite_training_frac", year), say.percent) for year in years
            ),
            serving=say.numbers["list"].join(
                say.spread(read.at("bite_serving_frac", year), say.percent) for year in years
            ),
        ),
        caption=p["captions"]["fan"].format(draws=f"{dossier.draws:,}"),
    )
    return marked(drawn, half, words["half"].format(half=say.number(half, "yr")), colour=COLOURS[0])


def _ratios(read: _Read, p: Words) -> Figure:
    dossier, say = read.dossier, read.say
    words = p["figures"]["ratios"]
    there = {name: read.at(name, 2027) for name in ("training_ratio", "serving_ratio")}
    return fan_chart(
        [
            read.fan(words["training"], "training_ratio", last=2030),
            read.fan(words["serving"], "serving_ratio", last=2030),
        ],
        name="ratios",
        title=words["title"].format(
            training=say.ratio(there["training_ratio"][1]), serving=say.ratio(there["serving_ratio"][1])
        ),
        y_title=words["y"],
        log=True,
        alternative=p["alternatives"]["ratios"].format(
            training=say.spread(there["training_ratio"], say.ratio),
            serving=say.spread(there["serving_ratio"], say.ratio),
        ),
        caption=p["captions"]["fan"].format(draws=f"{dossier.draws:,}"),
    )


def _drivers(read: _Read, p: Words) -> Figure:
    dossier, say = read.dossier, read.say
    words = p["figures"]["drivers"]
    rows = [{"label": say.of(str(row["input"]).replace("_", " ")), **row} for row in dossier.drivers]
    told = say.numbers["semicolon"].join(
        f"{row['label']} {say.months(row['at_low'])} – {say.months(row['at_high'])} ({row['rank_correlation']:+.2f})"
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


def _effects(read: _Read, p: Words) -> list[Figure]:
    dossier, say = read.dossier, read.say
    words = p["figures"]["effects"]
    rows = [{"label": words["rows"][row["effect"]], **row} for row in dossier.effects]
    if not rows:
        return []
    whole = rows[0]
    told = say.numbers["semicolon"].join(
        f"{row['label']} {say.spread((row['low'], row['middle'], row['high']), say.months)}" for row in rows
    )
    return [
        bars_with_ranges(
            rows,
            name="effects",
            title=words["title"].format(
                first=whole["label"], all=say.spread((whole["low"], whole["middle"], whole["high"]), say.months)
            ),
            x_title=words["x"],
            alternative=p["alternatives"]["effects"].format(rows=told),
            caption=words["caption"].format(draws=f"{dossier.draws:,}"),
        )
    ]


def _status(read: _Read, p: Words) -> Figure:
    dossier = read.dossier
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
        say=read.say.of,
    )


def _scenarios(read: _Read, p: Words) -> Figure:
    dossier, say = read.dossier, read.say
    words = p["figures"]["scenarios"]
    rows = []
    for name, differences in dossier.differences.items():
        one = differences["lead_true_months_2030"]
        rows.append(
            {
                "label": say.of(dossier.comparison.others[name].plan.scenario.title),
                "low": one["low"],
                "middle": one["value"],
                "high": one["high"],
            }
        )
    rows.sort(key=lambda row: -float(row["middle"]))
    most = max(rows, key=lambda row: abs(float(row["middle"])))["label"]
    told = say.numbers["semicolon"].join(
        f"{row['label']} {say.spread((row['low'], row['middle'], row['high']), say.months)}" for row in rows
    )
    return bars_with_ranges(
        rows,
        name="scenarios",
        title=words["title"].format(most=most),
        x_title=words["x"],
        alternative=p["alternatives"]["scenarios"].format(rows=told),
        caption=p["captions"]["fan"].format(draws=f"{dossier.draws:,}"),
    )


def _scenario_table(read: _Read, p: Words) -> Table:
    dossier, say = read.dossier, read.say
    words = p["scenario_table"]
    variants = dossier.difference_variants
    rows = []
    for name, differences in dossier.differences.items():
        one = differences["lead_true_months_2030"]
        cells = [_interval(one, say)]
        cells += [_interval(variants[v]["differences"][name]["lead_true_months_2030"], say) for v in VARIANTS]
        cells += [
            say.spread((d["low"], d["value"], d["high"]), say.amount)
            for d in (differences["prc_used_h100e_2030"], differences["prc_serving_h100e_2030"])
        ]
        rows.append(
            [say.of(dossier.comparison.others[name].plan.scenario.title), *cells, say.percent(one["probability_above"])]
        )
    return Table(caption=words["caption"], columns=words["columns"], rows=rows, numeric=frozenset(range(1, 8)))


def _plane(plane: PlaneData, p: Words) -> Figure:
    kind = {
        "interconnect_gb_s": "plane_interconnect",
        "performance_density": "plane_density",
        "memory_bandwidth_gb_s": "plane_bandwidth",
    }[plane.y]
    return plane_figure(plane, p, title=p["figures"][kind]["title"], caption=p["captions"]["plane"].format(on=plane.on))


def _claim(entry: Judged, say: Speaker) -> ClaimEntry:
    claim, verdict = entry.claim, entry.verdict
    settings = "".join(f" --set {key}={_setting(value)}" for key, value in claim.compute.arguments.items())
    return ClaimEntry(
        id=claim.id,
        title=spoken(claim, "title", say),
        statement=spoken(claim, "statement", say),
        who=say.of(claim.who),
        verdict=verdict.verdict,
        probability=f"{verdict.probability:.2f}",
        figure=say.figure(entry.figure),
        reason=say.of(entry.reason),
        deciding=say.of(verdict.deciding_assumption or ""),
        why=spoken(claim, "why_this_test", say),
        changes=spoken(claim, "changes_it", say),
        judgeable_on=claim.judgeable_on,
        command=f"leadtime claims {claim.id}{settings}",
        method=say.of(entry.answer.method),
        kind=claim.kind,
        figures=[say.chart(figure) for figure in claim_figures(entry, say)],
        tables=claim_tables(entry, say),
        caveats=[say.of(caveat) for caveat in entry.answer.caveats],
        source_ids=sorted({*claim.sources, *entry.answer.source_ids})[:12],
    )


def _setting(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
