/** The hindcast: what would have been predicted from what was known then, against what came later. */

import { figure, Plot, plot } from "./charts";
import { type Child, h, table } from "./dom";
import { percent } from "./format";
import { t } from "./i18n";
import { runPanel } from "./run_panel";

type Three = "model" | "trend" | "last_value";
interface Share { coverage_50_frac: number; coverage_80_frac: number }
interface Row {
  id: string; title: string; unit: string; bound: "two" | "lower" | "upper"; observed: number;
  predicted: { q10: number; q25: number; q50: number; q75: number; q90: number };
  inside_50: boolean; inside_80: boolean; log_score: Record<Three, number | null>;
}
interface Scored extends Share {
  n_used: number; n_targets: number; without_noise: Share; prior_alone: Share; median_width_ratio_to_prior: number;
  log_score: Record<Three, number>; log_score_rows: number; rows_better_than: { trend: number; last_value: number }; rows: Row[];
}
export interface Hindcast extends Scored {
  as_of: string; by_publication_date: Scored; versions_scored: number; versions: { id: string; what: string; coverage_80_frac: string; rows: string }[];
  not_scored: { id: string; reason: string }[]; priors_with_later_evidence: { parameter: string }[];
}

export const hindcastPanel = runPanel<Hindcast>({ kind: "hindcast", name: "hindcast", body: () => ({}), shown: result });

/** A title that fits. */
export function cut(text: string, width: number, least = 24): string {
  const most = Math.max(least, Math.floor((width - 20) / 6.4));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function finding(data: Hindcast): string {
  const values = { inside: Math.round(data.coverage_80_frac * data.n_targets), n: data.n_targets, on: data.as_of };
  return t(data.coverage_80_frac > 0.9 ? "method.hindcast_wide" : data.coverage_80_frac < 0.7 ? "method.hindcast_narrow" : "method.hindcast_finding", values);
}

function tile(name: string, value: string, about: string): HTMLElement {
  return h("div", { class: "tile" }, h("span", {}, name), h("strong", {}, value), h("span", {}, about));
}

const score = (value: number | null): string => (value === null ? "–" : value.toFixed(1).replace("-", "−"));
const TICKS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];

