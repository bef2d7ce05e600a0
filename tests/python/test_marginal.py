# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Averages over nuisance parameters, against sums over fine grids in numpy."""

import math
import pickle

import numpy as np
import pytest

import relume

N, B, SIGMA, S = 9, 6.0, 1.2, 3.0


@pytest.fixture
def model():
    spread = {"name": "background", "type": "histosys", "data": {"lo_data": [B - SIGMA], "hi_data": [B + SIGMA]}}
    return relume.Model({
        "channels": [{"name": "SR", "samples": [
            {"name": "background", "data": [B], "modifiers": [spread]},
            {"name": "signal", "data": [S], "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]},
        ]}],
        "observations": [{"name": "SR", "data": [N]}],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
        "version": "1.0.0",
    })


def integral(mu):
    t = np.linspace(-9.0, 9.0, 20001)
    rate = np.maximum(mu * S + B + SIGMA * t, 1e-300)
    prior = np.exp(-0.5 * t**2) / math.sqrt(2.0 * math.pi)
    return float(np.sum(prior * np.exp(N * np.log(rate) - rate - math.lgamma(N + 1))) * (t[1] - t[0]))


def test_values_are_the_integral(model):
    marginal = relume.marginalise(model)
    assert marginal.parameter_names == ["mu"] and marginal.integrated == ["background"]
    assert marginal.rule == "Gauss-Hermite" and marginal.accuracy < 1e-5
    for mu in (0.0, 0.5, 1.0, 2.0):
        assert marginal.nll([mu]) == pytest.approx(-math.log(integral(mu)), abs=1e-5)


def test_fits_and_limits_take_it(model):
    marginal = relume.marginalise(model)
    fit = relume.fit(marginal)
    grid = np.linspace(0.0, 3.0, 3001)
    best = grid[np.argmax([integral(mu) for mu in grid[::30]]) * 30]
    assert fit.is_usable and fit.parameters["mu"].value == pytest.approx(best, abs=0.04)
    limit = relume.upper_limit(marginal)
    assert limit.is_usable
    # Averaging over the background or fitting it changes the limit of some ten events by little.
    assert limit.observed == pytest.approx(relume.upper_limit(model).observed, rel=0.15)
    assert any("averaged over" in note for note in limit.notes)


def test_toys_are_prior_predictive(model):
    toys = relume.marginalise(model).sample([0.0], 20000, seed=3)[:, 0]
    assert toys.mean() == pytest.approx(B, abs=4 * math.sqrt((B + SIGMA**2) / 20000))
    assert toys.var() == pytest.approx(B + SIGMA**2, rel=0.06)


def test_it_can_be_pickled(model):
    marginal = relume.marginalise(model, seed=5)
    again = pickle.loads(pickle.dumps(marginal))
    assert again.nll([0.7]) == marginal.nll([0.7]) and again.integrated == marginal.integrated


@pytest.mark.parametrize(("arguments", "message"), [
    ({"keep": ["nu"]}, "nu"), ({"max_nodes": 1000}, "power of two"), ({"accuracy": 0.0}, "not positive"), ({"asimov": "never"}, "never"),
    ({"fixed": {"background": 0.5}}, "nothing to marginalise"), ({"keep": ["background"]}, "nothing to marginalise"),
])
def test_bad_requests_are_errors(model, arguments, message):
    with pytest.raises(relume.RelumeError, match=message):
        relume.marginalise(model, **arguments)


def test_what_needs_the_workspace_says_so(model):
    marginal = relume.marginalise(model)
    with pytest.raises(relume.OptionError):
        marginal.inspect()
    assert marginal.workspace == model.workspace
