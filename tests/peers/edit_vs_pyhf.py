#!/usr/bin/env python3
# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Compares combine, prune, rename, sort, JSON Patch and digests with pyhf 0.7.6 on random workspaces.

    tests/peers/edit_vs_pyhf.py DRIVER [--cases 2000] [--seed 1]

DRIVER is the program built from edit_driver.cpp. Fails when an answer differs. Known and intended differences, in which
relume refuses what pyhf accepts, are counted and printed: pyhf does not look for duplicate names or lists of different
lengths after an edit.
"""

from __future__ import annotations

import argparse
import collections
import copy
import json
import logging
import random
import subprocess
import sys

import jsonpatch
import pyhf

TYPES = ["histosys", "lumi", "normfactor", "normsys", "shapefactor", "shapesys", "staterror"]
CHANNELS = ["SR", "CR", "VR"]
SAMPLES = ["signal", "bkg", "fake"]
MODIFIERS = ["mu", "jes", "jer", "xs"]
MEASUREMENTS = ["m", "other"]
N_BINS = {"SR": 2, "CR": 1, "VR": 3}


def number(rng: random.Random):
    """Few values, so that two workspaces often agree; integers and floats, which count as equal."""
    return rng.choice([1, 1.0, 2.5, 3])


def modifier(rng: random.Random, n_bins: int) -> dict:
    kind = rng.choice(TYPES)
    numbers = [number(rng) for _ in range(n_bins)]
    data = {
        "histosys": {"hi_data": numbers, "lo_data": [number(rng) for _ in range(n_bins)]},
        "normsys": {"hi": number(rng), "lo": number(rng)},
        "shapesys": numbers,
        "staterror": numbers,
    }.get(kind)
    return {"name": "lumi" if kind == "lumi" else rng.choice(MODIFIERS), "type": kind, "data": data}


def unique(items: list, key) -> list:
    return list({key(item): item for item in items}.values())


def samples_of(rng: random.Random, channel: str) -> list[dict]:
    samples = []
    for sample in rng.sample(SAMPLES, rng.randint(1, 3)):
        modifiers = [modifier(rng, N_BINS[channel]) for _ in range(rng.randint(0, 3))]
        samples.append({"name": sample, "data": [number(rng) for _ in range(N_BINS[channel])],
                        "modifiers": unique(modifiers, lambda m: (m["name"], m["type"]))})
    return samples


def workspace(rng: random.Random) -> dict:
    names = rng.sample(CHANNELS, rng.randint(1, 3))
    channels = []
    for name in names:
        channels.append({"name": name, "samples": samples_of(rng, name)})
    measurements = []
    for name in rng.sample(MEASUREMENTS, rng.randint(1, 2)):
        parameters = []
        for parameter in rng.sample([*MODIFIERS, "lumi"], rng.randint(0, 2)):
            config = {"name": parameter}
            if rng.random() < 0.5:
                config["inits"] = [number(rng)]
            if rng.random() < 0.3:
                config["bounds"] = [[0, number(rng)]]
            if rng.random() < 0.3:
                config["fixed"] = rng.random() < 0.5
            parameters.append(config)
        measurements.append({"name": name, "config": {"poi": rng.choice(["mu", "mu", "xs", ""]), "parameters": parameters}})
    observations = [{"name": name, "data": [rng.choice([5, 6]) for _ in range(N_BINS[name])]} for name in names]
    rng.shuffle(observations)
    return {"channels": channels, "measurements": measurements, "observations": observations, "version": "1.0.0"}


def some(rng: random.Random, names: list[str], likely: float) -> list[str]:
    return rng.sample(names, rng.randint(1, 2)) if rng.random() < likely else []


def renames(rng: random.Random, names: list[str], likely: float) -> dict[str, str]:
    return {old: rng.choice([*names, "new1", "new2"]) for old in some(rng, names, likely)}


def request(rng: random.Random) -> dict:
    edit = rng.choice(["combine", "combine", "prune", "rename", "sort", "patch"])
    if edit == "combine":
        left = workspace(rng)
        right = workspace(rng)
        if rng.random() < 0.6:  # much in common, so that outer joins succeed
            right = copy.deepcopy(left)
            for _ in range(rng.randint(0, 2)):
                part = rng.choice(["channels", "measurements", "observations"])
                if part == "channels" or rng.random() < 0.5:
                    channel = rng.choice(right["channels"])
                    channel["samples"] = samples_of(rng, channel["name"])
                else:
                    right["measurements"] = workspace(rng)["measurements"]
        join = rng.choice(["none", "outer", "left outer", "right outer"])
        return {"edit": edit, "left": left, "right": right, "join": join, "merge_channels": rng.random() < 0.4}
    ws = workspace(rng)
    if edit == "prune":
        return {"edit": edit, "workspace": ws, "channels": some(rng, CHANNELS, 0.3), "samples": some(rng, SAMPLES, 0.3),
                "modifiers": some(rng, MODIFIERS, 0.3), "measurements": some(rng, MEASUREMENTS, 0.2),
                "modifier_types": some(rng, TYPES, 0.3)}
    if edit == "rename":
        return {"edit": edit, "workspace": ws, "channels": renames(rng, CHANNELS, 0.4), "samples": renames(rng, SAMPLES, 0.4),
                "modifiers": renames(rng, MODIFIERS, 0.4), "measurements": renames(rng, MEASUREMENTS, 0.2)}
    if edit == "patch":
        return {"edit": edit, "workspace": ws, "patch": [operation(rng) for _ in range(rng.randint(0, 3))]}
    return {"edit": edit, "workspace": ws}


def operation(rng: random.Random) -> dict:
    channel, sample = rng.randint(0, 2), rng.choice(["0", "1", "2", "-"])
    value = {"name": rng.choice(["new", *SAMPLES]), "data": [1.5] * rng.randint(1, 3), "modifiers": []}
    return rng.choice([
        {"op": "add", "path": f"/channels/{channel}/samples/{sample}", "value": value},
        {"op": "replace", "path": f"/channels/{channel}/samples/{sample}", "value": value},
        {"op": "remove", "path": f"/channels/{channel}/samples/{sample}"},
        {"op": "remove", "path": f"/channels/{channel}"},
        {"op": "replace", "path": "/measurements/0/config/poi", "value": "new"},
        {"op": "add", "path": "/measurements/0/config/parameters/-", "value": {"name": rng.choice(["new", "mu"])}},
        {"op": "test", "path": "/measurements/0/name", "value": "m"},
        {"op": "copy", "from": f"/channels/{channel}/samples/0", "path": "/channels/0/samples/-"},
        {"op": "move", "from": "/measurements/0", "path": "/measurements/1"},
    ])


def pyhf_edit(r: dict) -> pyhf.Workspace:
    if r["edit"] == "combine":
        return pyhf.Workspace.combine(pyhf.Workspace(r["left"]), pyhf.Workspace(r["right"]), join=r["join"],
                                      merge_channels=r["merge_channels"])
    ws = pyhf.Workspace(r["workspace"])
    if r["edit"] == "prune":
        return ws.prune(**{k: r[k] for k in ("channels", "samples", "modifiers", "measurements", "modifier_types")})
    if r["edit"] == "rename":
        return ws.rename(**{k: r[k] for k in ("channels", "samples", "modifiers", "measurements")})
    if r["edit"] == "patch":
        return pyhf.Workspace(jsonpatch.apply_patch(r["workspace"], r["patch"]))
    return pyhf.Workspace.sorted(ws)


def no_model_can_be_built_from(ws: dict) -> bool:
    """What relume checks after an edit and pyhf does not."""
    def twice(items, key=lambda item: item["name"]):
        return len({key(item) for item in items}) != len(items)

    observed = {o["name"]: len(o["data"]) for o in ws["observations"]}
    if twice(ws["channels"]) or twice(ws["observations"]) or twice(ws["measurements"]):
        return True
    if any(twice(m["config"]["parameters"]) for m in ws["measurements"]):
        return True
    for channel in ws["channels"]:
        if channel["name"] not in observed or twice(channel["samples"]):
            return True
        for sample in channel["samples"]:
            if len(sample["data"]) != observed[channel["name"]]:
                return True
            if twice(sample["modifiers"], lambda m: (m["name"], m["type"])):
                return True
    return False


def type_hidden_behind_another(r: dict) -> bool:
    """pyhf remembers one type per modifier name and so does not find every type that there is."""
    if r["edit"] != "prune":
        return False
    found = {m["type"] for c in r["workspace"]["channels"] for s in c["samples"] for m in s["modifiers"]}
    return set(r["modifier_types"]) <= found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("driver")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # pyhf warns at every left outer join

    rng = random.Random(options.seed)
    driver = subprocess.Popen([options.driver], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(r: dict) -> dict:
        driver.stdin.write(json.dumps(r) + "\n")
        driver.stdin.flush()
        return json.loads(driver.stdout.readline())

    outcomes: collections.Counter = collections.Counter()
    n_wrong = 0
    for case in range(options.cases):
        r = request(rng)
        ours = ask(r)
        try:
            theirs = dict(pyhf_edit(r))
        except Exception as error:  # noqa: BLE001: pyhf raises many kinds, all of which mean a refusal
            theirs, complaint = None, error
        if theirs is not None and "workspace" in ours:
            same = ours["workspace"] == theirs and pyhf.utils.digest(ours["workspace"]) == pyhf.utils.digest(theirs)
            outcome = "the same workspace" if same else "WRONG: different workspaces"
        elif theirs is None and "errors" in ours:
            outcome = "both refuse"
        elif theirs is None:
            outcome = "only pyhf refuses: type hidden behind another" if type_hidden_behind_another(r) else f"WRONG: only pyhf refuses: {complaint}"
        else:
            outcome = "only relume refuses: no model can be built from it" if no_model_can_be_built_from(theirs) else "WRONG: only relume refuses"
        outcomes[f"{r['edit']}: {outcome.split(': ')[0] if outcome.startswith('WRONG') else outcome}"] += 1
        if outcome.startswith("WRONG"):
            n_wrong += 1
            if n_wrong <= 5:
                print(f"case {case}: {outcome}\n  request {json.dumps(r)}\n  relume {json.dumps(ours)}\n  pyhf   {json.dumps(theirs)}")
        document = r.get("workspace", r.get("left"))
        digests = ask({"edit": "digest", "document": document})
        if any(digests[a] != pyhf.utils.digest(document, a) for a in ("md5", "sha256")):
            n_wrong += 1
            print(f"case {case}: digests differ: {json.dumps(document)}")
    driver.stdin.close()
    driver.wait()
    for outcome, count in sorted(outcomes.items()):
        print(f"{count:6} {outcome}")
    return 1 if n_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
