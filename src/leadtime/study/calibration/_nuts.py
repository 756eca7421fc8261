"""The no-U-turn sampler (NumPyro) on the differentiable likelihood: another way to the same posterior.

References
----------
Hoffman and Gelman (2014), the no-U-turn sampler; Phan, Pradhan and Jankowiak (2019), NumPyro.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime.errors import MissingExtraError
from leadtime.study._jax import in_double, jax_for

__all__ = ["Chains", "sample_nuts"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Chains:
    """Draws of several chains and how well they mixed."""

    z: Floats = field(repr=False)
    """Shape (parameter, chain, draw)."""
    divergences: int
    acceptance_frac: float
    steps: float
    """Mean number of gradients per draw."""
    r_hat: Floats = field(repr=False)
    """Split R-hat of each parameter."""
    effective: Floats = field(repr=False)
    """Effective number of draws of each parameter."""

    @property
    def flat(self) -> Floats:
        """All draws, shape (parameter, draw)."""
        return self.z.reshape(len(self.z), -1)


def sample_nuts(
    log_likelihood: Callable[[Any], Any],
    n_parameters: int,
    *,
    chains: int = 4,
    warmup: int = 300,
    draws: int = 500,
    seed: int = 1,
    start: Floats | None = None,
) -> Chains:
    """Draw from standard normal prior times likelihood.

    Parameters
    ----------
    log_likelihood : callable
        On JAX, from an array (parameter, draw) to (draw,).
    n_parameters : int
    chains, warmup, draws : int
        Chains at once, and draws of each before and after its step size and metric stand.
    seed : int
    start : ndarray, shape (chain, parameter), optional
        Where the chains begin; by default draws of the prior.

    Raises
    ------
    MissingExtraError
        If NumPyro is not installed.
    """
    jax = jax_for("Sampling by NUTS", "bayes")
    try:
        infer: Any = import_module("numpyro.infer")
        diagnostics: Any = import_module("numpyro.diagnostics")
    except ImportError:
        raise MissingExtraError.of("bayes", "Sampling by NUTS") from None
    first = np.random.default_rng(seed).standard_normal((chains, n_parameters)) if start is None else start
    fields = ("diverging", "accept_prob", "num_steps")
    with in_double(jax):

        def potential(z: Any) -> Any:
            return 0.5 * (z**2).sum() - log_likelihood(z[:, None])[0]

        sampler = infer.MCMC(
            infer.NUTS(potential_fn=potential),
            num_warmup=warmup,
            num_samples=draws,
            num_chains=chains,
            chain_method="vectorized",
            progress_bar=False,
        )
        at = jax.numpy.asarray(first if chains > 1 else first[0], float)
        sampler.run(jax.random.PRNGKey(seed), init_params=at, extra_fields=fields)
        found = np.asarray(sampler.get_samples(group_by_chain=True), float)
        extra = {name: np.asarray(values) for name, values in sampler.get_extra_fields().items()}
        r_hat = np.asarray(diagnostics.split_gelman_rubin(found), float)
        effective = np.asarray(diagnostics.effective_sample_size(found), float)
    return Chains(
        z=np.moveaxis(found, -1, 0),
        divergences=int(extra["diverging"].sum()),
        acceptance_frac=float(extra["accept_prob"].mean()),
        steps=float(extra["num_steps"].mean()),
        r_hat=r_hat,
        effective=effective,
    )
