# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The profile likelihood along one parameter."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ..errors import OptionError, Problem
from ..inference import scan as profile
from ..model import Model, as_vector
from ..results import ProfileScan
from .style import OBSERVED, PALE, Style, canvas, plain

#: 68.3% and 95% of a chi-squared distribution with one degree of freedom (Wilks, Ann. Math. Stat. 9 (1938) 60).
_LEVELS = {"68%": 1.0, "95%": 3.8414588}


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
    """relume.scan, ready to be drawn and taken apart.

    `mu`: shape (n,), values of the parameter (default: `n` of them, three sigma on both sides of the best fit, within bounds).
    `poi`: another parameter than the model's parameter of interest. `data`, `fixed`: as for relume.fit. Raises OptionError.
    """
    result = profile(model, poi, mu, data, n=n, fixed=fixed)
    if not result.is_usable:
        raise OptionError([Problem("option", "model", f"the scan did not work out: {result.reason}", "")])
    return Scan(result.values, result.twice_delta_nll, result.parameter)


def likelihood_scan(mu: Scan | ProfileScan | ArrayLike, twice_delta_nll: ArrayLike | None = None, *, parameter: str | None = None,
                    label: str | None = None, color: str = OBSERVED, linestyle: str = "-", levels: bool = True, maximum: float | None = None,
                    title: str | None = None, ax: Axes | None = None, style: Style = "ATLAS") -> Axes:
    """-2 Delta ln L against a parameter, with the 68% and 95% intervals where it crosses 1 and 3.84.

    `mu`: a Scan or what relume.scan returns, alone, or values of the parameter, shape (n,), with `twice_delta_nll`, shape (n,); NaN is left out. `parameter`: its name, at
    the x axis (default: the scan's; of arrays, μ). `label`: for a legend, when several curves share
    `ax`. `color`, `linestyle`: of the curve, matplotlib's. `levels`: lines at 1 and 3.84. `maximum`: of the y axis (default: what is there,
    at most 12).
    """
    if isinstance(mu, ProfileScan):
        mu = Scan(mu.values, mu.twice_delta_nll, mu.parameter)
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
