# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Asymptotic CLs at mu = 1 with its expected band, the model already in memory, on every published model."""

from __future__ import annotations

import pathlib

from harness import contender, tables
from harness.cases import Case, cls_cases
from harness.context import Context

NAME = "cls"
HERE = pathlib.Path(__file__).parent
BASELINE = "pyhf numpy scipy"
# Default settings of pyhf and ROOT stop a fit early: observed CLs then scatter by 1e-5 to 1e-2, the band's tails by a little more.
# What is off by more is wrong.
PEER_TOLERANCE = 2e-2
OUR_TOLERANCE = 1e-4
# Relative deviations are not asked of CLs below this.
FLOOR = 1e-7


def target(parameters: int) -> float:
    """Times faster than the baseline."""
    if parameters >= 200:
        return 5000.0
    return 1000.0 if parameters >= 60 else 300.0


def commands(context: Context, workspace: pathlib.Path) -> dict[str, list]:
    budget = str(context.budget)
    pyhf = [context.python, HERE / "pyhf_cls.py", workspace, budget]
    return {
        "relume": [context.program("relume_cls"), workspace, budget],
        "pyhf numpy scipy": [*pyhf, "numpy", "scipy"],
        "pyhf numpy minuit": [*pyhf, "numpy", "minuit"],
        "pyhf jax scipy": [*pyhf, "jax", "scipy"],
        "pyhf jax minuit": [*pyhf, "jax", "minuit"],
        "nextstat": [context.python, HERE / "nextstat_cls.py", workspace, budget],
        "ROOT": [context.python, HERE / "root_cls.py", workspace, budget],
    }


def deviation(row: dict, case: Case) -> float | None:
    """Largest relative deviation from the reference, over the numbers that both have."""
    cls, band = case.cls
    pairs = [(row.get("cls"), cls), *zip(row.get("band") or [], band or [])]
    found = [abs(mine - theirs) / max(abs(theirs), FLOOR) for mine, theirs in pairs if mine is not None and theirs is not None]
    return max(found) if found else None


def judge(name: str, row: dict, case: Case) -> None:
    """A time counts only with the right answer."""
    row["counts"] = False
    if row["status"] == "too slow":
        row["counts"] = name != "relume"
        return
    if row["status"] != "ok" or case.not_comparable:
        return
    row["deviation"] = deviation(row, case)
    tolerance = OUR_TOLERANCE if name == "relume" else PEER_TOLERANCE
    if row["deviation"] is None or row["deviation"] > tolerance or None in (row.get("band") or []):
        row["status"] = "wrong"
        return
    row["counts"] = True


def run(context: Context) -> None:
    for case in cls_cases():
        if not context.wants_case(case.name):
            continue
        workspace = case.write(context.cases_folder)
        entry = context.results.case(NAME, case.name)
        entry |= {"parameters": case.parameters, "bins": case.bins, "reference": {"cls": case.cls[0], "band": case.cls[1]},
                  "not_comparable": case.not_comparable}
        rows = entry.setdefault("rows", {})
        for name, command in commands(context, workspace).items():
            if not context.wants(name) or context.has(rows, name):
                continue
            print(f"  {case.name}: {name} ...", end=" ", flush=True)
            row = contender.summarise(contender.run(command, context.limit), context.limit)
            judge(name, row, case)
            rows[name] = row
            context.results.save()
            print(cell(row), flush=True)


def cell(row: dict | None) -> str:
    if row is None:
        return ""
    time = tables.seconds(row.get("seconds"))
    if row["status"] == "too slow":
        return f"> {time}"
    if row["status"] == "failed":
        return f"fails ({time})" if row.get("seconds") is not None else "fails"
    if row["status"] == "wrong":
        return f"wrong ({time})" if row.get("deviation") is None else f"off by {row['deviation']:.0%} ({time})"
    return time


def speed_up(rows: dict, name: str) -> tuple[float, bool] | None:
    """How much faster relume is than `name`, and whether that is a lower bound."""
    ours, theirs = rows.get("relume"), rows.get(name)
    if not ours or not theirs or not ours["counts"] or not theirs["counts"]:
        return None
    return theirs["seconds"] / ours["seconds"], theirs["status"] == "too slow"


