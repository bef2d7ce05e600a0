# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Fits, tests and limits."""

import importlib
import json
import logging

import numpy as np
import pytest
import scipy.optimize
from differential import FITTED, compare, ours, outcome, real
from specs import TESTABLE, WORKSPACES

OPTIMIZERS = ["scipy", "minuit"]


def built(module, name, **options):
    workspace = module.Workspace(WORKSPACES[name])
    pdf = workspace.model(**options)
    return workspace.data(pdf), pdf


@pytest.mark.parametrize("name", WORKSPACES)
def test_fits(name):
    # pyhf stops within 1e-6 in 2 NLL: parameters of which it knows little are off by its square root.
    compare(lambda m: m.infer.mle.fit(*built(m, name)), 1e-3)
    compare(lambda m: m.infer.mle.fit(*built(m, name), return_fitted_val=True)[1], FITTED)


@pytest.mark.parametrize("poi", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("name", TESTABLE)
def test_fits_at_a_fixed_signal(name, poi):
    impossible = not poi and "empty bin" in name  # which the data are not, and without signal nothing is expected there
    compare(lambda m: m.infer.mle.fixed_poi_fit(poi, *built(m, name), return_fitted_val=True)[1], FITTED, raises="FailedMinimization" if impossible else False)
    if not impossible:
        found = ours.infer.mle.fixed_poi_fit(poi, *built(ours, name))
        assert found[built(ours, name)[1].config.poi_index] == poi


@pytest.mark.parametrize("name", WORKSPACES)
def test_no_fit_is_worse_than_pyhfs(name):
    values = [float(m.infer.mle.fit(*built(m, name), return_fitted_val=True)[1]) for m in (real, ours)]
    assert values[1] <= values[0] + 1e-9


@pytest.mark.parametrize("options", [
    {"return_expected": True}, {"return_expected_set": True}, {"return_expected": True, "return_expected_set": True}, {"return_tail_probs": True},
    {"return_tail_probs": True, "return_expected": True, "return_expected_set": True}, {},
], ids=lambda options: "+".join(options) or "plain")
@pytest.mark.parametrize("test_stat", ["qtilde", "q", "q0"])
@pytest.mark.parametrize("name", ["counting", "shapesys", "everything"])
def test_flags_of_hypotest(name, test_stat, options):
    poi = 0.0 if test_stat == "q0" else 1.3
    compare(lambda m: m.infer.hypotest(poi, *built(m, name), test_stat=test_stat, **options), 3e-5)


@pytest.mark.parametrize("poi", [0.5, 2.0, 4.0])
@pytest.mark.parametrize("name", TESTABLE)
def test_hypotest(name, poi):
    raises = "FailedMinimization" if "empty bin" in name else False  # as above: the background alone has to be fitted
    # At its usual tolerance pyhf is off by up to 4e-4 here (a fit of the Asimov data that stops early).
    real.set_backend("numpy", real.optimize.scipy_optimizer(tolerance=1e-12))
    compare(lambda m: m.infer.hypotest(poi, *built(m, name), return_expected_set=True, return_tail_probs=True), FITTED, 1e-8,
            raises=raises)


@pytest.mark.parametrize("test_stat", ["q", "qtilde"])
def test_hypotest_with_negative_signals(test_stat):
    compare(lambda m: m.infer.hypotest(1.0, *built(m, "negative signal allowed"), test_stat=test_stat, return_expected_set=True), 1e-4)


@pytest.mark.parametrize("name", [name for name in TESTABLE if "empty bin" not in name])  # which pyhf cannot fit at mu = 0, and so raises
def test_both_ways_to_compute_a_test_agree(name):
    data, pdf = built(ours, name)
    whole = ours.infer.hypotest(1.5, data, pdf, return_expected_set=True)
    *stepwise, calculator = ours.infer.hypotest(1.5, data, pdf, return_expected_set=True, return_calculator=True)
    np.testing.assert_allclose(np.hstack([whole[0], whole[1]]), np.hstack([stepwise[0], stepwise[1]]), rtol=1e-7)
    assert calculator.sqrtqmuA_v is not None


@pytest.mark.parametrize("how", ["fixed", "bounds", "inits", "fixed and inits", "arrays"])
def test_customised_hypotest(how):
    def answer(m):
        data, pdf = built(m, "everything")
        init, bounds, fixed = pdf.config.suggested_init(), pdf.config.suggested_bounds(), pdf.config.suggested_fixed()
        i = pdf.config.par_slice("n1").start
        if "fixed" in how:
            fixed[i] = True
        if "inits" in how:
            init[i] = 0.4
        if how == "bounds":
            bounds[i] = (-0.5, 0.2)
        return m.infer.hypotest(1.0, data, pdf, init_pars=init, par_bounds=bounds, fixed_params=fixed, return_expected_set=True)

    compare(answer, 1e-4)


def test_arrays_as_arguments():
    # Differs from pyhf: its "init_pars or ..." refuses them.
    data, pdf = built(ours, "shapesys")
    x = ours.infer.mle.fit(data, pdf, init_pars=np.array(pdf.config.suggested_init()))
    np.testing.assert_allclose(x, ours.infer.mle.fit(data, pdf), rtol=1e-9)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_data_of_one_row(optimizer):
    def answer(m, call):
        m.set_backend("numpy", optimizer)
        data, pdf = built(m, "shapesys")
        return call(m, np.array([data]), pdf)

    compare(lambda m: answer(m, lambda m, data, pdf: m.infer.mle.fit(data, pdf, return_fitted_val=True)[1]), FITTED)
    compare(lambda m: answer(m, lambda m, data, pdf: m.infer.mle.fit(data, pdf)), 1e-2)
    compare(lambda m: answer(m, lambda m, data, pdf: m.infer.hypotest(1.0, data, pdf, return_expected_set=True)), 1e-3)


@pytest.mark.parametrize("options", [{}, {"return_calculator": True}], ids=["whole", "one by one"])
def test_signals_that_q0_does_not_test_are_warned_of(options, caplog):
    counts = []
    for m in (real, ours):
        with caplog.at_level(logging.WARNING, "pyhf"):
            m.infer.hypotest(1.0, *built(m, "shapesys"), test_stat="q0", **options)
            m.infer.hypotest(0.0, *built(m, "shapesys"), test_stat="q0", **options)
        counts.append([r.name for r in caplog.records if "Setting mu=0" in r.getMessage()])
        caplog.clear()
    assert counts[0] == counts[1] and counts[0]


def test_bounds_as_arrays_in_limits():
    # Differs from pyhf, as above.
    data, pdf = built(ours, "shapesys")
    bounds = np.array(pdf.config.suggested_bounds())
    upper_limit = ours.infer.intervals.upper_limits.upper_limit
    np.testing.assert_allclose(upper_limit(data, pdf, par_bounds=bounds)[0], upper_limit(data, pdf)[0], rtol=1e-9)
    np.testing.assert_allclose(upper_limit(data, pdf, par_bounds=bounds, scan=[1.0, 2.0, 3.0])[0], upper_limit(data, pdf, scan=[1.0, 2.0, 3.0])[0])


def with_changed_bounds(module, name, bounds):
    data, pdf = built(module, "shapesys")
    pdf.config.param_set(name).suggested_bounds = bounds
    return data, pdf


@pytest.mark.parametrize("call", [
    lambda m, data, pdf: m.infer.hypotest(1.0, data, pdf, return_expected_set=True),
    lambda m, data, pdf: m.infer.hypotest(1.0, data, pdf, return_expected_set=True, return_tail_probs=True, par_bounds=[]),
    lambda m, data, pdf: m.infer.intervals.upper_limits.upper_limit(data, pdf),
    lambda m, data, pdf: m.infer.intervals.upper_limits.upper_limit(data, pdf, scan=np.linspace(0.5, 4.0, 8)),
], ids=["hypotest", "no bounds given", "limit", "scan"])
def test_bounds_changed_on_the_model_count(call):
    found = compare(lambda m: call(m, *with_changed_bounds(m, "u", [(0.999, 1.001)] * 2)), 2e-4)
    unchanged = call(ours, *built(ours, "shapesys"))
    assert abs(np.ravel(np.asarray(found, dtype=object))[0] - np.ravel(np.asarray(unchanged, dtype=object))[0]) > 0.01


@pytest.mark.parametrize("call", [lambda m, data, pdf: m.infer.hypotest(0.05, data, pdf), lambda m, data, pdf: m.infer.mle.fit(data, pdf),
                                  lambda m, data, pdf: m.infer.intervals.upper_limits.upper_limit(data, pdf)], ids=["hypotest", "fit", "limit"])
def test_a_start_outside_of_changed_bounds_is_an_error(call):
    for m in (real, ours):
        assert outcome(lambda m: call(m, *with_changed_bounds(m, "mu", [(0.0, 0.1)])), m) == ("raises", "ValueError")


@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize("statistic", ["q0", "qmu", "qmu_tilde", "tmu", "tmu_tilde"])
@pytest.mark.parametrize("name", ["shapesys", "negative signal allowed", "everything"])
def test_test_statistics(name, statistic, fitted):
    def answer(m):
        data, pdf = built(m, name)
        c = pdf.config
        value = getattr(m.infer.test_statistics, statistic)(0.0 if statistic == "q0" else 1.7, data, pdf, c.suggested_init(), c.suggested_bounds(),
                                                            c.suggested_fixed(), return_fitted_pars=fitted)
        return value if not fitted else (value[0], len(value[1]), value[1][0].shape)

    compare(answer, FITTED)


@pytest.mark.parametrize("base", ["normal", "clipped_normal"])
@pytest.mark.parametrize("test_stat", ["q", "qtilde", "q0"])
def test_asymptotic_calculator(test_stat, base):
    def answer(m):
        data, pdf = built(m, "shapesys")
        calculator = m.infer.calculators.AsymptoticCalculator(data, pdf, test_stat=test_stat, calc_base_dist=base)
        statistic = calculator.teststatistic(0.0 if test_stat == "q0" else 1.2)
        both = calculator.distributions(1.2)
        return (statistic, calculator.sqrtqmuA_v, calculator.pvalues(statistic, *both), calculator.expected_pvalues(*both), both[0].cdf(0.3),
                both[1].expected_value(1), calculator.fitted_pars.asimov_pars.shape, both[0].shift, both[0].cutoff)

    compare(answer, 1e-4)


@pytest.mark.parametrize("mu", [0.0, 1.0])
@pytest.mark.parametrize("name", ["shapesys", "everything"])
def test_asimov_data(name, mu):
    compare(lambda m: m.infer.calculators.generate_asimov_data(mu, *built(m, name), None, None, None), 1e-3)


@pytest.mark.parametrize("test_stat", ["q", "qtilde", "q0"])
def test_toys(test_stat):
    def answer(m):
        np.random.seed(5)
        data, pdf = built(m, "shapesys")
        return m.infer.hypotest(0.0 if test_stat == "q0" else 1.0, data, pdf, calctype="toybased", ntoys=60, track_progress=False, test_stat=test_stat,
                                return_expected_set=True, return_tail_probs=True)

    # The same toys: which side of the observed statistic one falls on only noise of the minimiser can change.
    compare(answer, 0.02, 0.02)


def test_ties_of_toys_count():
    # Differs from pyhf: there q0 of data below the background is 1e-7, and toys of q0 = 0 are less than that.
    document = {**WORKSPACES["counting"], "observations": [{"name": "c", "data": [45.0]}]}
    workspace = ours.Workspace(document)
    pdf = workspace.model()
    np.random.seed(1)
    p = ours.infer.hypotest(0.0, workspace.data(pdf), pdf, test_stat="q0", calctype="toybased", ntoys=30, track_progress=False)
    assert float(p) == 1.0


def test_one_iteration_may_be_enough():
    # Differs from pyhf: SLSQP needs several.
    data, pdf = built(ours, "counting")
    np.testing.assert_allclose(ours.infer.mle.fit(data, pdf, maxiter=1), [0.6, 1.0], rtol=1e-6)
    assert outcome(lambda m: m.infer.mle.fit(*built(m, "counting"), maxiter=1), real) == ("raises", "FailedMinimization")


def test_toy_calculator():
    def answer(m):
        np.random.seed(5)
        data, pdf = built(m, "everything")
        calculator = m.infer.calculators.ToyCalculator(data, pdf, ntoys=15, track_progress=False)
        both = calculator.distributions(1.0)
        statistic = calculator.teststatistic(1.0)
        return both[0].samples, both[1].samples, statistic, both[0].pvalue(0.5), both[1].expected_value(0)

    compare(answer, 1e-4, 1e-4)


@pytest.mark.parametrize("level", [0.05, 0.1])
@pytest.mark.parametrize("name", ["counting", "shapesys", "everything"])
def test_limits_on_a_grid(name, level):
    scan = np.linspace(0.1, 8.0, 12)
    compare(lambda m: m.infer.intervals.upper_limits.upper_limit(*built(m, name), scan=scan, level=level), 1e-4)
    found = ours.infer.intervals.upper_limits.upper_limit(*built(ours, name), scan=scan, return_results=True)
    assert len(found[2][1]) == 12


@pytest.mark.parametrize("name", ["counting", "shapesys", "everything"])
def test_limits_by_root_finding(name):
    compare(lambda m: m.infer.intervals.upper_limits.upper_limit(*built(m, name)), 2e-4)
    compare(lambda m: m.infer.intervals.upper_limits.toms748_scan(*built(m, name), 0.5, 9.0, rtol=1e-8), 1e-4)


def test_the_level_counts_and_brackets_may_grow():
    # Differs from pyhf: its root finding ignores the level, and fails beyond the bound of the signal strength.
    data, pdf = built(ours, "shapesys")
    upper_limit = ours.infer.intervals.upper_limits.upper_limit
    assert upper_limit(data, pdf, level=0.32)[0] < upper_limit(data, pdf)[0]
    document = {**WORKSPACES["shapesys"], "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": [{"name": "mu", "bounds": [[0, 1.5]]}]}}]}
    workspace = ours.Workspace(document)
    narrow = workspace.model()
    assert upper_limit(workspace.data(narrow), narrow)[0] == pytest.approx(upper_limit(data, pdf)[0], rel=1e-4)


