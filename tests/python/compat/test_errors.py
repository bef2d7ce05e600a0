# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What both refuse, with the same exceptions."""

import pytest
from differential import compare, ours, outcome, real
from specs import MU, WORKSPACES, sample


def built(m, name="everything"):
    w = m.Workspace(WORKSPACES[name])
    pdf = w.model()
    return w.data(pdf), pdf


CALLS = {
    "no poi for a test": lambda m: m.infer.hypotest(1.0, *built(m, "no parameter of interest")),
    "no poi for a fixed fit": lambda m: m.infer.mle.fixed_poi_fit(1.0, *built(m, "no parameter of interest")),
    "a fixed poi": lambda m: m.infer.hypotest(1.0, *built(m, "shapesys"), fixed_params=[True, False, False]),
    "a poi beyond its bound": lambda m: m.infer.hypotest(99.0, *built(m)),
    "a negative poi": lambda m: m.infer.hypotest(-1.0, *built(m)),
    "a start beyond its bound": lambda m: m.infer.mle.fit(*built(m, "shapesys"), init_pars=[20.0, 1.0, 1.0]),
    "too few bounds": lambda m: m.infer.mle.fit(*built(m, "shapesys"), par_bounds=[(0, 10), (0, 10)]),
    "too many bounds": lambda m: m.infer.hypotest(1.0, *built(m, "shapesys"), par_bounds=[(0, 10)] * 4),
    "too few bounds for minuit": lambda m: (m.set_backend("numpy", "minuit"), m.infer.mle.fit(*built(m, "shapesys"), par_bounds=[(0, 10), (0, 10)])),
    "too few starts": lambda m: m.infer.mle.fit(*built(m, "shapesys"), init_pars=[1.0]),
    "an unknown calculator": lambda m: m.infer.hypotest(1.0, *built(m), calctype="guess"),
    "an unknown statistic": lambda m: m.infer.hypotest(1.0, *built(m), test_stat="guess"),
    "an unknown argument": lambda m: m.infer.hypotest(1.0, *built(m), guess=1),
    "an unknown base distribution": lambda m: m.infer.hypotest(1.0, *built(m), calc_base_dist="guess"),
    "distributions first": lambda m: m.infer.calculators.AsymptoticCalculator(*built(m)).distributions(1.0),
    "an unknown fit option": lambda m: m.infer.mle.fit(*built(m), guess=1),
    "an unknown fit option of minuit": lambda m: (m.set_backend("numpy", "minuit"), m.infer.mle.fit(*built(m), guess=1)),
    "an unknown optimizer option": lambda m: m.optimize.scipy_optimizer(guess=1),
    "an unknown minuit option": lambda m: m.optimize.minuit_optimizer(guess=1),
    "gradients with numpy": lambda m: m.infer.mle.fit(*built(m), do_grad=True),
    "too few parameters": lambda m: built(m)[1].logpdf([1.0], built(m)[0]),
    "too many data": lambda m: built(m)[1].logpdf(built(m)[1].config.suggested_init(), built(m)[0] + [1.0]),
    "data of another model": lambda m: m.infer.mle.fit([1.0], built(m)[1]),
    "an unknown model option": lambda m: m.Workspace(WORKSPACES["everything"]).model(guess=1),
    "an unknown workspace option": lambda m: m.Workspace(WORKSPACES["everything"], guess=1),
    "an unknown interpolation": lambda m: m.interpolators.get(7),
    "an interpolation that does not apply": lambda m: m.Workspace(WORKSPACES["everything"]).model(modifier_settings={"normsys": {"interpcode": "code0"}}),
    "no parameters at all": lambda m: m.Model({"channels": [{"name": "c", "samples": [sample("s", [1.0])]}]}, poi_name=None),
    "no mu": lambda m: m.Model({"channels": [{"name": "c", "samples": [sample("s", [1.0], ("k", "normfactor", None))]}]}),
    "an unknown modifier": lambda m: m.Model({"channels": [{"name": "c", "samples": [sample("s", [1.0], ("k", "guess", None))]}]}),
    "an unknown modifier, unchecked": lambda m: m.Model({"channels": [{"name": "c", "samples": [sample("s", [1.0], ("k", "guess", None))]}]}, validate=False),
    "a key too many": lambda m: m.Model({"channels": [{"name": "c", "samples": [sample("s", [1.0], MU)]}], "guess": 1}),
    "no channels": lambda m: m.Model({"channels": []}),
    "no such schema": lambda m: m.schema.load_schema("1.0.0/guess.json"),
    "no such version": lambda m: m.Workspace(WORKSPACES["everything"], version="7.0.0"),
    "the wrong schema": lambda m: m.schema.validate(WORKSPACES["everything"], "model.json"),
    "a digest of what is no JSON": lambda m: m.utils.digest({1, 2}),
    "an unknown digest": lambda m: m.utils.digest({}, algorithm="guess"),
    "no number option": lambda m: m.utils.options_from_eqdelimstring(["a"]),
    "an unknown backend": lambda m: m.set_backend("guess"),
    "an unknown optimizer": lambda m: m.set_backend("numpy", "guess"),
    "an unknown precision": lambda m: m.set_backend("numpy", precision="16b"),
    "pytorch": lambda m: m.set_backend("pytorch"),
    "tensorflow": lambda m: m.set_backend("tensorflow"),
    "a confusing root name": lambda m: m.compat.interpret_rootname("gamma_x"),
    "enabling an event that is not disabled": lambda m: m.events.enable("guess") if hasattr(m, "events") else None,
    "an unknown type of tensor": lambda m: m.tensorlib.astensor([1.0], dtype="guess"),
    "a module attribute that is not there": lambda m: m.guess,
    "a scalar of several": lambda m: m.parameters.paramset(name="x", is_scalar=True, n_parameters=2, inits=[1, 1], bounds=[], fixed=False),
    "a measurement without poi": lambda m: m.Workspace({**WORKSPACES["everything"], "measurements": [{"name": "m", "config": {"parameters": []}}]}),
    "a limit on nothing": lambda m: m.infer.intervals.upper_limits.upper_limit(*built(m, "no parameter of interest")),
}


