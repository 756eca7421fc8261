/** The simulator: levers on one side, what they do on the other. */

import { ask, type Envelope, Failure, Latest } from "./api";
import { figure, Plot, plot } from "./charts";
import { type Child, csv, download, fill, h, id, labelled, select, table } from "./dom";
import { gap, percent, range, short, signed, time, withUnit } from "./format";
import { has, t } from "./i18n";
import { ASSUMED, ASSUMPTIONS, type LeverRow, POLICIES, type Shown, switchesOf } from "./levers";
import { empty, errorBox, sourceLink } from "./notice";
import {
  baselineDocument, fromQuery, INITIAL, isPlain, LEADS, type Parameter, quarters, route, scenarioDocument, type Setting, type SimState, START, toQuery, yaml, YEARS,
} from "./state";

interface Fan {
  unit: string;
  kind: string;
  title: string;
  time: string[];
  q05?: number[];
  q10: number[];
  q50: number[];
  q90: number[];
  q95?: number[];
}
interface Three { value: number; low: number; high: number }
interface Explored {
  scenario: string;
  baseline: string;
  draws: number;
  year: number;
  changed: boolean;
  series: Record<string, Fan>;
  baseline_series: Record<string, Fan>;
  difference_series: Record<string, Fan>;
  headline: Record<string, { unit: string; yours: Three; baseline: Three; difference: Three & { probability_above: number; probability_below: number } }>;
  why: { channel: string; title: string; total: number; largest_quarter: string; largest_change: number; times: string[]; changes: number[] }[];
  drivers: { output: string; of_value: Driver[]; of_difference: Driver[] };
}
interface Driver { parameter: string; description: string; rank_correlation: number; low: number; high: number }
interface Wedges { unit: string; method: string; policies: ({ name: string; mean: number } & Three)[]; total: { mean: number } & Three; together?: { mean: number } & Three }
interface ScenarioRow { name: string; title: string; text: string; base: string[] }

/** Amounts at the ends of bars, outside them on either side. */
function amounts<T extends Record<string, unknown>>(rows: T[], x: string, y: string): ReturnType<typeof Plot.text>[] {
  const say = (row: T): string => signed(Number((row[x] as number).toPrecision(3)), "");
  const common = { x, y, text: say, fill: "var(--ink)" };
  return [
    Plot.text(rows, { ...common, filter: (row: T) => (row[x] as number) >= 0, dx: 4, textAnchor: "start" }),
    Plot.text(rows, { ...common, filter: (row: T) => (row[x] as number) < 0, dx: -4, textAnchor: "end" }),
  ];
}

/** An axis with room for the amounts on the left. */
function roomFor(values: number[], width: number): { x: Record<string, unknown> } {
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const room = (high - low || 1) * (width < 480 ? 0.55 : 0.18);
  return { x: { grid: true, label: null, ticks: width < 480 ? 2 : 4, tickFormat: (value: number) => short(value, 2), domain: [low < 0 ? low - room : 0, high > 0 ? high : room] } };
}

const COARSE = 400;
const FINE = 4000;
const PAUSE_MS = 350;

