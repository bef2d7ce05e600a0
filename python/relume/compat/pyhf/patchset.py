# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Published signals on one background: JSON Patches with a name and values."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import jsonpatch

from ... import _core
from ...errors import RelumeError
from . import exceptions, schema
from .utils import digest
from .workspace import Workspace

log = logging.getLogger("pyhf.patchset")

__all__ = ["Patch", "PatchSet"]


def __dir__() -> list[str]:
    return __all__


#: What the schema allows; the engine's reader is not as particular. Whatever is doubtful here is left to the schema itself.
_NAME = re.compile("[a-zA-Z0-9_]+")
_HEPDATA = re.compile("ins[0-9]{7}")
_DIGESTS = {"md5": re.compile("[a-f0-9]{32}"), "sha256": re.compile("[a-fA-F0-9]{64}")}
#: The members that an operation needs besides its path.
_OPERATIONS = {"add": "value", "replace": "value", "test": "value", "remove": "op", "move": "from", "copy": "from"}


def _is_operation(operation: Any) -> bool:
    return isinstance(operation["path"], str) and _OPERATIONS[operation["op"]] in operation and isinstance(operation.get("from", ""), str)


def _is_in_the_schema(spec: Any) -> bool:
    """Of what the engine's reader has taken. May raise KeyError, TypeError, AttributeError for what is not."""
    metadata = spec["metadata"]
    return (set(metadata["references"]) == {"hepdata"} and bool(_HEPDATA.fullmatch(metadata["references"]["hepdata"]))
            and bool(metadata["digests"]) and all(_DIGESTS[name].fullmatch(digest) for name, digest in metadata["digests"].items())
            and isinstance(metadata["description"], str)
            and bool(metadata["labels"]) and all(_NAME.fullmatch(label) for label in metadata["labels"])
            and all(_NAME.fullmatch(patch["metadata"]["name"]) for patch in spec["patches"])
            and all(_is_operation(operation) for patch in spec["patches"] for operation in patch["patch"]))


def _validate(spec: Any, name: str, version: str | None) -> None:
    """As of workspaces: what the engine's reader takes, the schema takes."""
    if schema.is_native(name, "patchset.json", version):
        try:
            _core.PatchSet.from_document(spec, "patchset")
            if _is_in_the_schema(spec):
                return
        except (RelumeError, AttributeError, KeyError, TypeError):
            pass
    schema.validate(spec, name, version=version)


class Patch(jsonpatch.JsonPatch):
    """A JSON Patch with metadata."""

    def __init__(self, spec: Any) -> None:
        super().__init__(spec["patch"])
        self._metadata = spec["metadata"]

    @property
    def metadata(self) -> dict[str, Any]:
        return self._metadata

    @property
    def name(self) -> str:
        return self._metadata["name"]

    @property
    def values(self) -> tuple:
        """One per label of the set."""
        return tuple(self._metadata["values"])

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__qualname__} object '{self.name}{self.values}' at {hex(id(self))}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Patch) and jsonpatch.JsonPatch.__eq__(self, other) and self.metadata == other.metadata

    __hash__ = None  # type: ignore[assignment]


class PatchSet:
    """Patches by name, or by their values."""

    def __init__(self, spec: Any, **config_kwargs: Any) -> None:
        self.schema = config_kwargs.pop("schema", "patchset.json")
        self._version = config_kwargs.pop("version", spec.get("version", None))
        log.info("Validating spec against schema: %s", self.schema)
        _validate(spec, self.schema, self._version)
        self._metadata = spec["metadata"]
        self._patches: list[Patch] = []
        # Differs from pyhf: a patch may be called "name" or "values".
        self._by_key: dict[Any, Patch] = {}
        for document in spec["patches"]:
            patch = Patch(document)
            for key, how in ((patch.name, "name"), (patch.values, "values")):
                if key in self._by_key:
                    raise exceptions.InvalidPatchSet(f"Multiple patches were defined by {how} for {patch}.")
            if len(patch.values) != len(self.labels):
                raise exceptions.InvalidPatchSet(f"Incompatible number of values ({len(patch.values)} for {patch} in patchset. Expected"
                                                 f" {len(self.labels)}.")
            self._patches.append(patch)
            self._by_key[patch.name] = self._by_key[patch.values] = patch

    @property
    def version(self) -> str | None:
        return self._version

    @property
    def metadata(self) -> dict[str, Any]:
        return self._metadata

    @property
    def references(self) -> dict[str, str]:
        return self._metadata["references"]

    @property
    def description(self) -> str:
        return self._metadata["description"]

    @property
    def digests(self) -> dict[str, str]:
        """Of the workspace that the patches are for, by algorithm."""
        return self._metadata["digests"]

    @property
    def labels(self) -> list[str]:
        return self._metadata["labels"]

    @property
    def patches(self) -> list[Patch]:
        return self._patches

    def __repr__(self) -> str:
        plural = "" if len(self) == 1 else "es"
        return f"<{type(self).__module__}.{type(self).__qualname__} object with {len(self)} patch{plural} at {hex(id(self))}>"

    def __getitem__(self, key: Any) -> Patch:
        try:
            return self._by_key[tuple(key) if isinstance(key, list) else key]
        except KeyError:
            raise exceptions.InvalidPatchLookup(f'No patch associated with "{key}" is defined in patchset.') from None

    def __iter__(self) -> Iterator[Patch]:
        return iter(self._patches)

    def __len__(self) -> int:
        return len(self._patches)

    def verify(self, spec: Any) -> None:
        """Raises PatchSetVerificationError unless all digests are those of `spec`."""
        for algorithm, expected in self.digests.items():
            found = digest(spec, algorithm=algorithm)
            if found != expected:
                raise exceptions.PatchSetVerificationError(f"The digest verification failed for hash algorithm '{algorithm}'. Expected: {expected}."
                                                           f" Got: {found}")

    def apply(self, spec: Any, key: Any) -> Workspace:
        """The verified workspace with a patch applied."""
        self.verify(spec)
        return Workspace(self[key].apply(spec))
