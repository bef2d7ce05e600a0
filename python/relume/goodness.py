# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Goodness of fit, by channel and by bin, and whether channels agree about a parameter."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from . import _core
from .arguments import flag, numbers_by_name, refuse, text, whole
from .inference import core_of, vector_of
from .model import Model
from .results import Result, format_number


@dataclasses.dataclass(frozen=True)
class BinResidual:
    """A bin at the best fit."""

    channel: str  #: name of its channel
    bin: int  #: place in the channel
    observed: float  #: events
    expected: float  #: events, at the best fit
    uncertainty: float | None  #: standard deviation of the expectation, from the covariance of the fit
    t: float  #: what it contributes to the test statistic
    residual: float | None  #: (n - nu) / sqrt(nu), as if nothing had been fitted
    pull: float | None  #: (n - nu) / sqrt(nu - uncertainty^2), of unit width for a right model; None where the fit leaves no freedom


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class GoodnessOfFit(Result):
    """The likelihood ratio of the best fit against the saturated model. Its array cannot be written to."""

    toys: np.ndarray  #: shape (n_toys,), the test statistic of toys, NaN where a fit failed; empty where none were asked for

    def __post_init__(self) -> None:
        self.toys.setflags(write=False)

    @property
    def t(self) -> float | None:
        """The test statistic: twice the deviance at the minimum, constraint terms included."""
        return self.document["t"]

    @property
    def t_constraints(self) -> float | None:
        """What the constraint terms contribute."""
        return self.document["t_constraints"]

    @property
    def degrees_of_freedom(self) -> int | None:
        """Bins and constraint terms, less what was fitted; `to_dict()["counted"]` has the parts."""
        return self.document["degrees_of_freedom"]

    @property
    def p_value(self) -> float | None:
        """From the chi-squared distribution; None without degrees of freedom."""
        return self.document["p_value"]

    @property
    def p_value_toys(self) -> float | None:
        """From toys; None where there are none."""
        return self.document["toys"] and self.document["toys"]["p_value"]

    @property
    def p_value_toys_uncertainty(self) -> float | None:
        """Its standard deviation, from the number of toys."""
        return self.document["toys"] and self.document["toys"]["p_value_uncertainty"]

    @property
    def by_channel(self) -> dict[str, float]:
        """What the bins of each channel contribute to the test statistic."""
        return {entry["name"]: entry["t"] for entry in self.document["channels"]}

    @property
    def bins(self) -> list[BinResidual]:
        """In the order of the main data."""
        return [BinResidual(**entry) for entry in self.document["bins"]]

    @property
    def twice_nll(self) -> float | None:
        """-2 ln L at the minimum, with all constants."""
        return self.document["twice_nll"]

    def _rows(self) -> list[tuple[str, str]]:
        rows = [("t", f"{format_number(self.t)} with {self.degrees_of_freedom} degrees of freedom"), ("p-value", format_number(self.p_value))]
        if self.p_value_toys is not None:
            rows.append(("with toys", f"{format_number(self.p_value_toys, 4)} ± {format_number(self.p_value_toys_uncertainty, 1)}"))
        return rows + [(name, format_number(t)) for name, t in self.by_channel.items()]


@dataclasses.dataclass(frozen=True)
class ChannelStrength:
    """The value that one channel would have by itself."""

    channel: str  #: name of the channel
    best: float  #: the value
    uncertainty: float | None  #: its standard deviation, from the inverse Hessian
    parameter: str  #: what it is called in the model with one per channel


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Compatibility(Result):
    """A parameter that all channels share, against one per channel."""

    @property
    def parameter(self) -> str:
        """Name of the parameter."""
        return self.document["parameter"]

    @property
    def best(self) -> float | None:
        """Its common value."""
        return self.document["best"]

    @property
    def uncertainty(self) -> float | None:
        """Standard deviation of the common value."""
        return self.document["uncertainty"]

    @property
    def channels(self) -> dict[str, ChannelStrength]:
        """Values by channel; channels whose rates do not depend on it are left out."""
        return {entry["channel"]: ChannelStrength(**entry) for entry in self.document["channels"]}

    @property
    def t(self) -> float | None:
        """-2 ln L with one value, above that with one per channel."""
        return self.document["t"]

    @property
    def degrees_of_freedom(self) -> int | None:
        """Channels less one, and less directions that are flat only with one value per channel."""
        return self.document["degrees_of_freedom"]

    @property
    def p_value(self) -> float | None:
        """From the chi-squared distribution; None with fewer than two channels, or without degrees of freedom."""
        return self.document["p_value"]

    def _rows(self) -> list[tuple[str, str]]:
        def line(best: float | None, uncertainty: float | None) -> str:
            return f"{format_number(best)} ± {format_number(uncertainty, 3)}"

        rows = [(self.parameter, line(self.best, self.uncertainty))]
        rows += [(name, line(c.best, c.uncertainty)) for name, c in self.channels.items()]
        return [*rows, ("t", f"{format_number(self.t)} with {self.degrees_of_freedom} degrees of freedom"), ("p-value", format_number(self.p_value))]


def goodness(model: Model, data: ArrayLike | None = None, *, n_toys: int = 0, seed: int = 0, threads: int = 1, fixed: Mapping[str, float] = {},
             start: ArrayLike | None = None, pulls: bool = True) -> GoodnessOfFit:
    """Goodness of fit: the likelihood ratio of the best fit against the saturated model, by channel and by bin.

    `n_toys`: toys from the best fit, one fit each, for a p-value without the chi-squared distribution; `seed` and `threads` as for `toys`.
    `data`, `fixed`, `start`: as for `fit`; constraint terms of parameters held do not count. `pulls`: of bins, which needs the covariance
    of all parameters. Raises OptionError, UnknownNameError.
    """
    return GoodnessOfFit(*_core.goodness(core_of(model), vector_of(data, "data"), numbers_by_name(fixed, "fixed"), vector_of(start, "start"),
                                         flag(pulls, "pulls"), whole(n_toys, "n_toys", 0, 10**8), whole(seed, "seed", 0, 2**53 - 1),
                                         whole(threads, "threads", 1, 1024)))


def compatibility(model: Model, parameter: str | None = None, data: ArrayLike | None = None, *, fixed: Mapping[str, float] = {}) -> Compatibility:
    """Whether channels agree about a free factor: fits with one value, and with one value per channel.

    `parameter`: name of a normfactor; None for the parameter of interest. The values have no bounds but that rates stay positive. `data`,
    `fixed`: as for `fit`. Raises OptionError, UnknownNameError.
    """
    core = core_of(model)
    name = model.poi if parameter is None else text(parameter, "parameter")
    if name is None:
        refuse("parameter", "the model has no parameter of interest", "name a normfactor")
    return Compatibility(_core.compatibility(core, name, vector_of(data, "data"), numbers_by_name(fixed, "fixed")))
