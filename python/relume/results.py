# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What fits, tests and limits answer: plain values with named fields.

Every result has `status` ("ok" or "converged" when all is well), `reason` (in words), `is_usable`, `notes` (doubts and choices), `seconds`,
and the document that the command line prints: `to_dict()`, `to_json()`.
"""

from __future__ import annotations

import dataclasses
import html
import json
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .arguments import refuse, whole

#: Sigmas of the expected band, in the order of every `expected`.
BAND = (-2, -1, 0, 1, 2)


def at_sigma(expected: Sequence[float | None], sigma: int) -> float | None:
    """Of the five expected values, the one at so many sigma."""
    if sigma not in BAND:
        refuse("sigma", f"no expected value is at {sigma!r} sigma", "-2, -1, 0, 1, 2")
    return expected[BAND.index(sigma)]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What all results share."""

    document: dict[str, Any]  #: what `to_dict` copies

    @property
    def status(self) -> str:
        """"ok", of fits "converged" or "singular"; anything else says what went wrong."""
        return self.document["status"]

    @property
    def reason(self) -> str:
        """Why the status is what it is."""
        return self.document["reason"]

    @property
    def notes(self) -> list[str]:
        """Doubts and choices, in words."""
        return list(self.document["notes"])

    @property
    def seconds(self) -> float:
        """Wall time of the computation, in seconds."""
        return self.document["seconds"]

    @property
    def is_usable(self) -> bool:
        """Whether the numbers mean what they say."""
        return self.status == "ok"

    def to_dict(self) -> dict[str, Any]:
        """The document that the command line prints (docs/guide/command_line.md), as new dictionaries and lists."""
        return json.loads(json.dumps(self.document))

    def to_json(self, indent: int | None = 4) -> str:
        """The same as text. `indent`: spaces per level, None for one line."""
        return json.dumps(self.document, indent=None if indent is None else whole(indent, "indent", 0, 64))

    def _rows(self) -> list[tuple[str, str]]:
        return []

    def _all_rows(self) -> list[tuple[str, str]]:
        rows = [*self._rows(), ("status", self.status)]
        if not self.is_usable:
            rows.append(("reason", self.reason))
        return rows + [("note", note) for note in self.notes]

    def __repr__(self) -> str:
        rows = self._all_rows()
        width = max(len(name) for name, _ in rows)
        return f"{type(self).__name__}\n" + "\n".join(f"  {name:<{width}}  {value}" for name, value in rows)

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th style='text-align:left'>{html.escape(n)}</th><td>{html.escape(v)}</td></tr>" for n, v in self._all_rows())
        return f"<table><caption>{type(self).__name__}</caption>{rows}</table>"


def format_number(value: float | None, digits: int = 6) -> str:
    """A number for people; "-" for none."""
    return "-" if value is None else f"{value:.{digits}g}"


def _band(values: list[float | None]) -> str:
    return "  ".join(f"{n:+d}σ {format_number(v)}" if n else f"median {format_number(v)}" for n, v in zip(BAND, values, strict=True))


@dataclasses.dataclass(frozen=True)
class ParameterValue:
    """One fitted parameter."""

    name: str  #: with its component: "gamma[3]"
    value: float  #: at the minimum
    uncertainty: float | None  #: standard deviation from the inverse Hessian; 0 when held or at a bound; None when not asked for or not available
    at_bound: bool = False  #: whether the minimum is at one of its bounds

    def __repr__(self) -> str:
        known = "" if self.uncertainty is None else f" ± {self.uncertainty:.3g}"
        return f"{self.name} = {self.value:.6g}" + (" (at bound)" if self.at_bound and not self.uncertainty else known)


