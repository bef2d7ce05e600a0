#!/usr/bin/env python3
# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the example models: everything is invented, and the same seed gives the same bytes.

    python3 examples/make_examples.py --output build/examples

two_bin.json            two bins, one uncorrelated background: the smallest model that has everything
search/BkgOnly.json     a search for wino pairs: three signal and three control regions, about 120 nuisance parameters
search/patchset.json    its signal points on the plane of (wino mass, neutralino mass)
search/signal.json      one of these points, with yields addressed by channel name
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import pathlib
import random

# Number of events expected per region and process, before any normalisation to data.
PROCESSES = ("ttbar", "Wjets", "Zjets", "diboson", "fakes")
YIELDS = {
    "SR_low": (38.0, 22.0, 16.0, 14.0, 9.0),
    "SR_mid": (16.0, 11.0, 10.0, 8.0, 4.0),
    "SR_high": (5.0, 4.5, 5.5, 3.5, 1.5),
    "CR_ttbar": (900.0, 70.0, 12.0, 18.0, 30.0),
    "CR_Wjets": (180.0, 1400.0, 25.0, 60.0, 80.0),
    "CR_Zjets": (25.0, 3.0, 420.0, 30.0, 6.0),
}
SIGNAL_REGIONS = ("SR_low", "SR_mid", "SR_high")

# Missing transverse momentum in GeV: bin edges per region (the last bin is open) and slope of each spectrum.
# The three signal regions and CR_Zjets share their binning, because they share the shape of Z+jets.
EDGES = {region: (200.0, 280.0, 360.0, 480.0) for region in (*SIGNAL_REGIONS, "CR_Zjets")}
EDGES |= {region: (200.0, 300.0, 420.0) for region in ("CR_ttbar", "CR_Wjets")}
DECAY_GEV = dict(zip(PROCESSES, (75.0, 95.0, 120.0, 115.0, 65.0)))

# Mean weight of a simulated event: a bin of y events has a simulation uncertainty of sqrt(y * weight).
SIMULATION_WEIGHT = {"ttbar": 0.06, "Wjets": 0.10, "Zjets": 0.05, "diboson": 0.03}
# The same for the fakes, which are counted in data with few events.
FAKES_WEIGHT = 0.6

LUMI_UNCERTAINTY = 0.017
LUMI_INV_FB = 139.0

# What nature does to the normalisations in the data that we draw.
TRUE_NORMALISATION = {"ttbar": 1.06, "Wjets": 0.94, "Zjets": 1.10, "diboson": 1.0, "fakes": 1.0}

ALL_SIMULATED = ("ttbar", "Wjets", "Zjets", "diboson", "signal")
# (name, how many of them, relative effect on yields, relative effect on shapes, processes concerned).
# The size of each effect is drawn once per nuisance parameter, with these as widths.
NUISANCES = (
    ("JES_EffectiveNP", 8, 0.020, 0.020, ALL_SIMULATED),
    ("JES_EtaIntercalibration", 3, 0.010, 0.012, ALL_SIMULATED),
    ("JES_Flavor_Composition", 1, 0.025, 0.020, ALL_SIMULATED),
    ("JES_Flavor_Response", 1, 0.015, 0.012, ALL_SIMULATED),
    ("JES_Pileup", 4, 0.010, 0.010, ALL_SIMULATED),
    ("JES_BJES", 1, 0.012, 0.010, ("ttbar", "signal")),
    ("JER_EffectiveNP", 7, 0.018, 0.020, ALL_SIMULATED),
    ("MET_SoftTrk", 3, 0.008, 0.015, ALL_SIMULATED),
    ("FT_EFF_B", 5, 0.015, 0.000, ("ttbar", "signal")),
    ("FT_EFF_C", 4, 0.010, 0.000, ("ttbar", "Wjets", "diboson")),
    ("FT_EFF_Light", 5, 0.008, 0.000, ("Wjets", "Zjets", "diboson")),
    ("EL_EFF", 4, 0.008, 0.000, ALL_SIMULATED),
    ("EG_SCALE", 2, 0.005, 0.008, ALL_SIMULATED),
    ("MUON_EFF", 5, 0.007, 0.000, ALL_SIMULATED),
    ("MUON_SCALE", 3, 0.005, 0.008, ALL_SIMULATED),
    ("PRW_DATASF", 1, 0.015, 0.010, ALL_SIMULATED),
    ("JvtEfficiency", 1, 0.006, 0.000, ALL_SIMULATED),
    ("ttbar_theory", 7, 0.050, 0.060, ("ttbar",)),
    ("Wjets_theory", 6, 0.045, 0.060, ("Wjets",)),
    ("Zjets_theory", 3, 0.040, 0.050, ("Zjets",)),
    ("diboson_theory", 4, 0.070, 0.050, ("diboson",)),
    ("fakes_closure", 2, 0.200, 0.100, ("fakes",)),
    ("signal_theory", 2, 0.050, 0.020, ("signal",)),
)
# Smaller effects are left out, as experiments do before they publish.
PRUNE_BELOW = 0.002

