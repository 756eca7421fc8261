"""The registry of outputs: name, unit, kind, scale and meaning of everything that a run can return."""

from collections.abc import Iterable
from dataclasses import dataclass

from leadtime.world._data import NON_PRC_CLASSES, PRC_CLASSES, WorldData
from leadtime.world._frontier import VARIANTS
from leadtime.world._policy import LEGAL_CLASSES, REGIONS

__all__ = ["DEFAULT_OUTPUTS", "OUTPUTS", "Output", "output_table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One series that a run can return, dims (time, draw).

    ``kind`` is ``stock`` (on bounds, a quantity in existence), ``level`` (on bounds, a ratio, share or index) or ``flow`` (on
    intervals: a quantity of that quarter, or a price or share that holds in it).
    """

    name: str
    unit: str
    kind: str
    description: str
    block: str
    scale: float = 1.0
    """Factor from the unit inside the model (millions, trillions) to ``unit``."""
    varies: bool = False
    """Depends on the variant of spillover."""

    @property
    def on_bounds(self) -> bool:
        """Whether the series stands on bounds, one value more than there are intervals."""
        return self.kind != "flow"

    @property
    def dims(self) -> tuple[str, str]:
        """Names of the axes."""
        return ("bound" if self.on_bounds else "interval", "draw")


M = 1e6
T = 1e12

_FLOWS = (
    ("merchant_made_h100e", "H100e", M, "Merchant accelerators (NVIDIA, AMD) made in the world"),
    ("custom_made_h100e", "H100e", M, "Custom accelerators (TPU, Trainium) made in the world"),
    ("merchant_price_usd_per_h100e", "USD/H100e", 1, "Price of merchant accelerators"),
    ("world_spending_usd", "USD", M, "World spending on accelerators"),
    ("prc_budget_usd", "USD", M, "What PRC buyers would spend at world price"),
    ("prc_legal_spending_usd", "USD", M, "Spent on legal imports, without any fee"),
    ("us_fee_usd", "USD", M, "Levy on legal sales"),
    ("prc_legal_h100e", "H100e", M, "Bought legally by PRC users"),
    ("prc_leaked_h100e", "H100e", M, "Leaked into the PRC"),
    ("prc_leaked_chips", "chips", M, "Leaked into the PRC, in chips of the current generation mix"),
    ("prc_domestic_h100e", "H100e", M, "Made in the PRC"),
    ("prc_domestic_dies", "dies", M, "Ascend logic dies packaged"),
    ("prc_rented_new_h100e", "H100e", M, "Newly rented abroad by PRC users"),
    ("prc_acquired_h100e", "H100e", M, "Legal, leaked and domestic together"),
    ("us_acquired_h100e", "H100e", M, "Bought by US users"),
    ("non_prc_acquired_h100e", "H100e", M, "Bought outside the PRC"),
    ("prc_displaced_h100e", "H100e", M, "Production that legal sales to the PRC took from others"),
    ("prc_unmet_h100e", "H100e", M, "Demand at world price that no legal channel met"),
    ("scarcity_premium_ratio", "ratio", 1, "Price of a controlled chip inside the PRC over the world price, less one"),
    ("import_permission_frac", "frac", 1, "Share of legal purchases that Beijing lets pass"),
    ("frontier_open_frac", "frac", 1, "Share of wanted frontier chips that US rules let pass"),
    ("domestic_binding_code", "code", 1, "What limits domestic packages: 0 plan, 1 logic dies, 2 HBM"),
    ("dies_added", "dies", M, "Ascend logic dies that came in, foreign and domestic"),
    ("hbm_stacks_added", "stacks", M, "HBM stacks that came in for Ascend"),
    ("prc_legal_frontier_h100e", "H100e", M, "Frontier classes bought legally"),
)
_STOCKS = (
    ("prc_own_h100e", "H100e", M, "Operating, owned by PRC users"),
    ("prc_rented_h100e", "H100e", M, "Operating abroad, rented by PRC users"),
    ("prc_used_h100e", "H100e", M, "Operating for PRC users, owned and rented"),
    ("non_prc_own_h100e", "H100e", M, "Operating outside the PRC, rented to PRC users included"),
    ("us_used_h100e", "H100e", M, "Operating for US users"),
    ("row_used_h100e", "H100e", M, "Operating for users elsewhere"),
    ("prc_pipeline_h100e", "H100e", M, "Sold to the PRC, not yet operating"),
    ("non_prc_pipeline_h100e", "H100e", M, "Sold elsewhere, not yet operating"),
    (
        "prc_training_h100e",
        "H100e",
        M,
        "PRC compute usable in training: weighted by training efficiency, idle share excluded",
    ),
    ("us_training_h100e", "H100e", M, "US compute usable in training"),
    ("reference_h100e", "H100e", M, "Operating outside the PRC if nothing were ever sold to it"),
    ("prc_serving_h100e", "H100e", M, "PRC serving capacity in H100 equivalents, each class used where it is best"),
    ("us_serving_h100e", "H100e", M, "US serving capacity in H100 equivalents"),
    ("prc_sold_legal_h100e", "H100e", M, "Sold legally to the PRC since 2022, gross"),
    ("prc_sold_leaked_h100e", "H100e", M, "Leaked into the PRC since 2022, gross"),
    ("prc_sold_domestic_h100e", "H100e", M, "Made in the PRC since 2022, gross"),
    ("prc_sold_offshore_h100e", "H100e", M, "Rented abroad since 2022, gross"),
    ("dies_stored", "dies", M, "Ascend logic dies in store"),
    ("hbm_stacks_stored", "stacks", M, "HBM stacks in store for Ascend"),
    ("us_token_capacity_per_day", "tokens/day", T, "What the US fleet could serve if all of it served"),
    ("prc_token_capacity_per_day", "tokens/day", T, "What the PRC fleet could serve if all of it served"),
    ("us_token_demand_per_day", "tokens/day", T, "Tokens wanted from US firms"),
    ("prc_token_demand_per_day", "tokens/day", T, "Tokens wanted in the PRC"),
    ("us_tokens_served_per_day", "tokens/day", T, "Tokens served by US firms"),
    ("prc_tokens_served_per_day", "tokens/day", T, "Tokens served in the PRC"),
    ("us_users", "users", T, "Daily users that the served tokens amount to, US firms"),
    ("prc_users", "users", T, "Daily users that the served tokens amount to, PRC"),
    ("us_power_w", "W", 1e9, "Facility power of the compute that US users run"),
    ("prc_power_w", "W", 1e9, "Facility power of the compute that PRC users own"),
)
_LEVELS = (
    ("training_ratio", "ratio", "US over PRC compute usable in training"),
    ("serving_ratio", "ratio", "US over PRC serving capacity"),
    ("prefill_share_frac", "frac", "Share of serving time in prefill"),
    ("us_unmet_frac", "frac", "Share of token demand not served, US"),
    ("prc_unmet_frac", "frac", "Share of token demand not served, PRC"),
    ("us_serving_utilisation_frac", "frac", "Served tokens over the capacity set aside for language models, US"),
    ("prc_serving_utilisation_frac", "frac", "Served tokens over the capacity set aside for language models, PRC"),
    ("us_tokens_per_h100e", "Mtoken/H100e/day", "Tokens per serving H100e and day, US"),
    ("prc_tokens_per_h100e", "Mtoken/H100e/day", "Tokens per serving H100e and day, PRC"),
    ("us_cost_usd_per_mtok", "USD/Mtoken", "Cost of a million tokens, US"),
    ("prc_cost_usd_per_mtok", "USD/Mtoken", "Cost of a million tokens, PRC, with the scarcity premium on leaked chips"),
    ("us_price_usd_per_mtok", "USD/Mtoken", "Price of a million tokens, US"),
    ("prc_price_usd_per_mtok", "USD/Mtoken", "Price of a million tokens, PRC"),
)
_FRONTIER = (
    ("us_leader_h100e", "H100e", "stock", M, "Compute of the leading US lab"),
    ("prc_leader_h100e", "H100e", "stock", M, "Usable compute of the PRC capability leader"),
    ("us_run_flop", "FLOP", "level", 1, "Largest run of the leading US lab that a year's compute allows"),
    ("prc_run_flop", "FLOP", "level", 1, "Largest run of the PRC leader that a year's compute allows"),
    ("us_cluster_h100e", "H100e", "stock", M, "Largest coherent cluster, US leader"),
    ("prc_cluster_h100e", "H100e", "stock", M, "Largest coherent cluster, PRC leader"),
    ("us_algorithms_log", "ln", "level", 1, "ln algorithmic efficiency of the frontier, 0 at the start of 2022"),
    ("prc_algorithms_log", "ln", "level", 1, "ln algorithmic efficiency of the PRC leader"),
    ("us_effective_log_flop", "ln FLOP", "level", 1, "ln best effective training compute, US, internal"),
    ("us_synthetic_tokens", "tokens", "stock", T, "Verified synthetic data, US leader"),
    ("us_loop_gain", "ratio", "level", 1, "Gain of the synthetic-data loop per quarter, US; it would feed itself at 1"),
    ("us_capability", "index", "level", 1, "Capability of the best US model, internal"),
    ("us_released_capability", "index", "level", 1, "Capability of the best released US model"),
    ("us_hidden_gap", "index", "level", 1, "Internal less released capability, US"),
    *(
        (f"{nation}_leader_{use}_h100e", "H100e", "stock", M, f"The {nation.upper()} leader's compute used for {words}")
        for nation in ("us", "prc")
        for use, words in (
            ("deployment", "serving users"),
            ("security", "security applications of the state"),
            ("final_run", "the largest run"),
            ("synthetic", "making data"),
            ("experiments", "experiments"),
        )
    ),
)
_VARIANT = (
    ("lead_true_months", "month", "level", 1, "Months since the US had what the PRC has, both internal"),
    ("lead_apparent_months", "month", "level", 1, "Months between released models of equal capability"),
    ("prc_effective_log_flop", "ln FLOP", "level", 1, "ln best effective training compute, PRC, internal"),
    ("prc_capability", "index", "level", 1, "Capability of the best PRC model, internal"),
    ("prc_released_capability", "index", "level", 1, "Capability of the best released PRC model"),
    ("prc_hidden_gap", "index", "level", 1, "Internal less released capability, PRC"),
    ("open_capability", "index", "level", 1, "Capability of the best model with open weights"),
    ("capability_gap", "index", "level", 1, "US less PRC capability, internal"),
    ("prc_synthetic_tokens", "tokens", "stock", T, "Verified synthetic data, PRC leader"),
    ("prc_loop_gain", "ratio", "level", 1, "Gain of the synthetic-data loop per quarter, PRC"),
)
VARIANT_WORDS = {"s0": "no spillover", "s1": "spillover closes a share of the gap", "s2": "imitation sets a floor"}


def output_table(data: WorldData) -> dict[str, Output]:
    """Return the registry for a world: the general outputs and those of its labs and security applications."""
    own = [*_of_labs(data), *_of_security(data)]
    return OUTPUTS | {output.name: output for output in own}


def _of_labs(data: WorldData) -> Iterable[Output]:
    for lab in data.labs:
        if lab.role != "developer":
            continue
        for name, unit, kind, scale, words in (
            ("h100e", "H100e", "stock", M, f"Compute of {lab.name}"),
            ("run_flop", "FLOP", "level", 1.0, f"Largest run that a year of {lab.name}'s compute allows"),
            (
                "token_capacity_per_day",
                "tokens/day",
                "stock",
                T,
                f"What {lab.name} could serve if all its compute served",
            ),
        ):
            yield Output(
                name=f"lab_{lab.id}_{name}", unit=unit, kind=kind, scale=scale, description=words, block="labs"
            )


def _of_security(data: WorldData) -> Iterable[Output]:
    words = "Capability of the best model that the PRC state can use: open weights at once, others after a delay"
    yield Output(name="prc_state_capability", unit="index", kind="level", description=words, block="security")
    for application in data.applications:
        for name, unit, words in (
            ("need_ratio", "ratio", "need over available capacity"),
            ("bound_code", "code", "0 possible, 1 lacks capability, 2 lacks capacity, 3 both"),
        ):
            yield Output(
                name=f"security_{application.id}_{name}",
                unit=unit,
                kind="level",
                description=f"{application.name}: {words}",
                block="security",
            )


def _general() -> Iterable[Output]:
    for name, unit, scale, words in _FLOWS:
        yield Output(name=name, unit=unit, kind="flow", scale=scale, description=words, block="physical")
    for kind in LEGAL_CLASSES[1:]:
        yield Output(
            name=f"prc_legal_{kind}_chips",
            unit="chips",
            kind="flow",
            scale=M,
            description=f"{kind.upper()} bought legally by PRC users",
            block="physical",
        )
    for name, unit, scale, words in _STOCKS:
        yield Output(name=name, unit=unit, kind="stock", scale=scale, description=words, block="physical")
    for kind in PRC_CLASSES:
        yield Output(
            name=f"prc_{kind}_chips",
            unit="chips",
            kind="stock",
            scale=M,
            description=f"Class {kind}, operating in the PRC",
            block="physical",
        )
    for kind in NON_PRC_CLASSES:
        yield Output(
            name=f"non_prc_{kind}_chips",
            unit="chips",
            kind="stock",
            scale=M,
            description=f"Class {kind}, operating outside the PRC",
            block="physical",
        )
    for region in REGIONS:
        yield Output(
            name=f"region_{region}_h100e",
            unit="H100e",
            kind="stock",
            scale=M,
            description=f"Operating for users of the region {region}, rented to the PRC excluded",
            block="physical",
        )
    for name, unit, words in _LEVELS:
        yield Output(name=name, unit=unit, kind="level", description=words, block="physical")
    for name, unit, kind, scale, words in _FRONTIER:
        yield Output(name=name, unit=unit, kind=kind, scale=scale, description=words, block="frontier")
    for name, unit, kind, scale, words in _VARIANT:
        yield Output(
            name=name,
            unit=unit,
            kind=kind,
            scale=scale,
            description=f"{words}; variants of spillover mixed by weight",
            block="frontier",
            varies=True,
        )
        for variant in VARIANTS:
            yield Output(
                name=f"{name}_{variant}",
                unit=unit,
                kind=kind,
                scale=scale,
                description=f"{words}; variant {variant}: {VARIANT_WORDS[variant]}",
                block="frontier",
                varies=True,
            )


OUTPUTS: dict[str, Output] = {output.name: output for output in _general()}
"""Outputs that every world has; :func:`output_table` adds those of its labs and security applications."""

DEFAULT_OUTPUTS = (
    "merchant_made_h100e", "world_spending_usd", "merchant_price_usd_per_h100e", "prc_budget_usd", "prc_legal_spending_usd",
    "prc_legal_h100e", "prc_leaked_h100e", "prc_domestic_h100e", "prc_rented_new_h100e", "prc_acquired_h100e", "us_acquired_h100e",
    "scarcity_premium_ratio", "domestic_binding_code",
    "prc_own_h100e", "prc_rented_h100e", "prc_used_h100e", "us_used_h100e", "row_used_h100e", "non_prc_own_h100e",
    "prc_sold_legal_h100e", "prc_sold_leaked_h100e", "prc_sold_domestic_h100e",
    "prc_training_h100e", "us_training_h100e", "training_ratio", "prc_serving_h100e", "us_serving_h100e", "serving_ratio",
    "us_leader_h100e", "prc_leader_h100e", "us_run_flop", "prc_run_flop", "us_cluster_h100e", "prc_cluster_h100e",
    "us_tokens_served_per_day", "prc_tokens_served_per_day", "prc_token_capacity_per_day", "us_token_capacity_per_day", "prc_unmet_frac",
    "us_capability", "us_hidden_gap", "prc_capability", "open_capability",
    *(f"lead_{kind}_months{variant}" for kind in ("true", "apparent") for variant in ("", "_s0", "_s1", "_s2")),
)  # fmt: skip
"""What a run returns unless told otherwise; months of lead come with every variant of spillover."""
