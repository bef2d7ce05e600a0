# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Marginal posteriors of one and of two parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ..arguments import refuse, texts, whole
from ..errors import Problem, UnknownNameError
from ..posterior import Posterior
from .style import ACCENT, EXPECTED, PALE, Style, plain, settings, shortened

#: Shares of the probability inside of the contours: one and two standard deviations of one dimension.
_CONTOURS = (0.683, 0.954)
#: How many parameters are shown when nobody says which.
_FEW = 5


def corner(posterior: Posterior | Mapping[str, Any], parameters: Iterable[str] | None = None, *, bins: int = 40, title: str | None = None,
           style: Style = "ATLAS") -> np.ndarray:
    """Histograms of each parameter on the diagonal, of each pair below, with contours around 68% and 95% of the draws.

    `posterior`: of relume.posterior, or the document of `relume posterior --values`. `parameters`: by name (default: the parameter of
    interest and those that correlate with it most, five in all). Lines and shades on the diagonal: the median, and the equal-tailed interval at
    the result's level. `bins`: along each axis. Returns the axes, shape (n, n); those above the diagonal are not visible. Raises
    OptionError, UnknownNameError.
    """
    names, draws, poi, level = _draws(posterior)
    chosen = _choose(names, draws, poi) if parameters is None else texts(parameters, "parameters")
    for name in chosen:
        if name not in names:
            raise UnknownNameError([Problem("reference", "parameters", f"no parameter called {name!r} was sampled", "those held have no posterior")])
    if not chosen:
        refuse("parameters", "there is nothing to draw")
    whole(bins, "bins", 2, 1000)
    values = [draws[names.index(name)] for name in chosen]
    edges = [np.linspace(*_range(v), bins + 1) for v in values]
    n = len(chosen)
    side = 1.2 + 1.7 * n
    with matplotlib.rc_context(settings(style)):
        figure, axes = plt.subplots(n, n, figsize=(side, side), layout="constrained", squeeze=False)
        for row in range(n):
            for column in range(n):
                ax = axes[row, column]
                if column > row:
                    ax.set_visible(False)
                elif column == row:
                    _one(ax, values[row], edges[row], level)
                else:
                    _two(ax, values[column], values[row], edges[column], edges[row])
                ax.tick_params(labelsize="x-small", labelbottom=row == n - 1, labelleft=column == 0 and row > 0)
                ax.locator_params(nbins=4)
                if row == n - 1:
                    ax.set_xlabel(plain(shortened(chosen[column])), fontsize="small", loc="center")
                    ax.tick_params(axis="x", labelrotation=45)
                if column == 0 and row > 0:
                    ax.set_ylabel(plain(shortened(chosen[row])), fontsize="small", loc="center")
        handles = [Patch(color=PALE, alpha=0.2, linewidth=0, label=f"{100 * level:g}% interval"), Line2D([], [], color=ACCENT, linewidth=1.2, label="median")]
        if n > 1:
            shares = " and ".join(f"{100 * share:.0f}%" for share in _CONTOURS)
            handles.append(Line2D([], [], color=EXPECTED, linewidth=0.9, label=f"{shares} of the draws"))
        # In the place of the axes that are not visible, or above the only ones.
        figure.legend(handles=handles, loc="upper right" if n > 1 else "outside upper right", fontsize="x-small" if n < 4 else "medium")
        if title:
            figure.suptitle(title, x=0.02, ha="left", fontsize="medium")
    return axes


def _draws(posterior: Posterior | Mapping[str, Any]) -> tuple[list[str], list[np.ndarray], str | None, float]:
    if isinstance(posterior, Posterior):
        if posterior.draws.size == 0:
            refuse("posterior", f"there is nothing to draw: {posterior.reason}")
        return posterior.names, [posterior.values(name).reshape(-1) for name in posterior.names], posterior.poi, posterior.level
    if not isinstance(posterior, Mapping) or not posterior.get("draws"):
        refuse("posterior", "it has no draws", "relume.posterior(model), or `relume posterior --values`")
    draws = posterior["draws"]
    return list(draws), [np.asarray(v, dtype=float).reshape(-1) for v in draws.values()], posterior.get("poi"), posterior["level"]


def _choose(names: list[str], draws: list[np.ndarray], poi: str | None) -> list[str]:
    if poi not in names:
        return names[:_FEW]
    reference = draws[names.index(poi)]
    with np.errstate(divide="ignore", invalid="ignore"):
        strength = [-np.inf if name == poi else abs(np.nan_to_num(np.corrcoef(v, reference)[0, 1])) for name, v in zip(names, draws, strict=True)]
    order = np.argsort(-np.asarray(strength), kind="stable")[: min(_FEW, len(names)) - 1]
    return [poi, *(names[i] for i in order)]


def _range(values: np.ndarray) -> tuple[float, float]:
    """All but a few draws far out."""
    low, high = np.quantile(values, [0.001, 0.999])
    margin = 0.02 * (high - low) or 0.5 * abs(low) or 0.5
    return max(values.min(), low) - margin, min(values.max(), high) + margin


def _one(ax: Any, values: np.ndarray, edges: np.ndarray, level: float) -> None:
    share = np.histogram(values, edges)[0] / len(values)
    ax.stairs(share, edges, color=EXPECTED, linewidth=1.4)
    low, median, high = np.quantile(values, [0.5 - 0.5 * level, 0.5, 0.5 + 0.5 * level])
    ax.axvspan(low, high, color=PALE, alpha=0.2, linewidth=0)
    ax.axvline(median, color=ACCENT, linewidth=1.2)
    ax.set_xlim(edges[0], edges[-1])
    ax.set_ylim(0, 1.15 * share.max())
    ax.set_yticks([])


def _two(ax: Any, x: np.ndarray, y: np.ndarray, x_edges: np.ndarray, y_edges: np.ndarray) -> None:
    counts = np.histogram2d(x, y, (x_edges, y_edges))[0].T
    ax.pcolormesh(x_edges, y_edges, np.ma.masked_equal(counts, 0), cmap="Blues", rasterized=True)
    # A contour is where the densest bins together hold its share.
    smooth = _smooth(counts)
    ordered = np.sort(smooth.reshape(-1))[::-1]
    shares = np.cumsum(ordered) / ordered.sum()
    heights = sorted({float(ordered[min(np.searchsorted(shares, share), len(ordered) - 1)]) for share in _CONTOURS})
    if 0 < heights[0] < heights[-1] < smooth.max():
        ax.contour(0.5 * (x_edges[1:] + x_edges[:-1]), 0.5 * (y_edges[1:] + y_edges[:-1]), smooth, levels=heights, colors=EXPECTED, linewidths=0.9)
    ax.set_xlim(x_edges[0], x_edges[-1])
    ax.set_ylim(y_edges[0], y_edges[-1])


def _smooth(counts: np.ndarray) -> np.ndarray:
    """Binomial weights over neighbours, twice: single draws make no islands."""
    for _ in range(2):
        for axis in (0, 1):
            padded = np.pad(counts, [(1, 1) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
            counts = 0.25 * np.delete(padded, [-1, -2], axis) + 0.5 * counts + 0.25 * np.delete(padded, [0, 1], axis)
    return counts
