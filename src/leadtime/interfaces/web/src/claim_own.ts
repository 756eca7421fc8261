/** The form in which a reader writes a claim: a question with its arguments, the statement, the test; checked by the server as it is written. */

import { ask, Failure, Latest } from "./api";
import { type Asked, asText, type Draft, documentOf, emptyLimit, LENGTHS, type Limit, type Question, type Questions } from "./claim_address";
import { type Child, download, fill, h, id as freshId, labelled, select } from "./dom";
import { has, t } from "./i18n";

export interface Checked { id: string; valid: boolean; json: string; figures: Record<string, { label: string; unit: string }>; file: string }
export interface Editing {
  draft: Draft;
  about: Questions;
  questionOf: (name: string) => Promise<Question>;
  /** Called after every change of the draft; says what keeps it out of the address, if anything does. */
  changed: () => Promise<string>;
  judge: () => void;
  remove: () => void;
  open: boolean;
}

const WAIT_MS = 350;

/** A short title of a question in the language of the page, else what it says of itself. */
export function titleOf(question: Question): string {
  return has(`question.${question.name}`) ? t(`question.${question.name}`) : question.summary;
}

export async function checkedFile(draft: Draft, question: Question): Promise<Checked> {
  return (await ask<Checked>("/claims/check", { claim: documentOf(draft, question) })).data;
}

/** What a reader still has to fill in, in words. */
export function missing(draft: Draft): string[] {
  const texts = (["title", "statement", "who"] as const).filter((name) => !draft[name].trim()).map((name) => t(`own.${name}`));
  const limited = [...draft.all_of, ...draft.any_of].some((one) => one.least.trim() || one.most.trim());
  return limited ? texts : [...texts, t("own.limit")];
}

