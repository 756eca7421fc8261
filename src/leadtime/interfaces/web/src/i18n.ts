/** Texts by key, from the language files. */

import en from "./lang/en.json";
import ja from "./lang/ja.json";

export type Language = "en" | "ja";
type Texts = Record<string, string>;

const TEXTS: Record<Language, Texts> = { en, ja };
let current: Language = "en";

export function language(): Language {
  return current;
}

export function setLanguage(wanted: Language): void {
  current = wanted;
  document.documentElement.lang = wanted;
}

/** The text of a key with its holes filled; the English one where a language lacks it. */
export function t(key: string, values: Record<string, string | number> = {}): string {
  const text = TEXTS[current][key] ?? TEXTS.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? `{${name}}`));
}

export function has(key: string): boolean {
  return key in TEXTS.en;
}
