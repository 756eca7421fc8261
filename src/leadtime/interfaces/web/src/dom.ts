/** Small helpers over the DOM: no framework, no markup from strings. */

export type Child = Node | string | number | null | undefined | false | Child[];
type Props = Record<string, unknown>;

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on") && typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (name === "class") element.className = String(value);
    else if (["value", "checked", "selected", "disabled", "open", "textContent", "indeterminate"].includes(name)) (element as unknown as Props)[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

export function append(parent: Element | DocumentFragment, children: Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(parent, child);
    else parent.append(child instanceof Node ? child : String(child));
  }
}

export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

let counter = 0;
export function id(prefix: string): string {
  counter += 1;
  return `${prefix}-${counter}`;
}

export interface Column {
  title: string;
  right?: boolean;
  /** Never broken into lines. */
  tight?: boolean;
}

/** A table that scrolls in itself where the screen is narrow. */
export function table(caption: string, columns: Column[], rows: Child[][], hidden = false): HTMLElement {
  const body = h("table", {},
    h("caption", { class: hidden ? "sr" : undefined }, caption),
    h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col", class: column.right ? "right" : undefined }, column.title)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, place) =>
      place === 0 ? h("th", { scope: "row" }, cell) : h("td", { class: columns[place]?.right ? "right" : columns[place]?.tight ? "tight" : undefined }, cell))))),
  );
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, body);
}

export function labelled(text: string, control: HTMLElement, help?: string, spoken?: string): HTMLElement {
  control.id ||= id("field");
  const about = help ? h("small", { id: id("help"), lang: spoken }, help) : null;
  if (about) control.setAttribute("aria-describedby", about.id);
  return h("div", { class: "field" }, h("label", { for: control.id }, text), control, about);
}

export function select(options: [string, string][], value: string, change: (value: string) => void): HTMLSelectElement {
  const box = h("select", { onchange: () => change(box.value) }, options.map(([key, text]) => h("option", { value: key, selected: key === value }, text)));
  return box;
}

export function download(name: string, type: string, content: string): void {
  downloadFile(name, new Blob([content], { type }));
}

export function downloadFile(name: string, file: Blob): void {
  const address = URL.createObjectURL(file);
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

export function csv(columns: string[], rows: unknown[][]): string {
  const cell = (value: unknown): string => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";
}
