/** Scenario discovery: in which part of the space of assumptions controls change much; what turns an answer around; what it hangs on. */

import { ask } from "./api";
import { figure, Plot, plot, shortened } from "./charts";
import { type Child, h, table } from "./dom";
import { percent, short, signed, withUnit } from "./format";
import { has, language, t } from "./i18n";
import { empty } from "./notice";
import { runPanel } from "./run_panel";
import type { Parameter } from "./state";

interface Limit { parameter: string; low: number | null; high: number | null; values: string[] | null; chance: number }
interface Found {
  output: string; scenario: string; against: string; above: number; unit: string; interest_frac: number;
  box: { limits: Limit[]; density_frac: number; coverage_frac: number; mass_frac: number } | null;
}
interface Flip { output: string; scenario: string; against: string; overall_median: number; assumption: string; part: string; median: number; flips: boolean }
interface Index { output: string; parameter: string; first: number; total: number; first_posterior: number | null }
interface Study { scenario: string; at: string; outputs: string[]; points: number; draws: number; discovery: Found[]; flips: Flip[]; indices: Index[] }
type Named = Map<string, Parameter & { label: string }>;

/** Shares below this are left out of the list of what an answer hangs on. */
const LEAST = 0.02;

export const discoveryPanel = runPanel<Study>({ kind: "sensitivity", name: "discovery", body: {}, shown: result });

/** A difference with two digits, however small: what turns an answer around may lie close to nothing. */
function amount(value: number, unit = ""): string {
  return unit === "month" ? t("unit.months", { n: `${value > 0 ? "+" : ""}${short(value, 2)}` }) : signed(value, unit);
}

const series = (name: string): string => (has(`series.${name}`) ? t(`series.${name}`) : name);

async function result(data: Study): Promise<Child[]> {
  const [{ data: parameters }, { data: scenarios }] = await Promise.all([ask<(Parameter & { label: string })[]>("/parameters"), ask<{ name: string; title: string }[]>("/scenarios")]);
  const named: Named = new Map(parameters.map((row) => [row.name, row]));
  const titles = new Map(scenarios.map((row) => [row.name, row.title]));
  const title = (name: string | undefined): string => titles.get(name ?? "") ?? name ?? "";
  const turning = data.flips.filter((row) => row.flips);
  const units = new Map(data.discovery.map((row) => [row.output, row.unit]));
  return [
    h("p", {}, t("method.discovery_said", { at: data.at, draws: data.draws.toLocaleString(language()), mine: title(data.scenario), other: title(data.discovery[0]?.against) })),
    chart(data.discovery),
    data.discovery.map((row) => h("section", { class: "found" }, h("h3", {}, series(row.output)), words(row, named))),
    h("h3", {}, t("method.turns")),
    turning.length
      ? h("ul", {}, turning.map((row) => h("li", {}, t("method.turns_where", { what: series(row.output), all: amount(row.overall_median, units.get(row.output)), here: amount(row.median, units.get(row.output)), where: part(row, named) }))))
      : h("p", {}, t("method.turns_none")),
    h("details", {}, h("summary", {}, t("method.hangs")), h("p", { class: "hint" }, t("method.hangs_what", { points: data.points, draws: data.draws.toLocaleString(language()) })), data.outputs.map((name) => indices(name, data.indices.filter((row) => row.output === name), named))),
    h("p", { class: "hint" }, t("method.discovery_limits")),
  ];
}

