"""What questions are answered with, for both doors: the command line prints these answers, HTTP sends them.

A door reads its options or its body, resolves names in its own way (a file may be named on the command line, never over HTTP), and
then asks here. What stands in ``data`` is the contract of ``interfaces/contracts``; no door puts it together itself.

:mod:`~leadtime.interfaces.answers.law` answers about the rule books, :mod:`~leadtime.interfaces.answers.facts` about chips, models and
sources, :mod:`~leadtime.interfaces.answers.estimates` about training and serving, :mod:`~leadtime.interfaces.answers.worlds` about
scenarios and their runs, :mod:`~leadtime.interfaces.answers.method` about how far off the model is, and
:mod:`~leadtime.interfaces.answers.about` about the model itself.
"""

from leadtime.interfaces.answers._answer import Answer, envelope, plain

__all__ = ["Answer", "envelope", "plain"]
