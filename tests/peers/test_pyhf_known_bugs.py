# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where pyhf 0.7.6 has a wrong number, no number or an unhelpful error, relume has the right number or says what is wrong.

docs/concepts/differs_from_pyhf.md lists them. Numbers are compared with closed forms; in brackets, issues of scikit-hep/pyhf.
"""

import json
import math

import pytest
from small_model import MU, Counting, minus_ln_normal, minus_ln_poisson, modifier, search, workspace

EXACT = {"rel": 1e-9, "abs": 1e-9}
# From a fit: its distance to the minimum enters limits and CLs linearly only through q, so to about 1e-9.
FITTED = {"rel": 1e-6, "abs": 1e-9}


def pointer(*parts):
    return "#/" + "/".join(map(str, parts))


# ---------------------------------------------------------------------- rates and constraints

@pytest.mark.parametrize("alpha", [-3.0, -1.0, -0.999, -0.5, 0.0, 0.5, 1.0, 2.0])
def test_normsys_of_100_percent(answer, alpha):
    """lo = 0 is a number at every alpha [2379]; where pyhf has one it is the same."""
    model = search([3.0], [10.0], [9], [modifier("norm", "normsys", {"lo": 0.0, "hi": 2.0})])
    result = answer(model, "nll", "--set", "mu=1", "--set", f"norm={alpha}")
    rate = result["expected_data"]["SR"][0]
    assert result["twice_nll"] == pytest.approx(2 * (minus_ln_poisson(9, rate) + minus_ln_normal(0, alpha, 1)), **EXACT)
    factor = (rate - 3.0) / 10.0
    if abs(alpha) >= 1:
        assert factor == pytest.approx(2.0**alpha if alpha > 0 else 0.0, abs=1e-12)
    else:
        assert 0.0 <= factor < 2.0
    if alpha == 0:
        assert factor == pytest.approx(1.0, abs=1e-12)
    if alpha == -0.999:  # no jump at the join
        assert factor < 1e-4


@pytest.mark.parametrize("lo, hi", [(0.0, 2.0), (0.5, 0.0), (0.0, 0.0)])
def test_fits_with_a_normsys_of_100_percent(answer, lo, hi):
    model = search([3.0], [10.0], [12], [modifier("norm", "normsys", {"lo": lo, "hi": hi})])
    fit = answer(model, "fit")
    assert fit["status"] == "converged" and fit["mle_parameters"]["norm"][0] == pytest.approx(0.0, abs=1e-5)
    assert fit["twice_nll"] == pytest.approx(2 * (minus_ln_poisson(12, 12) + minus_ln_normal(0, 0, 1)), **EXACT)
    assert 0 < answer(model, "cls")["CLs_obs"] < 1
    assert answer(model, "limit")["status"] == "ok"


def test_negative_normsys_factors_are_refused(refusal):
    model = search([3.0], [10.0], [12], [modifier("norm", "normsys", {"lo": -0.2, "hi": 2.0})])
    assert pointer("channels", 0, "samples", 1, "modifiers", 0, "data", "lo") in refusal(model, "fit")


def test_shapefactor_shared_by_channels_of_different_lengths(refusal):
    """pyhf multiplies the surplus bins by parameter 0 of the model."""
    free = modifier("free", "shapefactor")
    model = workspace({"one": ({"s": ([1.0], [free])}, [1]), "two": ({"s": ([3.0, 4.0], [free])}, [3, 4])}, poi="")
    complaint = refusal(model, "nll")
    assert "'free'" in complaint and "'one'" in complaint and pointer("channels", 1, "samples", 0, "modifiers", 0) in complaint


def test_shapefactor_shared_by_channels_of_one_length(answer):
    free = modifier("free", "shapefactor")
    model = workspace({"one": ({"s": ([1.0, 2.0], [free])}, [1, 2]), "two": ({"s": ([3.0, 4.0], [free])}, [3, 4])}, poi="")
    assert answer(model, "nll", "--set", "free[1]=3")["expected_data"] == {"one": [1.0, 6.0], "two": [3.0, 12.0]}


@pytest.mark.parametrize("configuration", [[], [{"name": "lumi", "auxdata": [1.0], "inits": [1.0], "bounds": [[0.5, 1.5]]}]])
def test_lumi_without_uncertainty(answer, configuration):
    """TypeError, or a width of 1 without a word [622, 1516]: held, and said so."""
    model = search([3.0], [10.0], [12], [modifier("lumi", "lumi")], configuration)
    fit = answer(model, "fit")
    assert fit["mle_parameters"]["lumi"] == [1.0] and any("lumi" in note for note in fit["notes"])
    assert fit["twice_nll"] == pytest.approx(2 * minus_ln_poisson(12, 12), **EXACT)


def test_negative_rate_without_events_is_no_gain(answer):
    """pyhf's likelihood rises without limit, here up to the upper bound of mu."""
    model = workspace({"SR": ({"s": ([-3.0], [MU]), "b": ([5.0], [])}, [0])})
    assert answer(model, "nll", "--set", "mu=2", code=3)["status"] == "infeasible"
    fit = answer(model, "fit")
    assert fit["status"] == "converged"
    assert fit["mle_parameters"]["mu"][0] == pytest.approx(5 / 3, rel=1e-6) and fit["twice_nll"] == pytest.approx(0.0, abs=1e-6)
    assert "'SR' bin 0" in fit["rates_at_zero"]


