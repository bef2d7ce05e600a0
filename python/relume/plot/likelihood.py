# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The profile likelihood along one parameter."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ..errors import OptionError, Problem, UnknownNameError
from ..inference import fit
from ..model import Model, as_vector
from .style import OBSERVED, PALE, Style, canvas, plain

#: 68.3% and 95% of a chi-squared distribution with one degree of freedom (Wilks, Ann. Math. Stat. 9 (1938) 60).
_LEVELS = {"68%": 1.0, "95%": 3.8414588}
_REACH = 3.0  # sigmas on both sides of the best fit


@dataclasses.dataclass(frozen=True, eq=False)
class Scan:
    """A profile likelihood: `likelihood_scan(scan)` draws it, and `mu, twice_delta_nll = scan` takes it apart."""

    mu: np.ndarray  #: shape (n,), values of the parameter
    twice_delta_nll: np.ndarray  #: shape (n,), -2 ln L above the unconditional minimum; NaN where a fit did not work out
    parameter: str = "μ"  #: name of the parameter

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter((self.mu, self.twice_delta_nll))


def scan(model: Model, mu: ArrayLike | None = None, *, poi: str | None = None, data: ArrayLike | None = None, fixed: Mapping[str, float] = {},
         n: int = 41) -> Scan:
    """Fits with one parameter held, point after point.

    `mu`: shape (n,), values of the parameter (default: `n` of them, three sigma on both sides of the best fit, within bounds).
    `poi`: another parameter than the model's parameter of interest. `data`, `fixed`: as for relume.fit. Raises OptionError.
    """
    name = poi or model.poi
    if name is None:
        raise OptionError([Problem("option", "poi", "the model has no parameter of interest", "name a parameter")])
    best = fit(model, data, fixed=fixed)
    if best.twice_nll is None or not best.is_usable:
        raise OptionError([Problem("option", "model", f"the fit did not work out: {best.reason}", "")])
    if name not in best.names:
        raise UnknownNameError([Problem("reference", name, f"no parameter is called {name!r}", "")])
    centre = best.parameters[name]

    def height(value: float, start: np.ndarray) -> float:
        result = fit(model, data, fixed={**fixed, name: value}, start=start, uncertainties=False)
        return result.twice_nll - best.twice_nll if result.is_usable and result.twice_nll is not None else np.nan

    if mu is None:
        low, high = model.bounds[best.names.index(name)]
        first = _REACH * (centre.uncertainty or 0.01 * (high - low))
        sides = [_edge(lambda value: height(value, best.values), centre.value, limit, first) for limit in (low, high)]
        mu = np.linspace(*sides, n)
    mu = as_vector(mu, "mu")
    heights = np.full(len(mu), np.nan)
    for i in np.argsort(np.abs(mu - centre.value), kind="stable"):  # outwards from the minimum
        heights[i] = height(mu[i], best.values)
    return Scan(mu, heights, name)


def _edge(height: Callable[[float], float], centre: float, limit: float, width: float) -> float:
    """Where the curve is about three sigma high, or `limit`.

    The curvature at the minimum says nothing about this when the minimum is at a bound. As if it were a parabola, each step
    scales the width by the root of the height; eight of them cross four orders of magnitude in either direction.
    """
    sign = np.sign(limit - centre)
    for _ in range(8):
        width = min(width, abs(limit - centre))
        if width == 0:
            return limit
        found = height(centre + sign * width)
        if not np.isfinite(found) or abs(np.sqrt(max(found, 0.0)) - _REACH) < 0.3 * _REACH:
            break
        wanted = width * np.clip(_REACH / np.sqrt(max(found, 1e-12)), 0.1, 10)
        if wanted > width == abs(limit - centre):
            break
        width = wanted
    return float(centre + sign * min(width, abs(limit - centre)))


def likelihood_scan(mu: Scan | ArrayLike, twice_delta_nll: ArrayLike | None = None, *, parameter: str | None = None,
                    label: str | None = None, color: str = OBSERVED, linestyle: str = "-", levels: bool = True, maximum: float | None = None,
                    title: str | None = None, ax: Axes | None = None, style: Style = "ATLAS") -> Axes:
    """-2 Delta ln L against a parameter, with the 68% and 95% intervals where it crosses 1 and 3.84.

    `mu`: a Scan alone, or values of the parameter, shape (n,), with `twice_delta_nll`, shape (n,); NaN is left out. `parameter`: its name, at
    the x axis (default: the scan's; of arrays, μ). `label`: for a legend, when several curves share
    `ax`. `color`, `linestyle`: of the curve, matplotlib's. `levels`: lines at 1 and 3.84. `maximum`: of the y axis (default: what is there,
    at most 12).
    """
    if isinstance(mu, Scan) != (twice_delta_nll is None):
        raise OptionError([Problem("option", "twice_delta_nll", "a curve is a Scan, or values of both axes", "likelihood_scan(scan(model))")])
    if isinstance(mu, Scan):
        parameter = mu.parameter if parameter is None else parameter
        mu, twice_delta_nll = mu
    x, y = as_vector(mu, "mu"), as_vector(twice_delta_nll, "twice_delta_nll")
    if x.shape != y.shape:
        raise OptionError([Problem("option", "twice_delta_nll", f"{len(y)} values for {len(x)} of mu", "")])
    order = np.argsort(x, kind="stable")
    order = order[np.isfinite(y[order])]
    if len(order) < 2:
        raise OptionError([Problem("option", "twice_delta_nll", f"{len(order)} finite values, and a curve needs two", "")])
    x, y = x[order], y[order]
    with canvas(ax, style, (6.4, 4.8)) as ax:
        is_first = not ax.lines
        ax.plot(x, y, color=color, linestyle=linestyle, label=label, zorder=3)
        top = min(12.0, 1.05 * float(y.max())) if maximum is None else maximum
        ax.set_ylim(0, max(top, 0 if is_first else ax.get_ylim()[1], 1e-6))
        ax.set_xlim(min(x.min(), np.inf if is_first else ax.get_xlim()[0]), max(x.max(), -np.inf if is_first else ax.get_xlim()[1]))
        for name, height in _LEVELS.items() if levels else ():
            if height >= ax.get_ylim()[1]:
                continue
            if is_first:
                ax.axhline(height, color=PALE, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
                ax.annotate(name, (1.0, height), xycoords=("axes fraction", "data"), xytext=(-6, 3), textcoords="offset points", ha="right",
                            va="bottom", fontsize="small", color="#555555")
            for place in _crossings(x, y, height):
                ax.plot([place, place], [0, height], color=color, linewidth=0.9, linestyle=":", zorder=2)
        if is_first:
            ax.set_xlabel(plain("μ" if parameter is None else parameter))
            ax.set_ylabel("−2 Δ ln L")
        if label:
            before = ax.get_legend()  # made in the style of the first curve, which holds no more
            ax.legend(loc="upper center", frameon=False, prop=before.get_texts()[0].get_fontproperties() if before else None)
        if title:
            ax.set_title(title, loc="left", fontsize="medium")
    return ax


def _crossings(x: np.ndarray, y: np.ndarray, height: float) -> list[float]:
    """Where the curve passes `height`, between neighbours. Linear in the signed root, which is a line for a parabola."""
    root = np.sqrt(np.maximum(y, 0))
    target = np.sqrt(height)
    found = []
    for i in np.flatnonzero((y[:-1] < height) != (y[1:] < height)):
        found.append(float(x[i] + (target - root[i]) / (root[i + 1] - root[i]) * (x[i + 1] - x[i])))
    return found
