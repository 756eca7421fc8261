"""Synthetic data: compute makes tokens, a better model verifies more of them, they raise effective compute."""

from collections.abc import Mapping

from leadtime.arrays import Array, namespace

__all__ = ["effective_gain", "generated", "next_stock", "verified_share"]


def generated(params: Mapping[str, Array], *, research: Array, served: Array, constants: Mapping[str, float]) -> Array:
    """Return tokens generated in a quarter [T], equation (32).

    Parameters
    ----------
    research : array
        Research compute of the leader [M H100e].
    served : array
        Tokens that its nation serves per day [T]; usage leaves useful data.
    """
    made = params["synthetic_share"] * research * (constants["quarter_hours"] / constants["synthetic_cost"])
    return made + params["usage_data"] * served


def verified_share(capability: Array, constants: Mapping[str, float]) -> Array:
    """Return the share of generated data that passes verification, rising with capability."""
    xp = namespace(capability)
    width = constants["verification_width"]
    return constants["verification_max"] / (1 + xp.exp((constants["verification_midpoint"] - capability) * (1 / width)))


def next_stock(stock: Array, made: Array, share: Array, decay: Array) -> Array:
    """Return verified synthetic data a quarter later [T]."""
    return (1 - decay) * stock + share * made


def effective_gain(gain: Array, stock: Array, constants: Mapping[str, float]) -> Array:
    """Return the addition to ln effective compute, the last term of equation (25)."""
    xp = namespace(stock)
    return gain * xp.log1p(stock * (1 / constants["human_data"]))


def loop_gain(
    gain: Array, stock: Array, added: Array, capability: Array, points_per_log: Array, constants: Mapping[str, float]
) -> Array:
    """Return the gain of the loop per quarter, equation (33): at 1 or above it would feed itself."""
    xp = namespace(stock)
    ratio = stock / constants["human_data"]
    share = verified_share(capability, constants)
    slope = (1 - share / constants["verification_max"]) * points_per_log / constants["verification_width"]
    return gain * ratio / (1 + ratio) * (added / xp.maximum(stock, 1e-9)) * slope
