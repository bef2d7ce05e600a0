# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Fits that other programs are known to fail on, rebuilt as small models: every one is certified, and right.

Numbers in brackets are issues of scikit-hep/pyhf, and of cms-analysis/HiggsAnalysis-CombinedLimit where CMB is written.
"""

import math
import random

import pytest
from small_model import MU, Counting, minus_ln_normal, minus_ln_poisson, modifier, search, workspace

CERTIFIED = ("converged", "singular")  # singular: the value is certified, the point is not unique


def certified_fit(answer, model, *arguments):
    fit = answer(model, "fit", *arguments)
    assert fit["status"] in CERTIFIED
    assert fit["certificate"]["projected_gradient"] < 1e-6 and fit["certificate"]["edm"] < 1e-9
    return fit


def certified_results(answer, model, **options):
    """Fit, CLs and limit; cls and limit only say ok when every fit behind them is certified."""
    fit = certified_fit(answer, model)
    assert answer(model, "cls")["status"] == "ok"
    limit = answer(model, "limit", **options)
    assert limit["status"] == "ok" and all(v > 0 for v in [limit["observed"], *limit["expected"]])
    return fit, limit


def systematics(nominal, size=0.03):
    return [modifier("norm", "normsys", {"lo": 1 - size, "hi": 1 + 1.2 * size}),
            modifier("shape", "histosys", {"lo_data": [y * (1 - size) for y in nominal], "hi_data": [y * (1 + 0.8 * size) for y in nominal]})]


@pytest.mark.parametrize("events", [1e2, 1e4, 5e6, 1e7, 1e9, 1e11])
def test_bins_with_many_events(answer, events):
    """[1722, 2232] NaN or "Inequality constraints incompatible" from 5e6 events per bin on; limits of hundreds."""
    background = [events, 0.7 * events, 0.4 * events]
    signal = [math.sqrt(events), 0.5 * math.sqrt(events), 0.0]
    observed = [round(b + 0.3 * s) for b, s in zip(background, signal, strict=True)]
    model = search(signal, background, observed, systematics(background))
    fit, limit = certified_results(answer, model)
    assert fit["mle_parameters"]["mu"][0] == pytest.approx(0.3, abs=0.2)
    assert limit["observed"] < 20


@pytest.mark.parametrize("signal", [1e-3, 1e-1, 1e3])
def test_limits_far_from_one(answer, signal):
    """[762, 1722] mu limits of hundreds."""
    model = search([signal, 0.4 * signal], [50.0, 30.0], [54, 27], [*systematics([50.0, 30.0]), modifier("stat", "staterror", [3.0, 2.0])])
    reference = search([1.0, 0.4], [50.0, 30.0], [54, 27], model["channels"][0]["samples"][1]["modifiers"])
    _, limit = certified_results(answer, model)
    _, expected = certified_results(answer, reference)
    for value, other in zip([limit["observed"], *limit["expected"]], [expected["observed"], *expected["expected"]], strict=True):
        assert value * signal == pytest.approx(other, rel=1e-4)


@pytest.mark.parametrize("start", [0.0, 1.0, 10.0, 60.0])
@pytest.mark.parametrize("truth", [0.01, 5.0, 50.0])
def test_a_start_far_from_the_minimum(answer, start, truth):
    """[1591] histosys and normfactor on one bin: Minuit's defaults stop far from the minimum."""
    model = workspace({"SR": ({"signal": ([7.3], [MU, modifier("shape", "histosys", {"lo_data": [4.0], "hi_data": [11.0]})])}, [7.3 * truth])},
                      [{"name": "mu", "bounds": [[0, 100]], "inits": [start]}])
    fit = certified_fit(answer, model)
    assert fit["mle_parameters"]["mu"][0] == pytest.approx(truth, rel=1e-5)
    assert fit["twice_nll"] == pytest.approx(2 * (minus_ln_poisson(7.3 * truth, 7.3 * truth) + minus_ln_normal(0, 0, 1)), abs=1e-8)


