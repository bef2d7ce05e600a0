# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Impacts of nuisance parameters in Python, and their picture."""

import json

import numpy as np
import pytest
import relume
from matplotlib.patches import Rectangle
from pictures import drawn, errorbars, no_figure_is_left, texts  # noqa: F401
from relume import plot


@pytest.fixture
def impacts(model):
    return relume.impacts(model, groups={"MC": "staterror*", "per bin": ["staterror*", "fakes*"]})


def test_they_are_made_of_fits(model, impacts):
    assert impacts.is_usable and impacts.poi == "mu" and set(impacts) == set(model.parameter_names) - {"mu"}
    best = relume.fit(model)
    assert impacts.best == pytest.approx(best.parameters["mu"].value) and impacts.uncertainty == pytest.approx(best.parameters["mu"].uncertainty)
    for name, impact in impacts.items():
        assert impact.parameter == name and impact.best == pytest.approx(best.parameters[name].value, abs=1e-6)
        for pair in (impact.postfit, impact.prefit):
            if pair.step is None:
                assert name == "k_top" and "unconstrained" in pair.reason and pair.shifts == (None, None)
                continue
            for side in (pair.up, pair.down):
                held = relume.fit(model, fixed={name: side.at})
                assert side.shift == pytest.approx(held.parameters["mu"].value - impacts.best, abs=3e-6 * impacts.uncertainty)


def test_parts_and_groups(impacts):
    total = impacts.uncertainty**2
    assert impacts.statistical**2 + impacts.systematic**2 == pytest.approx(total)
    assert sum(v**2 for v in impacts.by_data.values()) == pytest.approx(total)
    assert impacts.groups["MC"].parameters == ["staterror_SR[0]", "staterror_SR[1]"]
    assert len(impacts.groups["per bin"].parameters) == 4 and impacts.groups["per bin"].uncertainty > impacts.groups["MC"].uncertainty


def test_the_fit_behind_them_has_its_pictures(model, impacts):
    assert impacts.fit.correlation[0, 0] == pytest.approx(1)
    names = impacts.fit.names
    assert impacts["JES"].correlation == pytest.approx(impacts.fit.correlation[names.index("mu"), names.index("JES")])
    drawn(plot.pulls(impacts.fit, model))
    drawn(plot.correlation(impacts.fit))


def test_the_command_line_answers_the_same(impacts, document, relume_program, tmp_path):
    path = tmp_path / "search.json"
    path.write_text(json.dumps(document))
    printed = json.loads(relume_program("impacts", path, "--group", "MC=staterror*", "--group", "per bin=staterror*", "--group", "per bin=fakes*").stdout)
    ours = impacts.to_dict()
    for result in (printed, ours):
        del result["seconds"], result["notes"]
    assert printed == ours


def test_options(model):
    assert list(relume.impacts(model, parameters=["JES"])) == ["JES"]
    linear = relume.impacts(model, exact=False)
    assert linear["JES"].postfit.up is None and linear["JES"].postfit.shifts == (linear["JES"].postfit.linear, -linear["JES"].postfit.linear)
    assert relume.impacts(model, poi="k_top").poi == "k_top"
    assert "k_top" not in relume.impacts(model, fixed={"k_top": 1.0})
    one, two = relume.impacts(model), relume.impacts(model, threads=2)
    assert one.document["impacts"] == two.document["impacts"]
    asimov = model.expected_data(relume.fit(model, fixed={"mu": 1.0}).values)
    assert relume.impacts(model, asimov).best == pytest.approx(1, abs=1e-5)
    assert [i.parameter for i in one.top(2)] == list(one)[:2]
    assert "JES" in repr(one) and "stat." in one._repr_html_()


@pytest.mark.parametrize("options, error, complaint", [
    ({"parameters": ["nobody"]}, relume.UnknownNameError, "nobody"),
    ({"poi": "nobody"}, relume.UnknownNameError, "nobody"),
    ({"groups": {"MC": "staterr0r*"}}, relume.UnknownNameError, "did you mean 'staterror_SR"),
    ({"groups": "MC"}, relume.OptionError, "mapping"),
    ({"groups": {"MC": 3}}, relume.OptionError, "no list of names"),
    ({"parameters": "JES"}, relume.OptionError, "list of names"),
    ({"threads": 0}, relume.OptionError, "threads"),
    ({"exact": 1}, relume.OptionError, "neither True nor False"),
    ({"fixed": {"nobody": 1.0}}, relume.UnknownNameError, "nobody"),
])
def test_bad_arguments(model, options, error, complaint):
    with pytest.raises(error, match=complaint):
        relume.impacts(model, **options)


def test_questions_without_an_answer(model, background):
    held = relume.impacts(model, fixed={"mu": 1.0})
    assert held.status == "not_defined" and "'mu' is held" in held.reason and not held.is_usable and len(held) == 0 and held.fit is None
    assert "not_defined" in repr(held)
    with pytest.raises(relume.OptionError, match="poi="):
        relume.impacts(background.model())
    with pytest.raises(relume.OptionError, match="'mu' is held"):
        plot.ranking(held)


def bars(ax):
    """Of the shifts: filled ones, open ones."""
    (above,) = [a for a in ax.figure.axes if a is not ax]
    rectangles = [r for r in above.patches if isinstance(r, Rectangle)]
    return [[r for r in rectangles if (r.get_facecolor()[3] > 0) == filled] for filled in (True, False)]


def test_ranking(impacts):
    ax = plot.ranking(impacts, title="A search")
    ranked = impacts.top(len(impacts))
    assert [t.get_text() for t in ax.get_yticklabels()] == [i.parameter for i in ranked] and "A search" in ax.get_title("left")
    filled, hollow = bars(ax)
    assert len(filled) == 2 * len(ranked) and len(hollow) == 2 * (len(ranked) - 1)  # k_top has no uncertainty before the fit
    for row, impact in enumerate(ranked):
        lengths = [r.get_width() for r in filled if r.get_y() == pytest.approx(row - 0.4)]
        assert lengths == pytest.approx(impact.postfit.shifts)
    (points,) = errorbars(ax)
    assert points[0].get_xdata() == pytest.approx([i.pull for i in ranked if i.pull is not None])
    half = [np.diff(s[:, 0])[0] / 2 for s in points[2][0].get_segments()]
    assert half == pytest.approx([i.constraint for i in ranked if i.constraint is not None])
    assert len(texts(ax.get_legend())) == 4
    drawn(ax)


def test_ranking_of_the_largest(model, impacts):
    ax = plot.ranking(impacts, top=2)
    assert [t.get_text() for t in ax.get_yticklabels()] == list(impacts)[:2] and f"2 of {len(impacts)}" in ax.get_title("left")
    drawn(plot.ranking(impacts.to_dict(), top=None))
    drawn(plot.ranking(relume.impacts(model, exact=False)))
    with pytest.raises(relume.InputError, match="no document of impacts"):
        plot.ranking({"status": "ok"})
    with pytest.raises(relume.OptionError, match="top"):
        plot.ranking(impacts, top=0)


def test_ranking_at_a_bound_says_so(document):
    document["observations"][0]["data"] = [5, 2]
    impacts = relume.impacts(relume.Workspace(document).model())
    assert impacts.best == 0 and impacts.uncertainty == 0 and any("at a bound" in note for note in impacts.notes)
    assert "mu = 0 ± -" in repr(impacts)
    ax = plot.ranking(impacts)
    assert "mu is at its bound" in ax.get_title("left")
    drawn(ax)
