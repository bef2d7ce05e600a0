# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What must not change an answer: order, names, and how bins are grouped into channels."""

import copy
import json
import random

import pytest
import random_model

N_MODELS, N_MODELS_SLOW = 12, 300
# Another order of summation, and other steps of the fits to the same minimum.
RELATIVE = 1e-9
FLOOR = 1e-9

PER_BIN_DATA = {"staterror", "shapesys"}


def shuffled(workspace, rng):
    """The same lists in another order; bins stay."""
    workspace = copy.deepcopy(workspace)
    for key in ("channels", "observations"):
        rng.shuffle(workspace[key])
    for channel in workspace["channels"]:
        rng.shuffle(channel["samples"])
        for sample in channel["samples"]:
            rng.shuffle(sample["modifiers"])
    rng.shuffle(workspace["measurements"][0]["config"]["parameters"])
    return workspace


def with_bins(workspace, order_of_bins):
    """Every channel with some of its bins: order_of_bins(channel name, number of bins) -> indices."""
    workspace = copy.deepcopy(workspace)
    for channel in workspace["channels"]:
        order = order_of_bins(channel["name"], len(channel["samples"][0]["data"]))

        def take(values, order=order):
            return [values[i] for i in order]

        for sample in channel["samples"]:
            sample["data"] = take(sample["data"])
            for modifier in sample["modifiers"]:
                if modifier["type"] in PER_BIN_DATA:
                    modifier["data"] = take(modifier["data"])
                elif modifier["type"] == "histosys":
                    modifier["data"] = {side: take(values) for side, values in modifier["data"].items()}
        for observation in workspace["observations"]:
            if observation["name"] == channel["name"]:
                observation["data"] = take(observation["data"])
    return workspace


def permuted(workspace, rng):
    return with_bins(workspace, lambda _, n: rng.sample(range(n), n))


def split(workspace, _):
    """Every bin is a channel of its own."""
    n_bins = {o["name"]: len(o["data"]) for o in workspace["observations"]}
    parts = copy.deepcopy(workspace)
    parts["channels"], parts["observations"] = [], []
    for b in range(max(n_bins.values())):
        part = with_bins(workspace, lambda _, n, b=b: [b] if b < n else [])
        for key in ("channels", "observations"):
            for item in part[key]:
                if b < n_bins[item["name"]]:
                    item["name"] += f" bin {b}"
                    parts[key].append(item)
        for channel in part["channels"]:
            for sample in channel["samples"]:
                for modifier in sample["modifiers"]:
                    if modifier["type"] in PER_BIN_DATA:
                        modifier["name"] += f" bin {b}"
    return parts


def renamed(workspace, rng):
    """Every name is another one (except lumi's, which is fixed), so that every order of names is another one too."""
    workspace, names = copy.deepcopy(workspace), {}

    def new(kind, name):
        return names.setdefault((kind, name), f"{rng.choice('zyxABC0ß')}{rng.random()}") if name != "lumi" else name

    for channel in workspace["channels"]:
        channel["name"] = new("channel", channel["name"])
        for sample in channel["samples"]:
            sample["name"] = new("sample", sample["name"])
            for modifier in sample["modifiers"]:
                modifier["name"] = new("modifier", modifier["name"])
    for observation in workspace["observations"]:
        observation["name"] = new("channel", observation["name"])
    config = workspace["measurements"][0]["config"]
    config["poi"] = new("modifier", config["poi"])
    for parameter in config["parameters"]:
        parameter["name"] = new("modifier", parameter["name"])
    return workspace


CHANGES = [shuffled, permuted, split, renamed]


def numbers(relume, path, workspace):
    path.write_text(json.dumps(workspace), encoding="utf-8")

    def answer(command):
        run = relume(command, path)
        assert run.returncode == 0, run.stdout + run.stderr
        return json.loads(run.stdout)

    cls = answer("cls")
    return [answer("fit")["twice_nll"], cls["test_statistic"]["q"], cls["test_statistic"]["q_asimov"], cls["CLs_obs"], *cls["CLs_exp"]]


def nothing_changes_the_answer(relume, folder, seed):
    workspace = random_model.workspace(random.Random(f"invariance {seed}"), gentle=True)
    print(f"seed {seed}:\n{json.dumps(workspace)}")  # pytest shows it on failure
    original = numbers(relume, folder / "original.json", workspace)
    for change in CHANGES:
        changed = numbers(relume, folder / f"{change.__name__}.json", change(workspace, random.Random(f"{change.__name__} {seed}")))
        assert changed == pytest.approx(original, rel=RELATIVE, abs=FLOOR), change.__name__


@pytest.mark.parametrize("seed", range(N_MODELS))
def test_nothing_changes_the_answer(relume, tmp_path, seed):
    nothing_changes_the_answer(relume, tmp_path, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10_000, 10_000 + N_MODELS_SLOW))
def test_nothing_changes_many_answers(relume, tmp_path, seed):
    nothing_changes_the_answer(relume, tmp_path, seed)
