# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""CLs from toys: a toy is its sampling and its two fits, for the tested value and without signal."""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
import random

from harness import contender, tables
from harness.cases import all_cases
from harness.context import Context

NAME = "toys"
#: Answers from toys agree when they differ by less than this many of their standard deviations.
TOLERANCE_SIGMA = 4.0
PEERS = {"pyhf": ["pyhf_toys.py", "numpy"], "pyhf jax": ["pyhf_toys.py", "jax"], "nextstat": ["nextstat_toys.py"]}


@dataclasses.dataclass(frozen=True)
class Question:
    name: str
    toys: int  # of relume, per hypothesis
    aim: float  # toys per second and core
    nextstat_toys: int


FIELD, TWO_BIN, SEARCH = "50 channels x 4 bins", "two bins", "compressed EWKinos"
QUESTIONS = [Question(FIELD, 10_000, 10_000.0, 200), Question(TWO_BIN, 200_000, 100_000.0, 2000), Question(SEARCH, 500, 200.0, 4)]


def field_model() -> dict:
    """One strength and 200 shapesys gammas: every bin of the background has an uncertainty of 10%."""
    drawn = random.Random(1)
    channels, observations = [], []
    for c in range(50):
        background = [round(drawn.uniform(20, 100), 2) for _ in range(4)]
        signal = [round(drawn.uniform(0.5, 3), 2) for _ in range(4)]
        name = f"channel_{c:02d}"
        channels.append({"name": name, "samples": [
            {"name": "signal", "data": signal, "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]},
            {"name": "background", "data": background, "modifiers": [{"name": f"uncertainty_{c:02d}", "type": "shapesys", "data": [0.1 * b for b in background]}]}]})
        observations.append({"name": name, "data": [float(round(b)) for b in background]})
    return workspace(channels, observations)


def two_bin_model() -> dict:
    samples = [{"name": "signal", "data": [12.0, 11.0], "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]},
               {"name": "background", "data": [50.0, 52.0], "modifiers": [{"name": "uncertainty", "type": "shapesys", "data": [3.0, 7.0]}]}]
    return workspace([{"name": "channel", "samples": samples}], [{"name": "channel", "data": [51.0, 48.0]}])


def workspace(channels: list, observations: list) -> dict:
    measurement = {"name": "measurement", "config": {"poi": "mu", "parameters": []}}
    return {"channels": channels, "observations": observations, "measurements": [measurement], "version": "1.0.0"}


def write(context: Context, question: Question) -> pathlib.Path:
    if question.name == SEARCH:
        case = next(c for c in all_cases() if c.reference["workspace"].endswith("EWKinos_BkgOnly.json"))
        return case.write(context.cases_folder)
    file = context.cases_folder / ("toys_field.json" if question.name == FIELD else "toys_two_bins.json")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(field_model() if question.name == FIELD else two_bin_model()), encoding="utf-8")
    return file


def run(context: Context) -> None:
    here = pathlib.Path(__file__).resolve().parent
    for question in QUESTIONS:
        if not context.wants_case(question.name):
            continue
        entry = context.results.case(NAME, question.name)
        rows = entry.setdefault("rows", {})
        file = write(context, question)
        commands = {"relume": [context.program("relume_toys"), file, str(question.toys // (10 if context.quick else 1))]}
        for peer, (script, *extra) in PEERS.items():
            count = [str(question.nextstat_toys)] if peer == "nextstat" else [str(min(60.0, 0.5 * context.limit))]
            commands[peer] = [context.python, here / script, file, *count, *extra]
        for name, command in commands.items():
            if not context.wants(name) or context.has(rows, name):
                continue
            print(f"  {question.name}: {name} ...", end=" ", flush=True)
            rows[name] = contender.summarise(contender.run(command, context.limit), context.limit)
            row = rows[name]
            if row["status"] == "ok":
                row["per_second"] = row["toys"] / row["seconds"]
                if not agrees(row, rows.get("relume")):
                    row["status"] = "wrong"
            context.results.save()
            print(f"{tables.significant(row['per_second'])} toys/s," if "per_second" in row else "", row["status"], flush=True)


def agrees(row: dict, ours: dict | None) -> bool:
    """The probabilities of both hypotheses, within what the numbers of toys tell."""
    if ours is None or "clsb" not in ours:
        return True
    n, m = row["toys"] / 2, ours["toys"] / 2
    for key in ("clsb", "clb"):
        p = ours[key]
        spread = math.sqrt(max(p * (1 - p), 1 / m) * (1 / n + 1 / m))
        if abs(row[key] - p) > TOLERANCE_SIGMA * spread:
            return False
    return row.get("failed", 0) <= 0.01 * row["toys"]


def losses(entries: dict) -> list[str]:
    found = []
    for question in QUESTIONS:
        rows = entries.get(question.name, {}).get("rows", {})
        ours = rows.get("relume")
        if ours is None:
            continue
        if ours["status"] != "ok":
            found.append(f"toys, {question.name}: {ours['status']}.")
            continue
        if ours["per_second"] < question.aim:
            found.append(f"toys, {question.name}: {tables.significant(question.aim)} per second was the aim, {tables.significant(ours['per_second'])} is measured.")
        found += [f"toys, {question.name}: {name} is faster." for name, row in rows.items()
                  if name != "relume" and row["status"] == "ok" and row["per_second"] > ours["per_second"]]
    return found


def report(entries: dict) -> str:
    lines = []
    for question in QUESTIONS:
        rows = entries.get(question.name, {}).get("rows", {})
        ours = rows.get("relume", {})
        for name, row in rows.items():
            rate = row.get("per_second")
            lines.append([question.name, name, tables.significant(question.aim) if name == "relume" else "", str(row.get("toys", "-")),
                          tables.significant(rate) if rate else "-",
                          tables.ratio(ours["per_second"] / rate) if rate and name != "relume" and row["status"] == "ok" and "per_second" in ours else "",
                          "-" if "clsb" not in row else f"{row['clsb']:.3g}, {row['clb']:.3g}", row["status"]])
    return ("Toys of both hypotheses per second and core, each sampled and fitted twice (qtilde at strength 1). Peers make as many as a minute holds. The answers, CLs+b and CLb, "
            f"must agree within {TOLERANCE_SIGMA:g} standard deviations of the numbers of toys.\n\n"
            + tables.table(["model", "contender", "aim", "toys", "toys per second", "relume is faster by", "CLs+b, CLb", "status"], lines, right_from=2))
