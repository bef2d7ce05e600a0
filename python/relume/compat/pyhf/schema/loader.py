# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Reads schema files."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from .. import exceptions
from . import variables


def load_schema(schema_id: str) -> dict[str, Any]:
    """The schema with this id ("1.0.0/model.json") in the folder in use. Raises SchemaNotFound."""
    key = variables.SCHEMA_BASE + schema_id
    if key in variables.SCHEMA_CACHE:
        return variables.SCHEMA_CACHE[key]
    with resources.as_file(variables.schemas.joinpath(schema_id)) as path:
        if not path.exists():
            raise exceptions.SchemaNotFound(f"The schema {schema_id} was not found. Do you have the right version or the right path? {path}")
        schema = json.loads(path.read_text(encoding="utf-8"))
    variables.SCHEMA_CACHE[schema["$id"]] = schema
    return schema


# The definitions are what all other schemas refer to: they stay at hand when the folder is changed.
load_schema(f"{variables.SCHEMA_VERSION}/defs.json")
