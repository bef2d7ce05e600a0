# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Fits, tests and limits: the documents are the program's, number by number."""

import json
import pickle

import numpy as np
import pytest
import relume

RUN_TO_RUN = ("seconds",)


def without_times(document):
    if isinstance(document, dict):
        return {k: without_times(v) for k, v in document.items() if k not in RUN_TO_RUN}
    return [without_times(v) for v in document] if isinstance(document, list) else document


@pytest.fixture
def file(workspace, tmp_path):
    path = tmp_path / "search.json"
    path.write_text(workspace.to_json())
    return path


CALLS = {
    "fit": (lambda m: relume.fit(m), ["fit"]),
    "fit, fixed": (lambda m: relume.fit(m, fixed={"mu": 1.5, "fakes[1]": 1.1}), ["fit", "--fix", "mu=1.5", "--fix", "fakes[1]=1.1"]),
    "cls": (lambda m: relume.hypotest(m, 1.3), ["cls", "--test-poi", "1.3"]),
    "cls, q": (lambda m: relume.hypotest(m, 1.3, test_stat="q", asimov="a-priori"), ["cls", "--test-poi", "1.3", "--test-stat", "q", "--asimov", "a-priori"]),
    "limit": (lambda m: relume.upper_limit(m), ["limit"]),
    "limit, 90%": (lambda m: relume.upper_limit(m, level=0.9, fixed={"JES": 0.0}), ["limit", "--level", "0.9", "--fix", "JES=0"]),
    "significance": (lambda m: relume.significance(m), ["significance"]),
    "scan": (lambda m: relume.scan(m, n=7), ["scan", "--points", "7"]),
    "scan, values": (lambda m: relume.scan(m, "JES", [-1.0, 0.0, 1.0], fixed={"mu": 0.5}),
                     ["scan", "--parameter", "JES", "--from", "-1", "--to", "1", "--points", "3", "--fix", "mu=0.5"]),
    "intervals": (lambda m: relume.intervals(m), ["intervals"]),
    "intervals, 95%": (lambda m: relume.intervals(m, ["mu", "JES"], level=0.95, fixed={"fakes[1]": 1.0}),
                       ["intervals", "--parameter", "mu", "--parameter", "JES", "--level", "0.95", "--fix", "fakes[1]=1"]),
    "toys": (lambda m: relume.toys(m, 1.3, n_toys=100, seed=2, threads=2), ["toys", "--test-poi", "1.3", "--toys", "100", "--seed", "2"]),
    "toys, q0": (lambda m: relume.toys(m, 0.0, n_toys=9, test_stat="q0", ensemble="prior-predictive", first=5, fixed={"JES": 0.1}),
                 ["toys", "--toys", "9", "--test-stat", "q0", "--ensemble", "prior-predictive", "--first", "5", "--fix", "JES=0.1"]),
    "toys, accuracy": (lambda m: relume.toys(m, n_toys=10000, accuracy=0.1, batch=50), ["toys", "--toys", "10000", "--accuracy", "0.1", "--batch", "50"]),
}


@pytest.mark.parametrize("call", CALLS)
def test_answers_are_the_programs(relume_program, model, file, call):
    ask, arguments = CALLS[call]
    program = json.loads(relume_program(arguments[0], file, *arguments[1:]).stdout)
    assert without_times(ask(model).to_dict()) == without_times(program)


def test_a_fit(model):
    fit = relume.fit(model, covariance=True)
    assert fit.is_usable and fit.status == "converged"
    mu = fit.parameters["mu"]
    i = fit.names.index("mu")
    assert mu.value == fit.values[i] and mu.uncertainty == pytest.approx(fit.covariance[i, i] ** 0.5)
    assert fit.covariance == pytest.approx(np.linalg.inv(model.hessian(fit.values)), rel=1e-6, abs=1e-9)
    assert fit.twice_nll == pytest.approx(2 * model.nll(fit.values), rel=1e-13)
    assert np.diag(fit.correlation) == pytest.approx(1.0)
    assert set(fit.parameters) == set(model.parameter_names) and "mu" in repr(fit) and "<table>" in fit._repr_html_()
    assert relume.fit(model).covariance is None and relume.fit(model, uncertainties=False).uncertainties is None


def test_start_and_bounds(model):
    free = relume.fit(model)
    assert relume.fit(model, start=free.values).document["counts"]["iterations"] <= 1
    bounds = model.bounds
    bounds[model.parameter_names.index("mu")] = (2.0, 3.0)
    assert relume.fit(model, bounds=bounds).parameters["mu"].value == 2.0


