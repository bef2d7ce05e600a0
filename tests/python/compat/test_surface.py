# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Names: modules, what they say they offer, signatures, the tensor library, events."""

import importlib
import inspect

import numpy as np
import pytest
from differential import compare, ours

MODULES = [
    "", "compat", "constraints", "contrib", "contrib.utils", "events", "exceptions", "infer", "infer.calculators", "infer.intervals", "infer.intervals.upper_limits",
    "infer.mle", "infer.test_statistics", "infer.utils", "interpolators", "mixins", "modifiers", "optimize.common", "optimize.mixins", "optimize.opt_minuit",
    "optimize.opt_numpy", "optimize.opt_scipy", "parameters", "parameters.paramsets", "parameters.paramview", "parameters.utils", "patchset", "pdf",
    "probability", "readxml", "schema", "simplemodels", "tensor.common", "tensor.manager", "tensor.numpy_backend", "typing", "utils", "workspace", "writexml",
    "cli", "cli.cli", "cli.infer", "cli.spec", "cli.patchset", "cli.rootio", "cli.complete",
]


def both(name):
    dotted = f".{name}" if name else ""
    return importlib.import_module(f"pyhf{dotted}"), importlib.import_module(f"relume.compat.pyhf{dotted}")


@pytest.mark.parametrize("name", MODULES)
def test_modules_offer_what_pyhfs_do(name):
    expected, found = both(name)
    assert set(getattr(expected, "__all__", [])) == set(getattr(found, "__all__", []))
    for attribute in getattr(expected, "__all__", []):
        if "." not in attribute:
            assert hasattr(found, attribute)
    if "__dir__" in vars(expected):
        assert set(dir(found)) == set(dir(expected))


CALLABLES = [
    ("", "Model"), ("", "Workspace"), ("", "PatchSet"), ("", "set_backend"), ("", "get_backend"), ("infer", "hypotest"), ("infer.mle", "fit"),
    ("infer.mle", "fixed_poi_fit"), ("infer.mle", "twice_nll"), ("infer.calculators", "generate_asimov_data"), ("infer.calculators", "AsymptoticCalculator"),
    ("infer.calculators", "ToyCalculator"), ("infer.calculators", "AsymptoticTestStatDistribution"), ("infer.calculators", "EmpiricalDistribution"),
    ("infer.test_statistics", "q0"), ("infer.test_statistics", "qmu"), ("infer.test_statistics", "qmu_tilde"), ("infer.test_statistics", "tmu"),
    ("infer.test_statistics", "tmu_tilde"), ("infer.intervals.upper_limits", "upper_limit"), ("infer.intervals.upper_limits", "toms748_scan"),
    ("infer.intervals.upper_limits", "linear_grid_scan"), ("infer.intervals", "upperlimit"), ("infer.utils", "create_calculator"), ("infer.utils", "get_test_stat"),
    ("simplemodels", "uncorrelated_background"), ("simplemodels", "correlated_background"), ("schema", "validate"), ("schema", "load_schema"), ("utils", "digest"),
    ("utils", "citation"), ("utils", "options_from_eqdelimstring"), ("interpolators", "get"), ("optimize.common", "shim"), ("probability", "Simultaneous"),
    ("probability", "Independent"), ("probability", "Poisson"), ("probability", "Normal"), ("parameters", "ParamViewer"),
    ("parameters", "reduce_paramsets_requirements"), ("readxml", "parse"), ("writexml", "writexml"), ("contrib.utils", "download"),
]
METHODS = {
    "Model": ["logpdf", "pdf", "expected_data", "expected_actualdata", "expected_auxdata", "mainlogpdf", "constraint_logpdf", "make_pdf"],
    "Workspace": ["model", "data", "get_measurement", "prune", "rename", "combine", "sorted", "build"],
    "PatchSet": ["verify", "apply"],
}


def parameters(function):
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values() if p.kind is not p.VAR_KEYWORD]


@pytest.mark.parametrize(("module", "name"), CALLABLES)
def test_signatures(module, name):
    expected, found = (getattr(m, name) for m in both(module))
    assert parameters(found) == parameters(expected)
    for method in METHODS.get(name, []):
        assert parameters(getattr(found, method)) == parameters(getattr(expected, method))


