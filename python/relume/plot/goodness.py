# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Goodness of fit: the test statistic among its toys, and the pulls of bins."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from ..arguments import refuse, whole
from ..goodness import GoodnessOfFit
from .style import ACCENT, EXPECTED, OBSERVED, PALE, Style, canvas, plain, settings

Goodness = GoodnessOfFit | Mapping[str, Any]


def _parts(goodness: Goodness) -> tuple[Mapping[str, Any], np.ndarray]:
    """The document and the toys' statistic, of a result or of what `relume goodness --values` prints."""
    if isinstance(goodness, GoodnessOfFit):
        document, toys = goodness.document, goodness.toys
    else:
        if not isinstance(goodness, Mapping) or not {"t", "bins", "toys"} <= set(goodness):
            refuse("goodness", "this is no goodness of fit", "relume.goodness(model) makes one, or the document that relume goodness prints")
        document, toys = goodness, np.array((goodness["toys"] or {}).get("t", []), dtype=float)
    if document["status"] != "ok":
        refuse("goodness", f"there is nothing to draw: {document['reason']}")
    return document, toys[np.isfinite(toys)]


def goodness_toys(goodness: Goodness, *, bins: int = 40, title: str | None = None, x_label: str | None = None, ax: Axes | None = None,
                  style: Style = "ATLAS") -> Axes:
    """The distribution of the test statistic that toys have, the chi-squared one, and where the data lie.

    `goodness`: of relume.goodness with toys, or its document with the values of toys. `bins`: how many.
    """
    document, toys = _parts(goodness)
    if not len(toys):
        refuse("goodness", "it has no toys", "relume.goodness(model, n_toys=1000), on the command line --toys 1000 --values")
    t, degrees = document["t"], document["degrees_of_freedom"]
    edges = np.linspace(min(toys.min(), t) * 0.98, max(toys.max(), t) * 1.02, whole(bins, "bins", 1, 10000) + 1)
    with canvas(ax, style, (6.8, 4.8)) as ax:
        counts = np.histogram(toys, edges)[0]
        ax.stairs(counts, edges, fill=True, color=EXPECTED, alpha=0.3, label=f"{len(toys)} toys: p = {document['toys']['p_value']:.3g}")
        if degrees > 0:
            x = np.linspace(max(edges[0], 1e-9), edges[-1], 400)
            log_density = (0.5 * degrees - 1) * np.log(0.5 * x) - 0.5 * x - math.lgamma(0.5 * degrees) - np.log(2)
            ax.plot(x, np.exp(log_density) * len(toys) * (edges[1] - edges[0]), color=ACCENT, linestyle="--",
                    label=f"χ² with {degrees} degrees of freedom: p = {document['p_value']:.3g}")
        ax.axvline(t, color=OBSERVED, linewidth=1.6, label=f"data: {t:.4g}")
        ax.set_xlim(edges[0], edges[-1])
        ax.set_ylim(0, 1.45 * max(counts.max(), 1))
        ax.set_xlabel("saturated test statistic t" if x_label is None else x_label)
        ax.set_ylabel("toys per bin")
        ax.legend(loc="upper right")
        if title:
            ax.set_title(title, loc="left", fontsize="medium")
    return ax


def residuals(goodness: Goodness, *, kind: str = "pull", title: str | None = None, y_label: str | None = None, ax: Axes | None = None,
              style: Style = "ATLAS") -> Axes:
    """The pulls of all bins, channel by channel.

    `goodness`: of relume.goodness, or its document. `kind`: "pull" accounts for what the fit has taken from the bins, "residual" does not.
    """
    document, _ = _parts(goodness)
    if kind not in ("pull", "residual"):
        refuse("kind", f"{kind!r} is no kind of residual", "pull, residual")
    entries = document["bins"]
    if not entries:
        refuse("goodness", "the model has no bins")
    values = np.array([np.nan if e[kind] is None else e[kind] for e in entries], dtype=float)
    names = [e["channel"] for e in entries]
    starts = [i for i in range(len(names)) if i == 0 or names[i] != names[i - 1]]
    with canvas(ax, style, (max(5.6, min(16.0, 0.3 * len(values) + 2.0)), 3.8)) as ax:
        for low, high, shade in ((-2, 2, 0.10), (-1, 1, 0.14)):
            ax.axhspan(low, high, color=PALE, alpha=shade, linewidth=0)
        ax.axhline(0, color=PALE, linewidth=0.9)
        ax.plot(np.arange(len(values)), values, "o", color=OBSERVED, markersize=4)
        for start in starts[1:]:
            ax.axvline(start - 0.5, color=PALE, linewidth=0.9, linestyle=":")
        ends = [*starts[1:], len(values)]
        ax.set_xticks([(a + b - 1) / 2 for a, b in zip(starts, ends, strict=True)], [plain(names[a]) for a in starts],
                      rotation=90 if len(starts) > 6 else 0)
        ax.tick_params(axis="x", which="both", length=0)
        ax.set_xlim(-0.5, len(values) - 0.5)
        top = max(3.0, 1.15 * float(np.nanmax(np.abs(values)))) if np.isfinite(values).any() else 3.0
        ax.set_ylim(-top, top)
        usual = "(n − ν) / σ of n − ν" if kind == "pull" else "(n − ν) / √ν"
        ax.set_ylabel(usual if y_label is None else y_label)
        if title:
            ax.set_title(title, loc="left", fontsize="medium")
    return ax


def goodness(goodness: Goodness, *, title: str | None = None, style: Style = "ATLAS") -> Axes:
    """Toys and pulls in one figure; returns the upper axes. `goodness`: of relume.goodness, or its document with the values of toys, if there are any."""
    _, toys = _parts(goodness)
    if not len(toys):
        return residuals(goodness, title=title, style=style)
    with matplotlib.rc_context(settings(style)):
        _, (upper, lower) = plt.subplots(2, 1, figsize=(7.2, 8.0), layout="constrained", height_ratios=(1.25, 1))
        goodness_toys(goodness, title=title, ax=upper)
        residuals(goodness, ax=lower)
    return upper
