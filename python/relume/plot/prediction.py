# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Data against the prediction, before and after a fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter
from mpl_toolkits.axes_grid1 import make_axes_locatable
from numpy.typing import ArrayLike

from ..errors import OptionError, Problem
from ..model import Model, as_vector
from ..results import FitResult
from ..yields import Yields
from .samples import add_legend, bin_edges, draw_band, draw_stack, figure_size, label_bins, set_heights
from .style import EXPECTED, OBSERVED, Style, canvas
from .yields import Prediction, parameters_of, poisson_interval, predict, prediction_of, uncertainty

#: Half the range of the ratio panel: the smallest that holds what is drawn, and none above the last.
_RANGES = (0.25, 0.5, 0.75, 1.0)
#: All points are to be in it, and error bars and band of this share of the bins: one with few events does not flatten all others.
_SHARE = 0.9


def data_prediction(model: Model, fit: FitResult | None = None, *, data: ArrayLike | None = None, channels: Sequence[str] | str | None = None,
                    names: Mapping[str, str] = {}, max_samples: int = 10, colors: Mapping[str, str] = {}, band: bool = True, prefit: bool = True,
                    ratio: bool = True, ratio_ax: Axes | None = None, ratio_range: tuple[float, float] | None = None,
                    edges: Sequence[float] | None = None, log: bool | None = None, legend: bool = True, x_label: str | None = None,
                    y_label: str = "Events", title: str | None = None, ax: Axes | None = None, style: Style = "ATLAS") -> Axes:
    """Observed events over the stacked prediction, with the uncertainty of the total and, below, data / prediction.

    `fit`: None for the prediction before a fit, at initial values and with the uncertainties of the constraints; else that after it (for
    the band, with covariance=True). `prefit`: after a fit, the total before it as a dashed line. `data`: main data of all channels, or main
    and auxiliary data (None: observed, but for masked channels), with Poisson errors. `ratio`: draws the panel below. `ratio_ax`: the axes for it (default: cut from
    the bottom; they are then `ax.figure.axes[-1]`). `ratio_range`: its lower and upper end (default: as narrow as points, error bars and band
    allow, between 1 ± 0.25 and 1 ± 1). Triangles point to ratios out of range. All others as for `stack`.
    """
    prediction = predict(model, parameters_of(model, fit), channels, names, max_samples)
    sigma = uncertainty(model, fit, prediction.bins) if band else None
    before = model.expected_data(model.initial)[prediction.bins] if fit is not None and prefit else None
    return draw_prediction(prediction, _observed(model, data)[prediction.bins], sigma, before, colors=colors, ratio=ratio, ratio_ax=ratio_ax,
                           ratio_range=ratio_range, edges=edges, log=log, legend=legend, x_label=x_label, y_label=y_label,
                           title=title or ("Pre-fit" if fit is None else "Post-fit"), ax=ax, style=style)


def yields(result: Yields | Mapping[str, Any], *, channels: Sequence[str] | str | None = None, names: Mapping[str, str] = {}, max_samples: int = 10,
           colors: Mapping[str, str] = {}, band: bool = True, ratio: bool = True, ratio_ax: Axes | None = None,
           ratio_range: tuple[float, float] | None = None, edges: Sequence[float] | None = None, log: bool | None = None, legend: bool = True,
           x_label: str | None = None, y_label: str = "Events", title: str | None = None, ax: Axes | None = None, style: Style = "ATLAS") -> Axes:
    """The same of what was computed before.

    `result`: of `relume.yields`, or the document of `relume yields`. Channels whose data are not shown have no points. All others as for
    `data_prediction`.
    """
    document = result.document if isinstance(result, Yields) else result
    prediction, sigma, observed = prediction_of(document, channels, names, max_samples)
    known = band and bool(np.isfinite(sigma).all())
    return draw_prediction(prediction, observed, sigma if known else None, None, colors=colors, ratio=ratio, ratio_ax=ratio_ax, ratio_range=ratio_range,
                           edges=edges, log=log, legend=legend, x_label=x_label, y_label=y_label,
                           title=title or ("Pre-fit" if document["kind"] == "prefit" else "Post-fit"), ax=ax, style=style)


