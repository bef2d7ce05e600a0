# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Pictures show what they should: data, labels, number of things. How they look is for people to judge."""

import json
import subprocess
import sys

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
import relume  # noqa: E402
from conftest import search_document  # noqa: E402
from matplotlib.collections import QuadMesh  # noqa: E402
from matplotlib.container import ErrorbarContainer  # noqa: E402
from relume import plot  # noqa: E402


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    plt.close("all")


@pytest.fixture
def fit(model):
    return relume.fit(model, covariance=True)


def scan_document(n_x=6, n_y=6):
    """A plane in which the limit is 1 on the circle of radius 300; the band is a factor of 2 wide."""
    results = []
    for x in np.linspace(0, 500, n_x):
        for y in np.linspace(0, 400, n_y):
            value = float(np.exp((np.hypot(x, y) - 300) / 100))
            results.append({"name": f"p_{x:g}_{y:g}", "values": [x, y], "observed": value, "expected": [value * f for f in (0.25, 0.5, 1, 2, 4)],
                            "level": 0.95, "status": "ok"})
    return {"results": results, "labels": ["m_parent", "m_LSP"]}


def texts(legend):
    return [t.get_text() for t in legend.get_texts()]


def errorbars(ax):
    return [c for c in ax.containers if isinstance(c, ErrorbarContainer)]


def drawn(ax):
    """Everything can be rendered; returns the size of the picture in pixels."""
    ax.figure.canvas.draw()
    return ax.figure.canvas.get_width_height()


# ---- tables


def test_a_table_comes_in_many_forms(tmp_path, model):
    document = scan_document()
    path = tmp_path / "limits.json"
    path.write_text(json.dumps(document))
    limit = relume.upper_limit(model)
    assert plot.read_table(path) == plot.read_table(document) == plot.read_table(plot.read_table(document))
    pairs = plot.read_table([(100, limit), (200, limit)])
    assert pairs.labels == ["x"] and pairs.points[1].values == (200.0,) and pairs.points[0].observed == limit.observed
    assert pairs.quantity == "limit" and pairs.threshold == 1 and pairs.level == 0.95
    test = plot.read_table([((1, 2), relume.hypotest(model))])
    assert test.quantity == "CLs" and test.threshold == pytest.approx(0.05) and test.labels == ["x", "y"]


def test_a_table_of_limits_can_be_drawn(background):
    points = [{"format": "relume-signal", "version": 1, "name": f"m_{i}", "other_channels_are_zero": True,
               "samples": [{"name": "signal", "channels": {"SR": [8.0 / i, 5.0 / i]}}]} for i in (1, 2)]
    table = plot.read_table(relume.limits(background, {p["name"]: p for p in points}))
    assert [p.name for p in table.points] == ["m_1", "m_2"] and all(p.is_usable for p in table.points)


@pytest.mark.parametrize(("source", "message"), [
    ({"results": []}, "no results"), ([], "no points"), ([(1, 2)], "relume.Limit is needed"), ([3], "no pair"), (17, "no table"),
    ({"results": [{"name": "a"}]}, "a point without"), ("nowhere.json", "nowhere.json")])
def test_what_is_no_table(source, message):
    with pytest.raises(relume.RelumeError, match=message):
        plot.read_table(source)


# ---- band and contour


def test_brazil_band():
    ax = plot.brazil_band(scan_document(), where={"m_LSP": 0})
    x, y = ax.get_lines()[1].get_data()
    assert list(x) == [0, 100, 200, 300, 400, 500] and y == pytest.approx(np.exp((x - 300) / 100))
    assert len(ax.collections) == 2 and ax.get_yscale() == "log"
    wide = ax.collections[0].get_paths()[0].vertices
    assert wide[:, 1].min() == pytest.approx(0.25 * np.exp(-3)) and wide[:, 1].max() == pytest.approx(4 * np.exp(2))
    assert texts(ax.get_legend()) == ["Observed", "Expected", "Expected ±1σ", "Expected ±2σ"]
    assert ax.get_xlabel() == "m_parent" and ax.get_ylabel() == "95% CL upper limit on signal strength μ"
    assert ax.get_title("left") == ""
    drawn(ax)


def test_brazil_band_of_cross_sections_in_given_axes():
    _, mine = plt.subplots()
    ax = plot.brazil_band(scan_document(), where={"m_LSP": 0}, cross_section=lambda m: 10 + m, unit="fb", log=False, ax=mine)
    assert ax is mine and "[fb]" in ax.get_ylabel() and "Prediction" in texts(ax.get_legend())
    assert ax.get_lines()[0].get_ydata() == pytest.approx((10 + np.arange(0, 501, 100)) * np.exp(np.arange(-3, 3)))


