# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Documents against schemas."""

from __future__ import annotations

import numbers
import os
from collections.abc import Mapping
from typing import Any

from .. import exceptions
from ..tensor import BackendRetriever
from . import variables
from .loader import load_schema


def _is_array(checker: Any, instance: Any) -> bool:
    return isinstance(instance, (list, *BackendRetriever.array_types))


def _is_number(checker: Any, instance: Any) -> bool:
    return isinstance(instance, (numbers.Number, *BackendRetriever.array_subtypes))


def _registry(version: str) -> Any:
    """Finds what schemas refer to: by its id among those that were read, else in the folder in use."""
    import referencing
    from referencing.jsonschema import DRAFT6

    def retrieve(uri: str) -> Any:
        content = variables.SCHEMA_CACHE.get(uri)
        if content is None:
            content = load_schema(f"{version}/{uri.rpartition('/')[2]}")
        return referencing.Resource.from_contents(content, default_specification=DRAFT6)

    return referencing.Registry(retrieve=retrieve)


def validate(spec: Mapping[str, Any], schema_name: str, *, version: str | None = None, allow_tensors: bool = True) -> None:
    """Raises InvalidSpecification for the first thing that the schema refuses, SchemaNotFound when there is no such schema.

    With `allow_tensors`, arrays of the tensor libraries count as lists.
    """
    import jsonschema

    version = version or variables.SCHEMA_VERSION
    schema = load_schema(f"{os.fspath(version)}/{schema_name}")
    validator = jsonschema.Draft6Validator
    if allow_tensors:
        types = validator.TYPE_CHECKER.redefine("array", _is_array).redefine("number", _is_number)
        validator = jsonschema.validators.extend(validator, type_checker=types)
    try:
        validator(schema, registry=_registry(version), format_checker=None).validate(spec)
    except jsonschema.ValidationError as error:
        raise exceptions.InvalidSpecification(error, schema_name) from error


def is_native(schema_name: str, usual: str, version: str | None) -> bool:
    """Whether a document is to be checked against the usual schema, which the engine checks by itself."""
    return schema_name == usual and version in (None, variables.SCHEMA_VERSION) and variables.schemas is variables.OWN_SCHEMAS
