/** Claims of the reader's own: as drafts, as documents of claim files, and as a part of the address that a link carries. */

import { t } from "./i18n";

export interface Asked {
  type: "number" | "whole number" | "date" | "true or false" | "text"; many: boolean; optional: boolean; names: "scenario" | "model" | "chip" | null;
  default: unknown; text: string; low: number | string | null; high: number | string | null; choices: string[];
}
export interface Question { name: string; summary: string; arguments: Record<string, Asked>; figures?: Record<string, { label: string; unit: string }> }
export interface Questions { questions: Question[]; names: Record<string, string[]> }

/** One condition: a figure above one limit, below another, or both; limits as they are written. */
export interface Limit { figure: string; over: "above" | "at_least"; least: string; under: "below" | "at_most"; most: string }

/** A claim while it is written. What the page does not show (`rest`) is kept as it came. */
export interface Draft {
  id: string; title: string; statement: string; who: string; question: string; arguments: Record<string, string>;
  all_of: Limit[]; any_of: Limit[]; figure: string; why_this_test: string; changes_it: string; judgeable_on: string;
  rest: Record<string, unknown>;
}

export const MOST_CLAIMS = 8;
/** What a new claim asks, and one whose question does not exist. */
export const FIRST_QUESTION = "chip_against";
export const LENGTHS = { title: 200, statement: 1500, who: 300, why_this_test: 1500, changes_it: 1500 } as const;
const MOST_ADDRESS = 8000;
const MOST_TEXT = 64_000;
const MOST_CONDITIONS = 12;
const REST = ["place", "asks", "sources", "ja"];
const ID = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

const cut = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
const record = (value: unknown): Record<string, unknown> => (value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Record<string, unknown>) : {});

export function asText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return Array.isArray(value) ? value.map(asText).join(", ") : String(value);
}

export function emptyLimit(figure: string): Limit {
  return { figure, over: "above", least: "", under: "below", most: "" };
}

export function newDraft(question: Question, taken: Set<string>): Draft {
  const figure = Object.keys(question.figures ?? {})[0] ?? "";
  return {
    id: freeId("my-claim", taken), title: "", statement: "", who: "", question: question.name, arguments: {}, all_of: [emptyLimit(figure)], any_of: [],
    figure, why_this_test: "", changes_it: "", judgeable_on: "", rest: {},
  };
}

/** An id like the wanted one that nothing else has; case does not matter. */
export function freeId(wanted: string, taken: Set<string>): string {
  const base = ID.test(wanted) ? wanted : "my-claim";
  let id = base;
  for (let number = 2; taken.has(id.toLowerCase()); number += 1) id = `${base.slice(0, 28)}-${number}`;
  return id;
}

function asValue(text: string, about: Asked): unknown {
  const one = (part: string): unknown => {
    if (about.type === "true or false" && /^(true|false)$/.test(part)) return part === "true";
    return (about.type === "number" || about.type === "whole number") && NUMBER.test(part) ? Number(part) : part;
  };
  if (text.trim() === "") return null;
  return about.many ? text.split(",").map((part) => one(part.trim())).filter((part) => part !== "") : one(text.trim());
}

function asCondition(limit: Limit): Record<string, unknown> {
  const number = (text: string): unknown => (NUMBER.test(text.trim()) ? Number(text) : text.trim());
  return {
    figure: limit.figure,
    ...(limit.least.trim() === "" ? {} : { [limit.over]: number(limit.least) }),
    ...(limit.most.trim() === "" ? {} : { [limit.under]: number(limit.most) }),
  };
}