def test_points_without_a_result_are_left_out_and_counted():
    document = scan_document(n_y=1)
    document["results"][2].update(observed=None, expected=[None] * 5, status="not_bracketed")
    ax = plot.brazil_band(document)
    assert len(ax.get_lines()[1].get_xdata()) == 5 and "1 of 6 points without a result" in ax.get_title("left")


def test_bands_that_are_none():
    with pytest.raises(relume.OptionError, match="m_parent, m_LSP"):
        plot.brazil_band(scan_document())
    with pytest.raises(relume.OptionError, match="are both at"):
        plot.brazil_band(scan_document(), label="m_LSP")
    with pytest.raises(relume.UnknownNameError, match="no label is called 'mass'"):
        plot.brazil_band(scan_document(), label="mass")
    with pytest.raises(relume.OptionError, match="no point has"):
        plot.brazil_band(scan_document(), where={"m_LSP": 1e6})


@pytest.mark.parametrize("smooth", [True, False])
def test_exclusion_contour_is_where_the_limit_is_one(smooth):
    ax = plot.exclusion(scan_document(11, 9), smooth=smooth)
    observed = next(c for c in ax.collections if len(c.get_linewidth()) and c.get_linewidth()[0] == 2.4)
    vertices = np.concatenate([path.vertices for path in observed.get_paths()])
    assert len(vertices) > 50 and np.hypot(*vertices.T) == pytest.approx(300, rel=0.02 if smooth else 0.05)
    assert texts(ax.get_legend()) == ["Observed", "Expected", "Expected ±1σ", "Excluded", "Not excluded"]
    assert ax.get_legend().get_title().get_text() == "95% CL limit on μ = 1"
    excluded, others = (line.get_xydata() for line in ax.get_lines())
    assert len(excluded) + len(others) == 99 and np.all(np.hypot(*excluded.T) < 300) and len(ax.texts) == 0
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("m_parent", "m_LSP")
    drawn(ax)


def test_exclusion_by_cls_with_numbers():
    document = scan_document()
    for point in document["results"]:
        point["CLs_obs"], point["CLs_exp"] = 0.05 * point.pop("observed"), [0.05 * v for v in point.pop("expected")]
    ax = plot.exclusion(document, points=False)
    observed = next(c for c in ax.collections if len(c.get_linewidth()) and c.get_linewidth()[0] == 2.4)
    assert np.hypot(*np.concatenate([p.vertices for p in observed.get_paths()]).T) == pytest.approx(300, rel=0.05)
    assert ax.get_legend().get_title().get_text() == "CLs = 0.05" and len(ax.texts) == 36 and not ax.get_lines()


def test_planes_that_are_none():
    with pytest.raises(relume.OptionError, match="brazil_band"):
        plot.exclusion(scan_document(n_y=1))
    with pytest.raises(relume.OptionError, match="on one line"):
        plot.exclusion(scan_document(n_y=1), labels=["m_parent", "m_LSP"])
    with pytest.raises(relume.OptionError, match="needs three"):
        plot.exclusion(scan_document(2, 1), labels=["m_parent", "m_LSP"])
    assert not plt.get_fignums()


# ---- fits


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
    assert image.get_array() == pytest.approx(fit.correlation) and len(ax.texts) == len(fit.names) ** 2
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
    with pytest.raises(relume.UnknownNameError, match="nobody"):
        plot.scan(model, poi="nobody")


def test_a_scan_whose_minimum_is_at_a_bound():
    document = search_document()
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
    assert list(points[0].get_ydata()) == [17, 9, 158]
    ratio = ax.figure.axes[-1]
    assert ratio is not ax and errorbars(ratio)[0][0].get_ydata() == pytest.approx(np.array([17, 9, 158]) / total)
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
    assert uncertainty(model, fit, bins)[2] == pytest.approx(np.sqrt(158), rel=0.02)
    assert uncertainty(model, None, bins)[2] == pytest.approx(150 * 0.075, rel=0.02)


