/** What the simulator shows: the finding, fans of the series, scenarios side by side, what changed and what decides. */

import { figure, Plot, plot } from "./charts";
import { type Child, fill, h, labelled, select } from "./dom";
import { gap, percent, range, short, signed, time, withUnit } from "./format";
import { t } from "./i18n";
import { ASSUMED } from "./levers";
import { empty, errorBox } from "./notice";
import { leverTitle, MARKS, type ScenarioRow, scenarioTitle } from "./panel";
import { isPlain, LEADS, type SimState, YEARS } from "./state";

interface Fan {
  unit: string;
  kind: string;
  title: string;
  time: string[];
  q05?: number[];
  q10: number[];
  q50: number[];
  q90: number[];
  q95?: number[];
}
interface Three { value: number; low: number; high: number }
export interface Explored {
  scenario: string;
  baseline: string;
  draws: number;
  year: number;
  changed: boolean;
  series: Record<string, Fan>;
  baseline_series: Record<string, Fan>;
  difference_series: Record<string, Fan>;
  headline: Record<string, { unit: string; yours: Three; baseline: Three; difference: Three & { probability_above: number; probability_below: number } }>;
  why: { channel: string; title: string; total: number; largest_quarter: string; largest_change: number; times: string[]; changes: number[] }[];
  drivers: { output: string; of_value: Driver[]; of_difference: Driver[] };
}
interface Driver { parameter: string; label: string; description: string; rank_correlation: number; low: number; high: number }
export interface Wedges { unit: string; method: string; policies: ({ name: string; mean: number } & Three)[]; total: { mean: number } & Three; together?: { mean: number } & Three }

/** A scenario beside yours, and what the server found of it. */
export interface Beside { title: string; found: Explored | null }

const CHANNELS = ["prc_sold_legal_h100e", "prc_sold_leaked_h100e", "prc_sold_domestic_h100e", "prc_rented_h100e"];
const DEPLOYMENT = ["prc_serving_h100e", "us_serving_h100e", "prc_tokens_served_per_day", "serving_ratio", "training_ratio", "prc_used_h100e", "us_used_h100e"];
const BITE = ["bite_training_frac", "bite_serving_frac"];
const TILES = ["lead_true_months", "lead_bought_months", "prc_used_h100e", "prc_serving_h100e", "bite_training_frac"];
const TODAY = new Date();

/** Amounts at the ends of bars, outside them on either side. */
function amounts<T extends Record<string, unknown>>(rows: T[], x: string, y: string): ReturnType<typeof Plot.text>[] {
  const say = (row: T): string => signed(Number((row[x] as number).toPrecision(3)), "");
  const common = { x, y, text: say, fill: "var(--ink)" };
  return [
    Plot.text(rows, { ...common, filter: (row: T) => (row[x] as number) >= 0, dx: 4, textAnchor: "start" }),
    Plot.text(rows, { ...common, filter: (row: T) => (row[x] as number) < 0, dx: -4, textAnchor: "end" }),
  ];
}

/** An axis with room for the amounts on the left. */
function roomFor(values: number[], width: number): { x: Record<string, unknown> } {
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const room = (high - low || 1) * (width < 480 ? 0.55 : 0.18);
  return { x: { grid: true, label: null, ticks: width < 480 ? 2 : 4, tickFormat: (value: number) => short(value, 2), domain: [low < 0 ? low - room : 0, high > 0 ? high : room] } };
}

/** How many policies a state decides: its base, and every lever that is no assumption. */
export function policiesOf(state: SimState): number {
  return Object.keys(state.levers).filter((name) => !ASSUMED.has(name)).length + (Object.keys(state.rules).length ? 1 : 0) + (state.base !== "baseline" ? 1 : 0);
}