function result(data: Hindcast): Child[] {
  const title = finding(data);
  const rows = data.rows.filter((row) => row.observed > 0 && row.predicted.q10 > 0)
    .map((row) => ({ ...row, low: row.predicted.q10 / row.observed, below: row.predicted.q25 / row.observed, mid: row.predicted.q50 / row.observed, above: row.predicted.q75 / row.observed, high: row.predicted.q90 / row.observed, colour: row.bound === "two" && !row.inside_80 ? "var(--minus)" : "var(--mine)" }))
    .sort((one, other) => one.mid - other.mid);
  const ends: [number, number] = [Math.min(0.5, ...rows.map((row) => row.low)) / 1.1, Math.max(2, ...rows.map((row) => row.high)) * 1.1];
  return [
    h("div", { class: "tiles" },
      tile(t("method.in_80"), percent(data.coverage_80_frac), t("method.in_bare", { p: percent(data.without_noise.coverage_80_frac) })),
      tile(t("method.in_50"), percent(data.coverage_50_frac), t("method.in_bare", { p: percent(data.without_noise.coverage_50_frac) })),
      tile(t("method.score"), score(data.log_score.model), t("method.score_others", { trend: score(data.log_score.trend), last: score(data.log_score.last_value), n: data.log_score_rows })),
      tile(t("method.width"), data.median_width_ratio_to_prior.toFixed(2), t("method.width_what")),
      tile(t("method.versions"), String(data.versions_scored), t("method.versions_what"))),
    figure({
      key: "hindcast", title, wide: true, caption: t("method.hindcast_caption"),
      draw: (width) => plot({
        width, height: 50 + 40 * rows.length, marginLeft: 14, ariaLabel: title,
        x: { type: "log", domain: ends, grid: true, label: null, ticks: TICKS.filter((one) => one >= ends[0] && one <= ends[1]), tickFormat: (value: number) => `×${String(value)}` },
        y: { axis: null, domain: rows.map((row) => row.id) },
        marks: [
          Plot.ruleX([1], { stroke: "var(--ink)" }),
          Plot.ruleY(rows, { x1: "low", x2: "high", y: "id", stroke: "colour", strokeWidth: 3, strokeOpacity: 0.45 }),
          Plot.ruleY(rows, { x1: "below", x2: "above", y: "id", stroke: "colour", strokeWidth: 9, strokeOpacity: 0.45 }),
          Plot.dot(rows, { x: "mid", y: "id", r: 4.5, fill: (row: (typeof rows)[number]) => (row.bound === "two" ? row.colour : "var(--card)"), stroke: (row: (typeof rows)[number]) => (row.bound === "two" ? "var(--card)" : row.colour), strokeWidth: 1.5 }),
          Plot.text(rows, { frameAnchor: "left", y: "id", text: (row: (typeof rows)[number]) => cut(row.title, width), dy: -15, textAnchor: "start", fill: "var(--ink)", stroke: "var(--card)", strokeWidth: 3 }),
        ],
      }),
      columns: [{ title: t("method.name") }, { title: t("method.unit") }, { title: t("method.came"), right: true }, { title: "q10", right: true }, { title: "q50", right: true }, { title: "q90", right: true }, { title: t("method.inside") }, { title: t("method.score_model"), right: true }, { title: t("method.score_trend"), right: true }, { title: t("method.score_last"), right: true }],
      rows: data.rows.map((row) => [row.title, row.unit, Number(row.observed.toPrecision(4)), ...[row.predicted.q10, row.predicted.q50, row.predicted.q90].map((one) => Number(one.toPrecision(4))), row.inside_50 ? "50 %" : row.inside_80 ? "80 %" : t("method.outside"), ...(["model", "trend", "last_value"] as Three[]).map((name) => score(row.log_score[name]))]),
    }),
    h("p", {}, t("method.hindcast_said", { better_trend: data.rows_better_than.trend, better_last: data.rows_better_than.last_value, n: data.log_score_rows, prior_80: percent(data.prior_alone.coverage_80_frac), prior_50: percent(data.prior_alone.coverage_50_frac) })),
    h("ul", {}, h("li", {}, t("method.clean", { n: data.versions_scored })), h("li", {}, t("method.later", { n: data.priors_with_later_evidence.length })), h("li", {}, t("method.conditional")), h("li", {}, t("method.unscored", { n: data.not_scored.length }))),
    strict(data),
    h("details", {}, h("summary", {}, t("method.versions_list")), table(t("method.versions_list"), [{ title: t("method.version") }, { title: t("method.n"), right: true }, { title: t("method.in_80"), right: true }, { title: t("method.what_changed") }], data.versions.map((one) => [one.id, one.rows, percent(Number(one.coverage_80_frac)), one.what]), true)),
    h("details", {}, h("summary", {}, t("method.unscored_list", { n: data.not_scored.length })), table(t("method.unscored_list", { n: data.not_scored.length }), [{ title: t("sources.row") }, { title: t("method.reason") }], data.not_scored.map((one) => [one.id, one.reason]), true))];
}

/** Both ways to know what was known: by the time that a row is about, and by its date of publication. */
function strict(data: Hindcast): HTMLElement {
  const sides: [string, Scored][] = [[t("method.by_period"), data], [t("method.by_publication"), data.by_publication_date]];
  const title = t("method.both_ways");
  return table(title, [{ title: t("method.known_by") }, { title: t("method.rows_fitted"), right: true }, { title: t("method.in_80"), right: true }, { title: t("method.in_50"), right: true }, { title: t("method.width"), right: true }, { title: t("method.score_model"), right: true }, { title: t("method.score_trend"), right: true }, { title: t("method.score_last"), right: true }, { title: t("method.n"), right: true }],
    sides.map(([name, one]) => [name, one.n_used, percent(one.coverage_80_frac), percent(one.coverage_50_frac), one.median_width_ratio_to_prior.toFixed(2), score(one.log_score.model), score(one.log_score.trend), score(one.log_score.last_value), one.log_score_rows]));
}