POI = "mu_SIG"
ANALYSIS = "RELUME-EXAMPLE-1"

# Cross sections of wino pair production at 13 TeV in fb, to a few per cent.
CROSS_SECTION_FB = {200: 1800.0, 300: 387.0, 400: 121.0, 500: 46.4, 600: 20.4, 700: 9.5, 800: 4.76, 900: 2.46, 1000: 1.31}
# Fraction of events with the decays looked for that pass the preselection, and how fast it is lost towards small
# mass differences, where nothing energetic is left to be seen.
SELECTED = 0.035
TURN_ON_GEV = 260.0


def rounded(value: float) -> float:
    """Six significant digits: what a published file would hold, and the same on every machine."""
    return float(f"{value:.6g}")


def poisson(generator: random.Random, mean: float) -> int:
    """A Poisson number for any mean, by splitting off gamma-distributed waiting times (Ahrens and Dieter 1974)."""
    count = 0
    while mean > 30.0:
        n = int(mean * 7 / 8)
        waiting_time = generator.gammavariate(n, 1.0)
        if waiting_time > mean:  # fewer than n events: each of the n - 1 before the last is in with equal chance
            return count + sum(generator.random() < mean / waiting_time for _ in range(n - 1))
        count += n
        mean -= waiting_time
    product = generator.random()
    while product > math.exp(-mean):
        count += 1
        product *= generator.random()
    return count


def spectrum(total: float, edges: tuple[float, ...], decay: float) -> list[float]:
    """An exponential spectrum above the first edge, integrated over bins of which the last is open."""
    above = [math.exp(-(edge - edges[0]) / decay) for edge in edges] + [0.0]
    return [total * (above[i] - above[i + 1]) for i in range(len(edges))]


class Systematics:
    """The effect of every nuisance parameter on every process, the same trend in all regions."""

    def __init__(self, generator: random.Random) -> None:
        self.effects = []  # (name, process, effect on the yield, effect on the shape, asymmetry)
        self.generator = generator
        for group, count, yield_width, shape_width, processes in NUISANCES:
            for i in range(count):
                name = f"{group}_{i + 1}" if count > 1 else group
                for process in processes:
                    self.effects.append((name, process, generator.gauss(0, yield_width), generator.gauss(0, shape_width),
                                         generator.gauss(0, 0.15)))

    def modifiers(self, process: str, nominal: list[float]) -> list[dict]:
        """A normsys for the change of the total and, under the same name, a histosys for the change of shape."""
        found = []
        for name, affected, on_yield, on_shape, asymmetry in self.effects:
            if affected != process:
                continue
            change = on_yield * self.generator.uniform(0.6, 1.4)
            if abs(change) > PRUNE_BELOW:
                hi, lo = 1 + change, 1 - change * (1 + asymmetry)
                found.append({"name": name, "type": "normsys", "data": {"hi": rounded(hi), "lo": rounded(lo)}})
            tilt = on_shape * self.generator.uniform(0.6, 1.4)
            if abs(tilt) > PRUNE_BELOW:
                last = len(nominal) - 1
                hi_data = [y * (1 + tilt * (2 * i / last - 1)) for i, y in enumerate(nominal)]
                lo_data = [y * (1 - tilt * (1 + asymmetry) * (2 * i / last - 1)) for i, y in enumerate(nominal)]
                keep_total = [sum(nominal) / sum(data) for data in (hi_data, lo_data)]
                found.append({"name": name, "type": "histosys",
                              "data": {"hi_data": [rounded(y * keep_total[0]) for y in hi_data],
                                       "lo_data": [rounded(y * keep_total[1]) for y in lo_data]}})
        return found


