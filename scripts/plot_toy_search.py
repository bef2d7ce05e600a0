#!/usr/bin/env python3
# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Draws the profile likelihoods of the example toy_search: the full one and what simplified ones make of it.

    build/examples/example_toy_search curves.json
    scripts/plot_toy_search.py curves.json --output curves.png

Needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

STYLES = {"full": ("black", "solid"), "quadratic": ("#b3001b", "dashed"), "linear": ("#1f6fb2", "dotted")}


def draw(document: dict, path: pathlib.Path) -> None:
    figure, axes = plt.subplots(figsize=(6.5, 5), layout="constrained")
    for curve in document["curves"]:
        colour, dashes = STYLES[curve["name"]]
        axes.plot(document["mu"], curve["t"], color=colour, linestyle=dashes, linewidth=2,
                  label=f"{curve['name']}: {1e3 * curve['seconds']:.1f} ms")
    for height, label in ((1.0, "68 %"), (3.84, "95 %")):
        axes.axhline(height, color="#999999", linewidth=0.8)
        axes.annotate(label, (0.0, height), xytext=(3, 2), textcoords="offset points", fontsize=8, color="#666666")
    axes.set(xlabel="signal strength $\\mu$", ylabel="$t_\\mu$", xlim=(0.0, document["mu"][-1]))
    axes.set_ylim(bottom=0.0)
    axes.legend(frameon=False, title=f"{len(document['mu'])} points of the profile likelihood", alignment="left")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("curves", type=pathlib.Path, help="what the example wrote")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="picture to write (png, pdf, svg)")
    arguments = parser.parse_args()
    draw(json.loads(arguments.curves.read_text(encoding="utf-8")), arguments.output)
    print(f"picture: {arguments.output}")


if __name__ == "__main__":
    main()
