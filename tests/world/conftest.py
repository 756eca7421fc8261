from collections.abc import Callable

import numpy as np
import pytest

from leadtime import catalog, world
from tests.world import policies

Draws = Callable[..., dict[str, np.ndarray]]


@pytest.fixture(scope="session")
def data() -> world.WorldData:
    return world.world_data(
        history=catalog.table("history"),
        labs=catalog.table("labs"),
        applications=catalog.table("security_applications"),
    )


@pytest.fixture(scope="session")
def priors() -> tuple[world.Parameter, ...]:
    return world.parameters(catalog.table("priors"))


@pytest.fixture(scope="session")
def draws(priors: tuple[world.Parameter, ...]) -> Draws:
    def make(n: int = 500, seed: int = 1, dtype: type = np.float64, **fixed: float) -> dict[str, np.ndarray]:
        z = np.random.default_rng(seed).standard_normal((len(priors), n)).astype(dtype)
        values = world.sample(priors, z)
        return values | {name: np.full(n, value, dtype) for name, value in fixed.items()}

    return make


@pytest.fixture(scope="session")
def past(data: world.WorldData) -> world.Policy:
    return policies.past(data)


@pytest.fixture(scope="session")
def everything(data: world.WorldData) -> tuple[str, ...]:
    return tuple(world.output_table(data))
