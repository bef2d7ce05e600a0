# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Tables of points, what is drawn of them, and `python -m relume.plot`. How pictures look is for people to judge."""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
import relume
from pictures import drawn, no_figure_is_left, scan_document, texts  # noqa: F401
from relume import plot


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


@pytest.mark.parametrize(("factor", "title"), [(1e-3, "All points are excluded"), (1e3, "No point is excluded")])
def test_exclusion_without_a_contour(factor, title):
    document = scan_document()
    for point in document["results"]:
        point["observed"], point["expected"] = factor * point["observed"], [factor * v for v in point["expected"]]
    ax = plot.exclusion(document)
    assert texts(ax.get_legend()) == ["Excluded" if factor < 1 else "Not excluded"] and ax.get_title("left") == title
    document["results"][3].update(observed=None, expected=[None] * 5, status="fit_failed")
    assert "with a result" in plot.exclusion(document).get_title("left") and plot.exclusion(document, title="mine").get_title("left") == "mine"
    for point in document["results"]:
        point["expected"] = [0.2, 0.4, 0.9, 1.8, 3.6]  # the band is everywhere, its edges and the median nowhere
    assert texts(plot.exclusion(document).get_legend())[0] == "Expected ±1σ"
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


# ---- python -m relume.plot


def test_notebooks_show_every_figure(tmp_path):
    """A backend may turn the interactive mode on when the first figure loads it, as that of notebooks does; drawing in a style keeps it on."""
    (tmp_path / "shows_figures.py").write_text("import matplotlib\nfrom matplotlib.backends.backend_agg import *\nmatplotlib.interactive(True)\n")
    code = """if True:
        import matplotlib, relume
        from relume import plot
        try:
            plot.likelihood_scan([0, 1], [0, 1], color="no colour")
        except ValueError:
            pass
        else:
            raise SystemExit("no error")
        assert matplotlib.is_interactive(), "after a figure that failed"
        plot.likelihood_scan([0, 1], [0, 1])
        assert matplotlib.is_interactive()
        matplotlib.interactive(False)
        plot.likelihood_scan([0, 1], [0, 1])
        assert not matplotlib.is_interactive()
        """
    environment = {**os.environ, "MPLBACKEND": "module://shows_figures", "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr


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


def test_from_the_command_line(relume_program, document, tmp_path, monkeypatch):
    monkeypatch.setenv("RELUME_PYTHON", sys.executable)
    path = tmp_path / "workspace.json"
    path.write_text(json.dumps(document))
    relume_program("fit", path, "--plot", tmp_path / "pulls.svg")
    assert "staterror_SR[0]" in (tmp_path / "pulls.svg").read_text()


def test_without_matplotlib(tmp_path):
    code = ("import sys, importlib.util as u\nfind = u.find_spec\nu.find_spec = lambda name, *a: None if name == 'matplotlib' else find(name, *a)\n"
            "import relume\nassert 'matplotlib' not in sys.modules\nimport relume.plot")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 1 and 'ImportError: relume.plot needs matplotlib: pip install "relume[plot]"' in result.stderr


def test_the_examples_of_the_guide_run(relume_program, tmp_path, monkeypatch):
    checkout = pathlib.Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, checkout / "examples" / "make_examples.py", "--output", tmp_path], check=True, capture_output=True)
    monkeypatch.chdir(tmp_path / "search")
    monkeypatch.setenv("PYTHONPATH", str(pathlib.Path(relume.__file__).resolve().parents[1]))  # the same package from another folder
    monkeypatch.setenv("RELUME_PYTHON", sys.executable)
    blocks = re.findall(r"```(sh|python)\n(.*?)```", (checkout / "docs" / "guide" / "plots.md").read_text(encoding="utf-8"), re.DOTALL)
    names: dict = {}
    for kind, block in blocks:
        for line in block.splitlines() if kind == "sh" else []:
            program, *words = shlex.split(line)
            if program == "relume":
                relume_program(*words)
            else:
                assert draw(*words[2:]).returncode == 0, line
        if kind == "python":
            exec(compile(block, "plots.md", "exec"), names)  # noqa: S102
    assert len(blocks) >= 8
    assert {"exclusion.pdf", "exclusion_cls.pdf", "pulls.pdf", "band.pdf", "correlation.pdf", "scan.pdf", "after.pdf"} <= {p.name for p in pathlib.Path().iterdir()}
