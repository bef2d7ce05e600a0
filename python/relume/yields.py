# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Yields with uncertainties, and uncertainties of any function of fitted parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import _core
from .arguments import flag, number, numbers_by_name, refuse, text, texts
from .model import Model, as_vector
from .results import FitResult, Result


def _array(values: list[float | None]) -> np.ndarray:
    array = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    array.setflags(write=False)
    return array


def _scalar(value: float | None) -> float:
    return float("nan") if value is None else value


@dataclasses.dataclass(frozen=True, eq=False)
class BinYields:
    """Expected events per bin, with their sum. Uncertainties are NaN when the fit has no covariance."""

    yields: np.ndarray  #: shape (n_bins,)
    uncertainties: np.ndarray  #: shape (n_bins,), standard deviations
    sum: float  #: over the bins
    sum_uncertainty: float  #: its standard deviation, with the correlations of the bins

    @classmethod
    def _of(cls, document: Mapping[str, Any]) -> BinYields:
        return cls(_array(document["yields"]), _array(document["uncertainties"]), _scalar(document["sum"]), _scalar(document["sum_uncertainty"]))


@dataclasses.dataclass(frozen=True, eq=False)
class ChannelYields:
    """What a channel should see."""

    name: str  #: of the channel
    is_masked: bool  #: whether the likelihood leaves it out
    samples: dict[str, BinYields]  #: by name, in the model's order
    signals: tuple[str, ...]  #: names of the samples that are proportional to the parameter of interest
    background: BinYields | None  #: all samples but these; None when there are none of these
    total: BinYields  #: all samples
    data: np.ndarray | None  #: shape (n_bins,); None for a masked channel, unless asked for


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Yields(Result, Mapping[str, ChannelYields]):
    """Predicted yields by channel. Its arrays cannot be written to."""

    covariance: np.ndarray | None  #: of the totals of all bins, channel after channel, shape (n_bins, n_bins); None when not asked for
    channel_covariance: np.ndarray | None  #: of the totals of the channels, shape (n_channels, n_channels)

    def __post_init__(self) -> None:
        for array in (self.covariance, self.channel_covariance):
            if array is not None:
                array.setflags(write=False)

    @property
    def kind(self) -> str:
        """"prefit" or "postfit"."""
        return self.document["kind"]

    @property
    def samples(self) -> dict[str, tuple[float, float]]:
        """Sum of each sample over the channels, with its standard deviation."""
        return {s["name"]: (_scalar(s["sum"]), _scalar(s["sum_uncertainty"])) for s in self.document["samples"]}

    @property
    def sum(self) -> float:
        """All samples in all channels."""
        return _scalar(self.document["sum"])

    @property
    def sum_uncertainty(self) -> float:
        """Its standard deviation."""
        return _scalar(self.document["sum_uncertainty"])

    def __getitem__(self, name: str) -> ChannelYields:
        for entry in self.document["channels"]:
            if entry["name"] == name:
                background = entry["background"]
                return ChannelYields(name, entry["is_masked"], {s["name"]: BinYields._of(s) for s in entry["samples"]},
                                     tuple(s["name"] for s in entry["samples"] if s["is_signal"]), background and BinYields._of(background),
                                     BinYields._of(entry["total"]), None if entry["data"] is None else _array(entry["data"]))
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(entry["name"] for entry in self.document["channels"])

    def __len__(self) -> int:
        return len(self.document["channels"])

    def _rows(self) -> list[tuple[str, str]]:
        def shown(channel: ChannelYields) -> str:
            data = "blinded" if channel.data is None else f"{channel.data.sum():g}"
            return f"{channel.total.sum:.6g} ± {channel.total.sum_uncertainty:.2g} (data {data})"

        return [("yields", "after the fit" if self.kind == "postfit" else "before a fit"), *((name, shown(channel)) for name, channel in self.items())]


