# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Pulls and constraints: what a fit did to the nuisance parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from ..errors import InputError, OptionError, Problem, UnknownNameError
from ..model import Model
from ..results import FitResult
from .style import ACCENT, OBSERVED, ONE_SIGMA, TWO_SIGMA, Style, canvas, plain, shortened

#: Inches per parameter: the smallest print that reads well on paper.
_ROW = 0.19
#: Pulls beyond this are printed in red.
_LARGE = 2.0


def pulls(fit: FitResult | Mapping[str, Any], model: Model | None = None, *, parameters: Sequence[str] | None = None, max_parameters: int | None = 50,
          sort: bool = False, numbers: bool = True, title: str | None = None, ax: Axes | None = None, style: Style = "ATLAS") -> Axes:
    """One row per constrained parameter: (fitted - initial) / prefit sigma, with a bar of fitted / prefit sigma.

    `fit`: with `model`, that it was made of; or the document that `relume fit --plot` hands over. `parameters`: names of those to show
    (default: all that have a constraint). `max_parameters`: of more than these, the ones that the fit pulled or constrained most; None for
    all of them, on a tall figure. `sort`: largest pulls first, else the model's order. `numbers`: writes pulls and constraints at the
    right. Parameters that the fit held, or that ended at a bound, have a point without a bar.
    """
    names, pull, constraint = _measured(fit, model)
    shown = _chosen(names, pull, constraint, parameters, max_parameters)
    if sort:
        shown = shown[np.argsort(-np.abs(pull[shown]), kind="stable")]
    labels = [shortened(names[i]) for i in shown]
    rows = np.arange(len(shown))
    longest = max(map(len, labels))
    with canvas(ax, style, (3.6 + 0.07 * longest + 0.9 * numbers, 1.3 + _ROW * len(shown))) as ax:
        for width, colour in ((2, TWO_SIGMA), (1, ONE_SIGMA)):
            ax.axvspan(-width, width, color=colour, alpha=0.35, linewidth=0, zorder=0)
        ax.axvline(0, color=OBSERVED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
        ax.errorbar(pull[shown], rows, xerr=constraint[shown], fmt="o", color=OBSERVED, markersize=3.5, linewidth=1.3, zorder=3)
        reach = max(2.4, 1.06 * float(np.max(np.abs(pull[shown]) + constraint[shown])))
        ax.set_xlim(-reach, reach)
        ax.set_ylim(len(shown) - 0.4, -0.6)
        ax.set_yticks(rows, [plain(n) for n in labels], fontsize="small" if len(shown) <= 12 else "x-small")
        ax.yaxis.set_minor_locator(NullLocator())
        ax.tick_params(axis="y", length=0)
        ax.set_xlabel(r"$(\hat{\theta} - \theta_0)\,/\,\Delta\theta$")
        if numbers:
            for row, i in enumerate(shown):
                bar = f" ± {constraint[i]:.2f}" if constraint[i] > 0 else ""
                ax.annotate(f"{pull[i]:+.2f}{bar}".replace("-", "−"), (1.0, row), xycoords=("axes fraction", "data"), xytext=(6, 0),
                            textcoords="offset points", va="center", fontsize="x-small", color=ACCENT if abs(pull[i]) > _LARGE else "#333333",
                            annotation_clip=False)
        left_out = len(names) - len(shown)
        note = f"{len(shown)} of {len(names)}: most pulled or constrained" if left_out and parameters is None else None
        if text := "\n".join(t for t in (title, note) if t):
            ax.set_title(text, loc="left", fontsize="small")
    return ax


def _measured(fit: FitResult | Mapping[str, Any], model: Model | None) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, pulls and constraints of the parameters that have a constraint."""
    if isinstance(fit, FitResult):
        if model is None:
            raise OptionError([Problem("option", "model", "pulls need the model, for what was known before the fit", "pulls(fit, model)")])
        names, values, sigmas = fit.names, fit.values, fit.uncertainties
        initial, prefit = model.initial, model.prefit_sigma
    else:
        try:
            names, initial, prefit = (fit["prefit"][key] for key in ("names", "initial", "sigma"))
            values, sigmas = ([v for group in fit[key].values() for v in group] for key in ("mle_parameters", "uncertainties"))
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError([Problem("schema", "fit", f"no fit with what was known before it: {error}", "`relume fit --plot` makes one")]) from None
    prefit = np.asarray(prefit, dtype=float)
    keep = np.flatnonzero(prefit > 0)
    if sigmas is None:
        raise OptionError([Problem("option", "fit", "the fit has no uncertainties", "relume.fit(model, uncertainties=True), and fit.notes")])
    if len(keep) == 0:
        raise OptionError([Problem("option", "model", "no parameter has a constraint, so that nothing could be pulled", "")])
    if not len(names) == len(values) == len(prefit):
        raise OptionError([Problem("option", "model", f"the fit has {len(values)} parameters and the model {len(prefit)}", "give the model that was fitted")])
    pull = (np.asarray(values, dtype=float) - np.asarray(initial, dtype=float))[keep] / prefit[keep]
    constraint = np.nan_to_num(np.asarray(sigmas, dtype=float)[keep] / prefit[keep])
    return [names[i] for i in keep], pull, constraint


def _chosen(names: list[str], pull: np.ndarray, constraint: np.ndarray, parameters: Sequence[str] | None, most: int | None) -> np.ndarray:
    if parameters is not None:
        unknown = [n for n in parameters if n not in names]
        if unknown or not parameters:
            raise UnknownNameError([Problem("reference", n, f"no constrained parameter is called {n!r}", "") for n in unknown or ["parameters"]])
        return np.array([names.index(n) for n in parameters])
    if most is None or len(names) <= most:
        return np.arange(len(names))
    notable = np.abs(pull) + np.abs(1 - np.where(constraint > 0, constraint, 1))
    return np.sort(np.argsort(-notable, kind="stable")[: max(1, most)])