@pytest.mark.parametrize("mu", [-3.0, -9.0, -30.0, -90.0])
def test_a_fixed_signal_that_is_very_negative(answer, mu):
    """[1886] the initial rates are negative; the normalisation of the background can make them positive."""
    model = workspace({"SR": ({"signal": ([1.0, 2.0], [MU]), "background": ([10.0, 20.0], [modifier("k", "normfactor")])}, [12, 23])},
                      [{"name": "mu", "bounds": [[-100, 100]]}, {"name": "k", "bounds": [[0, 100]]}])
    fit = certified_fit(answer, model, "--fix", f"mu={mu}")
    # Rates are (10 k + mu) times 1 and 2, so 35 events fix their sum.
    assert 10 * fit["mle_parameters"]["k"][0] + mu == pytest.approx(35 / 3, rel=1e-6)
    expected = 2 * (minus_ln_poisson(12, 35 / 3) + minus_ln_poisson(23, 70 / 3))
    assert fit["twice_nll"] == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("n", [0, 1, 3, 100, 5_000_000])
def test_one_bin(answer, n):
    """One bin and a 10% shape: Minuit reports an invalid minimum where the gradient vanishes everywhere but at a bound."""
    background = max(n, 1) * 1.1
    model = search([0.2 * background], [background], [n], systematics([background], 0.1))
    certified_results(answer, model)


@pytest.mark.parametrize("events", [1e3, 1.5e5, 1e7, 1e9])
def test_an_uncertainty_that_the_data_say_nothing_about(answer, events):
    """[CMB 498] mu and the luminosity are one product: the luminosity keeps its uncertainty, however many events there are."""
    model = workspace({"SR": ({"signal": ([events], [MU, modifier("lumi", "lumi")])}, [events])},
                      [{"name": "lumi", "auxdata": [1.0], "sigmas": [0.02], "inits": [1.0], "bounds": [[0.5, 1.5]]}])
    fit = certified_fit(answer, model)
    assert fit["uncertainties"]["lumi"][0] == pytest.approx(0.02, rel=1e-6)
    assert fit["uncertainties"]["mu"][0] == pytest.approx(math.hypot(0.02, 1 / math.sqrt(events)), rel=1e-6)


def test_many_parameters(answer):
    """[1577, CMB 767] hundreds of parameters: no budget of calls runs out, and every uncertainty is there."""
    rng, n = random.Random(3), 300
    background = [rng.uniform(5, 200) for _ in range(n)]
    model = search([rng.uniform(0, 5) for _ in range(n)], background, [round(b * rng.uniform(0.7, 1.3)) for b in background],
                   [modifier("stat", "staterror", [0.1 * b for b in background]),
                    *(modifier(f"norm_{i}", "normsys", {"lo": 1 - 0.01 * (1 + i % 7), "hi": 1 + 0.01 * (1 + i % 5)}) for i in range(40)),
                    *(modifier(f"shape_{i}", "histosys", {side: [b * (1 + rng.uniform(-0.05, 0.05)) for b in background] for side in ("lo_data", "hi_data")})
                      for i in range(60))])
    fit, _ = certified_results(answer, model)
    values = [u for uncertainties in fit["uncertainties"].values() for u in uncertainties]
    at_bounds = fit["at_bounds"]["lower"] + fit["at_bounds"]["upper"]  # which have none
    assert len(values) == 401 and sum(u > 0 for u in values) == 401 - len(at_bounds)


@pytest.mark.parametrize("seed", range(20))
def test_minima_at_a_kink(answer, seed):
    """[286] codes 0 and 1 have a kink at alpha = 0, where nuisance parameters start and often stay."""
    rng = random.Random(f"kink {seed}")
    background = [rng.uniform(20, 200) for _ in range(4)]
    modifiers = [modifier(f"norm_{i}", "normsys", {"lo": rng.uniform(0.7, 1.1), "hi": rng.uniform(0.9, 1.3)}) for i in range(3)]
    modifiers += [modifier(f"shape_{i}", "histosys", {side: [b * rng.uniform(0.85, 1.15) for b in background] for side in ("lo_data", "hi_data")})
                  for i in range(3)]
    model = search([5.0, 8.0, 3.0, 1.0], background, [round(b) + rng.randint(-8, 12) for b in background], modifiers)
    codes = ["--interpcode", "normsys=code1", "--interpcode", "histosys=code0"]
    fit = answer(model, "fit", *codes)
    assert fit["status"] in CERTIFIED
    # A step along any parameter to either side is no better.
    names = list(fit["mle_parameters"])
    for name in names:
        value = fit["mle_parameters"][name][0]
        for step in (-1e-3, 1e-3):
            if name == "mu" and value + step < 0:
                continue
            point = [f"{other}={fit['mle_parameters'][other][0] + (step if other == name else 0.0)!r}" for other in names]
            there = answer(model, "nll", *codes, *(part for p in point for part in ("--set", p)))
            assert there["twice_nll"] >= fit["twice_nll"] - 1e-9, (name, step)
    assert answer(model, "cls", *codes)["status"] == "ok"