def test_a_rate_that_cannot_be_is_named(answer):
    """NaN without a hint [2093, 2529]."""
    model = search([3.0], [10.0], [4], [modifier("JES", "histosys", {"lo_data": [2.0], "hi_data": [18.0]})])
    reason = answer(model, "nll", "--set", "mu=1", "--set", "JES=-2", code=3)["reason"]
    assert all(word in reason for word in ("'SR'", "bin 0", "'background'", "'JES'"))


def test_what_makes_a_negative_sample_more_negative_is_named(answer):
    model = workspace({"SR": ({"s": ([-3.0], [MU]), "b": ([5.0], [])}, [4])})
    assert "pulled down by 'mu'" in answer(model, "nll", "--set", "mu=2", code=3)["reason"]


def test_fixed_bins_of_a_shapesys(answer):
    """Bins without uncertainty or yield keep their gamma at 1 with a term Poisson(1|1)."""
    model = search([1.0, 2.0, 3.0], [10.0, 0.0, 5.0], [11, 0, 12], [modifier("shape", "shapesys", [0.0, 1.0, 1.0])])
    fit = answer(model, "fit", "--covariance")
    gammas = fit["mle_parameters"]["shape"]
    assert gammas[:2] == [1.0, 1.0] and gammas[2] != 1.0
    at_start = answer(model, "nll", "--set", "mu=1")
    rates = [11.0, 2.0, 8.0]
    constraint = 2 * minus_ln_poisson(1, 1) + minus_ln_poisson(25, 25)
    assert at_start["twice_nll"] == pytest.approx(2 * (sum(map(minus_ln_poisson, [11, 0, 12], rates)) + constraint), **EXACT)
    assert answer(model, "cls")["status"] == "ok" and answer(model, "limit")["status"] == "ok"


def test_a_fixed_bin_can_be_freed(answer):
    model = search([1.0, 2.0], [10.0, 8.0], [14, 10], [modifier("shape", "shapesys", [0.0, 1.0])], [{"name": "shape", "fixed": False}])
    assert answer(model, "fit", "--fix", "mu=0")["mle_parameters"]["shape"][0] != 1.0


def test_factors_do_not_move_the_auxiliary_count(answer):
    model = search([1.0], [10.0], [10], [modifier("shape", "shapesys", [2.0])], [{"name": "shape", "factors": [30.0]}])
    result = answer(model, "nll", "--set", "mu=0")
    assert result["twice_nll"] == pytest.approx(2 * (minus_ln_poisson(10, 10) + minus_ln_poisson(25, 30)), **EXACT)


def test_staterror_on_different_samples_of_two_channels(answer):
    """AssertionError in pyhf: the masks of the samples differ. Every bin that carries it has its own gamma."""
    def stat(*data):
        return modifier("stat", "staterror", list(data))
    model = workspace({"one": ({"signal": ([1.0, 1.0], [MU]), "b": ([10.0, 20.0], [stat(1.0, 2.0)])}, [11, 22]),
                       "two": ({"c": ([30.0], [stat(3.0)]), "d": ([10.0], [stat(4.0)])}, [45])})
    result = answer(model, "nll", "--set", "mu=1", "--set", "stat[0]=1.1", "--set", "stat[1]=0.9", "--set", "stat[2]=1.2")
    assert result["expected_data"] == {"one": pytest.approx([12.0, 19.0]), "two": pytest.approx([48.0])}
    expected = sum(map(minus_ln_poisson, [11, 22, 45], [12.0, 19.0, 48.0]))
    expected += sum(minus_ln_normal(1, g, w) for g, w in [(1.1, 0.1), (0.9, 0.1), (1.2, 5.0 / 40.0)])
    assert result["twice_nll"] == pytest.approx(2 * expected, **EXACT)
    assert answer(model, "fit")["status"] == "converged"


