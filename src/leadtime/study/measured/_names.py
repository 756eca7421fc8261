"""Which model and which chip a row means, from names written in any way."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from leadtime.chips import Chip
from leadtime.errors import BadInputError, shorten
from leadtime.study.measured._cells import RowProblem
from leadtime.workloads import ModelShape

__all__ = [
    "FoundChip",
    "FoundModel",
    "chips_in_name",
    "resolve_chip",
    "resolve_model",
    "sizes_in_name",
    "standard_mixture_shape",
]

_BRACKET = re.compile(r"\s*[\(\[][^)\]]*[\)\]]")
_DECORATION = re.compile(
    r"(?<![a-z])(?:fine-?tun\w*|lora|qlora|sft|chat|instruct(?:ion)?|base|class|style|mlperf|pre-?train\w*|post-?train\w*|dense|moe|model|benchmark|like)(?![a-z])",
    re.IGNORECASE,
)
_FORMAT = re.compile(r"[-_ ](?:nv|mx)?(?:fp|bf|int|w)\d+(?:a\d+)?(?:[-_ ]dynamic|kv)?(?![a-z0-9])", re.IGNORECASE)
_IN_WORDS = re.compile(r"(\d+(?:\.\d+)?)\s*(trillion|billion|million|bn|mn)(?![a-z])", re.IGNORECASE)
_TOTAL = re.compile(
    r"(?<![A-Za-z0-9.])(\d+(?:[._p]\d+)?)\s*([TBM])(?![a-zA-Z])|(?<![a-z])(\d+(?:\.\d+)?)\s*([TBM])\b(?=[-_ ]?A\d)",
    re.IGNORECASE,
)
_ACTIVE = re.compile(r"(?<![A-Za-z0-9])A(\d+(?:\.\d+)?)\s*([BM])(?![a-zA-Z])", re.IGNORECASE)
_EXPERTS = re.compile(r"(?<![A-Za-z0-9.])(\d+)\s*x\s*(\d+(?:\.\d+)?)\s*B(?![a-zA-Z])", re.IGNORECASE)
_SCALE = {"T": 1e12, "B": 1e9, "M": 1e6}
LARGEST_DENSE = 6e11
"""No dense model of more parameters has been published since 2023 [count]: a larger one without a number of active ones is a mixture of unknown make."""
SIZE_TOLERANCE = 1.3
"""A name whose shape differs from the stated size by more than this factor means another model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundModel:
    """The shape a row means, and whether it had to be guessed from the size."""

    shape: ModelShape
    guessed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundChip:
    """The chip a row means; ``dies`` counts the units of the row in one of the catalogue's packages."""

    chip: Chip
    dies: int = 1
    guessed: bool = False


def sizes_in_name(name: str) -> tuple[float | None, float | None]:
    """Return total and active parameters that a name carries.

    Examples
    --------
    >>> sizes_in_name("Ling-Plus 290B-A28.8B"), sizes_in_name("gpt 1008B"), sizes_in_name("DeepSeek-V3")
    ((290000000000.0, 28800000000.0), (1008000000000.0, None), (None, None))
    """
    name = _IN_WORDS.sub(lambda found: f"{found.group(1)}{found.group(2)[0].upper()} ", name)
    active = _ACTIVE.search(name)
    n_active = float(active.group(1)) * _SCALE[active.group(2).upper()] if active else None
    rest = _ACTIVE.sub(" ", name)
    experts = _EXPERTS.search(rest)
    if experts:
        return float(experts.group(1)) * float(experts.group(2)) * 1e9 * 0.85, n_active
    for found in _TOTAL.finditer(rest):
        number, unit = (found.group(1), found.group(2)) if found.group(1) else (found.group(3), found.group(4))
        return float(re.sub("[_p]", ".", number)) * _SCALE[unit.upper()], n_active
    return None, n_active


