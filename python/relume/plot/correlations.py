# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The correlation matrix of fitted parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..errors import OptionError, Problem
from ..results import FitResult
from .style import Style, canvas, plain, shortened

#: Up to so many parameters, every correlation is shown and every one is written into its cell.
_FEW = 25
#: Above that, parameters are left out whose correlations are all weaker.
_NOTABLE = 0.2


def correlation(fit: FitResult | Mapping[str, Any], *, minimum: float | None = None, max_parameters: int | None = 60, numbers: bool | None = None,
                colorbar: bool = True, title: str | None = None, ax: Axes | None = None, style: Style = "ATLAS") -> Axes:
    """Correlations between -1 and 1, as coloured cells.

    `fit`: with its covariance, or the document of `relume fit --covariance`. `minimum`: keeps parameters with at least one
    correlation this strong, by absolute value (default: 0.2 when there are more than 25 parameters, else 0).
    `max_parameters`: of more than these, those with the strongest correlations. `numbers`: writes correlations into the cells,
    in per cent (default: up to 25 parameters). `colorbar`: draws the scale. Parameters that the fit held have none and are left out.
    """
    names, matrix = _correlations(fit)
    if minimum is None:
        minimum = _NOTABLE if len(names) > _FEW else 0.0
    strongest = np.abs(matrix - np.diag(np.diag(matrix))).max(axis=1)
    keep = np.flatnonzero(strongest >= minimum)
    if len(keep) == 0:
        raise OptionError([Problem("option", "minimum", f"no correlation reaches {minimum:g}", f"the strongest is {strongest.max():.2g}")])
    if max_parameters is not None and len(keep) > max_parameters:
        keep = np.sort(keep[np.argsort(-strongest[keep], kind="stable")[: max(1, max_parameters)]])
    n = len(keep)
    labels = [plain(shortened(names[i])) for i in keep]
    cell, room = (0.36, 0.5) if n <= _FEW else (0.17, 0.3)
    side = max(2.2, cell * n) + room + 0.065 * max(map(len, labels))
    with canvas(ax, style, (side + 1.0 * colorbar, side)) as ax:
        shown = matrix[np.ix_(keep, keep)]
        image = ax.imshow(shown, cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest", aspect="equal")
        size = "small" if n <= _FEW else "xx-small"
        ax.set_xticks(range(n), labels, rotation=90, fontsize=size)
        ax.set_yticks(range(n), labels, fontsize=size)
        ax.tick_params(which="both", length=0)
        ax.minorticks_off()
        if n <= _FEW if numbers is None else numbers:
            for (row, column), value in np.ndenumerate(shown):
                ax.text(column, row, f"{100 * value:.0f}".replace("-0", "0").replace("-", "−"), ha="center", va="center", fontsize="x-small",
                        color="white" if abs(value) > 0.6 else "#222222")
        if colorbar:
            bar = ax.figure.colorbar(image, ax=ax, fraction=0.05, pad=0.02, shrink=min(1.0, 4 / side + 0.3), ticks=[-1, -0.5, 0, 0.5, 1])
            bar.set_label("Correlation", loc="center")
            bar.ax.minorticks_off()
        note = f"{n} of {len(names)} parameters" + (f", |ρ| ≥ {minimum:g}" if minimum > 0 else "") if n < len(names) else None
        if text := "\n".join(t for t in (title, note) if t):
            ax.set_title(text, loc="left", fontsize="small")
    return ax


def _correlations(fit: FitResult | Mapping[str, Any]) -> tuple[list[str], np.ndarray]:
    """Of the parameters that the fit moved."""
    if isinstance(fit, FitResult):
        names, covariance = fit.names, fit.covariance
    else:
        document = fit.get("covariance") or {} if isinstance(fit, Mapping) else {}
        names, covariance = document.get("labels", []), document.get("matrix")
    if covariance is None:
        raise OptionError([Problem("option", "fit", "the fit has no covariance matrix", "relume.fit(model, covariance=True), and fit.notes")])
    covariance = np.asarray(covariance, dtype=float)
    keep = np.flatnonzero(np.diag(covariance) > 0)
    if len(keep) == 0:
        raise OptionError([Problem("option", "fit", "the fit moved no parameter", "")])
    sigma = np.sqrt(np.diag(covariance)[keep])
    return [names[i] for i in keep], covariance[np.ix_(keep, keep)] / np.outer(sigma, sigma)
