# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Yields and their uncertainties beside cabinetry's, and fits with channels left out beside pyhf's on a model without them."""

import numpy as np
import pytest
from small_model import MU, modifier, workspace

pyhf = pytest.importorskip("pyhf", reason="pyhf, which fits the models without channels, is not installed")
model_utils = pytest.importorskip("cabinetry.model_utils", reason="cabinetry, the peer of these tests, is not installed")
from cabinetry.fit.results_containers import FitResults  # noqa: E402

SEARCH = workspace({
    "SR": ({"signal": ([6.0, 9.0], [MU, modifier("theory", "normsys", {"lo": 0.8, "hi": 1.3})]),
            "background": ([40.0, 21.0], [modifier("JES", "histosys", {"lo_data": [37.0, 20.0], "hi_data": [44.0, 23.5]}),
                                          modifier("k", "normfactor"), modifier("stat", "staterror", [2.0, 1.5])]),
            "fakes": ([5.0, 3.0], [modifier("fakes", "shapesys", [2.0, 1.0])])}, [55.0, 36.0]),
    "CR": ({"background": ([120.0], [modifier("JES", "normsys", {"lo": 0.93, "hi": 1.1}), modifier("k", "normfactor")])}, [131.0])})

#: Both add up the same few products; what is left is rounding, and the digits of -0.5 (up - down).
EXACT = 1e-9
#: Derivatives at the point and differences over one sigma differ where effects are not linear: the largest here is 30 %, its curvature a tenth of that.
NOT_LINEAR = 0.04


def theirs(model, fit=None):
    """Standard deviations by channel: per sample and bin, the total last, then sums over bins."""
    prediction = model_utils.prediction(model, fit_results=fit)
    return {name: (np.array(y), np.array(bins), np.array(sums)) for name, y, bins, sums in
            zip(model.config.channels, prediction.model_yields, prediction.total_stdev_model_bins, prediction.total_stdev_model_channels, strict=True)}


def compare(ours, model, wanted, tolerance):
    for channel in ours["channels"]:
        values, bins, sums = wanted[channel["name"]]
        order = {s: i for i, s in enumerate(model.config.samples)}
        for part, i in [*((s, order[s["name"]]) for s in channel["samples"]), (channel["total"], len(order))]:
            if i < len(order):
                assert part["yields"] == pytest.approx(values[i], rel=EXACT)
            assert part["uncertainties"] == pytest.approx(bins[i], rel=tolerance, abs=1e-9)
            assert part["sum_uncertainty"] == pytest.approx(sums[i], rel=tolerance, abs=1e-9)


@pytest.mark.parametrize("propagation, tolerance", [("one-sigma", EXACT), ("linear", NOT_LINEAR)])
def test_before_a_fit(answer, propagation, tolerance):
    model = pyhf.Workspace(SEARCH).model(modifier_settings={"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}})
    ours = answer(SEARCH, "yields", "--prefit", "--propagation", propagation)
    compare(ours, model, theirs(model), tolerance)


@pytest.mark.parametrize("propagation, tolerance", [("one-sigma", 1e-6), ("linear", NOT_LINEAR)])
def test_after_a_fit(answer, propagation, tolerance):
    model = pyhf.Workspace(SEARCH).model(modifier_settings={"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}})
    fit = answer(SEARCH, "fit", "--covariance")
    names = fit["covariance"]["labels"]
    place = [names.index(name) for name in model.config.par_names]
    covariance = np.array(fit["covariance"]["matrix"])[np.ix_(place, place)]
    sigma = np.sqrt(np.diag(covariance))
    best = np.concatenate([fit["mle_parameters"][name] for name in model.config.par_order])
    result = FitResults(best, sigma, model.config.par_names, covariance / np.outer(sigma, sigma), fit["twice_nll"])
    compare(answer(SEARCH, "yields", "--propagation", propagation), model, theirs(model, result), tolerance)


def test_a_channel_left_out_is_a_channel_that_is_not_there(answer):
    """The likelihood is pyhf's of the pruned workspace; parameters of both have the same minimum."""
    ours = answer(SEARCH, "fit", "--mask-channel", "SR")
    space = pyhf.Workspace(SEARCH).prune(channels=["SR"])
    space = pyhf.Workspace({**space, "measurements": [{"name": "m", "config": {"poi": "k", "parameters": []}}]})
    model = space.model(modifier_settings={"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}})
    best, value = pyhf.infer.mle.fit(space.data(model), model, return_fitted_val=True)
    for name in model.config.par_order:
        assert ours["mle_parameters"][name] == pytest.approx(best[model.config.par_slice(name)], abs=2e-3), name
    # The constraints of what is left out, at their maximum: normal ones of theory and stat, Poisson ones of the fakes.
    full = pyhf.Workspace(SEARCH).model()
    terms = 0.0
    for name, width in (("theory", [1.0]), ("stat", full.config.param_set("stat").sigmas)):
        terms += sum(np.log(2 * np.pi) + 2 * np.log(w) for w in width)
    for count in full.config.param_set("fakes").auxdata:
        terms += -2 * float(pyhf.tensorlib.poisson_logpdf(count, count))
    assert ours["twice_nll"] == pytest.approx(float(value) + terms, abs=1e-4)
    assert any("'mu' acts in masked channels only" in note for note in ours["notes"])
