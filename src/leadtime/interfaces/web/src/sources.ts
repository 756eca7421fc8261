/** Sources and method: what is known, how well, how it was calibrated, how far off estimates are, limits. */

import { writeAddress } from "./address";
import { ask } from "./api";
import { figure, Plot, plot } from "./charts";
import { type Child, fill, h, labelled, table } from "./dom";
import { percent, short } from "./format";
import { t } from "./i18n";
import { empty, errorBox, sourceLink } from "./notice";
import type { Parameter } from "./state";

interface SourceRow { id: string; title: string; publisher: string | null; url: string | null; published: string | null; n_uses: number }
interface SourceOne extends SourceRow { accessed: string | null; licence: string | null; note: string | null; used_by: { where: string; row: string; column: string; locator: string | null }[] }
interface Score { n: number; median_abs_pct_error: number; coverage_80_frac: number }
interface Accuracy { fitted?: Score; leave_one_source_out?: Score; held_out?: Score; n_scored: number; median_abs_pct_error: number; p90_abs_pct_error: number; bias_pct: number; coverage_80_frac: number; by_chip: Record<string, Record<string, number>> }
interface Coverage { note: string; provisions: { name: string; citation: string; status: string; verified_against: string | null; verified_on: string | null }[] }
interface Spread { q10: number; q50: number; q90: number }
interface Calibration { rows: { id: string; title: string; role: string; unit: string; prior: Spread; posterior: Spread; evidence: { low: number | null; value: number | null; high: number | null }; z_prior: number; z_posterior: number; source_id: string }[]; diagnostics: Record<string, unknown> & { targets_fitted: number; parameters_fitted: number; parameters_in_all: number } }
interface Hindcast { as_of: string; n_targets: number; coverage_50_frac: number; coverage_80_frac: number; log_score: Record<string, number>; rows: { id: string; title: string; unit: string; observed: number; predicted: Spread; inside_80: boolean | null }[] }

const MOST_ROWS = 300;

/** An address outside, only if it is one; opened only when the reader clicks. */
function outside(url: string | null): Child {
  return url && /^https?:\/\//.test(url) ? h("a", { href: url, rel: "noreferrer noopener external" }, url) : url;
}

export async function sourcesPage(page: HTMLElement, query: URLSearchParams): Promise<void> {
  const wanted = query.get("id");
  if (wanted) {
    await one(page, wanted);
    return;
  }
  const { data } = await ask<{ n_sources: number; sources: SourceRow[] }>("/sources");
  const find = h("input", { type: "search", value: query.get("find") ?? "" });
  const list = h("div", {});
  const draw = (): void => {
    const text = find.value.trim().toLowerCase();
    writeAddress({ find: text || null });
    const rows = data.sources.filter((row) => `${row.id} ${row.title} ${row.publisher ?? ""} ${row.url ?? ""}`.toLowerCase().includes(text));
    if (!rows.length) { fill(list, empty(t("sources.none"))); return; }
    fill(list, table(t("sources.title"), [{ title: t("sources.id") }, { title: t("sources.source_title") }, { title: t("sources.publisher") }, { title: t("sources.published") }, { title: t("sources.uses"), right: true }],
      rows.slice(0, MOST_ROWS).map((row) => [sourceLink(row.id), row.title, row.publisher ?? "", row.published ?? "", row.n_uses]), true), rows.length > MOST_ROWS ? h("p", { class: "hint" }, `${MOST_ROWS} / ${rows.length}`) : null);
  };
  find.addEventListener("input", draw);
  const method = h("div", {}, h("p", { class: "loading" }, t("state.loading")));
  fill(page, h("h1", {}, t("sources.title")),
    h("section", { class: "panel" }, h("h2", {}, t("sources.finding", { n: data.n_sources, uses: data.sources.reduce((sum, row) => sum + row.n_uses, 0).toLocaleString() })), h("p", {}, t("method.how")), labelled(t("sources.find"), find, t("sources.find_hint")), list),
    method);
  draw();
  await about(method);
}