/** Share of the draws with a large difference: in all of them, and in the box. */
function chart(all: Found[]): HTMLElement {
  const rows = all.filter((row) => row.box).map((row) => ({ name: `${row.output} ${row.against}`, text: t("method.more_than", { what: series(row.output), n: withUnit(row.above, row.unit) }), all: row.interest_frac, inside: row.box?.density_frac ?? 0, row }));
  const first = rows.reduce<(typeof rows)[number] | undefined>((best, one) => (!best || one.inside > best.inside ? one : best), undefined);
  if (!first) return empty(t("method.no_box_at_all"));
  const title = t("method.discovery_finding", { what: first.text, all: percent(first.all), inside: percent(first.inside) });
  return figure({
    key: "discovery", title, wide: true, caption: t("method.discovery_caption"),
    draw: (width) => plot({
      width, height: 50 + 44 * rows.length, marginLeft: 14, marginRight: 24, ariaLabel: title,
      x: { domain: [0, 1], grid: true, label: null, ticks: width < 480 ? 3 : 6, tickFormat: (value: number) => percent(value) }, y: { axis: null, domain: rows.map((row) => row.name) },
      marks: [
        Plot.ruleY(rows, { x1: "all", x2: "inside", y: "name", stroke: "var(--faint)" }),
        Plot.dot(rows, { x: "all", y: "name", r: 5.5, stroke: "var(--base)", fill: "var(--card)", strokeWidth: 2 }),
        Plot.dot(rows, { x: "inside", y: "name", r: 6, fill: "var(--mine)" }),
        Plot.text(rows, { frameAnchor: "left", y: "name", text: (row: (typeof rows)[number]) => shortened(row.text, width - 40), dy: -15, textAnchor: "start", fill: "var(--ink)", stroke: "var(--card)", strokeWidth: 3 }),
      ],
    }),
    columns: [{ title: t("method.name") }, { title: t("method.in_all"), right: true }, { title: t("method.in_box"), right: true }, { title: t("method.box_holds"), right: true }, { title: t("method.box_size"), right: true }],
    rows: rows.map(({ text, row }) => [text, percent(row.interest_frac), percent(row.box?.density_frac ?? 0), percent(row.box?.coverage_frac ?? 0), percent(row.box?.mass_frac ?? 0)]),
  });
}

function words(row: Found, named: Named): Child[] {
  const above = withUnit(row.above, row.unit);
  if (!row.box) return [h("p", {}, t("method.no_box", { above, all: percent(row.interest_frac) }))];
  const { limits, density_frac, coverage_frac, mass_frac } = row.box;
  return [
    h("p", {}, t("method.box", { above, all: percent(row.interest_frac), inside: percent(density_frac), holds: percent(coverage_frac), size: percent(mass_frac) })),
    h("ul", {}, limits.map((one) => h("li", {}, h("strong", {}, limit(one, named)), about(one, named)))),
  ];
}

/** What a parameter is; the limit on the variant of spillover says it itself. */
function about(one: Limit, named: Named): Child {
  const known = one.values ? undefined : named.get(one.parameter);
  return known ? h("small", { class: "hint" }, ` ${known.description}`) : null;
}

function label(name: string, named: Named): string {
  return named.get(name.replaceAll(" ", "_"))?.label ?? name;
}

function limit(one: Limit, named: Named): string {
  const what = label(one.parameter, named), unit = named.get(one.parameter)?.unit ?? "";
  if (one.values) return t("method.limit_is", { what, values: one.values.map(variant).join(t("method.or")) });
  if (one.low !== null && one.high !== null) return t("method.limit_between", { what, low: withUnit(one.low, unit), high: withUnit(one.high, unit) });
  return one.low !== null ? t("method.limit_above", { what, n: withUnit(one.low, unit) }) : t("method.limit_below", { what, n: withUnit(one.high, unit) });
}

const variant = (name: string): string => (has(`method.variant.${name}`) ? t(`method.variant.${name}`) : name);

function part(row: Flip, named: Named): string {
  const what = label(row.assumption, named);
  return has(`method.tercile.${row.part}`) ? t(`method.tercile.${row.part}`, { what }) : t("method.limit_is", { what, values: variant(row.part) });
}

function indices(output: string, rows: Index[], named: Named): HTMLElement {
  const share = (value: number | null): string => (value === null ? "–" : short(Math.max(0, value) * 100, 2));
  const shown = rows.filter((row) => Math.max(row.first, row.total, row.first_posterior ?? 0) >= LEAST).sort((one, other) => other.total - one.total);
  return table(series(output), [{ title: t("table.parameter") }, { title: t("method.alone"), right: true }, { title: t("method.with_others"), right: true }, { title: t("method.under_posterior"), right: true }],
    shown.map((row) => [label(row.parameter, named), share(row.first), share(row.total), share(row.first_posterior)]));
}
