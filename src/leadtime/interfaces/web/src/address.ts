/** Pages other than the simulator keep their question in the address too. */

import { route } from "./state";

export function writeAddress(values: Record<string, string | null | undefined>, mark: unknown = null): void {
  const { page } = route();
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== null && value !== undefined && value !== "") query.set(name, value);
  const text = query.toString();
  window.history.replaceState(mark, "", `#/${page}${text ? `?${text}` : ""}`);
}

export function isDay(text: string | null): boolean {
  return text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
}

/** The value of an address if it is one of some, else the first of them, with a sentence for the reader. */
export function oneOf(text: string | null, options: string[], repairs: string[], say: (value: string, used: string) => string): string {
  const first = options[0] as string;
  if (text === null) return first;
  if (options.includes(text)) return text;
  repairs.push(say(text.slice(0, 40), first));
  return first;
}
