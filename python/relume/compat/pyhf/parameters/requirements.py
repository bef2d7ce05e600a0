# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What modifiers require of their parameters, merged with what the user configured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import exceptions

_KEYS = ("paramset_type", "n_parameters", "is_scalar", "inits", "bounds", "auxdata", "factors", "sigmas", "fixed")
_UNUSED = "undefined"


def _common(name: str, key: str, requirements: Sequence[Mapping[str, Any]]) -> Any:
    values = {requirement.get(key, _UNUSED) for requirement in requirements}
    if len(values) != 1:
        raise exceptions.InvalidNameReuse(f"Multiple values for '{key}' ({list(values)}) were found for {name}."
                                          " Use unique modifier names when constructing the pdf.")
    return values.pop()


def _merged(name: str, key: str, default: Any, configured: Mapping[str, Any]) -> Any:
    value = configured.get(key, default)
    if isinstance(value, str) and value == _UNUSED:
        return value
    if isinstance(value, tuple):
        return list(value)
    if default == _UNUSED and value:
        raise exceptions.InvalidModel(f"{name} does not use the {key} attribute.")
    if isinstance(value, list) and default and len(value) != len(default):
        raise exceptions.InvalidModel(f"Incorrect number of values ({len(value)}) for {key} were configured by you, expected {len(default)}.")
    return value


def reduce_paramsets_requirements(paramsets_requirements: Mapping[str, Sequence[Mapping[str, Any]]],
                                  paramsets_user_configs: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """One requirement per parameter set. Raises InvalidNameReuse when modifiers disagree, InvalidModel when the user's values do not fit."""
    reduced = {}
    for name, requirements in paramsets_requirements.items():
        configured = paramsets_user_configs.get(name, {})
        merged = {key: _merged(name, key, _common(name, key, requirements), configured) for key in _KEYS}
        reduced[name] = {**{key: value for key, value in merged.items() if not (isinstance(value, str) and value == _UNUSED)}, "name": name}
    return reduced
