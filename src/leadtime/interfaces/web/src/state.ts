/** The state of the page is its address: read with repairs, written without history noise. */

import type { LeverRow } from "./levers";
import { ASSUMED } from "./levers";
import { t } from "./i18n";

/** A later change of a lever. */
export interface Step {
  value: number;
  from: string;
}

export interface Setting {
  value: number | string | boolean;
  /** First quarter in which it holds; from the start if there is none. */
  from: string | null;
  /** What it becomes afterwards, in the order of time. */
  then?: Step[];
}

export interface Parameter {
  name: string;
  description: string;
  distribution: string;
  low: number;
  high: number;
  unit: string;
  valid_low: number | null;
  valid_high: number | null;
  source: string;
  method: string;
}

/** A scenario of the reader: where it starts from and what it sets. */
export interface Variant {
  base: string;
  levers: Record<string, Setting>;
  parameters: Record<string, [number, number]>;
  /** Changes of the rules: a bill taken as law, a rule moved or enforced; the quarter from which, or "never". */
  rules: Record<string, string>;
}

/** A scenario kept beside the one that is being changed. */
export interface Kept extends Variant {
  /** What the reader calls it; a shipped scenario keeps its own title. */
  name: string;
}

export interface SimState extends Variant {
  against: string;
  beside: Kept[];
  rebase: boolean;
  year: number;
  seed: number;
  output: string;
  /** Key of the one figure that is shown, for a page inside another page. */
  embed: string;
}

export const YEARS = [2024, 2025, 2026, 2027, 2028, 2029, 2030, 2031, 2032, 2033];
export const LEADS = ["lead_true_months", "lead_apparent_months", "lead_bought_months"];
export const START = "2027Q1";
/** Kept beside yours and the baseline: four scenarios in all are what a chart can hold. */
export const MOST_BESIDE = 3;
const MOST_STEPS = 6;
const NAME_LENGTH = 40;
export const FIGURES = ["lead", "beside", "channels", "deployment", "bite", "why", "wedges", "drivers"];
export const INITIAL: SimState = {
  base: "baseline", against: "baseline", levers: {}, parameters: {}, rules: {}, beside: [], rebase: false, year: 2030, seed: 1, output: "lead_true_months", embed: "",
};

export function quarters(): string[] {
  const found: string[] = [];
  for (let year = 2022; year <= 2032; year += 1) for (let quarter = 1; quarter <= 4; quarter += 1) found.push(`${year}Q${quarter}`);
  return found;
}

export function route(): { page: string; query: URLSearchParams } {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  return { page: path, query: new URLSearchParams(query) };
}

const digits = (value: number): string => String(Number(value.toPrecision(8)));

export function toQuery(state: SimState): URLSearchParams {
  const query = new URLSearchParams();
  if (state.base !== INITIAL.base) query.set("base", state.base);
  if (state.against !== INITIAL.against) query.set("against", state.against);
  putSettings(query, state);
  for (const kept of state.beside) query.append("with", keptText(kept));
  if (state.rebase) query.set("rebase", "1");
  if (state.year !== INITIAL.year) query.set("year", String(state.year));
  if (state.seed !== INITIAL.seed) query.set("seed", String(state.seed));
  if (state.output !== INITIAL.output) query.set("show", state.output);
  if (state.embed) query.set("embed", state.embed);
  return query;
}

function putSettings(query: URLSearchParams, variant: Variant): void {
  for (const [name, setting] of Object.entries(variant.levers).sort()) {
    const value = typeof setting.value === "number" ? digits(setting.value) : String(setting.value);
    const steps = [setting.from ? `${value}@${setting.from}` : value, ...(setting.then ?? []).map((step) => `${digits(step.value)}@${step.from}`)];
    query.set(`l.${name}`, steps.join(","));
  }
  for (const [name, [low, high]] of Object.entries(variant.parameters).sort()) {
    query.set(`p.${name}`, low === high ? digits(low) : `${digits(low)}~${digits(high)}`);
  }
  for (const [name, when] of Object.entries(variant.rules).sort()) query.set(`r.${name}`, when);
}

/** A scenario that comes with leadtime by its name, one of the reader's as an address within the address. */
function keptText(kept: Kept): string {
  if (isPlain(kept)) return kept.base;
  const inner = new URLSearchParams();
  if (kept.base !== INITIAL.base) inner.set("base", kept.base);
  if (kept.name) inner.set("name", kept.name);
  putSettings(inner, kept);
  return `?${inner}`;
}

