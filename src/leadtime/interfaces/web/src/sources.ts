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
interface Accuracy { n_scored: number; median_abs_pct_error: number; p90_abs_pct_error: number; bias_pct: number; coverage_80_frac: number; by_chip: Record<string, Record<string, number>> }
interface Method { parameters: Parameter[]; coverage: { note: string; provisions: { name: string; citation: string; status: string; verified_against: string | null; verified_on: string | null }[] }; calibration: unknown; hindcast: unknown; calibration_note?: string; hindcast_note?: string }

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
  let data: Method;
  try {
    data = (await ask<Method>("/method")).data;
  } catch (error) {
    fill(box, errorBox(error));
    return;
  }
  const accuracy = h("section", { class: "panel" }, h("h2", {}, t("method.accuracy")), h("p", { class: "loading" }, t("state.loading")));
  fill(box,
    h("section", { class: "panel" }, h("h2", {}, t("method.calibrated")), plainly(data.calibration, data.calibration_note)),
    h("section", { class: "panel" }, h("h2", {}, t("method.hindcast")), plainly(data.hindcast, data.hindcast_note)),
    accuracy,
    h("section", { class: "panel" }, h("h2", {}, t("method.parameters", { n: data.parameters.length })),
      h("details", {}, h("summary", {}, t("method.open")), table(t("method.parameters", { n: data.parameters.length }), [{ title: t("table.parameter") }, { title: t("method.prior") }, { title: t("method.unit") }, { title: t("table.meaning") }, { title: t("chips.source") }], data.parameters.map((row) => [row.name, `${short(row.low)} – ${short(row.high)}`, row.unit, row.description, sourceLink(row.source)]), true))),
    h("section", { class: "panel" }, h("h2", {}, t("method.law")), h("p", {}, data.coverage.note),
      h("details", {}, h("summary", {}, t("method.open")), table(t("method.law"), [{ title: t("rules.provision") }, { title: t("rules.citation") }, { title: t("method.status") }, { title: t("method.checked") }], data.coverage.provisions.map((row) => [row.name, row.citation, row.status, `${row.verified_against ?? ""} ${row.verified_on ?? ""}`]), true))),
    h("section", { class: "panel" }, h("h2", {}, t("method.limits")), h("p", {}, t("method.limits_text"))));
  const parts: Child[] = [h("h2", {}, t("method.accuracy"))];
  for (const kind of ["training", "inference"]) {
    try {
      const found = (await ask<Accuracy>(`/accuracy/${kind}`)).data;
      const pct = (value: number | null | undefined): string => (value === null || value === undefined ? "–" : `${value.toFixed(1)} %`);
      const title = t("method.accuracy_finding", { kind: t(`method.${kind}`), error: pct(found.median_abs_pct_error), n: found.n_scored });
      const chips = Object.entries(found.by_chip ?? {}).map(([name, row]) => ({ name, error: row.median_abs_pct_error ?? NaN, n: row.n_scored ?? row.n ?? 0 })).filter((row) => Number.isFinite(row.error)).sort((one, other) => one.error - other.error);
      parts.push(chips.length ? figure({
        key: `accuracy-${kind}`, title, caption: t("method.by", { kind: t("method.median") }),
        draw: (width) => plot({ width, height: 40 + 22 * chips.length, marginLeft: Math.min(170, width * 0.45), ariaLabel: title, x: { grid: true, label: null, tickFormat: (value: number) => `${value} %`, zero: true }, y: { label: null, domain: chips.map((row) => row.name) }, marks: [Plot.barX(chips, { x: "error", y: "name", fill: "var(--mine)", insetTop: 2, insetBottom: 2 }), Plot.ruleX([0], { stroke: "var(--ink)" })] }),
        columns: [{ title: t("chips.name") }, { title: t("method.median"), right: true }, { title: t("method.n"), right: true }], rows: chips.map((row) => [row.name, Number(row.error.toFixed(1)), row.n]),
      }) : h("h3", {}, title));
      parts.push(h("p", { class: "hint" }, `${t("method.p90")}: ${pct(found.p90_abs_pct_error)} · ${t("method.bias")}: ${pct(found.bias_pct)} · ${t("method.coverage")}: ${percent(found.coverage_80_frac)}`));
    } catch (error) {
      parts.push(h("h3", {}, t(`method.${kind}`)), errorBox(error));
    }
  }
  fill(accuracy, parts);
}

/** A summary as the server gives it: numbers in a list, tables as tables. */
function plainly(value: unknown, note: string | undefined): Child {
  if (value === null || value === undefined || typeof value !== "object") return empty(t("method.unavailable", { why: note ?? "" }));
  return Object.entries(value as Record<string, unknown>).map(([name, inner]): Child => {
    if (Array.isArray(inner) && inner.length && typeof inner[0] === "object") {
      const keys = Object.keys(inner[0] as object).filter((key) => typeof (inner[0] as Record<string, unknown>)[key] !== "object" || (inner[0] as Record<string, unknown>)[key] === null);
      return h("details", {}, h("summary", {}, `${name} (${inner.length})`), table(name, keys.map((title) => ({ title })), inner.slice(0, 200).map((row) => keys.map((key) => cellOf((row as Record<string, unknown>)[key]))), true));
    }
    if (inner !== null && typeof inner === "object" && !Array.isArray(inner)) return h("dl", {}, h("dt", {}, name), h("dd", {}, Object.entries(inner).map(([key, one]) => `${key} ${cellOf(one)}`).join(", ")));
    return h("dl", {}, h("dt", {}, name), h("dd", {}, cellOf(inner)));
  });
}

const cellOf = (value: unknown): string => (typeof value === "number" ? short(value, 4) : value === null || value === undefined ? "–" : Array.isArray(value) ? value.join(", ") : typeof value === "object" ? JSON.stringify(value) : String(value));
