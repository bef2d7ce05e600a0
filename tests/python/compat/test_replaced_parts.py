# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Models of which callers have replaced something: fits and tests go by what is there now."""

import copy
import pickle

import numpy as np
import pytest
from differential import compare, ours
from specs import WORKSPACES


def prior(pars):
    return -0.5 * ((np.asarray(pars)[0] - 2.0) / 0.1) ** 2


def plain(m, name="shapesys"):
    workspace = m.Workspace(WORKSPACES[name])
    pdf = workspace.model()
    return workspace.data(pdf), pdf


def of_class(m, members):
    """A model of a subclass of Model."""
    data, pdf = plain(m)
    return data, type("Derived", (m.Model,), members)(pdf.spec)


def with_a_prior_in_a_subclass(m):
    return of_class(m, {"logpdf": lambda self, pars, data: m.Model.logpdf(self, pars, data) + prior(pars)})


def with_a_prior_on_the_object(m):
    data, pdf = plain(m)
    original = pdf.logpdf
    pdf.logpdf = lambda pars, data: original(pars, data) + prior(pars)
    return data, pdf


def with_other_expected_data(m):
    return of_class(m, {"expected_data": lambda self, pars, include_auxdata=True: 1.2 * m.Model.expected_data(self, pars, include_auxdata)})


def with_another_distribution(m):
    return of_class(m, {"make_pdf": lambda self, pars: m.Model.make_pdf(self, np.asarray(pars) * np.array([1.5, 1.0, 1.0]))})


def with_other_rates(m):
    data, pdf = plain(m)
    original = pdf.main_model.expected_data
    pdf.main_model.expected_data = lambda pars, return_by_sample=False: 1.1 * original(pars, return_by_sample)
    return data, pdf


def with_other_sigmas(m):
    data, pdf = plain(m, "normsys")
    pdf.constraint_model.constraints_gaussian.sigmas = np.array([0.1])
    return data, pdf


def with_sigmas_changed_in_place(m):
    data, pdf = plain(m, "normsys")
    pdf.constraint_model.constraints_gaussian.sigmas[0] = 0.1
    return data, pdf


def with_other_factors(m):
    data, pdf = plain(m)
    pdf.constraint_model.constraints_poisson.batched_factors = 2.0 * pdf.constraint_model.constraints_poisson.batched_factors
    return data, pdf


def with_the_constraints_of_another(m):
    data, pdf = plain(m, "normsys")
    other = copy.deepcopy(pdf.constraint_model)
    other.constraints_gaussian.sigmas = np.array([0.2])
    pdf.constraint_model = other
    return data, pdf


def behind_a_wrapper(m):
    data, pdf = plain(m)

    class Wrapper:
        def __getattr__(self, name):
            return getattr(pdf, name)

        def logpdf(self, pars, data):
            return pdf.logpdf(pars, data) + prior(pars)

    return data, Wrapper()


REPLACED = [with_a_prior_in_a_subclass, with_a_prior_on_the_object, with_other_expected_data, with_another_distribution, with_other_rates,
            with_other_sigmas, with_sigmas_changed_in_place, with_other_factors, with_the_constraints_of_another, behind_a_wrapper]


@pytest.mark.parametrize("made", REPLACED)
def test_what_was_replaced_counts(made):
    def answer(m):
        data, pdf = made(m)
        x = np.array(pdf.config.suggested_init()) * 0.9 + 0.05
        return pdf.logpdf(x, data), pdf.expected_data(x)

    compare(answer)
    compare(lambda m: m.infer.mle.fit(*made(m)), 5e-3)
    found = compare(lambda m: m.infer.hypotest(1.0, *made(m), return_expected_set=True), 1e-3)
    name = "normsys" if "n" in made(ours)[1].config.par_map else "shapesys"
    unchanged = ours.infer.hypotest(1.0, *plain(ours, name), return_expected_set=True)
    assert np.abs(np.array([found[0], *found[1]]) - np.array([unchanged[0], *unchanged[1]])).max() > 1e-3


def test_subclasses_that_replace_nothing_are_the_engines():
    data, pdf = of_class(ours, {"note": "nothing"})
    assert pdf._compiled() is not None
    for twin in (copy.deepcopy(plain(ours)[1]), pickle.loads(pickle.dumps(plain(ours)[1]))):
        assert twin._compiled() is not None
        assert float(ours.infer.hypotest(1.0, data, twin)) == float(ours.infer.hypotest(1.0, data, pdf))
