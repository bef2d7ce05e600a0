# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of fits and models show what they should: data, labels, number of things. How they look is for people to judge."""

import json

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import relume
from matplotlib.collections import QuadMesh
from pictures import drawn, errorbars, fit, no_figure_is_left, texts  # noqa: F401
from relume import plot


def test_pulls(model, fit):
    ax = plot.pulls(fit, model)
    constrained = [n for n, s in zip(model.parameter_names, model.prefit_sigma, strict=True) if s > 0]
    assert [t.get_text() for t in ax.get_yticklabels()] == constrained and "mu" not in constrained
    (bars,) = errorbars(ax)
    x, rows = bars[0].get_data()
    i = model.parameter_names.index("staterror_SR[0]")
    row = constrained.index("staterror_SR[0]")
    assert x[row] == pytest.approx((fit.values[i] - 1) / model.prefit_sigma[i]) and list(rows) == list(range(len(constrained)))
    length = np.diff(bars[2][0].get_segments()[row][:, 0])[0]
    assert length == pytest.approx(2 * fit.uncertainties[i] / model.prefit_sigma[i])
    assert len(ax.texts) == len(constrained)
    drawn(ax)


def test_pulls_of_many_parameters(model, fit):
    ax = plot.pulls(fit, model, max_parameters=2, sort=True, numbers=False)
    assert len(ax.get_yticklabels()) == 2 and "2 of 5" in ax.get_title("left") and not ax.texts
    pulled = np.abs(errorbars(ax)[0][0].get_xdata())
    assert pulled[0] >= pulled[1]
    ax = plot.pulls(fit, model, parameters=["JES"])
    assert [t.get_text() for t in ax.get_yticklabels()] == ["JES"] and ax.get_title("left") == ""
    with pytest.raises(relume.UnknownNameError, match="'mu'"):
        plot.pulls(fit, model, parameters=["mu"])


def test_pulls_need_the_model_and_uncertainties(model, fit):
    with pytest.raises(relume.OptionError, match="pulls\\(fit, model\\)"):
        plot.pulls(fit)
    with pytest.raises(relume.OptionError, match="no uncertainties"):
        plot.pulls(relume.fit(model, uncertainties=False), model)


def test_correlation(fit):
    ax = plot.correlation(fit)
    (image,) = ax.get_images()
    assert np.asarray(image.get_array()) == pytest.approx(fit.correlation) and len(ax.texts) == len(fit.names) ** 2
    assert [t.get_text() for t in ax.get_yticklabels()] == fit.names
    assert isinstance(ax.figure.axes[1].collections[-1], QuadMesh)
    drawn(ax)


def test_correlation_filters(fit):
    strength = np.abs(fit.correlation - np.eye(len(fit.names))).max(axis=1)
    minimum = float(np.sort(strength)[2])
    ax = plot.correlation(fit, minimum=minimum, numbers=False, colorbar=False)
    kept = [n for n, s in zip(fit.names, strength, strict=True) if s >= minimum]
    assert [t.get_text() for t in ax.get_xticklabels()] == kept and len(kept) < len(fit.names) and len(ax.figure.axes) == 1 and not ax.texts
    assert len(plot.correlation(fit, max_parameters=3).get_yticklabels()) == 3
    with pytest.raises(relume.OptionError, match="the strongest is"):
        plot.correlation(fit, minimum=0.9999)


def test_correlation_needs_a_covariance(model):
    with pytest.raises(relume.OptionError, match="covariance=True"):
        plot.correlation(relume.fit(model))


def test_held_parameters_have_no_correlation(model):
    fit = relume.fit(model, fixed={"JES": 0.0}, covariance=True)
    assert "JES" not in [t.get_text() for t in plot.correlation(fit).get_yticklabels()]


# ---- likelihood


