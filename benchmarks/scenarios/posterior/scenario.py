# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Bayesian posteriors of all parameters: effective samples per second, beside pyhf on jax sampled by blackjax."""

from __future__ import annotations

import json
import math
import pathlib
import subprocess
import sys

import jsonpatch

from harness import contender, tables
from harness.cases import ROOT, all_cases
from harness.context import Context

NAME = "posterior"
HERE = pathlib.Path(__file__).resolve().parent
PUBLISHED, BUNDLED, POINT = "3LeRJR__ERJR_110p0_20p0", "bundled search", "winos_400_0"
PEERS = {"pyhf jax blackjax, diagonal": "diagonal", "pyhf jax blackjax, dense": "dense"}
DRAWS, WARMUP = 1000, 1000
AIM_RATIO = 10.0
# Means of two samplers differ by their Monte Carlo errors; five of them are exceeded by one parameter of a million by chance. Errors are
# themselves estimates, which below this effective size are not good enough to be compared with.
SIGMAS, FEWEST = 5.0, 100.0


def bundled(folder: pathlib.Path) -> pathlib.Path:
    """The search that examples/make_examples.py writes, with one of its signals."""
    subprocess.run([sys.executable, ROOT / "examples" / "make_examples.py", "--output", folder / "examples"], check=True, capture_output=True)
    search = folder / "examples" / "search"
    patchset = json.loads((search / "patchset.json").read_text(encoding="utf-8"))
    patch = next(p["patch"] for p in patchset["patches"] if p["metadata"]["name"] == POINT)
    file = folder / "bundled_search.json"
    file.write_text(json.dumps(jsonpatch.apply_patch(json.loads((search / "BkgOnly.json").read_text(encoding="utf-8")), patch)), encoding="utf-8")
    return file


def run(context: Context) -> None:
    for name in (PUBLISHED, BUNDLED):
        if not context.wants_case(name):
            continue
        context.cases_folder.mkdir(parents=True, exist_ok=True)
        file = bundled(context.cases_folder) if name == BUNDLED else next(c for c in all_cases() if c.name == name).write(context.cases_folder)
        entry = context.results.case(NAME, name)
        rows = entry.setdefault("rows", {})
        commands = {"relume": [context.program("relume_posterior"), file, str(DRAWS), "1"]}
        if not context.quick:
            commands |= {peer: [context.python, HERE / "pyhf_blackjax.py", file, str(DRAWS), str(WARMUP), kind] for peer, kind in PEERS.items()}
        for who, command in commands.items():
            if not context.wants(who) or context.has(rows, who):
                continue
            rows[who] = contender.summarise(contender.run(command, context.limit), context.limit)
            print(f"  {name}: {who}: {rows[who]['status']}, {tables.significant(rate(rows[who]) or 0.0)} effective samples per second", flush=True)
            context.results.save()


def rate(row: dict) -> float | None:
    """Of the parameter that is sampled worst, per second after warm-up and compilation."""
    return row["bulk_ess"] / row["sampling_s"] if row.get("status") == "ok" else None


def disagreement(ours: dict, theirs: dict) -> float:
    """Of the means, in standard deviations of their Monte Carlo errors: the largest of all parameters."""
    pairs = [(ours["means"][n] - theirs["means"][n], math.hypot(ours["errors"][n], theirs["errors"][n])) for n in ours["means"]]
    return max(abs(d) / e for d, e in pairs)


def agrees(ours: dict | None, theirs: dict) -> bool:
    return (ours is not None and ours.get("status") == theirs.get("status") == "ok" and ours["means"].keys() == theirs["means"].keys()
            and theirs["bulk_ess"] >= FEWEST and disagreement(ours, theirs) < SIGMAS)


def losses(entries: dict) -> list[str]:
    found = []
    for name, entry in entries.items():
        rows = entry["rows"]
        ours = rows.get("relume")
        if ours is None or ours.get("status") != "ok":
            found.append(f"posterior of {name}: no usable answer of ours.")
            continue
        for who, row in rows.items():
            if who in PEERS and agrees(ours, row) and rate(ours) / rate(row) < AIM_RATIO:
                found.append(f"posterior of {name}: {AIM_RATIO:.0f} times {who} was the aim, {tables.ratio(rate(ours) / rate(row))} is measured.")
        if not any(agrees(ours, row) for who, row in rows.items() if who in PEERS):
            found.append(f"posterior of {name}: no answer of a peer's to compare with.")
    return found


def report(entries: dict) -> str:
    lines = []
    for name, entry in entries.items():
        ours = entry["rows"].get("relume")
        for who, row in entry["rows"].items():
            if row.get("status") != "ok":
                lines.append([name, who, row.get("status", "-"), "-", "-", "-", "-", "-", "-"])
                continue
            is_peer = who in PEERS
            answer = "" if not is_peer else f"{disagreement(ours, row):.1f} sigma" if agrees(ours, row) else "not the same"
            ratio = tables.ratio(rate(ours) / rate(row)) if is_peer and agrees(ours, row) else "-"
            lines.append([name, who, answer or "usable", str(len(row["means"])), f"{row['gradients_per_draw']:.1f}", tables.significant(row["bulk_ess"]),
                          tables.significant(rate(row)), tables.significant(row["bulk_ess"] / row["first_s"]), ratio])
    return (f"Four chains of {DRAWS} draws, likelihood with flat priors within bounds. Effective samples are those of the worst parameter (bulk, rank-normalised: "
            "Vehtari et al.); `sampling` counts time after warm-up and compilation, `all` everything but reading the model. Answers: the largest "
            f"difference of a mean, in Monte Carlo errors; above {SIGMAS:g}, or with fewer than {FEWEST:g} effective samples, a peer gets no ratio. "
            f"Aim: {AIM_RATIO:.0f} times.\n\n"
            + tables.table(["model", "contender", "answer", "parameters", "gradients per draw", "effective samples", "per second of sampling",
                            "per second of all", "relume / this"], lines, right_from=3))
