# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Upper limits on the parameter of interest: where CLs crosses the level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import hypotest
from ..mle import given

__all__ = ["linear_grid_scan", "toms748_scan", "upper_limit"]

#: How often a bracket is halved or doubled before it is given up.
_MAX_WIDENINGS = 60


def __dir__() -> list[str]:
    return __all__


class _Curves:
    """Observed and five expected CLs at any signal strength, each computed once."""

    def __init__(self, data: Any, model: Any, level: float, options: dict[str, Any]) -> None:
        self.data, self.model, self.level = data, model, level
        self.options = {name: value for name, value in options.items() if name not in ("return_expected_set", "return_tail_probs", "return_expected")}
        self.cache: dict[float, Any] = {}

    def result(self, poi: float) -> Any:
        if poi not in self.cache:
            self.cache[poi] = hypotest(poi, self.data, self.model, return_expected_set=True, **self._options_at(poi))
        return self.cache[poi]

    def _options_at(self, poi: float) -> dict[str, Any]:
        # Differs from pyhf: a bracket that grows beyond the bound of the parameter takes the bound along, instead of failing.
        bounds = given(self.options.get("par_bounds"), self.model.config.suggested_bounds())
        index = self.model.config.poi_index
        if index is None or bounds[index][0] <= poi <= bounds[index][1]:
            return self.options
        bounds[index] = (min(bounds[index][0], poi), max(bounds[index][1], poi))
        return {**self.options, "par_bounds": bounds}

    def distances(self, poi: float) -> np.ndarray:
        """From the level: observed, then expected."""
        observed, band = self.result(poi)
        return np.array([float(observed), *(float(p) for p in band)]) - self.level

    def bracket(self, curve: int) -> tuple[float, float]:
        """The closest known points on both sides of the crossing."""
        points = np.array(list(self.cache))
        values = np.array([self.distances(poi)[curve] for poi in points])
        above, below = values >= 0, values < 0
        return points[above][np.argmin(values[above])], points[below][np.argmax(values[below])]


def toms748_scan(data: Any, model: Any, bounds_low: float, bounds_up: float, level: float = 0.05, atol: float = 2e-12, rtol: float = 1e-4,
                 from_upper_limit_fn: bool = False, **hypotest_kwargs: Any) -> Any:
    """Observed limit and five expected ones, by root finding from a bracket that is widened as needed."""
    from scipy.optimize import toms748

    curves = _Curves(data, model, level, hypotest_kwargs)
    for _ in range(_MAX_WIDENINGS):
        if not (curves.distances(bounds_low) < 0).any() or bounds_low == 0:
            break
        bounds_low /= 2
    for _ in range(_MAX_WIDENINGS):
        if not (curves.distances(bounds_up) > 0).any():
            break
        bounds_up *= 2
    limits = []
    for curve in range(6):
        low, high = (bounds_low, bounds_up) if curve == 0 else curves.bracket(curve)
        limits.append(np.asarray(toms748(lambda poi, i=curve: curves.distances(poi)[i], low, high, k=2, xtol=atol, rtol=rtol)))
    if from_upper_limit_fn:
        return limits[0], limits[1:], (list(curves.cache), list(curves.cache.values()))
    return limits[0], limits[1:]


def linear_grid_scan(data: Any, model: Any, scan: Sequence[float], level: float = 0.05, return_results: bool = False, **hypotest_kwargs: Any) -> Any:
    """Observed limit and five expected ones, by linear interpolation between points; clamped to the ends of the scan."""
    results = [hypotest(mu, data, model, return_expected_set=True, **hypotest_kwargs) for mu in scan]
    curves = np.array([[float(observed), *(float(p) for p in band)] for observed, band in results])
    limits = [np.asarray(np.interp(level, curve[::-1], np.asarray(scan, dtype=np.float64)[::-1])) for curve in curves.T]
    return (limits[0], limits[1:], (scan, results)) if return_results else (limits[0], limits[1:])


def upper_limit(data: Any, model: Any, scan: Sequence[float] | None = None, level: float = 0.05, return_results: bool = False,
                **hypotest_kwargs: Any) -> Any:
    """Observed limit and five expected ones, ascending; with `return_results` also (signal strengths, results of hypotest).

    `scan`: points to interpolate between; None for root finding. Differs from pyhf: `level` counts in both cases.
    """
    if scan is not None:
        return linear_grid_scan(data, model, scan, level, return_results, **hypotest_kwargs)
    low, high = model.config.suggested_bounds()[model.config.par_slice(model.config.poi_name).start]
    observed, expected, results = toms748_scan(data, model, low, high, level=level, from_upper_limit_fn=True, **hypotest_kwargs)
    return (observed, expected, results) if return_results else (observed, expected)
