# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Goodness of fit from Python: the same as on the command line, and pictures of it."""

import json

import numpy as np
import pytest
import relume
from pictures import drawn, no_figure_is_left, texts  # noqa: F401
from relume import plot
from scipy.stats import chi2


@pytest.fixture
def both(document):
    """The signal in both channels."""
    document["channels"][1]["samples"].append({"name": "signal", "data": [6.0], "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]})
    return relume.Workspace(document)


def test_is_what_the_command_line_prints(workspace, model, relume_program, tmp_path):
    path = tmp_path / "workspace.json"
    path.write_text(json.dumps(workspace.to_dict()), encoding="utf-8")
    printed = json.loads(relume_program("goodness", path, "--toys", 100, "--seed", 5, "--values").stdout)
    result = relume.goodness(model, n_toys=100, seed=5, threads=2)
    toys = printed["toys"].pop("t")
    ours = result.to_dict()
    for document in (printed, ours):
        del document["seconds"]
    assert ours == printed and result.toys.tolist() == toys and not result.toys.flags.writeable


def test_numbers(model):
    result = relume.goodness(model)
    assert result.is_usable and len(result.toys) == 0 and result.p_value_toys is None
    assert result.t == pytest.approx(sum(result.by_channel.values()) + result.t_constraints)
    assert result.degrees_of_freedom == 1  # three bins less mu and k_top
    assert result.p_value == pytest.approx(chi2.sf(result.t, 1), rel=1e-12)
    best = relume.fit(model, covariance=True)
    expected = model.expected_data(best.values)[:3]
    assert [b.expected for b in result.bins] == pytest.approx(expected.tolist(), rel=1e-6)
    # Derivatives of the rates by differences, for the uncertainties of the expectations.
    steps = 1e-5 * np.eye(len(best.values))
    jacobian = np.array([(model.expected_data(best.values + s)[:3] - model.expected_data(best.values - s)[:3]) / 2e-5 for s in steps])
    variance = np.einsum("ib,ij,jb->b", jacobian, best.covariance, jacobian)
    assert [b.uncertainty for b in result.bins] == pytest.approx(np.sqrt(variance).tolist(), rel=1e-5)
    for b, v in zip(result.bins, variance, strict=True):
        assert b.residual == pytest.approx((b.observed - b.expected) / np.sqrt(b.expected))
        assert b.pull == pytest.approx((b.observed - b.expected) / np.sqrt(b.expected - v), rel=1e-4)
    assert relume.goodness(model, pulls=False).bins[0].pull is None
    assert "degrees of freedom" in repr(result) and "CR" in repr(result)


def test_asimov_data_fit_perfectly(model):
    result = relume.goodness(model, model.expected_data(model.initial), n_toys=50)
    assert result.t == pytest.approx(0, abs=1e-10) and result.p_value == pytest.approx(1, abs=1e-5) and result.p_value_toys == 1


def test_channels(both):
    model = both.model()
    result = relume.compatibility(model)
    assert result.is_usable and set(result.channels) == {"SR", "CR"} and result.degrees_of_freedom == 1
    assert result.p_value == pytest.approx(chi2.sf(result.t, 1), rel=1e-10)
    assert result.parameter == "mu" and result.uncertainty > 0 and result.channels["SR"].uncertainty > 0
    background = relume.compatibility(model, "k_top")
    assert set(background.channels) == {"SR", "CR"} and background.best != result.best
    assert relume.compatibility(model, data=model.expected_data(model.initial)).t == pytest.approx(0, abs=1e-8)
    assert "mu" in repr(result) and "SR" in repr(result)


def test_what_is_refused(model, background):
    with pytest.raises(relume.OptionError, match="n_toys"):
        relume.goodness(model, n_toys=-1)
    with pytest.raises(relume.OptionError, match="pulls"):
        relume.goodness(model, pulls="no")
    with pytest.raises(relume.OptionError, match="model"):
        relume.goodness("model")
    with pytest.raises(relume.UnknownNameError, match="nothing"):
        relume.goodness(model, fixed={"nothing": 1})
    with pytest.raises(relume.OptionError, match="parameter of interest"):
        relume.compatibility(background.model())
    with pytest.raises(relume.RelumeError, match="JES"):
        relume.compatibility(model, "JES")
    held = relume.compatibility(model, fixed={"mu": 1})
    assert not held.is_usable and held.status == "not_defined" and held.best is None


def test_pictures(model):
    result = relume.goodness(model, n_toys=200)
    ax = plot.goodness_toys(result)
    labels = texts(ax.get_legend())
    assert any("200 toys" in label for label in labels) and any("χ²" in label for label in labels) and any("data" in label for label in labels)
    drawn(ax)
    ax = plot.residuals(result)
    assert ax.lines[1].get_ydata().tolist() == [b.pull for b in result.bins]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["CR", "SR"]
    drawn(ax)
    assert plot.residuals(result, kind="residual").lines[1].get_ydata().tolist() == [b.residual for b in result.bins]
    document = result.to_dict()
    document["toys"]["t"] = result.toys.tolist()
    upper = plot.goodness(document)
    assert len(upper.figure.axes) == 2
    drawn(upper)
    with pytest.raises(relume.OptionError, match="toys"):
        plot.goodness_toys(relume.goodness(model))
    with pytest.raises(relume.OptionError, match="kind"):
        plot.residuals(result, kind="other")
    with pytest.raises(relume.OptionError, match="goodness"):
        plot.residuals(relume.fit(model))
