# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Programs written for pyhf, unmodified, on relume in its place."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

from harness import contender, tables
from harness.cases import cls_cases
from harness.context import Context
from scenarios.cls import scenario as cls

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMPAT = ROOT / "tests" / "python" / "compat"
NAME = "drop_in"
REAL, OURS = "pyhf", "relume.compat"
RUN = ["-m", "relume.compat.run"]
AIM_HYPOTEST, LARGE = 300.0, 200
# Programs with what they are given, and the numbers of their answers that have to agree: Minuit's default tolerance moves cabinetry's.
CONSUMERS = {
    "cabinetry": ("cabinetry_workflow.py", "workspace", [("twice_nll",), ("limit",), ("significance",)]),
    "SModelS": ("smodels_workflow.py", None, [("observed", "limit"), ("apriori", "limit"), ("observed", "nll")]),
    "spey with spey-pyhf": ("spey_workflow.py", None, [("full", "limit"), ("full", "CLs"), ("simple", "limit")]),
    "redist": ("redist_workflow.py", "folder", [("twice_nll",), ("densities",)]),
}
TOLERANCE = 5e-3


def run(context: Context) -> None:
    program = pathlib.Path(cls.__file__).parent / "pyhf_cls.py"
    for case in cls_cases():
        if case.parameters < LARGE or not context.wants_case(case.name):
            continue
        arguments = [program, case.write(context.cases_folder), str(context.budget), "numpy", "scipy"]
        entry = context.results.case(NAME, case.name)
        entry |= {"parameters": case.parameters, "not_comparable": case.not_comparable}
        rows = entry.setdefault("rows", {})
        if context.wants("relume"):
            rows[OURS] = contender.summarise(contender.run([context.python, *RUN, *arguments], context.limit), context.limit)
            cls.judge("relume", rows[OURS], case)
            print(f"  {case.name}: {OURS} {cls.cell(rows[OURS])}", flush=True)
        # The same question as in the scenario cls: not asked twice.
        asked = context.results.case(cls.NAME, case.name).get("rows", {}).get(cls.BASELINE)
        if asked is not None:
            rows[cls.BASELINE] = asked
        elif context.wants(cls.BASELINE) and not context.has(rows, cls.BASELINE):
            rows[cls.BASELINE] = contender.summarise(contender.run([context.python, *arguments], context.limit), context.limit)
            cls.judge(cls.BASELINE, rows[cls.BASELINE], case)
            print(f"  {case.name}: {cls.BASELINE} {cls.cell(rows[cls.BASELINE])}", flush=True)
        context.results.save()
    for name, (program, given, _) in CONSUMERS.items():
        if not context.wants_case(name):
            continue
        rows = context.results.case(NAME, name).setdefault("rows", {})
        for which, prefix in ((OURS, RUN), (REAL, [])):
            if not context.wants("relume" if which == OURS else cls.BASELINE):
                continue
            command = [context.python, "-W", "ignore", *prefix, COMPAT / "programs" / program, *argument(context, given)]
            answer = last_object(command, context.limit)
            rows[which] = {"seconds": answer["seconds"] if answer else None, "answer": answer}
            print(f"  {name}: {which} {tables.seconds(rows[which]['seconds'])}", flush=True)
        context.results.save()


def last_object(command: list, limit: float) -> dict | None:
    """What a workflow prints at its end: it speaks no protocol."""
    try:
        result = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True, timeout=contender.PATIENCE * limit,
                                env=os.environ | contender.SINGLE_THREAD, preexec_fn=contender.pin_to_one_cpu)
    except subprocess.SubprocessError:
        return None
    return next((json.loads(line) for line in reversed(result.stdout.splitlines()) if line.startswith("{")), None)


def argument(context: Context, given: str | None) -> list[pathlib.Path]:
    folder = context.cases_folder / NAME
    folder.mkdir(parents=True, exist_ok=True)
    if given == "folder":
        return [folder]
    if given == "workspace":
        sys.path.insert(0, str(COMPAT))
        from specs import SEEN

        path = folder / "workspace.json"
        path.write_text(json.dumps(SEEN["two channels"]), encoding="utf-8")
        return [path]
    return []


def flat(answer: object) -> list[float]:
    return [x for part in answer for x in flat(part)] if isinstance(answer, list) else [float(answer)]


def agree(name: str, rows: dict) -> bool:
    """The numbers of both, and each from the pyhf that it should come from."""
    real, ours = (rows.get(which, {}).get("answer") for which in (REAL, OURS))
    if not real or not ours or (real["pyhf"], ours["pyhf"]) != ("pyhf", "relume.compat.pyhf"):
        return False
    for keys in CONSUMERS[name][2]:
        a, b = real, ours
        for key in keys:
            a, b = a[key], b[key]
        pairs = list(zip(flat(a), flat(b), strict=True))
        if any(abs(x - y) > TOLERANCE * max(abs(x), 1e-3) for x, y in pairs):
            return False
    return True


def ratio(entry: dict) -> tuple[float, bool] | None:
    """pyhf's time over ours, and whether it is a lower bound."""
    theirs, ours = entry["rows"].get(cls.BASELINE), entry["rows"].get(OURS)
    if not theirs or not ours or not theirs["counts"] or not ours["counts"]:
        return None
    return theirs["seconds"] / ours["seconds"], theirs["status"] == "too slow"


def hypotests(entries: dict) -> dict:
    return {name: entry for name, entry in entries.items() if name not in CONSUMERS}


def losses(entries: dict) -> list[str]:
    found = []
    for name, entry in hypotests(entries).items():
        if (got := ratio(entry)) and got[0] < AIM_HYPOTEST:
            found.append(f"drop-in, `{name}`: {tables.ratio(AIM_HYPOTEST)} was the aim, {tables.ratio(*got)} is measured.")
        if OURS in entry["rows"] and entry["rows"][OURS]["status"] != "ok":
            found.append(f"drop-in, `{name}`: the answer is {entry['rows'][OURS]['status']}.")
    for name in CONSUMERS:
        if name in entries and {REAL, OURS} <= set(entries[name]["rows"]) and not agree(name, entries[name]["rows"]):
            found.append(f"drop-in, {name}: the answers differ.")
    return found


def report(entries: dict) -> str:
    lines = []
    for name, entry in hypotests(entries).items():
        got = ratio(entry)
        lines.append([name, str(entry["parameters"]), cls.cell(entry["rows"].get(OURS)), cls.cell(entry["rows"].get(cls.BASELINE)),
                      tables.ratio(*got) if got else "none", tables.ratio(AIM_HYPOTEST)])
    text = ("`pyhf.infer.hypotest` with its band, the program behind the table of pyhf's CLs with relume.compat as its pyhf, on the models with at least "
            f"{LARGE} parameters.\n\n" + tables.table(["model", "parameters", OURS, cls.BASELINE, "ratio", "aim"], lines) + "\n")
    lines = []
    for name in CONSUMERS:
        rows = entries.get(name, {}).get("rows", {})
        if {REAL, OURS} - set(rows):
            continue
        same = agree(name, rows)
        lines.append([name, tables.seconds(rows[OURS]["seconds"]), tables.seconds(rows[REAL]["seconds"]),
                      tables.ratio(rows[REAL]["seconds"] / rows[OURS]["seconds"]) if same else "none", "yes" if same else "no"])
    return text + ("Workflows of packages that call pyhf, on small models, as `tests/python/compat/programs` has them, without imports. "
                   "Much of it is the packages' own.\n\n" + tables.table(["package", f"on {OURS}", "on pyhf", "ratio", "same answers"], lines))
