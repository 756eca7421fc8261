"""What is believed of the parameters: the packaged posterior (by default) or the priors, as standard normal draws.

Posterior draws come from the packaged particles, which weigh the same. Draw ``i`` of a seed takes particle ``order[i mod n]``, with
a new order for every pass through the particles. From the second pass on particles repeat, so each is moved a little: its distance
from the mean of its variant shrinks, and a part of the distance of another particle of that variant, picked at random, is added, in
amounts that together keep mean and covariance (the kernel with shrinkage of Liu and West 2001, with particles for noise). Parameters that were not fitted keep their priors, fresh for every draw; so do those for
which a scenario names an interval of its own, since that interval takes the place of what evidence said.
"""

import io
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime import catalog
from leadtime.errors import UnknownNameError
from leadtime.study._draws import blocks, normals

__all__ = [
    "BELIEFS",
    "VARIANT",
    "Posterior",
    "check_belief",
    "digest_of",
    "posterior",
    "standard_draws",
    "variants_of_draws",
]

BELIEFS = ("posterior", "prior")
FOLDER = "leadtime.catalog.posterior"
KERNEL = 0.15
"""Part of another particle that moves a repeated one."""
VARIANT = "spillover_variant"

Normals = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Posterior:
    """Equally weighted particles of the parameters that were fitted.

    Parameters
    ----------
    names : tuple of str
        Parameters, one per row.
    z : ndarray of float32, shape (parameter, particle)
        Standard normal values under the priors.
    manifest : mapping
        How the particles were made: seeds, command, versions, evidence, diagnostics.
    digest : str
        Of names and particles.
    """

    names: tuple[str, ...]
    z: Normals
    manifest: Mapping[str, Any]
    digest: str

    @property
    def size(self) -> int:
        """Number of particles."""
        return int(self.z.shape[1])

    def of_variant(self) -> NDArray[np.int64]:
        """Return a number for each particle that says which variant of spillover it follows."""
        values = self.z[self.names.index(VARIANT)]
        return np.unique(values, return_inverse=True)[1].astype(np.int64)


@cache
def posterior() -> Posterior:
    """Return the packaged posterior."""
    with np.load(io.BytesIO(catalog.resource_bytes(FOLDER, "particles.npz")), allow_pickle=False) as stored:
        names, z = tuple(map(str, stored["names"])), np.asarray(stored["z"], np.float32)
    manifest = json.loads(catalog.resource_bytes(FOLDER, "manifest.json"))
    return Posterior(names=names, z=z, manifest=manifest, digest=digest_of(names, z))


def digest_of(names: Sequence[str], z: Normals) -> str:
    """Return a digest of particles."""
    return blake2b("\n".join(names).encode() + np.ascontiguousarray(z).tobytes(), digest_size=16).hexdigest()


def check_belief(belief: str) -> str:
    """Return a usable name of a belief or say which there are."""
    if belief not in BELIEFS:
        raise UnknownNameError.among("belief", belief, BELIEFS)
    return belief


def standard_draws(
    names: Sequence[str], *, seed: int, first: int, last: int, belief: str = "posterior", own: Collection[str] = ()
) -> Normals:
    """Return standard normal draws of the parameters, one row per name.

    Parameters
    ----------
    names : sequence of str
    seed, first, last : int
        Draws ``first`` to ``last``, the last one excluded; each depends on nothing but seed and number.
    belief : {"posterior", "prior"}
    own : collection of str
        Parameters with an interval of the scenario, which keep prior draws.
    """
    z = normals(names, seed=seed, first=first, last=last)
    if check_belief(belief) == "prior":
        return z
    known = posterior()
    places = {name: row for row, name in enumerate(names)}
    kept = [row for row, name in enumerate(known.names) if name in places and name not in own]
    target = [places[known.names[row]] for row in kept]
    for start, stop in blocks(first, last):
        z[target, start - first : stop - first] = _particles(known, seed, start, stop)[kept]
    return z


def _particles(known: Posterior, seed: int, start: int, stop: int) -> Normals:
    """Return the particles of some draws; those of later passes are moved towards others of their variant."""
    chosen = _chosen(known, seed, start, stop)
    found = known.z[:, chosen]
    again = np.arange(start, stop) >= known.size
    if not again.any():
        return found
    others = known.z[:, _partners(known, seed, start, stop)]
    mean = _means()[:, known.of_variant()[chosen]]
    moved = mean + np.float32(np.sqrt(1 - KERNEL**2)) * (found - mean) + np.float32(KERNEL) * (others - mean)
    return np.where(again, moved, found)


@cache
def _means() -> Normals:
    """Return the mean of each variant's particles, shape (parameter, variant)."""
    known = posterior()
    variant = known.of_variant()
    means = [known.z[:, variant == one].mean(axis=1, dtype=float) for one in range(int(variant.max()) + 1)]
    return np.stack(means, axis=1).astype(np.float32)


def _chosen(known: Posterior, seed: int, start: int, stop: int) -> NDArray[np.int64]:
    """Return the numbers of the particles that some draws take."""
    passes, places = np.divmod(np.arange(start, stop), known.size)
    return np.concatenate([_order(seed, int(one), known.size)[places[passes == one]] for one in np.unique(passes)])


def variants_of_draws(seed: int, n_draws: int) -> NDArray[np.int64]:
    """Return the variant of spillover that each draw of the posterior follows: 0, 1, 2 for s0, s1, s2."""
    known = posterior()
    found: NDArray[np.int64] = known.of_variant()[_chosen(known, seed, 0, n_draws)]
    return found


def _partners(known: Posterior, seed: int, start: int, stop: int) -> NDArray[np.int64]:
    """Return, for some draws, another particle of the variant of their own, picked anew in every pass."""
    passes = np.arange(start, stop) // known.size
    chosen = _chosen(known, seed, start, stop)
    return np.concatenate([_pairs(seed, int(one))[chosen[passes == one]] for one in np.unique(passes)])


@lru_cache(maxsize=8)
def _pairs(seed: int, one: int) -> NDArray[np.int64]:
    known = posterior()
    variant, generator = known.of_variant(), _generator(seed, "partners of particles", one)
    found = np.empty(known.size, np.int64)
    for name in range(int(variant.max()) + 1):
        members = np.flatnonzero(variant == name)
        found[members] = generator.permutation(members)
    return found


@lru_cache(maxsize=8)
def _order(seed: int, one: int, size: int) -> NDArray[np.int64]:
    """Return the order of the particles in a pass."""
    return _generator(seed, "order of particles", one).permutation(size)


def _generator(seed: int, what: str, one: int) -> np.random.Generator:
    key = int.from_bytes(blake2b(what.encode(), digest_size=8).digest(), "little")
    counter: Any = np.array([0, 0, 0, one], np.uint64)
    return np.random.Generator(np.random.Philox(key=np.array([seed, key], np.uint64), counter=counter))
