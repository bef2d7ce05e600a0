#!/usr/bin/env python3
# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Shows the limits of a scan over two masses: a table in the terminal and a picture of what is excluded.

    relume limit BkgOnly.json --patchset patchset.json --output-file limits.json
    scripts/plot_limits.py limits.json --patchset patchset.json --output limits.png

Needs numpy and matplotlib. The patchset only lends the names of the masses.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.colors  # noqa: E402
import matplotlib.lines  # noqa: E402
import matplotlib.patches  # noqa: E402
import matplotlib.pyplot as plt  # noqa: E402
import matplotlib.tri  # noqa: E402
import numpy as np  # noqa: E402

GRID_POINTS = 400  # per axis, for the interpolation between the points of the scan
BAND_COLOUR, BAND_OPACITY, LINE_COLOUR = "#ffd23f", 0.8, "#b3001b"
MINUS_ONE_SIGMA, MEDIAN, PLUS_ONE_SIGMA = 1, 2, 3  # places in the list of expected limits


@dataclasses.dataclass
class Point:
    name: str
    masses: tuple[float, float]
    observed: float | None
    expected: list[float | None]
    status: str

    def has_limits(self) -> bool:
        return all(limit is not None and math.isfinite(limit) and limit > 0 for limit in (self.observed, *self.expected))


def read_points(path: pathlib.Path) -> list[Point]:
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    return [Point(r["name"], tuple(r["values"][:2]), r.get("observed"), r.get("expected") or [None] * 5, r.get("status", ""))
            for r in results]


def print_table(points: list[Point], labels: list[str]) -> None:
    def number(limit: float | None) -> str:
        return f"{limit:10.4g}" if limit is not None else f"{'-':>10}"

    print(f"{labels[0]:>14}{labels[1]:>14}{'observed':>10}{'expected':>10}{'-1 sigma':>10}{'+1 sigma':>10}  excluded")
    for p in sorted(points, key=lambda p: p.masses):
        expected = "".join(number(p.expected[i]) for i in (MEDIAN, MINUS_ONE_SIGMA, PLUS_ONE_SIGMA))
        verdict = ("yes" if p.observed < 1 else "no") if p.has_limits() else p.status
        print(f"{p.masses[0]:14g}{p.masses[1]:14g}{number(p.observed)}{expected}  {verdict}")
    excluded = sum(p.has_limits() and p.observed < 1 for p in points)
    print(f"{excluded} of {len(points)} points are excluded at 95 % confidence level")


class Plane:
    """log10 of a limit, interpolated smoothly between the points of a scan (and exact at them)."""

    def __init__(self, points: list[Point]) -> None:
        self.points = points
        x, y = np.array([p.masses for p in points]).T
        self.triangulation = matplotlib.tri.Triangulation(x, y)
        # Slivers along the edge of the scan would join points that are not neighbours.
        self.triangulation.set_mask(matplotlib.tri.TriAnalyzer(self.triangulation).get_flat_tri_mask(0.05))
        self.x, self.y = np.meshgrid(np.linspace(x.min(), x.max(), GRID_POINTS), np.linspace(y.min(), y.max(), GRID_POINTS))

    def log_limit(self, limits: list[float]) -> np.ma.MaskedArray:
        return matplotlib.tri.CubicTriInterpolator(self.triangulation, np.log10(limits), kind="geom")(self.x, self.y)

    def observed(self) -> np.ma.MaskedArray:
        return self.log_limit([p.observed for p in self.points])

    def expected(self, which: int) -> np.ma.MaskedArray:
        return self.log_limit([p.expected[which] for p in self.points])


def draw(points: list[Point], labels: list[str], path: pathlib.Path) -> None:
    usable = [p for p in points if p.has_limits()]
    if len(usable) < 3:
        sys.exit("plot_limits: fewer than three points have limits, too few for a plane")
    plane = Plane(usable)
    observed, expected = plane.observed(), plane.expected(MEDIAN)

    figure, axes = plt.subplots(figsize=(8.5, 6.5), layout="constrained")
    pale_blues = matplotlib.colors.LinearSegmentedColormap.from_list("pale_blues", plt.get_cmap("Blues_r")(np.linspace(0.45, 1, 256)))
    mesh = axes.pcolormesh(plane.x, plane.y, 10**observed, norm=matplotlib.colors.LogNorm(), cmap=pale_blues,
                           shading="auto", rasterized=True)
    figure.colorbar(mesh, ax=axes, label="observed 95 % CL upper limit on the signal strength $\\mu$")

    # Inside the band, a fluctuation of the data by one sigma decides whether a point is expected to be excluded.
    band = np.ma.minimum(-plane.expected(MINUS_ONE_SIGMA), plane.expected(PLUS_ONE_SIGMA))
    axes.contourf(plane.x, plane.y, band, levels=[0, np.inf], colors=[BAND_COLOUR], alpha=BAND_OPACITY)
    axes.contour(plane.x, plane.y, expected, levels=[0], colors=["black"], linewidths=1.8, linestyles="dashed")
    axes.contour(plane.x, plane.y, observed, levels=[0], colors=[LINE_COLOUR], linewidths=2.4)

    for p in usable:
        axes.annotate(f"{p.observed:.2f}" if p.observed < 10 else f"{p.observed:.0f}", p.masses, fontsize=7.5, ha="center", va="center", color="#222222",
                      bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.55})
    for p in points:
        if not p.has_limits():
            axes.plot(*p.masses, marker="x", color=LINE_COLOUR)

    handles = [
        matplotlib.lines.Line2D([], [], color=LINE_COLOUR, linewidth=2.4, label="observed, $\\mu_\\mathrm{95} = 1$"),
        matplotlib.lines.Line2D([], [], color="black", linewidth=1.8, linestyle="dashed", label="expected"),
        matplotlib.patches.Patch(color=BAND_COLOUR, alpha=BAND_OPACITY, label="expected $\\pm 1\\,\\sigma$"),
    ]
    if len(usable) < len(points):
        handles.append(matplotlib.lines.Line2D([], [], color=LINE_COLOUR, marker="x", linestyle="none", label="no limit"))
    axes.legend(handles=handles, loc="upper left", frameon=False, title="numbers: observed limit", alignment="left")
    axes.set(xlabel=labels[0], ylabel=labels[1])
    axes.use_sticky_edges = False
    axes.margins(0.05)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def mass_labels(patchset: pathlib.Path | None) -> list[str]:
    if patchset is None:
        return ["first value", "second value"]
    return json.loads(patchset.read_text(encoding="utf-8"))["metadata"]["labels"][:2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("limits", type=pathlib.Path, help="what `relume limit --output-file` wrote")
    parser.add_argument("--patchset", type=pathlib.Path, help="to name the axes")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="picture to write (png, pdf, svg)")
    arguments = parser.parse_args()

    points = read_points(arguments.limits)
    labels = mass_labels(arguments.patchset)
    print_table(points, labels)
    draw(points, labels, arguments.output)
    print(f"picture: {arguments.output}")


if __name__ == "__main__":
    main()