def background_sample(region: str, process: str, nominal: list[float], systematics: Systematics) -> dict:
    modifiers = []
    if process in ("ttbar", "Wjets"):  # normalised in their control regions
        modifiers.append({"name": f"mu_{process}", "type": "normfactor", "data": None})
    elif process == "Zjets" and len(nominal) == len(EDGES["CR_Zjets"]):  # bin by bin from Z -> ll in CR_Zjets
        modifiers.append({"name": "shape_Zjets", "type": "shapefactor", "data": None})
    elif process != "fakes":  # normalised by theory and luminosity
        modifiers.append({"name": "lumi", "type": "lumi", "data": None})
    if process == "fakes":
        modifiers.append({"name": f"fakes_count_{region}", "type": "shapesys",
                          "data": [rounded(math.sqrt(y * FAKES_WEIGHT)) for y in nominal]})
    else:
        modifiers.append({"name": f"staterror_{region}", "type": "staterror",
                          "data": [rounded(math.sqrt(y * SIMULATION_WEIGHT[process])) for y in nominal]})
    modifiers += systematics.modifiers(process, nominal)
    return {"name": process, "data": nominal, "modifiers": modifiers}


def background_workspace(systematics: Systematics, generator: random.Random) -> dict:
    channels, observations = [], []
    for region, yields in YIELDS.items():
        samples, expected = [], [0.0] * len(EDGES[region])
        for process, total in zip(PROCESSES, yields):
            nominal = [rounded(y) for y in spectrum(total, EDGES[region], DECAY_GEV[process])]
            samples.append(background_sample(region, process, nominal, systematics))
            expected = [e + TRUE_NORMALISATION[process] * y for e, y in zip(expected, nominal)]
        channels.append({"name": region, "samples": samples})
        observations.append({"name": region, "data": [poisson(generator, e) for e in expected]})
    parameters = [
        {"name": "lumi", "auxdata": [1.0], "sigmas": [LUMI_UNCERTAINTY], "bounds": [[0.915, 1.085]], "inits": [1.0]},
        {"name": "mu_ttbar", "bounds": [[0.0, 5.0]], "inits": [1.0]},
        {"name": "mu_Wjets", "bounds": [[0.0, 5.0]], "inits": [1.0]},
    ]
    return {
        "channels": channels,
        "observations": observations,
        "measurements": [{"name": "winos", "config": {"poi": POI, "parameters": parameters}}],
        "version": "1.0.0",
    }


def signal_yields(wino: int, neutralino: int) -> dict[str, list[float]]:
    """The larger the mass difference, the more events, the further out and the harder."""
    difference = wino - neutralino
    selected = SELECTED * (1 - math.exp(-((difference / TURN_ON_GEV) ** 2)))
    total = CROSS_SECTION_FB[wino] * LUMI_INV_FB * selected
    decay = 60.0 + 0.22 * difference
    low, mid, high = (math.exp(-cut / (0.35 * difference)) for cut in (60.0, 160.0, 260.0))
    share = {"SR_low": low - mid, "SR_mid": mid - high, "SR_high": high, "CR_Wjets": 0.1 * (1 - low)}
    beyond_200_gev = math.exp(-160.0 / decay)
    return {region: [rounded(y) for y in spectrum(total * fraction * beyond_200_gev, EDGES[region], decay)]
            for region, fraction in share.items()}


def signal_sample(name: str, yields: list[float], systematics: Systematics) -> dict:
    modifiers = [{"name": POI, "type": "normfactor", "data": None}, {"name": "lumi", "type": "lumi", "data": None}]
    return {"name": name, "data": yields, "modifiers": modifiers + systematics.modifiers("signal", yields)}


