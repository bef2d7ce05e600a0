# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Observed limit with its expected band of simplified likelihoods: published covariances, and seeded ones of the size of others."""

from __future__ import annotations

import pathlib
import statistics

from harness import contender, tables
from harness.context import Context
from harness.published import simplified_likelihoods

NAME = "simplified"
HERE = pathlib.Path(__file__).resolve().parent
PEERS = ("smodels", "spey")
AIM = 100.0
# SModelS finds its roots to 1e-3; what is off by more than 1 % is wrong. References: 1e-4, one of them a comment with six digits.
PEER_TOLERANCE, OUR_TOLERANCE = 1e-2, 1e-4


def run(context: Context) -> None:
    for case in simplified_likelihoods():
        if not context.wants_case(case.name):
            continue
        likelihood, signal, numbers = case.write(context.cases_folder)
        entry = context.results.case(NAME, case.name)
        entry |= {"regions": len(case.observed), "quadratic": case.third_moments is not None, "reference": case.reference}
        rows = entry.setdefault("rows", {})
        if context.wants("relume"):
            outcome = contender.run([context.program("relume_simplified"), likelihood, signal, str(context.budget)], context.limit)
            row = contender.summarise(outcome, context.limit)
            if alone := outcome.event("observed_alone"):
                row["observed_alone_s"] = statistics.median(alone["seconds"])
                if abs(alone["observed"] / row["observed"] - 1.0) > OUR_TOLERANCE:
                    row["status"] = "wrong"
            if row["status"] == "ok" and case.reference is not None:
                pairs = [(row["observed"], case.reference), *zip(row["expected"], case.reference_band or [], strict=False)]
                row["deviation"] = max(abs(mine / theirs - 1.0) for mine, theirs in pairs)
                if row["deviation"] > OUR_TOLERANCE:
                    row["status"] = "wrong"
            rows["relume"] = row
        for peer in PEERS:
            if not context.wants(peer) or context.has(rows, peer):
                continue
            print(f"  {case.name}: {peer} ...", end=" ", flush=True)
            outcome = contender.run([context.python, HERE / "smodels_spey_simplified.py", peer, numbers], context.limit)
            row = contender.summarise(outcome, context.limit)
            if band := outcome.event("band"):
                row |= {"band_s": band["seconds"], "expected": band["expected"]}
            # Without a reference, against relume's certified one.
            wanted = case.reference or rows.get("relume", {}).get("observed")
            if row["status"] == "ok" and wanted is not None:
                row["deviation"] = abs(row["observed"] / wanted - 1.0)
                if row["deviation"] > PEER_TOLERANCE:
                    row["status"] = "wrong"
            rows[peer] = row
            context.results.save()
            print(cell(row), flush=True)
        context.results.save()
        print(f"  {case.name}: relume {cell(rows.get('relume'))}", flush=True)


def cell(row: dict | None) -> str:
    if row is None:
        return ""
    time = tables.seconds(row.get("seconds"))
    if row["status"] == "wrong":
        return f"off by {row['deviation']:.1%} ({time})"
    return {"too slow": f"> {time}", "failed": f"fails ({time})"}.get(row["status"], time)


def speed_up(rows: dict, peer: str) -> tuple[float, bool] | None:
    """Like for like: the observed limit alone."""
    ours, theirs = rows.get("relume"), rows.get(peer)
    if not ours or not theirs or ours["status"] != "ok" or theirs["status"] not in ("ok", "too slow"):
        return None
    return theirs["seconds"] / ours.get("observed_alone_s", ours["seconds"]), theirs["status"] == "too slow"


def losses(entries: dict) -> list[str]:
    found = []
    for case, entry in entries.items():
        rows = entry["rows"]
        if rows.get("relume", {}).get("status", "ok") != "ok":
            found.append(f"`{case}`: relume's answer is {rows['relume']['status']} ({rows['relume'].get('reason', '')}).")
        for peer in PEERS:
            got = speed_up(rows, peer)
            if got and got[0] < AIM and not got[1]:
                found.append(f"`{case}`: {tables.ratio(AIM)} faster than {peer} was the aim, {tables.ratio(got[0])} is measured.")
    return found


def report(entries: dict) -> str:
    lines, notes = [], []
    for case, entry in entries.items():
        rows = entry["rows"]
        ours = rows.get("relume", {})
        ratios = [tables.ratio(*got) if (got := speed_up(rows, peer)) else "none" for peer in PEERS]
        lines.append([case, str(entry["regions"]), "quadratic" if entry["quadratic"] else "linear", cell(rows.get("relume")), tables.seconds(ours.get("observed_alone_s")),
                      tables.seconds(ours.get("convert_s", 0.0) + ours.get("compile_s", 0.0)) if "compile_s" in ours else "-",
                      *(cell(rows.get(peer)) for peer in PEERS), *ratios])
        for peer in PEERS:
            got = speed_up(rows, peer)
            if got and not got[1] and (harder := rows[peer]["seconds"] / ours["seconds"]) < AIM:
                notes.append(f"`{case}`: relume with its band is {tables.ratio(harder)} faster than {peer}'s observed limit alone.")
        notes += [f"`{case}`: {peer}: {rows[peer]['reason']}" for peer in PEERS if rows.get(peer, {}).get("reason")]
    text = ("relume: the observed limit with five expected ones, and the observed limit alone, which is all that the peers are asked and what ratios compare. References are an independent convex solver's for published models (relume "
            "within 1e-4, peers within 1 %), and relume's certified answer for seeded ones. Converting and compiling, once per signal at most, is listed apart; for the "
            "peers it is part of the question.\n\n")
    text += tables.table(["model", "regions", "form", "relume", "observed alone", "convert, compile", *PEERS, *(f"{peer} / relume" for peer in PEERS)], lines)
    return text + ("\n" + "\n".join(f"- {note}" for note in notes) + "\n" if notes else "")
