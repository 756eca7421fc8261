/** Rules: one determination with its trace, the plane on a day, status over time. */

import { isDay, oneOf, writeAddress } from "./address";
import { ask } from "./api";
import { figure, labelsThatFit, Plot, plot } from "./charts";
import { fill, h, id, labelled, select, table } from "./dom";
import { country, full, short, time } from "./format";
import { has, language, t } from "./i18n";
import { empty, errorBox, sourceLink } from "./notice";
import { takeAlong } from "./rules_command";
import { addressOf, fieldsOf, isPositive, KINDS, labelOf, NAMED, specOf, type Values, valuesOf } from "./rules_items";

interface Overlay { id: string; text: string; verified: string | null; citation: string | null }
interface Trace { provision: string; citation: string; test: string; value: unknown; comparison: string; limit: unknown; margin_frac: number | null; holds: boolean | null }
interface Determination {
  item: string; kind: string; on: string; to: string; eccn: string | null; outcome: string; possible_outcomes: string[]; review: string | null; practice: string | null;
  exception: string | null; tpp: number | null; performance_density: number | null; memory_bandwidth_gb_s: number | null; missing: string[]; overlays: Overlay[]; verified_on: string; coverage: string; trace: Trace[];
}
interface Span { since: string; until: string | null; outcome: string; eccn: string | null; review: string | null; events: { rule: string; citation: string; began: string[]; ceased: string[] }[] }
type AxisOf = { type: "log"; label: string; domain: [number, number]; tickFormat: (value: number) => string; ticks: number };
type Box = { outcome: string; review: string | null; eccn: string | null };
interface Plane {
  on: string; to: string; x: string; y: string;
  regions: (Box & { x_from: number; x_to: number; y_from: number; y_to: number })[];
  chips: { id: string; label: string; x: number; y: number; country: string | null; outcome: string; review: string | null }[];
}
interface Matrix { dates: string[]; rows: { chip: string; cells: { on: string; outcome: string; eccn: string | null }[] }[] }

interface Bill { id: string; label: string; status: string; in_force_from: string | null }

const END_USES = ["commercial", "datacenter", "state_funded_datacenter", "research", "military", "supercomputer", "advanced_fab", "wmd", "remote_access"];
const COUNTRIES = ["CN", "HK", "MO", "RU", "AE", "SA", "SG", "MY", "IN", "TW", "JP", "KR", "DE", "GB"];
const QUANTITIES = ["tpp", "performance_density", "memory_bandwidth_gb_s", "interconnect_gb_s"];
const COLOURS: Record<string, string> = { required: "var(--required)", notify: "var(--notify)", not_required: "var(--free)", not_in_force: "var(--free)", unknown: "var(--unknown)" };
/** Kinds of item of which processing performance is said. */
const WITH_TPP = ["chip", "system", "die"];
const FIRST = Date.UTC(2022, 7, 1);
const DAY_MS = 86_400_000;
const YEAR_DAYS = 365;
/** How much farther than the last chip an axis goes. */
const MARGIN = 2;

const outcome = (name: string): string => (has(`rules.outcome.${name}`) ? t(`rules.outcome.${name}`) : name);
const today = (): string => new Date().toISOString().slice(0, 10);

/** The ends of an axis: those of the regions, or farther out where a chip lies there; the outermost regions go on, since no limit follows. */
function reaching(data: Plane, axis: "x" | "y"): { ends: [number, number]; stretch: (box: Plane["regions"][number]) => Plane["regions"][number] } {
  const from = `${axis}_from` as const, to = `${axis}_to` as const;
  const low = Math.min(...data.regions.map((box) => box[from])), high = Math.max(...data.regions.map((box) => box[to]));
  const values = data.chips.map((chip) => chip[axis]);
  const ends: [number, number] = [Math.min(low, ...values.map((value) => value / MARGIN)), Math.max(high, ...values.map((value) => value * MARGIN))];
  return { ends, stretch: (box) => ({ ...box, [from]: box[from] === low ? ends[0] : box[from], [to]: box[to] === high ? ends[1] : box[to] }) };
}

