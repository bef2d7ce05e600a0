# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The exception classes that callers of pyhf catch; names and bases are pyhf's."""

from __future__ import annotations

import sys
from typing import Any
from warnings import warn

__all__ = [
    "FailedMinimization", "ImportBackendError", "InvalidArchiveHost", "InvalidBackend", "InvalidInterpCode",
    "InvalidMeasurement", "InvalidModel", "InvalidModifier", "InvalidNameReuse", "InvalidOptimizer", "InvalidPatchLookup", "InvalidPatchSet",
    "InvalidPdfData", "InvalidPdfParameters", "InvalidSpecification", "InvalidTestStatistic", "InvalidWorkspaceOperation",
    "PatchSetVerificationError", "UnspecifiedPOI", "Unsupported",
]


def __dir__() -> list[str]:
    return __all__


class Unsupported(Exception):
    """An option that does not exist here."""


class InvalidMeasurement(Exception):
    """No such measurement."""


class InvalidNameReuse(Exception):
    """Modifiers that cannot share a parameter have the same name."""


class SchemaNotFound(FileNotFoundError):
    """No such schema file."""


class InvalidSpecification(Exception):
    """A document that the JSON schema refuses: where (path), what stands there (instance), and the validator's own error (parent)."""

    def __init__(self, ValidationError: Any, schema: str | None = None) -> None:  # noqa: N803 (the name is part of the interface)
        self.exc_info = sys.exc_info()
        self.parent = ValidationError
        self.schema = schema
        self.path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in ValidationError.path).lstrip(".")
        self.instance = ValidationError.instance
        super().__init__(f"{ValidationError.message}.\n\tPath: {self.path}\n\tInstance: {self.instance} Schema: {self.schema}")


class InvalidArchiveHost(Exception):
    """A host that downloads are not trusted from."""


class InvalidArchive(Exception):
    """Neither a zip nor a tar archive."""


class InvalidPatchSet(Exception):
    """Patches of one set contradict each other."""


class InvalidPatchLookup(Exception):
    """No such patch."""


class PatchSetVerificationError(Exception):
    """The workspace is not the one that the patches are for."""


class InvalidWorkspaceOperation(Exception):
    """A prune, rename or combine that names what is not there, or clashes."""


class UnspecifiedPOI(Exception):
    """A parameter of interest is needed."""


class InvalidModel(Exception):
    """A specification that has the right form but is no model."""


class InvalidModifier(Exception):
    """A modifier of unknown type, or with data of the wrong length."""


class InvalidInterpCode(Exception):
    """No such interpolation code."""


class InvalidTestStatistic(Exception):
    """No such test statistic."""


class ImportBackendError(Exception):
    """What a backend or optimizer needs is not installed."""


class InvalidBackend(Exception):
    """No such backend."""


class InvalidOptimizer(Exception):
    """No such optimizer."""


class InvalidPdfParameters(Exception):
    """A parameter vector of the wrong length."""


class InvalidPdfData(Exception):
    """A data vector of the wrong length."""


class FailedMinimization(Exception):
    """A fit that found no minimum; result says how far it came."""

    def __init__(self, result: Any) -> None:
        self.result = result
        super().__init__(getattr(result, "message", "Unknown failure. See fit result for more details."))


def _deprecated_api_warning(deprecated_api: str, new_api: str, deprecated_release: str, remove_release: str) -> None:
    warn(f"{deprecated_api} is deprecated in favor of {new_api} as of pyhf v{deprecated_release} and will be removed in pyhf v{remove_release}."
         f" Please use {new_api}.", DeprecationWarning, stacklevel=3)
