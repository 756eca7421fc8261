/** A judged claim: verdict, probability, figures, chart, what it turns on. */

import { figure, Plot, plot, shortened } from "./charts";
import { type Child, h, table } from "./dom";
import { percent, range, short, withUnit } from "./format";
import { language, t } from "./i18n";
import { sourceLink } from "./notice";

export interface Argument { value: unknown; text: string; low: unknown; high: unknown; choices: string[] }
export interface ClaimRow {
  id: string; title: string; statement: string; who: string; kind: string; own: boolean; ja: Record<string, string>; question: string;
  judgeable_on: string | null; arguments: Record<string, Argument>;
}
export interface Figure { name: string; label: string; value: number | null; low: number | null; high: number | null; unit: string }
export interface Judged extends ClaimRow {
  verdict: string; probability: number; figure: Figure; figures: Record<string, Figure>; by_variant: Record<string, number>; deciding_assumption: string | null;
  why_this_test: string; changes_it: string; caveats: string[]; rows: Record<string, unknown>[]; reason: string; sources: string[]; place: string;
  computation: { question: string; arguments: Record<string, unknown>; test: Record<string, unknown>; method: string };
}
export type Spoken = "title" | "statement" | "why_this_test" | "changes_it";

/** A text of a claim in the language of the page, where the claim has it. */
export function spoken(claim: { ja?: Record<string, string> }, name: Spoken, otherwise: string): string {
  return language() === "ja" ? claim.ja?.[name] || otherwise : otherwise;
}

export function badge(verdict: string): HTMLElement {
  return h("span", { class: `verdict ${verdict}` }, t(`claims.verdict.${verdict}`));
}

/** What stands under the title of a claim; `between` comes before the rows and the sources. */
export function card(claim: { ja?: Record<string, string> }, found: Judged, note: string, between: Child): Child[] {
  const figures = Object.values(found.figures).filter((one) => one.value !== null);
  const amount = (one: Figure, value: number | null): string => (value === null ? t("claims.never") : withUnit(value, one.unit));
  const bars = Object.entries(found.by_variant);
  const facts: [string, string | null][] = [
    [t("claims.tested"), found.reason], [t("claims.decides"), found.deciding_assumption], [t("claims.judgeable"), found.judgeable_on],
    [t("claims.why"), spoken(claim, "why_this_test", found.why_this_test)], [t("claims.changes"), spoken(claim, "changes_it", found.changes_it)],
    [t("claims.caveats"), found.caveats.join(" ")], [t("claims.method"), `${found.computation.question}. ${found.computation.method}`],
  ];
  return [
    h("p", {}, badge(found.verdict), " ", t("claims.probability", { p: percent(found.probability) }), note ? ` ${note}` : ""),
    h("blockquote", {}, spoken(claim, "statement", found.statement)),
    h("p", { class: "hint" }, t("claims.who"), " ", found.who),
    chart(found, figures),
    figures.length ? table(t("claims.figures"), [{ title: t("claims.figure") }, { title: t("calc.estimate"), right: true }, { title: t("calc.interval") }], Object.values(found.figures).map((one) => [one.label, amount(one, one.value), range(one.low, one.high, one.unit)]), true) : null,
    bars.length > 1 ? figure({
      key: "variants", title: t("claims.variants"), caption: t("claims.variants_caption"),
      draw: (width) => plot({ width, height: 36 + 28 * bars.length, marginLeft: 70, ariaLabel: t("claims.variants"), x: { domain: [0, 1], label: null, tickFormat: (value: number) => percent(value), ticks: 5 }, y: { label: null }, marks: [Plot.barX(bars, { x: "1", y: "0", fill: "var(--mine)", insetTop: 3, insetBottom: 3 }), Plot.ruleX([0.2, 0.8], { stroke: "var(--ink)", strokeDasharray: "3 3" })] }),
      columns: [{ title: t("claims.variant") }, { title: "P", right: true }], rows: bars.map(([name, value]) => [name, value.toFixed(2)]),
    }) : null,
    h("dl", {}, facts.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    between,
    found.rows.length ? h("details", {}, h("summary", {}, t("claims.rows")), rowTable(found.rows)) : null,
    h("p", { class: "hint" }, t("calc.sources"), " ", found.sources.slice(0, 24).map((one) => [sourceLink(one), " "])),
  ];
}

function chart(found: Judged, figures: Figure[]): Child {
  const unit = found.figure.unit;
  const rows = figures.filter((one) => one.unit === unit && one.low !== null && one.high !== null);
  if (!rows.length) return null;
  const title = `${found.figure.label}${t("colon")}${found.figure.value === null ? t("claims.never") : withUnit(found.figure.value, unit)}`;
  return figure({
    key: "claim", title, caption: t("claims.figures_caption"),
    draw: (width) => plot({
      width, height: 50 + 44 * rows.length, marginLeft: 12, marginRight: 20, ariaLabel: title, x: { grid: true, label: null, ticks: 5, tickFormat: (value: number) => withUnit(value, unit).replace(/ (months|か月)$/, "") }, y: { axis: null, domain: rows.map((row) => row.name) },
      marks: [
        Plot.ruleY(rows, { x1: "low", x2: "high", y: "name", stroke: "var(--mine)", strokeWidth: 5, strokeOpacity: 0.4 }),
        Plot.dot(rows, { x: "value", y: "name", fill: "var(--mine)", r: 6 }),
        Plot.text(rows, { frameAnchor: "left", y: "name", text: (row: Figure) => shortened(row.label, width - 40), dy: -14, fill: "var(--ink)", stroke: "var(--card)", strokeWidth: 3, textAnchor: "start" }),
      ],
    }),
    columns: [{ title: t("claims.figure") }, { title: t("calc.estimate"), right: true }, { title: t("table.low"), right: true }, { title: t("table.high"), right: true }],
    rows: rows.map((row) => [row.label, ...[row.value, row.low, row.high].map((one) => Number((one ?? 0).toPrecision(4)))]),
  });
}

function rowTable(rows: Record<string, unknown>[]): HTMLElement {
  const keys = Object.keys(rows[0] ?? {});
  return table(t("claims.rows"), keys.map((title) => ({ title, right: typeof rows[0]?.[title] === "number" })), rows.slice(0, 200).map((row) => keys.map((key) => (typeof row[key] === "number" ? short(row[key] as number, 4) : row[key] === null || row[key] === undefined ? "" : String(row[key])))), true);
}