def draw_prediction(prediction: Prediction, observed: np.ndarray, sigma: np.ndarray | None, before: np.ndarray | None, *, colors: Mapping[str, str],
                    ratio: bool, ratio_ax: Axes | None, ratio_range: tuple[float, float] | None, edges: Sequence[float] | None, log: bool | None,
                    legend: bool, x_label: str | None, y_label: str, title: str, ax: Axes | None, style: Style) -> Axes:
    """Points where `observed` is NaN are left out."""
    with canvas(ax, style, figure_size(prediction, 5.6 if ratio else 4.6)) as ax:
        x = bin_edges(prediction, edges)
        draw_stack(ax, prediction, x, colors)
        if sigma is not None:
            draw_band(ax, x, prediction.total, sigma)
        seen = observed[np.isfinite(observed)]
        heights = np.concatenate([prediction.total, seen + np.sqrt(seen)])
        if before is not None:
            ax.stairs(before, x, baseline=None, color=EXPECTED, linewidth=1.4, linestyle=(0, (4, 2)), label="Pre-fit total", zorder=4)
            heights = np.concatenate([heights, before])
        down, up = poisson_interval(observed)
        middles = (x[:-1] + x[1:]) / 2
        ax.errorbar(middles, observed, yerr=[down, up], fmt="o", color=OBSERVED, markersize=4, linewidth=1.2, label="Data", zorder=5)
        set_heights(ax, heights, log)
        ax.set_ylabel(y_label)
        if ratio or ratio_ax is not None:
            panel = _panel(ax) if ratio_ax is None else ratio_ax
            _draw_ratio(panel, x, prediction.total, sigma, before, observed, ratio_range)
            label_bins(ax, prediction, x, edges is not None, "")
            ax.tick_params(axis="x", labelbottom=False)
            label_bins(panel, prediction, x, edges is not None, x_label)
        else:
            label_bins(ax, prediction, x, edges is not None, x_label)
        if legend:
            add_legend(ax)
        ax.set_title(title, loc="left", fontsize="medium")
    return ax


def _observed(model: Model, data: ArrayLike | None) -> np.ndarray:
    n_bins = sum(c.n_bins for c in model.channels)
    vector = model.observed if data is None else as_vector(data, "data")
    if len(vector) not in (n_bins, len(model.observed)):
        raise OptionError([Problem("option", "data", f"{len(vector)} values", f"{n_bins} of main data, or {len(model.observed)} with auxiliary data")])
    if data is None and model.masked_channels:
        vector = vector.copy()
        for channel in model.channels:
            if channel.name in model.masked_channels:
                vector[channel.slice] = np.nan
    return vector[:n_bins]


def _panel(ax: Axes) -> Axes:
    """New axes under `ax`, cut from it, with the same x axis."""
    if (place := ax.get_subplotspec()) is not None:  # so that layouts make room for both
        upper, lower = place.subgridspec(2, 1, height_ratios=[3, 1], hspace=0.06)
        ax.set_subplotspec(upper)
        return ax.figure.add_subplot(lower, sharex=ax)
    return make_axes_locatable(ax).append_axes("bottom", size="30%", pad=0.08, sharex=ax)


def _draw_ratio(ax: Axes, x: np.ndarray, total: np.ndarray, sigma: np.ndarray | None, before: np.ndarray | None, observed: np.ndarray,
                limits: tuple[float, float] | None) -> None:
    middles = (x[:-1] + x[1:]) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(total > 0, observed / total, np.nan)
        errors = np.nan_to_num(np.array(poisson_interval(observed)) / total, posinf=0.0)
        reach = np.nan_to_num(np.abs(ratio - 1)) + errors.max(axis=0)
        if sigma is not None:
            relative = np.nan_to_num(sigma / total, posinf=0.0)
            draw_band(ax, x, np.ones(len(total)), relative, label=None)
            reach = np.maximum(reach, relative)
        if before is not None:
            ax.stairs(np.where(total > 0, before / total, np.nan), x, baseline=None, color=EXPECTED, linewidth=1.4, linestyle=(0, (4, 2)), zorder=4)
    low, high = limits or _range(ratio, reach)
    ax.axhline(1, color=OBSERVED, linewidth=0.8, zorder=1)
    ax.errorbar(middles, ratio, yerr=errors, fmt="o", color=OBSERVED, markersize=4, linewidth=1.2, zorder=5)
    margin = 0.06 * (high - low)
    for beyond, marker, height in ((ratio > high, "^", high - margin), (ratio < low, "v", low + margin)):
        if beyond.any():
            ax.plot(middles[beyond], np.full(beyond.sum(), height), linestyle="none", marker=marker, color=OBSERVED, markersize=5, zorder=5)
    ax.set_ylim(low, high)
    ax.set_xlim(x[0], x[-1])
    ax.set_ylabel("Data / pred.", loc="center")
    ax.yaxis.set_minor_formatter(NullFormatter())


def _range(ratio: np.ndarray, reach: np.ndarray) -> tuple[float, float]:
    there = np.isfinite(ratio)
    furthest = max(float(np.abs(ratio[there] - 1).max()), float(np.quantile(reach[there], _SHARE, method="higher"))) if there.any() else 0.0
    half = next((r for r in _RANGES if furthest < 0.95 * r), _RANGES[-1])
    return 1 - half, 1 + half
