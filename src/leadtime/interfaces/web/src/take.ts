/** What a reader takes along: the command, the scenario file, the numbers, the code to embed a figure. */

import type { Envelope } from "./api";
import { csv, download, fill, h, labelled, select, table } from "./dom";
import { percent, signed, withUnit } from "./format";
import { has, t } from "./i18n";
import { sourceLink } from "./notice";
import type { Beside, Explored } from "./results";
import { baselineDocument, FIGURES, isPlain, keptDocument, scenarioDocument, type SimState, toQuery, yaml } from "./state";

type Document = string | Record<string, unknown>;

const fileOf = (document: Document): string => (typeof document === "string" ? document : `${document.name}.yaml`);
const textOf = (document: Record<string, unknown>): string => yaml(document).trimStart() + "\n";

export class Take {
  readonly element = h("section", { class: "panel", "data-panel": "take" });
  private figure = "lead";

  constructor(private readonly draws: number) {}

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
      this.embed(state, opened),
      h("details", {}, h("summary", {}, t("take.not")), h("p", {}, t("take.not_text"))),
      answer.meta.sources.length ? h("p", { class: "hint" }, t("take.sources"), " ", answer.meta.sources.slice(0, 12).map((one) => [sourceLink(one), " "])) : null,
      table(t("take.headline"), [{ title: t("table.series") }, { title: t("chart.yours"), right: true }, { title: t("chart.baseline"), right: true }, { title: t("table.difference"), right: true }, { title: t("table.sure"), right: true }],
        Object.entries(found.headline).filter(([name]) => has(`series.${name}`)).map(([name, one]) => [t(`series.${name}`), withUnit(one.yours.value, one.unit), withUnit(one.baseline.value, one.unit), signed(one.difference.value, one.unit), one.difference.value === 0 && one.difference.low === one.difference.high ? "–" : percent(Math.max(one.difference.probability_above, one.difference.probability_below))]), true));
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
