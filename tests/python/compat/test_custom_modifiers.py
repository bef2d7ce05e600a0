# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Modifiers that neither pyhf nor relume has, through the protocol of builders and appliers."""

import numpy as np
import pytest
from differential import compare, ours
from specs import LUMI, MU, sample


def quadratic_set(m):
    """A signal that goes with the square of its parameter."""

    class Builder:
        is_shared = True

        def __init__(self, config):
            self.config = config
            self.masks = {}
            self.required_parsets = {}

        def append(self, key, channel, sample_name, thismod, defined_sample):
            mask = self.masks.setdefault(key, {}).setdefault(sample_name, [])
            mask += [thismod is not None] * self.config.channel_nbins[channel]
            if thismod:
                self.required_parsets.setdefault(thismod["name"], [{
                    "paramset_type": "unconstrained", "n_parameters": 1, "is_scalar": True, "inits": (1.0,), "bounds": ((0.0, 5.0),), "fixed": False}])

        def finalize(self):
            return self.masks

    class Applier:
        name = "quadratic"
        op_code = "multiplication"

        def __init__(self, modifiers, pdfconfig, builder_data, batch_size=None):
            self.names = [name for name, _ in modifiers]
            self.masks = np.array([[[builder_data[f"{t}/{n}"][s]] for s in pdfconfig.samples] for n, t in modifiers])
            self.viewer = m.parameters.ParamViewer((pdfconfig.npars,), pdfconfig.par_map, self.names)

        def apply(self, pars):
            if not self.names:
                return None
            tensorlib, _ = m.get_backend()
            values = tensorlib.reshape(self.viewer.get(pars), (-1, 1, 1, 1)) ** 2
            return tensorlib.where(self.masks, values, tensorlib.ones(self.masks.shape))

    return {**m.modifiers.histfactory_set, "quadratic": (Builder, Applier)}


SPEC = {
    "channels": [
        {"name": "sr", "samples": [sample("signal", [5.0, 9.0], ("c", "quadratic", None), ("lumi", "lumi", None)),
                                   sample("b", [50.0, 60.0], ("u", "shapesys", [5.0, 6.0]), ("n", "normsys", {"lo": 0.9, "hi": 1.1}))]},
        {"name": "cr", "samples": [sample("b", [100.0], ("n", "normsys", {"lo": 0.95, "hi": 1.04}), ("s", "staterror", [4.0]))]},
    ],
    "parameters": [LUMI],
}
DATA = [107.0, 57.0, 73.0]


def built(m, **options):
    pdf = m.Model(SPEC, modifier_set=quadratic_set(m), validate=False, poi_name="c", **options)
    return DATA + pdf.config.auxdata, pdf


def test_rates_and_densities():
    def answer(m):
        data, pdf = built(m)
        x = np.array(pdf.config.suggested_init()) * 1.1 + 0.05
        return pdf.config.par_names, pdf.config.suggested_bounds(), pdf.expected_data(x), pdf.logpdf(x, data), pdf.main_model.expected_data(x, return_by_sample=True)

    compare(answer)
    assert built(ours)[1]._engine is None


@pytest.mark.parametrize("optimizer", ["scipy", "minuit"])
def test_inference(optimizer):
    def answer(m):
        m.set_backend("numpy", optimizer)
        data, pdf = built(m)
        return m.infer.mle.fit(data, pdf, return_fitted_val=True), m.infer.hypotest(1.2, data, pdf, return_expected_set=True)

    compare(answer, 1e-4)


def test_the_standard_set_given_explicitly_uses_the_engine():
    spec = {"channels": [{"name": "c", "samples": [sample("s", [5.0], MU), sample("b", [50.0], ("u", "shapesys", [7.0]))]}]}
    assert ours.Model(spec, modifier_set=ours.modifiers.histfactory_set)._engine is not None
    assert ours.Model(spec, modifier_set=dict(ours.modifiers.histfactory_set))._engine is not None


def test_dense_and_compiled_models_fit_alike():
    from specs import WORKSPACES

    workspace = ours.Workspace(WORKSPACES["everything"])
    compiled, dense = workspace.model(), workspace.model()
    dense._engine = dense.main_model._engine = None
    data = workspace.data(compiled)
    tight = ours.optimize.scipy_optimizer(tolerance=1e-10)
    exact = ours.infer.hypotest(1.0, data, compiled)
    ours.set_backend("numpy", tight)
    assert float(ours.infer.hypotest(1.0, data, dense)) == pytest.approx(float(exact), rel=1e-4)
