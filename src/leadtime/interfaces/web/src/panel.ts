/** The side panel of the simulator: where a scenario starts, what it decides and what it assumes, and what stands beside it. */

import { h, id, labelled, fill, select } from "./dom";
import { short } from "./format";
import { has, t } from "./i18n";
import { ASSUMPTIONS, type LeverRow, MOVES, POLICIES, type Shown, switchesOf } from "./levers";
import { sourceLink } from "./notice";
import { inOrder, INITIAL, isPlain, type Kept, MOST_BESIDE, NEVER, type Parameter, quarters, type Setting, type SimState, START, type Step, whenOf } from "./state";

export interface ScenarioRow { name: string; title: string; text: string; base: string[]; position: { by: string; on: string; reading: string; source: string } | null }

export interface Desk {
  readonly state: () => SimState;
  readonly change: (next: SimState, rebuild?: boolean) => void;
  readonly scenarios: ScenarioRow[];
  readonly levers: LeverRow[];
  readonly parameters: Parameter[];
  readonly bills: Bill[];
}

export interface Bill { id: string; label: string; status: string }

/** Marks of the scenarios beside yours, in the order in which they stand. */
export const MARKS = ["m-one", "m-two", "m-three"];

export function scenarioTitle(scenarios: ScenarioRow[], name: string): string {
  return scenarios.find((row) => row.name === name)?.title ?? name;
}

export function keptTitle(scenarios: ScenarioRow[], kept: Kept): string {
  return isPlain(kept) ? scenarioTitle(scenarios, kept.base) : kept.name || t("beside.unnamed");
}

/** All scenarios to choose from, published positions apart. */
function choose(scenarios: ScenarioRow[], value: string, put: (name: string) => void, first?: string): HTMLSelectElement {
  const option = (row: ScenarioRow): HTMLElement => h("option", { value: row.name, selected: row.name === value }, scenarioTitle(scenarios, row.name));
  const box = h("select", { onchange: () => put(box.value) },
    first ? h("option", { value: "" }, first) : null,
    h("optgroup", { label: t("sim.shipped") }, scenarios.filter((row) => !row.position).map(option)),
    scenarios.some((row) => row.position) ? h("optgroup", { label: t("sim.positions") }, scenarios.filter((row) => row.position).map(option)) : null);
  return box;
}

export class Panel {
  readonly element = h("div", { class: "levers", "aria-label": t("sim.levers"), role: "group" });
  private readonly counts = new Map<string, HTMLElement>();
  private readonly remembered = new Set<string>();

  constructor(private readonly desk: Desk, private readonly tools: HTMLElement) {}

  build(): void {
    const { desk } = this;
    const state = desk.state();
    this.counts.clear();
    fill(this.element,
      this.tools,
      h("h2", {}, t("sim.policies")),
      labelled(t("sim.preset"), choose(desk.scenarios, state.base, (base) => desk.change({ ...desk.state(), base }))),
      this.about(state.base),
      labelled(t("sim.against"), choose(desk.scenarios, state.against, (against) => desk.change({ ...desk.state(), against }))),
      this.beside(),
      this.rules(),
      POLICIES.map(([name, shown]) => this.group(name, shown, name === "sales" || name === "cloud")),
      h("h2", {}, t("sim.assumptions")),
      h("p", { class: "hint" }, t("sim.assumptions_hint")),
      h("div", { class: "check" }, h("input", { type: "checkbox", id: "rebase", checked: state.rebase, onchange: (event: Event) => desk.change({ ...desk.state(), rebase: (event.target as HTMLInputElement).checked }, false) }),
        h("label", { for: "rebase" }, t("sim.rebase"))),
      ASSUMPTIONS.map(([name, shown]) => this.group(name, shown, false)),
      this.parameterGroup(),
    );
    this.summary();
  }

  private about(name: string): HTMLElement | null {
    const row = this.desk.scenarios.find((one) => one.name === name);
    if (!row) return null;
    return h("details", { class: "about" }, h("summary", {}, t("sim.about_preset")), h("p", {}, row.text),
      row.position ? h("p", {}, t("sim.position", { by: row.position.by, on: row.position.on }), " ", row.position.reading, " ", sourceLink(row.position.source)) : null);
  }