class Parameters(Mapping[str, ParameterValue]):
    """Fitted parameters by name, in the model's order."""

    def __init__(self, names: list[str], values: np.ndarray, uncertainties: np.ndarray | None, at_bounds: Container[str] = ()) -> None:
        self._index = {name: i for i, name in enumerate(names)}
        self._values, self._uncertainties, self._at_bounds = values, uncertainties, at_bounds

    def __getitem__(self, name: str) -> ParameterValue:
        i = self._index[name]
        sigma = None if self._uncertainties is None else float(self._uncertainties[i])
        return ParameterValue(name, float(self._values[i]), sigma, name in self._at_bounds)

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)

    def __repr__(self) -> str:
        return "\n".join(repr(p) for p in self.values())


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class FitResult(Result):
    """A maximum-likelihood fit. Its arrays cannot be written to; `.copy()` gives one that can."""

    names: list[str]  #: of the parameters, in the model's order; components as "gamma[3]"
    values: np.ndarray  #: shape (n_parameters,)
    uncertainties: np.ndarray | None  #: shape (n_parameters,); 0 for those held or at a bound; None when not asked for or not available (`to_dict()["uncertainties_reason"]` says why)
    covariance: np.ndarray | None  #: shape (n_parameters, n_parameters); None when not asked for or not available

    def __post_init__(self) -> None:
        for array in (self.values, self.uncertainties, self.covariance):
            if array is not None:
                array.setflags(write=False)

    @property
    def parameters(self) -> Parameters:
        """By name: `fit.parameters["mu"].value`."""
        bounds = self.document["at_bounds"]
        return Parameters(self.names, self.values, self.uncertainties, frozenset([*bounds["lower"], *bounds["upper"]]))

    @property
    def twice_nll(self) -> float | None:
        """-2 ln L at the minimum, with all constants."""
        return self.document["twice_nll"]

    @property
    def certificate(self) -> dict[str, Any]:
        """What was checked at the reported point: projected gradient (in pre-fit sigma), expected distance to the minimum."""
        return self.document["certificate"]

    @property
    def is_usable(self) -> bool:
        """Whether this is a minimum; with status "singular" a direction is flat, and there are no uncertainties."""
        return self.status in ("converged", "singular")

    @property
    def correlation(self) -> np.ndarray | None:
        """Shape (n_parameters, n_parameters); rows of parameters without uncertainty are 0."""
        if self.covariance is None:
            return None
        sigma = np.sqrt(np.diag(self.covariance))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.nan_to_num(self.covariance / np.outer(sigma, sigma))

    def _rows(self) -> list[tuple[str, str]]:
        shown = [(p.name, repr(p).partition(" = ")[2]) for p in list(self.parameters.values())[:40]]
        if len(self.names) > len(shown):
            shown.append(("…", f"{len(self.names) - len(shown)} more"))
        return [*shown, ("-2 ln L", format_number(self.twice_nll, 10))]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class HypoTest(Result):
    """A test of one signal strength. Numbers are None where there are none; `status` and `reason` then say why."""

    @property
    def poi(self) -> str:
        """Name of the parameter of interest."""
        return self.document["poi"]

    @property
    def tested(self) -> float:
        """The tested signal strength."""
        return self.document["test_poi"]

    @property
    def observed(self) -> float | None:
        """Observed CLs; with q0, p-value of the background-only hypothesis."""
        return self.document["CLs_obs"]

    @property
    def expected(self) -> list[float | None]:
        """The same, expected: at -2, -1, 0, 1, 2 sigma, ascending."""
        return list(self.document["CLs_exp"])

    def expected_at(self, sigma: int) -> float | None:
        """Of `expected`, the one at -2, -1, 0, 1 or 2 sigma. Raises OptionError for another."""
        return at_sigma(self.expected, sigma)

    @property
    def mu_hat(self) -> float | None:
        """Best-fit value of the parameter of interest, within the range that the test statistic allows."""
        return self.document["mu_hat"]

    @property
    def test_statistic(self) -> dict[str, Any]:
        """Its name, observed value q and, of asymptotic tests, value q_asimov on the Asimov data."""
        return self.document["test_statistic"]

    def _rows(self) -> list[tuple[str, str]]:
        return [("tested", f"{self.poi} = {self.tested:g}"), ("observed", format_number(self.observed)), ("expected", _band(self.expected)),
                ("best fit", f"{self.poi} = {format_number(self.mu_hat)}")]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ProfileScan(Result):
    """A profile likelihood along one parameter. Its arrays cannot be written to."""

    values: np.ndarray  #: shape (n,), of the parameter
    twice_delta_nll: np.ndarray  #: shape (n,), -2 ln L above its minimum; NaN where a fit is not certified; may be negative beyond bounds

    def __post_init__(self) -> None:
        for array in (self.values, self.twice_delta_nll):
            array.setflags(write=False)

    @property
    def parameter(self) -> str:
        """Name of the parameter."""
        return self.document["parameter"]

    @property
    def best(self) -> float | None:
        """Its value at the minimum."""
        return self.document["best"]

    @property
    def twice_nll(self) -> float | None:
        """-2 ln L at the minimum, with all constants."""
        return self.document["twice_nll"]

    def _rows(self) -> list[tuple[str, str]]:
        return [("best", f"{self.parameter} = {format_number(self.best)}"), ("-2 ln L", format_number(self.twice_nll, 10)), ("points", str(len(self.values)))]


@dataclasses.dataclass(frozen=True)
class Interval:
    """Where the profile likelihood crosses a height, on both sides of the best fit."""

    parameter: str  #: name of the parameter
    best: float  #: its value at the minimum
    lower: float | None  #: lower end; None where there is none: `lower_reason` says why
    upper: float | None  #: upper end; None where there is none: `upper_reason` says why
    lower_reason: str = ""  #: why there is no lower end, for example a bound
    upper_reason: str = ""  #: why there is no upper end

    @property
    def minus(self) -> float | None:
        """Distance of the lower end from the best fit; positive."""
        return None if self.lower is None else self.best - self.lower

    @property
    def plus(self) -> float | None:
        """Distance of the upper end from the best fit."""
        return None if self.upper is None else self.upper - self.best

    def __repr__(self) -> str:
        return f"{self.parameter} = {self.best:.6g} -{format_number(self.minus, 4)} +{format_number(self.plus, 4)}"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Intervals(Result, Mapping[str, Interval]):
    """Profile likelihood intervals by the name of their parameter, in the order asked for."""

    @property
    def height(self) -> float:
        """Of -2 ln L at the ends, above its minimum."""
        return self.document["height"]

    def __getitem__(self, name: str) -> Interval:
        for entry in self.document["intervals"]:
            if entry["parameter"] == name:
                return Interval(**entry)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(entry["parameter"] for entry in self.document["intervals"])

    def __len__(self) -> int:
        return len(self.document["intervals"])

    def _rows(self) -> list[tuple[str, str]]:
        return [(interval.parameter, repr(interval).partition(" = ")[2]) for interval in self.values()]


