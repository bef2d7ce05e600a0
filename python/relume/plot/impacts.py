# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The ranking of nuisance parameters: what they do to the parameter of interest, and what the fit did to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, NullLocator

from ..arguments import whole
from ..errors import InputError, OptionError, Problem
from ..impacts import Impact, Impacts
from .style import OBSERVED, SAMPLES, Style, canvas, plain, shortened

#: Inches per parameter: two bars and a point.
_ROW = 0.27
#: Bars of the parameter moved up and down.
_UP, _DOWN = SAMPLES[0], SAMPLES[1]


def ranking(impacts: Impacts | Mapping[str, Any], *, top: int | None = 20, title: str | None = None, ax: Axes | None = None,
            style: Style = "ATLAS") -> Axes:
    """One row per nuisance parameter, largest impact first: bars for the shift of the parameter of interest, a point for the pull.

    `impacts`: what `relume.impacts` answered, or the document of `relume impacts`. `top`: how many to show; None for all. Bars belong to the
    upper axis: filled ones are impacts after the fit, open ones before it. Points belong to the lower axis: (fitted - centre of the
    constraint) / uncertainty before the fit, with a bar of uncertainty after / before the fit. Parameters without a constraint have no
    point and no open bars. Where nothing was fitted again, impacts are linear.
    """
    result = impacts if isinstance(impacts, Impacts) else _read(impacts)
    if not result.is_usable:
        raise OptionError([Problem("option", "impacts", f"there is no ranking: {result.reason}", "")])
    shown = _shown(result, top)
    rows = range(len(shown))
    labels = [shortened(impact.parameter) for impact in shown]
    with canvas(ax, style, (4.6 + 0.07 * max(map(len, labels)), 2.1 + _ROW * len(shown))) as ax:
        above = ax.twiny()
        for row, impact in enumerate(shown):
            for pair, filled in ((impact.postfit, True), (impact.prefit, False)):
                for shift, colour in zip(pair.shifts, (_UP, _DOWN), strict=True):
                    if shift is not None:
                        above.barh(row, shift, height=0.8, color=colour if filled else "none", edgecolor="none" if filled else colour, linewidth=1.1,
                                   alpha=0.75 if filled else 1.0, zorder=1 if filled else 2)
        reach = max([abs(s) for i in shown for pair in (i.postfit, i.prefit) for s in pair.shifts if s is not None], default=0.0) or 1.0
        above.set_xlim(-1.1 * reach, 1.1 * reach)
        above.set_xlabel(r"$\Delta$" + plain(result.poi))
        above.xaxis.set_major_locator(MaxNLocator(5, symmetric=True))

        pulled = [(row, i.pull, i.constraint) for row, i in enumerate(shown) if i.pull is not None and i.constraint is not None]
        farthest = max([1.0, *(abs(pull) + constraint for _, pull, constraint in pulled)])
        for edge in (-1, 0, 1):
            ax.axvline(edge, color=OBSERVED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
        if pulled:
            at, pull, constraint = zip(*pulled, strict=True)
            ax.errorbar(pull, at, xerr=constraint, fmt="o", color=OBSERVED, markersize=3.5, linewidth=1.3, zorder=3)
        ax.set_xlim(-max(2.0, 1.1 * farthest), max(2.0, 1.1 * farthest))
        ax.set_xlabel(r"$(\hat{\theta} - \theta_0)\,/\,\Delta\theta$")
        ax.set_ylim(len(shown) - 0.4, -0.6)
        ax.set_yticks(rows, [plain(label) for label in labels], fontsize="small" if len(shown) <= 12 else "x-small")
        ax.yaxis.set_minor_locator(NullLocator())
        ax.tick_params(axis="x", which="both", top=False)
        above.tick_params(axis="x", which="both", bottom=False, top=True, labeltop=True)
        for axes in (ax, above):
            axes.tick_params(axis="y", which="both", length=0)
        # The points stand in front of the bars.
        ax.set_zorder(above.get_zorder() + 1)
        ax.patch.set_visible(False)
        kinds = [(fill, text, colour) for fill, when in ((True, "post-fit"), (False, "pre-fit")) for text, colour in
                 ((rf"{when}, $\theta$ up", _UP), (rf"{when}, $\theta$ down", _DOWN))]
        handles = [Patch(facecolor=colour if fill else "none", edgecolor="none" if fill else colour, alpha=0.75 if fill else 1.0, label=text)
                   for fill, text, colour in kinds]
        ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2, fontsize="x-small",
                  borderaxespad=4.2, columnspacing=1.2)
        note = f"{len(shown)} of {len(result)}" if len(shown) < len(result) else None
        bound = None if result.uncertainty else plain(result.poi) + " is at its bound"
        if text := "\n".join(t for t in (title, bound, note) if t):
            ax.set_title(text, loc="left", fontsize="small", pad=34)
    return ax


def _read(document: Any) -> Impacts:
    try:
        result = Impacts(document, None)
        if document["status"] == "ok":
            result.top(max(1, len(result)))
        return result
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError([Problem("schema", "impacts", f"no document of impacts: {error}", "`relume impacts` makes one")]) from None


def _shown(result: Impacts, top: int | None) -> list[Impact]:
    if len(result) == 0:
        raise OptionError([Problem("option", "impacts", "there are no nuisance parameters", "")])
    return result.top(len(result) if top is None else min(len(result), whole(top, "top", 1)))
