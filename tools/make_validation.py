#!/usr/bin/env python3
# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Writes docs/validation.md: every number that other software computed on published models, beside the program's.

    tools/make_validation.py                     drives build/relume; seconds
    tools/make_validation.py --check             the same, writes nothing
    tools/make_validation.py --output page.md --program build/bench/relume

Published models are read from $RELUME_SHARED (default: ../shared beside the checkout). Fails when a row disagrees.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What the project promises. Likelihoods and limits are relative, the rest as named.
NLL, Q_ABSOLUTE, CLS, LIMIT = 1e-10, 1e-5, 1e-4, 1e-4
# A minimum may not lie above the reference's by more than this, in -2 ln L.
MINIMUM = 1e-6
# Relative deviations are not asked of CLs below this.
CLS_FLOOR = 1e-7
# A certified minimum that is lower by more than this shows that the reference's fit stopped early; smaller ones change
# no test statistic by more than its tolerance.
SHOWN_WORSE = 1e-5

AGREES, DISAGREES = "agrees", "**disagrees**"

# The reference's +2 sigma limit is not a root of CLs = 0.05. Evaluated by pyhf 0.7.6 at both points, fits repeated with tolerance 1e-12.
LIMITS_THAT_ARE_NO_ROOTS = {
    ("sbottom__RegionA__sbottom_800_250_60", 4): (
        0.5056154, "+2 sigma: the reference, 0.5053739, is no root: pyhf with tight tolerances gives CLs 0.050132 there and 0.0500000 at our {:.7f}"),
}


