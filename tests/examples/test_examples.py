# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The invented example models are what they claim to be, in the eyes of pyhf."""

import json
import math
import pathlib
import subprocess
import sys

import jsonschema
import pyhf
import pytest

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


def run(script, *arguments):
    return subprocess.run([sys.executable, EXAMPLES / script, *map(str, arguments)], check=True, capture_output=True, text=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    run("make_examples.py", "--output", folder)
    return folder


def load(path):
    return json.loads(path.read_text())


def test_same_seed_same_bytes(folder, tmp_path):
    printed = run("make_examples.py", "--output", tmp_path).stdout.split()
    assert len(printed) >= 3
    for path in map(pathlib.Path, printed):
        assert path.read_bytes() == (folder / path.relative_to(tmp_path)).read_bytes()


def test_two_bin_is_the_model_of_the_first_pyhf_example(folder):
    workspace = pyhf.Workspace(load(folder / "two_bin.json"))
    model = workspace.model()
    # pyhf 0.7.6: pyhf.simplemodels.uncorrelated_background([12, 11], [50, 52], [3, 7]) with data [51, 48].
    assert float(pyhf.infer.hypotest(1.0, workspace.data(model), model)) == pytest.approx(0.05251497, rel=1e-6)


def test_search_has_every_kind_of_modifier(folder):
    workspace = pyhf.Workspace(load(folder / "search" / "BkgOnly.json"))
    assert {kind for _, kind in workspace.modifiers} == {
        "histosys", "lumi", "normfactor", "normsys", "shapefactor", "shapesys", "staterror"}
    assert len(workspace.channels) == 6
    assert 100 < len(workspace.model(poi_name=None).config.auxdata) < 140


def test_patchset_belongs_to_the_search(folder):
    workspace = pyhf.Workspace(load(folder / "search" / "BkgOnly.json"))
    patchset = pyhf.PatchSet(load(folder / "search" / "patchset.json"))
    patchset.verify(workspace)
    assert len(patchset) >= 40
    assert patchset.labels == ["m_wino", "m_neutralino"]
    for patch in list(patchset)[::7]:  # building a model takes pyhf half a second
        model = patchset.apply(workspace, patch.name).model()
        rates = model.expected_actualdata(model.config.suggested_init())
        assert min(rates) > 0 and math.isfinite(sum(rates))


def test_signal_file_is_a_point_of_the_patchset(folder, relume):
    search = folder / "search"
    signal = load(search / "signal.json")
    schema = load(EXAMPLES.parent / "docs" / "formats" / "signal.schema.json")
    jsonschema.validate(signal, schema)

    def observed_limit(*arguments):
        answer = relume("limit", search / "BkgOnly.json", *arguments, "--no-expected")
        assert answer.returncode == 0, answer.stderr
        found = json.loads(answer.stdout)
        return found.get("results", [found])[0]["observed"]

    assert observed_limit("--signal", search / "signal.json") == pytest.approx(
        observed_limit("--patchset", search / "patchset.json", "--point", signal["name"]), rel=1e-6)


def test_generated_model_has_the_size_that_was_asked_for(tmp_path):
    path = tmp_path / "model.json"
    run("generate_model.py", "--bins", 55, "--bins-per-channel", 10, "--samples", 4, "--parameters", 12, "--share", 0.6,
        "--output", path)
    workspace = pyhf.Workspace(load(path))
    model = workspace.model()
    assert sum(model.config.channel_nbins.values()) == 55
    assert max(model.config.channel_nbins.values()) <= 10
    assert len(model.config.samples) == 4
    assert sum(name.startswith("alpha_") for name in model.config.parameters) == 12
    assert sum(name.startswith("staterror_") for name in model.config.parameters) == 6
    rates = model.expected_actualdata(model.config.suggested_init())
    assert min(rates) > 0
    data = workspace.data(model, include_auxdata=False)
    pulls = [(n - rate) / math.sqrt(rate) for n, rate in zip(data, rates)]
    assert sum(p * p for p in pulls) / 55 == pytest.approx(1.0, abs=0.6)


def test_generated_model_without_gammas(tmp_path):
    path = tmp_path / "model.json"
    run("generate_model.py", "--bins", 20, "--parameters", 5, "--gammas", "no", "--output", path)
    assert {kind for _, kind in pyhf.Workspace(load(path)).modifiers} == {"histosys", "normfactor", "normsys"}
