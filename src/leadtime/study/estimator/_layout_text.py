"""Layouts as a user writes them: ``tp=8,pp=16,dp=32``; nothing is guessed, everything is named."""

from collections.abc import Mapping

from leadtime.errors import BadInputError, ConflictError, UnknownNameError, shorten
from leadtime.performance import Recompute, ServeLayout, Sharding, TrainLayout

__all__ = ["replica_chips", "serve_layout", "serve_text", "train_layout", "train_text"]

TRAIN_KEYS = ("tp", "pp", "vp", "cp", "ep", "dp", "mbs", "recompute", "sharding")
SERVE_KEYS = ("tp", "pp", "dp", "ep", "redundant")
RECOMPUTE = {"none": Recompute.NONE, "selective": Recompute.SELECTIVE, "full": Recompute.FULL}
SHARDING = {
    "none": Sharding.NONE,
    "optimizer": Sharding.OPTIMIZER,
    "gradients": Sharding.GRADIENTS,
    "full": Sharding.FULL,
}
MOST = 1_000_000


def _parts(text: str, keys: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.replace(" ", "").split(","):
        key, equals, value = part.partition("=")
        if not equals or not value:
            raise BadInputError(
                f"The layout part {shorten(part)!r} is not KEY=VALUE.",
                hint=f"For example: --parallelism {keys[0]}=8,{keys[1]}=4",
            )
        if key not in keys:
            error = UnknownNameError.among("layout key", key, keys)
            raise BadInputError(
                f"The layout key {shorten(key)!r} is not known.",
                hint=error.hint if "Did you" in error.hint else f"Keys: {', '.join(keys)}.",
            )
        if key in found:
            raise ConflictError(f"The layout key {key!r} stands twice.", hint="Keep one of them.")
        found[key] = value
    return found


def _degree(parts: Mapping[str, str], key: str, default: int = 1) -> int:
    text = parts.get(key)
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise BadInputError(f"{key}={shorten(text)} is not a whole number from 1 to {MOST:,}.")
    return int(text)


def _code(parts: Mapping[str, str], key: str, codes: Mapping[str, int], default: str) -> float:
    text = parts.get(key, default)
    if text not in codes:
        raise BadInputError(f"{key}={shorten(text)} is not known.", hint=f"It is one of: {', '.join(codes)}.")
    return float(codes[text])


def train_layout(text: str, n_chips: int) -> TrainLayout:
    """Return the training layout that a text states.

    Raises
    ------
    BadInputError
        For unknown keys and values.
    ConflictError
        If the degrees need more chips than there are, or do not divide them.
    """
    parts = _parts(text, TRAIN_KEYS)
    tp, pp, cp = _degree(parts, "tp"), _degree(parts, "pp"), _degree(parts, "cp")
    model = tp * pp * cp
    needed = model * _degree(parts, "dp")
    if needed > n_chips:
        raise ConflictError(
            f"The layout {text} needs {needed:,} chips; there are {n_chips:,}.",
            hint="Lower a degree or raise --n-chips.",
        )
    if n_chips % model:
        raise ConflictError(
            f"tp x pp x cp = {model} does not divide {n_chips:,} chips.",
            hint="Choose degrees whose product divides the chips.",
        )
    if "dp" in parts and needed != n_chips:
        raise ConflictError(
            f"The layout {text} uses {needed:,} of {n_chips:,} chips.",
            hint=f"Set dp={n_chips // model} or leave dp out.",
        )
    return TrainLayout(
        n_chips=float(n_chips),
        tensor=float(tp),
        pipeline=float(pp),
        virtual=float(_degree(parts, "vp")),
        context=float(cp),
        expert=float(_degree(parts, "ep")),
        micro_batch=float(_degree(parts, "mbs")),
        recompute=_code(parts, "recompute", RECOMPUTE, "selective"),
        sharding=_code(parts, "sharding", SHARDING, "optimizer"),
    )


def train_text(layout: TrainLayout) -> str:
    """Return a layout as text that :func:`train_layout` reads."""
    dp = float(layout.n_chips) / (float(layout.tensor) * float(layout.pipeline) * float(layout.context))
    degrees = {
        "tp": layout.tensor,
        "pp": layout.pipeline,
        "vp": layout.virtual,
        "cp": layout.context,
        "ep": layout.expert,
        "dp": dp,
        "mbs": layout.micro_batch,
    }
    words = [f"{key}={int(value)}" for key, value in degrees.items()]
    words.append(f"recompute={Recompute(int(layout.recompute)).name.casefold()}")
    words.append(f"sharding={Sharding(int(layout.sharding)).name.casefold()}")
    return ",".join(words)


def serve_layout(text: str, n_chips: int) -> ServeLayout:
    """Return the serving layout of one replica that a text states; as :func:`train_layout`."""
    parts = _parts(text, SERVE_KEYS)
    tp, pp, dp = _degree(parts, "tp"), _degree(parts, "pp"), _degree(parts, "dp")
    replica = tp * pp * dp
    if replica > n_chips:
        raise ConflictError(
            f"The layout {text} needs {replica:,} chips; there are {n_chips:,}.",
            hint="Lower a degree or raise --n-chips.",
        )
    if n_chips % replica:
        raise ConflictError(
            f"Replicas of {replica} chips do not divide {n_chips:,} chips.",
            hint="Choose degrees whose product divides the chips.",
        )
    redundant = parts.get("redundant", "0")
    if not redundant.isdecimal() or int(redundant) > MOST:
        raise BadInputError(f"redundant={shorten(redundant)} is not a whole number.")
    return ServeLayout(
        tensor=float(tp),
        pipeline=float(pp),
        data=float(dp),
        expert=float(_degree(parts, "ep")),
        redundant=float(redundant),
    )


def replica_chips(text: str) -> int:
    """Return the chips of one replica of a serving layout."""
    parts = _parts(text, SERVE_KEYS)
    return _degree(parts, "tp") * _degree(parts, "pp") * _degree(parts, "dp")


def serve_text(layout: ServeLayout) -> str:
    """Return a layout as text that :func:`serve_layout` reads."""
    return f"tp={int(layout.tensor)},pp={int(layout.pipeline)},dp={int(layout.data)},ep={int(layout.expert)}"