  /** Scenarios that stay in the charts while yours changes. */
  private beside(): HTMLElement {
    const { desk } = this;
    const state = desk.state();
    const put = (beside: Kept[]): void => desk.change({ ...desk.state(), beside });
    const full = state.beside.length >= MOST_BESIDE;
    const rows = state.beside.map((kept, place) => {
      const title = keptTitle(desk.scenarios, kept);
      return h("li", {}, h("i", { class: MARKS[place] as string }),
        isPlain(kept) ? h("span", {}, title) : h("input", { type: "text", value: kept.name, maxlength: "40", "aria-label": t("beside.name", { name: title }), onchange: (event: Event) => {
          put(state.beside.map((one, other) => (other === place ? { ...one, name: (event.target as HTMLInputElement).value.trim() } : one)));
        } }),
        h("button", { type: "button", class: "quiet", "aria-label": t("beside.edit", { name: title }), title: t("beside.edit", { name: title }), onclick: () => {
          const mine: Kept = { base: state.base, levers: state.levers, parameters: state.parameters, rules: state.rules, name: isPlain(state) ? "" : t("beside.mine") };
          desk.change({ ...desk.state(), base: kept.base, levers: kept.levers, parameters: kept.parameters, rules: kept.rules, beside: state.beside.map((one, other) => (other === place ? mine : one)) });
        } }, "⇄"),
        h("button", { type: "button", class: "quiet clear", "aria-label": t("beside.remove", { name: title }), title: t("beside.remove", { name: title }), onclick: () => put(state.beside.filter((_, other) => other !== place)) }, "×"));
    });
    const add = choose(desk.scenarios, "", (base) => { if (base) put([...desk.state().beside, { base, levers: {}, parameters: {}, rules: {}, name: "" }]); }, t("beside.choose"));
    add.disabled = full;
    const open = rows.length > 0 || this.remembered.has("beside");
    const badge = h("span", { class: "badge" }, rows.length ? String(rows.length) : "");
    return this.folding("beside", open, [h("h3", {}, t("beside.title")), badge],
      rows.length ? h("ul", { class: "beside" }, rows) : h("p", { class: "hint" }, t("beside.hint")),
      labelled(t("beside.add"), add, full ? t("beside.full", { most: MOST_BESIDE }) : undefined),
      h("button", { type: "button", disabled: full, onclick: () => {
        const now = desk.state();
        put([...now.beside, { base: now.base, levers: structuredClone(now.levers), parameters: structuredClone(now.parameters), rules: structuredClone(now.rules), name: isPlain(now) ? "" : t("beside.numbered", { n: now.beside.length + 1 }) }]);
      } }, t("beside.keep")));
  }

  /** Bills as law, rules on other days. */
  private rules(): HTMLElement {
    const { desk } = this;
    const { rules } = desk.state();
    const n = Object.keys(rules).length;
    const move = (key: string, label: string, help: string, spoken?: string): HTMLElement => labelled(label,
      select([["", t("move.as_is")], ...whenOf(key).map((when): [string, string] => [when, when === NEVER ? t("move.never") : t("lever.since", { quarter: when })])], rules[key] ?? "", (when) => {
        const state = desk.state();
        const { [key]: _, ...rest } = state.rules;
        desk.change({ ...state, rules: when ? { ...rest, [key]: when } : rest }, true);
      }), help, spoken);
    return this.folding("moves", n > 0 || this.remembered.has("moves"), [h("h3", {}, t("group.moves")), h("span", { class: "badge" }, n ? t("sim.n_set", { n }) : "")],
      MOVES.map((key) => move(key, t(`move.${key}`), t(`move_help.${key}`))),
      h("p", { class: "hint" }, t("rules.bills_hint")),
      desk.bills.map((bill) => move(`bill.${bill.id}`, bill.label, bill.status, "en")));
  }

