/** Chips and models: what there is, every value one click from its source; calculators; comparison. */

import { oneOf, writeAddress } from "./address";
import { ask } from "./api";
import { figure, labelsThatFit, Plot, plot } from "./charts";
import { type Child, fill, h, id, labelled, select, table } from "./dom";
import { bytes, full, percent, short } from "./format";
import { has, t } from "./i18n";
import { empty, errorBox, sourceLink } from "./notice";
import { MARKS } from "./panel";

interface ChipRow extends Record<string, unknown> { id: string; name: string; vendor: string | null; family: string | null; sources: Record<string, string> }
interface ModelRow { id: string; name: string; developer: string | null; release_date: string | null; params_total: number; params_active: number; mixture_of_experts: boolean; attention: string; kv_cache_byte_per_token: number; forward_flop_per_token: number; sources: string[] }

const LARGEST_FILE_BYTE = 200_000;
const TABS = ["table", "scatter", "compare", "models", "train", "infer"];
const COLUMNS: [string, string, boolean][] = [
  ["name", "chips.name", false], ["vendor", "chips.vendor", false], ["release_date", "chips.date", false], ["status", "chips.status", false], ["tpp", "chips.tpp", true], ["performance_density", "chips.density", true],
  ["memory_byte", "chips.memory", true], ["memory_bandwidth_gb_s", "chips.bandwidth", true], ["power_w", "chips.power", true], ["h100e_training_ratio", "chips.training", true], ["h100e_decode_ratio", "chips.decode", true],
];
const NUMBERS = COLUMNS.filter(([, , right]) => right).map(([name]) => name);
/** Quantities that rules and datasheets write out. */
const WRITTEN_OUT = new Set(["tpp", "memory_bandwidth_gb_s", "power_w", "die_area_mm2", "non_planar_die_area_mm2", "launch_price_usd", "scale_up_domain"]);
const word = (group: string, name: string): string => (has(`${group}.${name}`) ? t(`${group}.${name}`) : name);
const cell = (value: unknown, name = ""): string => (name === "status" ? word("chips.status", String(value)) : typeof value === "boolean" ? t(value ? "rules.yes" : "rules.no") : typeof value === "number" && WRITTEN_OUT.has(name) ? full(value) : /_byte(_per_s)?$/.test(name) && typeof value === "number" ? `${bytes(value)}${name.endsWith("_per_s") ? "/s" : ""}` : typeof value === "number" ? short(value) : value === null || value === undefined ? "–" : String(value));

