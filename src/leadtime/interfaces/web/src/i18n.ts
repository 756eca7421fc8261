/** Texts by key, from the language files. */

import TEXTS from "leadtime:languages";

export type Language = string;

const ENGLISH: Language = "en";
let current: Language = ENGLISH;

/** Every language that has a file, English first. */
export const LANGUAGES: Language[] = [ENGLISH, ...Object.keys(TEXTS).filter((name) => name !== ENGLISH).sort()];

/** What a language calls itself. */
export function ownName(name: Language): string {
  return TEXTS[name]?.["language.own"] ?? name;
}

export function language(): Language {
  return current;
}

export function setLanguage(wanted: Language): void {
  current = wanted;
  document.documentElement.lang = wanted;
}

/** The text of a key with its holes filled; the English one where a language lacks it. */
export function t(key: string, values: Record<string, string | number> = {}): string {
  const text = TEXTS[current]?.[key] ?? TEXTS[ENGLISH]?.[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? `{${name}}`));
}

export function has(key: string): boolean {
  return key in (TEXTS[ENGLISH] ?? {});
}
