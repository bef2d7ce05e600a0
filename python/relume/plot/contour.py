# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The exclusion contour: which part of a plane of points is excluded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.tri
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from ..errors import OptionError, Problem
from .points import Point, Table, read_table
from .style import ACCENT, EXPECTED, PALE, TWO_SIGMA, Style, canvas, headroom, plain

#: Per axis, for the interpolation between points: finer than a printed line is wide.
_GRID = 400
#: Triangles flatter than this (ratio of the radii of inner and outer circle) lie along the rim and join points that are no neighbours.
_FLATTEST = 0.02
_MARGIN = 0.06
_MINUS, _MEDIAN, _PLUS = 1, 2, 3  # places of -1, 0 and 1 sigma in the expected values


def exclusion(limits: Any, *, labels: Sequence[str] | None = None, where: Mapping[str, Any] = {}, points: bool = True, numbers: bool | None = None,
              observed: bool = True, expected: bool = True, smooth: bool = True, x_label: str | None = None, y_label: str | None = None,
              title: str | None = None, ax: Axes | None = None, style: Style = "ATLAS") -> Axes:
    """Contours around the excluded part of a plane: observed, expected, and the band of expected ±1 sigma.

    `limits`: what `read_table` takes. `labels`: of the x and y axis (default: the first two that vary). `where`: keeps the points with
    these values. `points`: marks the points, full where the observed result excludes them. `numbers`: writes the observed values beside
    them (default: up to 60 points). `observed`, `expected`: which contours are drawn. `smooth`: cubic interpolation between the points;
    else linear. Both are of log(limit), over a triangulation of the points, so that nothing is drawn outside of them. A contour that is
    nowhere within the points is not in the legend; the title then says whether all points are excluded, or none.
    """
    table = read_table(limits)
    table = table.where(**where) if where else table
    x_name, y_name = _labels(table, labels)
    usable = [p for p in table.points if p.is_usable]
    plane = _Plane(table, usable, x_name, y_name, smooth)
    with canvas(ax, style, (7.6, 6.0)) as ax:
        handles = []
        seen, banded = [p for p in usable if p.observed is not None], [p for p in usable if p.has_band]
        if expected and len(banded) >= 3:
            minus, median, plus = (plane.height(banded, [p.expected[i] for p in banded]) for i in (_MINUS, _MEDIAN, _PLUS))
            # Between the contours of -1 and +1 sigma, a fluctuation of the data by one sigma decides.
            between = np.ma.minimum(-minus, plus)
            ax.contourf(plane.x, plane.y, between, levels=[0, np.inf], colors=[TWO_SIGMA], alpha=0.75, zorder=1)
            for edge in (minus, plus):
                _line(ax, plane, edge, color="#c99700", linewidth=0.8, zorder=2)
            if _line(ax, plane, median, color=EXPECTED, linewidth=1.8, linestyle=(0, (5, 3)), zorder=3):
                handles.append((Line2D([], [], color=EXPECTED, linewidth=1.8, linestyle=(0, (5, 3))), "Expected"))
            if between.max() > 0:
                handles.append((Patch(facecolor=TWO_SIGMA, alpha=0.75, edgecolor="#c99700", linewidth=0.8), "Expected ±1σ"))
        if observed and len(seen) >= 3:
            if _line(ax, plane, plane.height(seen, [p.observed for p in seen]), color=ACCENT, linewidth=2.4, zorder=4):
                handles.insert(0, (Line2D([], [], color=ACCENT, linewidth=2.4), "Observed"))
            elif title is None:
                title = _verdict(table, seen)
        if points:
            handles += _mark(ax, plane, table)
        if len(usable) <= 60 if numbers is None else numbers:
            _write(ax, plane, usable)
        plane.frame(ax)
        headroom(ax, 0.24)
        ax.legend([h for h, _ in handles], [text for _, text in handles], loc="upper left", ncols=2, title=_criterion(table), alignment="left")
        ax.set_xlabel(plain(x_name) if x_label is None else x_label)
        ax.set_ylabel(plain(y_name) if y_label is None else y_label)
        if title:
            ax.set_title(title, loc="left", fontsize="medium")
    return ax


def _verdict(table: Table, points: list[Point]) -> str:
    """What there is to say where the observed result draws no contour."""
    n = sum(p.observed < table.threshold for p in points)
    with_result = " with a result" if len(points) < len(table.points) else ""
    return f"All points{with_result} are excluded" if n == len(points) else f"No point{with_result} is excluded" if n == 0 else ""


def _line(ax: Axes, plane: _Plane, height: np.ma.MaskedArray, color: str, linewidth: float, zorder: float, linestyle: Any = "-") -> bool:
    """Draws the contour at 0; whether there is one."""
    if there := bool(height.min() < 0 < height.max()):
        ax.contour(plane.x, plane.y, height, levels=[0], colors=[color], linewidths=linewidth, linestyles=[linestyle], zorder=zorder)
    return there


