/** Scenario discovery: in which part of the space of assumptions controls change much; what turns an answer around; what it hangs on. */

import { ask } from "./api";
import { figure, Plot, plot, shortened } from "./charts";
import { type Child, fill, h, labelled, select, table } from "./dom";
import { percent, short, signed, withUnit } from "./format";
import { has, language, t } from "./i18n";
import { empty, errorBox } from "./notice";
import { type Body, runPanel } from "./run_panel";
import { type Parameter, quarters } from "./state";

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

/** What the study asks; a name that is empty stands for what the study takes by itself. */
interface Question { study: string; against: string; output: string; at: string; above: string }

const PLAIN: Question = { study: "baseline", against: "no_controls", output: "", at: "2027Q1", above: "" };
const FIRST_QUARTER = "2024Q1";
/** Series by name, with title and unit; scenarios with their titles. */
interface Choices { outputs: Map<string, { title: string; unit: string }>; scenarios: Map<string, string> }

let asked: Question = { ...PLAIN };
let titles = new Map<string, string>();

const study = runPanel<Study>({ kind: "sensitivity", name: "discovery", body, shown: result });

/** What is asked, as `leadtime sensitivity` has it; what it takes by itself is left out. */
function body(): Body {
  return {
    ...(asked.study === PLAIN.study ? {} : { scenario: asked.study }), ...(asked.against === PLAIN.against ? {} : { against: [asked.against] }),
    ...(asked.output === "" ? {} : { outputs: [asked.output] }), ...(asked.at === PLAIN.at ? {} : { at: asked.at }), ...(asked.above === "" ? {} : { above: Number(asked.above) }),
  };
}

/** What stands in the address of the page; what it held when it was opened as long as nobody has read it. */
export function discoveryAddress(unread: URLSearchParams | null): Record<string, string> {
  return unread ? Object.fromEntries(Object.keys(PLAIN).map((name) => [name, unread.get(name) ?? ""])) : Object.fromEntries(Object.entries(asked).map(([name, value]) => [name, value === PLAIN[name as keyof Question] ? "" : value]));
}

async function choices(): Promise<Choices> {
  const [{ data: outputs }, { data: scenarios }] = await Promise.all([ask<{ name: string; title: string; unit: string }[]>("/outputs"), ask<{ name: string; title: string }[]>("/scenarios")]);
  const plain = outputs.filter((row) => !/_(s[012]|code)$/.test(row.name));
  return { outputs: new Map(plain.map((row) => [row.name, { title: has(`series.${row.name}`) ? t(`series.${row.name}`) : row.title, unit: row.unit }])), scenarios: new Map(scenarios.map((row) => [row.name, row.title])) };
}

/** The question of an address; what cannot be goes to what the study takes by itself, and a sentence says so. */
function questionOf(query: URLSearchParams, { outputs, scenarios }: Choices, repairs: string[]): Question {
  const good: Record<keyof Question, (text: string) => boolean> = {
    study: (text) => scenarios.has(text), against: (text) => scenarios.has(text), output: (text) => outputs.has(text), at: (text) => usable().includes(text),
    above: (text) => text.trim() !== "" && Number.isFinite(Number(text)) && outputs.has(query.get("output") ?? ""),
  };
  const found = { ...PLAIN };
  for (const name of Object.keys(PLAIN) as (keyof Question)[]) {
    const text = query.get(name);
    if (text === null || text === "") continue;
    if (good[name](text)) found[name] = text;
    else repairs.push(t("repair.value", { name: t(`method.ask_${name}`), value: text.slice(0, 40) }));
  }
  return found;
}

const usable = (): string[] => quarters().filter((one) => one >= FIRST_QUARTER);

/** Scenario discovery under its heading: what is asked, and the study. */
export async function discoveryPanel(box: HTMLElement, query: URLSearchParams, changed: (touched: boolean) => void): Promise<void> {
  const heading = box.querySelector("h2") as HTMLElement;
  asked = { ...PLAIN };
  const repairs: string[] = [];
  let known: Choices;
  try {
    known = await choices();
  } catch (error) {
    fill(box, heading, errorBox(error, () => void discoveryPanel(box, query, changed)));
    return;
  }
  if (!box.isConnected) return;
  asked = questionOf(query, known, repairs);
  titles = new Map([...known.outputs].map(([name, row]) => [name, row.title]));
  const area = h("div", {});
  fill(box, heading, repairs.length ? h("div", { class: "notice", role: "status" }, h("p", {}, t("repair.title")), h("ul", {}, repairs.map((text) => h("li", {}, text)))) : null, form(known, area, changed), area);
  changed(false);
  study(area);
}

