# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The Brazil band: limits along one axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from ..errors import OptionError, Problem
from .points import Point, Table, read_table
from .style import ACCENT, OBSERVED, ONE_SIGMA, TWO_SIGMA, Style, canvas, headroom, plain


def brazil_band(limits: Any, *, label: str | None = None, where: Mapping[str, Any] = {}, cross_section: Callable[[float], float] | None = None,
                unit: str = "pb", observed: bool = True, log: bool = True, x_label: str | None = None, y_label: str | None = None,
                title: str | None = None, ax: Axes | None = None, style: Style = "ATLAS") -> Axes:
    """Observed and expected limits against one label of the points, with the ±1 and ±2 sigma bands.

    `limits`: what `read_table` takes; CLs values are drawn with their threshold. `label`: for the x axis (default: the one that
    varies). `where`: keeps the points with these values, {"m_LSP": 0}. `cross_section`: of a value of x, in `unit`; limits are
    then on the cross section, and it is drawn in place of the line at 1. Points without usable numbers are left out;
    the title says how many. `observed`: draws the observed limits, too. `log`: of the y axis.
    """
    table = read_table(limits)
    table = table.where(**where) if where else table
    name = _label(table, label)
    points = _sorted(table, name)
    usable = [p for p in points if p.is_usable]
    if len(usable) < 2:
        raise OptionError([Problem("option", "limits", f"{len(usable)} of {len(points)} points have numbers, and a band needs two", "")])
    column = table.column(name)

    def x_of(chosen: list[Point]) -> np.ndarray:
        return np.array([float(p.values[column]) for p in chosen])

    def scale(x: np.ndarray) -> np.ndarray:
        return np.ones_like(x) if cross_section is None else np.array([float(cross_section(v)) for v in x])

    with canvas(ax, style, (7.2, 5.4)) as ax:
        if banded := [p for p in usable if p.has_band]:
            x = x_of(banded)
            band = np.array([p.expected for p in banded], dtype=float) * scale(x)[:, None]
            ax.fill_between(x, band[:, 0], band[:, 4], color=TWO_SIGMA, linewidth=0, label="Expected ±2σ", zorder=1)
            ax.fill_between(x, band[:, 1], band[:, 3], color=ONE_SIGMA, linewidth=0, label="Expected ±1σ", zorder=2)
            ax.plot(x, band[:, 2], color=OBSERVED, linestyle=(0, (4, 2.5)), label="Expected", zorder=3)
        if observed and (seen := [p for p in usable if p.observed is not None]):
            x = x_of(seen)
            ax.plot(x, np.array([p.observed for p in seen]) * scale(x), color=OBSERVED, marker="o", markersize=4.5, label="Observed", zorder=4)
        x = x_of(usable)
        if cross_section is None:
            ax.axhline(table.threshold, color=ACCENT, linewidth=1.2, zorder=2.5)
        else:
            ax.plot(x, scale(x), color=ACCENT, linewidth=1.4, label="Prediction", zorder=2.5)
        ax.set_xlim(x.min(), x.max())
        if log:
            ax.set_yscale("log")
            ax.yaxis.set_minor_locator(LogLocator(subs=np.arange(2, 10)))
            ax.yaxis.set_minor_formatter(NullFormatter())
        else:
            ax.set_ylim(bottom=0)
        _lines_first(ax)
        headroom(ax, 0.26)
        if log and np.divide(*reversed(ax.get_ylim())) < 100:  # powers of ten alone would label one tick or two
            ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            ax.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in "25" else ""))
        ax.set_xlabel(plain(name) if x_label is None else x_label)
        ax.set_ylabel(_y_label(table, cross_section is not None, unit) if y_label is None else y_label)
        missing = len(points) - len(usable)
        text = "; ".join(t for t in (title, f"{missing} of {len(points)} points without a result" if missing else None) if t)
        if text:
            ax.set_title(text, loc="left", fontsize="medium")
    return ax


def _label(table: Table, label: str | None) -> str:
    if label is not None:
        table.column(label)
        return label
    varying = table.varying()
    if len(varying) == 1:
        return varying[0]
    if not varying:
        raise OptionError([Problem("option", "label", "no label of the points has different numbers", "points need values, as those of a patchset have")])
    raise OptionError([Problem("option", "label", f"the points differ in {', '.join(varying)}", "where={...} keeps a row of them; `exclusion` draws planes")])


def _sorted(table: Table, label: str) -> list[Point]:
    column = table.column(label)
    points = sorted(table.points, key=lambda p: p.values[column])
    for a, b in zip(points, points[1:], strict=False):
        if a.values[column] == b.values[column]:
            raise OptionError([Problem("option", "label", f"{a.name} and {b.name} are both at {label} = {a.values[column]}", "where={...} keeps one row of points")])
    return points


def _y_label(table: Table, has_cross_section: bool, unit: str) -> str:
    if table.quantity == "CLs":
        return "CLs"
    on = f"σ [{unit}]" if has_cross_section else "signal strength μ"
    return f"{100 * table.level:g}% CL upper limit on {on}"


def _lines_first(ax: Axes) -> None:
    """Legend in the order that readers look for, in two columns."""
    handles, labels = ax.get_legend_handles_labels()
    wanted = ("Observed", "Expected", "Prediction", "Expected ±1σ", "Expected ±2σ")
    order = sorted(range(len(labels)), key=lambda i: wanted.index(labels[i]) if labels[i] in wanted else len(wanted))
    ax.legend([handles[i] for i in order], [labels[i] for i in order], loc="upper left", ncols=2)
