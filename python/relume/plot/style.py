# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Colours, fonts and figures that the pictures share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import mplhep
from matplotlib.axes import Axes

from ..errors import OptionError, Problem

#: Of the expected band, as every search paints it since the days of the Higgs boson.
ONE_SIGMA, TWO_SIGMA = "#1bb34a", "#ffd23f"
OBSERVED, EXPECTED, ACCENT, PALE = "black", "#1f3b73", "#b3001b", "#8a8f98"

#: For stacked backgrounds: M. A. Petroff, arXiv:2107.02270, told apart by colour-blind readers; without its red, which is the signal's.
SAMPLES = ("#3f90da", "#ffa90e", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd")

# Families by name: a generic one ("sans-serif") would be looked up when the figure is written, after the style has been left. DejaVu comes with
# matplotlib and has the Greek letters that the other lacks.
_FAMILY = ["TeX Gyre Heros", "DejaVu Sans"]

#: On top of every style of mplhep: their sizes are for slides with one picture of ten inches, ours grow with what is in them.
_COMMON = {"font.family": _FAMILY, "mathtext.fontset": "dejavusans", "axes.unicode_minus": True, "axes.autolimit_mode": "data",
           "font.size": 12, "axes.labelsize": 13, "axes.titlesize": 12, "xtick.labelsize": 11, "ytick.labelsize": 11, "axes.labelpad": 6,
           "xtick.major.size": 6, "xtick.minor.size": 3, "ytick.major.size": 6, "ytick.minor.size": 3, "axes.linewidth": 1.0,
           "legend.fontsize": 11, "legend.title_fontsize": 11, "legend.borderpad": 0.6, "legend.frameon": False, "lines.linewidth": 1.8,
           "savefig.dpi": 160}

Style = str | Mapping[str, Any] | None


def settings(style: Style) -> dict[str, Any]:
    """Settings of matplotlib for a style: see the package."""
    if style is None:
        return {}
    if isinstance(style, Mapping):
        return dict(style)
    found = getattr(mplhep.style, style, None)
    if not isinstance(found, Mapping):
        known = sorted(n for n in dir(mplhep.style) if n.isupper() or n.startswith("LHCb"))
        raise OptionError([Problem("option", "style", f"mplhep has no style {style!r}", f"for example {', '.join(known[:8])}")])
    # Figures get their size from what they show, and their margins from what needs room.
    chosen = {k: v for k, v in found.items() if k not in ("figure.figsize", "axes.formatter.limits") and not k.startswith("figure.subplot")}
    return {**chosen, **_COMMON}


@contextlib.contextmanager
def canvas(ax: Axes | None, style: Style, size: tuple[float, float]) -> Iterator[Axes]:
    """The axes to draw into: `ax`, or those of a new figure of `size` (inches). Settings hold while drawing."""
    if ax is not None:
        yield ax
        return
    interactive = matplotlib.is_interactive()
    try:
        with matplotlib.rc_context(settings(style)):
            figure, new = plt.subplots(figsize=size, layout="constrained")
            # The first figure loads the backend. That of notebooks turns the interactive mode on, without which it shows nothing; leaving the
            # style would turn it off again, for good.
            interactive = matplotlib.is_interactive()
            try:
                yield new
            except BaseException:
                plt.close(figure)
                raise
    finally:
        matplotlib.interactive(interactive)


_LONGEST_NAME = 70


def shortened(name: str) -> str:
    """Long names keep their beginning and their end, which is where they differ."""
    if len(name) <= _LONGEST_NAME:
        return name
    tail = _LONGEST_NAME // 2
    return f"{name[: _LONGEST_NAME - tail - 1]}…{name[-tail:]}"


def plain(text: str) -> str:
    """A name as it stands, where matplotlib would take dollars for formulas."""
    return text.replace("$", r"\$")


def sample_colours(names: list[str]) -> dict[str, Any]:
    """One colour per name, by order."""
    if len(names) <= len(SAMPLES):
        return dict(zip(names, SAMPLES, strict=False))
    many = matplotlib.colormaps["turbo"]
    return {name: many((i + 0.5) / len(names)) for i, name in enumerate(names)}


def headroom(ax: Axes, share: float) -> None:
    """Moves the upper end of the y axis so that `share` of its height is free for a legend."""
    low, high = ax.get_ylim()
    if ax.get_yscale() == "log":
        ax.set_ylim(low, low * (high / low) ** (1 / (1 - share)))
    else:
        ax.set_ylim(low, low + (high - low) / (1 - share))
