/** The frame: navigation, language, colours, and which page stands in it. */

import { append, fill, h } from "./dom";
import { errorBox } from "./notice";
import { forgetFigures } from "./charts";
import { LANGUAGES, language, ownName, setLanguage, t } from "./i18n";
import { route } from "./state";
import { simulator } from "./simulator";
import { rulesPage } from "./rules";
import { chipsPage } from "./chips";
import { claimsPage } from "./claims";
import { sourcesPage } from "./sources";

type Page = (main: HTMLElement, query: URLSearchParams) => Promise<void>;
const PAGES: Record<string, Page> = { simulator, rules: rulesPage, chips: chipsPage, claims: claimsPage, sources: sourcesPage };

/** Choices of the reader that are no part of the question; kept in this browser only, if it lets us. */
function remember(key: string, value?: string): string | null {
  try {
    if (value !== undefined) localStorage.setItem(`leadtime.${key}`, value);
    return localStorage.getItem(`leadtime.${key}`);
  } catch {
    return null;
  }
}

let shown = "";
let turn = 0;

function frame(): HTMLElement {
  const app = document.getElementById("app") as HTMLElement;
  const { page } = route();
  const links = Object.keys(PAGES).map((name) =>
    h("a", { href: `#/${name}`, "aria-current": name === (page in PAGES ? page : "simulator") ? "page" : undefined }, t(`nav.${name}`)));
  const theme = document.documentElement.dataset.theme ?? "auto";
  const main = h("main", { id: "main", tabindex: "-1" });
  (document.getElementById("skip") as HTMLElement).textContent = t("nav.skip");
  fill(app,
    h("header", { class: "top" },
      h("a", { class: "brand", href: "#/simulator" }, h("img", { src: "/static/icon.svg", alt: "", width: "26", height: "26" }), h("span", {}, "leadtime")),
      h("nav", { "aria-label": t("nav.label") }, links),
      h("div", { class: "tools" },
        h("label", { class: "sr", for: "language" }, t("nav.language")),
        h("select", { id: "language", onchange: (event: Event) => {
          setLanguage((event.target as HTMLSelectElement).value);
          remember("language", language());
          shown = "";
          void show();
        } }, LANGUAGES.map((name) => h("option", { value: name, selected: language() === name, lang: name }, ownName(name)))),
        h("label", { class: "sr", for: "theme" }, t("nav.theme")),
        h("select", { id: "theme", onchange: (event: Event) => setTheme((event.target as HTMLSelectElement).value) },
          ["auto", "light", "dark"].map((name) => h("option", { value: name, selected: name === theme }, t(`theme.${name}`)))),
      )),
    main,
    h("footer", {}, h("p", {}, t("footer.not")), h("p", { id: "version" })),
  );
  return main;
}

function setTheme(name: string): void {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  remember("theme", name);
}

export async function show(): Promise<void> {
  const { page, query } = route();
  const wanted = query.get("lang");
  if (wanted && LANGUAGES.includes(wanted) && wanted !== language()) {
    setLanguage(wanted);
    shown = "";
  }
  const name = page in PAGES ? page : "simulator";
  if (shown === name && name === "simulator" && document.querySelector("[data-own-address]")) {
    window.dispatchEvent(new CustomEvent("leadtime-address"));
    return;
  }
  const first = shown === "";
  shown = name;
  turn += 1;
  const mine = turn;
  forgetFigures();
  const main = frame();
  document.title = `${t(`nav.${name}`)} – leadtime`;
  if (page !== "" && !(page in PAGES)) append(main, [h("div", { class: "notice", role: "status" }, t("repair.page", { name: page.slice(0, 40) }))]);
  const body = h("div", { class: `page ${name}` }, h("p", { class: "loading", role: "status" }, t("state.loading")));
  main.append(body);
  if (!first) main.focus();
  try {
    await (PAGES[name] as Page)(body, query);
  } catch (error) {
    if (mine === turn) fill(body, errorBox(error, () => { shown = ""; void show(); }));
  }
}

const preferred = [remember("language"), ...navigator.languages.map((name) => name.slice(0, 2))];
setLanguage(preferred.find((name) => name && LANGUAGES.includes(name)) ?? "en");
const theme = remember("theme");
if (theme === "light" || theme === "dark") setTheme(theme);
window.addEventListener("hashchange", () => void show());
window.addEventListener("offline", () => document.body.classList.add("offline"));
window.addEventListener("online", () => document.body.classList.remove("offline"));
void show();
