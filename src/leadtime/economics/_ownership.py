"""The cost of owning an accelerator, per hour that it exists."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from leadtime.arrays import Array, namespace
from leadtime.units import HOUR_S, YEAR_S

__all__ = ["Ownership", "capital_recovery_factor", "ownership_usd_per_hour", "wall_power_w"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Parameters of the cost of ownership; each a number or an array of draws.

    They are rows of the table ``cost_parameters``: ``Ownership(**{row.parameter: row.central, ...})``.
    """

    server_ratio: Array
    """Complete server over the accelerators in it [ratio of prices, >= 1]."""
    network_ratio: Array
    """Cluster network over the complete server [ratio of prices]."""
    power_ratio: Array
    """Power of the complete server over that of the accelerators in it at the same load [ratio]."""
    load_frac: Array
    """Average draw of the server over its rated power [0..1]."""
    pue_ratio: Array
    """Power usage effectiveness: power of the site over power of its machines [ratio]."""
    electricity_usd_per_kwh: Array
    facility_usd_per_w: Array
    """Building, power and cooling per watt of machine power [USD/W]."""
    facility_life_yr: Array
    life_yr: Array
    """Service life of servers and network [yr]."""
    cost_of_capital_frac: Array
    """Real interest and return on the money tied up, per year [0..1]."""
    operations_frac: Array
    """Yearly maintenance, spares and staff of the site over the price of the hardware [1/yr]."""

    @classmethod
    def from_values(cls, values: Mapping[str, Array]) -> "Ownership":
        """Build from a mapping that may hold more than these parameters."""
        return cls(**{field.name: values[field.name] for field in fields(cls)})


def capital_recovery_factor(interest_frac: Array, life_yr: Array) -> Array:
    """Return the yearly payment that repays one unit of capital over its life.

    Parameters
    ----------
    interest_frac : array_like
        Interest per year [0..1].
    life_yr : array_like
        Life of the asset [yr].

    Notes
    -----
    ``r / (1 - (1 + r)^-n)``, and ``1 / n`` in the limit of no interest.

    Examples
    --------
    >>> round(float(capital_recovery_factor(0.10, 5.0)), 4)
    0.2638
    >>> float(capital_recovery_factor(0.0, 5.0))
    0.2
    """
    xp = namespace(interest_frac, life_yr)
    rate = xp.asarray(interest_frac, dtype=float)
    tiny = rate < 1e-9
    safe = xp.where(tiny, 1.0, rate)
    return xp.where(tiny, 1.0 / xp.asarray(life_yr), safe / (1.0 - (1.0 + safe) ** (-xp.asarray(life_yr))))


def wall_power_w(chip_power_w: Array, terms: Ownership) -> Array:
    """Return the average power that one accelerator draws from the grid, its share of server and site included [W]."""
    return chip_power_w * terms.power_ratio * terms.load_frac * terms.pue_ratio


def ownership_usd_per_hour(chip_price_usd: Array, chip_power_w: Array, terms: Ownership) -> dict[str, Array]:
    """Return the cost of owning one accelerator per calendar hour, line by line.

    Parameters
    ----------
    chip_price_usd : array_like
        Price of the bare accelerator [USD].
    chip_power_w : array_like
        Its rated power [W].
    terms : Ownership
        Everything else.

    Returns
    -------
    dict
        ``chip``, ``server``, ``network``, ``facility``, ``energy``, ``operations`` and their sum ``total`` [USD/h].

    Notes
    -----
    Hardware and building are spread over their lives with :func:`capital_recovery_factor`; an hour in which the chip stands idle costs as much as
    one in which it works, so divide by the share of hours used to price useful hours. Taxes and resale value are left out.
    """
    hours_per_year = YEAR_S / HOUR_S
    recovery = capital_recovery_factor(terms.cost_of_capital_frac, terms.life_yr) / hours_per_year
    server_price = chip_price_usd * (terms.server_ratio - 1.0)
    network_price = chip_price_usd * terms.server_ratio * terms.network_ratio
    machine_power_w = chip_power_w * terms.power_ratio
    facility_recovery = capital_recovery_factor(terms.cost_of_capital_frac, terms.facility_life_yr) / hours_per_year
    lines = {
        "chip": chip_price_usd * recovery,
        "server": server_price * recovery,
        "network": network_price * recovery,
        "facility": machine_power_w * terms.facility_usd_per_w * facility_recovery,
        "energy": wall_power_w(chip_power_w, terms) / 1e3 * terms.electricity_usd_per_kwh,
        "operations": (chip_price_usd + server_price + network_price) * terms.operations_frac / hours_per_year,
    }
    return {**lines, "total": sum(lines.values())}
