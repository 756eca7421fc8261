"""Months of lead from a constant compute ratio, in closed form."""

from leadtime.arrays import Array, namespace

__all__ = ["compute_ratio_of_lead", "constant_ratio_lead_months", "months_per_efficiency_gap"]

MONTHS_PER_YR = 12.0


def constant_ratio_lead_months(
    *,
    compute_ratio: Array,
    algorithm_lag_yr: Array,
    log_algorithm_growth: Array,
    log_compute_growth: Array,
    spillover: Array = 0.0,
    release_and_distillation_months: Array = 0.0,
) -> Array:
    """Return the lead for a constant compute ratio, equation (30) of the model [months].

    Own lead = 12 (ln R + g_A l_A) / (g_A + g_C). Where it exceeds the age of the models that the follower learns from, spillover
    beta shortens it to (1 - beta) own lead + beta age.

    Parameters
    ----------
    compute_ratio : array_like
        Leader's training compute over the follower's.
    algorithm_lag_yr : array_like
        Years by which the follower's algorithms trail [yr].
    log_algorithm_growth, log_compute_growth : array_like
        Log growth of algorithmic efficiency and of training compute [1/yr].
    spillover : array_like
        Share of the gap to released models that is closed without own compute, 0 to 1.
    release_and_distillation_months : array_like
        Age of the model that the follower learns from [months].

    Examples
    --------
    >>> import math
    >>> growth = {"log_algorithm_growth": math.log(3), "log_compute_growth": math.log(4.5)}
    >>> round(float(constant_ratio_lead_months(compute_ratio=4, algorithm_lag_yr=0.25, **growth)), 1)
    7.7
    >>> round(float(constant_ratio_lead_months(compute_ratio=4, algorithm_lag_yr=0, **growth)), 1)
    6.4
    """
    xp = namespace(
        compute_ratio,
        algorithm_lag_yr,
        log_algorithm_growth,
        log_compute_growth,
        spillover,
        release_and_distillation_months,
    )
    growth = log_algorithm_growth + log_compute_growth
    own = MONTHS_PER_YR * (xp.log(compute_ratio) + log_algorithm_growth * algorithm_lag_yr) / growth
    shortened = (1 - spillover) * own + spillover * release_and_distillation_months
    return xp.where(own > release_and_distillation_months, shortened, own)


def compute_ratio_of_lead(
    lead_months: Array, *, log_algorithm_growth: Array, log_compute_growth: Array, spillover: Array = 0.0
) -> Array:
    """Return the compute ratio that alone is worth a lead of ``lead_months``, with spillover from models of no age."""
    xp = namespace(lead_months, log_algorithm_growth, log_compute_growth, spillover)
    return xp.exp(lead_months / (1 - spillover) * (log_algorithm_growth + log_compute_growth) / MONTHS_PER_YR)


def months_per_efficiency_gap(
    *,
    training_efficiency_ratio: Array,
    data_efficiency_ratio: Array,
    log_algorithm_growth: Array,
    log_compute_growth: Array,
) -> tuple[Array, Array, Array]:
    """Split the lead of an efficiency gap into its two factors [months].

    Parameters
    ----------
    training_efficiency_ratio, data_efficiency_ratio : array_like
        Leader over follower; two and two in the words of DeepSeek's founder (2024).

    Returns
    -------
    total, from_training, from_data : array
        They add up, for logs do.
    """
    xp = namespace(training_efficiency_ratio, data_efficiency_ratio)
    per_log = MONTHS_PER_YR / (log_algorithm_growth + log_compute_growth)
    training, data = (per_log * xp.log(ratio) for ratio in (training_efficiency_ratio, data_efficiency_ratio))
    return training + data, training, data
