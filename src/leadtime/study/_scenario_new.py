"""A scenario file to start from."""

import re

from leadtime.errors import BadInputError, shorten
from leadtime.study._scenario_file import NAME

__all__ = ["new_scenario"]

_TEMPLATE = """\
# A scenario of leadtime. Check it with: leadtime scenarios check {name}.yaml
name: {name}
title: One line for tables and charts
text: >-
  What happens, what is assumed, what is not known.
base: {base}

# Levers: a number, or dates with numbers; before the first date stands what the base says.
# `leadtime scenarios show baseline` lists those of the baseline, and the JSON Schema scenario.schema.json all of them.
levers:
  offshore_cloud: {{2027-01-01: 0.5}}   # share of rental abroad by PRC users that stays allowed

# Other values for parameters: a number fixes one, two numbers are the ends of its interval.
# parameters:
#   leak_scale: [0.01, 0.05]

# Amendments to the rule books, in order; see the documentation of `leadtime rules`.
# amendments: []
"""


def new_scenario(name: str, base: str = "baseline") -> str:
    """Return the text of a scenario file to start from."""
    if not re.fullmatch(NAME, name):
        raise BadInputError(
            f"{shorten(name)!r} is no name for a scenario.", hint="Use lower case letters, digits and underscores."
        )
    from leadtime.study._scenarios import scenario

    scenario(base)
    return _TEMPLATE.format(name=name, base=base)