def _fits(shape: ModelShape, total: float | None) -> bool:
    from leadtime.workloads import total_parameters

    if not total:
        return True
    return 1 / SIZE_TOLERANCE <= total_parameters(shape) / total <= SIZE_TOLERANCE


def _spellings(name: str) -> list[str]:
    """Return the name and plainer forms of it, most exact first."""
    tail = name.rsplit("/", 1)[-1] if "/" in name and " " not in name else name
    bare = _BRACKET.sub("", tail)
    plain = " ".join(_DECORATION.sub(" ", bare).split())
    unformatted = _FORMAT.sub("", plain)
    halves = [part.strip() for part in re.split(r"\s*/\s*", _BRACKET.sub("", name))] if "/" in name else []
    # what follows the size names a fine-tune or a packing of the same weights
    sized = re.match(r"(.*?(?<![A-Za-z0-9.])\d+(?:\.\d+)?[BbTt](?:-[Aa]\d+(?:\.\d+)?[Bb])?)(?![A-Za-z0-9])", bare)
    cut = [sized.group(1)] if sized else []
    texts = (name, tail, bare, plain, unformatted, *halves, *cut, *_relatives(bare))
    return list(dict.fromkeys(text for text in texts if text.strip(" -_")))


def _mixtures_of(name: str) -> list[str]:
    """Return the one mixture of the catalogue whose name goes on with its active parameters: Qwen3-235B-A22B."""
    from leadtime import catalog

    start = f"{name.casefold().replace(' ', '-')}-a"
    found = [row["id"] for row in catalog.table("models") if row["id"].startswith(start)]
    return found if len(found) == 1 else []


def _relatives(bare: str) -> list[str]:
    """Return names of the same weights: of the generation and the size alone, of a maker left out, of GPT's two known shapes."""
    size = re.search(r"(?<![A-Za-z0-9.])\d+(?:\.\d+)?[Bb](?![A-Za-z0-9])", bare)
    generation = re.match(r"[A-Za-z]+[- ]?\d+(?:\.\d+)?(?=[- ])", bare)
    found = []
    if generation and size:
        active = _ACTIVE.search(bare)
        found = [f"{generation.group()}-{size.group()}" + (f"-{active.group()}" if active else "")]
        found += _mixtures_of(found[0]) if not active else []
    if re.match(r"(?:R1|V[23](?:\.\d)?)(?![A-Za-z0-9])", bare):
        found.append(f"DeepSeek-{bare}")
    if size and re.search(r"gpt(?!-?(?:oss|j|neo))|mega(?:tron|scale)", bare, re.IGNORECASE):
        found += [f"GPT-3 {size.group()}", f"MT-NLG {size.group()}"]
    return found


@lru_cache(maxsize=4096)
def resolve_model(
    name: str, total: float | None = None, active: float | None = None, *, early: bool = False, context: str = ""
) -> FoundModel:
    """Return the shape that a name means; where nothing carries the name, a standard shape of the stated size.

    Parameters
    ----------
    name : str
        As the source writes it, with whatever stands in brackets.
    total, active : float, optional
        Parameters that the row states [count].
    early : bool
        Before 2023: a standard shape takes GPT-3's block.
    context : str
        Source group of the row: a few names mean a special shape in one of them.

    Raises
    ------
    RowProblem
        If neither the name nor a size leads to a shape.
    """
    from leadtime.workloads import resolve_model_name, standard_dense_shape

    named_total, named_active = sizes_in_name(name)
    for text in _spellings(name):
        try:
            found = resolve_model_name(text, context=context)
        except BadInputError:
            continue
        # a looser spelling has to agree with the size in the name as well
        if found.how == "catalogue" and _fits(found.shape, total) and (text == name or _fits(found.shape, named_total)):
            return FoundModel(shape=found.shape, guessed=False)
    n_total = total or named_total
    n_active = active or named_active
    if not n_total:
        raise RowProblem(f"nothing in the catalogue is called {name!r}, and the row states no number of parameters.")
    if n_active and n_active < 0.8 * n_total:
        return FoundModel(shape=standard_mixture_shape(n_total, n_active), guessed=True)
    says_mixture = _EXPERTS.search(name) or re.search(r"(?<![a-z])moe(?![a-z])|mixture|experts", name, re.IGNORECASE)
    if says_mixture or (
        n_total > LARGEST_DENSE and not early and not re.search(r"dense|gpt|megatron", name, re.IGNORECASE)
    ):
        raise RowProblem(
            f"{shorten(name, 60)!r} is not in the catalogue; with {n_total / 1e9:,.0f} billion parameters it is a mixture of experts, "
            "and the row does not state how many of them are active (params_active_B)."
        )
    style = "gpt" if early and re.search(r"gpt|opt|bloom|megatron|turing|glm|pythia", name, re.IGNORECASE) else "llama"
    try:
        return FoundModel(shape=standard_dense_shape(n_total, style=style), guessed=True)
    except BadInputError as error:
        raise RowProblem(f"{name!r}: {error.message}") from None


