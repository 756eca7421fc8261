/** Claims: a published statement, our computation, a verdict; and what another argument would make of it. */

import { writeAddress } from "./address";
import { ask } from "./api";
import { figure, Plot, plot } from "./charts";
import { type Child, fill, h, labelled, select, table } from "./dom";
import { percent, range, short, withUnit } from "./format";
import { language, t } from "./i18n";
import { empty, errorBox, sourceLink } from "./notice";

interface Argument { value: unknown; text: string; low: unknown; high: unknown; choices: string[] }
interface ClaimRow { id: string; title: string; statement: string; who: string; kind: string; ja: Record<string, string>; question: string; judgeable_on: string | null; arguments: Record<string, Argument> }
interface Figure { name: string; label: string; value: number | null; low: number | null; high: number | null; unit: string }
interface Judged extends ClaimRow {
  verdict: string; probability: number; figure: Figure; figures: Record<string, Figure>; by_variant: Record<string, number>; deciding_assumption: string | null;
  why_this_test: string; changes_it: string; caveats: string[]; rows: Record<string, unknown>[]; reason: string; sources: string[];
  computation: { question: string; arguments: Record<string, unknown>; method: string };
}

const AT_ONCE = 2;
const VERDICTS = ["supported", "contradicted", "depends", "unresolved"];

