# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""How two workspaces become one: lists of named items joined by one of four rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .documents import copied
from .exceptions import InvalidWorkspaceOperation

JOINS = ["none", "outer", "left outer", "right outer"]

Items = Sequence[Mapping[str, Any]]


def join_items(join: str, left: Items, right: Items, merged: str | None = None) -> list[dict[str, Any]]:
    """Items of the side that counts, then what the other adds.

    "none": everything. "outer": what is not there identically. "left outer", "right outer": names that are not there. With `merged`, items of the same
    name have the list under that key joined instead.
    """
    first, second = (right, left) if join == "right outer" else (left, right)
    joined = copied(list(first))
    by_name = {item["name"]: item for item in reversed(joined)}
    for item in second:
        known = by_name.get(item["name"])
        if known is not None and merged is not None:
            known[merged] = join_items("left outer", known[merged], item[merged])
        elif join == "none" or (join == "outer" and item not in first) or (join in ("left outer", "right outer") and known is None):
            joined.append(copied(item))
    return joined


def _clash(what: str, names: Any) -> InvalidWorkspaceOperation:
    return InvalidWorkspaceOperation(f"Workspaces cannot have {what}: {names}. You can also try a different join operation: {JOINS}.")


def _join_distinct(join: str, left: Items, right: Items, what: str, merged: str | None = None) -> list[dict[str, Any]]:
    joined = join_items(join, left, right, merged)
    if join == "none":
        common = {item["name"] for item in left} & {item["name"] for item in right}
        if common:
            raise _clash(f"any {what} in common with the same name", common)
    if join == "outer":
        twice = [name for name, count in Counter(item["name"] for item in joined).items() if count > 1]
        if twice:
            raise _clash(f"{what} in common with incompatible structure", twice)
    return joined


def join_versions(join: str, left: str, right: str) -> str:
    if left != right:
        raise InvalidWorkspaceOperation(f"Workspaces of different versions cannot be combined: {left} != {right}")
    return left


def join_channels(join: str, left: Items, right: Items, merge: bool = False) -> list[dict[str, Any]]:
    return _join_distinct(join, left, right, "channels", "samples" if merge else None)


def join_observations(join: str, left: Items, right: Items) -> list[dict[str, Any]]:
    return _join_distinct(join, left, right, "observations")


def join_parameters(measurement: str, left: Items, right: Items) -> list[dict[str, Any]]:
    joined = join_items("outer", left, right)
    twice = [name for name, count in Counter(item["name"] for item in joined).items() if count > 1]
    if twice:
        raise _clash(f"a measurement ({measurement}) with incompatible parameter configs", twice)
    return joined


def join_measurements(join: str, left: Items, right: Items) -> list[dict[str, Any]]:
    """With "outer", measurements of the same name and parameter of interest become one, if their configurations agree."""
    if join != "outer":
        return _join_distinct(join, left, right, "measurements")
    by_name: dict[str, list[dict[str, Any]]] = {}
    for measurement in join_items(join, left, right):
        by_name.setdefault(measurement["name"], []).append(measurement)
    clashing = [name for name, ms in by_name.items() if len({m["config"]["poi"] for m in ms}) > 1]
    if clashing:
        raise InvalidWorkspaceOperation(f"Workspaces cannot have the same measurements with incompatible POI: {clashing}.")
    return [
        ms[0] if len(ms) == 1 else
        {"name": name, "config": {"poi": ms[0]["config"]["poi"], "parameters": join_parameters(name, *(m["config"]["parameters"] for m in ms))}}
        for name, ms in by_name.items()
    ]
