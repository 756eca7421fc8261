"""How many chips do what: layouts from the words of a source.

Nothing here knows who wrote the text. Degrees are read wherever they stand (``TP8 PP16 DP128``, ``tp=8, pp=16``,
``PP2DP4TP2``, ``8-way tensor parallel``); what is not stated is None, and the caller searches for it.
"""

import re
from dataclasses import dataclass

__all__ = ["Pool", "ServingText", "TrainingText", "read_serving_text", "read_training_text"]

_DEGREE = r"\s*(?:size|degree|of)?\s*[-:=]?\s*(\d+)"
_NAMES = {
    "tp": r"tp|tensor(?:[ -]?model)?(?:[ -]?parallel(?:ism)?)?",
    "pp": r"pp|pipeline(?:[ -]?parallel(?:ism)?)?",
    "cp": r"cp|context(?:[ -]?parallel(?:ism)?)?",
    "ep": r"ep|expert(?:[ -]?parallel(?:ism)?)?",
    "dp": r"dp|data(?:[ -]?parallel(?:ism)?)?",
    "vp": r"vpp|vp|virtual(?:[ -]?pipeline)?(?:[ -]?stages)?|interleav(?:e|ed|ing)",
    "mbs": r"mbs|micro[ -_]?batch(?:[ -_]?size)?|lbs|local[ -_]?batch(?:[ -_]?size)?",
    "gbs": r"gbs|global[ -_]?batch(?:[ -_]?size)?",
    "grad_accum": r"grad[ -_]?accum\w*|gas|accumulation(?:[ -_]?steps)?",
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
_NO = re.compile(r"(?<![a-z])(?:no|without|w/o)[ -](tp|pp|cp|ep|tensor|pipeline)")
_NO_KEY = {"tensor": "tp", "pipeline": "pp"}


def _degree(text: str, key: str) -> int | None:
    for pattern in (_PATTERNS[key], _WAYS[key]):
        found = pattern.search(text)
        if found:
            return max(1, int(found.group(1)))
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
        r"full[ -](?:activation[ -])?(?:recomput|checkpoint)|(?:recomput\w*|act\w*[ -_]?(?:ckpt|checkpoint\w*))\s*[=:]?\s*(?:true|on|full|1)\b",
        text,
    ):
        return "full"
    if re.search(r"selective[ -](?:activation[ -])?(?:recomput|checkpoint)|recompute[ -]activations", text):
        return "selective"
    if re.search(
        r"(?:no|without)[ -](?:activation[ -])?(?:recomput|checkpoint)|(?:recomput\w*|act\w*[ -_]?(?:ckpt|checkpoint\w*))\s*[=:]?\s*(?:false|off|none|0)\b",
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
    return "full" if re.search(r"(?<![a-z])fsdp(?![a-z])", text) else None


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
    low = text.casefold().replace("×", "x")
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