def test_scan(model):
    best = relume.fit(model)
    mu, heights = plot.scan(model, n=11)
    assert len(mu) == 11 and np.all(heights >= -1e-9) and 4 < heights[-1] < 20 and mu[0] >= 0
    held = relume.fit(model, fixed={"mu": mu[7]})
    assert heights[7] == pytest.approx(held.twice_nll - best.twice_nll, abs=1e-7)
    given = plot.scan(model, [0.5, 1.5], poi="k_top")
    assert list(given.mu) == [0.5, 1.5] and np.all(given.twice_delta_nll > 10)
    assert plot.likelihood_scan(relume.scan(model, "k_top", n=7)).get_xlabel() == "k_top"
    assert given.parameter == "k_top" and plot.likelihood_scan(given).get_xlabel() == "k_top"
    assert plot.likelihood_scan(*given).get_xlabel() == "μ" and plot.likelihood_scan(given, parameter="k").get_xlabel() == "k"
    for arguments in ([given, [1.0, 2.0]], [[0.5, 1.5]]):
        with pytest.raises(relume.OptionError, match="a Scan"):
            plot.likelihood_scan(*arguments)
    with pytest.raises(relume.UnknownNameError, match="nobody"):
        plot.scan(model, poi="nobody")


def test_contours(model):
    result = relume.contour(model, ["mu", "k_top"], n=12)
    ax = plot.likelihood_contours(result, label="data", truth=(1, 1))
    assert ax.get_xlabel() == "mu" and ax.get_ylabel() == "k_top"
    assert texts(ax.get_legend()) == ["data, 68.3%", "data, 95%", "data, best fit"]
    assert len(ax.lines[0].get_xdata()) == len(result.contours[0].x) + 1
    for (low, high), values in ((ax.get_xlim(), [c.x for c in result.contours]), (ax.get_ylim(), [c.y for c in result.contours])):
        reach = np.concatenate(values)
        assert min(reach.min() - low, high - reach.max()) > 0.03 * np.ptp(reach)  # not on the frame
    grid = plot.likelihood_contours(relume.scan_grid(model, ["mu", "k_top"], n=5))
    assert grid.collections and grid.figure.axes[1].get_ylabel() == "−2 Δ ln L"
    with pytest.raises(relume.OptionError, match="two values"):
        plot.likelihood_contours(relume.scan_grid(model, ["mu", "k_top"], n=1))
    with pytest.raises(relume.OptionError, match="not usable"):
        plot.likelihood_contours(relume.contour(model, ["mu", "mu"]))


def test_documents_of_the_command_line_are_drawn(model, tmp_path):
    from relume.plot.__main__ import main

    scan, grid = relume.scan(model, n=3), relume.scan_grid(model, ["mu", "k_top"], n=3)
    toys = relume.toys(model, n_toys=20)
    samples = {name: {"true_poi": s.poi, "q": s.q.tolist()} for name, s in (("tested", toys.tested_toys), ("alternative", toys.alternative_toys))}
    documents = [("scan", scan.to_dict()), ("scan", grid.to_dict()), ("contour", relume.contour(model, ["mu", "k_top"], n=5).to_dict()),
                 ("toys", {**toys.to_dict(), "toys": samples})]
    for kind, document in documents:
        path, picture = tmp_path / "document.json", tmp_path / "picture.png"
        path.write_text(json.dumps(document), encoding="utf-8")
        assert main([kind, "--input", str(path), "--output", str(picture)]) == 0
        assert picture.stat().st_size > 5000
        picture.unlink()
        path.write_text("{}", encoding="utf-8")
        assert main([kind, "--input", str(path), "--output", str(picture)]) == 2 and not picture.exists()


def test_a_scan_whose_minimum_is_at_a_bound(document):
    document["observations"][0]["data"] = [5, 2]
    scan = plot.scan(relume.Workspace(document).model(), n=5)
    assert scan.mu[0] == 0 and 4 < scan.twice_delta_nll[-1] < 20


