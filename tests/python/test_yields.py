# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Yields, propagation, channel masks and Asimov data."""

import json
import pickle

import numpy as np
import pytest
import relume


@pytest.fixture
def fit(model):
    return relume.fit(model, covariance=True)


def test_yields_are_those_of_the_command_line(model, fit, document, relume_program, tmp_path):
    path = tmp_path / "search.json"
    path.write_text(json.dumps(document))
    for ours, arguments in ((relume.yields(model, fit, covariance=True), ["--covariance"]), (relume.yields(model), ["--prefit"])):
        theirs = json.loads(relume_program("yields", path, *arguments).stdout)
        mine = ours.to_dict()
        for key in ("kind", "samples", "sum", "sum_uncertainty", "channels"):
            assert mine[key] == theirs[key], key
    covariance = json.loads(relume_program("yields", path, "--covariance").stdout)["covariance"]
    result = relume.yields(model, fit, covariance=True)
    assert result.covariance == pytest.approx(np.array(covariance["bins"]["matrix"])) and result.channel_covariance.shape == (2, 2)


def test_what_a_channel_says(model, fit):
    yields = relume.yields(model, fit)
    assert list(yields) == ["CR", "SR"] and len(yields) == 2 and yields.kind == "postfit" and yields.is_usable
    sr = yields["SR"]
    assert list(sr.samples) == ["fakes", "signal", "top"] and sr.signals == ("signal",) and not sr.is_masked
    assert sr.data == pytest.approx([17, 9]) and sr.total.yields.shape == (2,)
    assert sr.background.yields == pytest.approx(sr.total.yields - sr.samples["signal"].yields)
    expected = model.expected_yields(fit.values)["SR"]
    assert all(sr.samples[name].yields == pytest.approx(values) for name, values in expected.items())
    assert yields.samples["top"][0] == pytest.approx(yields["SR"].samples["top"].sum + yields["CR"].samples["top"].sum)
    assert "CR" in repr(yields) and "after the fit" in repr(yields)
    with pytest.raises(KeyError):
        yields["nothing"]
    with pytest.raises(ValueError):
        sr.total.yields[0] = 1


def test_uncertainties_are_linear_propagation(model, fit):
    step = 1e-5
    jacobian = np.column_stack([(model.expected_data(fit.values + e) - model.expected_data(fit.values - e))[:3] / (2 * step)
                                for e in np.eye(len(fit.values)) * step])
    covariance = jacobian @ fit.covariance @ jacobian.T
    yields = relume.yields(model, fit, covariance=True)
    assert yields.covariance == pytest.approx(covariance, rel=1e-6)
    assert yields["SR"].total.uncertainties == pytest.approx(np.sqrt(np.diag(covariance))[1:], rel=1e-6)
    assert yields.sum_uncertainty == pytest.approx(np.sqrt(covariance.sum()), rel=1e-6)
    half_way = relume.yields(model, fit, propagation="one-sigma")
    assert half_way.sum_uncertainty == pytest.approx(yields.sum_uncertainty, rel=0.02) and half_way.sum_uncertainty != yields.sum_uncertainty


def test_propagation_of_a_function(model, fit):
    names = fit.names
    mu, k = names.index("mu"), names.index("k_top")
    one = relume.propagate(fit, lambda x: x[mu])
    assert one.value == pytest.approx(fit.parameters["mu"].value) and one.uncertainty == pytest.approx(fit.parameters["mu"].uncertainty, rel=1e-9)
    both = relume.propagate(fit, lambda x: [[x[mu] * x[k]], [x[k] ** 2]])
    assert both.value.shape == both.uncertainty.shape == (2, 1) and both.covariance.shape == (2, 2)
    g = np.zeros(len(names))
    g[mu], g[k] = fit.values[k], fit.values[mu]
    assert both.uncertainty[0, 0] == pytest.approx(np.sqrt(g @ fit.covariance @ g), rel=1e-6)
    exact = relume.propagate(fit, lambda x: x[mu] * x[k], gradient=lambda x: g)
    assert exact.uncertainty == pytest.approx(np.sqrt(g @ fit.covariance @ g), rel=1e-12)
    bins = relume.propagate(fit, lambda x: model.expected_data(x)[:3])
    assert bins.uncertainty[1:] == pytest.approx(relume.yields(model, fit)["SR"].total.uncertainties, rel=1e-6)


