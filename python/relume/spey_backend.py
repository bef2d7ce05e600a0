# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""relume as a backend of spey (https://spey.readthedocs.io): full likelihoods, with exact derivatives and relume's own fits.

    stat_model = spey.get_backend("relume")(background="BkgOnly.json", signal={"SR": [1.2, 3.4]}, analysis="my search")
    stat_model.exclusion_confidence_level()

spey finds it by its entry point. `signal`: what Workspace.with_signal or with_patch takes. Data vectors are the model's: main data, then auxiliary.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ._core import __version__
from .inference import fit
from .model import Model
from .spec import Workspace, read

try:
    import spey
    from spey.base.model_config import ModelConfig
except ImportError as error:
    raise ImportError("relume.spey_backend is for users of spey: pip install spey") from error

EXPECTATION = spey.ExpectationType
#: Far enough below zero for any fit; where rates would turn negative, the likelihood itself ends.
LOWEST_POI = -1e3


class RelumeBackend(spey.BackendBase):
    """A HistFactory likelihood of a background workspace and a signal."""

    name = "relume"
    version = __version__
    author = "relume authors"
    spey_requires = ">=0.1.10"

    def __init__(self, background: Any, signal: Any = None, poi: str | None = None, other_channels_are_zero: bool = False, **model_options: Any) -> None:
        workspace = background if isinstance(background, Workspace) else read(background)
        if signal is not None:
            is_patch = isinstance(signal, Sequence) and not isinstance(signal, (str, bytes))
            workspace = workspace.with_patch(signal) if is_patch else workspace.with_signal(signal, poi=poi, other_channels_are_zero=other_channels_are_zero)
        self.model: Model = workspace.model(**model_options)
        if self.model.poi is None:
            workspace.model(poi="mu")  # raises, and says which parameters there are
        self._poi = self.model.parameter_names.index(self.model.poi)

    @property
    def is_alive(self) -> bool:
        """Whether the signal changes any rate."""
        without, with_signal = self.model.point({self.model.poi: 0.0}), self.model.point({self.model.poi: 1.0})
        return bool((self.model.expected_data(without) != self.model.expected_data(with_signal)).any())

    def config(self, allow_negative_signal: bool = True, poi_upper_bound: float = 10.0) -> ModelConfig:
        bounds = [tuple(map(float, pair)) for pair in self.model.bounds]
        lowest = self._lowest() if allow_negative_signal else 0.0
        bounds[self._poi] = (lowest, poi_upper_bound)
        return ModelConfig(poi_index=self._poi, minimum_poi=self._lowest(), suggested_init=self.model.initial.tolist(), suggested_bounds=bounds,
                           parameter_names=self.model.parameter_names, suggested_fixed=self.model.fixed.tolist())

    def _lowest(self) -> float:
        """Where the first nominal rate reaches zero."""
        n = sum(channel.n_bins for channel in self.model.channels)
        background = self.model.expected_data(self.model.point({self.model.poi: 0.0}))[:n]
        signal = self.model.expected_data(self.model.point({self.model.poi: 1.0}))[:n] - background
        ratios = background[signal > 0] / signal[signal > 0]
        return -float(ratios.min()) if len(ratios) else LOWEST_POI

    def _data(self, expected: EXPECTATION, data: Any) -> np.ndarray | None:
        """None for the observed."""
        if data is not None:
            return np.asarray(data, dtype=float)
        if expected is EXPECTATION.apriori:
            return self.model.expected_data(self.model.point({self.model.poi: 0.0}))
        return None

    def get_logpdf_func(self, expected: EXPECTATION = EXPECTATION.observed, data: Any = None) -> Callable[[np.ndarray], float]:
        chosen = self._data(expected, data)
        return lambda pars: -self.model.nll(pars, chosen)

    def get_objective_function(self, expected: EXPECTATION = EXPECTATION.observed, data: Any = None, do_grad: bool = True) -> Callable:
        chosen = self._data(expected, data)
        return (lambda pars: self.model.value_and_grad(pars, chosen)) if do_grad else (lambda pars: self.model.nll(pars, chosen))

    def get_hessian_logpdf_func(self, expected: EXPECTATION = EXPECTATION.observed, data: Any = None) -> Callable[[np.ndarray], np.ndarray]:
        chosen = self._data(expected, data)
        return lambda pars: -self.model.hessian(pars, chosen)

    def expected_data(self, pars: Sequence[float]) -> list[float]:
        return self.model.expected_data(pars).tolist()

    def get_sampler(self, pars: np.ndarray) -> Callable[[int], np.ndarray]:
        """Toys of a sampler are numbered on: a second call does not repeat the first."""
        drawn = 0

        def sample(n: int) -> np.ndarray:
            nonlocal drawn
            toys = self.model.sample(pars, n, first=drawn)
            drawn += n
            return toys

        return sample

    def _fit(self, data: np.ndarray | None, held: Any, lowest: float, upper: float = 1e8) -> tuple[float, np.ndarray]:
        names, bounds = self.model.parameter_names, self.model.bounds
        bounds[self._poi] = (lowest, upper)
        if not isinstance(held, dict):
            held = {} if held is None else {self.model.poi: held}
        fixed = {name if isinstance(name, str) else names[name]: float(value) for name, value in held.items()}
        result = fit(self.model, data, fixed=fixed, bounds=bounds, uncertainties=False)
        # spey's own optimiser answers NaN too when it fails.
        return (result.twice_nll / 2 if result.is_usable else math.nan), result.values

    # spey hands these answers on as they are. It has no word for "the likelihood, not its logarithm" here, so they are always -ln L.

    def negative_loglikelihood(self, poi_test: Any = 1.0, expected: EXPECTATION = EXPECTATION.observed, data: Any = None,
                               return_parameters: bool = False, **_: Any) -> float | tuple[float, np.ndarray]:
        nll, point = self._fit(self._data(expected, data), poi_test, LOWEST_POI)
        return (nll, point) if return_parameters else nll

    def minimize_negative_loglikelihood(self, expected: EXPECTATION = EXPECTATION.observed, allow_negative_signal: bool = True, data: Any = None,
                                        poi_indices: Sequence[int | str] | None = None, fixed_poi_value: Any = None, **_: Any) -> tuple[Any, float]:
        nll, point = self._fit(self._data(expected, data), fixed_poi_value, LOWEST_POI if allow_negative_signal else 0.0)
        return self._best(point, poi_indices), nll

    def _best(self, point: np.ndarray, poi_indices: Sequence[int | str] | None) -> float | dict[int | str, float]:
        if poi_indices is None:
            return float(point[self._poi])
        names = self.model.parameter_names
        return {key: float(point[names.index(key) if isinstance(key, str) else int(key)]) for key in poi_indices}

    def _asimov(self, expected: EXPECTATION, test_statistics: str) -> np.ndarray:
        _, point = self._fit(self._data(expected, None), 1.0 if test_statistics == "q0" else 0.0, LOWEST_POI)
        return self.model.expected_data(point)

    def asimov_negative_loglikelihood(self, poi_test: Any = 1.0, expected: EXPECTATION = EXPECTATION.observed, test_statistics: str = "qtilde",
                                      **_: Any) -> float:
        return self._fit(self._asimov(expected, test_statistics), poi_test, LOWEST_POI)[0]

    def minimize_asimov_negative_loglikelihood(self, expected: EXPECTATION = EXPECTATION.observed, test_statistics: str = "qtilde",
                                               poi_indices: Sequence[int | str] | None = None, **_: Any) -> tuple[Any, float]:
        nll, point = self._fit(self._asimov(expected, test_statistics), None, LOWEST_POI if test_statistics in ("q", "qmu") else 0.0)
        return self._best(point, poi_indices), nll
