# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""prune-small, symmetrise and decorrelate: what the edited workspaces predict, as pyhf evaluates them, and uncertainties as cabinetry adds them up."""

from __future__ import annotations

import copy
import json
import random

import numpy as np
import pytest
import random_model

pyhf = pytest.importorskip("pyhf", reason="pyhf, the witness of these tests, is not installed")

SEEDS = range(40)
# pyhf's command line and relume interpolate so.
CODES = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}


def model_of(workspace):
    return pyhf.Workspace(workspace).model(modifier_settings=CODES)


def gentle(seed):
    rng = random.Random(f"systematics {seed}")
    return random_model.workspace(rng, gentle=True), rng


def varied_names(workspace, poi):
    return sorted({m["name"] for c in workspace["channels"] for s in c["samples"] for m in s["modifiers"]
                   if m["type"] in ("normsys", "histosys")} - {poi})


def poi_of(workspace):
    return workspace["measurements"][0]["config"]["poi"]


def point(model, rng):
    """Somewhere inside, by name."""
    values = {}
    for name in model.config.par_order:
        parameter = model.config.param_set(name)
        values[name] = [v if parameter.suggested_fixed[0] else v + rng.uniform(-0.4, 0.4) for v in parameter.suggested_init]
    return values


def vector(model, values, origin=lambda name: name):
    return np.array([v for name in model.config.par_order for v in values[origin(name)]])


@pytest.mark.parametrize("seed", SEEDS)
def test_decorrelated_models_with_equal_parameters_are_the_same(answer, seed):
    workspace, rng = gentle(seed)
    names = varied_names(workspace, poi_of(workspace))
    if not names:
        pytest.skip("this one has no systematic uncertainty")
    name = rng.choice(names)
    by = rng.choice(["channel", "sample", "channel-and-sample"])
    apart = answer(workspace, "decorrelate", "-m", name, "--by", by)
    before, after = model_of(workspace), model_of(apart)
    new = [n for n in after.config.par_order if n not in before.config.par_order]
    assert new and name not in after.config.par_order and all(n.startswith(name + "_") for n in new)
    values = point(before, rng)
    x = vector(before, values)
    y = vector(after, values, lambda n: name if n in new else n)
    expected = before.expected_actualdata(x)
    assert after.expected_actualdata(y) == pytest.approx(expected, rel=1e-12)
    # The same main term; one more constraint of unit width for each new name but one. mean: where the constraint is centred.
    counts = np.round(expected)
    assert after.mainlogpdf(counts, y) == pytest.approx(before.mainlogpdf(counts, x), rel=1e-12)
    (centre,) = before.config.param_set(name).auxdata
    one = -0.5 * (values[name][0] - centre) ** 2 - 0.5 * np.log(2 * np.pi)
    full_before = float(before.logpdf(x, [*counts, *before.config.auxdata])[0])
    full_after = float(after.logpdf(y, [*counts, *after.config.auxdata])[0])
    assert full_after - full_before == pytest.approx((len(new) - 1) * one, abs=1e-9 * max(1.0, abs(full_before)))


@pytest.mark.parametrize("method", ["average", "maximum", "absolute"])
@pytest.mark.parametrize("seed", SEEDS)
def test_symmetrised_models_are_symmetric(answer, seed, method):
    workspace, _ = gentle(seed)
    # Names on a sample twice move by a product, which is not symmetric where both factors are.
    for channel in workspace["channels"]:
        for sample in channel["samples"]:
            histograms = {m["name"] for m in sample["modifiers"] if m["type"] == "histosys"}
            sample["modifiers"] = [m for m in sample["modifiers"] if m["type"] != "normsys" or m["name"] not in histograms]
    symmetric = answer(workspace, "symmetrise", "--method", method)
    before, after = model_of(workspace), model_of(symmetric)
    initial = {n: list(after.config.param_set(n).suggested_init) for n in after.config.par_order}
    for name in varied_names(workspace, None):
        initial[name] = [0.0]
    nominal = after.expected_actualdata(vector(after, initial))
    assert nominal == pytest.approx(before.expected_actualdata(vector(before, initial)), rel=1e-12)
    for name in varied_names(workspace, None):
        down, up = (after.expected_actualdata(vector(after, {**initial, name: [x]})) for x in (-1.0, 1.0))
        assert up - nominal == pytest.approx(nominal - down, abs=1e-9 * max(nominal))
        if method == "average":  # what has two sides keeps its difference
            was_down, was_up = (before.expected_actualdata(vector(before, {**initial, name: [x]})) for x in (-1.0, 1.0))
            assert up - down == pytest.approx(was_up - was_down, abs=1e-9 * max(nominal))


