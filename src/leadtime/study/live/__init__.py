"""Answers for a page that moves: one scenario beside another, recomputed only where something changed.

>>> from leadtime.study import live
>>> found = live.explore({"name": "mine", "title": "A levy", "levers": {"fee": {"2027Q1": 0.3}}}, draws=200)
>>> found["changed"]
True
"""

from leadtime.study.live._explore import PAGE_OUTPUTS, explore
from leadtime.study.live._wedges import wedges

__all__ = ["PAGE_OUTPUTS", "explore", "wedges"]