export class Results {
  readonly finding = h("div", { class: "finding" });
  readonly charts = h("div", { class: "charts" });
  readonly side = h("section", { class: "panel", "data-panel": "beside", hidden: true });
  readonly why = h("section", { class: "panel", "data-panel": "why" });
  readonly shares = h("section", { class: "panel", "data-panel": "wedges" });
  readonly drivers = h("section", { class: "panel", "data-panel": "drivers" });
  private deployment = DEPLOYMENT[0] as string;
  private bite = BITE[0] as string;
  private later = 0;

  constructor(
    private readonly now: () => { state: SimState; change: (next: SimState, rebuild?: boolean) => void; beside: Beside[] },
    private readonly scenarios: ScenarioRow[],
  ) {}

  /** Draw the finding and the lead at once, the rest when the browser has shown them. */
  redraw(found: Explored, coarse: boolean): void {
    this.sentence(found);
    const first = this.charts.childElementCount === 0;
    if (first) this.drawCharts(found);
    else this.drawLead(found);
    cancelAnimationFrame(this.later);
    const rest = (): void => {
      this.later = requestAnimationFrame(() => {
        if (!first) this.drawCharts(found);
        this.drawSide(found);
        this.drawWhy(found);
        this.drawDrivers(found);
        if (coarse) this.shareHint(found);
      });
    };
    this.later = requestAnimationFrame(rest);
  }

  private sentence(found: Explored): void {
    const { state, change } = this.now();
    const key = state.output;
    const head = found.headline[key];
    if (!head) return;
    const what = t(`series.${key}`);
    const size = head.difference.value;
    const sure = Math.max(head.difference.probability_above, head.difference.probability_below);
    const title = !found.changed
      ? t("finding.same", { what, value: withUnit(head.yours.value, head.unit), year: found.year })
      : Math.abs(size) < 0.05
        ? t("finding.none", { what, year: found.year, value: withUnit(head.yours.value, head.unit) })
        : t(size > 0 ? "finding.more" : "finding.less", { what, by: gap(size, head.unit), year: found.year, value: withUnit(head.yours.value, head.unit), p: percent(sure) });
    const tile = (name: string): HTMLElement | null => {
      const one = found.headline[name];
      if (!one) return null;
      return h("div", { class: "tile" }, h("span", { class: "tile-name" }, t(`series.${name}`)), h("strong", {}, withUnit(one.yours.value, one.unit)), h("span", {}, range(one.yours.low, one.yours.high, one.unit)),
        found.changed ? h("span", { class: "delta" }, t("finding.against", { value: signed(one.difference.value, one.unit) })) : null);
    };
    fill(this.finding, h("h2", {}, title),
      h("p", { class: "hint" }, t("finding.interval", { low: withUnit(head.yours.low, head.unit), high: withUnit(head.yours.high, head.unit) }), " ", t("finding.spread")),
      h("div", { class: "tiles" }, TILES.map(tile)),
      h("div", { class: "inline" },
        labelled(t("sim.show"), select(LEADS.map((name) => [name, t(`series.${name}`)]), state.output, (output) => change({ ...state, output }, false))),
        labelled(t("sim.year"), select(YEARS.map((year) => [String(year), String(year)]), String(state.year), (year) => change({ ...state, year: Number(year) }, false)))));
  }

  /** Medians of the scenarios beside yours, in one series. */
  private besides(name: string): { title: string; mark: string; rows: { at: Date; mid: number | undefined }[] }[] {
    return this.now().beside.flatMap(({ title, found }, place) => {
      const fan = found?.series[name];
      return fan ? [{ title, mark: MARKS[place] as string, rows: fan.time.map((label, i) => ({ at: time(label), mid: fan.q50[i] })) }] : [];
    });
  }

  private legend(found: Explored, besides: { title: string; mark: string }[]): { text: string; mark: string }[] | undefined {
    if (!besides.length) return undefined;
    const base = found.changed ? [{ text: t("chart.baseline"), mark: "m-base" }] : [];
    return [{ text: t("chart.yours"), mark: "m-mine" }, ...base, ...besides.map(({ title, mark }) => ({ text: title, mark }))];
  }

