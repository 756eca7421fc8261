"""From standard normal draws to outputs under one scenario: the function that ensembles, calibration and sensitivity share."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from leadtime import world
from leadtime.arrays import Array, namespace
from leadtime.errors import BadInputError
from leadtime.study._belief import standard_draws
from leadtime.study._draws import blocks
from leadtime.study._outputs import check_outputs, derive, needs_twin, world_data, world_names
from leadtime.study._policy import policy_of
from leadtime.study._priors import priors_with
from leadtime.study._scenarios import Scenario, scenario

__all__ = ["Evaluator", "evaluator"]


@dataclass(frozen=True, kw_only=True)
class Evaluator:
    """The model under one scenario, as a function of standard normal draws.

    Parameters
    ----------
    scenario : Scenario
    priors : tuple of Parameter
        Maps from draws to values, in the order of the rows of ``z``.
    policy, twin : Policy
        What the scenario permits, and the same draw without any control.
    data : WorldData
    outputs : tuple of str
    """

    scenario: Scenario
    priors: tuple[world.Parameter, ...]
    policy: world.Policy
    twin: world.Policy
    data: world.WorldData
    outputs: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, one per row of ``z``."""
        return tuple(prior.id for prior in self.priors)

    def __call__(self, z: Array) -> dict[str, Array]:
        """Return the outputs for standard normal draws.

        Parameters
        ----------
        z : array, shape (parameter, draw)
            NumPy (worked on in blocks that stay in cache) or JAX; its type decides that of the results.

        Returns
        -------
        dict of str to array, shape (time, draw)
            Over the whole horizon: 45 rows for stocks, 44 for flows.
        """
        xp = namespace(z)
        if len(z) != len(self.priors):
            raise BadInputError(
                f"There are {len(self.priors)} parameters but {len(z)} rows of draws.",
                hint="Give one row per parameter.",
            )
        if xp is not np:
            return self.block(z)
        found: dict[str, Array] = {}
        for start, stop in blocks(0, z.shape[1]):
            part = self.block(z[:, start:stop])
            if (start, stop) == (0, z.shape[1]):
                return part
            for name, values in part.items():
                if name not in found:
                    found[name] = np.empty((len(values), z.shape[1]), values.dtype)
                found[name][:, start:stop] = values
        return found

    def block(self, z: Array) -> dict[str, Array]:
        """Return the outputs of one block of draws."""
        return self.of_values(world.sample(self.priors, z))

    def of_values(self, values: Mapping[str, Array], *, factors: Mapping[str, Array] | None = None) -> dict[str, Array]:
        """Return the outputs for values of the parameters, one block.

        Parameters
        ----------
        values : mapping of str to array, shape (draw,)
            By parameter.
        factors : mapping of str to array, optional
            Factors on levers, as :func:`leadtime.world.run` takes them; the twin without controls keeps those that are no controls.
        """
        own = world.run(values, self.policy, data=self.data, outputs=world_names(self.outputs), factors=factors)
        wanted = needs_twin(self.outputs)
        twin: Mapping[str, Array] = own
        if wanted and self.policy is not self.twin:
            kept = {lever: factor for lever, factor in (factors or {}).items() if lever not in CONTROLS}
            twin = world.run(values, self.twin, data=self.data, outputs=wanted, factors=kept)
        return {
            name: own[name] if name in own else derive(name, own[source], twin[source])
            for name, source in self._pairs()
        }

    def _pairs(self) -> list[tuple[str, str]]:
        return [(name, world_names([name])[0]) for name in self.outputs]

    def draws(self, seed: int, first: int, last: int, belief: str = "posterior") -> Array:
        """Return the standard normal draws of an ensemble, shape (parameter, draw).

        ``belief`` says what is believed of the parameters: ``posterior`` (the packaged calibration) or ``prior``. Parameters for which
        the scenario names an interval are drawn from it under either.
        """
        own = tuple(self.scenario.parameters)
        return standard_draws(self.names, seed=seed, first=first, last=last, belief=belief, own=own)

    def digest(self, *, digits: int | None = None) -> str:
        """Return a digest of all numbers that go in beside the draws: priors, policy, history.

        Parameters
        ----------
        digits : int, optional
            Significant digits that count; by default every bit does. A sum taken in another order changes the last one.
        """
        digest = blake2b(digest_size=16)
        for prior in self.priors:
            digest.update(f"{prior.id} {prior.distribution} {prior.low!r} {prior.high!r} {prior.level!r}".encode())
        for part in (self.policy, self.twin, self.data):
            _update(digest, part, digits)
        return digest.hexdigest()


CONTROLS = ("offshore", "leakage")
"""Factors that describe what controls do; where there are none they have nothing to act on."""

_MADE: dict[str, Evaluator] = {}
_KEPT = 16


def evaluator(
    which: "str | Path | Mapping[str, Any] | Scenario" = "baseline", outputs: Sequence[str] | None = None
) -> Evaluator:
    """Return the model under a scenario as a function of standard normal draws.

    Parameters
    ----------
    which : str, path, mapping or Scenario
        As for :func:`leadtime.study.scenario`.
    outputs : sequence of str, optional
        Names of series; see :func:`leadtime.study.output_labels`.

    Returns
    -------
    Evaluator
        ``evaluate(z) -> {name: (time, draw)}``, with ``evaluate.names`` the parameters in the order of the rows of ``z``.

    Notes
    -----
    Made once per process for each scenario: calibration and sensitivity may call this in a loop.
    """
    resolved = scenario(which)
    wanted = check_outputs(outputs)
    key = json.dumps([resolved.as_data(), wanted], sort_keys=True)
    if key not in _MADE:
        try:
            made = _make(resolved, wanted)
        except BadInputError as error:
            raise type(error)(f"{resolved.name}: {error.message}", hint=error.hint) from None
        while len(_MADE) >= _KEPT:
            _MADE.pop(next(iter(_MADE)))
        _MADE[key] = made
    return _MADE[key]


def _make(resolved: Scenario, outputs: tuple[str, ...]) -> Evaluator:
    policy = policy_of(resolved)
    free = resolved.levers.get("controls") == "none"
    return Evaluator(
        scenario=resolved,
        priors=priors_with(resolved.parameters, leakage=resolved.levers.get("leakage")),
        policy=policy,
        twin=policy if free else policy.no_controls(),
        data=world_data(),
        outputs=outputs,
    )


def _update(digest: Any, value: Any, digits: int | None = None) -> None:
    """Feed a nested value into a digest, arrays by their bits or by some significant digits."""
    if digits is not None and isinstance(value, np.ndarray) and value.dtype.kind == "f":
        digest.update(f"{value.shape} {' '.join(f'{number + 0.0:.{digits}g}' for number in value.ravel())}".encode())
    elif digits is not None and isinstance(value, float):
        digest.update(f"{value + 0.0:.{digits}g}".encode())
    elif isinstance(value, np.ndarray):
        digest.update(f"{value.dtype} {value.shape}".encode())
        digest.update(np.ascontiguousarray(value).data)
    elif isinstance(value, Mapping):
        for key in sorted(value, key=str):
            digest.update(str(key).encode())
            _update(digest, value[key], digits)
    elif isinstance(value, tuple | list):
        for item in value:
            _update(digest, item, digits)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            digest.update(name.encode())
            _update(digest, getattr(value, name), digits)
    else:
        digest.update(repr(value).encode())