def test_the_old_name_of_upper_limit():
    with pytest.deprecated_call():
        compare(lambda m: m.infer.intervals.upperlimit(*built(m, "shapesys"), scan=np.linspace(0.1, 5.0, 8)), 1e-4)


@pytest.mark.parametrize("name", TESTABLE)
def test_minuit_uncertainties_and_correlations(name):
    def answer(m):
        m.set_backend("numpy", "minuit")
        parameters, correlations, value, result = m.infer.mle.fit(*built(m, name), return_uncertainties=True, return_correlations=True,
                                                                  return_fitted_val=True, return_result_obj=True)
        return parameters.shape, np.asarray(correlations).shape, value, sorted(result.minuit.parameters), list(result.minuit.fixed)

    compare(answer, 1e-4)
    pairs = []
    for m in (real, ours):
        m.set_backend("numpy", m.optimize.minuit_optimizer(tolerance=1e-4))
        pairs.append(m.infer.mle.fit(*built(m, name), return_uncertainties=True, return_correlations=True))
    np.testing.assert_allclose(pairs[1][0], pairs[0][0], rtol=0.02, atol=5e-3)
    np.testing.assert_allclose(np.asarray(pairs[1][1]), np.asarray(pairs[0][1]), atol=0.05)


def test_uncertainties_where_minuit_does_not_recognise_the_minimum(monkeypatch):
    """Not left out: from the inverse Hessian, or, without one, no answer at all."""
    data, pdf = built(ours, "shapesys")
    options = {"return_uncertainties": True, "return_correlations": True, "return_result_obj": True}
    ours.set_backend("numpy", "minuit")
    expected, correlations, _ = ours.infer.mle.fit(data, pdf, **options)
    from relume.compat.pyhf.optimize import opt_minuit

    monkeypatch.setattr(opt_minuit.iminuit.Minuit, "valid", property(lambda self: False))
    found, found_correlations, result = ours.infer.mle.fit(data, pdf, **options)
    assert result.success and "inverse Hessian" in result.message
    # The signal is half an uncertainty above its bound, where Minuit's internal coordinate, and so its HESSE, is curved: 4 %.
    np.testing.assert_allclose(found, expected, rtol=0.06)
    np.testing.assert_allclose(found_correlations, correlations, atol=0.05)
    monkeypatch.setattr(opt_minuit, "_covariance", lambda *arguments: None)
    assert outcome(lambda m: m.infer.mle.fit(data, pdf, **options), ours) == ("raises", "FailedMinimization")


