"""The series that a run can return: those of the world model, and what follows from comparing a draw with its twin without controls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from leadtime import catalog, world
from leadtime.arrays import Array, namespace
from leadtime.errors import BadInputError, UnknownNameError

__all__ = ["DERIVED", "Label", "check_outputs", "default_outputs", "derive", "labels", "needs_twin", "world_names"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a series is.

    ``kind`` is ``stock`` for what stands on bounds (n + 1 values: quantities in existence, ratios, indices) and ``flow`` for what
    stands on the n intervals.
    """

    name: str
    unit: str
    kind: str
    title: str
    varies: bool = False
    """Differs between the variants of spillover; ``name_s0``, ``name_s1`` and ``name_s2`` are the variants."""
    source_ids: tuple[str, ...] = ()

    @property
    def dims(self) -> tuple[str, str]:
        """Names of the axes of the draws."""
        return ("time", "draw")


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A series made from one of the scenario and the same one of its twin."""

    of: str
    unit: str
    title: str
    relative: bool
    """Share of the twin's value that is lost; else the difference."""


def _lead(variant: str) -> Derived:
    return Derived(
        of=f"lead_true_months{variant}",
        unit="month",
        title="Months of lead beyond those of the twin without controls",
        relative=False,
    )


DERIVED: Mapping[str, Derived] = {
    "bite_training_frac": Derived(
        of="prc_training_h100e", unit="frac", title="Training-usable PRC compute that controls take away", relative=True
    ),
    "bite_serving_frac": Derived(
        of="prc_serving_h100e", unit="frac", title="PRC serving capacity that controls take away", relative=True
    ),
    "bite_tokens_frac": Derived(
        of="prc_tokens_served_per_day",
        unit="frac",
        title="Tokens served in the PRC that controls take away",
        relative=True,
    ),
    "bite_experiments_frac": Derived(
        of="prc_leader_experiments_h100e",
        unit="frac",
        title="Experiment compute of the PRC leader that controls take away",
        relative=True,
    ),
    "bite_synthetic_frac": Derived(
        of="prc_synthetic_tokens",
        unit="frac",
        title="Synthetic data of the PRC leader that controls take away",
        relative=True,
    ),
    **{f"lead_bought_months{variant}": _lead(variant) for variant in ("", "_s0", "_s1", "_s2")},
}


@cache
def labels() -> Mapping[str, Label]:
    """Return every series that a run can return, by name."""
    found = {}
    for output in world.output_table(world_data()).values():
        kind = "stock" if output.on_bounds else "flow"
        found[output.name] = Label(
            name=output.name,
            unit=output.unit,
            kind=kind,
            title=output.description,
            varies=output.varies,
            source_ids=_sources(output.block),
        )
    for name, derived in DERIVED.items():
        base = found[derived.of]
        found[name] = Label(
            name=name,
            unit=derived.unit,
            kind=base.kind,
            title=derived.title,
            varies=base.varies,
            source_ids=base.source_ids,
        )
    return found


@cache
def world_data() -> world.WorldData:
    """Return history and constants of the world as the catalogue has them."""
    tables = {name: catalog.table(name) for name in ("history", "labs")}
    return world.world_data(**tables, applications=catalog.table("security_applications"))


LARGE_DRAWS = 100_000
"""Draws above which a run keeps only what headlines and variants need, unless told otherwise: disks are finite."""
LARGE_OUTPUTS = (
    "prc_acquired_h100e", "us_acquired_h100e", "prc_own_h100e", "prc_rented_h100e", "prc_used_h100e", "us_used_h100e",
    "prc_sold_legal_h100e", "prc_sold_leaked_h100e", "prc_sold_domestic_h100e", "training_ratio", "serving_ratio",
    "prc_serving_h100e", "prc_tokens_served_per_day", "prc_cluster_h100e", "us_cluster_h100e", "bite_training_frac",
    "bite_serving_frac", "lead_apparent_months",
    *(f"lead_{kind}_months{variant}" for kind in ("true", "bought") for variant in ("", "_s0", "_s1", "_s2")),
)  # fmt: skip


def default_outputs(draws: int = 0) -> tuple[str, ...]:
    """Return what a run of some draws keeps unless told otherwise."""
    return LARGE_OUTPUTS if draws > LARGE_DRAWS else (*world.DEFAULT_OUTPUTS, *DERIVED)


def check_outputs(names: Sequence[str] | None, draws: int = 0) -> tuple[str, ...]:
    """Return the names of outputs, checked and each once; the default ones for None."""
    if names is None:
        return default_outputs(draws)
    known = labels()
    for name in names:
        if name not in known:
            raise UnknownNameError.among("output", name, known)
    if not names:
        raise BadInputError("No outputs were asked for.", hint="Name at least one, or leave the choice to leadtime.")
    return tuple(dict.fromkeys(names))


def world_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the series of the world model that some outputs need."""
    return tuple(dict.fromkeys(DERIVED[name].of if name in DERIVED else name for name in names))


def needs_twin(names: Sequence[str]) -> tuple[str, ...]:
    """Return the series of the twin that some outputs need."""
    return tuple(dict.fromkeys(DERIVED[name].of for name in names if name in DERIVED))


def derive(name: str, own: Array, twin: Array) -> Array:
    """Return a derived series, shape (time, draw); where the twin has nothing, nothing is lost."""
    if not DERIVED[name].relative:
        return own - twin
    xp = namespace(own, twin)
    there = twin > 0
    return xp.where(there, 1 - own / xp.where(there, twin, 1), 0)


BLOCKS = {
    "physical": ("supply", "demand", "leakage", "domestic", "chips", "fleet", "regions", "deployment", "economics"),
    "frontier": ("labs", "algorithms", "spillover", "capability", "synthetic"),
    "labs": ("labs",),
    "security": ("security",),
}
"""Blocks of the priors that feed a block of outputs; all but the first feed on the physical one too."""


@cache
def _sources(block: str) -> tuple[str, ...]:
    feeding = {*BLOCKS["physical"], *BLOCKS.get(block, ())}
    priors = {row["source_id"] for row in catalog.table("priors") if row["block"] in feeding}
    return tuple(sorted(priors | {row["source_id"] for row in catalog.table("history")}))
