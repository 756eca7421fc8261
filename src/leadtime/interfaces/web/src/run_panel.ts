/** A long run in a panel of a page: offered, followed, stopped, shown. It outlives the page that started it: who comes back finds it where it is. */

import { ask } from "./api";
import { type Child, fill, h } from "./dom";
import { percent } from "./format";
import { language, t } from "./i18n";
import { longRun } from "./job";
import { errorBox } from "./notice";

interface Heard { status: string; done: number; total: number }
interface Run<T> { result: Promise<T>; stop: AbortController; hear: (job: Heard) => void; language: string }
type Put = (...children: Child[]) => void;

export interface About<T> {
  /** Kind of the job, and the last part of its address. */
  kind: string;
  /** Its texts are `method.NAME`, `method.NAME_what`, `_run`, `_wait` and `_stopped`. */
  name: string;
  body: Record<string, unknown>;
  shown: (data: T) => Child[] | Promise<Child[]>;
}

/** What fills the panel of a run, under its heading. */
export function runPanel<T>(about: About<T>): (box: HTMLElement) => void {
  let run: Run<T> | null = null;
  let known: { data: T; language: string } | null = null;
  const said = (part: string, values: Record<string, string> = {}): string => t(`method.${about.name}${part}`, values);

  function start(): Run<T> {
    const stop = new AbortController();
    const mine: Run<T> = { stop, language: language(), hear: () => undefined, result: longRun<T>(`/jobs/${about.kind}`, about.body, (job) => mine.hear(job), stop.signal).then((answer) => answer.data) };
    run = mine;
    mine.result.then((data) => { known = { data, language: mine.language }; }, () => undefined).finally(() => { if (run === mine) run = null; });
    return mine;
  }

  /** Offer to run it; where the server has the answer already, show it. */
  async function offer(put: Put): Promise<void> {
    const go = h("button", { type: "button", class: "main", onclick: () => follow(start(), put) }, said("_run"));
    put(h("p", {}, said("_what")), h("p", {}, go));
    try {
      const jobs = (await ask<{ kind: string; status: string }[]>("/jobs")).data;
      if (!run && jobs.some((one) => one.kind === about.kind && one.status === "done")) follow(start(), put);
    } catch {
      // the button says it when it is pressed
    }
  }

  function follow(mine: Run<T>, put: Put): void {
    const bar = h("progress", { max: "1", "aria-label": said("") });
    const words = h("span", { role: "status" }, t("long.queued"));
    put(h("p", {}, said("_what")), h("p", { class: "inline" }, bar, words, h("button", { type: "button", class: "quiet", onclick: () => mine.stop.abort() }, t("long.stop"))));
    mine.hear = (job) => {
      if (job.total) bar.value = job.done / job.total;
      words.textContent = job.status === "queued" ? t("long.queued") : said("_wait", { done: percent(job.total ? job.done / job.total : 0) });
    };
    const again = (): void => follow(start(), put);
    mine.result.then((data) => show(data, put)).catch((error: unknown) => put(h("p", {}, said("_what")), mine.stop.signal.aborted
      ? h("p", { class: "inline" }, h("span", { role: "status" }, said("_stopped")), h("button", { type: "button", onclick: again }, said("_run")))
      : errorBox(error, again)));
  }

  async function show(data: T, put: Put): Promise<void> {
    put(...await about.shown(data));
  }

  return (box) => {
    const heading = box.querySelector("h2") as HTMLElement;
    const put: Put = (...children) => { fill(box, heading, children); };
    if (known?.language === language()) void show(known.data, put).catch((error: unknown) => put(errorBox(error)));
    else if (run?.language === language()) follow(run, put);
    else void offer(put);
  };
}
