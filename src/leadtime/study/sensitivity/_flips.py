"""What would turn a ranking of two scenarios around, and how much a choice may be regretted."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["flips", "regret"]

Floats = NDArray[np.float64]

TERCILES = ("low", "middle", "high")


def flips(
    difference: Floats, inputs: Mapping[str, Floats], groups: Mapping[str, NDArray[np.bool_]]
) -> list[dict[str, Any]]:
    """Return the assumptions under which the median difference of two scenarios changes its sign or vanishes.

    Parameters
    ----------
    difference : ndarray, shape (draw,)
        One scenario less the other, draw by draw.
    inputs : mapping of str to ndarray, shape (draw,)
        Values of the parameters.
    groups : mapping of str to ndarray of bool, shape (draw,)
        Draws that follow a discrete assumption.

    Returns
    -------
    list of dict
        ``assumption``, ``part`` (tercile, or the discrete assumption), median and share above zero there and overall; those that flip
        or are level first, then by how far the median moves.
    """
    overall = _side(difference)
    found = []
    for name, values in inputs.items():
        edges = np.quantile(values, (1 / 3, 2 / 3))
        if edges[0] == edges[1]:
            continue
        place = np.searchsorted(edges, values)
        for number, part in enumerate(TERCILES):
            found.append({"assumption": name, "part": part, **_side(difference[place == number])})
    for name, chosen in groups.items():
        if chosen.any():
            found.append({"assumption": "spillover variant", "part": name, **_side(difference[chosen])})
    for row in found:
        row["flips"] = bool(row["sign"] != overall["sign"])
        row["move"] = row["median"] - overall["median"]
    found.sort(key=lambda row: (not row["flips"], -abs(row["move"])))
    return found


def _side(difference: Floats) -> dict[str, Any]:
    """Return median, share above zero, and the sign that at least 60 % of draws share (0 if they do not)."""
    above, below = float((difference > 0).mean()), float((difference < 0).mean())
    sign = 1 if above >= 0.6 else -1 if below >= 0.6 else 0
    return {"median": float(np.median(difference)), "probability_above": above, "sign": sign}


def regret(outcomes: Mapping[str, Floats], *, larger_is_better: bool = True) -> list[dict[str, Any]]:
    """Return, for each scenario, how much worse it is than the best one of the same draw.

    Parameters
    ----------
    outcomes : mapping of str to ndarray, shape (draw,)
    larger_is_better : bool
    """
    names: Sequence[str] = tuple(outcomes)
    values = np.stack([outcomes[name] for name in names]) * (1 if larger_is_better else -1)
    lost = values.max(axis=0) - values
    best = np.bincount(values.argmax(axis=0), minlength=len(names)) / values.shape[1]
    return [
        {
            "scenario": name,
            "median": float(np.median(lost[row])),
            "q90": float(np.quantile(lost[row], 0.9)),
            "mean": float(lost[row].mean()),
            "best_frac": float(best[row]),
        }
        for row, name in enumerate(names)
    ]
