# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The optimizer called "minuit": relume's minimum, with a live Minuit object at it for those who ask for uncertainties or the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import iminuit
import numpy as np
from scipy.optimize import OptimizeResult

from ....errors import RelumeError
from .. import engine, exceptions
from .mixins import OptimizerMixin


def _covariance(compiled: engine.Engine, data: np.ndarray, x: np.ndarray, held: set[int], errordef: float) -> np.ndarray | None:
    """From exact second derivatives; zero for what is held, bounds disregarded as in any quadratic approximation. None at what is no strict minimum."""
    free = [i for i in range(len(x)) if i not in held]
    covariance = np.zeros((len(x), len(x)))
    try:
        root = np.linalg.inv(np.linalg.cholesky(compiled.core.hessian(x, data)[np.ix_(free, free)]))
    except (RelumeError, np.linalg.LinAlgError):
        return None
    covariance[np.ix_(free, free)] = errordef * (root.T @ root)
    return covariance


class minuit_optimizer(OptimizerMixin):  # noqa: N801 (the name is part of the interface)
    """Uncertainties and correlations are those of Minuit's HESSE at relume's minimum, with exact gradients.

    Where Minuit does not recognise a minimum that relume has certified, they are those of the inverse Hessian.
    """

    __slots__ = ["errordef", "name", "steps", "strategy", "tolerance"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.name = "minuit"
        self.errordef = kwargs.pop("errordef", 1)
        self.steps = kwargs.pop("steps", 1000)
        self.strategy = kwargs.pop("strategy", None)
        self.tolerance = kwargs.pop("tolerance", 0.1)
        super().__init__(*args, **kwargs)

    def _options(self, options: dict[str, Any], do_grad: bool) -> tuple[int, int, float]:
        maxiter = options.pop("maxiter", self.maxiter)
        strategy = options.pop("strategy", self.strategy)
        tolerance = options.pop("tolerance", self.tolerance)
        if options:
            raise exceptions.Unsupported(f"Unsupported options were passed in: {list(options)}.")
        return maxiter, (0 if do_grad else 1) if strategy is None else strategy, tolerance

    def _minuit(self, value: Callable, gradient: Callable | None, start: Any, bounds: Any, held: Sequence[int], names: Any) -> iminuit.Minuit:
        minuit = iminuit.Minuit(value, start, grad=gradient, name=names)
        minuit.limits = [tuple(bound) for bound in bounds]
        minuit.fixed = [i in held for i in range(len(start))]
        minuit.print_level = self.verbose
        minuit.errordef = self.errordef
        return minuit

    def _get_minimizer(self, objective_and_grad: Callable, init_pars: Any, init_bounds: Any, fixed_vals: Any = None, do_grad: bool = False,
                       par_names: Any = None) -> iminuit.Minuit:
        start = [float(value) for value in init_pars]
        for index, value in fixed_vals or []:
            start[index] = value
        value, gradient = objective_and_grad, None
        if do_grad:
            def value(pars: Any) -> float:
                return objective_and_grad(pars)[0]

            def gradient(pars: Any) -> np.ndarray:
                return objective_and_grad(pars)[1]
        return self._minuit(value, gradient, start, init_bounds, {i for i, _ in fixed_vals or []}, par_names)

    def _minimize(self, minimizer: iminuit.Minuit, func: Callable, x0: Any, do_grad: bool = False, bounds: Any = None, fixed_vals: Any = None,
                  options: Any = None) -> OptimizeResult:
        maxiter, minimizer.strategy, minimizer.tol = self._options(options if options is not None else {}, do_grad)
        minimizer.migrad(ncall=maxiter)
        return self._result(minimizer)

    @staticmethod
    def _result(minuit: iminuit.Minuit) -> OptimizeResult:
        message = "Optimization terminated successfully."
        if not minuit.valid:
            message = "Optimization failed."
            if minuit.fmin.has_reached_call_limit:
                message += " Call limit was reached."
            if minuit.fmin.is_above_max_edm:
                message += " Estimated distance to minimum too large."
        hess_inv = corr = unc = None
        if minuit.valid:
            minuit.hesse()
            hess_inv = minuit.covariance
            corr = None if hess_inv is None else hess_inv.correlation()
            unc = minuit.errors
        return OptimizeResult(x=minuit.values, unc=unc, corr=corr, success=minuit.valid, fun=minuit.fval, hess_inv=hess_inv, message=message,
                              nfev=minuit.nfcn, njev=minuit.ngrad, minuit=minuit)

    def _engine_minimum(self, compiled: engine.Engine, data: Any, pdf: Any, init_pars: Any, par_bounds: Any, fixed_vals: Any, details: bool,
                        options: dict[str, Any]) -> OptimizeResult:
        maxiter, strategy, tolerance = self._options(options, False)
        data, bounds = engine.vector(data), np.asarray(par_bounds, dtype=np.float64)
        x, value, success, reason, iterations = self._engine_point(compiled, data, init_pars, bounds, fixed_vals, maxiter)
        if not details:
            return OptimizeResult(x=x, fun=np.asarray(value), success=success, message=reason, nfev=iterations, unc=None, corr=None)
        core = compiled.core
        held = {i for i, _ in fixed_vals}
        minuit = self._minuit(lambda pars: 2.0 * core.nll(pars, data), lambda pars: 2.0 * core.value_and_grad(pars, data)[1], x, bounds, held,
                              pdf.config.par_names)
        minuit.strategy, minuit.tol = strategy, tolerance
        covariance = _covariance(compiled, data, x, held, self.errordef) if success else None
        if covariance is not None:
            # Left to itself, iminuit takes a hundredth of the value as the first step: for -4e-11, one that rounding swallows.
            minuit.errors = [np.sqrt(v) if v > 0.0 else step for v, step in zip(np.diag(covariance), minuit.errors, strict=True)]
        minuit.migrad(ncall=maxiter)
        result = self._result(minuit)
        result.success = bool(success or minuit.valid)
        if success:
            result.x, result.fun = x, value
            if not minuit.valid:
                self._complete(result, covariance)
        result.x, result.fun = np.asarray(result.x, dtype=np.float64), np.asarray(result.fun)
        if result.unc is not None:
            result.unc = np.where(list(minuit.fixed), 0.0, np.asarray(list(result.unc)))
            result.corr = None if result.corr is None else np.asarray(result.corr)
        return result

    @staticmethod
    def _complete(result: OptimizeResult, covariance: np.ndarray | None) -> None:
        """Uncertainties that Minuit did not give; without any the fit counts as failed, as the caller has asked for more than the minimum."""
        if covariance is None:
            result.success = False
            result.message += " The Hessian is not positive definite, and so there are no uncertainties."
            return
        uncertainties = np.sqrt(np.diag(covariance))
        scale = np.where(uncertainties > 0.0, uncertainties, 1.0)
        result.hess_inv, result.unc, result.corr = covariance, uncertainties, covariance / np.outer(scale, scale)
        result.message = "Optimization terminated successfully. The covariance is the inverse Hessian: Minuit does not recognise the certified minimum."
