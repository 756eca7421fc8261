/** Numbers as people read them. */

import { language, t } from "./i18n";

/** Names of large numbers in a language, the largest first: "1e9 B" is 1,000,000,000 and its ending. */
function scales(): [number, string][] {
  return t("number.scales").split("|").map((one) => [Number(one.split(" ", 1)[0]), one.slice(one.indexOf(" ") + 1)]);
}

export function short(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  for (const [factor, ending] of scales()) {
    if (size >= factor * 0.9995) return `${trim(value / factor, digits)}${ending}`;
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
  const name = named(unit, value);
  return name ? t(name, { n: bare(value, unit) }) : `${bare(value, unit)} ${unit}`.trimEnd();
}

/** A number of a unit without the unit. */
export function bare(value: number, unit: string): string {
  if (unit === "frac") return trim(value * 100, 3);
  if (unit === "month") return Math.abs(value) < 10 ? trim(Number(value.toFixed(1)), 2) : String(Math.round(value)).replace("-", "−");
  if (unit === "yr") return value > 1900 ? String(Math.round(value * 10) / 10) : trim(value, 3);
  return short(value);
}

/** The text that puts a number into its unit; "" where a unit has none of its own. */
function named(unit: string, value: number): string {
  if (unit === "ratio" || unit === "index" || unit === "count" || unit === "" || (unit === "yr" && value > 1900)) return "unit.bare";
  return UNITS[unit] ?? "";
}

const UNITS: Record<string, string> = {
  frac: "unit.percent", month: "unit.months", H100e: "unit.h100e", "tokens/day": "unit.tokens_day", USD: "unit.usd", yr: "unit.years", quarter: "unit.quarters", chips: "unit.chips", tokens: "unit.tokens", percent: "unit.percent", s: "unit.seconds", "token/s": "unit.tokens_second", "chip-hour": "unit.chip_hours",
};

export function range(low: number | null, high: number | null, unit: string): string {
  if (low === null || high === null) return "–";
  if (low === high) return withUnit(low, unit);
  const ends = t("range", { low: bare(low, unit), high: bare(high, unit) });
  const name = named(unit, high);
  return name ? t(name, { n: ends }) : `${ends} ${unit}`.trimEnd();
}

export function signed(value: number, unit: string): string {
  if (unit === "frac") return t("unit.points", { n: `${value > 0 ? "+" : ""}${trim(Number((value * 100).toFixed(1)), 3)}` });
  if (unit === "USD" || value <= 0) return value > 0 ? `+${withUnit(value, unit)}` : withUnit(value, unit);
  const name = named(unit, value);
  return name ? t(name, { n: `+${bare(value, unit)}` }) : `+${withUnit(value, unit)}`;
}

/** The size of a difference: of shares in points. */
export function gap(value: number, unit: string): string {
  return unit === "frac" ? signed(Math.abs(value), unit).replace("+", "") : withUnit(Math.abs(value), unit);
}

/** What a language calls a country of the two-letter code. */
export function country(code: string): string {
  try {
    return new Intl.DisplayNames([language()], { type: "region" }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** A number in full, with separators, as rules write it. */
export function full(value: number): string {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString(language()) : value.toLocaleString(language(), { maximumSignificantDigits: 4 });
}

export function bytes(value: number): string {
  const [factor, unit] = BYTES.find(([size]) => Math.abs(value) >= size * 0.9995) ?? [1, "B"];
  return `${trim(value / factor, 3)} ${unit}`;
}

const BYTES: [number, string][] = [[1e15, "PB"], [1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"]];

export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : t("unit.percent", { n: Math.round(value * 100) });
}

/** The middle of a time label: a day, or a quarter. */
export function time(label: string): Date {
  const quarter = /^(\d{4})-?Q([1-4])$/.exec(label);
  if (quarter) return new Date(Date.UTC(Number(quarter[1]), 3 * (Number(quarter[2]) - 1) + 1, 15));
  return new Date(`${label}T00:00:00Z`);
}
