/** The reader's own claims while the tab is open: in memory alone, so that going to another page loses none and nothing is left behind. */

import type { Draft } from "./claim_address";
import type { Judged } from "./claim_card";
import { language } from "./i18n";

interface Kept {
  drafts: Draft[];
  /** Answers in the language in which they were given. */
  judged: Map<Draft, Judged>;
  verdicts: Map<Draft, string>;
  /** The one that was open. */
  open: Draft | null;
  language: string;
}

const kept: Kept = { drafts: [], judged: new Map(), verdicts: new Map(), open: null, language: "" };
let shown = false;

/** Marks an address that the claims page has written. */
export const WRITTEN = { leadtime: "claims" };

/** What is kept, and whether it is newer than what the address holds: where this page wrote that address, since the tab was loaded. */
export function keptClaims(): { kept: Kept; newer: boolean } {
  const newer = shown && (window.history.state as typeof WRITTEN | null)?.leadtime === WRITTEN.leadtime;
  shown = true;
  if (kept.language !== language()) kept.judged.clear();
  kept.language = language();
  return { kept, newer };
}

export function forget(draft: Draft): void {
  kept.drafts.splice(kept.drafts.indexOf(draft), 1);
  kept.judged.delete(draft);
  kept.verdicts.delete(draft);
  if (kept.open === draft) kept.open = null;
}