class _Plane:
    """Interpolation of log(value / threshold) between points; excluded where negative."""

    def __init__(self, table: Table, points: list[Point], x: str, y: str, smooth: bool) -> None:
        self._columns = table.column(x), table.column(y)
        self._threshold, self._smooth = table.threshold, smooth
        if len(points) < 3:
            raise OptionError([Problem("option", "limits", f"{len(points)} of {len(table.points)} points have numbers, and a plane needs three", "")])
        places = self.places(points)
        if len(np.unique(places, axis=0)) < len(places):
            raise OptionError([Problem("option", "labels", f"several points are at the same {x} and {y}", "where={...} keeps one plane of points")])
        low, high = places.min(axis=0), places.max(axis=0)
        self._low, self._size = low, high - low
        if not np.all(self._size > 0) or np.linalg.matrix_rank((places - places[0]) / self._size) < 2:
            raise OptionError([Problem("option", "labels", f"all points lie on one line of {x} and {y}", "`brazil_band` draws limits along a line")])
        self.x, self.y = np.meshgrid(np.linspace(low[0], high[0], _GRID), np.linspace(low[1], high[1], _GRID))

    def frame(self, ax: Axes) -> None:
        """Limits of the axes a little outside of the points."""
        ax.set_xlim(self._low[0] - _MARGIN * self._size[0], self._low[0] + (1 + _MARGIN) * self._size[0])
        ax.set_ylim(self._low[1] - _MARGIN * self._size[1], self._low[1] + (1 + _MARGIN) * self._size[1])

    def places(self, points: list[Point]) -> np.ndarray:
        """Shape (n_points, 2)."""
        return np.array([[float(p.values[c]) for c in self._columns] for p in points])

    def height(self, points: list[Point], values: Sequence[float]) -> np.ma.MaskedArray:
        """On the grid. Axes are scaled to their range first, or GeV of one would dwarf those of the other."""
        unit = (self.places(points) - self._low) / self._size
        triangulation = matplotlib.tri.Triangulation(*unit.T)
        flat = matplotlib.tri.TriAnalyzer(triangulation).get_flat_tri_mask(_FLATTEST)
        if not flat.all():
            triangulation.set_mask(flat)
        z = np.log(np.asarray(values, dtype=float) / self._threshold)
        interpolate = (matplotlib.tri.CubicTriInterpolator(triangulation, z, kind="geom") if self._smooth and len(points) > 3
                       else matplotlib.tri.LinearTriInterpolator(triangulation, z))
        return interpolate((self.x - self._low[0]) / self._size[0], (self.y - self._low[1]) / self._size[1])


def _labels(table: Table, labels: Sequence[str] | None) -> tuple[str, str]:
    if labels is None:
        labels = table.varying()[:2]
    if len(labels) != 2:
        raise OptionError([Problem("option", "labels", f"{len(labels)} labels, and a plane needs two", "`brazil_band` draws limits along one")])
    for label in labels:
        table.column(label)
    return labels[0], labels[1]


def _mark(ax: Axes, plane: _Plane, table: Table) -> list[tuple[Line2D, str]]:
    """Points, by what the observed result says of them."""
    kinds = {"Excluded": {"marker": "o", "color": "#333333", "markersize": 4}, "Not excluded": {"marker": "o", "color": PALE, "markerfacecolor": "white", "markersize": 4},
             "No result": {"marker": "x", "color": ACCENT, "markersize": 5}}

    def kind(p: Point) -> str:
        value = p.observed if p.observed is not None else p.expected[_MEDIAN]
        return "No result" if not p.is_usable or value is None else "Excluded" if value < table.threshold else "Not excluded"

    handles = []
    for name, look in kinds.items():
        if chosen := [p for p in table.points if kind(p) == name]:
            (line,) = ax.plot(*plane.places(chosen).T, linestyle="none", zorder=5, clip_on=False, **look)
            handles.append((line, name))
    return handles


def _write(ax: Axes, plane: _Plane, points: list[Point]) -> None:
    for p, place in zip(points, plane.places(points), strict=True):
        value = p.observed if p.observed is not None else p.expected[_MEDIAN]
        text = f"{value:.2f}" if value < 10 else f"{value:.0f}" if value < 1e4 else f"{value:.0e}"
        ax.annotate(text, place, xytext=(0, 4), textcoords="offset points", ha="center", va="bottom", fontsize="xx-small", color="#333333", zorder=5,
                    annotation_clip=False, path_effects=[withStroke(linewidth=1.8, foreground="white")])


def _criterion(table: Table) -> str:
    return f"CLs = {table.threshold:.2g}" if table.quantity == "CLs" else f"{100 * table.level:g}% CL limit on μ = 1"
