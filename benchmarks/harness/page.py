# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""docs/benchmarks.md from a file of results."""

from __future__ import annotations

import types

from .results import Results

TITLES = {
    "cls": "Asymptotic CLs, model in memory",
    "cold": "One CLs from a cold process",
    "signals": "Many signals on one background",
    "counting": "Signal regions",
    "simplified": "Simplified likelihoods",
    "toys": "Toys",
    "impacts": "Every parameter of a model",
    "large_fit": "Large synthetic fits",
    "gradient": "Kernels",
    "python": "From Python",
    "posterior": "Bayesian posteriors",
    "drop_in": "In pyhf's place",
}
# What a reader asks first comes first; measured in another order.
ORDER = ("cls", "cold", "signals", "counting", "simplified", "toys", "python", "drop_in", "impacts", "posterior", "large_fit", "gradient")

INTRODUCTION = """\
<!-- Written by benchmarks/run.py; do not edit. -->
# Benchmarks

Measured with `make bench`; nothing here is asserted by a test. Each contender runs alone, in a process of its own, on one
thread, pinned to one CPU. Its answer is compared with the reference before its time counts: a wrong or failed answer is listed with
its time and gets no ratio. What takes longer than the run's limit (below) is stopped and counts as a lower bound. Kernels and
synthetic models have no reference: there the fit's certificate is what is checked.

Times are processor times, which on an idle machine are the wall times, since all is on one thread; for cold processes both are
listed. They are medians of repeated calls in one process; the first call is not among them where there was time for more than one
(just-in-time compilation). Load and compile times of relume are listed apart.
"""


def text(results: Results, scenarios: list[types.ModuleType]) -> str:
    """The given scenarios, as far as there are results."""
    content = results.content
    by_name = {s.NAME: s for s in scenarios}
    shown = [name for name in ORDER if name in by_name and results.scenario(name)]
    parts = [INTRODUCTION, conditions(content)]
    lost = [line for name in shown for line in by_name[name].losses(results.scenario(name))]
    parts.append("## Losses\n\nAims that are missed, and peers that are faster:\n\n" + ("\n".join(f"- {line}" for line in lost) if lost else "None.") + "\n")
    for name in shown:
        question = (by_name[name].__doc__ or "").strip().splitlines()[0]
        parts.append(f"## {TITLES[name]}\n\n{question}\n\n{by_name[name].report(results.scenario(name))}")
    parts.append("## Reproduce\n\n```\nmake bench                                                   # everything; hours, because of the peers\n"
                 "scripts/bench --contender relume                             # ours alone; minutes\n"
                 "scripts/bench --scenario cls --case 3LeRJR --quick           # a look\n```\n\n"
                 "The published models are not part of this repository; `RELUME_SHARED` names the folder that holds them.\n")
    return "\n".join(parts)


def limit(content: dict) -> str:
    seconds = content.get("settings", {}).get("limit_s", 0.0)
    return f"{seconds / 60.0:g} minutes" if seconds > 60.0 else f"{seconds:g} s"


def conditions(content: dict) -> str:
    """Each run that has written into these results, the first one with all that does not change between them."""
    runs = content.get("runs") or [content]
    machine = runs[0].get("machine", {})
    peers = ", ".join(f"{name} {version}" for name, version in runs[0].get("peers", {}).items())
    lines = [f"- {machine.get('cpu', '?')}, {machine.get('cpus', '?')} CPUs, {machine.get('memory_GB', '?')} GB, {machine.get('system', '?')}",
             f"- Python {machine.get('python', '?')}; {peers}"]
    for run in runs:
        relume, settings = run.get("relume", {}), run.get("settings", {})
        dirty = ", with uncommitted changes" if relume.get("uncommitted") else ""
        native = ", this machine only (-march=native)" if relume.get("native") in ("ON", "TRUE", "1", "true") else ""
        parts = [f"`{s}`" for s in settings.get("scenarios", [])] or ["everything"]
        only = f" of {', '.join(settings['contenders'])} only" if settings.get("contenders") else ""
        case = f" on cases with '{settings['case']}'" if settings.get("case") else ""
        lines.append(f"- begun {run.get('begun', '?')}, load {run.get('machine', {}).get('load_at_start', '?')}: relume {relume.get('commit', '?')}{dirty}; "
                     f"{relume.get('compiler', '?')}, {relume.get('build_type', '?')}{native}; limit {limit(run)}; {', '.join(parts)}{only}{case}")
    return "\n".join(lines) + "\n"


def readme(old: str, table: str) -> str:
    """The README with its table brought up to date."""
    begin, end = "<!-- benchmark:begin -->", "<!-- benchmark:end -->"
    before, _, rest = old.partition(begin)
    _, _, after = rest.partition(end)
    words = ("CLs with its expected band, the model in memory, one thread; every answer was checked before its time counted. All models, more peers and the\n"
             "losses: [docs/benchmarks.md](docs/benchmarks.md).")
    return f"{before}{begin}\n{table}\n{words}\n{end}{after}"
