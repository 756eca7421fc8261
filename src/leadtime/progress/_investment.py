"""What money buys over time: the access effect and the performance effect.

After Pilz, Heim and Brown, Increased Compute Efficiency and the Diffusion of AI Capabilities (arXiv 2311.15377): as compute gets
cheaper and algorithms better, a given capability becomes affordable to more actors (access effect), and a given investment
reaches further (performance effect); who invests most gets there first. The parametrisation is this project's.
"""

from dataclasses import dataclass

from leadtime.arrays import Array, namespace
from leadtime.errors import OutOfRangeError

__all__ = ["InvestmentEfficiency", "access_effect", "investor_lag_yr", "performance_effect", "preparation_window_yr"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvestmentEfficiency:
    """How investment turns into capability at any date.

    Capability is ``capability_at_reference + points_per_decade log10(E)``, with effective compute E relative to that
    of the reference investment at the reference date: E = (I / I_ref)^(1 + s) e^{(g_A + g_H) t}.
    """

    reference_usd: float
    """Investment at the reference date that reaches the reference capability [USD]."""
    capability_at_reference: float
    points_per_decade: float
    """Index points per tenfold effective compute."""
    log_algorithm_growth_per_yr: Array
    log_hardware_growth_per_yr: Array
    scale_exponent: Array = 0.0
    """Elasticity of algorithmic efficiency in investment; 0 to .1 are plausible (gains that grow with scale)."""

    def __post_init__(self) -> None:
        if not (self.reference_usd > 0 and self.points_per_decade > 0):
            raise OutOfRangeError("Reference investment and points per decade of compute must be positive.")

    @property
    def log_growth_per_yr(self) -> Array:
        """Log growth of what a dollar buys [1/yr]."""
        return self.log_algorithm_growth_per_yr + self.log_hardware_growth_per_yr

    def capability(self, investment_usd: Array, years: Array) -> Array:
        """Return the capability that an investment [USD] reaches ``years`` after the reference date."""
        xp = namespace(investment_usd, years, self.log_growth_per_yr, self.scale_exponent)
        log_effective = (1 + self.scale_exponent) * xp.log(
            investment_usd / self.reference_usd
        ) + self.log_growth_per_yr * years
        return self.capability_at_reference + self.points_per_decade * log_effective / xp.log(10.0)

    def investment_needed_usd(self, capability: Array, years: Array) -> Array:
        """Return the least investment [USD] that reaches a capability ``years`` after the reference date."""
        xp = namespace(capability, years, self.log_growth_per_yr, self.scale_exponent)
        decades = (capability - self.capability_at_reference) / self.points_per_decade
        log_investment = (decades * xp.log(10.0) - self.log_growth_per_yr * years) / (1 + self.scale_exponent)
        return self.reference_usd * xp.exp(log_investment)

    def first_reached_yr(self, capability: Array, investment_usd: Array) -> Array:
        """Return when an investment [USD] first reaches a capability [yr after the reference date]."""
        xp = namespace(capability, investment_usd, self.log_growth_per_yr, self.scale_exponent)
        decades = (capability - self.capability_at_reference) / self.points_per_decade
        log_ratio = (1 + self.scale_exponent) * xp.log(investment_usd / self.reference_usd)
        return (decades * xp.log(10.0) - log_ratio) / self.log_growth_per_yr


def access_effect(efficiency: InvestmentEfficiency, capability: Array, investments_usd: Array, years: Array) -> Array:
    """Return the number of actors that can reach a capability; it never falls with time.

    Parameters
    ----------
    capability : float
        Threshold [index points].
    investments_usd : array, shape (..., actor)
        What each actor can invest [USD], constant over time.
    years : array_like, shape (...)
        Years after the reference date [yr].
    """
    xp = namespace(investments_usd, years)
    needed = xp.asarray(efficiency.investment_needed_usd(capability, years))
    return xp.sum(xp.asarray(investments_usd) >= needed[..., None], axis=-1)


def performance_effect(efficiency: InvestmentEfficiency, investment_usd: Array, years: Array) -> Array:
    """Return the gain in capability of a constant investment [USD] over ``years`` [index points]."""
    return efficiency.capability(investment_usd, years) - efficiency.capability(investment_usd, 0.0 * years)


def preparation_window_yr(
    large_usd: Array,
    small_usd: Array,
    *,
    log_algorithm_growth_per_yr: Array,
    log_hardware_growth_per_yr: Array,
    late_yr: Array = 0.0,
    scale_exponent: Array = 0.0,
) -> Array:
    """Return how long a large investor has a capability before a small one does [yr], equation (31) of the model.

    Time to prepare: from the first actor that reaches a dangerous capability to the many.

    Parameters
    ----------
    large_usd, small_usd : array_like
        What each invests [USD]; ``large_usd`` is not below ``small_usd``.
    log_algorithm_growth_per_yr, log_hardware_growth_per_yr : array_like
        Log growth of algorithmic efficiency and of compute per dollar [1/yr].
    late_yr : array_like
        Delay until the small investor has the algorithms of the large one [yr].
    scale_exponent : array_like
        Elasticity of algorithmic efficiency in investment.

    Examples
    --------
    A hundredfold budget, three-fold algorithms and 1.39-fold hardware a year:

    >>> import math
    >>> round(float(preparation_window_yr(1e9, 1e7, log_algorithm_growth_per_yr=math.log(3), log_hardware_growth_per_yr=math.log(1.39))), 2)
    3.23
    """
    xp = namespace(
        large_usd, small_usd, log_algorithm_growth_per_yr, log_hardware_growth_per_yr, late_yr, scale_exponent
    )
    ratio = (1 + scale_exponent) * xp.log(large_usd / small_usd)
    return ratio / (log_algorithm_growth_per_yr + log_hardware_growth_per_yr) + late_yr


def investor_lag_yr(
    budget_ratio: Array, *, log_efficiency_growth_per_yr: Array, log_budget_growth_per_yr: Array, late_yr: Array = 0.0
) -> Array:
    """Return the lag of a follower with a smaller budget when budgets grow too [yr].

    tau = (ln R + g_E d) / (g_I + g_E) for a budget ratio R, growth g_E of what a dollar buys, growth g_I of budgets and
    algorithms that arrive d years late.

    Examples
    --------
    A fourfold budget, what a dollar buys up three-fold and budgets up 4.8-fold a year: 6.2 months.

    >>> import math
    >>> round(12 * float(investor_lag_yr(4, log_efficiency_growth_per_yr=math.log(3), log_budget_growth_per_yr=math.log(4.8))), 1)
    6.2
    """
    xp = namespace(budget_ratio, log_efficiency_growth_per_yr, log_budget_growth_per_yr, late_yr)
    growth = log_efficiency_growth_per_yr + log_budget_growth_per_yr
    return (xp.log(budget_ratio) + log_efficiency_growth_per_yr * late_yr) / growth