def standard_mixture_shape(total: float, active: float) -> ModelShape:
    """Return a mixture of experts of about this size: the block of a dense model of the active size, experts for the rest.

    Parameters
    ----------
    total, active : float
        Parameters in all, and met by one token [count].

    Notes
    -----
    128 experts of which up to 8 are active, and a shared expert that fills up what a token meets. Good to some 10 % in
    both sizes; depth and width are those that published mixtures of the size have on average.
    """
    from leadtime.workloads import Experts, Origin, standard_dense_shape, total_parameters

    dense = standard_dense_shape(active)
    hidden, n_layers = dense.hidden_size, dense.n_layers
    n_experts, n_active = 128, 8
    body = total_parameters(dense) - sum(3 * group.n_layers * group.width * hidden for group in dense.dense)
    routed = max(total - active, 0.0) * n_experts / (n_experts - n_active)
    while n_active > 1 and body + routed * n_active / n_experts > active:
        n_active //= 2
        routed = max(total - active, 0.0) * n_experts / (n_experts - n_active)
    width = max(16, round(routed / (3 * n_layers * n_experts * hidden) / 16) * 16)
    spare = active - body - 3 * n_layers * n_active * width * hidden
    shared = max(0, round(spare / (3 * n_layers * hidden) / 16) * 16)
    experts = Experts(n_layers=n_layers, n_experts=n_experts, n_active=n_active, width=width, shared_width=shared)
    size = f"{total / 1e9:.3g}B-A{active / 1e9:.3g}B"
    return replace(
        dense,
        id=f"standard-mixture-{size.casefold()}",
        name=f"standard mixture of experts of {size}",
        feed_forwards=(experts,),
        origin=Origin(
            is_standard=True,
            warnings=(f"Only the size is known: a standard mixture of {size} stands in for the model.",),
        ),
    )


_DIE = re.compile(r"(?<![a-z])(?:gcd|die|dies|npu|npus|card|(?:ascend|atlas)[ \w]*a3)(?![a-z])", re.IGNORECASE)
_PACKAGE = re.compile(r"package|dual-?die|two dies|module", re.IGNORECASE)
_TPU_LITE = re.compile(r"(?<=v)(\d)[- ]?lite(?:[- ]?pod)?", re.IGNORECASE)
"""The maker's long name of an e part: TPU v5 lite."""
_UNITS_BEFORE = re.compile(r"^\s*(\d+)\s*[x×*]\s*(?=[a-z])", re.IGNORECASE)
_UNITS_AFTER = re.compile(r"(?<=[a-z0-9\s])\s+[x×*]\s*(\d+)\s*$", re.IGNORECASE)
_HUAWEI = re.compile(
    r"(?=.*(?:ascend|atlas))(?=.*(?<![a-z0-9])a[23](?![a-z0-9]))(?:.*?(910[A-D]\d?)|.*?(?<![a-z0-9])a([23])(?![a-z0-9]))",
    re.IGNORECASE,
)
"""Servers of Huawei named A2 and A3, with or without the part in them."""
_SLICE = re.compile(r"v(?:2|3|4|5p)-(\d+)", re.IGNORECASE)