def test_the_band_needs_a_covariance(model):
    fit = relume.fit(model)
    with pytest.raises(relume.OptionError, match="band=False"):
        plot.data_prediction(model, fit)
    assert plot.data_prediction(model, fit, band=False, ratio=False).figure.axes[1:] == []
    with pytest.raises(relume.OptionError, match="another model"):
        plot.data_prediction(relume.Workspace(search_document()).prune(samples=["fakes"]).model(), fit)


def test_panels_and_data_of_ones_own(model, fit):
    figure, (upper, lower) = plt.subplots(2, sharex=True)
    ax = plot.data_prediction(model, fit, data=[1, 40, 158], ax=upper, ratio_ax=lower, ratio_range=(0.5, 1.5))
    assert ax is upper and figure.axes == [upper, lower] and lower.get_ylim() == (0.5, 1.5)
    arrows = [line.get_marker() for line in lower.get_lines() if line.get_marker() in "^v"]
    assert sorted(arrows) == ["^", "v"]
    with pytest.raises(relume.OptionError, match="data"):
        plot.data_prediction(model, data=[1.0])


def test_poisson_intervals():
    """Garwood's: 1.841 above 0 observed events, 0.827 below and 2.300 above 1, from any table."""
    from relume.plot.yields import poisson_interval

    down, up = poisson_interval(np.array([0.0, 1.0, 10.0]))
    assert down == pytest.approx([0, 0.827, 3.108], abs=0.01) and up == pytest.approx([1.841, 2.300, 4.267], abs=0.02)


# ---- the whole


def overlaps(labels, renderer):
    boxes = [t.get_window_extent(renderer) for t in labels if t.get_visible() and t.get_text()]
    return sum(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


def long_names():
    """200 parameters and 40 channels, with names as long as published ones."""
    document = search_document()
    for i in range(40):
        channel = f"SRee_eMLL{i}_lowmet_deltaM_high_cuts"
        document["channels"].append({"name": channel, "samples": [{"name": f"background_{i % 14}", "data": [10.0 + i], "modifiers": [
            {"name": f"shape_fakes_stat_fakes_{channel}_{k}", "type": "normsys", "data": {"lo": 0.9, "hi": 1.1 + 0.01 * k}} for k in range(5)]}]})
        document["observations"].append({"name": channel, "data": [10 + i]})
    return relume.Workspace(document).model()


def test_many_long_names_do_not_overlap():
    model = long_names()
    fit = relume.fit(model, covariance=True)
    for ax, axis in [(plot.pulls(fit, model), "y"), (plot.pulls(fit, model, max_parameters=None), "y"), (plot.correlation(fit), "x"),
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


# ---- python -m relume.plot


def draw(*arguments, **options):
    return subprocess.run([sys.executable, "-m", "relume.plot", *map(str, arguments)], capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize(("kind", "document"), [("limits", scan_document()), ("limits", scan_document(n_y=1)), ("exclusion", scan_document())])
def test_the_command_draws(tmp_path, kind, document):
    result = draw(kind, "--output", tmp_path / "a.png", input=json.dumps(document))
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG") and result.stdout == ""


def test_the_command_complains(tmp_path):
    for arguments, text, code in [
            (["limits", "--output", tmp_path / "a.foo", "--check"], "says no format", 2), (["limits", "--output", tmp_path / "no" / "a.pdf", "--check"], "no such folder", 2),
            (["limits", "--output", tmp_path / "a.pdf"], "line 1", 2), (["portrait", "--output", "a.pdf"], "portrait", 1)]:
        result = draw(*arguments, input="not JSON")
        assert result.returncode == code and text in result.stderr and result.stderr.startswith("relume.plot: "), result.stderr
    assert draw("limits", "--output", tmp_path / "a.pdf", "--check").returncode == 0 and not (tmp_path / "a.pdf").exists()


def test_from_the_command_line(relume_program, tmp_path, monkeypatch):
    monkeypatch.setenv("RELUME_PYTHON", sys.executable)
    path = tmp_path / "workspace.json"
    path.write_text(json.dumps(search_document()))
    relume_program("fit", path, "--plot", tmp_path / "pulls.svg")
    assert "staterror_SR[0]" in (tmp_path / "pulls.svg").read_text()


def test_without_matplotlib(tmp_path):
    code = ("import sys, importlib.util as u\nfind = u.find_spec\nu.find_spec = lambda name, *a: None if name == 'matplotlib' else find(name, *a)\n"
            "import relume\nassert 'matplotlib' not in sys.modules\nimport relume.plot")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 1 and 'ImportError: relume.plot needs matplotlib: pip install "relume[plot]"' in result.stderr
