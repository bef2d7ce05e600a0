# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The optimizer called "scipy"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.optimize
from scipy.sparse.linalg import LinearOperator

from .. import engine, exceptions
from .mixins import OptimizerMixin


class InverseHessian(LinearOperator):
    """The inverse Hessian in the form that L-BFGS-B gives it: an operator with todense()."""

    def __init__(self, matrix: np.ndarray) -> None:
        super().__init__(matrix.dtype, matrix.shape)
        self._matrix = matrix

    def _matvec(self, x: np.ndarray) -> np.ndarray:
        return self._matrix @ x

    def todense(self) -> np.ndarray:
        return self._matrix.copy()


def _inverse_hessian(compiled: engine.Engine, data: np.ndarray, x: np.ndarray, bounds: np.ndarray, held: set[int]) -> np.ndarray:
    """Of -2 ln L at the minimum; zero for what is held or at a bound."""
    free = np.array([i not in held and lower < value < upper for i, (value, (lower, upper)) in enumerate(zip(x, bounds, strict=True))])
    inverse = np.zeros((len(x), len(x)))
    inverse[np.ix_(free, free)] = np.linalg.pinv(2.0 * compiled.core.hessian(x, data)[np.ix_(free, free)])
    return inverse


class scipy_optimizer(OptimizerMixin):  # noqa: N801 (the name is part of the interface)
    """relume's minimiser with the interface of pyhf's scipy optimizer.

    Differs from pyhf: `method`, `tolerance` and `solver_options` choose nothing, as the minimum is exact in any case; they count for models with custom
    modifiers and in strict mode, where scipy does the work.
    """

    __slots__ = ["name", "solver_options", "tolerance"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.name = "scipy"
        self.tolerance = kwargs.pop("tolerance", None)
        self.solver_options = kwargs.pop("solver_options", {})
        super().__init__(*args, **kwargs)

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        taken = {name: options.pop(name, default) for name, default in (
            ("maxiter", self.maxiter), ("verbose", self.verbose), ("method", "SLSQP"), ("tolerance", self.tolerance),
            ("solver_options", self.solver_options))}
        if options:
            raise exceptions.Unsupported(f"Unsupported options were passed in: {list(options)}.")
        return taken

    def _get_minimizer(self, objective_and_grad: Callable, init_pars: Any, init_bounds: Any, fixed_vals: Any = None, do_grad: bool = False,
                       par_names: Any = None) -> Callable:
        return scipy.optimize.minimize

    def _minimize(self, minimizer: Callable, func: Callable, x0: Any, do_grad: bool = False, bounds: Any = None, fixed_vals: Any = None,
                  options: Any = None) -> Any:
        taken = self._options(options if options is not None else {})
        start = [float(value) for value in x0]
        constraints = []
        if fixed_vals:
            indices, values = [i for i, _ in fixed_vals], [v for _, v in fixed_vals]
            constraints.append({"type": "eq", "fun": lambda v: v[indices] - values})
            for index, value in fixed_vals:
                start[index] = value
        return minimizer(func, start, method=taken["method"], jac=do_grad, bounds=bounds, constraints=constraints, tol=taken["tolerance"],
                         options={"maxiter": taken["maxiter"], "disp": bool(taken["verbose"]), **taken["solver_options"]})

    def _engine_minimum(self, compiled: engine.Engine, data: Any, pdf: Any, init_pars: Any, par_bounds: Any, fixed_vals: Any, details: bool,
                        options: dict[str, Any]) -> Any:
        taken = self._options(options)
        data, bounds = engine.vector(data), np.asarray(par_bounds, dtype=np.float64)
        x, value, success, reason, iterations = self._engine_point(compiled, data, init_pars, bounds, fixed_vals, taken["maxiter"])
        result = scipy.optimize.OptimizeResult(x=x, fun=np.asarray(value), success=success, status=0 if success else 1, message=reason, nit=iterations,
                                               nfev=iterations, unc=None, corr=None)
        if details and success and taken["method"] in ("BFGS", "L-BFGS-B"):
            inverse = _inverse_hessian(compiled, data, x, bounds, {i for i, _ in fixed_vals})
            result.hess_inv = inverse if taken["method"] == "BFGS" else InverseHessian(inverse)
        return result
