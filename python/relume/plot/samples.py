# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Stacked samples: what the prediction is made of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

from ..errors import OptionError, Problem
from ..model import Model
from ..results import FitResult
from .style import ACCENT, Style, canvas, headroom, plain, sample_colours
from .yields import Prediction, parameters_of, predict, uncertainty

_INCHES_PER_BIN = 0.26
#: Above this ratio of the largest to the smallest bin, a linear axis hides the small ones.
_LINEAR_UP_TO = 40.0


def stack(model: Model, fit: FitResult | None = None, *, channels: Sequence[str] | str | None = None, names: Mapping[str, str] = {},
          max_samples: int = 10, colors: Mapping[str, str] = {}, band: bool = True, edges: Sequence[float] | None = None, log: bool | None = None,
          legend: bool = True, x_label: str | None = None, y_label: str = "Events", title: str | None = None, ax: Axes | None = None,
          style: Style = "ATLAS") -> Axes:
    """Expected events per bin, samples on top of each other, signal last.

    `fit`: None for the prediction at initial values. `channels`: names, side by side in this order (default: all). `names`: labels
    of samples; those with the same label are added. `max_samples`: the smallest of more become "Other". `colors`: by label.
    `band`: uncertainty of the total (`fit` then needs its covariance). `edges`: shape (n_bins + 1,), of the bins of a single
    channel, which workspaces do not have. `log`: y axis (default: when bins differ by more than a factor of 40). `legend`: draws one.
    """
    prediction = predict(model, parameters_of(model, fit), channels, names, max_samples)
    with canvas(ax, style, figure_size(prediction, 4.6)) as ax:
        x = bin_edges(prediction, edges)
        draw_stack(ax, prediction, x, colors)
        if band:
            draw_band(ax, x, prediction.total, uncertainty(model, fit, prediction.bins))
        set_heights(ax, prediction.total, log)
        label_bins(ax, prediction, x, edges is not None, x_label)
        ax.set_ylabel(y_label)
        if legend:
            add_legend(ax)
        ax.set_title(title or ("Pre-fit" if fit is None else "Post-fit"), loc="left", fontsize="medium")
    return ax


def figure_size(prediction: Prediction, height: float) -> tuple[float, float]:
    """Inches: wider with bins, taller where the names of channels stand upright."""
    upright = 0.075 * max(len(c.name) for c in prediction.channels) if len(prediction.channels) > 1 else 0.0
    return min(16.0, max(6.4, 1.6 + _INCHES_PER_BIN * len(prediction.bins))), height + upright


def bin_edges(prediction: Prediction, edges: Sequence[float] | None) -> np.ndarray:
    """Shape (n_bins + 1,)."""
    n = len(prediction.bins)
    if edges is None:
        return np.arange(n + 1, dtype=float)
    array = np.asarray(edges, dtype=float)
    if array.shape != (n + 1,) or not np.all(np.diff(array) > 0):
        raise OptionError([Problem("option", "edges", f"{n} bins need {n + 1} ascending edges", "edges are for a single channel")])
    return array


def draw_stack(ax: Axes, prediction: Prediction, x: np.ndarray, colors: Mapping[str, str]) -> None:
    palette = {**sample_colours(prediction.ranking), **dict.fromkeys(prediction.signals, ACCENT), **colors}
    floor = np.zeros(len(prediction.bins))
    for name, values in prediction.samples.items():
        ax.stairs(floor + values, x, baseline=floor, fill=True, color=palette[name], linewidth=0, label=plain(name), zorder=1)
        floor = floor + values
    ax.stairs(prediction.total, x, color="black", linewidth=1.0, baseline=None, zorder=2)
    ax.set_xlim(x[0], x[-1])


def draw_band(ax: Axes, x: np.ndarray, centre: np.ndarray, sigma: np.ndarray, label: str | None = "Uncertainty") -> None:
    ax.stairs(centre + sigma, x, baseline=np.maximum(centre - sigma, 0), fill=True, facecolor="none", edgecolor="#444444", hatch="//////", linewidth=0,
              label=label, zorder=2.5)


def set_heights(ax: Axes, heights: np.ndarray, log: bool | None) -> None:
    """Range of the y axis around what is drawn."""
    positive = heights[heights > 0]
    top = float(heights.max(initial=1e-3))
    if log is None:
        log = bool(len(positive)) and top > _LINEAR_UP_TO * float(positive.min())
    if log:
        ax.set_yscale("log")
        ax.set_ylim(0.3 * float(positive.min(initial=top)), 1.5 * top)
        ax.yaxis.set_minor_locator(LogLocator(subs=np.arange(2, 10)))
        ax.yaxis.set_minor_formatter(NullFormatter())
    else:
        ax.set_ylim(0, 1.08 * top)


def label_bins(ax: Axes, prediction: Prediction, x: np.ndarray, has_edges: bool, x_label: str | None) -> None:
    """Names of channels at their middle, and lines between channels of several bins."""
    channels = prediction.channels
    if len(channels) == 1:
        ax.set_xlabel(plain(channels[0].name) + (", bin" if not has_edges and len(x) > 2 else "") if x_label is None else x_label)
        if not has_edges:
            named = range(0, len(x) - 1, 1 + len(x) // 21)
            ax.set_xticks([(x[i] + x[i + 1]) / 2 for i in named], [str(i) for i in named])
            ax.xaxis.set_minor_locator(NullLocator())
        return
    borders = np.cumsum([0] + [c.n_bins for c in channels])
    middles = [(x[a] + x[b]) / 2 for a, b in zip(borders, borders[1:], strict=False)]
    for border in x[borders[1:-1]] if len(prediction.bins) > len(channels) else ():
        ax.axvline(border, color="black", linewidth=0.8, linestyle=(0, (3, 3)), zorder=3)
    room = ax.figure.get_size_inches()[0] * 0.8 / len(channels)
    upright = max(len(c.name) for c in channels) * 0.1 > room
    ax.set_xticks(middles, [plain(c.name) for c in channels], rotation=90 if upright else 0, fontsize="x-small" if len(channels) > 12 else "small")
    ax.xaxis.set_minor_locator(NullLocator())
    ax.tick_params(axis="x", which="both", top=False, length=3)
    if x_label is not None:
        ax.set_xlabel(x_label)


def add_legend(ax: Axes) -> None:
    """Above the bins, in as many columns as fit; data first, then samples from the top of the stack."""
    handles, labels = ax.get_legend_handles_labels()
    first = [i for i, text in enumerate(labels) if text.startswith(("Data", "Pre-fit", "Uncertainty"))]
    order = sorted(first, key=lambda i: labels[i]) + [i for i in reversed(range(len(labels))) if i not in first]
    width, height = ax.figure.get_size_inches() * ax.get_position().size
    columns = max(1, min(len(labels), int(width / max(1.6, 0.62 + 0.085 * max(map(len, labels), default=0)))))
    rows = math.ceil(len(labels) / columns)
    headroom(ax, min(0.5, (0.24 * rows + 0.25) / max(height, 1.0)))
    ax.legend([handles[i] for i in order], [labels[i] for i in order], loc="upper left", ncols=columns, fontsize="small", columnspacing=1.2,
              handlelength=1.4, frameon=True, facecolor="white", edgecolor="none", framealpha=1.0).set_zorder(6)  # over the lines between channels