@pytest.mark.parametrize("what", CALLS)
def test_errors(what):
    if what == "enabling an event that is not disabled":
        import pyhf.events  # noqa: F401

        import relume.compat.pyhf.events  # noqa: F401
    compare(CALLS[what], raises=outcome(CALLS[what], real)[1])


def test_jax_is_refused_where_it_is_not_installed():
    try:
        import jax  # noqa: F401
    except ImportError:
        compare(lambda m: m.set_backend("jax"), raises="ImportBackendError")
        assert outcome(lambda m: m.set_backend("jax"), ours) == ("raises", "ImportBackendError")
    else:
        ours.set_backend("jax")
        assert ours.tensorlib.name == "jax"


def test_messages_are_pyhfs():
    for what in ("a poi beyond its bound", "too few parameters", "no poi for a test", "a fixed poi"):
        texts = []
        for m in (real, ours):
            with pytest.raises(Exception) as error:  # noqa: PT011 (which one it is, is tested above)
                CALLS[what](m)
            texts.append(str(error.value).split("\n")[0])
        assert texts[0] == texts[1]


def test_exceptions_have_pyhfs_names_and_bases():
    for name in real.exceptions.__all__:
        expected, found = getattr(real.exceptions, name), getattr(ours.exceptions, name)
        assert [c.__name__ for c in expected.__mro__] == [c.__name__ for c in found.__mro__]


def test_errors_on_errors_are_not_for_pyhf():
    document = {"channels": [{"name": "SR", "samples": [{"name": "signal", "data": [5.0], "modifiers": [
                    {"name": "mu", "type": "normfactor", "data": None}, {"name": "JES", "type": "normsys", "data": {"lo": 0.9, "hi": 1.1}}]}]}],
                "parameters": [{"name": "JES", "error_on_error": 0.3}]}
    with pytest.raises(ours.exceptions.InvalidModel, match="JES"):
        ours.Model(document, poi_name="mu")
