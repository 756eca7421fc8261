"""Numbers and texts to words, in the language of a page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from leadtime import catalog
from leadtime.reports._charts import Figure

__all__ = [
    "Speaker",
    "amount",
    "bounds_words",
    "cell_words",
    "figure_words",
    "languages",
    "months",
    "number",
    "percent",
    "ratio",
    "speaker",
    "spread",
]

TEXTS = "leadtime.reports.texts"
BARE = frozenset({"", "ratio", "frac", "index", "yr"})
"""Units that are not said beside their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """How a language says numbers, and its words for what the model says.

    Parameters
    ----------
    language : str
        Its code.
    numbers : mapping
        From the texts of the page: names of large numbers, forms of ranges and shares, words for yes, no and never.
    words : Words
        Translations of the model's own texts.
    """

    language: str
    numbers: Mapping[str, Any]
    words: catalog.Words

    def of(self, text: str) -> str:
        """Return a text of the model in this language."""
        return self.words.of(text)

    def amount(self, value: float) -> str:
        """Return a large count with three digits and the name of its size."""
        for scale, name in self.numbers["scales"]:
            if abs(value) >= scale:
                return f"{_digits(value / scale)}{name}"
        return _digits(value)

    def months(self, value: float) -> str:
        """Return months with one decimal; a rounded zero has no sign."""
        text = f"{value:.1f}"
        return "0.0" if text == "-0.0" else text

    def ratio(self, value: float) -> str:
        """Return a ratio with two or three digits."""
        return f"{value:.1f}" if abs(value) < 100 else f"{value:.0f}"

    def percent(self, value: float) -> str:
        """Return a share in per cent."""
        text = f"{value * 100:.0f}"
        return str(self.numbers["percent"]).format(n="0" if text == "-0" else text)

    def spread(self, values: tuple[float, float, float], words: Callable[[float], str]) -> str:
        """Return a middle value with its range in brackets, given low, middle, high."""
        low, middle, high = values
        return self._spread(words(middle), words(low), words(high))

    def _spread(self, middle: str, low: str, high: str) -> str:
        held = self.numbers["range"].format(low=low, high=high)
        return str(self.numbers["spread"]).format(middle=middle, range=held)

    def number(self, value: float | None, unit: str) -> str:
        """Return a number of a unit in words; None, for what does not occur, as the word for never."""
        if value is None:
            return str(self.numbers["never"])
        if unit == "yr" and 2000 < value < 2100:
            quarter = int((value - int(value)) * 4 + 1e-6) + 1
            return str(self.numbers["quarter"]).format(year=int(value), quarter=quarter)
        if unit == "frac":
            return self.percent(value)
        if abs(value) >= 1e4:
            return self.amount(value)
        return f"{value:.3g}"

    def bounds(self, figure: Mapping[str, Any]) -> str:
        """Return value, range and unit of a figure in words."""
        unit = figure["unit"]
        if figure["value"] is None:
            return str(self.numbers["absent"])
        said = self.number(figure["value"], unit)
        if figure["low"] != figure["high"]:
            said = self._spread(said, self.number(figure["low"], unit), self.number(figure["high"], unit))
        return said if unit in BARE else self.of(f"{said} {unit}")

    def figure(self, figure: Mapping[str, Any]) -> str:
        """Return the headline figure of a claim in words."""
        return f"{self.of(figure['label'])}{self.numbers['colon']}{self.bounds(figure)}"

    def cell(self, value: Any, key: str) -> str:
        """Return a cell of a table of results in words; the end of its key tells the unit."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return str(self.numbers["yes" if value else "no"])
        if isinstance(value, float):
            # Columns of quantiles carry no unit in their name; what looks like a date in them is one only beside other dates.
            return self.number(value, "frac" if key.endswith("_frac") else "yr" if key.endswith("_yr") else "")
        return self.of(str(value))

    def chart(self, figure: Figure) -> Figure:
        """Return a figure whose axes name large numbers as the language does."""
        return replace(figure, spec=self._axes(figure.spec))

    def _axes(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            kept = {key: self._axes(item) for key, item in value.items()}
            if kept.get("format") == "~s" and self.language != catalog.ENGLISH:
                kept.pop("format")
                kept["labelExpr"] = self._label_expression()
            return kept
        return [self._axes(item) for item in value] if isinstance(value, list) else value

    def _label_expression(self) -> str:
        said = "format(datum.value, ',')"
        for scale, name in reversed(self.numbers["scales"]):
            said = f"abs(datum.value) >= {scale:.0f} ? format(datum.value / {scale:.0f}, ',~r') + '{name}' : {said}"
        return said


def _digits(value: float) -> str:
    """Return three significant digits, in full: 1,230 rather than 1.23e+03."""
    return f"{float(f'{value:.3g}'):,.15g}"


def languages() -> tuple[str, ...]:
    """Return the languages that a page can be in, English first."""
    found = sorted(name.removesuffix(".yaml") for name in catalog.documents(TEXTS))
    return tuple(sorted(found, key=lambda name: (name != catalog.ENGLISH, name)))


@cache
def speaker(language: str) -> Speaker:
    """Return how a language speaks."""
    texts = catalog.document(TEXTS, f"{language}.yaml")
    return Speaker(language=language, numbers=texts["numbers"], words=catalog.words(language))


def amount(value: float) -> str:
    """Return a large count with three digits and a prefix.

    Examples
    --------
    >>> amount(2_763_000.0), amount(-31_500.0), amount(0.0)
    ('2.76 M', '-31.5 k', '0')
    >>> speaker("ja").amount(2_763_000.0)
    '276万'
    """
    return speaker(catalog.ENGLISH).amount(value)


def months(value: float) -> str:
    """Return months with one decimal; a rounded zero has no sign."""
    return speaker(catalog.ENGLISH).months(value)


def ratio(value: float) -> str:
    """Return a ratio with two or three digits."""
    return speaker(catalog.ENGLISH).ratio(value)


def percent(value: float) -> str:
    """Return a share in per cent."""
    return speaker(catalog.ENGLISH).percent(value)


def spread(values: tuple[float, float, float], words: Callable[[float], str]) -> str:
    """Return a middle value with its range in brackets, given low, middle, high."""
    return speaker(catalog.ENGLISH).spread(values, words)


def number(value: float | None, unit: str) -> str:
    """Return a number of a unit in words; None, for what does not occur, as ``never``.

    Examples
    --------
    >>> number(2025.25, "yr"), number(0.5, "frac"), number(12345.0, ""), number(None, "month")
    ('2025Q2', '50%', '12.3 k', 'never')
    """
    return speaker(catalog.ENGLISH).number(value, unit)


def bounds_words(figure: Mapping[str, Any]) -> str:
    """Return value, range and unit of a figure in words."""
    return speaker(catalog.ENGLISH).bounds(figure)


def figure_words(figure: Mapping[str, Any]) -> str:
    """Return the headline figure of a claim in words."""
    return speaker(catalog.ENGLISH).figure(figure)


def cell_words(value: Any, key: str) -> str:
    """Return a cell of a table of results in words; the end of its key tells the unit."""
    return speaker(catalog.ENGLISH).cell(value, key)
