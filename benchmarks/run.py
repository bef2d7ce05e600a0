#!/usr/bin/env python3
# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Measures relume and its peers, and writes docs/benchmarks.md.

    benchmarks/run.py                                               everything; hours, because of the peers
    benchmarks/run.py --contender relume                            ours alone; minutes
    benchmarks/run.py --scenario cls --case 3LeRJR --quick          a look, kept out of the tree
    benchmarks/run.py --results benchmarks/results/FILE.json        go on with an interrupted run

A contender's answer is checked against the reference before its time counts. Peers that a results file already has are not
measured again (unless --again); relume is. Two runs at once would share one CPU: do not.
"""

from __future__ import annotations

import argparse
import pathlib
import sys

from harness import page
from harness.context import Context
from harness.results import Results, git, newest, now, versions
from scenarios.cls import scenario as cls
from scenarios.counting import scenario as counting
from scenarios.cold import scenario as cold
from scenarios.drop_in import scenario as drop_in
from scenarios.gradient import scenario as gradient
from scenarios.impacts import scenario as impacts
from scenarios.large_fit import scenario as large_fit
from scenarios.posterior import scenario as posterior
from scenarios.python import scenario as python
from scenarios.signals import scenario as signals
from scenarios.simplified import scenario as simplified
from scenarios.toys import scenario as toys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Ours first: a run that is cut short has the answers that we need ourselves. The one with the slow peers comes late, and the one that takes its answers over comes after it.
SCENARIOS = {s.NAME: s for s in (gradient, large_fit, impacts, signals, counting, simplified, toys, cold, posterior, python, cls, drop_in)}
QUICK_BUDGET, BUDGET = 0.3, 3.0
QUICK_LIMIT, LIMIT = 60.0, 600.0
QUICK_CONTENDERS = ("relume", cls.BASELINE)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", action="append", choices=list(SCENARIOS), help="only this one; may be repeated")
    parser.add_argument("--case", default="", help="only cases whose name contains this")
    parser.add_argument("--contender", action="append", default=[], help="only this one, e.g. relume or 'pyhf jax scipy'; may be repeated")
    parser.add_argument("--quick", action="store_true", help="short repetitions, a limit of a minute, relume and the baseline only; results stay in the build folder")
    parser.add_argument("--again", action="store_true", help="measure peers again that the results file already has")
    parser.add_argument("--limit", type=float, help=f"seconds after which a contender is stopped (default {LIMIT:.0f})")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "bench", help="build tree of the preset bench")
    parser.add_argument("--python", type=pathlib.Path, default=pathlib.Path(sys.executable), help="interpreter that has the peers")
    parser.add_argument("--results", type=pathlib.Path, help="results file to go on with (default: one per day and commit)")
    parser.add_argument("--page", type=pathlib.Path, help="page to write (default docs/benchmarks.md; with --quick none)")
    parser.add_argument("--page-only", action="store_true", help="measure nothing, write the page from the newest results")
    return parser.parse_args()


def default_results(arguments: argparse.Namespace) -> pathlib.Path:
    folder = ROOT / "benchmarks" / "results"
    if arguments.quick:
        return arguments.build / "benchmarks" / "quick.json"
    if arguments.page_only:
        file = newest(folder)
        if file is None:
            raise SystemExit(f"no results in {folder}")
        return file
    return folder / f"{now().date()}-{git('rev-parse', '--short', 'HEAD') or 'unknown'}.json"


def main() -> int:
    arguments = parse_arguments()
    if not arguments.page_only and not (arguments.build / "benchmarks" / "relume_cls").is_file():
        print(f"nothing built at {arguments.build}: cmake --preset bench && cmake --build --preset bench", file=sys.stderr)
        return 2
    results = Results(arguments.results or default_results(arguments))
    scenarios = [SCENARIOS[name] for name in arguments.scenario or SCENARIOS]
    if not arguments.page_only:
        contenders = tuple(arguments.contender) or (QUICK_CONTENDERS if arguments.quick else ())
        context = Context(
            build=arguments.build.resolve(), python=arguments.python.absolute(), results=results,
            budget=QUICK_BUDGET if arguments.quick else BUDGET,
            limit=arguments.limit or (QUICK_LIMIT if arguments.quick else LIMIT),
            quick=arguments.quick, case_pattern=arguments.case, contenders=contenders, again=arguments.again)
        results.describe(arguments.build, versions(), {"limit_s": context.limit, "budget_s": context.budget, "quick": context.quick,
                                                      "scenarios": [s.NAME for s in scenarios], "contenders": list(contenders), "case": arguments.case})
        for scenario in scenarios:
            print(f"{scenario.NAME}: {scenario.__doc__.splitlines()[0]}", flush=True)
            scenario.run(context)
        results.save()
        print(f"results: {results.file}")
    if arguments.quick and arguments.page is None:
        print(page.text(results, scenarios))
        return 0
    text = page.text(results, list(SCENARIOS.values()))
    file = arguments.page or ROOT / "docs" / "benchmarks.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    print(f"page: {file}")
    if arguments.page is None and results.scenario(cls.NAME):
        start = ROOT / "README.md"
        start.write_text(page.readme(start.read_text(encoding="utf-8"), cls.summary(results.scenario(cls.NAME))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
