"""The format of a scenario file: what may stand in it, and within which range.

The JSON Schema that editors use is made from these models: ``interfaces/contracts/scenario.schema.json``.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from leadtime.study._scenario_values import (
    Count,
    Factor,
    Gigawatt,
    Months,
    Multiplier,
    Override,
    Permission,
    Share,
    Strength,
)

__all__ = ["NAME", "Cap", "Levers", "OnSale", "RegionCaps", "ScenarioFile", "Variant"]

NAME = r"^[a-z][a-z0-9_]{0,59}$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cap(_Strict):
    """Limits on legal sales of one class of chip to the PRC; the tightest binds, and what is left carries over within a calendar year."""

    share_of_us_sales: Multiplier = Field(
        default=None, description="Share of what is sold of the class (or of the class it derives from) to US users."
    )
    chips_per_year: Count = Field(default=None, description="Chips per calendar year, all customers together.")
    chips_per_customer_per_year: Count = Field(
        default=None, description="Chips per calendar year and customer; the customers are those of the table labs."
    )

    @model_validator(mode="after")
    def _complete(self) -> "Cap":
        if self.share_of_us_sales is None and self.chips_per_year is None and self.chips_per_customer_per_year is None:
            raise ValueError("it is empty: give a share or a number of chips")
        return self


class Caps(_Strict):
    """Limits on legal sales by class of chip."""

    frontier: Cap | None = Field(default=None, description="The generation on sale, counted in H100-equivalents.")
    b30a: Cap | None = None
    h200: Cap | None = None
    h800: Cap | None = None
    a800: Cap | None = None
    h20: Cap | None = None


class OnSale(_Strict):
    """Share of wanted legal purchases of a class that US rules and vendors let pass, in place of what the rule books say."""

    frontier: Share = Field(default=None, description="Share of wanted sales of the generation on sale that passes.")
    b30a: Share = Field(default=None, description="Share of wanted sales of the B30A that passes.")
    h200: Share = Field(default=None, description="Share of wanted sales of the H200 that passes.")
    h800: Share = Field(default=None, description="Share of wanted sales of the H800 that passes.")
    a800: Share = Field(default=None, description="Share of wanted sales of the A800 that passes.")
    h20: Share = Field(default=None, description="Share of wanted sales of the H20 that passes.")


class RegionCaps(_Strict):
    """Share of its wanted chips that a region of the rest of the world may have, by headquarters of the user."""

    allies: Share = Field(default=None, description="Allies of the first tier of the diffusion framework.")
    gulf: Share = Field(default=None, description="Gulf states.")
    sea: Share = Field(default=None, description="South-East Asia.")
    other: Share = Field(default=None, description="All others.")


class Levers(_Strict):
    """What a scenario sets apart from the text of the rules.

    A value over time is a number, or a mapping from dates (2026-01-01, 2026Q1) to numbers; before its first date stands what the
    base scenario says.
    """

    controls: Literal["book", "none"] | None = Field(
        default=None, description="none: no export control at any date, and no import policy of Beijing."
    )
    import_permission: Permission = Field(
        default=None,
        description="Share of legal purchases that Beijing lets pass, or unknown: then the parameters import_* decide.",
    )
    on_sale: OnSale | None = Field(
        default=None, description="Classes whose sale differs from what the rule books say and vendors offer."
    )
    sales_caps: Caps | None = Field(default=None, description="Limits on legal sales to the PRC, by class of chip.")
    fee: Share = Field(default=None, description="Levy on legal sales, as a share of the price.")
    offshore_cloud: Share = Field(
        default=None,
        description="Share of what the law lets PRC users rent abroad that they can; 0 ends every contract at once.",
    )
    enforcement: Share = Field(default=None, description="Reduction of leaked supply by enforcement; 1 is no leakage.")
    leakage: Factor = Field(default=None, description="Factor on leaked supply at all dates; 0 is no leakage.")
    hbm_imports: Share = Field(default=None, description="Share of wanted imports of HBM that is allowed.")
    foundry_dies: Share = Field(default=None, description="Share of logic dies from foreign foundries that is allowed.")
    region_caps: RegionCaps | None = Field(default=None, description="Limits on the rest of the world, by region.")
    budget: Multiplier = Field(default=None, description="Factor on what the PRC wants to spend on accelerators.")
    domestic_production: Multiplier = Field(
        default=None, description="Factor on the planned production of PRC accelerators."
    )
    power_gw: Gigawatt = Field(
        default=None,
        description="Facility power for AI outside the PRC, in GW; chips that find none wait. Without it there is no limit.",
    )
    stockpile: Share = Field(default=None, description="1 while the PRC buys ahead of a tightening.")
    spillover: Strength = Field(
        default=None, description="Factor on what followers gain from published and distilled results."
    )
    publication_delay_months: Months = Field(
        default=None, description="Added delay until frontier algorithms can be learned from outside."
    )
    release_delay_us_months: Months = Field(default=None, description="Added delay from model to release, US labs.")
    release_delay_prc_months: Months = Field(default=None, description="Added delay from model to release, PRC labs.")
    open_weights_us: bool | None = Field(default=None, description="US labs publish the weights of what they release.")
    open_weights_prc: bool | None = Field(
        default=None, description="PRC labs publish the weights of what they release."
    )
    synthetic_data: bool | None = Field(default=None, description="Whether verified synthetic data feed training.")
    revenue_loop: Strength = Field(
        default=None, description="Elasticity of the PRC budget in the token demand it can serve; 0 is off."
    )


class Variant(_Strict):
    """The same scenario under another assumption, with the weight that we give to it."""

    weight: float = Field(ge=0, le=1, description="Weight; those of all variants sum to 1.")
    title: str = Field(min_length=1, max_length=200)
    parameters: dict[str, Override] = Field(default_factory=dict)


class Position(_Strict):
    """What somebody has published, of which the scenario is a reading."""

    by: str = Field(min_length=1, max_length=120, description="Who holds it.")
    on: str = Field(pattern=r"^20\d{2}(-\d{2}){0,2}$", description="When it was published.")
    reading: str = Field(
        min_length=1, max_length=1200, description="How it was turned into levers, and what of that is judgement."
    )
    source: str = Field(min_length=1, description="Id of the source.")


class ScenarioFile(_Strict):
    """A scenario: a base, amendments to the rule books, levers, other values for parameters."""

    name: str = Field(pattern=NAME, description="Lower case, digits and underscores.")
    title: str = Field(min_length=1, max_length=120, description="One line.")
    text: str = Field(default="", max_length=4000, description="What happens, what is assumed, what is not known.")
    base: str | list[str] | None = Field(
        default="baseline", description="Scenario, or scenarios, on which this one stands: names, or files beside it."
    )
    amendments: list[dict[str, Any]] = Field(
        default_factory=list, max_length=200, description="Amendments to the rule books, in order."
    )
    levers: Levers = Field(default_factory=lambda: Levers())
    parameters: dict[str, Override] = Field(
        default_factory=dict, description="Parameters with another value (a number) or interval (low, high)."
    )
    variants: dict[str, Variant] = Field(
        default_factory=dict, description="Assumptions under which results are shown side by side."
    )
    sources: list[str] = Field(default_factory=list, description="Ids of sources for what the scenario assumes.")
    position: Position | None = Field(default=None, description="The published position that it reads, if any.")

    @model_validator(mode="after")
    def _weights(self) -> "ScenarioFile":
        total = sum(variant.weight for variant in self.variants.values())
        if self.variants and abs(total - 1) > 1e-6:
            raise ValueError(f"the weights of the variants sum to {total:g}, not to 1")
        return self
