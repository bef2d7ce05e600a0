# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Kernels alone: value, value with gradient, value with gradient and curvature; reading and compiling."""

from __future__ import annotations

import json
import pathlib
import subprocess

from harness import tables
from harness.cases import all_cases
from harness.context import Context

NAME = "gradient"
MAX_RATIO = 2.5
SYNTHETIC = ("synthetic:1000,12,400,340,0.2", "synthetic:200,6,100,100,0.2")
KERNELS = ("value", "gradient", "curvature", "parse_json", "read_workspace", "compile")
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}


def measure(context: Context, model: str | pathlib.Path) -> dict[str, float]:
    """Seconds per call, medians of repetitions, by kernel."""
    seconds, repetitions = ("0.01", "3") if context.quick else ("0.05", "7")
    command = [str(context.program("relume_kernels")), f"--benchmark_min_time={seconds}", f"--benchmark_repetitions={repetitions}",
               "--benchmark_enable_random_interleaving=true", "--benchmark_report_aggregates_only=true", "--benchmark_format=json", str(model)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=context.limit)
    times = {}
    for row in json.loads(answer.stdout)["benchmarks"]:
        if row.get("aggregate_name") == "median":
            times[row["run_name"].partition("/")[0]] = row["cpu_time"] * UNITS[row["time_unit"]]
    return times


def run(context: Context) -> None:
    models = [(case.name, case.parameters, case.bins, case) for case in all_cases()]
    models += [(name, None, None, None) for name in SYNTHETIC]
    for name, parameters, bins, case in models:
        if not context.wants_case(name) or not context.wants("relume"):
            continue
        print(f"  {name} ...", end=" ", flush=True)
        entry = context.results.case(NAME, name)
        entry.clear()
        entry |= {"parameters": parameters, "bins": bins}
        try:
            entry["seconds"] = measure(context, case.write(context.cases_folder) if case else name)
            entry["ratio"] = entry["seconds"]["gradient"] / entry["seconds"]["value"]
            print(f"{entry['ratio']:.2f}", flush=True)
        except (subprocess.SubprocessError, KeyError, ValueError) as error:
            entry["failure"] = str(error)[:200]
            print(entry["failure"], flush=True)
        context.results.save()


def losses(entries: dict) -> list[str]:
    failed = [f"kernels on `{name}`: {entry['failure']}" for name, entry in entries.items() if "failure" in entry]
    over = [(name, entry["ratio"]) for name, entry in entries.items() if entry.get("ratio", 0.0) > MAX_RATIO]
    return failed + [f"gradient and value of `{name}`: {MAX_RATIO}x the value was the aim, {ratio:.2f}x is measured." for name, ratio in over]


def report(entries: dict) -> str:
    measured = {name: entry for name, entry in entries.items() if "seconds" in entry}
    lines = [[name, str(entry["parameters"] or "-"), *(tables.seconds(entry["seconds"].get(k)) for k in KERNELS[:3]), f"{entry['ratio']:.2f}",
              *(tables.seconds(entry["seconds"].get(k)) for k in KERNELS[3:])] for name, entry in measured.items()]
    return (f"`gradient` is value and gradient together, `curvature` both and the Hessian. Aim: gradient within {MAX_RATIO} of the value.\n\n"
            + tables.table(["model", "parameters", *KERNELS[:3], "gradient / value", *KERNELS[3:]], lines))
