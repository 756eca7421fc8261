/** What a reader takes along: the command, the scenario file, the numbers, the code to embed a figure. */

import type { Envelope } from "./api";
import { csv, download, fill, h, labelled, select, table } from "./dom";
import { percent, range, signed, withUnit } from "./format";
import { has, t } from "./i18n";
import { longRun } from "./job";
import { errorBox, sourceLink } from "./notice";
import type { Beside, Explored } from "./results";
import { baselineDocument, FIGURES, isPlain, keptDocument, scenarioDocument, type SimState, toQuery, yaml } from "./state";

/** Draws that a run on the server may have. */
const MANY = [20_000, 50_000, 100_000];

interface Three { value: number; low: number; high: number; unit: string }
type LongAnswer = { headline?: Record<string, Three>; differences?: Record<string, Record<string, Three>> };

type Document = string | Record<string, unknown>;

const fileOf = (document: Document): string => (typeof document === "string" ? document : `${document.name}.yaml`);
const textOf = (document: Record<string, unknown>): string => yaml(document).trimStart() + "\n";

export class Take {
  readonly element = h("section", { class: "panel", "data-panel": "take" });
  private figure = "lead";
  private readonly long = h("div", { class: "long" });
  private many = MANY[0] as number;
  private running: AbortController | null = null;

  constructor(private readonly draws: number, private readonly titleOfShipped: (name: string) => string) {}

  draw(state: SimState, answer: Envelope<Explored>, besides: Beside[]): void {
    if (this.element.querySelector("details[open]")?.contains(document.activeElement)) return;
    const found = answer.data;
    const mine: Document = isPlain(state) ? state.base : scenarioDocument(state);
    const base = baselineDocument(state);
    const kept = state.beside.map((_, place) => keptDocument(state, place));
    const all = [...new Map([base, mine, ...kept].map((one) => [fileOf(one), one])).values()];
    const written = all.filter((one): one is Record<string, unknown> => typeof one !== "string");
    const files = all.map(fileOf);
    const settings = `--draws ${this.draws} --seed ${state.seed}`;
    const command = `leadtime ${files.length === 1 ? "simulate" : "compare"} ${files.join(" ")} ${settings}`;
    const listed = files.map((one) => `"${one}"`).join(", ");
    const python = files.length === 1 ? `study.simulate(${listed}, draws=${this.draws}, seed=${state.seed})` : `study.compare([${listed}], draws=${this.draws}, seed=${state.seed})`;
    const opened = this.element.querySelector<HTMLDetailsElement>("details.embed-code")?.open ?? false;
    fill(this.element, h("h2", {}, t("take.title")),
      h("p", {}, t("take.command")), h("pre", { tabindex: "0" }, h("code", {}, command)),
      h("pre", { tabindex: "0" }, h("code", {}, `from leadtime import study\n${python}`)),
      h("div", { class: "buttons" },
        written.map((one) => h("button", { type: "button", onclick: () => download(fileOf(one), "text/yaml", textOf(one)) }, one === mine ? t("take.scenario") : one === base ? t("take.baseline") : t("take.beside", { name: String(one.title) }))),
        h("button", { type: "button", onclick: () => saveCsv(found, besides) }, t("take.csv")),
        h("button", { type: "button", onclick: () => download("leadtime.json", "application/json", JSON.stringify({ yours: answer, beside: besides.map(({ title, found: other }) => ({ title, data: other })) }, null, 1)) }, t("take.json"))),
      written.map((one) => h("details", {}, h("summary", {}, one === mine ? t("take.show") : t("take.show_other", { name: fileOf(one) })), h("pre", { tabindex: "0" }, h("code", {}, textOf(one))))),
      this.longer(state, all),
      this.embed(state, opened),
      h("details", {}, h("summary", {}, t("take.not")), h("p", {}, t("take.not_text"))),
      answer.meta.sources.length ? h("p", { class: "hint" }, t("take.sources"), " ", answer.meta.sources.slice(0, 12).map((one) => [sourceLink(one), " "])) : null,
      table(t("take.headline"), [{ title: t("table.series") }, { title: t("chart.yours"), right: true }, { title: t("chart.baseline"), right: true }, { title: t("table.difference"), right: true }, { title: t("table.sure"), right: true }],
        Object.entries(found.headline).filter(([name]) => has(`series.${name}`)).map(([name, one]) => [t(`series.${name}`), withUnit(one.yours.value, one.unit), withUnit(one.baseline.value, one.unit), signed(one.difference.value, one.unit), one.difference.value === 0 && one.difference.low === one.difference.high ? "–" : percent(Math.max(one.difference.probability_above, one.difference.probability_below))]), true));
  }

