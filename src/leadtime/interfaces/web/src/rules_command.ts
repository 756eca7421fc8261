/** How a reader repeats a determination outside the page: the command, and the spec file of what is described. */

import { type Child, download, h } from "./dom";
import { t } from "./i18n";
import { yaml } from "./state";

export interface Asked {
  item: string | Record<string, unknown>; to: string; on: string; hq: string | null; posture: string; certified: boolean;
  origin?: string; consignee?: string; end_use?: string; owned_by?: { name: string; share_frac: number | string | null }[]; quantity?: number;
  us_content_frac?: number; direct_product?: boolean; bills: string[];
}

const SPEC = "item.yaml";

/** A word of a shell's command line, in quotes where it needs them. */
const word = (text: string): string => (/^[\w.,:/@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

export function commandOf(asked: Asked): string {
  const words = ["leadtime", "classify", ...(typeof asked.item === "string" ? [asked.item] : ["--spec", SPEC]), "--to", asked.to, "--on", asked.on];
  const add = (name: string, value: string | number | null | undefined): void => { if (value !== null && value !== undefined && value !== "") words.push(name, String(value)); };
  add("--hq", asked.hq);
  add("--from", asked.origin);
  add("--consignee", asked.consignee);
  add("--end-use", asked.end_use);
  for (const owner of asked.owned_by ?? []) add("--owned-by", owner.share_frac === null ? owner.name : `${owner.name}:${owner.share_frac}`);
  add("--quantity", asked.quantity);
  add("--us-content", asked.us_content_frac);
  if (asked.direct_product !== undefined) words.push(asked.direct_product ? "--direct-product" : "--no-direct-product");
  if (asked.certified) words.push("--certified");
  if (asked.posture !== "enforced") words.push("--posture", asked.posture);
  for (const bill of asked.bills) words.push("--amend", bill);
  return words.map(word).join(" ");
}

export function takeAlong(asked: Asked): Child {
  const spec = typeof asked.item === "string" ? null : `${yaml(asked.item).trimStart()}\n`;
  return h("details", { class: "take" }, h("summary", {}, t("rules.take")),
    h("p", {}, t("take.command")), h("pre", { tabindex: "0", "data-command": "" }, h("code", {}, commandOf(asked))),
    spec === null ? null : [
      h("p", {}, t("rules.take_spec", { file: SPEC })), h("pre", { tabindex: "0", "data-spec": "" }, h("code", {}, spec)),
      h("button", { type: "button", onclick: () => download(SPEC, "application/yaml", spec) }, t("rules.take_save"))]);
}
