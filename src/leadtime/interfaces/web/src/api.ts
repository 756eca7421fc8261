/** Questions to the server: the same ones as on the command line. */

import { language } from "./i18n";

export interface Envelope<T> {
  ok: true;
  data: T;
  meta: { version: string; data_version: string; as_of: string | null; seed: number | null; sources: string[] };
}

/** What went wrong: the sentence that the command line prints, in the language of the page if the server has words for it. */
export class Failure extends Error {
  constructor(readonly code: string, message: string, readonly hint: string, readonly status: number, readonly untranslated = false) {
    super(message);
  }
  get sentence(): string {
    return (this.message.endsWith("。") ? `${this.message}${this.hint}` : `${this.message} ${this.hint}`).trim();
  }
}

const kept = new Map<string, Envelope<unknown>>();
const KEPT = 60;

export async function ask<T>(path: string, body?: unknown, signal?: AbortSignal, method?: string): Promise<Envelope<T>> {
  const key = `${language()} ${path} ${body === undefined ? "" : JSON.stringify(body)}`;
  const keep = !path.startsWith("/jobs");
  const known = keep ? kept.get(key) : undefined;
  if (known) return known as Envelope<T>;
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: { "accept-language": language(), ...(body === undefined ? {} : { "content-type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "omit",
      signal,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure("offline", "", "", 0);
  }
  let answer: { ok: boolean; error?: { code: string; message: string; hint: string } };
  try {
    answer = await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure("internal", `${response.status} ${response.statusText}`, "", response.status);
  }
  if (!answer.ok) {
    const { code, message, hint } = answer.error ?? { code: "internal", message: "", hint: "" };
    throw new Failure(code, message, hint, response.status, !response.headers.get("content-language"));
  }
  if (keep) {
    if (kept.size >= KEPT) kept.delete(kept.keys().next().value as string);
    kept.set(key, answer as unknown as Envelope<unknown>);
  }
  return answer as unknown as Envelope<T>;
}

/** Sends only the latest of many questions: while one is under way, the newest waits and the others are forgotten. */
export class Latest<T> {
  private running = false;
  private waiting: (() => Promise<T>) | null = null;

  constructor(private readonly done: (answer: T) => void, private readonly failed: (error: unknown) => void) {}

  put(question: () => Promise<T>): void {
    this.waiting = question;
    if (!this.running) void this.next();
  }

  private async next(): Promise<void> {
    this.running = true;
    while (this.waiting) {
      const question = this.waiting;
      this.waiting = null;
      try {
        const answer = await question();
        this.done(answer);
      } catch (error) {
        if ((error as Error).name !== "AbortError") this.failed(error);
      }
    }
    this.running = false;
  }
}