export async function chipsPage(page: HTMLElement, query: URLSearchParams): Promise<void> {
  const [chips, models] = await Promise.all([ask<{ chips: ChipRow[] }>("/chips"), ask<{ models: ModelRow[] }>("/models")]);
  if (!page.isConnected) return; // the reader has gone on: the address is no longer of this page
  const repairs: string[] = [];
  let tab = oneOf(query.get("tab"), TABS, repairs, (value, used) => t("repair.range", { name: "tab", value, used }));
  const given = new URLSearchParams(query);
  const body = h("div", { role: "tabpanel", id: id("panel"), tabindex: "-1" });
  const chipList = h("datalist", { id: "chip-names" }, chips.data.chips.map((chip) => h("option", { value: chip.name })));
  const modelList = h("datalist", { id: "model-names" }, models.data.models.map((model) => h("option", { value: model.id })));
  const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": t("chips.title") });

  function drawTabs(): void {
    fill(tabs, TABS.map((name) => h("button", {
      type: "button", role: "tab", id: `tab-${name}`, "aria-selected": String(name === tab), "aria-controls": body.id, tabindex: name === tab ? "0" : "-1",
      onclick: () => { tab = name; show(); },
      onkeydown: (event: KeyboardEvent) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        tab = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length] as string;
        show();
        document.getElementById(`tab-${tab}`)?.focus();
      },
    }, t(`chips.tab.${name}`))));
    body.setAttribute("aria-labelledby", `tab-${tab}`);
  }
  /** The last question of the page; an older one that is answered late is not shown. */
  let turn = 0;
  const note = (values: Record<string, string | null>): void => writeAddress({ tab: tab === "table" ? null : tab, ...values });

  function show(): void {
    drawTabs();
    fill(body);
    const pages: Record<string, () => void> = { table: chipTable, scatter, compare, models: modelTable, train, infer };
    pages[tab]?.();
  }

  function chipTable(): void {
    let key = given.get("sort") ?? "release_date";
    if (!COLUMNS.some(([name]) => name === key)) key = "release_date";
    const find = h("input", { type: "search", value: given.get("find") ?? "" });
    const list = h("div", {});
    const detail = h("section", { class: "panel", hidden: true, "aria-live": "polite" });
    const draw = (): void => {
      const text = find.value.trim().toLowerCase();
      const rows = chips.data.chips.filter((chip) => `${chip.name} ${chip.id} ${chip.vendor ?? ""} ${chip.family ?? ""}`.toLowerCase().includes(text));
      const numeric = NUMBERS.includes(key);
      rows.sort((one, other) => {
        const [a, b] = [one[key], other[key]];
        if (a === b) return 0;
        if (a === null || a === undefined) return 1;
        if (b === null || b === undefined) return -1;
        if (numeric) return (b as number) - (a as number);
        return key === "release_date" ? String(b).localeCompare(String(a)) : String(a).localeCompare(String(b));
      });
      note({ find: text || null, sort: key === "release_date" ? null : key, chip: given.get("chip") });
      if (!rows.length) { fill(list, empty(t("chips.none"))); return; }
      const whole = table(t("chips.count", { n: rows.length, all: chips.data.chips.length }), COLUMNS.map(([, title, right]) => ({ title: t(title), right })),
        rows.map((chip) => COLUMNS.map(([name]): Child => {
          if (name === "name") return h("button", { type: "button", class: "link", "aria-label": t("chips.show", { name: chip.name }), onclick: () => void open(chip.id, true) }, chip.name);
          const source = chip.sources[name];
          return source ? h("a", { href: `#/sources?id=${encodeURIComponent(source)}`, class: "value", title: t("source.of", { id: source }) }, cell(chip[name], name)) : cell(chip[name], name);
        })));
      fill(list, whole);
    };
    const open = async (chip: string, focus: boolean): Promise<void> => {
      turn += 1;
      const mine = turn;
      given.set("chip", chip);
      note({ find: find.value.trim() || null, sort: key === "release_date" ? null : key, chip });
      detail.hidden = false;
      try {
        const { data } = await ask<Record<string, unknown> & { name: string; sources: Record<string, string>; notes: Record<string, string>; methods: Record<string, string>; warnings: string[] }>(`/chips/${encodeURIComponent(chip)}`);
        if (mine !== turn) return;
        const skip = new Set(["sources", "notes", "methods", "warnings", "missing", "missing_by_figure", "disputed", "matched_from", "match_note", "id"]);
        const rows = Object.entries(data).filter(([name, value]) => !skip.has(name) && (value === null || typeof value !== "object"));
        const heading = h("h2", { tabindex: "-1" }, t("chips.datasheet", { name: data.name }));
        fill(detail, heading, data.warnings.map((text) => h("p", { class: "hint" }, text)),
          table(t("chips.datasheet", { name: data.name }), [{ title: t("chips.field") }, { title: t("chips.value"), right: true }, { title: t("chips.source") }],
            rows.map(([name, value]) => [word("field", name), value === null ? t("chips.unknown") : cell(value, name), sourceLink(data.sources[name]) ?? (value === null ? "" : t("chips.derived"))]), true));
        if (focus) { heading.focus(); detail.scrollIntoView({ block: "start" }); }
      } catch (error) {
        if (mine === turn) fill(detail, errorBox(error));
      }
    };
    find.addEventListener("input", draw);
    fill(body, h("div", { class: "inline" }, labelled(t("chips.find"), find, t("chips.find_hint")),
      labelled(t("chips.sort_by"), select(COLUMNS.map(([name, title]) => [name, t(title)]), key, (value) => { key = value; draw(); }))), list, detail);
    draw();
    const wanted = given.get("chip");
    if (wanted) void open(wanted, false);
  }

  function scatter(): void {
    let x = NUMBERS.includes(given.get("x") ?? "") ? given.get("x") as string : "h100e_training_ratio";
    let y = NUMBERS.includes(given.get("y") ?? "") ? given.get("y") as string : "h100e_decode_ratio";
    const box = h("section", { class: "panel" });
    const title = (name: string): string => t(COLUMNS.find(([one]) => one === name)?.[1] ?? name);
    const draw = (): void => {
      given.set("x", x);
      given.set("y", y);
      note({ x, y });
      const rows = chips.data.chips.filter((chip) => Number(chip[x]) > 0 && Number(chip[y]) > 0).map((chip) => ({ label: chip.name.replace(/ ?\(.*$/, ""), x: chip[x] as number, y: chip[y] as number, vendor: chip.vendor }));
      const top = [...rows].sort((one, other) => other.y - one.y)[0];
      if (!top) { fill(box, empty(t("chips.none"))); return; }
      const finding = t("chips.scatter_finding", { n: rows.length, top: top.label });
      const margins = { left: 60, right: 60, top: 34, bottom: 40 };
      const high = (width: number): number => Math.min(560, Math.max(340, width * 0.6));
      const ends = (values: number[]): [number, number] => [Math.min(...values), Math.max(...values)];
      const chart = figure({
        key: "scatter", title: finding, caption: t("chips.scatter_caption"),
        draw: (width) => plot({
          width, height: high(width), marginLeft: margins.left, marginRight: margins.right, marginBottom: margins.bottom, marginTop: margins.top, ariaLabel: finding,
          x: { type: "log", label: title(x), grid: true, ticks: 5, tickFormat: (value: number) => (Number(value.toPrecision(1)) === value ? short(value, 1) : "") },
          y: { type: "log", label: title(y), grid: true, ticks: 5, tickFormat: (value: number) => (Number(value.toPrecision(1)) === value ? short(value, 1) : "") },
          marks: [
            Plot.dot(rows, { x: "x", y: "y", r: 4, fill: (row: { vendor: string }) => (row.vendor === "NVIDIA" ? "var(--mine)" : "var(--base)"), fillOpacity: 0.75, title: "label" }),
            Plot.text(labelsThatFit(rows, { width, height: high(width), margins, x: ends(rows.map((row) => row.x)), y: ends(rows.map((row) => row.y)) }), { x: "x", y: "y", text: "label", dy: -9, fontSize: 11, fill: "var(--ink)", stroke: "var(--card)", strokeWidth: 3 }),
          ],
        }),
        columns: [{ title: t("chips.name") }, { title: title(x), right: true }, { title: title(y), right: true }],
        rows: rows.map((row) => [row.label, Number(row.x.toPrecision(4)), Number(row.y.toPrecision(4))]),
      });
      if (chart.parentElement !== box) fill(box, chart);
    };
    const axes = NUMBERS.map((name): [string, string] => [name, title(name)]);
    fill(body, h("div", { class: "inline" }, labelled(t("chips.x"), select(axes, x, (value) => { x = value; draw(); })), labelled(t("chips.y"), select(axes, y, (value) => { y = value; draw(); }))), box);
    draw();
  }

  function compare(): void {
    const box = h("input", { type: "text", value: given.get("chips") ?? "h100, h20, 910c", autocomplete: "off" });
    const result = h("section", { class: "panel", "aria-live": "polite" });
    const run = async (): Promise<void> => {
      turn += 1;
      const mine = turn;
      const names = box.value.split(",").map((name) => name.trim()).filter(Boolean).slice(0, 6);
      given.set("chips", names.join(", "));
      note({ chips: names.join(", ") });
      try {
        const where = new URLSearchParams(names.map((name) => ["chip", name]));
        const { data } = await ask<{ chips: ChipRow[]; ratios: Record<string, (number | null)[]> }>(`/chips/compare?${where}`);
        if (mine !== turn) return;
        const first = data.chips[0] as ChipRow;
        const fields = ["release_date", "status", "tpp", "performance_density", "bf16_dense_flop_per_s", "fp8_dense_flop_per_s", "memory_byte", "memory_bandwidth_gb_s", "scale_up_byte_per_s", "scale_up_domain", "power_w", "launch_price_usd", "h100e_training_ratio", "h100e_decode_ratio"];
        fill(result, h("h2", {}, t("chips.compare_finding", { names: data.chips.map((chip) => chip.name).join(", ") })),
          table(t("chips.compare_finding", { names: data.chips.map((chip) => chip.name).join(", ") }), [{ title: t("chips.field") }, ...data.chips.map((chip) => ({ title: chip.name, right: true }))],
            fields.map((name) => [word("field", name), ...data.chips.map((chip, place): Child => {
              const ratio = data.ratios[name]?.[place];
              return [sourced(cell(chip[name], name), chip.sources[name]), place > 0 && ratio ? h("small", { class: "hint" }, ` ${t("chips.relative", { name: "" })}${short(ratio)}`) : null];
            })]), true), h("p", { class: "hint" }, t("chips.relative", { name: first.name })));
      } catch (error) {
        if (mine === turn) fill(result, errorBox(error));
      }
    };
    fill(body, h("form", { class: "inline", onsubmit: (event: Event) => { event.preventDefault(); void run(); } }, labelled(t("chips.tab.compare"), box, t("chips.compare_hint")), h("button", { class: "main", type: "submit" }, t("chips.compare_button"))), result);
    void run();
  }

  const sourced = (text: string, source: string | undefined): Child => (source ? h("a", { href: `#/sources?id=${encodeURIComponent(source)}`, class: "value", title: t("source.of", { id: source }) }, text) : text);

  function modelTable(): void {
    const find = h("input", { type: "search", value: given.get("find") ?? "" });
    const list = h("div", {});
    const draw = (): void => {
      const text = find.value.trim().toLowerCase();
      note({ find: text || null });
      const rows = models.data.models.filter((model) => `${model.name} ${model.id} ${model.developer ?? ""}`.toLowerCase().includes(text));
      if (!rows.length) { fill(list, empty(t("chips.none"))); return; }
      fill(list, table(t("models.count", { n: rows.length, all: models.data.models.length }), [{ title: t("models.name") }, { title: t("models.developer") }, { title: t("chips.date") }, { title: t("models.total"), right: true }, { title: t("models.active"), right: true }, { title: t("models.kv"), right: true }, { title: t("models.flop"), right: true }, { title: t("models.attention") }, { title: t("chips.source") }],
        rows.map((model) => [model.name, model.developer ?? "", model.release_date ?? "", short(model.params_total), model.mixture_of_experts ? short(model.params_active) : "", short(model.kv_cache_byte_per_token / 1e3), short(model.forward_flop_per_token / 1e9), model.attention, model.sources.map((one) => [sourceLink(one), " "])])), h("p", { class: "hint" }, t("models.context")));
    };
    find.addEventListener("input", draw);
    fill(body, labelled(t("chips.find"), find, t("models.find_hint")), list);
    draw();
  }

  interface Front { chip: string; points: { tpot_s: number; tokens_per_s_per_user: number; decode_tok_s_per_chip: number; batch: number; parallelism: string }[] }
  type Answer = Record<string, unknown> & { feasible: boolean; infeasible_reason: string | null; intervals: Record<string, { low: number; high: number }>; breakdown_s: Record<string, number>; assumed: string[]; notes: string[]; chip: string; model: string; n_chips: number };

  function field(key: string, initial: string, props: Record<string, unknown> = {}): HTMLInputElement {
    return h("input", { type: "text", value: given.get(key) ?? initial, autocomplete: "off", "data-key": key, ...props });
  }

  function numberOf(box: HTMLInputElement, name: string, optional = false): number | null {
    const text = box.value.trim().replaceAll(",", "");
    if (optional && text === "") return null;
    const value = Number(text);
    if (text === "" || !Number.isFinite(value)) throw new RangeError(t("calc.number", { name }));
    return value;
  }

  function results(answer: Answer, finding: string, names: string[], sources: string[]): Child[] {
    if (!answer.feasible) return [h("h2", {}, t("calc.infeasible", { why: answer.infeasible_reason ?? "" })), h("p", { class: "hint" }, t("calc.assumed", { what: answer.assumed.join("; ") }))];
    const value = (name: string): unknown => name.split(".").reduce<unknown>((inside, step) => (inside as Record<string, unknown> | null)?.[step], answer);
    const shown = (name: string, one: unknown): string => (typeof one !== "number" ? "–" : name.includes("_byte") ? bytes(one) : name.endsWith("_frac") ? percent(one) : name.includes("usd") ? `$${short(one)}` : short(one));
    const parts = Object.entries(answer.breakdown_s).filter(([, seconds]) => seconds > 0).sort((one, other) => other[1] - one[1]).slice(0, 9).map(([name, seconds]) => ({ name: word("term", name), seconds }));
    const total = Object.values(answer.breakdown_s).reduce((sum, seconds) => sum + Math.max(0, seconds), 0);
    const most = parts[0];
    const title = most ? t("calc.breakdown_finding", { name: most.name, share: percent(most.seconds / total) }) : "";
    return [
      h("h2", {}, finding),
      table(finding, [{ title: t("calc.quantity") }, { title: t("calc.estimate"), right: true }, { title: t("calc.interval") }],
        names.map((name) => [t(`calc.${name}`), shown(name, value(name)), answer.intervals[name] ? t("range", { low: shown(name, answer.intervals[name]?.low), high: shown(name, answer.intervals[name]?.high) }) : ""]), true),
      most ? figure({
        key: `breakdown-${names[0]}`, title, caption: t("calc.breakdown"),
        draw: (width) => plot({ width, height: 54 + 26 * parts.length, marginBottom: 42, marginLeft: Math.min(150, width * 0.4), ariaLabel: title, x: { label: t("calc.seconds"), grid: true, ticks: 4 }, y: { label: null, domain: parts.map((part) => part.name) }, marks: [Plot.barX(parts, { x: "seconds", y: "name", fill: "var(--mine)", insetTop: 2, insetBottom: 2 }), Plot.ruleX([0], { stroke: "var(--ink)" })] }),
        columns: [{ title: t("calc.quantity") }, { title: t("calc.seconds"), right: true }], rows: parts.map((part) => [part.name, Number(part.seconds.toPrecision(4))]),
      }) : null,
      h("p", { class: "hint" }, answer.assumed.length ? t("calc.assumed", { what: answer.assumed.join("; ") }) : "", " ", answer.notes.join(" "), " ", t("calc.sources"), " ", sources.slice(0, 12).map((one) => [sourceLink(one), " "])),
    ];
  }

  type Described = string | Record<string, unknown>;

  /** A model or a chip by name, or from a file of the reader's; a file stays in this page and is no part of the address. */
  function fromFile(name: HTMLInputElement, label: string, help: string): { element: HTMLElement; value: () => Described } {
    let opened: Record<string, unknown> | null = null;
    const said = h("small", { role: "status" });
    const forget = (): void => { opened = null; said.textContent = ""; };
    const file = h("input", { type: "file", accept: "application/json,.json", id: id("file"), onchange: async () => {
      forget();
      const chosen = file.files?.[0];
      if (!chosen) return;
      try {
        if (chosen.size > LARGEST_FILE_BYTE) throw new SyntaxError(t("calc.file_large"));
        const read: unknown = JSON.parse(await chosen.text());
        if (read === null || typeof read !== "object" || Array.isArray(read)) throw new SyntaxError(t("calc.file_object"));
        opened = read as Record<string, unknown>;
        said.textContent = t("calc.file_used", { name: chosen.name });
      } catch (error) {
        said.textContent = t("calc.file_bad", { name: chosen.name, why: (error as Error).message });
      }
    } });
    name.addEventListener("input", () => { forget(); file.value = ""; });
    return { element: h("details", { class: "own-file" }, h("summary", {}, label), labelled(label, file, help), said), value: () => opened ?? name.value };
  }

  const PRECISIONS: [string, string][] = [["", t("calc.auto")], ["bf16", "bf16"], ["fp8", "fp8"], ["fp4", "fp4"], ["int8", "int8"]];

  function train(): void {
    const model = field("model", "deepseek-v3", { list: "model-names" });
    const chip = field("chip", "H800", { list: "chip-names" });
    const n = field("n", "2048", { inputmode: "numeric" });
    const tokens = field("tokens", "14.8", { inputmode: "decimal" });
    const seq = field("seq", "4096", { inputmode: "numeric" });
    const ownModel = fromFile(model, t("calc.model_file"), t("calc.model_file_hint"));
    const ownChip = fromFile(chip, t("calc.chip_file"), t("calc.chip_file_hint"));
    let precision = given.get("precision") ?? "fp8";
    const result = h("section", { class: "panel", "aria-live": "polite" });
    const run = async (): Promise<void> => {
      turn += 1;
      const mine = turn;
      note({ model: model.value, chip: chip.value, n: n.value, tokens: tokens.value, seq: seq.value, precision });
      result.classList.add("working");
      try {
        const asked = { model: ownModel.value(), chip: ownChip.value(), n_chips: numberOf(n, t("calc.n_chips")), tokens: (numberOf(tokens, t("calc.tokens")) ?? 0) * 1e12, seq_len: numberOf(seq, t("calc.seq")), precision: precision || "bf16" };
        const { data, meta } = await ask<Answer>("/train", asked);
        if (mine !== turn) return;
        const cost = (data.cost_usd as Record<string, number> | undefined)?.rental;
        fill(result, results(data, t("calc.train_finding", { model: data.model, n: data.n_chips.toLocaleString(), chip: data.chip, days: short(data.wall_days as number), cost: cost ? `$${short(cost)}` : "–" }), ["step_time_s", "tokens_per_s_per_chip", "mfu_frac", "gpu_hours", "wall_days", "cost_usd.rental", "cost_usd.ownership", "energy_j", "memory_byte_per_chip"], meta.sources));
      } catch (error) {
        if (mine === turn) fill(result, errorBox(error));
      }
      if (mine === turn) result.classList.remove("working");
    };
    fill(body, h("form", { class: "panel", onsubmit: (event: Event) => { event.preventDefault(); void run(); } }, h("div", { class: "form" },
      labelled(t("calc.model"), model), labelled(t("calc.chip"), chip), labelled(t("calc.n_chips"), n), labelled(t("calc.tokens"), tokens), labelled(t("calc.seq"), seq), labelled(t("calc.precision"), select(PRECISIONS.slice(1), precision, (value) => { precision = value; }))), ownModel.element, ownChip.element, h("button", { class: "main", type: "submit" }, t("calc.run"))), result);
    void run();
  }

  function infer(): void {
    const model = field("model", "deepseek-v3", { list: "model-names" });
    const chip = field("chip", "H20", { list: "chip-names" });
    const n = field("n", "8", { inputmode: "numeric" });
    const input = field("in", "2048", { inputmode: "numeric" });
    const output = field("out", "512", { inputmode: "numeric" });
    const tpot = field("tpot", "", { inputmode: "decimal" });
    const users = field("users", "", { inputmode: "numeric" });
    const perDay = field("per_day", "", { inputmode: "numeric" });
    const others = field("others", "");
    const ownModel = fromFile(model, t("calc.model_file"), t("calc.model_file_hint"));
    const ownChip = fromFile(chip, t("calc.chip_file"), t("calc.chip_file_hint"));
    let precision = given.get("precision") ?? "";
    const result = h("section", { class: "panel", "aria-live": "polite" });
    const front = h("section", { class: "panel" });
    const run = async (): Promise<void> => {
      turn += 1;
      const mine = turn;
      note({ model: model.value, chip: chip.value, n: n.value, in: input.value, out: output.value, tpot: tpot.value, users: users.value, per_day: perDay.value, others: others.value, precision });
      try {
        const asked = { model: ownModel.value(), chip: ownChip.value(), n_chips: numberOf(n, t("calc.n_chips"), true), input_len: numberOf(input, t("calc.input")), output_len: numberOf(output, t("calc.output")), tpot_ms: numberOf(tpot, t("calc.tpot"), true), users: numberOf(users, t("calc.users"), true), tokens_per_user_day: numberOf(perDay, t("calc.per_day"), true), precision: precision || null };
        const { data, meta } = await ask<Answer>("/infer", asked);
        if (mine !== turn) return;
        const demand = data.demand as { users: number; n_chips: number; usd_per_year: number } | null;
        fill(result, results(data, t("calc.infer_finding", { model: data.model, n: data.n_chips, chip: data.chip, rate: short(data.decode_tok_s_per_chip as number), cost: `$${short(data.usd_per_mtok as number)}` }), ["prefill_tok_s_per_chip", "decode_tok_s_per_chip", "ttft_s", "tpot_s", "batch", "memory_byte_per_chip", "usd_per_mtok", "joule_per_tok"], meta.sources),
          demand ? h("p", {}, h("strong", {}, t("calc.demand", { users: short(demand.users), n: short(demand.n_chips), cost: `$${short(demand.usd_per_year)}` }))) : null);
        await pareto(mine, asked.model, asked.chip, data.n_chips, asked.input_len as number, asked.output_len as number);
      } catch (error) {
        if (mine !== turn) return;
        fill(result, errorBox(error));
        fill(front);
      }
    };
    /** Throughput against latency, for the chip and those beside it. */
    const pareto = async (mine: number, modelAsked: Described, chipAsked: Described, chipsUsed: number, inLen: number, outLen: number): Promise<void> => {
      try {
        const names = others.value.split(",").map((one) => one.trim()).filter(Boolean).slice(0, MARKS.length);
        const fronts = await Promise.all([chipAsked, ...names].map((one) => ask<Front>("/pareto", { model: modelAsked, chip: one, n_chips: Math.min(4096, chipsUsed || 8), input_len: inLen, output_len: outLen, precision: precision || null })));
        if (mine !== turn) return;
        const drawn = fronts.map(({ data }, place) => ({ chip: data.chip, mark: place ? MARKS[place - 1] as string : "mine", points: data.points.filter((point) => Number.isFinite(point.decode_tok_s_per_chip)) }));
        const points = drawn[0]?.points ?? [];
        const fast = points[0];
        const slow = points.at(-1);
        if (!fast || !slow) { fill(front, h("h2", {}, t("calc.pareto")), empty(t("calc.pareto_none"))); return; }
        const title = t("calc.pareto_finding", { chip: drawn[0]?.chip ?? "", fast: short(fast.tokens_per_s_per_user), low: short(fast.decode_tok_s_per_chip), slow: short(slow.tokens_per_s_per_user), high: short(slow.decode_tok_s_per_chip) });
        const colour = (mark: string): string => `var(--${mark})`;
        const chart = figure({
          key: "pareto", title, caption: t("calc.pareto_caption", { n: chipsUsed }),
          legend: drawn.length > 1 ? drawn.map((one) => ({ text: one.points.length ? one.chip : t("calc.pareto_misfit", { chip: one.chip }), mark: one.mark === "mine" ? "m-mine" : one.mark })) : undefined,
          draw: (width) => plot({ width, height: 300, marginLeft: 60, marginBottom: 40, marginTop: 28, ariaLabel: title, x: { label: t("calc.per_user"), grid: true, zero: true }, y: { label: t("calc.per_chip"), grid: true, zero: true, tickFormat: (value: number) => short(value, 2) }, marks: drawn.flatMap((one) => [Plot.lineY(one.points, { x: "tokens_per_s_per_user", y: "decode_tok_s_per_chip", stroke: colour(one.mark) }), Plot.dot(one.points, { x: "tokens_per_s_per_user", y: "decode_tok_s_per_chip", fill: colour(one.mark), r: 4, title: "parallelism" })]) }),
          columns: [{ title: t("calc.chip") }, { title: t("calc.per_user"), right: true }, { title: t("calc.per_chip"), right: true }, { title: t("calc.batch"), right: true }, { title: t("calc.layout") }],
          rows: drawn.flatMap((one) => one.points.map((point) => [one.chip, Number(point.tokens_per_s_per_user.toPrecision(4)), Number(point.decode_tok_s_per_chip.toPrecision(4)), point.batch, point.parallelism])),
        });
        if (chart.parentElement !== front) fill(front, h("h2", {}, t("calc.pareto")), chart);
      } catch (error) {
        if (mine === turn) fill(front, h("h2", {}, t("calc.pareto")), errorBox(error));
      }
    };
    fill(body, h("form", { class: "panel", onsubmit: (event: Event) => { event.preventDefault(); void run(); } }, h("div", { class: "form" },
      labelled(t("calc.model"), model), labelled(t("calc.chip"), chip), labelled(t("calc.n_chips"), n, t("calc.n_chips_hint")), labelled(t("calc.input"), input), labelled(t("calc.output"), output), labelled(t("calc.precision"), select(PRECISIONS, precision, (value) => { precision = value; })), labelled(t("calc.tpot"), tpot, t("calc.optional")), labelled(t("calc.users"), users, t("calc.optional")), labelled(t("calc.per_day"), perDay, t("calc.optional")), labelled(t("calc.others"), others, t("calc.others_hint", { most: MARKS.length }))), ownModel.element, ownChip.element, h("button", { class: "main", type: "submit" }, t("calc.run"))), result, front);
    void run();
  }

  fill(page, h("h1", {}, t("chips.title")),
    repairs.length ? h("div", { class: "notice", role: "status" }, h("p", {}, t("repair.title")), h("ul", {}, repairs.map((text) => h("li", {}, text)))) : null,
    tabs, chipList, modelList, body);
  show();
}