def test_other_data(model):
    asimov = model.expected_data(model.point({"mu": 1.0}))
    assert relume.fit(model, asimov).parameters["mu"].value == pytest.approx(1.0, abs=1e-6)
    assert relume.hypotest(model, 1.0, asimov).mu_hat == pytest.approx(1.0, abs=1e-6)
    assert relume.upper_limit(model, asimov).observed > relume.upper_limit(model, model.expected_data(model.point({"mu": 0.0}))).observed


def test_limit_is_a_root(model):
    limit = relume.upper_limit(model)
    assert relume.hypotest(model, limit.observed).observed == pytest.approx(0.05, rel=1e-5)
    assert limit.expected == sorted(limit.expected) and limit.expected_at(0) == limit.expected[2]
    assert relume.hypotest(model, limit.expected_at(1)).expected_at(1) == pytest.approx(0.05, rel=1e-5)


def test_results_pickle_and_print(model):
    for result in (relume.fit(model, covariance=True), relume.hypotest(model), relume.upper_limit(model), relume.significance(model)):
        again = pickle.loads(pickle.dumps(result))
        assert again.to_dict() == result.to_dict() and repr(again) == repr(result) and json.loads(result.to_json()) == result.to_dict()


def test_numbers_that_do_not_work_out_are_a_status(document):
    document["channels"][0]["samples"][0]["data"] = [0.0, 0.0]
    limit = relume.upper_limit(relume.Workspace(document).model())
    assert limit.status == "no_sensitivity" and not limit.is_usable and limit.observed is None and limit.reason and "reason" in repr(limit)


def test_a_published_search(published, shared):
    """3L eRJR, ERJR_110p0_20p0: CLs of an independent fit (reference/histfactory), which pyhf misses."""
    background = relume.read(published("ATLAS-SUSY-2018-06_3LeRJR", "BkgOnly.json"))
    point = relume.read(published("ATLAS-SUSY-2018-06_3LeRJR", "patchset.json"))["ERJR_110p0_20p0"]
    reference = json.loads((shared / "reference" / "histfactory" / "3LeRJR__ERJR_110p0_20p0.json").read_text())
    assert relume.hypotest(background.with_patch(point).model()).observed == pytest.approx(reference["hypotest_mu1"]["CLs_obs"], rel=1e-4)


def test_derivatives_of_a_limit(document):
    """Against limits of models with one yield moved; and the limit scales inversely with all of them."""
    model = relume.Workspace(document).model()
    gradient = relume.limit_gradient(model, tolerance=1e-11)
    assert gradient.observed == pytest.approx(relume.upper_limit(model).observed, rel=1e-7)
    signal = document["channels"][0]["samples"][0]["data"]
    for i in range(2):
        h = 1e-4 * signal[i]
        moved = []
        for step in (h, -h):
            signal[i] += step
            moved.append(relume.upper_limit(relume.Workspace(document).model(), tolerance=1e-11))
            signal[i] -= step
        assert gradient.observed_gradient["SR"]["signal"][i] == pytest.approx((moved[0].observed - moved[1].observed) / (2 * h), rel=1e-4)
        for band in range(5):
            expected = (moved[0].expected[band] - moved[1].expected[band]) / (2 * h)
            assert gradient.expected_gradient[band]["SR"]["signal"][i] == pytest.approx(expected, rel=1e-4)
    assert set(gradient.observed_gradient) == {"SR"} and set(gradient.observed_gradient["SR"]) == {"signal"}
    assert gradient.observed_gradient["SR"]["signal"] @ np.array(signal) == pytest.approx(-gradient.observed, rel=1e-6)


def test_derivatives_in_the_yields(document):
    model = relume.Workspace(document).model()
    point = model.point({"mu": 0.8, "JES": 0.3, "staterror_SR[0]": 1.05})
    gradient = model.yield_gradient(point)["SR"]["signal"]
    for i in range(2):
        values = []
        for step in (1e-5, -1e-5):
            document["channels"][0]["samples"][0]["data"][i] += step
            values.append(relume.Workspace(document).model().nll(point))
            document["channels"][0]["samples"][0]["data"][i] -= step
        assert gradient[i] == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-6)


def test_a_minimum_at_a_bound_says_so(document):
    document["observations"][0]["data"] = [1, 0]
    fit = relume.fit(relume.Workspace(document).model(), fixed={"JES": 0.0})
    mu = fit.parameters["mu"]
    assert mu.at_bound and mu.uncertainty == 0 and repr(mu) == "mu = 0 (at bound)" and "0 (at bound)" in repr(fit)
    assert not fit.parameters["JES"].at_bound and not fit.parameters["k_top"].at_bound and "±" in repr(fit.parameters["k_top"])