/** What an address may name. */
class Known {
  readonly scenarios: Set<string>;
  readonly levers: Map<string, LeverRow>;
  readonly parameters: Map<string, Parameter>;
  constructor(scenarios: string[], levers: LeverRow[], parameters: Parameter[], readonly moves: Set<string>) {
    this.scenarios = new Set(scenarios);
    this.levers = new Map(levers.map((row) => [row.name, row]));
    this.parameters = new Map(parameters.map((row) => [row.name, row]));
  }
}

const cut = (text: string): string => (text.length > NAME_LENGTH ? `${text.slice(0, NAME_LENGTH)}…` : text);

/** Read an address: what is stale or out of range goes to the nearest valid state, and a sentence says so. */
export function fromQuery(
  query: URLSearchParams, scenarios: string[], levers: LeverRow[], parameters: Parameter[], moves: string[], version: string,
): { state: SimState; repairs: string[] } {
  const state: SimState = structuredClone(INITIAL);
  const repairs: string[] = [];
  const known = new Known(scenarios, levers, parameters, new Set(moves));
  for (const [key, text] of query) {
    if (readSettingOf(state, key, text, known, repairs)) continue;
    if (key === "against") {
      if (known.scenarios.has(text)) state.against = text;
      else repairs.push(t("repair.scenario", { name: cut(text), used: "baseline" }));
    } else if (key === "with") readKept(state, text, known, repairs);
    else if (key === "rebase") state.rebase = text === "1";
    else if (key === "year") {
      const year = Number(text);
      const nearest = YEARS.reduce((best, one) => (Math.abs(one - year) < Math.abs(best - year) ? one : best), INITIAL.year);
      state.year = Number.isFinite(year) ? nearest : INITIAL.year;
      if (state.year !== year) repairs.push(t("repair.range", { name: t("sim.year"), value: cut(text), used: String(state.year) }));
    } else if (key === "seed") {
      const seed = Number(text);
      if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31) state.seed = seed;
      else repairs.push(t("repair.range", { name: "seed", value: cut(text), used: "1" }));
    } else if (key === "show") {
      if (LEADS.includes(text)) state.output = text;
      else repairs.push(t("repair.value", { name: "show", value: cut(text) }));
    } else if (key === "embed") {
      if (FIGURES.includes(text)) state.embed = text;
      else repairs.push(t("repair.value", { name: "embed", value: cut(text) }));
    } else if (key === "v") {
      if (text !== version) repairs.push(t("repair.version", { made: cut(text), now: version }));
    } else if (key !== "lang") repairs.push(t("repair.unknown", { name: cut(key) }));
  }
  return { state, repairs };
}

/** Read one entry of a scenario: its base, a lever or a parameter; tells whether it was one. */
function readSettingOf(variant: Variant, key: string, text: string, known: Known, repairs: string[]): boolean {
  if (key === "base") {
    if (known.scenarios.has(text)) variant.base = text;
    else repairs.push(t("repair.scenario", { name: cut(text), used: "baseline" }));
  } else if (key.startsWith("l.")) {
    const row = known.levers.get(key.slice(2));
    const found = row ? readSetting(row, text) : null;
    if (!row) repairs.push(t("repair.lever", { name: cut(key.slice(2)) }));
    else if (!found) repairs.push(t("repair.value", { name: row.name, value: cut(text) }));
    else {
      variant.levers[row.name] = found.setting;
      if (found.changed) repairs.push(t("repair.range", { name: row.name, value: cut(text), used: settingText(found.setting) }));
    }
  } else if (key.startsWith("p.")) {
    const row = known.parameters.get(key.slice(2));
    const ends = text.split("~").map(Number);
    if (!row) repairs.push(t("repair.parameter", { name: cut(key.slice(2)) }));
    else if (text.trim() === "" || ends.length > 2 || ends.some((end) => !Number.isFinite(end))) repairs.push(t("repair.value", { name: row.name, value: cut(text) }));
    else {
      const clamp = (value: number): number => Math.min(row.valid_high ?? Infinity, Math.max(row.valid_low ?? -Infinity, value));
      const low = clamp(Math.min(...ends));
      const high = clamp(Math.max(...ends));
      variant.parameters[row.name] = [low, high];
      if (low !== Math.min(...ends) || high !== Math.max(...ends)) repairs.push(t("repair.range", { name: row.name, value: cut(text), used: low === high ? String(low) : `${low} – ${high}` }));
    }
  } else if (key.startsWith("r.")) {
    const move = key.slice(2);
    const when = text === NEVER ? text : text.toUpperCase();
    if (!known.moves.has(move)) repairs.push(t("repair.lever", { name: cut(move) }));
    else if (whenOf(move).includes(when)) variant.rules[move] = when;
    else repairs.push(t("repair.value", { name: move, value: cut(text) }));
  } else return false;
  return true;
}