def test_likelihood_scan():
    mu = np.linspace(-1, 5, 61)
    ax = plot.likelihood_scan(mu, (mu - 2) ** 2, parameter="mu_SIG", label="observed")
    crossings = sorted({round(float(line.get_xdata()[0]), 6) for line in ax.get_lines() if line.get_linestyle() == ":"})
    assert crossings == pytest.approx([2 - 1.959964, 1, 3, 2 + 1.959964], abs=1e-5)
    assert [t.get_text() for t in ax.texts] == ["68%", "95%"] and ax.get_xlabel() == "mu_SIG" and ax.get_ylim()[0] == 0
    again = plot.likelihood_scan(mu, (mu - 1) ** 2, label="expected", color="C1", linestyle="--", ax=ax)
    assert again is ax and texts(ax.get_legend()) == ["observed", "expected"] and len(ax.texts) == 2
    with pytest.raises(relume.OptionError, match="two"):
        plot.likelihood_scan([1, 2], [np.nan, 1])
    drawn(ax)


# ---- yields


def test_toy_distributions(model):
    test = relume.toys(model, n_toys=500)
    ax = plot.toy_distributions(test, bins=20)
    tested, alternative = (p for p in ax.patches if not p.get_fill())
    for steps, sample in ((tested, test.tested_toys), (alternative, test.alternative_toys)):
        shares, edges, _ = steps.get_data()
        assert shares.sum() == pytest.approx(1) and len(shares) == 20
        assert shares[:-1] == pytest.approx(np.histogram(sample.q, edges)[0][:-1] / 500)
    assert ax.lines[0].get_xdata()[0] == test.test_statistic["q"]
    labels = [t.get_text() for t in ax.get_legend().get_texts()]
    assert labels[:2] == ["toys with mu = 1", "toys with mu = 0"] and labels[2].startswith("data")
    assert plot.toy_distributions(test, maximum=3.0).get_xlim() == (0.0, 3.0)
    drawn(ax)


def test_toy_distributions_need_toys(model):
    with pytest.raises(relume.OptionError, match="relume.toys"):
        plot.toy_distributions(relume.hypotest(model))


def test_stack(model):
    ax = plot.stack(model, band=False)
    yields = model.expected_yields(model.initial)
    total = np.concatenate([sum(samples.values()) for samples in yields.values()])
    assert ax.patches[-1].get_data().values == pytest.approx(total)
    assert texts(ax.get_legend()) == ["signal", "top", "fakes"]
    assert sorted(t.get_text() for t in ax.get_xticklabels()) == ["CR", "SR"]
    assert ax.get_title("left") == "Pre-fit" and ax.get_ylabel() == "Events"


def test_stack_of_one_channel_with_edges_and_names(model):
    ax = plot.stack(model, channels="SR", edges=[0, 50, 200], names={"fakes": "W+jets", "top": "W+jets"}, colors={"W+jets": "gold"}, x_label="m [GeV]")
    assert texts(ax.get_legend()) == ["Uncertainty", "signal", "W+jets"] and ax.get_xlim() == (0, 200) and ax.get_xlabel() == "m [GeV]"
    assert texts(plot.stack(model, max_samples=2, band=False).get_legend()) == ["signal", "top", "Other"]
    assert [t.get_text() for t in plot.stack(model, channels="SR").get_xticklabels()] == ["0", "1"]
    with pytest.raises(relume.OptionError, match="3 ascending edges"):
        plot.stack(model, channels="SR", edges=[0, 1])
    with pytest.raises(relume.UnknownNameError, match="no channel is called 'VR'"):
        plot.stack(model, channels=["VR"])


def test_colours_do_not_depend_on_the_channels(model):
    def colours(ax):
        return {t.get_text(): handle.get_facecolor() for t, handle in zip(ax.get_legend().get_texts(), ax.get_legend().get_patches(), strict=True)}

    everything = colours(plot.stack(model, band=False))
    assert colours(plot.stack(model, channels="CR", band=False)) == {"top": everything["top"]}


