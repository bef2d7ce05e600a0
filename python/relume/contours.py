# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The profile likelihood over several parameters: grids, contours, and tests of given values."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from . import _core
from .arguments import number, numbers_by_name, refuse, texts, whole
from .inference import core_of, vector_of
from .model import Model
from .results import Result, format_number


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ProfileGrid(Result):
    """A profile likelihood over two parameters. Its arrays cannot be written to."""

    x: np.ndarray  #: shape (n,), values of the first parameter
    y: np.ndarray  #: shape (m,), values of the second one
    twice_delta_nll: np.ndarray  #: shape (n, m), -2 ln L above its minimum; NaN where a fit is not certified; may be negative beyond bounds

    def __post_init__(self) -> None:
        for array in (self.x, self.y, self.twice_delta_nll):
            array.setflags(write=False)

    @property
    def parameters(self) -> list[str]:
        """Names of the two parameters."""
        return list(self.document["parameters"])

    @property
    def best(self) -> list[float | None]:
        """Their values at the minimum."""
        return list(self.document["best"])

    @property
    def twice_nll(self) -> float | None:
        """-2 ln L at the minimum, with all constants."""
        return self.document["twice_nll"]

    def _rows(self) -> list[tuple[str, str]]:
        best = ", ".join(f"{name} = {format_number(value)}" for name, value in zip(self.parameters, self.best, strict=True))
        return [("best", best), ("-2 ln L", format_number(self.twice_nll, 10)), ("points", f"{len(self.x)} x {len(self.y)}")]


@dataclasses.dataclass(frozen=True, eq=False)
class Contour:
    """Where the profile likelihood of two parameters has one height."""

    level: float  #: confidence level, by the chi-squared distribution with two degrees of freedom
    height: float  #: of -2 ln L above its minimum
    x: np.ndarray  #: shape (n,), of the first parameter, counter-clockwise around the best fit; the first point is not repeated
    y: np.ndarray  #: shape (n,), of the second one
    at_bound: np.ndarray  #: shape (n,), bool: a bound of a parameter comes before the height


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Contours(Result):
    """Contours of a profile likelihood of two parameters."""

    @property
    def parameters(self) -> list[str]:
        """Names of the two parameters."""
        return list(self.document["parameters"])

    @property
    def best(self) -> list[float | None]:
        """Their values at the minimum."""
        return list(self.document["best"])

    @property
    def twice_nll(self) -> float | None:
        """-2 ln L at the minimum, with all constants."""
        return self.document["twice_nll"]

    @property
    def contours(self) -> list[Contour]:
        """One per level, in the order asked for."""
        found = []
        for c in self.document["contours"]:
            x, y, at_bound = ([p.get(key, False) for p in c["points"]] for key in ("x", "y", "at_bound"))
            found.append(Contour(c["level"], c["height"], np.array(x), np.array(y), np.array(at_bound, dtype=bool)))
        return found

    def _rows(self) -> list[tuple[str, str]]:
        best = ", ".join(f"{name} = {format_number(value)}" for name, value in zip(self.parameters, self.best, strict=True))
        return [("best", best), *((f"{100 * c.level:.4g}%", f"{len(c.x)} points at {format_number(c.height)}") for c in self.contours)]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class RatioTest(Result):
    """A likelihood ratio test of values of any parameters. Numbers are None where there are none."""

    @property
    def tested(self) -> dict[str, float]:
        """The tested values by name."""
        return dict(self.document["tested"])

    @property
    def best(self) -> dict[str, float | None]:
        """Best-fit values of the same parameters."""
        return dict(self.document["best"])

    @property
    def t(self) -> float | None:
        """-2 ln L at the tested values, all else profiled, above its minimum."""
        return self.document["t"]

    @property
    def degrees_of_freedom(self) -> int:
        """As many as values are tested."""
        return self.document["degrees_of_freedom"]

    @property
    def p_value(self) -> float | None:
        """Probability that a chi-squared variable is at least t."""
        return self.document["p_value"]

    def _rows(self) -> list[tuple[str, str]]:
        tested = ", ".join(f"{name} = {value:g}" for name, value in self.tested.items())
        return [("tested", tested), ("t", f"{format_number(self.t)} / {self.degrees_of_freedom}"), ("p-value", format_number(self.p_value))]


def _two(parameters: Iterable[str]) -> list[str]:
    names = texts(parameters, "parameters")
    if len(names) != 2:
        refuse("parameters", f"{len(names)} names, where two are needed", "for example ['mu_ggF', 'mu_VBF']")
    return names


def scan_grid(model: Model, parameters: Iterable[str], x: ArrayLike | None = None, y: ArrayLike | None = None, data: ArrayLike | None = None, *,
              n: int = 21, fixed: Mapping[str, float] = {}, start: ArrayLike | None = None) -> ProfileGrid:
    """The profile likelihood over a grid of two parameters: fits with both held, outwards from the minimum, each from its neighbour.

    `parameters`: two names. `x`, `y`: shapes (n,) and (m,), their values, also beyond bounds; None: `n` of them, up to where -2 ln L has risen
    by 9 along that parameter, or the bound. `data`, `fixed`, `start`: as for `fit`. Raises OptionError, UnknownNameError.
    """
    return ProfileGrid(*_core.scan_grid(core_of(model), _two(parameters), vector_of(x, "x"), vector_of(y, "y"), whole(n, "n", 1, 10**4),
                                        vector_of(data, "data"), numbers_by_name(fixed, "fixed"), vector_of(start, "start")))


def contour(model: Model, parameters: Iterable[str], data: ArrayLike | None = None, *, levels: Iterable[float] = (0.6826894921370859, 0.95),
            n: int = 40, fixed: Mapping[str, float] = {}, start: ArrayLike | None = None) -> Contours:
    """Contours of the profile likelihood of two parameters, along rays from the best fit and within bounds.

    `parameters`: two names. `levels`: confidence levels by the chi-squared distribution with two degrees of freedom. `n`: points of each.
    `data`, `fixed`, `start`: as for `fit`. A region apart from the best fit's is not seen: `scan_grid` shows it. Raises OptionError,
    UnknownNameError.
    """
    if isinstance(levels, (str, bytes)) or not isinstance(levels, Iterable):
        refuse("levels", f"{levels!r} is no list of confidence levels", "for example [0.68, 0.95]")
    return Contours(_core.contour(core_of(model), _two(parameters), [number(level, "level") for level in levels], whole(n, "n", 3, 10**5),
                                  vector_of(data, "data"), numbers_by_name(fixed, "fixed"), vector_of(start, "start")))


def test(model: Model, at: Mapping[str, float], data: ArrayLike | None = None, *, fixed: Mapping[str, float] = {},
         start: ArrayLike | None = None) -> RatioTest:
    """Likelihood ratio test of values of any parameters at once; all others are profiled.

    `at`: the tested values by name. `data`, `fixed`, `start`: as for `fit`. The p-value is that of the chi-squared distribution with as many
    degrees of freedom as values are tested: for many events, away from bounds. Raises OptionError, UnknownNameError.
    """
    return RatioTest(_core.test(core_of(model), numbers_by_name(at, "at"), vector_of(data, "data"), numbers_by_name(fixed, "fixed"),
                                vector_of(start, "start")))