export const NEVER = "never";
/** Beyond the horizon of the model: what starts then never does. */
const BEYOND = "2033-06-01";

/** The quarters from which a change of the rules may hold; rules that exist may never come. */
export function whenOf(move: string): string[] {
  const kind = move.split(".", 1)[0];
  if (kind === "bill") return quarters().filter((one) => one >= "2026Q4");
  return kind === "start" ? [...quarters().filter((one) => one >= "2023Q4"), NEVER] : quarters().filter((one) => one >= "2025Q3");
}

const firstDay = (quarter: string): string => (quarter === NEVER ? BEYOND : `${quarter.slice(0, 4)}-${String(3 * Number(quarter.slice(5)) - 2).padStart(2, "0")}-01`);

/** A change of the rules as a scenario file writes it. */
function amendment(move: string, when: string): Record<string, unknown> {
  const [kind = "", ...rest] = move.split(".");
  const name = rest.join(".");
  const day = firstDay(when);
  if (kind === "bill") return { bill: name, enacted: day };
  const change = kind === "start" ? { start: { rule: name, on: day } } : { enforcement: { rule: name, enforced: true, from: day } };
  return { id: `${kind}-${name}`, label: `${kind} ${name} ${when}`, changes: [change] };
}

function readKept(state: SimState, text: string, known: Known, repairs: string[]): void {
  if (state.beside.length >= MOST_BESIDE) {
    repairs.push(t("repair.beside", { most: MOST_BESIDE, name: cut(text) }));
    return;
  }
  const kept: Kept = { base: INITIAL.base, levers: {}, parameters: {}, rules: {}, name: "" };
  if (text.startsWith("?")) {
    for (const [key, inner] of new URLSearchParams(text)) {
      if (key === "name") kept.name = inner.slice(0, NAME_LENGTH);
      else if (!readSettingOf(kept, key, inner, known, repairs)) repairs.push(t("repair.unknown", { name: cut(key) }));
    }
  } else if (known.scenarios.has(text)) kept.base = text;
  else {
    repairs.push(t("repair.beside_unknown", { name: cut(text) }));
    return;
  }
  state.beside.push(kept);
}

function settingText(setting: Setting): string {
  return [setting.value, ...(setting.then ?? []).map((step) => step.value)].join(", ");
}

function readSetting(row: LeverRow, text: string): { setting: Setting; changed: boolean } | null {
  if (row.kind !== "number") {
    const [written = "", from] = text.split("@", 2);
    const words = row.kind === "true or false" ? ["true", "false"] : row.kind.split(" or ");
    if (!words.includes(written)) return null;
    return { setting: { value: row.kind === "true or false" ? written === "true" : written, from: null }, changed: from !== undefined };
  }
  let changed = false;
  const steps: { value: number; from: string | null }[] = [];
  for (const part of text.split(",").slice(0, MOST_STEPS)) {
    const [written = "", from] = part.split("@", 2);
    const value = Number(written);
    if (written.trim() === "" || !Number.isFinite(value)) return null;
    const clamped = Math.min(row.high ?? value, Math.max(row.low ?? value, value));
    const start = from && quarters().includes(from.toUpperCase()) ? from.toUpperCase() : null;
    changed ||= clamped !== value || (from !== undefined && (start === null || !row.over_time));
    steps.push({ value: clamped, from: row.over_time ? start ?? (from ? START : null) : null });
  }
  const [first, ...later] = steps as [{ value: number; from: string | null }, ...{ value: number; from: string | null }[]];
  const ordered = inOrder(first, later.flatMap((step) => (row.over_time && step.from ? [{ value: step.value, from: step.from }] : [])));
  changed ||= ordered.then.length !== later.length || text.split(",").length > MOST_STEPS;
  return { setting: ordered.then.length ? ordered : first, changed };
}

