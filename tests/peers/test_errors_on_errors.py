# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Errors on errors beside the full likelihood, in which every variance is a parameter of its own, written with scipy's densities."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import gamma, norm, poisson

BACKGROUND, SIGNAL, OBSERVED = np.array([50.0, 60.0]), np.array([5.0, 12.0]), np.array([75, 72])
SHIFT = np.array([5.0, -3.0])
CONSTRAINTS = {"a": 0.3, "b": 0.5}


def workspace():
    def shape(name, shift):
        return {"name": name, "type": "histosys", "data": {"lo_data": list(BACKGROUND - shift), "hi_data": list(BACKGROUND + shift)}}

    return {"channels": [{"name": "SR", "samples": [
                {"name": "background", "data": list(BACKGROUND), "modifiers": [shape("a", SHIFT), shape("b", 2 * SHIFT[::-1])]},
                {"name": "signal", "data": list(SIGNAL), "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]}]}],
            "observations": [{"name": "SR", "data": OBSERVED.tolist()}], "version": "1.0.0",
            "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": [
                {"name": "mu", "bounds": [[-5, 10]]}, {"name": "a", "bounds": [[-20, 20]]}, {"name": "b", "bounds": [[-20, 20]]}]}}]}


def full_nll(x, mu=None):
    """Two logarithms of variances after mu, a, b."""
    strength, a, b = (x[0], x[1], x[2]) if mu is None else (mu, x[1], x[2])
    rate = BACKGROUND + a * SHIFT + b * 2 * SHIFT[::-1] + strength * SIGNAL
    if np.any(rate <= 0):
        return 1e6
    value = -poisson.logpmf(OBSERVED, rate).sum()
    for theta, e, log_variance in ((a, CONSTRAINTS["a"], x[3]), (b, CONSTRAINTS["b"], x[4])):
        variance, shape = np.exp(log_variance), 0.25 / e**2
        value -= norm.logpdf(0, theta, np.sqrt(variance)) + gamma.logpdf(1, shape, scale=variance / shape)
    return value


def lowest(mu=None):
    """From many starts: there may be several minima."""
    random = np.random.default_rng(1)
    starts = [np.zeros(5)] + [np.concatenate([random.uniform(-2, 4, 1), random.uniform(-8, 8, 2), random.uniform(-1, 3, 2)]) for _ in range(12)]
    found = [minimize(full_nll, s, (mu,), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 20000, "maxfev": 20000}) for s in starts]
    return min(found, key=lambda r: r.fun)


ERRORS = [x for name, e in CONSTRAINTS.items() for x in ("--error-on-error", f"{name}={e}")]


def test_fit_and_profile(answer):
    ours, theirs = answer(workspace(), "fit", *ERRORS), lowest()
    assert ours["status"] == "converged"
    assert ours["twice_nll"] == pytest.approx(2 * theirs.fun, abs=1e-7)
    values = [ours["mle_parameters"][name][0] for name in ("mu", "a", "b")]
    assert values == pytest.approx(theirs.x[:3], abs=2e-4)  # a simplex finds its place to the root of its value's digits
    for mu in (-1.0, 1.0, 3.0):
        held = answer(workspace(), "fit", *ERRORS, "--fix", f"mu={mu}")
        assert held["twice_nll"] == pytest.approx(2 * lowest(mu).fun, abs=1e-7)
