# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""-ln L of a model as a function that JAX can differentiate, twice, in forward and reverse mode, map and jit.

    jax.config.update("jax_enable_x64", True)
    f = relume.jax.nll(model)
    jax.value_and_grad(f)(model.initial), jax.hessian(f)(model.initial)

The numbers come from the engine, through a callback on the host; single precision is what JAX gives unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from .model import Model, as_vector

try:
    import jax
    import jax.numpy as jnp
except ImportError as error:
    raise ImportError('relume.jax needs JAX: pip install "relume[jax]"') from error


def nll(model: Model, data: ArrayLike | None = None) -> Callable[[jax.Array], jax.Array]:
    """-ln L, with all constants, as a function of a parameter vector of shape (n_parameters,).

    `data`: shape (n_data,), None for the observed; another length raises OptionError when the function is called.
    """
    fixed = None if data is None else as_vector(data, "data")

    def on_host(function: Callable[[np.ndarray], ArrayLike], shape: tuple[int, ...]) -> Callable[[jax.Array], jax.Array]:
        """The callback; vmap gives it all points at once, along leading axes."""

        def many(x: np.ndarray) -> np.ndarray:
            points = np.asarray(x, dtype=np.float64)
            flat = points.reshape(-1, points.shape[-1])
            return np.array([function(p) for p in flat], dtype=x.dtype).reshape(points.shape[:-1] + shape)

        def call(x: jax.Array) -> jax.Array:
            return jax.pure_callback(many, jax.ShapeDtypeStruct(x.shape[:-1] + shape, x.dtype), x, vmap_method="broadcast_all")

        return call

    n = len(model.parameter_names)
    host_value = on_host(lambda p: model.nll(p, fixed), ())
    host_gradient = on_host(lambda p: model.value_and_grad(p, fixed)[1], (n,))
    host_hessian = on_host(lambda p: model.hessian(p, fixed), (n, n))

    @jax.custom_jvp
    def gradient(x: jax.Array) -> jax.Array:
        return host_gradient(x)

    @gradient.defjvp
    def _(primals, tangents):
        (x,), (dx,) = primals, tangents
        return gradient(x), host_hessian(x) @ dx

    @jax.custom_jvp
    def value(x: jax.Array) -> jax.Array:
        return host_value(x)

    @value.defjvp
    def _(primals, tangents):
        (x,), (dx,) = primals, tangents
        return value(x), jnp.sum(gradient(x) * dx)

    return lambda x: value(jnp.asarray(x, dtype=jax.dtypes.canonicalize_dtype(np.float64)))
