# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which tensor libraries there are: numpy always, jax where it is installed."""

from __future__ import annotations

from typing import Any

from .. import exceptions

__all__ = ["BackendRetriever"]


class _BackendRetriever:
    """Finds backends by attribute: BackendRetriever.numpy_backend. An unknown name gives None, as with pyhf."""

    _unavailable = {"pytorch_backend": "PyTorch", "tensorflow_backend": "TensorFlow"}

    def __init__(self) -> None:
        self._array_types: set[type] = set()
        self._array_subtypes: set[type] = set()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "numpy_backend":
            from .numpy_backend import numpy_backend as found
        elif name == "jax_backend":
            try:
                from .jax_backend import jax_backend as found
            except ImportError as error:
                raise exceptions.ImportBackendError("There was a problem importing JAX. The jax backend cannot be used.", error) from None
        elif name in self._unavailable:
            # Differs from pyhf: not offered even where the library is installed; pyhf itself has dropped both.
            library = self._unavailable[name]
            raise exceptions.ImportBackendError(f"There was a problem importing {library}. The {name.partition('_')[0]} backend cannot be used.",
                                                ImportError(f"relume does not work with {library}"))
        else:
            return None
        setattr(self, name, found)
        self._array_types.add(found.array_type)
        self._array_subtypes.add(found.array_subtype)
        return found

    @property
    def array_types(self) -> tuple[type, ...]:
        return tuple(self._array_types)

    @property
    def array_subtypes(self) -> tuple[type, ...]:
        return tuple(self._array_subtypes)


BackendRetriever = _BackendRetriever()