export async function simulator(page: HTMLElement, query: URLSearchParams): Promise<void> {
  const [scenarios, levers, parameters] = await Promise.all([
    ask<ScenarioRow[]>("/scenarios"), ask<LeverRow[]>("/levers"), ask<Parameter[]>("/parameters"),
  ]);
  const names = scenarios.data.map((row) => row.name);
  const read = (wanted: URLSearchParams) => fromQuery(wanted, names, levers.data, parameters.data);
  let { state, repairs } = read(query);
  let history: SimState[] = [];
  let latest: Envelope<Explored> | null = null;
  let fineTimer = 0;
  let fineAbort: AbortController | null = null;
  let written = "";

  const status = h("p", { class: "status", role: "status", "aria-live": "polite" });
  const notices = h("div", { class: "notices" });
  const finding = h("div", { class: "finding" });
  const charts = h("div", { class: "charts" });
  const why = h("section", { class: "panel" });
  const shares = h("section", { class: "panel" });
  const drivers = h("section", { class: "panel" });
  const take = h("section", { class: "panel" });
  const panel = h("div", { class: "levers", "aria-label": t("sim.levers"), role: "group" });
  const wide = matchMedia("(min-width: 901px)");
  const drawer = h("details", { class: "drawer", open: wide.matches }, h("summary", {}, t("sim.levers")), panel);
  wide.addEventListener("change", () => { if (wide.matches) drawer.open = true; });
  fill(page,
    h("h1", { class: "sr" }, t("nav.simulator")),
    h("div", { class: "sim", "data-own-address": "" },
      h("aside", {}, drawer),
      h("div", { class: "results" }, notices, finding, status, charts, why, shares, drivers, take)));

  const question = (draws: number) => ({
    scenario: isPlain(state) ? state.base : scenarioDocument(state),
    baseline: baselineDocument(state), draws, seed: state.seed, year: state.year, output: state.output,
  });
  const line = new Latest<Envelope<Explored>>((answer) => { latest = answer; redraw(answer.data, true); }, fail);

  function fail(error: unknown): void {
    status.textContent = "";
    fill(finding, errorBox(error, () => ask_now()));
  }

  function ask_now(): void {
    clearTimeout(fineTimer);
    fineAbort?.abort();
    const wanted = question(COARSE);
    page.classList.add("working");
    line.put(() => ask<Explored>("/explore", wanted));
    fineTimer = window.setTimeout(() => void refine(), PAUSE_MS);
  }

  async function refine(): Promise<void> {
    fineAbort = new AbortController();
    const mine = fineAbort;
    try {
      const answer = await ask<Explored>("/explore", question(FINE), mine.signal);
      if (mine.signal.aborted) return;
      latest = answer;
      redraw(answer.data, false);
      void wedges();
    } catch (error) {
      if ((error as Error).name === "AbortError" || mine.signal.aborted) return;
      if (error instanceof Failure && error.status === 503) return;
      fail(error);
    }
  }

  function change(next: SimState, rebuild = true): void {
    history = [...history.slice(-49), structuredClone(state)];
    state = next;
    repairs = [];
    write();
    if (rebuild) build();
    else tools();
    ask_now();
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
    ask_now();
  };
  window.addEventListener("leadtime-address", onAddress);

  const undo = h("button", { type: "button", onclick: () => {
    const last = history.pop();
    if (last) { state = last; write(); build(); ask_now(); }
  } }, t("sim.undo"));
  const reset = h("button", { type: "button", onclick: () => change(structuredClone(INITIAL)) }, t("sim.reset"));
  const copy = h("button", { type: "button", onclick: async () => {
    await navigator.clipboard?.writeText(location.href).catch(() => undefined);
    copy.textContent = t("sim.copied");
    setTimeout(() => { copy.textContent = t("sim.copy"); }, 1500);
  } }, t("sim.copy"));

  function tools(): void {
    undo.disabled = history.length === 0;
    reset.disabled = isPlain(state) && state.base === "baseline" && state.against === "baseline";
    fill(notices, repairs.length ? h("div", { class: "notice", role: "status" }, h("p", {}, t("repair.title")), h("ul", {}, repairs.slice(0, 12).map((text) => h("li", {}, text)))) : null);
  }

  function lever(shown: Shown): HTMLElement | null {
    const row = levers.data.find((one) => one.name === shown.name);
    if (!row) return null;
    const set = state.levers[shown.name];
    const label = has(`lever.${shown.name}`) ? t(`lever.${shown.name}`) : shown.name;
    const value = typeof set?.value === "number" ? set.value : shown.rest;
    const field = id("lever");
    const slider = h("input", { type: "range", id: field, min: String(Math.min(shown.from, value)), max: String(Math.max(shown.to, value)), step: String(shown.step), value: String(value), "aria-describedby": `${field}-help` });
    const number = h("input", { type: "number", class: "number", min: String(row.low), max: String(row.high), step: String(shown.step), value: set ? String(value) : "", placeholder: "–", "aria-label": t("lever.number", { name: label }) });
    const word = h("span", { class: "word" });
    const clear = h("button", { type: "button", class: "quiet clear", "aria-label": t("lever.clear", { name: label }), title: t("lever.clear", { name: label }), onclick: () => {
      const { [shown.name]: _, ...rest } = state.levers;
      change({ ...state, levers: rest });
    } }, "×");
    const start = row.over_time ? h("select", { class: "start", "aria-label": t("lever.from", { name: label }), onchange: () => {
      put(Number(slider.value));
    } }, [h("option", { value: "", selected: set !== undefined && set.from === null }, t("lever.always")), ...quarters().map((quarter) => h("option", { value: quarter, selected: quarter === (set ? set.from : START) }, t("lever.since", { quarter })))]) : null;
    const name = (): void => {
      const now = state.levers[shown.name];
      const key = `level.${shown.name}.${now?.value ?? "unset"}`;
      const found = has(key) ? t(key) : now ? t("level.set") : t("level.unset");
      word.textContent = found;
      slider.setAttribute("aria-valuetext", now ? `${slider.value} (${found})` : found);
      clear.hidden = !now;
      box.classList.toggle("set", Boolean(now));
    };
    const put = (next: number): void => {
      const low = row.low ?? next;
      const high = row.high ?? next;
      const setting: Setting = { value: Math.min(high, Math.max(low, next)), from: start ? start.value || null : null };
      change({ ...state, levers: { ...state.levers, [shown.name]: setting } }, false);
      number.value = String(setting.value);
      slider.value = String(setting.value);
      name();
      summary();
    };
    slider.addEventListener("input", () => put(Number(slider.value)));
    number.addEventListener("change", () => { if (number.value !== "") put(Number(number.value)); });
    const levels = shown.levels.map((level) => h("button", { type: "button", class: "level", onclick: () => put(level) }, has(`level.${shown.name}.${level}`) ? t(`level.${shown.name}.${level}`) : short(level)));
    const box = h("div", { class: "lever", "data-lever": shown.name },
      h("div", { class: "lever-head" }, h("label", { for: field }, label), clear),
      slider,
      h("div", { class: "lever-line" }, number, start, word),
      h("details", {}, h("summary", {}, t("lever.about")),
        h("p", { id: `${field}-help` }, row.description, " ", t("lever.range", { low: short(row.low), high: short(row.high) }), " ", h("code", {}, shown.name)),
        h("div", { class: "levels" }, levels)));
    name();
    return box;
  }

  function toggle(name: string): HTMLElement | null {
    const row = levers.data.find((one) => one.name === name);
    if (!row) return null;
    const words = row.kind === "true or false" ? ["true", "false"] : row.kind.split(" or ");
    const current = state.levers[name] ? String(state.levers[name].value) : "";
    const box = select([["", t("level.unset")], ...words.map((word): [string, string] => [word, t(`switch.${name}.${word}`)])], current, (word) => {
      const { [name]: _, ...rest } = state.levers;
      const value = row.kind === "true or false" ? word === "true" : word;
      change({ ...state, levers: word ? { ...rest, [name]: { value, from: null } } : rest }, false);
      summary();
    });
    return labelled(t(`lever.${name}`), box, row.description);
  }

  const counts = new Map<string, HTMLElement>();
  function summary(): void {
    for (const [key, element] of counts) {
      const group = [...POLICIES, ...ASSUMPTIONS].find(([name]) => name === key)?.[1] ?? [];
      const switches = switchesOf(key);
      const n = [...group.map((one) => one.name), ...switches].filter((name) => name in state.levers).length;
      element.textContent = n ? t("sim.n_set", { n }) : "";
    }
  }

  function group(name: string, shown: Shown[], switches: string[], opened: boolean): HTMLElement {
    const badge = h("span", { class: "badge" });
    counts.set(name, badge);
    const anySet = shown.some((one) => one.name in state.levers) || switches.some((one) => one in state.levers);
    return h("details", { class: "group", open: opened || anySet || remembered.has(name), ontoggle: (event: Event) => {
      if ((event.target as HTMLDetailsElement).open) remembered.add(name);
      else remembered.delete(name);
    } }, h("summary", {}, h("h3", {}, t(`group.${name}`)), badge), switches.map(toggle), shown.map(lever));
  }
  const remembered = new Set<string>();

  function build(): void {
    counts.clear();
    const chosen = scenarios.data.find((row) => row.name === state.base);
    const options = scenarios.data.map((row): [string, string] => [row.name, has(`scenario.${row.name}`) ? t(`scenario.${row.name}`) : row.title]);
    fill(panel,
      h("div", { class: "buttons" }, undo, reset, copy),
      h("h2", {}, t("sim.policies")),
      labelled(t("sim.preset"), select(options, state.base, (base) => change({ ...state, base }))),
      chosen ? h("details", { class: "about" }, h("summary", {}, t("sim.about_preset")), h("p", {}, chosen.text)) : null,
      labelled(t("sim.against"), select(options, state.against, (against) => change({ ...state, against }))),
      POLICIES.map(([name, shown]) => group(name, shown, switchesOf(name), name === "sales" || name === "cloud")),
      h("h2", {}, t("sim.assumptions")),
      h("p", { class: "hint" }, t("sim.assumptions_hint")),
      h("div", { class: "check" }, h("input", { type: "checkbox", id: "rebase", checked: state.rebase, onchange: (event: Event) => change({ ...state, rebase: (event.target as HTMLInputElement).checked }, false) }),
        h("label", { for: "rebase" }, t("sim.rebase"))),
      ASSUMPTIONS.map(([name, shown]) => group(name, shown, switchesOf(name), false)),
      parameterGroup(),
    );
    summary();
    tools();
  }

  function parameterGroup(): HTMLElement {
    const set = Object.entries(state.parameters);
    const list = id("parameters");
    const wanted = h("input", { type: "text", list, autocomplete: "off", spellcheck: "false", placeholder: "spillover" });
    const add = (): void => {
      const row = parameters.data.find((one) => one.name === wanted.value.trim());
      if (row) change({ ...state, parameters: { ...state.parameters, [row.name]: [row.low, row.high] } });
      else wanted.setCustomValidity(t("parameter.unknown")), wanted.reportValidity(), wanted.setCustomValidity("");
    };
    return h("details", { class: "group", open: set.length > 0 || remembered.has("parameters"), ontoggle: (event: Event) => {
      if ((event.target as HTMLDetailsElement).open) remembered.add("parameters"); else remembered.delete("parameters");
    } },
      h("summary", {}, h("h3", {}, t("group.parameters", { n: parameters.data.length })), h("span", { class: "badge" }, set.length ? t("sim.n_set", { n: set.length }) : "")),
      set.map(([name, [low, high]]) => {
        const row = parameters.data.find((one) => one.name === name);
        const end = (which: 0 | 1, value: number): HTMLElement => h("input", { type: "number", class: "number", step: "any", value: String(value), "aria-label": t(which ? "parameter.high" : "parameter.low", { name }), onchange: (event: Event) => {
          const typed = Number((event.target as HTMLInputElement).value);
          const clamped = Math.min(row?.valid_high ?? typed, Math.max(row?.valid_low ?? typed, typed));
          const ends: [number, number] = which ? [Math.min(low, clamped), clamped] : [clamped, Math.max(high, clamped)];
          change({ ...state, parameters: { ...state.parameters, [name]: ends } });
        } });
        return h("div", { class: "lever set" }, h("div", { class: "lever-head" }, h("span", {}, h("code", {}, name)), h("button", { type: "button", class: "quiet clear", "aria-label": t("lever.clear", { name }), onclick: () => {
          const { [name]: _, ...rest } = state.parameters;
          change({ ...state, parameters: rest });
        } }, "×")), h("p", { class: "hint" }, row?.description ?? ""), h("div", { class: "lever-line" }, end(0, low), "–", end(1, high), h("span", { class: "word" }, row?.unit ?? "")),
        row ? h("p", { class: "hint" }, t("parameter.prior", { low: short(row.low), high: short(row.high), method: row.method }), " ", sourceLink(row.source)) : null);
      }),
      labelled(t("parameter.add"), wanted, t("parameter.hint")),
      h("datalist", { id: list }, parameters.data.map((row) => h("option", { value: row.name }, row.description.slice(0, 80)))),
      h("button", { type: "button", onclick: add }, t("parameter.button")));
  }

  function redraw(found: Explored, coarse: boolean): void {
    page.classList.toggle("working", coarse);
    status.textContent = t(coarse ? "sim.coarse" : "sim.fine", { draws: found.draws.toLocaleString() });
    sentence(found);
    drawCharts(found);
    drawWhy(found);
    drawDrivers(found);
    if (coarse) shareHint(found);
    drawTake(found);
    const version = document.getElementById("version");
    if (version && latest) version.textContent = t("footer.version", { version: latest.meta.version, data: latest.meta.data_version });
  }

  function sentence(found: Explored): void {
    const key = state.output;
    const head = found.headline[key];
    if (!head) return;
    const what = t(`series.${key}`);
    const size = head.difference.value;
    const sure = Math.max(head.difference.probability_above, head.difference.probability_below);
    const title = !found.changed
      ? t("finding.same", { what, value: withUnit(head.yours.value, head.unit), year: found.year })
      : Math.abs(size) < 0.05
        ? t("finding.none", { what, year: found.year, value: withUnit(head.yours.value, head.unit) })
        : t(size > 0 ? "finding.more" : "finding.less", { what, by: gap(size, head.unit), year: found.year, value: withUnit(head.yours.value, head.unit), p: percent(sure) });
    const tile = (name: string): HTMLElement | null => {
      const one = found.headline[name];
      if (!one) return null;
      return h("div", { class: "tile" }, h("span", { class: "tile-name" }, t(`series.${name}`)), h("strong", {}, withUnit(one.yours.value, one.unit)), h("span", {}, range(one.yours.low, one.yours.high, one.unit)),
        found.changed ? h("span", { class: "delta" }, t("finding.against", { value: signed(one.difference.value, one.unit) })) : null);
    };
    fill(finding, h("h2", {}, title),
      h("p", { class: "hint" }, t("finding.interval", { low: withUnit(head.yours.low, head.unit), high: withUnit(head.yours.high, head.unit) }), " ", t("finding.spread")),
      h("div", { class: "tiles" }, ["lead_true_months", "lead_bought_months", "prc_used_h100e", "prc_serving_h100e", "bite_training_frac"].map(tile)),
      h("div", { class: "inline" },
        labelled(t("sim.show"), select(LEADS.map((name) => [name, t(`series.${name}`)]), state.output, (output) => change({ ...state, output }, false))),
        labelled(t("sim.year"), select(YEARS.map((year) => [String(year), String(year)]), String(state.year), (year) => change({ ...state, year: Number(year) }, false)))));
  }

  function fanChart(key: string, name: string, found: Explored, extra?: Child): HTMLElement | null {
    const mine = found.series[name];
    const base = found.baseline_series[name];
    if (!mine || !base) return null;
    const times = mine.time.map(time);
    const rows = times.map((at, i) => ({ at, low: mine.q10[i], mid: mine.q50[i], high: mine.q90[i], lower: mine.q05?.[i], upper: mine.q95?.[i], base: base.q50[i], blow: base.q10[i], bhigh: base.q90[i] }));
    const share = mine.unit === "frac";
    const at = Math.min(rows.length - 1, 4 * (found.year - 2022));
    const here = rows[at];
    const difference = found.difference_series[name]?.q50[at] ?? 0;
    const scale = Math.max(Math.abs(here?.mid ?? 0), 1e-9);
    const what = t(`series.${name}`);
    const title = !found.changed || Math.abs(difference) / scale < 0.004 || Math.abs(difference) < ({ month: 0.05, frac: 0.0005 }[mine.unit] ?? 0)
      ? t("chart.level", { what, value: withUnit(here?.mid, mine.unit), year: found.year })
      : t(difference > 0 ? "chart.more" : "chart.less", { what, value: withUnit(here?.mid, mine.unit), year: found.year, by: gap(difference, mine.unit) });
    const end = rows.length - 1;
    return figure({
      wide: key === "lead",
      key, title, extra,
      caption: t(found.changed ? "chart.caption_two" : "chart.caption", { unit: t(`unit.name.${mine.unit}`) }),
      draw: (width) => plot({
        width, height: key === "lead" && width > 600 ? 320 : 260, marginRight: 64,
        ariaLabel: title,
        x: { type: "utc", label: null, ticks: width < 420 ? 5 : 8, tickFormat: "%Y" },
        y: { grid: true, label: null, tickFormat: share ? (value: number) => `${Math.round(value * 100)} %` : (value: number) => short(value, 2), nice: true, zero: true },
        marks: [
          Plot.areaY(rows, { x: "at", y1: "lower", y2: "upper", fill: "var(--mine)", fillOpacity: 0.12 }),
          Plot.areaY(rows, { x: "at", y1: "low", y2: "high", fill: "var(--mine)", fillOpacity: 0.22 }),
          found.changed ? Plot.lineY(rows, { x: "at", y: "blow", stroke: "var(--base)", strokeWidth: 0.8, strokeDasharray: "1 3" }) : null,
          found.changed ? Plot.lineY(rows, { x: "at", y: "bhigh", stroke: "var(--base)", strokeWidth: 0.8, strokeDasharray: "1 3" }) : null,
          Plot.lineY(rows, { x: "at", y: "base", stroke: "var(--base)", strokeWidth: 1.6, strokeDasharray: "5 3" }),
          Plot.lineY(rows, { x: "at", y: "mid", stroke: "var(--mine)", strokeWidth: 2.4 }),
          Plot.ruleX([time("2026-11-24")], { stroke: "var(--faint)", strokeDasharray: "2 3" }),
          Plot.ruleX([time(`${found.year}-01-01`)], { stroke: "var(--faint)" }),
          Plot.text([rows[end]], { x: "at", y: "mid", text: [t("chart.yours")], textAnchor: "start", dx: 5, fill: "var(--mine)", fontWeight: "bold" }),
          apart(rows[end]?.mid, rows[end]?.base, rows) ? Plot.text([rows[end]], { x: "at", y: "base", text: [t("chart.baseline")], textAnchor: "start", dx: 5, fill: "var(--base)" }) : null,
        ],
      }),
      columns: [{ title: t("table.time") }, ...["q10", "q50", "q90"].map((one) => ({ title: `${t("chart.yours")} ${one}`, right: true })), { title: `${t("chart.baseline")} q50`, right: true }],
      rows: mine.time.map((label, i) => [label, mine.q10[i] ?? "", mine.q50[i] ?? "", mine.q90[i] ?? "", base.q50[i] ?? ""].map((cell) => (typeof cell === "number" ? Number(cell.toPrecision(4)) : cell))),
    });
  }

  const apart = (one: number | undefined, other: number | undefined, rows: { upper?: number }[]): boolean =>
    Math.abs((one ?? 0) - (other ?? 0)) > 0.07 * Math.max(...rows.map((row) => Math.abs(row.upper ?? 0)));

  const CHANNELS = ["prc_sold_legal_h100e", "prc_sold_leaked_h100e", "prc_sold_domestic_h100e", "prc_rented_h100e"];

  function channelChart(found: Explored): HTMLElement {
    const rows = CHANNELS.flatMap((name) => {
      const mine = found.series[name];
      const base = found.baseline_series[name];
      return (mine?.time ?? []).map((label, i) => ({ channel: t(`series.${name}`), at: time(label), low: mine?.q10[i], mid: mine?.q50[i], high: mine?.q90[i], base: base?.q50[i] }));
    });
    const at = 4 * (found.year - 2022);
    const largest = [...CHANNELS].sort((one, other) => (found.series[other]?.q50[at] ?? 0) - (found.series[one]?.q50[at] ?? 0))[0] as string;
    const title = t("chart.channels", { channel: t(`series.${largest}`), value: withUnit(found.series[largest]?.q50[at], "H100e"), year: found.year });
    return figure({
      wide: true,
      key: "channels", title,
      caption: t("chart.channels_caption"),
      draw: (width) => plot({
        width, height: width < 520 ? 520 : 300, marginTop: 30,
        ariaLabel: title,
        fx: width < 520 ? undefined : { label: null, padding: 0.12, domain: CHANNELS.map((name) => t(`series.${name}`)) },
        fy: width < 520 ? { label: null, padding: 0.2, domain: CHANNELS.map((name) => t(`series.${name}`)) } : undefined,
        marginRight: width < 520 ? 110 : 14,
        x: { type: "utc", label: null, ticks: 3, tickFormat: "%Y" },
        y: { grid: true, label: null, ticks: width < 520 ? 3 : 5, tickFormat: (value: number) => short(value, 2) },
        marks: [
          Plot.areaY(rows, { x: "at", y1: "low", y2: "high", [width < 520 ? "fy" : "fx"]: "channel", fill: "var(--mine)", fillOpacity: 0.22 }),
          Plot.lineY(rows, { x: "at", y: "base", [width < 520 ? "fy" : "fx"]: "channel", stroke: "var(--base)", strokeDasharray: "5 3" }),
          Plot.lineY(rows, { x: "at", y: "mid", [width < 520 ? "fy" : "fx"]: "channel", stroke: "var(--mine)", strokeWidth: 2.2 }),
        ],
      }),
      columns: [{ title: t("table.time") }, ...CHANNELS.map((name) => ({ title: t(`series.${name}`), right: true }))],
      rows: (found.series[CHANNELS[0] as string]?.time ?? []).map((label, i) => [label, ...CHANNELS.map((name) => Math.round(found.series[name]?.q50[i] ?? 0))]),
    });
  }

  let deployment = "prc_serving_h100e";
  let bite = "bite_training_frac";
  function drawCharts(found: Explored): void {
    const choose = (names: string[], value: string, put: (name: string) => void, label: string): HTMLElement =>
      h("div", { class: "inline" }, labelled(label, select(names.map((name) => [name, t(`series.${name}`)]), value, (name) => { put(name); drawCharts(found); })));
    const parts = [
      fanChart("lead", state.output, found),
      channelChart(found),
      fanChart("deployment", deployment, found, choose(["prc_serving_h100e", "us_serving_h100e", "prc_tokens_served_per_day", "serving_ratio", "training_ratio", "prc_used_h100e", "us_used_h100e"], deployment, (name) => { deployment = name; }, t("chart.choose"))),
      fanChart("bite", bite, found, choose(["bite_training_frac", "bite_serving_frac"], bite, (name) => { bite = name; }, t("chart.choose_bite"))),
    ].filter((part) => part !== null) as HTMLElement[];
    if (parts.some((part) => part.parentElement !== charts)) fill(charts, parts);
  }

  function drawWhy(found: Explored): void {
    if (!found.changed) {
      fill(why, h("h2", {}, t("why.title")), empty(t(isPlain(state) && state.base === state.against ? "why.nothing" : "why.no_effect")));
      return;
    }
    const top = found.why[0];
    const quarter = top ? top.largest_quarter : "";
    const text = top && Math.abs(top.total) > 100
      ? t(top.total > 0 ? "why.more" : "why.less", { channel: t(`series.${top.channel}`), total: withUnit(Math.abs(top.total), "H100e"), year: found.year, quarter, largest: signed(top.largest_change, "H100e") })
      : t("why.no_channel");
    const rows = found.why.map((row) => ({ channel: t(`series.${row.channel}`), total: row.total }));
    const chart = figure({
      key: "why", title: t("why.chart", { year: found.year }), caption: t("why.caption"),
      draw: (width) => plot({
        width, height: 40 + 30 * rows.length, marginLeft: Math.max(136, Math.min(170, width * 0.4)), marginRight: 60, ...roomFor(rows.map((row) => row.total), width), ariaLabel: t("why.chart", { year: found.year }),
        y: { label: null },
        marks: [
          Plot.barX(rows, { x: "total", y: "channel", fill: (row: { total: number }) => (row.total > 0 ? "var(--plus)" : "var(--minus)"), sort: { y: null } }),
          amounts(rows, "total", "channel"),
          Plot.ruleX([0], { stroke: "var(--ink)" }),
        ],
      }),
      columns: [{ title: t("table.channel") }, { title: t("table.total"), right: true }, { title: t("table.quarter") }, { title: t("table.largest"), right: true }],
      rows: found.why.map((row) => [t(`series.${row.channel}`), Math.round(row.total), row.largest_quarter, Math.round(row.largest_change)]),
    });
    const text_box = why.querySelector("p.lead");
    if (chart.parentElement === why && text_box) text_box.textContent = text;
    else fill(why, h("h2", {}, t("why.title")), h("p", { class: "lead" }, text), chart);
  }

  function drawDrivers(found: Explored): void {
    const list = found.changed && found.drivers.of_difference.length ? found.drivers.of_difference : found.drivers.of_value;
    const what = found.changed && found.drivers.of_difference.length ? t("drivers.difference") : t(`series.${state.output}`);
    const unit = found.headline[state.output]?.unit ?? "";
    const shown = list.slice(0, 8);
    const first = shown[0];
    if (!first) {
      fill(drivers, h("h2", {}, t("drivers.title")), empty(t("drivers.none")));
      return;
    }
    const rows = shown.map((row) => ({ name: row.parameter, low: row.low, high: row.high, r: row.rank_correlation }));
    const title = t("drivers.finding", { name: first.parameter, what, low: withUnit(first.low, unit), high: withUnit(first.high, unit) });
    const chart = figure({
      key: "drivers", title, caption: t("drivers.caption", { what }),
      draw: (width) => plot({
        width, height: 46 + 26 * rows.length, marginLeft: Math.min(190, width * 0.45), ariaLabel: title,
        x: { grid: true, label: null, ticks: 4, tickFormat: (value: number) => short(value, 2) }, y: { label: null, domain: rows.map((row) => row.name) },
        marks: [
          Plot.barX(rows, { x1: "low", x2: "high", y: "name", fill: (row: { r: number }) => (row.r > 0 ? "var(--plus)" : "var(--minus)"), fillOpacity: 0.75, insetTop: 3, insetBottom: 3 }),
          Plot.dot(rows, { x: "high", y: "name", r: 4, fill: "var(--ink)" }),
        ],
      }),
      columns: [{ title: t("table.parameter") }, { title: t("table.rank"), right: true }, { title: t("table.low"), right: true }, { title: t("table.high"), right: true }, { title: t("table.meaning") }],
      rows: list.map((row) => [row.parameter, row.rank_correlation.toFixed(2), row.low.toFixed(2), row.high.toFixed(2), row.description]),
    });
    if (chart.parentElement !== drivers) fill(drivers, h("h2", {}, t("drivers.title")), chart);
  }

  function nPolicies(): number {
    return Object.keys(state.levers).filter((name) => !ASSUMED.has(name)).length + (state.base !== "baseline" ? 1 : 0);
  }

  function shareHint(found: Explored): void {
    if (nPolicies() < 2 || !found.changed) fill(shares, h("h2", {}, t("wedges.title")), empty(t("wedges.few")));
  }

  async function wedges(): Promise<void> {
    if (nPolicies() < 2) return;
    const document_ = scenarioDocument(state);
    const wanted = { scenario: document_, draws: COARSE, seed: state.seed, year: state.year, output: state.output };
    if (!shares.querySelector("figure")) fill(shares, h("h2", {}, t("wedges.title")), h("p", { class: "loading" }, t("wedges.working")));
    let found: Wedges;
    try {
      found = (await ask<Wedges>("/wedges", wanted, fineAbort?.signal)).data;
    } catch (error) {
      if ((error as Error).name !== "AbortError") fill(shares, h("h2", {}, t("wedges.title")), errorBox(error));
      return;
    }
    const label = (name: string): string => (name.startsWith("base:") ? scenarios.data.find((row) => row.name === name.slice(5))?.title ?? name : has(`lever.${name}`) ? t(`lever.${name}`) : name);
    const rows = [...found.policies.map((row) => ({ ...row, label: label(row.name) })), ...(found.together ? [{ ...found.together, name: "together", label: t("wedges.together") }] : [])];
    const sorted = [...rows].sort((one, other) => Math.abs(other.mean) - Math.abs(one.mean));
    const title = t("wedges.finding", { name: sorted[0]?.label ?? "", by: signed(sorted[0]?.mean ?? 0, found.unit), total: signed(found.total.mean, found.unit) });
    const chart = figure({
      key: "wedges", title, caption: t(found.method === "shapley" ? "wedges.shapley" : "wedges.alone"),
      draw: (width) => plot({
        width, height: 46 + 30 * (rows.length + 1), marginLeft: Math.min(220, width * 0.45), marginRight: 60, ...roomFor(rows.map((row) => row.mean), width), ariaLabel: title,
        y: { label: null, tickFormat: (name: string) => (name.length > width / 18 ? `${name.slice(0, Math.max(8, Math.floor(Math.min(30, width / 18))))}…` : name) },
        marks: [
          Plot.barX([...sorted, { ...found.total, label: t("wedges.total") }], { x: "mean", y: "label", fill: (row: { mean: number; label: string }) => (row.label === t("wedges.total") ? "var(--mine)" : row.mean > 0 ? "var(--plus)" : "var(--minus)"), sort: { y: null }, insetTop: 2, insetBottom: 2 }),
          amounts([...sorted, { ...found.total, label: t("wedges.total") }], "mean", "label"),
          Plot.ruleX([0], { stroke: "var(--ink)" }),
        ],
      }),
      columns: [{ title: t("table.policy") }, { title: t("table.mean"), right: true }, { title: t("table.low"), right: true }, { title: t("table.high"), right: true }],
      rows: [...rows, { ...found.total, label: t("wedges.total") }].map((row) => [row.label, row.mean.toFixed(2), row.low.toFixed(2), row.high.toFixed(2)]),
    });
    if (chart.parentElement !== shares) fill(shares, h("h2", {}, t("wedges.title")), chart);
  }

  function drawTake(found: Explored): void {
    const plainly = isPlain(state);
    const document_ = scenarioDocument(state);
    const base = baselineDocument(state);
    const text = yaml(document_).trimStart() + "\n";
    const baseName = typeof base === "string" ? base : "my_baseline.yaml";
    const mineName = plainly ? state.base : "my_scenario.yaml";
    const command = mineName === baseName ? `leadtime simulate ${mineName} --draws ${FINE} --seed ${state.seed}` : `leadtime compare ${baseName} ${mineName} --draws ${FINE} --seed ${state.seed}`;
    const python = mineName === baseName ? `study.simulate("${mineName}", draws=${FINE}, seed=${state.seed})` : `study.compare(["${baseName}", "${mineName}"], draws=${FINE}, seed=${state.seed})`;
    const saveCsv = (): void => {
      const rows: unknown[][] = [];
      for (const [which, series] of [["yours", found.series], ["baseline", found.baseline_series], ["difference", found.difference_series]] as const) {
        for (const [name, fan] of Object.entries(series)) fan.time.forEach((label, i) => rows.push([which, name, fan.unit, label, fan.q10[i], fan.q50[i], fan.q90[i]]));
      }
      download("leadtime.csv", "text/csv", csv(["which", "series", "unit", "time", "q10", "q50", "q90"], rows));
    };
    if (take.querySelector("details[open]")?.contains(document.activeElement)) return;
    const sources = latest?.meta.sources ?? [];
    fill(take, h("h2", {}, t("take.title")),
      h("p", {}, t("take.command")), h("pre", { tabindex: "0" }, h("code", {}, command)),
      h("pre", { tabindex: "0" }, h("code", {}, `from leadtime import study\n${python}`)),
      h("div", { class: "buttons" },
        plainly ? null : h("button", { type: "button", onclick: () => download("my_scenario.yaml", "text/yaml", text) }, t("take.scenario")),
        typeof base === "string" ? null : h("button", { type: "button", onclick: () => download("my_baseline.yaml", "text/yaml", yaml(base).trimStart() + "\n") }, t("take.baseline")),
        h("button", { type: "button", onclick: saveCsv }, t("take.csv")),
        h("button", { type: "button", onclick: () => download("leadtime.json", "application/json", JSON.stringify(latest, null, 1)) }, t("take.json"))),
      plainly ? null : h("details", {}, h("summary", {}, t("take.show")), h("pre", { tabindex: "0" }, h("code", {}, text))),
      h("details", {}, h("summary", {}, t("take.not")), h("p", {}, t("take.not_text"))),
      sources.length ? h("p", { class: "hint" }, t("take.sources"), " ", sources.slice(0, 12).map((one) => [sourceLink(one), " "])) : null,
      table(t("take.headline"), [{ title: t("table.series") }, { title: t("chart.yours"), right: true }, { title: t("chart.baseline"), right: true }, { title: t("table.difference"), right: true }, { title: t("table.sure"), right: true }],
        Object.entries(found.headline).filter(([name]) => has(`series.${name}`)).map(([name, one]) => [t(`series.${name}`), withUnit(one.yours.value, one.unit), withUnit(one.baseline.value, one.unit), signed(one.difference.value, one.unit), one.difference.value === 0 && one.difference.low === one.difference.high ? "–" : percent(Math.max(one.difference.probability_above, one.difference.probability_below))]), true));
  }

  if (repairs.length) write();
  build();
  ask_now();
}