export async function claimsPage(page: HTMLElement, query: URLSearchParams): Promise<void> {
  const { data: claims } = await ask<ClaimRow[]>("/claims");
  const repairs: string[] = [];
  const wanted = query.get("id");
  let chosen = claims.find((claim) => claim.id.toLowerCase() === (wanted ?? "").toLowerCase());
  if (wanted && !chosen) repairs.push(t("repair.range", { name: t("nav.claims"), value: wanted.slice(0, 40), used: claims[0]?.id ?? "–" }));
  const settings: Record<string, string> = {};
  const first = chosen ?? claims[0];
  for (const [key, value] of query) {
    if (!key.startsWith("a.")) continue;
    if (first && key.slice(2) in first.arguments) settings[key.slice(2)] = value.slice(0, 200);
    else repairs.push(t("repair.unknown", { name: key.slice(0, 40) }));
  }
  const verdicts = new Map<string, string>();
  const summary = h("p", { class: "status", role: "status" });
  const list = h("ul", { class: "claims-list" });
  const detail = h("section", { class: "panel", "aria-live": "polite" });
  fill(page, h("h1", {}, t("claims.title")),
    repairs.length ? h("div", { class: "notice", role: "status" }, h("p", {}, t("repair.title")), h("ul", {}, repairs.map((text) => h("li", {}, text)))) : null,
    summary, claims.length ? h("div", { class: "split" }, list, detail) : empty(t("claims.none")));
  if (!first) return;
  chosen = first;

  const text = (claim: ClaimRow, name: "title" | "statement" | "why_this_test" | "changes_it", otherwise: string): string => (language() === "ja" ? claim.ja?.[name] ?? otherwise : otherwise);

  function drawList(): void {
    const focused = (document.activeElement as HTMLElement | null)?.dataset.claim;
    fill(list, claims.map((claim) => {
      const verdict = verdicts.get(claim.id) ?? "waiting";
      return h("li", {}, h("button", { type: "button", "data-claim": claim.id, "aria-current": claim.id === chosen?.id ? "true" : undefined, onclick: () => { for (const key of Object.keys(settings)) delete settings[key]; chosen = claim; drawList(); void show(claim, {}, true); } },
        h("code", {}, claim.id), h("span", {}, text(claim, "title", claim.title)), h("span", { class: `verdict ${verdict}` }, t(`claims.verdict.${verdict}`))));
    }));
    if (focused) list.querySelector<HTMLElement>(`[data-claim="${focused}"]`)?.focus();
    const count = (name: string): number => [...verdicts.values()].filter((one) => one === name).length;
    summary.textContent = verdicts.size < claims.length ? t("claims.judging", { done: verdicts.size, all: claims.length }) : t("claims.finding", { all: claims.length, ...Object.fromEntries(VERDICTS.map((name) => [name, count(name)])) });
  }

  async function show(claim: ClaimRow, changed: Record<string, string>, focus: boolean): Promise<void> {
    writeAddress({ id: claim.id, ...Object.fromEntries(Object.entries(changed).map(([key, value]) => [`a.${key}`, value])) });
    if (!detail.querySelector("h2")) fill(detail, h("p", { class: "loading" }, t("state.loading")));
    let found: Judged;
    try {
      found = (await ask<Judged>(`/claims/${encodeURIComponent(claim.id)}`, Object.keys(changed).length ? { arguments: changed } : undefined)).data;
    } catch (error) {
      fill(detail, h("h2", {}, text(claim, "title", claim.title)), errorBox(error, () => void show(claim, {}, true)), form(claim, changed));
      return;
    }
    if (chosen?.id !== claim.id) return;
    const figures = Object.values(found.figures).filter((one) => one.value !== null);
    const heading = h("h2", { tabindex: "-1" }, text(claim, "title", claim.title));
    const amount = (one: Figure, value: number | null): string => (value === null ? t("claims.never") : withUnit(value, one.unit));
    const bars = Object.entries(found.by_variant);
    fill(detail, heading,
      h("p", {}, h("span", { class: `verdict ${found.verdict}` }, t(`claims.verdict.${found.verdict}`)), " ", t("claims.probability", { p: percent(found.probability) }), Object.keys(changed).length ? ` ${t("claims.changed")}` : ""),
      h("blockquote", {}, text(claim, "statement", found.statement)),
      h("p", { class: "hint" }, t("claims.who"), " ", found.who),
      chart(found, figures),
      figures.length ? table(t("claims.figures"), [{ title: t("claims.figure") }, { title: t("calc.estimate"), right: true }, { title: t("calc.interval") }], Object.values(found.figures).map((one) => [one.label, amount(one, one.value), range(one.low, one.high, one.unit)]), true) : null,
      bars.length > 1 ? figure({
        key: "variants", title: t("claims.variants"), caption: t("claims.variants_caption"),
        draw: (width) => plot({ width, height: 36 + 28 * bars.length, marginLeft: 70, ariaLabel: t("claims.variants"), x: { domain: [0, 1], label: null, tickFormat: (value: number) => percent(value), ticks: 5 }, y: { label: null }, marks: [Plot.barX(bars, { x: "1", y: "0", fill: "var(--mine)", insetTop: 3, insetBottom: 3 }), Plot.ruleX([0.2, 0.8], { stroke: "var(--ink)", strokeDasharray: "3 3" })] }),
        columns: [{ title: t("claims.variant") }, { title: "P", right: true }], rows: bars.map(([name, value]) => [name, value.toFixed(2)]),
      }) : null,
      h("dl", {}, ([[t("claims.decides"), found.deciding_assumption], [t("claims.judgeable"), found.judgeable_on], [t("claims.why"), text(claim, "why_this_test", found.why_this_test)], [t("claims.changes"), text(claim, "changes_it", found.changes_it)], [t("claims.caveats"), found.caveats.join(" ")], [t("claims.method"), `${found.computation.question}. ${found.computation.method}`]] as [string, string | null][])
        .filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
      form(claim, changed),
      found.rows.length ? h("details", {}, h("summary", {}, t("claims.rows")), rowTable(found.rows)) : null,
      h("p", { class: "hint" }, t("calc.sources"), " ", found.sources.slice(0, 24).map((one) => [sourceLink(one), " "])));
    if (focus) heading.focus();
  }

  function chart(found: Judged, figures: Figure[]): Child {
    const unit = found.figure.unit;
    const rows = figures.filter((one) => one.unit === unit && one.low !== null && one.high !== null).map((one) => ({ ...one, short: one.label.length > 76 ? `${one.label.slice(0, 75)}…` : one.label }));
    if (!rows.length) return null;
    const title = `${found.figure.label}: ${found.figure.value === null ? t("claims.never") : withUnit(found.figure.value, unit)}`;
    return figure({
      key: "claim", title, caption: t("claims.figures_caption"),
      draw: (width) => plot({
        width, height: 50 + 44 * rows.length, marginLeft: 12, marginRight: 20, ariaLabel: title, x: { grid: true, label: null, ticks: 5, tickFormat: (value: number) => withUnit(value, unit).replace(/ (months|か月)$/, "") }, y: { axis: null, domain: rows.map((row) => row.name) },
        marks: [
          Plot.ruleY(rows, { x1: "low", x2: "high", y: "name", stroke: "var(--mine)", strokeWidth: 5, strokeOpacity: 0.4 }),
          Plot.dot(rows, { x: "value", y: "name", fill: "var(--mine)", r: 6 }),
          Plot.text(rows, { frameAnchor: "left", y: "name", text: "short", dy: -14, fill: "var(--ink)", stroke: "var(--card)", strokeWidth: 3, textAnchor: "start" }),
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

  function form(claim: ClaimRow, changed: Record<string, string>): HTMLElement {
    const boxes: [string, () => string, string][] = [];
    const fields = Object.entries(claim.arguments).map(([key, about]) => {
      const stated = Array.isArray(about.value) ? about.value.join(", ") : about.value === null ? "" : String(about.value);
      const now = changed[key] ?? stated;
      const help = [about.text, about.low !== null && about.high !== null ? t("claims.argument_range", { low: String(about.low), high: String(about.high) }) : ""].filter(Boolean).join(" · ");
      if (about.choices.length || typeof about.value === "boolean") {
        const options = about.choices.length ? about.choices : ["true", "false"];
        const box = select(options.map((name) => [name, name]), now, () => undefined);
        boxes.push([key, () => box.value, stated]);
        return labelled(key, box, help);
      }
      const box = h("input", { type: "text", value: now, autocomplete: "off", maxlength: "200" });
      boxes.push([key, () => box.value.trim(), stated]);
      return labelled(key, box, help);
    });
    return h("details", { open: Object.keys(changed).length > 0 }, h("summary", {}, t("claims.change")),
      h("form", { onsubmit: (event: Event) => { event.preventDefault(); void show(claim, Object.fromEntries(boxes.map(([key, read, stated]) => [key, read(), stated]).filter(([, value, stated]) => value !== stated).map(([key, value]) => [key, value]) as [string, string][]), true); } },
        h("div", { class: "form" }, fields), h("div", { class: "buttons" }, h("button", { class: "main", type: "submit" }, t("claims.again")), h("button", { type: "button", onclick: () => void show(claim, {}, true) }, t("claims.original")))));
  }

  drawList();
  const opening = show(first, settings, false);
  await opening;
  const waiting = claims.filter((claim) => !verdicts.has(claim.id));
  const worker = async (): Promise<void> => {
    for (let claim = waiting.shift(); claim; claim = waiting.shift()) {
      if (!page.isConnected) return;
      try {
        verdicts.set(claim.id, (await ask<Judged>(`/claims/${encodeURIComponent(claim.id)}`)).data.verdict);
      } catch {
        verdicts.set(claim.id, "failed");
      }
      if (page.isConnected) drawList();
    }
  };
  void Promise.all(Array.from({ length: AT_ONCE }, worker));
}