def mass_plane() -> list[tuple[int, int]]:
    return [(wino, neutralino) for wino in CROSS_SECTION_FB for neutralino in range(0, wino - 100, 100)]


def signal_patch(workspace: dict, name: str, yields: dict[str, list[float]], systematics: Systematics) -> list[dict]:
    return [{"op": "add", "path": f"/channels/{i}/samples/-",
             "value": signal_sample(name, yields[channel["name"]], systematics)}
            for i, channel in enumerate(workspace["channels"]) if channel["name"] in yields]


def signal_file(workspace: dict, patches: dict, wino: int, neutralino: int) -> dict:
    """One point of the patchset, the same hypothesis, for any workspace that has these channels."""
    patch = next(p for p in patches["patches"] if p["metadata"]["values"] == [wino, neutralino])
    channels = {}
    for operation in patch["patch"]:
        channel = workspace["channels"][int(operation["path"].split("/")[2])]["name"]
        sample = operation["value"]
        channels[channel] = {"yields": sample["data"], "modifiers": [m for m in sample["modifiers"] if m["name"] != POI]}
    return {
        "format": "relume-signal",
        "version": 1,
        "name": patch["metadata"]["name"],
        "poi": POI,
        "samples": [{"name": "winos", "channels": channels}],
        "zero_channels": [c["name"] for c in workspace["channels"] if c["name"] not in channels],
        "cross_section": {"value": CROSS_SECTION_FB[wino], "unit": "fb"},
        "metadata": {"m_wino": wino, "m_neutralino": neutralino},
    }


def digests(workspace: dict) -> dict[str, str]:
    """Digests as pyhf defines them: of the document with sorted keys, whatever the file looks like."""
    text = json.dumps(workspace, sort_keys=True, ensure_ascii=False).encode("utf-8")
    return {"md5": hashlib.md5(text).hexdigest(), "sha256": hashlib.sha256(text).hexdigest()}


def patchset(workspace: dict, systematics: Systematics) -> dict:
    patches = []
    for wino, neutralino in mass_plane():
        name = f"winos_{wino}_{neutralino}"
        patches.append({"metadata": {"name": name, "values": [wino, neutralino]},
                        "patch": signal_patch(workspace, name, signal_yields(wino, neutralino), systematics)})
    return {
        "metadata": {
            "references": {"hepdata": "ins0000000"},
            "digests": digests(workspace),
            "description": "Invented signal points for an invented search: wino pairs, each to a boson and a neutralino",
            "labels": ["m_wino", "m_neutralino"],
            "analysis_id": ANALYSIS,
        },
        "patches": patches,
        "version": "1.0.0",
    }


def two_bin_workspace() -> dict:
    return {
        "channels": [{"name": "singlechannel", "samples": [
            {"name": "signal", "data": [12.0, 11.0], "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]},
            {"name": "background", "data": [50.0, 52.0],
             "modifiers": [{"name": "uncorr_bkguncrt", "type": "shapesys", "data": [3.0, 7.0]}]},
        ]}],
        "observations": [{"name": "singlechannel", "data": [51.0, 48.0]}],
        "measurements": [{"name": "Measurement", "config": {"poi": "mu", "parameters": []}}],
        "version": "1.0.0",
    }


def write(path: pathlib.Path, document: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder to write to; made when missing")
    parser.add_argument("--seed", type=int, default=1, help="of the invented effects and of the data (default 1)")
    arguments = parser.parse_args()

    generator = random.Random(arguments.seed)
    systematics = Systematics(generator)
    workspace = background_workspace(systematics, generator)
    write(arguments.output / "two_bin.json", two_bin_workspace())
    write(arguments.output / "search" / "BkgOnly.json", workspace)
    patches = patchset(workspace, systematics)
    write(arguments.output / "search" / "patchset.json", patches)
    write(arguments.output / "search" / "signal.json", signal_file(workspace, patches, 700, 100))


if __name__ == "__main__":
    main()