  private fanChart(key: string, name: string, found: Explored, extra?: Child): HTMLElement | null {
    const mine = found.series[name];
    const base = found.baseline_series[name];
    if (!mine || !base) return null;
    const besides = this.besides(name);
    const times = mine.time.map(time);
    const rows = times.map((at, i) => ({ at, low: mine.q10[i], mid: mine.q50[i], high: mine.q90[i], lower: mine.q05?.[i], upper: mine.q95?.[i], base: base.q50[i], blow: base.q10[i], bhigh: base.q90[i] }));
    const share = mine.unit === "frac";
    const at = Math.min(rows.length - 1, 4 * (found.year - 2022));
    const here = rows[at];
    const difference = found.difference_series[name]?.q50[at] ?? 0;
    const scale = Math.max(Math.abs(here?.mid ?? 0), 1e-9);
    const what = t(`series.${name}`);
    const title = !found.changed || Math.abs(difference) / scale < 0.004 || Math.abs(difference) < ({ month: 0.05, frac: 0.0005 }[mine.unit] ?? 0)
      ? t("chart.level", { what, value: withUnit(here?.mid, mine.unit), year: found.year })
      : t(difference > 0 ? "chart.more" : "chart.less", { what, value: withUnit(here?.mid, mine.unit), year: found.year, by: gap(difference, mine.unit) });
    const end = rows.length - 1;
    const named = besides.length === 0;
    const unit = t(`unit.name.${mine.unit}`);
    return figure({
      wide: key === "lead",
      key, title, extra,
      legend: this.legend(found, besides),
      caption: [t(found.changed ? "chart.caption_two" : "chart.caption", { unit }), besides.length ? t("chart.caption_beside") : ""].join(" ").trim(),
      draw: (width) => plot({
        width, height: key === "lead" && width > 600 ? 320 : 260, marginRight: named ? 64 : 18,
        ariaLabel: title,
        x: { type: "utc", label: null, ticks: width < 420 ? 5 : 8, tickFormat: "%Y" },
        y: { grid: true, label: null, tickFormat: share ? (value: number) => `${Math.round(value * 100)} %` : (value: number) => short(value, 2), nice: true, zero: true },
        marks: [
          Plot.areaY(rows, { x: "at", y1: "lower", y2: "upper", fill: "var(--mine)", fillOpacity: 0.12 }),
          Plot.areaY(rows, { x: "at", y1: "low", y2: "high", fill: "var(--mine)", fillOpacity: 0.22 }),
          found.changed ? Plot.lineY(rows, { x: "at", y: "blow", stroke: "var(--base)", strokeWidth: 0.8, strokeDasharray: "1 3" }) : null,
          found.changed ? Plot.lineY(rows, { x: "at", y: "bhigh", stroke: "var(--base)", strokeWidth: 0.8, strokeDasharray: "1 3" }) : null,
          Plot.lineY(rows, { x: "at", y: "base", stroke: "var(--base)", strokeWidth: 1.6, strokeDasharray: "5 3" }),
          ...besides.map((one) => Plot.lineY(one.rows, { x: "at", y: "mid", stroke: `var(--${one.mark})`, strokeWidth: 2, strokeDasharray: DASHES[one.mark] })),
          Plot.lineY(rows, { x: "at", y: "mid", stroke: "var(--mine)", strokeWidth: 2.4 }),
          Plot.ruleX([TODAY], { stroke: "var(--faint)", strokeDasharray: "2 3" }),
          Plot.ruleX([time(`${found.year}-01-01`)], { stroke: "var(--faint)" }),
          named ? Plot.text([rows[end]], { x: "at", y: "mid", text: [t("chart.yours")], textAnchor: "start", dx: 5, fill: "var(--mine)", fontWeight: "bold" }) : null,
          named && apart(rows[end]?.mid, rows[end]?.base, rows) ? Plot.text([rows[end]], { x: "at", y: "base", text: [t("chart.baseline")], textAnchor: "start", dx: 5, fill: "var(--base)" }) : null,
        ],
      }),
      columns: [{ title: t("table.time") }, ...["q10", "q50", "q90"].map((one) => ({ title: `${t("chart.yours")} ${one} (${unit})`, right: true })), { title: `${t("chart.baseline")} q50`, right: true }, ...besides.map(({ title: other }) => ({ title: `${other} q50`, right: true }))],
      rows: mine.time.map((label, i) => [label, mine.q10[i] ?? "", mine.q50[i] ?? "", mine.q90[i] ?? "", base.q50[i] ?? "", ...besides.map((one) => one.rows[i]?.mid ?? "")].map((cell) => (typeof cell === "number" ? Number(cell.toPrecision(4)) : cell))),
    });
  }

