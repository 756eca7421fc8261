"""The few numbers that a run is read for: one value per draw, from its series."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime.study._plan import Plan
from leadtime.study._quantiles import quantiles
from leadtime.study._quarters import FIRST_YEAR
from leadtime.study._store import Store

__all__ = ["LEVEL", "Headline", "headlines", "summary", "values"]

LEVEL = 0.8
"""Probability of the interval given with a headline."""

Draws = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A number with one value per draw.

    ``how`` is ``at`` (the series at the start of a year), ``year`` (its sum over a calendar year), ``ratio`` (of two such sums) or
    ``half`` (the date at which half of the value at the start of the year is first reached).
    """

    name: str
    title: str
    unit: str
    outputs: tuple[str, ...]
    how: str
    year: int

    def rows(self) -> slice:
        """Return the rows of the whole horizon that are needed."""
        bound = 4 * (self.year - FIRST_YEAR)
        if self.how == "half":
            return slice(0, bound + 1)
        return slice(bound, bound + (1 if self.how == "at" else 4))

    def value(self, series: Sequence[Draws]) -> Draws:
        """Return the value per draw from the needed rows of the outputs, each of shape (time, draw)."""
        value: Draws
        if self.how == "at":
            value = series[0][0]
        elif self.how == "year":
            value = series[0].sum(axis=0)
        elif self.how == "ratio":
            value = series[0].sum(axis=0) / series[1].sum(axis=0)
        else:
            value = _half_date(series[0])
        return value


def _half_date(series: Draws) -> Draws:
    """Return the first bound [yr] at which the series reaches half of its last value."""
    reached = series >= series[-1:] / 2
    return np.asarray(FIRST_YEAR + reached.argmax(axis=0) / 4, np.float32)


_EARLY = (
    "lead_true_months", "lead_apparent_months", "prc_used_h100e", "training_ratio", "serving_ratio", "bite_training_frac", "bite_serving_frac",
)  # fmt: skip
_LATE = (
    "lead_true_months", "lead_apparent_months", "lead_bought_months", "prc_used_h100e", "prc_own_h100e", "prc_rented_h100e",
    "prc_sold_legal_h100e", "prc_sold_leaked_h100e", "prc_sold_domestic_h100e", "us_used_h100e", "training_ratio", "serving_ratio",
    "prc_serving_h100e", "prc_tokens_served_per_day", "prc_cluster_h100e", "us_cluster_h100e", "bite_training_frac", "bite_serving_frac",
)  # fmt: skip
_AT = {2025: _EARLY, 2027: _LATE, 2030: _LATE}


def headlines(plan: Plan) -> tuple[Headline, ...]:
    """Return the headlines that the outputs and the window of a plan allow."""
    found = [
        Headline(
            name=f"{name}_{year}",
            title=f"{plan.label(name).title}, start of {year}",
            unit=plan.label(name).unit,
            outputs=(name,),
            how="at",
            year=year,
        )
        for year, names in _AT.items()
        for name in names
        if name in plan.outputs
    ]
    pair = ("us_acquired_h100e", "prc_acquired_h100e")
    found += [
        Headline(
            name="acquired_ratio_2026",
            title="US over PRC compute acquired in 2026",
            unit="ratio",
            outputs=pair,
            how="ratio",
            year=2026,
        ),
        Headline(
            name="bite_half_date_yr",
            title="Date of half the bite on training of 2030",
            unit="yr",
            outputs=("bite_training_frac",),
            how="half",
            year=2030,
        ),
    ]
    return tuple(one for one in found if _inside(one, plan))


def _inside(one: Headline, plan: Plan) -> bool:
    if not set(one.outputs) <= set(plan.outputs):
        return False
    rows, n_rows = one.rows(), plan.n_rows(one.outputs[0])
    return bool(plan.first <= rows.start and rows.stop <= plan.first + n_rows)


def values(
    one: Headline, plan: Plan, store: Store, *, suffix: str = "", only: NDArray[np.bool_] | None = None
) -> Iterator[Draws]:
    """Yield the values of a headline chunk by chunk; ``suffix`` picks the series of a variant where there are any, ``only`` the draws."""
    rows = one.rows()
    kept = slice(rows.start - plan.first, rows.stop - plan.first)
    names = [name + suffix if name + suffix in plan.series() else name for name in one.outputs]
    first = 0
    for series in zip(*(store.read(name, kept) for name in names), strict=True):
        found = one.value(series)
        yield found if only is None else found[only[first : first + len(found)]]
        first += len(found)


def summary(read: Callable[[], Iterable[Draws]], n_draws: int, unit: str) -> dict[str, Any]:
    """Return median and interval of one value per draw, exactly."""
    low, median, high = quantiles(
        lambda rows: (part[None] for part in read()),
        n_rows=1,
        n_draws=n_draws,
        levels=((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2),
    )[:, 0]
    return {"value": float(median), "low": float(low), "high": float(high), "level": LEVEL, "unit": unit}
