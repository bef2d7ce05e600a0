# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""A compiled likelihood with the data it was published with."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import _core
from .arguments import number, numbers_by_name, refuse, text, texts, whole
from .errors import InputError, OptionError, Problem, UnknownNameError
from .publication import Publication
from .spec import Workspace, read


@dataclasses.dataclass(frozen=True)
class Channel:
    """A channel of a model and where its bins stand in the main data."""

    name: str  #: as in the workspace
    first_bin: int  #: place of its first bin in the main data
    n_bins: int  #: number of its bins
    samples: tuple[str, ...]  #: names, in the order of `Model.expected_yields`

    @property
    def slice(self) -> slice:
        """Its bins in a vector of data: `model.observed[channel.slice]`."""
        return slice(self.first_bin, self.first_bin + self.n_bins)


def as_vector(values: ArrayLike, where: str) -> np.ndarray:
    """A contiguous vector of doubles, or an OptionError that names the argument."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise OptionError([Problem("option", where, f"not numbers: {error}", "")]) from None
    if array.ndim != 1:
        raise OptionError([Problem("option", where, f"an array of shape {array.shape}, where a vector is needed", "")])
    return np.ascontiguousarray(array)


def as_matrix(values: ArrayLike, where: str) -> np.ndarray:
    """A contiguous matrix of doubles; a vector is its only row."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise OptionError([Problem("option", where, f"not numbers: {error}", "")]) from None
    array = np.atleast_2d(array)
    if array.ndim != 2:
        raise OptionError([Problem("option", where, f"an array of shape {array.shape}, where a matrix is needed", "")])
    return np.ascontiguousarray(array)