def test_staterror_of_a_negative_total_is_held(answer):
    """As in pyhf [2577]; but a note says so, and inspect names the yield."""
    model = search([3.0], [20.0], [19], [])
    model["channels"][0]["samples"].append({"name": "interference", "data": [-2.0], "modifiers": [modifier("stat", "staterror", [0.5])]})
    fit = answer(model, "fit")
    assert fit["mle_parameters"]["stat"] == [1.0] and any("stat[0] is held at 1" in note for note in fit["notes"])
    assert "nominal-negative" in [finding["check"] for finding in answer(model, "inspect", "--format", "json")["findings"]]


# ---------------------------------------------------------------------- configurations

@pytest.mark.parametrize("kind, data, key, value", [
    ("normsys", {"lo": 0.9, "hi": 1.1}, "sigmas", [0.5]),
    ("normfactor", None, "auxdata", [1.0]),
    ("normfactor", None, "factors", [1.0]),
    ("staterror", [1.0], "factors", [1.0]),
    ("shapefactor", None, "sigmas", [1.0]),
])
def test_configuration_that_a_type_lacks(refusal, kind, data, key, value):
    """pyhf: "expected 9", the length of the word "undefined"."""
    model = search([3.0], [10.0], [12], [modifier("x", kind, data)], [{"name": "x", key: value}])
    complaint = refusal(model, "fit")
    assert pointer("measurements", 0, "config", "parameters", 0) in complaint
    assert f"{key} means nothing for a {kind}" in complaint


@pytest.mark.parametrize("bounds", [[[0]], [[0, 1, 2]], [[5, 1]], [[0, 1], [0, 1]], []])
def test_bounds_that_are_none(refusal, bounds):
    """The first two pass pyhf's schema."""
    model = search([3.0], [10.0], [12], parameters=[{"name": "mu", "bounds": bounds}])
    assert pointer("measurements", 0, "config", "parameters", 0) in refusal(model, "fit")


@pytest.mark.parametrize("changes", [{"inits": [1.0, 2.0]}, {"inits": []}, {"auxdata": [1.0, 1.0]}])
def test_configuration_of_another_length(refusal, changes):
    model = search([3.0], [10.0], [12], [modifier("norm", "normsys", {"lo": 0.9, "hi": 1.1})], [{"name": "norm", **changes}])
    assert pointer("measurements", 0, "config", "parameters", 0) in refusal(model, "fit")


def test_configuration_of_an_unknown_parameter_is_noted(answer):
    model = search([3.0], [10.0], [12], parameters=[{"name": "nobody", "inits": [2.0]}])
    assert any("'nobody'" in note for note in answer(model, "fit")["notes"])


def test_start_outside_of_the_bounds(answer):
    """ValueError in pyhf, before any fit."""
    counting = Counting(3.0, 10.0, 12)
    fit = answer(counting.workspace(parameters=[{"name": "mu", "inits": [20.0]}]), "fit")
    assert fit["mle_parameters"]["mu"][0] == pytest.approx(counting.mu_hat(), rel=1e-6)
    assert any("'mu'" in note for note in fit["notes"])


@pytest.mark.parametrize("first, second", [
    (("normsys", {"lo": 0.9, "hi": 1.1}), ("normfactor", None)),
    (("shapesys", [1.0]), ("staterror", [1.0])),
    (("shapefactor", None), ("normfactor", None)),
])
def test_names_that_cannot_be_shared(refusal, first, second):
    model = search([3.0], [10.0], [12], [modifier("x", *first), modifier("x", *second)])
    complaint = refusal(model, "fit")
    assert "'x'" in complaint and pointer("channels", 0, "samples", 1, "modifiers") in complaint


def test_a_shapesys_used_twice(refusal):
    model = workspace({c: ({"b": ([5.0], [modifier("x", "shapesys", [1.0])])}, [5]) for c in ("one", "two")}, poi="")
    assert pointer("channels", 1, "samples", 0, "modifiers", 0) in refusal(model, "fit")