@dataclasses.dataclass(frozen=True, eq=False)
class ToySample:
    """The test statistic of toys under one hypothesis."""

    poi: float  #: true value of the parameter of interest
    q: np.ndarray  #: shape (n_toys,), in the order of the toys; NaN where a fit failed; cannot be written to

    def __post_init__(self) -> None:
        self.q.setflags(write=False)

    @property
    def n_failed(self) -> int:
        """Toys that could not be fitted."""
        return int(np.isnan(self.q).sum())


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ToyTest(HypoTest):
    """A test of one signal strength from toys. CLs that no toy tells are None."""

    tested_toys: ToySample  #: toys where the tested value is true
    alternative_toys: ToySample  #: toys without signal; for q0, with a signal of strength 1

    @property
    def observed_uncertainty(self) -> float | None:
        """Standard deviation of `observed`, from the number of toys."""
        return self.document["CLs_obs_uncertainty"]

    @property
    def expected_uncertainty(self) -> list[float | None]:
        """Standard deviations of `expected`."""
        return list(self.document["CLs_exp_uncertainty"])

    @property
    def n_toys(self) -> int:
        """Toys per hypothesis."""
        return self.document["n_toys"]

    @property
    def n_failed(self) -> int:
        """Toys of both hypotheses that could not be fitted; `to_dict()["failed"]` says why."""
        return self.document["n_failed"]

    def _rows(self) -> list[tuple[str, str]]:
        observed = f"{format_number(self.observed, 4)} ± {format_number(self.observed_uncertainty, 1)}"
        return [("tested", f"{self.poi} = {self.tested:g}"), ("observed", observed), ("expected", _band(self.expected)),
                ("best fit", f"{self.poi} = {format_number(self.mu_hat)}"), ("toys", f"{self.n_toys} per hypothesis, {self.n_failed} failed")]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Limit(Result):
    """An upper limit with its expected band, on the signal strength. Numbers are None where there are none; `status` and `reason` then say why."""

    @property
    def poi(self) -> str:
        """Name of the parameter of interest."""
        return self.document["poi"]

    @property
    def level(self) -> float:
        """Confidence level, 0.95 for 95%."""
        return self.document["level"]

    @property
    def observed(self) -> float | None:
        """The limit on the data."""
        return self.document["observed"]

    @property
    def expected(self) -> list[float | None]:
        """Expected limits at -2, -1, 0, 1, 2 sigma, ascending."""
        return list(self.document["expected"])

    def expected_at(self, sigma: int) -> float | None:
        """Of `expected`, the one at -2, -1, 0, 1 or 2 sigma. Raises OptionError for another."""
        return at_sigma(self.expected, sigma)

    @property
    def mu_hat(self) -> float | None:
        """Best-fit value of the parameter of interest, within the range that the test statistic allows."""
        return self.document["mu_hat"]

    def _rows(self) -> list[tuple[str, str]]:
        return [("limit on", f"{self.poi} at {100 * self.level:g}%"), ("observed", format_number(self.observed)), ("expected", _band(self.expected)),
                ("best fit", f"{self.poi} = {format_number(self.mu_hat)}")]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class LimitGradient(Limit):
    """An upper limit with its derivatives with respect to the signal's yields."""

    #: d observed limit / d nominal yield, by channel and signal sample, one number per bin; None when there is no limit
    observed_gradient: dict[str, dict[str, np.ndarray]] | None
    #: the same for the expected limits at -2, -1, 0, 1, 2 sigma
    expected_gradient: list[dict[str, dict[str, np.ndarray]] | None]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Discovery(Result):
    """Significance against the background-only hypothesis. Numbers are None where there are none."""

    @property
    def significance(self) -> float | None:
        """Observed, in standard deviations."""
        return self.document["significance_obs"]

    @property
    def significance_expected(self) -> float | None:
        """Expected of a signal of strength 1, in standard deviations."""
        return self.document["significance_exp"]

    @property
    def p0(self) -> float | None:
        """Observed p-value of the background-only hypothesis, one-sided."""
        return self.document["p0_obs"]

    @property
    def p0_expected(self) -> float | None:
        """The same, expected of a signal of strength 1."""
        return self.document["p0_exp"]

    @property
    def mu_hat(self) -> float | None:
        """Best-fit value of the parameter of interest, not below 0."""
        return self.document["mu_hat"]

    def _rows(self) -> list[tuple[str, str]]:
        return [("observed", f"{format_number(self.significance)}σ (p = {format_number(self.p0)})"),
                ("expected", f"{format_number(self.significance_expected)}σ (p = {format_number(self.p0_expected)})"), ("best fit", format_number(self.mu_hat))]
