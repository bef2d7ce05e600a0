# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Objectives as plain functions of numpy arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import engine, exceptions
from ..tensor.state import get_backend


def wrap_objective(objective: Callable, data: Any, pdf: Any, stitch_pars: Callable, do_grad: bool = False, jit_pieces: Any = None) -> Callable:
    """The objective as a function of the free parameters; with `do_grad` value and gradient."""
    if not do_grad:
        return lambda pars: objective(stitch_pars(np.asarray(pars, dtype=np.float64)), data, pdf)[0]
    if get_backend()[0].name == "numpy":
        raise exceptions.Unsupported("Numpy does not support autodifferentiation.")
    compiled = engine.of(pdf)
    if compiled is None or not is_twice_nll(objective):
        raise exceptions.Unsupported("There are derivatives only of twice_nll, and only of models without custom modifiers.")
    free = jit_pieces["variable_idx"] if jit_pieces and jit_pieces.get("do_stitch") else slice(None)

    def value_and_gradient(pars: Any) -> tuple[float, np.ndarray]:
        value, gradient = compiled.gradient(engine.vector(stitch_pars(np.asarray(pars, dtype=np.float64))), engine.vector(data))
        return 2.0 * value, 2.0 * gradient[free]

    return value_and_gradient


def is_twice_nll(objective: Callable) -> bool:
    from ..infer.mle import twice_nll

    return objective is twice_nll
