# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Draws what the command line computed: `relume limit … --plot FILE` runs this, and so can you.

    relume limit BkgOnly.json --patchset signals.json | python -m relume.plot limits --output limits.pdf

Exit codes: 0 the picture is there, 1 the command line is wrong, 2 the input or the output is.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from typing import Any, NoReturn

import matplotlib

matplotlib.use("Agg")  # files only: no display is needed, and none is waited for

import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402

from . import (  # noqa: E402
    brazil_band, corner, correlation, exclusion, goodness, likelihood_contours, likelihood_scan, pulls, ranking, read_table, toy_distributions, yields)
from ..contours import ProfileGrid  # noqa: E402
from ..errors import RelumeError  # noqa: E402
from .documents import contours_from, scan_from, toys_from  # noqa: E402

KINDS = {
    "limits": "a band or a contour, by how many labels of the points vary",
    "band": "limits, or CLs, against one label",
    "exclusion": "contours over two labels",
    "pulls": "pulls and constraints of `relume fit --plot`",
    "impacts": "ranking of `relume impacts`",
    "yields": "data and prediction of `relume yields`",
    "goodness": "toys and pulls of bins of `relume goodness`",
    "correlation": "correlation matrix of `relume fit --covariance`",
    "scan": "curve, or plane, of `relume scan`",
    "contour": "contours of `relume contour`",
    "toys": "distributions of `relume toys --values`",
    "posterior": "corner plot of `relume posterior --values`",
}


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(1, f"relume.plot: {message}\n")


def parser() -> Parser:
    result = Parser(prog="python -m relume.plot", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument("kind", choices=KINDS, help="; ".join(f"{kind}: {what}" for kind, what in KINDS.items()))
    result.add_argument("--output", type=pathlib.Path, required=True, help="the picture; its suffix chooses the format: .pdf, .png, .svg")
    result.add_argument("--input", default="-", help="what the command line printed (default: standard input)")
    result.add_argument("--labels", nargs="+", metavar="LABEL", default=[], help="labels of the points for the x and y axis")
    result.add_argument("--where", action="append", metavar="LABEL=NUMBER", default=[], help="keeps the points with this value; may be repeated")
    result.add_argument("--title", help="above the picture")
    result.add_argument("--style", default="ATLAS", help="a style of mplhep")
    result.add_argument("--check", action="store_true", help="draws nothing: fails when no picture could be written")
    return result


def conditions(texts: list[str]) -> dict[str, float]:
    try:
        return {label: float(value) for label, _, value in (text.rpartition("=") for text in texts)}
    except ValueError:
        raise RelumeError(f"--where needs LABEL=NUMBER, not {' '.join(texts)!r}") from None


def draw(kind: str, document: Any, options: argparse.Namespace) -> Axes:
    common = {"title": options.title, "style": options.style}
    if kind == "pulls":
        return pulls(document, **common)
    if kind == "impacts":
        return ranking(document, top=document.get("top", 20) if isinstance(document, dict) else 20, **common)
    if kind == "goodness":
        return goodness(document, **common)
    if kind == "correlation":
        return correlation(document, **common)
    if kind == "yields":
        return yields(document, **common)
    if kind == "scan":
        scan = scan_from(document)
        return (likelihood_contours if isinstance(scan, ProfileGrid) else likelihood_scan)(scan, **common)
    if kind == "contour":
        return likelihood_contours(contours_from(document), **common)
    if kind == "toys":
        return toy_distributions(toys_from(document), **common)
    if kind == "posterior":
        return corner(document, **common)[0, 0]
    table = read_table(document)
    if where := conditions(options.where):
        table = table.where(**where)
    if kind == "limits":
        kind = "band" if len(options.labels or table.varying()) == 1 else "exclusion"
    if kind == "band":
        return brazil_band(table, label=options.labels[0] if options.labels else None, **common)
    return exclusion(table, labels=options.labels or None, **common)


def check(output: pathlib.Path) -> None:
    """Raises when no picture can be written to this file."""
    known = plt.Figure().canvas.get_supported_filetypes()
    suffix = output.suffix.removeprefix(".").lower()
    if suffix not in known:
        raise RelumeError(f"{output}: the suffix says no format of pictures; there are {', '.join(sorted(known))}")
    if not output.absolute().parent.is_dir():
        raise RelumeError(f"{output}: there is no such folder")


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        check(options.output)
        if options.check:
            return 0
        text = sys.stdin.read() if options.input == "-" else pathlib.Path(options.input).read_text(encoding="utf-8")
        ax = draw(options.kind, json.loads(text), options)
        ax.figure.savefig(options.output)
        plt.close(ax.figure)
    except (RelumeError, OSError, json.JSONDecodeError) as error:
        for line in str(error).splitlines():
            print(f"relume.plot: {line}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
