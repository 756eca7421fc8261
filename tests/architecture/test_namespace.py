"""The array namespace while JAX is being imported by another thread."""

import sys
from types import ModuleType

import numpy as np
import pytest

from leadtime.arrays import namespace


def test_numpy_serves_while_jax_is_half_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", ModuleType("jax"))
    assert namespace(np.ones(3), 2.0) is np
