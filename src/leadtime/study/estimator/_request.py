"""What a serving question is made of, and the same with names resolved and numbers checked."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from leadtime import performance, workloads
from leadtime.chips import Chip, find_chip
from leadtime.errors import BadInputError, ConflictError, shorten
from leadtime.performance import ServeLayout, ServeWorkload
from leadtime.study.estimator._costs import Money
from leadtime.study.estimator._layout_text import replica_chips, serve_layout
from leadtime.study.estimator._setup import checked_count, checked_number, checked_software, efficiency_precision
from leadtime.workloads import Attention, ModelShape

__all__ = [
    "FLEETS",
    "Demand",
    "Deployment",
    "InferQuestion",
    "Limits",
    "Ready",
    "Request",
    "prepare",
    "usual_kv",
    "usual_precision",
    "width",
]

PHASES = ("mixed", "prefill", "decode")
FLEETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Numbers of chips that are tried where none is stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a user sends and gets, and what helps."""

    input_len: int
    output_len: int
    cache_hit_frac: float = 0.0
    """Share of input tokens whose keys and values are there already."""
    draft_tokens: int = 0
    """Tokens proposed per step (speculative decoding, multi-token prediction)."""
    acceptance_frac: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What bounds the load: requests in flight over all chips, or the time per output token that a user may see; neither means saturated."""

    batch: int | None = None
    tpot_ms: float | None = None
    best: bool = False
    """Maximise tokens per dollar over layouts and numbers of chips."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Users to serve."""

    users: float
    tokens_per_user_day: float
    """Output tokens."""

    @classmethod
    def of(cls, users: float | None, tokens_per_user_day: float | None) -> "Demand | None":
        """Return the demand of some users, None where neither number is given.

        Raises
        ------
        BadInputError
            If only one of the two is given.
        """
        if users is None and tokens_per_user_day is None:
            return None
        if users is None or tokens_per_user_day is None:
            raise BadInputError(
                "Demand needs users and tokens per user and day.", hint="Give both numbers, or neither of them."
            )
        return cls(users=users, tokens_per_user_day=tokens_per_user_day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """How the model lies on chips; what is None is chosen, and said to be."""

    n_chips: int | None = None
    parallelism: str = "auto"
    precision: str | None = None
    kv_precision: str | None = None
    phase: str = "mixed"
    disaggregated: bool = False
    """A pool for prefill and one for decode in the best ratio, each with its best layout."""
    engine: str = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class InferQuestion:
    """What :func:`infer` is asked; see there."""

    model: str | Path | ModelShape
    chip: str | Path | Chip
    request: Request
    deployment: Deployment = Deployment()
    limits: Limits = Limits()
    demand: Demand | None = None
    on: date | None = None
    money: Money = Money()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A question with its names resolved and its numbers checked."""

    question: InferQuestion
    shape: ModelShape
    chip: Chip
    precision: str
    kv_precision: str
    arithmetic: str
    work: ServeWorkload
    fleets: tuple[int, ...]
    layout: ServeLayout | None
    on: date
    assumed: tuple[str, ...]

    @property
    def group(self) -> tuple[Any, ...]:
        """Questions of one group are priced in one call."""
        limits, deployment = self.question.limits, self.question.deployment
        return (
            deployment.disaggregated,
            self.layout is None,
            limits.batch is None,
            limits.tpot_ms is None,
            deployment.phase,
        )


def prepare(question: InferQuestion) -> Ready:
    shape = question.model if isinstance(question.model, ModelShape) else workloads.find_model(question.model)
    chip = question.chip if isinstance(question.chip, Chip) else find_chip(question.chip)
    request, deployment, limits = question.request, question.deployment, question.limits
    if deployment.phase not in PHASES:
        raise BadInputError(
            f"The phase {shorten(deployment.phase)!r} is not known.", hint=f"It is one of: {', '.join(PHASES)}."
        )
    checked_software(deployment.engine, "engine")
    if limits.batch is not None and limits.tpot_ms is not None:
        raise ConflictError("A batch and a latency limit are both stated.", hint="Give one of them.")
    if deployment.disaggregated and (deployment.phase != "mixed" or deployment.parallelism != "auto"):
        raise ConflictError(
            "A disaggregated service has both phases and searched layouts.", hint="Leave out the phase and the layout."
        )
    if deployment.disaggregated and deployment.n_chips == 1:
        raise ConflictError("A disaggregated service needs at least two chips.", hint="Raise the number of chips.")
    if request.acceptance_frac and not request.draft_tokens:
        raise ConflictError("An acceptance without proposed tokens means nothing.", hint="State the draft tokens.")
    assumed: list[str] = []
    precision = deployment.precision or usual_precision(chip, assumed)
    arithmetic = performance.arithmetic_precision(chip, precision)
    kv_precision = deployment.kv_precision or usual_kv(shape, precision, assumed)
    if limits.batch is not None:
        checked_count(limits.batch, "batch", high=10_000_000)
    if limits.tpot_ms is not None:
        checked_number(limits.tpot_ms, "tpot_ms", low=0.01, high=1e5)
    if question.demand is not None:
        checked_number(question.demand.users, "users", low=1, high=1e11)
        checked_number(question.demand.tokens_per_user_day, "tokens_per_user_day", low=1e-3, high=1e12)
    work = ServeWorkload(
        input_tokens=float(checked_count(request.input_len, "input_len", high=16_000_000)),
        output_tokens=float(checked_count(request.output_len, "output_len", high=16_000_000)),
        weight_byte=width(precision),
        kv_byte=width(kv_precision),
        dispatch_byte=1.0 if efficiency_precision(arithmetic) in {"fp8", "fp4", "int8"} else 2.0,
        cache_hit_frac=checked_number(request.cache_hit_frac, "cache_hit_frac", low=0, high=0.999),
        draft_tokens=float(checked_count(request.draft_tokens, "draft_tokens", low=0, high=16)),
        acceptance_frac=checked_number(request.acceptance_frac, "acceptance_frac", low=0, high=1),
        whole_window=float(performance.holds_whole_window(deployment.engine, shape)),
    )
    layout = None
    if deployment.n_chips is not None:
        fleets: tuple[int, ...] = (checked_count(deployment.n_chips, "n_chips", high=100_000),)
    elif deployment.parallelism != "auto":
        fleets = (replica_chips(deployment.parallelism),)
    else:
        fleets = FLEETS
        assumed.append("the number of chips")
    if deployment.parallelism == "auto":
        assumed.append("the layouts of both pools" if deployment.disaggregated else "the layout")
    else:
        layout = serve_layout(deployment.parallelism, fleets[0])
    return Ready(
        question=question,
        shape=shape,
        chip=chip,
        precision=precision,
        kv_precision=kv_precision,
        arithmetic=arithmetic,
        work=work,
        fleets=fleets,
        layout=layout,
        on=question.on or date.today(),
        assumed=tuple(assumed),
    )


def width(precision: str) -> float:
    known = performance.WEIGHT_BYTE
    if precision not in known:
        raise BadInputError(f"The precision {precision!r} is not known.", hint=f"It is one of: {', '.join(known)}.")
    return known[precision]


def usual_precision(chip: Chip, assumed: list[str]) -> str:
    precision = "fp8" if "fp8" in chip.peak_flop_per_s else "bf16"
    assumed.append(f"weights in {precision}")
    return precision


def usual_kv(shape: ModelShape, precision: str, assumed: list[str]) -> str:
    latent = any(isinstance(mixer, Attention) and mixer.latent is not None for mixer in shape.mixers)
    kv = "fp8" if performance.WEIGHT_BYTE.get(precision, 2.0) <= 1.0 and not latent else "bf16"
    assumed.append(f"a cache in {kv}")
    return kv
