# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""JSON schemas of specifications. The module can be called with a folder, to look for schemas there; as a context manager it goes back."""

from __future__ import annotations

import sys
from typing import Any

from . import variables
from .loader import load_schema
from .validator import is_native, validate  # noqa: F401 (is_native is for workspaces, models and patchsets)

__all__ = ["load_schema", "path", "validate", "version"]


def __dir__() -> list[str]:
    return __all__


class Schema(sys.modules[__name__].__class__):
    """The module's own class, which makes it callable."""

    def __call__(self, new_path: Any) -> Any:
        self._before = (variables.schemas, dict(variables.SCHEMA_CACHE))
        variables.schemas = new_path
        variables.SCHEMA_CACHE.clear()
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: Any) -> None:
        variables.schemas, variables.SCHEMA_CACHE = self._before

    @property
    def path(self) -> Any:
        """The folder in use."""
        return variables.schemas

    @property
    def version(self) -> str:
        return variables.SCHEMA_VERSION


sys.modules[__name__].__class__ = Schema
