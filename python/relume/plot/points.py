# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Limits, or CLs values, of many points, from all the forms they come in."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import FileError, InputError, OptionError, Problem, UnknownNameError
from ..results import HypoTest, Limit


@dataclasses.dataclass(frozen=True)
class Point:
    """One point of a scan."""

    name: str  #: of the point
    values: tuple[Any, ...]  #: one per label of the table
    observed: float | None  #: limit on the signal strength, or CLs; None where there is none
    expected: tuple[float | None, ...]  #: at -2, -1, 0, 1, 2 sigma; five times None when not asked for

    @property
    def is_usable(self) -> bool:
        """Whether there is something to draw: an observed value or a band, finite and above 0."""
        return _is_positive(self.observed) or self.has_band

    @property
    def has_band(self) -> bool:
        """Whether all five expected values are there."""
        return all(_is_positive(v) for v in self.expected)


def _is_positive(value: float | None) -> bool:
    return value is not None and math.isfinite(value) and value > 0


@dataclasses.dataclass(frozen=True)
class Table:
    """Points of a scan, and what they say."""

    points: list[Point]  #: in the order of the scan
    labels: list[str]  #: what the values of a point mean
    quantity: str  #: "limit", on the signal strength, or "CLs"
    threshold: float  #: a point is excluded below it: 1 for limits, 1 - level for CLs
    level: float = 0.95  #: confidence level

    def where(self, **values: Any) -> Table:
        """The points that have these values, by label. Raises UnknownNameError, or OptionError when no point is left."""
        for label in values:
            self.column(label)
        keep = [p for p in self.points if all(p.values[self.column(n)] == v for n, v in values.items())]
        if not keep:
            raise OptionError([Problem("option", "where", f"no point has {values}", "")])
        return dataclasses.replace(self, points=keep)

    def column(self, label: str) -> int:
        """Place of a label among the values of a point. Raises UnknownNameError."""
        if label not in self.labels:
            raise UnknownNameError([Problem("reference", label, f"no label is called {label!r}", f"there are {', '.join(self.labels)}")])
        return self.labels.index(label)

    def varying(self) -> list[str]:
        """Labels whose (numeric) value is not the same for all points."""
        return [label for i, label in enumerate(self.labels) if all(isinstance(p.values[i], (int, float)) for p in self.points)
                and len({p.values[i] for p in self.points}) > 1]


def read_table(source: Any) -> Table:
    """What `relume limit --patchset` or `relume cls --patchset` printed, as a Table.

    `source`: its path, the document, an object whose `to_dict()` is that document, a Table, or a list of (x, relume.Limit),
    ((x, y), relume.Limit), or the same with relume.HypoTest. Raises FileError, InputError, OptionError.
    """
    if isinstance(source, Table):
        return source
    if isinstance(source, (str, os.PathLike)):
        return _from_document(_read(pathlib.Path(source)), os.fspath(source))
    if hasattr(source, "to_dict"):
        source = source.to_dict()
    if isinstance(source, Mapping):
        return _from_document(source, "<document>")
    if isinstance(source, Iterable):
        return _from_pairs(list(source))
    raise OptionError([Problem("option", "limits", f"a {type(source).__name__} is no table of limits", "read_table says what is")])


def _read(path: pathlib.Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError([Problem("io", str(path), error.strerror or str(error), "")]) from None
    except ValueError as error:
        raise InputError([Problem("syntax", str(path), f"not JSON: {error}", "")]) from None


def _from_document(document: Any, name: str) -> Table:
    results = document.get("results") if isinstance(document, Mapping) else None
    if not isinstance(results, list) or not results:
        raise InputError([Problem("schema", name, "no results of many points", "`relume limit WORKSPACE --patchset FILE` prints them")])
    is_cls = "CLs_obs" in results[0]
    observed, expected = ("CLs_obs", "CLs_exp") if is_cls else ("observed", "expected")
    try:
        points = [Point(str(r["name"]), tuple(r["values"]), r[observed], tuple(r[expected])) for r in results]
        return _table(points, document.get("labels"), "CLs" if is_cls else "limit", results[0].get("level", 0.95))
    except (KeyError, TypeError) as error:
        raise InputError([Problem("schema", name, f"a point without {error}", "")]) from None


def _from_pairs(pairs: list[Any]) -> Table:
    points, kinds, level = [], set(), 0.95
    for i, pair in enumerate(pairs):
        try:
            place, result = pair
        except (TypeError, ValueError):
            raise OptionError([Problem("option", f"limits[{i}]", f"{pair!r} is no pair of a place and a result", "(mass, relume.Limit)")]) from None
        if not isinstance(result, (Limit, HypoTest)):
            raise OptionError([Problem("option", f"limits[{i}]", f"a {type(result).__name__}, where a relume.Limit is needed", "")])
        kinds.add("limit" if isinstance(result, Limit) else "CLs")
        level = result.level if isinstance(result, Limit) else level
        values = tuple(place) if isinstance(place, (tuple, list)) else (place,)
        points.append(Point(", ".join(map(str, values)), tuple(float(v) for v in values), result.observed, tuple(result.expected)))
    if len(kinds) != 1 or len({len(p.values) for p in points}) != 1:
        raise OptionError([Problem("option", "limits", "no points, or points of different kinds", "a list of (mass, relume.Limit)")])
    return _table(points, None, kinds.pop(), level)


def _table(points: list[Point], labels: list[str] | None, quantity: str, level: float) -> Table:
    n = len(points[0].values)
    names = [str(label) for label in labels or []] or (["x", "y", "z"][:n] if n <= 3 else [f"x{i}" for i in range(n)])
    return Table(points, names, quantity, 1 - level if quantity == "CLs" else 1.0, level)
