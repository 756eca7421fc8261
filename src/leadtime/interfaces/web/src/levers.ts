/** How the levers of the model are shown: groups, where a slider rests, named levels. Names, ranges and meanings come from the server. */

export interface LeverRow {
  name: string;
  description: string;
  kind: string;
  low: number | null;
  high: number | null;
  over_time: boolean;
  /** Scenarios that set it, with their values by first day ("" for all of the time) and their sources. */
  set_by: { scenario: string; steps: Record<string, number | string | boolean | null>; sources: string[] }[];
}

export interface Shown {
  name: string;
  /** Part of the range that the slider covers; the number beside it takes all of it. */
  from: number;
  to: number;
  step: number;
  /** Where the slider stands while the lever is not set. */
  rest: number;
  /** Values that have a name in the language files. */
  levels: number[];
}

const share = (name: string, rest: number, levels = [0, 0.5, 1]): Shown => ({ name, from: 0, to: 1, step: 0.01, rest, levels });
const factor = (name: string, to = 4, levels = [0.5, 1, 2]): Shown => ({ name, from: 0, to, step: 0.05, rest: 1, levels });
const months = (name: string): Shown => ({ name, from: -12, to: 36, step: 1, rest: 0, levels: [0, 6, 12] });

/** Policies: what somebody decides. */
export const POLICIES: [string, Shown[]][] = [
  ["rules", [share("on_sale.frontier", 0), share("on_sale.b30a", 0), share("on_sale.h200", 0), share("on_sale.h20", 1), share("on_sale.h800", 1), share("on_sale.a800", 1), share("region_caps.gulf", 1), share("region_caps.sea", 1), share("region_caps.other", 1), share("region_caps.allies", 1)]],
  ["enforcement", [share("enforcement", 0, [0, 0.4, 0.8, 1])]],
  ["sales", [
    ...["h200", "b30a", "h20", "h800", "a800"].flatMap((chip) => [
      { name: `sales_caps.${chip}.chips_per_year`, from: 0, to: 3_000_000, step: 50_000, rest: 0, levels: [0, 500_000, 1_000_000] },
      { name: `sales_caps.${chip}.share_of_us_sales`, from: 0, to: 2, step: 0.05, rest: 0.5, levels: [0, 0.5, 1] },
    ]),
    { name: "sales_caps.h200.chips_per_customer_per_year", from: 0, to: 300_000, step: 5_000, rest: 75_000, levels: [0, 75_000, 200_000] },
    { name: "sales_caps.b30a.chips_per_customer_per_year", from: 0, to: 300_000, step: 5_000, rest: 75_000, levels: [0, 75_000, 200_000] },
    share("fee", 0, [0, 0.15, 0.25]),
    share("import_permission", 1),
  ]],
  ["domestic", [share("hbm_imports", 1), share("foundry_dies", 1)]],
  ["cloud", [share("offshore_cloud", 1)]],
  ["algorithms", [months("publication_delay_months"), months("release_delay_us_months")]],
];
/** Assumptions: what nobody decides, or nobody here. */
export const ASSUMPTIONS: [string, Shown[]][] = [
  ["allocation", [factor("budget"), { name: "revenue_loop", from: 0, to: 2, step: 0.05, rest: 0, levels: [0, 0.5, 1] }, share("stockpile", 0)]],
  ["domestic_plans", [factor("domestic_production")]],
  ["power", [{ name: "power_gw", from: 0, to: 300, step: 5, rest: 300, levels: [50, 100, 200] }]],
  ["leakage", [factor("leakage", 4, [0, 1, 2])]],
  ["diffusion", [{ name: "spillover", from: 0, to: 2, step: 0.05, rest: 1, levels: [0, 1, 2] }, months("release_delay_prc_months")]],
];
/** Levers without a number, by group. */
const SWITCHES: Record<string, string[]> = { rules: ["controls"], algorithms: ["open_weights_us"], diffusion: ["open_weights_prc", "synthetic_data"] };
export const switchesOf = (group: string): string[] => SWITCHES[group] ?? [];

export const ASSUMED = new Set(ASSUMPTIONS.flatMap(([group, shown]) => [...shown.map((one) => one.name), ...switchesOf(group)]));

/** Changes of the rules that have a switch of their own; any other one can be written into a scenario file. */
export const MOVES = ["start.letter-2025", "start.h200-2026", "enforce.diffusion-2025"];
