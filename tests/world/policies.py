"""Policies for tests: the windows of sale in the dated past, written down by hand so that the tests do not need the rule books."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from leadtime import world

FAR = 2100.0


def window(begin: float, end: float = FAR) -> np.ndarray:
    """Share of each interval between two dates."""
    starts = world.starts_yr()
    return np.clip((np.minimum(starts + 0.25, end) - np.maximum(starts, begin)) / 0.25, 0.0, 1.0)


PERMISSIONS: dict[str, Any] = {
    "frontier": {"free": window(2000, 2022.75)},
    "a800": window(2022.85, 2023.88),
    "h800": window(2023.1, 2023.88),
    "h20": {"free": window(2024.1, 2025.27), "notify": window(2025.6)},
    "h200": {"case_by_case": window(2026.04)},
}


def past(data: world.WorldData, *, permissions: Mapping[str, Any] | None = None, **changes: Any) -> world.Policy:
    """Return the policy of the dated past, Beijing's permission open from autumn 2026, with changes."""
    levers = world.Levers(stockpile=data.series["stockpile"])
    settings: dict[str, Any] = {
        "name": "past",
        "permissions": PERMISSIONS | dict(permissions or {}),
        "caps": {"h200": {"us_volume_frac": 0.5}},
        "import_permission": 1 - window(2025.58),
        "import_open_question": window(2026.75),
        "offshore": 1 - 0.3 * window(2026.4),
        "hbm": window(2000, 2025.0),
        "foundry": window(2000, 2025.04),
        "levers": levers,
    }
    return world.policy_from(**(settings | changes))


def strict(data: world.WorldData) -> world.Policy:
    """Return the policy in which everything closes in October 2022 and is enforced."""
    closed = {"a800": 0.0, "h800": 0.0, "h20": 0.0, "h200": 0.0}
    before = window(2000, 2022.75)
    return past(data, permissions=closed, enforcement=0.8, offshore=before, hbm=before, foundry=before, caps={})
