/** Claims: a published statement, our computation, a verdict; what another argument would make of it; and statements of the reader's own. */

import { writeAddress } from "./address";
import { ask, Failure } from "./api";
import { asText, type Draft, documentOf, draftOf, FIRST_QUESTION, freeId, fromAddress, MOST_CLAIMS, newDraft, type Question, type Questions, toAddress } from "./claim_address";
import { badge, card, type ClaimRow, type Judged, spoken } from "./claim_card";
import { forget, keptClaims, WRITTEN } from "./claim_kept";
import { type Checked, missing, ownForm } from "./claim_own";
import { fill, h, labelled, select } from "./dom";
import { t } from "./i18n";
import { empty, errorBox } from "./notice";

const AT_ONCE = 2;
const TRIES = 4;
const BUSY_MS = 2000;
const VERDICTS = ["supported", "contradicted", "depends", "unresolved"];
const GROUPS = ["page", "files", "article", "other"] as const;

/** A claim of the list: one that the server knows, or a draft of this page. */
type Entry = { id: string; title: string; row: ClaimRow } | { id: string; title: string; draft: Draft };

/** Asks for a verdict that nobody waits for: where the server is busy it asks again a little later. */
async function patiently(path: string, body?: unknown): Promise<Judged> {
  for (let left = TRIES; ; left -= 1) {
    try {
      return (await ask<Judged>(path, body)).data;
    } catch (error) {
      if (left <= 1 || !(error instanceof Failure) || ![429, 503].includes(error.status)) throw error;
      await new Promise((done) => { setTimeout(done, BUSY_MS); });
    }
  }
}

