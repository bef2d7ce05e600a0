# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which optimizers there are: scipy always, minuit where iminuit is installed."""

from __future__ import annotations

from typing import Any

from .. import exceptions

__all__ = ["OptimizerRetriever"]


class _OptimizerRetriever:
    """Finds optimizers by attribute: OptimizerRetriever.scipy_optimizer. An unknown name gives None, as with pyhf."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "scipy_optimizer":
            from .opt_scipy import scipy_optimizer as found
        elif name == "minuit_optimizer":
            try:
                from .opt_minuit import minuit_optimizer as found
            except ImportError as error:
                raise exceptions.ImportBackendError("There was a problem importing Minuit. The minuit optimizer cannot be used.", error) from None
        elif name in ("common", "mixins", "opt_minuit", "opt_numpy", "opt_scipy"):
            from importlib import import_module

            found = import_module(f".{name}", __package__)
        else:
            return None
        setattr(self, name, found)
        return found


OptimizerRetriever = _OptimizerRetriever()
