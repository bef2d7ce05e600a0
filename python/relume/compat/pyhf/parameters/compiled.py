# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Parameter sets of a compiled model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..exceptions import InvalidModel
from .paramsets import constrained_by_normal, constrained_by_poisson, paramset, unconstrained

_CLASSES = {"none": unconstrained, "normal": constrained_by_normal, "poisson": constrained_by_poisson}


def configurations(parameters: Any) -> dict[str, Mapping[str, Any]]:
    """What the user configured, by parameter."""
    configured: dict[str, Mapping[str, Any]] = {}
    for parameter in parameters:
        if parameter["name"] in configured:
            raise InvalidModel(f"Multiple parameter configurations for {parameter['name']} were found.")
        configured[parameter["name"]] = parameter
    return configured


def _defaults(kind: str, is_scalar: bool, n: int) -> tuple[list, list]:
    """Initial values and bounds of a set that the user left alone; the number types too are those that callers see in pyhf."""
    if kind == "normal" and is_scalar:
        return [0.0], [(-5.0, 5.0)]
    if kind != "none":
        return [1.0] * n, [(1e-10, 10.0)] * n
    return ([1.0], [(0, 10)]) if is_scalar else ([1.0] * n, [(0.0, 10.0)] * n)


def compiled_sets(core: Any, configured: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, slice, paramset]]:
    """Name, place and parameter set of all sets, in the order of the parameters."""
    kinds, fixed = core.constraint_kinds, core.fixed
    widths, rates = core.constraint_width.tolist(), core.constraint_rate.tolist()
    auxdata = core.observed[sum(n for _, _, n, _ in core.channels) :].tolist()
    at = 0
    for name, first, size, is_scalar in core.parameter_sets:
        kind, where, own = kinds[first], slice(first, first + size), configured.get(name, {})
        inits, bounds = _defaults(kind, is_scalar, size)
        if kind not in _CLASSES:
            raise InvalidModel(f"Parameter {name} has an error on its error, which pyhf does not have.")
        options: dict[str, Any] = {"name": name, "n_parameters": size, "is_scalar": is_scalar, "inits": own.get("inits", inits),
                                   "bounds": own.get("bounds", bounds)}
        # One bool for sets that are fixed as a whole or not at all by definition, a list for those with a bin of its own each.
        options["fixed"] = own.get("fixed", False if is_scalar or kind == "none" else fixed[where])
        if kind != "none":
            options["auxdata"] = own.get("auxdata", auxdata[at : at + size])
            at += size
        if kind == "poisson":
            options["factors"] = own.get("factors", rates[where])
        elif kind == "normal" and ("sigmas" in own or not is_scalar):
            options["sigmas"] = own.get("sigmas", widths[where])
        yield name, where, _CLASSES[kind](**options)
