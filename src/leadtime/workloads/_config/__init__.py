"""A HuggingFace ``config.json`` to a shape."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from leadtime.errors import BadFileError, shorten
from leadtime.workloads._shape import ModelShape

from ._bounded import BOUNDED_READERS
from ._fields import Fields
from ._gemma import GEMMA_READERS
from ._gpt import GPT_READERS
from ._hybrid import HYBRID_READERS
from ._llama_like import TRAITS, read_llama_like
from ._special import SPECIAL_READERS
from ._stored import stored_precision

__all__ = ["SUPPORTED", "shape_from_config"]

Reader = Callable[[Fields, str, str], ModelShape]
READERS: dict[str, Reader] = {
    **dict.fromkeys(TRAITS, read_llama_like),
    **GPT_READERS,
    **HYBRID_READERS,
    **GEMMA_READERS,
    **BOUNDED_READERS,
    **SPECIAL_READERS,
}
SUPPORTED = tuple(sorted(READERS))
"""Every ``model_type`` that is read without a guess."""

_TEXT_PARTS = (
    "text_config",
    "llm_config",
    "language_config",
    "language_model_config",
    "thinker_config",
    "text_model_config",
)
_OUTER_KEYS = ("tie_word_embeddings", "torch_dtype", "dtype", "quantization_config")
_NOT_DECODERS = {
    "encoder-decoder": ("t5", "mt5", "umt5", "bart", "mbart", "pegasus", "marian", "whisper", "m2m_100", "led", "blenderbot", "prophetnet", "longt5", "switch_transformers", "t5gemma", "nllb-moe"),
    "an encoder": ("bert", "roberta", "xlm-roberta", "distilbert", "albert", "electra", "deberta", "deberta-v2", "modernbert", "nomic_bert", "mpnet", "camembert"),
    "a vision or audio model": ("vit", "clip", "siglip", "siglip2", "swin", "dinov2", "dinov3_vit", "sam", "detr", "convnext", "wav2vec2", "hubert", "resnet", "clip_vision_model", "vit_mae"),
    "a recurrent design not covered here": ("rwkv", "rwkv5", "rwkv6", "rwkv7", "recurrent_gemma", "xlstm", "zamba", "zamba2", "hgrn", "retnet", "openelm", "plamo2"),
}  # fmt: skip
_DEFAULTS: dict[str, dict[str, int]] = {
    # The smallest Gemma 3 with vision leaves out what its code fixes.
    "gemma3_text": {"num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "vocab_size": 262208, "max_position_embeddings": 131072},
}  # fmt: skip
_NESTED_DEFAULTS: dict[str, dict[str, int]] = {
    # Inside a multimodal file a text part that equals the code's default model may leave its sizes out.
    "llama": {"num_hidden_layers": 32, "hidden_size": 4096, "intermediate_size": 11008, "num_attention_heads": 32, "vocab_size": 32000},
    "mistral": {"num_hidden_layers": 32, "hidden_size": 4096, "intermediate_size": 14336, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 32000},
}  # fmt: skip


def shape_from_config(config: Mapping[str, Any], name: str) -> ModelShape:
    """Return the shape that a HuggingFace ``config.json`` describes.

    Parameters
    ----------
    config : mapping
        The parsed document; nothing in it is executed or fetched.
    name : str
        Its name in messages and in the result.

    Returns
    -------
    ModelShape
        With ``origin.warnings`` saying what was assumed or left out, and the stored precision if the file tells.

    Raises
    ------
    BadFileError
        If the file is no decoder language model, or a value is missing, impossible or contradicts another; the message
        names the key.

    Examples
    --------
    >>> shape = shape_from_config(
    ...     {
    ...         "model_type": "llama",
    ...         "num_hidden_layers": 2,
    ...         "hidden_size": 64,
    ...         "intermediate_size": 256,
    ...         "num_attention_heads": 4,
    ...         "num_key_value_heads": 2,
    ...         "vocab_size": 100,
    ...     },
    ...     "tiny",
    ... )
    >>> shape.attention[0].head_dim
    16
    """
    if not isinstance(config, Mapping):
        raise BadFileError(f"{name}: a config.json holds one object, not {type(config).__name__}.")
    outer = Fields(config, name)
    _refuse_what_is_no_decoder(outer)
    fields = _text_part(outer)
    model_type = _model_type(fields, outer)
    _refuse_type(fields, model_type)
    nested = (
        _NESTED_DEFAULTS.get(model_type, {})
        if fields is not outer and not fields.has("num_hidden_layers", "hidden_size")
        else {}
    )
    defaults = _DEFAULTS.get(model_type, nested)
    missing = [key for key in defaults if not fields.has(key)]
    if missing:
        fields.warn(f"Not in the file, taken from the architecture's code: {', '.join(missing)}.")
        filled = Fields({**defaults, **{k: v for k, v in fields.values.items() if v is not None}}, fields.where)
        filled.warnings = fields.warnings
        fields = filled
    reader = BOUNDED_READERS["deepseek_v4"] if fields.has("compress_ratios") else READERS.get(model_type)
    if reader is None:
        named = (
            f"The architecture {shorten(model_type, 40)!r} is not known"
            if model_type
            else "The file names no model_type"
        )
        fields.warn(
            f"{named}: read by its keys as a Llama-like decoder, so norms and biases may be off by a few thousandths."
        )
        reader = read_llama_like
    try:
        shape = reader(fields, name, model_type)
    except (OverflowError, ZeroDivisionError, RecursionError) as error:
        raise BadFileError(
            f"{name}: its numbers cannot be combined ({type(error).__name__}).", hint="Check for misprints."
        ) from None
    origin = replace(
        shape.origin,
        model_type=model_type or None,
        precision=stored_precision(fields) or stored_precision(outer),
        warnings=tuple(fields.warnings),
    )
    return replace(shape, origin=origin)


def _refuse_what_is_no_decoder(outer: Fields) -> None:
    if "_class_name" in outer.values or "_diffusers_version" in outer.values:
        raise outer.fail("_class_name", "belongs to a diffusion model", "Only decoder language models are supported.")
    if outer.has("is_encoder_decoder") and outer.flag("is_encoder_decoder"):
        raise outer.fail("is_encoder_decoder", "is true", "Only decoder language models are supported.")
    if outer.has("quant_algo", "quantization") and not outer.has("hidden_size", "model_type", "text_config"):
        raise BadFileError(
            f"{outer.where}: this describes a quantisation, not a model.", hint="Give the config.json beside it."
        )


def _text_part(outer: Fields) -> Fields:
    """Return the part that describes the language model, with a warning if others are left out."""
    fields = outer
    for _ in range(3):
        key = next((key for key in _TEXT_PARTS if isinstance(fields.values.get(key), Mapping)), None)
        if key is None:
            break
        inner = fields.part(key)
        if inner is None or not inner.values:
            break
        kept = {name: fields.values[name] for name in _OUTER_KEYS if fields.values.get(name) is not None}
        own = {name: value for name, value in inner.values.items() if value is not None or name not in kept}
        if key == "text_config" and kept.get("tie_word_embeddings") is False:
            own["tie_word_embeddings"] = False  # there both flags must be true
        merged = Fields({**kept, **own}, inner.where)
        merged.warnings = fields.warnings
        fields = merged
    if fields is not outer:
        others = sorted(
            key for key in outer.values if key.endswith("_config") and key not in _TEXT_PARTS and outer.values[key]
        )
        left = [
            key
            for key in others
            if any(word in key for word in ("vision", "audio", "talker", "vit", "image", "speech"))
        ]
        if left:
            fields.warn(f"Only the text part is counted; left out: {', '.join(left)}.")
    return fields


def _model_type(fields: Fields, outer: Fields) -> str:
    model_type = fields.text("model_type") or outer.text("model_type")
    if model_type:
        return model_type
    named = " ".join(str(part) for part in (outer.items("architectures") or []))
    return next(
        (
            kind
            for kind in ("llama", "mixtral", "mistral", "qwen2", "falcon", "bloom", "gpt2")
            if kind in named.casefold()
        ),
        "",
    )


def _refuse_type(fields: Fields, model_type: str) -> None:
    if model_type not in READERS and fields.has("type_vocab_size"):
        raise fields.fail(
            "type_vocab_size", "belongs to an encoder such as BERT", "Only decoder language models are supported."
        )
    if model_type not in READERS and fields.has("encoder_layers", "encoder_ffn_dim"):
        raise fields.fail(
            "encoder_layers", "belongs to an encoder-decoder", "Only decoder language models are supported."
        )
    for what, types in _NOT_DECODERS.items():
        if model_type in types:
            raise fields.fail("model_type", f"is {model_type!r}, {what}", "Only decoder language models are supported.")