async function one(page: HTMLElement, wanted: string): Promise<void> {
  let found: SourceOne;
  try {
    found = (await ask<SourceOne>(`/sources/${encodeURIComponent(wanted.slice(0, 120))}`)).data;
  } catch (error) {
    fill(page, h("h1", {}, t("sources.title")), errorBox(error), h("p", {}, h("a", { href: "#/sources" }, t("sources.back"))));
    return;
  }
  const facts: [string, Child][] = [[t("sources.id"), h("code", {}, found.id)], [t("sources.publisher"), found.publisher], [t("sources.published"), found.published], [t("sources.address"), outside(found.url)], [t("sources.accessed"), found.accessed], [t("sources.terms"), found.licence], [t("sources.note"), found.note]];
  fill(page, h("p", {}, h("a", { href: "#/sources" }, t("sources.back"))), h("h1", {}, found.title),
    h("dl", {}, facts.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    h("h2", {}, t("sources.cited", { n: found.n_uses })),
    table(t("sources.cited", { n: found.n_uses }), [{ title: t("sources.where") }, { title: t("sources.row") }, { title: t("sources.column") }, { title: t("sources.place") }], found.used_by.slice(0, 500).map((use) => [use.where, use.row, use.column, use.locator ?? ""]), true));
}

async function about(box: HTMLElement): Promise<void> {
  const [parameters, coverage] = await Promise.all([ask<Parameter[]>("/parameters"), ask<Coverage>("/rules/coverage")]);
  const accuracy = h("section", { class: "panel" }, h("h2", {}, t("method.accuracy")), h("p", { class: "loading" }, t("state.loading")));
  const calibrated = h("section", { class: "panel" }, h("h2", {}, t("method.calibrated")), h("p", { class: "loading" }, t("state.loading")));
  const past = h("section", { class: "panel" }, h("h2", {}, t("method.hindcast")), h("p", {}, t("method.hindcast_what")), h("button", { type: "button", onclick: () => void hindcast(past) }, t("method.hindcast_run")));
  fill(box, calibrated, past, accuracy,
    h("section", { class: "panel" }, h("h2", {}, t("method.parameters", { n: parameters.data.length })),
      h("details", {}, h("summary", {}, t("method.open")), table(t("method.parameters", { n: parameters.data.length }), [{ title: t("table.parameter") }, { title: t("method.prior") }, { title: t("method.unit") }, { title: t("table.meaning") }, { title: t("chips.source") }], parameters.data.map((row) => [row.name, `${short(row.low)} – ${short(row.high)}`, row.unit, row.description, sourceLink(row.source)]), true))),
    h("section", { class: "panel" }, h("h2", {}, t("method.law")), h("p", {}, coverage.data.note),
      h("details", {}, h("summary", {}, t("method.open")), table(t("method.law"), [{ title: t("rules.provision") }, { title: t("rules.citation") }, { title: t("method.status") }, { title: t("method.checked") }], coverage.data.provisions.map((row) => [row.name, row.citation, row.status, `${row.verified_against ?? ""} ${row.verified_on ?? ""}`]), true))),
    h("section", { class: "panel" }, h("h2", {}, t("method.limits")), h("p", {}, t("method.limits_text"))));
  await calibration(calibrated);
  const parts: Child[] = [h("h2", {}, t("method.accuracy"))];
  for (const kind of ["training", "inference"]) {
    try {
      const found = (await ask<Accuracy>(`/accuracy/${kind}`)).data;
      const pct = (value: number | null | undefined): string => (value === null || value === undefined ? "–" : `${value.toFixed(1)} %`);
      const unseen = found.leave_one_source_out ?? { n: found.n_scored, median_abs_pct_error: found.median_abs_pct_error, coverage_80_frac: found.coverage_80_frac };
      const title = t("method.accuracy_finding", { kind: t(`method.${kind}`), error: pct(unseen.median_abs_pct_error), n: unseen.n });
      const chips = Object.entries(found.by_chip ?? {}).map(([name, row]) => ({ name, error: row.median_abs_pct_error ?? NaN, n: row.n_scored ?? row.n ?? 0 })).filter((row) => Number.isFinite(row.error)).sort((one, other) => one.error - other.error);
      parts.push(chips.length ? figure({
        key: `accuracy-${kind}`, title, caption: t("method.by", { kind: t("method.median") }),
        draw: (width) => plot({ width, height: 40 + 22 * chips.length, marginLeft: Math.min(170, width * 0.45), ariaLabel: title, x: { grid: true, label: null, tickFormat: (value: number) => `${value} %`, zero: true }, y: { label: null, domain: chips.map((row) => row.name) }, marks: [Plot.barX(chips, { x: "error", y: "name", fill: "var(--mine)", insetTop: 2, insetBottom: 2 }), Plot.ruleX([0], { stroke: "var(--ink)" })] }),
        columns: [{ title: t("chips.name") }, { title: t("method.median"), right: true }, { title: t("method.n"), right: true }], rows: chips.map((row) => [row.name, Number(row.error.toFixed(1)), row.n]),
      }) : h("h3", {}, title));
      const sides = [["method.unseen", found.leave_one_source_out], ["method.held_out", found.held_out], ["method.fitted", found.fitted]] as [string, Score | undefined][];
      parts.push(table(title, [{ title: t("method.kind") }, { title: t("method.n"), right: true }, { title: t("method.median"), right: true }, { title: t("method.coverage"), right: true }], sides.filter(([, one]) => one).map(([name, one]) => [t(name), one?.n ?? 0, pct(one?.median_abs_pct_error), percent(one?.coverage_80_frac)]), true));
      parts.push(h("p", { class: "hint" }, t("method.by_chip_note"), " ", `${t("method.p90")}: ${pct(found.p90_abs_pct_error)} · ${t("method.bias")}: ${pct(found.bias_pct)} · ${t("method.coverage")}: ${percent(found.coverage_80_frac)}`));
    } catch (error) {
      parts.push(h("h3", {}, t(`method.${kind}`)), errorBox(error));
    }
  }
  fill(accuracy, parts);
}

const spread = (one: Spread): string => `${short(one.q50)} (${short(one.q10)} – ${short(one.q90)})`;

async function calibration(box: HTMLElement): Promise<void> {
  try {
    const { data } = await ask<Calibration>("/calibration");
    const rows = [...data.rows].filter((row) => Number.isFinite(row.z_prior) && Number.isFinite(row.z_posterior)).sort((one, other) => Math.abs(other.z_prior) - Math.abs(one.z_prior)).slice(0, 16).map((row) => ({ ...row, name: row.title.length > 52 ? `${row.title.slice(0, 51)}…` : row.title }));
    const near = data.rows.filter((row) => Math.abs(row.z_posterior) <= 1.28).length;
    const title = t("method.calibrated_finding", { near, all: data.rows.length });
    fill(box, h("h2", {}, t("method.calibrated")), h("p", {}, t("method.calibrated_what", { targets: data.diagnostics.targets_fitted, fitted: data.diagnostics.parameters_fitted, all: data.diagnostics.parameters_in_all })),
      rows.length ? figure({
        key: "calibration", title, caption: t("method.calibrated_caption"),
        draw: (width) => plot({ width, height: 50 + 40 * rows.length, marginLeft: 14, ariaLabel: title, x: { grid: true, label: null, ticks: 6 }, y: { axis: null, domain: rows.map((row) => row.id) }, marks: [
          Plot.ruleX([0], { stroke: "var(--ink)" }),
          Plot.ruleY(rows, { x1: "z_prior", x2: "z_posterior", y: "id", stroke: "var(--faint)" }),
          Plot.dot(rows, { x: "z_prior", y: "id", r: 5, stroke: "var(--base)", fill: "var(--card)", strokeWidth: 2 }), Plot.dot(rows, { x: "z_posterior", y: "id", r: 5, fill: "var(--mine)" }),
          Plot.text(rows, { frameAnchor: "left", y: "id", text: "name", dy: -14, textAnchor: "start", fill: "var(--ink)", stroke: "var(--card)", strokeWidth: 3 })] }),
        columns: [{ title: t("method.name") }, { title: t("method.z_prior"), right: true }, { title: t("method.z_posterior"), right: true }], rows: rows.map((row) => [row.title, row.z_prior.toFixed(2), row.z_posterior.toFixed(2)]),
      }) : empty(t("method.unavailable", { why: "" })),
      h("details", {}, h("summary", {}, t("method.open")), table(t("method.calibrated"), [{ title: t("method.name") }, { title: t("method.prior"), right: true }, { title: t("method.posterior"), right: true }, { title: t("method.evidence"), right: true }, { title: t("method.unit") }, { title: t("chips.source") }], data.rows.map((row) => [row.title, spread(row.prior), spread(row.posterior), short(row.evidence.value ?? row.evidence.low ?? row.evidence.high), row.unit, sourceLink(row.source_id)]), true)));
  } catch (error) {
    fill(box, h("h2", {}, t("method.calibrated")), errorBox(error, () => void calibration(box)));
  }
}

async function hindcast(box: HTMLElement): Promise<void> {
  fill(box, h("h2", { tabindex: "-1" }, t("method.hindcast")), h("p", { class: "loading", role: "status" }, t("method.hindcast_wait")));
  try {
    const { data } = await ask<Hindcast>("/hindcast");
    const rows = data.rows.filter((row) => row.observed > 0 && row.predicted.q10 > 0).map((row) => ({ title: row.title.length > 52 ? `${row.title.slice(0, 51)}…` : row.title, id: row.id, low: row.predicted.q10 / row.observed, mid: row.predicted.q50 / row.observed, high: row.predicted.q90 / row.observed }));
    const title = t("method.hindcast_finding", { p: percent(data.coverage_80_frac), n: data.n_targets, on: data.as_of });
    fill(box, h("h2", { tabindex: "-1" }, t("method.hindcast")),
      figure({
        key: "hindcast", title, caption: t("method.hindcast_caption"),
        draw: (width) => plot({ width, height: 50 + 40 * rows.length, marginLeft: 14, ariaLabel: title, x: { type: "log", grid: true, label: null, ticks: 5, tickFormat: (value: number) => ([0.1, 0.2, 0.5, 1, 2, 5, 10].includes(Number(value.toPrecision(2))) ? String(Number(value.toPrecision(2))) : "") }, y: { axis: null, domain: rows.map((row) => row.id) }, marks: [
          Plot.ruleX([1], { stroke: "var(--ink)" }), Plot.ruleY(rows, { x1: "low", x2: "high", y: "id", stroke: "var(--mine)", strokeWidth: 5, strokeOpacity: 0.4 }), Plot.dot(rows, { x: "mid", y: "id", r: 5, fill: "var(--mine)" }),
          Plot.text(rows, { frameAnchor: "left", y: "id", text: "title", dy: -14, textAnchor: "start", fill: "var(--ink)", stroke: "var(--card)", strokeWidth: 3 })] }),
        columns: [{ title: t("method.name") }, { title: t("method.evidence"), right: true }, { title: "q10", right: true }, { title: "q50", right: true }, { title: "q90", right: true }],
        rows: data.rows.map((row) => [row.title, ...[row.observed, row.predicted.q10, row.predicted.q50, row.predicted.q90].map((one) => Number(one.toPrecision(4)))]),
      }),
      h("p", { class: "hint" }, t("method.scores", { model: short(data.log_score.model), trend: short(data.log_score.trend), last: short(data.log_score.last_value) })));
  } catch (error) {
    fill(box, h("h2", {}, t("method.hindcast")), errorBox(error, () => void hindcast(box)));
  }
}
