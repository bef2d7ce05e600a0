# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Contours of the profile likelihood of two parameters."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from ..contours import Contours, ProfileGrid
from ..errors import OptionError, Problem
from .style import OBSERVED, PALE, Style, canvas, plain

_LINES = ("-", (0, (5, 2)), (0, (2, 2)), (0, (1, 1)))


def likelihood_contours(result: Contours | ProfileGrid, *, label: str | None = None, color: str = OBSERVED, truth: tuple[float, float] | None = None,
                        x_label: str | None = None, y_label: str | None = None, title: str | None = None, ax: Axes | None = None,
                        style: Style = "ATLAS") -> Axes:
    """Contours of two parameters with their best fit; of a grid, its heights in colour with the 68% and 95% contours.

    `result`: of relume.contour or relume.scan_grid. `label`: for a legend, when several share `ax`. `color`: of the lines. `truth`: a point to
    mark, for example the prediction.
    """
    if not result.is_usable:
        raise OptionError([Problem("option", "result", f"not usable: {result.reason}", "")])
    with canvas(ax, style, (6.4, 5.6)) as ax:
        if isinstance(result, ProfileGrid):
            _grid(ax, result, color)
        else:
            for contour, line in zip(result.contours, _LINES * len(result.contours), strict=False):
                name = f"{100 * contour.level:.3g}%"
                ax.plot(np.append(contour.x, contour.x[0]), np.append(contour.y, contour.y[0]), color=color, linestyle=line,
                        label=f"{label}, {name}" if label else name)
        ax.plot(*result.best, marker="+", markersize=11, markeredgewidth=2, color=color, linestyle="none", label=f"{label}, best fit" if label else "best fit")
        # Lines and marks do not touch the frame; a grid fills it.
        ax.margins(0.05)
        if truth is not None:
            ax.plot(*truth, marker="*", markersize=12, color=PALE, linestyle="none", zorder=1)
        ax.set_xlabel(plain(result.parameters[0] if x_label is None else x_label))
        ax.set_ylabel(plain(result.parameters[1] if y_label is None else y_label))
        before = ax.get_legend()  # made in the style of the first one, which holds no more
        ax.legend(loc="best", prop=before.get_texts()[0].get_fontproperties() if before else None)
        if title:
            ax.set_title(title, loc="left", fontsize="medium")
    return ax


def _grid(ax: Axes, grid: ProfileGrid, color: str) -> None:
    if min(grid.twice_delta_nll.shape) < 2:
        raise OptionError([Problem("option", "result", "a picture needs two values of each parameter", "")])
    heights = np.ma.masked_invalid(grid.twice_delta_nll.T)
    mesh = ax.pcolormesh(grid.x, grid.y, np.minimum(heights, 12.0), cmap="Blues_r", vmin=0, vmax=12, shading="nearest", rasterized=True)
    ax.figure.colorbar(mesh, ax=ax, label="−2 Δ ln L", extend="max")
    # 68.3% and 95% of a chi-squared distribution with two degrees of freedom: -2 ln(1 - level).
    levels = [-2 * np.log(1 - level) for level in (0.6826894921370859, 0.95)]
    present = [level for level in levels if heights.min() < level < heights.max()]
    if present:
        ax.contour(grid.x, grid.y, heights, levels=present, colors=[color], linestyles=["solid", "dashed"][: len(present)], linewidths=1.8)
