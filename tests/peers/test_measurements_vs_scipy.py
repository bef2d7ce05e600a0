# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Measured values, tables and published limits: fits, intervals and contours beside scipy's, from formulas of its own."""

import json
import math
import pathlib

import numpy as np
import pytest
from scipy import interpolate, optimize, stats

COUPLINGS = pathlib.Path(__file__).resolve().parents[2] / "examples" / "couplings" / "cms_higgs_36fb.json"
MODELS = ("gaussian", "split_normal", "variable_gaussian_1", "variable_gaussian_2", "generalised_poisson")


def width(model, r, lower, upper):
    """S of C = S rho S (R. Barlow, physics/0406120), at the distances r."""
    if model == "gaussian":
        return (lower + upper) / 2
    if model == "split_normal":
        return np.where(r < 0, lower, upper)
    if model == "variable_gaussian_1":
        return (2 * lower * upper + (upper - lower) * r) / (lower + upper)
    if model == "variable_gaussian_2":
        return np.sqrt(lower * upper + (upper - lower) * r)
    widths = []
    for distance, low, up in zip(r, lower, upper):
        def equation(g):
            return math.log1p(g * up) - math.log1p(-g * low) - g * (low + up)
        # The root that is not zero lies between a part of its leading order and the pole.
        guess = 1.5 * (up**2 - low**2) / (up**3 + low**3)
        pole = 1 / low if up > low else -1 / up
        g = optimize.brentq(equation, 0.3 * guess, pole * (1 - 1e-12), xtol=1e-15, rtol=1e-14)
        nu = 0.5 / (g * up - math.log1p(g * up))
        widths.append(abs(distance) / math.sqrt(2 * nu * (g * distance - math.log1p(g * distance))))
    return np.array(widths)


def chi_square(group, predictions):
    value, lower, upper = (np.array([v[key] for v in group["values"]]) for key in ("value", "lower_error", "upper_error"))
    r = np.asarray(predictions, dtype=float) - value
    s = width(group["error_model"], r, lower, upper)
    rho = np.array(group.get("correlation", np.eye(len(value))))
    return r @ np.linalg.solve(s[:, None] * rho * s, r)


def minimum(function, start):
    best = optimize.minimize(function, start, method="Nelder-Mead", options={"xatol": 1e-11, "fatol": 1e-13, "maxiter": 20000})
    return optimize.minimize(function, best.x, method="Nelder-Mead", options={"xatol": 1e-11, "fatol": 1e-13, "maxiter": 20000})


def number(result, name):
    [value] = result["mle_parameters"][name]
    return value


# ---------------------------------------------------------------------------------------- couplings from signal strengths


def couplings_chi_square(document):
    [group] = document["measured"]

    def f(point):
        v, c = point
        photons, z_photon = 1.59 * v**2 - 0.66 * v * c + 0.07 * c**2, 1.12 * v**2 - 0.12 * v * c
        total = 0.7546 * c**2 + 0.2416 * v**2 + 0.0023 * photons + 0.0015 * z_photon
        production = {"ggH": c**2, "VBF": v**2, "WH": v**2, "ZH": v**2, "ttH": c**2}
        decay = {"γγ": photons, "ZZ": v**2, "WW": v**2, "ττ": c**2, "bb": c**2, "μμ": c**2}
        names = [v["name"].split() for v in group["values"]]
        return chi_square(group, [production[p] * decay[d] / total for p, d in names])

    return f


