# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Impacts beside those of cabinetry, and beside refits of iminuit, on pyhf's likelihood: neither the model nor the fits are ours."""

import numpy as np
import pytest
from small_model import MU, modifier, workspace

pyhf = pytest.importorskip("pyhf", reason="pyhf, whose likelihood the peers fit, is not installed")
iminuit = pytest.importorskip("iminuit", reason="iminuit, which refits beside us, is not installed")

# Away from all bounds: cabinetry steps over them, we stop there.
SEARCH = workspace({
    "SR": ({"signal": ([6.0, 9.0], [MU, modifier("theory", "normsys", {"lo": 0.8, "hi": 1.3})]),
            "background": ([40.0, 21.0], [modifier("JES", "histosys", {"lo_data": [37.0, 20.0], "hi_data": [44.0, 23.5]}),
                                          modifier("k", "normfactor"), modifier("stat", "staterror", [2.0, 1.5])]),
            "fakes": ([5.0, 3.0], [modifier("fakes", "shapesys", [2.0, 1.0])])}, [55.0, 36.0]),
    "CR": ({"background": ([120.0], [modifier("JES", "normsys", {"lo": 0.93, "hi": 1.1}), modifier("k", "normfactor")])}, [131.0])})

#: Of the uncertainty of mu: Minuit's fits stop at an EDM of 2e-6, 2e-3 sigma from the minimum, and a shift is made of two. Its Hesse differentiates
#: numerically, which leaves less.
TOLERANCE = 4e-3
#: Of uncertainties, and of shifts by them: with bounds, as cabinetry has them, Minuit differentiates in transformed parameters. The second derivatives of
#: pyhf's likelihood, by steps of 0.003 sigma, are ours to five digits.
BOUNDED = 1e-2


@pytest.fixture(scope="module")
def likelihood():
    space = pyhf.Workspace(SEARCH)
    model = space.model()
    return model, np.asarray(space.data(model))


def minimise(model, data, fixed=None):
    """Point and uncertainties by iminuit, from pyhf's initial values and without bounds: none is near."""
    names = model.config.par_names
    minuit = iminuit.Minuit(lambda x: float(-2 * model.logpdf(x, data)[0]), np.array(model.config.suggested_init()), name=names)
    minuit.strategy, minuit.tol, minuit.precision = 2, 1e-3, 1e-13
    for name, value in (fixed or {}).items():
        minuit.values[name], minuit.fixed[name] = value, True
    minuit.migrad()
    minuit.hesse()
    assert minuit.valid
    return minuit


def test_ranking_of_cabinetry(answer, likelihood):
    cabinetry = pytest.importorskip("cabinetry", reason="cabinetry, the peer of this test, is not installed")
    model, data = likelihood
    ours = answer(SEARCH, "impacts")
    by_name = {i["parameter"]: i for i in ours["impacts"]}
    ranking = cabinetry.fit.ranking(model, list(data), custom_fit=True, strategy=2, tolerance=1e-3)
    assert sorted(ranking.labels) == sorted(by_name) and len(by_name) == 7
    allowed = TOLERANCE * ours["uncertainty"]
    for i, name in enumerate(ranking.labels):
        mine = by_name[name]
        assert mine["best"] == pytest.approx(ranking.bestfit[i], abs=TOLERANCE * mine["uncertainty"]), name
        assert mine["uncertainty"] == pytest.approx(ranking.uncertainty[i], rel=BOUNDED), name
        assert mine["postfit"]["up"]["shift"] == pytest.approx(ranking.postfit_up[i], abs=allowed + BOUNDED * abs(ranking.postfit_up[i])), name
        assert mine["postfit"]["down"]["shift"] == pytest.approx(ranking.postfit_down[i], abs=allowed + BOUNDED * abs(ranking.postfit_down[i])), name
        if mine["prefit"]["step"] is None:  # there, cabinetry has zeros
            assert name == "k" and ranking.prefit_up[i] == ranking.prefit_down[i] == 0
            continue
        assert mine["prefit"]["up"]["shift"] == pytest.approx(ranking.prefit_up[i], abs=allowed), name
        assert mine["prefit"]["down"]["shift"] == pytest.approx(ranking.prefit_down[i], abs=allowed), name
    # The order is the same as far as the sizes can be told apart.
    theirs = dict(zip(ranking.labels, np.maximum(np.abs(ranking.postfit_up), np.abs(ranking.postfit_down)), strict=True))
    sizes = [theirs[i["parameter"]] for i in ours["impacts"]]
    assert all(a > (1 - 2 * BOUNDED) * b - 2 * allowed for a, b in zip(sizes, sizes[1:], strict=False))


@pytest.mark.parametrize("name", ["JES", "theory", "stat[0]", "fakes[1]"])
def test_data_of_constraints_moved(answer, likelihood, name):
    """By hand: the auxiliary datum in pyhf's data, and everything fitted again."""
    model, data = likelihood
    ours = answer(SEARCH, "impacts", "--parameter", name)
    (impact,) = ours["impacts"]
    best = minimise(model, data)
    bare, _, component = name.partition("[")
    first = sum(len(model.config.param_set(n).auxdata) for n in model.config.auxdata_order[:model.config.auxdata_order.index(bare)])
    where = model.config.nmaindata + first + int(component.rstrip("]") or 0)
    for side in (impact["global_observable"]["up"], impact["global_observable"]["down"]):
        moved = data.copy()
        moved[where] = side["at"]
        shift = minimise(model, moved).values["mu"] - best.values["mu"]
        assert side["shift"] == pytest.approx(shift, abs=TOLERANCE * ours["uncertainty"])


def test_on_another_parameter(answer, likelihood):
    model, data = likelihood
    ours = answer(SEARCH, "impacts", "--poi", "k")
    best = minimise(model, data)
    assert ours["poi"] == "k" and ours["best"] == pytest.approx(best.values["k"], abs=TOLERANCE * best.errors["k"])
    by_name = {i["parameter"]: i for i in ours["impacts"]}
    for name in ("mu", "JES"):
        side = by_name[name]["postfit"]["up"]
        shift = minimise(model, data, {name: side["at"]}).values["k"] - best.values["k"]
        assert side["shift"] == pytest.approx(shift, abs=TOLERANCE * best.errors["k"])


def test_groups_are_what_hesse_loses_when_they_are_held(answer, likelihood):
    model, data = likelihood
    ours = answer(SEARCH, "impacts", "--linear", "--group", "MC=stat*", "--group", "MC=fakes*", "--group", "JES=JES")
    best = minimise(model, data)
    total = best.errors["mu"]
    assert ours["uncertainty"] == pytest.approx(total, rel=TOLERANCE)
    groups = {g["name"]: g for g in ours["groups"]}
    assert groups["MC"]["parameters"] == ["stat[0]", "stat[1]", "fakes[0]", "fakes[1]"]
    constrained = [n for n in model.config.par_names if n not in ("mu", "k")]
    for names, uncertainty in ((groups["MC"]["parameters"], groups["MC"]["uncertainty"]), (["JES"], groups["JES"]["uncertainty"]),
                               (constrained, ours["systematic"])):
        held = minimise(model, data, {n: best.values[n] for n in names}).errors["mu"]
        assert uncertainty**2 == pytest.approx(total**2 - held**2, abs=TOLERANCE * total**2)
