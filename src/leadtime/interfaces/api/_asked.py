"""The bodies of requests."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "ClaimAsked",
    "ClaimCheckAsked",
    "ClassifyAsked",
    "CompareAsked",
    "EstimateAsked",
    "ExploreAsked",
    "HindcastAsked",
    "InferAsked",
    "JobAsked",
    "ParetoAsked",
    "PlaneAsked",
    "SensitivityAsked",
    "SimulateAsked",
    "TimelineAsked",
    "TrainAsked",
    "WedgesAsked",
]

Name = Annotated[str, Field(min_length=1, max_length=120)]
Document = dict[str, Any]
NameOrDocument = Name | Document
Country = Annotated[str, Field(min_length=2, max_length=60)]
Draws = Annotated[int, Field(ge=100, le=10_000)]
Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]
Year = Annotated[int, Field(ge=2023, le=2033)]
Quarter = Annotated[str, Field(pattern=r"^20\d{2}([Qq][1-4]|-\d{2}-\d{2})$")]
Outputs = Annotated[list[Name], Field(min_length=1, max_length=120)]
Count = Annotated[int, Field(ge=1, le=10_000_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Usd = Annotated[float, Field(gt=0, le=1e9)]


class Asked(BaseModel):
    """Base of the bodies: unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class OwnerAsked(Asked):
    """An owner of the buyer; without a share where it is not known."""

    name: Name
    share_frac: Share | None = None


class Buyer(Asked):
    """Who buys, and how the law is read."""

    to: Country = "CN"
    hq: Country | None = None
    origin: Country = "US"
    consignee: Annotated[str, Field(max_length=120)] | None = None
    end_use: Name | None = None
    certified: bool = False
    owned_by: Annotated[list[OwnerAsked], Field(max_length=20)] = Field(
        default=[], description="Owners of the buyer, direct or indirect."
    )
    quantity: Annotated[int, Field(ge=1, le=10**12)] | None = Field(
        default=None, description="Units for this buyer in the calendar year."
    )
    us_content_frac: Share | None = Field(
        default=None, description="Of an item made abroad: controlled US content as a share of its value."
    )
    direct_product: bool | None = Field(
        default=None, description="Of an item made abroad: whether a product rule is met."
    )
    posture: Literal["enforced", "text"] = "enforced"
    bills: Annotated[list[Name], Field(max_length=8)] = Field(default=[], description="Pending bills taken as law.")


class ClassifyAsked(Buyer):
    """An item, a day, a buyer."""

    item: NameOrDocument = Field(
        description="A chip by name, or a description: kind chip, system, hbm, weights, die or technology."
    )
    on: date | None = None


Quantity = Literal["tpp", "performance_density", "memory_bandwidth_gb_s", "interconnect_gb_s"]


class PlaneAsked(Buyer):
    """Two properties of a chip, a day, a buyer."""

    x: Quantity = "tpp"
    y: Quantity = "performance_density"
    on: date | None = None


class TimelineAsked(Buyer):
    """An item over time."""

    item: NameOrDocument
    since: date = date(2022, 1, 1)
    until: date | None = None


class PriceAsked(Asked):
    """Prices other than the catalogue's."""

    on: date | None = None
    rental_usd_per_hour: Usd | None = None
    price_usd: Usd | None = None
    in_china: bool = False


class TrainAsked(PriceAsked):
    """A training run."""

    model: NameOrDocument = Field(description="A model by name, or the contents of a HuggingFace config.json.")
    chip: NameOrDocument
    n_chips: Count
    tokens: Annotated[float, Field(gt=0, le=1e18)]
    seq_len: Annotated[int, Field(ge=1, le=16_000_000)] = 4096
    batch_tokens: Annotated[float, Field(gt=0, le=1e12)] | None = None
    precision: Name = "bf16"
    parallelism: Annotated[str, Field(max_length=200)] = "auto"
    framework: Name = "other"