@pytest.fixture(scope="module")
def couplings():
    return json.loads(COUPLINGS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("model", ["variable_gaussian_2", "gaussian"])
def test_couplings_fit(couplings, answer, model):
    document = json.loads(json.dumps(couplings))
    document["measured"][0]["error_model"] = model
    f = couplings_chi_square(document)
    best = minimum(f, [1.05, 1.05])
    ours = answer(document, "fit")
    # Nelder-Mead finds a minimum to the square root of its precision in the value.
    assert [number(ours, "kappa_V"), number(ours, "kappa_F")] == pytest.approx(best.x, abs=1e-5)
    if model == "variable_gaussian_2":
        assert ours["twice_nll"] == pytest.approx(best.fun, abs=1e-8)
        # The fit of CMS itself (Eur. Phys. J. C 79 (2019) 421, figure of kappa_V and kappa_F): 1.084, 1.066. That the same
        # comes out of published values is what they are published for; their digits and the leading-order map leave 0.01.
        assert [number(ours, "kappa_V"), number(ours, "kappa_F")] == pytest.approx([1.084, 1.066], abs=0.01)
    fixed = answer(document, "fit", "--fix", "kappa_V=1", "--fix", "kappa_F=1")
    assert fixed["twice_nll"] - ours["twice_nll"] == pytest.approx(f([1, 1]) - best.fun, abs=1e-8)


def test_couplings_intervals(couplings, answer):
    f = couplings_chi_square(couplings)
    best = minimum(f, [1.05, 1.05])

    def profile(i, value):
        def at(other):
            return f([value, other]) if i == 0 else f([other, value])
        return optimize.minimize_scalar(at, bracket=(0.95, 1.1), options={"xtol": 1e-10}).fun - best.fun

    intervals = {i["parameter"]: i for i in answer(couplings, "intervals")["intervals"]}
    for i, name in enumerate(("kappa_V", "kappa_F")):
        lower = optimize.brentq(lambda x: profile(i, x) - 1, best.x[i] - 0.3, best.x[i] - 1e-3)
        upper = optimize.brentq(lambda x: profile(i, x) - 1, best.x[i] + 1e-3, best.x[i] + 0.3)
        assert [intervals[name]["lower"], intervals[name]["upper"]] == pytest.approx([lower, upper], abs=1e-6)


def test_couplings_contour(couplings, answer):
    f = couplings_chi_square(couplings)
    best = minimum(f, [1.05, 1.05]).fun
    result = answer(couplings, "contour", "--parameter", "kappa_V", "--parameter", "kappa_F", "--level", "0.68268949", "--level", "0.95")
    # Extremes of the contours of CMS (read from the published figure), which is another likelihood: 0.02.
    published = [((1.017, 1.156), (0.939, 1.195)), ((0.973, 1.204), (0.860, 1.282))]
    for contour, (v_range, c_range) in zip(result["contours"], published):
        height = stats.chi2.isf(1 - contour["level"], 2)
        v, c = (np.array([point[key] for point in contour["points"]]) for key in "xy")
        assert len(v) > 8
        for x, y in zip(v, c):
            assert f([x, y]) - best == pytest.approx(height, abs=1e-4)
        assert [v.min(), v.max()] == pytest.approx(v_range, abs=0.02)
        assert [c.min(), c.max()] == pytest.approx(c_range, abs=0.02)


# ---------------------------------------------------------------------------------------------------- random instances


def random_document(seed):
    random = np.random.default_rng(seed)
    n = 3
    vectors = random.normal(size=(n, 5))
    covariance = vectors @ vectors.T
    scale = np.sqrt(np.diag(covariance))
    group = {"error_model": MODELS[seed % len(MODELS)], "correlation": (covariance / scale[:, None] / scale).tolist(), "values": []}
    for i, prediction in enumerate(("x", "x * y + 0.2", "exp(0.4 * y) - 0.3 * x^2")):
        low, up = random.uniform(0.4, 0.7, size=2)
        group["values"].append({"name": f"value {i}", "value": float(random.uniform(0.6, 1.4)), "lower_error": float(low),
                                "upper_error": float(up), "prediction": prediction})
    points = np.sort(random.uniform(-3, 4, size=9)).tolist()
    grid = {"name": "scan", "axes": [{"name": "x", "points": points}], "quantity": "minus_two_log_likelihood", "interpolation": "cubic",
            "values": [float(((p - 0.7) / 0.8) ** 2 + 0.1 * math.sin(3 * p)) for p in points]}
    return {"format": "relume-likelihood", "version": 1, "kind": "measurements", "poi": "x",
            "parameters": [{"name": "x", "initial": 0.8}, {"name": "y", "initial": 0.5, "constraint": {"mean": 0.4, "sigma": 0.8}}],
            "measured": [group], "grids": [grid]}


def random_chi_square(document):
    [group], [grid] = document["measured"], document["grids"]
    spline = interpolate.CubicSpline(grid["axes"][0]["points"], grid["values"])

    def f(point):
        x, y = point
        predictions = [x, x * y + 0.2, math.exp(0.4 * y) - 0.3 * x**2]
        return chi_square(group, predictions) + ((y - 0.4) / 0.8) ** 2 + float(spline(x)) - min(grid["values"])

    return f


@pytest.mark.parametrize("seed", range(10))
def test_random_measurements(answer, seed):
    document = random_document(seed)
    f = random_chi_square(document)
    with np.errstate(invalid="ignore"):
        best = minimum(f, [0.8, 0.5])
        ours = answer(document, "fit")
        x, y = number(ours, "x"), number(ours, "y")
        # Values to the last digits, minima as well as Nelder-Mead finds them (correlated split normals have kinks).
        elsewhere = answer(document, "fit", "--fix", "x=0.9", "--fix", "y=0.3")
    assert elsewhere["twice_nll"] - ours["twice_nll"] == pytest.approx(f([0.9, 0.3]) - f([x, y]), abs=1e-9)
    assert f([x, y]) <= best.fun + 1e-9
    assert [x, y] == pytest.approx(best.x, abs=1e-4)


# --------------------------------------------------------------------------------------------------------- upper limits


def cls(g, x):
    return stats.norm.sf(g - x) / stats.norm.cdf(x)


@pytest.mark.parametrize("observed, median", [(1.0, 1.0), (2.0, 1.0), (0.7, 1.0), (0.0123, 0.011)])
def test_upper_limits_are_truncated_gaussians(answer, observed, median):
    document = {"format": "relume-likelihood", "version": 1, "kind": "upper_limits", "observed": observed, "unit": "fb",
                "expected": [None, None, median, None, None]}
    sigma = median / stats.norm.isf(0.025)
    x = optimize.brentq(lambda x: cls(observed / sigma, x) - 0.05, -20, 20, xtol=1e-13)
    limit = answer(document, "limit", "--test-stat", "q")
    assert limit["observed"] == pytest.approx(observed, rel=1e-6)
    assert limit["mu_hat"] == pytest.approx(x * sigma, abs=1e-6 * median)
    for n, expected in zip((-2, -1, 0, 1, 2), limit["expected"]):
        assert expected == pytest.approx(sigma * (n + stats.norm.isf(0.05 * stats.norm.cdf(n))), rel=1e-6)
    test = answer(document, "cls", "--test-poi", str(1.3 * median), "--test-stat", "q")
    assert test["CLs_obs"] == pytest.approx(cls(1.3 * median / sigma, x) if x * sigma < 1.3 * median else 0.5 / stats.norm.cdf(1.3 * median / sigma), rel=1e-6)