  private folding(name: string, open: boolean, summary: HTMLElement[], ...content: (HTMLElement | null | (HTMLElement | null)[])[]): HTMLElement {
    return h("details", { class: "group", open, "data-group": name, ontoggle: (event: Event) => {
      if ((event.target as HTMLDetailsElement).open) this.remembered.add(name);
      else this.remembered.delete(name);
    } }, h("summary", {}, summary), content);
  }

  private group(name: string, shown: Shown[], opened: boolean): HTMLElement {
    const { levers } = this.desk.state();
    const badge = h("span", { class: "badge" });
    this.counts.set(name, badge);
    const switches = switchesOf(name);
    const anySet = shown.some((one) => one.name in levers) || switches.some((one) => one in levers);
    return this.folding(name, opened || anySet || this.remembered.has(name), [h("h3", {}, t(`group.${name}`)), badge],
      switches.map((one) => this.toggle(one)), shown.map((one) => this.lever(one)));
  }

  summary(): void {
    const { levers } = this.desk.state();
    for (const [key, element] of this.counts) {
      const shown = [...POLICIES, ...ASSUMPTIONS].find(([name]) => name === key)?.[1] ?? [];
      const n = [...shown.map((one) => one.name), ...switchesOf(key)].filter((name) => name in levers).length;
      element.textContent = n ? t("sim.n_set", { n }) : "";
    }
  }

  private set(name: string, setting: Setting | null, rebuild = false): void {
    const state = this.desk.state();
    const { [name]: _, ...rest } = state.levers;
    this.desk.change({ ...state, levers: setting ? { ...rest, [name]: setting } : rest }, rebuild);
    this.summary();
  }

  private lever(shown: Shown): HTMLElement | null {
    const row = this.desk.levers.find((one) => one.name === shown.name);
    if (!row) return null;
    const now = (): Setting | undefined => this.desk.state().levers[shown.name];
    const set = now();
    const label = leverTitle(shown.name);
    const value = typeof set?.value === "number" ? set.value : shown.rest;
    const field = id("lever");
    const clamp = (wanted: number): number => Math.min(row.high ?? wanted, Math.max(row.low ?? wanted, wanted));
    const slider = h("input", { type: "range", id: field, min: String(Math.min(shown.from, value)), max: String(Math.max(shown.to, value)), step: String(shown.step), value: String(value), "aria-describedby": `${field}-help` });
    const number = h("input", { type: "number", class: "number", min: String(row.low), max: String(row.high), step: String(shown.step), value: set ? String(value) : "", placeholder: "–", "aria-label": t("lever.number", { name: label }) });
    const word = h("span", { class: "word" });
    const clear = h("button", { type: "button", class: "quiet clear", "aria-label": t("lever.clear", { name: label }), title: t("lever.clear", { name: label }), onclick: () => this.set(shown.name, null, true) }, "×");
    const start = row.over_time ? h("select", { class: "start", "aria-label": t("lever.from", { name: label }), onchange: () => put(Number(slider.value)) },
      h("option", { value: "", selected: set !== undefined && set.from === null }, t("lever.always")),
      quarters().map((quarter) => h("option", { value: quarter, selected: quarter === (set ? set.from : START) }, t("lever.since", { quarter })))) : null;
    const more = row.over_time ? h("button", { type: "button", class: "quiet", "aria-label": t("lever.step_of", { name: label }), onclick: () => {
      const current = now() ?? { value, from: START };
      const last = current.then?.at(-1)?.from ?? current.from ?? START;
      const next = quarters()[Math.min(quarters().length - 1, quarters().indexOf(last) + 4)] as string;
      this.set(shown.name, inOrder({ value: Number(current.value), from: current.from }, [...(current.then ?? []), { value: clamp(Number(current.value)), from: next }]), true);
    } }, t("lever.step")) : null;
    const name = (): void => {
      const current = now();
      const found = current ? levelName(shown.name, current.value) ?? t("level.set") : t("level.unset");
      word.textContent = found;
      slider.setAttribute("aria-valuetext", current ? `${slider.value} (${found})` : found);
      clear.hidden = !current;
      if (more) more.hidden = !current;
      box.classList.toggle("set", Boolean(current));
    };
    const put = (next: number): void => {
      const wanted = { value: clamp(next), from: start ? start.value || null : null };
      const later = now()?.then ?? [];
      const setting: Setting = later.length ? inOrder(wanted, later) : wanted;
      const lost = later.length !== (setting.then?.length ?? 0);
      this.set(shown.name, setting, lost);
      number.value = String(setting.value);
      slider.value = String(setting.value);
      name();
    };
    slider.addEventListener("input", () => put(Number(slider.value)));
    number.addEventListener("change", () => { if (number.value !== "") put(Number(number.value)); });
    const levels = shown.levels.map((level) => h("button", { type: "button", class: "level", onclick: () => put(level) }, levelName(shown.name, level) ?? short(level)));
    const box = h("div", { class: "lever", "data-lever": shown.name },
      h("div", { class: "lever-head" }, h("label", { for: field }, label), clear),
      slider,
      h("div", { class: "lever-line" }, number, start, word),
      (set?.then ?? []).map((step, place) => this.step(shown, row, label, step, place)),
      more,
      h("details", {}, h("summary", {}, t("lever.about")),
        h("p", { id: `${field}-help` }, row.description, " ", t("lever.range", { low: short(row.low), high: short(row.high) }), " ", h("code", {}, shown.name)),
        h("div", { class: "levels" }, levels),
        this.setBy(row)));
    name();
    return box;
  }