def test_results_cannot_be_written_to(model):
    fit = relume.fit(model, covariance=True)
    gradient = relume.limit_gradient(model)
    for array in (fit.values, fit.uncertainties, fit.covariance, gradient.observed_gradient["SR"]["signal"], gradient.expected_gradient[2]["SR"]["signal"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0
    assert model.nll(fit.values) == pytest.approx(fit.twice_nll / 2)
    assert relume.fit(model, start=fit.values).is_usable


def test_toys(model):
    test = relume.toys(model, n_toys=400, seed=3)
    assert test.is_usable and test.n_toys == 400 and test.n_failed == 0
    q, observed = test.tested_toys.q, test.test_statistic["q"]
    assert q.shape == test.alternative_toys.q.shape == (400,) and (q >= 0).all()
    assert test.tested_toys.poi == 1 and test.alternative_toys.poi == 0
    clsb, clb = np.mean(q >= observed), np.mean(test.alternative_toys.q >= observed)
    assert test.observed == pytest.approx(clsb / clb) and test.expected == sorted(test.expected)
    assert test.observed_uncertainty == pytest.approx(test.observed * np.hypot(((1 - clsb) / clsb / 400) ** 0.5, ((1 - clb) / clb / 400) ** 0.5), rel=0.02)
    assert test.expected_at(0) == test.expected[2] and len(test.expected_uncertainty) == 5
    assert "400 per hypothesis" in repr(test) and "±" in repr(test)
    with pytest.raises(ValueError, match="read-only"):
        q[0] = 1.0
    again = pickle.loads(pickle.dumps(test))
    assert (again.tested_toys.q == q).all() and again.to_dict() == test.to_dict()
    # Few signal events beside many background events: the asymptotic formulas hold, and toys agree.
    assert test.observed == pytest.approx(relume.hypotest(model).observed, abs=5 * test.observed_uncertainty)


def test_toys_of_several_runs_are_one(model):
    whole = relume.toys(model, n_toys=60, seed=5)
    parts = [relume.toys(model, n_toys=n, first=first, seed=5) for first, n in ((40, 20), (0, 10), (10, 30))]
    merged = relume.merge_toys(model, parts)
    assert (merged.tested_toys.q == whole.tested_toys.q).all() and (merged.alternative_toys.q == whole.alternative_toys.q).all()
    assert merged.observed == whole.observed and merged.expected == whole.expected and merged.n_toys == 60
    for tests in ([], parts[:2], [*parts, parts[0]], [parts[1], relume.toys(model, 2.0, n_toys=30, first=10, seed=5)], ["a"]):
        with pytest.raises(relume.RelumeError):
            relume.merge_toys(model, tests)


def test_limits_and_intervals_from_toys(model):
    limit = relume.toy_limit(model, n_toys=300, seed=2)
    asymptotic = relume.upper_limit(model)
    assert limit.is_usable and limit.expected == sorted(limit.expected) and limit.points[0]["n_toys"] == 600
    assert limit.observed == pytest.approx(asymptotic.observed, abs=5 * limit.observed_uncertainty)
    assert limit.expected_at(0) == pytest.approx(asymptotic.expected_at(0), abs=5 * limit.expected_uncertainty[2])
    interval = relume.feldman_cousins(model, n_toys=300)
    assert interval.is_usable and interval.upper > interval.best and interval.uncertainties[1] > 0
    assert (interval.lower is None) == bool(interval.lower_reason)
    for ask in (lambda: relume.toy_limit(model, test_stat="q0"), lambda: relume.toy_limit(model, level=2), lambda: relume.toy_limit(model, n_toys=0),
                lambda: relume.feldman_cousins(model, ensemble="bayes"), lambda: relume.feldman_cousins(model, threads=0)):
        with pytest.raises(relume.OptionError):
            ask()
    assert relume.feldman_cousins(model, test_stat="qtilde").status == "not_defined"


@pytest.mark.parametrize("arguments, named", [
    ({"n_toys": 0}, "n_toys"), ({"n_toys": 2.5}, "n_toys"), ({"seed": -1}, "seed"), ({"accuracy": -0.1}, "accuracy"), ({"accuracy": float("nan")}, "accuracy"),
    ({"ensemble": "bayes"}, "ensemble"), ({"threads": 0}, "threads"), ({"batch": 0}, "batch"), ({"poi_value": float("inf")}, "poi_value"),
    ({"test_stat": "z"}, "test_stat"), ({"first": "a"}, "first"), ({"fixed": {"nobody": 1}}, "nobody")])
def test_bad_requests_of_toys(model, arguments, named):
    with pytest.raises(relume.RelumeError, match=named):
        relume.toys(model, **arguments)


def test_several_parameters(model):
    names = ["mu", "k_top"]
    result = relume.contour(model, names, levels=[0.5], n=5)
    (contour,) = result.contours
    assert result.is_usable and result.parameters == names and len(contour.x) == len(contour.y) >= 5
    for x, y, at_bound in zip(contour.x, contour.y, contour.at_bound, strict=True):
        test = relume.test(model, {"mu": x, "k_top": y})
        assert test.degrees_of_freedom == 2 and test.tested == {"mu": x, "k_top": y}
        assert test.t < contour.height if at_bound else test.t == pytest.approx(contour.height, rel=1e-3)
    grid = relume.scan_grid(model, names, [0.5, 1.0], [0.8, 1.0, 1.2])
    assert grid.twice_delta_nll.shape == (2, 3) and grid.best == result.best
    assert grid.twice_delta_nll[1, 2] == pytest.approx(relume.test(model, {"mu": 1.0, "k_top": 1.2}).t, abs=1e-8)
    assert relume.test(model, {}).status == "not_defined"
    for ask in (lambda: relume.contour(model, ["mu"]), lambda: relume.contour(model, names, levels=[0.0]), lambda: relume.contour(model, names, levels="x"),
                lambda: relume.test(model, {"mu": float("nan")}), lambda: relume.scan_grid(model, "mu")):
        with pytest.raises(relume.OptionError):
            ask()
    with pytest.raises(relume.UnknownNameError):
        relume.test(model, {"nobody": 1.0})


def test_scan(model):
    scan = relume.scan(model, "JES", [1.0, -1.0, 0.0])
    assert scan.is_usable and scan.parameter == "JES" and list(scan.values) == [1.0, -1.0, 0.0]
    best = relume.fit(model)
    assert scan.best == pytest.approx(best.parameters["JES"].value, abs=1e-5) and scan.twice_nll == pytest.approx(best.twice_nll, rel=1e-13)
    held = relume.fit(model, fixed={"JES": -1.0})
    assert scan.twice_delta_nll[1] == pytest.approx(held.twice_nll - best.twice_nll, abs=1e-8)
    assert relume.scan(model).parameter == "mu" and len(relume.scan(model, n=9).values) == 9 and "JES" in repr(scan)
    with pytest.raises(ValueError, match="read-only"):
        scan.values[0] = 2.0
    toy = model.sample(best.values, 1, seed=4)[0]
    assert relume.scan(model, "JES", [0.0], toy).twice_nll == pytest.approx(relume.fit(model, toy).twice_nll, rel=1e-12)
    assert relume.scan(model, fixed={"mu": 1.0}).status == "not_defined"


def test_intervals(model):
    all_of_them = relume.intervals(model)
    fit = relume.fit(model)
    assert all_of_them.is_usable and set(all_of_them) == set(model.parameter_names) and all_of_them.height == pytest.approx(1)
    jes, mu = all_of_them["JES"], all_of_them["mu"]
    assert jes.best == pytest.approx(fit.parameters["JES"].value, abs=1e-5) and "JES" in repr(all_of_them) and "JES = " in repr(jes)
    assert jes.plus == jes.upper - jes.best and jes.minus == jes.best - jes.lower
    assert mu.lower is None and mu.minus is None and mu.lower_reason == "at the bound of the parameter" and mu.plus > 0
    scan = relume.scan(model, "JES", [jes.lower, jes.upper])
    assert scan.twice_delta_nll == pytest.approx([1, 1], rel=1e-5)
    assert list(relume.intervals(model, ["JES", "mu"], level=0.95)) == ["JES", "mu"]
    assert len(relume.intervals(model, fixed={"mu": 1.0})) == len(all_of_them) - 1
    with pytest.raises(KeyError):
        all_of_them["nobody"]


@pytest.mark.parametrize("ask, error, named", [
    (lambda m: relume.scan(m, "nobody"), relume.UnknownNameError, "nobody"), (lambda m: relume.scan(m, n=0), relume.OptionError, "n"),
    (lambda m: relume.scan(m, values="abc"), relume.OptionError, "values"), (lambda m: relume.scan(m, 3), relume.OptionError, "parameter"),
    (lambda m: relume.intervals(m, "mu"), relume.OptionError, "parameters"), (lambda m: relume.intervals(m, ["nobody"]), relume.UnknownNameError, "nobody"),
    (lambda m: relume.intervals(m, level=1.0), relume.OptionError, "level"), (lambda m: relume.intervals(m, fixed={"nobody": 1}), relume.UnknownNameError, "nobody")])
def test_bad_requests_of_profiles(model, ask, error, named):
    with pytest.raises(error, match=named):
        ask(model)
