# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The backend called "jax": accepted where jax can be imported. Tensors stay numpy arrays; gradients are relume's own, exact ones."""

from __future__ import annotations

import jax  # noqa: F401 (a backend that needs jax in pyhf must not appear without it)

from .numpy_backend import numpy_backend


class jax_backend(numpy_backend):  # noqa: N801 (the name is part of the interface)
    # Differs from pyhf: tensors are numpy arrays, which jax takes wherever it takes its own, but jax cannot trace through logpdf.
    __slots__ = ()

    def __init__(self, **kwargs: str) -> None:
        super().__init__(**kwargs)
        self.name = "jax"
        self.default_do_grad = True
