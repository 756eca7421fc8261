/** Figures from finished numbers: an SVG, its finding as title, a table beside it, downloads. */

import { areaY, barX, dot, lineY, plot as draw, type PlotOptions, rect, rectX, ruleX, ruleY, text } from "@observablehq/plot";
import { type Child, type Column, csv, download, h, id, table } from "./dom";
import { t } from "./i18n";

export interface FigureParts {
  key: string;
  title: string;
  caption: string;
  draw: (width: number) => SVGElement | HTMLElement;
  columns: Column[];
  rows: (string | number)[][];
  extra?: Child;
  /** Takes the whole width of its row. */
  wide?: boolean;
}

const drawn = new Map<string, { box: HTMLElement; draw: (width: number) => SVGElement | HTMLElement; width: number }>();

const watcher = new ResizeObserver((entries) => {
  for (const entry of entries) {
    const key = (entry.target as HTMLElement).dataset.key ?? "";
    const known = drawn.get(key);
    const width = Math.floor(entry.contentRect.width);
    if (known && width > 40 && Math.abs(width - known.width) > 2) put(known, width);
  }
});

function put(figure: { box: HTMLElement; draw: (width: number) => SVGElement | HTMLElement; width: number }, width: number): void {
  figure.width = width;
  const picture = figure.draw(width);
  for (const style of picture.querySelectorAll("style")) style.remove(); // the content policy forbids styles inside; style.css has them
  picture.setAttribute("role", "img"); // one picture with one name; its parts have no roles of their own
  for (const part of picture.querySelectorAll("[aria-label], [aria-description]")) {
    part.removeAttribute("aria-label");
    part.removeAttribute("aria-description");
  }
  figure.box.replaceChildren(picture);
}

/** Returns a figure; one with the same key is redrawn in place so that focus and open tables stay. */
export function figure(parts: FigureParts): HTMLElement {
  const old = drawn.get(parts.key);
  if (old?.box.isConnected) {
    const whole = old.box.closest("figure") as HTMLElement;
    (whole.querySelector("[data-title]") as HTMLElement).textContent = parts.title;
    (whole.querySelector("[data-caption]") as HTMLElement).textContent = parts.caption;
    (whole.querySelector("[data-table]") as HTMLElement).replaceChildren(table(parts.title, parts.columns, parts.rows, true));
    (whole as HTMLElement & { parts?: FigureParts }).parts = parts;
    old.draw = parts.draw;
    put(old, old.width);
    return whole;
  }
  const box = h("div", { class: "chart", "data-key": parts.key });
  const heading = h("h3", { "data-title": "", id: id("figure") }, parts.title);
  const whole: HTMLElement & { parts?: FigureParts } = h("figure", { class: parts.wide ? "wide" : undefined, "aria-labelledby": heading.id },
    heading,
    parts.extra ?? null,
    box,
    h("figcaption", { "data-caption": "" }, parts.caption),
    h("div", { class: "figure-tools" },
      h("details", {}, h("summary", {}, t("figure.table")), h("div", { "data-table": "" }, table(parts.title, parts.columns, parts.rows, true))),
      h("button", { type: "button", class: "quiet", "aria-label": t("figure.svg_of", { what: parts.key }), onclick: () => saveSvg(whole) }, "SVG"),
      h("button", { type: "button", class: "quiet", "aria-label": t("figure.csv_of", { what: parts.key }), onclick: () => saveCsv(whole) }, "CSV"),
    ),
  );
  whole.parts = parts;
  const entry = { box, draw: parts.draw, width: 0 };
  drawn.set(parts.key, entry);
  watcher.observe(box);
  return whole;
}

export function forgetFigures(): void {
  for (const { box } of drawn.values()) watcher.unobserve(box);
  drawn.clear();
}

function saveCsv(whole: HTMLElement & { parts?: FigureParts }): void {
  const parts = whole.parts;
  if (parts) download(`leadtime-${parts.key}.csv`, "text/csv", csv(parts.columns.map((column) => column.title), parts.rows));
}

function saveSvg(whole: HTMLElement & { parts?: FigureParts }): void {
  const picture = whole.querySelector("svg");
  if (!picture || !whole.parts) return;
  const copy = picture.cloneNode(true) as SVGSVGElement;
  const seen = [picture, ...picture.querySelectorAll<SVGElement>("*")];
  [copy, ...copy.querySelectorAll<SVGElement>("*")].forEach((element, place) => {
    const style = getComputedStyle(seen[place] as Element);
    for (const name of ["fill", "stroke", "color"]) {
      if (element.hasAttribute(name) || name === "color") element.setAttribute(name, style.getPropertyValue(name));
    }
  });
  const bounds = picture.viewBox.baseVal;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("font-family", "sans-serif");
  copy.setAttribute("font-size", "12");
  copy.setAttribute("viewBox", `0 -28 ${bounds.width} ${bounds.height + 28}`);
  copy.setAttribute("height", String(bounds.height + 28));
  const title = document.createElementNS("http://www.w3.org/2000/svg", "text");
  title.setAttribute("y", "-12");
  title.setAttribute("font-weight", "bold");
  title.textContent = whole.parts.title;
  copy.prepend(title);
  download(`leadtime-${whole.parts.key}.svg`, "image/svg+xml", new XMLSerializer().serializeToString(copy));
}

const BASE = { marginLeft: 52, marginRight: 14, marginTop: 18, marginBottom: 28 };

export function plot(options: PlotOptions): SVGElement | HTMLElement {
  return draw({ ...BASE, ...options, style: undefined }) as SVGElement | HTMLElement;
}

/** The marks that pages use; named one by one so that the bundle holds no others. */
export const Plot = { areaY, barX, dot, lineY, rect, rectX, ruleX, ruleY, text };
