# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""From an objective of all parameters to what a minimiser is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..tensor.common import _TensorViewer
from .opt_numpy import wrap_objective


def _make_stitch_pars(tv: Any = None, fixed_values: Any = None) -> Callable:
    """A function that puts fixed values and free parameters together; without arguments, one that changes nothing."""
    if tv is None or fixed_values is None:
        return lambda pars, stitch_with=None: pars
    return lambda pars, stitch_with=fixed_values: tv.stitch([np.asarray(stitch_with, dtype=np.float64), pars])


def _get_tensor_shim() -> Callable:
    return wrap_objective


def shim(objective: Callable, data: Any, pdf: Any, init_pars: Sequence[float], par_bounds: Sequence, fixed_vals: Any = None, do_grad: bool = False,
         do_stitch: bool = False) -> tuple[dict[str, Any], Callable]:
    """Arguments for a minimiser (func, x0, do_grad, bounds, fixed_vals), and the function that makes all parameters of its answer.

    With `do_stitch` the minimiser sees the free parameters only.
    """
    fixed_vals = fixed_vals or []
    fixed_idx, fixed_values = [i for i, _ in fixed_vals], [v for _, v in fixed_vals]
    variable_idx = [i for i in range(pdf.config.npars) if i not in set(fixed_idx)]
    stitch_pars = _make_stitch_pars()
    if do_stitch:
        stitch_pars = _make_stitch_pars(_TensorViewer([fixed_idx, variable_idx]), fixed_values)
        init_pars, par_bounds, fixed_vals = [float(init_pars[i]) for i in variable_idx], [par_bounds[i] for i in variable_idx], []
    pieces = {"fixed_idx": fixed_idx, "variable_idx": variable_idx, "fixed_values": fixed_values, "do_stitch": do_stitch}
    func = _get_tensor_shim()(objective, np.asarray(data, dtype=np.float64), pdf, stitch_pars, do_grad=do_grad, jit_pieces=pieces)
    return {"func": func, "x0": init_pars, "do_grad": do_grad, "bounds": par_bounds, "fixed_vals": fixed_vals}, stitch_pars