class Model:
    """A likelihood: parameters, data and -ln L of both, with derivatives.

    Safe to use from several threads at once. Parameters are vectors in the order of `parameter_names`, data vectors are main data of all
    channels, then auxiliary data (`observed`); None means the observed data. Outside of the domain (a negative rate) -ln L is infinite and
    its derivatives are NaN. Vectors of another length are an OptionError.
    """

    __slots__ = ("_core", "_index")

    _core: Any

    def __init__(self, source: Any, **options: Any) -> None:
        """`source`: a Workspace, or what it is made from; options: those of `Workspace.model`. Raises as that does."""
        publication = read(source)
        if not isinstance(publication, (Workspace, Publication)):
            raise InputError([Problem("schema", "", f"a model is made from a published result, not from a {type(publication).__name__}", "")])
        self._core = publication.model(**options)._core
        self._index: dict[str, int] | None = None

    @classmethod
    def _wrap(cls, core: Any) -> Model:
        self = object.__new__(cls)
        self._core, self._index = core, None
        return self

    @property
    def workspace(self) -> Workspace:
        """What it was compiled from."""
        if self._core.workspace is None:
            raise InputError([Problem("option", "workspace", "the model was not made from a workspace", "")])
        return Workspace._wrap(self._core.workspace, self._core.preparation)

    @property
    def notices(self) -> list[str]:
        """What was tolerated, in words."""
        return self._core.notices

    @property
    def parameter_names(self) -> list[str]:
        """One per component: "mu", "gamma[0]", "gamma[1]"."""
        return self._core.parameter_names

    @property
    def poi(self) -> str | None:
        """Name of the parameter of interest; None when there is none."""
        return None if self._core.poi is None else self.parameter_names[self._core.poi]

    @property
    def channels(self) -> list[Channel]:
        """In the order of the main data."""
        return [Channel(name, first, n, tuple(samples)) for name, first, n, samples in self._core.channels]

    @property
    def initial(self) -> np.ndarray:
        """Where fits start: the values that the workspace or the type of modifier gives; shape (n_parameters,)."""
        return self._core.initial

    @property
    def bounds(self) -> np.ndarray:
        """Lower and upper bounds; shape (n_parameters, 2)."""
        return np.column_stack([self._core.lower, self._core.upper])

    @property
    def fixed(self) -> np.ndarray:
        """Which parameters the model itself holds; shape (n_parameters,), bool."""
        return np.array(self._core.fixed, dtype=bool)

    @property
    def prefit_sigma(self) -> np.ndarray:
        """Standard deviation that the constraint alone gives, 0 where there is none; shape (n_parameters,)."""
        return self._core.prefit_sigma

    @property
    def observed(self) -> np.ndarray:
        """Main data of all channels, then auxiliary data; shape (n_data,)."""
        return self._core.observed

    def point(self, values: Mapping[str, float] = {}, *, start: ArrayLike | None = None) -> np.ndarray:
        """A parameter vector: initial values (or `start`) with `values` put in by name. Raises UnknownNameError, OptionError."""
        x = self.initial if start is None else as_vector(start, "start").copy()
        if self._index is None:
            self._index = {name: i for i, name in enumerate(self.parameter_names)}
        if len(x) != len(self._index):
            refuse("start", f"{len(x)} numbers, where the model has {len(self._index)} parameters")
        wanted = numbers_by_name(values, "values")
        unknown = [name for name, _ in wanted if name not in self._index]
        if unknown:
            raise UnknownNameError([Problem("reference", name, f"no parameter is called {name!r}", "") for name in unknown])
        for name, value in wanted:
            x[self._index[name]] = value
        return x

    def nll(self, parameters: ArrayLike, data: ArrayLike | None = None) -> float:
        """-ln L with all constants."""
        try:
            return self._core.nll(parameters, data)
        except TypeError:
            return self._core.nll(as_vector(parameters, "parameters"), None if data is None else as_vector(data, "data"))

    def nll_terms(self, parameters: ArrayLike, data: ArrayLike | None = None) -> tuple[float, float]:
        """-ln L of the main data and of the auxiliary data, each with its constants."""
        return self._core.nll_terms(as_vector(parameters, "parameters"), None if data is None else as_vector(data, "data"))

    def value_and_grad(self, parameters: ArrayLike, data: ArrayLike | None = None) -> tuple[float, np.ndarray]:
        """-ln L and its gradient, shape (n_parameters,)."""
        try:
            return self._core.value_and_grad(parameters, data)
        except TypeError:
            return self._core.value_and_grad(as_vector(parameters, "parameters"), None if data is None else as_vector(data, "data"))

    def hessian(self, parameters: ArrayLike, data: ArrayLike | None = None) -> np.ndarray:
        """Second derivatives of -ln L, exact; shape (n_parameters, n_parameters)."""
        return self._core.hessian(as_vector(parameters, "parameters"), None if data is None else as_vector(data, "data"))

    def nll_many(self, points: ArrayLike, data: ArrayLike | None = None, *, threads: int | None = None) -> np.ndarray:
        """-ln L of many points (rows) or many data sets (rows), or of as many of one as of the other; shape (n,).

        `points`: shape (n, n_parameters) or (n_parameters,). `data`: shape (n, n_data) or (n_data,). The answer does not depend on
        `threads` (default: one per CPU).
        """
        n_threads = (os.cpu_count() or 1) if threads is None else whole(threads, "threads", 1, 1024)
        return self._core.nll_many(as_matrix(points, "points"), None if data is None else as_matrix(data, "data"), n_threads)

    def expected_data(self, parameters: ArrayLike) -> np.ndarray:
        """Expected main and auxiliary data, shape (n_data,), laid out as `observed`."""
        return self._core.expected_data(as_vector(parameters, "parameters"))

    def expected_yields(self, parameters: ArrayLike) -> dict[str, dict[str, np.ndarray]]:
        """Expected events: by channel and sample, arrays of shape (n_bins,)."""
        return self.by_sample(self._core.expected_by_sample(as_vector(parameters, "parameters")))

    def yield_gradient(self, parameters: ArrayLike, data: ArrayLike | None = None) -> dict[str, dict[str, np.ndarray]]:
        """d(-ln L) / d nominal yield: by channel and sample, arrays of shape (n_bins,).

        All else is held: parameters, uncertainties, shape variations.
        """
        return self.by_sample(self._core.yield_gradient(as_vector(parameters, "parameters"), None if data is None else as_vector(data, "data")))

    def by_sample(self, flat: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
        """A flat vector with one number per channel, sample and bin, in the model's order, taken apart: by channel and sample, shape (n_bins,)."""
        flat = as_vector(flat, "flat")
        wanted = sum(c.n_bins * len(c.samples) for c in self.channels)
        if len(flat) != wanted:
            refuse("flat", f"{len(flat)} numbers, where the model has {wanted} of channels, samples and bins")
        parts: dict[str, dict[str, np.ndarray]] = {}
        at = 0
        for channel in self.channels:
            parts[channel.name] = {}
            for sample in channel.samples:
                parts[channel.name][sample] = flat[at : at + channel.n_bins]
                at += channel.n_bins
        return parts

    def sample(self, parameters: ArrayLike, n: int = 1, *, seed: int = 0, stream: int = 0, first: int = 0) -> np.ndarray:
        """Toy data of these parameters, shape (n, n_data), auxiliary data fluctuated too.

        Toy number i of a `seed` and `stream` is always the same, whatever else is drawn; `first` is the number of the first one.
        """
        return self._core.sample(as_vector(parameters, "parameters"), whole(n, "n", 0), whole(seed, "seed", 0, 2**64 - 1),
                                 whole(stream, "stream", 0, 2**64 - 1), whole(first, "first", 0))

    def asimov(self, poi: float | None = None, *, values: Mapping[str, float] = {}, kind: str = "a-priori", data: ArrayLike | None = None) -> np.ndarray:
        """Asimov data: what is expected, taken for data; shape (n_data,), to be given as `data` to fits, tests and limits.

        `poi`: value of the parameter of interest; `values`: of others, by name. `kind`: all others stay at their initial values ("a-priori"), or
        go where a fit to `data` (None: the observed) puts them with those values held ("a-posteriori"). Raises OptionError, also when that
        fit fails, and UnknownNameError.
        """
        wanted = numbers_by_name(values, "values")
        if poi is not None:
            if self.poi is None:
                refuse("poi", "the model has no parameter of interest", "give parameters by name: values={'mu': 1.0}")
            if self.poi in dict(wanted):
                refuse("values", f"{self.poi!r} is the parameter of interest, and given twice")
            wanted.append((self.poi, number(poi, "poi")))
        status, reason, expected, _ = _core.asimov(self._core, wanted, text(kind, "kind"), None if data is None else as_vector(data, "data"))
        if status != "ok":
            refuse("asimov", f"{status}: {reason}")
        return expected

    def only_channels(self, names: Iterable[str]) -> Model:
        """The same model with the data of these channels alone: the others are still predicted, and no fit, test or limit sees their data.

        Raises UnknownNameError, and OptionError when no channel is left.
        """
        return Model._wrap(self._core.with_mask(texts(names, "names"), True))

    def mask_channels(self, names: Iterable[str]) -> Model:
        """The same model without the data of these channels, besides those that are masked already: the opposite of `only_channels`."""
        return Model._wrap(self._core.with_mask(texts(names, "names"), False))

    @property
    def masked_channels(self) -> list[str]:
        """Channels whose data are left out."""
        return self._core.masked_channels

    def inspect(self) -> dict[str, Any]:
        """The document of `relume inspect`: what is in the workspace with this model's parameters, and what is odd about it; of other
        publications, what they hold and the parameters.
        """
        if self._core.workspace is not None:
            return self._core.workspace.summary(self._core.measurement, self._core)
        return self._core.contents()

    def __copy__(self) -> Model:
        return self

    def __deepcopy__(self, memo: dict) -> Model:
        return self

    def __reduce__(self) -> tuple:
        return _unpickle_model, self._core.state()

    def __repr__(self) -> str:
        bins = sum(c.n_bins for c in self.channels)
        return f"Model({len(self.channels)} channels, {bins} bins, {self._core.n_parameters} parameters, poi {self.poi!r})"


def _unpickle_model(*state: Any) -> Model:
    return Model._wrap(_core.Model.from_state(*state))