def test_no_parameter_of_interest(refusal, answer):
    model = search([3.0], [10.0], [12], poi="")
    assert answer(model, "fit")["status"] == "converged"
    for command in ("cls", "limit", "significance"):
        assert "--poi" in refusal(model, command)
    assert answer(model, "cls", "--poi", "mu")["status"] == "ok"


def test_a_parameter_of_interest_with_several_components(refusal):
    model = search([3.0, 1.0], [10.0, 5.0], [12, 5], [modifier("free", "shapefactor")], poi="free")
    assert "'free' has 2 components" in refusal(model, "fit")


def test_names_that_are_not_unique(refusal):
    """pyhf 0.7.6 keeps the last one, or fails much later [2396]."""
    model = search([3.0], [10.0], [12])
    model["channels"][0]["samples"].append({"name": "background", "data": [1.0], "modifiers": []})
    assert pointer("channels", 0, "samples", 2) in refusal(model, "fit")
    model = search([3.0], [10.0], [12], [MU, MU])
    assert pointer("channels", 0, "samples", 1, "modifiers", 1) in refusal(model, "fit")


# ---------------------------------------------------------------------- tests and limits

@pytest.mark.parametrize("counting", [Counting(3.0, 10.0, 12), Counting(3.0, 10.0, 0), Counting(5.0, 50.0, 40.5), Counting(1e3, 5e6, 5_001_000)],
                         ids=str)
@pytest.mark.parametrize("mu", [0.1, 1.0, 4.0])
def test_cls_of_a_counting_experiment(answer, counting, mu):
    result = answer(counting.workspace(), "cls", "--test-poi", mu)
    assert result["CLs_obs"] == pytest.approx(counting.cls(mu), **FITTED)
    assert result["CLs_exp"] == pytest.approx(counting.cls_expected(mu), **FITTED)
    assert result["test_statistic"]["q"] == pytest.approx(counting.q(mu), abs=1e-7, rel=1e-9)


def test_a_signal_that_changes_nothing(answer):
    """0/0 in pyhf [529, 1857, 2722]."""
    model = search([0.0], [10.0], [12])
    result = answer(model, "cls")
    assert result["CLs_obs"] == 1.0 and result["CLs_exp"] == [1.0] * 5
    limit = answer(model, "limit", code=3)
    assert limit["status"] == "no_sensitivity" and limit["observed"] is None and limit["reason"]


def test_testing_no_signal(answer):
    """q = q_A = 0 up to the noise of pyhf's fits [1992, 2725]."""
    model = search([3.0], [10.0], [12], [modifier("norm", "normsys", {"lo": 0.9, "hi": 1.1})])
    result = answer(model, "cls", "--test-poi", "0")
    assert result["CLs_obs"] == 1.0 and result["CLs_exp"] == [1.0] * 5


@pytest.mark.parametrize("mu", [10.0, 100.0, 300.0])
def test_tails_beyond_the_range_of_a_double(answer, mu):
    """CLs+b and CLb underflow long before their ratio does."""
    counting = Counting(3.0, 10.0, 8)
    result = answer(counting.workspace(), "cls", "--test-poi", mu)
    assert result["CLs_obs"] == pytest.approx(counting.cls(mu), rel=1e-6, abs=0)
    assert result["CLs_exp"] == pytest.approx(counting.cls_expected(mu), rel=1e-6, abs=0)


@pytest.mark.parametrize("signal", [1e-7, 1e-4, 0.02, 3.0, 1e3, 1e6])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_limits_of_any_size(answer, signal, level):
    """pyhf returns the edge of its scan, leaves the bounds of the POI [2228], or ignores the level [2563]."""
    counting = Counting(signal, 10.0, 12)
    limit = answer(counting.workspace(), "limit", "--level", level)
    assert limit["status"] == "ok" and limit["level"] == level
    assert counting.cls(limit["observed"]) == pytest.approx(1 - level, rel=1e-4)
    for i, value in enumerate(limit["expected"]):
        assert counting.cls_expected(value)[i] == pytest.approx(1 - level, rel=1e-4)
    is_beyond = max(limit["observed"], *limit["expected"]) > 10.0
    assert limit["bounds_widened"] is is_beyond and limit["poi_bounds"][1] >= max(limit["observed"], *limit["expected"])
    assert any("widened" in note for note in limit["notes"]) is is_beyond


def test_a_tested_value_beyond_the_bounds(answer):
    """ValueError in pyhf."""
    counting = Counting(0.5, 10.0, 12)
    result = answer(counting.workspace(), "cls", "--test-poi", "15")
    assert result["CLs_obs"] == pytest.approx(counting.cls(15.0), **FITTED)
    assert any("widened" in note for note in result["notes"])


