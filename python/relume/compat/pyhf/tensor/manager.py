# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which tensor library and optimizer are in use. The state is global to the process, as callers of pyhf expect."""

from __future__ import annotations

from typing import Any

from .. import events, exceptions
from ..optimize import OptimizerRetriever
from . import BackendRetriever
from .state import get_backend, state  # noqa: F401 (callers look for it here)

_PRECISIONS = ("32b", "64b")

_first = (BackendRetriever.numpy_backend(), OptimizerRetriever.scipy_optimizer())
state.update(default=_first, current=_first)


def _text(name: Any) -> Any:
    return name.decode("utf-8") if isinstance(name, bytes) else name


def _checked(new: Any, retriever: Any, kind: str) -> Any:
    """A custom object may not pass itself off under the name of one of ours."""
    ours = getattr(retriever, f"{new.name}_{kind}")
    if ours and not isinstance(new, ours):
        raise AttributeError(f"'{new.name}' is not a valid name attribute for {kind} type {type(new)}\n"
                             f"                 Custom {kind}s must have names unique from supported {kind}s")
    return new


def _new_backend(backend: Any, precision: str | None) -> Any:
    options = {"precision": precision} if precision else {}
    backend = _text(backend)
    if isinstance(backend, str):
        maker = getattr(BackendRetriever, f"{backend.lower()}_backend")
        if maker is None:
            raise exceptions.InvalidBackend(f"The backend provided is not supported: {backend.lower()}."
                                            " Select from one of the supported backends: numpy, tensorflow, pytorch")
        backend = maker(**options)
    _checked(backend, BackendRetriever, "backend")
    if precision is not None and backend.precision != precision:
        backend = getattr(BackendRetriever, f"{backend.name}_backend")(**options)
    return backend


def _new_optimizer(optimizer: Any) -> Any:
    optimizer = _text(optimizer)
    if optimizer is None:
        return OptimizerRetriever.scipy_optimizer()
    if isinstance(optimizer, str):
        maker = getattr(OptimizerRetriever, f"{optimizer.lower()}_optimizer")
        if maker is None:
            raise exceptions.InvalidOptimizer(f"The optimizer provided is not supported: {optimizer.lower()}."
                                              " Select from one of the supported optimizers: scipy, minuit")
        optimizer = maker()
    return _checked(optimizer, OptimizerRetriever, "optimizer")


def _differ(a: Any, b: Any) -> bool:
    return (a.name, a.precision) != (b.name, b.precision)


@events.register("change_backend")
def set_backend(backend: Any, custom_optimizer: Any = None, precision: Any = None, default: bool = False) -> None:
    """Chooses tensor library and optimizer, by name or object; with default, for get_backend(default=True) too."""
    precision = _text(precision)
    if precision:
        precision = precision.lower()
        if precision not in _PRECISIONS:
            raise exceptions.Unsupported(f"The backend precision provided is not supported: {precision}."
                                         f" Select from one of the supported precisions: {', '.join(_PRECISIONS)}")
    new = (_new_backend(backend, precision or None), _new_optimizer(custom_optimizer))
    old, state["current"] = state["current"], new
    if default:
        old_default, state["default"] = state["default"], new
        if _differ(new[0], old_default[0]):
            events.trigger("default_tensorlib_changed")()
        if new[1] is not old_default[1]:
            events.trigger("default_optimizer_changed")()
    if _differ(new[0], old[0]):
        events.trigger("tensorlib_changed")()
    if new[1] is not old[1]:
        events.trigger("optimizer_changed")()
    new[0]._setup()