  /** A later change of a lever. */
  private step(shown: Shown, row: LeverRow, label: string, step: Step, place: number): HTMLElement {
    const put = (changed: Step | null): void => {
      const setting = this.desk.state().levers[shown.name] as Setting;
      const later = (setting.then ?? []).flatMap((one, other) => (other !== place ? [one] : changed ? [changed] : []));
      const first = { value: Number(setting.value), from: setting.from };
      this.set(shown.name, later.length ? inOrder(first, later) : first, true);
    };
    const says = t("lever.step_named", { name: label, n: place + 2 });
    return h("div", { class: "lever-line step" },
      h("input", { type: "number", class: "number", min: String(row.low), max: String(row.high), step: String(shown.step), value: String(step.value), "aria-label": t("lever.number", { name: says }), onchange: (event: Event) => {
        const typed = Number((event.target as HTMLInputElement).value);
        put({ ...step, value: Math.min(row.high ?? typed, Math.max(row.low ?? typed, typed)) });
      } }),
      h("select", { class: "start", "aria-label": t("lever.from", { name: says }), onchange: (event: Event) => put({ ...step, from: (event.target as HTMLSelectElement).value }) },
        quarters().map((quarter) => h("option", { value: quarter, selected: quarter === step.from }, t("lever.since", { quarter })))),
      h("button", { type: "button", class: "quiet clear", "aria-label": t("lever.step_clear", { name: says }), title: t("lever.step_clear", { name: says }), onclick: () => put(null) }, "×"));
  }

  /** The scenarios that set a lever, with what they stand on. */
  private setBy(row: LeverRow): HTMLElement | null {
    if (!row.set_by.length) return h("p", { class: "hint" }, t("lever.set_by_none"));
    return h("ul", { class: "set-by", "aria-label": t("lever.set_by") }, row.set_by.map((one) => h("li", {},
      h("span", {}, scenarioTitle(this.desk.scenarios, one.scenario)), ": ", Object.entries(one.steps).map(([day, value]) => (day === "" ? saying(value) : t("lever.set_from", { value: saying(value), day }))).join("; "), " ", one.sources.map((source) => sourceLink(source)))));
  }