/** Put the steps of a lever into the order of time; of two in one quarter the later one stays. */
export function inOrder(first: { value: number; from: string | null }, later: Step[]): { value: number; from: string | null; then: Step[] } {
  const byQuarter = new Map(later.filter((step) => first.from === null || step.from > first.from).map((step) => [step.from, step]));
  return { ...first, then: [...byQuarter.values()].sort((one, other) => (one.from < other.from ? -1 : 1)) };
}

function nested(entries: [string, unknown][]): Record<string, unknown> {
  const levers: Record<string, unknown> = {};
  for (const [name, value] of entries) {
    const steps = name.split(".");
    let inside = levers;
    for (const step of steps.slice(0, -1)) inside = (inside[step] ??= {}) as Record<string, unknown>;
    inside[steps.at(-1) as string] = value;
  }
  return levers;
}

function written(setting: Setting): unknown {
  const later = setting.then ?? [];
  if (!setting.from && later.length === 0) return setting.value;
  return Object.fromEntries([[setting.from ?? quarters()[0], setting.value], ...later.map((step) => [step.from, step.value])]);
}

/** The scenario document of a state, as `leadtime simulate FILE` reads it. */
export function scenarioDocument(state: Variant, name = "my_scenario", title = t("document.title")): Record<string, unknown> {
  return {
    name,
    title,
    base: state.base,
    ...(Object.keys(state.rules).length ? { amendments: Object.entries(state.rules).sort().map(([move, when]) => amendment(move, when)) } : {}),
    levers: nested(Object.entries(state.levers).sort().map(([name, setting]) => [name, written(setting)])),
    parameters: Object.fromEntries(Object.entries(state.parameters).sort().map(([name, [low, high]]) => [name, low === high ? low : [low, high]])),
  };
}

/** What the page assumes, apart from what it decides. */
function assumptions(state: SimState): Variant {
  return { base: INITIAL.base, levers: Object.fromEntries(Object.entries(state.levers).filter(([name]) => ASSUMED.has(name))), parameters: state.parameters, rules: {} };
}

/** A scenario under the assumptions of the page if it is re-based; what the scenario sets itself stays. */
function rebased(variant: Variant, state: SimState, name: string, title: string): string | Record<string, unknown> {
  const assumed = state.rebase ? assumptions(state) : { levers: {}, parameters: {} };
  const whole: Variant = { base: variant.base, levers: { ...assumed.levers, ...variant.levers }, parameters: { ...assumed.parameters, ...variant.parameters }, rules: variant.rules };
  return isPlain(whole) ? whole.base : scenarioDocument(whole, name, title);
}

/** What it is compared with: the other scenario, under the same assumptions if the page is re-based. */
export function baselineDocument(state: SimState): string | Record<string, unknown> {
  return rebased({ base: state.against, levers: {}, parameters: {}, rules: {} }, state, "my_baseline", t("document.baseline"));
}

/** A scenario kept beside yours, as a question. */
export function keptDocument(state: SimState, place: number): string | Record<string, unknown> {
  const kept = state.beside[place] as Kept;
  return rebased(kept, state, `my_scenario_${place + 2}`, kept.name || t("document.title"));
}

export function isPlain(state: Variant): boolean {
  return [state.levers, state.parameters, state.rules].every((one) => Object.keys(one).length === 0);
}

export function yaml(value: unknown, indent = ""): string {
  if (Array.isArray(value)) return `[${value.map((item) => (item !== null && typeof item === "object" ? JSON.stringify(item) : yaml(item).trim())).join(", ")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value);
    if (entries.length === 0) return " {}";
    return entries.map(([key, item]) => {
      const inner = item !== null && typeof item === "object" && !Array.isArray(item) && Object.keys(item).length > 0;
      return `\n${indent}${key}:${inner ? yaml(item, `${indent}  `) : ` ${yaml(item).trim()}`}`;
    }).join("");
  }
  if (typeof value === "string") return /^[A-Za-z_][\w ]*$/.test(value) && !/^(true|false|null|none|yes|no|on|off)$/i.test(value) ? value : JSON.stringify(value);
  return String(value);
}