/** The document of a draft, as `leadtime claims FILE` reads it; what is empty is left out. */
export function documentOf(draft: Draft, question: Question): Record<string, unknown> {
  const given = Object.entries(draft.arguments).filter(([key]) => Object.hasOwn(question.arguments, key)).map(([key, text]) => [key, asValue(text, question.arguments[key] as Asked)] as [string, unknown]);
  const groups = Object.fromEntries(([["all_of", draft.all_of], ["any_of", draft.any_of]] as [string, Limit[]][]).filter(([, rows]) => rows.length).map(([name, rows]) => [name, rows.map(asCondition)]));
  const { place, ...rest } = draft.rest;
  const document: Record<string, unknown> = {
    id: draft.id, title: draft.title.trim(), statement: draft.statement.trim(), who: draft.who.trim(), place,
    compute: { question: draft.question, ...(given.length ? { arguments: Object.fromEntries(given) } : {}) },
    test: groups, figure: draft.figure, why_this_test: draft.why_this_test.trim(), changes_it: draft.changes_it.trim(), judgeable_on: draft.judgeable_on, ...rest,
  };
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== "" && value !== undefined));
}

/** The draft of a document: what does not fit goes to the nearest valid state, and a sentence says so. */
export function draftOf(given: unknown, about: Map<string, Question>, taken: Set<string>, repairs: string[]): Draft {
  const found = record(given);
  const compute = record(found.compute);
  const question = (about.get(String(compute.question)) ?? about.get(FIRST_QUESTION)) as Question;
  if (question.name !== compute.question) repairs.push(t("repair.range", { name: t("own.question"), value: cut(asText(compute.question)), used: question.name }));
  const figures = Object.keys(question.figures ?? {});
  const text = (key: string, most: number): string => {
    const value = found[key];
    if (value === undefined || value === null) return "";
    if (typeof value !== "string") repairs.push(t("repair.value", { name: key, value: cut(asText(value)) }));
    else if (value.length > most) repairs.push(t("own.repair.cut", { name: key, most }));
    return typeof value === "string" ? value.slice(0, most) : "";
  };
  const wanted = asText(found.id);
  const id = freeId(wanted, taken);
  if (wanted !== id) repairs.push(t("repair.range", { name: t("own.id"), value: cut(wanted), used: id }));
  const draft: Draft = {
    id, title: text("title", LENGTHS.title), statement: text("statement", LENGTHS.statement), who: text("who", LENGTHS.who), question: question.name, arguments: {},
    all_of: [], any_of: [], figure: asText(found.figure), why_this_test: text("why_this_test", LENGTHS.why_this_test), changes_it: text("changes_it", LENGTHS.changes_it),
    judgeable_on: text("judgeable_on", 10), rest: Object.fromEntries(REST.filter((key) => Object.hasOwn(found, key) && JSON.stringify(found[key]).length < 4000).map((key) => [key, found[key]])),
  };
  for (const [key, value] of Object.entries(record(compute.arguments))) {
    const asked = Object.hasOwn(question.arguments, key) ? (question.arguments[key] as Asked) : null;
    if (!asked) repairs.push(t("own.repair.argument", { name: cut(key) }));
    else {
      const mended = mend(asText(value), asked);
      if (mended === null) repairs.push(t("repair.range", { name: key, value: cut(asText(value)), used: asText(asked.default) || t("own.none") }));
      else {
        draft.arguments[key] = mended;
        if (mended !== asText(value)) repairs.push(t("repair.range", { name: key, value: cut(asText(value)), used: mended }));
      }
    }
  }
  const test = record(found.test);
  for (const group of ["all_of", "any_of"] as const) {
    const rows = Array.isArray(test[group]) ? (test[group] as unknown[]) : [];
    if (rows.length > MOST_CONDITIONS) repairs.push(t("own.repair.conditions", { most: MOST_CONDITIONS }));
    for (const row of rows.slice(0, MOST_CONDITIONS).map(record)) {
      const figure = asText(row.figure);
      if (!figures.includes(figure)) repairs.push(t("own.repair.figure", { name: cut(figure) }));
      else draft[group].push(...limitsOf(row, figure, group, repairs));
    }
  }
  if (!draft.all_of.length && !draft.any_of.length) draft.all_of.push(emptyLimit(figures[0] ?? ""));
  if (!figures.includes(draft.figure)) {
    const used = (draft.all_of[0] ?? draft.any_of[0])?.figure ?? "";
    if (draft.figure) repairs.push(t("repair.range", { name: t("own.headline"), value: cut(draft.figure), used }));
    draft.figure = used;
  }
  return draft;
}

