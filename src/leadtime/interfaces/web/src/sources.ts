/** Sources and method: what is known, how well, how it was calibrated, how far off estimates are, limits. */

import { writeAddress } from "./address";
import { ask } from "./api";
import { figure, Plot, plot } from "./charts";
import { type Child, fill, h, labelled, table } from "./dom";
import { discoveryAddress, discoveryPanel } from "./discovery";
import { percent, short, signed } from "./format";
import { cut, hindcastPanel } from "./hindcast";
import { has, language, t } from "./i18n";
import { empty, errorBox, sourceLink } from "./notice";
import { type Parameter, route } from "./state";

interface SourceRow { id: string; title: string; publisher: string | null; url: string | null; published: string | null; n_uses: number }
interface SourceOne extends SourceRow { accessed: string | null; licence: string | null; note: string | null; used_by: { where: string; row: string; column: string; locator: string | null }[] }
interface Score { n: number; median_abs_pct_error: number; coverage_80_frac: number }
interface Accuracy { fitted?: Score; leave_one_source_out?: Score; held_out?: Score; n_scored: number; median_abs_pct_error: number; p90_abs_pct_error: number; bias_pct: number; coverage_80_frac: number; by_chip: Record<string, Record<string, number>> }
interface Coverage { note: string; provisions: { name: string; citation: string; status: string; verified_against: string | null; verified_on: string | null }[] }
interface Spread { q10: number; q50: number; q90: number }
interface CalibrationRow { id: string; title: string; role: string; unit: string; prior: Spread; posterior: Spread; evidence: { low: number | null; value: number | null; high: number | null }; z_prior: number; z_posterior: number; source_id: string }
interface Fitted { effective_particles: number; particles: number; r_hat_largest: number }
interface LeftOut { group: string; rows: string[]; method: string; reliable: boolean; shift: Record<string, number> }
interface Calibration { rows: CalibrationRow[]; diagnostics: { targets_fitted: number; parameters_fitted: number; parameters_in_all: number; stale: boolean; made: string; variants: Record<string, Fitted>; left_out: LeftOut[] } }
interface Part { id: string; title: string; text: string; code?: string }
interface About { model_id: string; version: string; data_version: string; calibration: { made: string; version: string; data_version: string; particles: number }; versions_scored: { id: string; what: string }[]; changes: string }

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
  if (!page.isConnected) return; // the reader has gone on: the address is no longer of this page
  let part = query.get("part");
  let unread: URLSearchParams | null = query;
  const find = h("input", { type: "search", value: query.get("find") ?? "" });
  const here = route().page;
  const write = (): void => {
    if (route().page === here) writeAddress({ find: find.value.trim().toLowerCase() || null, part, ...discoveryAddress(unread) });
  };
  const list = h("div", {});
  const draw = (): void => {
    const text = find.value.trim().toLowerCase();
    write();
    const rows = data.sources.filter((row) => `${row.id} ${row.title} ${row.publisher ?? ""} ${row.url ?? ""}`.toLowerCase().includes(text));
    if (!rows.length) { fill(list, empty(t("sources.none"))); return; }
    fill(list, table(t("sources.title"), [{ title: t("sources.id") }, { title: t("sources.source_title") }, { title: t("sources.publisher") }, { title: t("sources.published") }, { title: t("sources.uses"), right: true }],
      rows.slice(0, MOST_ROWS).map((row) => [sourceLink(row.id), h("span", { lang: "en" }, row.title), row.publisher ?? "", row.published ?? "", row.n_uses]), true), rows.length > MOST_ROWS ? h("p", { class: "hint" }, `${MOST_ROWS} / ${rows.length}`) : null);
  };
  find.addEventListener("input", draw);
  const known = panel("known", t("sources.finding", { n: data.n_sources, uses: data.sources.reduce((sum, row) => sum + row.n_uses, 0).toLocaleString(language()) }), h("p", {}, t("method.how")), labelled(t("sources.find"), find, t("sources.find_hint")), list);
  const parts: [string, HTMLElement][] = [
    ["which", waiting("which", t("method.which"))], ["calibrated", waiting("calibrated", t("method.calibrated"))], ["hindcast", panel("hindcast", t("method.hindcast"))], ["discovery", panel("discovery", t("method.discovery"))],
    ["accuracy", waiting("accuracy", t("method.accuracy"))], ["known", known], ["parameters", waiting("parameters", t("method.uncertain"))], ["law", waiting("law", t("method.law"))],
    ["equations", waiting("equations", t("method.equations"))], ["limits", panel("limits", t("method.limits"), h("p", {}, t("method.limits_text")))], ["changes", waiting("changes", t("method.changes"))]];
  const go = (element: HTMLElement): void => { element.scrollIntoView(); (element.querySelector("h2") as HTMLElement).focus({ preventScroll: true }); };
  fill(page, h("h1", {}, t("sources.title")),
    h("nav", { class: "buttons", "aria-label": t("method.parts") }, parts.map(([name, element]) => h("button", { type: "button", class: "quiet", onclick: () => { part = name; write(); go(element); } }, t(`method.short.${name}`)))),
    parts.map(([, element]) => element));
  draw();
  const by = new Map(parts);
  const box = (name: string): HTMLElement => by.get(name) as HTMLElement;
  hindcastPanel(box("hindcast"));
  const discovery = discoveryPanel(box("discovery"), query, (touched) => {
    unread = null;
    if (touched) part = "discovery";
    write();
  });
  await Promise.all([
    filled(box("which"), which), filled(box("calibrated"), calibration), filled(box("accuracy"), accuracy), filled(box("parameters"), parameters),
    filled(box("law"), law), filled(box("equations"), equations), filled(box("changes"), changes), discovery]);
  const first = by.get(query.get("part") ?? "");
  if (first) go(first);
}