def yields(model: Model, fit: FitResult | None = None, *, channels: Iterable[str] | None = None, data: ArrayLike | None = None, covariance: bool = False,
           propagation: str = "linear", fixed: Mapping[str, float] = {}, unblind: bool = False) -> Yields:
    """Expected events per channel, sample and bin with their standard deviations, and sums of these with all correlations.

    `fit`: made with covariance=True, for yields after it; None: at initial values, with the uncertainties of the constraints, where
    parameters without constraint contribute none. `channels`: to show and to sum over; None for all. `data`: shape (n_data,), to stand
    beside the yields; None for the observed; those of masked channels (`Model.only_channels`) are not shown without `unblind`.
    `covariance`: between the totals of all bins, and of all channels. `propagation`: "linear", from derivatives at the point, or "one-sigma",
    half the difference between one standard deviation up and down, as cabinetry. `fixed`: parameters held, by name, without a fit.
    Raises OptionError, UnknownNameError.
    """
    if not isinstance(model, Model):
        refuse("model", f"a {type(model).__name__}, where a relume.Model is needed", "Workspace.model() makes one")
    point = matrix = None
    notes: list[str] = [*model.notices]
    if fit is not None:
        if not isinstance(fit, FitResult):
            refuse("fit", f"a {type(fit).__name__}, where a relume.FitResult is needed", "relume.fit(model, covariance=True)")
        if fit.names != model.parameter_names:
            refuse("fit", "the fit is of another model: its parameters are different")
        if not fit.is_usable:
            refuse("fit", f"the fit is not usable: {fit.reason}")
        if fixed:
            refuse("fixed", "parameters are held in the fit, when there is one", "relume.fit(model, fixed=...)")
        point, matrix = fit.values, fit.covariance
        notes += [note for note in fit.notes if note not in notes]
        if matrix is None:
            notes.append(f"no uncertainties: {fit.document.get('uncertainties_reason', 'the fit was made without its covariance matrix')}")
    document, bins, sums = _core.yields(model._core, point, matrix, None if data is None else as_vector(data, "data"),
                                        [] if channels is None else texts(channels, "channels"), flag(covariance, "covariance"),
                                        text(propagation, "propagation"), numbers_by_name(fixed, "fixed"), notes, flag(unblind, "unblind"))
    return Yields(document, bins, sums)


@dataclasses.dataclass(frozen=True, eq=False)
class Propagated:
    """A function of the parameters at the fitted point. Its arrays cannot be written to."""

    value: Any  #: what the function returned: a number, or an array
    uncertainty: Any  #: standard deviations, of the same shape
    covariance: np.ndarray  #: shape (n, n), of the flattened values

    def __repr__(self) -> str:
        return f"{self.value} ± {self.uncertainty}"


def propagate(fit: FitResult, function: Callable[[np.ndarray], ArrayLike], *, gradient: Callable[[np.ndarray], ArrayLike] | None = None,
              step: float = 1e-3) -> Propagated:
    """Value and linear uncertainty of any function of the parameters, with all their correlations.

    `fit`: made with covariance=True. `function`: takes a vector in the order of `fit.names`, returns a number or an array of a fixed shape.
    `gradient`: its derivatives, shape (*shape of the values, n_parameters); None: central differences over `step` standard deviations to
    both sides, which may step over a bound by as much. Raises OptionError.
    """
    if not isinstance(fit, FitResult):
        refuse("fit", f"a {type(fit).__name__}, where a relume.FitResult is needed", "relume.fit(model, covariance=True)")
    if not fit.is_usable:
        refuse("fit", f"the fit is not usable: {fit.reason}")
    if fit.covariance is None:
        why = fit.document.get("uncertainties_reason")
        refuse("fit", f"the fit has no covariance matrix{f': {why}' if why else ''}", "relume.fit(model, covariance=True)")
    h = number(step, "step")
    if not h > 0:
        refuse("step", f"{step!r} is no distance")
    x = np.array(fit.values)

    def values_at(point: np.ndarray) -> np.ndarray:
        try:
            return np.asarray(function(point), dtype=np.float64)
        except (TypeError, ValueError) as error:
            refuse("function", f"did not return numbers: {error}")

    value = values_at(x.copy())
    sigma = np.sqrt(np.maximum(np.diag(fit.covariance), 0))
    jacobian = np.zeros((value.size, len(x)))
    if gradient is not None:
        given = np.asarray(gradient(x.copy()), dtype=np.float64)
        if given.shape != (*value.shape, len(x)):
            refuse("gradient", f"an array of shape {given.shape}", f"shape {(*value.shape, len(x))}")
        jacobian = given.reshape(value.size, len(x))
    else:
        for i in np.flatnonzero(sigma > 0):
            up, down = x.copy(), x.copy()
            up[i], down[i] = x[i] + h * sigma[i], x[i] - h * sigma[i]
            above, below = values_at(up), values_at(down)
            if above.shape != value.shape or below.shape != value.shape:
                refuse("function", f"returned an array of shape {above.shape}, and one of {value.shape} elsewhere")
            jacobian[:, i] = ((above - below) / (up[i] - down[i])).ravel()
    covariance = jacobian @ fit.covariance @ jacobian.T
    uncertainty = np.sqrt(np.maximum(np.diag(covariance), 0)).reshape(value.shape)
    for array in (value, uncertainty, covariance):
        array.setflags(write=False)
    return Propagated(value if value.ndim else float(value), uncertainty if value.ndim else float(uncertainty), covariance)
