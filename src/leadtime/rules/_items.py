"""What is sold: five kinds of item, each with the facts that the law asks about it.

========  =====================================================================================================
kind      facts, and the other keys that a spec file may use
========  =====================================================================================================
chip      ``tpp``, ``performance_density`` (or ``die_area_mm2`` / ``non_planar_area_mm2``), ``memory_bandwidth_gb_s``,
          ``interconnect_gb_s`` (both directions together), ``datacenter_marketed``, ``designer``, ``release_date``; or a
          datasheet as in a chip file, from which TPP and density follow
system    ``contains``: a list of chips, each a catalogue name or a mapping as above
hbm       ``bandwidth_density_gb_s_mm2`` or ``memory_bandwidth_gb_s`` with ``package_area_mm2``; ``co_packaged`` (with a
          processor whose function dominates), ``interface_die`` (fixed to a control-interface logic die only),
          ``exception_conditions_met`` (those of 740.25 other than density)
weights   ``training_flop`` (operations), ``published``, ``below_best_published``, ``derived_from_published``, ``added_flop``
die       ``n_transistors``, ``advanced_node`` (16/14 nm or below, or non-planar), ``has_hbm``, ``packager`` (fabricator |
          approved_osat | other), ``packaged_in_embargoed`` (in Macau or D:5), ``designer_status`` (approved | authorized |
          other), ``seller`` (fabricator | osat | later), and ``tpp``, ``performance_density``, ``datacenter_marketed`` as
          attested
========  =====================================================================================================
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["KINDS", "Item"]

KINDS = ("chip", "system", "hbm", "weights", "die")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that somebody wants to export.

    Parameters
    ----------
    name : str
        For people.
    kind : str
        One of :data:`KINDS`.
    facts : mapping of str to number, bool, str or None
        What is known about it, by the names of the table above; absent or None for unknown.
    asks : mapping of str to tuple of str
        What to ask the user for where a fact is missing (``performance_density`` asks for ``die_area_mm2``).
    parts : tuple of Item
        For a system: the chips in it.
    """

    name: str
    kind: str = "chip"
    facts: Mapping[str, float | bool | str | None] = field(default_factory=dict)
    asks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parts: tuple["Item", ...] = ()