@pytest.mark.parametrize("attribute", ["__version__", "__all__"])
def test_module_attributes(attribute):
    compare(lambda m: getattr(m, attribute))


A = np.array([[0.5, 1.5], [2.5, 3.5]])
TENSOR_CALLS = {
    "abs": (-A,), "astensor": ([1, 2], "float"), "boolean_mask": (A, A > 1), "clip": (A, 1.0, 3.0), "concatenate": ([A, A], 1), "divide": (A, A + 1),
    "einsum": ("ij,ij->i", A, A), "erf": (A,), "erfinv": (A / 10,), "exp": (A,), "gather": (A, np.array([1])), "isfinite": (A,), "log": (A,),
    "normal": (A, 1.0, 2.0), "normal_cdf": (A, 1.0, 2.0), "normal_logpdf": (A, 1.0, 2.0), "ones": ((2, 3),), "outer": (A[0], A[1]), "percentile": (A, 30.0),
    "poisson": (A, 2.0), "poisson_logpdf": (A, 2.0), "power": (A, 2.0), "product": (A, 0), "ravel": (A,), "reshape": (A, (4,)), "shape": (A,),
    "simple_broadcast": (A, A[0]), "sqrt": (A,), "stack": ([A, A],), "sum": (A, 0), "tile": (A, (2, 1)), "to_numpy": (A,), "tolist": (A,), "transpose": (A,),
    "where": (A > 1, A, -A), "zeros": ((2,), "int"), "conditional": (True, lambda: 1.0, lambda: 2.0),
}


@pytest.mark.parametrize("function", TENSOR_CALLS)
def test_tensor_library(function):
    compare(lambda m: getattr(m.tensorlib, function)(*TENSOR_CALLS[function]))


@pytest.mark.parametrize("precision", ["32b", "64b"])
def test_precision(precision):
    def answer(m):
        m.set_backend("numpy", precision=precision)
        return m.tensorlib.precision, str(m.tensorlib.astensor([1.0]).dtype), str(m.tensorlib.ones(2, dtype="int").dtype)

    compare(answer)


@pytest.mark.parametrize("backend", ["numpy", b"numpy", "NUMPY", "object"])
def test_choosing_backends(backend):
    def answer(m):
        m.set_backend(m.tensorlib if backend == "object" else backend, m.optimize.minuit_optimizer(strategy=2, tolerance=0.01, maxiter=7, verbose=0))
        o = m.optimizer
        return m.get_backend()[0].name, o.name, o.strategy, o.tolerance, o.maxiter, m.get_backend(default=True)[1].name

    compare(answer)


def test_distributions():
    def answer(m):
        np.random.seed(3)
        t = m.tensorlib
        return t.poisson_dist(A).log_prob(A), t.normal_dist(A, A).log_prob(A), t.poisson_dist(A).sample((3,)), t.normal_dist(A, A).sample((3,))

    compare(answer)


@pytest.mark.parametrize("code", [0, 1, 2, 4, "4p"])
@pytest.mark.parametrize("tensorized", [True, False])
def test_interpolators(code, tensorized):
    rng = np.random.default_rng(4)
    histograms, alphas = rng.uniform(1.0, 10.0, (3, 2, 3, 4)), rng.uniform(-1.0 if code == 2 else -3.0, 3.0, (3, 5))
    compare(lambda m: m.interpolators.get(code, tensorized)(histograms.tolist())(alphas))


#: pyhf calls listeners that have died.
ALIVE = []


def test_events():
    def answer(m):
        events = importlib.import_module(f"{m.__name__}.events")
        heard = []

        class Listener:
            def hear(self, *what):
                heard.append(("method", *what))

        def hear(*what):
            heard.append(("function", *what))

        listener = Listener()
        events.subscribe("something")(listener.hear)
        events.subscribe("something")(hear)
        events.trigger("something")(1)
        del listener
        events.trigger("something")(2)
        events.disable("something")
        events.trigger("something")(3)
        events.enable("something")
        changed = []

        def change():
            changed.append(m.tensorlib.precision)

        ALIVE.extend([change, hear])
        events.subscribe("tensorlib_changed")(change)
        m.set_backend("numpy", precision="32b")
        m.set_backend("numpy", precision="32b")
        return heard, changed, len(events.trigger("something")), events.trigger("nothing") is events.noop

    compare(answer)


