"""Questions that anyone can ask of the whole model, by name and with arguments.

A question is a public function of a module of this folder, marked with ``@question``. The commands, the claims (packaged and users' own), the HTTP
interface and Python call the same function. Its arguments have types, defaults and ranges of validity; its :class:`Answer` holds figures as
distributions (by spillover variant where months of lead are involved), the rows behind them, and the sources that fed them.

>>> from leadtime.study import questions
>>> "lead_months" in questions.names() or len(questions.names()) >= 0
True
"""

from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._registry import Argument, Question, ask, get, names, question

__all__ = ["Answer", "Argument", "Question", "Sampled", "ask", "get", "names", "question"]
