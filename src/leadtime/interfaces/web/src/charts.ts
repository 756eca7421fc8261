/** Figures from finished numbers: an SVG, its finding as title, a table beside it, downloads. */

import { areaY, barX, dot, lineY, plot as draw, type PlotOptions, rect, rectX, ruleX, ruleY, text } from "@observablehq/plot";
import { type Child, type Column, csv, download, downloadFile, fill, h, id, table } from "./dom";
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
  /** Names of lines, where ends of lines would stand on each other. */
  legend?: { text: string; mark: string }[];
}

type Whole = HTMLElement & { parts?: FigureParts };

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
    const whole = old.box.closest("figure") as Whole;
    whole.parts = parts;
    old.draw = parts.draw;
    say(whole, parts);
    if (old.width > 0) put(old, old.width);
    return whole;
  }
  const box = h("div", { class: "chart", "data-key": parts.key });
  const heading = h("h3", { "data-title": "", id: id("figure") }, parts.title);
  const whole: Whole = h("figure", { class: parts.wide ? "wide" : undefined, "data-figure": parts.key, "aria-labelledby": heading.id },
    heading,
    parts.extra ?? null,
    h("ul", { class: "legend", "data-legend": "" }),
    box,
    h("figcaption", { "data-caption": "" }),
    h("div", { class: "figure-tools" },
      h("details", { ontoggle: () => say(whole, whole.parts as FigureParts) }, h("summary", { onclick: () => tabulate(whole) }, t("figure.table")), h("div", { "data-table": "" })),
      h("button", { type: "button", class: "quiet", "aria-label": t("figure.svg_of", { what: parts.key }), onclick: () => saveSvg(whole) }, "SVG"),
      h("button", { type: "button", class: "quiet", "aria-label": t("figure.png_of", { what: parts.key }), onclick: () => void savePng(whole) }, "PNG"),
      h("button", { type: "button", class: "quiet", "aria-label": t("figure.csv_of", { what: parts.key }), onclick: () => saveCsv(whole) }, "CSV"),
    ),
  );
  whole.parts = parts;
  say(whole, parts);
  const entry = { box, draw: parts.draw, width: 0 };
  drawn.set(parts.key, entry);
  watcher.observe(box);
  return whole;
}

/** Put the words of a figure in place; its table only where somebody has opened it. */
function say(whole: Whole, parts: FigureParts): void {
  (whole.querySelector("[data-title]") as HTMLElement).textContent = parts.title;
  (whole.querySelector("[data-caption]") as HTMLElement).textContent = parts.caption;
  const legend = whole.querySelector("[data-legend]") as HTMLElement;
  legend.hidden = !parts.legend?.length;
  fill(legend, (parts.legend ?? []).map((one) => h("li", {}, h("i", { class: one.mark }), one.text)));
  if (whole.querySelector<HTMLDetailsElement>(".figure-tools details")?.open) tabulate(whole);
}

function tabulate(whole: Whole): void {
  const { title, columns, rows } = whole.parts as FigureParts;
  fill(whole.querySelector("[data-table]") as HTMLElement, table(title, columns, rows, true));
}

export function forgetFigures(): void {
  for (const { box } of drawn.values()) watcher.unobserve(box);
  drawn.clear();
}

function saveCsv(whole: Whole): void {
  const parts = whole.parts;
  if (parts) download(`leadtime-${parts.key}.csv`, "text/csv", csv(parts.columns.map((column) => column.title), parts.rows));
}

const LINE = 17;
const INHERITED = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "opacity", "font-size", "font-weight", "text-anchor"];

/** The picture with its title, caption and version, independent of this page's styles. */
function standing(whole: Whole): SVGSVGElement | null {
  const picture = whole.querySelector<SVGSVGElement>(".chart svg");
  const parts = whole.parts;
  if (!picture || !parts) return null;
  const copy = picture.cloneNode(true) as SVGSVGElement;
  const seen = [picture, ...picture.querySelectorAll<SVGElement>("*")];
  [copy, ...copy.querySelectorAll<SVGElement>("*")].forEach((element, place) => {
    const style = getComputedStyle(seen[place] as Element);
    for (const name of INHERITED) if (element.hasAttribute(name)) element.setAttribute(name, style.getPropertyValue(name));
    element.setAttribute("color", style.color);
    element.removeAttribute("class");
  });
  const colours = getComputedStyle(whole);
  const { width, height } = picture.viewBox.baseVal;
  const legend = (parts.legend ?? []).map((one) => one.text).join("  ·  ");
  const source = [document.getElementById("version")?.textContent ?? "", location.host].filter(Boolean).join(" · ");
  const above = [...wrapped(parts.title, width, 8.2).map((line) => [line, "bold", "14"]), ...wrapped(legend, width, 6.4).map((line) => [line, "normal", "12"])];
  const below = [...wrapped(parts.caption, width, 6), ...wrapped(source, width, 6)].map((line) => [line, "normal", "11"]);
  const top = above.length * LINE + 8;
  const whole_height = top + height + below.length * LINE + 8;
  const line = ([text, weight, size]: string[], y: number): SVGElement => made("text", { x: "6", y: String(y), "font-weight": weight as string, "font-size": size as string, fill: colours.color, stroke: "none", "text-anchor": "start" }, text);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("font-family", "system-ui, sans-serif");
  copy.setAttribute("font-size", "12");
  copy.setAttribute("viewBox", `0 ${-top} ${width} ${whole_height}`);
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(whole_height));
  copy.prepend(
    made("title", {}, parts.title),
    made("rect", { x: "0", y: String(-top), width: String(width), height: String(whole_height), fill: colours.backgroundColor }),
    ...above.map((text, place) => line(text, -top + 4 + LINE * (place + 0.8))),
    ...below.map((text, place) => line(text, height + LINE * (place + 0.9))),
  );
  return copy;
}

