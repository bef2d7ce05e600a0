# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Counting experiments, as many at a time as there are: limits and tests of single signal regions, and the choice of one of them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import _core
from .arguments import flag, number, refuse, text, whole


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class CountingBatch:
    """What every point of a batch has; arrays have the shape of the arguments."""

    status: np.ndarray  #: "ok", "no_sensitivity" (no signal), "not_defined" (a number that is negative or none), "not_bracketed"
    reason: np.ndarray  #: in words, where the status is not ok

    @property
    def is_usable(self) -> np.ndarray:
        """Where the status is ok."""
        return self.status == "ok"

    def __repr__(self) -> str:
        usable = int(np.count_nonzero(self.is_usable))
        return f"<{type(self).__name__} of {self.status.size} points, {usable} usable>"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class CountingLimits(CountingBatch):
    """Upper limits on the signal strength of counting experiments; NaN where there is none."""

    observed: np.ndarray  #: observed limits
    expected: np.ndarray  #: shape (…, 5): -2 to +2 standard deviations
    mu_hat: np.ndarray  #: best fits within what the test statistic allows
    asimov_events: np.ndarray  #: events of the Asimov data; below five or so the asymptotic formulas are doubtful
    level: float  #: confidence level


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class CountingTests(CountingBatch):
    """Hypothesis tests of counting experiments; NaN where there is none."""

    mu: float  #: tested signal strength
    q: np.ndarray  #: test statistic
    q_asimov: np.ndarray  #: its value on the Asimov data
    observed: np.ndarray  #: CLs
    expected: np.ndarray  #: shape (…, 5): CLs at -2 to +2 standard deviations
    clsb: np.ndarray  #: CLs+b, observed
    clb: np.ndarray  #: CLb, observed
    mu_hat: np.ndarray  #: best fits within what the test statistic allows


@dataclasses.dataclass(frozen=True)
class RegionChoice:
    """One of several regions whose correlations are not known."""

    best: int | None  #: place of the region with the lowest expected limit before looking at the data; None: none has a limit
    expected: np.ndarray  #: the limits by which it was chosen (a-priori, median), NaN where there is none
    limits: CountingLimits  #: of all regions


def _points(shape_of: dict[str, ArrayLike]) -> tuple[np.ndarray, tuple[int, ...]]:
    """One row per point, and the shape of the arguments together."""
    arrays = {}
    for where, values in shape_of.items():
        try:
            arrays[where] = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError) as error:
            refuse(where, f"not numbers: {error}")
    try:
        together = np.broadcast_arrays(*arrays.values())
    except ValueError:
        shapes = ", ".join(f"{where} {array.shape}" for where, array in arrays.items())
        refuse("observed", f"arrays of shapes that do not go together: {shapes}", "give numbers, or arrays of one shape")
    return np.stack([array.ravel() for array in together], axis=1), together[0].shape


def _statuses(found: tuple[np.ndarray, list[tuple[str, str]]], shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    places, known = found[0].astype(np.intp).reshape(shape), found[1] or [("ok", "")]
    names, reasons = (np.array(column) for column in zip(*known, strict=True))
    return {"status": names[places], "reason": reasons[places]}


def _limits(columns: tuple[Any, ...], shape: tuple[int, ...], level: float) -> CountingLimits:
    observed, expected, mu_hat, asimov_events, statuses = columns
    return CountingLimits(**_statuses(statuses, shape), observed=observed.reshape(shape), expected=expected.reshape((*shape, 5)),
                          mu_hat=mu_hat.reshape(shape), asimov_events=asimov_events.reshape(shape), level=level)


def counting_limits(observed: ArrayLike, background: ArrayLike, uncertainty: ArrayLike, signal: ArrayLike = 1.0, *, level: float = 0.95,
                    test_stat: str = "qtilde", asimov: str = "a-posteriori", constraint: str = "prior", expected: bool = True,
                    threads: int = 1) -> CountingLimits:
    """CLs upper limits on the signal strength of counting experiments, from asymptotic formulas, a microsecond each.

    `observed`, `background`, `uncertainty` (standard deviation of the background) and `signal` (at strength 1) are numbers of events: arrays that
    numpy broadcasts together. The rate is mu * signal + background + theta with theta normal; it is not negative. For signals in events,
    with `signal` 1, limits are numbers of events; divide by the luminosity for limits on a visible cross section. `test_stat`: "qtilde" or "q".
    `asimov`: "a-posteriori" or "a-priori", as for `upper_limit`. `constraint`: "prior", where the background of
    a-posteriori Asimov data stays as published while their counts are the fitted ones (simplified likelihoods, SModelS), or "measurement", where it
    follows the fit (HistFactory, pyhf). `level`: confidence level; `expected`: the band too;
    `threads`: the numbers are the same for any. Points that have no answer keep a status and a reason. Raises OptionError.
    """
    points, shape = _points({"observed": observed, "background": background, "uncertainty": uncertainty, "signal": signal})
    level = number(level, "level")
    return _limits(_core.counting_limits(points, level, text(test_stat, "test_stat"), text(asimov, "asimov"), text(constraint, "constraint"),
                                         flag(expected, "expected"), whole(threads, "threads", 1, 1024)), shape, level)


def counting_tests(observed: ArrayLike, background: ArrayLike, uncertainty: ArrayLike, signal: ArrayLike = 1.0, *, mu: float = 1.0,
                   test_stat: str = "qtilde", asimov: str = "a-posteriori", constraint: str = "prior", threads: int = 1) -> CountingTests:
    """Tests of the signal strength `mu` (at least 0) in counting experiments. Arguments as for `counting_limits`."""
    points, shape = _points({"observed": observed, "background": background, "uncertainty": uncertainty, "signal": signal})
    mu = number(mu, "mu")
    if not 0.0 <= mu < np.inf:
        refuse("mu", f"{mu} cannot be tested", "a signal strength of at least 0")
    *columns, statuses = _core.counting_tests(points, mu, text(test_stat, "test_stat"), text(asimov, "asimov"),
                                              text(constraint, "constraint"), whole(threads, "threads", 1, 1024))
    q, q_asimov, cls, clsb, clb, band, mu_hat = (c.reshape(shape if c.ndim == 1 else (*shape, 5)) for c in columns)
    return CountingTests(**_statuses(statuses, shape), mu=mu, q=q, q_asimov=q_asimov, observed=cls, expected=band, clsb=clsb, clb=clb, mu_hat=mu_hat)


def most_sensitive_region(observed: ArrayLike, background: ArrayLike, uncertainty: ArrayLike, signal: ArrayLike, *, level: float = 0.95,
                          test_stat: str = "qtilde", asimov: str = "a-posteriori", constraint: str = "prior") -> RegionChoice:
    """Of signal regions whose correlations are not known, the one to quote: that with the lowest expected limit before looking at the data.

    The observed limits have no say: the lowest of them belongs to the largest downward fluctuation. Of equals the first is taken. Arguments as for
    `counting_limits`, one number per region.
    """
    points, shape = _points({"observed": observed, "background": background, "uncertainty": uncertainty, "signal": signal})
    if len(shape) != 1:
        refuse("observed", f"arrays of shape {shape}", "one number per region")
    level = number(level, "level")
    best, expected, columns = _core.most_sensitive_region(points, level, text(test_stat, "test_stat"), text(asimov, "asimov"),
                                                          text(constraint, "constraint"))
    return RegionChoice(best, expected, _limits(columns, shape, level))
