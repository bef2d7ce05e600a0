# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Both pyhfs start each test with numpy and scipy."""

import logging

import numpy as np
import pytest

real = pytest.importorskip("pyhf", reason="the real pyhf is not installed")

if not hasattr(np, "trapz"):  # since numpy 2.4, which no longer knows the argument that pyhf 0.7.6 passes
    real.tensor.numpy_backend.percentile = lambda self, tensor_in, q, axis=None, interpolation="linear": np.percentile(tensor_in, q, axis=axis,
                                                                                                                      method=interpolation)


@pytest.fixture(autouse=True)
def fresh_backends():
    from relume.compat import pyhf as ours
    from relume.compat import strict

    logging.getLogger("pyhf").setLevel(logging.CRITICAL)
    for module in (real, ours):
        module.set_backend("numpy", "scipy", precision="64b", default=True)
    strict(False)
    yield
    strict(False)