@pytest.mark.parametrize("bounds, start", [([1.0, 10.0], 2.0), ([-10.0, 10.0], 1.0), ([-10.0, -1.0], -2.0), ([1.0, 1.0], 1.0), ([0.0, 0.5], 0.1)])
def test_bounds_of_the_parameter_of_interest_do_not_decide_the_answer(answer, bounds, start):
    """In pyhf a lower bound that is not 0 silently makes another test statistic."""
    counting = Counting(3.0, 10.0, 12)
    model = counting.workspace(parameters=[{"name": "mu", "bounds": [bounds], "inits": [start]}])
    assert answer(model, "cls")["CLs_obs"] == pytest.approx(counting.cls(1.0), **FITTED)
    limit = answer(model, "limit")
    assert limit["status"] == "ok" and limit["poi_bounds"][0] == 0.0
    assert counting.cls(limit["observed"]) == pytest.approx(0.05, rel=1e-4)
    best = min(max(counting.mu_hat(), bounds[0]), bounds[1])  # a fit keeps the bounds of the file
    assert answer(model, "fit")["mle_parameters"]["mu"][0] == pytest.approx(best, rel=1e-6)


def test_a_background_that_cannot_be(answer):
    """A background of zero where events were seen: no fit at mu = 0 exists, and the answer says which."""
    result = answer(search([5.0], [0.0], [3]), "cls", code=3)
    assert result["CLs_obs"] is None and result["status"] != "ok" and "'SR'" in result["reason"]


def test_zero_background_and_no_events(answer):
    counting = Counting(5.0, 0.0, 0)
    limit = answer(counting.workspace(), "limit")
    # q = q_A = 10 mu, and CLs = 2 (1 - Phi(sqrt q)) = 0.05.
    assert limit["observed"] == pytest.approx(1.959963984540054**2 / 10, rel=1e-4)


# ---------------------------------------------------------------------- patchsets

@pytest.mark.parametrize("name", ["name", "values", "metadata"])
def test_a_patch_called_name(relume, tmp_path, name):
    """pyhf calls it a duplicate."""
    patchset = {"metadata": {"description": "d", "references": {"hepdata": "ins1234567"}, "labels": ["mass"], "digests": {"sha256": "0" * 64}},
                "patches": [{"metadata": {"name": name, "values": [1]}, "patch": [{"op": "remove", "path": "/x"}]}], "version": "1.0.0"}
    path = tmp_path / "patchset.json"
    path.write_text(json.dumps(patchset), encoding="utf-8")
    run = relume("patchset", "extract", path, "--name", name)
    assert run.returncode == 0 and json.loads(run.stdout) == patchset["patches"][0]["patch"]


def test_pruning_a_type_that_hides_behind_another(answer):
    """pyhf remembers one type per name [1144]."""
    model = search([3.0], [10.0], [12], [modifier("x", "histosys", {"lo_data": [9.0], "hi_data": [11.0]}), modifier("x", "normsys", {"lo": 0.9, "hi": 1.1})])
    for kind, left in (("histosys", "normsys"), ("normsys", "histosys")):
        pruned = answer(model, "prune", "-t", kind)
        background = next(s for s in pruned["channels"][0]["samples"] if s["name"] == "background")
        assert [m["type"] for m in background["modifiers"]] == [left]


def test_digests_of_large_and_small_numbers(run_on):
    """Python writes 1e-07 and 1e+22; integers stay integers."""
    pyhf = pytest.importorskip("pyhf", reason="pyhf, the peer of this test, is not installed")
    model = search([1e-7], [1e22], [12], parameters=[{"name": "mu", "bounds": [[0, 1e16]], "inits": [1.0]}])
    assert run_on(model, "digest").stdout == f"sha256:{pyhf.utils.digest(model)}\n"


def test_everything_is_finite_or_null(answer):
    """No NaN or Infinity in any output: it would not be JSON."""
    model = search([3.0], [10.0], [12])
    for command, arguments in [("nll", ["--set", "mu=-5"]), ("nll", ["--set", "mu=1e308"]), ("cls", ["--test-poi", "1e300"])]:
        run = answer(model, command, *arguments, code=3 if command == "nll" else 0)
        assert not any(isinstance(v, float) and not math.isfinite(v) for v in run.values())