@pytest.mark.parametrize("n_bins", [1, 100, 20_000])
def test_large_constants_do_not_drown_small_differences(answer, n_bins):
    """-ln L of 1e5 and more, and a signal in one bin only: q must be that of the one bin."""
    signal, background, n = 3.0, 10.0, 12
    model = search([signal] + [0.0] * (n_bins - 1), [background] + [1e6] * (n_bins - 1), [n] + [1_000_500 + i for i in range(n_bins - 1)])
    counting = Counting(signal, background, n)
    result = answer(model, "cls", "--test-poi", "2")
    assert result["test_statistic"]["q"] == pytest.approx(counting.q(2.0), abs=1e-8)
    assert result["CLs_obs"] == pytest.approx(counting.cls(2.0), rel=1e-6)


def test_cls_is_a_smooth_function_of_mu(answer):
    """[discussion 2244] CLs that jumps about, whatever the tolerance."""
    background = [60.0, 25.0, 9.0]
    model = search([3.0, 5.0, 4.0], background, [57, 30, 10], [*systematics(background, 0.1), modifier("stat", "staterror", [4.0, 2.0, 1.5])])
    step = 0.001
    values = [math.log(answer(model, "cls", "--test-poi", f"{1 + i * step:.3f}")["CLs_obs"]) for i in range(30)]
    third = [values[i + 3] - 3 * values[i + 2] + 3 * values[i + 1] - values[i] for i in range(27)]
    assert max(map(abs, third)) < 1e-6  # that of the function itself is of the order of step^3


def test_signal_and_background_that_are_one_shape(answer):
    """No data decide between the two: the value is certified, and the limit on the sum is finite."""
    model = workspace({"SR": ({"signal": ([10.0, 20.0], [MU]), "background": ([10.0, 20.0], [modifier("k", "normfactor")])}, [11, 22])})
    fit = certified_fit(answer, model)
    assert fit["mle_parameters"]["mu"][0] + fit["mle_parameters"]["k"][0] == pytest.approx(1.1, rel=1e-6)
    assert 1.1 < answer(model, "limit")["observed"] < 3


@pytest.mark.parametrize("seed", range(15))
def test_coupled_shapes(answer, seed):
    """Shapes that cancel each other to a part in a thousand, far from their nominal values: other minimisers run away."""
    rng = random.Random(f"coupled {seed}")
    background = [rng.uniform(50, 500) for _ in range(6)]
    base = [rng.uniform(-0.2, 0.2) for _ in range(6)]
    def side(sign, i):
        return [b * (1 + sign * (t + 1e-3 * rng.gauss(0, 1)) * (1 if i % 2 else -1)) for b, t in zip(background, base, strict=True)]
    modifiers = [modifier(f"shape_{i}", "histosys", {"lo_data": side(-1, i), "hi_data": side(+1, i)}) for i in range(6)]
    observed = [round(b * (1 + 2.5 * t)) for b, t in zip(background, base, strict=True)]
    certified_results(answer, search([5.0, 4.0, 3.0, 2.0, 1.0, 0.0], background, observed, modifiers))


def test_no_events_anywhere(answer):
    fit, _ = certified_results(answer, search([5.0, 3.0], [10.0, 2.0], [0, 0], [*systematics([10.0, 2.0]), modifier("s", "shapesys", [3.0, 1.0])]))
    assert fit["mle_parameters"]["mu"] == [0.0]


def test_negative_signal(answer):
    """Interference: more signal means fewer events, and a rate must stay above zero while mu is tested."""
    model = search([-3.0, 4.0], [10.0, 10.0], [8, 13], systematics([10.0, 10.0]))
    fit, limit = certified_results(answer, model)
    assert 0 < fit["mle_parameters"]["mu"][0] < limit["observed"]
