/** Numbers as people read them. */

import { language, t } from "./i18n";

const PREFIXES: [number, string][] = [[1e24, "Y"], [1e21, "Z"], [1e18, "E"], [1e15, "P"], [1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]];

export function short(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  for (const [factor, prefix] of PREFIXES) {
    if (size >= factor * 0.9995) return `${trim(value / factor, digits)} ${prefix}`.replace(/ (k|M|B|T)$/, "$1");
  }
  return trim(value, digits);
}

function trim(value: number, digits: number): string {
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(digits));
  return rounded.toLocaleString(language(), { maximumSignificantDigits: Math.max(digits, String(Math.trunc(Math.abs(rounded))).length) }).replace("-", "−");
}

export function withUnit(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (unit === "frac") return `${trim(value * 100, 3)} %`;
  if (unit === "month") return t("unit.months", { n: Math.abs(value) < 10 ? trim(Number(value.toFixed(1)), 2) : String(Math.round(value)).replace("-", "−") });
  if (unit === "ratio" || unit === "index" || unit === "") return short(value);
  if (unit === "H100e") return `${short(value)} H100e`;
  if (unit === "tokens/day") return t("unit.tokens_day", { n: short(value) });
  if (unit === "USD") return `$${short(value)}`;
  if (unit === "yr") return value > 1900 ? String(Math.round(value * 10) / 10) : `${trim(value, 3)} yr`;
  return `${short(value)} ${unit}`;
}

export function range(low: number | null, high: number | null, unit: string): string {
  if (low === null || high === null) return "–";
  if (low === high) return withUnit(low, unit);
  const bare = (value: number): string => withUnit(value, unit).replace(/ ?(H100e|%)$/, "");
  const last = withUnit(high, unit);
  return unit === "month" ? t("range", { low: bareMonths(low), high: last }) : t("range", { low: bare(low), high: last });
}

function bareMonths(value: number): string {
  return Math.abs(value) < 10 ? trim(Number(value.toFixed(1)), 2) : String(Math.round(value)).replace("-", "−");
}

export function signed(value: number, unit: string): string {
  if (unit === "frac") return t("unit.points", { n: `${value > 0 ? "+" : ""}${trim(Number((value * 100).toFixed(1)), 3)}` });
  return value > 0 ? `+${withUnit(value, unit)}` : withUnit(value, unit);
}

/** The size of a difference: of shares in points. */
export function gap(value: number, unit: string): string {
  return unit === "frac" ? signed(Math.abs(value), unit).replace("+", "") : withUnit(Math.abs(value), unit);
}

/** A number in full, with separators, as rules write it. */
export function full(value: number): string {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString(language()) : value.toLocaleString(language(), { maximumSignificantDigits: 4 });
}

export function bytes(value: number): string {
  return `${short(value).replace(/B$/, " G").replace(/M$/, " M").replace(/T$/, " T")}B`;
}

export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : `${Math.round(value * 100)} %`;
}

/** The middle of a time label: a day, or a quarter. */
export function time(label: string): Date {
  const quarter = /^(\d{4})-?Q([1-4])$/.exec(label);
  if (quarter) return new Date(Date.UTC(Number(quarter[1]), 3 * (Number(quarter[2]) - 1) + 1, 15));
  return new Date(`${label}T00:00:00Z`);
}
