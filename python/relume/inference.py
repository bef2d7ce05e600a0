# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Fits, tests and limits of one model. Whatever the numbers do, a result comes back; its `status` says whether it can be used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import _core
from .arguments import flag, number, numbers_by_name, refuse, text, texts, whole
from .model import Model, as_vector
from .results import Discovery, FitResult, HypoTest, Intervals, Limit, LimitGradient, ProfileScan, ToySample, ToyTest


def core_of(model: Model) -> object:
    """The compiled model; OptionError for anything else."""
    if not isinstance(model, Model):
        refuse("model", f"a {type(model).__name__}, where a relume.Model is needed", "Workspace.model() makes one")
    return model._core


def vector_of(values: ArrayLike | None, where: str) -> np.ndarray | None:
    """Numbers for the engine; None stays None."""
    return None if values is None else as_vector(values, where)


def limit_options(*, level: float, test_stat: str, asimov: str, expected: bool, tolerance: float, fixed: Mapping[str, float]) -> dict[str, Any]:
    """The options that all limits share, as the engine takes them."""
    return {"level": number(level, "level"), "test_stat": text(test_stat, "test_stat"), "asimov": text(asimov, "asimov"),
            "expected": flag(expected, "expected"), "tolerance": number(tolerance, "tolerance"), "fixed": numbers_by_name(fixed, "fixed")}


def fit(model: Model, data: ArrayLike | None = None, *, fixed: Mapping[str, float] = {}, start: ArrayLike | None = None,
        bounds: ArrayLike | None = None, uncertainties: bool = True, covariance: bool = False, max_iterations: int = 200) -> FitResult:
    """Maximum-likelihood fit.

    `data`: shape (n_data,), None for the observed. `fixed`: parameters held, by name. `start` (shape (n_parameters,)), `bounds` (shape
    (n_parameters, 2)): None for the model's. `uncertainties`: standard deviations from the inverse Hessian; `covariance`: the whole matrix.
    `max_iterations`: per attempt; real models take 5 to 30. Raises OptionError, UnknownNameError. What the fit says of itself: `status`
    (converged, singular: a direction is flat; else the reason in `reason`), `certificate`.
    """
    core = core_of(model)
    lower = upper = None
    if bounds is not None:
        try:
            array = np.asarray(bounds, dtype=np.float64)
        except (TypeError, ValueError) as error:
            refuse("bounds", f"not numbers: {error}")
        if array.ndim != 2 or array.shape[1] != 2:
            refuse("bounds", f"an array of shape {array.shape}", "one pair (lower, upper) per parameter")
        lower, upper = np.ascontiguousarray(array[:, 0]), np.ascontiguousarray(array[:, 1])
    document, values, sigmas, matrix = _core.fit(core, vector_of(data, "data"), numbers_by_name(fixed, "fixed"), vector_of(start, "start"), lower, upper,
                                                 flag(uncertainties, "uncertainties"), flag(covariance, "covariance"),
                                                 whole(max_iterations, "max_iterations", 1, 2**31 - 1))
    return FitResult(document, model.parameter_names, values, sigmas, matrix)


def hypotest(model: Model, poi_value: float = 1.0, data: ArrayLike | None = None, *, test_stat: str = "qtilde", asimov: str = "a-posteriori",
             fixed: Mapping[str, float] = {}, start: ArrayLike | None = None) -> HypoTest:
    """CLs of one signal strength, observed and expected (asymptotic formulas, CCGV Eur. Phys. J. C 71 (2011) 1554).

    `poi_value`: the signal strength. `data`: shape (n_data,), None for the observed. `test_stat`: q0, q, qtilde (default, as pyhf), t,
    ttilde. `asimov`: the expected data from the fit to the observed ones ("a-posteriori", as pyhf) or from initial values ("a-priori").
    `fixed`: parameters held, by name. `start`: shape (n_parameters,), a point near the background-only minimum, to save steps. Raises
    OptionError, also for a model without a parameter of interest, and UnknownNameError.
    """
    return HypoTest(_core.hypotest(core_of(model), number(poi_value, "poi_value"), vector_of(data, "data"), text(test_stat, "test_stat"),
                                   text(asimov, "asimov"), numbers_by_name(fixed, "fixed"), vector_of(start, "start")))


def upper_limit(model: Model, data: ArrayLike | None = None, *, level: float = 0.95, test_stat: str = "qtilde", asimov: str = "a-posteriori",
                expected: bool = True, tolerance: float = 1e-7, fixed: Mapping[str, float] = {}, start: ArrayLike | None = None) -> Limit:
    """Upper limit on the parameter of interest, where CLs = 1 - `level`.

    `expected`: the band too. `tolerance`: relative, of each root. The other arguments, and what is raised, are those of `hypotest`;
    `test_stat`: all but q0. A limit beyond the bound of the parameter of interest widens the bound, with a note. `status`: ok,
    no_sensitivity, not_bracketed, fit_failed.
    """
    options = limit_options(level=level, test_stat=test_stat, asimov=asimov, expected=expected, tolerance=tolerance, fixed=fixed)
    document, _ = _core.upper_limit(core_of(model), vector_of(data, "data"), start=vector_of(start, "start"), **options)
    return Limit(document)


