"""Security applications as abstract thresholds: whether capacity or capability is what they lack."""

from collections.abc import Mapping

from leadtime.arrays import Array, namespace
from leadtime.world._data import Application

__all__ = ["BOUND", "security"]

BOUND = {"open": 0, "capability": 1, "capacity": 2, "both": 3}
"""Codes of what binds an application."""


def security(
    params: Mapping[str, Array], applications: tuple[Application, ...], *, capacity: Array, capability: Array
) -> dict[str, Array]:
    """Return, by application, need over available capacity and what binds, equation (38).

    Parameters
    ----------
    params : mapping
        ``security_share`` and the need of every application [T tokens/day].
    capacity : array, shape (bound, draw)
        Tokens that the whole fleet could serve per day [T].
    capability : array, shape (bound, draw)
        Best model that the state can use [index points].
    """
    xp = namespace(capacity)
    available = params["security_share"] * capacity
    found = {"prc_state_capability": capability}
    for application in applications:
        ratio = params[application.need_parameter] * application.relative_cost / xp.maximum(available, 1e-9)
        lacks_model = capability < application.capability_threshold
        code = (lacks_model * BOUND["capability"] + (ratio > 1) * BOUND["capacity"]).astype(ratio.dtype)
        found[f"security_{application.id}_need_ratio"] = ratio
        found[f"security_{application.id}_bound_code"] = code
    return found
