"""Checking a scenario as far as can be done without running it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leadtime import catalog
from leadtime.errors import UnknownNameError
from leadtime.study._evaluator import evaluator
from leadtime.study._priors import priors_with
from leadtime.study._scenarios import Scenario, scenario

__all__ = ["check_scenario"]


def check_scenario(which: "str | Path | Mapping[str, Any] | Scenario") -> Scenario:
    """Return a scenario after checking all of it: format, ranges, bases, parameters, variants, sources, amendments against the books.

    Raises
    ------
    BadInputError
        With the first fault.
    """
    found = scenario(which)
    for variant in found.variants.values():
        priors_with({**found.parameters, **variant.parameters})
    for source in found.sources:
        if source not in catalog.sources():
            raise UnknownNameError.among("source", source, catalog.sources())
    evaluator(found)
    return found
