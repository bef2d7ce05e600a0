# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""spey on relume: found by its entry point, with the numbers of relume itself."""

import importlib.metadata

import numpy as np
import pytest
import relume

spey = pytest.importorskip("spey", reason="spey is not installed")


@pytest.fixture
def statistical_model(background):
    inputs = {"background": background, "signal": {"SR": [4.0, 2.5]}, "other_channels_are_zero": True}
    if "relume" in {e.name for e in importlib.metadata.entry_points(group="spey.backend.plugins")}:
        return spey.get_backend("relume")(**inputs, analysis="a search")
    from relume.spey_backend import RelumeBackend  # a checkout that is not installed has no entry points

    return spey.StatisticalModel(backend=RelumeBackend(**inputs), analysis="a search")


@pytest.fixture
def model(background):
    return background.with_signal({"SR": [4.0, 2.5]}, other_channels_are_zero=True).model()


def test_limits_and_exclusion(statistical_model, model):
    limit = relume.upper_limit(model)
    assert statistical_model.poi_upper_limit(confidence_level=0.95) == pytest.approx(limit.observed, rel=1e-4)
    test = relume.hypotest(model, 1.3)
    assert 1 - statistical_model.exclusion_confidence_level(poi_test=1.3)[0] == pytest.approx(test.observed, rel=1e-4)
    median = statistical_model.exclusion_confidence_level(poi_test=1.3, expected=spey.ExpectationType.aposteriori)[2]
    assert 1 - median == pytest.approx(test.expected_at(0), rel=1e-4)


def test_likelihoods(statistical_model, model):
    assert statistical_model.likelihood(poi_test=0.7, return_nll=True) == pytest.approx(relume.fit(model, fixed={"mu": 0.7}).twice_nll / 2, rel=1e-9)
    mu_hat, nll = statistical_model.maximize_likelihood(return_nll=True)
    free = relume.fit(model, bounds=np.column_stack([np.where(np.array(model.parameter_names) == "mu", -1e3, model.bounds[:, 0]), model.bounds[:, 1]]))
    assert (mu_hat, nll) == pytest.approx((free.parameters["mu"].value, free.twice_nll / 2), rel=1e-6)


def test_derivatives_and_toys(statistical_model, model):
    backend = statistical_model.backend
    point = model.point({"mu": 0.4})
    value, gradient = backend.get_objective_function()(point)
    assert value == pytest.approx(-backend.get_logpdf_func()(point)) and gradient == pytest.approx(model.value_and_grad(point)[1])
    assert backend.get_hessian_logpdf_func()(point) == pytest.approx(-model.hessian(point))
    sampler = backend.get_sampler(point)
    assert sampler(3).shape == (3, len(model.observed)) and not np.array_equal(sampler(1), sampler(1))
    assert backend.is_alive and statistical_model.is_alive
