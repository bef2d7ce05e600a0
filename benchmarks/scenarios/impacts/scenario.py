# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Questions about every parameter: impacts of all nuisance parameters, MINOS of all, and a scan of the parameter of interest."""

from __future__ import annotations

import dataclasses
import pathlib

from harness import contender, tables
from harness.cases import Case, all_cases
from harness.context import Context

NAME = "impacts"
HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True)
class Question:
    kind: str  # impacts, minos, scan
    case: str
    aim_s: float | None
    peer: str | None
    backend: str  # of pyhf, for the peer
    n_asked: int  # parameters that the peer is asked for

    @property
    def name(self) -> str:
        return f"{self.kind}, {self.case}"


LARGE, MIDDLE = "3L__offshell__3Lconfig_MLL_v2p2_CRs_WZ_125_85", "compressed__EWKinos__TChiWZoff_150_140"
# Here the parameter of interest is away from its bound, and the peers end in minutes. With jax, the Hessian that cabinetry asks Minuit for fails on
# the first of them.
SMALL, TINY = "ttbar_ljets__inclusive_pruned", "all_modifiers"
QUESTIONS = (
    Question("impacts", LARGE, 1.0, "cabinetry", "jax", 1),
    Question("impacts", SMALL, None, "cabinetry", "numpy", 2),
    Question("impacts", TINY, None, "cabinetry", "numpy", 5),
    Question("minos", LARGE, 2.0, "iminuit", "jax", 2),
    Question("minos", SMALL, None, "iminuit", "jax", 5),
    Question("minos", TINY, None, "iminuit", "numpy", 5),
    Question("scan", MIDDLE, 0.05, None, "", 0),
)
TITLES = {"impacts": "impacts of all nuisance parameters", "minos": "MINOS of all parameters", "scan": "scan, 21 points"}
# Of an uncertainty. Minuit stops 0.02 sigma from the minimum by default, and differentiates its Hessian in parameters that its bounds transform.
TOLERANCE = 0.05
# Of -2 ln L, between two minima of the same likelihood: what the references are good to.
HEIGHT = 1e-4


def run(context: Context) -> None:
    cases = {case.name: case for case in all_cases()}
    for question in QUESTIONS:
        if not context.wants_case(question.name):
            continue
        case = cases[question.case]
        entry = context.results.case(NAME, question.name)
        entry |= {"kind": question.kind, "case": question.case}
        if context.wants("relume"):
            entry["relume"] = run_relume(context, question, case)
            print(f"  {question.name}: relume {tables.seconds(entry['relume'].get('seconds'))} {entry['relume']['status']}", flush=True)
        peer = question.peer
        if peer is not None and context.wants(peer) and not context.has(entry, peer) and "asked" in entry.get("relume", {}):
            entry[peer] = run_peer(context, question, case, entry["relume"]["asked"])
            print(f"  {question.name}: {peer} {[tables.seconds(p['seconds']) for p in entry[peer]['parameters']]} {entry[peer]['status']}", flush=True)
        context.results.save()


def run_relume(context: Context, question: Question, case: Case) -> dict:
    outcome = contender.run([context.program("relume_impacts"), question.kind, case.write(context.cases_folder), str(context.budget)], context.limit)
    row = contender.summarise(outcome, context.limit)
    document = row.pop("document", None)
    if document is None:
        return row
    if document["status"] != "ok":
        return row | {"status": "failed", "reason": document["reason"]}
    row["n_fits"] = document["n_fits"]
    problem = {"impacts": impact_problem, "minos": minos_problem, "scan": scan_problem}[question.kind](document, case)
    if problem:
        return row | {"status": "wrong", "reason": problem}
    return row | {"asked": asked(question, document)}


def impact_problem(document: dict, case: Case) -> str | None:
    """Every parameter is there, every side is certified, and the parts of the variance add up."""
    if len(document["impacts"]) != case.parameters - 1 - sum(case.reference["fixed"]):
        return f"{len(document['impacts'])} impacts of {case.parameters} parameters"
    for impact in document["impacts"]:
        for kind in ("postfit", "prefit", "global_observable"):
            for side in ("up", "down"):
                if impact[kind][side] is not None and impact[kind][side]["shift"] is None:
                    return f"{impact['parameter']}: {impact[kind][side]['reason']}"
    parts = sum(v**2 for v in document["by_data"].values())
    return None if abs(parts - document["uncertainty"] ** 2) <= 1e-9 * parts else "the parts do not add up"


def minos_problem(document: dict, case: Case) -> str | None:
    if len(document["intervals"]) != case.parameters - sum(case.reference["fixed"]):
        return f"{len(document['intervals'])} intervals of {case.parameters} parameters"
    at_bound = "at the bound of the parameter"
    return next((f"{i['parameter']}: {i[f'{side}_reason']}" for i in document["intervals"] for side in ("lower", "upper")
                 if i[side] is None and i[f"{side}_reason"] != at_bound), None)


def scan_problem(document: dict, case: Case) -> str | None:
    """The height at 1 is that of the reference's two fits."""
    fits = case.reference["fits"]
    wanted = fits["mu1"]["best"]["twice_nll"] - fits["free"]["best"]["twice_nll"]
    point = min(document["points"], key=lambda p: abs(p["value"] - 1.0))
    if any(p["twice_delta_nll"] is None for p in document["points"]) or len(document["points"]) != 21:
        return "points are missing"
    return None if abs(point["twice_delta_nll"] - wanted) <= HEIGHT else f"-2 ln L rises by {point['twice_delta_nll']} at 1, not by {wanted}"