class InferAsked(PriceAsked):
    """A service."""

    model: NameOrDocument
    chip: NameOrDocument
    input_len: Annotated[int, Field(ge=1, le=16_000_000)]
    output_len: Annotated[int, Field(ge=1, le=16_000_000)]
    n_chips: Count | None = None
    batch: Count | None = None
    tpot_ms: Annotated[float, Field(gt=0, le=1e6)] | None = None
    best: bool = False
    phase: Literal["mixed", "prefill", "decode"] = "mixed"
    precision: Name | None = None
    kv_precision: Name | None = None
    parallelism: Annotated[str, Field(max_length=200)] = "auto"
    disaggregated: bool = False
    draft_tokens: Annotated[int, Field(ge=0, le=64)] = 0
    acceptance_frac: Share = 0.0
    cache_hit_frac: Share = 0.0
    engine: Name = "other"
    users: Annotated[float, Field(gt=0, le=1e11)] | None = None
    tokens_per_user_day: Annotated[float, Field(gt=0, le=1e12)] | None = None


class ParetoAsked(Asked):
    """Throughput against latency."""

    model: NameOrDocument
    chip: NameOrDocument
    input_len: Annotated[int, Field(ge=1, le=16_000_000)] = 2048
    output_len: Annotated[int, Field(ge=1, le=16_000_000)] = 512
    n_chips: Annotated[int, Field(ge=1, le=4096)] = 8
    precision: Name | None = None
    kv_precision: Name | None = None


Cell = str | int | float | bool | None


class EstimateAsked(Asked):
    """Many configurations."""

    rows: Annotated[list[dict[str, Cell]], Field(min_length=1, max_length=2000)] = Field(
        description="Columns as in the file of `leadtime estimate`; cells as text or numbers."
    )


class ScenarioAsked(Asked):
    """A scenario, and what is laid over it."""

    scenario: NameOrDocument = Field(
        default="baseline", description="A packaged name, several joined by a plus, or a scenario document."
    )
    levers: Annotated[dict[Name, Any], Field(max_length=80)] = Field(default={}, description="Levers by dotted name.")
    parameters: Annotated[dict[Name, Any], Field(max_length=80)] = Field(default={}, description="Values or intervals.")
    seed: Seed = 1


class SimulateAsked(ScenarioAsked):
    """One run."""

    draws: Draws = 1000
    first: Quarter | None = None
    last: Quarter | None = None
    outputs: Outputs | None = None


class ExploreAsked(ScenarioAsked):
    """One scenario beside another, for a page that moves."""

    baseline: NameOrDocument = "baseline"
    draws: Draws = 400
    year: Year = 2030
    output: Name = "lead_true_months"


class WedgesAsked(Asked):
    """Which policy does what."""

    scenario: Document
    draws: Draws = 400
    seed: Seed = 1
    year: Year = 2030
    output: Name = "lead_true_months"


class CompareAsked(Asked):
    """Scenarios against the first of them."""

    scenarios: Annotated[list[NameOrDocument], Field(min_length=2, max_length=8)]
    draws: Annotated[int, Field(ge=100, le=5_000)] = 1000
    seed: Seed = 1
    first: Quarter | None = None
    last: Quarter | None = None
    outputs: Outputs | None = None


class JobAsked(Asked):
    """A long run: one scenario is simulated, several are compared."""

    scenarios: Annotated[list[NameOrDocument], Field(min_length=1, max_length=8)]
    draws: Annotated[int, Field(ge=100, le=100_000)] = 20_000
    seed: Seed = 1
    first: Quarter | None = None
    last: Quarter | None = None
    outputs: Outputs | None = None


class HindcastAsked(Asked):
    """A hindcast: the last day that the fit knows of."""

    as_of: date = date(2024, 12, 31)
    seed: Seed = 11


class SensitivityAsked(Asked):
    """What the answers of a scenario hang on."""

    scenario: NameOrDocument = "baseline"
    against: Annotated[list[NameOrDocument], Field(min_length=1, max_length=4)] = ["no_controls"]
    outputs: Annotated[list[Name], Field(min_length=1, max_length=12)] | None = None
    at: Quarter = "2027Q1"
    points: Annotated[int, Field(ge=8, le=1024)] = 256
    draws: Annotated[int, Field(ge=200, le=20_000)] = 8192
    above: float | None = Field(
        default=None, description="Find where the difference to a rival is above this; by default its upper quarter."
    )
    seed: Seed = 1


class ClaimAsked(Asked):
    """A claim with other arguments."""

    arguments: Annotated[
        dict[Name, str | int | float | bool | list[str | int | float] | None], Field(max_length=24)
    ] = {}


class ClaimCheckAsked(Asked):
    """A claim document, or the text of a claim file: one of them."""

    claim: Document | None = None
    text: Annotated[str, Field(max_length=100_000)] | None = Field(default=None, description="YAML or JSON.")
