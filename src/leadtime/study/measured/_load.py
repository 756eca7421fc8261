"""How busy a deployment was: batches, concurrency and queues from the words of a source."""

import re
from dataclasses import dataclass

from leadtime.study.measured._cells import cell_number

__all__ = ["Load", "read_load"]

MOST = 1e9
"""No deployment holds more requests, and no pass more tokens."""
_NUMBER = r"(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)\s*(k)?"
_PER_CHIP = r"(?:sequences?|requests?|seqs?|samples?|users?)?\s*(?:/|per|a|each)\s*(?:gpu|npu|tpu|chip|device|card|die|accelerator|rank)"
_TOKENS = re.compile(
    _NUMBER
    + r"\s*(?:input |prompt |prefill )?tok(?:en)?s?\s*(?:/|per)\s*(?:gpu|npu|tpu|chip|device|card|die|accelerator|rank|batch|step)"
)
_CHIP_BATCH = re.compile(_NUMBER + r"\s*" + _PER_CHIP)
_LIMIT = re.compile(
    r"(?:max(?:imum)?[ _-]?(?:batch(?:[ _-]?size)?|num[ _-]?seqs?|running[ _-]?requests?)|up to)\s*[=:of]*\s*" + _NUMBER
)
_LIMIT_PER_CHIP = re.compile(r"max(?:imum)?[ _-]?batch(?:[ _-]?size)?\s*[=:of]*\s*" + _NUMBER + r"\s*" + _PER_CHIP)
_CONCURRENCY = re.compile(
    r"(?:(?:max[ _-]?)?concurren(?:cy|t)(?:[ _-](?:requests?|users?|limit|of))*|conc|users|clients|parallel requests)\s*[=:of]*\s*"
    + _NUMBER
)
_CONCURRENCY_AFTER = re.compile(
    _NUMBER
    + r"\s*(?:observed |concurrent |simultaneous |parallel )+(?:concurrency|requests?|users?|clients?|sessions?)?"
)
_BATCH = re.compile(r"(?:(?:decode|static|global|total)\s+)?(?:bs|batch(?:[ _-]?size)?)\s*[=:of]*\s*" + _NUMBER)
_SATURATED = re.compile(
    r"infinite|\binf\b|all queued|all requests (?:queued|at once)|saturat|unlimited|max(?:imum)? throughput|offline|high rate|flooded"
)
_RANGE = re.compile(_NUMBER + r"\s*(?:\.\.+|–|—|to|-)\s*" + _NUMBER)
_ARRIVALS = re.compile(
    r"(?:qps|rps|(?:request )?rate)\s*[=:of]*\s*"
    + _NUMBER
    + r"|"
    + _NUMBER
    + r"\s*(?:qps|rps|(?:req(?:uest)?s?|queries)\s*(?:/|per)\s*s(?:ec(?:ond)?)?)\b"
)
_PROMPTS = re.compile(_NUMBER + r"\s*(?:prompts|requests)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What kept a deployment busy; every field None where the text is silent."""

    concurrency: float | None = None
    """Requests in flight in the whole deployment."""
    per_chip: float | None = None
    """Requests in flight per chip."""
    limit: float | None = None
    """Most sequences that one engine batches."""
    limit_per_chip: float | None = None
    prefill_tokens: float | None = None
    """Tokens of one prefill pass per chip."""
    saturated: bool = False
    """Requests never ran out."""
    requests: float | None = None
    """Requests that were queued in all, of a run that ended with the last of them."""

    @property
    def is_stated(self) -> bool:
        """Whether the text says how many requests were in flight, or that there were always more."""
        return (
            self.saturated
            or self.concurrency is not None
            or self.per_chip is not None
            or self.prefill_tokens is not None
        )


def _value(found: re.Match[str], group: int = 1) -> float:
    return float(found.group(group).replace(",", "")) * (1e3 if found.group(group + 1) else 1.0)


def read_load(text: str) -> Load:
    """Read the load of a serving measurement.

    Examples
    --------
    >>> read_load("256 per GPU").per_chip, read_load("max batch 512 per engine; max_concurrency 5120").limit
    (256.0, 512.0)
    >>> read_load("infinite request rate (all queued)").saturated, read_load("16384 tokens per NPU").prefill_tokens
    (True, 16384.0)
    >>> read_load("all queued; 1,500 requests").requests
    1500.0
    """
    low = text.casefold().strip()
    if not low:
        return Load()
    tokens = _TOKENS.search(low)
    low_rest = _ARRIVALS.sub(" ", _TOKENS.sub(" ", low))  # an arrival rate says nothing about how many wait
    per_chip_limit = _LIMIT_PER_CHIP.search(low_rest)
    rest = _LIMIT_PER_CHIP.sub(" ", low_rest)
    per_chip = _CHIP_BATCH.search(rest)
    rest = _CHIP_BATCH.sub(" ", rest)
    concurrency = _CONCURRENCY.search(rest) or _CONCURRENCY_AFTER.search(rest)
    limit = _LIMIT.search(_CONCURRENCY.sub(" ", rest))
    rest = _LIMIT.sub(" ", rest)
    total = _value(concurrency) if concurrency else None
    span = _RANGE.search(rest)
    if span and (concurrency is None or "sweep" in low):
        total = _value(span, 3)  # the throughput end of a sweep
    if total is None and per_chip is None and tokens is None and not per_chip_limit:
        batch = _BATCH.search(rest)
        plain = _plain(rest) if limit is None else None
        total = _value(batch) if batch else plain
    queued = _PROMPTS.search(rest) if total is None else None
    saturated = bool(_SATURATED.search(low)) or (limit is not None and queued is not None)
    found = {
        "concurrency": total,
        "per_chip": _value(per_chip) if per_chip else None,
        "limit": _value(limit) if limit else None,
        "limit_per_chip": _value(per_chip_limit) if per_chip_limit else None,
        "prefill_tokens": _value(tokens) if tokens else None,
        "requests": _value(queued) if queued and saturated else None,
    }
    # a load of nothing states nothing
    return Load(
        **{name: value if value and 0 < value < MOST else None for name, value in found.items()}, saturated=saturated
    )


def _plain(text: str) -> float | None:
    """Return a bare leading number; words without one mean nothing here."""
    try:
        return cell_number(re.sub(r"^[a-z ]+[=:]?\s*(?=\d)", "", text.strip()))
    except ValueError:
        return None
