"""Dated sale windows, as a stand-in for the rule books where a test is about something else."""

from datetime import date

import numpy as np

from leadtime import world
from leadtime.study._permitted import Permitted
from leadtime.study._policy import over_time
from leadtime.study._quarters import N_INTERVALS

WINDOWS = (
    ("frontier", "free", date(2022, 1, 1), date(2022, 10, 1)),
    ("a800", "free", date(2022, 11, 1), date(2023, 11, 17)),
    ("h800", "free", date(2023, 2, 1), date(2023, 11, 17)),
    ("h20", "free", date(2024, 2, 1), date(2025, 4, 9)),
    ("h20", "case_by_case", date(2025, 8, 8), date(2033, 1, 1)),
    ("h200", "case_by_case", date(2026, 1, 15), date(2033, 1, 1)),
)


def from_windows() -> Permitted:
    zeros = np.zeros(N_INTERVALS)
    share = np.zeros((len(world.OUTCOMES), len(world.LEGAL_CLASSES), N_INTERVALS))
    for kind, outcome, start, end in WINDOWS:
        steps = ((start, 1.0), (end, 0.0)) if end < date(2033, 1, 1) else ((start, 1.0),)
        share[world.OUTCOMES.index(outcome), world.LEGAL_CLASSES.index(kind)] += over_time(steps, zeros)
    cap = np.full((len(world.LEGAL_CLASSES), N_INTERVALS), np.inf)
    cap[world.LEGAL_CLASSES.index("h200"), 16:] = 0.5
    ones = np.ones(N_INTERVALS)
    return Permitted(
        open_share=share,
        us_volume_frac=cap,
        fee_frac=zeros,
        import_permission=over_time(((date(2025, 8, 1), 0.0),), ones),
        offshore=ones,
        hbm=over_time(((date(2024, 12, 31), 0.0),), ones),
        foundry=over_time(((date(2025, 1, 16), 0.0),), ones),
        region_cap=np.ones((len(world.REGIONS), N_INTERVALS)),
    )