function form({ outputs, scenarios }: Choices, area: HTMLElement, changed: (touched: boolean) => void): HTMLElement {
  const put = (name: keyof Question, value: string): void => {
    asked[name] = value;
    changed(true);
    if (!area.querySelector("[data-offer]")) study(area); // the button of an offer stays where it is, and asks what stands here when it is pressed
  };
  const above = h("input", { type: "number", step: "any", value: asked.above, onchange: () => put("above", above.value) });
  const limit = labelled(t("method.ask_above"), above, " ");
  const say = (): void => {
    const unit = outputs.get(asked.output)?.unit ?? "";
    above.disabled = asked.output === "";
    if (above.disabled) above.value = asked.above = "";
    (limit.querySelector("small") as HTMLElement).textContent = above.disabled ? t("method.ask_above_first") : t("method.ask_above_hint", { unit: has(`method.ask_unit.${unit}`) ? t(`method.ask_unit.${unit}`) : unit });
  };
  say();
  const named = [...scenarios].map(([name, title]): [string, string] => [name, title]);
  const main = [...outputs].filter(([name]) => has(`series.${name}`)), rest = [...outputs].filter(([name]) => !has(`series.${name}`));
  const option = ([name, { title }]: [string, { title: string }]): HTMLElement => h("option", { value: name, selected: name === asked.output }, title);
  const output = h("select", { onchange: () => { asked.above = above.value = ""; asked.output = output.value; say(); put("output", output.value); } },
    h("option", { value: "", selected: asked.output === "" }, t("method.ask_all")), h("optgroup", { label: t("method.ask_main") }, main.map(option)), h("optgroup", { label: t("method.ask_rest") }, rest.map(option)));
  return h("details", { class: "asked", open: JSON.stringify(asked) !== JSON.stringify(PLAIN) }, h("summary", {}, t("method.ask")),
    h("div", { class: "form" },
      labelled(t("method.ask_study"), select(named, asked.study, (value) => put("study", value))),
      labelled(t("method.ask_against"), select(named, asked.against, (value) => put("against", value))),
      labelled(t("method.ask_output"), output), limit,
      labelled(t("method.ask_at"), select(usable().map((one) => [one, one]), asked.at, (value) => put("at", value)))),
    h("p", { class: "hint" }, t("method.ask_below")));
}

/** A difference with two digits, however small: what turns an answer around may lie close to nothing. */
function amount(value: number, unit = ""): string {
  return unit === "month" ? t("unit.months", { n: `${value > 0 ? "+" : ""}${short(value, 2)}` }) : signed(value, unit);
}

const series = (name: string): string => (has(`series.${name}`) ? t(`series.${name}`) : titles.get(name) ?? name);

async function result(data: Study, question: Body): Promise<Child[]> {
  const [{ data: parameters }, { data: scenarios }] = await Promise.all([ask<(Parameter & { label: string })[]>("/parameters"), ask<{ name: string; title: string }[]>("/scenarios")]);
  const named: Named = new Map(parameters.map((row) => [row.name, row]));
  const scenario = new Map(scenarios.map((row) => [row.name, row.title]));
  const title = (name: string | undefined): string => scenario.get(name ?? "") ?? name ?? "";
  const turning = data.flips.filter((row) => row.flips);
  const units = new Map(data.discovery.map((row) => [row.output, row.unit]));
  return [
    h("p", {}, t("method.discovery_said", { at: data.at, draws: data.draws.toLocaleString(language()), mine: title(data.scenario), other: title(data.discovery[0]?.against) }), " ", question.above === undefined ? t("method.large_quarter") : t("method.large_above", { n: withUnit(data.discovery[0]?.above, data.discovery[0]?.unit ?? "") }), " ", t("method.discovery_box")),
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
