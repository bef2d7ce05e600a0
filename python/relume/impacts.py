# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Impacts of nuisance parameters on the parameter of interest (docs/concepts/impacts.md)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from numpy.typing import ArrayLike

from . import _core
from .arguments import flag, numbers_by_name, refuse, text, texts, whole
from .inference import core_of, vector_of
from .model import Model
from .results import FitResult, Result, format_number


@dataclasses.dataclass(frozen=True)
class ImpactSide:
    """One refit."""

    at: float  #: where the nuisance parameter was held, or the global observable put
    shift: float | None  #: of the parameter of interest, from the best fit; None where there is none: `reason` says why
    reason: str = ""  #: why there is none, or at which bound something ended


@dataclasses.dataclass(frozen=True)
class ImpactPair:
    """Both sides of one kind of impact."""

    step: float | None  #: how far up and down: a standard deviation
    linear: float | None  #: shift by one step up, in first order
    up: ImpactSide | None  #: None where nothing was fitted
    down: ImpactSide | None  #: the same downwards
    reason: str = ""  #: why this parameter has no such impact

    @property
    def shifts(self) -> tuple[float | None, float | None]:
        """Of the parameter of interest, up and down: refitted, or in first order where nothing was fitted."""
        up = self.up.shift if self.up is not None else self.linear
        down = self.down.shift if self.down is not None else None if self.linear is None else -self.linear
        return up, down


@dataclasses.dataclass(frozen=True)
class Impact:
    """How far one nuisance parameter moves the parameter of interest."""

    parameter: str  #: its name
    best: float  #: at the minimum
    uncertainty: float  #: after the fit; 0 at a bound
    pull: float | None  #: (best - centre of its constraint) / uncertainty before the fit; None without a constraint
    constraint: float | None  #: uncertainty after / before the fit; None without a constraint
    correlation: float  #: with the parameter of interest
    postfit: ImpactPair  #: held at best +- uncertainty after the fit, the others fitted again
    prefit: ImpactPair  #: held at best +- uncertainty before the fit
    global_observable: ImpactPair  #: the global observable of its constraint (its datum) moved by +- its standard deviation, everything fitted again

    def __repr__(self) -> str:
        up, down = (format_number(s, 4) for s in self.postfit.shifts)
        pulled = "" if self.pull is None or self.constraint is None else f", pull {self.pull:+.3f} ± {self.constraint:.3f}"
        return f"{self.parameter}: {up} up, {down} down{pulled}"


