"""The pieces of a run, each kept by the content that decides it: draws, sampled parameters, the world under one policy."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from hashlib import blake2b
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime import world
from leadtime.study._evaluator import Evaluator, _update
from leadtime.study._outputs import derive, needs_twin, world_names

__all__ = ["Draws", "Kept", "outputs_of", "sampled", "z_of"]

Draws = NDArray[np.float32]
CAPACITY_BYTE = 384_000_000
"""Memory for pieces; the least recently used go first."""


class Kept:
    """Values by content, up to a number of bytes."""

    def __init__(self, capacity_byte: int) -> None:
        self.capacity_byte = capacity_byte
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._size_byte = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Any], size_byte: Callable[[Any], int]) -> Any:
        """Return the value of a key, made if it is not there."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key][0]
        value = make()  # outside the lock: two threads may make the same value, none waits for another
        size = size_byte(value)
        with self._lock:
            if key not in self._values:
                self._values[key] = (value, size)
                self._size_byte += size
            while self._size_byte > self.capacity_byte and len(self._values) > 1:
                _, (_, gone) = self._values.popitem(last=False)
                self._size_byte -= gone
        return value

    def size_byte(self) -> int:
        """Return the bytes held."""
        return self._size_byte


_KEPT = Kept(CAPACITY_BYTE)


def z_of(evaluator: Evaluator, draws: int, seed: int) -> Draws:
    """Return the standard normal draws of an ensemble, shape (parameter, draw)."""
    found: Draws = _KEPT.get(
        ("z", *_drawn(evaluator, draws, seed)),
        lambda: np.asarray(evaluator.draws(seed, 0, draws)),
        lambda z: int(z.nbytes),
    )
    return found


def _drawn(evaluator: Evaluator, draws: int, seed: int) -> tuple[Hashable, ...]:
    """Return what decides the draws: parameters that a scenario sets are drawn from the prior, the others from what is believed."""
    return evaluator.names, tuple(sorted(evaluator.scenario.parameters)), draws, seed


def sampled(evaluator: Evaluator, draws: int, seed: int) -> Mapping[str, Any]:
    """Return the sampled parameters of an evaluator."""
    key = ("sample", evaluator.priors, *_drawn(evaluator, draws, seed))
    found: Mapping[str, Any] = _KEPT.get(
        key, lambda: world.sample(evaluator.priors, z_of(evaluator, draws, seed)), lambda values: _size(values)
    )
    return found


def outputs_of(evaluator: Evaluator, draws: int, seed: int) -> dict[str, Draws]:
    """Return the outputs of an evaluator: the same bits as ``evaluator(z)``, from pieces that other scenarios share."""
    own = _run(evaluator, evaluator.policy, draws, seed)
    twin = own
    if needs_twin(evaluator.outputs) and evaluator.policy is not evaluator.twin:
        twin = _run(evaluator, evaluator.twin, draws, seed)
    pairs = [(name, world_names([name])[0]) for name in evaluator.outputs]
    return {name: own[name] if name in own else derive(name, own[source], twin[source]) for name, source in pairs}


def _run(evaluator: Evaluator, policy: world.Policy, draws: int, seed: int) -> Mapping[str, Draws]:
    names = world_names(evaluator.outputs)
    key = ("world", _digest(policy), evaluator.priors, names, *_drawn(evaluator, draws, seed))
    found: Mapping[str, Draws] = _KEPT.get(
        key, lambda: _compute(evaluator, policy, names, draws, seed), lambda series: _size(series)
    )
    return found


BLOCK = 2048
"""Draws of one block: enough to be fast, few enough to stay in cache."""


def _compute(
    evaluator: Evaluator, policy: world.Policy, names: tuple[str, ...], draws: int, seed: int
) -> dict[str, Draws]:
    values = sampled(evaluator, draws, seed)
    parts = []
    for start in range(0, draws, BLOCK):
        cut = {name: value[..., start : start + BLOCK] for name, value in values.items()} if draws > BLOCK else values
        parts.append(world.run(cut, policy, data=evaluator.data, outputs=names))
    return {name: np.concatenate([np.asarray(part[name]) for part in parts], axis=-1) for name in names}


def _digest(policy: world.Policy) -> str:
    digest = blake2b(digest_size=16)
    for name in policy.__dataclass_fields__:
        if name != "name":
            digest.update(name.encode())
            _update(digest, getattr(policy, name))
    return digest.hexdigest()


def _size(series: Mapping[str, Any]) -> int:
    return sum(int(getattr(value, "nbytes", 64)) for value in series.values())