export async function rulesPage(page: HTMLElement, query: URLSearchParams): Promise<void> {
  const [chips, bills] = await Promise.all([ask<{ chips: { id: string; name: string }[] }>("/chips"), ask<{ bills: Bill[] }>("/rules/bills")]);
  if (!page.isConnected) return; // the reader has gone on: the address is no longer of this page
  const repairs: string[] = [];
  const say = (value: string, used: string): string => t("repair.range", { name: "", value, used });
  const state = {
    item: (query.get("item") ?? "h20").slice(0, 120), on: query.get("on") ?? today(), to: query.get("to") ?? "CN", hq: query.get("hq") ?? "",
    posture: oneOf(query.get("posture"), ["enforced", "text"], repairs, say), certified: query.get("certified") === "1",
    from: query.get("from") ?? "", consignee: (query.get("consignee") ?? "").slice(0, 120), use: query.get("use") ?? "",
    owners: (query.get("owners") ?? "").slice(0, 400), quantity: query.get("quantity") ?? "", bills: (query.get("bills") ?? "").split(",").filter(Boolean),
    kind: oneOf(query.get("own") === "1" ? "chip" : query.get("kind"), KINDS, repairs, say), content: query.get("content") ?? "", product: query.get("product") ?? "",
    x: oneOf(query.get("x"), QUANTITIES, repairs, say), y: oneOf(query.get("y"), ["performance_density", ...QUANTITIES], repairs, say),
  };
  if (!isDay(state.on)) {
    repairs.push(t("repair.range", { name: t("rules.on"), value: state.on.slice(0, 40), used: today() }));
    state.on = today();
  }
  if (!/^[A-Za-z]{2}$/.test(state.to)) {
    repairs.push(t("repair.range", { name: t("rules.to"), value: state.to.slice(0, 40), used: "CN" }));
    state.to = "CN";
  }
  if (state.hq && !/^[A-Za-z]{2}$/.test(state.hq)) {
    repairs.push(t("repair.range", { name: t("rules.hq"), value: state.hq.slice(0, 40), used: "–" }));
    state.hq = "";
  }
  const mend = (name: string, value: string, good: boolean, put: () => void): void => {
    if (good) return;
    repairs.push(t("repair.value", { name, value: value.slice(0, 40) }));
    put();
  };
  const isShare = (text: string): boolean => text === "" || (text.trim() !== "" && Number(text) >= 0 && Number(text) <= 1);
  mend(t("rules.exporter"), state.from, state.from === "" || /^[A-Za-z]{2}$/.test(state.from), () => { state.from = ""; });
  mend(t("rules.end_use"), state.use, state.use === "" || END_USES.includes(state.use), () => { state.use = ""; });
  mend(t("rules.quantity"), state.quantity, isPositive(state.quantity), () => { state.quantity = ""; });
  mend(t("rules.f.us_content_frac"), state.content, isShare(state.content), () => { state.content = ""; });
  mend(t("rules.f.direct_product"), state.product, ["", "yes", "no"].includes(state.product), () => { state.product = ""; });
  /** What the reader describes, by kind, so that none is lost when another kind is looked at. */
  const described: Record<string, Values> = Object.fromEntries(KINDS.filter((kind) => kind !== NAMED).map((kind) => [kind, valuesOf(kind, kind === state.kind ? query : new URLSearchParams(), (name, value) => mend(name, value, false, () => undefined))]));
  const known = new Set(bills.data.bills.map((bill) => bill.id));
  mend(t("rules.bills"), state.bills.filter((one) => !known.has(one)).join(", "), state.bills.every((one) => known.has(one)), () => { state.bills = state.bills.filter((one) => known.has(one)); });
  if (state.x === state.y) state.y = state.x === "tpp" ? "performance_density" : "tpp";
  const write = (): void => writeAddress({ item: state.item, on: state.on, to: state.to, hq: state.hq, posture: state.posture === "text" ? "text" : null, certified: state.certified ? "1" : null, x: state.x === "tpp" ? null : state.x, y: state.y === "performance_density" ? null : state.y,
    from: state.from, consignee: state.consignee, use: state.use, owners: state.owners, quantity: state.quantity, bills: state.bills.join(","),
    content: state.content, product: state.product, ...(state.kind === NAMED ? {} : { ...(state.kind === "chip" ? { own: "1" } : { kind: state.kind }), ...addressOf(state.kind, described[state.kind] as Values) }) });

  const answer = h("section", { class: "panel", "aria-live": "polite" });
  const course = h("section", { class: "panel" });
  const plane = h("section", { class: "panel" });
  const grid = h("section", { class: "panel" });
  const list = id("chips");
  const item = h("input", { type: "text", list, value: state.item, autocomplete: "off", spellcheck: "false", maxlength: "120" });
  const on = h("input", { type: "date", value: state.on, min: "2022-01-01" });
  const to = h("input", { type: "text", value: state.to, list: `${list}-cc`, maxlength: "2", autocomplete: "off" });
  const hq = h("input", { type: "text", value: state.hq, list: `${list}-cc`, maxlength: "2", placeholder: t("rules.hq_same"), autocomplete: "off" });
  const posture = select([["enforced", t("rules.posture.enforced")], ["text", t("rules.posture.text")]], state.posture, (value) => { state.posture = value; go(); });
  const certified = h("input", { type: "checkbox", id: id("certified"), checked: state.certified, onchange: () => { state.certified = certified.checked; go(); } });
  const text = (value: string, put: (typed: string) => void, more: Record<string, unknown> = {}): HTMLInputElement => {
    const box = h("input", { type: "text", value, autocomplete: "off", spellcheck: "false", maxlength: "120", ...more, onchange: () => put(box.value.trim()) });
    return box;
  };
  const number = (value: string, put: (typed: string) => void, more: Record<string, unknown> = {}): HTMLInputElement => {
    const box = h("input", { type: "number", value, min: "0", step: "any", ...more, onchange: () => put(box.value) });
    return box;
  };
  const share = (value: string, put: (typed: string) => void): HTMLInputElement => number(value, put, { max: "1" });
  const mine = h("fieldset", { class: "own" });
  const named = labelled(t("rules.item"), item, t("rules.item_hint"));
  const drawKind = (): void => {
    named.hidden = state.kind !== NAMED;
    mine.hidden = state.kind === NAMED;
    if (state.kind === NAMED) fill(mine);
    else fill(mine, h("legend", {}, t(`rules.kind.${state.kind}`)), h("div", { class: "form" }, fieldsOf(state.kind, described[state.kind] as Values)), h("p", { class: "hint" }, t("rules.own_note")));
  };
  const kind = select(KINDS.map((one) => [one, t(`rules.kind.${one}`)]), state.kind, (value) => { state.kind = value; drawKind(); });
  drawKind();
  const kindBox = labelled(t("rules.kind"), kind);
  kindBox.classList.add("wide");
  const buyer = h("details", { class: "buyer", open: Boolean(state.from || state.consignee || state.use || state.owners || state.quantity || state.content || state.product || state.bills.length) }, h("summary", {}, t("rules.more"), " ", h("small", { class: "hint" }, t("rules.more_what"))),
    h("div", { class: "form" },
      labelled(t("rules.exporter"), text(state.from, (typed) => { state.from = typed.toUpperCase(); }, { maxlength: "2", list: `${list}-cc`, placeholder: "US" })),
      labelled(t("rules.consignee"), text(state.consignee, (typed) => { state.consignee = typed; }, { placeholder: "SMIC" })),
      labelled(t("rules.end_use"), select([["", "–"], ...END_USES.map((one): [string, string] => [one, t(`rules.use.${one}`)])], state.use, (value) => { state.use = value; })),
      labelled(t("rules.owners"), text(state.owners, (typed) => { state.owners = typed; }, { placeholder: "SMIC:0.5", maxlength: "400" }), t("rules.owners_hint")),
      labelled(t("rules.quantity"), number(state.quantity, (typed) => { state.quantity = typed; }), t("rules.quantity_hint")),
    ),
    h("fieldset", { class: "own" }, h("legend", {}, t("rules.abroad")),
      h("p", { class: "hint" }, t("rules.abroad_hint")),
      h("div", { class: "form" },
        labelled(t("rules.f.us_content_frac"), share(state.content, (typed) => { state.content = typed; }), t("rules.hint.us_content_frac")),
        labelled(t("rules.f.direct_product"), select([["", t("rules.open")], ["yes", t("rules.yes")], ["no", t("rules.no")]], state.product, (value) => { state.product = value; }), t("rules.hint.direct_product")))),
    h("fieldset", { class: "own" }, h("legend", {}, t("rules.bills")),
      h("p", { class: "hint" }, t("rules.bills_hint"), " ", t("rules.bills_reach")),
      bills.data.bills.map((bill) => {
        const box = h("input", { type: "checkbox", id: id("bill"), checked: state.bills.includes(bill.id), onchange: () => { state.bills = box.checked ? [...state.bills, bill.id] : state.bills.filter((one) => one !== bill.id); } });
        return h("div", { class: "check" }, box, h("label", { for: box.id }, bill.label, " ", h("small", {}, h("span", { lang: "en" }, bill.status), bill.in_force_from ? ` · ${t("rules.bill_from", { on: bill.in_force_from })}` : null)));
      })));
  const form = h("form", { onsubmit: (event: Event) => { event.preventDefault(); take(); go(); } },
    h("div", { class: "form" },
      kindBox, named, labelled(t("rules.on"), on), labelled(t("rules.to"), to), labelled(t("rules.hq"), hq), labelled(t("rules.posture"), posture)),
    mine, buyer,
    h("div", { class: "check" }, certified, h("label", { for: certified.id }, t("rules.certified"))),
    h("button", { class: "main", type: "submit" }, t("rules.ask")),
    h("datalist", { id: list }, chips.data.chips.map((chip) => h("option", { value: chip.name }))),
    h("datalist", { id: `${list}-cc` }, COUNTRIES.map((code) => h("option", { value: code }))));

  function take(): void {
    state.item = item.value.trim();
    if (isDay(on.value)) state.on = on.value;
    state.to = to.value.trim().toUpperCase() || "CN";
    state.hq = hq.value.trim().toUpperCase();
    day.value = String(daysOf(state.on));
  }

  const daysOf = (text: string): number => Math.round((Date.parse(`${text}T00:00:00Z`) - FIRST) / DAY_MS);
  const dayAt = (place: number): string => new Date(FIRST + place * DAY_MS).toISOString().slice(0, 10);
  const taken = (): Bill[] => bills.data.bills.filter((bill) => state.bills.includes(bill.id));
  /** The last day that the slider and the course show: today, or a year into the bills taken as law. */
  const reach = (): number => Math.max(daysOf(today()), daysOf(state.on), ...taken().map((bill) => (bill.in_force_from ? daysOf(bill.in_force_from) + YEAR_DAYS : 0)));
  /** The sentence that a caption needs where bills are taken as law. */
  const withBills = (caption: string): string => (state.bills.length ? `${caption} ${t("rules.taken", { bills: taken().map((bill) => (bill.in_force_from ? t("rules.taken_from", { bill: bill.label, on: bill.in_force_from }) : bill.label)).join(t("rules.and")) })}` : caption);
  const day = h("input", { type: "range", min: "0", max: String(reach()), step: "1", value: String(daysOf(state.on)) });
  const dayText = h("output", {}, state.on);
  let turn = 0;
  let timer = 0;
  day.addEventListener("input", () => {
    state.on = dayAt(Number(day.value));
    dayText.textContent = state.on;
    day.setAttribute("aria-valuetext", state.on);
    on.value = state.on;
    void drawPlane();
    clearTimeout(timer);
    timer = window.setTimeout(() => { write(); void determine(); }, 250);
  });

  fill(page,
    h("h1", {}, t("rules.title")),
    repairs.length ? h("div", { class: "notice", role: "status" }, h("p", {}, t("repair.title")), h("ul", {}, repairs.map((text) => h("li", {}, text)))) : null,
    h("section", { class: "panel" }, form), answer, plane, course, grid);

  const owners = (): { name: string; share_frac: number | string | null }[] => state.owners.split(";").map((one) => one.trim()).filter(Boolean).map((one) => {
    const [name = "", share] = one.split(":", 2);
    const typed = share?.trim() ?? "";
    const value = Number(typed);
    return { name: name.trim(), share_frac: typed === "" ? null : Number.isFinite(value) ? value : typed }; // the server says what is wrong
  });
  const transaction = () => ({
    to: state.to, hq: state.hq || null, posture: state.posture, certified: state.certified,
    ...(state.from ? { origin: state.from } : {}), ...(state.consignee ? { consignee: state.consignee } : {}), ...(state.use ? { end_use: state.use } : {}),
    ...(state.owners ? { owned_by: owners() } : {}), ...(state.quantity ? { quantity: Math.round(Number(state.quantity)) } : {}),
    ...(state.content ? { us_content_frac: Number(state.content) } : {}), ...(state.product ? { direct_product: state.product === "yes" } : {}), bills: state.bills,
  });
  const asked = () => ({ item: state.kind === NAMED ? state.item : specOf(state.kind, described[state.kind] as Values), ...transaction() });

  async function determine(): Promise<void> {
    turn += 1;
    const mine = turn;
    const question = { ...asked(), on: state.on };
    try {
      const found = await ask<Determination>("/classify", question);
      if (mine !== turn) return;
      const data = found.data;
      const holds = (value: boolean | null): string => (value === null ? t("rules.open") : value ? t("rules.yes") : t("rules.no"));
      const value = (one: unknown): string => (typeof one === "number" ? full(one) : one === null || one === undefined ? t("rules.open") : typeof one === "boolean" ? holds(one) : String(one));
      const several = data.possible_outcomes.length > 1 ? ` (${data.possible_outcomes.map(outcome).join(" / ")})` : "";
      const policy = data.review ? t(`rules.review.${data.review}`) : data.outcome === "required" ? t("rules.review.none") : "–";
      fill(answer,
        h("div", { class: `outcome ${data.outcome}` }, h("h2", {}, t("rules.finding", { item: data.item, to: country(data.to), on: data.on, outcome: outcome(data.outcome) }) + several)),
        h("dl", {},
          [[t("rules.entry"), data.eccn ?? "–"], [t("rules.policy"), policy], [t("rules.exception"), data.exception ?? "–"], ...(WITH_TPP.includes(data.kind) ? [[t("rules.tpp"), data.tpp === null ? "–" : full(data.tpp)], [t("rules.density"), data.performance_density === null ? "–" : short(data.performance_density, 3)], [t("rules.bandwidth"), data.memory_bandwidth_gb_s === null ? "–" : full(data.memory_bandwidth_gb_s)]] : []),
            ...(data.missing.length ? [[t("rules.missing"), data.missing.map(labelOf).join(t("rules.and"))]] : [])].map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])),
        data.overlays.length ? [h("h3", {}, t("rules.remarks")), h("ul", {}, data.overlays.map((one) => h("li", {}, language() === "en" ? h("strong", {}, `${one.id}: `) : null, one.text, one.verified ? ` [${has(`rules.verified.${one.verified}`) ? t(`rules.verified.${one.verified}`) : one.verified}]` : "", one.citation ? h("span", { class: "hint", lang: "en" }, ` ${one.citation}`) : null)))] : null,
        h("details", { open: true, class: "trace" }, h("summary", {}, t("rules.trace")),
          table(t("rules.trace"), [{ title: t("rules.provision") }, { title: t("rules.test") }, { title: t("rules.value"), right: true }, { title: t("rules.limit"), right: true }, { title: t("rules.margin"), right: true }, { title: t("rules.holds"), tight: true }, { title: t("rules.citation") }],
            data.trace.map((row) => [row.provision, row.test, value(row.value), `${has(`rules.compare.${row.comparison}`) ? t(`rules.compare.${row.comparison}`) : row.comparison} ${value(row.limit)}`.trim(), row.margin_frac === null ? "" : t("unit.percent", { n: `${row.margin_frac > 0 ? "+" : ""}${(row.margin_frac * 100).toFixed(1)}`.replace("-", "−") }), holds(row.holds), h("span", { lang: "en" }, row.citation)]), true)),
        h("p", { class: "hint" }, data.coverage, " ", t("rules.not_advice", { on: data.verified_on }), " ", found.meta.sources.slice(0, 10).map((one) => [sourceLink(one), " "])),
        takeAlong(question));
    } catch (error) {
      if (mine === turn) fill(answer, errorBox(error, () => void determine()));
    }
  }

  let courseTurn = 0;
  async function drawCourse(): Promise<void> {
    courseTurn += 1;
    const mine = courseTurn;
    try {
      const { data } = await ask<{ item: string; spans: Span[] }>("/rules/timeline", asked());
      if (mine !== courseTurn) return;
      const end = dayAt(reach());
      const rows = data.spans.map((span) => ({ ...span, from: time(span.since), to: time(span.until ?? end), name: outcome(span.outcome) }));
      const changes = Math.max(0, rows.length - 1);
      const title = t("rules.timeline_finding", { item: data.item, n: changes });
      const chart = figure({
        key: "timeline", title, caption: withBills(t("rules.timeline_caption")),
        draw: (width) => plot({
          width, height: 90, marginLeft: 22, ariaLabel: title, x: { type: "utc", label: null, ticks: width < 420 ? 4 : 8 }, y: { axis: null },
          marks: [
            Plot.rectX(rows, { x1: "from", x2: "to", y1: 0, y2: 1, fill: (row: Span) => COLOURS[row.outcome], insetRight: 1, title: (row: { name: string; since: string }) => `${row.since}: ${row.name}` }),
            Plot.ruleX([time(state.on)], { stroke: "var(--ink)", strokeWidth: 2 }),
          ],
        }),
        columns: [{ title: t("rules.from") }, { title: t("rules.until") }, { title: t("rules.status") }, { title: t("rules.entry") }, { title: t("rules.event") }],
        rows: data.spans.map((span) => [span.since, span.until ?? t("rules.still"), outcome(span.outcome), span.eccn ?? "", span.events.map((event) => (language() === "en" ? event.citation || event.rule : event.rule || event.citation)).join("; ")]),
      });
      if (chart.parentElement !== course) fill(course, h("h2", {}, t("rules.timeline")), legend(), chart);
    } catch (error) {
      if (mine === courseTurn) fill(course, h("h2", {}, t("rules.timeline")), errorBox(error));
    }
  }

  const legend = (withMild = false): HTMLElement => h("ul", { class: "legend" },
    [["required", "required"], ...(withMild ? [["mild", "mild"]] : []), ["notify", "notify"], ["free", "not_required"], ["unknown", "unknown"]].map(([colour, name]) => h("li", {}, h("i", { class: `k-${colour}` }), name === "mild" ? t("rules.mild") : outcome(name as string))));
  /** A licence is needed, and an application has a chance. */
  const mild = (box: Box): boolean => box.outcome === "required" && ["case_by_case", "presumption_of_approval"].includes(box.review ?? "");

  let planeTurn = 0;
  async function drawPlane(): Promise<void> {
    planeTurn += 1;
    const mine = planeTurn;
    const caption = withBills(t("rules.plane_caption"));
    try {
      const { data } = await ask<Plane>("/rules/plane", { ...transaction(), on: state.on, x: state.x, y: state.y });
      if (mine !== planeTurn) return;
      const caught = data.chips.filter((point) => ["required", "notify"].includes(point.outcome)).length;
      const title = t("rules.plane_finding", { on: data.on, n: caught, all: data.chips.length, to: country(data.to) });
      const axes = (["x", "y"] as const).map((axis) => reaching(data, axis));
      const [x, y] = axes.map(({ ends }, place) => ({ type: "log" as const, label: t(`rules.q.${place ? data.y : data.x}`), domain: ends, tickFormat: (value: number) => (Number(value.toPrecision(1)) === value ? short(value, 1) : ""), ticks: 4 })) as [AxisOf, AxisOf];
      const regions = axes.reduce((boxes, { stretch }) => boxes.map(stretch), data.regions);
      const points = data.chips.map((point) => ({ ...point, label: point.label.replace(/ ?\(.*$/, "") }));
      const margins = { left: 60, right: 14, top: 28, bottom: 40 };
      const high = (width: number): number => Math.min(460, Math.max(320, width * 0.6));
      const chart = figure({
        key: "plane", title, caption,
        draw: (width) => plot({
          width, height: high(width), marginLeft: margins.left, marginRight: margins.right, marginBottom: margins.bottom, marginTop: margins.top, ariaLabel: title, x, y,
          marks: [
            Plot.rect(regions, { x1: "x_from", x2: "x_to", y1: "y_from", y2: "y_to", fill: (box: Box) => COLOURS[box.outcome], fillOpacity: (box: Box) => (mild(box) ? 0.2 : 0.45), stroke: "var(--card)", title: (box: Box) => [outcome(box.outcome), box.review ? t(`rules.review.${box.review}`) : "", box.eccn ?? ""].filter(Boolean).join(" · ") }),
            state.kind === "chip" ? Plot.dot([{ at: Number(described.chip?.[data.x]), up: Number(described.chip?.[data.y]) }].filter((one) => one.at > 0 && one.up > 0), { x: "at", y: "up", r: 7, fill: "var(--mine)", stroke: "var(--card)", strokeWidth: 2, title: () => t("rules.name.chip") }) : null,
            Plot.dot(data.chips, { x: "x", y: "y", r: 4, fill: "var(--ink)", stroke: "var(--card)", title: "label" }),
            Plot.text(labelsThatFit(points, { width, height: high(width), margins, x: x.domain, y: y.domain }), { x: "x", y: "y", text: "label", dy: -9, fontSize: 11, fill: "var(--ink)", stroke: "var(--card)", strokeWidth: 3, clip: true }),
          ],
        }),
        columns: [{ title: t("rules.item") }, { title: t(`rules.q.${data.x}`), right: true }, { title: t(`rules.q.${data.y}`), right: true }, { title: t("rules.status") }],
        rows: data.chips.map((point) => [point.label, Number(point.x.toPrecision(4)), Number(point.y.toPrecision(3)), outcome(point.outcome)]),
      });
      if (chart.parentElement !== plane) {
        fill(plane, h("h2", {}, t("rules.plane")),
          h("div", { class: "inline" },
            h("div", { class: "field", "data-day": "" }, h("label", { for: (day.id ||= id("day")) }, t("rules.day"), t("colon"), dayText), day),
            labelled(t("rules.x"), select(QUANTITIES.map((name) => [name, t(`rules.q.${name}`)]), state.x, (value) => { state.x = value; if (value === state.y) state.y = value === "tpp" ? "performance_density" : "tpp"; write(); fill(plane); void drawPlane(); })),
            labelled(t("rules.y"), select(QUANTITIES.filter((name) => name !== state.x).map((name) => [name, t(`rules.q.${name}`)]), state.y, (value) => { state.y = value; write(); void drawPlane(); }))),
          legend(), chart);
      }
      (plane.querySelector(".legend") as HTMLElement).replaceWith(legend(data.regions.some(mild)));
      dayText.textContent = state.on;
    } catch (error) {
      if (mine === planeTurn) fill(plane, h("h2", {}, t("rules.plane")), errorBox(error));
    }
  }

  let gridTurn = 0;
  async function drawGrid(): Promise<void> {
    gridTurn += 1;
    const mine = gridTurn;
    try {
      const where = new URLSearchParams({ to: state.to, posture: state.posture, certified: String(state.certified), ...(state.hq ? { hq: state.hq } : {}) });
      for (const bill of state.bills) where.append("bill", bill);
      const { data } = await ask<Matrix>(`/rules/matrix?${where}`);
      if (mine !== gridTurn) return;
      grid.classList.add("matrix");
      fill(grid, h("h2", {}, t("rules.matrix")), legend(), h("p", { class: "hint" }, withBills(t("rules.matrix_caption", { to: country(state.to) }))),
        table(t("rules.matrix"), [{ title: t("rules.item") }, ...data.dates.map((one) => ({ title: one }))], data.rows.map((row) => [row.chip, ...row.cells.map((cell) => h("span", { class: "cell" }, h("i", { class: `k-${{ required: "required", notify: "notify", unknown: "unknown" }[cell.outcome] ?? "free"}` }), " ", t(`rules.short.${cell.outcome}`)))]), true));
    } catch (error) {
      if (mine === gridTurn) fill(grid, h("h2", {}, t("rules.matrix")), errorBox(error));
    }
  }

  function go(): void {
    write();
    day.max = String(reach());
    day.value = String(daysOf(state.on));
    if (!state.item && state.kind === NAMED) { turn += 1; fill(answer, empty(t("rules.item_hint"))); return; }
    void determine();
    void drawPlane();
    void drawCourse();
    void drawGrid();
  }
  go();
}
