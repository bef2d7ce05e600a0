# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""pyhf 0.7.6's interface on relume's engine.

    from relume.compat import pyhf                   # explicitly, beside the real one
    relume.compat.install_as_pyhf(); import pyhf     # in its place

Modules, classes and functions are where pyhf has them; docs/reference/pyhf_compatibility.md lists what is not offered and where numbers move.
"""

from __future__ import annotations

from typing import Any

from ._version import __version__
from .optimize import OptimizerRetriever as optimize
from .tensor import BackendRetriever as tensor
from .tensor.manager import get_backend, set_backend  # isort: skip
from . import compat, exceptions, infer, interpolators, modifiers, parameters, patchset, pdf, probability, schema, simplemodels, utils, workspace
from .patchset import PatchSet
from .pdf import Model
from .workspace import Workspace

__all__ = [
    "Model", "PatchSet", "Workspace", "__version__", "compat", "default_backend", "exceptions", "get_backend", "infer", "interpolators",
    "modifiers", "optimizer", "parameters", "patchset", "pdf", "probability", "schema", "set_backend", "simplemodels", "tensor", "tensorlib",
    "utils", "workspace",
]

# Importing the packages of these names has put them here: callers find what makes backends and optimizers under them instead.
from .optimize import OptimizerRetriever as optimize  # noqa: E402, F811
from .tensor import BackendRetriever as tensor  # noqa: E402, F811


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name == "tensorlib":
        return get_backend(default=False)[0]
    if name == "optimizer":
        return get_backend(default=False)[1]
    if name == "default_backend":
        return get_backend(default=True)[0]
    raise AttributeError(f"module 'pyhf' has no attribute {name!r}")
