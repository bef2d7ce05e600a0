# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Evaluation from Python: values, derivatives, batches, threads."""

import concurrent.futures
import copy
import math
import pickle

import numpy as np
import pytest
import relume


def poisson(n, rate):
    return rate - n * math.log(rate) + math.lgamma(n + 1)


@pytest.fixture
def point(model):
    return model.point({"mu": 0.7, "JES": 0.4, "k_top": 1.1, "staterror_SR[1]": 0.95})


def test_parameters_and_channels(model):
    assert model.poi == "mu" and set(model.parameter_names) == {"mu", "JES", "k_top", "fakes[0]", "fakes[1]", "staterror_SR[0]", "staterror_SR[1]"}
    assert [(c.name, c.n_bins, c.samples) for c in model.channels] == [("CR", 1, ("top",)), ("SR", 2, ("fakes", "signal", "top"))]
    assert model.bounds.shape == (7, 2) and not model.fixed.any() and model.prefit_sigma[model.parameter_names.index("JES")] == 1.0
    assert len(model.observed) == 3 + 5 and model.observed[model.channels[1].slice].tolist() == [17, 9]


def test_value_from_the_formula(model, point):
    main, auxiliary = model.nll_terms(point)
    expected = model.expected_data(point)
    assert main == pytest.approx(sum(poisson(n, r) for n, r in zip(model.observed[:3], expected[:3], strict=True)), rel=1e-13)
    assert model.nll(point) == pytest.approx(main + auxiliary, rel=1e-15)
    yields = model.expected_yields(point)
    assert sum(yields["SR"].values()) == pytest.approx(expected[1:3]) and yields["CR"]["top"].tolist() == pytest.approx([expected[0]])


def test_derivatives(model, point):
    value, gradient = model.value_and_grad(point)
    hessian = model.hessian(point)
    assert value == pytest.approx(model.nll(point), rel=1e-14)
    for i in range(len(point)):
        h = 1e-5
        up, down = point.copy(), point.copy()
        up[i] += h
        down[i] -= h
        assert gradient[i] == pytest.approx((model.nll(up) - model.nll(down)) / (2 * h), rel=1e-6, abs=1e-7)
        assert hessian[i] == pytest.approx((model.value_and_grad(up)[1] - model.value_and_grad(down)[1]) / (2 * h), rel=1e-5, abs=1e-5)
    assert hessian == pytest.approx(hessian.T)


def test_other_data(model, point):
    toys = model.sample(point, 3, seed=4)
    assert toys.shape == (3, 8) and (model.sample(point, 2, seed=4, first=1) == toys[1:]).all()
    assert model.nll(point, toys[0]) != model.nll(point)
    assert model.nll(point, model.observed) == pytest.approx(model.nll(point), rel=1e-14)


@pytest.mark.parametrize("threads", [1, 3])
def test_batches_are_the_single_calls(model, point, threads):
    points = np.array([model.point({"mu": m}, start=point) for m in np.linspace(0, 2, 11)])
    toys = model.sample(point, 11, seed=1)
    assert model.nll_many(points, threads=threads).tolist() == [model.nll(x) for x in points]
    assert model.nll_many(points, toys, threads=threads).tolist() == [model.nll(x, d) for x, d in zip(points, toys, strict=True)]
    assert model.nll_many(point, toys, threads=threads).tolist() == [model.nll(point, d) for d in toys]


def test_arrays_of_any_kind(model, point):
    value = model.nll(point)
    for other in (point.tolist(), tuple(point), np.repeat(point, 2)[::2], point.astype(">f8"), np.asfortranarray(point)):
        assert model.nll(other) == value
    assert model.nll(point.astype(np.float32)) == pytest.approx(value, rel=1e-5)


def test_outside_of_the_domain(model, point):
    point[model.parameter_names.index("k_top")] = -5.0
    assert model.nll(point) == math.inf
    value, gradient = model.value_and_grad(point)
    assert value == math.inf and np.isnan(gradient).all()


def test_copies_and_pickles(workspace, point):
    model = workspace.model(normsys="code1", histosys="code0", poi="k_top", clip_bin_data=1e-6)
    again = pickle.loads(pickle.dumps(model))
    assert again.nll(point) == model.nll(point) and again.poi == "k_top" and copy.deepcopy(model).nll(point) == model.nll(point)
    assert model.nll(point) != workspace.model().nll(point)


def test_errors_on_errors(workspace):
    model = relume.Model(workspace, errors_on_errors={"JES": 0.3})
    point = model.point({"JES": 1.7})
    k, usual = 2 * 0.3**2, workspace.model()
    assert model.observed[:-1].tolist() == usual.observed.tolist() and model.observed[-1] == 1.0
    rise = model.nll(point) - model.nll(model.initial) - (model.nll_terms(point)[0] - model.nll_terms(model.initial)[0])
    assert rise == pytest.approx(0.5 * (1 + 1 / k) * math.log1p(k * 1.7**2), rel=1e-12)
    again = pickle.loads(pickle.dumps(model))
    assert again.nll(point) == model.nll(point) != usual.nll(point)
    marked = workspace.to_dict()
    marked["measurements"][0]["config"]["parameters"].append({"name": "JES", "error_on_error": 0.3})
    assert relume.Model(marked).nll(point) == model.nll(point)
    toys = model.sample(model.initial, 200)
    assert (toys[:, -1] > 0).all() and toys[:, -1].std() == pytest.approx(0.6, abs=0.2)  # 2 e; four standard deviations
    with pytest.raises(relume.OptionError, match="JES.variance"):
        model.nll_terms(point, np.r_[model.observed[:-1], 0.0])


def test_many_threads_on_one_model(model, point):
    points = [model.point({"mu": m}, start=point) for m in np.linspace(0, 3, 200)]
    expected = [model.nll(x) for x in points]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            assert list(pool.map(model.nll, points)) == expected
        limits = list(pool.map(lambda _: relume.upper_limit(model).observed, range(20)))
    assert len(set(limits)) == 1