  private channelChart(found: Explored): HTMLElement {
    const rows = CHANNELS.flatMap((name) => {
      const mine = found.series[name];
      const base = found.baseline_series[name];
      return (mine?.time ?? []).map((label, i) => ({ channel: t(`series.${name}`), at: time(label), low: mine?.q10[i], mid: mine?.q50[i], high: mine?.q90[i], base: base?.q50[i] }));
    });
    const at = 4 * (found.year - 2022);
    const largest = [...CHANNELS].sort((one, other) => (found.series[other]?.q50[at] ?? 0) - (found.series[one]?.q50[at] ?? 0))[0] as string;
    const title = t("chart.channels", { channel: t(`series.${largest}`), value: withUnit(found.series[largest]?.q50[at], "H100e"), year: found.year });
    return figure({
      wide: true,
      key: "channels", title,
      caption: t("chart.channels_caption"),
      draw: (width) => plot({
        width, height: width < 520 ? 520 : 300, marginTop: 30,
        ariaLabel: title,
        fx: width < 520 ? undefined : { label: null, padding: 0.12, domain: CHANNELS.map((name) => t(`series.${name}`)) },
        fy: width < 520 ? { label: null, padding: 0.2, domain: CHANNELS.map((name) => t(`series.${name}`)) } : undefined,
        marginRight: width < 520 ? 110 : 14,
        x: { type: "utc", label: null, ticks: 3, tickFormat: "%Y" },
        y: { grid: true, label: null, ticks: width < 520 ? 3 : 5, tickFormat: (value: number) => short(value, 2) },
        marks: [
          Plot.areaY(rows, { x: "at", y1: "low", y2: "high", [width < 520 ? "fy" : "fx"]: "channel", fill: "var(--mine)", fillOpacity: 0.22 }),
          Plot.lineY(rows, { x: "at", y: "base", [width < 520 ? "fy" : "fx"]: "channel", stroke: "var(--base)", strokeDasharray: "5 3" }),
          Plot.lineY(rows, { x: "at", y: "mid", [width < 520 ? "fy" : "fx"]: "channel", stroke: "var(--mine)", strokeWidth: 2.2 }),
        ],
      }),
      columns: [{ title: t("table.time") }, ...CHANNELS.map((name) => ({ title: t(`series.${name}`), right: true }))],
      rows: (found.series[CHANNELS[0] as string]?.time ?? []).map((label, i) => [label, ...CHANNELS.map((name) => Math.round(found.series[name]?.q50[i] ?? 0))]),
    });
  }

  private drawLead(found: Explored): void {
    this.fanChart("lead", this.now().state.output, found);
  }

  private drawCharts(found: Explored): void {
    const choose = (names: string[], value: string, put: (name: string) => void, label: string): HTMLElement =>
      h("div", { class: "inline" }, labelled(label, select(names.map((name) => [name, t(`series.${name}`)]), value, (name) => { put(name); this.drawCharts(found); })));
    const parts = [
      this.fanChart("lead", this.now().state.output, found),
      this.channelChart(found),
      this.fanChart("deployment", this.deployment, found, choose(DEPLOYMENT, this.deployment, (name) => { this.deployment = name; }, t("chart.choose"))),
      this.fanChart("bite", this.bite, found, choose(BITE, this.bite, (name) => { this.bite = name; }, t("chart.choose_bite"))),
    ].filter((part) => part !== null) as HTMLElement[];
    if (parts.some((part) => part.parentElement !== this.charts)) fill(this.charts, parts);
  }