@pytest.mark.parametrize("postfit", [False, True])
def test_data_prediction(model, fit, postfit):
    ax = plot.data_prediction(model, fit if postfit else None)
    parameters = fit.values if postfit else model.initial
    total = model.expected_data(parameters)[:3]
    (points,) = errorbars(ax)
    assert list(points[0].get_ydata()) == [158, 17, 9]
    ratio = ax.figure.axes[-1]
    assert ratio is not ax and errorbars(ratio)[0][0].get_ydata() == pytest.approx(np.array([158, 17, 9]) / total)
    assert texts(ax.get_legend())[:3] == (["Data", "Pre-fit total", "Uncertainty"] if postfit else ["Data", "Uncertainty", "signal"])
    assert ax.get_title("left") == ("Post-fit" if postfit else "Pre-fit")
    assert ratio.get_ylabel() == "Data / pred." and ax.get_xlim() == ratio.get_xlim() == (0, 3)
    drawn(ax)


def test_the_band_is_the_propagated_covariance(model, fit):
    """Against derivatives with a small step: this model is nearly linear within its uncertainties."""
    from relume.plot.yields import uncertainty

    bins = np.arange(3)
    slopes = []
    for i in range(len(fit.values)):
        step = np.zeros(len(fit.values))
        step[i] = 1e-5
        slopes.append((model.expected_data(fit.values + step)[:3] - model.expected_data(fit.values - step)[:3]) / 2e-5)
    expected = np.sqrt(np.einsum("ib,ij,jb->b", slopes, fit.covariance, slopes))
    assert uncertainty(model, fit, bins) == pytest.approx(expected, rel=0.02)
    # After the fit the total of the control region is known as well as its data are; before it, the constraints alone say less.
    assert uncertainty(model, fit, bins)[0] == pytest.approx(np.sqrt(158), rel=0.02)
    assert uncertainty(model, None, bins)[0] == pytest.approx(150 * 0.075, rel=0.02)


def test_the_band_needs_a_covariance(model, workspace):
    fit = relume.fit(model)
    with pytest.raises(relume.OptionError, match="band=False"):
        plot.data_prediction(model, fit)
    assert plot.data_prediction(model, fit, band=False, ratio=False).figure.axes[1:] == []
    with pytest.raises(relume.OptionError, match="another model"):
        plot.data_prediction(workspace.prune(samples=["fakes"]).model(), fit)


def test_panels_and_data_of_ones_own(model, fit):
    figure, (upper, lower) = plt.subplots(2, sharex=True)
    ax = plot.data_prediction(model, fit, data=[158, 1, 40], ax=upper, ratio_ax=lower, ratio_range=(0.5, 1.5))
    assert ax is upper and figure.axes == [upper, lower] and lower.get_ylim() == (0.5, 1.5)
    arrows = [line.get_marker() for line in lower.get_lines() if line.get_marker() in "^v"]
    assert sorted(arrows) == ["^", "v"]
    with pytest.raises(relume.OptionError, match="data"):
        plot.data_prediction(model, data=[1.0])


def test_the_ratio_panel_holds_error_bars_and_band(model):
    total = model.expected_data(model.initial)[:3]
    few = plot.data_prediction(model, data=total, channels="SR").figure.axes[-1]  # 19 and 10.5 events: bars of some 30%, as the band
    assert few.get_ylim() == (0.5, 1.5)
    bar = errorbars(few)[0][2][0].get_segments()[1][:, 1]
    assert few.get_ylim()[0] < bar[0] < bar[1] < few.get_ylim()[1]
    many = plot.data_prediction(model, data=total, channels="CR").figure.axes[-1]
    assert many.get_ylim() == (0.75, 1.25)
    beyond = plot.data_prediction(model, data=[*total[:2], 10 * total[2]]).figure.axes[-1]
    assert beyond.get_ylim() == (0, 2)


def test_poisson_intervals():
    """Garwood's: 1.841 above 0 observed events, 0.827 below and 2.300 above 1, from any table."""
    from relume.plot.yields import poisson_interval

    down, up = poisson_interval(np.array([0.0, 1.0, 10.0]))
    assert down == pytest.approx([0, 0.827, 3.108], abs=0.01) and up == pytest.approx([1.841, 2.300, 4.267], abs=0.02)


# ---- the whole


