# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Parameter sets, and views of parameter vectors."""

from .paramsets import constrained_by_normal, constrained_by_poisson, paramset, unconstrained
from .paramview import ParamViewer
from .requirements import reduce_paramsets_requirements

__all__ = [
    "ParamViewer", "constrained_by_normal", "constrained_by_poisson", "paramset", "reduce_paramsets_requirements",
    "unconstrained",
]


def __dir__() -> list[str]:
    return __all__
