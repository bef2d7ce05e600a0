# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""combine, prune, rename, sort, JSON Patch and digests beside pyhf 0.7.6, on random workspaces.

An answer that differs fails. In the intended differences relume refuses what pyhf accepts (pyhf does not look for duplicate names or
lists of different lengths after an edit), or finds modifier types that pyhf overlooks.
"""

from __future__ import annotations

import copy
import json
import logging
import random

import pytest

pyhf = pytest.importorskip("pyhf", reason="pyhf, the peer of these tests, is not installed")
jsonpatch = pytest.importorskip("jsonpatch", reason="jsonpatch, the peer of these tests, is not installed")

N_CASES, N_CASES_SLOW = 400, 4000

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


def pyhf_edit(r: dict):
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


class Program:
    """Answers requests through the command line."""

    def __init__(self, relume, folder) -> None:
        self.relume, self.folder = relume, folder

    def write(self, name: str, document) -> str:
        path = self.folder / name
        path.write_text(json.dumps(document), encoding="utf-8")
        return str(path)

    def arguments(self, r: dict) -> list[str]:
        if r["edit"] == "combine":
            merge = ["--merge-channels"] if r["merge_channels"] else []
            return ["combine", self.write("left.json", r["left"]), self.write("right.json", r["right"]), "--join", r["join"], *merge]
        workspace = self.write("workspace.json", r["workspace"])
        if r["edit"] == "prune":
            options = {"-c": "channels", "-s": "samples", "-m": "modifiers", "-t": "modifier_types", "--measurement": "measurements"}
            return ["prune", workspace, *(part for option, key in options.items() for name in r[key] for part in (option, name))]
        if r["edit"] == "rename":
            options = {"-c": "channels", "-s": "samples", "-m": "modifiers", "--measurement": "measurements"}
            return ["rename", workspace, *(part for option, key in options.items() for pair in r[key].items() for part in (option, *pair))]
        if r["edit"] == "patch":
            return ["patchset", "apply", workspace, self.write("patchset.json", self.patchset(r)), "--name", "the_patch"]
        return ["sort", workspace]

    @staticmethod
    def patchset(r: dict) -> dict:
        digest = pyhf.utils.digest(r["workspace"])
        return {"metadata": {"description": "d", "references": {"hepdata": "ins1234567"}, "labels": ["x"], "digests": {"sha256": digest}},
                "patches": [{"metadata": {"name": "the_patch", "values": [1]}, "patch": r["patch"]}], "version": "1.0.0"}

    def edit(self, r: dict) -> dict | None:
        run = self.relume(*self.arguments(r))
        # Merging channels without an outer join is a wrong command line here, and a ValueError in pyhf.
        refused = 1 if r.get("merge_channels") and r["join"] == "none" else 2
        assert run.returncode in (0, refused), run.stderr
        if run.returncode == 0:
            return json.loads(run.stdout)
        assert run.stdout == "" and run.stderr.startswith("relume: ")
        return None

    def digests(self, document: dict) -> dict:
        run = self.relume("digest", self.write("digest.json", document), "-a", "md5", "-a", "sha256", "--json")
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)


def same_answer(program: Program, seed: int) -> None:
    r = request(random.Random(f"edit {seed}"))
    print(f"seed {seed}: {json.dumps(r)}")  # pytest shows it on failure
    ours = program.edit(r)
    try:
        theirs = dict(pyhf_edit(r))
    except Exception as error:  # noqa: BLE001: pyhf raises many kinds, all of which mean a refusal
        assert ours is None or type_hidden_behind_another(r), f"only pyhf refuses: {error}"
    else:
        if ours is None:
            assert no_model_can_be_built_from(theirs), "only relume refuses"
        else:
            assert ours == json.loads(json.dumps(theirs)) and pyhf.utils.digest(ours) == pyhf.utils.digest(theirs)
    document = r.get("workspace", r.get("left"))
    assert program.digests(document) == {a: pyhf.utils.digest(document, a) for a in ("md5", "sha256")}


@pytest.fixture
def program(relume, tmp_path):
    logging.getLogger("pyhf").setLevel(logging.ERROR)  # pyhf warns at every left outer join
    return Program(relume, tmp_path)


@pytest.mark.parametrize("seed", range(N_CASES))
def test_edits(program, seed):
    same_answer(program, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10_000, 10_000 + N_CASES_SLOW))
def test_many_edits(program, seed):
    same_answer(program, seed)


def test_the_cases_are_of_every_kind():
    """Not all refused, not all trivial."""
    outcomes = set()
    for seed in range(N_CASES):
        r = request(random.Random(f"edit {seed}"))
        try:
            pyhf_edit(r)
            outcomes.add((r["edit"], "works"))
        except Exception:  # noqa: BLE001
            outcomes.add((r["edit"], "fails"))
    # Sorting cannot fail.
    assert len(outcomes) == 2 * len({edit for edit, _ in outcomes}) - 1