def limit_gradient(model: Model, data: ArrayLike | None = None, *, level: float = 0.95, test_stat: str = "qtilde", asimov: str = "a-posteriori",
                   expected: bool = True, tolerance: float = 1e-7, fixed: Mapping[str, float] = {}) -> LimitGradient:
    """Upper limit and its derivatives with respect to the signal's nominal yields: what an optimiser over a model's parameters needs.

    All else is held: the signal's uncertainties and its shape variations. Only q and qtilde have derivatives. Arguments, and what is
    raised: those of `upper_limit`.
    """
    options = limit_options(level=level, test_stat=test_stat, asimov=asimov, expected=expected, tolerance=tolerance, fixed=fixed)
    document, observed, band = _core.limit_gradient(core_of(model), vector_of(data, "data"), **options)

    def of_signal(flat: np.ndarray | None) -> dict[str, dict[str, np.ndarray]] | None:
        if flat is None:
            return None
        parts = {c: {s: v for s, v in samples.items() if not np.isnan(v).any()} for c, samples in model.by_sample(flat).items()}
        return {channel: samples for channel, samples in parts.items() if samples}

    for flat in (observed, *band):
        if flat is not None:
            flat.setflags(write=False)  # its parts, which are views, with it
    return LimitGradient(document, of_signal(observed), [of_signal(flat) for flat in band])


def significance(model: Model, data: ArrayLike | None = None, *, asimov: str = "a-posteriori", fixed: Mapping[str, float] = {}) -> Discovery:
    """Discovery significance (q0), observed and expected for a signal of strength 1.

    `data`, `asimov`, `fixed`, and what is raised: as for `hypotest`.
    """
    return Discovery(_core.significance(core_of(model), vector_of(data, "data"), text(asimov, "asimov"), numbers_by_name(fixed, "fixed")))


def toys(model: Model, poi_value: float = 1.0, data: ArrayLike | None = None, *, n_toys: int = 2000, seed: int = 0, first: int = 0,
         ensemble: str = "frequentist", accuracy: float | None = None, batch: int = 1000, threads: int = 1, test_stat: str = "qtilde",
         asimov: str = "a-posteriori", fixed: Mapping[str, float] = {}, start: ArrayLike | None = None) -> ToyTest:
    """CLs of one signal strength from toy data sets, observed and expected: what `hypotest` is when few events are expected.

    `n_toys`: per hypothesis. `seed`: the same gives the same toys, bit for bit, for any number of `threads`; `first`: index of the first one.
    `ensemble`: nuisance parameters stay where the fit to the data put them, and auxiliary data fluctuate ("frequentist", as pyhf), or they
    are drawn from their constraints ("prior-predictive"). `accuracy`: stop when the standard deviation of the observed CLs (p0 for q0) is
    below it, looking after every `batch`; None (default): never early. The other arguments, and what is raised, are those of `hypotest`.
    Two fits per toy: 1,000 to 100,000 toys per second. Toys whose fits fail are counted and left out.
    """
    most = 10**8
    document, tested, alternative, other = _core.toys(
        core_of(model), number(poi_value, "poi_value"), vector_of(data, "data"), text(test_stat, "test_stat"), text(asimov, "asimov"),
        numbers_by_name(fixed, "fixed"), vector_of(start, "start"), text(ensemble, "ensemble"), whole(n_toys, "n_toys", 1, most),
        whole(seed, "seed", 0, 2**53 - 1), whole(first, "first", 0, 2**53 - 1), 0.0 if accuracy is None else number(accuracy, "accuracy"),
        whole(batch, "batch", 1, most), whole(threads, "threads", 1, 1024))
    return ToyTest(document, ToySample(document["test_poi"], tested), ToySample(other, alternative))


def scan(model: Model, parameter: str | None = None, values: ArrayLike | None = None, data: ArrayLike | None = None, *, n: int = 41,
         fixed: Mapping[str, float] = {}, start: ArrayLike | None = None) -> ProfileScan:
    """The profile likelihood along one parameter: fits with it held, outwards from the minimum, each from its neighbour.

    `parameter`: by name; None for the parameter of interest. `values`: shape (n,), also beyond the parameter's bounds; None: `n` of them, up to
    where -2 ln L has risen by 9 (three sigma), or the bound. `data`, `fixed`, `start`: as for `fit`. A point below the minimum shows that
    it was not the lowest: all starts again from there, with a note. Raises OptionError, UnknownNameError.
    """
    core = core_of(model)
    name = model.poi if parameter is None else text(parameter, "parameter")
    if name is None:
        refuse("parameter", "the model has no parameter of interest", "name a parameter")
    return ProfileScan(*_core.scan(core, name, vector_of(values, "values"), whole(n, "n", 1, 10**6), vector_of(data, "data"),
                                   numbers_by_name(fixed, "fixed"), vector_of(start, "start")))


def intervals(model: Model, parameters: Iterable[str] | None = None, data: ArrayLike | None = None, *, level: float = 0.6826894921370859,
              fixed: Mapping[str, float] = {}, start: ArrayLike | None = None) -> Intervals:
    """Profile likelihood intervals (MINOS), on both sides of the best fit and within bounds.

    `parameters`: by name; None for all that are free, without those that act in masked channels only. `level`: confidence level by the
    chi-squared distribution with one degree of freedom, as for many events; the default is one sigma, where -2 ln L has risen by 1. `data`,
    `fixed`, `start`: as for `fit`. Raises OptionError, UnknownNameError.
    """
    core = core_of(model)
    names = None if parameters is None else texts(parameters, "parameters")
    return Intervals(_core.intervals(core, names, number(level, "level"), vector_of(data, "data"),
                                     numbers_by_name(fixed, "fixed"), vector_of(start, "start")))
