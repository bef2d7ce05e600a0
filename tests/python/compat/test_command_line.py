# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The command line: the same commands on both."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from specs import LUMI, MU, WORKSPACES, sample, workspace
from test_workspaces import OTHER, patchset

#: With what ROOT's XML can say.
XML = workspace({"c": [sample("signal", [5.0, 10.0], MU, ("lumi", "lumi", None)),
                       sample("b", [50.0, 60.0], ("h", "histosys", {"lo_data": [45.0, 66.0], "hi_data": [56.0, 57.0]}), ("n", "normsys", {"lo": 0.9, "hi": 1.1}),
                              ("staterror_c", "staterror", [3.0, 4.0]), ("u", "shapesys", [2.0, 3.0]))]},
                {"c": [52.0, 71.0]}, [{**LUMI, "fixed": True}, {"name": "mu", "inits": [1.0], "bounds": [[0.0, 8.0]]}])
FILES = {"everything.json": WORKSPACES["everything"], "other.json": OTHER, "shapesys.json": WORKSPACES["shapesys"], "xml.json": XML,
         "patchset.json": patchset(), "patch.json": [{"op": "replace", "path": "/channels/0/samples/0/data/0", "value": 9.0}]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("workspaces")
    for name, document in FILES.items():
        (path / name).write_text(json.dumps(document))
    return path


def pyhf(module, arguments, folder, **options):
    program = ["-W", "ignore", "-m", "relume.compat.pyhf"] if module == "relume" else ["-W", "ignore", "-c", "from pyhf.cli import cli; cli(prog_name='pyhf')"]
    source = os.pathsep.join(os.path.abspath(p) for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p)
    return subprocess.run([sys.executable, *program, *arguments], cwd=folder, capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": source}, **options)


SAME = [
    ["inspect", "everything.json"], ["inspect", "shapesys.json"], ["prune", "-c", "cr", "everything.json"], ["prune", "-s", "top", "-t", "shapesys", "everything.json"],
    ["rename", "-m", "mu", "strength", "everything.json"], ["combine", "everything.json", "other.json"], ["digest", "everything.json"],
    ["digest", "-a", "md5", "-a", "sha256", "-j", "everything.json"], ["sort", "everything.json"], ["patchset", "extract", "--name", "point_1", "patchset.json"],
    ["patchset", "extract", "--name", "point_1", "--with-metadata", "patchset.json"], ["patchset", "apply", "--name", "point_2", "everything.json", "patchset.json"],
    ["patchset", "verify", "everything.json", "patchset.json"], ["patchset", "inspect", "patchset.json"], ["--version"],
    ["combine", "everything.json", "everything.json"], ["patchset", "verify", "other.json", "patchset.json"], ["fit", "nowhere.json"], ["guess"],
    ["cls", "--test-stat", "q0", "shapesys.json"],
]


@pytest.mark.parametrize("arguments", SAME, ids=" ".join)
def test_same_output(arguments, folder):
    expected, found = (pyhf(module, arguments, folder) for module in ("pyhf", "relume"))
    assert found.returncode == expected.returncode, found.stderr
    assert found.stdout == expected.stdout


@pytest.mark.parametrize("arguments", [
    ["fit", "everything.json"], ["fit", "--value", "shapesys.json"], ["fit", "--optimizer", "minuit", "--optconf", "strategy=2", "--value", "shapesys.json"],
    ["cls", "shapesys.json"], ["cls", "--test-poi", "2.0", "--test-stat", "q", "everything.json"], ["cls", "-p", "patch.json", "shapesys.json"],
], ids=" ".join)
def test_same_numbers(arguments, folder):
    answers = [pyhf(module, arguments, folder) for module in ("pyhf", "relume")]
    assert [a.returncode for a in answers] == [0, 0], answers[1].stderr
    expected, found = (json.loads(a.stdout) for a in answers)
    assert set(expected) == set(found)
    for key, value in expected.items():
        if isinstance(value, dict):
            assert list(value) == list(found[key])
            np.testing.assert_allclose(np.hstack(list(found[key].values())), np.hstack(list(value.values())), rtol=5e-3, atol=5e-3)
        else:
            np.testing.assert_allclose(found[key], value, rtol=1e-4)


def test_standard_input_and_output_file(folder, tmp_path):
    out = pyhf("relume", ["cls", "-", "--output-file", str(tmp_path / "out.json")], folder, input=json.dumps(WORKSPACES["shapesys"]))
    assert (out.returncode, out.stdout) == (0, "")
    assert set(json.loads((tmp_path / "out.json").read_text())) == {"CLs_obs", "CLs_exp"}


def test_completions_and_citation(folder):
    assert "pyhf" in pyhf("relume", ["completions", "bash"], folder).stdout
    assert "10.5281/zenodo.1169739" in pyhf("relume", ["--cite"], folder).stdout


def test_xml_round_trip(folder, tmp_path):
    pytest.importorskip("uproot", reason="uproot is not installed")
    found = {}
    for module in ("pyhf", "relume"):
        output = tmp_path / module
        output.mkdir()
        run = pyhf(module, ["json2xml", "--output-dir", str(output), str(folder / "xml.json")], folder)
        assert run.returncode == 0, run.stderr
        for reader in ("pyhf", "relume"):
            run = pyhf(reader, ["xml2json", "--hide-progress", "--basedir", str(output), str(output / "FitConfig.xml")], folder)
            assert run.returncode == 0, run.stderr
            found[module, reader] = json.loads(run.stdout)
    # Differs from pyhf: it writes the luminosity's absolute uncertainty as the relative one; here luminosity is 1, and they are the same.
    assert found["relume", "relume"] == found["pyhf", "relume"] == found["pyhf", "pyhf"] == found["relume", "pyhf"]
    np.testing.assert_allclose(found["relume", "relume"]["channels"][0]["samples"][1]["modifiers"][3]["data"], [2.0, 3.0])


def test_the_relative_uncertainty_of_the_luminosity():
    from relume.compat.pyhf.writexml import build_measurement

    spec = {"name": "m", "config": {"poi": "mu", "parameters": [{"name": "lumi", "auxdata": [36.1], "sigmas": [0.76]}]}}
    assert float(build_measurement(spec, {}).attrib["LumiRelErr"]) == pytest.approx(0.76 / 36.1)


def test_published_xml(shared):
    """XML and ROOT files of HistFactory itself."""
    pytest.importorskip("uproot", reason="uproot is not installed")
    from pyhf import readxml as theirs

    from relume.compat.pyhf import readxml as ours

    entries = [p for p in sorted((shared / "data" / "histfactory-xml").rglob("*.xml")) if "<Combination" in p.read_text(errors="replace")]
    assert entries
    for entry in entries:
        for root in (entry.parent, entry.parent.parent):
            try:
                expected = theirs.parse(str(entry), str(root), validation_as_error=False)
            except Exception as error:  # noqa: BLE001 (whatever it is, ours shall be the same)
                with pytest.raises(type(error)):
                    ours.parse(str(entry), str(root), validation_as_error=False)
                continue
            assert ours.parse(str(entry), str(root), validation_as_error=False) == expected, entry


def test_downloads_of_what_is_not_trusted():
    from relume.compat.pyhf import exceptions
    from relume.compat.pyhf.contrib.utils import download

    with pytest.raises(exceptions.InvalidArchiveHost):
        download("https://example.org/archive.tar", "nowhere")
