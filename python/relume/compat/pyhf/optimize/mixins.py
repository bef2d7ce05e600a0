# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the optimizers share: relume's certified minimum where there is an engine, the minimiser they are named after elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...strictness import is_strict
from .. import engine, exceptions
from ..tensor.state import get_backend
from .common import shim
from .opt_numpy import is_twice_nll

log = logging.getLogger("pyhf.optimize.mixins")


def is_shipped(optimizer: Any) -> bool:
    """Whether nobody has given the optimizer a minimiser of their own, in a subclass or otherwise: only then does the engine stand in for it."""
    owner = next((kind for kind in type(optimizer).__mro__ if "_engine_minimum" in vars(kind)), None)
    return owner is not None and engine.is_own(optimizer, owner, "minimize", "_minimize", "_get_minimizer", "_internal_minimize", "_internal_postprocess")


class OptimizerMixin:
    """`minimize`, with pyhf's arguments and order of results.

    What derives from it has `_get_minimizer` and `_minimize`, and where the engine can stand in for them `_engine_minimum`.
    """

    __slots__ = ["maxiter", "verbose"]

    def __init__(self, **kwargs: Any) -> None:
        self.maxiter = kwargs.pop("maxiter", 100000)
        self.verbose = kwargs.pop("verbose", 0)
        if kwargs:
            raise exceptions.Unsupported(f"Unsupported kwargs were passed in: {list(kwargs)}.")

    def _internal_minimize(self, func: Callable, x0: Any, do_grad: bool = False, bounds: Any = None, fixed_vals: Any = None, options: Any = None,
                           par_names: Any = None) -> Any:
        minimizer = self._get_minimizer(func, x0, bounds, fixed_vals=fixed_vals, do_grad=do_grad, par_names=par_names)
        result = self._minimize(minimizer, func, x0, do_grad=do_grad, bounds=bounds, fixed_vals=fixed_vals, options=options or {})
        return self._successful(result)

    @staticmethod
    def _successful(result: Any) -> Any:
        if not result.success:
            log.error(result)
            raise exceptions.FailedMinimization(result)
        return result

    def _internal_postprocess(self, fitresult: Any, stitch_pars: Callable, return_uncertainties: bool = False) -> Any:
        """Puts fixed parameters back in, with uncertainty 0."""
        fitted = stitch_pars(np.asarray(fitresult.x, dtype=np.float64))
        n_fixed = len(fitted) - len(fitresult.x)
        uncertainties, correlations = getattr(fitresult, "unc", None), getattr(fitresult, "corr", None)
        if uncertainties is not None:
            held = np.asarray(list(fitresult.minuit.fixed))
            uncertainties = stitch_pars(np.where(held, 0.0, np.asarray(list(uncertainties))), stitch_with=np.zeros(n_fixed))
            if return_uncertainties:
                fitted = np.stack([fitted, uncertainties], axis=1)
        if correlations is not None:
            rows = [stitch_pars(np.asarray(row), stitch_with=np.zeros(n_fixed)) for row in np.asarray(correlations)]
            columns = [stitch_pars(column, stitch_with=np.zeros(n_fixed)) for column in np.asarray(rows).T]
            correlations = np.stack(columns, axis=1)
        fitresult.x, fitresult.fun = fitted, np.asarray(fitresult.fun, dtype=np.float64)
        fitresult.unc, fitresult.corr = uncertainties, correlations
        return fitresult

    def _can_use_engine(self, objective: Callable, pdf: Any, par_bounds: Sequence, fixed_vals: Sequence[tuple[int, float]]) -> bool:
        """Not when a parameter that the model holds is to float, which the engine does not do. How many bounds there must be is for the minimiser to say."""
        compiled = engine.of(pdf)
        if compiled is None or is_strict() or not is_twice_nll(objective) or not is_shipped(self):
            return False
        if par_bounds is None or len(par_bounds) != len(compiled.core.fixed):
            return False
        held = {i for i, _ in fixed_vals}
        return all(i in held for i, is_fixed in enumerate(compiled.core.fixed) if is_fixed)

    @staticmethod
    def _is_outside(compiled: engine.Engine, data: Any, init_pars: Any, fixed_vals: Any) -> bool:
        """Whether the likelihood vanishes at the start, or is no number: what to make of that is left to the minimiser that callers know."""
        start = engine.vector(init_pars).copy()
        for index, value in fixed_vals:
            start[index] = value
        return bool(np.isnan(compiled.nll(start, engine.vector(data))))

    def minimize(self, objective: Callable, data: Any, pdf: Any, init_pars: Any, par_bounds: Any, fixed_vals: Any = None, return_fitted_val: bool = False,
                 return_result_obj: bool = False, return_uncertainties: bool = False, return_correlations: bool = False, do_grad: bool | None = None,
                 do_stitch: bool = False, **kwargs: Any) -> Any:
        """Best parameters; then, in this order and as asked for, correlations, value of the objective, result object.

        With `return_uncertainties` (Minuit only) parameters come as rows (value, uncertainty). Raises FailedMinimization.
        """
        fixed_vals = fixed_vals or []
        details = return_result_obj or return_uncertainties or return_correlations
        if do_grad is None:
            do_grad = get_backend()[0].default_do_grad and engine.of(pdf) is not None
        elif do_grad and get_backend()[0].name == "numpy":
            raise exceptions.Unsupported("Numpy does not support autodifferentiation.")
        result = None
        if self._can_use_engine(objective, pdf, par_bounds, fixed_vals):
            compiled = engine.of(pdf)
            found = self._engine_minimum(compiled, data, pdf, init_pars, par_bounds, fixed_vals, details, dict(kwargs))
            if found.success or not self._is_outside(compiled, data, init_pars, fixed_vals):
                result = self._successful(found)
        if result is not None:
            if return_uncertainties and result.unc is not None:
                result.x = np.stack([result.x, result.unc], axis=1)
        else:
            arguments, stitch_pars = shim(objective, data, pdf, init_pars, par_bounds, fixed_vals, do_grad=do_grad, do_stitch=do_stitch)
            names = getattr(pdf.config, "par_names", None)
            if names and do_stitch:
                held = {i for i, _ in fixed_vals}
                names = [name for i, name in enumerate(names) if i not in held]
            result = self._internal_minimize(**arguments, options=kwargs, par_names=names)
            result = self._internal_postprocess(result, stitch_pars, return_uncertainties=return_uncertainties)
        returned = [result.x]
        if return_correlations:
            returned.append(result.corr)
        if return_fitted_val:
            returned.append(result.fun)
        if return_result_obj:
            returned.append(result)
        return tuple(returned) if len(returned) > 1 else returned[0]

    def _engine_point(self, compiled: engine.Engine, data: np.ndarray, init_pars: Any, bounds: np.ndarray, fixed_vals: Any, maxiter: int) -> tuple:
        from ....errors import RelumeError

        start = engine.vector(init_pars).copy()
        for index, value in fixed_vals:
            start[index] = value
        try:
            return compiled.minimum(data, fixed_vals, start, bounds, maxiter)
        except RelumeError as error:
            return start, np.nan, False, str(error), 0
