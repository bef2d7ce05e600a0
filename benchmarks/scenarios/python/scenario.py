# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""From Python: what the package adds to the engine, and tables of limits beside pyhf."""

from __future__ import annotations

import pathlib

from harness import contender, tables
from harness.cases import all_cases, shared_folder
from harness.context import Context

NAME = "python"
HERE = pathlib.Path(__file__).resolve().parent
AIM_IMPORT_S, AIM_CALL_S, AIM_RATIO = 0.2, 3e-6, 1000.0
SMALL = ("1bin_example1", "2bin_staterror", "hello_world_uncorrelated_background")
# Background, patchset, backend and tolerance with which pyhf is right (0: its own), points that it is asked for. On 3L eRJR
# differences instead of derivatives are not good enough: numpy stays wrong at any tolerance of its default optimiser.
SETS = {
    "3L eRJR": ("ATLAS-SUSY-2018-06_3LeRJR/BkgOnly.json", "ATLAS-SUSY-2018-06_3LeRJR/patchset.json", "jax", 1e-10, 3),
    "1Lbb simplified": ("ATLAS-SUSY-2019-08_1Lbb/simplified_BkgOnly.json", "ATLAS-SUSY-2019-08_1Lbb/simplified_patchset.json", "numpy", 0.0, 3),
}
PEER = "pyhf"
# pyhf's root search stops at 1e-12 in mu, but its minima carry noise of this relative size into the limit.
TOLERANCE = 2e-3
# What one limit of pyhf's may take: it is many of the tests that the run's limit is meant for.
POINT_LIMIT_S = 120.0


def run(context: Context) -> None:
    script = HERE / "relume_python.py"
    if context.wants("relume"):
        entry = context.results.case(NAME, "package")
        times = sorted(contender.run([context.python, script, "import"], context.limit).event("answer")["seconds"] for _ in range(7))
        entry["import_s"] = times[len(times) // 2]
        entry["calls"] = {}
        for case in all_cases():
            if case.name in SMALL:
                answer = contender.run([context.python, script, "call", case.write(context.cases_folder)], context.limit).event("answer")
                entry["calls"][case.name] = {"seconds": answer["seconds"], "engine_s": answer["engine_s"]}
        print(f"  import {tables.seconds(entry['import_s'])}")
        context.results.save()
    for name, (background, patchset, backend, tolerance, n_asked) in SETS.items():
        if not context.wants_case(name):
            continue
        folder = shared_folder() / "data" / "histfactory-json"
        entry = context.results.case(NAME, name)
        rows = entry.setdefault("rows", {})
        ours = None
        if context.wants("relume"):
            ours = contender.run([context.python, script, "limits", folder / background, folder / patchset, str(context.budget)], context.limit).event("answer")
            rows["relume"] = {"seconds": ours["seconds"], "points": ours["points"], "limits": ours["limits"]}
            print(f"  {name}: relume {tables.seconds(ours['seconds'])} for {ours['points']} points")
        if context.wants(PEER) and not context.has(rows, PEER) and "relume" in rows:
            names = list(rows["relume"]["limits"])
            asked = names[:: max(1, len(names) // n_asked)][:n_asked]
            outcome = contender.run([context.python, HERE / "pyhf_limits.py", folder / background, folder / patchset, backend, str(tolerance), *asked],
                                    max(context.limit, POINT_LIMIT_S * n_asked))
            rows[PEER] = {"points": [e for e in outcome.events if e["event"] == "limit"], "backend": backend, "tolerance": tolerance}
            print(f"  {name}: pyhf {[tables.seconds(p['seconds']) for p in rows[PEER]['points']]}")
        context.results.save()


def right(row: dict, point: dict) -> bool:
    ours = row["limits"][point["point"]]
    return "limits" in point and all(a is not None and abs(a - b) <= TOLERANCE * abs(a) for a, b in zip(ours, point["limits"], strict=True))


def scaled(entry: dict) -> float | None:
    """Seconds that pyhf would take for all points, from those that it answered rightly."""
    ours, theirs = entry["rows"].get("relume"), entry["rows"].get(PEER)
    if ours is None or theirs is None:
        return None
    good = [p["seconds"] for p in theirs["points"] if right(ours, p)]
    return sum(good) / len(good) * ours["points"] if good else None


def losses(entries: dict) -> list[str]:
    found = []
    package = entries.get("package")
    if package is not None:
        if package["import_s"] > AIM_IMPORT_S:
            found.append(f"python: import takes {tables.seconds(package['import_s'])} beyond numpy, {tables.seconds(AIM_IMPORT_S)} was the aim.")
        for name, call in package["calls"].items():
            if call["seconds"] - call["engine_s"] > AIM_CALL_S:
                found.append(f"python, {name}: a call adds {tables.seconds(call['seconds'] - call['engine_s'])}, {tables.seconds(AIM_CALL_S)} was the aim.")
    for name in SETS:
        if name in entries and "relume" in entries[name].get("rows", {}) and scaled(entries[name]) is None:
            found.append(f"python, {name}: no answer of pyhf's to compare with.")
        if name in entries and (pyhf := scaled(entries[name])) is not None and pyhf / entries[name]["rows"]["relume"]["seconds"] < AIM_RATIO:
            found.append(f"python, {name}: {AIM_RATIO:.0f} times pyhf was the aim, {tables.ratio(pyhf / entries[name]['rows']['relume']['seconds'])} is measured.")
    return found


def report(entries: dict) -> str:
    text = ""
    if "package" in entries:
        package = entries["package"]
        text += f"`import relume` beyond numpy: {tables.seconds(package['import_s'])} (aim {tables.seconds(AIM_IMPORT_S)}).\n\n"
        text += tables.table(["model", "model.nll(x)", "the same in the engine", "added (aim 3 us)"],
                             [[name, tables.seconds(c["seconds"]), tables.seconds(c["engine_s"]), tables.seconds(c["seconds"] - c["engine_s"])]
                              for name, c in package["calls"].items()]) + "\n"
    rows = []
    for name in SETS:
        if name not in entries or "relume" not in entries[name].get("rows", {}):
            continue
        ours = entries[name]["rows"]["relume"]
        theirs = entries[name]["rows"].get(PEER, {"points": []})
        pyhf = scaled(entries[name])
        checked = f"{sum(right(ours, p) for p in theirs['points'])} of {len(theirs['points'])}"
        rows.append([name, str(ours["points"]), tables.seconds(ours["seconds"]), theirs.get("backend", "-"), checked, tables.seconds(pyhf),
                     tables.ratio(pyhf / ours["seconds"]) if pyhf else "none"])
    if rows:
        text += ("Limits with band of all points of a patchset, `relume.limits`; pyhf on some of them, scaled by their number. On 3L eRJR pyhf is "
                 "wrong with its default settings; there it runs with jax and its optimiser's tolerance at 1e-10. Aim: 1,000 times.\n\n"
                 + tables.table(["patchset", "points", "relume", "pyhf with", "agrees on", "pyhf, scaled", "pyhf / relume"], rows))
    return text

