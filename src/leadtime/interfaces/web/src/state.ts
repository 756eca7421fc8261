/** The state of the page is its address: read with repairs, written without history noise. */

import type { LeverRow } from "./levers";
import { ASSUMED } from "./levers";
import { t } from "./i18n";

export interface Setting {
  value: number | string | boolean;
  /** First quarter in which it holds; from the start if there is none. */
  from: string | null;
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

export interface SimState {
  base: string;
  against: string;
  levers: Record<string, Setting>;
  parameters: Record<string, [number, number]>;
  rebase: boolean;
  year: number;
  seed: number;
  output: string;
}

export const YEARS = [2024, 2025, 2026, 2027, 2028, 2029, 2030, 2031, 2032, 2033];
export const LEADS = ["lead_true_months", "lead_apparent_months", "lead_bought_months"];
export const START = "2027Q1";
export const INITIAL: SimState = {
  base: "baseline", against: "baseline", levers: {}, parameters: {}, rebase: false, year: 2030, seed: 1, output: "lead_true_months",
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
  for (const [name, setting] of Object.entries(state.levers).sort()) {
    const value = typeof setting.value === "number" ? digits(setting.value) : String(setting.value);
    query.set(`l.${name}`, setting.from ? `${value}@${setting.from}` : value);
  }
  for (const [name, [low, high]] of Object.entries(state.parameters).sort()) {
    query.set(`p.${name}`, low === high ? digits(low) : `${digits(low)}~${digits(high)}`);
  }
  if (state.rebase) query.set("rebase", "1");
  if (state.year !== INITIAL.year) query.set("year", String(state.year));
  if (state.seed !== INITIAL.seed) query.set("seed", String(state.seed));
  if (state.output !== INITIAL.output) query.set("show", state.output);
  return query;
}

/** Read an address: what is stale or out of range goes to the nearest valid state, and a sentence says so. */
export function fromQuery(
  query: URLSearchParams, scenarios: string[], levers: LeverRow[], parameters: Parameter[],
): { state: SimState; repairs: string[] } {
  const state: SimState = structuredClone(INITIAL);
  const repairs: string[] = [];
  const cut = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
  const known = new Set(scenarios);
  const byName = new Map(levers.map((row) => [row.name, row]));
  const parameterByName = new Map(parameters.map((row) => [row.name, row]));
  for (const [key, text] of query) {
    if (key === "base" || key === "against") {
      if (known.has(text)) state[key] = text;
      else repairs.push(t("repair.scenario", { name: cut(text), used: "baseline" }));
    } else if (key.startsWith("l.")) {
      const row = byName.get(key.slice(2));
      const found = row ? readSetting(row, text) : null;
      if (!row) repairs.push(t("repair.lever", { name: cut(key.slice(2)) }));
      else if (!found) repairs.push(t("repair.value", { name: row.name, value: cut(text) }));
      else {
        state.levers[row.name] = found.setting;
        if (found.changed) repairs.push(t("repair.range", { name: row.name, value: cut(text), used: String(found.setting.value) }));
      }
    } else if (key.startsWith("p.")) {
      const row = parameterByName.get(key.slice(2));
      const ends = text.split("~").map(Number);
      if (!row) repairs.push(t("repair.parameter", { name: cut(key.slice(2)) }));
      else if (text.trim() === "" || ends.length > 2 || ends.some((end) => !Number.isFinite(end))) repairs.push(t("repair.value", { name: row.name, value: cut(text) }));
      else {
        const clamp = (value: number): number => Math.min(row.valid_high ?? Infinity, Math.max(row.valid_low ?? -Infinity, value));
        const low = clamp(Math.min(...ends));
        const high = clamp(Math.max(...ends));
        state.parameters[row.name] = [low, high];
        if (low !== Math.min(...ends) || high !== Math.max(...ends)) repairs.push(t("repair.range", { name: row.name, value: cut(text), used: low === high ? String(low) : `${low} – ${high}` }));
      }
    } else if (key === "rebase") state.rebase = text === "1";
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
    } else if (key !== "lang") repairs.push(t("repair.unknown", { name: cut(key) }));
  }
  return { state, repairs };
}

function readSetting(row: LeverRow, text: string): { setting: Setting; changed: boolean } | null {
  const [written = "", from] = text.split("@", 2);
  if (row.kind !== "number") {
    const words = row.kind === "true or false" ? ["true", "false"] : row.kind.split(" or ");
    if (!words.includes(written)) return null;
    return { setting: { value: row.kind === "true or false" ? written === "true" : written, from: null }, changed: from !== undefined };
  }
  const value = Number(written);
  if (written.trim() === "" || !Number.isFinite(value)) return null;
  const clamped = Math.min(row.high ?? value, Math.max(row.low ?? value, value));
  const start = from && quarters().includes(from.toUpperCase()) ? from.toUpperCase() : null;
  return {
    setting: { value: clamped, from: row.over_time ? start ?? (from ? START : null) : null },
    changed: clamped !== value || (from !== undefined && (start === null || !row.over_time)),
  };
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

const written = (setting: Setting): unknown => (setting.from ? { [setting.from]: setting.value } : setting.value);

/** The scenario document of a state, as `leadtime simulate FILE` reads it. */
export function scenarioDocument(state: SimState): Record<string, unknown> {
  return {
    name: "my_scenario",
    title: t("document.title"),
    base: state.base,
    levers: nested(Object.entries(state.levers).sort().map(([name, setting]) => [name, written(setting)])),
    parameters: Object.fromEntries(Object.entries(state.parameters).sort().map(([name, [low, high]]) => [name, low === high ? low : [low, high]])),
  };
}

/** What it is compared with: the other scenario, under the same assumptions if the page is re-based. */
export function baselineDocument(state: SimState): string | Record<string, unknown> {
  const assumed = Object.entries(state.levers).filter(([name]) => ASSUMED.has(name));
  if (!state.rebase || (assumed.length === 0 && Object.keys(state.parameters).length === 0)) return state.against;
  return {
    ...scenarioDocument({ ...state, base: state.against, levers: Object.fromEntries(assumed) }),
    name: "my_baseline",
    title: t("document.baseline"),
  };
}

export function isPlain(state: SimState): boolean {
  return Object.keys(state.levers).length === 0 && Object.keys(state.parameters).length === 0;
}

export function yaml(value: unknown, indent = ""): string {
  if (Array.isArray(value)) return `[${value.map((item) => yaml(item).trim()).join(", ")}]`;
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
