# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Limits of single signal regions, many at a time: observed and five expected ones."""

from __future__ import annotations

import math
import pathlib
import statistics

from harness import contender, tables
from harness.context import Context
from harness.published import Counts, signal_regions

NAME = "counting"
HERE = pathlib.Path(__file__).resolve().parent
CASE = "signal regions of the SModelS database"
PEERS = ("smodels", "spey")
AIM = 100.0
# SModelS finds its roots to 1e-3, spey to less; ours to 1e-10, the reference's bisection to 1e-12.
PEER_TOLERANCE, OUR_TOLERANCE = 2e-3, 1e-8
BAND = (-2, -1, 0, 1, 2)


# The reference: -ln L with the background profiled (a quadratic equation), and bisection, by the formulas as they stand.


def phi(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def deviance(n: float, variance: float, m: float) -> tuple[float, float]:
    p = m - variance
    root = math.sqrt(p * p + 4.0 * n * variance)
    rate = 0.5 * (p + root) if p >= 0.0 else 2.0 * n * variance / (root - p)
    poisson = rate - n + (n * math.log(n / rate) if n > 0.0 else 0.0)
    return poisson + (0.5 * (rate - m) ** 2 / variance if variance > 0.0 else 0.0), rate


def statistic(n: float, b: float, variance: float):
    best = max(0.0, n - b)
    least = deviance(n, variance, b + best)[0]
    return lambda x: 2.0 * max(0.0, deviance(n, variance, b + x)[0] - least) if x > best else 0.0


def bisect(f) -> float:
    """Where f rises through zero."""
    high = 1.0
    while f(high) < 0.0:
        high *= 2.0
    low = 0.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if f(middle) >= 0.0 else (middle, high)
    return high


def reference(region: Counts) -> tuple[float, list[float]]:
    """Observed limit and a-priori band, in events."""
    n, b, variance = region.observed, region.background, region.uncertainty**2
    q, q_asimov = statistic(n, b, variance), statistic(deviance(n, variance, b)[1], b, variance)

    def cls(x: float) -> float:
        r, a = math.sqrt(q(x)), math.sqrt(q_asimov(x))
        if a == 0.0:
            return 1.0
        y, z = ((r * r + a * a) / (2.0 * a), (r * r - a * a) / (2.0 * a)) if r > a else (r, r - a)
        return phi(-y) / phi(-z)

    nominal = statistic(b, b, variance)
    band = [bisect(lambda x, k=k: 0.05 - phi(k - math.sqrt(nominal(x))) / phi(k)) for k in BAND]
    return bisect(lambda x: 0.05 - cls(x)), band


def off(mine: float | None, theirs: float) -> float:
    return math.inf if mine is None else abs(mine / theirs - 1.0)


def run(context: Context) -> None:
    if not context.wants_case(CASE):
        return
    regions = signal_regions()
    # Signals of the size of the uncertainty, as a scan meets them.
    signals = [max(1.0, round(0.5 * math.sqrt(r.background + r.uncertainty**2), 2)) for r in regions]
    context.cases_folder.mkdir(parents=True, exist_ok=True)
    file = context.cases_folder / "signal_regions.txt"
    file.write_text("".join(f"{r.observed} {r.background} {r.uncertainty} {s}\n" for r, s in zip(regions, signals, strict=True)), encoding="utf-8")
    answers = [reference(r) for r in regions]
    wanted = [(observed / s, [e / s for e in band]) for (observed, band), s in zip(answers, signals, strict=True)]
    entry = context.results.case(NAME, CASE)
    entry["regions"] = len(regions)
    rows = entry.setdefault("rows", {})
    if context.wants("relume"):
        row = contender.summarise(contender.run([context.program("relume_counting"), file, str(context.budget)], context.limit), context.limit)
        observed, expected = row.pop("observed", []), row.pop("expected", [])
        if row["status"] == "ok":
            worst = max(max(off(o, w), *(off(e, x) for e, x in zip(band, wx, strict=True)))
                        for o, band, (w, wx) in zip(observed, expected, wanted, strict=True))
            row |= {"deviation": worst, "status": "ok" if worst <= OUR_TOLERANCE else "wrong", "per_point_s": row["seconds"] / len(regions)}
        rows["relume"] = row
    for peer in PEERS:
        if not context.wants(peer) or context.has(rows, peer):
            continue
        outcome = contender.run([context.python, HERE / "smodels_spey_counting.py", peer, file], context.limit)
        rows[peer] = judge([e for e in outcome.events if e["event"] == "point"], wanted, regions) | {"exit_code": outcome.exit_code}
        if outcome.exit_code not in (0, None) and not rows[peer]["points"]:
            rows[peer]["reason"] = outcome.errors[-200:]
    context.results.save()
    print("  " + ", ".join(f"{name} {tables.seconds(row.get('per_point_s'))}" for name, row in rows.items()), flush=True)


def judge(points: list[dict], wanted: list, regions: list[Counts]) -> dict:
    """Times of right answers; what else there was."""
    right, wrong, none, bands, bands_right, worst_bands = [], [], [], [], [], []
    for event in points:
        observed, band = wanted[event["point"]]
        name = regions[event["point"]].name
        if event["observed"] is None:
            none.append(name)
        elif off(event["observed"], observed) > PEER_TOLERANCE:
            wrong.append([name, off(event["observed"], observed)])
        else:
            right.append(event["seconds"])
        bands.append(event["band_s"])
        deviation = max(off(v, w) for v, w in zip(event["expected"], band, strict=True))
        (bands_right if deviation <= PEER_TOLERANCE else worst_bands).append(deviation)
    return {"points": len(points), "right": len(right), "wrong": wrong, "none": none, "per_point_s": statistics.median(right) if right else None,
            "band_s": statistics.median(bands) if bands else None, "bands_right": len(bands_right),
            "bands_off": statistics.median([d for d in worst_bands if math.isfinite(d)] or [0.0]), "bands_missing": sum(math.isinf(d) for d in worst_bands)}


def ratio(rows: dict, peer: str) -> float | None:
    ours, theirs = rows.get("relume", {}), rows.get(peer, {})
    return theirs["per_point_s"] / ours["per_point_s"] if ours.get("status") == "ok" and theirs.get("per_point_s") else None


def losses(entries: dict) -> list[str]:
    found = []
    for entry in entries.values():
        rows = entry["rows"]
        if rows.get("relume", {}).get("status", "ok") != "ok":
            found.append(f"signal regions: relume's answer is {rows['relume']['status']}.")
        for peer in PEERS:
            got = ratio(rows, peer)
            if got is not None and got < AIM:
                found.append(f"signal regions: {tables.ratio(AIM)} faster than {peer} was the aim, {tables.ratio(got)} is measured.")
    return found


def report(entries: dict) -> str:
    lines, notes = [], []
    for entry in entries.values():
        rows = entry["rows"]
        ours = rows.get("relume", {})
        if ours:
            lines.append(["relume", tables.seconds(ours.get("per_point_s")), "with it", f"{entry['regions']} of {entry['regions']}" if ours["status"] == "ok" else ours["status"],
                          "all" if ours["status"] == "ok" else "-", "-", "-"])
        for peer in PEERS:
            row = rows.get(peer)
            if row is None:
                continue
            got = ratio(rows, peer)
            lines.append([peer, tables.seconds(row["per_point_s"]), tables.seconds(row["band_s"]), f"{row['right']} of {row['points']}", f"{row['bands_right']} of {row['points']}",
                          tables.ratio(got) if got else "none", tables.ratio(AIM)])
            if row["wrong"]:
                worst = max(row["wrong"], key=lambda w: w[1])
                notes.append(f"{peer}: {len(row['wrong'])} observed limits are off by more than {PEER_TOLERANCE:g}, by up to {worst[1]:.1%} ({worst[0]}).")
            if row["none"]:
                notes.append(f"{peer}: no observed limit for {len(row['none'])} regions ({', '.join(row['none'][:3])}{' …' if len(row['none']) > 3 else ''}).")
            if row["bands_right"] < row["points"]:
                notes.append(f"{peer}: a limit of the band is missing for {row['bands_missing']} regions, and off by {row['bands_off']:.0%} (median of the worst in each band) for "
                             f"{row['points'] - row['bands_right'] - row['bands_missing']}.")
    text = ("Each region of the database with a signal of its own, one after the other (relume: as one batch). The reference is a bisection of the formulas as they stand; "
            "an observed limit is right within 0.2 % (relume: 1e-8). Times of the peers are medians over right answers, the observed limit alone; the band is listed apart. "
            "Ratios compare the peers' observed limits with relume's observed limit and band.\n\n")
    text += tables.table(["contender", "observed limit", "band", "right", "bands right", "peer / relume", "aim"], lines)
    return text + ("\n" + "\n".join(f"- {note}" for note in notes) + "\n" if notes else "")
