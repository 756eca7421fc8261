/** A long run in a panel of a page: offered, followed, stopped, shown. It outlives the page that started it: who comes back finds it where it is. */

import { ask } from "./api";
import { type Child, fill, h } from "./dom";
import { percent } from "./format";
import { language, t } from "./i18n";
import { longRun } from "./job";
import { errorBox } from "./notice";

interface Heard { status: string; done: number; total: number }
interface Run<T> { result: Promise<T>; stop: AbortController; hear: (job: Heard) => void }
type Put = (...children: Child[]) => void;
export type Body = Record<string, unknown>;

export interface About<T> {
  /** Kind of the job, and the last part of its address. */
  kind: string;
  /** Its texts are `method.NAME`, `method.NAME_what`, `_run`, `_wait` and `_stopped`. */
  name: string;
  /** What is asked, as it stands now. */
  body: () => Body;
  shown: (data: T, body: Body) => Child[] | Promise<Child[]>;
}

/** What fills a box with a run: to be called when it comes on the page, and again when another question is asked. */
export function runPanel<T>(about: About<T>): (box: HTMLElement) => void {
  /** Runs under way and answers, by language and question. */
  const runs = new Map<string, Run<T>>();
  const known = new Map<string, T>();
  /** What a box shows last; what was asked before is not put there any more. */
  const turns = new WeakMap<HTMLElement, number>();
  const said = (part: string, values: Record<string, string> = {}): string => t(`method.${about.name}${part}`, values);
  const keyOf = (body: Body): string => `${language()} ${JSON.stringify(body)}`;

  function start(body: Body): Run<T> {
    const stop = new AbortController();
    const key = keyOf(body);
    const mine: Run<T> = { stop, hear: () => undefined, result: longRun<T>(`/jobs/${about.kind}`, body, (job) => mine.hear(job), stop.signal).then((answer) => answer.data) };
    runs.set(key, mine);
    mine.result.then((data) => { known.set(key, data); }, () => undefined).finally(() => { if (runs.get(key) === mine) runs.delete(key); });
    return mine;
  }

  /** Show the answer if it is there, follow the run if it is under way, else start it. */
  function begin(body: Body, put: Put): void {
    const key = keyOf(body);
    const data = known.get(key);
    if (data !== undefined) void show(data, body, put);
    else follow(runs.get(key) ?? start(body), body, put);
  }

  /** Offer to run what is asked when the button is pressed; where the server has the answer to what is asked now, show it. */
  async function offer(put: Put): Promise<void> {
    const body = about.body();
    put(h("p", {}, said("_what")), h("p", {}, h("button", { type: "button", class: "main", "data-offer": "", onclick: () => begin(about.body(), put) }, said("_run"))));
    try {
      const job = (await ask<{ status: string } | null>(`/jobs/${about.kind}?start=false`, body)).data;
      if (job?.status === "done" && keyOf(about.body()) === keyOf(body) && !runs.has(keyOf(body))) begin(body, put);
    } catch {
      // the button says it when it is pressed
    }
  }

  function follow(mine: Run<T>, body: Body, put: Put): void {
    const bar = h("progress", { max: "1", "aria-label": said("") });
    const words = h("span", { role: "status" }, t("long.queued"));
    put(h("p", {}, said("_what")), h("p", { class: "inline" }, bar, words, h("button", { type: "button", class: "quiet", onclick: () => mine.stop.abort() }, t("long.stop"))));
    mine.hear = (job) => {
      if (job.total) bar.value = job.done / job.total;
      words.textContent = job.status === "queued" ? t("long.queued") : said("_wait", { done: percent(job.total ? job.done / job.total : 0) });
    };
    const again = (): void => begin(about.body(), put);
    mine.result.then((data) => show(data, body, put)).catch((error: unknown) => put(h("p", {}, said("_what")), mine.stop.signal.aborted
      ? h("p", { class: "inline" }, h("span", { role: "status" }, said("_stopped")), h("button", { type: "button", onclick: again }, said("_run")))
      : errorBox(error, again)));
  }

  async function show(data: T, body: Body, put: Put): Promise<void> {
    try {
      put(...await about.shown(data, body));
    } catch (error) {
      put(errorBox(error, () => void show(data, body, put)));
    }
  }

  return (box) => {
    const turn = (turns.get(box) ?? 0) + 1;
    turns.set(box, turn);
    const heading = box.querySelector(":scope > h2");
    const put: Put = (...children) => { if (turns.get(box) === turn) fill(box, heading, children); };
    const key = keyOf(about.body());
    if (known.has(key) || runs.has(key)) begin(about.body(), put);
    else void offer(put);
  };
}