class Program:
    def __init__(self, executable: pathlib.Path) -> None:
        self.executable = executable

    def __call__(self, *arguments: object) -> dict:
        """The answer, usable or not; {"error": …} where the input was refused."""
        command = [str(self.executable), *(str(a) for a in arguments)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode in (0, 3):
            return json.loads(answer.stdout)
        # Without the folders that files of this run lie in.
        return {"error": re.sub(r"\S*/([^/\s]+\.json)", r"\1", answer.stderr.strip()) or f"exit code {answer.returncode}"}


@dataclasses.dataclass
class Row:
    cells: list[str]
    verdict: str

    @property
    def is_good(self) -> bool:
        return DISAGREES not in self.verdict


@dataclasses.dataclass
class ModelRows:
    likelihood: list[Row] = dataclasses.field(default_factory=list)
    fits: Row | None = None
    test: Row | None = None
    limits: Row | None = None


# ---------------------------------------------------------------------- small arithmetic


def relative(mine: float, reference: float) -> float:
    return abs(mine - reference) / abs(reference) if reference else abs(mine)


def relative_p(mine: float, reference: float) -> float:
    return abs(mine - reference) / max(abs(reference), CLS_FLOOR)


def show(value: float | None) -> str:
    return "-" if value is None else f"{value:.1e}"


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def twice_nll_main(observed: list[float], expected: list[float]) -> float | None:
    """Poisson terms of main bins, from the rates that the program prints."""
    if any(rate <= 0.0 and n > 0.0 for n, rate in zip(observed, expected, strict=True)):
        return None
    return 2.0 * math.fsum(rate - (n * math.log(rate) if n else 0.0) + math.lgamma(n + 1.0) for n, rate in zip(observed, expected, strict=True))


# ---------------------------------------------------------------------- one model


class Case:
    def __init__(self, file: pathlib.Path, shared: pathlib.Path, folder: pathlib.Path) -> None:
        self.name = file.stem
        self.reference = json.loads(file.read_text(encoding="utf-8"))
        self.folder = folder / self.name
        self.folder.mkdir()
        self.model = [shared / self.reference["workspace"]]
        if self.reference.get("patchset"):
            self.model += ["--patchset", shared / self.reference["patchset"], "--point", self.reference["patch"]]
        if self.reference.get("extra_ops"):
            self.model += ["--patch", self.write("extra", self.reference["extra_ops"])]
        # The XML examples hold several measurements; the file's name says which one was used.
        if file.parent.name == "histfactory-xml":
            self.model += ["--measurement", self.name.rpartition("__")[2]]

    def write(self, name: str, content: object) -> pathlib.Path:
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        return file

    @property
    def title(self) -> str:
        return f"{self.name} ({self.reference['model']['npars']})"

    def best(self, which: str) -> dict | None:
        return (self.reference["fits"].get(which) or {}).get("best")


def interpolation_options(settings: dict) -> tuple[str, list[str]]:
    normsys, histosys = settings["normsys"]["interpcode"], settings["histosys"]["interpcode"]
    # pyhf's code 2 jumps at |alpha| = 1; the references contain it.
    ours = "code2-pyhf" if histosys == "code2" else histosys
    return f"{normsys}, {histosys}", ["--interpcode", f"normsys={normsys}", "--interpcode", f"histosys={ours}"]


def likelihood_rows(case: Case, program: Program) -> list[Row]:
    rows = []
    for variant, points in case.reference["points"].items():
        codes, options = interpolation_options(points["modifier_settings"])
        worst = {"exact": 0.0, "main": 0.0, "rates": 0.0}
        problem = ""
        for name, point in points.items():
            if name == "modifier_settings":
                continue
            values = point.get("parameters") or case.reference["points"]["cli"][name]["parameters"]
            file = case.write(f"{variant}-{name}", {p["name"]: values[slice(*p["slice"])] for p in case.reference["parameters"]})
            answer = program("nll", *case.model, "--parameters", file, *options)
            if not is_number(answer.get("twice_nll")):
                problem = answer.get("error") or answer.get("reason") or "no value"
                continue
            expected = [rate for rates in answer["expected_data"].values() for rate in rates]
            observed = [n for counts in answer["observed_data"].values() for n in counts]
            main = twice_nll_main(observed, expected)
            worst["exact"] = max(worst["exact"], relative(answer["twice_nll"], point["twice_nll_exact"]))
            worst["main"] = max(worst["main"], math.inf if main is None else relative(main, point["twice_nll_main"]))
            worst["rates"] = max(worst["rates"], *(relative(m, r) for m, r in zip(expected, point["expected_main"], strict=True)))
        verdict = AGREES if max(worst.values()) <= NLL and not problem else f"{DISAGREES} {problem}".strip()
        rows.append(Row([case.title, codes, *(show(w) for w in worst.values())], verdict))
    return rows


def fit_differences(case: Case, program: Program) -> tuple[dict[str, float], list[str]]:
    """Ours minus theirs, in -2 ln L, and what went wrong."""
    differences, problems = {}, []
    for which in ("free", "mu0", "mu1"):
        best = case.best(which)
        if best is None:
            continue
        # The recorded value: pyhf cannot go to mu = 0 where the file's bounds exclude it.
        fixed = [] if which == "free" else ["--fix", f"{case.reference['model']['poi']}={best['poi']!r}"]
        answer = program("fit", *case.model, *fixed)
        if answer.get("status") not in ("converged", "singular"):
            problems.append(f"{which}: {answer.get('error') or answer.get('reason')}")
            continue
        differences[which] = answer["twice_nll"] - best["twice_nll"]
    return differences, problems


def fit_row(case: Case, differences: dict[str, float], problems: list[str]) -> Row:
    cells = [f"{differences[w]:+.1e}" if w in differences else "-" for w in ("free", "mu0", "mu1")]
    if problems or any(d > MINIMUM for d in differences.values()):
        return Row([case.title, *cells], " ".join([DISAGREES, *problems]))
    worse = worse_fits(differences)
    return Row([case.title, *cells], f"reference's own fit is worse: {worse}" if worse else AGREES)


def worse_fits(differences: dict[str, float]) -> str:
    names = {"free": "the free fit", "mu0": "the fit at mu = 0", "mu1": "the fit at mu = 1"}
    return ", ".join(f"{names[w]} by {-d:.2g}" for w, d in differences.items() if d < -SHOWN_WORSE)


def excuse(case: Case, differences: dict[str, float]) -> str:
    """Why a deviation of test statistics is the reference's; empty: there is no reason."""
    lower = (case.reference.get("hypotest_mu1") or {}).get("poi_bounds_used", [0.0])[0]
    if lower > 0.0:
        return f"another question: the reference keeps mu >= {lower:g}, q-tilde here mu >= 0; its fits, above, agree"
    worse = worse_fits(differences)
    return f"reference's own fit is worse, shown by {worse}" if worse else ""


def phi(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def qtilde_cls(q: float, a: float) -> float:
    """From q and sqrt(q_A) > 0 (CCGV 57, 65)."""
    x, y = ((q + a * a) / (2 * a), (q - a * a) / (2 * a)) if q > a * a else (math.sqrt(q), math.sqrt(q) - a)
    return phi(-x) / phi(-y)


def holds_together(answer: dict) -> bool:
    """Whether CLs and its band follow from the answer's own q and q_A (CCGV 57, 59, 65, 66 for q-tilde): asked where the reference cannot tell."""
    q, a = answer["test_statistic"]["q"], math.sqrt(answer["test_statistic"]["q_asimov"])
    if a == 0.0:
        return answer["CLs_obs"] == 1.0
    band = [phi(n - a) / phi(n) for n in (-2.0, -1.0, 0.0, 1.0, 2.0)]
    pairs = zip([answer["CLs_obs"], *answer["CLs_exp"]], [qtilde_cls(q, a), *band], strict=True)
    return all(relative_p(mine, closed) <= CLS for mine, closed in pairs)


def test_row(case: Case, program: Program, differences: dict[str, float]) -> Row | None:
    reference = case.reference.get("hypotest_mu1")
    if not reference:
        return None
    answer = program("cls", *case.model, "--test-poi", "1")
    if answer.get("status") != "ok":
        return Row([case.title, *["-"] * 5], f"{DISAGREES} {answer.get('error') or answer.get('reason')}")
    q = abs(answer["test_statistic"]["q"] - reference["qmu_tilde"])
    q_asimov = abs(answer["test_statistic"]["q_asimov"] - reference["qmuA"])
    observed = relative_p(answer["CLs_obs"], reference["CLs_obs"]) if is_number(reference.get("CLs_obs")) else None
    pairs = [(m, r) for m, r in zip(answer["CLs_exp"], reference.get("CLs_exp") or [], strict=False) if is_number(r)]
    band = max((relative_p(m, r) for m, r in pairs), default=None)
    cells = [case.title, f"{answer['CLs_obs']:.6g}", show(q), show(q_asimov), show(observed), show(band)]
    good = max(q, q_asimov) <= Q_ABSOLUTE and max(observed or 0.0, band or 0.0) <= CLS
    verdict = AGREES if good else (excuse(case, differences) if holds_together(answer) else "") or DISAGREES
    if good and observed is None:
        verdict += "; the reference's CLs is 0/0"
    return Row(cells, verdict)


def limit_row(case: Case, program: Program, differences: dict[str, float]) -> Row | None:
    reference = case.reference.get("upper_limits_95")
    if not reference or not (is_number(reference.get("obs")) or any(is_number(r) for r in reference.get("exp") or [])):
        return None
    answer = program("limit", *case.model)
    if answer.get("status") != "ok":
        return Row([case.title, *["-"] * 3], f"{DISAGREES} {answer.get('error') or answer.get('reason')}")
    observed = relative(answer["observed"], reference["obs"]) if is_number(reference.get("obs")) else None
    worst, notes, good = 0.0, [], observed is None or observed <= LIMIT
    compared = 0
    for i, (mine, theirs) in enumerate(zip(answer["expected"], reference.get("exp") or [], strict=False)):
        if not is_number(theirs):
            continue
        compared += 1
        worst = max(worst, relative(mine, theirs))
        if relative(mine, theirs) <= LIMIT:
            continue
        root, note = LIMITS_THAT_ARE_NO_ROOTS.get((case.name, i), (None, ""))
        if root is not None and relative(mine, root) <= 1e-6:
            notes.append("reference's own fit is worse, " + note.format(root))
        else:
            good = False
    if not good:
        # Whatever the reference is worth, CLs at the limit is 0.05.
        there = program("cls", *case.model, "--test-poi", repr(answer["observed"]))
        if not (is_number(there.get("CLs_obs")) and relative_p(there["CLs_obs"], 0.05) <= LIMIT):
            differences = {}
    cells = [case.title, f"{answer['observed']:.6g}", show(observed), show(worst) if compared else "-"]
    verdict = "; ".join(notes) or AGREES
    return Row(cells, verdict if good else excuse(case, differences) or DISAGREES)


def validate(case: Case, program: Program) -> ModelRows:
    differences, problems = fit_differences(case, program)
    return ModelRows(likelihood_rows(case, program), fit_row(case, differences, problems) if differences or problems else None,
                     test_row(case, program, differences), limit_row(case, program, differences))


# ---------------------------------------------------------------------- whole patchsets, interpolation alone


def grid_row(file: pathlib.Path, shared: pathlib.Path, program: Program) -> tuple[Row, dict[str, float]]:
    grid = json.loads(file.read_text(encoding="utf-8"))
    answer = program("cls", shared / grid["workspace"], "--patchset", shared / grid["patchset"])
    ours = {point["name"]: point for point in answer.get("results", [])}
    worst = {"q": 0.0, "q_asimov": 0.0, "observed": 0.0, "band": 0.0}
    compared, bad = 0, []
    for point in grid["points"]:
        if not is_number(point.get("CLs_obs")):
            continue
        mine = ours.get(point["point"], {})
        if mine.get("status") != "ok":
            bad.append(point["point"])
            continue
        band = [relative_p(m, r) for m, r in zip(mine["CLs_exp"], point["CLs_exp"], strict=True) if is_number(r)]
        found = {"q": abs(mine["test_statistic"]["q"] - point["qmu_tilde"]), "q_asimov": abs(mine["test_statistic"]["q_asimov"] - point["qmuA"]),
                 "observed": relative_p(mine["CLs_obs"], point["CLs_obs"]), "band": max(band, default=0.0)}
        worst = {k: max(w, found[k]) for k, w in worst.items()}
        compared += 1
        if max(found["q"], found["q_asimov"]) > Q_ABSOLUTE or max(found["observed"], found["band"]) > CLS:
            bad.append(point["point"])
    verdict = AGREES if not bad and compared else f"{DISAGREES} {answer.get('error', '')} {', '.join(bad)}".strip()
    row = Row([file.stem, f"{compared} of {len(grid['points'])}", *(show(w) for w in worst.values())], verdict)
    return row, {name: point["CLs_obs"] for name, point in ours.items() if point.get("status") == "ok"}


# Interpolations are read off expected rates: one channel per alpha and bin, beside a constant rate that keeps the sum positive.
PEDESTAL = 1000.0


def interpolation_rows(file: pathlib.Path, program: Program, folder: pathlib.Path) -> list[Row]:
    table = json.loads(file.read_text(encoding="utf-8"))
    codes = {"code0": "histosys", "code2": "histosys", "code4p": "histosys", "code1": "normsys", "code4": "normsys"}
    rows = []
    for code, kind in codes.items():
        worst, compared, refused = 0.0, 0, []
        for name, case in table["cases"].items():
            channels, values, expected = [], {}, []
            for i, alpha in enumerate(table["alphas"]):
                for b, nominal in enumerate(case["nominal"]):
                    lo, hi = case["lo"][b], case["hi"][b]
                    data = {"lo_data": [lo], "hi_data": [hi]} if kind == "histosys" else {"lo": lo / nominal, "hi": hi / nominal}
                    effect = {"name": f"a{i}", "type": kind, "data": data}
                    channels.append({"name": f"c{i:02}b{b}", "samples": [
                        {"name": "pedestal", "data": [PEDESTAL], "modifiers": []},
                        {"name": "sample", "data": [nominal], "modifiers": [effect]}]})
                    theirs = case[code][i][b]
                    # Nothing to compare with where the reference has no finite value.
                    expected.append(None if theirs is None else theirs + nominal if kind == "histosys" else theirs * nominal)
                values[f"a{i}"] = alpha
            workspace = {"channels": channels, "observations": [{"name": c["name"], "data": [PEDESTAL]} for c in channels],
                         "measurements": [{"name": "m", "config": {"poi": "", "parameters": []}}], "version": "1.0.0"}
            model, point = folder / f"interpolation-{code}-{name}.json", folder / f"interpolation-{code}-{name}-point.json"
            model.write_text(json.dumps(workspace), encoding="utf-8")
            point.write_text(json.dumps(values), encoding="utf-8")
            ours = "code2-pyhf" if code == "code2" else code
            answer = program("nll", model, "--parameters", point, "--interpcode", f"{kind}={ours}")
            if "expected_data" not in answer:
                refused.append(f"{name}: {answer.get('error', '').splitlines()[0].split('error: ')[-1]}")
                continue
            rates = [answer["expected_data"][c["name"]][0] for c in channels]
            deviations = [abs(mine - PEDESTAL - theirs) / PEDESTAL for mine, theirs in zip(rates, expected, strict=True) if theirs is not None]
            worst, compared = max(worst, *deviations), compared + len(deviations)
        verdict = AGREES if worst <= NLL and compared else DISAGREES
        # Only an exponential of a factor that is not positive may be refused; it has no value.
        if refused:
            verdict += "; refused: " + "; ".join(refused)
            verdict = verdict if code == "code1" and compared else f"{DISAGREES} {verdict}"
        rows.append(Row([code, kind, str(compared), show(worst)], verdict))
    return rows


# ---------------------------------------------------------------------- simplified versions of full likelihoods

METHODS = ("postfit-total", "linear", "toys-postfit", "linearised")
# How far limits of a version may move that is called good; the program's own default.
SIMPLE = 0.1

STAUS, SBOTTOM, ERJR, THREE, COMPRESSED, DISPLACED = (f"ATLAS-SUSY-{name}" for name in (
    "2018-04_staus", "2018-31_sbottom", "2018-06_3LeRJR", "2019-09_3L", "2018-16_compressed", "2018-14_displaced"))


@dataclasses.dataclass
class FullModel:
    folder: str
    workspace: str
    patchset: str
    controls: tuple[str, ...]
    points: tuple[str, ...]
    why: str = ""  # what explains a model of which no version is good
    simplified: tuple[str, str] | None = None  # workspace and patchset that the collaboration published


FULL_MODELS = (
    FullModel(SBOTTOM, "RegionA_BkgOnly.json", "RegionA_BkgOnly_derived_patchset.json", ("CRtt_meff",), ("sbottom_1000_330_200", "sbottom_1300_250_60"),
              simplified=("simplified_SRA_BkgOnly.json", "simplified_SRA_patchset.json")),
    FullModel(SBOTTOM, "RegionB_BkgOnly.json", "RegionB_BkgOnly_derived_patchset.json", ("CRtt_cuts",), ("sbottom_1000_330_200", "sbottom_1000_750_60"),
              simplified=("simplified_SRB_BkgOnly.json", "simplified_SRB_patchset.json")),
    FullModel(ERJR, "BkgOnly.json", "patchset.json", ("CRlow_cuts", "CRISR_cuts"), ("ERJR_100p0_20p0", "ERJR_125p0_35p0")),
    FullModel(THREE, "offshell_BkgOnly.json", "offshell_BkgOnly_derived_patchset.json", ("CR_0J_WZ_cuts", "CR_nJ_WZ_cuts"),
              ("3Lconfig_MLL_v2p2_CRs_C1N2_WZ_150_147_3L2MET75", "3Lconfig_MLL_v2p2_CRs_WZ_110_100", "3Lconfig_MLL_v2p2_CRs_WZ_250_160"),
              simplified=("offshell_simplified_BkgOnly.json", "offshell_simplified_patchset.json")),
    FullModel(STAUS, "combined_BkgOnly.json", "combined_BkgOnly_derived_patchset.json", ("QCR1cut_cuts", "QCR2cut_cuts", "WCRcut_cuts"),
              ("TStauStau_160_1", "TStauStau_280_1")),
    FullModel(COMPRESSED, "EWKinos_BkgOnly.json", "EWKinos_BkgOnly_derived_patchset.json",
              tuple(f"CR{kind}_MLL_{met}_cuts" for kind in ("VV", "tau", "top") for met in ("hghmet", "lowmet")), ("TChiWZoff_100_90",),
              why="refused: half of the variations in 38 bins go to the same side up and down, and means of two bins turn negative to second order"),
    FullModel(DISPLACED, "Comb_BkgOnly.json", "Comb_BkgOnly_derived_patchset.json", (), ("TStauStauDisp_300_0p1ns",)),
)


def limits_text(observed: float | None, expected: float | None) -> str:
    return ", ".join("-" if shift is None else f"{100 * shift:+.1f}" for shift in (observed, expected))


def simplified_row(model: FullModel, point: str, shared: pathlib.Path, program: Program, folder: pathlib.Path) -> Row:
    """Shifts of observed and median expected limit for every method, and of the collaboration's own version."""
    data = shared / "data" / "histfactory-json" / model.folder
    report = folder / f"simplified_{model.workspace}_{point}.json"
    controls = [part for name in model.controls for part in ("--control", name)]
    cells: list[str] = []
    full, problems, worst = None, [], []

    def ask(method: str, *options: str) -> str:
        nonlocal full
        report.unlink(missing_ok=True)
        command = [str(program.executable), "simplify", str(data / model.workspace), "--patchset", str(data / model.patchset), "--point", point,
                   "--method", method, "--report", str(report), "--output-file", str(folder / f"{report.stem}.output"), *options]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode not in (0, 3):
            problems.append(f"{method}: {answer.stderr.strip()}")
            return "-"
        validity = json.loads(report.read_text(encoding="utf-8"))["validity"]
        shifts = [validity["observed_limit"]["relative_shift"], validity["expected_limits"][2]["relative_shift"]]
        largest = math.inf if None in shifts else max(map(abs, shifts))
        if (largest <= SIMPLE) != (answer.returncode == 0):
            problems.append(f"{method}: exit code {answer.returncode} with a shift of {largest:.3g}")
        if "--fit-all-regions" not in options:
            worst.append((largest, method))
        full = full or (validity["observed_limit"]["full"], validity["expected_limits"][2]["full"])
        return limits_text(*shifts)

    if model.controls:
        cells += [ask(method, *controls) for method in METHODS[:3]] + ["-", ask("linearised", *controls), ask("postfit-total", "--fit-all-regions")]
    else:
        cells += ["-", "-", "-", ask("toys-prefit"), ask("linearised"), "-"]
    theirs = "-"
    if model.simplified and full:
        workspace, patchset = (data / name for name in model.simplified)
        answer = program("limit", workspace, "--patchset", patchset, "--point", point, "--format", "json")
        if "error" not in answer and is_number(answer.get("observed")):
            theirs = limits_text(answer["observed"] / full[0] - 1.0, answer["expected"][2] / full[1] - 1.0)
    cells = [f"{model.folder.removeprefix('ATLAS-SUSY-')}, {model.workspace.removesuffix('_BkgOnly.json').removesuffix('.json')}: {point}",
             "-" if full is None else f"{full[0]:.4g}, {full[1]:.4g}", *cells, theirs]
    largest, method = min(worst, default=(math.inf, ""))
    if problems:
        verdict = f"{DISAGREES}: {'; '.join(problems)}"
    elif largest <= SIMPLE:
        verdict = f"{AGREES} with {method}"
    else:
        verdict = model.why or f"{DISAGREES}: no method is good"
    return Row(cells, verdict)


# ---------------------------------------------------------------------- signal regions of the SModelS database

# Stored limits have four significant digits and came out of a root finder with a tolerance of 1e-3.
STORED = 1.1e-3

# How many stored limits are reproduced, observed and expected, and why the others are not: what is lost is a disagreement. Analyses that
# are not listed: all.
REPRODUCED = {
    "ATLAS-SUSY-2018-04-eff": (0, 0, "not made with these formulas"),
    "ATLAS-SUSY-2018-14-eff": (0, 0, "not made with these formulas: 3.1 events where none is seen, whatever the background; CLs of counts gives 3.0"),
    "ATLAS-SUSY-2018-31-eff": (0, 0, "not made with these formulas"),
    "ATLAS-SUSY-2018-41-eff": (0, 0, "not made with these formulas"),
    "CMS-PAS-SUS-16-052-agg": (0, 0, "not made with these formulas; CLs of counts does not explain them either"),
    "CMS-SUS-16-050-agg": (32, 39, "the seven others have no events; SModelS 3.2.1 does not give them either"),
}


def fields(file: pathlib.Path) -> dict[str, str]:
    """"name: value" lines of a text file of the database; continued lines are joined."""
    found: dict[str, str] = {}
    name = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        head, colon, rest = line.partition(":")
        if colon and re.fullmatch(r"\w+", head.strip()):
            name = head.strip()
            found[name] = rest.split("#")[0].strip()
        elif name:
            found[name] += " " + line.strip()
    return found


def leading_number(text: str) -> float:
    return float(re.match(r"[-+.\deE]+", text)[0])


def covariance_widths(information: dict[str, str]) -> dict[str, float]:
    """Standard deviation by region, where a covariance matrix is published."""
    if "covariance" not in information:
        return {}
    names = re.findall(r"[\"']([^\"']+)[\"']", information["datasetOrder"])
    matrix = re.findall(r"\[([^\[\]]+)\]", information["covariance"])  # some numbers begin with a point: no JSON
    return {name: math.sqrt(float(row.split(",")[i])) for i, (name, row) in enumerate(zip(names, matrix, strict=True))}


def limit_of_counts(n: float, b: float, sigma: float) -> float:
    """Events where CLs of the counts themselves is 0.05: Poisson sums, averaged over a normal background that is positive."""
    import numpy as np

    nodes, weights = np.polynomial.hermite_e.hermegauss(101)
    backgrounds = b + sigma * nodes
    weights, backgrounds = weights[backgrounds > 0.0], backgrounds[backgrounds > 0.0]
    k = np.arange(int(n) + 1)
    factorials = np.array([math.lgamma(i + 1.0) for i in k])

    def at_most_n(events: float) -> float:
        rates = backgrounds + events
        return float(np.sum(weights * np.sum(np.exp(k[:, None] * np.log(rates) - rates - factorials[:, None]), axis=0)))

    low, high, without = 0.0, 20.0 * (5.0 + math.sqrt(b) + sigma + math.sqrt(n)), at_most_n(0.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if at_most_n(middle) > 0.05 * without else (low, middle)
    return high


@dataclasses.dataclass
class StoredLimit:
    region: str
    ratio: float  # ours to theirs, from the numbers beside it
    counts: float | None  # CLs of counts to theirs
    why: str  # under which reading of the numbers it is reproduced; empty: none


def counting_rows(shared: pathlib.Path) -> list[Row]:
    try:
        import relume
    except ImportError:
        raise SystemExit("no Python package relume: build it, and set PYTHONPATH (CONTRIBUTING.md)") from None

    def limits(n: float, b: float, sigma: float, **options: str) -> tuple[float, float]:
        found = relume.counting_limits(n, b, sigma, **options)
        return float(found.observed), float(found.expected[2])

    def empty(b: float, sigma: float) -> float:
        """Without events and with the background left where it is, in data and Asimov data: q = 2 x."""
        low, high = 0.0, 10.0
        for _ in range(60):
            x = 0.5 * (low + high)
            a = math.sqrt(float(relume.counting_tests(0, b, sigma, x, asimov="a-priori").q_asimov))
            cls = qtilde_cls(2.0 * x, a)
            low, high = (x, high) if cls > 0.05 else (low, x)
        return high

    rows = []
    seen = set()
    folders = [file.parent for part in ("simplified", "efficiency-maps") for file in sorted((shared / "data" / part).glob("*/globalInfo.txt"))]
    for folder in sorted(folders, key=lambda f: f.name):
        information = fields(folder / "globalInfo.txt")
        widths, luminosity = covariance_widths(information), leading_number(information["lumi"])
        observed: list[StoredLimit] = []
        expected: list[StoredLimit] = []
        for file in sorted(folder.glob("*/dataInfo.txt")):
            region = fields(file)
            if "observedN" not in region or (folder.name, file.parent.name) in seen:
                continue
            seen.add((folder.name, file.parent.name))
            n, b, sigma = (leading_number(region[key]) for key in ("observedN", "expectedBG", "bgError"))
            stored = [leading_number(region[key]) * luminosity for key in ("upperLimit", "expectedUpperLimit")]
            as_given, a_priori = limits(n, b, sigma)[0], limits(n, b, sigma, asimov="a-priori")[1]
            fitted = float(relume.counting_limits(n, b, sigma).asimov_events)
            width = widths.get(file.parent.name, sigma)
            readings = {"": as_given, "the covariance's diagonal": limits(n, b, width)[0]}
            if n == 0.0 and b > 0.0:
                readings["a background that is not fitted where there are no events"] = empty(b, sigma)
            expectations = {"": a_priori, "the covariance's diagonal": limits(n, b, width, asimov="a-priori")[1],
                            "the fitted background taken for data": limits(fitted, b, sigma)[0]}
            counts = limit_of_counts(n, b, sigma) / stored[0] if b > 0.0 else None
            for kind, found, own in ((observed, readings, stored[0]), (expected, expectations, stored[1])):
                why = next((name or "as given" for name, value in found.items() if relative(value, own) <= STORED), "")
                kind.append(StoredLimit(file.parent.name, found[""] / own, counts if kind is observed else None, why))
        if observed:
            rows.append(counting_row(folder.name, observed, expected))
    return rows


def counting_row(name: str, observed: list[StoredLimit], expected: list[StoredLimit]) -> Row:
    def median(values: list[float]) -> float:
        ordered = sorted(values)
        return 0.5 * (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2])

    def spread(found: list[StoredLimit]) -> list[str]:
        worst = max(found, key=lambda f: abs(math.log(f.ratio)))
        ratios = [f.ratio for f in found]
        return [f"{median(ratios):.4f}", f"{min(ratios):.3f} to {max(ratios):.3f}", f"{worst.region}: {worst.ratio:.3f}"]

    reproduced = [sum(bool(f.why) for f in found) for found in (observed, expected)]
    wanted_observed, wanted_expected, why_not = REPRODUCED.get(name, (len(observed), len(expected), ""))
    readings = sorted({f.why for f in [*observed, *expected] if f.why not in ("", "as given")})
    cells = [name, str(len(observed)), *spread(observed), *spread(expected), f"{median([f.counts for f in observed if f.counts is not None]):.3f}",
             f"{reproduced[0]}, {reproduced[1]}"]
    with_readings = "; ".join(f"{sum(f.why == r for f in [*observed, *expected])} with {r}" for r in readings)
    if reproduced[0] < wanted_observed or reproduced[1] < wanted_expected:
        return Row(cells, f"{DISAGREES} {wanted_observed} and {wanted_expected} were reproduced before")
    return Row(cells, "; ".join(part for part in (why_not or AGREES, with_readings) if part))


# ---------------------------------------------------------------------- the page


def table(titles: list[str], rows: list[Row]) -> str:
    titles = [*titles, "verdict"]
    lines = [titles, ["---"] * len(titles), *([*row.cells, row.verdict.replace("|", "\\|").replace("\n", " ")] for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


INTRODUCTION = """\
<!-- Written by tools/make_validation.py; do not edit. -->
# Validation

Every number that other software computed on published HistFactory models, beside what `relume` answers on the command line.
The references were computed with pyhf 0.7.6 and, for minima, polished with a projected Newton method on its gradient; nothing
here was computed with this engine. `tools/make_validation.py` rewrites this page and fails when a row disagrees.

Asked: -2 ln L within {nll:g} (relative); minima never above the reference's by more than {minimum:g}; q and q_A within {q:g} (absolute);
CLs within {cls:g} (relative, of at least {floor:g}); limits within {limit:g} (relative). The number in brackets after a model's
name is that of its parameters.

"""


COUNTING = """
## Counting experiments

Limits on the visible cross section of the signal regions of the SModelS database, recomputed by `relume.counting_limits` from the numbers beside them: observed ones
(median, range and farthest of the ratios of ours to theirs) and a-priori expected ones. Reproduced, observed and expected: within the last of the four digits that are
stored, as given or with another reading of the numbers that the verdict names:

- *the covariance's diagonal*: with the uncertainties of the covariance matrix of the same analysis, which are not those beside the counts;
- *a background that is not fitted where there are no events*: so does SModelS 3.2.1, which gives these limits too; here it goes where the likelihood is largest;
- *the fitted background taken for data*: expected limits that are observed ones of a data set with the counts of the background-only fit.

Third moments have no part in any of the stored limits. "counts" is the median ratio of observed limits from CLs of the counts themselves (Poisson sums averaged over the
background, which is what toys of one region give), to the stored ones: above 1 where events are few. It comes
nearer than the asymptotic formulas to what experiments published with few events: ATLAS-SUSY-2018-14 and 2018-31.

"""


SIMPLIFIED = """
## Simplified versions of full likelihoods

Limits of the full likelihood, observed and median expected, and by how many percent those of its simplified versions move (`relume simplify`, same signal; expected ones
like with like, see [the methods](concepts/simplify.md)). All but "all regions" and "published" fit control regions only. "all regions": `postfit-total` with the signal
regions in the fit, so that their data count twice. "published": the collaboration's own simplified version with its own patch of the same point, which is the same but
for the program that made it; of the three leptons off shell it stems from another fit than the full likelihood that was published (its yields differ by up to 15 %). What moves by more than 10 % is refused without `--force`. What explains the differences:

- *signals in control regions*: the full likelihood counts them, no version without control regions can (sbottom region B, 330 GeV: 86 % of the events are there; `linearised` keeps
  these channels);
- *the signal's own uncertainties*, which only the full likelihood has (three leptons off shell, 250 GeV: held, its limits fall to 1.613, 1.718);
- *variations that go to the same side up and down*, whose effect no first order has and which moves the mean of toys away from the fitted value (the same model: with variations
  symmetrised and the signal's uncertainty held, `linear` moves by -0.9, -4.8);
- *skewed backgrounds*: linear forms are too strong, quadratic ones follow (three leptons eRJR);
- *exponential tails*: a few toys make the variance, moments mislead (staus: `toys-postfit`), first order does not;
- *data that count twice* make limits too strong (eRJR, all regions).

"""


def page(models: list[ModelRows], grids: list[Row], codes: list[Row], regions: list[Row], simplified: list[Row], published: str) -> str:
    likelihood = [row for m in models for row in m.likelihood]
    fits, tests, limits = ([row for m in models if (row := getattr(m, part))] for part in ("fits", "test", "limits"))
    text = INTRODUCTION.format(nll=NLL, minimum=MINIMUM, q=Q_ABSOLUTE, cls=CLS, floor=CLS_FLOOR, limit=LIMIT)
    parts = {"-2 ln L at fixed points": likelihood, "best fits": fits, "CLs at mu = 1": tests, "upper limits": limits,
             "whole patchsets": grids, "interpolation codes": codes, "counting experiments": regions, "simplified versions": simplified}
    text += "| part | rows | agree | reference worse, or another question | disagree |\n| --- | --- | --- | --- | --- |\n"
    for name, rows in parts.items():
        agree, bad = sum(r.verdict.startswith(AGREES) for r in rows), sum(not r.is_good for r in rows)
        text += f"| {name} | {len(rows)} | {agree} | {len(rows) - agree - bad} | {bad} |\n"
    text += "\n## -2 ln L at fixed points\n\nWorst relative deviation over three points (initial values and two displaced ones): from the reference's exact sum; of the " \
            "main terms, recomputed from the printed rates; of the rates themselves. Code 2 is compared in the mode that keeps pyhf's jump.\n\n"
    text += table(["model", "normsys, histosys", "-2 ln L", "main terms", "rates"], likelihood)
    text += "\n## Best fits\n\nOur certified minimum minus the reference's, in -2 ln L: negative means that ours is lower.\n\n"
    text += table(["model", "free", "mu = 0", "mu = 1"], fits)
    text += "\n## CLs at mu = 1\n\nDeviations: of q-tilde and its Asimov value, absolute; of CLs and the worst of its expected band, relative.\n\n"
    text += table(["model", "CLs", "q", "q_A", "CLs dev.", "band dev."], tests)
    text += "\n## Upper limits at 95 %\n\nRelative deviations. Models that are not listed have no limit in the references.\n\n"
    text += table(["model", "observed", "observed dev.", "band dev."], limits)
    text += "\n## Whole patchsets\n\nWorst deviations over all points of a patchset, CLs at mu = 1. Points without a number in the reference are not compared.\n\n"
    text += table(["patchset", "points", "q", "q_A", "CLs", "band"], grids)
    text += "\n## Interpolation codes\n\nWorst deviation of a rate, relative to the sum in its bin, at 16 values of alpha between -3 and 3.\n\n"
    text += table(["code", "modifier", "values", "deviation"], codes)
    text += COUNTING
    text += table(["analysis", "regions", "observed", "from, to", "farthest", "expected", "from, to", "farthest", "counts", "reproduced"], regions)
    text += SIMPLIFIED
    text += table(["model", "full", *METHODS[:3], "toys-prefit", "linearised", "all regions", "published"], simplified)
    return text + "\n" + published


def published_note(file: pathlib.Path, simplified: dict[str, float]) -> str:
    points = json.loads(file.read_text(encoding="utf-8"))["points"]
    both = [name for name in points if name in simplified]
    same = sum((points[name]["CLs_obs"] < 0.05) == (simplified[name] < 0.05) for name in both)
    return ("## Not compared\n\n"
            f"- CLs of {len(points)} points of the full 1Lbb likelihood, published by others with pyhf's default settings: the full background "
            "workspace is not at hand, only the simplified model, which is another likelihood. For what it is worth, both put "
            f"{same} of {len(both)} points on the same side of CLs = 0.05.\n"
            "- Test statistic q with mu below zero: the references were fitted with mu >= 0, so they hold q-tilde only.\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build" / "relume")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "validation.md")
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--case", default="", help="only models whose name contains this (implies --check)")
    arguments = parser.parse_args()
    shared = pathlib.Path(os.environ.get("RELUME_SHARED") or ROOT.parent / "shared")
    if not (shared / "reference").is_dir():
        print("no published models: set RELUME_SHARED to the folder that has data/ and reference/", file=sys.stderr)
        return 2
    program = Program(arguments.program.resolve())
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        folder = pathlib.Path(name)
        files = [f for part in ("histfactory-small", "histfactory-xml", "histfactory") for f in sorted((shared / "reference" / part).glob("*.json"))]
        cases = [Case(f, shared, folder) for f in files if arguments.case in f.stem]
        models = list(pool.map(lambda case: validate(case, program), cases))
        found = {f.stem: grid_row(f, shared, program) for f in sorted((shared / "reference" / "grids").glob("*.json"))}
        regions = counting_rows(shared) if not arguments.case else []
        questions = [(m, point) for m in FULL_MODELS for point in m.points] if not arguments.case else []
        simplified = list(pool.map(lambda q: simplified_row(*q, shared, program, folder), questions))
        codes = interpolation_rows(shared / "reference" / "interpolation_codes.json", program, folder)
    grids = [row for row, _ in found.values()]
    published = published_note(shared / "reference" / "published_1Lbb_full_likelihood_CLs.json", found["1Lbb_simplified"][1])
    rows = [r for m in models for r in [*m.likelihood, m.fits, m.test, m.limits] if r] + grids + codes + regions + simplified
    bad = [row for row in rows if not row.is_good]
    for row in bad:
        print(" | ".join([*row.cells, row.verdict]), file=sys.stderr)
    print(f"{len(rows)} rows, {len(bad)} disagree")
    if not arguments.check and not arguments.case:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(page(models, grids, codes, regions, simplified, published), encoding="utf-8")
        print(f"wrote {arguments.output}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