export async function ownForm(editing: Editing): Promise<HTMLElement> {
  const { draft } = editing;
  let question = await editing.questionOf(draft.question);
  let figures = question.figures ?? {};
  const status = h("p", { class: "own-status", role: "status" });
  const argumentBox = h("div", { class: "form" });
  const testBox = h("div", {});
  const headline = h("select", { onchange: () => { draft.figure = headline.value; touched(); } });
  const about = h("p", { class: "hint" });
  let timer = 0;
  let trouble = "";
  let touches = 0;

  const latest = new Latest<Checked>((answer) => {
    figures = answer.figures;
    const open = missing(draft);
    say(trouble || (open.length ? t("own.missing", { what: open.join(t("own.and")) }) : t("own.valid")), trouble !== "");
    relabel();
  }, (error) => say(error instanceof Failure ? error.sentence || t("state.offline") : String(error), true));

  function say(text: string, bad: boolean): void {
    status.classList.toggle("bad", bad);
    if (status.textContent !== text) status.textContent = text;
  }

  function touched(): void {
    touches += 1;
    const mine = touches;
    void editing.changed().then((found) => {
      if (mine !== touches) return;
      trouble = found;
      if (found) say(found, true);
    });
    clearTimeout(timer);
    timer = window.setTimeout(check, WAIT_MS);
  }

  /** Asks the server about what is written; what is still empty is filled for this question alone. */
  function check(): void {
    const filled: Draft = structuredClone(draft);
    for (const name of ["title", "statement", "who"] as const) filled[name] ||= "–";
    for (const one of [...filled.all_of, ...filled.any_of]) if (!one.least.trim() && !one.most.trim()) one.least = "0";
    latest.put(async () => (await ask<Checked>("/claims/check", { claim: documentOf(filled, question) })).data);
  }

  const line = (name: "title" | "who", help: string): HTMLElement => {
    const box = h("input", { type: "text", value: draft[name], maxlength: LENGTHS[name], autocomplete: "off", "data-own": name, "aria-required": "true", oninput: () => { draft[name] = box.value; touched(); } });
    return labelled(t(`own.${name}`), box, help);
  };
  const area = (name: "statement" | "why_this_test" | "changes_it", help: string): HTMLElement => {
    const box = h("textarea", { rows: name === "statement" ? 3 : 2, maxlength: LENGTHS[name], "data-own": name, "aria-required": name === "statement" ? "true" : undefined, oninput: () => { draft[name] = box.value; touched(); } });
    box.value = draft[name];
    return labelled(t(`own.${name}`), box, help);
  };

  function drawArguments(): void {
    about.textContent = question.summary;
    const lists = [...new Set(Object.values(question.arguments).map((one) => one.names))].filter((kind) => kind !== null);
    fill(argumentBox,
      Object.entries(question.arguments).map(([key, asked]) => labelled(key, argument(key, asked), help(asked))),
      lists.map((kind) => h("datalist", { id: `own-names-${kind}` }, (editing.about.names[kind] ?? []).map((name) => h("option", { value: name })))));
  }

  function help(asked: Asked): string {
    const bounds = asked.low !== null && asked.high !== null && Number(asked.high) < 1e18 ? t("claims.argument_range", { low: String(asked.low), high: String(asked.high) }) : asked.type === "date" && asked.low !== null ? t("claims.argument_range", { low: String(asked.low), high: String(asked.high) }) : "";
    return [asked.text, bounds, asked.many ? t("own.commas") : "", asked.optional ? t("own.may_be_empty") : ""].filter(Boolean).join(" · ");
  }

  function argument(key: string, asked: Asked): HTMLElement {
    const stated = asText(asked.default);
    const now = draft.arguments[key] ?? stated;
    const put = (text: string): void => {
      if (text === stated || (text.trim() === "" && !asked.optional)) delete draft.arguments[key];
      else draft.arguments[key] = text.trim();
      touched();
    };
    if (asked.choices.length && !asked.many) return select(asked.choices.map((name) => [name, name]), now, put);
    if (asked.type === "true or false") return select([["true", t("own.true")], ["false", t("own.false")]], now, put);
    const number = (asked.type === "number" || asked.type === "whole number") && !asked.many;
    const box = h("input", {
      type: number ? "number" : asked.type === "date" && !asked.many ? "date" : "text", value: now, maxlength: "300", autocomplete: "off",
      min: asked.many ? undefined : asked.low, max: asked.many ? undefined : asked.high, step: asked.type === "whole number" ? "1" : number ? "any" : undefined,
      list: asked.names && !asked.many ? `own-names-${asked.names}` : undefined, oninput: () => put(box.value),
    });
    return box;
  }

  const named = (name: string): string => `${figures[name]?.label ?? name}${figures[name]?.unit ? ` [${figures[name]?.unit}]` : ""}`;

  function figureOptions(chosen: string): HTMLElement[] {
    return Object.keys(figures).map((name) => h("option", { value: name, selected: name === chosen }, named(name)));
  }

  /** Labels follow the arguments; what is chosen stays. */
  function relabel(): void {
    for (const box of [headline, ...testBox.querySelectorAll<HTMLSelectElement>("select[data-figure]")]) {
      if ([...box.options].some((option) => option.text !== named(option.value)) || box.options.length !== Object.keys(figures).length) {
        const chosen = box.value;
        fill(box, figureOptions(chosen));
        box.value = chosen;
      }
    }
  }

  function condition(rows: Limit[], row: Limit, place: number): HTMLElement {
    const which = h("select", { "data-figure": "", onchange: () => { row.figure = which.value; if (rows === draft.all_of && place === 0) { draft.figure = row.figure; headline.value = row.figure; } touched(); } }, figureOptions(row.figure));
    const limit = (side: "least" | "most", operator: "over" | "under", options: [string, string][], label: string): Child => {
      const box = h("input", { type: "text", inputmode: "decimal", value: row[side], maxlength: "40", autocomplete: "off", "data-limit": side, "aria-label": label, oninput: () => { row[side] = box.value; touched(); } });
      const choice = select(options, row[operator], (value) => { (row as unknown as Record<string, string>)[operator] = value; touched(); });
      choice.setAttribute("aria-label", t("own.kind_of", { what: label }));
      return h("span", { class: "own-limit" }, choice, box);
    };
    const drop = h("button", { type: "button", class: "quiet", "aria-label": t("own.drop_of", { n: place + 1 }), onclick: () => { rows.splice(place, 1); drawTest(); touched(); (testBox.querySelector("[data-add]") as HTMLElement).focus(); } }, t("own.drop"));
    return h("div", { class: "own-row", role: "group", "aria-label": t("own.condition", { n: place + 1 }) },
      labelled(t("own.figure"), which),
      h("div", { class: "own-limits" },
        limit("least", "over", [["above", t("own.above")], ["at_least", t("own.at_least")]], t("own.lower")),
        limit("most", "under", [["below", t("own.below")], ["at_most", t("own.at_most")]], t("own.upper")),
        draft.all_of.length + draft.any_of.length > 1 ? drop : null));
  }

  function drawTest(): void {
    const group = (name: "all_of" | "any_of"): Child => {
      const rows = draft[name];
      const add = h("button", { type: "button", "data-add": name, disabled: rows.length >= 12, onclick: () => {
        rows.push(emptyLimit(draft.figure || (Object.keys(figures)[0] ?? "")));
        drawTest();
        touched();
        [...testBox.querySelectorAll<HTMLElement>(`[data-group="${name}"] select[data-figure]`)].at(-1)?.focus();
      } }, t("own.add"));
      const box = h("fieldset", { "data-group": name }, h("legend", {}, t(`own.${name}`)), rows.map((row, place) => condition(rows, row, place)), add);
      return name === "any_of" ? h("details", { open: rows.length > 0 }, h("summary", {}, t("own.any_of_title")), box) : box;
    };
    fill(testBox, group("all_of"), group("any_of"));
    fill(headline, figureOptions(draft.figure));
  }

  async function askOther(name: string): Promise<void> {
    draft.question = name;
    draft.arguments = {};
    fill(argumentBox, h("p", { class: "loading" }, t("state.loading")));
    const found = await editing.questionOf(name);
    if (draft.question !== name) return; // another one has been chosen meanwhile
    question = found;
    figures = question.figures ?? {};
    draft.figure = Object.keys(figures)[0] ?? "";
    draft.all_of = [emptyLimit(draft.figure)];
    draft.any_of = [];
    drawArguments();
    drawTest();
    touched();
  }

  const questions = select(editing.about.questions.map((one) => [one.name, titleOf(one)]), draft.question, (name) => void askOther(name).catch((error: unknown) => say(error instanceof Failure ? error.sentence : String(error), true)));
  questions.dataset.own = "question";
  const name = h("input", { type: "text", value: draft.id, maxlength: "32", autocomplete: "off", pattern: "[A-Za-z][A-Za-z0-9_\\-]*", onchange: () => { draft.id = name.value.trim(); touched(); name.value = draft.id; } });
  const day = h("input", { type: "date", value: draft.judgeable_on, onchange: () => { draft.judgeable_on = day.value; touched(); } });
  const copy = h("button", { type: "button", onclick: async () => {
    await editing.changed();
    await navigator.clipboard?.writeText(location.href).catch(() => undefined);
    copy.textContent = t("sim.copied");
    setTimeout(() => { copy.textContent = t("sim.copy"); }, 1500);
  } }, t("sim.copy"));
  const save = h("button", { type: "button", onclick: async () => {
    if (unfinished()) return;
    try {
      download(`${draft.id}.yaml`, "application/yaml", (await checkedFile(draft, question)).file);
    } catch (error) {
      say(error instanceof Failure ? error.sentence : String(error), true);
    }
  } }, t("own.file"));

  /** Says what is missing and goes there. */
  function unfinished(): boolean {
    const open = missing(draft);
    if (!open.length) return false;
    say(t("own.missing", { what: open.join(t("own.and")) }), true);
    const first = (["title", "statement", "who"] as const).find((one) => !draft[one].trim());
    (form.querySelector<HTMLElement>(first ? `[data-own="${first}"]` : "[data-limit]") as HTMLElement).focus();
    return true;
  }

  const form = h("form", { class: "own-form", novalidate: "", "aria-label": t("own.form"), onsubmit: (event: Event) => { event.preventDefault(); if (!unfinished()) editing.judge(); } },
    h("fieldset", {}, h("legend", {}, t("own.part_statement")), line("title", t("own.title_help")), area("statement", t("own.statement_help")), line("who", t("own.who_help"))),
    h("fieldset", {}, h("legend", {}, t("own.part_question")), labelled(t("own.question"), questions), about, argumentBox),
    h("fieldset", {}, h("legend", {}, t("own.part_test")), h("p", { class: "hint" }, t("own.test_help")), testBox, labelled(t("own.headline"), headline, t("own.headline_help"))),
    h("details", { open: Boolean(draft.why_this_test || draft.changes_it) }, h("summary", {}, t("own.more")),
      area("why_this_test", t("own.why_help")), area("changes_it", t("own.changes_help")),
      h("div", { class: "form" }, labelled(t("claims.judgeable"), day, t("own.day_help")), labelled(t("own.id"), name, t("own.id_help")))),
    status,
    h("div", { class: "buttons" }, h("button", { class: "main", type: "submit" }, t("own.judge")), save, copy, h("button", { type: "button", onclick: editing.remove }, t("own.remove"))),
    h("p", { class: "hint" }, t("own.kept")));
  form.id = freshId("own");
  drawArguments();
  drawTest();
  timer = window.setTimeout(check, 0);
  return h("details", { class: "own-change", open: editing.open }, h("summary", {}, t("own.change")), form);
}