def asked(question: Question, document: dict) -> dict[str, dict]:
    """The parameters that the peer is asked for, with our answers: those away from all bounds, the largest first, and then some by the way."""
    if question.kind == "scan":
        return {}
    if question.kind == "minos":
        found = {i["parameter"]: {"scale": i["upper"] - i["best"], "answer": [i["lower"], i["upper"]]}
                 for i in document["intervals"] if i["lower"] is not None and i["upper"] is not None}
    else:
        found = {}
        for impact in document["impacts"]:
            sides = [impact[kind][side] for kind in ("prefit", "postfit") for side in ("up", "down")]
            if all(s is not None and "reason" not in s for s in sides):
                found[impact["parameter"]] = {"scale": document["uncertainty"], "answer": [s["shift"] for s in sides]}
    step = max(1, len(found) // question.n_asked) if question.n_asked else 1
    return {name: found[name] for name in list(found)[::step][:question.n_asked]}


def run_peer(context: Context, question: Question, case: Case, wanted: dict[str, dict]) -> dict:
    outcome = contender.run([context.python, HERE / "peers_impacts.py", question.peer, question.backend, case.write(context.cases_folder), *wanted], context.limit)
    ready, fit = outcome.event("ready") or {}, outcome.event("fit")
    parameters = [e for e in outcome.events if e["event"] == "parameter"]
    for entry in parameters:
        ours = wanted[entry["parameter"]]
        agrees = [a is not None and abs(a - b) <= TOLERANCE * ours["scale"] for a, b in zip(entry["answer"], ours["answer"], strict=True)]
        # Of impacts the first two, before the fit: those after it are as good as the uncertainty that Minuit's Hessian gives the parameter.
        entry["is_right"], entry["all_agree"] = all(agrees[:2]), all(agrees)
    row = {"backend": ready.get("backend"), "fit_s": None if fit is None else fit["seconds"], "parameters": parameters, "status": "ok"}
    if len(parameters) < len(wanted):
        row["status"] = "too slow" if outcome.exit_code is None else "failed"
        row["reason"] = outcome.errors[-200:]
        row["at_least_s"] = min(context.limit, outcome.cpu_seconds)
    return row


def per_parameter(row: dict) -> float | None:
    good = [p["seconds"] for p in row["parameters"] if p["is_right"]]
    return sum(good) / len(good) if good else None


def n_parameters(row: dict) -> int:
    return row.get("parameters", 0)


def losses(entries: dict) -> list[str]:
    found = []
    for question in QUESTIONS:
        row = entries.get(question.name, {}).get("relume")
        if row is None:
            continue
        what = f"{TITLES[question.kind]}, {question.case}"
        if row["status"] != "ok":
            found.append(f"{what}: {row['status']} ({row.get('reason', '')}).")
            continue
        if question.aim_s is not None and row["seconds"] > question.aim_s:
            found.append(f"{what}: {tables.seconds(question.aim_s)} was the aim, {tables.seconds(row['seconds'])} is measured.")
        peer = entries[question.name].get(question.peer or "")
        if peer and (theirs := per_parameter(peer)) is not None and theirs < row["seconds"] / n_parameters(row):
            found.append(f"{what}: {question.peer} is faster.")
    return found


def report(entries: dict) -> str:
    rows = []
    for question in QUESTIONS:
        entry = entries.get(question.name, {})
        if "relume" not in entry:
            continue
        ours, theirs = entry["relume"], entry.get(question.peer or "")
        cells = [TITLES[question.kind], question.case, str(n_parameters(ours)), "-" if question.aim_s is None else tables.seconds(question.aim_s),
                 f"{tables.seconds(ours.get('seconds'))} ({ours['status']})", str(ours.get("n_fits", "-"))]
        own = ours["seconds"] / n_parameters(ours) if ours["status"] == "ok" and question.peer else None
        cells.append(tables.seconds(own))
        if not theirs:
            rows.append([*cells, "-", "-", "-"])
            continue
        known = per_parameter(theirs)
        right = f"{sum(p['is_right'] for p in theirs['parameters'])} of {len(theirs['parameters'])}"
        if question.kind == "impacts":
            right += f", after the fit on {sum(p['all_agree'] for p in theirs['parameters'])}"
        told = tables.seconds(known) if known is not None else f"{theirs['status']}: > {tables.seconds(theirs.get('at_least_s'))}"
        backend = f"{question.peer}, pyhf {theirs['backend']}"
        rows.append([*cells, backend, f"{told} (agrees on {right})", tables.ratio(known / own) if known and own else "none"])
    return ("Impacts are exact: four refits of every nuisance parameter, and two more with the datum of its constraint moved, which the peer leaves out. "
            "The peers are asked for a few parameters, away from bounds: times per parameter are compared, without the fit that comes first. cabinetry's answers "
            "count when its impacts before the fit agree; those after it rest on uncertainties from Minuit's Hessian.\n\n"
            + tables.table(["question", "model", "parameters", "aim", "relume", "fits", "per parameter", "peer", "per parameter", "peer / relume"], rows, right_from=2))
