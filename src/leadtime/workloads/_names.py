"""Free-form model names to one key each, so that every usual way of writing a name finds the model."""

import re
from collections.abc import Iterator

__all__ = ["keys_of", "looser_keys", "size_in_name", "without_size"]

_DECORATION = {
    # releases and uses of one architecture
    "instruct", "chat", "it", "base", "hf", "preview", "exp", "thinking", "reasoning", "terminus", "latest", "pt", "sft", "lora", "rl", "full",
    "meta", "ai", "model", "class", "style", "text", "mlperf", "offline", "server", "interactive", "datacenter", "edge", "benchmark", "training",
    "inference", "pretraining", "pre", "finetune", "fine", "tune", "tokendrop", "dropless", "w", "wo", "mtp", "eagle", "eagle3", "spec", "dense",
    # storage
    "fp8", "fp4", "nvfp4", "mxfp4", "mxfp8", "bf16", "fp16", "int8", "int4", "w8a8", "w4a16", "w4a8", "awq", "gptq", "gguf", "ptq", "dynamic", "static",
    "quantized", "kv", "fp8kv", "block", "nvidia", "amd", "neuralmagic", "redhatai", "unsloth",
}  # fmt: skip
_RELEASE = re.compile(r"(v\d+(\.\d+)*|\d{4}|\d{6}|99|99\.9)")
"""Release marks at the end of a name: v0.1, 2507, 99.9."""
_SIZE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s*([bmt])(?![a-z0-9])")
_BRACKETS = re.compile(r"[(\[{][^)\]}]*[)\]}]")


def _tokens(text: str) -> list[str]:
    """Return the words of a name: lower case, what stands before the last slash of a repository name left out."""
    name = text.strip().casefold()
    if re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        name = name.rsplit("/", 1)[1]
    return re.findall(r"[a-z0-9]+(?:\.[0-9]+[a-z0-9]*)*", name.replace("_", "-"))


def _bare(tokens: list[str]) -> list[str]:
    return [token for token in tokens if token not in _DECORATION]


def keys_of(text: str) -> Iterator[str]:
    """Yield keys for a name, the most faithful first: all words, without brackets, without decoration, without dots."""
    seen = set()
    plain = _BRACKETS.sub(" ", text)
    for tokens in (_tokens(text), _tokens(plain), _bare(_tokens(text)), _bare(_tokens(plain))):
        for key in ("".join(tokens), "".join(tokens).replace(".", "")):
            if key and key not in seen:
                seen.add(key)
                yield key


def looser_keys(text: str) -> Iterator[str]:
    """Yield keys that leave out release marks at the end ("2507", "v0.3", "99.9"), one more each time."""
    tokens = _bare(_tokens(_BRACKETS.sub(" ", text)))
    while len(tokens) > 1 and _RELEASE.fullmatch(tokens[-1]):
        tokens = tokens[:-1]
        yield "".join(tokens)
        yield "".join(tokens).replace(".", "")


def without_size(text: str) -> str:
    """Return a name without words that are a size."""
    return " ".join(
        token for token in _bare(_tokens(_BRACKETS.sub(" ", text))) if not re.fullmatch(r"a?\d+(\.\d+)?[bmt]", token)
    )


def size_in_name(text: str) -> float | None:
    """Return the parameters that a name states [count], the first if it states several; None for a mixture or none.

    Examples
    --------
    >>> size_in_name("GPT-3 175B (MLPerf)")
    175000000000.0
    >>> size_in_name("something-8x7b") is None
    True
    """
    name = text.casefold().replace("_", "-")
    if re.search(r"\d+x\d|(?<![a-z])a\d+(\.\d+)?b|moe|mixture", name):
        return None
    found = _SIZE.search(re.sub(r"[-/]", " ", name))
    return float(found[1]) * {"m": 1e6, "b": 1e9, "t": 1e12}[found[2]] if found else None
