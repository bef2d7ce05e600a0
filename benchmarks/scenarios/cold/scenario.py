# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""One CLs from a cold process, files and all, as a user types it: wall time and peak memory."""

from __future__ import annotations

import json
import math
import pathlib
import statistics

from harness import contender, tables
from harness.cases import Case, all_cases
from harness.context import Context

NAME = "cold"
# The largest published model, for which the aim is set, and two smaller ones.
LARGEST = "3L__offshell__3Lconfig_MLL_v2p2_CRs_WZ_125_85"
CASES = ("3LeRJR__ERJR_110p0_20p0", "compressed__EWKinos__TChiWZoff_150_140", LARGEST)
MAX_SECONDS, MAX_MB = 0.060, 64.0
REPETITIONS = 20
TOLERANCE = {"relume": 1e-4}
PEER_TOLERANCE = 1e-2


def commands(context: Context, case: Case, patch: pathlib.Path) -> dict[str, list]:
    background = case.path("workspace")
    pyhf = [context.python, "-c", "from pyhf.cli import cli; cli()", "cls", background, "--patch", patch]
    return {
        "relume": [context.build / "relume", "cls", background, "--patchset", case.path("patchset"), "--point", case.reference["patch"]],
        "pyhf numpy": pyhf,
        "pyhf jax": [*pyhf, "--backend", "jax"],
    }


def measure(command: list, answer: pathlib.Path, repetitions: int, context: Context) -> dict:
    answer.unlink(missing_ok=True)
    launcher = [context.program("cold_process"), str(repetitions), str(math.ceil(context.limit))]
    outcome = contender.run([*launcher, *command, "--output-file", answer], context.limit)
    processes = outcome.event("processes")
    if outcome.exit_code is None:
        return {"status": "too slow", "seconds": context.limit, "cpu_s": None, "peak_MB": None}
    if outcome.exit_code != 0 or processes is None:
        reason = outcome.errors.splitlines()[-1] if outcome.errors else f"exit code {outcome.exit_code}"
        return {"status": "failed", "seconds": None, "cpu_s": None, "reason": reason[:200], "peak_MB": None}
    times = processes["wall_s"]
    document = json.loads(answer.read_text(encoding="utf-8"))
    return {"status": "ok", "seconds": statistics.median(times), "fastest_s": min(times), "repetitions": len(times),
            "cpu_s": statistics.median(processes["cpu_s"]), "peak_MB": processes["peak_MB"], "cls": document["CLs_obs"]}


def run(context: Context) -> None:
    cases = {case.name: case for case in all_cases()}
    for name in CASES:
        if not context.wants_case(name):
            continue
        case = cases[name]
        context.cases_folder.mkdir(parents=True, exist_ok=True)
        patch = context.cases_folder / f"{name}.patch.json"
        patch.write_text(json.dumps(case.operations()), encoding="utf-8")
        entry = context.results.case(NAME, name)
        entry |= {"parameters": case.parameters, "reference": case.cls[0]}
        rows = entry.setdefault("rows", {})
        for peer, command in commands(context, case, patch).items():
            if not context.wants(peer) or context.has(rows, peer) or (context.quick and peer != "relume"):
                continue
            print(f"  {name}: {peer} ...", end=" ", flush=True)
            row = measure(command, context.cases_folder / "answer.json", REPETITIONS if peer == "relume" else 3, context)
            if row["status"] == "ok":
                deviation = abs(row["cls"] - case.cls[0]) / max(case.cls[0], 1e-7)
                row["deviation"] = deviation
                if not deviation <= TOLERANCE.get(peer, PEER_TOLERANCE):
                    row["status"] = "wrong"
                    row["cls"] = row["cls"] if row["cls"] == row["cls"] else None
                    row["deviation"] = deviation if deviation == deviation else None
            rows[peer] = row
            context.results.save()
            print(tables.seconds(row["seconds"]), megabytes(row), row["status"], flush=True)


def megabytes(row: dict) -> str:
    return "-" if row["peak_MB"] is None else f"{row['peak_MB']:.0f} MB"


def losses(entries: dict) -> list[str]:
    row = entries.get(LARGEST, {}).get("rows", {}).get("relume")
    found = []
    if row and row["status"] != "ok":
        return [f"cold process on the largest model: relume's answer is {row['status']}."]
    if row and row["seconds"] > MAX_SECONDS:
        found.append(f"cold process on the largest model: {tables.seconds(MAX_SECONDS)} of wall time was the aim, {tables.seconds(row['seconds'])} is "
                     f"measured, of which {tables.seconds(row['cpu_s'])} are processor time; the rest is other work on the machine.")
    if row and row["peak_MB"] > MAX_MB:
        found.append(f"cold process on the largest model: {MAX_MB:.0f} MB was the aim, {row['peak_MB']:.0f} MB is measured.")
    return found


def report(entries: dict) -> str:
    lines = []
    for case, entry in entries.items():
        ours = entry["rows"].get("relume")
        for name, row in entry["rows"].items():
            time = ("> " if row["status"] == "too slow" else "") + tables.seconds(row["seconds"])
            ratio = "none"
            if row["status"] in ("ok", "too slow") and ours and ours["status"] == "ok" and name != "relume":
                ratio = tables.ratio(row["seconds"] / ours["seconds"], row["status"] == "too slow")
            lines.append([case, str(entry["parameters"]), name, row["status"], time, tables.seconds(row["cpu_s"]), megabytes(row), "" if name == "relume" else ratio])
    return (f"Aim on the largest model (`{LARGEST}`): {tables.seconds(MAX_SECONDS)} and {MAX_MB:.0f} MB.\n\n"
            + tables.table(["model", "parameters", "program", "answer", "wall time", "processor time", "peak memory", "relative to relume"], lines)
            + "".join(f"\n- {case}, {name} failed: {row['reason']}\n" for case, entry in entries.items()
                      for name, row in entry["rows"].items() if row["status"] == "failed"))
