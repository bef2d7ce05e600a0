# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Published maps over the masses of new particles (docs/formats/smodels.md): efficiencies, signals and upper limits at any masses."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import _core
from .arguments import flag, number, refuse, text
from .spec import Signal


def _path(directory: Any) -> str:
    try:
        return os.fsdecode(os.fspath(directory))
    except TypeError:
        refuse("directory", f"{directory!r} is no path")


def _numbers(values: Any, where: str) -> list[float]:
    if isinstance(values, (str, bytes)) or np.ndim(values) != 1:
        refuse(where, f"{values!r} is no list of numbers", "for example [400, 100], in GeV")
    return [number(value, where) for value in values]


def _rows(values: Any, where: str) -> np.ndarray:
    try:
        rows = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        refuse(where, f"no array of numbers: {error}")
    if rows.ndim != 2:
        refuse(where, f"an array of shape {rows.shape}", "one row per point")
    return rows


@dataclasses.dataclass(frozen=True)
class MapLimits:
    """Upper limits that a map has at some masses."""

    observed: float  #: in `unit`
    expected: float | None  #: the median; None where there is no map of it, or where that does not reach the masses
    unit: str  #: of both
    document: dict[str, Any] = dataclasses.field(repr=False)  #: of a likelihood file (docs/formats/likelihood.md); one needs the expected limit


class MassMaps:
    """The maps of one topology, ready for many points: `relume.MassMaps.read("CMS-SUS-20-004-eff", "TChiHH")`."""

    __slots__ = ("_core", "topology")

    def __init__(self, core: Any, topology: str) -> None:
        """Made by `read`."""
        self._core = core
        self.topology = topology  #: what SModels calls a txname

    @classmethod
    def read(cls, directory: str | os.PathLike[str], topology: str) -> MassMaps:
        """`directory`: a result of the SModels data base, with its globalInfo.txt. Raises InputError with every problem as file and line,
        and OptionError, which lists the topologies, when there is none of that name."""
        return cls(_core.MassMaps.read(_path(directory), text(topology, "topology")), topology)

    @property
    def regions(self) -> list[str]:
        """Regions that have a map of the topology."""
        return self._core.regions

    @property
    def coordinates(self) -> list[str]:
        """What a point of the maps consists of: masses first, then widths."""
        return self._core.coordinates

    @property
    def is_of_limits(self) -> bool:
        """Whether these are maps of upper limits rather than of efficiencies."""
        return self._core.is_of_limits

    def efficiencies(self, masses: ArrayLike, widths: ArrayLike | None = None) -> np.ndarray:
        """Shape (n_points, n_regions); NaN where a map does not reach the masses.

        `masses`: shape (n_points, n_masses), GeV; those of one branch are enough where both are alike. `widths`: the same, for maps with widths.
        """
        m = _rows(masses, "masses")
        w = _rows(np.zeros((len(m), 0)) if widths is None else widths, "widths")
        if len(w) != len(m):
            refuse("widths", f"{len(w)} rows, where there are {len(m)} of masses")
        return self._core.efficiencies(m, w)

    def signal(self, masses: ArrayLike, cross_section: float, *, unit: str = "fb", widths: ArrayLike = (), outside_is_zero: bool = False,
               for_model: str = "") -> Signal:
        """Yields = luminosity x cross section x efficiency in all regions.

        `cross_section`: times branching fractions. `outside_is_zero`: regions whose map does not reach the masses see no signal; otherwise
        they are left out, and `to_dict()["metadata"]["outside_of_map"]` lists them. `for_model`: a full likelihood that the result names;
        the signal is then addressed to its channels. Raises OptionError.
        """
        document = self._core.signal(_numbers(masses, "masses"), _numbers(widths, "widths"), number(cross_section, "cross_section"),
                                     text(unit, "unit"), flag(outside_is_zero, "outside_is_zero"), text(for_model, "for_model"))
        return Signal(document)

    def upper_limits(self, masses: ArrayLike, widths: ArrayLike = ()) -> MapLimits:
        """Upper limits on the cross section times branching fractions, of a map of limits. Raises OptionError, also outside of the map."""
        document = self._core.upper_limits(_numbers(masses, "masses"), _numbers(widths, "widths"))
        return MapLimits(document["observed"], document["expected"][2], document["unit"], document)

    def __repr__(self) -> str:
        return f"MassMaps({self.topology!r}, {len(self.regions)} regions, coordinates: {', '.join(self.coordinates)})"


def map_topologies(directory: str | os.PathLike[str]) -> dict[str, Any]:
    """What maps a result of the SModels data base, `directory`, has: topologies with coordinates, ranges and regions, and what was ignored."""
    return _core.map_topologies(_path(directory))


def signal_from_maps(directory: str | os.PathLike[str], topology: str, masses: ArrayLike, cross_section: float, *, unit: str = "fb",
                     widths: ArrayLike = (), outside_is_zero: bool = False, for_model: str = "") -> Signal:
    """The signal of one point, read from the maps of a directory: `MassMaps.read` and `MassMaps.signal` in one.

    `directory`, `topology`: of a result of the SModels data base. `masses`, `widths`: of the point, in GeV. `cross_section`: times branching
    fractions, in `unit`. `outside_is_zero`: a region whose map does not reach the point has no signal; without, that is an error.
    `for_model`: a model file of the result, whose channels the signal then addresses. Raises InputError, OptionError.
    """
    maps = MassMaps.read(directory, topology)
    return maps.signal(masses, cross_section, unit=unit, widths=widths, outside_is_zero=outside_is_zero, for_model=for_model)


def upper_limits_at(directory: str | os.PathLike[str], topology: str, masses: ArrayLike, widths: ArrayLike = ()) -> MapLimits:
    """Upper limits at one point, read from the map of a directory: `MassMaps.read` and `MassMaps.upper_limits` in one.

    `directory`, `topology`: of a result of the SModels data base. `masses`, `widths`: of the point, in GeV. Raises InputError, OptionError.
    """
    return MassMaps.read(directory, topology).upper_limits(masses, widths)
