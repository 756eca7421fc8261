"""How many chips do what: layouts from the words of a source.

Nothing here knows who wrote the text. Degrees are read wherever they stand (``TP8 PP16 DP128``, ``tp=8, pp=16``,
``PP2DP4TP2``, ``8-way tensor parallel``); what is not stated is None, and the caller searches for it.
"""

import re
from dataclasses import dataclass

__all__ = ["Pool", "ServingText", "TrainingText", "read_serving_text", "read_training_text"]

_DEGREE = r"\s*(?:size|degree|of)?\s*[-:=(]?\s*(\d+)"
_NAMES = {
    "tp": r"tp|tensor(?:[ -]?model)?(?:[ -]?parallel(?:ism)?)?",
    "pp": r"pp|pipeline(?:[ -]?model)?(?:[ -]?parallel(?:ism)?)?",
    "cp": r"cp|context(?:[ -]?parallel(?:ism)?)?",
    "ep": r"ep|expert(?:[ -]?parallel(?:ism)?)?",
    "dp": r"dp|data(?:[ -]?parallel(?:ism)?)?",
    "vp": r"vpp|vp|virtual(?:[ -]?pipeline)?(?:[ -]?stages)?|interleav(?:e|ed|ing)",
    "mbs": r"mbs|micro[ _-]?batch(?:[ _-]?size)?|lbs|local[ _-]?batch(?:[ _-]?size)?",
    "gbs": r"gbs|global[ _-]?batch(?:[ _-]?size)?",
    "grad_accum": r"grad[ _-]?accum[a-z_]*|gas|accumulation(?:[ _-]?steps)?",
    "fsdp": r"fsdp",
}
_PATTERNS = {key: re.compile(rf"(?<![a-z])(?:{names}){_DEGREE}") for key, names in _NAMES.items()}
_WAYS = {
    key: re.compile(rf"(\d+)[ -]way[ -](?:{names})")
    for key, names in {
        **_NAMES,
        "tp": _NAMES["tp"] + r"|mp|model(?:[ -]?parallel\w*)?",
        "fsdp": r"fsdp|fully[ -]sharded\w*",
    }.items()
}
_SYMBOLS = {key: re.compile(rf"(?<![a-z]){key[0]}\s*=\s*(\d+)") for key in ("tp", "pp", "dp")}
"""Degrees as papers write them: t = 8, p = 16, d = 4."""
_ALONE = re.compile(
    r"(?<![a-z])(?:dp|data[ -]parallel\w*)[ -](?:only|alone)|(?<![a-z])(?:only|pure)[ -](?:dp|data[ -]parallel\w*)"
    r"|no (?:model )?parallelism|not parallel|(?:single|one|1)[ -](?:gpu|npu|tpu|chip|device|card|accelerator)(?!s)"
)
"""The model lies whole on every chip."""
_NO = re.compile(r"(?<![a-z])(?:no|without|w/o)[ -](tp|pp|cp|ep|tensor|pipeline)")
_NO_KEY = {"tensor": "tp", "pipeline": "pp"}


