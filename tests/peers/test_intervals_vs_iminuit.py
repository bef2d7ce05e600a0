# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Intervals and contours beside those of MINOS, on pyhf's likelihood: neither the model nor the search is ours."""

import numpy as np
import pytest
from small_model import MU, modifier, workspace

pyhf = pytest.importorskip("pyhf", reason="pyhf, whose likelihood MINOS runs on, is not installed")
iminuit = pytest.importorskip("iminuit", reason="iminuit, the peer of these tests, is not installed")

SEARCH = workspace({
    "SR": ({"signal": ([6.0, 9.0], [MU, modifier("theory", "normsys", {"lo": 0.8, "hi": 1.3})]),
            "background": ([40.0, 21.0], [modifier("JES", "histosys", {"lo_data": [37.0, 20.0], "hi_data": [44.0, 23.5]}),
                                          modifier("k", "normfactor"), modifier("stat", "staterror", [2.0, 1.5])]),
            "fakes": ([5.0, 3.0], [modifier("fakes", "shapesys", [2.0, 1.0])])}, [55.0, 36.0]),
    "CR": ({"background": ([120.0], [modifier("JES", "normsys", {"lo": 0.93, "hi": 1.1}), modifier("k", "normfactor")])}, [131.0])})


@pytest.fixture(scope="module")
def minuit():
    space = pyhf.Workspace(SEARCH)
    model = space.model()
    data = space.data(model)
    m = iminuit.Minuit(lambda x: float(-2 * model.logpdf(x, data)[0]), np.array(model.config.suggested_init()), name=model.config.par_names)
    m.limits = model.config.suggested_bounds()
    m.strategy, m.tol, m.precision = 2, 1e-4, 1e-13
    m.migrad()
    return m


def test_every_parameter(answer, minuit):
    ours = {i["parameter"]: i for i in answer(SEARCH, "intervals")["intervals"]}
    names = minuit.parameters
    assert len(names) == len(ours)
    minuit.minos()
    for name in names:
        theirs, mine = minuit.merrors[name], ours[name]
        assert theirs.is_valid and mine["lower"] is not None and mine["upper"] is not None, name
        width = theirs.upper - theirs.lower
        assert mine["best"] == pytest.approx(minuit.values[name], abs=1e-3 * width), name
        assert mine["lower"] - mine["best"] == pytest.approx(theirs.lower, abs=2e-3 * width), name
        assert mine["upper"] - mine["best"] == pytest.approx(theirs.upper, abs=2e-3 * width), name


def test_contours(answer, minuit):
    """Points of one contour have the height of the other's likelihood."""
    names = ["mu", "k"]
    result = answer(SEARCH, "contour", "--parameter", names[0], "--parameter", names[1], "--level", "0.68", "--points", "9")
    height = -2 * np.log(1 - 0.68)
    (contour,) = result["contours"]
    best = minuit.fval
    for point in contour["points"]:
        m = iminuit.Minuit(minuit.fcn, np.array(minuit.values), name=minuit.parameters)
        m.limits = minuit.limits
        m.strategy, m.tol, m.precision = 1, 1e-4, 1e-13
        m.fixed[names[0]], m.fixed[names[1]] = True, True
        m.values[names[0]], m.values[names[1]] = point["x"], point["y"]
        m.migrad()
        if point.get("at_bound"):
            assert m.fval - best < height
        else:
            assert m.fval - best == pytest.approx(height, abs=5e-3), point