  /** The same with more draws, as a run that one can watch and stop. */
  private longer(state: SimState, all: Document[]): HTMLElement {
    const open = this.element.querySelector<HTMLDetailsElement>("details.longer")?.open ?? this.running !== null;
    const go = h("button", { type: "button", onclick: () => void this.run(all, this.many, state.seed, state.output, state.year) }, t("long.start"));
    return h("details", { class: "longer", open }, h("summary", {}, t("long.title")),
      h("div", { class: "inline" },
        labelled(t("long.draws"), select(MANY.map((one) => [String(one), one.toLocaleString()]), String(this.many), (one) => { this.many = Number(one); })), go),
      this.long);
  }

  private async run(all: Document[], draws: number, seed: number, output: string, year: number): Promise<void> {
    this.running?.abort();
    const mine = new AbortController();
    this.running = mine;
    const bar = h("progress", { max: "1", "aria-label": t("long.progress") });
    const words = h("span", { role: "status" }, t("long.queued"));
    fill(this.long, h("p", { class: "inline" }, bar, words, h("button", { type: "button", class: "quiet", onclick: () => mine.abort() }, t("long.stop"))));
    try {
      const answer = await longRun<LongAnswer>("/jobs", { scenarios: all, draws, seed }, (job) => {
        if (job.total) bar.value = job.done / job.total;
        words.textContent = job.status === "queued" ? t("long.queued") : t("long.running", { done: percent(job.total ? job.done / job.total : 0) });
      }, mine.signal);
      const name = `${output}_${year}`;
      const rows = answer.data.differences
        ? Object.entries(answer.data.differences).map(([which, found]): [string, Three | undefined] => [this.titleOf(all, which), found[name]])
        : [[this.titleOf(all, fileOf(all[0] as Document)), answer.data.headline?.[name]] as [string, Three | undefined]];
      const differs = answer.data.differences !== undefined;
      const said = rows.flatMap(([title, three]) => (three ? [h("li", {}, `${title}: `, h("strong", {}, differs ? signed(three.value, three.unit) : withUnit(three.value, three.unit)), ` (${range(three.low, three.high, three.unit)})`)] : []));
      fill(this.long,
        h("p", { role: "status" }, t(differs ? "long.differences" : "long.values", { draws: draws.toLocaleString(), what: t(`series.${output}`), year })),
        said.length ? h("ul", {}, said) : h("p", { class: "hint" }, t("long.no_year")),
        h("button", { type: "button", onclick: () => download("leadtime-long.json", "application/json", JSON.stringify(answer, null, 1)) }, t("take.json")));
    } catch (error) {
      if (mine.signal.aborted) fill(this.long, h("p", { role: "status" }, t("long.stopped")));
      else fill(this.long, errorBox(error));
    } finally {
      if (this.running === mine) this.running = null;
    }
  }

  /** What a scenario of a question is called in words. */
  private titleOf(all: Document[], which: string): string {
    const found = all.find((one) => typeof one !== "string" && one.name === which);
    return found && typeof found !== "string" ? String(found.title) : this.titleOfShipped(which);
  }

  /** One figure for another page: it answers from this server, which must be told which pages may hold it. */
  private embed(state: SimState, open: boolean): HTMLElement {
    const code = h("code", {});
    const say = (figure: string): void => {
      this.figure = figure;
      const query = toQuery({ ...state, embed: figure });
      code.textContent = `<iframe title="leadtime: ${t(`embed.${figure}`)}" width="100%" height="520" loading="lazy"\n  src="${location.origin}/embed#/simulator?${query}"></iframe>`;
    };
    say(this.figure);
    const figures = FIGURES.filter((one) => one !== "beside" || state.beside.length > 0);
    return h("details", { class: "embed-code", open }, h("summary", {}, t("embed.title")),
      labelled(t("embed.figure"), select(figures.map((one) => [one, t(`embed.${one}`)]), this.figure, say)),
      h("pre", { tabindex: "0" }, code), h("p", { class: "hint" }, t("embed.hint")));
  }
}

function saveCsv(found: Explored, besides: Beside[]): void {
  const rows: unknown[][] = [];
  const put = (which: string, series: Explored["series"]): void => {
    for (const [name, fan] of Object.entries(series)) fan.time.forEach((label, i) => rows.push([which, name, fan.unit, label, fan.q10[i], fan.q50[i], fan.q90[i]]));
  };
  put("yours", found.series);
  put("baseline", found.baseline_series);
  put("difference", found.difference_series);
  for (const { title, found: other } of besides) {
    if (!other) continue;
    put(title, other.series);
    put(`${title} - baseline`, other.difference_series);
  }
  download("leadtime.csv", "text/csv", csv(["which", "series", "unit", "time", "q10", "q50", "q90"], rows));
}