@dataclasses.dataclass(frozen=True)
class GroupImpact:
    """What a group of nuisance parameters contributes to the uncertainty."""

    name: str  #: of the group
    uncertainty: float  #: root of the variance that goes away when the group is held at its best fit
    by_data: float  #: root of the variance that comes from the data of its constraints; squares of groups without common or correlated members add up to the whole
    parameters: list[str]  #: in the group


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Impacts(Result, Mapping[str, Impact]):
    """Impacts by the name of their parameter, largest first."""

    fit: FitResult | None  #: the free fit, with its covariance; None when the question had no answer

    @property
    def poi(self) -> str:
        """Name of the parameter of interest."""
        return self.document["poi"]

    @property
    def best(self) -> float | None:
        """Its value at the minimum."""
        return self.document["best"]

    @property
    def uncertainty(self) -> float | None:
        """Its standard deviation from the inverse Hessian."""
        return self.document["uncertainty"]

    @property
    def statistical(self) -> float | None:
        """Its standard deviation with all constrained nuisance parameters held at their best fit."""
        return self.document["statistical"]

    @property
    def systematic(self) -> float | None:
        """What they add to it, in quadrature."""
        return self.document["systematic"]

    @property
    def by_data(self) -> dict[str, float | None]:
        """The uncertainty by what fluctuates: "statistical" (main data), "systematic" (data of constraints), "own_constraint"; they add up."""
        return dict(self.document["by_data"])

    @property
    def groups(self) -> dict[str, GroupImpact]:
        """By name."""
        return {entry["name"]: GroupImpact(**{**entry, "parameters": list(entry["parameters"])}) for entry in self.document["groups"]}

    def __getitem__(self, name: str) -> Impact:
        for entry in self.document["impacts"]:
            if entry["parameter"] == name:
                return _impact(entry)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(entry["parameter"] for entry in self.document["impacts"])

    def __len__(self) -> int:
        return len(self.document["impacts"])

    def top(self, n: int) -> list[Impact]:
        """The largest `n`, by the post-fit shift."""
        return [_impact(entry) for entry in self.document["impacts"][:whole(n, "n", 1)]]

    def _rows(self) -> list[tuple[str, str]]:
        if not self.is_usable:
            return []
        # At a bound the curvature gives no uncertainty, and a note says so.
        uncertainty = (f"± {format_number(self.uncertainty, 4)} ({format_number(self.statistical, 4)} stat., {format_number(self.systematic, 4)} syst.)"
                       if self.uncertainty else "± -")
        rows = [("best fit", f"{self.poi} = {format_number(self.best)} {uncertainty}")]
        shown = 40
        rows += [(impact.parameter, repr(impact).partition(": ")[2]) for impact in self.top(shown)]
        if len(self) > shown:
            rows.append(("…", f"{len(self) - shown} more"))
        return rows + [(f"group {name}", format_number(group.uncertainty, 4)) for name, group in self.groups.items()]


def _pair(entry: Mapping[str, Any]) -> ImpactPair:
    sides = {key: None if entry[key] is None else ImpactSide(**entry[key]) for key in ("up", "down")}
    return ImpactPair(entry["step"], entry["linear"], **sides, reason=entry.get("reason", ""))


def _impact(entry: Mapping[str, Any]) -> Impact:
    pairs = ("postfit", "prefit", "global_observable")
    return Impact(**{key: _pair(value) if key in pairs else value for key, value in entry.items()})


def _patterns(groups: Any) -> list[tuple[str, str]]:
    if not isinstance(groups, Mapping):
        refuse("groups", f"{groups!r} is no mapping of names to patterns", "for example {'jets': 'JET_*'}")
    pairs = []
    for name, patterns in groups.items():
        for pattern in [patterns] if isinstance(patterns, str) else texts(patterns, f"groups[{name!r}]"):
            pairs.append((text(name, "groups"), pattern))
    return pairs


def impacts(model: Model, data: ArrayLike | None = None, *, poi: str | None = None, parameters: Iterable[str] | None = None,
            groups: Mapping[str, str | Iterable[str]] = {}, exact: bool = True, fixed: Mapping[str, float] = {}, start: ArrayLike | None = None,
            threads: int = 1) -> Impacts:
    """How far each nuisance parameter moves the parameter of interest, ranked, and what groups of them contribute.

    `data`: shape (n_data,), None for the observed. `poi`: any parameter, None for the model's. `parameters`: names of those to rank, None for
    all that are free. `groups`: names of groups with one or more patterns of parameter names, in which * stands for any text and ? for any
    character. `exact`: fits again with each parameter held on either side, and with the global observable of its constraint moved; False leaves
    what follows from the covariance. `fixed`, `start`: as for `fit`. `threads`: the results are the same, bit for bit. Raises OptionError,
    UnknownNameError. Sides without a certified fit, or at a bound, say so in their `reason`.
    """
    document, fit = _core.impacts(
        core_of(model), vector_of(data, "data"), None if poi is None else text(poi, "poi"),
        [] if parameters is None else texts(parameters, "parameters"), _patterns(groups), flag(exact, "exact"),
        numbers_by_name(fixed, "fixed"), vector_of(start, "start"), whole(threads, "threads", 1, 1024))
    return Impacts(document, None if fit is None else FitResult(fit[0], model.parameter_names, *fit[1:]))