/** The limits of a condition. Two limits on one side are two conditions where all must hold; where one of several suffices, the stricter stays. */
function limitsOf(row: Record<string, unknown>, figure: string, group: string, repairs: string[]): Limit[] {
  const limit = (key: string): string => (["number", "string"].includes(typeof row[key]) ? asText(row[key]).slice(0, 40) : "");
  const limits = { above: limit("above"), at_least: limit("at_least"), below: limit("below"), at_most: limit("at_most") };
  const one: Limit = {
    figure, over: limits.above ? "above" : limits.at_least ? "at_least" : "above", least: limits.above || limits.at_least,
    under: limits.below ? "below" : limits.at_most ? "at_most" : "below", most: limits.below || limits.at_most,
  };
  const other: Limit = { ...emptyLimit(figure), over: "at_least", least: limits.above ? limits.at_least : "", under: "at_most", most: limits.below ? limits.at_most : "" };
  if (!other.least && !other.most) return [one];
  if (group === "all_of") return [one, other];
  repairs.push(t("own.repair.limits", { name: figure }));
  return [one];
}

/** The nearest value that an argument can have, null where that is its default. */
function mend(text: string, about: Asked): string | null {
  if (text.length > 300) return null;
  if (text.trim() === "") return about.optional ? "" : null;
  if (about.many) return text;
  if (about.choices.length) return about.choices.includes(text) ? text : null;
  if (about.type === "true or false") return /^(true|false)$/.test(text) ? text : null;
  if (about.type === "date") {
    const day = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;
    return day && about.low && day < String(about.low) ? String(about.low) : day && about.high && day > String(about.high) ? String(about.high) : day;
  }
  if (about.type === "text") return text;
  if (/^[\d_.]+[kKMBT]$/.test(text)) return text; // the server knows what these letters mean
  const value = Number(text);
  if (!NUMBER.test(text.trim()) || !Number.isFinite(value) || (about.type === "whole number" && !Number.isInteger(value))) return null;
  return value < Number(about.low ?? -Infinity) ? String(about.low) : value > Number(about.high ?? Infinity) ? String(about.high) : text;
}

/** What stands in the address for some claims; null if it would be too long. */
export async function toAddress(documents: Record<string, unknown>[]): Promise<string | null> {
  if (!documents.length) return "";
  const text = await squeezed(JSON.stringify(documents));
  return text.length > MOST_ADDRESS ? null : text;
}

/** The documents of an address; what cannot be read is left out, and a sentence says so. */
export async function fromAddress(text: string | null, repairs: string[]): Promise<unknown[]> {
  if (!text) return [];
  let found: unknown;
  try {
    found = text.length > MOST_ADDRESS ? null : JSON.parse(await expanded(text));
  } catch {
    found = null;
  }
  if (!Array.isArray(found)) repairs.push(t("own.repair.unreadable"));
  const documents = (Array.isArray(found) ? found : []).filter((one) => Object.keys(record(one)).length > 0);
  if (documents.length > MOST_CLAIMS) repairs.push(t("own.repair.many", { most: MOST_CLAIMS }));
  return documents.slice(0, MOST_CLAIMS);
}

async function squeezed(text: string): Promise<string> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

async function expanded(text: string): Promise<string> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (sign) => sign.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts: BlobPart[] = [];
  let size = 0;
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    size += step.value.length;
    if (size > MOST_TEXT) { // a small address can unpack into a very long text
      void reader.cancel().catch(() => undefined);
      throw new RangeError("too long");
    }
    parts.push(step.value as BlobPart);
  }
  return new Blob(parts).text();
}