def overlaps(labels, renderer):
    boxes = [t.get_window_extent(renderer) for t in labels if t.get_visible() and t.get_text()]
    return sum(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


def long_names(document):
    """200 parameters and 40 channels, with names as long as published ones."""
    for i in range(40):
        channel = f"SRee_eMLL{i}_lowmet_deltaM_high_cuts"
        document["channels"].append({"name": channel, "samples": [{"name": f"background_{i % 14}", "data": [10.0 + i], "modifiers": [
            {"name": f"shape_fakes_stat_fakes_{channel}_{k}", "type": "normsys", "data": {"lo": 0.9, "hi": 1.1 + 0.01 * k}} for k in range(5)]}]})
        document["observations"].append({"name": channel, "data": [10 + i]})
    return relume.Workspace(document).model()


def test_many_long_names_do_not_overlap(document):
    model = long_names(document)
    fit = relume.fit(model, covariance=True)
    for ax, axis in [(plot.pulls(fit, model), "y"), (plot.pulls(fit, model, max_parameters=None), "y"), (plot.correlation(fit, minimum=0), "x"),
                     (plot.data_prediction(model, fit), "x"), (plot.stack(model, fit), "x")]:
        width, height = drawn(ax)
        target = ax.figure.axes[-1] if ax.figure.axes[-1].get_ylabel() == "Data / pred." else ax
        labels = target.get_yticklabels() if axis == "y" else target.get_xticklabels()
        renderer = ax.figure.canvas.get_renderer()
        assert len(labels) >= 40 and overlaps(labels, renderer) == 0
        assert all(0 <= b.x0 and b.x1 <= width and 0 <= b.y0 and b.y1 <= height for b in (t.get_window_extent(renderer) for t in labels))
        plt.close(ax.figure)


@pytest.mark.parametrize("style", ["ATLAS", "CMS", "LHCb2", None, {"font.size": 9}])
def test_styles(model, fit, style):
    before = dict(matplotlib.rcParams)
    assert drawn(plot.data_prediction(model, fit, style=style))[0] > 300
    assert drawn(plot.pulls(fit, model, style=style))[0] > 200
    assert dict(matplotlib.rcParams) == before
    with pytest.raises(relume.OptionError, match="no style 'ATLOS'"):
        plot.pulls(fit, model, style="ATLOS")


def test_names_with_dollars_are_no_formulas(model):
    renamed = model.workspace.rename(modifiers={"JES": "a$_{b$"}, channels={"SR": "$R$"}).model()
    drawn(plot.pulls(relume.fit(renamed), renamed))
    drawn(plot.stack(renamed))


def test_yields_from_a_result_or_a_document(model, fit):
    result = relume.yields(model, fit)
    for ax in (plot.yields(result), plot.yields(result.to_dict())):
        (points,) = errorbars(ax)
        assert list(points[0].get_ydata()) == [158, 17, 9] and ax.get_title("left") == "Post-fit"
        beside = plot.data_prediction(model, fit, prefit=False)
        assert texts(ax.get_legend()) == texts(beside.get_legend())
        drawn(ax)
    ax = plot.yields(relume.yields(model), channels="SR", ratio=False)
    assert ax.get_title("left") == "Pre-fit" and len(errorbars(ax)[0][0].get_ydata()) == 2
    assert "Uncertainty" not in texts(plot.yields(relume.yields(model, relume.fit(model))).get_legend())
    with pytest.raises(relume.UnknownNameError, match="nothing"):
        plot.yields(result, channels="nothing")


def test_data_that_are_left_out_are_not_drawn(model):
    controls = model.only_channels(["CR"])
    fit = relume.fit(controls, covariance=True)
    for ax in (plot.data_prediction(controls, fit), plot.yields(relume.yields(controls, fit))):
        points = errorbars(ax)[0][0].get_ydata()
        assert points[0] == 158 and np.isnan(points[1:]).all()
        drawn(ax)
    points = errorbars(plot.yields(relume.yields(controls, fit, unblind=True)))[0][0].get_ydata()
    assert list(points) == [158, 17, 9]
