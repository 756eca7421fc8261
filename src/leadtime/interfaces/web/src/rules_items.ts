/** What is exported: a chip by name, or a thing of one of six kinds that the reader describes, as a spec file of `leadtime classify` does. */

import { h, type Child, labelled, select } from "./dom";
import { has, t } from "./i18n";

interface Field {
  name: string;
  type: "number" | "flag" | "choice" | "parts";
  /** Name in the address, where it is another one. */
  key?: string;
  /** What it is if nothing is said of it, as the law's book has it; most are unknown. */
  first?: string;
  choices?: string[];
}

const number = (name: string): Field => ({ name, type: "number" });
const flag = (name: string, first?: string): Field => ({ name, type: "flag", first });

export const NAMED = "named";
export const FIELDS: Record<string, Field[]> = {
  chip: [number("tpp"), number("performance_density"), number("memory_bandwidth_gb_s"), number("interconnect_gb_s"), { ...flag("datacenter_marketed"), key: "dc" }],
  system: [{ name: "contains", type: "parts" }],
  hbm: [number("memory_bandwidth_gb_s"), number("package_area_mm2"), number("bandwidth_density_gb_s_mm2"), flag("co_packaged", "no"), flag("interface_die", "no"), flag("exception_conditions_met", "no")],
  die: [
    flag("advanced_node"), number("n_transistors"), flag("has_hbm"), { name: "seller", type: "choice", choices: ["fabricator", "osat", "later"] }, { name: "packager", type: "choice", choices: ["fabricator", "approved_osat", "other"] },
    flag("packaged_in_embargoed"), { name: "designer_status", type: "choice", first: "other", choices: ["approved", "authorized", "authorized_pending", "other"] }, number("tpp"), number("performance_density"), number("die_area_mm2"), flag("datacenter_marketed"),
  ],
  weights: [number("training_flop"), flag("published"), flag("below_best_published", "no"), flag("derived_from_published", "no"), number("added_flop")],
  technology: [{ name: "technology_for", type: "choice", choices: ["3A090.a", "3A090.b", "3A090.c", "4A090.a", "4A090.b", "other"] }, flag("deemed", "no"), flag("published", "no"), flag("other_licence")],
};
export const KINDS = [NAMED, ...Object.keys(FIELDS)];

const LONGEST = 300;
const UNKNOWN = "unknown";
const FLAGS = ["yes", "no", UNKNOWN];

/** Values as typed, empty where not known. */
export type Values = Record<string, string>;

const keyOf = (field: Field): string => field.key ?? field.name;
const stated = (field: Field): string => field.first ?? (field.type === "flag" ? UNKNOWN : "");

export function labelOf(name: string): string {
  return has(`rules.f.${name}`) ? t(`rules.f.${name}`) : has(`rules.q.${name}`) ? t(`rules.q.${name}`) : name;
}

export function isPositive(text: string): boolean {
  return text === "" || (Number.isFinite(Number(text)) && Number(text) > 0);
}

/** The values of an address for a kind; what cannot be is left out, and `bad` hears of it. */
export function valuesOf(kind: string, query: URLSearchParams, bad: (name: string, value: string) => void): Values {
  const found: Values = {};
  for (const field of FIELDS[kind] ?? []) {
    const text = query.get(keyOf(field)) ?? "";
    const good = text === "" || (field.type === "number" ? isPositive(text) : field.type === "flag" ? FLAGS.includes(text) : field.type === "choice" ? (field.choices ?? []).includes(text) : text.length <= LONGEST);
    if (!good) bad(labelOf(field.name), text);
    found[field.name] = good && text !== "" ? text : stated(field);
  }
  return found;
}

/** What stands in the address for a kind. */
export function addressOf(kind: string, values: Values): Record<string, string> {
  return Object.fromEntries((FIELDS[kind] ?? []).map((field) => [keyOf(field), values[field.name] === stated(field) ? "" : values[field.name] ?? ""]));
}

/** The description as a spec file of `leadtime classify` holds it; what is not known is left out. */
export function specOf(kind: string, values: Values): Record<string, unknown> {
  const known = (FIELDS[kind] ?? []).map((field): [string, unknown] => [field.name, valueOf(field, values[field.name] ?? "")]);
  return { kind, name: t(`rules.name.${kind}`), ...Object.fromEntries(known.filter(([, value]) => value !== undefined)) };
}

function valueOf(field: Field, text: string): unknown {
  if (text === stated(field)) return field.type === "parts" ? [] : undefined;
  if (field.type === "number") return Number(text);
  if (field.type === "flag") return text === UNKNOWN ? null : text === "yes";
  return field.type === "parts" ? partsOf(text) : text;
}

/** `h100:8; h20` as chips and how many of each; the server says what is wrong with a number. */
function partsOf(text: string): { chip: string; count: number | string }[] {
  return text.split(";").map((one) => one.trim()).filter(Boolean).map((one) => {
    const [chip = "", count = "1"] = one.split(":", 2);
    const value = Number(count);
    return { chip: chip.trim(), count: count.trim() !== "" && Number.isFinite(value) ? value : count.trim() };
  });
}

/** The fields of a kind. */
export function fieldsOf(kind: string, values: Values): Child[] {
  return (FIELDS[kind] ?? []).map((field) => {
    const box = labelled(labelOf(field.name), control(field, values), has(`rules.hint.${field.name}`) ? t(`rules.hint.${field.name}`) : undefined);
    if (field.type === "choice" || field.type === "parts") box.classList.add("wide");
    return box;
  });
}

function control(field: Field, values: Values): HTMLElement {
  const now = values[field.name] ?? stated(field);
  const put = (text: string): void => { values[field.name] = text; };
  if (field.type === "flag") return select(FLAGS.map((one) => [one, one === UNKNOWN ? t("rules.open") : t(`rules.${one}`)]), now, put);
  if (field.type === "choice") return select([...(field.first ? [] : [["", t("rules.open")] as [string, string]]), ...(field.choices ?? []).map((one): [string, string] => [one, t(`rules.c.${field.name}.${one}`)])], now, put);
  const box = h("input", field.type === "number"
    ? { type: "number", value: now, min: "0", step: "any", onchange: () => put(box.value) }
    : { type: "text", value: now, maxlength: String(LONGEST), autocomplete: "off", spellcheck: "false", placeholder: "h100:8", onchange: () => put(box.value.trim()) });
  return box;
}