def test_masked_models_are_used_like_others(model, document):
    controls = model.only_channels(["CR"])
    assert controls.masked_channels == ["SR"] == model.mask_channels(["SR"]).masked_channels and model.masked_channels == []
    fit = relume.fit(controls, covariance=True)
    assert fit.parameters["k_top"].value == pytest.approx(158 / 150, rel=1e-6) and fit.parameters["mu"].uncertainty == 0
    assert any("'mu' acts in masked channels only" in note for note in fit.notes)
    assert controls.nll(fit.values) == pytest.approx(fit.twice_nll / 2)
    yields = relume.yields(controls, fit)
    assert yields["SR"].data is None and yields["SR"].is_masked and yields["CR"].data == pytest.approx([158])
    assert "blinded" in repr(yields)
    assert relume.yields(controls, fit, unblind=True)["SR"].data == pytest.approx([17, 9])
    assert relume.upper_limit(controls).status == "no_sensitivity"
    intervals = relume.intervals(controls, fixed={"JES": 0.0})
    assert intervals.status == "ok" and "k_top" in intervals and "mu" not in intervals and "JES" not in intervals
    assert any("'mu' acts in masked channels only" in note for note in intervals.notes)
    # Data of the caller are masked too; nothing of a masked channel gets through.
    data = model.observed
    data[model.channels[1].slice] = [1e4, 0]
    assert np.array_equal(relume.fit(controls, data).values, fit.values)
    assert np.array_equal(controls.nll_many(np.array([fit.values, fit.values]), data), [controls.nll(fit.values)] * 2)
    signal = model.mask_channels(["CR"])
    assert relume.upper_limit(signal).observed == pytest.approx(relume.upper_limit(relume.Workspace(document).prune(channels=["CR"]).model()).observed, rel=1e-5)
    again = pickle.loads(pickle.dumps(controls))
    assert again.masked_channels == ["SR"] and again.nll(fit.values) == controls.nll(fit.values) and again.notices == controls.notices


def test_asimov_data(model):
    data = model.asimov(2.0, values={"JES": 0.5})
    assert data == pytest.approx(model.expected_data(model.point({"mu": 2.0, "JES": 0.5})))
    fit = relume.fit(model, data)
    assert fit.parameters["mu"].value == pytest.approx(2, abs=1e-5) and fit.parameters["JES"].value == pytest.approx(0.5, abs=1e-5)
    held = relume.fit(model, fixed={"mu": 0.0})
    assert model.asimov(0.0, kind="a-posteriori") == pytest.approx(model.expected_data(held.values), abs=1e-5)
    limit = relume.upper_limit(model, model.asimov(0.0, kind="a-posteriori"))
    assert limit.observed == pytest.approx(relume.upper_limit(model).expected_at(0), rel=1e-5)


def test_a_background_only_model(background):
    model = background.model()
    assert all(channel.background is None and channel.signals == () for channel in relume.yields(model).values())
    with pytest.raises(relume.OptionError, match="no parameter of interest"):
        model.asimov(1.0)
    assert model.asimov(values={"k_top": 2.0})[0] == pytest.approx(300)


def test_fits_without_covariance_have_no_uncertainties(model):
    yields = relume.yields(model, relume.fit(model))
    assert np.isnan(yields.sum_uncertainty) and np.isnan(yields["SR"].total.uncertainties).all() and yields.sum > 0
    assert any("without its covariance matrix" in note for note in yields.notes)


@pytest.mark.parametrize("request_, complaint", [
    (lambda m, f: m.only_channels(["nothing"]), "no channel is called 'nothing'"),
    (lambda m, f: m.only_channels("SR"), "no list of names"),
    (lambda m, f: m.mask_channels(["SR", "CR"]), "all channels are masked"),
    (lambda m, f: relume.yields(m, f, channels=["nothing"]), "no channel is called 'nothing'"),
    (lambda m, f: relume.yields(m, f, propagation="cubic"), "no propagation is called 'cubic'"),
    (lambda m, f: relume.yields(m, f, fixed={"mu": 1}), "held in the fit"),
    (lambda m, f: relume.yields(m, 1), "FitResult is needed"),
    (lambda m, f: relume.yields("model"), "relume.Model is needed"),
    (lambda m, f: relume.yields(m, fixed={"nobody": 1}), "nobody"),
    (lambda m, f: relume.yields(m.workspace.prune(samples=["signal"]).model(), f), "another model"),
    (lambda m, f: relume.propagate(relume.fit(m), lambda x: x[0]), "no covariance matrix"),
    (lambda m, f: relume.propagate(f, lambda x: "many"), "did not return numbers"),
    (lambda m, f: relume.propagate(f, lambda x: x[0], gradient=lambda x: 1.0), "an array of shape ()"),
    (lambda m, f: relume.propagate(f, lambda x: x[0], step=0), "no distance"),
    (lambda m, f: m.asimov(1.0, kind="observed"), "no way to make Asimov data"),
    (lambda m, f: m.asimov(1.0, values={"mu": 2.0}), "given twice"),
    (lambda m, f: m.asimov(values={"nobody": 2.0}), "nobody"),
    (lambda m, f: m.asimov(-50.0), "would be negative"),
])
def test_requests_without_sense(model, fit, request_, complaint):
    with pytest.raises(relume.RelumeError) as refused:
        request_(model, fit)
    assert complaint in str(refused.value)
