/** What is said where something is missing or went wrong. */

import { Failure } from "./api";
import { h } from "./dom";
import { language, t } from "./i18n";

export function errorBox(error: unknown, again?: () => void): HTMLElement {
  const failure = error instanceof Failure ? error : null;
  const offline = failure?.code === "offline";
  const text = offline ? t("state.offline") : failure ? failure.sentence : t("state.error", { what: String((error as Error).message) });
  return h("div", { class: "notice bad", role: "alert" },
    h("p", {}, h("strong", {}, offline ? t("state.offline_title") : t("state.error_title")), " ", failure?.untranslated && !offline && language() !== "en" ? [t("state.said"), " ", h("span", { lang: "en" }, text)] : text),
    again ? h("button", { type: "button", onclick: again }, t("state.again")) : null);
}

export function empty(text: string): HTMLElement {
  return h("p", { class: "empty" }, text);
}

/** Links from a value to its source. */
export function sourceLink(source: string | undefined | null): HTMLElement | null {
  return source ? h("a", { class: "source", href: `#/sources?id=${encodeURIComponent(source)}`, title: t("source.of", { id: source }) }, source) : null;
}