@lru_cache(maxsize=4096)
def resolve_chip(name: str, key: str = "", remarks: str = "") -> FoundChip:
    """Return the chip that a row means.

    Parameters
    ----------
    name : str
        As the source writes it.
    key : str
        The same in one spelling, where the table has it.
    remarks : str
        Layout and notes, which say whether a two-die package counts as one.

    Raises
    ------
    RowProblem
        If nothing in the catalogue carries either name.
    """
    from leadtime.chips import resolve_chip_name

    huawei = _HUAWEI.search(name)
    candidates = [name, _BRACKET.sub("", name), key, *_sized_part(name), *re.split(r"\s*(?:/|\bor\b|,)\s*", name)]
    if huawei:
        # A2 and A3 are Huawei's servers here, not parts of other makers
        candidates = [f"Ascend {huawei.group(1) or {'2': '910B', '3': '910C'}[huawei.group(2)]}"]
    problem = ""
    for position, text in enumerate(candidates):
        if not text.strip() or text.strip().casefold() == "unnamed":
            continue
        try:
            chip, _ = resolve_chip_name(text)
        except BadInputError as error:
            problem = problem or error.message
            continue
        return FoundChip(chip=chip, dies=_dies(chip, name, remarks), guessed=position > 3)
    found = re.search(r"([A-Z]+\d+[A-Z]*)(?:\s*/\s*[A-Z]*\d+[A-Z]*)?[- ]class", name)
    if found:
        try:
            return FoundChip(chip=resolve_chip_name(found.group(1))[0], guessed=True)
        except BadInputError:
            pass
    plain = _TPU_LITE.sub(r"\1e", name)
    if plain != name:
        return resolve_chip(plain, key, remarks)
    raise RowProblem(problem or f"the chip {name!r} is not in the catalogue.")


def _sized_part(name: str) -> list[str]:
    """Return the part and its memory alone, out of a name that holds other words between them."""
    found = re.search(r"(?<![A-Za-z0-9])([A-Z]{1,3}\d{2,4}[A-Z]?)(?![A-Za-z0-9]).*?(\d+)\s*GB", name)
    return [f"{found.group(1)} {found.group(2)}GB"] if found else []


def _dies(chip: Chip, name: str, remarks: str) -> int:
    """Return how many units of the row make one package of the catalogue.

    Sources count either the package or the die of parts with two: Ascend 910C, MI250X. The package is meant where the row says so,
    the die where it speaks of dies, of GCDs, or of the NPUs of a 16-NPU Atlas A3 server.
    """
    n_dies = {"ascend-910c": 2, "mi250x": 2, "mi250": 2}.get(chip.id, 1)
    if n_dies == 1 or _PACKAGE.search(name) or _PACKAGE.search(remarks):
        return 1
    return n_dies if _DIE.search(name) else 1


def chips_in_name(name: str) -> int | None:
    """Return how many chips the name of one says there were: ``8x H100``, ``H100 x 8``; None where it does not.

    Examples
    --------
    >>> chips_in_name("8xH100 SXM5"), chips_in_name("H100-80GB x 16"), chips_in_name("MI300X")
    (8, 16, None)
    """
    found = _UNITS_BEFORE.search(name) or _UNITS_AFTER.search(name)
    return int(found.group(1)) if found else slice_chips(name)


def slice_chips(name: str) -> int | None:
    """Return the chips of a TPU slice named by its cores, two to a chip: v5p-1024 has 512; None for any other name.

    Examples
    --------
    >>> slice_chips("TPU v5p-1024"), slice_chips("TPU v6e-256")
    (512, None)
    """
    found = _SLICE.search(name)
    return int(found.group(1)) // 2 if found else None