@pytest.mark.parametrize("seed", SEEDS)
def test_pruned_models_keep_what_is_above_the_thresholds(run_on, seed):
    """Every sample's yield at +-1 sigma moves by no more than the normalisation threshold, every bin by no more than both."""
    workspace, _ = gentle(seed)
    norm, shape = 0.05, 0.04
    run = run_on(workspace, "prune-small", "--small-norm", str(norm), "--small-shape", str(shape))
    assert run.returncode == 0, run.stderr
    pruned = json.loads(run.stdout)

    def variations(ws):
        """Varied histograms per channel, sample and name, by pyhf, one sample and one parameter at a time."""
        found = {}
        for channel in ws["channels"]:
            for sample in channel["samples"]:
                only = copy.deepcopy(sample)
                only["modifiers"] = [m for m in only["modifiers"] if m["type"] in ("normsys", "histosys")]
                only["modifiers"].append({"name": "anchor", "type": "normfactor", "data": None})
                model = pyhf.Model({"channels": [{"name": "c", "samples": [only]}]}, poi_name="anchor", modifier_settings=CODES)
                for name in model.config.par_order:
                    for x in (-1.0, 1.0):
                        values = {n: [0.0] for n in model.config.par_order} | {"anchor": [1.0], name: [x if name != "anchor" else 1.0]}
                        found[channel["name"], sample["name"], name, x] = model.expected_actualdata(vector(model, values))
        return found

    before, after = variations(workspace), variations(pruned)
    n_gone = 0
    poi = poi_of(workspace)
    for (channel, sample, name, x), was in before.items():
        nominal = before[channel, sample, "anchor", x]
        yields = nominal.sum()
        now = after.get((channel, sample, name, x), nominal)
        other = before[channel, sample, name, -x]
        both = [h for h in (was, other) if yields > 0]
        is_small_norm = all(abs(h.sum() / yields - 1) <= norm for h in both)
        is_small_shape = all(np.all(np.abs(h * yields / h.sum() - nominal) <= shape * nominal + 1e-9) for h in both)
        if name in ("anchor", poi):
            continue
        if is_small_norm and is_small_shape:
            expected = nominal
            n_gone += 1
        elif is_small_shape:
            expected = nominal * was.sum() / yields
        elif is_small_norm:
            expected = was * yields / was.sum()
        else:
            expected = was
        # The two factors of a systematic uncertainty that stays do not go through a sum and back.
        assert now == pytest.approx(expected, rel=1e-9), (channel, sample, name)
    assert f"{n_gone // 2} systematic uncertainties" in run.stderr


@pytest.mark.parametrize("seed", SEEDS)
def test_uncertainties_add_up_as_in_cabinetry(run_on, tmp_path, seed):
    model_utils = pytest.importorskip("cabinetry.model_utils", reason="cabinetry, the witness of this test, is not installed")
    workspace, _ = gentle(seed)
    workspace["measurements"] = workspace["measurements"][:1]
    report = tmp_path / "report.json"
    run = run_on(workspace, "prune-small", "--report", report)
    assert run.returncode == 0, run.stderr
    told = {u["channel"]: u for u in json.loads(report.read_text())["uncertainties"]}
    model = model_of(workspace)
    parameters = np.asarray(model.config.suggested_init())
    widths = model_utils.prefit_uncertainties(model)
    per_bin, per_channel = model_utils.yield_stdev(model, parameters, widths, np.identity(len(widths)))
    for channel, bins, total in zip(model.config.channels, per_bin, per_channel, strict=True):
        # The last sample is the sum of all.
        assert told[channel]["before"] == pytest.approx(bins[-1], rel=1e-9), channel
        assert told[channel]["total"]["before"] == pytest.approx(total[-1], rel=1e-9), channel