  /** Yours, the baseline and what stands beside them, at the start of one year. */
  private drawSide(found: Explored): void {
    const { state, beside } = this.now();
    this.side.hidden = beside.length === 0;
    if (!beside.length) return;
    const head = found.headline[state.output];
    if (!head) return;
    const none = { value: 0, low: 0, high: 0 };
    const rows = [
      { name: t("chart.yours"), mark: "mine", ...head.yours, difference: head.difference, all: found.headline, which: "yours" as const },
      { name: t("chart.baseline"), mark: "base", ...head.baseline, difference: none, all: found.headline, which: "baseline" as const },
      ...beside.flatMap(({ title, found: other }, place) => {
        const three = other?.headline[state.output];
        return other && three ? [{ name: title, mark: MARKS[place] as string, ...three.yours, difference: three.difference, all: other.headline, which: "yours" as const }] : [];
      }),
    ];
    const ordered = [...rows].sort((one, other) => other.value - one.value);
    const [most, least] = [ordered[0] as (typeof rows)[number], ordered.at(-1) as (typeof rows)[number]];
    const what = t(`series.${state.output}`);
    const title = t("beside.finding", { what, most: most.name, high: withUnit(most.value, head.unit), least: least.name, low: withUnit(least.value, head.unit), year: found.year });
    const domain = rows.map((row) => row.name);
    const columns = ["lead_true_months", "lead_apparent_months", "lead_bought_months", "prc_used_h100e", "prc_serving_h100e", "bite_training_frac"];
    const chart = figure({
      key: "beside", title, caption: t("beside.caption", { what, unit: t(`unit.name.${head.unit}`) }),
      draw: (width) => plot({
        width, height: 46 + 34 * rows.length, marginLeft: Math.min(240, width * 0.45), marginRight: 24, ariaLabel: title,
        x: { grid: true, label: null, ticks: width < 480 ? 3 : 6, tickFormat: (value: number) => (head.unit === "frac" ? `${Math.round(value * 100)} %` : short(value, 2)), zero: true },
        y: { label: null, domain, tickFormat: (name: string) => (name.length > width / 17 ? `${name.slice(0, Math.max(8, Math.floor(Math.min(34, width / 17))))}…` : name) },
        marks: [
          Plot.barX(rows, { x1: "low", x2: "high", y: "name", fill: (row: { mark: string }) => `var(--${row.mark})`, fillOpacity: 0.35, insetTop: 9, insetBottom: 9 }),
          Plot.dot(rows, { x: "value", y: "name", r: 5, fill: (row: { mark: string }) => `var(--${row.mark})` }),
        ],
      }),
      columns: [{ title: t("table.scenario") }, ...columns.flatMap((name) => [{ title: t(`series.${name}`), right: true }, { title: t("table.range"), right: true }]), { title: t("table.difference"), right: true }, { title: t("table.range"), right: true }],
      rows: rows.map((row) => [row.name, ...columns.flatMap((name) => {
        const one = row.all[name];
        return one ? [withUnit(one[row.which].value, one.unit), range(one[row.which].low, one[row.which].high, one.unit)] : ["–", "–"];
      }), signed(row.difference.value, head.unit), range(row.difference.low, row.difference.high, head.unit)]),
    });
    if (chart.parentElement !== this.side) fill(this.side, h("h2", {}, t("beside.title")), chart);
  }

