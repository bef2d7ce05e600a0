# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Numbers as people read them, and Markdown tables."""

from __future__ import annotations


def seconds(value: float | None) -> str:
    if value is None:
        return "-"
    for unit, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if value >= unit:
            return f"{significant(value / unit)} {name}"
    return f"{significant(value * 1e9)} ns"


def significant(value: float, digits: int = 3) -> str:
    """12345 -> 12,300; 0.012345 -> 0.0123"""
    rounded = float(f"{value:.{digits - 1}e}")
    if abs(rounded) >= 10 ** (digits - 1):
        return f"{rounded:,.0f}"
    return f"{rounded:.{digits}g}"


def ratio(value: float, at_least: bool = False) -> str:
    return ("> " if at_least else "") + significant(value) + "x"


def table(titles: list[str], rows: list[list[str]], right_from: int = 1) -> str:
    """Columns from `right_from` on hold numbers."""
    rule = ["---" if i < right_from else "---:" for i in range(len(titles))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [titles, rule, *rows]) + "\n"
