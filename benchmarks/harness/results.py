# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""One file of results: what was measured, where, with what. Written after each row, so that an interrupted run can go on."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import subprocess

PEERS = ("pyhf", "numpy", "scipy", "iminuit", "jax", "jaxlib", "blackjax", "nextstat", "smodels", "spey", "ROOT")


class Results:
    def __init__(self, file: pathlib.Path) -> None:
        self.file = file
        self.content = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        self.content.setdefault("scenarios", {})

    def describe(self, build: pathlib.Path, peers: dict[str, str], settings: dict) -> None:
        """Of one more run into this file. All runs stay: the page lists them."""
        run = {"settings": settings, "relume": relume_build(build), "machine": machine(), "peers": peers, "begun": now().isoformat(timespec="seconds")}
        self.content.setdefault("runs", []).append(run)
        self.content |= run

    def case(self, scenario: str, case: str) -> dict:
        return self.content["scenarios"].setdefault(scenario, {}).setdefault(case, {})

    def scenario(self, scenario: str) -> dict:
        """Cases that have something to show: one may have been prepared and then not measured."""
        entries = self.content["scenarios"].get(scenario, {})
        return {name: entry for name, entry in entries.items() if entry and entry.get("rows") != {}}

    def save(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        partial = self.file.with_suffix(".partial")
        partial.write_text(json.dumps(self.content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        partial.replace(self.file)


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def newest(folder: pathlib.Path) -> pathlib.Path | None:
    def begun(file: pathlib.Path) -> str:
        return json.loads(file.read_text(encoding="utf-8")).get("begun", "")

    return max(folder.glob("*.json"), key=begun, default=None)


def machine() -> dict:
    model = platform.processor() or platform.machine()
    memory = None
    cpuinfo, meminfo = pathlib.Path("/proc/cpuinfo"), pathlib.Path("/proc/meminfo")
    if cpuinfo.is_file():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0] if names else model
    if meminfo.is_file():
        memory = round(int(meminfo.read_text().split()[1]) / 1e6)
    return {"cpu": model, "cpus": os.cpu_count(), "memory_GB": memory, "system": platform.system(),
            "load_at_start": round(os.getloadavg()[0], 2), "python": platform.python_version()}


def git(*arguments: str) -> str:
    answer = subprocess.run(["git", *arguments], capture_output=True, text=True, cwd=pathlib.Path(__file__).parent, check=False)
    return answer.stdout.strip()


def relume_build(build: pathlib.Path) -> dict:
    """`uncommitted` speaks of what is compiled, not of results and pages."""
    changed = git("status", "--porcelain", "--", "../../src", "../../include", "../../cli", "../../cmake")
    description = {"commit": git("rev-parse", "--short", "HEAD"), "uncommitted": bool(changed)}
    file = build / "benchmarks" / "build.json"
    if file.is_file():
        description |= json.loads(file.read_text(encoding="utf-8"))
    return description


def versions() -> dict[str, str]:
    found = {}
    for name in PEERS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    return found
