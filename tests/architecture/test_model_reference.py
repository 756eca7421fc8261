"""docs/model.md and docs/estimator.md name what exists, leave nothing out, and the equations of the model give what the code gives."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leadtime import catalog, world
from leadtime.performance import PARAMETERS
from tests.world import policies

ROOT = Path(__file__).parents[2]
DOC = ROOT / "docs" / "model.md"
ESTIMATOR_DOC = ROOT / "docs" / "estimator.md"
SOURCE = ROOT / "src" / "leadtime"
ESTIMATOR = {"measured", "estimator"}
"""Folders of the study floor that cite the equations of the estimator."""

CITED = re.compile(r"equations?\s+((?:\(\d+\)(?:\s*(?:,|and|to|-)\s*)*)+)", re.IGNORECASE)


def text() -> str:
    return DOC.read_text(encoding="utf-8")


def numbers_in(citation: str) -> set[int]:
    """Return the numbers of a citation; ``(19) to (29)`` and ``(19)-(29)`` name all between."""
    found = {int(number) for number in re.findall(r"\((\d+)\)", citation)}
    for first, last in re.findall(r"\((\d+)\)\s*(?:to|-)\s*\((\d+)\)", citation):
        found |= set(range(int(first), int(last) + 1))
    return found


def cited(*, estimator: bool = False) -> dict[int, set[str]]:
    """Return the equations that modules of the model, or of the estimator, cite, and where."""
    found: dict[int, set[str]] = {}
    for floor in ("workloads", "performance", "study") if estimator else ("world", "progress", "study"):
        for path in sorted((SOURCE / floor).rglob("*.py")):
            if floor == "study" and bool(ESTIMATOR & set(path.relative_to(SOURCE).parts)) != estimator:
                continue
            for match in CITED.finditer(path.read_text(encoding="utf-8")):
                for number in numbers_in(match[1]):
                    found.setdefault(number, set()).add(path.relative_to(ROOT).as_posix())
    return found


def headed(doc: Path = DOC) -> list[int]:
    found = re.findall(r"^### \((\d+)\) ", doc.read_text(encoding="utf-8"), re.MULTILINE)
    return [int(number) for number in found]


def section(number: int) -> str:
    """Return the text of one equation, to the next heading."""
    return re.split(r"^#{2,3} ", text().split(f"### ({number}) ", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def names(prefix: str) -> set[str]:
    return set(re.findall(rf"`{prefix}\.([a-z0-9_<>]+)`", text()))


def data() -> world.WorldData:
    return world.world_data(
        history=catalog.table("history"),
        labs=catalog.table("labs"),
        applications=catalog.table("security_applications"),
    )


def test_ranges_of_numbers_are_read() -> None:
    assert numbers_in("(16), (17) and (34) to (36)") == {16, 17, 34, 35, 36}


def test_every_cited_equation_has_a_heading() -> None:
    missing = {number: sorted(where) for number, where in cited().items() if number not in headed()}
    assert not missing, f"docs/model.md lacks equations that docstrings cite: {missing}"


def test_headings_count_once_in_order() -> None:
    numbers = headed()
    assert len(set(numbers)) == len(numbers)
    assert set(numbers) == set(range(1, 39))


def test_every_equation_is_cited_by_the_code_or_names_its_place() -> None:
    for number in sorted(set(headed()) - set(cited())):
        assert re.search(r"`(?:src/leadtime/[\w/]+\.py|run_flop)`", section(number)), (
            f"equation ({number}) is cited by no docstring, and docs/model.md does not say where it is computed"
        )


def test_parameters_named_exist() -> None:
    known = {row["id"] for row in catalog.table("priors")}
    unknown = {name for name in names("priors") if "<" not in name} - known
    assert not unknown, f"docs/model.md names parameters that the table priors lacks: {sorted(unknown)}"


def test_no_parameter_is_left_out() -> None:
    labs = {lab.id for lab in data().labs if lab.role == "developer"}
    named = {name.replace("<lab>", lab) for name in names("priors") for lab in labs}
    missing = {row["id"] for row in catalog.table("priors")} - named
    assert not missing, f"docs/model.md leaves out parameters: {sorted(missing)}"


def test_constants_and_series_named_exist_and_none_is_left_out() -> None:
    rows = catalog.table("history")
    constants = {row["key"] for row in rows if row["series"] == "constant"}
    series = {row["series"] for row in rows} - {"constant"}
    assert names("constant") == constants
    assert names("history") == series


@pytest.mark.parametrize(
    ("number", "literal", "constant"),
    [
        (7, "0.9", "production_limit"), (8, "0.9", "offshore_limit"), (9, "75", "dies_per_wafer"), (10, "8500", "die_price"),
        (11, "2022.25", "leak_ramp_start"), (11, "1.75", "leak_ramp_length"), (11, "0.15", "leak_ramp_floor"),
        (11, "2022.75", "leak_start"), (11, "2026", "enforcement_start"), (12, "0.3", "leak_limit"),
        (17, "2024.7", "reasoning_start"), (17, "2025.16", "serving_reference_date"), (19, "0.3", "leader_share_limit"),
        (19, "0.9", "lab_share_limit"), (20, "989e12", "peak_flop_per_s"), (20, "0.6", "final_run_limit"),
        (24, "2024.25", "catch_up_break"), (24, "0.25", "catch_up_width"), (25, "15", "human_data"),
        (26, "0.25", "spillover_width"), (27, "130", "capability_anchor"), (27, "2024.47", "capability_anchor_date"),
        (27, "2024.25", "capability_break"), (27, "4.5", "frontier_compute_growth"), (32, "2191.5", "quarter_hours"),
        (32, "0.11", "synthetic_cost"), (32, "130", "verification_midpoint"), (32, "10", "verification_width"),
        (34, "430", "tokens_per_h100e_day"), (34, "0.5", "throughput_reference"), (34, "0.55", "utilisation_reference"),
        (34, "2025.16", "serving_reference_date"), (35, "2024.125", "demand_start"), (35, "3", "demand_decay_factor"),
        (36, "0.29", "power_decline"),
    ],
)  # fmt: skip
def test_numbers_in_equations_are_those_of_the_table(number: int, literal: str, constant: str) -> None:
    equations = "".join(re.findall(r"```\n(.*?)```", section(number), re.DOTALL))
    assert re.search(rf"(?<![\d.]){re.escape(literal)}(?![\d.]*\d)", equations), f"({number}) does not show {literal}"
    assert data().constants[constant] == float(literal)


def test_fields_of_the_policy_and_outputs_named_exist() -> None:
    fields = {"policy": world.Policy, "caps": world.Caps, "levers": world.Levers}
    for prefix, kind in fields.items():
        known = set(kind.__dataclass_fields__)
        assert names(prefix) <= known, sorted(names(prefix) - known)
        assert known - names(prefix) <= {"name", "open_share", "caps", "levers"}, sorted(known - names(prefix))
    assert names("out") <= set(world.output_table(data()))


@pytest.mark.parametrize("doc", [DOC, ESTIMATOR_DOC], ids=lambda doc: doc.name)
def test_modules_named_exist(doc: Path) -> None:
    paths = set(re.findall(r"`(src/leadtime/[\w/.]+)`", doc.read_text(encoding="utf-8")))
    assert paths
    missing = sorted(path for path in paths if not (ROOT / path).exists())
    assert not missing, f"{doc.name} names what does not exist: {missing}"


def test_every_module_that_cites_an_equation_is_named() -> None:
    missing = {path for places in cited().values() for path in places if f"`{path}`" not in text()}
    assert not missing, f"docs/model.md does not name {sorted(missing)}"


@pytest.mark.parametrize("doc", [DOC, ESTIMATOR_DOC], ids=lambda doc: doc.name)
def test_links_lead_somewhere(doc: Path) -> None:
    links = set(re.findall(r"\]\(([\w./-]+\.md)\)", doc.read_text(encoding="utf-8")))
    assert links
    missing = sorted(link for link in links if not (doc.parent / link).is_file())
    assert not missing, f"{doc.name} links to {missing}"


def test_equations_of_the_estimator_stand_in_its_reference() -> None:
    assert set(cited(estimator=True)) <= set(headed(ESTIMATOR_DOC))
    assert headed(ESTIMATOR_DOC) == list(range(1, 42))
    assert set(range(1, 42)) == set(cited(estimator=True)), "an equation of docs/estimator.md is cited by no docstring"


def test_efficiencies_named_exist_and_none_is_left_out() -> None:
    named = set(re.findall(r"\beff\.([a-z0-9_]+)", ESTIMATOR_DOC.read_text(encoding="utf-8")))
    assert named == set(PARAMETERS)


# One draw, walked with the equations as docs/model.md states them: plain numbers, loops over quarters, nothing of the code but its inputs.


def sg(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def clip(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


class Walk:
    """The equations of docs/model.md for one draw ``p`` under the policy ``q``."""

    def __init__(self, p: dict[str, float], q: world.Policy, d: world.WorldData) -> None:
        self.p, self.q, self.d, self.c = p, q, d, d.constants
        self.out: dict[str, list[float]] = {}

    def keep(self, **values: float) -> None:
        for name, value in values.items():
            self.out.setdefault(name, []).append(float(value))

    def known_quarters(self, totals: Any) -> list[float]:
        """(4)."""
        years, found = sorted(totals), []
        for year in years:
            low, high = totals.get(year - 1), totals.get(year + 1)
            ratio = (high or totals[year]) / (low or totals[year])
            growth = ratio ** (1 / 2) if low and high else ratio
            weights = [growth ** (k / 4) for k in range(4)]
            found += [totals[year] * w / sum(weights) for w in weights]
        return found

    def supply(self) -> None:
        """(4) and (5)."""
        p, d = self.p, self.d
        scale, custom_scale = math.exp(p["merchant_history_error"]), math.exp(p["custom_history_error"])
        f = [scale * part for part in self.known_quarters(d.merchant)]
        fc = [custom_scale * part for part in self.known_quarters(d.custom)]
        price = [d.price[year] for year in sorted(d.price) for _ in range(4)]
        for i in range(len(f), 44):
            n = i // 4 + 2022 - d.last_year - 1
            spending = 1 + (p["spending_growth_first"] - 1) * p["spending_growth_decay"] ** n
            growth = spending**0.25 * math.exp(p["price_decline"] / 4)
            f.append(f[-1] * growth)
            fc.append(fc[-1] * growth)
            price.append(price[-1] * math.exp(-p["price_decline"] / 4))
        self.f, self.fc, self.price = f, fc, price
        self.f_ref = sum(f[8:12]) / 4

    def mix(self, i: int) -> dict[str, float]:
        return dict(self.d.mix[min(2022 + i // 4, max(self.d.mix))])

    def phi(self, c: int, i: int) -> float:
        """(1)."""
        passes = (1.0, self.p["pass_notify"], self.p["pass_case_by_case"], self.p["pass_denial"])
        total = sum(self.q.open_share[o, c, i] * passes[o] for o in range(4))
        if world.LEGAL_CLASSES[c] == "h800":
            begin, end = self.c["h800_ramp_start"], self.c["h800_ramp_end"]
            total *= clip((2022.125 + i / 4 - begin) / (end - begin), 0, 1)
        return float(total)

    def mu(self, i: int) -> float:
        """(3)."""
        p, question = self.p, self.q.import_open_question[i]
        since = clip((2022.25 + i / 4 - p["import_date"]) / 0.25, 0, 1)
        jump = p["import_level"] * since if p["import_reopens"] > 0.5 else 0.0
        return float(self.q.import_permission[i] * (1 - question) + question * jump)

    def legal(self, i: int, budget: float) -> None:
        """(2), with caps that hold from the start of a year on, and (7)."""
        p, q, d = self.p, self.q, self.d
        left, room = budget, self.c["production_limit"] * self.f[i]
        self.x, self.spent, self.displaced = {}, {}, 0.0
        if i % 4 == 0:
            self.bought, self.wanted, self.allowance, self.absolute, self.each = {}, {}, {}, {}, {}
        base = {"h200": "h200", "b30a": "b300", "h800": "h100", "a800": "a100", "h20": "h100"}
        for place, kind in enumerate(world.LEGAL_CLASSES):
            kappa = d.displacement[kind] * (p["h20_displacement"] if kind == "h20" else 1)
            if kind == "frontier":
                accept, price = 1.0, self.price[i]
            else:
                accept, known = p[f"accept_{kind}"], d.class_price[kind]
                price = known.usd * (1 - known.decline_per_yr) ** max(2022 + i / 4 - known.year, 0)
            unit = price * (1 + q.fee_frac[i])
            chips = min(left, accept * self.phi(place, i) * self.mu(i) * budget) / unit
            chips = min(chips, room / max(kappa, 1e-6))
            self.wanted[kind] = self.wanted.get(kind, 0.0) + chips
            sold_to_us = (
                p["us_share"] * self.f[i] * self.mix(i).get(base.get(kind, ""), 0) / d.compute[base.get(kind, "h100")]
            )
            fraction = q.caps.us_volume_frac[place, i]
            self.allowance[kind] = self.allowance.get(kind, 0.0) + (
                fraction * sold_to_us if fraction < math.inf else math.inf
            )
            self.absolute[kind] = self.absolute.get(kind, 0.0) + q.caps.chips[place, i] / 1e6
            self.each[kind] = self.each.get(kind, 0.0) + q.caps.per_customer_chips[place, i] / 1e6
            buyers = [(lab.purchase_share, lab.n_buyers) for lab in d.labs if lab.purchase_share]
            buyers.append((1 - sum(share for share, _ in buyers), int(self.c["small_buyers"])))
            by_buyer = sum(n * min(share / n * self.wanted[kind], self.each[kind]) for share, n in buyers)
            limit = min(self.allowance[kind], self.absolute[kind])
            limit = min(limit, by_buyer) if self.each[kind] < math.inf else limit
            chips = min(chips, max(limit - self.bought.get(kind, 0.0), 0.0))
            self.bought[kind] = self.bought.get(kind, 0.0) + chips
            left, room = left - chips * unit, room - kappa * chips
            self.x[kind], self.spent[kind] = chips, chips * price
            self.displaced += kappa * chips
        self.left = left

    def rent(self, i: int, budget: float) -> list[float]:
        """(8)."""
        p, q = self.p, self.q
        middle = 2022.125 + i / 4
        parts = [region.offshore * q.region_cap[r, i] for r, region in enumerate(self.d.regions)]
        ramp = sg((middle - p["offshore_midpoint"]) / self.c["offshore_ramp"])
        rented = min(self.left, p["offshore_max"] * q.offshore[i] * sum(parts) * ramp * budget) / self.price[i]
        host = (1 - p["us_share"]) * (self.f[i] - self.displaced + self.fc[i])
        return [
            min(rented * part / sum(parts), self.c["offshore_limit"] * region.share * q.region_cap[r, i] * host)
            for r, (part, region) in enumerate(zip(parts, self.d.regions, strict=True))
        ]

    def domestic(self, i: int) -> float:
        """(9)."""
        p, q, c, t = self.p, self.q, self.c, 2022 + i / 4
        plan = p["ascend_plan_2024"] * q.levers.plan_multiplier[i] / 4
        if t < 2025:
            plan *= self.d.series["plan_factor"][i]
        else:
            plan *= p["ascend_plan_growth_2025"] * p["ascend_plan_growth"] ** (t - 2025.5)
        n = c["stacks_per_die"]
        made = min(plan, self.dies / 2, self.stacks / 2 / n)
        allowed = 1.0 if 2023.5 <= t < 2025 else q.foundry[i] if t >= 2025 else 0.0
        self.dies += p["foreign_dies"] * allowed / 6 + 3 * self.d.series["wafers"][i] * 75 * p["die_rate"] - made
        imported = p["hbm_share"] * q.hbm[i] * 13 / 8 * 1.25 ** max(t - 2025, 0) if t >= 2023 else 0.0
        own = p["domestic_hbm_ramp"] * max(0.0, t - p["domestic_hbm_start"])
        self.stacks += imported + (1 - q.hbm[i]) * p["hbm_leak"] + own - n * made
        return float(made)

    def leak(self, i: int, budget: float, rented: float, made: float) -> tuple[float, float, float]:
        """(10) to (12)."""
        p, c, t = self.p, self.c, 2022 + i / 4
        other = sum(self.spent.values()) - self.spent["h20"]
        served = other + p["h20_substitution"] * self.spent["h20"] + rented * self.price[i]
        served += p["domestic_substitution"] * p["other_domestic"] * c["die_price"] * made
        unmet = max(budget - served, p["blacklisted_demand"] * budget * (1 - self.phi(0, i))) / self.price[i]
        control = self.f[i] - self.displaced
        ramp = clip((t + 0.125 - 2022.25) / 1.75, 0.15, 1) if t >= 2022.75 else 0.0
        transit = sum(region.transit * self.q.region_cap[r, i] for r, region in enumerate(self.d.regions))
        enforced = (1 - p["enforcement_2026"] * (t >= 2026)) * (1 - self.q.enforcement[i])
        supply = p["leak_scale"] * enforced * ramp * transit
        supply *= self.f_ref * (control / self.f_ref) ** p["leak_growth_exponent"]
        eta, zeta = p["leak_supply_elasticity"], p["leak_demand_elasticity"]
        one = max(1.0, max(unmet, 1e-12) / max(supply, 1e-12)) ** (1 / (eta + zeta))
        return min(min(supply, unmet) * one**eta, 0.3 * control), unmet, min(one - 1, c["premium_limit"])

    def fleet(self, state: list[float], inflow: float, tau: float) -> list[float]:
        """(14) and (15)."""
        p1, p2, n1, n2, n3 = state
        l, r = 1 / (1 + tau / 2), 3 / (4 * self.p["chip_life"])  # noqa: E741
        x1 = p1 + inflow
        v = l * x1
        x2 = p2 + v
        out = l * x2
        return [x1 - v, x2 - out, n1 + out - r * n1, n2 + r * n1 - r * n2, n3 + r * n2 - r * n3]

    def serving(self, chips: dict[str, float], w: float) -> float:
        """(17), as a minimum over ratios."""
        h, b = self.d.compute, self.d.bandwidth
        return min(
            sum(n * max(b[c], b[k] / h[k] * h[c]) for c, n in chips.items()) / (1 + (b[k] / h[k] - 1) * w)
            for k in chips
        )

    def observe(self, k: int) -> None:
        """(16), (17), (34), (35) at bound ``k``."""
        p, h, t = self.p, self.d.compute, 2022 + k / 4
        prc = {c: sum(state[2:]) for c, state in self.prc.items()}
        outside = {c: sum(state[2:]) for c, state in self.outside.items()}
        rented = sum(sum(state[2:]) for state in self.rented)
        own, own_outside = (sum(h[c] * n for c, n in chips.items()) for chips in (prc, outside))
        us = p["us_share"] * own_outside + sum(sum(state[2:]) for state in self.diverted)
        training = own + rented
        for c in ("h800", "h20", "ascend"):
            training += (p[f"efficiency_{c}"] - 1) * h[c] * prc[c]
        odds = p["prefill_share"] / (1 - p["prefill_share"])
        odds *= math.exp(-p["prefill_decline"] * (max(t, 2024.7) - 2025.16))
        used = prc | {"h100": prc["h100"] + rented}
        v = {
            "us": self.serving(outside, odds / (1 + odds)) * us / own_outside,
            "prc": p["usable_prc"] * self.serving(used, odds / (1 + odds)),
        }
        fade = 3 * p["token_demand_decay"]
        for nation in ("us", "prc"):
            cap = 430 * p["throughput"] / 0.5 * p["utilisation"] / 0.55
            cap *= p["serving_efficiency_growth"] ** (t - 2025.16) * v[nation]
            years = min(t - 2024.125, 2) + (1 - math.exp(-fade * max(0, t - 2026.125))) / fade
            wanted = p[f"token_demand_{nation}"] * p[f"token_demand_growth_{nation}"] ** years
            served = min(wanted, p[f"deploy_share_{nation}"] * p["llm_share"] * cap)
            self.keep(**{f"{nation}_unmet_frac": 1 - served / wanted})
            self.keep(**{f"{nation}_token_capacity_per_day": cap, f"{nation}_tokens_served_per_day": served})
        self.keep(
            prc_own_h100e=own,
            prc_rented_h100e=rented,
            us_used_h100e=us,
            row_used_h100e=own_outside - us - rented,
            prc_training_h100e=p["usable_prc"] * training,
            us_training_h100e=us,
            prc_serving_h100e=v["prc"],
            us_serving_h100e=v["us"],
            reference_h100e=sum(self.reference[2:]),
        )

    def physical(self) -> None:
        """(1) to (17), quarter by quarter."""
        p, q, d = self.p, self.q, self.d
        self.supply()
        self.dies = self.stacks = 0.0
        self.prc = {c: [0.0] * 5 for c in world.PRC_CLASSES}
        self.outside = {c: [0.0] * 5 for c in world.NON_PRC_CLASSES}
        self.rented = [[0.0] * 5 for _ in d.regions]
        self.diverted = [[0.0] * 5 for _ in d.regions]
        self.prc["a100"][3] = p["initial_prc"] / d.compute["a100"]
        self.outside["a100"][3] = p["initial_non_prc"] / d.compute["a100"]
        self.reference = [0.0, 0.0, 0.0, p["initial_non_prc"], 0.0]
        for i in range(44):
            self.observe(i)
            share = p["budget_share"] * math.exp(p["budget_share_growth"] * (2022.125 + i / 4 - 2023))
            share *= q.levers.demand_multiplier[i] * (1 + p["stockpiling"] * q.levers.stockpile[i])
            share *= (1 - self.out["prc_unmet_frac"][-1]) ** q.levers.revenue_loop
            budget = min(share, self.c["budget_limit"]) * self.price[i] * self.f[i]  # (6)
            self.legal(i, budget)
            rented = self.rent(i, budget)
            made = self.domestic(i)
            leaked, unmet, premium = self.leak(i, budget, sum(rented), made)
            mix = {c: share / d.compute[c] for c, share in self.mix(i).items()}
            x, modern = self.x, self.x["frontier"] + leaked
            inflow = {c: modern * mix.get(c, 0.0) for c in world.PRC_CLASSES}  # (13)
            for sold, kind in (("a800", "a100"), ("h800", "h800"), ("h20", "h20"), ("h200", "h200"), ("b30a", "b30a")):
                inflow[kind] += x[sold]
            inflow["ascend"] = made * p["other_domestic"]
            kept = self.f[i] - self.displaced - leaked
            for c in self.prc:
                self.prc[c] = self.fleet(self.prc[c], inflow[c], p["pipeline_prc"])
            for c in self.outside:
                enters = self.fc[i] if c == "custom" else kept * mix.get(c, 0.0)
                self.outside[c] = self.fleet(self.outside[c], enters, p["pipeline_non_prc"])
            self.rented = [self.fleet(s, r, p["pipeline_non_prc"]) for s, r in zip(self.rented, rented, strict=True)]
            for r, region in enumerate(d.regions):
                cut = (1 - q.region_cap[r, i]) * region.share * (1 - p["us_share"]) * (kept + self.fc[i])
                self.diverted[r] = self.fleet(self.diverted[r], cut, p["pipeline_non_prc"])
            self.reference = self.fleet(self.reference, self.f[i] + self.fc[i], p["pipeline_non_prc"])
            self.keep(
                merchant_made_h100e=self.f[i],
                prc_budget_usd=budget,
                prc_leaked_h100e=leaked,
                prc_unmet_h100e=unmet,
                scarcity_premium_ratio=premium,
                prc_domestic_dies=made,
                prc_legal_h20_chips=x["h20"],
                prc_legal_h200_chips=x["h200"],
                prc_legal_a800_chips=x["a800"],
                prc_displaced_h100e=self.displaced,
                prc_acquired_h100e=self.acquired(made, leaked),
            )
        self.observe(44)

    def acquired(self, made: float, leaked: float) -> float:
        h, x = self.d.compute, self.x
        legal = x["frontier"] + sum(h["a100" if c == "a800" else c] * n for c, n in x.items() if c != "frontier")
        return legal + leaked + h["ascend"] * made * self.p["other_domestic"]

    def costs(self) -> None:
        """(36)."""
        p, o = self.p, self.out
        for nation in ("us", "prc"):
            cost = []
            for k in range(45):
                i, t = min(k, 43), 2022 + k / 4
                price = self.price[i]
                if nation == "prc":
                    price *= 1 + o["scarcity_premium_ratio"][i] * o["prc_leaked_h100e"][i] / o["prc_acquired_h100e"][i]
                hour = p["server_overhead"] * p["capital_recovery"] * price / 8766
                hour += p["power_per_h100e"] * math.exp(-0.29 * (t - 2025)) * self.c["pue"] * p["power_price"]
                per_day = o[f"{nation}_token_capacity_per_day"][k] / o[f"{nation}_serving_h100e"][k]
                cost.append(24 * hour / per_day)
            o[f"{nation}_cost_usd_per_mtok"] = cost
            o[f"{nation}_price_usd_per_mtok"] = [x * (1 + p["margin"]) for x in cost]
            o[f"{nation}_users"] = [x / p["tokens_per_user_day"] for x in o[f"{nation}_tokens_served_per_day"]]

    def labs(self) -> None:
        """(19) and (37)."""
        for nation in ("US", "PRC"):
            own = [lab.id for lab in self.d.labs if lab.nation == nation and lab.role == "developer"]
            for k in range(45):
                years = clip(2022 + k / 4 - 2026, -3, 3)
                share = {lab: self.p[f"share_{lab}"] * math.exp(self.p[f"share_growth_{lab}"] * years) for lab in own}
                scale = min(1.0, 0.9 / sum(share.values()))
                cap = self.out[f"{nation.lower()}_token_capacity_per_day"][k]
                self.keep(**{f"lab_{lab}_token_capacity_per_day": scale * share[lab] * cap for lab in own})

    def security(self, prc_log: list[float]) -> None:
        """(38), with open weights from the PRC only, under one variant of spillover."""
        points = [self.points(x) for x in prc_log]
        usable = self.delayed(points, self.p["state_access_delay"])
        free = self.delayed(points, self.p["release_delay_prc"])
        best = [max(a, b) for a, b in zip(usable, free, strict=True)]
        self.out["prc_state_capability"] = best
        for one in self.d.applications:
            for k, cap in enumerate(self.out["prc_token_capacity_per_day"]):
                ratio = self.p[one.need_parameter] * one.relative_cost / (self.p["security_share"] * cap)
                code = float(best[k] < one.capability_threshold) + 2.0 * (ratio > 1)
                self.keep(**{f"security_{one.id}_need_ratio": ratio, f"security_{one.id}_bound_code": code})

    def delayed(self, series: list[float], months: float, slope: float | None = None) -> list[float]:
        first = (series[4] - series[0]) / 4 if slope is None else slope
        found = []
        for k in range(len(series)):
            at = k - months / 3
            if at < 0:
                found.append(series[0] + first * at)
            else:
                low = min(int(at), len(series) - 1)
                high = min(low + 1, len(series) - 1)
                found.append(series[low] + (at - low) * (series[high] - series[low]))
        return found

    def frontier(self) -> None:
        """(19), (20), (24) to (29), (32) and (33)."""
        p, c, o = self.p, self.c, self.out
        years = [2022 + k / 4 for k in range(45)]
        lead = {
            "us": [
                min(p["us_leader_share"] * math.exp(p["us_leader_share_growth"] * clip(t - 2024, -2, 4)), 0.3) * use
                for t, use in zip(years, o["us_training_h100e"], strict=True)
            ],
            "prc": [p["prc_leader_share"] * use for use in o["prc_training_h100e"]],
        }
        run: dict[str, list[float]] = {"us": [], "prc": []}
        for nation, own in lead.items():
            growth = p["final_run_growth"] + (p["final_run_growth_prc"] if nation == "prc" else 0.0)
            for k, t in enumerate(years):
                last = own[max(0, k - 3) : k + 1]
                share = min(p[f"final_run_share_{nation}"] * math.exp(growth * clip(t - 2024, -2, 3)), 0.6)
                flop = sum(last) / len(last) * 1e6 * p[f"research_share_{nation}"] * share * p[f"mfu_{nation}"]
                run[nation].append(math.log(flop * 989e12 * 31557600))
        g, chi = math.log(p["algorithm_growth"]), p["experiment_elasticity"]
        us = [0.0]
        for k in range(44):
            ratio = o["us_training_h100e"][k] / (p["us_share"] * o["reference_h100e"][k])
            us.append(us[-1] + g / 4 * ratio**chi)
        public = self.delayed(us, p["publication_delay"], slope=g / 4)
        prc = [-math.log(p["initial_gap"])]
        for k in range(44):
            ratio = p["research_share_prc"] * lead["prc"][k] / (p["research_share_us"] * lead["us"][k])
            moved = prc[-1] + g / 4 * ratio**chi
            half = p["catch_up_half_life"] * p["catch_up_speedup"] ** sg((years[k] + 0.125 - 2024.25) / 0.25)
            prc.append(moved + (1 - math.exp(-3 * math.log(2) / half)) * max(0.0, public[k + 1] - moved))
        base = [max(a + b for a, b in zip(run["us"][: k + 1], us[: k + 1], strict=True)) for k in range(45)]
        released = self.delayed(base, p["release_delay_us"])
        per_yr = g + math.log(c["frontier_compute_growth"])
        self.scale = (released[9], 130 - p["capability_slope"] * 0.22, p["capability_slope"] / per_yr, 8.3 / per_yr)
        us_log = self.grow([a + b for a, b in zip(run["us"], us, strict=True)], lead["us"], "us", None)
        source = self.delayed(us_log, p["release_delay_us"] + p["distillation_delay"])
        own = [a + b for a, b in zip(run["prc"], prc, strict=True)]
        o["us_run_flop"] = [math.exp(x) for x in run["us"]]
        o["prc_run_flop"] = [math.exp(x) for x in run["prc"]]
        o["us_capability"] = [self.points(x) for x in us_log]
        o["us_cluster_h100e"] = [p["cluster_share"] * x for x in lead["us"]]
        beta = [p["spillover"] * sg((t - p["spillover_midpoint"]) / 0.25) for t in years]
        floor = [x + math.log(p["floor_share"]) for x in source]
        for name, spill in (("s0", None), ("s1", (beta, source)), ("s2", ([1.0] * 45, floor))):
            log = self.grow(own, lead["prc"], "prc", spill)
            o[f"prc_effective_log_flop_{name}"] = log
            true = [self.months(us_log, log, k) for k in range(45)]
            late = self.delayed(true, p["release_delay_prc"], slope=0.0)
            o[f"lead_true_months_{name}"] = true
            o[f"lead_apparent_months_{name}"] = [x + p["release_delay_prc"] - p["release_delay_us"] for x in late]

    def points(self, log: float) -> float:
        """(27)."""
        at, points, after, before = self.scale
        return points + after * max(log - at, 0) + before * min(log - at, 0)

    def grow(self, own: list[float], leader: list[float], nation: str, spill: Any) -> list[float]:
        """(25), (26), (32) and (33)."""
        p, found, stock, gains = self.p, [], 0.0, []
        best = -math.inf
        for k, start in enumerate(own):
            now = start + p["synthetic_gain"] * math.log(1 + stock / 15)
            if spill:
                now += spill[0][k] * max(0.0, spill[1][k] - now)
            best = max(best, now)
            made = p["synthetic_share"] * p[f"research_share_{nation}"] * leader[k] * 2191.5 / 0.11
            made += p["usage_data"] * self.out[f"{nation}_tokens_served_per_day"][k]
            y = sg((self.points(best) - 130) / 10)
            rise = (1 - y) * self.scale[2] / 10
            gain = p["synthetic_gain"] * (stock / 15) / (1 + stock / 15)
            gains.append(gain * y * made / max(stock, 1e-9) * rise)
            stock = (1 - p["synthetic_decay"]) * stock + y * made
            found.append(best)
        if nation == "us":
            self.out["us_loop_gain"] = gains
        return found

    def months(self, leader: list[float], follower: list[float], k: int) -> float:
        """(28)."""
        if follower[k] > leader[k]:
            return -self.months(follower, leader, k)
        first = next(j for j in range(k + 1) if leader[j] >= follower[k])
        if first == 0:
            slope = (leader[4] - leader[0]) / 4
            return 3 * (k - min((follower[k] - leader[0]) / slope, 0.0))
        rise = leader[first] - leader[first - 1]
        return 3 * (k - (first - (leader[first] - follower[k]) / rise))


N_WALKED = 12


def in_pieces(given: world.WorldData) -> world.Policy:
    """Return the dated past with a levy, enforcement and a regional cap."""
    fee = np.where(world.starts_yr() >= 2026, 0.2, 0.0)
    sea = np.where(world.starts_yr() >= 2025.5, 0.6, 1.0)
    return policies.past(given, fee_frac=fee, enforcement=np.full(44, 0.1), region_cap={"sea": sea})


def capped(given: world.WorldData) -> world.Policy:
    """Return a policy with every kind of cap, Beijing open, and the loop from served demand to the budget."""
    late = world.starts_yr() >= 2025
    return policies.past(
        given,
        permissions={"h20": {"free": policies.window(2024.1)}, "h200": 1.0},
        caps={
            "a800": {"chips": np.full(44, 1e4)},
            "h20": {"per_customer_chips": np.where(late, 1e4, np.inf)},
            "h200": {"us_volume_frac": 0.1},
        },
        import_permission=1.0,
        import_open_question=0.0,
        levers=world.Levers(revenue_loop=0.3, stockpile=given.series["stockpile"]),
    )


@pytest.mark.parametrize("policy_of", [in_pieces, capped, lambda given: in_pieces(given).no_controls()])
def test_equations_give_what_the_code_gives(policy_of: Callable[[world.WorldData], world.Policy]) -> None:
    priors, given = world.parameters(catalog.table("priors")), data()
    z = np.random.default_rng(7).standard_normal((len(priors), N_WALKED))
    values = world.sample(priors, z) | {"spillover_variant": np.full(N_WALKED, 0.5)}  # S1 in every draw
    policy, walks = policy_of(given), []
    for draw in range(N_WALKED):
        walk = Walk({name: float(value[draw]) for name, value in values.items()}, policy, given)
        walk.physical()
        walk.frontier()
        walk.costs()
        walk.labs()
        walk.security(walk.out["prc_effective_log_flop_s1"])
        walks.append(walk.out)
    run = world.run(values, policy, data=given, outputs=tuple(walks[0]))
    for name, series in run.series.items():
        scale = run.table[name].scale
        mine = scale * np.array([walk[name] for walk in walks]).T
        np.testing.assert_allclose(mine, series, rtol=1e-6, atol=1e-6 * scale, err_msg=name)
