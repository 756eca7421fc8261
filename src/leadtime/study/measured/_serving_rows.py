"""One row of serving measurements: what was served on what, and the rate that the row states most directly."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

from leadtime.chips import Chip
from leadtime.study.measured._benchmarks import Benchmark, benchmark_of
from leadtime.study.measured._cells import RowProblem, cell_year, row_count, row_number, text_of
from leadtime.study.measured._conventions import fail_if_beyond_peak
from leadtime.study.measured._layout import Pool, ServingText, read_serving_text
from leadtime.study.measured._load import Load, read_load
from leadtime.study.measured._names import chips_in_name, resolve_chip, resolve_model
from leadtime.study.measured._words import (
    engine_of,
    is_mlperf,
    read_activation_format,
    read_cache_format,
    read_weight_format,
)
from leadtime.workloads import ModelShape

__all__ = ["Demand", "Formats", "ServingPoint", "read_serving_row"]

DEFAULT_YEAR, DEFAULT_TOKENS = 2025.0, 1024.0
BILLION = 1e9
FASTEST_USER_TOK_S = 400.0
"""No deployment of rows of one batch gives every user more [tokens/s]: a batch that would is meant per chip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What was asked of the deployment."""

    phase: str
    """``prefill``, ``decode`` (that pool alone) or ``mixed`` (prefill is in the wall time)."""
    input_tokens: float
    output_tokens: float
    load: Load
    ttft_limit_s: float | None = None
    """99th percentile; None: no limit."""
    tpot_limit_s: float | None = None
    wait_s: float | None = None
    """Measured time to the first token, during which a request is in flight but does not decode."""
    scenario: str = ""
    """``server`` or ``interactive`` where a latency limit holds."""
    cache_hit_frac: float = 0.0
    production: bool = False
    """A day's average of live traffic instead of a saturated benchmark."""
    balanced: bool = False
    """Experts loaded evenly by construction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Formats:
    """Number formats and software."""

    weights: str
    arithmetic: str
    cache_byte: float
    engine: str
    year: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingPoint:
    """A row that can be scored."""

    id: str
    group: str
    model: str
    shape: ModelShape
    chip: Chip
    n_chips: float | None
    layout: ServingText
    demand: Demand
    formats: Formats
    quantity: str
    """What was scored: ``decode``, ``prefill``, ``total`` [tokens/s per chip] or ``tpot`` [s]."""
    value: float
    """Measured, per package of the catalogue."""
    settings: tuple[Mapping[str, float], ...] = ()
    """Plausible values of what the row leaves open and its rate hangs on: ``workers``, ``chips``, ``concurrency``."""
    guesses: tuple[str, ...]
    """What the row does not state and was assumed; each widens the interval."""


def _words(row: Mapping[str, str]) -> str:
    names = ("model", "notes", "source_org", "source_group", "source_url", "source_id", "locator", "source_locator")
    return "; ".join(text_of(row, name) for name in names).casefold()


def _refuse(row: Mapping[str, str], words: str) -> None:
    if text_of(row, "trust").casefold() == "unverified":
        raise RowProblem("recalled, not read in a source.")
    if re.search(
        r"theoretical (?:limit|communication)|never use for scoring|projection[^;]*(?:no|not a)[^;]*measurement", words
    ):
        raise RowProblem("a theoretical figure or a projection, no measurement.")


def _weights(row: Mapping[str, str], words: str, shape: ModelShape, chip: Chip) -> tuple[str, bool]:
    """Return the format in which weights are stored, and whether it is a guess."""
    named = read_weight_format(text_of(row, "precision_weights")) or _format_note(words)
    if named == "fp8" and _native(shape) == "fp4":
        return "fp4", False  # published in 4 bit: the label names the arithmetic or the cache
    if named:
        return named, False
    named = read_weight_format(text_of(row, "model"))
    if named:
        return named, False
    if is_mlperf(words):
        best = "fp4" if "fp4" in chip.peak_flop_per_s and chip.vendor == "NVIDIA" else "fp8"
        return (best if best in chip.peak_flop_per_s else "int8" if "int8" in chip.peak_flop_per_s else "bf16"), True
    cache = read_cache_format(text_of(row, "precision_kv"))
    native = _native(shape)
    if cache is not None and cache <= 1 and "fp8" in chip.peak_flop_per_s:
        return "fp8", True
    return (native if native and native in {"fp8", "fp4", "int4"} else "bf16"), True


def _native(shape: ModelShape) -> str | None:
    """Return the format in which the publisher stores most weights."""
    return read_weight_format(shape.origin.precision or "")


def _format_note(words: str) -> str | None:
    found = re.search(
        r"weights (?:ship|are|stay|stored) in ([a-z0-9]+)|gemm(?:/moe quant| and expert format) [a-z0-9_]+/([a-z0-9_]+)",
        words,
    )
    return read_weight_format(next((group for group in found.groups() if group), "")) if found else None


def _arithmetic(weights: str, shape: ModelShape, chip: Chip, stated: str | None = None) -> str:
    """Return the format of the products: that of the weights where activations are narrow too, else a wider one.

    A chip without units for a format widens the weights as it reads them.
    """
    if stated:
        return stated if stated in chip.peak_flop_per_s or stated == "bf16" else "bf16"
    native = _native(shape)
    if weights in {"fp4", "int4"} and native == "fp4":
        # Published in 4 bit with activations that are not: 8-bit products where the chip has 4-bit units, else 16-bit.
        return "fp8" if "fp4" in chip.peak_flop_per_s else "bf16"
    if (
        weights == "fp8"
        and "fp8" not in chip.peak_flop_per_s
        and "int8" in chip.peak_flop_per_s
        and chip.family not in {"ampere", "volta"}
    ):
        return "int8"
    return "bf16" if weights == "int4" or weights not in chip.peak_flop_per_s else weights


def _cache_byte(row: Mapping[str, str], weights: str, engine: str, shape: ModelShape, words: str) -> tuple[float, bool]:
    stated = read_cache_format(text_of(row, "precision_kv"))
    if stated is not None:
        return stated, False
    if re.search(r"(?:fp8|8-?bit) kv|kv[^;]*fp8", words):
        return 1.0, False
    latent = any(group.latent for group in shape.attention)
    narrow = weights in {"fp8", "fp4", "int4"}
    if engine in {"tensorrt-llm", "mlperf"}:
        return (1.0, True) if narrow else (2.0, False)
    if engine in {"vllm", "sglang", "rocm-vllm"} and narrow and not latent:
        return 1.0, True
    return 2.0, narrow


def _lengths(row: Mapping[str, str], phase: str, known: Benchmark | None) -> tuple[float, float, bool]:
    """Return input and output tokens, and whether one is a guess."""
    given_in, given_out = row_number(row, "input_len"), row_number(row, "output_len")
    if phase == "prefill":
        return given_in or (known.input_tokens if known else 4096.0), 1.0, not given_in and not known
    n_in = given_in or (known.input_tokens if known else None)
    n_out = given_out or (known.output_tokens if known else None)
    if phase == "decode":
        return n_in or 4096.0, n_out or 1.0, n_in is None
    return n_in or DEFAULT_TOKENS, n_out or DEFAULT_TOKENS, n_in is None or n_out is None


_LIMITS = re.compile(
    r"(?:99th|p99)[^;]*?ttft\s*(?:<=|≤|of)?\s*(\d+(?:\.\d+)?)\s*ms[^;]*?tpot\s*(?:<=|≤|of)?\s*(\d+(?:\.\d+)?)\s*ms"
)
_LIMIT_CLAUSE = re.compile(r"limit")


def _limits(words: str, phase: str, known: Benchmark | None) -> tuple[float | None, float | None, str]:
    """Return limits on the 99th percentiles of TTFT and TPOT [s], and the scenario."""
    interactive = bool(re.search(r"interactive", words))
    scenario = "interactive" if interactive else "server" if phase == "server" else ""
    for clause in words.split(";"):
        found = _LIMITS.search(clause) if _LIMIT_CLAUSE.search(clause) else None
        if found:
            return float(found.group(1)) / 1e3, float(found.group(2)) / 1e3, scenario or "server"
    if scenario and known and is_mlperf(words):
        ttft, tpot = known.interactive_limits_s if interactive else known.server_limits_s
        return ttft, tpot, scenario
    user = re.search(r"(\d+(?:\.\d+)?)(?:\s*(?:to|-)\s*(\d+(?:\.\d+)?))? tok(?:en)?s?/s(?:/| per )user", words)
    if user and phase in {"decode", "mixed"}:  # the operating point, not a limit on a percentile
        return None, 2.0 / (float(user.group(1)) + float(user.group(2) or user.group(1))), ""
    return None, None, ""


def _cache_hits(words: str) -> float:
    share = re.search(r"(\d+(?:\.\d+)?)\s*% of (?:the )?input tokens are (?:cache )?hits", words)
    if share and not re.search(r"without (?:cache )?hits|no (?:cache )?hits", words):
        return _below_one(float(share.group(1)) / 100)
    counts = re.search(r"(\d+)\s*[gb] input tokens[^;]*?(\d+)\s*[gb] (?:of them )?cache hits", words)
    return _below_one(float(counts.group(2)) / max(float(counts.group(1)), 1.0)) if counts else 0.0


def _below_one(share: float) -> float:
    if share >= 1:
        raise RowProblem("all input tokens are said to be cache hits, so nothing was prefilled.")
    return share


def _demand(row: Mapping[str, str], words: str, phase: str, known: Benchmark | None) -> tuple[Demand, list[str]]:
    load = read_load(text_of(row, "batch_or_concurrency"))
    n_in, n_out, guessed = _lengths(row, phase, known)
    ttft, tpot, scenario = _limits(words, text_of(row, "phase"), known)
    if not load.is_stated and phase == "mixed" and (text_of(row, "phase") == "offline" or tpot):
        load = replace(load, saturated=True)
    guesses = ["lengths"] if guessed else []
    if not text_of(row, "phase"):
        guesses.append("phase")
    if phase != "prefill" and not load.is_stated:
        load, guesses = replace(load, saturated=True), [*guesses, "load"]
    demand = Demand(
        phase=phase,
        input_tokens=n_in,
        output_tokens=n_out,
        load=load,
        ttft_limit_s=ttft,
        tpot_limit_s=tpot,
        wait_s=(row_number(row, "ttft_ms") or 0.0) / 1e3 or None,
        scenario=scenario,
        cache_hit_frac=_cache_hits(words),
        production=bool(re.search(r"production average|24 ?h(?:ours?)? ?(?:totals|:)", words)),
        balanced=bool(
            re.search(r"perfect expert balance|balanced routing|perfect(?:ly)? balanced|forced to balance", words)
        ),
    )
    return demand, guesses


def _phase(row: Mapping[str, str], text: ServingText) -> str:
    named = text_of(row, "phase").casefold()
    if named in {"prefill", "decode"}:
        return named
    both = row_number(row, "prefill_tok_s_per_chip") and row_number(row, "decode_tok_s_per_chip")
    if named == "mixed" and text.disaggregated and both:
        return "decode"  # each rate is that of its own pool
    return "mixed"


def _measured(row: Mapping[str, str], demand: Demand, n_chips: float | None) -> tuple[str, float]:
    """Return what the row states most directly: a rate per chip, else one that follows from its latencies."""
    prefill, decode, total = (row_number(row, f"{name}_tok_s_per_chip") for name in ("prefill", "decode", "total"))
    ttft, tpot = row_number(row, "ttft_ms"), row_number(row, "tpot_ms")
    load = demand.load
    if demand.phase == "prefill":
        if prefill:
            return "prefill", prefill
        if ttft and n_chips and (load.concurrency or 1) == 1:
            return "prefill", demand.input_tokens / (ttft / 1e3) / n_chips
        raise RowProblem("states neither a prefill rate nor the first-token time of one request.")
    if decode:
        return "decode", decode
    if total:
        return "total", total
    if tpot and load.concurrency and n_chips and (ttft or demand.phase == "decode"):
        wait = 0.0 if demand.phase == "decode" else (ttft or 0.0)
        per_request_s = (wait + tpot * max(demand.output_tokens - 1, 1)) / 1e3
        tokens = max(demand.output_tokens - 1, 1) if demand.phase == "decode" else demand.output_tokens
        return "decode", load.concurrency * tokens / per_request_s / n_chips
    if tpot and load.per_chip:
        return "decode", load.per_chip / (tpot / 1e3)
    if tpot:
        return "tpot", tpot / 1e3
    raise RowProblem("states no rate, and no latency from which one follows.")


def _only_first_token(row: Mapping[str, str]) -> bool:
    """Tell whether a row states the first-token time of one request and nothing of what follows."""
    rates = ("prefill_tok_s_per_chip", "decode_tok_s_per_chip", "total_tok_s_per_chip", "tpot_ms")
    single = read_load(text_of(row, "batch_or_concurrency")).concurrency == 1
    return single and bool(text_of(row, "ttft_ms")) and not any(row_number(row, name) for name in rates)


PLAUSIBLE_WORKERS = (1.0, 2.0, 4.0, 8.0)
SERVER_CHIPS = 8.0
MOST_OF_MEMORY = 0.9
"""Share of the memory of a chip that weights may take."""
PLAUSIBLE_USERS = (1.0, 4.0, 16.0, 64.0, 256.0)
MOST_DECODE_CHIPS = 72.0
"""Chips of the largest decode pools that rows with a stated number of workers describe: those of one rack."""


def _least_chips(shape: ModelShape, weights: str, chip: Chip) -> float:
    """Return how many chips it takes to hold the weights; 1 where the memory is not known."""
    from leadtime.performance import WEIGHT_BYTE
    from leadtime.workloads import total_parameters

    if not chip.memory.capacity_byte:
        return 1.0
    return max(1.0, total_parameters(shape) * WEIGHT_BYTE[weights] / (MOST_OF_MEMORY * chip.memory.capacity_byte))


def _open_settings(
    text: ServingText, demand: Demand, quantity: str, n_chips: float | None, least: float
) -> tuple[Mapping[str, float], ...]:
    """Return the combinations of counts that the row leaves open and its rate hangs on; empty where it states them.

    - Requests in flight but not the workers of a pool: up to eight workers are tried, as many as one rack holds and no
      more than there are requests.
    - Neither chips nor a layout: from as many as hold the weights to one server, or to twice that many.
    - A latency and no load: from one user to 256.
    """
    load = demand.load
    free: list[list[tuple[str, float]]] = []
    if n_chips is None and text.pool.chips is None:
        first = 2.0 ** max(0, math.ceil(math.log2(least)))
        counts = [first * 2.0**i for i in range(16) if first * 2.0**i <= max(SERVER_CHIPS, 2 * first)]
        free.append([("chips", n) for n in counts])
    elif n_chips is None and quantity == "tpot" and text.disaggregated and load.concurrency and not text.pool.workers:
        size = float(text.pool.chips or 1)
        counts = [n for n in PLAUSIBLE_WORKERS if n <= max(load.concurrency, 1.0) and n * size <= MOST_DECODE_CHIPS]
        free.append([("workers", n) for n in counts or [1.0]])
    if quantity == "tpot" and load.concurrency is None and load.per_chip is None:
        free.append([("concurrency", users) for users in PLAUSIBLE_USERS])
    return tuple(dict(choice) for choice in product(*free)) if free else ()


def _per_chip_batch(demand: Demand, quantity: str, value: float, n_chips: float | None, text: str) -> Demand:
    """Read a batch as one per chip where all chips together could not be that fast for so few users."""
    load = demand.load
    if load.concurrency is None or quantity != "decode" or not n_chips or n_chips < 2 or "concurren" in text.casefold():
        return demand
    if value * n_chips / load.concurrency <= FASTEST_USER_TOK_S:
        return demand
    return replace(demand, load=replace(load, concurrency=None, per_chip=load.concurrency))


def _whole_packages(text: ServingText, demand: Demand, n_dies: int) -> tuple[ServingText, Demand]:
    """Recount a row in dies as one in packages."""
    if n_dies == 1:
        return text, demand

    def packages(pool: Pool | None) -> Pool | None:
        if pool is None or pool.chips is None:
            return pool
        chips = max(1, pool.chips // n_dies)
        copies = pool.attention_replicas and max(1, min(pool.attention_replicas, chips))
        return replace(
            pool, chips=chips, attention_replicas=copies, expert=pool.expert and max(1, min(pool.expert, chips))
        )

    load = demand.load
    fuller = replace(
        load,
        per_chip=load.per_chip and load.per_chip * n_dies,
        prefill_tokens=load.prefill_tokens and load.prefill_tokens * n_dies,
        limit_per_chip=load.limit_per_chip and load.limit_per_chip * n_dies,
    )
    decode = packages(text.pool)
    return replace(text, pool=decode or Pool(), prefill=packages(text.prefill)), replace(demand, load=fuller)


def _spread(text: ServingText, phase: str, words: str, layout: str, n_chips: float | None) -> ServingText:
    """Fill in a group that the text names without a number: wide expert parallelism, or the world size of a script."""
    if text.pool.chips is not None or phase == "mixed" or not n_chips:
        return text
    script = re.search(rf"{phase}[^,;]*world[ -]size (\d+)", words)
    one = re.search(rf"{phase} 1 gpu", words)
    wide = n_chips >= 8 and re.search(r"(?<![a-z])(?:ep|expert[ -]parallel\w*)(?![a-z\d])", layout.casefold())
    if script or one or wide:
        chips = int(script.group(1)) if script else 1 if one else int(n_chips)
        return replace(text, pool=replace(text.pool, chips=chips, attention_replicas=chips, expert=chips))
    return text


def _bounded(text: ServingText, n_chips: float | None) -> ServingText:
    """Cut a group that counts dies or experts down to the chips there are."""
    pool = text.pool
    if n_chips is None or pool.chips is None or pool.chips <= n_chips or text.disaggregated:
        return text
    chips = max(1, int(n_chips))
    copies = pool.attention_replicas and min(pool.attention_replicas, chips)
    return replace(text, pool=replace(pool, chips=chips, attention_replicas=copies))


def read_serving_row(row: Mapping[str, str]) -> ServingPoint:
    """Read one row of a table of serving measurements.

    Parameters
    ----------
    row : mapping
        Text cells by column name, in the layout of the packaged table ``measured_inference``.

    Raises
    ------
    RowProblem
        If the row cannot be scored, with the reason.
    """
    words = _words(row)
    _refuse(row, words)
    remarks = f"{text_of(row, 'notes')}; {text_of(row, 'engine')}"
    text = read_serving_text(text_of(row, "parallelism"), remarks)
    total, active = row_number(row, "params_total_B"), row_number(row, "params_active_B")
    found = resolve_model(
        text_of(row, "model"),
        total and total * BILLION,
        active and active * BILLION,
        context=text_of(row, "source_group"),
    )
    part = resolve_chip(
        text_of(row, "chip"), text_of(row, "chip_key"), f"{text_of(row, 'parallelism')}; {text_of(row, 'notes')}"
    )
    known = benchmark_of(text_of(row, "model"), words)
    phase = _phase(row, text)
    if phase == "mixed" and _only_first_token(row):
        phase = "prefill"
    demand, guesses = _demand(row, words, phase, known)
    units = row_count(row, "n_chips") or chips_in_name(text_of(row, "chip"))
    if units is None and text.pool.chips and not text.disaggregated and demand.phase == "prefill":
        units = float(text.pool.chips)
    if text.pool.recounted and units and text.pool.chips and units > text.pool.chips:
        units = float(text.pool.chips)
    quantity, value = _measured(row, demand, units)
    demand = _per_chip_batch(demand, quantity, value, units, text_of(row, "batch_or_concurrency"))
    text = _spread(text, phase, words, text_of(row, "parallelism"), units)
    text, demand = _whole_packages(text, demand, part.dies)
    if quantity != "tpot":
        value *= part.dies
        from leadtime.workloads import shape_arrays

        flop = 2.0 * float(shape_arrays([found.shape]).weights.matmul[0]) * (1.0 - demand.cache_hit_frac)
        fail_if_beyond_peak(value, flop, part.chip, f"{quantity}_tok_s_per_chip")
    n_chips = max(1.0, units / part.dies) if units else None
    text = _bounded(text, n_chips)
    engine = engine_of(engine=text_of(row, "engine"), words=words, family=part.chip.family)
    weights, guessed_weights = _weights(row, words, found.shape, part.chip)
    cache_byte, guessed_cache = _cache_byte(row, weights, engine, found.shape, words)
    guesses = [name for name, guessed in (("model", found.guessed), ("chip", part.guessed)) if guessed] + guesses
    guesses += [name for name, guessed in (("weights", guessed_weights), ("cache", guessed_cache)) if guessed]
    mixture = bool(found.shape.experts)
    settings = _open_settings(text, demand, quantity, n_chips, _least_chips(found.shape, weights, part.chip))
    guesses += [name for name in ("chips", "workers") if settings and name in settings[0]]
    if (n_chips or 2) > 1 and (text.pool.chips is None or (mixture and text.pool.attention_replicas is None)):
        guesses.append("layout")
    if text.draft_tokens is None and found.shape.prediction is not None and mixture and phase != "prefill":
        guesses.append("speculation")
    return ServingPoint(
        id=text_of(row, "id"),
        group=text_of(row, "source_group") or text_of(row, "source_url") or "unnamed source",
        model=text_of(row, "model"),
        shape=found.shape,
        chip=part.chip,
        n_chips=n_chips,
        layout=text,
        demand=demand,
        formats=Formats(
            weights=weights,
            arithmetic=_arithmetic(
                weights, found.shape, part.chip, read_activation_format(text_of(row, "precision_weights"))
            ),
            cache_byte=cache_byte,
            engine=engine,
            year=cell_year(text_of(row, "date")) or DEFAULT_YEAR,
        ),
        quantity=quantity,
        value=value,
        settings=settings,
        guesses=tuple(guesses),
    )