  /** What a difference comes from where as much compute is sold, made, leaked and newly rented as in the baseline. */
  private withoutChannel(found: Explored): string {
    const [us, prc] = ["us_used_h100e", "prc_used_h100e"].map((name) => found.headline[name]?.difference.value ?? 0) as [number, number];
    return us === 0 ? t("why.no_channel") : t("why.no_power", { year: found.year, us: signed(us, "H100e"), prc: signed(prc, "H100e") });
  }

  private drawWhy(found: Explored): void {
    const { state } = this.now();
    const { why } = this;
    if (!found.changed) {
      fill(why, h("h2", {}, t("why.title")), empty(t(isPlain(state) && state.base === state.against ? "why.nothing" : "why.no_effect")));
      return;
    }
    const top = found.why[0];
    const quarter = top ? top.largest_quarter : "";
    const text = top && Math.abs(top.total) > 100
      ? t(top.total > 0 ? "why.more" : "why.less", { channel: t(`series.${top.channel}`), total: withUnit(Math.abs(top.total), "H100e"), year: found.year, quarter, largest: signed(top.largest_change, "H100e") })
      : this.withoutChannel(found);
    const rows = found.why.map((row) => ({ channel: t(`series.${row.channel}`), total: row.total }));
    const chart = figure({
      key: "why", title: t("why.chart", { year: found.year }), caption: t("why.caption"),
      draw: (width) => plot({
        width, height: 40 + 30 * rows.length, marginLeft: Math.max(136, Math.min(170, width * 0.4)), marginRight: 60, ...roomFor(rows.map((row) => row.total), width), ariaLabel: t("why.chart", { year: found.year }),
        y: { label: null },
        marks: [
          Plot.barX(rows, { x: "total", y: "channel", fill: (row: { total: number }) => (row.total > 0 ? "var(--plus)" : "var(--minus)"), sort: { y: null } }),
          amounts(rows, "total", "channel"),
          Plot.ruleX([0], { stroke: "var(--ink)" }),
        ],
      }),
      columns: [{ title: t("table.channel") }, { title: t("table.total"), right: true }, { title: t("table.quarter") }, { title: t("table.largest"), right: true }],
      rows: found.why.map((row) => [t(`series.${row.channel}`), Math.round(row.total), row.largest_quarter, Math.round(row.largest_change)]),
    });
    const text_box = why.querySelector("p.lead");
    if (chart.parentElement === why && text_box) text_box.textContent = text;
    else fill(why, h("h2", {}, t("why.title")), h("p", { class: "lead" }, text), chart);
  }

  private drawDrivers(found: Explored): void {
    const { state } = this.now();
    const { drivers } = this;
    const list = found.changed && found.drivers.of_difference.length ? found.drivers.of_difference : found.drivers.of_value;
    const what = found.changed && found.drivers.of_difference.length ? t("drivers.difference") : t(`series.${state.output}`);
    const unit = found.headline[state.output]?.unit ?? "";
    const shown = list.slice(0, 8);
    const first = shown[0];
    if (!first) {
      fill(drivers, h("h2", {}, t("drivers.title")), empty(t("drivers.none")));
      return;
    }
    const rows = shown.map((row) => ({ name: row.label, low: row.low, high: row.high, r: row.rank_correlation }));
    const title = t("drivers.finding", { name: first.label, what, low: withUnit(first.low, unit), high: withUnit(first.high, unit) });
    const chart = figure({
      key: "drivers", title, caption: t("drivers.caption", { what }),
      draw: (width) => plot({
        width, height: 46 + 26 * rows.length, marginLeft: Math.min(190, width * 0.45), ariaLabel: title,
        x: { grid: true, label: null, ticks: 4, tickFormat: (value: number) => short(value, 2) }, y: { label: null, domain: rows.map((row) => row.name) },
        marks: [
          Plot.barX(rows, { x1: "low", x2: "high", y: "name", fill: (row: { r: number }) => (row.r > 0 ? "var(--plus)" : "var(--minus)"), fillOpacity: 0.75, insetTop: 3, insetBottom: 3 }),
          Plot.dot(rows, { x: "high", y: "name", r: 4, fill: "var(--ink)" }),
        ],
      }),
      columns: [{ title: t("table.parameter") }, { title: t("table.rank"), right: true }, { title: t("table.low"), right: true }, { title: t("table.high"), right: true }, { title: t("table.meaning") }],
      rows: list.map((row) => [row.parameter, row.rank_correlation.toFixed(2), row.low.toFixed(2), row.high.toFixed(2), row.description]),
    });
    if (chart.parentElement !== drivers) fill(drivers, h("h2", {}, t("drivers.title")), chart);
  }