def losses(entries: dict) -> list[str]:
    found = []
    for case, entry in entries.items():
        rows = entry["rows"]
        for name in rows:
            faster = speed_up(rows, name) if name != "relume" else None
            if faster and faster[0] < 1.0 and not faster[1]:
                found.append(f"`{case}`: {name} is faster ({tables.ratio(1.0 / faster[0])}).")
        wanted, got = target(entry["parameters"]), speed_up(rows, BASELINE)
        if got and got[0] < wanted:
            bound = " at least" if got[1] else ""
            found.append(f"`{case}` ({entry['parameters']} parameters): {tables.ratio(wanted)} faster than {BASELINE} was the aim,{bound} {tables.ratio(got[0])} is measured.")
        if "relume" in rows and rows["relume"]["status"] != "ok":
            found.append(f"`{case}`: relume's answer is {rows['relume']['status']}.")
    return found


def report(entries: dict) -> str:
    names = [n for n in commands_order(entries) if n != "relume"]
    titles = ["model", "parameters", "load", "compile", "relume", *names, f"{BASELINE} / relume", "aim"]
    lines, notes = [], []
    for case, entry in entries.items():
        rows = entry["rows"]
        ours = rows.get("relume", {})
        got = speed_up(rows, BASELINE)
        baseline = rows.get(BASELINE)
        if got:
            ratio = tables.ratio(*got)
        elif entry.get("not_comparable"):
            ratio = "none [*]"
            notes.append(f"`{case}`: {entry['not_comparable']}.")
        else:
            ratio = "none" if baseline else ""
        lines.append([case, str(entry["parameters"]), tables.seconds(ours.get("load_s")), tables.seconds(ours.get("compile_s")),
                      cell(rows.get("relume")), *(cell(rows.get(n)) for n in names), ratio, tables.ratio(target(entry["parameters"]))])
    text = (f"An answer is wrong when CLs or a number of its band is off by more than {PEER_TOLERANCE:g} (relative, of at "
            f"least {FLOOR:g}); relume's own when by more than {OUR_TOLERANCE:g}. nextstat computes no band.\n\n")
    text += tables.table(titles, lines)
    if notes:
        text += "\n[*] No ratio:\n\n" + "\n".join(f"- {note}" for note in notes) + "\n"
    worst = {name: sorted((row["deviation"], case) for case, entry in entries.items()
                          if (row := entry["rows"].get(name)) and row.get("deviation") is not None)
             for name in ["relume", *names]}
    counted = [[name, str(len(d)), str(sum(entry["rows"].get(name, {}).get("status") == "wrong" for entry in entries.values())),
                str(sum(entry["rows"].get(name, {}).get("status") == "failed" for entry in entries.values())),
                str(sum(entry["rows"].get(name, {}).get("status") == "too slow" for entry in entries.values())),
                f"{d[-1][0]:.1e} ({d[-1][1]})" if d else "-"] for name, d in worst.items()]
    text += "\nAnswers, checked against the references:\n\n"
    text += tables.table(["contender", "checked", "wrong", "failed", "too slow", "largest relative deviation"], counted)
    return text


# From small to large, one of each size, with what is remarkable about it.
SUMMARY = ("2L2J__simplified", "3LeRJR__ERJR_110p0_20p0", "1Lbb__SRLMEM__C1N2_Wh_hbb_250_75", "ttZ__3l",
           "compressed__EWKinos__TChiWZoff_150_140", "tttt__prod", "3L__offshell__3Lconfig_MLL_v2p2_CRs_WZ_125_85")


def summary(entries: dict) -> str:
    """The few rows that the README shows."""
    lines = []
    for case in SUMMARY:
        if case not in entries or "relume" not in entries[case]["rows"]:
            continue
        rows = entries[case]["rows"]
        got = speed_up(rows, BASELINE)
        lines.append([case.split("__")[0] + (" (simplified)" if "simplified" in case else ""), str(entries[case]["parameters"]), cell(rows["relume"]),
                      cell(rows.get(BASELINE)), tables.ratio(*got) if got else "none"])
    return tables.table(["published model", "parameters", "relume", "pyhf (numpy, scipy)", "ratio"], lines)


def commands_order(entries: dict) -> list[str]:
    order: list[str] = []
    for entry in entries.values():
        order += [name for name in entry["rows"] if name not in order]
    return order
