# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Maps over masses, of a result that is made by hand."""

import json

import numpy as np
import pytest
import relume


def points(key, rows):
    return f"{key}: [" + ",\n".join(f"[[[{m}*GeV, {lsp}*GeV], [{m}*GeV, {lsp}*GeV]], {value}]" for m, lsp, value in rows) + "]\n"


@pytest.fixture
def directory(tmp_path):
    files = {
        "globalInfo.txt": "id: HAND-MADE\nsqrts: 13*TeV\nlumi: 100/fb\njsonFiles: {'full.json': [{'smodels': 'SR1', 'pyhf': 'SR'}, {'pyhf': 'CR', 'type': 'CR'}]}\n",
        "SR1/dataInfo.txt": "dataId: SR1\ndataType: efficiencyMap\nobservedN: 5\nexpectedBG: 6\nbgError: 2\n",
        "SR2/dataInfo.txt": "dataId: SR2\ndataType: efficiencyMap\nobservedN: 7\nexpectedBG: 8\nbgError: 2\n",
        "SR1/T2.txt": "txName: T2\n" + points("efficiencyMap", [(100, 0, 0.1), (200, 0, 0.2), (300, 0, 0.3), (300, 200, 0.1)]),
        "SR2/T2.txt": "txName: T2\n" + points("efficiencyMap", [(100, 0, 0.5), (200, 0, 0.5), (200, 100, 0.5)]),
        "data/dataInfo.txt": "dataId: None\ndataType: upperLimit\n",
        "data/TL.txt": "txName: TL\n" + points("upperLimits", [(100, 0, "1*pb"), (200, 0, "0.5*pb"), (200, 100, "0.5*pb")]),
        "SR1/TW.txt": "txName: TW\nefficiencyMap: [" + ",".join(
            f"[[[({m}*GeV, {w}*GeV)], [({m}*GeV, {w}*GeV)]], {e}]" for m, w, e in ((100, 1e-16, 0.1), (100, 1e-14, 0.3), (200, 1e-16, 0.1))) + "]\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_efficiencies_of_many_points(directory):
    maps = relume.MassMaps.read(directory, "T2")
    assert maps.regions == ["SR1", "SR2"] and not maps.is_of_limits
    assert maps.coordinates[1] == "mass 2 of branch 1" and "T2" in repr(maps)
    found = maps.efficiencies([[150, 20], [250, 10], [900, 10]])
    assert found.shape == (3, 2)
    assert found[0] == pytest.approx([0.13, 0.5]) and found[1, 0] == pytest.approx(0.24)
    assert np.isnan(found[1, 1]) and np.isnan(found[2]).all()
    assert np.array_equal(found[:1], maps.efficiencies([[150, 20, 150, 20]]))
    assert maps.efficiencies(np.zeros((0, 2))).shape == (0, 2)


def test_signal_is_what_the_command_line_makes(directory, relume_program):
    signal = relume.signal_from_maps(directory, "T2", [150, 20], 2.0)
    assert signal.to_dict()["samples"][0]["channels"] == {"SR1": [pytest.approx(26.0)], "SR2": [pytest.approx(100.0)]}
    assert signal.to_dict()["zero_channels"] == ["data"]
    printed = relume_program("signal", directory, "--topology", "T2", "--masses", "150,20", "--cross-section", "2fb").stdout
    assert relume.Signal(json.loads(printed)) == signal
    assert relume.signal_from_maps(directory, "T2", [150, 20], 0.002, unit="pb").to_dict()["samples"] == signal.to_dict()["samples"]


def test_regions_out_of_reach(directory):
    document = relume.signal_from_maps(directory, "T2", [250, 10], 2.0).to_dict()
    assert list(document["samples"][0]["channels"]) == ["SR1"] and document["metadata"]["outside_of_map"] == ["SR2"]
    document = relume.signal_from_maps(directory, "T2", [250, 10], 2.0, outside_is_zero=True).to_dict()
    assert "SR2" in document["zero_channels"]


def test_channels_of_a_full_likelihood(directory):
    document = relume.signal_from_maps(directory, "T2", [150, 20], 2.0, for_model="full.json").to_dict()
    assert list(document["samples"][0]["channels"]) == ["SR"] and document["zero_channels"] == ["CR"]


def test_widths(directory):
    maps = relume.MassMaps.read(directory, "TW")
    assert maps.efficiencies([[100]], [[1e-15]])[0, 0] == pytest.approx(0.2, rel=1e-12)
    assert list(maps.signal([100], 1.0, widths=[1e-15]).to_dict()["samples"][0]["channels"]) == ["SR1"]


def test_upper_limits(directory):
    limits = relume.upper_limits_at(directory, "TL", [150, 20])
    assert limits.observed == pytest.approx(750) and limits.expected is None and limits.unit == "fb"
    with pytest.raises(relume.OptionError, match="outside of the map"):
        relume.upper_limits_at(directory, "TL", [950, 20])


def test_topologies(directory):
    document = relume.map_topologies(directory)
    assert [t["name"] for t in document["topologies"]] == ["T2", "TL", "TW"]
    assert document["topologies"][0]["coordinates"][0]["range_GeV"] == [100, 300] and document["model_files"] == ["full.json"]


@pytest.mark.parametrize(("call", "message"), [
    (lambda d: relume.MassMaps.read(d, "T9"), "'T2', 'TL', 'TW'"),
    (lambda d: relume.MassMaps.read(3, "T2"), "no path"),
    (lambda d: relume.signal_from_maps(d, "T2", "400", 1.0), "no list of numbers"),
    (lambda d: relume.signal_from_maps(d, "T2", [150], 1.0), "needs 4 masses"),
    (lambda d: relume.signal_from_maps(d, "T2", [150, 20], -1.0), "not positive"),
    (lambda d: relume.signal_from_maps(d, "T2", [150, 20], 1.0, unit="GeV"), "units are"),
    (lambda d: relume.signal_from_maps(d, "TL", [150, 20], 1.0), "upper limits"),
    (lambda d: relume.MassMaps.read(d, "T2").efficiencies([150, 20]), "one row per point"),
    (lambda d: relume.MassMaps.read(d, "T2").efficiencies([[150, 20]], [[1], [2]]), "2 rows"),
    (lambda d: relume.upper_limits_at(d, "T2", [150, 20]), "efficiencies"),
])
def test_bad_arguments(directory, call, message):
    with pytest.raises(relume.OptionError, match=message):
        call(directory)


def test_bad_files(directory):
    (directory / "SR1" / "T2.txt").write_text("txName: T2\nefficiencyMap: [[[[100]], 0.1]]\n")
    with pytest.raises(relume.InputError, match="SR1/T2.txt:2") as caught:
        relume.MassMaps.read(directory, "T2")
    assert caught.value.problems
    with pytest.raises(relume.RelumeError, match="is not a directory"):
        relume.map_topologies(directory / "none")
