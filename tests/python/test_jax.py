# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The JAX wrapper gives the model's own numbers through every transformation."""

import numpy as np
import pytest

jax = pytest.importorskip("jax", reason="the optional extra relume[jax] is not installed")
jax.config.update("jax_enable_x64", True)

import relume.jax  # noqa: E402


@pytest.fixture
def point(model):
    return model.point({"mu": 0.6, "JES": -0.2, "k_top": 1.05})


def test_value_gradient_and_hessian(model, point):
    f = relume.jax.nll(model)
    value, gradient = model.value_and_grad(point)
    assert float(f(point)) == model.nll(point)
    assert np.asarray(jax.grad(f)(point)) == pytest.approx(gradient, rel=1e-14)
    assert np.asarray(jax.jacfwd(f)(point)) == pytest.approx(gradient, rel=1e-14)
    for hessian in (jax.hessian(f), jax.jacrev(jax.grad(f))):
        assert np.asarray(hessian(point)) == pytest.approx(model.hessian(point), rel=1e-13)
    assert value == pytest.approx(model.nll(point))


def test_jit_and_vmap(model, point):
    f = relume.jax.nll(model, model.sample(point, 1, seed=2)[0])
    points = np.array([model.point({"mu": m}, start=point) for m in (0.0, 1.0, 2.0)])
    one_by_one = [float(f(x)) for x in points]
    assert np.asarray(jax.vmap(f)(points)).tolist() == one_by_one
    assert np.asarray(jax.jit(jax.vmap(f))(points)).tolist() == one_by_one
    gradients = np.asarray(jax.jit(jax.vmap(jax.grad(f)))(points))
    assert gradients == pytest.approx(np.array([jax.grad(f)(x) for x in points]), rel=1e-14)


def test_through_other_functions(model, point):
    """A penalty added, and a reparametrisation mu = exp(t)."""
    f = relume.jax.nll(model)
    i = model.parameter_names.index("mu")

    def g(t):
        return f(jax.numpy.asarray(point).at[i].set(jax.numpy.exp(t))) + t**2

    t = 0.1
    moved = model.point({"mu": float(np.exp(t))}, start=point)
    assert float(jax.grad(g)(t)) == pytest.approx(model.value_and_grad(moved)[1][i] * np.exp(t) + 2 * t, rel=1e-12)