  private toggle(name: string): HTMLElement | null {
    const row = this.desk.levers.find((one) => one.name === name);
    if (!row) return null;
    const words = row.kind === "true or false" ? ["true", "false"] : row.kind.split(" or ");
    const setting = this.desk.state().levers[name];
    const box = select([["", t("level.unset")], ...words.map((word): [string, string] => [word, t(`switch.${name}.${word}`)])], setting ? String(setting.value) : "", (word) => {
      this.set(name, word ? { value: row.kind === "true or false" ? word === "true" : word, from: null } : null);
    });
    return labelled(leverTitle(name), box, row.description);
  }

  private parameterGroup(): HTMLElement {
    const { desk } = this;
    const { parameters } = desk;
    const set = Object.entries(desk.state().parameters);
    const list = id("parameters");
    const put = (next: Record<string, [number, number]>): void => desk.change({ ...desk.state(), parameters: next });
    const wanted = h("input", { type: "text", list, autocomplete: "off", spellcheck: "false", placeholder: "spillover" });
    const add = (): void => {
      const row = parameters.find((one) => one.name === wanted.value.trim());
      if (row) put({ ...desk.state().parameters, [row.name]: [row.low, row.high] });
      else wanted.setCustomValidity(t("parameter.unknown")), wanted.reportValidity(), wanted.setCustomValidity("");
    };
    return this.folding("parameters", set.length > 0 || this.remembered.has("parameters"),
      [h("h3", {}, t("group.parameters", { n: parameters.length })), h("span", { class: "badge" }, set.length ? t("sim.n_set", { n: set.length }) : "")],
      set.map(([name, [low, high]]) => {
        const row = parameters.find((one) => one.name === name);
        const end = (which: 0 | 1, value: number): HTMLElement => h("input", { type: "number", class: "number", step: "any", value: String(value), "aria-label": t(which ? "parameter.high" : "parameter.low", { name }), onchange: (event: Event) => {
          const typed = Number((event.target as HTMLInputElement).value);
          const clamped = Math.min(row?.valid_high ?? typed, Math.max(row?.valid_low ?? typed, typed));
          put({ ...desk.state().parameters, [name]: which ? [Math.min(low, clamped), clamped] : [clamped, Math.max(high, clamped)] });
        } });
        return h("div", { class: "lever set" }, h("div", { class: "lever-head" }, h("span", {}, h("code", {}, name)), h("button", { type: "button", class: "quiet clear", "aria-label": t("lever.clear", { name }), onclick: () => {
          const { [name]: _, ...rest } = desk.state().parameters;
          put(rest);
        } }, "×")), h("p", { class: "hint" }, row?.description ?? ""), h("div", { class: "lever-line" }, end(0, low), "–", end(1, high), h("span", { class: "word" }, row?.unit ?? "")),
        row ? h("p", { class: "hint" }, t("parameter.prior", { low: short(row.low), high: short(row.high), method: row.method }), " ", sourceLink(row.source)) : null);
      }),
      labelled(t("parameter.add"), wanted, t("parameter.hint")),
      h("datalist", { id: list }, parameters.map((row) => h("option", { value: row.name }, row.description.slice(0, 80)))),
      h("button", { type: "button", onclick: add }, t("parameter.button")));
  }
}

/** Names of chips inside names of levers. */
const CHIP = /\.(frontier|b30a|h200|h800|a800|h20)(?=\.|$)/;

export function leverTitle(name: string): string {
  if (has(`lever.${name}`)) return t(`lever.${name}`);
  const chip = CHIP.exec(name)?.[1] ?? "";
  const common = `lever.${name.replace(CHIP, "")}`;
  return has(common) ? t(common, { chip: has(`chip.${chip}`) ? t(`chip.${chip}`) : chip.toUpperCase() }) : name;
}

/** What a value of a lever is called, if it has a name. */
function levelName(name: string, value: number | string | boolean): string | null {
  return [`level.${name}.${value}`, `level.${name.replace(CHIP, "")}.${value}`].filter(has).map((key) => t(key))[0] ?? null;
}

const saying = (value: number | string | boolean | null): string => (typeof value === "number" ? short(value) : String(value));

export const untouched = (state: SimState): boolean => isPlain(state) && state.base === INITIAL.base && state.against === INITIAL.against && state.beside.length === 0 && !state.rebase;