def test_param_viewer():
    par_map = {"hello": {"slice": slice(0, 2)}, "world": {"slice": slice(5, 7)}}
    pars = [1.0, 2, 3, 4, 5, 6, 7]
    batch = np.array([pars, pars])

    def answer(m):
        flat = m.parameters.ParamViewer((7,), par_map, ["hello", "world"])
        many = m.parameters.ParamViewer((2, 7), par_map, ["world", "hello"])
        return (flat.get(m.tensorlib.astensor(pars)), np.asarray(flat.index_selection), many.get(batch), np.asarray(many.index_selection),
                m.parameters.ParamViewer((7,), par_map, []).get(np.array(pars)))

    compare(answer)


def test_root_names():
    for name in ("Lumi", "alpha_x", "gamma_x_3", "mu"):
        compare(lambda m, n=name: m.compat.interpret_rootname(n))

    def answer(m):
        pdf = m.simplemodels.uncorrelated_background([1.0, 2.0], [10.0, 11.0], [1.0, 2.0])
        return [m.compat.paramset_to_rootnames(pdf.config.param_set(n)) for n in pdf.config.par_order]

    compare(answer)


@pytest.mark.parametrize("options", [["a=1", "b=2.5", "c=text"], ["x=[1, 2]"], ["maxiter=200"]], ids=str)
def test_options(options):
    compare(lambda m: m.utils.options_from_eqdelimstring(options))


def test_a_schema_of_ones_own(tmp_path):
    from specs import WORKSPACES

    folder = tmp_path / "1.0.0"
    folder.mkdir()
    for name in ("defs", "workspace", "measurement", "model"):
        (folder / f"{name}.json").write_text((ours.schema.path / "1.0.0" / f"{name}.json").read_text())

    def answer(m):
        with m.schema(tmp_path):
            inside = m.schema.path == tmp_path
            m.Workspace(WORKSPACES["everything"])
        return inside, m.schema.path == tmp_path, m.schema.version

    compare(answer)


@pytest.mark.parametrize("options", [{}, {"components": True}, {"components": True, "no_clb": True}, {"no_cls": True, "components": True}, {"test_size": 0.1}], ids=str)
def test_brazil_bands(options):
    matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    matplotlib.use("agg")
    from matplotlib.figure import Figure

    importlib.import_module("pyhf.contrib.viz.brazil")
    importlib.import_module("relume.compat.pyhf.contrib.viz.brazil")
    pois = np.linspace(0.5, 5.0, 6)  # at 0 CLs is 1, up to the noise of a minimiser

    def answer(m):
        brazil = importlib.import_module(f"{m.__name__}.contrib.viz.brazil")
        pdf = m.simplemodels.uncorrelated_background([12.0, 11.0], [50.0, 52.0], [3.0, 7.0])
        tests = [m.infer.hypotest(poi, [51.0, 48.0, *pdf.config.auxdata], pdf, return_expected_set=True, return_tail_probs=True) for poi in pois]
        if not options.get("components"):
            tests = [(test[0], test[2]) for test in tests]
        drawn = brazil.plot_results(pois, tests, ax=Figure().subplots(), **options)
        lines = [None if line is None else np.asarray(line.get_ydata(), dtype=float) for line in (drawn.cls_obs, drawn.clsb, drawn.clb, drawn.test_size)]
        return lines, drawn._fields, sorted(drawn.axes.get_legend_handles_labels()[1]), drawn.axes.get_xlabel(), drawn.axes.get_ylim()

    compare(answer, 1e-4)


def test_brazil_components_need_tail_probabilities():
    def answer(m):
        return importlib.import_module(f"{m.__name__}.contrib.viz.brazil").plot_results([1.0], [(0.1, [0.1] * 5)], ax=object(), components=True)

    compare(answer, raises="ValueError")