def test_uncertainties_of_a_published_search(shared):
    """3L eRJR: a minimum that Minuit, started at it, does not call valid."""
    folder = shared / "data" / "histfactory-json" / "ATLAS-SUSY-2018-06_3LeRJR"
    patches = ours.PatchSet(json.loads((folder / "patchset.json").read_text()))
    document = patches["ERJR_200p0_50p0"].apply(json.loads((folder / "BkgOnly.json").read_text()))

    def answer(m):
        m.set_backend("numpy", "minuit")
        workspace = m.Workspace(document)
        pdf = workspace.model()
        return m.infer.mle.fit(workspace.data(pdf), pdf, return_uncertainties=True, return_correlations=True)

    (expected, expected_correlations), (found, found_correlations) = answer(real), answer(ours)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found[:, 1], expected[:, 1], rtol=0.02)
    np.testing.assert_allclose(found_correlations, expected_correlations, atol=0.02)


def test_a_live_minuit_object():
    ours.set_backend("numpy", "minuit")
    data, pdf = built(ours, "everything")
    _, result = ours.infer.mle.fit(data, pdf, return_result_obj=True)
    assert result.minuit.valid
    result.minuit.minos("mu")
    assert result.minuit.merrors["mu"].is_valid
    assert result.minuit.fval == pytest.approx(float(result.fun), abs=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("options", [{}, {"return_fitted_val": True}, {"return_correlations": True}, {"return_uncertainties": True},
                                     {"return_fitted_val": True, "return_uncertainties": True, "return_correlations": True}], ids=str)
def test_what_fits_return(optimizer, options):
    def answer(m):
        m.set_backend("numpy", optimizer)
        returned = m.infer.mle.fit(*built(m, "shapesys"), **options)
        return [None if r is None else np.shape(r) for r in (returned if isinstance(returned, tuple) else (returned,))]

    compare(answer)


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B"])
def test_inverse_hessians(method):
    data, pdf = built(ours, "shapesys")
    _, value, result = ours.infer.mle.fit(data, pdf, return_fitted_val=True, return_result_obj=True, method=method)
    inverse = result.hess_inv if method == "BFGS" else result.hess_inv.todense()
    assert result.x.shape == (3,)
    step = np.sqrt(2.0 * inverse[0, 0])  # one sigma: hess_inv is that of -2 ln L
    raised = ours.infer.mle.fixed_poi_fit(result.x[0] + step, data, pdf, return_fitted_val=True)[1]
    assert float(raised - value) == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("stitch", [False, True])
def test_fits_of_things_that_only_look_like_models(optimizer, stitch):
    def answer(m):
        class Config:
            poi_index, npars = 0, 2
            suggested_init = staticmethod(lambda: [1.0, 0.5])
            suggested_bounds = staticmethod(lambda: [(-10.0, 10.0), (-5.0, 5.0)])
            suggested_fixed = staticmethod(lambda: [False, False])

        class Pdf:
            config = Config()

            def logpdf(self, pars, data):
                return np.asarray([-0.5 * ((data[0] - pars[0] - pars[1]) ** 2 + pars[1] ** 2 / 0.25)])

            def expected_data(self, pars):
                return np.asarray([pars[0] + pars[1]])

        m.set_backend("numpy", optimizer)
        free = m.infer.mle.fit([3.0], Pdf(), do_stitch=stitch)
        held = m.infer.mle.fixed_poi_fit(1.0, [3.0], Pdf(), do_stitch=stitch)
        return free, held, m.infer.hypotest(1.0, [3.0], Pdf(), test_stat="q")

    compare(answer, 1e-3)


def own_optimizer(m, minimizer):
    """Built on the mixin, as other packages do."""

    class Own(importlib.import_module(f"{m.__name__}.optimize.mixins").OptimizerMixin):
        __slots__ = ["name"]

        def __init__(self, *args, **kwargs):
            self.name = "own"
            super().__init__(*args, **kwargs)

        def _get_minimizer(self, *args, **kwargs):
            return minimizer

        def _minimize(self, minimizer, func, x0, do_grad=False, bounds=None, fixed_vals=None, options=None):
            held = [{"type": "eq", "fun": lambda x, i=i, v=v: x[i] - v} for i, v in fixed_vals or []]
            return minimizer(func, x0, method="SLSQP", bounds=bounds, constraints=held)

    return Own()


def subclass(m, minimizer):
    """Of the optimizer "scipy", with another minimiser."""

    class Derived(m.optimize.scipy_optimizer):
        def _get_minimizer(self, *args, **kwargs):
            return minimizer

    return Derived()


def object_with_its_own(m, minimizer):
    optimizer = subclass(m, minimizer)
    shipped = type("Plain", (m.optimize.scipy_optimizer,), {})()
    shipped._get_minimizer = optimizer._get_minimizer
    return shipped


@pytest.mark.parametrize("optimizer", [own_optimizer, subclass, object_with_its_own])
def test_optimizers_of_others_do_the_work(optimizer):
    def answer(m, call):
        calls = []

        def minimizer(*args, **kwargs):
            calls.append(args)
            return scipy.optimize.minimize(*args, **kwargs)

        m.set_backend("numpy", optimizer(m, minimizer))
        return call(m, *built(m, "shapesys")), len(calls) > 0

    for call in (lambda m, *model: m.infer.mle.fit(*model), lambda m, *model: m.infer.hypotest(1.0, *model)):
        assert compare(lambda m, call=call: answer(m, call), 1e-3)[1]


def test_the_shim():
    data, pdf = built(ours, "shapesys")
    c = pdf.config
    arguments, stitch = ours.optimize.common.shim(ours.infer.mle.twice_nll, data, pdf, c.suggested_init(), c.suggested_bounds(), None, False, False)
    assert arguments["func"](c.suggested_init()) == pytest.approx(-2.0 * pdf.logpdf(c.suggested_init(), data)[0])
    arguments, stitch = ours.optimize.common.shim(ours.infer.mle.twice_nll, data, pdf, c.suggested_init(), c.suggested_bounds(), [(0, 2.0)], False, True)
    np.testing.assert_allclose(stitch(np.array([1.1, 1.2])), [2.0, 1.1, 1.2])
    assert len(arguments["x0"]) == 2


def test_fits_of_what_is_no_number():
    assert outcome(lambda m: m.infer.mle.fit([np.nan, *built(m, "shapesys")[0][1:]], built(m, "shapesys")[1]), ours) == ("raises", "FailedMinimization")