function panel(name: string, title: string, ...children: Child[]): HTMLElement {
  return h("section", { class: "panel", "data-part": name }, h("h2", { tabindex: "-1" }, title), children);
}

function waiting(name: string, title: string): HTMLElement {
  return panel(name, title, h("p", { class: "loading", role: "status" }, t("state.loading")));
}

/** Fill a panel with what its question answers, under its heading. */
async function filled(box: HTMLElement, make: () => Promise<Child[]>): Promise<void> {
  const heading = box.querySelector("h2") as HTMLElement;
  const put = (...children: Child[]): void => { fill(box, heading, children); };
  try {
    put(await make());
  } catch (error) {
    put(errorBox(error, () => { put(h("p", { class: "loading", role: "status" }, t("state.loading"))); void filled(box, make); }));
  }
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
  fill(page, h("p", {}, h("a", { href: "#/sources" }, t("sources.back"))), h("h1", { lang: "en" }, found.title),
    h("dl", {}, facts.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    h("h2", {}, t("sources.cited", { n: found.n_uses })),
    table(t("sources.cited", { n: found.n_uses }), [{ title: t("sources.where") }, { title: t("sources.row") }, { title: t("sources.column") }, { title: t("sources.place") }], found.used_by.slice(0, 500).map((use) => [use.where, use.row, use.column, use.locator ?? ""]), true));
}

const pct = (value: number | null | undefined): string => (value === null || value === undefined ? "–" : t("unit.percent", { n: value.toFixed(1).replace("-", "−") }));
const spread = (one: Spread): string => `${short(one.q50)} (${short(one.q10)} – ${short(one.q90)})`;
const opened = (summary: string, ...children: Child[]): HTMLElement => h("details", {}, h("summary", {}, summary), children);

async function which(): Promise<Child[]> {
  const { data } = await ask<About>("/about");
  const says = ["scenarios", "capability", "good", "probability", "surprises", "legal"].map((name) => h("li", {}, t(`method.not.${name}`)));
  return [
    h("p", {}, t("method.id"), " ", h("code", { class: "model-id" }, data.model_id), " ", t("method.id_why", { calibrated: data.calibration.made })),
    h("h3", {}, t("method.not")), h("ul", {}, says)];
}

async function parameters(): Promise<Child[]> {
  const { data } = await ask<Parameter[]>("/parameters");
  const title = t("method.parameters", { n: data.length });
  return [h("p", {}, title), opened(t("method.open"), table(title, [{ title: t("table.parameter") }, { title: t("method.prior") }, { title: t("method.unit") }, { title: t("table.meaning") }, { title: t("chips.source") }], data.map((row) => [row.name, `${short(row.low)} – ${short(row.high)}`, row.unit, row.description, sourceLink(row.source)]), true))];
}

async function law(): Promise<Child[]> {
  const { data } = await ask<Coverage>("/rules/coverage");
  return [h("p", {}, data.note), opened(t("method.open"), table(t("method.law"), [{ title: t("rules.provision") }, { title: t("rules.citation") }, { title: t("method.status") }, { title: t("method.checked") }], data.provisions.map((row) => [h("span", { lang: "en" }, row.name), h("span", { lang: "en" }, row.citation), has(`method.cover.${row.status}`) ? t(`method.cover.${row.status}`) : row.status, `${row.verified_against ?? ""} ${row.verified_on ?? ""}`]), true))];
}

/** The equations are the code that runs: each part with what it says of itself, its code read when opened. */
async function equations(): Promise<Child[]> {
  const { data } = await ask<Part[]>("/model");
  const groups = [...new Set(data.map((row) => row.id.split("/")[0] as string))];
  return [h("p", {}, t("method.equations_what", { n: data.length })), groups.map((group) => [h("h3", {}, t(`method.part.${group}`)),
    h("ol", { class: "plain" }, data.filter((row) => row.id.startsWith(`${group}/`)).map((row) => h("li", {}, codeOf(row))))])];
}

function codeOf(part: Part): HTMLElement {
  const inside = h("div", {});
  const box = h("details", { ontoggle: () => {
    if (!box.open || inside.childElementCount) return;
    fill(inside, h("p", { class: "loading" }, t("state.loading")));
    ask<Part>(`/model/${part.id}`).then(
      ({ data }) => fill(inside, h("pre", { tabindex: "0", "aria-label": part.title, lang: "en" }, data.code ?? "")),
      (error: unknown) => fill(inside, errorBox(error)));
  } }, h("summary", {}, part.title), inside);
  return box;
}

async function changes(): Promise<Child[]> {
  const { data } = await ask<About>("/about");
  return [data.changes ? opened(t("method.open"), h("pre", { tabindex: "0", class: "wrapped", "aria-label": t("method.changes"), lang: "en" }, data.changes)) : empty(t("method.no_changes"))];
}

async function accuracy(): Promise<Child[]> {
  const parts: Child[] = [];
  for (const kind of ["training", "inference"]) {
    const found = (await ask<Accuracy>(`/accuracy/${kind}`)).data;
    const unseen = found.leave_one_source_out ?? { n: found.n_scored, median_abs_pct_error: found.median_abs_pct_error, coverage_80_frac: found.coverage_80_frac };
    const title = t("method.accuracy_finding", { kind: t(`method.${kind}`), error: pct(unseen.median_abs_pct_error), n: unseen.n });
    const chips = Object.entries(found.by_chip ?? {}).map(([name, row]) => ({ name, error: row.median_abs_pct_error ?? NaN, n: row.n_scored ?? row.n ?? 0 })).filter((row) => Number.isFinite(row.error)).sort((one, other) => one.error - other.error);
    parts.push(chips.length ? figure({
      key: `accuracy-${kind}`, title, caption: t("method.by", { kind: t("method.median") }),
      draw: (width) => plot({ width, height: 40 + 22 * chips.length, marginLeft: Math.min(170, width * 0.45), ariaLabel: title, x: { grid: true, label: null, ticks: Math.max(3, Math.floor(width / 110)), tickFormat: (value: number) => t("unit.percent", { n: value }), zero: true }, y: { label: null, domain: chips.map((row) => row.name), tickFormat: (name: string) => cut(name, Math.min(170, width * 0.45) - 14, 12) }, marks: [Plot.barX(chips, { x: "error", y: "name", fill: "var(--mine)", insetTop: 2, insetBottom: 2 }), Plot.ruleX([0], { stroke: "var(--ink)" })] }),
      columns: [{ title: t("chips.name") }, { title: t("method.median"), right: true }, { title: t("method.n"), right: true }], rows: chips.map((row) => [row.name, Number(row.error.toFixed(1)), row.n]),
    }) : h("h3", {}, title));
    const sides = [["method.unseen", found.leave_one_source_out], ["method.held_out", found.held_out], ["method.fitted", found.fitted]] as [string, Score | undefined][];
    parts.push(table(title, [{ title: t("method.kind") }, { title: t("method.n"), right: true }, { title: t("method.median"), right: true }, { title: t("method.coverage"), right: true }], sides.filter(([, one]) => one).map(([name, one]) => [t(name), one?.n ?? 0, pct(one?.median_abs_pct_error), percent(one?.coverage_80_frac)]), true));
    parts.push(h("p", { class: "hint" }, t("method.by_chip_note"), " ", `${t("method.p90")}: ${pct(found.p90_abs_pct_error)} · ${t("method.bias")}: ${pct(found.bias_pct)} · ${t("method.coverage")}: ${percent(found.coverage_80_frac)}`));
  }
  return parts;
}

const HEADLINES = ["lead_true_months_2027", "lead_bought_months_2030"];

async function calibration(): Promise<Child[]> {
  const { data } = await ask<Calibration>("/calibration");
  const { diagnostics } = data;
  const usable = data.rows.filter((row) => Number.isFinite(row.z_prior) && Number.isFinite(row.z_posterior));
  const near = (rows: CalibrationRow[], side: "z_prior" | "z_posterior"): number => rows.filter((row) => Math.abs(row[side]) <= 1.28).length;
  const fitted = usable.filter((row) => row.role === "fit"), others = usable.filter((row) => row.role !== "fit");
  const title = t("method.calibrated_finding", { near: near(fitted, "z_posterior"), all: fitted.length, before: near(fitted, "z_prior") });
  const shown = [...fitted].sort((one, other) => Math.abs(other.z_prior) - Math.abs(one.z_prior)).slice(0, 16);
  const fits = Object.values(diagnostics.variants);
  const carried = [...diagnostics.left_out].sort((one, other) => Math.abs(other.shift[HEADLINES[0] as string] ?? 0) - Math.abs(one.shift[HEADLINES[0] as string] ?? 0));
  return [
    diagnostics.stale ? h("div", { class: "notice", role: "note" }, t("method.stale", { on: diagnostics.made })) : null,
    h("p", {}, t("method.calibrated_what", { targets: diagnostics.targets_fitted, fitted: diagnostics.parameters_fitted, all: diagnostics.parameters_in_all }), " ", t("method.not_fitted", { near: near(others, "z_posterior"), all: others.length })),
    shown.length ? figure({
      key: "calibration", title, caption: t("method.calibrated_caption"),
      draw: (width) => plot({ width, height: 50 + 40 * shown.length, marginLeft: 14, ariaLabel: title, x: { grid: true, label: null, ticks: 6 }, y: { axis: null, domain: shown.map((row) => row.id) }, marks: [
        Plot.ruleX([-1.28, 1.28], { stroke: "var(--faint)", strokeDasharray: "3,3" }), Plot.ruleX([0], { stroke: "var(--ink)" }),
        Plot.ruleY(shown, { x1: "z_prior", x2: "z_posterior", y: "id", stroke: "var(--faint)" }),
        Plot.dot(shown, { x: "z_prior", y: "id", r: 5, stroke: "var(--base)", fill: "var(--card)", strokeWidth: 2 }), Plot.dot(shown, { x: "z_posterior", y: "id", r: 5, fill: "var(--mine)" }),
        Plot.text(shown, { frameAnchor: "left", y: "id", text: (row: CalibrationRow) => cut(row.title, width), dy: -14, textAnchor: "start", fill: "var(--ink)", stroke: "var(--card)", strokeWidth: 3 })] }),
      columns: [{ title: t("method.name") }, { title: t("method.z_prior"), right: true }, { title: t("method.z_posterior"), right: true }], rows: shown.map((row) => [row.title, row.z_prior.toFixed(2), row.z_posterior.toFixed(2)]),
    }) : empty(t("method.unavailable", { why: "" })),
    h("p", { class: "hint" }, t("method.sampled", { effective: Math.round(Math.min(...fits.map((one) => one.effective_particles))).toLocaleString(language()), particles: Math.min(...fits.map((one) => one.particles)).toLocaleString(language()), rhat: Math.max(...fits.map((one) => one.r_hat_largest)).toFixed(3) })),
    opened(t("method.every_row", { n: data.rows.length }), table(t("method.calibrated"), [{ title: t("method.name") }, { title: t("method.role") }, { title: t("method.prior"), right: true }, { title: t("method.posterior"), right: true }, { title: t("method.evidence"), right: true }, { title: t("method.unit") }, { title: t("chips.source") }], data.rows.map((row) => [row.title, has(`method.role.${row.role}`) ? t(`method.role.${row.role}`) : row.role, spread(row.prior), spread(row.posterior), short(row.evidence.value ?? row.evidence.low ?? row.evidence.high), row.unit, sourceLink(row.source_id)]), true)),
    opened(t("method.carries", { n: carried.length }), h("p", { class: "hint" }, t("method.carries_what")), table(t("method.carries", { n: carried.length }), [{ title: t("chips.source") }, { title: t("method.n"), right: true }, { title: t("method.shift_lead"), right: true }, { title: t("method.shift_bought"), right: true }, { title: t("method.how_found") }], carried.map((row) => [row.group, row.rows.length, ...HEADLINES.map((name) => signed(row.shift[name] ?? NaN, "month")), t(row.method === "refit" ? "method.refit" : row.reliable ? "method.reweighted" : "method.rough")]), true))];
}