def _degree(text: str, key: str) -> int | None:
    loose = re.sub(r"(?<=[a-z])[-_]+(?=[a-z])", " ", text)  # --tensor-parallel-size 8, tp_size=8
    for pattern, words in ((_PATTERNS[key], text), (_WAYS[key], text), (_PATTERNS[key], loose)):
        found = pattern.search(words)
        if found:
            return max(1, int(found.group(1)))
    if key in _SYMBOLS:
        found = _SYMBOLS[key].search(text)
        if found:
            return max(1, int(found.group(1)))
        if key != "dp" and _ALONE.search(text):
            return 1
    if any(_NO_KEY.get(word, word) == key for word in _NO.findall(text)):
        return 1
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingText:
    """Degrees of parallelism that a text states; None where it is silent."""

    tensor: int | None = None
    pipeline: int | None = None
    virtual: int | None = None
    """Model chunks per pipeline stage."""
    context: int | None = None
    expert: int | None = None
    data: int | None = None
    microbatch: int | None = None
    """Sequences per microbatch and data-parallel rank."""
    batch_sequences: int | None = None
    recompute: str | None = None
    """``none``, ``selective`` or ``full``."""
    sharding: str | None = None
    """``optimizer``, ``gradient`` or ``full``; ``none``."""
    microbatches: int | None = None
    """Microbatches per step and rank (gradient accumulation)."""
    dual_pipe: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the text fixes none of the degrees that decide the time of a step."""
        return all(value is None for value in (self.tensor, self.pipeline, self.data, self.sharding, self.context))


def _recompute(text: str) -> str | None:
    if re.search(
        r"full[ -](?:activation[ -])?(?:recomput|checkpoint)|(?:recomput[a-z]*(?![a-z])|act[a-z]*[ _-]?(?:ckpt|checkpoint[a-z]*(?![a-z])))\s*[=:]?\s*(?:true|on|full|1)\b",
        text,
    ):
        return "full"
    if re.search(r"selective[ -](?:activation[ -])?(?:recomput|checkpoint)|recompute[ -]activations", text):
        return "selective"
    if re.search(
        r"(?:no|without)[ -](?:activation[ -])?(?:recomput|checkpoint)|(?:recomput[a-z]*(?![a-z])|act[a-z]*[ _-]?(?:ckpt|checkpoint[a-z]*(?![a-z])))\s*[=:]?\s*(?:false|off|none|0)\b",
        text,
    ):
        return "none"
    return "full" if re.search(r"activation (?:recomput|checkpoint)\w*", text) else None


def _sharding(text: str) -> str | None:
    fsdp = _degree(text, "fsdp")
    stage = re.search(r"zero[ -]?(?:stage[ -]?)?([0123])(?!\d)", text)
    if (
        re.search(r"full[_ -]?shard|hybrid_shard|fully[ -]sharded", text)
        or (stage and stage.group(1) == "3")
        or (fsdp or 0) > 1
    ):
        return "full"
    if "shard_grad_op" in text or (stage and stage.group(1) == "2"):
        return "gradient"
    if stage and stage.group(1) == "1":
        return "optimizer"
    if re.search(r"no_shard|(?<![a-z])ddp(?![a-z])", text) or (stage and stage.group(1) == "0"):
        return "none"
    if fsdp is not None:  # FSDP=0: off, the optimiser may still be sharded
        return "optimizer"
    return "full" if re.search(r"(?<![a-z])(?:fsdp|hsdp)(?![a-z])", text) else None


def _plain(text: str) -> str:
    """Return a text in lower case with its multiplication signs set apart: ``TP8×PP4``, ``2xTP8``."""
    low = text.casefold().replace("×", "x")
    return re.sub(r"(?<=\d)x(?=[a-z])", " x ", low)


def read_training_text(text: str) -> TrainingText:
    """Read the layout of a training run.

    Examples
    --------
    >>> layout = read_training_text("TP4 PP8 CP2 VP8 EP1 MBS1 GBS64 FSDP=0")
    >>> layout.tensor, layout.pipeline, layout.virtual, layout.context, layout.microbatch, layout.sharding
    (4, 8, 8, 2, 1, 'optimizer')
    >>> read_training_text("PP2DP4TP2").data, read_training_text("16-way pipeline, no TP").tensor
    (4, 1)
    """
    low = _plain(text)
    sharding = _sharding(low)
    plain = re.search(r"(?<![a-z])zero(?![ -]?\d)", low) or re.search(r"(?<![a-z])deepspeed(?![a-z])", low)
    return TrainingText(
        tensor=_degree(low, "tp"),
        pipeline=_degree(low, "pp"),
        virtual=_degree(low, "vp"),
        context=_degree(low, "cp"),
        expert=_degree(low, "ep"),
        data=_degree(low, "dp"),
        microbatch=_degree(low, "mbs"),
        batch_sequences=_degree(low, "gbs"),
        recompute=_recompute(low),
        sharding=sharding or ("gradient" if plain else None),
        microbatches=_degree(low, "grad_accum"),
        dual_pipe=bool(re.search(r"dual[ -]?pipe|zero[ -]?bubble|zb-?[vh]", low)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Workers that do the same: their number, and how one of them is laid out; None where not stated."""

    workers: float | None = None
    chips: int | None = None
    """Chips of one worker."""
    pipeline: int | None = None
    attention_replicas: int | None = None
    """Data-parallel copies of attention inside one worker; 1: attention is split over all its chips."""
    expert: int | None = None
    batch: float | None = None
    """Sequences in flight of one worker."""
    redundant: float | None = None
    """Experts held twice to even out load."""
    recounted: bool = False
    """The text multiplies degrees that lie on the same chips; ``chips`` is the number that ran."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingText:
    """What a text says about a deployment."""

    pool: Pool = Pool()
    """The workers; of a disaggregated deployment, those that decode."""
    prefill: Pool | None = None
    disaggregated: bool = False
    draft_tokens: int | None = None
    """Tokens drafted ahead per step; 0: the text rules speculation out; None: silent."""
    acceptance_frac: float | None = None
    overlap: bool | None = None
    """Whether two batches overlap computation and expert traffic."""


_DEP = re.compile(r"(?<![a-z])dep\s*[-:=]?\s*(\d+)")
_TEP = re.compile(r"(?<![a-z])tep\s*[-:=]?\s*(\d+)")
_ATTENTION_DP = re.compile(
    r"attn[ -_]?dp\s*[-:=]?\s*(\d+)?|attention[ -](?:dp|data[ -]parallel\w*)|(?:dp|data[ -]parallel\w*)[ -]?(?:attention|attn(?![a-z]))"
)
_MOE_TP = re.compile(r"moe[ _-]?tp\s*[-:=]?\s*(\d+)")
_MOE_EP = re.compile(r"moe[ _-]?ep\s*[-:=]?\s*(\d+)")
_SAME_CHIPS = re.compile(r"enable[-_]dp[-_]attention")
"""A flag under which data-parallel attention runs on the chips of the tensor degree."""
_COPIES = re.compile(
    r"(?<![a-z\d.])(\d+)\s*(?:x|replicas?(?: of)?|instances?(?: of)?|copies(?: of)?)\s*(?=(?:tp|pp)\s*[-=:(]?\s*\d)"
)
"""Independent copies of one worker."""
_BATCH = re.compile(r"(?<![a-z])(?:bs|batch(?:[ -]size)?)\s*[-:=]?\s*(\d+)")
_REDUNDANT = re.compile(r"(\d+) redundant experts?")
_BARE_EP = re.compile(
    r"(?<![a-z])(?:(?:wide|large)[ -]?(?:scale[ -])?ep|ep|expert[ -]parallel\w*)(?!\s*[-:=]?\s*\d)(?![a-z])"
)


def _counted(text: str, expert: int) -> int:
    """Return the chips of a group that holds ``expert`` expert ranks: fewer where the text counts dies as ranks."""
    found = re.search(r"\((\d+) (?:npus?|packages?|gpus?|chips?|cards?|devices?)", text)
    return int(found.group(1)) if found and expert % int(found.group(1)) == 0 else expert


def _pool(text: str, workers: float | None = None) -> Pool:
    """Read the layout of one worker, such as ``TP1 PP1 DP4 EP4, bs1`` or ``DEP8``."""
    batch = _BATCH.search(text)
    n_batch = float(batch.group(1)) if batch else None
    for pattern, own_attention in ((_DEP, True), (_TEP, False)):
        found = pattern.search(text)
        if found:
            n = max(1, int(found.group(1)))
            return Pool(
                workers=workers,
                chips=n,
                pipeline=1,
                attention_replicas=n if own_attention else 1,
                expert=n,
                batch=n_batch,
            )
    bare = _MOE_EP.sub(" ", _MOE_TP.sub(" ", _ATTENTION_DP.sub(" ", text)))
    tp, pp, dp, ep = (_degree(bare, key) for key in ("tp", "pp", "dp", "ep"))
    moe_tp, moe_ep = (int(found.group(1)) if found else None for found in (_MOE_TP.search(text), _MOE_EP.search(text)))
    attention = None if re.search(r"option|optional|where (?:it )?helps", text) else _ATTENTION_DP.search(text)
    stated_copies = int(attention.group(1)) if attention and attention.group(1) else None
    if tp and moe_tp and moe_ep and min(moe_tp, moe_ep) > 1 and tp == moe_tp * moe_ep:
        # One table multiplies both expert degrees into TP although the same chips carry them.
        n = max(moe_tp, moe_ep)
        return Pool(
            workers=workers,
            chips=n,
            pipeline=pp,
            attention_replicas=stated_copies,
            expert=moe_ep,
            batch=n_batch,
            recounted=True,
        )
    if moe_ep and moe_ep > 1:
        ep = moe_ep
    if (
        attention
        and attention.group(1) is None
        and not attention.group(0).startswith(("attndp", "attn-dp", "attn_dp", "attn dp"))
    ):
        same = dp and tp and _SAME_CHIPS.search(text)
        whole = tp and tp * (pp or 1)
        chips = tp if same else (tp or 1) * dp * (pp or 1) if dp else ep if ep and (ep > (tp or 1)) else whole
        copies = dp or (max(1, chips // (pp or 1)) if chips else None)
        return Pool(
            workers=workers, chips=chips, pipeline=pp, attention_replicas=copies, expert=ep or chips, batch=n_batch
        )
    if dp and dp > 1 and (ep or _BARE_EP.search(bare)):
        chips = (tp or 1) * dp * (pp or 1)
        return Pool(workers=workers, chips=chips, pipeline=pp, attention_replicas=dp, expert=ep or chips, batch=n_batch)
    if ep and ep > 1 and (tp or 1) == 1 and (moe_tp is None):
        # Attention is not split and experts lie on EP chips: every chip holds its own sequences.
        n = _counted(text, ep)
        spare = _REDUNDANT.search(text)
        return Pool(
            workers=workers, chips=n, pipeline=pp, attention_replicas=n, expert=ep, batch=n_batch,
            redundant=float(spare.group(1)) if spare else None,
        )  # fmt: skip
    chips = tp * (pp or 1) * (stated_copies or 1) if tp else None
    if dp and dp > 1 and workers is None:
        workers = float(dp)
    copies_of = _COPIES.search(text)
    if copies_of and workers is None:
        workers = float(copies_of.group(1))
    if tp is None and _ALONE.search(text):
        chips = 1
    copies = stated_copies if stated_copies else (1 if ep == 1 and moe_tp is None and tp and tp > 1 else None)
    return Pool(workers=workers, chips=chips, pipeline=pp, attention_replicas=copies, expert=ep, batch=n_batch)


_PAIR = re.compile(r"prefill\s*(\d*)\s*x?\s*\(([^)]*)\)\s*\+\s*decode\s*(\d*)\s*x?\s*\(([^)]*)\)")
_TIMES = re.compile(
    r"(\d+)(?:\s*-\s*(\d+))?\s*x\s*([a-z]+\d+\S*)\s+prefill\s*\+\s*(\d+)(?:\s*-\s*(\d+))?\s*x\s*([a-z]+\d+\S*)\s+decode"
)
_COUNTS = re.compile(r"(?<![a-z0-9])(\d+)p(\d+)d(?![a-z0-9])")
"""Workers of either kind: 2P1D."""
_SIDES = re.compile(
    r"(?:(?:(\d+)\s*x?\s*)?prefill|(?<![a-z0-9])p\s*:)\s*(.*?)\s*[,;+/&]?\s*(?:and\s+)?(?:(?:(\d+)\s*x?\s*)?decode|(?<![a-z0-9])d\s*:)\s*(.*)$"
)
"""Both layouts in words: ``2 prefill TP4 + 1 decode TP8``, ``P: TP4 D: DEP8``."""
_SHORT = re.compile(r"(?<![a-z0-9])([a-z]+\d+)\s*\+\s*([a-z]+\d+)")
_DISAGGREGATED = re.compile(
    r"disagg|(?<![a-z])p\s?/\s?d(?![a-z])|(?<![a-z])pd(?![a-z])|(?<![a-z0-9])\d+p\d+d(?![a-z0-9])"
)
_NO_DRAFT = re.compile(
    r"(?:no|without|w/o)[ -](?:mtp|speculat\w*|eagle\w*|draft\w*)|(?:mtp|speculat\w*)\s*(?:off|=\s*0)"
)
_DRAFT = re.compile(
    r"(?<![a-z])mtp[ -]*=?\s*(\d+)|(?:nextn|draft)\w*[ =:]*(\d+)|speculation of (one|two|three|\d+) token|(\d+) draft"
)
_ANY_DRAFT = re.compile(r"(?<![a-z])mtp(?![a-z])|eagle[ -]?\d?|speculative decoding(?! use not)|medusa")
_ACCEPTANCE = re.compile(
    r"(\d+(?:\.\d+)?)\s*%\s*acceptance|acceptance(?: rate)?(?: of)?\s*[~=:]?\s*(\d+(?:\.\d+)?)\s*%"
)
_WORDS = {"one": 1, "two": 2, "three": 3}
_OVERLAP = re.compile(r"(?<![a-z])(tbo|dbo|two[ -](?:micro[ -]?)?batch overlap|dual[ -]batch overlap)(?![a-z])")
_NO_OVERLAP = re.compile(r"(?:no|without|w/o)[ -](?:tbo|dbo|two[ -]batch)")


def _pools(low: str) -> tuple[Pool, Pool | None]:
    pair = _PAIR.search(low)
    if pair:
        n_prefill, prefill, n_decode, decode = pair.groups()
        return _pool(decode, float(n_decode) if n_decode else None), _pool(
            prefill, float(n_prefill) if n_prefill else None
        )
    times = _TIMES.search(low)
    if times:
        least, most, prefill, d_least, d_most, decode = times.groups()
        return _pool(decode, _mean(d_least, d_most)), _pool(prefill, _mean(least, most))
    short = _SHORT.search(low)
    if short:
        return _pool(short.group(2), 1.0), _pool(short.group(1), 1.0)
    counts = _COUNTS.search(low)
    if counts:
        rest = _COUNTS.sub(" ", low)
        return _pool(rest, float(counts.group(2))), _pool(rest, float(counts.group(1)))
    sides = _sides(low)
    if sides:
        return sides
    if re.search(r"\d+\s*(?:prefill|decode)\s*nodes?|\d+-node", low) and not re.search(r"(?<![a-z])[td]?ep\s*\d", low):
        return Pool(), None
    return _pool(low), None


def _sides(low: str) -> tuple[Pool, Pool] | None:
    found = _SIDES.search(low)
    if not found:
        return None
    n_prefill, prefill, n_decode, decode = found.groups()
    pools = (
        _pool(decode, float(n_decode) if n_decode else None),
        _pool(prefill, float(n_prefill) if n_prefill else None),
    )
    return pools if all(pool.chips for pool in pools) else None


def _mean(least: str, most: str | None) -> float:
    return (float(least) + float(most or least)) / 2


def _draft(low: str) -> int | None:
    if _NO_DRAFT.search(low):
        return 0
    found = _DRAFT.search(low)
    if found:
        word = next(group for group in found.groups() if group)
        return _WORDS.get(word) or int(word)
    return 1 if _ANY_DRAFT.search(low) else None


def read_serving_text(layout: str, remarks: str = "") -> ServingText:
    """Read the layout of a deployment; ``remarks`` (notes, engine) only add speculation and overlap.

    Examples
    --------
    >>> text = read_serving_text("disagg: prefill 1x(TP4 PP1 DP1 EP1, bs1) + decode 4x(TP1 PP1 DP8 EP8, bs16)")
    >>> text.pool.workers, text.pool.chips, text.pool.attention_replicas, text.pool.batch, text.prefill.chips
    (4.0, 8, 8, 16.0, 4)
    >>> read_serving_text("TP16 PP1 attnDP1 moeTP4 moeEP4").pool.chips
    4
    >>> read_serving_text("EP72 DP attention (9 nodes), no MTP").draft_tokens
    0
    """
    low, more = _plain(layout), remarks.casefold()
    both = f"{low}; {more}"
    disaggregated = bool(_DISAGGREGATED.search(low)) or _sides(low) is not None
    pool, prefill = _pools(low) if disaggregated else (_pool(low), None)
    accepted = _ACCEPTANCE.search(both)
    overlap = False if _NO_OVERLAP.search(both) else True if _OVERLAP.search(both) else None
    draft = _draft(low)
    return ServingText(
        pool=pool,
        prefill=prefill,
        disaggregated=disaggregated,
        draft_tokens=_draft(more) if draft is None else draft,
        acceptance_frac=float(next(group for group in accepted.groups() if group)) / 100 if accepted else None,
        overlap=overlap,
    )