  shareHint(found: Explored): void {
    if (policiesOf(this.now().state) < 2 || !found.changed) fill(this.shares, h("h2", {}, t("wedges.title")), empty(t("wedges.few")));
  }

  sharesWorking(): void {
    if (!this.shares.querySelector("figure")) fill(this.shares, h("h2", {}, t("wedges.title")), h("p", { class: "loading" }, t("wedges.working")));
  }

  sharesFailed(error: unknown): void {
    fill(this.shares, h("h2", {}, t("wedges.title")), errorBox(error));
  }

  drawShares(found: Wedges): void {
    const { shares } = this;
    const label = (name: string): string => (name.startsWith("base:") ? scenarioTitle(this.scenarios, name.slice(5)) : name === "amendments" ? t("group.moves") : leverTitle(name));
    const rows = [...found.policies.map((row) => ({ ...row, label: label(row.name) })), ...(found.together ? [{ ...found.together, name: "together", label: t("wedges.together") }] : [])];
    const sorted = [...rows].sort((one, other) => Math.abs(other.mean) - Math.abs(one.mean));
    const title = t("wedges.finding", { name: sorted[0]?.label ?? "", by: signed(sorted[0]?.mean ?? 0, found.unit), total: signed(found.total.mean, found.unit) });
    const chart = figure({
      key: "wedges", title, caption: t(found.method === "shapley" ? "wedges.shapley" : "wedges.alone"),
      draw: (width) => plot({
        width, height: 46 + 30 * (rows.length + 1), marginLeft: Math.min(220, width * 0.45), marginRight: 60, ...roomFor(rows.map((row) => row.mean), width), ariaLabel: title,
        y: { label: null, tickFormat: (name: string) => (name.length > width / 18 ? `${name.slice(0, Math.max(8, Math.floor(Math.min(30, width / 18))))}…` : name) },
        marks: [
          Plot.barX([...sorted, { ...found.total, label: t("wedges.total") }], { x: "mean", y: "label", fill: (row: { mean: number; label: string }) => (row.label === t("wedges.total") ? "var(--mine)" : row.mean > 0 ? "var(--plus)" : "var(--minus)"), sort: { y: null }, insetTop: 2, insetBottom: 2 }),
          amounts([...sorted, { ...found.total, label: t("wedges.total") }], "mean", "label"),
          Plot.ruleX([0], { stroke: "var(--ink)" }),
        ],
      }),
      columns: [{ title: t("table.policy") }, { title: t("table.mean"), right: true }, { title: t("table.low"), right: true }, { title: t("table.high"), right: true }],
      rows: [...rows, { ...found.total, label: t("wedges.total") }].map((row) => [row.label, row.mean.toFixed(2), row.low.toFixed(2), row.high.toFixed(2)]),
    });
    if (chart.parentElement !== shares) fill(shares, h("h2", {}, t("wedges.title")), chart);
  }
}

const apart = (one: number | undefined, other: number | undefined, rows: { upper?: number }[]): boolean =>
  Math.abs((one ?? 0) - (other ?? 0)) > 0.07 * Math.max(...rows.map((row) => Math.abs(row.upper ?? 0)));

const DASHES: Record<string, string> = { "m-one": "7 2", "m-two": "2 2", "m-three": "9 3 2 3" };
