# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Distributions of a test statistic that toys have."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from ..arguments import refuse, whole
from ..results import ToyTest
from .style import ACCENT, EXPECTED, OBSERVED, Style, canvas, plain


def toy_distributions(test: ToyTest, *, bins: int = 40, maximum: float | None = None, title: str | None = None, x_label: str | None = None,
                      ax: Axes | None = None, style: Style = "ATLAS") -> Axes:
    """The test statistic of toys with and without the tested signal, and where the data lie.

    `test`: of relume.toys. Heights are shares of the toys per bin, the uncertainty that counting leaves is shaded. `bins`: how many, from 0
    to `maximum` (default: beyond the data and 99.9% of the toys); what lies above is in the last one, so that the shares add up to 1.
    """
    if not isinstance(test, ToyTest):
        refuse("test", f"a {type(test).__name__}, where a test with toys is needed", "relume.toys(model) makes one")
    if not test.is_usable:
        refuse("test", f"there is nothing to draw: {test.reason}")
    observed = test.test_statistic["q"]
    samples = [np.sort(s.q[np.isfinite(s.q)]) for s in (test.tested_toys, test.alternative_toys)]
    if maximum is None:
        maximum = max(1.05 * observed, *(float(np.quantile(q, 0.999)) for q in samples), 1e-6)
    edges = np.linspace(0.0, maximum, whole(bins, "bins", 1, 10000) + 1)
    name = test.test_statistic["name"]
    with canvas(ax, style, (6.8, 4.8)) as ax:
        for sample, q, color, line in ((test.tested_toys, samples[0], ACCENT, "-"), (test.alternative_toys, samples[1], EXPECTED, "--")):
            counts = np.histogram(np.minimum(q, maximum), edges)[0]
            share, error = counts / len(q), np.sqrt(counts) / len(q)
            ax.stairs(share, edges, color=color, linestyle=line, linewidth=1.6, label=plain(f"toys with {test.poi} = {sample.poi:g}"))
            ax.stairs(share + error, edges, baseline=np.maximum(share - error, 0), fill=True, color=color, alpha=0.2, linewidth=0)
        ax.axvline(observed, color=OBSERVED, linewidth=1.6, label=f"data: {observed:.3g}")
        ax.set_yscale("log")
        ax.set_ylim(0.5 / max(len(q) for q in samples), None)
        ax.set_xlim(0.0, maximum)
        ax.set_xlabel(plain(f"{name}, tested {test.poi} = {test.tested:g}") if x_label is None else x_label)
        ax.set_ylabel("share of toys per bin")
        ax.legend(loc="upper right")
        if title:
            ax.set_title(title, loc="left", fontsize="medium")
    return ax
