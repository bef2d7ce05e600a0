# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Synthetic models of any size: free fit from nominal values, with covariance, and how its time grows."""

from __future__ import annotations

import dataclasses

from harness import contender, tables
from harness.context import Context

NAME = "large_fit"


@dataclasses.dataclass(frozen=True)
class Size:
    bins: int
    samples: int
    shared: int
    per_bin: int
    share: float

    @property
    def name(self) -> str:
        return f"{self.bins} bins, {self.samples} samples, {self.shared} shared + {self.per_bin} per-bin parameters, {100 * self.share:g}%"

    def arguments(self) -> list[str]:
        return [str(v) for v in dataclasses.astuple(self)]


MIDDLE = Size(1000, 12, 400, 340, 0.2)
LARGE = Size(3000, 10, 4000, 3000, 0.1)
# Seconds and megabytes.
AIMS = {MIDDLE: (0.1, None), LARGE: (60.0, 2000.0)}
GROWTH = {
    "bins": [dataclasses.replace(MIDDLE, bins=n) for n in (250, 500, 1000, 2000, 4000)],
    "samples": [dataclasses.replace(MIDDLE, samples=n) for n in (3, 6, 12, 24, 48)],
    "shared parameters": [dataclasses.replace(MIDDLE, shared=n) for n in (50, 100, 200, 400, 800, 1600)],
    "per-bin parameters": [dataclasses.replace(MIDDLE, per_bin=n) for n in (0, 340, 1000)],
}


def covariance(size: Size) -> str:
    """The full matrix, or, where it would be the largest thing by far, only its diagonal."""
    return "uncertainties" if size == LARGE else "covariance"


def run(context: Context) -> None:
    sizes = list(AIMS) + [s for group in GROWTH.values() for s in group if s not in AIMS]
    for size in dict.fromkeys(sizes):
        if not context.wants_case(size.name) or not context.wants("relume"):
            continue
        if context.quick and size == LARGE:
            continue
        print(f"  {size.name} ...", end=" ", flush=True)
        repetitions = "1" if size == LARGE else "3" if context.quick else "9"
        outcome = contender.run([context.program("relume_large_fit"), *size.arguments(), repetitions, covariance(size)], context.limit)
        fit = outcome.event("fit")
        entry = context.results.case(NAME, size.name)
        entry.clear()
        entry |= dataclasses.asdict(size)
        if fit is None:
            entry["status"] = "too slow" if outcome.exit_code is None else "failed"
            entry["reason"] = outcome.errors[-200:]
        else:
            entry |= {k: v for k, v in fit.items() if k not in dataclasses.asdict(size) and k != "event"}
            entry["status"] = "ok" if fit["is_certified"] else "not certified"
        context.results.save()
        print(tables.seconds(entry.get("fit_s")), f"{entry.get('peak_MB', 0):.0f} MB", entry["status"], flush=True)


def losses(entries: dict) -> list[str]:
    found = []
    for size, (seconds, megabytes) in AIMS.items():
        entry = entries.get(size.name)
        if entry is None:
            continue
        if entry["status"] != "ok":
            found.append(f"fit of {size.name}: {entry['status']}.")
        elif entry["fit_s"] > seconds:
            found.append(f"fit of {size.name}: {tables.seconds(seconds)} was the aim, {tables.seconds(entry['fit_s'])} is measured.")
        if megabytes and entry.get("peak_MB", 0.0) > megabytes:
            found.append(f"fit of {size.name}: {megabytes:.0f} MB was the aim, {entry['peak_MB']:.0f} MB is measured.")
    return found


def line(first: list[str], entry: dict) -> list[str]:
    return [*first, str(entry.get("parameters", "-")), tables.seconds(entry.get("compile_s")), tables.seconds(entry.get("fit_s")),
            str(entry.get("iterations", "-")), f"{entry.get('peak_MB', 0):.0f} MB", entry["status"]]


def report(entries: dict) -> str:
    columns = ["parameters", "compile", "fit", "iterations", "peak memory", "status"]
    aims = [line([s.name, f"{tables.seconds(t)}" + (f", {m:.0f} MB" if m else "")], entries[s.name])
            for s, (t, m) in AIMS.items() if s.name in entries]
    text = "The largest model's covariance is asked for on its diagonal only.\n\n" + tables.table(["model", "aim", *columns], aims)
    for what, sizes in GROWTH.items():
        lines = [line([s.name], entries[s.name]) for s in sizes if s.name in entries]
        if lines:
            text += f"\nHow time grows with {what}:\n\n" + tables.table(["model", *columns], lines)
    return text
