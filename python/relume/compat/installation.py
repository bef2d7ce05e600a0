# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Puts relume.compat.pyhf into sys.modules under the name pyhf."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import importlib.util
import sys
import types
from collections.abc import Iterable, Sequence
from typing import Any

_NAME, _OURS = "pyhf", f"{__package__}.pyhf"


class _Loader(importlib.abc.Loader):
    """Hands out a module that is there under another name."""

    def __init__(self, module: types.ModuleType) -> None:
        self._module, self._spec = module, module.__spec__

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return self._module

    def exec_module(self, module: types.ModuleType) -> None:
        module.__spec__ = self._spec  # which importing under the other name has replaced: relative imports go by it


class _Distribution(importlib.metadata.Distribution):
    """What importlib.metadata.version("pyhf") finds."""

    def read_text(self, filename: str) -> str | None:
        from .pyhf._version import version

        return f"Metadata-Version: 2.1\nName: {_NAME}\nVersion: {version}\n" if filename == "METADATA" else None

    def locate_file(self, path: Any) -> Any:
        return path


class _Finder(importlib.abc.MetaPathFinder):
    """Finds pyhf and pyhf.anything in this package."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if fullname != _NAME and not fullname.startswith(f"{_NAME}."):
            return None
        ours = _OURS + fullname.removeprefix(_NAME)
        if importlib.util.find_spec(ours) is None:
            return None
        if fullname.endswith("__main__"):  # run, not imported
            return importlib.util.find_spec(ours)
        module = importlib.import_module(ours)
        spec = importlib.machinery.ModuleSpec(fullname, _Loader(module), origin=module.__file__, is_package=hasattr(module, "__path__"))
        return spec

    def find_distributions(self, context: importlib.metadata.DistributionFinder.Context | None = None) -> Iterable[importlib.metadata.Distribution]:
        if context is not None and context.name == _NAME:
            yield _Distribution()


_finder = _Finder()
_replaced: dict[str, types.ModuleType] = {}


def _modules_of_pyhf() -> dict[str, types.ModuleType]:
    return {name: module for name, module in sys.modules.items() if name == _NAME or name.startswith(f"{_NAME}.")}


def install_as_pyhf() -> types.ModuleType:
    """From now on `import pyhf`, and `import pyhf.anything`, give relume.compat.pyhf; returns it.

    Objects of the real pyhf that somebody holds already keep working; `uninstall_pyhf` goes back.
    """
    if _finder not in sys.meta_path:
        _replaced.update(_modules_of_pyhf())
        for name in _replaced:
            del sys.modules[name]
        sys.meta_path.insert(0, _finder)
    return importlib.import_module(_NAME)


def uninstall_pyhf() -> None:
    """Undoes install_as_pyhf; modules of the real pyhf that were imported before are there again."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
        for name in _modules_of_pyhf():
            del sys.modules[name]
        sys.modules.update(_replaced)
        _replaced.clear()
