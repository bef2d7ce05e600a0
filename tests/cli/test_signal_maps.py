# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""relume signal: signal files from maps that are made by hand, and from published ones."""

import json

import pytest


def points(key, rows):
    lines = [f"[[[{m}*GeV, {lsp}*GeV], [{m}*GeV, {lsp}*GeV]], {value}]" for m, lsp, value in rows]
    return f"{key}: [" + ",\n".join(lines) + "]\n"


@pytest.fixture
def result(tmp_path):
    """Two regions; the map of the second reaches less far. One map of limits in a directory of its own."""
    files = {
        "maps/globalInfo.txt": "id: HAND-MADE\nsqrts: 13*TeV\nlumi: 100/fb\ncontact: nobody\n",
        "maps/SR1/dataInfo.txt": "dataId: SR1\ndataType: efficiencyMap\nobservedN: 5\nexpectedBG: 6\nbgError: 2\n",
        "maps/SR2/dataInfo.txt": "dataId: SR2\ndataType: efficiencyMap\nobservedN: 7\nexpectedBG: 8\nbgError: 2\n",
        "maps/SR1/T2.txt": "txName: T2\n" + points("efficiencyMap", [(100, 0, 0.1), (200, 0, 0.2), (300, 0, 0.3), (300, 200, 0.1)]),
        "maps/SR2/T2.txt": "txName: T2\n" + points("efficiencyMap", [(100, 0, 0.5), (200, 0, 0.5), (200, 100, 0.5)]),
        "limits/globalInfo.txt": "id: HAND-MADE\nsqrts: 13*TeV\nlumi: 100/fb\n",
        "limits/data/dataInfo.txt": "dataId: None\ndataType: upperLimit\n",
        "limits/data/T2.txt": "txName: T2\n" + points("upperLimits", [(100, 0, "1*pb"), (200, 0, "0.5*pb"), (200, 100, "0.5*pb")])
                              + points("expectedUpperLimits", [(100, 0, "2*pb"), (160, 0, "2*pb"), (160, 60, "2*pb")]),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize("folder, arguments, complaint", [
    ("maps", ["--list", "--topology", "NONSENSE"], "--topology is about a signal"),
    ("maps", ["--list", "--masses", "foo"], "--masses is about a signal"),
    ("maps", ["--topology", "T2", "--masses", "150,20", "--cross-section", "2fb", "--format", "table"], "--format is about --list"),
    ("limits", ["--topology", "T2", "--masses", "150,20", "--cross-section", "2fb", "--outside-is-zero"], "--outside-is-zero is about the regions"),
])
def test_options_that_do_not_apply_are_refused(relume, result, folder, arguments, complaint):
    run = relume("signal", result / folder, *arguments)
    assert run.returncode == 1, run.stderr
    assert complaint in run.stderr and run.stdout == ""


def test_signal_file(relume, result):
    output = result / "signal.json"
    run = relume("signal", result / "maps", "--topology", "T2", "--masses", "150,20", "--cross-section", "2fb", "-o", output)
    assert run.returncode == 0 and run.stderr == ""
    signal = json.loads(output.read_text())
    assert signal["format"] == "relume-signal" and signal["cross_section"] == {"value": 2.0, "unit": "fb"}
    assert signal["samples"][0]["channels"] == {"SR1": [pytest.approx(100 * 2 * 0.13)], "SR2": [pytest.approx(100.0)]}
    assert signal["metadata"]["point_GeV"] == [150, 20, 150, 20]


def test_a_region_that_is_not_reached_is_left_out_with_a_warning(relume, result):
    request = ["signal", result / "maps", "--topology", "T2", "--masses", "250,10", "--cross-section", "0.002pb"]
    run = relume(*request)
    assert run.returncode == 0 and "warning: SR2 is left out of the signal: the masses are outside of the map" in run.stderr
    signal = json.loads(run.stdout)
    assert list(signal["samples"][0]["channels"]) == ["SR1"] and "zero_channels" not in signal
    run = relume(*request, "--outside-is-zero")
    assert "SR2 is taken to see no signal" in run.stderr and json.loads(run.stdout)["zero_channels"] == ["SR2"]


def test_maps_of_limits_lack_masses(relume, result):
    told = relume("detect", result / "limits", "--format", "json")
    assert told.returncode == 0, told.stdout
    [found] = json.loads(told.stdout)["files"]
    assert found["problems"] == [] and found["kind"] is None and "relume signal --list" in found["missing"]
    assert relume("fit", result / "limits").returncode == 2


def test_list(relume, result):
    table = relume("signal", result / "maps", "--list")
    assert table.returncode == 0 and "T2" in table.stdout and "mass 2 of branch 1 0 to 200" in table.stdout
    document = json.loads(relume("signal", result / "maps", "--list", "--format", "json").stdout)
    assert document["topologies"][0]["regions"] == ["SR1", "SR2"] and document["ignored"] == ["globalInfo.txt: contact"]


def test_limits_make_a_likelihood_file(relume, result):
    run = relume("signal", result / "limits", "--topology", "T2", "--masses", "150,20", "--cross-section", "100fb")
    document = json.loads(run.stdout)
    assert document["format"] == "relume-likelihood" and document["observed"] == pytest.approx(750)
    assert document["expected"] == [None, None, pytest.approx(2000), None, None] and document["predicted"] == 100 and document["unit"] == "fb"
    run = relume("signal", result / "limits", "--topology", "T2", "--masses", "190,20", "--cross-section", "100fb")
    assert run.returncode == 2 and "observed upper limit is 550 fb; there is no expected one" in run.stderr


@pytest.mark.parametrize(("arguments", "code", "message"), [
    ([], 1, "T2"),
    (["--topology", "T2"], 1, "--masses"),
    (["--topology", "T2", "--masses", "150,20"], 1, "--cross-section"),
    (["--topology", "T2", "--masses", "150;20", "--cross-section", "1fb"], 1, "commas"),
    (["--topology", "T2", "--masses", "150,20,", "--cross-section", "1fb"], 1, "commas"),
    (["--topology", "T2", "--masses", "150,20", "--cross-section", "1"], 1, "unit"),
    (["--topology", "T2", "--masses", "150,20", "--cross-section", "1GeV"], 1, "units are"),
    (["--topology", "T2", "--masses", "nan,20", "--cross-section", "1fb"], 1, "neither a mass nor a width"),
    (["--topology", "T2", "--masses", "150", "--cross-section", "1fb"], 1, "needs 4 masses"),
    (["--topology", "T2", "--masses", "950,20", "--cross-section", "1fb"], 1, "outside of the map"),
    (["--topology", "T2", "--masses", "150,20,150,30", "--cross-section", "1fb"], 1, "off the plane"),
    (["--topology", "T3", "--masses", "150,20", "--cross-section", "1fb"], 1, "there are 'T2'"),
    (["--topology", "T2", "--masses", "150,20", "--cross-section", "1fb", "--for-model", "x.json"], 1, "no model file"),
])
def test_bad_requests(relume, result, arguments, code, message):
    run = relume("signal", result / "maps", *arguments)
    assert run.returncode == code and run.stdout == "" and message in run.stderr, run.stderr


def test_bad_files_have_their_line(relume, result):
    (result / "maps" / "SR1" / "T2.txt").write_text("txName: T2\nefficiencyMap: [[[[100.*GeV]], __import__('os').getpid()]]\n")
    run = relume("signal", result / "maps", "--list")
    assert run.returncode == 2 and "SR1/T2.txt:2: '__import__' is neither a number nor a unit" in run.stderr


def test_published_maps(relume, shared):
    """Yields at a point of the grid, against the product of published numbers: 137 / fb x 50 fb x efficiency."""
    folder = shared / "data" / "efficiency-maps" / "CMS-SUS-20-004-eff"
    run = relume("signal", folder, "--topology", "TChiHH", "--masses", "375,150", "--cross-section", "50fb")
    channels = json.loads(run.stdout)["samples"][0]["channels"]
    (reference, *_) = json.loads((shared / "data" / "simplified" / "CMS-SUS-20-004-eff" / "model.json").read_text())["signals"]
    assert [channels[f"SR{i + 1}"][0] for i in range(22)] == pytest.approx(reference["yields"], rel=1e-12)