export async function claimsPage(page: HTMLElement, query: URLSearchParams): Promise<void> {
  const { data: claims } = await ask<ClaimRow[]>("/claims");
  const packaged = claims.filter((claim) => !claim.own);
  const repairs: string[] = [];
  const about = new Map<string, Question>();
  let listed: Questions | null = null;
  const { kept, newer } = keptClaims();
  const { drafts, judged: judgedOf } = kept;
  const verdicts = new Map<string | Draft, string>(kept.verdicts);
  /** Claims that the address brought, by the id that they have there. */
  const arrived = new Map<string, Draft>();
  for (const draft of drafts) await questionOf(draft.question);
  for (const document of newer ? [] : await fromAddress(query.get("own"), repairs)) await arrive(document);

  const wanted = query.get("id");
  const same = (id: string): boolean => id.toLowerCase() === (wanted ?? "").toLowerCase();
  const own = wanted ? arrived.get(wanted.toLowerCase()) : ([...arrived.values()][0] ?? kept.open ?? (query.get("own") ? drafts[0] : undefined));
  let chosen: Entry | undefined = own ? entryOf(own) : wanted ? entries().find((entry) => same(entry.id)) : undefined;
  const fallback = entries()[0];
  if (wanted && !chosen) repairs.push(t("repair.range", { name: t("nav.claims"), value: wanted.slice(0, 40), used: fallback?.id ?? "–" }));
  const first = chosen ?? fallback;
  const settings: Record<string, string> = {};
  for (const [key, value] of query) {
    if (!key.startsWith("a.")) continue;
    if (first && "row" in first && Object.hasOwn(first.row.arguments, key.slice(2))) settings[key.slice(2)] = value.slice(0, 200);
    else repairs.push(t("repair.unknown", { name: key.slice(0, 40) }));
  }

  const summary = h("p", { class: "status", role: "status" });
  const list = h("div", { class: "claims-groups" });
  const detail = h("section", { class: "panel" });
  const news = h("p", { class: "own-status", role: "status" });
  fill(page, h("h1", {}, t("claims.title")),
    repairs.length ? h("div", { class: "notice", role: "status" }, h("p", {}, t("repair.title")), h("ul", {}, repairs.slice(0, 24).map((text) => h("li", {}, text)))) : null,
    summary, tools(), entries().length ? h("div", { class: "split" }, list, detail) : h("div", { class: "split" }, empty(t("claims.none")), detail));
  chosen = first;

  function entryOf(draft: Draft): Entry {
    return { id: draft.id, title: draft.title || t("own.untitled"), draft };
  }

  function entries(): Entry[] {
    return [...claims.map((row): Entry => ({ id: row.id, title: spoken(row, "title", row.title), row })), ...drafts.map(entryOf)];
  }

  function groupOf(entry: Entry): (typeof GROUPS)[number] {
    return "draft" in entry ? "page" : entry.row.own ? "files" : entry.row.kind === "article" ? "article" : "other";
  }

  function taken(but?: Draft): Set<string> {
    return new Set([...claims, ...drafts.filter((one) => one !== but)].map((one) => one.id.toLowerCase()));
  }

  function isSame(one: Entry | undefined, other: Entry | undefined): boolean {
    if (!one || !other) return false;
    return "draft" in one ? "draft" in other && one.draft === other.draft : "row" in other && one.row === other.row;
  }

  async function questions(): Promise<Questions> {
    if (!listed) {
      listed = (await ask<Questions>("/claims/questions?figures=false")).data;
      for (const one of listed.questions) if (!about.has(one.name)) about.set(one.name, one);
    }
    return listed;
  }

  /** A question with the figures that it answers. */
  async function questionOf(name: string): Promise<Question> {
    await questions();
    const known = about.get(name);
    if (known?.figures) return known;
    const found = (await ask<Question>(`/claims/questions/${encodeURIComponent(name)}`)).data;
    about.set(name, found);
    return found;
  }

  async function draftFrom(document: unknown, said: string[]): Promise<Draft> {
    await questions();
    const compute = (document as { compute?: { question?: unknown } })?.compute;
    const name = typeof compute?.question === "string" && about.has(compute.question) ? compute.question : FIRST_QUESTION;
    await questionOf(name);
    return draftOf(document, about, taken(), said);
  }

  function written(draft: Draft): Record<string, unknown> {
    return documentOf(draft, about.get(draft.question) as Question);
  }

  /** Takes a claim of the address in, unless it is here already. */
  async function arrive(document: unknown): Promise<void> {
    const said: string[] = [];
    const draft = await draftFrom(document, said);
    const wanted = String((document as { id?: unknown }).id ?? draft.id);
    const text = JSON.stringify(written({ ...draft, id: "" }));
    const twin = drafts.find((one) => one.id.toLowerCase() === wanted.toLowerCase() && JSON.stringify(written({ ...one, id: "" })) === text);
    if (twin) arrived.set(wanted.toLowerCase(), twin);
    else if (drafts.length >= MOST_CLAIMS) repairs.push(t("own.repair.many", { most: MOST_CLAIMS }));
    else {
      repairs.push(...said);
      drafts.push(draft);
      arrived.set(wanted.toLowerCase(), draft);
    }
  }

  /** Notes a verdict on a draft; none where it has changed since. */
  function note(draft: Draft, verdict: string | null): void {
    for (const all of [verdicts, kept.verdicts]) {
      if (verdict === null) all.delete(draft);
      else all.set(draft, verdict);
    }
  }

  let writing = 0;
  /** Writes the address: the chosen claim, its changed arguments, the reader's own claims. Says why it could not, if so. */
  async function put(changed: Record<string, string> = {}): Promise<string> {
    writing += 1;
    const mine = writing;
    if (page.isConnected) kept.open = chosen && "draft" in chosen ? chosen.draft : null;
    const own = drafts.length ? await toAddress(drafts.map(written)) : "";
    if (mine !== writing) return ""; // a newer one says it
    if (own === null) return t("own.too_long");
    if (page.isConnected) writeAddress({ id: chosen?.id, own, ...Object.fromEntries(Object.entries(changed).map(([key, value]) => [`a.${key}`, value])) }, WRITTEN);
    return "";
  }

  /** The list as it stands: where only verdicts come in, its buttons stay, so that none goes away under the pointer. */
  let drawn: { entry: Entry; button: HTMLElement }[] = [];

  function drawList(): void {
    const inOrder = GROUPS.flatMap((group) => entries().filter((entry) => groupOf(entry) === group));
    const alike = inOrder.length === drawn.length && drawn.every(({ entry }, place) => isSame(entry, inOrder[place]) && entry.id === inOrder[place]?.id && entry.title === inOrder[place]?.title);
    if (!alike) buildList();
    for (const { entry, button } of drawn) {
      if (isSame(entry, chosen)) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      button.lastElementChild?.replaceWith(badge(verdicts.get("draft" in entry ? entry.draft : entry.id) ?? ("draft" in entry ? "draft" : "waiting")));
    }
    const judged = packaged.map((claim) => verdicts.get(claim.id)).filter((one) => one !== undefined);
    const count = (name: string): number => judged.filter((one) => one === name).length;
    const text = judged.length < packaged.length ? t("claims.judging", { done: judged.length, all: packaged.length }) : t("claims.finding", { all: packaged.length, ...Object.fromEntries(VERDICTS.map((name) => [name, count(name)])) });
    if (summary.textContent !== text) summary.textContent = text;
  }

  function buildList(): void {
    const focused = (document.activeElement as HTMLElement | null)?.dataset.claim;
    const all = entries();
    const groups = GROUPS.map((group) => ({ group, rows: all.filter((entry) => groupOf(entry) === group) })).filter(({ rows }) => rows.length);
    drawn = [];
    fill(list, groups.map(({ group, rows }) => {
      const heading = h("h2", { id: `claims-${group}` }, t(`claims.group.${group}`));
      return [heading, h("ul", { class: "claims-list", "aria-labelledby": heading.id }, rows.map((entry) => {
        const button = h("button", { type: "button", "data-claim": entry.id, onclick: () => open(entry, true) }, h("code", {}, entry.id), h("span", {}, entry.title), h("span", {}));
        drawn.push({ entry, button });
        return h("li", {}, button);
      }))];
    }));
    if (focused) list.querySelector<HTMLElement>(`[data-claim="${CSS.escape(focused)}"]`)?.focus();
  }

  function open(entry: Entry, focus: boolean): void {
    chosen = entry;
    drawList();
    if ("draft" in entry) void showOwn(entry.draft, focus ? "heading" : "none", false);
    else void show(entry.row, {}, focus);
  }

  /** What was last asked to be shown; what comes later than something newer is dropped. */
  let showing = 0;

  async function show(claim: ClaimRow, changed: Record<string, string>, focus: boolean): Promise<void> {
    showing += 1;
    const mine = showing;
    void put(changed);
    detail.setAttribute("aria-live", "polite");
    if (!detail.querySelector("h2")) fill(detail, h("p", { class: "loading" }, t("state.loading")));
    let found: Judged;
    try {
      found = (await ask<Judged>(`/claims/${encodeURIComponent(claim.id)}`, Object.keys(changed).length ? { arguments: changed } : undefined)).data;
    } catch (error) {
      if (mine === showing) fill(detail, h("h2", {}, spoken(claim, "title", claim.title)), errorBox(error, () => void show(claim, {}, true)), form(claim, changed));
      return;
    }
    if (mine !== showing) return;
    const heading = h("h2", { tabindex: "-1" }, spoken(claim, "title", claim.title));
    const copy = h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => void copied(found) }, t("own.copy")));
    fill(detail, heading, card(claim, found, Object.keys(changed).length ? t("claims.changed") : "", [form(claim, changed), copy]));
    if (focus) heading.focus();
  }

  function form(claim: ClaimRow, changed: Record<string, string>): HTMLElement {
    const boxes: [string, () => string, string][] = [];
    const fields = Object.entries(claim.arguments).map(([key, asked]) => {
      const stated = asText(asked.value);
      const now = changed[key] ?? stated;
      const help = [asked.text, asked.low !== null && asked.high !== null ? t("claims.argument_range", { low: String(asked.low), high: String(asked.high) }) : ""].filter(Boolean).join(" · ");
      if (asked.choices.length || typeof asked.value === "boolean") {
        const options = asked.choices.length ? asked.choices : ["true", "false"];
        const box = select(options.map((name) => [name, name]), now, () => undefined);
        boxes.push([key, () => box.value, stated]);
        return labelled(key, box, help);
      }
      const box = h("input", { type: "text", value: now, autocomplete: "off", maxlength: "200" });
      boxes.push([key, () => box.value.trim(), stated]);
      return labelled(key, box, help);
    });
    return h("details", { open: Object.keys(changed).length > 0 }, h("summary", {}, t("claims.change")),
      h("form", { onsubmit: (event: Event) => { event.preventDefault(); void show(claim, Object.fromEntries(boxes.map(([key, read, stated]) => [key, read(), stated]).filter(([, value, stated]) => value !== stated).map(([key, value]) => [key, value]) as [string, string][]), true); } },
        h("div", { class: "form" }, fields), h("div", { class: "buttons" }, h("button", { class: "main", type: "submit" }, t("claims.again")), h("button", { type: "button", onclick: () => void show(claim, {}, true) }, t("claims.original")))));
  }

  // Claims of the reader's own.

  function tools(): HTMLElement {
    const text = h("textarea", { rows: 6, maxlength: "100000", spellcheck: "false" });
    const file = h("input", { type: "file", accept: ".yaml,.yml,.json,application/yaml,application/json", onchange: async () => { text.value = (await file.files?.[0]?.slice(0, 100_000).text()) ?? ""; } });
    const read = h("button", { type: "button", onclick: () => void opened(text.value) }, t("own.read"));
    return h("div", { class: "own-tools" },
      h("button", { type: "button", class: "main", "data-own": "new", onclick: () => void started() }, t("own.new")),
      h("details", {}, h("summary", {}, t("own.open")), labelled(t("own.open_file"), file), labelled(t("own.open_text"), text, t("own.open_help")), read),
      news);
  }

  function tell(text: string, bad = false): void {
    news.classList.toggle("bad", bad);
    news.textContent = text;
  }

  async function trying(work: () => Promise<void>): Promise<void> {
    tell("");
    if (drafts.length >= MOST_CLAIMS) return tell(t("own.full", { most: MOST_CLAIMS }), true);
    try {
      await work();
    } catch (error) {
      tell(error instanceof Failure ? error.sentence || t("state.offline") : String(error), true);
    }
  }

  async function added(draft: Draft, focus: "title" | "heading", judge: boolean): Promise<void> {
    drafts.push(draft);
    chosen = entryOf(draft);
    drawList();
    if (!list.isConnected) fill(page.querySelector(".split") as HTMLElement, list, detail);
    await showOwn(draft, focus, judge);
  }

  const started = (): Promise<void> => trying(async () => {
    await questions();
    const question = await questionOf(FIRST_QUESTION);
    await added(newDraft(question, taken()), "title", false);
  });

  const opened = (text: string): Promise<void> => trying(async () => {
    if (!text.trim()) return tell(t("own.open_empty"), true);
    const { json } = (await ask<Checked>("/claims/check", { text })).data;
    const said: string[] = [];
    const draft = await draftFrom(JSON.parse(json), said);
    await added(draft, "heading", true);
    tell(said.join(" "));
  });

  const copied = (found: Judged): Promise<void> => trying(async () => {
    const { arguments: values, test, question } = found.computation;
    const source = claims.find((claim) => claim.id === found.id);
    const said: string[] = [];
    const draft = await draftFrom({
      id: freeId(`my-${found.id}`.slice(0, 28), taken()), title: spoken(source ?? {}, "title", found.title), statement: spoken(source ?? {}, "statement", found.statement), who: found.who, place: found.place,
      compute: { question, arguments: values }, test, figure: found.figure.name,
      why_this_test: spoken(source ?? {}, "why_this_test", found.why_this_test), changes_it: spoken(source ?? {}, "changes_it", found.changes_it), judgeable_on: found.judgeable_on,
    }, said);
    await added(draft, "title", false);
    tell(said.join(" "));
  });

  /** The verdict on a draft as it now stands. It is kept only if nobody has changed the draft meanwhile. */
  async function verdictOf(draft: Draft, judge: (asked: Record<string, unknown>) => Promise<Judged>): Promise<{ found: Judged; current: boolean }> {
    const now = async (): Promise<string> => JSON.stringify(documentOf(draft, await questionOf(draft.question)));
    const asked = await now();
    try {
      const found = await judge(JSON.parse(asked));
      const current = asked === (await now());
      if (current) {
        judgedOf.set(draft, found);
        note(draft, found.verdict);
      }
      return { found, current };
    } catch (error) {
      if (asked === (await now())) note(draft, "failed");
      throw error;
    }
  }

  /** Shows a claim of the reader's own: its verdict, if it has one, above the form. */
  async function showOwn(draft: Draft, focus: "heading" | "title" | "none", judge: boolean): Promise<void> {
    void put();
    showing += 1;
    const mine = showing;
    detail.removeAttribute("aria-live");
    const heading = h("h2", { tabindex: "-1" }, draft.title || t("own.untitled"));
    const verdict = h("div", { class: "own-verdict" });
    const line = h("p", { class: "sr", role: "status" });
    const known = judgedOf.get(draft);
    if (known) fill(verdict, card(draft.rest as { ja?: Record<string, string> }, known, "", null));
    fill(detail, heading, line, verdict, h("p", { class: "loading" }, t("state.loading")));

    let asking = 0;
    const judged = async (goThere: boolean): Promise<void> => {
      asking += 1;
      const turn = asking;
      fill(verdict, h("p", { class: "loading" }, t("own.judging")));
      line.textContent = t("own.judging");
      try {
        const { found, current } = await verdictOf(draft, async (asked) => (await ask<Judged>("/claims/judge", asked)).data);
        if (turn !== asking || !isOpen(draft)) return drawList();
        fill(verdict, current ? null : stale(), card(draft.rest as { ja?: Record<string, string> }, found, "", null));
        line.textContent = `${t(`claims.verdict.${found.verdict}`)}. ${t("claims.probability", { p: `${Math.round(found.probability * 100)} %` })}`;
      } catch (error) {
        if (turn !== asking) return drawList();
        if (isOpen(draft)) fill(verdict, errorBox(error, () => void judged(true)));
        line.textContent = "";
      }
      drawList();
      if (goThere && isOpen(draft)) heading.focus();
    };

    const box = await ownForm({
      draft, about: await questions(), questionOf, open: !judge && !known,
      judge: () => void judged(true),
      remove: () => {
        forget(draft);
        const next = entries()[0];
        chosen = next;
        tell(t("own.removed", { title: draft.title || t("own.untitled") }));
        if (next) open(next, true);
        else fill(detail, "");
        void put();
      },
      changed: async () => {
        if (draft.id === "" || taken(draft).has(draft.id.toLowerCase())) draft.id = freeId(draft.id, taken(draft));
        chosen = isOpen(draft) ? entryOf(draft) : chosen;
        heading.textContent = draft.title || t("own.untitled");
        if (judgedOf.delete(draft)) {
          note(draft, null);
          verdict.prepend(stale());
        }
        drawList();
        return put();
      },
    });
    if (mine !== showing) return;
    detail.querySelector(":scope > .loading")?.remove();
    detail.append(box);
    if (focus === "title") box.querySelector<HTMLElement>("[data-own=title]")?.focus();
    if (focus === "heading") heading.focus();
    if (judge && !missing(draft).length) await judged(false);
    else if (judge) (box as HTMLDetailsElement).open = true;
  }

  const stale = (): HTMLElement => h("p", { class: "hint own-stale" }, t("own.stale"));

  function isOpen(draft: Draft): boolean {
    return chosen !== undefined && "draft" in chosen && chosen.draft === draft && page.isConnected;
  }

  drawList();
  if (chosen) await ("draft" in chosen ? showOwn(chosen.draft, "none", !judgedOf.has(chosen.draft)) : show(chosen.row, settings, false));
  const waiting = claims.filter((claim) => !verdicts.has(claim.id));
  const worker = async (): Promise<void> => {
    for (let claim = waiting.shift(); claim; claim = waiting.shift()) {
      if (!page.isConnected) return;
      try {
        verdicts.set(claim.id, (await patiently(`/claims/${encodeURIComponent(claim.id)}`)).verdict);
      } catch {
        verdicts.set(claim.id, "failed");
      }
      if (page.isConnected) drawList();
    }
  };
  void Promise.all(Array.from({ length: AT_ONCE }, worker)).then(async () => {
    for (const draft of drafts.filter((one) => !verdicts.has(one) && !isOpen(one) && !missing(one).length)) {
      if (!page.isConnected) return;
      await verdictOf(draft, (asked) => patiently("/claims/judge", asked)).catch(() => undefined);
      drawList();
    }
  });
}