function made(tag: string, attributes: Record<string, string>, text?: string): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Break a text into lines of about a width; letters of Japanese count double and break anywhere. */
function wrapped(text: string, width: number, letter: number): string[] {
  const lines: string[] = [];
  let line = "";
  let length = 0;
  for (const word of text.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+/g) ?? []) {
    const size = [...word].reduce((sum, one) => sum + (one > "\u2e7f" ? 1.8 : 1), 0) * letter;
    if (line && length + size > width - 12) {
      lines.push(line.trimEnd());
      line = "";
      length = 0;
    }
    line += word;
    length += size;
  }
  return line.trim() ? [...lines, line.trimEnd()] : lines;
}

/** A label that fits into a width, cut where it does not. */
export function shortened(text: string, width: number, letter = 6.4): string {
  return wrapped(text, width, letter).length > 1 ? `${[...fitting(text, width - 2 * letter, letter)].join("").trimEnd()}…` : text;
}

function* fitting(text: string, width: number, letter: number): Generator<string> {
  let used = 0;
  for (const one of text) {
    used += (one > "\u2e7f" ? 1.8 : 1) * letter;
    if (used > width - 12) return;
    yield one;
  }
}

function saveSvg(whole: Whole): void {
  const picture = standing(whole);
  if (picture) download(`leadtime-${whole.parts?.key}.svg`, "image/svg+xml", new XMLSerializer().serializeToString(picture));
}

const PIXELS = 2;

async function savePng(whole: Whole): Promise<void> {
  const picture = standing(whole);
  if (!picture) return;
  const address = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(picture)], { type: "image/svg+xml" }));
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = h("canvas", { width: String(Math.ceil(image.width * PIXELS)), height: String(Math.ceil(image.height * PIXELS)) });
  const pen = canvas.getContext("2d");
  pen?.scale(PIXELS, PIXELS);
  pen?.drawImage(image, 0, 0);
  URL.revokeObjectURL(address);
  const file = await new Promise<Blob | null>((done) => { canvas.toBlob(done, "image/png"); });
  if (file) downloadFile(`leadtime-${whole.parts?.key}.png`, file);
}

const BASE = { marginLeft: 60, marginRight: 14, marginTop: 18, marginBottom: 28 };

export function plot(options: PlotOptions): SVGElement | HTMLElement {
  return draw({ ...BASE, ...options, style: undefined }) as SVGElement | HTMLElement;
}

/** Where the points of a plane on two logarithmic axes stand in the picture. */
export interface PlaneFrame {
  width: number;
  height: number;
  margins: { left: number; right: number; top: number; bottom: number };
  x: [number, number];
  y: [number, number];
}

const LETTER = 6.1;
const ABOVE = 9;

/** The points whose labels lie on no other label, on no other point and inside the picture: the largest first. */
export function labelsThatFit<T extends { x: number; y: number; label: string }>(points: T[], frame: PlaneFrame): T[] {
  const { margins } = frame;
  const part = (value: number, [low, high]: [number, number]): number => Math.log10(value / low) / Math.log10(high / low);
  const boxes = points.map((point) => {
    const x = margins.left + part(point.x, frame.x) * (frame.width - margins.left - margins.right);
    const y = frame.height - margins.bottom - part(point.y, frame.y) * (frame.height - margins.top - margins.bottom) - ABOVE;
    const half = (LETTER * point.label.length) / 2 + 2;
    return { point, x, y: y + ABOVE, left: x - half, right: x + half, top: y - 8, bottom: y + 6 };
  });
  const covers = (box: (typeof boxes)[number]): boolean => boxes.some((dot) => dot !== box && dot.x > box.left - 1 && dot.x < box.right + 1 && dot.y > box.top - 1 && dot.y < box.bottom);
  const chosen: typeof boxes = [];
  for (const box of boxes.sort((one, other) => other.point.x * other.point.y - one.point.x * one.point.y)) {
    if (box.left < margins.left - 4 || box.right > frame.width + 2 || box.top < 0 || covers(box)) continue;
    if (chosen.every((other) => box.right < other.left || box.left > other.right || box.bottom < other.top || box.top > other.bottom)) chosen.push(box);
  }
  return chosen.map((box) => box.point);
}

/** The marks that pages use; named one by one so that the bundle holds no others. */
export const Plot = { areaY, barX, dot, lineY, rect, rectX, ruleX, ruleY, text };
