/** The simulator: levers on one side, what they do on the other. */

import { ask, type Envelope, Failure, Latest } from "./api";
import { fill, h } from "./dom";
import { t } from "./i18n";
import { type LeverRow, MOVES } from "./levers";
import { errorBox } from "./notice";
import { type Bill, keptTitle, Panel, type ScenarioRow, scenarioTitle, untouched } from "./panel";
import { type Beside, type Explored, policiesOf, Results, type Wedges } from "./results";
import { baselineDocument, fromQuery, INITIAL, isPlain, keptDocument, type Parameter, route, scenarioDocument, type SimState, toQuery } from "./state";
import { Take } from "./take";

/** Draws of the first answer, and of the one that stays. */
export const COARSE = 400;
export const FINE = 4000;
const PAUSE_MS = 350;
/** A busy server is asked for the fine answer again after so long. */
const BUSY_MS = 2000;

export async function simulator(page: HTMLElement, query: URLSearchParams): Promise<void> {
  const [scenarios, levers, parameters, { data: { bills } }] = await Promise.all([
    ask<ScenarioRow[]>("/scenarios"), ask<LeverRow[]>("/levers"), ask<Parameter[]>("/parameters"), ask<{ bills: Bill[] }>("/rules/bills"),
  ]);
  if (!page.isConnected) return; // the reader has gone on: the address is no longer of this page
  const names = scenarios.data.map((row) => row.name);
  const version = `${scenarios.meta.version}-${scenarios.meta.data_version}`;
  const read = (wanted: URLSearchParams) => fromQuery(wanted, names, levers.data, parameters.data, [...MOVES, ...bills.map((bill) => `bill.${bill.id}`)], version);
  let { state, repairs } = read(query);
  let history: SimState[] = [];
  let latest: Envelope<Explored> | null = null;
  let besides: Beside[] = [];
  let fineTimer = 0;
  /** How many questions have been asked, and which one the fine answer on the page belongs to. */
  let turn = 0;
  let settled = 0;
  let fineAbort: AbortController | null = null;
  let written = "";

  const status = h("p", { class: "status", role: "status", "aria-live": "polite" });
  const notices = h("div", { class: "notices" });
  const undo = h("button", { type: "button", onclick: () => {
    const last = history.pop();
    if (last) { state = last; write(); build(); askNow(); }
  } }, t("sim.undo"));
  const reset = h("button", { type: "button", onclick: () => change({ ...structuredClone(INITIAL), year: state.year, output: state.output }) }, t("sim.reset"));
  const copy = h("button", { type: "button", onclick: async () => {
    await navigator.clipboard?.writeText(lasting(location.href)).catch(() => undefined);
    copy.textContent = t("sim.copied");
    setTimeout(() => { copy.textContent = t("sim.copy"); }, 1500);
  } }, t("sim.copy"));

  /** An address that says which version of model and data it was made with. */
  function lasting(address: string): string {
    return `${address}${address.includes("?") ? "&" : address.includes("#") ? "?" : "#/simulator?"}v=${encodeURIComponent(version)}`;
  }

  const results = new Results(() => ({ state, change, beside: besides }), scenarios.data);
  const take = new Take(FINE, (name) => scenarioTitle(scenarios.data, name));
  const panel = new Panel({ state: () => state, change, scenarios: scenarios.data, levers: levers.data, parameters: parameters.data, bills }, h("div", { class: "buttons" }, undo, reset, copy));
  const wide = matchMedia("(min-width: 901px)");
  const drawer = h("details", { class: "drawer", open: wide.matches }, h("summary", {}, t("sim.levers")), panel.element);
  wide.addEventListener("change", () => { if (wide.matches) drawer.open = true; });
  fill(page,
    h("h1", { class: "sr" }, t("nav.simulator")),
    h("div", { class: "sim", "data-own-address": "" },
      h("aside", {}, drawer),
      h("div", { class: "results" }, notices, results.finding, status, results.charts, results.side, results.why, results.shares, results.drivers, take.element)),
    h("p", { class: "embed-source" }));

  const question = (draws: number) => ({
    scenario: isPlain(state) ? state.base : scenarioDocument(state),
    baseline: baselineDocument(state), draws, seed: state.seed, year: state.year, output: state.output,
  });
  const line = new Latest<Envelope<Explored>>((answer) => {
    if (settled === turn) return; // the fine answer was faster
    latest = answer;
    redraw(true);
  }, (error) => { if (settled !== turn) fail(error); });

  function fail(error: unknown): void {
    status.textContent = "";
    page.classList.remove("working");
    fill(results.finding, errorBox(error, () => askNow()));
  }

  function askNow(): void {
    clearTimeout(fineTimer);
    fineAbort?.abort();
    turn += 1;
    besides = state.beside.map((kept) => ({ title: keptTitle(scenarios.data, kept), found: besides.find((one) => one.title === keptTitle(scenarios.data, kept))?.found ?? null }));
    const wanted = question(COARSE);
    page.classList.add("working");
    line.put(() => ask<Explored>("/explore", wanted));
    fineTimer = window.setTimeout(() => void refine(), PAUSE_MS);
  }

  async function refine(): Promise<void> {
    fineAbort = new AbortController();
    const mine = fineAbort;
    try {
      latest = await within(ask<Explored>("/explore", question(FINE), mine.signal), mine);
      settled = turn;
      redraw(false);
      for (const place of state.beside.keys()) {
        const wanted = { ...question(FINE), scenario: keptDocument(state, place) };
        const answer = await within(ask<Explored>("/explore", wanted, mine.signal), mine);
        besides = besides.map((one, other) => (other === place ? { ...one, found: answer.data } : one));
        redraw(false);
      }
      await shares(mine);
    } catch (error) {
      if ((error as Error).name === "AbortError" || mine.signal.aborted) return;
      if (error instanceof Failure && error.code === "busy") fineTimer = window.setTimeout(() => void refine(), BUSY_MS);
      else if (error instanceof Failure && error.code === "over_budget") page.classList.remove("working"); // the first answer stays
      else fail(error);
    }
  }

  /** What was asked, unless something newer has been asked since. */
  async function within<T>(answer: Promise<T>, mine: AbortController): Promise<T> {
    const found = await answer;
    mine.signal.throwIfAborted();
    return found;
  }

  async function shares(mine: AbortController): Promise<void> {
    if (policiesOf(state) < 2) return;
    results.sharesWorking();
    try {
      const wanted = { scenario: scenarioDocument(state), draws: COARSE, seed: state.seed, year: state.year, output: state.output };
      results.drawShares((await within(ask<Wedges>("/wedges", wanted, mine.signal), mine)).data);
    } catch (error) {
      if ((error as Error).name === "AbortError" || mine.signal.aborted) return;
      results.sharesFailed(error);
    }
  }

  function redraw(coarse: boolean): void {
    if (!latest) return;
    const found = latest.data;
    page.classList.toggle("working", coarse);
    status.textContent = t(coarse ? "sim.coarse" : "sim.fine", { draws: found.draws.toLocaleString() });
    results.redraw(found, coarse);
    if (!coarse) take.draw(state, latest, besides);
    const version = document.getElementById("version");
    if (version) version.textContent = t("footer.version", { version: latest.meta.version, data: latest.meta.data_version });
  }

  function change(next: SimState, rebuild = true): void {
    history = [...history.slice(-49), structuredClone(state)];
    state = next;
    repairs = [];
    write();
    if (rebuild) build();
    else tools();
    askNow();
  }

  function write(): void {
    const text = toQuery(state).toString();
    written = `#/simulator${text ? `?${text}` : ""}`;
    window.history.replaceState(null, "", written);
  }

  const onAddress = (): void => {
    if (!page.isConnected) { window.removeEventListener("leadtime-address", onAddress); return; }
    if (location.hash === written) return;
    ({ state, repairs } = read(route().query));
    history = [];
    build();
    askNow();
  };
  window.addEventListener("leadtime-address", onAddress);

  function tools(): void {
    undo.disabled = history.length === 0;
    reset.disabled = untouched(state);
    fill(notices, repairs.length ? h("div", { class: "notice", role: "status" }, h("p", {}, t("repair.title")), h("ul", {}, repairs.slice(0, 12).map((text) => h("li", {}, text)))) : null);
  }

  function build(): void {
    panel.build();
    tools();
    page.dataset.embed = state.embed;
    document.body.classList.toggle("embedded", state.embed !== "");
    const link = new URL(location.href);
    link.pathname = "/";
    link.hash = `#/simulator?${toQuery({ ...state, embed: "" })}`;
    fill(page.querySelector(".embed-source") as Element, h("a", { href: link.href, target: "_blank", rel: "noopener" }, t("embed.open")), " ", t("embed.not"));
  }

  if (repairs.length) write();
  build();
  askNow();
}
